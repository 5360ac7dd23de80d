//! What is looked for and how it counts: the flags of `audit` and its part of `windlass.yaml`.

use std::collections::BTreeSet;

use crate::rule::Rule;
use crate::rules;
use crate::score::Profile;
use crate::severity::Severity;
use crate::suppress::Suppression;

/// How an audit is done.
#[derive(Clone, Debug, Default)]
pub struct Settings {
    /// Rules to run, by id, slug, prefix or another tool's id; empty: all.
    pub select: Vec<String>,
    /// Rules to leave out.
    pub ignore: Vec<String>,
    /// Severities in place of what rule and context say; the last one of a rule counts.
    pub severity: Vec<(String, Severity)>,
    /// What a failing severity takes off.
    pub profile: Profile,
    /// Suppressions of `windlass.yaml`.
    pub suppressions: Vec<Suppression>,
    /// Fingerprints of findings that are known.
    pub baseline: BTreeSet<String>,
    /// The day, `2026-01-31`, by which suppressions expire. Empty: none does.
    pub today: String,
}

impl Settings {
    /// Only this rule.
    pub fn only(rule: &Rule) -> Self {
        Self { select: vec![rule.id.to_owned()], ..Self::default() }
    }

    /// True when a rule runs. One that is optional does when it is selected, or given a severity.
    pub fn runs(&self, rule: &Rule) -> bool {
        let named = |list: &[String]| list.iter().any(|name| rule.is_named(name));
        let by_default = || self.select.is_empty() && (!rule.is_optional || self.severity_of(rule).is_some());
        (by_default() || named(&self.select)) && !named(&self.ignore)
    }

    /// The severity that the settings give to a rule.
    pub fn severity_of(&self, rule: &Rule) -> Option<Severity> {
        self.severity_by(|name| rule.is_named(name))
    }

    /// The same of what is told by a function: whether a name means the rule.
    pub(crate) fn severity_by(&self, is_named: impl Fn(&str) -> bool) -> Option<Severity> {
        self.severity.iter().rfind(|(name, _)| is_named(name)).map(|(_, severity)| *severity)
    }

    /// Whether a rule of `validate` is told: whether a name means it is a function.
    pub(crate) fn tells(&self, is_named: impl Fn(&str) -> bool) -> bool {
        let named = |list: &[String]| list.iter().any(|name| is_named(name));
        (self.select.is_empty() || named(&self.select)) && !named(&self.ignore)
    }

    /// The names in `select`, `ignore` and `severity` that mean no rule of the audit.
    pub fn unknown_names(&self) -> Vec<&str> {
        self.names().filter(|name| rules::named(name).next().is_none()).collect()
    }

    /// The names in `select`, `ignore` and `severity`.
    pub(crate) fn names(&self) -> impl Iterator<Item = &str> {
        self.select.iter().chain(&self.ignore).chain(self.severity.iter().map(|(name, _)| name)).map(String::as_str)
    }
}
