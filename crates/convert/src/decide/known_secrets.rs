//! Values that some variable of the project says are credentials: the same value elsewhere is the same credential, in a
//! connection string, in a mounted configuration, in another service's variable of an innocent name.

use std::ops::Range;

use aho_corasick::AhoCorasick;

use super::ServicePlan;

/// Shorter values are too often words that stand for something else as well (`postgres`, `password`).
pub(super) const SHORTEST: usize = 12;

/// The credentials that the project spells out.
#[derive(Debug, Default)]
pub(crate) struct KnownSecrets {
    /// `None` while there are none.
    search: Option<AhoCorasick>,
    values: Vec<String>,
}

impl KnownSecrets {
    pub(super) fn of(services: &[ServicePlan<'_>]) -> Self {
        let mut values: Vec<String> = Vec::new();
        for plan in services {
            for (entry, sign) in plan.service.environment.iter().zip(&plan.credentials) {
                let Some(value) = entry.value.as_ref().filter(|value| sign.is_some() && value.len() >= SHORTEST) else { continue };
                let is_name = services.binary_search_by(|other| other.service.name.as_str().cmp(value)).is_ok();
                if !is_name {
                    values.push(value.to_string());
                }
            }
        }
        Self::search_for(values)
    }

    /// These and the content of more secrets, a line each.
    pub(super) fn and<'a>(self, contents: impl IntoIterator<Item = &'a [u8]>) -> Self {
        let texts = contents.into_iter().filter_map(|content| std::str::from_utf8(content).ok());
        let mut values = self.values;
        let known = values.len();
        values.extend(texts.map(str::trim).filter(|text| text.len() >= SHORTEST && !text.contains('\n')).map(str::to_owned));
        if values.len() == known { Self { values, search: self.search } } else { Self::search_for(values) }
    }

    fn search_for(mut values: Vec<String>) -> Self {
        values.sort_unstable();
        values.dedup();
        // Building fails for patterns of many gigabytes only, which the limit of inputs excludes.
        let search = (!values.is_empty()).then(|| AhoCorasick::new(&values).ok()).flatten();
        Self { search, values }
    }

    /// Where they stand in a text.
    pub(crate) fn find<'t>(&'t self, text: &'t str) -> impl Iterator<Item = Range<usize>> + 't {
        self.search.iter().flat_map(move |search| search.find_iter(text)).map(|found| found.range())
    }

    /// True when one of them stands anywhere in `content`.
    pub(crate) fn are_in(&self, content: impl AsRef<[u8]>) -> bool {
        self.search.as_ref().is_some_and(|search| search.is_match(content.as_ref()))
    }
}
