//! Members of a cluster look each other up before they are ready; peers gated on readiness would wait for each other for ever.

use std::collections::BTreeMap;

use super::ServicePlan;

/// Marks services whose Service has to lead to pods that are not ready: members of a cluster by the catalogue, with several
/// replicas, or as several services of one image that name each other.
pub(super) fn find(services: &mut [ServicePlan<'_>]) {
    let clustered = |plan: &ServicePlan<'_>| plan.image.entry().is_some_and(|image| image.clustered);
    let mut families: BTreeMap<String, Vec<usize>> = BTreeMap::new();
    for plan in services.iter_mut().filter(|plan| clustered(plan)) {
        plan.publishes_not_ready = plan.replicas > 1;
        if let Some(reference) = &plan.image.reference {
            families.entry(reference.repository()).or_default().push(plan.index);
        }
    }
    for members in families.into_values().filter(|members| members.len() > 1) {
        let named: Vec<usize> = members
            .iter()
            .copied()
            .filter(|&member| {
                members.iter().any(|&other| other != member && mentions(&services[other], services[member].service.name.as_str()))
            })
            .collect();
        if named.len() > 1 {
            for member in named {
                services[member].publishes_not_ready = true;
            }
        }
    }
}

/// True when the environment or the command of a service has the word.
fn mentions(plan: &ServicePlan<'_>, name: &str) -> bool {
    let values = plan.service.environment.iter().filter_map(|entry| entry.value.as_ref()).map(|value| value.as_str());
    let words =
        [&plan.service.command, &plan.service.entrypoint].into_iter().flatten().flat_map(|line| line.iter().map(|word| word.as_str()));
    let is_name = |character: char| character.is_ascii_alphanumeric() || matches!(character, '_' | '-' | '.');
    values.chain(words).any(|text| text.split(|character| !is_name(character)).any(|word| word == name))
}
