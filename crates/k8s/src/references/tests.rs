//! A stack that fits, and what is said of each way to break it.

use serde::Deserialize;
use windlass_source::Origin;

use super::*;

const SHOP: &str = include_str!("tests/shop.yaml");

fn objects(text: &str) -> Objects {
    let mut objects = Objects::new();
    for document in serde_yaml::Deserializer::from_str(text) {
        let resource = Resource::deserialize(document).unwrap_or_else(|error| panic!("{error}\n{text}"));
        objects.insert(Object::new(resource, Origin::DEFAULT)).unwrap();
    }
    objects.add_external(ObjectRef::new(Kind::Secret, "registry"), Origin::DEFAULT);
    objects
}

/// Replaces `from` (which must be there once) by `to`, and compares everything that is said.
#[track_caller]
fn check(from: &str, to: &str, expect: &[&str]) {
    assert_eq!(SHOP.matches(from).count(), 1, "{from}");
    let found: Vec<String> = check_references(&objects(&SHOP.replacen(from, to, 1))).iter().map(ToString::to_string).collect();
    assert_eq!(found, expect, "{from} -> {to}");
}

#[test]
fn a_stack_that_fits_has_no_findings() {
    let found: Vec<String> = check_references(&objects(SHOP)).iter().map(ToString::to_string).collect();
    assert_eq!(found, [""; 0]);
}

#[test]
fn services_select_pods_that_have_the_port() {
    check(
        "  selector: { app: web }\n  ports:",
        "  selector: { app: wep }\n  ports:",
        &["Service/web spec.selector: the selector matches no pods"],
    );
    check("targetPort: http }", "targetPort: htp }", &["Service/web spec.ports[0].targetPort: no port `htp`"]);
    check("port: 5432 }", "port: 5432, targetPort: 5433 }", &["Service/db spec.ports[0].targetPort: no port `5433`"]);
    check("port: 5432 }", "port: 5432, protocol: UDP }", &["Service/db spec.ports[0].targetPort: no port `5432`"]);
    check(
        "{ name: http, port: 80,",
        "{ name: metrics, port: 9090,",
        &[
            "Service/web spec.ports[1].name: `metrics` stands twice",
            "Service/web spec.ports[1].port: `9090/TCP` stands twice",
            "Ingress/web spec.rules[0].http.paths[0].backend.service.port.name: no port `http`",
            "HTTPRoute/web spec.rules[0].backendRefs[0].port: no port `80`",
        ],
    );
}

#[test]
fn volumes_are_mounted_and_have_their_source() {
    check(
        "claimName: media",
        "claimName: medias",
        &["Deployment/web spec.template.spec.volumes[0].persistentVolumeClaim.claimName: no object `PersistentVolumeClaim/medias`"],
    );
    check(
        "{ name: media, mountPath: /media }",
        "{ name: medias, mountPath: /media }",
        &[
            "Deployment/web spec.template.spec.containers[0].volumeMounts[0].name: the pod has no volume `medias`",
            "Deployment/web spec.template.spec.volumes: no container mounts the volume `media`",
        ],
    );
    check(
        "mountPath: /tls",
        "mountPath: /media",
        &["Deployment/web spec.template.spec.containers[0].volumeMounts[2].mountPath: `/media` stands twice"],
    );
    check(
        "subPath: site.conf",
        "subPath: sit.conf",
        &["Deployment/web spec.template.spec.containers[0].volumeMounts[1].subPath: `ConfigMap/web` has no key `sit.conf`"],
    );
    check(
        "{ key: tls.key, path: key }",
        "{ key: tls.kex, path: key }",
        &["Deployment/web spec.template.spec.volumes[2].secret.items[0].key: `Secret/tls` has no key `tls.kex`"],
    );
    check(
        "{ name: data, mountPath: /data }",
        "{ name: date, mountPath: /data }",
        &[
            "StatefulSet/db spec.template.spec.containers[0].volumeMounts[0].name: the pod has no volume `date`",
            "StatefulSet/db spec.template.spec.volumes: no container mounts the volume `data`",
        ],
    );
}

#[test]
fn variables_have_their_source() {
    check(
        "secretKeyRef: { name: db, key: password }",
        "secretKeyRef: { name: db, key: pasword }",
        &["StatefulSet/db spec.template.spec.containers[0].env[0].valueFrom.secretKeyRef.key: `Secret/db` has no key `pasword`"],
    );
    check("configMapRef: { name: env }", "configMapRef: { name: env, optional: true }", &[]);
    check(
        "configMapRef: { name: env }",
        "configMapRef: { name: end }",
        &["Deployment/web spec.template.spec.containers[0].envFrom[0].configMapRef.name: no object `ConfigMap/end`"],
    );
    check(
        "{ name: A, value: a }",
        "{ name: B, value: a }",
        &["Deployment/web spec.template.spec.containers[0].env[1].name: `B` stands twice"],
    );
}

