//! `services.*.logging`: where a container's output goes.

use smol_str::SmolStr;
use windlass_source::Spanned;
use windlass_yaml::Node;

use crate::model::context::Context;
use crate::model::label::Labels;
use crate::model::merge::plain;
use crate::model::record::record;
use crate::model::rule::{Kinds, Merge, NUMBER_OR_TEXT, Names, Rule, TEXT};

record! {
    /// Where a container's output goes.
    pub struct Logging as LOGGING_OBJECT {
        /// The engine's driver. Default: `json-file`, unless the engine is set up otherwise.
        driver: Option<Spanned<SmolStr>> = TEXT,
        /// Its options.
        options: Labels = Rule::names(&OPTIONS),
    }
}

/// Where output goes: the options of another driver are not those of this one, so they are put together only when both
/// files name the same driver, or one of them none.
pub(crate) const LOGGING: Rule = Rule::object(&LOGGING_OBJECT).merged(Merge::By(merge));

fn merge(base: &mut Node, over: Node, rule: &'static Rule, context: &mut Context<'_>) {
    match (base.get("driver"), over.get("driver")) {
        (Some(earlier), Some(later)) if !earlier.same_value(later) => *base = over,
        _ => plain(base, over, Some(rule), context),
    }
}

static OPTIONS: Names = Names { allows: |name| !name.is_empty(), wanted: None, rule: NUMBER_OR_TEXT.or(Kinds::NULL) };

#[cfg(test)]
mod tests {
    use crate::model::case::web;

    #[test]
    fn options_of_another_driver_are_dropped() {
        let cases: &[(&[&str], &str)] = &[
            (
                &["logging: { driver: a, options: { x: 1 } }", "logging: { driver: b, options: { y: 2 } }"],
                r#"{logging: {driver: "b", options: {y: 2}}}"#,
            ),
            (
                &["logging: { driver: a, options: { x: 1 } }", "logging: { options: { y: 2 } }"],
                r#"{logging: {driver: "a", options: {x: 1, y: 2}}}"#,
            ),
        ];
        for (files, expected) in cases {
            assert_eq!(web(files), *expected, "{files:?}");
        }
    }
}
