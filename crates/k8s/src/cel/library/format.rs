//! `format`: named forms of text, and what is wrong with a text that should have one.

use cel::common::types::{DYN_TYPE, STRING_TYPE};
use cel::objects::{Opaque, OptionalValue, Value};
use cel::{DeclarationError, Env, ExecutionError};

use super::{call, inner, opaque, wrong};
use crate::validity::format;

/// A form of text.
#[derive(Debug, Clone, Copy)]
struct Format {
    name: &'static str,
    check: fn(&str) -> Vec<String>,
}

impl PartialEq for Format {
    fn eq(&self, other: &Self) -> bool {
        self.name == other.name
    }
}

impl Eq for Format {}

impl Opaque for Format {
    fn runtime_type_name(&self) -> &str {
        "kubernetes.NamedFormat"
    }
}

macro_rules! formats {
    ($($name:literal $overload:literal $check:expr;)*) => {
        static FORMATS: &[Format] = &[$(Format { name: $name, check: $check }),*];

        fn declare_all(env: &mut Env) -> Result<(), DeclarationError> {
            $(env.add_overload($overload, concat!("k8s_", $overload), vec![], |args| call(args, |_| named($name)))?;)*
            Ok(())
        }
    };
}

formats! {
    "dns1123Label" "format.dns1123Label" format::label;
    "dns1123Subdomain" "format.dns1123Subdomain" format::subdomain;
    "dns1035Label" "format.dns1035Label" format::label_1035;
    "dns1123LabelPrefix" "format.dns1123LabelPrefix" |text| format::label(text.trim_end_matches('-'));
    "dns1123SubdomainPrefix" "format.dns1123SubdomainPrefix" |text| format::subdomain(text.trim_end_matches('-'));
    "dns1035LabelPrefix" "format.dns1035LabelPrefix" |text| format::label_1035(text.trim_end_matches('-'));
    "qualifiedName" "format.qualifiedName" format::qualified_name;
    "labelValue" "format.labelValue" format::label_value;
    "uri" "format.uri" |text| unless(super::url::is_url(text), "parse error");
    "uuid" "format.uuid" |text| unless(is_uuid(text), "does not match the UUID format");
    "byte" "format.byte" |text| unless(is_base64(text), "invalid base64");
    "date" "format.date" |text| unless(is_date(text), "invalid date");
    "datetime" "format.datetime" |text| unless(format::is_time(text), "invalid datetime");
}

pub(super) fn declare(env: &mut Env) -> Result<(), DeclarationError> {
    declare_all(env)?;
    env.add_overload("format.named", "k8s_format_named", vec![STRING_TYPE.to_owned()], |args| call(args, by_name))?;
    env.add_member_overload("validate", "k8s_format_validate", DYN_TYPE.to_owned(), vec![STRING_TYPE.to_owned()], |args| {
        call(args, validate)
    })
}

fn named(name: &str) -> Result<Value, ExecutionError> {
    let format = FORMATS.iter().find(|format| format.name == name).copied();
    format.map(opaque).ok_or_else(|| wrong("format", "no such format"))
}

fn by_name(args: &[Value]) -> Result<Value, ExecutionError> {
    let Some(Value::String(name)) = args.first() else { return Err(wrong("format.named", "no name")) };
    Ok(opaque(named(name).map_or_else(|_| OptionalValue::none(), OptionalValue::of)))
}

fn validate(args: &[Value]) -> Result<Value, ExecutionError> {
    let [format, Value::String(text)] = args else { return Err(wrong("validate", "no text")) };
    let format = inner::<Format>(format).ok_or_else(|| wrong("validate", "no format"))?;
    let told = (format.check)(text);
    Ok(opaque(if told.is_empty() { OptionalValue::none() } else { OptionalValue::of(told.into()) }))
}

fn unless(is_right: bool, message: &str) -> Vec<String> {
    if is_right { Vec::new() } else { vec![message.to_owned()] }
}

fn is_uuid(text: &str) -> bool {
    let parts: Vec<&str> = text.split('-').collect();
    let is_hex = |part: &&str| part.bytes().all(|byte| byte.is_ascii_hexdigit());
    parts.iter().all(is_hex) && parts.iter().map(|part| part.len()).eq([8, 4, 4, 4, 12])
}

fn is_base64(text: &str) -> bool {
    use base64::Engine as _;
    base64::engine::general_purpose::STANDARD.decode(text).is_ok()
}

fn is_date(text: &str) -> bool {
    format::is_time(&format!("{text}T00:00:00Z"))
}