#[test]
fn secrets_that_the_cluster_has_or_makes_are_known() {
    check(
        "{ name: registry }",
        "{ name: registri }",
        &["Deployment/web spec.template.spec.imagePullSecrets[0]: no object `Secret/registri`"],
    );
    check(
        "target: { name: vault }",
        "target: { name: vaults }",
        &["Deployment/web spec.template.spec.containers[0].envFrom[1].secretRef.name: no object `Secret/vault`"],
    );
}

#[test]
fn accounts_and_roles_exist() {
    check(
        "serviceAccountName: web-wait",
        "serviceAccountName: web-weight",
        &["Deployment/web spec.template.spec.serviceAccountName: no object `ServiceAccount/web-weight`"],
    );
    check(
        "resourceNames: [migrate]",
        "resourceNames: [migration]",
        &["Role/web-wait rules[0].resourceNames[0]: no object `Job/migration`"],
    );
    check(
        "roleRef: { apiGroup: rbac.authorization.k8s.io, kind: Role, name: web-wait }",
        "roleRef: { apiGroup: rbac.authorization.k8s.io, kind: Role, name: web }",
        &["RoleBinding/web-wait roleRef.name: no object `Role/web`"],
    );
    check(
        "{ kind: ServiceAccount, name: web-wait }",
        "{ kind: ServiceAccount, name: web }",
        &["RoleBinding/web-wait subjects[0].name: no object `ServiceAccount/web`"],
    );
}

#[test]
fn init_containers_wait_for_what_is_there() {
    check(
        "until nc -z -w 2 db 5432;",
        "until nc -z -w 2 database 5432;",
        &["Deployment/web spec.template.spec.initContainers[0].command: no object `Service/database`"],
    );
    check(
        "until nc -z -w 2 db 5432;",
        "until nc -z -w 2 db 5433;",
        &["Deployment/web spec.template.spec.initContainers[0].command: no port `5433`"],
    );
    check("job/migrate", "job/migrat", &["Deployment/web spec.template.spec.initContainers[1].command: no object `Job/migrat`"]);
}

#[test]
fn names_ports_and_selectors_of_a_pod_agree() {
    check("- name: exporter", "- name: web", &["Deployment/web spec.template.spec.containers[1].name: `web` stands twice"]);
    check(
        "{ name: metrics, containerPort: 9090 }",
        "{ name: http, containerPort: 9090 }",
        &[
            "Service/web spec.ports[1].targetPort: no port `metrics`",
            "Deployment/web spec.template.spec.containers[1].ports[0].name: `http` stands twice",
        ],
    );
    check(
        "tcpSocket: { port: http }",
        "tcpSocket: { port: web }",
        &["Deployment/web spec.template.spec.containers[0].readinessProbe.tcpSocket.port: no port `web`"],
    );
    check(
        "selector: { matchLabels: { app: web } } # of the deployment",
        "selector: { matchLabels: { app: api } }",
        &["Deployment/web spec.selector: the selector does not match the pods of the template"],
    );
    check("serviceName: db", "serviceName: db-headless", &["StatefulSet/db spec.serviceName: no object `Service/db-headless`"]);
}

#[test]
fn policies_have_their_pods_and_targets() {
    check(
        "matchExpressions: [{ key: app, operator: In, values: [db, cache] }]",
        "matchExpressions: [{ key: app, operator: NotIn, values: [db, web, migrate] }]",
        &["NetworkPolicy/db spec.podSelector: the selector matches no pods"],
    );
    check(
        "from: [{ podSelector: { matchLabels: { app: web } } }]",
        "from: [{ podSelector: { matchLabels: { app: we } } }]",
        &["NetworkPolicy/db spec.ingress[0].from[0].podSelector: the selector matches no pods"],
    );
    check(
        "selector: { matchLabels: { app: web } } # of the budget",
        "selector: { matchLabels: { app: w } }",
        &["PodDisruptionBudget/web spec.selector: the selector matches no pods"],
    );
    check(
        "kind: Deployment, name: web }",
        "kind: StatefulSet, name: web }",
        &["HorizontalPodAutoscaler/web spec.scaleTargetRef: no object `StatefulSet/web`"],
    );
}

#[test]
fn plural_names_give_their_kinds() {
    for (plural, kind) in [
        ("jobs", Kind::Job),
        ("ingresses", Kind::Ingress),
        ("networkpolicies", Kind::NetworkPolicy),
        ("configmaps", Kind::ConfigMap),
        ("persistentvolumeclaims", Kind::PersistentVolumeClaim),
    ] {
        assert_eq!(kind_of_resource(plural), Some(kind));
    }
    assert_eq!(kind_of_resource("pods"), None);
}

#[test]
fn what_is_written_reads_back_as_the_same_objects() {
    let objects = objects(SHOP);
    assert_eq!(self::objects(&crate::write::yaml(&objects, None)), objects);
    for object in &objects {
        assert_eq!(serde_json::from_str::<Resource>(&crate::write::json(&object.resource)).unwrap(), object.resource);
    }
}
