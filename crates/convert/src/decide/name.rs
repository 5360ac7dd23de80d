//! Names of services in the cluster.

use std::collections::BTreeMap;

use smol_str::SmolStr;
use windlass_compose::model::Project;
use windlass_k8s::name::service_name;
use windlass_source::{Code, Diagnostic};

/// One name for each service, in the project's order. Two services that would get one name are an error, since neither
/// could keep the name that the others call it by.
pub(super) fn service_names(project: &Project, diagnostics: &mut Vec<Diagnostic>) -> Vec<SmolStr> {
    let mut taken: BTreeMap<SmolStr, usize> = BTreeMap::new();
    let mut names = Vec::with_capacity(project.services.len());
    for (index, service) in project.services.iter().enumerate() {
        let name = service_name(&service.name);
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
        names.push(name);
    }
    names
}
