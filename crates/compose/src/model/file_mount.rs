//! `services.*.configs`, `services.*.secrets`, `build.secrets`: files from configs and secrets.

use smol_str::SmolStr;
use windlass_source::Spanned;
use windlass_yaml::{Node, Value};

use crate::model::context::Context;
use crate::model::long::{map_of, set_default};
use crate::model::read::Read;
use crate::model::record::record;
use crate::model::rule::{Kinds, NUMBER_OR_TEXT, Rule, TEXT};

record! {
    /// A config or secret as a file in the container.
    pub struct FileMount as FILE_MOUNT {
        /// The name of the config or secret.
        source: Spanned<SmolStr> = TEXT,
        /// The path in the container. Default: `/NAME` for a config, `/run/secrets/NAME` for a secret (which loading fills
        /// in, save under `build`).
        target: Option<Spanned<SmolStr>> = TEXT,
        /// The owner.
        uid: Option<Spanned<SmolStr>> = TEXT,
        /// The group.
        gid: Option<Spanned<SmolStr>> = TEXT,
        /// The mode.
        mode: Option<Spanned<FileMode>> = NUMBER_OR_TEXT,
    }
}

/// A mode as in `chmod`. A text is octal, a number what YAML made of it (`0440` is 288, which is octal 440).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct FileMode(pub i64);

impl Read for FileMode {
    fn read(node: &Node, context: &mut Context<'_>) -> Option<Self> {
        match &node.value {
            Value::String(text) => {
                let mode = i64::from_str_radix(text, 8).ok();
                if mode.is_none() {
                    context.unreadable(node, "an octal mode such as `0440`");
                }
                mode.map(Self)
            }
            _ => i64::read(node, context).map(Self),
        }
    }
}

const ITEM: Rule = Rule::object(&FILE_MOUNT).or(Kinds::TEXT).long_form(long_form);

/// `build.secrets`: a list of names and maps.
pub(crate) const BUILD_SECRETS: Rule = Rule::list(&ITEM);

/// `configs`: a list of names and maps. Of two at one path the later stays.
pub(crate) const CONFIG_MOUNTS: Rule = Rule::list(&ITEM).same_by(|item| identity(item, "/"));

/// `secrets`: a list of names and maps. Of two at one path the later stays.
pub(crate) const SECRET_MOUNTS: Rule = {
    const SECRET: Rule = ITEM.default(secret_target);
    Rule::list(&SECRET).same_by(|item| identity(item, SECRETS))
};

/// Where secrets are found in a container.
const SECRETS: &str = "/run/secrets/";

fn identity(item: &Node, directory: &str) -> Option<SmolStr> {
    let name = match (item.as_str(), item.get("target")) {
        (None, Some(target)) => return target.as_str().map(SmolStr::from),
        (None, None) => item.get("source")?.as_str()?,
        (Some(name), _) => name,
    };
    Some(format!("{directory}{name}").into())
}

fn long_form(node: &mut Node, _: &mut Context<'_>) {
    if let Value::String(_) = node.value {
        map_of(node, "source");
    }
}

fn secret_target(node: &mut Node, _: &mut Context<'_>) {
    let source = node.get("source").and_then(Node::as_str).unwrap_or_default();
    let target = format!("{SECRETS}{source}");
    set_default(node, "target", target);
}

#[cfg(test)]
mod tests {
    use crate::model::case::web;

    #[test]
    fn names_and_maps_are_mounted() {
        let cases: &[(&[&str], &str)] = &[
            (&["secrets: [s]\nconfigs: [c]"], r#"{secrets: [{source: "s", target: "/run/secrets/s"}], configs: [{source: "c"}]}"#),
            (
                &["secrets: [s]", "secrets: [{ source: s, mode: 0400 }]"],
                r#"{secrets: [{source: "s", mode: 256, target: "/run/secrets/s"}]}"#,
            ),
            (&["secrets: [{ source: s, mode: '9' }]"], "`secrets[0].mode` of service `web` must be an octal mode such as `0440` @ '9'"),
        ];
        for (files, expected) in cases {
            assert_eq!(web(files), *expected, "{files:?}");
        }
    }
}
