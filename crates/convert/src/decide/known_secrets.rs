//! Values that some variable or command of the project says are credentials: the same value elsewhere is the same credential, in a
//! connection string, in a mounted configuration, in another service's variable of an innocent name.

use std::ops::Range;

use aho_corasick::AhoCorasick;

use super::{ServicePlan, spelled};

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
        let is_name = |value: &str| services.binary_search_by(|other| other.service.name.as_str().cmp(value)).is_ok();
        let mut values: Vec<String> = Vec::new();
        let mut add = |value: &str| {
            if value.len() >= SHORTEST && !is_name(value) {
                values.push(value.to_owned());
            }
        };
        for plan in services {
            for (entry, _) in plan.service.environment.iter().zip(&plan.credentials).filter(|(_, sign)| sign.is_some()) {
                entry.value.as_deref().into_iter().for_each(|value| add(value));
            }
            for ((line, index), found) in spelled::words(plan.service).zip(&plan.spelled) {
                found.iter().for_each(|range| add(&line[index][range.clone()]));
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

#[cfg(test)]
mod tests {
    use crate::testing::project;

    #[test]
    fn what_a_command_says_is_a_credential_is_one_wherever_it_stands() {
        let outcome = project(
            "services: { cache: { image: 'redis:8', command: redis-server --requirepass S3cretPassw0rd! }, app: { image: acme/app:1, environment: { \
             CACHE: 'cache:6379,password=S3cretPassw0rd!,ssl=False', OTHER: 'cache|S3cretPassw0rd!', SHORT: 'a,password=x', PLAIN: a } } }",
        )
        .convert();
        insta::assert_snapshot!(outcome.fates("services.app.environment"), @"
        services.app.environment.CACHE: mapped → Deployment/app spec.template.spec.containers[0].env[0].valueFrom.secretKeyRef, Secret/app-credentials-d6pn79ph2w data.CACHE (in a Secret, since it has a password among its fields)
        services.app.environment.OTHER: mapped → Deployment/app spec.template.spec.containers[0].env[1].valueFrom.secretKeyRef, Secret/app-credentials-d6pn79ph2w data.OTHER (in a Secret, since it holds the value of another credential)
        services.app.environment.SHORT: mapped → Deployment/app spec.template.spec.containers[0].env[3].valueFrom.secretKeyRef, Secret/app-credentials-d6pn79ph2w data.SHORT (in a Secret, since it has a password among its fields)
        services.app.environment.PLAIN: mapped → Deployment/app spec.template.spec.containers[0].env[2].value
        ");
    }
}
