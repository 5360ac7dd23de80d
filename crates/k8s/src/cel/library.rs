//! What Kubernetes adds to the language (`k8s.io/apiserver/pkg/cel/library`): lists, sets, patterns, URLs, addresses, quantities and
//! formats.

mod address;
mod format;
mod quantity;
mod url;

use std::cmp::Ordering;
use std::sync::Arc;

use cel::common::types::{DYN_TYPE, LIST_TYPE, STRING_TYPE, Type};
use cel::common::value::{CowVal, Val};
use cel::extractors::{Arguments, This};
use cel::objects::{Opaque, OptionalValue, Value};
use cel::{Context, DeclarationError, Env, ExecutionError, extensions};
use regex_lite::Regex;

/// The standard library, the strings extension, and what has the name of a function there.
pub(super) fn environment() -> Env {
    let mut env = Env::stdlib();
    // Only names that are declared twice are refused.
    let declared = env.add_extension(extensions::strings).and_then(|()| qualified(&mut env));
    debug_assert!(declared.is_ok(), "{declared:?}");
    env
}

/// Functions whose names have a dot, and those that share theirs with a function of the extensions.
fn qualified(env: &mut Env) -> Result<(), DeclarationError> {
    let any = || DYN_TYPE.to_owned();
    env.add_overload("sets.contains", "k8s_sets_contains", vec![any(), any()], |args| call(args, sets_contains))?;
    env.add_overload("sets.equivalent", "k8s_sets_equivalent", vec![any(), any()], |args| call(args, sets_equivalent))?;
    env.add_overload("sets.intersects", "k8s_sets_intersects", vec![any(), any()], |args| call(args, sets_intersects))?;
    env.add_overload("ip.isCanonical", "k8s_ip_is_canonical", vec![STRING_TYPE.to_owned()], |args| call(args, address::is_canonical))?;
    let list = || -> Type { LIST_TYPE.to_owned() };
    env.add_member_overload("indexOf", "k8s_list_index_of", list(), vec![any()], |args| call(args, index_of))?;
    env.add_member_overload("lastIndexOf", "k8s_list_last_index_of", list(), vec![any()], |args| call(args, last_index_of))?;
    format::declare(env)
}

/// Calls a function of plain values as an overload.
fn call<'b, 'v>(
    args: Vec<CowVal<'b, 'v>>,
    function: fn(&[Value]) -> Result<Value, ExecutionError>,
) -> Result<CowVal<'b, 'v>, ExecutionError> {
    let values = args.iter().map(|arg| Value::try_from(arg.as_ref()).map_err(|error| wrong("argument", format!("{error:?}"))));
    let result = function(&values.collect::<Result<Vec<_>, _>>()?)?;
    let boxed: Box<dyn Val> = result.try_into().map_err(|error| wrong("result", format!("{error:?}")))?;
    Ok(CowVal::from(boxed))
}

/// The other functions, which a context holds.
pub(super) fn add_functions(context: &mut Context<'_, '_>) {
    let declared = declare(context);
    debug_assert!(declared.is_ok(), "{declared:?}");
}

fn declare(context: &mut Context<'_, '_>) -> Result<(), DeclarationError> {
    context.add_function("isSorted", |This(this): This<Value>| -> Result<bool, ExecutionError> {
        Ok(list(&this)?.windows(2).all(|pair| pair[0].partial_cmp(&pair[1]).is_some_and(Ordering::is_le)))
    })?;
    context.add_function("sum", |This(this): This<Value>| -> Result<Value, ExecutionError> {
        let mut items = list(&this)?.iter().cloned();
        let first = items.next().unwrap_or(Value::Int(0));
        items.try_fold(first, |sum, item| sum + item)
    })?;
    context.add_function("min", |This(this): This<Value>| extreme(&this, Ordering::Less))?;
    context.add_function("max", |This(this): This<Value>| extreme(&this, Ordering::Greater))?;
    context.add_function("find", |This(this): This<Arc<String>>, pattern: Arc<String>| -> Result<Value, ExecutionError> {
        Ok(regex(&pattern)?.find(&this).map(|found| found.as_str()).unwrap_or_default().into())
    })?;
    context.add_function("findAll", |This(this): This<Arc<String>>, Arguments(args): Arguments| find_all(&this, &args))?;
    url::declare(context)?;
    address::declare(context)?;
    quantity::declare(context)
}

