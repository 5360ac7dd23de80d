//! The variables that a project is read with: where each value came from, and which one wins.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, PoisonError};

use smol_str::SmolStr;
use windlass_source::VariableSource;

/// Variables by name. A value that is there first wins, as with docker compose: the process, then `.env` files.
#[derive(Clone, Debug, Default)]
pub struct Environment {
    /// The variables of the including project, which win; shared, since a thousand includes may look into one.
    outer: Option<Arc<Environment>>,
    variables: BTreeMap<SmolStr, Variable>,
    /// The names that were asked for, where somebody wants to know; shared by all copies.
    noted: Option<Arc<Mutex<BTreeSet<SmolStr>>>>,
}

/// A value and its source.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Variable {
    /// The value.
    pub value: SmolStr,
    /// Where it came from.
    pub source: VariableSource,
}

impl Variable {
    /// As the template language wants it.
    pub(crate) fn borrow(&self) -> crate::template::Variable<'_> {
        crate::template::Variable { value: &self.value, source: self.source.clone() }
    }
}

impl Environment {
    /// Variables as a process has them.
    pub fn from_process<K: Into<SmolStr>, V: Into<SmolStr>>(variables: impl IntoIterator<Item = (K, V)>) -> Self {
        let variables = variables
            .into_iter()
            .map(|(name, value)| (name.into(), Variable { value: value.into(), source: VariableSource::Environment }))
            .collect();
        Self { outer: None, variables, noted: None }
    }

    /// An environment that sees `outer` first and can have variables of its own.
    pub(crate) fn below(outer: &Arc<Self>) -> Self {
        Self { outer: Some(Arc::clone(outer)), variables: BTreeMap::new(), noted: None }
    }

    /// The variable, or `None` when it is not set.
    pub fn get(&self, name: &str) -> Option<&Variable> {
        if let Some(noted) = &self.noted {
            noted.lock().unwrap_or_else(PoisonError::into_inner).insert(name.into());
        }
        // From the outermost inwards: the outer value wins. Chains are as long as includes are deep.
        match self.outer.as_ref().and_then(|outer| outer.get(name)) {
            Some(variable) => Some(variable),
            None => self.variables.get(name),
        }
    }

    /// The value, or `None` when it is not set.
    pub fn value(&self, name: &str) -> Option<&str> {
        self.get(name).map(|variable| variable.value.as_str())
    }

    /// The variable as the template language wants it.
    pub(crate) fn lookup(&self, name: &str) -> Option<crate::template::Variable<'_>> {
        self.get(name).map(Variable::borrow)
    }

    /// From now on, notes the names that are asked for.
    pub(crate) fn note(&mut self) {
        self.noted = Some(Arc::default());
    }

    /// The names that were asked for since somebody wanted to know.
    pub fn noted(&self) -> BTreeSet<SmolStr> {
        let noted = self.noted.as_ref().map(|noted| noted.lock().unwrap_or_else(PoisonError::into_inner).clone());
        noted.unwrap_or_default()
    }

    /// Sets a variable, whatever it was.
    pub(crate) fn set(&mut self, name: impl Into<SmolStr>, value: impl Into<SmolStr>, source: VariableSource) {
        self.variables.insert(name.into(), Variable { value: value.into(), source });
    }

    /// Adds those of `variables` that are not set yet.
    pub(crate) fn add(&mut self, variables: impl IntoIterator<Item = (SmolStr, Variable)>) {
        for (name, variable) in variables {
            self.variables.entry(name).or_insert(variable);
        }
    }

    /// Every variable, sorted by name.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &Variable)> {
        let mut all = BTreeMap::new();
        let mut next = Some(self);
        while let Some(environment) = next {
            // Inner ones come first here, so an outer value replaces them.
            all.extend(environment.variables.iter().map(|(name, variable)| (name.as_str(), variable)));
            next = environment.outer.as_deref();
        }
        all.into_iter()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_outer_value_wins_and_the_first_value_stays() {
        let outer = Arc::new(Environment::from_process([("A", "outer")]));
        let mut inner = Environment::below(&outer);
        let variable = |value: &str| Variable { value: value.into(), source: VariableSource::Default };
        inner.add([("A".into(), variable("x")), ("B".into(), variable("1")), ("B".into(), variable("2"))]);
        assert_eq!((inner.value("A"), inner.value("B"), inner.value("C")), (Some("outer"), Some("1"), None));
        let all: Vec<_> = inner.iter().map(|(name, variable)| (name, variable.value.as_str())).collect();
        assert_eq!(all, [("A", "outer"), ("B", "1")]);
    }

    #[test]
    fn names_are_noted_that_were_asked_for_since_somebody_wanted_to_know() {
        let mut environment = Environment::from_process([("A", "1"), ("B", "2"), ("C", "3")]);
        assert_eq!((environment.value("A"), environment.noted().len()), (Some("1"), 0));
        environment.note();
        let copy = environment.clone();
        let inner = Environment::below(&Arc::new(environment));
        assert_eq!((inner.value("B"), inner.value("X"), inner.iter().count()), (Some("2"), None, 3));
        assert_eq!(copy.noted().into_iter().collect::<Vec<_>>(), ["B", "X"]);
    }
}
