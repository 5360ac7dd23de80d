//! `services.*.devices`: devices of the host.

use smol_str::SmolStr;
use windlass_source::Spanned;
use windlass_yaml::{Map, Node, Value};

use crate::model::context::{Context, INVALID_VALUE};
use crate::model::long::put;
use crate::model::record::record;
use crate::model::rule::{Kinds, Rule, TEXT};
use crate::model::slice::slice;
use crate::short;

record! {
    /// A device of the host.
    pub struct Device as DEVICE.requiring(&["source", "target"]) {
        /// Its path on the host, or the name of a CDI device (`vendor.com/class=name`).
        source: Spanned<SmolStr> = TEXT,
        /// Its path in the container.
        target: Option<Spanned<SmolStr>> = TEXT,
        /// `r`, `w` and `m` together.
        permissions: Option<Spanned<SmolStr>> = TEXT,
    }
}

/// Maps, or `source[:target[:permissions]]`. Of two at one path in the container the later stays.
pub(crate) const DEVICES: Rule = {
    const ITEM: Rule = Rule::object(&DEVICE).or(Kinds::TEXT).long_form(long_form);
    Rule::list(&ITEM).same_by(identity)
};

fn identity(item: &Node) -> Option<SmolStr> {
    match &item.value {
        Value::String(text) => {
            let mut parts = text.split(':');
            let source = parts.next();
            parts.next().or(source).map(SmolStr::from)
        }
        _ => item.get("target")?.as_str().map(SmolStr::from),
    }
}

fn long_form(node: &mut Node, context: &mut Context<'_>) {
    let Some(text) = node.as_str() else { return };
    let spec = match short::device::parse(text) {
        Ok(spec) => spec,
        Err(_) if context.is_lenient() => return,
        Err(error) => {
            let origin = slice(node, error.range.clone());
            return context.error(INVALID_VALUE, &origin, &format!("is no device: {error}"));
        }
    };
    let mut map = Map::new();
    put(&mut map, "source", Node::new(spec.source.value, slice(node, spec.source.range)));
    put(&mut map, "target", Node::new(spec.target.value, slice(node, spec.target.range)));
    let permissions = match spec.permissions {
        Some(permissions) => Node::new(permissions.value, slice(node, permissions.range)),
        None => Node::default_value("rwm"),
    };
    put(&mut map, "permissions", permissions);
    node.value = Value::Map(map);
}

#[cfg(test)]
mod tests {
    use crate::model::case::web;

    #[test]
    fn devices_have_two_forms() {
        let cases: &[(&[&str], &str)] = &[
            (
                &["devices: [/dev/a, '/dev/b:/dev/c:r']"],
                r#"{devices: [{source: "/dev/a", target: "/dev/a", permissions: "rwm"}, {source: "/dev/b", target: "/dev/c", permissions: "r"}]}"#,
            ),
            (
                &["devices: [/dev/a]", "devices: [{ source: /dev/b, target: /dev/a }]"],
                r#"{devices: [{source: "/dev/b", target: "/dev/a"}]}"#,
            ),
        ];
        for (files, expected) in cases {
            assert_eq!(web(files), *expected, "{files:?}");
        }
    }
}
