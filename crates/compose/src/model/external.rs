//! `external`, of networks, volumes, secrets and configs: they are there already.

use windlass_source::{Code, Diagnostic};
use windlass_yaml::{Node, Value};

use crate::model::context::Context;
use crate::model::long::put;
use crate::model::rule::{FLAG, Field, Object, Rule, TEXT};

const OLD_EXTERNAL: Code = Code("compose::old-external");
const CONFLICT: Code = Code("compose::conflict");

/// The old form, in which the name stands below `external`; loading turns it into the new one.
static OLD_FORM: Object = {
    const FIELDS: &[Field] = &[Field { key: "name", rule: TEXT }];
    Object::new(FIELDS)
};

/// The same for secrets and configs, where anything else is passed over.
static OLD_FORM_OF_FILE: Object = OLD_FORM.open();

/// Of networks and volumes.
pub(crate) const EXTERNAL: Rule = FLAG.or_object(&OLD_FORM);

/// Of secrets and configs.
pub(crate) const EXTERNAL_FILE: Rule = FLAG.or_object(&OLD_FORM_OF_FILE);

/// Turns the old form of a network, volume, secret or config into the new one: `external: { name: x }` → `external: true`
/// and `name: x`.
pub(crate) fn new_form(node: &mut Node, context: &mut Context<'_>) {
    let Some(external) = node.get_mut("external") else { return };
    let Value::Map(_) = &external.value else { return };
    let Value::Map(old) = std::mem::replace(&mut external.value, Value::Bool(true)) else { return };
    let Some((key, name)) = old.into_iter().find(|(key, _)| key.as_str() == "name") else { return };
    let diagnostic = Diagnostic::warning(OLD_EXTERNAL, format!("{} has its name below `external`, which is deprecated", context.subject()))
        .at(key.span)
        .help("write `name:` beside `external: true`");
    context.report(diagnostic);
    match node.get("name") {
        Some(other) if !other.same_value(&name) => {
            let diagnostic = Diagnostic::error(CONFLICT, format!("{} has two names", context.subject()))
                .origin(&name.origin, "")
                .label(other.span(), "the other one")
                .help("keep `name:`, and `external: true`");
            context.report(diagnostic);
        }
        Some(_) => {}
        None => {
            if let Value::Map(map) = &mut node.value {
                put(map, "name", name);
            }
        }
    }
}
