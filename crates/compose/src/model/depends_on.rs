//! `depends_on`: what a service waits for.

use windlass_source::Spanned;

use crate::model::record::{record, words};
use crate::model::rule::{BOOL, BOOL_OR_TEXT, NAME, Names, Rule, TEXT, is_name};

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
    Rule::names(&NAMES).or_list(&TEXT).distinct()
};
