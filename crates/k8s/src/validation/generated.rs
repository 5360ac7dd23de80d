//! Objects that were made rather than read: what the API server would say of them, at the places that they came from.

use windlass_source::{Code, Diagnostic, in_parallel};
use windlass_yaml::Path;

use crate::object::Object;
use crate::objects::Objects;
use crate::read::Manifest;
use crate::schema::{CustomKinds, Version};
use crate::validity::{self, Problem};
use crate::write;

/// Fewer objects are judged faster than a second thread is there.
const WORTH_A_THREAD: usize = 40;

/// A diagnostic for everything that the API server would refuse or warn of.
pub fn check_objects(objects: &Objects, version: Version) -> Vec<Diagnostic> {
    let custom = CustomKinds::default();
    let objects: Vec<&Object> = objects.iter().collect();
    let told = in_parallel(&objects, WORTH_A_THREAD, |object| {
        let root = write::tree(&object.resource);
        let manifest = Manifest { root, document: 1, item: None, duplicate_keys: Vec::new() };
        let verdict = validity::validate(&manifest, version, &custom);
        verdict.problems.iter().map(|problem| diagnostic(object, problem)).collect::<Vec<_>>()
    });
    told.into_iter().flatten().collect()
}

fn diagnostic(object: &Object, problem: &Problem) -> Diagnostic {
    let code = Code(problem.rule.info().id);
    let message = format!("{}: {}", object.reference(), problem.message);
    let told = if problem.is_warning { Diagnostic::warning(code, message) } else { Diagnostic::error(code, message) };
    let origin = object.origin_of(&Path::parse(&problem.path));
    let told = told.origin(origin, "comes from here");
    match &problem.help {
        Some(help) => told.help(help),
        None => told,
    }
}

#[cfg(test)]
mod tests {
    use k8s_openapi::api::core::v1::{Service, ServicePort, ServiceSpec};
    use k8s_openapi::apimachinery::pkg::apis::meta::v1::ObjectMeta;
    use windlass_source::{Origin, SourceMap, Span};

    use super::*;

    #[test]
    fn a_problem_of_a_made_object_is_shown_where_it_came_from() {
        let mut sources = SourceMap::new();
        let span = Span::new(sources.add("compose.yaml", "ports: [70000]"), 8..13);
        let service = Service {
            metadata: ObjectMeta { name: Some("web".into()), ..ObjectMeta::default() },
            spec: Some(ServiceSpec { ports: Some(vec![ServicePort { port: 70_000, ..ServicePort::default() }]), ..ServiceSpec::default() }),
            ..Service::default()
        };
        let mut object = Object::new(service, Origin::DEFAULT);
        object.origins.set(Path::parse("spec.ports[0].port"), span);
        let mut objects = Objects::new();
        objects.insert(object).expect("no other object");
        let told = check_objects(&objects, Version::DEFAULT);
        assert_eq!(told.len(), 1, "{told:?}");
        assert_eq!((told[0].code.0, told[0].span()), ("KV050", Some(span)));
    }
}
