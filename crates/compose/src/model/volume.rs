//! `volumes.*`: a named volume of the project.

use smol_str::SmolStr;
use windlass_source::Spanned;
use windlass_yaml::Node;

use crate::model::context::Context;
use crate::model::external::{self, EXTERNAL};
use crate::model::label::{LABELS, Labels};
use crate::model::paths::{self, Base};
use crate::model::record::record;
use crate::model::rule::{Kinds, OPTIONS, Rule, TEXT};
use crate::model::windlass::{VOLUME_SETTINGS, VolumeSettings};

record! {
    /// A named volume of the project.
    pub struct Volume as VOLUME_OBJECT {
        /// Its name for the engine. Default: project and key with `_` between, for an external one the key.
        name: Option<Spanned<SmolStr>> = TEXT,
        /// The driver. Default: `local`.
        driver: Option<Spanned<SmolStr>> = TEXT,
        /// Its options.
        driver_opts: Labels = OPTIONS,
        /// It is there already.
        external: Option<Spanned<bool>> = EXTERNAL,
        /// Its labels.
        labels: Labels = LABELS,
        /// What the project decides about its claim.
        windlass ["x-windlass"]: Option<Spanned<VolumeSettings>> = Rule::object(&VOLUME_SETTINGS),
    }
}

/// A map, or nothing.
pub(crate) const VOLUME: Rule = Rule::object(&VOLUME_OBJECT).or(Kinds::NULL).long_form(external::new_form).path(resolve);

/// A local volume that is a bind mount has a path.
fn resolve(node: &mut Node, base: &Base<'_>, context: &mut Context<'_>) {
    let says = |node: &Node, key: &str, text: &str| node.get(key).and_then(Node::as_str) == Some(text);
    if !says(node, "driver", "local") {
        return;
    }
    if let Some(options) = node.get_mut("driver_opts").filter(|options| says(options, "o", "bind"))
        && let Some(device) = options.get_mut("device")
    {
        paths::of_engine(device, base, context);
    }
}
