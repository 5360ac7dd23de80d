//! Names of services in the cluster.

use std::collections::BTreeMap;

use smol_str::SmolStr;
use windlass_compose::model::Project;
use windlass_k8s::name::service_name;
use windlass_source::{Code, Diagnostic};

/// Kompose's label for another name.
const NAME_LABEL: &str = "kompose.service.name_override";

/// One name for each service, in the project's order, and whether an earlier one has it already. Two services that would get one name are an error, since neither
/// could keep the name that the others call it by.
pub(super) fn service_names(project: &Project, diagnostics: &mut Vec<Diagnostic>) -> Vec<(SmolStr, bool)> {
    let mut taken: BTreeMap<SmolStr, usize> = BTreeMap::new();
    let mut names = Vec::with_capacity(project.services.len());
    for (index, service) in project.services.iter().enumerate() {
        let name = service_name(service.labels.get(NAME_LABEL).map_or(&service.name.value, |name| &name.value));
        let is_taken = taken.contains_key(&name);
        match taken.get(&name) {
            Some(&other) => {
                let other = &project.services[other].name;
                diagnostics.push(
                    Diagnostic::error(
                        Code("convert::name-collision"),
                        format!("`{}` and `{}` would both be named `{name}`", other.value, service.name.value),
                    )
                    .label(service.name.span(), "this service")
                    .label(other.span(), "and this one")
                    .because("names in a cluster are DNS labels: lower case, digits and `-`")
                    .help("rename one of the two services"),
                );
            }
            None => {
                taken.insert(name.clone(), index);
            }
        }
        names.push((name, is_taken));
    }
    names
}

#[cfg(test)]
mod tests {
    use crate::testing::project;

    #[test]
    fn names_become_labels_and_one_that_is_taken_is_an_error() {
        let outcome =
            project("services: { My_App: { image: acme/a:1 }, my.app: { image: acme/b:1 }, '2048': { image: acme/c:1 } }").convert();
        assert_eq!(outcome.names(), ["Service/my-app", "Service/svc-2048", "Deployment/my-app", "Deployment/svc-2048"]);
        assert!(outcome.diagnostics().contains(&"convert::name-collision: `My_App` and `my.app` would both be named `my-app`".to_owned()));
        assert_eq!(
            outcome.fates("services[\"my.app\"].image"),
            "services[\"my.app\"].image: refused (another service has its name in the cluster)"
        );
    }
}
