//! Init containers that make a pod wait for what its services depend on, and the right to watch a Job.

use k8s_openapi::api::core::v1::{
    Capabilities, ConfigMapProjection, Container, DownwardAPIProjection, DownwardAPIVolumeFile, KeyToPath, ObjectFieldSelector,
    ProjectedVolumeSource, ResourceRequirements, SeccompProfile, SecurityContext, ServiceAccount, ServiceAccountTokenProjection, Volume,
    VolumeMount, VolumeProjection,
};
use k8s_openapi::api::rbac::v1::{PolicyRule, Role, RoleBinding, RoleRef, Subject};
use k8s_openapi::apimachinery::pkg::api::resource::Quantity;
use k8s_openapi::apimachinery::pkg::apis::meta::v1::ObjectMeta;
use smol_str::SmolStr;
use windlass_compose::model::{Condition, Dependency};
use windlass_k8s::name::{LABEL_LIMIT, with_suffix};
use windlass_k8s::{Kind, Object, ObjectRef, Objects};
use windlass_source::{Code, Diagnostic, Origin};

use super::add;
use super::workload::identity;
use crate::attributes::asked_port;
use crate::decide::{NOBODY, Plan, ServicePlan, is_isolated};
use crate::draft::Draft;
use crate::fates::Fates;
use crate::options::Wait;