fn find_all(text: &str, args: &[Value]) -> Result<Value, ExecutionError> {
    // As a function, the text is the first argument.
    let args = if matches!(args, [Value::String(first), Value::String(_), ..] if first.as_str() == text) { &args[1..] } else { args };
    let [Value::String(pattern), rest @ ..] = args else { return Err(wrong("findAll", "a pattern is missing")) };
    let most = match rest {
        [Value::Int(most), ..] => usize::try_from(*most).unwrap_or(usize::MAX),
        _ => usize::MAX,
    };
    let pattern = regex(pattern)?;
    Ok(pattern.find_iter(text).take(most).map(|found| Value::from(found.as_str())).collect::<Vec<_>>().into())
}

fn extreme(this: &Value, wanted: Ordering) -> Result<Value, ExecutionError> {
    let mut items = list(this)?.iter();
    let first = items.next().ok_or_else(|| wrong("min", "min called on empty list"))?;
    let best = items.fold(first, |best, item| if item.partial_cmp(best) == Some(wanted) { item } else { best });
    Ok(best.clone())
}

fn index_of(args: &[Value]) -> Result<Value, ExecutionError> {
    let found = list(&args[0])?.iter().position(|item| *item == args[1]);
    Ok(Value::Int(found.and_then(|at| i64::try_from(at).ok()).unwrap_or(-1)))
}

fn last_index_of(args: &[Value]) -> Result<Value, ExecutionError> {
    let found = list(&args[0])?.iter().rposition(|item| *item == args[1]);
    Ok(Value::Int(found.and_then(|at| i64::try_from(at).ok()).unwrap_or(-1)))
}

fn has_all(all: &[Value], wanted: &[Value]) -> bool {
    wanted.iter().all(|item| all.contains(item))
}

fn sets_contains(args: &[Value]) -> Result<Value, ExecutionError> {
    Ok(has_all(list(&args[0])?, list(&args[1])?).into())
}

fn sets_equivalent(args: &[Value]) -> Result<Value, ExecutionError> {
    let (first, second) = (list(&args[0])?, list(&args[1])?);
    Ok((has_all(first, second) && has_all(second, first)).into())
}

fn sets_intersects(args: &[Value]) -> Result<Value, ExecutionError> {
    let (first, second) = (list(&args[0])?, list(&args[1])?);
    Ok(first.iter().any(|item| second.contains(item)).into())
}

fn list(value: &Value) -> Result<&[Value], ExecutionError> {
    match value {
        Value::List(items) => Ok(items),
        other => Err(ExecutionError::UnexpectedType { got: format!("{other:?}"), want: "list".into() }),
    }
}

fn regex(pattern: &str) -> Result<Regex, ExecutionError> {
    Regex::new(pattern).map_err(|_| wrong("find", format!("Illegal regex: {pattern}")))
}

fn wrong(function: &str, message: impl Into<String>) -> ExecutionError {
    ExecutionError::FunctionError { function: function.into(), message: message.into() }
}

/// A value of a type of this library.
fn opaque<T: Opaque + 'static>(value: T) -> Value {
    Value::Opaque(Arc::new(value))
}

/// The value inside.
fn inner<T: 'static>(value: &Value) -> Option<&T> {
    match value {
        Value::Opaque(opaque) => (**opaque).downcast_ref::<T>(),
        _ => None,
    }
}

/// An optional value without content.
pub(crate) fn none() -> Value {
    opaque(OptionalValue::none())
}
