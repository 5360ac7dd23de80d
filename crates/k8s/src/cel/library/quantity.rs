//! `quantity` and its arithmetic.

use std::cmp::Ordering;
use std::sync::Arc;

use cel::extractors::This;
use cel::objects::{Opaque, Value};
use cel::{Context, DeclarationError, ExecutionError};

use super::{inner, opaque, wrong};
use crate::quantity::Amount;

impl Opaque for Amount {
    fn runtime_type_name(&self) -> &str {
        "kubernetes.Quantity"
    }
}

/// A quantity; a whole number counts as one.
fn amount(value: &Value) -> Result<Amount, ExecutionError> {
    match value {
        Value::Int(number) => Ok(Amount::whole(*number)),
        other => inner::<Amount>(other)
            .copied()
            .ok_or_else(|| ExecutionError::UnexpectedType { got: format!("{other:?}"), want: "Quantity".into() }),
    }
}

pub(super) fn declare(context: &mut Context<'_, '_>) -> Result<(), DeclarationError> {
    context.add_function("isQuantity", |text: Arc<String>| Amount::parse(&text).is_some())?;
    context.add_function("quantity", |text: Arc<String>| -> Result<Value, ExecutionError> {
        Amount::parse(&text).map(opaque).ok_or_else(|| wrong("quantity", format!("quantities must match the regular expression: {text:?}")))
    })?;
    context.add_function("sign", |This(this): This<Value>| {
        amount(&this).map(|amount| match amount.cmp(&Amount::default()) {
            Ordering::Less => -1_i64,
            Ordering::Equal => 0,
            Ordering::Greater => 1,
        })
    })?;
    context.add_function("compareTo", |This(this): This<Value>, other: Value| -> Result<i64, ExecutionError> {
        Ok(amount(&this)?.cmp(&amount(&other)?) as i64)
    })?;
    context.add_function("isGreaterThan", |This(this): This<Value>, other: Value| -> Result<bool, ExecutionError> {
        Ok(amount(&this)? > amount(&other)?)
    })?;
    context.add_function("isLessThan", |This(this): This<Value>, other: Value| -> Result<bool, ExecutionError> {
        Ok(amount(&this)? < amount(&other)?)
    })?;
    context.add_function("add", |This(this): This<Value>, other: Value| -> Result<Value, ExecutionError> {
        Ok(opaque(amount(&this)? + amount(&other)?))
    })?;
    context.add_function("sub", |This(this): This<Value>, other: Value| -> Result<Value, ExecutionError> {
        Ok(opaque(amount(&this)? - amount(&other)?))
    })?;
    context.add_function("isInteger", |This(this): This<Value>| amount(&this).map(|amount| amount.to_integer().is_some()))?;
    context.add_function("asInteger", |This(this): This<Value>| -> Result<i64, ExecutionError> {
        amount(&this)?.to_integer().ok_or_else(|| wrong("asInteger", "cannot convert value to integer"))
    })?;
    context.add_function("asApproximateFloat", |This(this): This<Value>| amount(&this).map(|amount| amount.to_f64()))
}