/// How a service waits for another.
pub(crate) enum Way {
    /// There is nothing to wait for, for this reason.
    Nothing(&'static str),
    /// It would have to wait, but nothing shows that the other is ready.
    Impossible(&'static str),
    /// Until this port of its Service answers, which it does for ready pods only.
    Port(u16),
    /// The same, but not for ever: the other need not become ready.
    PortAWhile(u16),
    /// Until its headless Service has an address, which it has for ready pods only.
    Name,
    /// Until its Job is complete.
    Completion,
}

/// Tries a port each two seconds. One line a try, so that a pod's log says what it waits for.
const TRY_PORT: &str = "until nc -z -w 2 \"$1\" \"$2\"; do echo \"waiting for $1:$2\"; sleep 2; done";

/// As [`TRY_PORT`], for five to ten minutes: what starts has to pull its image first.
const TRY_PORT_A_WHILE: &str =
    "try=0; until nc -z -w 2 \"$1\" \"$2\" || [ $((try += 1)) -gt 150 ]; do echo \"waiting for $1:$2\"; sleep 2; done";

/// Tries a name each two seconds: with an address the connection may fail, without one the address is bad.
const TRY_NAME: &str = "while nc -z -w 2 \"$1\" 1 2>&1 | grep -q 'bad address'; do echo \"waiting for $1\"; sleep 2; done";

/// Seconds that one wait for a Job may take before the container ends and the kubelet starts it again.
const JOB_TIMEOUT: u32 = 600;

/// Small, with `nc`, and the tag that its documentation calls stable.
const WAIT_IMAGE: &str = crate::options::TOOL_IMAGE;

/// Where a client finds its token.
const TOKEN_PATH: &str = "/var/run/secrets/kubernetes.io/serviceaccount";

const TOKEN_VOLUME: &str = "wait-token";

/// The API server's certificate authority.
const ROOT_CERTIFICATES: &str = "kube-root-ca.crt";

/// How `service` waits for `other`. Whatever fails without the other is started again until it is there, but for a Job, which may be started
/// once and has a last try in any case. `service_started` says nothing of health, and a server may become ready by what that very Job does,
/// so the Job goes on after a while.
pub(crate) fn way(service: &ServicePlan<'_>, other: &ServicePlan<'_>, dependency: &Dependency, plan: &Plan<'_>) -> Way {
    if !other.is_converted() {
        return Way::Impossible("the other is not part of the cluster");
    }
    let is_job = plan.services[service.pod].kind == Kind::Job;
    let is_started = dependency.condition.value == Condition::Started;
    if is_started && !is_job {
        return Way::Nothing("the name of a Service resolves from the start, so there is nothing to wait for");
    }
    if service.pod == other.pod {
        return Way::Nothing("both run in one pod");
    }
    if plan.wait(service) == Wait::None {
        return Way::Nothing("whoever applies the objects waits (`--wait none`)");
    }
    if dependency.condition.value == Condition::CompletedSuccessfully {
        return match other.kind {
            Kind::Job => Way::Completion,
            Kind::CronJob => Way::Impossible("the other runs on a schedule, so it is never complete"),
            _ => Way::Impossible("the other runs until it is stopped, so it is never complete"),
        };
    }
    match ready(service, other, plan) {
        Way::Port(port) if is_started => Way::PortAWhile(port),
        _ if is_started => Way::Impossible("both start at once, and no port shows when the other is there"),
        way => way,
    }
}

/// How `service` waits until `other` is ready.
fn ready(service: &ServicePlan<'_>, other: &ServicePlan<'_>, plan: &Plan<'_>) -> Way {
    if !other.is_long_running() {
        return Way::Impossible("a job is never healthy; wait with `service_completed_successfully`");
    }
    if other.replicas == 0 {
        return Way::Impossible("the other has no replicas, so there is nothing that could become healthy");
    }
    if is_isolated(&plan.services[service.pod]) || is_isolated(&plan.services[other.pod]) {
        return Way::Impossible("`network_mode: none` leaves nothing through which it could ask");
    }
    if !plan.reach.have_common_network(&plan.services[service.pod], &plan.services[other.pod]) {
        return Way::Impossible("the two have no common network, so it can't ask");
    }
    // A check that says its port is sure that somebody listens there; the main port may be what a Dockerfile exposes and nothing uses.
    match asked_port(other, plan).or(other.main_port()) {
        Some(port) => Way::Port(port),
        None if !other.has_ports() && other.is_reachable() => Way::Name,
        None if !other.has_ports() => Way::Impossible("the other has no name of its own, and no port of it is known"),
        None => Way::Impossible("the other offers UDP only, which can't be tried from outside"),
    }
}

/// The name of the init container that waits for a service; no service may be called so, since both may be in one pod.
pub(crate) fn container_name(other: &ServicePlan<'_>, plan: &Plan<'_>) -> SmolStr {
    let name = format!("wait-for-{}", other.name);
    if plan.reach.is_label_taken(&name) { format!("await-{}", other.name).into() } else { name.into() }
}

/// True when the pod of a service waits for a Job, for which it asks the API server.
pub(crate) fn waits_for_job(owner: &ServicePlan<'_>, plan: &Plan<'_>) -> bool {
    plan.pod_members(owner.index).any(|member| {
        let mut dependencies = member.service.depends_on.iter();
        dependencies
            .any(|entry| plan.service(&entry.name).is_some_and(|other| matches!(way(member, other, &entry.value, plan), Way::Completion)))
    })
}

/// Adds the waits of a service to its draft. `made` are the workloads that exist already, by service: all that a service waits
/// for, unless pods wait for each other in a circle.
pub(super) fn add_waits(
    service: &ServicePlan<'_>,
    plan: &Plan<'_>,
    draft: &mut Draft,
    made: &[Option<ObjectRef>],
    objects: &mut Objects,
    fates: &mut Fates,
    diagnostics: &mut Vec<Diagnostic>,
) {
    let mut jobs: Vec<SmolStr> = Vec::new();
    let mut waits = Vec::new();
    for entry in &service.service.depends_on {
        let Some(other) = plan.service(&entry.name) else { continue };
        let way = way(service, other, &entry.value, plan);
        if made[other.index].is_none() && !matches!(way, Way::Nothing(_) | Way::Impossible(_)) {
            let path = service.path("depends_on").key(&entry.name.value).key("condition");
            fates.approximated(path, [], "not waited for: the pods of the two would wait for each other for ever");
            diagnostics.push(
                Diagnostic::warning(
                    Code("convert::wait-circle"),
                    format!("`{}` does not wait for `{}`", service.service.name.value, other.service.name.value),
                )
                .label(entry.name.span(), "")
                .because("services that share a pod start together, so the other would wait for this one's pod in turn")
                .help("give one of the services that share a pod a network of its own"),
            );
            continue;
        }
        match way {
            Way::Nothing(_) | Way::Impossible(_) => {}
            Way::Port(port) => waits.push(try_container(other, TRY_PORT, &[&other.name, &port.to_string()], plan)),
            Way::PortAWhile(port) => waits.push(try_container(other, TRY_PORT_A_WHILE, &[&other.name, &port.to_string()], plan)),
            Way::Name => waits.push(try_container(other, TRY_NAME, &[&other.name], plan)),
            Way::Completion => {
                let Some(job) = &made[other.index] else { continue };
                waits.push(completion(other, &job.name, plan));
                jobs.push(job.name.clone());
            }
        }
    }
    // Copies into volumes can run while others start, but not before what they may need is there.
    waits.append(&mut draft.init_containers);
    draft.init_containers = waits;
    if !jobs.is_empty() {
        let account = with_suffix(&plan.services[service.pod].name, "wait", LABEL_LIMIT);
        draft.pod.service_account = Some(account.to_string());
        draft.volumes.insert(TOKEN_VOLUME.into(), Box::new(token_volume()));
        // Every namespace has it (`k8s.io/kubernetes/pkg/controller/certificates/rootcacertpublisher`).
        objects.add_external(ObjectRef::new(Kind::ConfigMap, ROOT_CERTIFICATES), Origin::DEFAULT);
        right_to_watch(service, &account, jobs, plan, objects, diagnostics);
    }
}

fn quantities(cpu: &str, memory: &str) -> std::collections::BTreeMap<String, Quantity> {
    [("cpu", cpu), ("memory", memory)].map(|(name, amount)| (name.to_owned(), Quantity(amount.to_owned()))).into()
}

/// A container that needs nothing and may do nothing.
fn container(other: &ServicePlan<'_>, image: String, command: Vec<String>, memory: &str, plan: &Plan<'_>) -> Container {
    Container {
        name: container_name(other, plan).to_string(),
        image: Some(image),
        command: Some(command),
        resources: Some(ResourceRequirements {
            requests: Some(quantities("10m", memory)),
            limits: Some(quantities("100m", memory)),
            ..ResourceRequirements::default()
        }),
        security_context: Some(SecurityContext {
            allow_privilege_escalation: Some(false),
            capabilities: Some(Capabilities { drop: Some(vec!["ALL".to_owned()]), add: None }),
            read_only_root_filesystem: Some(true),
            run_as_group: Some(NOBODY),
            run_as_non_root: Some(true),
            run_as_user: Some(NOBODY),
            seccomp_profile: Some(SeccompProfile { type_: "RuntimeDefault".to_owned(), localhost_profile: None }),
            ..SecurityContext::default()
        }),
        ..Container::default()
    }
}

fn try_container(other: &ServicePlan<'_>, script: &str, arguments: &[&str], plan: &Plan<'_>) -> Container {
    let image = plan.input.options.wait_image.clone().unwrap_or_else(|| WAIT_IMAGE.to_owned());
    let words = ["sh", "-c", script, "wait"].into_iter().chain(arguments.iter().copied());
    container(other, image, words.map(str::to_owned).collect(), "16Mi", plan)
}

fn completion(other: &ServicePlan<'_>, job: &str, plan: &Plan<'_>) -> Container {
    let options = plan.input.options;
    let image = options.wait_kubectl_image.clone().unwrap_or_else(|| format!("registry.k8s.io/kubectl:v{}.0", options.kube_version));
    let command = ["kubectl", "wait", "--for=condition=complete", &format!("--timeout={JOB_TIMEOUT}s"), &format!("job/{job}")];
    let mut container = container(other, image, command.map(str::to_owned).to_vec(), "128Mi", plan);
    let mount =
        VolumeMount { name: TOKEN_VOLUME.to_owned(), mount_path: TOKEN_PATH.to_owned(), read_only: Some(true), ..VolumeMount::default() };
    container.volume_mounts = Some(vec![mount]);
    container
}

/// What the kubelet mounts into every container by default, here for the waiting one alone.
fn token_volume() -> Volume {
    let token = ServiceAccountTokenProjection { path: "token".to_owned(), expiration_seconds: Some(3600), audience: None };
    let authority = ConfigMapProjection {
        name: ROOT_CERTIFICATES.to_owned(),
        items: Some(vec![KeyToPath { key: "ca.crt".to_owned(), path: "ca.crt".to_owned(), mode: None }]),
        optional: None,
    };
    let namespace = DownwardAPIVolumeFile {
        path: "namespace".to_owned(),
        field_ref: Some(ObjectFieldSelector { field_path: "metadata.namespace".to_owned(), api_version: None }),
        ..DownwardAPIVolumeFile::default()
    };
    let sources = vec![
        VolumeProjection { service_account_token: Some(token), ..VolumeProjection::default() },
        VolumeProjection { config_map: Some(authority), ..VolumeProjection::default() },
        VolumeProjection { downward_api: Some(DownwardAPIProjection { items: Some(vec![namespace]) }), ..VolumeProjection::default() },
    ];
    Volume {
        name: TOKEN_VOLUME.to_owned(),
        projected: Some(ProjectedVolumeSource { sources: Some(sources), default_mode: None }),
        ..Volume::default()
    }
}

/// An account that may watch these Jobs and nothing else.
fn right_to_watch(
    service: &ServicePlan<'_>,
    account: &str,
    jobs: Vec<SmolStr>,
    plan: &Plan<'_>,
    objects: &mut Objects,
    diagnostics: &mut Vec<Diagnostic>,
) {
    let owner = &plan.services[service.pod];
    let metadata = || ObjectMeta { name: Some(account.to_owned()), labels: Some(identity(owner, plan).labels()), ..ObjectMeta::default() };
    let rule = PolicyRule {
        api_groups: Some(vec!["batch".to_owned()]),
        resources: Some(vec!["jobs".to_owned()]),
        resource_names: Some(jobs.iter().map(ToString::to_string).collect()),
        verbs: ["get", "list", "watch"].map(str::to_owned).to_vec(),
        ..PolicyRule::default()
    };
    // Services of one pod share the account; each brings its own Jobs.
    if let Some(role) = objects.typed_mut::<Role>(account) {
        role.rules.get_or_insert_default().push(rule);
        return;
    }
    let origin = service.service.origin();
    let account_object = ServiceAccount { metadata: metadata(), automount_service_account_token: Some(false), ..ServiceAccount::default() };
    let role = Role { metadata: metadata(), rules: Some(vec![rule]) };
    let binding = RoleBinding {
        metadata: metadata(),
        role_ref: RoleRef { api_group: Some("rbac.authorization.k8s.io".to_owned()), kind: "Role".to_owned(), name: account.to_owned() },
        // Without a namespace the account is in that of the binding.
        subjects: Some(vec![Subject {
            kind: "ServiceAccount".to_owned(),
            name: account.to_owned(),
            namespace: plan.input.options.namespace.clone(),
            ..Subject::default()
        }]),
    };
    add(objects, Object::new(account_object, origin.clone()), diagnostics);
    add(objects, Object::new(role, origin.clone()), diagnostics);
    add(objects, Object::new(binding, origin.clone()), diagnostics);
}

#[cfg(test)]
mod tests {
    use crate::options::Wait;
    use crate::testing::{Case, Outcome, project};

    fn pair(condition: &str, other: &str) -> Case {
        project(&format!(
            "services: {{ db: {{ {other} }}, web: {{ image: acme/web:1, depends_on: {{ db: {{ condition: {condition}, required: true }} }} }} }}"
        ))
    }

    fn fate(outcome: &Outcome) -> String {
        outcome.fates("services.web.depends_on.db.condition").replace("services.web.depends_on.db.condition: ", "")
    }

    #[test]
    fn a_service_waits_for_the_port_of_one_that_must_be_healthy() {
        let outcome = pair("service_healthy", "image: 'postgres:17'").convert();
        insta::assert_snapshot!(outcome.pod("Deployment/web", "initContainers"), @r#"
        - name: wait-for-db
          image: busybox:1.37
          command:
          - sh
          - -c
          - until nc -z -w 2 "$1" "$2"; do echo "waiting for $1:$2"; sleep 2; done
          - wait
          - db
          - "5432"
          resources:
            limits:
              cpu: 100m
              memory: 16Mi
            requests:
              cpu: 10m
              memory: 16Mi
          securityContext:
            allowPrivilegeEscalation: false
            capabilities:
              drop:
              - ALL
            readOnlyRootFilesystem: true
            runAsGroup: 65532
            runAsNonRoot: true
            runAsUser: 65532
            seccompProfile:
              type: RuntimeDefault
        "#);
        insta::assert_snapshot!(fate(&outcome), @"mapped → Deployment/web spec.template.spec.initContainers[0]");
    }

    #[test]
    fn the_port_that_a_health_check_asks_is_waited_for() {
        let waited = |service: &str| {
            let needs = "depends_on: { config: { condition: service_healthy, required: true } }";
            let outcome = project(&format!(
                "services: {{ config: {{ build: ., {service} }}, app: {{ image: acme/app:1, environment: {{ A: 'http://config:8888' }}, {needs} }} }}"
            ))
            .file("Dockerfile", "FROM scratch\nEXPOSE 8080\nHEALTHCHECK CMD curl -f http://localhost:8888/up\n")
            .convert();
            outcome.pod("Deployment/app", "initContainers[0].command[5]")
        };
        assert_eq!(waited(""), "\"8888\"\n");
        assert_eq!(waited("healthcheck: { test: 'nc -z localhost 8888' }"), "\"8888\"\n");
        assert_eq!(waited("healthcheck: { test: 'curl -s localhost:8888/health | grep UP' }"), "\"8888\"\n");
        assert_eq!(waited("healthcheck: { test: 'curl -s http://localhost/ | grep UP' }, expose: ['80']"), "\"80\"\n");
        assert_eq!(waited("x-windlass: { probes: { readiness: { tcp: 9000 } } }, expose: ['8080', '9000']"), "\"9000\"\n");
        // Whoever asks within the container says nothing of where others are answered.
        assert_eq!(waited("healthcheck: { test: 'curl -s localhost:7000/health' }, expose: ['8080']"), "\"8080\"\n");
    }

    #[test]
    fn a_job_waits_a_while_for_the_port_of_what_must_have_started() {
        let load = |more: &str, other: &str| {
            let outcome = project(&format!(
                "services: {{ db: {{ {other} }}, load: {{ image: 'mongo:7', command: 'mongosh --host db', restart: 'no', {more} }}, \
                 web: {{ image: acme/web:1, depends_on: {{ load: {{ condition: service_completed_successfully, required: true }} }} }} }}"
            ))
            .convert();
            let job = outcome.names().into_iter().find(|name| name.starts_with("Job/")).unwrap_or_default();
            (
                outcome.pod(&job, "initContainers[0].command"),
                outcome.fates("services.load.depends_on.db.condition").replace(&job, "Job/load-HASH"),
            )
        };
        let long = "depends_on: { db: { condition: service_started, required: true } }";
        let (command, fates) = load(long, "image: 'mongo:7'");
        insta::assert_snapshot!(command, @r#"
        - sh
        - -c
        - try=0; until nc -z -w 2 "$1" "$2" || [ $((try += 1)) -gt 150 ]; do echo "waiting for $1:$2"; sleep 2; done
        - wait
        - db
        - "27017"
        "#);
        insta::assert_snapshot!(fates, @"services.load.depends_on.db.condition: mapped → Job/load-HASH spec.template.spec.initContainers[0] (waits until its port answers, for five to ten minutes at most: a Job does not start again and again until it is there)");
        assert_eq!(load("depends_on: [db]", "image: 'mongo:7'").0, command);
        let (command, fates) = load(long, "image: 'acme/db:1'");
        assert_eq!(command, "null\n");
        insta::assert_snapshot!(fates, @"services.load.depends_on.db.condition: approximated (both start at once, and no port shows when the other is there)");
    }

    #[test]
    fn without_a_known_port_the_name_is_waited_for() {
        let outcome = pair("service_healthy", "image: 'acme/db:1', healthcheck: { test: [CMD, up] }").convert();
        assert_eq!(outcome.pod("Deployment/web", "initContainers[0].command[4]"), "db\n");
        assert_eq!(outcome.field("Service/db", "spec.clusterIP"), "None\n");
    }

    #[test]
    fn a_job_is_waited_for_with_a_right_to_watch_it_alone() {
        let outcome = pair("service_completed_successfully", "image: 'acme/load:1'").convert();
        let job = outcome.names().into_iter().find_map(|name| name.strip_prefix("Job/").map(str::to_owned)).unwrap_or_default();
        let command = outcome.pod("Deployment/web", "initContainers[0].command");
        assert_eq!(command, format!("- kubectl\n- wait\n- --for=condition=complete\n- --timeout=600s\n- job/{job}\n"));
        assert_eq!(outcome.field("Role/web-wait", "rules[0].resourceNames"), format!("- {job}\n"));
        insta::assert_snapshot!(outcome.field("RoleBinding/web-wait", "subjects"), @"
        - kind: ServiceAccount
          name: web-wait
        ");
        assert_eq!(outcome.pod("Deployment/web", "serviceAccountName"), "web-wait\n");
        assert_eq!(outcome.pod("Deployment/web", "automountServiceAccountToken"), "false\n");
        assert_eq!(outcome.pod("Deployment/web", "containers[0].volumeMounts"), "null\n");
        assert_eq!(outcome.field(&format!("Job/{job}"), "spec.ttlSecondsAfterFinished"), "null\n");
    }

    #[test]
    fn the_name_of_a_job_follows_from_what_it_runs() {
        let name = |command: &str| {
            let outcome = pair("service_completed_successfully", &format!("image: 'acme/load:1', command: {command}")).convert();
            outcome.names().into_iter().find(|name| name.starts_with("Job/")).unwrap_or_default()
        };
        assert_eq!(name("a"), name("a"));
        assert_ne!(name("a"), name("b"));
    }

    #[test]
    fn there_is_no_wait_where_nothing_could_be_waited_for() {
        for (condition, other, expected) in [
            ("service_started", "image: 'postgres:17'", "mapped (the name of a Service resolves"),
            ("service_healthy", "image: 'postgres:17', deploy: { replicas: 0 }", "approximated (the other has no replicas"),
            ("service_healthy", "image: 'acme/a:1', expose: ['53/udp']", "approximated (the other offers UDP only"),
            ("service_healthy", "image: 'acme/a:1', deploy: { mode: replicated-job }", "approximated (a job is never healthy"),
            ("service_healthy", "image: 'postgres:17', network_mode: none", "approximated (`network_mode: none` leaves nothing"),
            (
                "service_completed_successfully",
                "image: 'acme/a:1', deploy: { mode: global }",
                "approximated (the other runs until it is stopped",
            ),
        ] {
            let outcome = pair(condition, other).convert();
            assert!(fate(&outcome).starts_with(expected), "{other}: {}", fate(&outcome));
            assert_eq!(outcome.pod("Deployment/web", "initContainers"), "null\n", "{other}");
        }
        let outcome = pair("service_healthy", "image: 'postgres:17'").options(|options| options.wait = Wait::None).convert();
        assert!(fate(&outcome).contains("`--wait none`"), "{}", fate(&outcome));
    }

    #[test]
    fn services_without_a_common_network_do_not_wait_for_each_other() {
        let outcome = project(
            "services: { db: { image: postgres:17, networks: [back] }, web: { image: acme/web:1, networks: [front], \
             depends_on: { db: { condition: service_healthy, required: true } } } }\nnetworks: { back: {}, front: {} }",
        )
        .convert();
        assert!(fate(&outcome).starts_with("approximated (the two have no common network"), "{}", fate(&outcome));
    }

    #[test]
    fn two_of_one_pod_wait_once_and_no_wait_is_called_as_a_service() {
        let needs = "depends_on: { db: { condition: service_healthy, required: true } }";
        let outcome = project(&format!(
            "services: {{ db: {{ image: postgres:17 }}, side: {{ image: acme/a:1, network_mode: 'service:wait-for-db', {needs} }}, \
             wait-for-db: {{ image: acme/a:1, {needs} }} }}"
        ))
        .convert();
        assert_eq!(outcome.pod("Deployment/wait-for-db", "initContainers").matches("name:").count(), 1);
        assert_eq!(outcome.pod("Deployment/wait-for-db", "initContainers[0].name"), "await-db\n");
    }

    #[test]
    fn pods_never_wait_for_each_other_in_a_circle() {
        let outcome = project(
            "services: { a: { image: acme/a:1, container_name: ca, depends_on: { job: { condition: service_completed_successfully, required: true } } }, \
             b: { image: acme/b:1, network_mode: 'container:ca', expose: ['80'] }, \
             job: { image: acme/j:1, depends_on: { b: { condition: service_healthy, required: true } } } }",
        )
        .convert();
        let circles = outcome.diagnostics().into_iter().filter(|line| line.starts_with("convert::wait-circle")).count();
        assert_eq!(circles, 1, "{:?}", outcome.diagnostics());
    }
}
