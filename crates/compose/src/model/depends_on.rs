//! `depends_on`: what a service waits for.

use windlass_source::Spanned;
use windlass_yaml::{Map, Node};

use crate::model::context::Context;
use crate::model::long::set_default;
use crate::model::merge::{into_names, plain};
use crate::model::record::{record, words};
use crate::model::rule::{BOOL, BOOL_OR_TEXT, Merge, NAME, Names, Rule, TEXT, is_name};

record! {
    /// How a service waits for another.
    pub struct Dependency as DEPENDENCY.requiring(&["condition"]) {
        /// What it waits for. Default: `service_started`.
        condition: Spanned<Condition> = TEXT.words(Condition::WORDS),
        /// Restarts when the other is updated. Default: false.
        restart: Option<Spanned<bool>> = BOOL_OR_TEXT,
        /// False: only a warning when the other is not there. Default: true.
        required: Option<Spanned<bool>> = BOOL,
    }
}

words! {
    /// What a service waits for.
    #[derive(Default)]
    pub enum Condition {
        /// The other has been started.
        #[default]
        Started = "service_started",
        /// Its health check passes.
        Healthy = "service_healthy",
        /// It has ended with exit code 0.
        CompletedSuccessfully = "service_completed_successfully",
    }
}

/// Names, or a map of names and conditions.
pub(crate) const DEPENDS_ON: Rule = {
    static NAMES: Names = Names { allows: is_name, wanted: Some(NAME), rule: Rule::object(&DEPENDENCY) };
    Rule::names(&NAMES).or_list(&TEXT).distinct().merged(Merge::By(merge)).long_form(long_form)
};

fn merge(base: &mut Node, mut over: Node, rule: &'static Rule, context: &mut Context<'_>) {
    into_names(base, started);
    into_names(&mut over, started);
    plain(base, over, Some(rule), context);
}

/// What a name in the list form means.
fn started(name: &Node) -> Node {
    let mut node = Node::new(Map::new(), name.origin.clone());
    fill(&mut node);
    node
}

fn fill(node: &mut Node) {
    set_default(node, "condition", Condition::Started.as_str());
    set_default(node, "required", true);
}

fn long_form(node: &mut Node, _: &mut Context<'_>) {
    into_names(node, started);
    if let Some(map) = node.as_map_mut() {
        map.values_mut().for_each(fill);
    }
}

#[cfg(test)]
mod tests {
    use crate::model::case::web;

    #[test]
    fn names_and_conditions_merge() {
        let cases: &[(&[&str], &str)] = &[
            (&["depends_on: [db]"], r#"{depends_on: {db: {condition: "service_started", required: true}}}"#),
            (
                &["depends_on: { db: { condition: service_healthy } }"],
                r#"{depends_on: {db: {condition: "service_healthy", required: true}}}"#,
            ),
            (
                &["depends_on: [db]", "depends_on: { db: { condition: service_healthy }, cache: { condition: service_started } }"],
                r#"{depends_on: {db: {condition: "service_healthy", required: true}, cache: {condition: "service_started", required: true}}}"#,
            ),
            (&["depends_on: { db: { condition: healthy } }"], "`depends_on.db.condition` of service `web` cannot be `healthy` @ healthy"),
            (&["depends_on: { db: {} }"], "`depends_on.db` of service `web` needs `condition` @ {}"),
            (&["depends_on: [db, db]"], "`depends_on[1]` of service `web` stands there twice @ db"),
        ];
        for (files, expected) in cases {
            assert_eq!(web(files), *expected, "{files:?}");
        }
    }
}
