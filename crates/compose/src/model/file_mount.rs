//! `services.*.configs`, `services.*.secrets`, `build.secrets`: files from configs and secrets.

use smol_str::SmolStr;
use windlass_source::Spanned;
use windlass_yaml::{Node, Value};

use crate::model::context::Context;
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

/// A list of names and maps.
pub(crate) const FILE_MOUNTS: Rule = {
    const ITEM: Rule = Rule::object(&FILE_MOUNT).or(Kinds::TEXT);
    Rule::list(&ITEM)
};
