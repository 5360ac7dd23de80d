//! Objects that were made rather than read: what the API server would say of them, at the places that they came from.

use windlass_source::{Code, Diagnostic, in_parallel};
use windlass_yaml::Path;

use crate::object::Object;
use crate::objects::Objects;
use crate::references::{self, check_references};
use crate::schema::Version;
use crate::validity::{self, Problem};
use crate::write::{self, TypedTree};

/// Fewer objects are judged faster than a second thread is there.
const WORTH_A_THREAD: usize = 40;

/// A diagnostic for everything that the API server would refuse or warn of, and for what can't work since the objects do not fit each
/// other.
pub fn check_objects(objects: &Objects, version: Version) -> Vec<Diagnostic> {
    let each: Vec<&Object> = objects.iter().collect();
    let told = in_parallel(&each, WORTH_A_THREAD, |object| check_object(object, &write::typed_tree(&object.resource), version));
    check_fit(objects).into_iter().chain(told.into_iter().flatten()).collect()
}

/// The part of [`check_objects`] that is about one object, whose tree is there already.
pub fn check_object(object: &Object, tree: &TypedTree, version: Version) -> Vec<Diagnostic> {
    let verdict = validity::validate_typed(tree, version);
    verdict.problems.iter().map(|problem| diagnostic(object, problem)).collect()
}

/// The part of [`check_objects`] that is about what the objects are to each other.
pub fn check_fit(objects: &Objects) -> Vec<Diagnostic> {
    // A volume that nobody mounts harms nobody.
    let dangling = check_references(objects).into_iter().filter(|one| !matches!(one.problem, references::Problem::UnmountedVolume(_)));
    let told = dangling.filter_map(|dangling| {
        let told = Diagnostic::error(Code("k8s::reference"), dangling.to_string());
        Some(told.origin(objects.get(dangling.object.kind, &dangling.object.name)?.origin_of(&dangling.path), "comes from here"))
    });
    told.collect()
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
    use k8s_openapi::api::apps::v1::Deployment;
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

    #[test]
    fn a_quantity_that_is_none_is_told_though_its_type_holds_any_text() {
        let spec = |cpu: &str| {
            let resources = serde_json::json!({ "limits": { "cpu": cpu } });
            let pod = serde_json::json!({ "containers": [{ "name": "web", "image": "a:1", "resources": resources }] });
            let template = serde_json::json!({ "metadata": { "labels": { "app": "web" } }, "spec": pod });
            serde_json::json!({ "selector": { "matchLabels": { "app": "web" } }, "template": template })
        };
        let told = |cpu: &str| {
            let metadata = ObjectMeta { name: Some("web".into()), ..ObjectMeta::default() };
            let deployment = Deployment { metadata, spec: serde_json::from_value(spec(cpu)).expect("a spec"), ..Deployment::default() };
            let mut objects = Objects::new();
            objects.insert(Object::new(deployment, Origin::DEFAULT)).expect("no other object");
            check_objects(&objects, Version::TYPES).into_iter().map(|told| told.code.0).collect::<Vec<_>>()
        };
        assert_eq!(told("half"), ["KV047"]);
        assert!(told("500m").is_empty());
    }

    #[test]
    fn objects_that_do_not_fit_each_other_are_shown_where_they_came_from() {
        let mut sources = SourceMap::new();
        let span = Span::new(sources.add("compose.yaml", "ports: [80]"), 8..10);
        let spec = ServiceSpec {
            selector: Some([("app".to_owned(), "web".to_owned())].into()),
            ports: Some(vec![ServicePort { port: 80, ..ServicePort::default() }]),
            ..ServiceSpec::default()
        };
        let metadata = |name: &str| ObjectMeta { name: Some(name.into()), ..ObjectMeta::default() };
        let mut service = Object::new(Service { metadata: metadata("web"), spec: Some(spec), ..Service::default() }, Origin::DEFAULT);
        service.origins.set(Path::parse("spec.selector"), span);
        let template =
            serde_json::json!({ "metadata": { "labels": { "app": "db" } }, "spec": { "containers": [{ "name": "db", "image": "a:1" }] } });
        let spec = serde_json::json!({ "selector": { "matchLabels": { "app": "db" } }, "template": template });
        let deployment =
            Deployment { metadata: metadata("db"), spec: serde_json::from_value(spec).expect("a spec"), ..Deployment::default() };
        let mut objects = Objects::new();
        objects.insert(service).expect("no other object");
        objects.insert(Object::new(deployment, Origin::DEFAULT)).expect("no other object");
        let told = check_objects(&objects, Version::DEFAULT);
        let told: Vec<_> = told.iter().map(|told| (told.code.0, told.message.as_str(), told.span())).collect();
        assert_eq!(told, [("k8s::reference", "Service/web spec.selector: the selector matches no pods", Some(span))]);
    }
}
