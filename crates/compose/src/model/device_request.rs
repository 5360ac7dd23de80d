//! `gpus`, `deploy.resources.reservations.devices`: devices by what they can do.

use smol_str::SmolStr;
use windlass_source::Spanned;
use windlass_yaml::{Node, Value};

use crate::model::context::Context;
use crate::model::label::Labels;
use crate::model::long::{map_of, set_default};
use crate::model::read::Read;
use crate::model::record::record;
use crate::model::rule::{DISTINCT_TEXTS, INT_OR_TEXT, Kinds, Object, Rule, TEXT};
use crate::model::table::PLAIN_TABLE;

record! {
    /// Devices by what they can do.
    pub struct DeviceRequest as DEVICE_REQUEST.requiring(&["capabilities"]) {
        /// What they can do: `gpu`, `tpu`.
        capabilities: Vec<Spanned<SmolStr>> = DISTINCT_TEXTS,
        /// The driver: `nvidia`.
        driver: Option<Spanned<SmolStr>> = TEXT,
        /// How many; with neither this nor `device_ids`: all, which loading fills in.
        count: Option<Spanned<DeviceCount>> = INT_OR_TEXT,
        /// Which.
        device_ids: Vec<Spanned<SmolStr>> = DISTINCT_TEXTS,
        /// Options of the driver.
        options: Labels = PLAIN_TABLE,
    }
}

/// The same under `gpus`, where nothing is required and any other key is passed over.
static GPU: Object = DEVICE_REQUEST.open().requiring(&[]);

/// A number of devices.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DeviceCount {
    /// `all`, also written -1.
    All,
    /// So many.
    Number(i64),
}

impl Read for DeviceCount {
    fn read(node: &Node, context: &mut Context<'_>) -> Option<Self> {
        if let Value::String(text) = &node.value {
            if text.eq_ignore_ascii_case("all") {
                return Some(Self::All);
            }
            if text.parse::<i64>().is_err() {
                context.unreadable(node, "`all` or a whole number");
                return None;
            }
        }
        i64::read(node, context).map(|count| if count == -1 { Self::All } else { Self::Number(count) })
    }
}

/// `deploy.resources.reservations.devices`: a list of requests.
pub(crate) const DEVICE_REQUESTS: Rule = {
    const ITEM: Rule = Rule::object(&DEVICE_REQUEST).default(all);
    Rule::list(&ITEM)
};

/// `gpus`: `all`, or a list of requests.
pub(crate) const GPUS: Rule = {
    const ITEM: Rule = Rule::object(&GPU).default(all);
    Rule::list(&ITEM).or(Kinds::TEXT).words(&["all"]).long_form(long_form)
};

fn long_form(node: &mut Node, _: &mut Context<'_>) {
    if let Value::String(_) = node.value {
        map_of(node, "count");
        let request = std::mem::take(node);
        let origin = request.origin.clone();
        *node = Node::new(vec![request], origin);
    }
}

/// All devices that fit, unless it says how many or which.
fn all(node: &mut Node, _: &mut Context<'_>) {
    if node.get("device_ids").is_none() {
        set_default(node, "count", "all");
    }
}

#[cfg(test)]
mod tests {
    use crate::model::case::web;

    #[test]
    fn all_devices_unless_it_says_which() {
        let cases: &[(&[&str], &str)] = &[
            (&["gpus: all"], r#"{gpus: [{count: "all"}]}"#),
            (&["gpus: [{ driver: nvidia }, { device_ids: ['0'] }]"], r#"{gpus: [{driver: "nvidia", count: "all"}, {device_ids: ["0"]}]}"#),
            (&["gpus: some"], "`gpus` of service `web` cannot be `some` @ some"),
            (&["gpus: [{ count: few }]"], "`gpus[0].count` of service `web` must be `all` or a whole number @ few"),
        ];
        for (files, expected) in cases {
            assert_eq!(web(files), *expected, "{files:?}");
        }
    }
}
