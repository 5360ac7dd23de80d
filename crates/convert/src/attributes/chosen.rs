//! `x-windlass` of a service, and the labels that mean the same: what of them goes into its container and pod. Kinds, numbers,
//! Services, routes and autoscalers are made where those are; what none of them could use is said at the end (`finish`).

use k8s_openapi::api::core::v1::{Container, ExecAction, HTTPGetAction, HTTPHeader, Probe, TCPSocketAction};
use k8s_openapi::apimachinery::pkg::api::resource::Quantity;
use k8s_openapi::apimachinery::pkg::util::intstr::IntOrString;
use windlass_compose::model::ServiceSettings;
use windlass_k8s::Kind;
use windlass_k8s::name::label_name;
use windlass_source::Spanned;
use windlass_yaml::Path;

use super::Sink;
use super::mounts::{tool_resources, tool_security};
use crate::decide::chosen::{Asks, ChosenProbe, PROBES, ProbeWish};
use crate::decide::expose::{host_port, transport};
use crate::decide::{Becoming, MountPlan, Plan, ServicePlan};
use crate::expand::job_name;
use crate::fates::Place;
use crate::options::Security;
use crate::text::literal;

/// Applies what the project chose. Comes after the attributes that fill the same fields.
pub(super) fn chosen(written: Option<&Spanned<Box<ServiceSettings>>>, service: &ServicePlan<'_>, plan: &Plan<'_>, sink: &mut Sink<'_>) {
    let chosen = &service.chosen;
    let path = |at: &Path| service.path("").join(at);
    if let Some(settings) = written {
        if settings.ignore.is_some() {
            sink.fates.mapped_with(sink.at("x-windlass.ignore"), [], "`windlass audit` reads it");
        }
        if settings.migrate.is_some() && service.migration.is_none() {
            sink.fates.lost(sink.at("x-windlass.migrate"), "a job needs no migration of its own; let it run the command first");
        }
    }
    for (at, reason) in &chosen.unusable {
        sink.fates.lost(path(at), reason.clone());
    }
    for (at, how) in &chosen.heeded {
        sink.fates.mapped_with(path(at), [], *how);
    }
    if let Some(sub_path) = &chosen.sub_path {
        let has_it = |mount: &MountPlan<'_>| matches!(mount.becomes, Becoming::Volume(_)) && mount.sub_path() == Some(&sub_path.value);
        if plan.mounts[service.index].iter().any(has_it) {
            sink.fates.mapped(path(&sub_path.at), [Place::container(service.index, "volumeMounts")]);
        }
    }
    ofelia(service, plan, sink);
    if let (Some(migration), Some(_)) = (service.migration, written) {
        let place = Place::container(migration, "args");
        sink.fates.mapped_with(sink.at("x-windlass.migrate"), [place], "a Job runs it; new pods wait until it is complete");
    }
    match &chosen.kind {
        Some(kind) if kind.value == service.kind => sink.fates.mapped(path(&kind.at), [Place::workload(service.index, "kind")]),
        Some(kind) if kind.value == Kind::CronJob => sink.fates.lost(path(&kind.at), "a CronJob needs `x-windlass.schedule`"),
        Some(_) | None => {}
    }
    if let (Some(schedule), Some(_)) = (&chosen.schedule, &service.schedule) {
        for at in [Some(&schedule.at), chosen.schedule_switch.as_ref().map(|wish| &wish.at)].into_iter().flatten() {
            sink.fates.mapped(path(at), [Place::workload(service.index, "spec.schedule")]);
        }
        if let Some(concurrency) = &chosen.concurrency {
            sink.fates.mapped(path(&concurrency.at), [Place::workload(service.index, "spec.concurrencyPolicy")]);
        }
    }
    if let Some(replicas) = chosen.replicas.as_ref().filter(|replicas| replicas.value == service.replicas) {
        let place = Place::workload(service.index, "spec.replicas");
        sink.fates.mapped(path(&replicas.at), service.has_replicas_field().then_some(place));
    }
    if let Some(account) = &chosen.service_account {
        sink.draft.pod.service_account = Some(account.value.to_string());
        sink.fates.mapped_with(path(&account.at), [Place::pod(service.index, "serviceAccountName")], "it has to be in the namespace");
    }
    for secret in &chosen.pull_secrets {
        sink.draft.pod.image_pull_secrets.push(secret.value.to_string());
        sink.fates.mapped_with(path(&secret.at), [Place::pod(service.index, "imagePullSecrets")], "it has to be in the namespace");
    }
    if let Some(policy) = &chosen.pull_policy {
        sink.draft.container.image_pull_policy = Some(policy.value.to_owned());
        sink.fates.mapped(path(&policy.at), [Place::container(service.index, "imagePullPolicy")]);
    }
    if let Some(group) = &chosen.fs_group {
        sink.draft.pod.security.fs_group = Some(group.value);
        sink.fates.mapped(path(&group.at), [Place::pod(service.index, "securityContext.fsGroup")]);
    }
    if let Some(limit) = chosen.backoff_limit.as_ref().filter(|_| !service.is_long_running()) {
        sink.draft.workload.backoff_limit = Some(limit.value);
        sink.fates.mapped(path(&limit.at), [Place::workload_at(service.index, Path::parse(&service.job_field("backoffLimit")))]);
    }
    if let Some(level) = &chosen.security {
        let message =
            if plan.security(service) == level.value { "decides the container's rights" } else { "`--security` decides otherwise" };
        sink.fates.mapped_with(path(&level.at), [], message);
    }
    if let Some(wait) = &chosen.wait {
        let message = if plan.wait(service) == wait.value { "decides how it waits" } else { "`--wait` decides otherwise" };
        sink.fates.mapped_with(path(&wait.at), [], message);
    }
    if let Some(ports) = &chosen.host_ports {
        host_ports(path(&ports.at), service, plan, sink);
    }
    for (index, (amount, side)) in chosen.ephemeral.iter().zip(["requests", "limits"]).enumerate() {
        if let Some(amount) = amount {
            let resources = sink.draft.container.resources.get_or_insert_default();
            let amounts = if index == 0 { &mut resources.requests } else { &mut resources.limits };
            amounts.get_or_insert_default().insert("ephemeral-storage".to_owned(), Quantity(amount.value.to_string()));
            sink.fates.mapped(
                path(&amount.at),
                [Place::container_at(service.index, Path::parse(&format!("resources.{side}.ephemeral-storage")))],
            );
        }
    }
    if let Some(init) = &chosen.init {
        let name = label_name(init.name.as_deref().unwrap_or("init"));
        for at in &init.at {
            sink.fates.mapped(path(at), [Place::init_container(service.index, name.clone(), "")]);
        }
        sink.draft.init_containers.push(Container {
            name: name.into(),
            image: Some(init.image.as_ref().unwrap_or(&service.image.name).to_string()),
            command: (!init.command.is_empty()).then(|| init.command.iter().map(|word| literal(word)).collect()),
            resources: Some(tool_resources()),
            security_context: (plan.security(service) == Security::Restricted).then(|| tool_security(None, None, service, plan)),
            ..Container::default()
        });
    }
    probes(service, sink);
}

/// The labels of ofelia, whose commands are services of their own (`expand`).
fn ofelia(service: &ServicePlan<'_>, plan: &Plan<'_>, sink: &mut Sink<'_>) {
    for label in &service.service.labels {
        let Some(rest) = label.name.strip_prefix("ofelia.") else { continue };
        let path = sink.under("labels", &label.name);
        let parts: Vec<&str> = rest.split('.').collect();
        match parts.as_slice() {
            ["enabled"] => sink.fates.mapped_with(path, [], "its jobs are CronJobs"),
            ["job-exec", job, field] => match (plan.service(&job_name(&service.service.name, job)), *field) {
                (None, _) => sink.fates.lost(path, "a job needs a command, and a schedule that Kubernetes has"),
                (Some(job), "schedule") => sink.fates.mapped(path, [Place::workload(job.index, "spec.schedule")]),
                (Some(job), "command") => {
                    let message = "in a pod of its own rather than in the running container: it has the service's volumes, and calls the service by \
                                   its name, not on localhost";
                    sink.fates.approximated(path, [Place::container(job.index, "args")], message);
                }
                (Some(job), "no-overlap") => sink.fates.mapped(path, [Place::workload(job.index, "spec.concurrencyPolicy")]),
                (Some(job), "user") if label.value.split(':').all(|id| id.parse::<u32>().is_ok()) => {
                    sink.fates.mapped(path, [Place::container(job.index, "securityContext")]);
                }
                (Some(_), "user") => sink.fates.lost(path, "Kubernetes takes numbers only; write the uid"),
                (Some(_), _) => sink.fates.lost(path, "a CronJob has no counterpart of it"),
            },
            _ => sink.fates.lost(path, "write it as a service with `x-windlass.schedule`"),
        }
    }
}

/// Published ports on the node that a pod runs on, as kompose's label asks for.
fn host_ports(path: Path, service: &ServicePlan<'_>, plan: &Plan<'_>, sink: &mut Sink<'_>) {
    if plan.security(service) != Security::Preserve {
        return sink.fates.refused(path, "`--security` forbids ports of the node");
    }
    let mut places = Vec::new();
    for published in &service.service.ports {
        let (Some(transport), Some(host)) = (transport(published), host_port(published)) else { continue };
        let at = u16::try_from(published.target.value).ok().and_then(|number| service.port_position(number, transport));
        let Some((at, port)) = at.and_then(|at| Some((at, sink.draft.container.ports.as_mut()?.get_mut(at)?))) else { continue };
        port.host_port = Some(i32::from(host));
        places.push(Place::container_at(service.index, Path::parse(&format!("ports[{at}].hostPort"))));
    }
    if places.is_empty() {
        sink.fates.lost(path, "no port is published");
    } else {
        sink.fates.mapped(path, places);
    }
}

/// Probes that differ from what follows from the health check, or are not wanted.
fn probes(service: &ServicePlan<'_>, sink: &mut Sink<'_>) {
    for (index, chosen) in service.chosen.probes.iter().enumerate() {
        let Some(chosen) = chosen else { continue };
        let field = format!("{}Probe", PROBES[index]);
        let place = Place::container_at(service.index, Path::parse(&field));
        // One that stands beside a readiness probe alone keeps its times.
        let beside = sink.draft.container.readiness_probe.clone();
        let container = &mut sink.draft.container;
        let slot = match index {
            0 => &mut container.startup_probe,
            1 => &mut container.readiness_probe,
            _ => &mut container.liveness_probe,
        };
        match chosen {
            ChosenProbe::Off(at) => {
                *slot = None;
                sink.fates.forget(service.index, &field);
                sink.fates.mapped_with(service.path("").join(at), [], "no probes, as it says");
            }
            ChosenProbe::Check(wish) if service.is_long_running() => {
                let made = slot.take().or(beside).or_else(|| wish.asks.is_some().then(Probe::default));
                let Some(made) = made else {
                    for at in &wish.at {
                        sink.fates.lost(service.path("").join(at), "there is no probe whose times could change; say what it asks");
                    }
                    continue;
                };
                let is_new = wish.asks.is_some();
                *slot = Some(changed(made, wish, service));
                if is_new {
                    sink.fates.forget(service.index, &field);
                }
                for at in &wish.at {
                    sink.fates.mapped(service.path("").join(at), [place.clone()]);
                }
            }
            ChosenProbe::Check(wish) => {
                for at in &wish.at {
                    sink.fates.lost(service.path("").join(at), "a job has no probes: it is healthy when it completes");
                }
            }
        }
    }
}

fn changed(mut probe: Probe, wish: &ProbeWish, service: &ServicePlan<'_>) -> Probe {
    let ProbeWish { asks, interval, timeout, delay, retries, at: _ } = wish;
    if let Some(asks) = asks {
        (probe.exec, probe.http_get, probe.tcp_socket, probe.grpc) = (None, None, None, None);
        match asks {
            Asks::Http(path, port) => {
                let port = port.or(service.main_port()).unwrap_or(80);
                probe.http_get = Some(HTTPGetAction {
                    path: Some(path.to_string()),
                    port: IntOrString::Int(i32::from(port)),
                    // Servers that check the name are asked as their own health checks ask them.
                    http_headers: Some(vec![HTTPHeader { name: "Host".to_owned(), value: "localhost".to_owned() }]),
                    ..HTTPGetAction::default()
                });
            }
            Asks::Tcp(port) => {
                probe.tcp_socket = Some(TCPSocketAction { port: IntOrString::Int(i32::from(*port)), host: None });
            }
            Asks::Exec(words) => {
                probe.exec = Some(ExecAction { command: Some(words.iter().map(|word| literal(word)).collect()) });
            }
        }
    }
    probe.period_seconds = interval.or(probe.period_seconds);
    probe.timeout_seconds = timeout.or(probe.timeout_seconds);
    probe.failure_threshold = retries.or(probe.failure_threshold);
    probe.initial_delay_seconds = delay.or(probe.initial_delay_seconds);
    probe
}

#[cfg(test)]
mod tests {
    use crate::testing::{Outcome, project};

    fn web(service: &str) -> Outcome {
        project(&format!(
            "services: {{ db: {{ image: postgres:17, healthcheck: {{ test: pg_isready }} }}, web: {{ image: acme/web:1, {service} }} }}"
        ))
        .convert()
    }

    #[test]
    fn a_project_chooses_kinds_and_schedules() {
        let outcome = web("x-windlass: { kind: statefulset, replicas: 2 }");
        assert_eq!(outcome.field("StatefulSet/web", "spec.replicas"), "2\n");
        insta::assert_snapshot!(outcome.fates("services.web.x-windlass"), @"
        services.web.x-windlass.kind: mapped → StatefulSet/web kind
        services.web.x-windlass.replicas: mapped → StatefulSet/web spec.replicas
        ");
        let outcome = web("x-windlass: { schedule: '@every 30m', concurrency: replace, kind: deployment }");
        insta::assert_snapshot!(outcome.field("CronJob/web", "spec.schedule"), @"'*/30 * * * *'");
        insta::assert_snapshot!(outcome.field("CronJob/web", "spec.concurrencyPolicy"), @"Replace");
        insta::assert_snapshot!(outcome.fates("services.web.x-windlass"), @"
        services.web.x-windlass.schedule: mapped → CronJob/web spec.schedule
        services.web.x-windlass.concurrency: mapped → CronJob/web spec.concurrencyPolicy
        services.web.x-windlass.kind: lost (it has no effect on what this service becomes)
        ");
        let outcome = web("x-windlass: { kind: cronjob }");
        insta::assert_snapshot!(outcome.fates("services.web.x-windlass"), @"services.web.x-windlass.kind: lost (a CronJob needs `x-windlass.schedule`)");
    }

    #[test]
    fn an_autoscaler_takes_the_place_of_a_number() {
        let outcome = web("scale: 2, x-windlass: { autoscale: { min: 2, max: 5, memory: 80 } }");
        assert_eq!(outcome.field("Deployment/web", "spec.replicas"), "null\n");
        insta::assert_snapshot!(outcome.field("HorizontalPodAutoscaler/web", "spec"), @"
        maxReplicas: 5
        metrics:
        - resource:
            name: memory
            target:
              averageUtilization: 80
              type: Utilization
          type: Resource
        minReplicas: 2
        scaleTargetRef:
          apiVersion: apps/v1
          kind: Deployment
          name: web
        ");
        insta::assert_snapshot!(outcome.fates("services.web"), @"
        services.web.image: mapped → Deployment/web spec.template.spec.containers[0].image
        services.web.scale: approximated (an autoscaler decides the number)
        services.web.x-windlass.autoscale.min: mapped → HorizontalPodAutoscaler/web spec.minReplicas
        services.web.x-windlass.autoscale.max: mapped → HorizontalPodAutoscaler/web spec.maxReplicas
        services.web.x-windlass.autoscale.memory: mapped → HorizontalPodAutoscaler/web spec.metrics
        ");
        let outcome = web("labels: { kompose.hpa.replicas.max: '4', kompose.hpa.cpu: '60', kompose.hpa.memory: 200Mi }");
        insta::assert_snapshot!(outcome.field("HorizontalPodAutoscaler/web", "spec"), @"
        maxReplicas: 4
        metrics:
        - resource:
            name: cpu
            target:
              averageUtilization: 60
              type: Utilization
          type: Resource
        minReplicas: 1
        scaleTargetRef:
          apiVersion: apps/v1
          kind: Deployment
          name: web
        ");
        insta::assert_snapshot!(outcome.fates("services.web.labels"), @r#"
        services.web.labels["kompose.hpa.replicas.max"]: mapped → HorizontalPodAutoscaler/web spec.maxReplicas
        services.web.labels["kompose.hpa.cpu"]: mapped → HorizontalPodAutoscaler/web spec.metrics
        services.web.labels["kompose.hpa.memory"]: lost (it is no whole number from 1)
        "#);
    }

    #[test]
    fn a_migration_is_a_job_that_new_pods_wait_for() {
        let outcome = project(
            "services: { db: { image: postgres:17, healthcheck: { test: pg_isready } }, web: { image: acme/web:1, \
             environment: { DB_PASSWORD: hunter2hunter2 }, ports: ['80:80'], volumes: ['data:/data'], \
             depends_on: { db: { condition: service_healthy } }, x-windlass: { migrate: 'php artisan migrate --force' } } }\n\
             volumes: { data: {} }",
        )
        .convert();
        insta::assert_snapshot!(outcome.names().join("\n"), @"
        ServiceAccount/web-wait
        Role/web-wait
        RoleBinding/web-wait
        Secret/web-credentials-898lblpxxv
        Secret/web-migrate-credentials-898lblpxxv
        PersistentVolumeClaim/data
        Service/db
        Service/db-pods
        Service/web
        Service/web-pods
        Service/web-published
        StatefulSet/db
        StatefulSet/web
        Job/web-migrate-h5kk78sps9
        ");
        insta::assert_snapshot!(outcome.pod("Job/web-migrate-*", "containers[0].args"), @"
        - php
        - artisan
        - migrate
        - --force
        ");
        insta::assert_snapshot!(outcome.pod("Job/web-migrate-*", "initContainers[0].name"), @"wait-for-db");
        insta::assert_snapshot!(outcome.fates("services.web.x-windlass"), @"services.web.x-windlass.migrate: mapped → Job/web-migrate-h5kk78sps9 spec.template.spec.containers[0].args (a Job runs it; new pods wait until it is complete)");
        let waits = outcome.pod("StatefulSet/web", "initContainers");
        assert!(waits.contains("wait-for-web-migrate") && waits.contains("wait-for-db"), "{waits}");
    }

    #[test]
    fn jobs_of_ofelia_are_cron_jobs_of_their_own() {
        let outcome = web(
            "labels: { ofelia.enabled: 'true', ofelia.job-exec.tidy.schedule: '@every 1h', ofelia.job-exec.tidy.command: \"app tidy 'a b'\" }",
        );
        insta::assert_snapshot!(outcome.names().join("\n"), @"
        Service/db
        Service/db-pods
        Service/web
        StatefulSet/db
        Deployment/web
        CronJob/web-tidy
        ");
        insta::assert_snapshot!(outcome.fates("services.web.labels"), @r#"
        services.web.labels["ofelia.enabled"]: mapped (its jobs are CronJobs)
        services.web.labels["ofelia.job-exec.tidy.schedule"]: mapped → CronJob/web-tidy spec.schedule
        services.web.labels["ofelia.job-exec.tidy.command"]: approximated → CronJob/web-tidy spec.jobTemplate.spec.template.spec.containers[0].args (in a pod of its own rather than in the running container: it has the service's volumes, and calls the service by its name, not on localhost)
        "#);
    }

    #[test]
    fn a_job_of_ofelia_has_the_volumes_and_the_user_that_it_would_have_in_the_container() {
        let outcome = project(
            "services: { web: { image: app, volumes: ['data:/data'], labels: { ofelia.job-exec.tidy.schedule: '@daily', \
             ofelia.job-exec.tidy.command: tidy, ofelia.job-exec.tidy.user: '33' } } }\nvolumes: { data: }",
        )
        .convert();
        let job = |field: &str| outcome.field("CronJob/web-tidy", &format!("spec.jobTemplate.spec.template.spec.{field}"));
        assert!(job("containers[0].volumeMounts").contains("mountPath: /data"));
        assert!(job("containers[0].securityContext").contains("runAsUser: 33"));
        assert!(job("affinity").contains("windlass.dev/volume-data: shared"), "a claim that one node mounts keeps both there");
    }

    #[test]
    fn probes_are_changed_or_left_out() {
        let outcome = web("healthcheck: { test: [CMD, curl, -f, 'http://localhost:80/'], interval: 10s }, expose: ['80'], \
             x-windlass: { probes: { liveness: none, readiness: { http: /ready, port: 8081, interval: 3s } } }");
        insta::assert_snapshot!(outcome.pod("Deployment/web", "containers[0].readinessProbe"), @"
        failureThreshold: 3
        httpGet:
          httpHeaders:
          - name: Host
            value: localhost
          path: /ready
          port: 8081
        periodSeconds: 3
        timeoutSeconds: 30
        ");
        assert_eq!(outcome.pod("Deployment/web", "containers[0].livenessProbe"), "null\n");
        insta::assert_snapshot!(outcome.fates("services.web.x-windlass"), @"
        services.web.x-windlass.probes.liveness: mapped (no probes, as it says)
        services.web.x-windlass.probes.readiness.http: mapped → Deployment/web spec.template.spec.containers[0].readinessProbe
        services.web.x-windlass.probes.readiness.port: mapped → Deployment/web spec.template.spec.containers[0].readinessProbe
        services.web.x-windlass.probes.readiness.interval: mapped → Deployment/web spec.template.spec.containers[0].readinessProbe
        ");
        let outcome = web("expose: ['80'], x-windlass: { probes: none }");
        assert_eq!(outcome.pod("Deployment/web", "containers[0].readinessProbe"), "null\n");
        let outcome = web("expose: ['80'], labels: { kompose.service.healthcheck.readiness.http_get_path: /ready, \
             kompose.service.healthcheck.readiness.interval: 5s, kompose.service.healthcheck.liveness.tcp_port: '81', \
             kompose.service.healthcheck.readiness.retries: x }");
        insta::assert_snapshot!(outcome.pod("Deployment/web", "containers[0].readinessProbe"), @"
        failureThreshold: 3
        httpGet:
          httpHeaders:
          - name: Host
            value: localhost
          path: /ready
          port: 80
        periodSeconds: 5
        timeoutSeconds: 5
        ");
        insta::assert_snapshot!(outcome.pod("Deployment/web", "containers[0].livenessProbe.tcpSocket"), @"port: 81");
        insta::assert_snapshot!(outcome.fates("services.web.labels"), @r#"
        services.web.labels["kompose.service.healthcheck.readiness.http_get_path"]: mapped → Deployment/web spec.template.spec.containers[0].readinessProbe
        services.web.labels["kompose.service.healthcheck.readiness.interval"]: mapped → Deployment/web spec.template.spec.containers[0].readinessProbe
        services.web.labels["kompose.service.healthcheck.liveness.tcp_port"]: mapped → Deployment/web spec.template.spec.containers[0].livenessProbe
        services.web.labels["kompose.service.healthcheck.readiness.retries"]: lost (it can't be read as what kompose documents)
        "#);
    }

    #[test]
    fn labels_of_kompose_say_which_part_of_a_volume_is_mounted_and_which_disk_it_is() {
        let outcome = project(
            "services: { web: { image: acme/web:1, volumes: ['data:/data', './conf:/conf'], labels: { kompose.volume.subpath: /www/, \
             kompose.volume.type: persistentVolumeClaim, kompose.volume.selector: disk1 } } }\n\
             volumes: { data: { labels: { kompose.volume.selector: disk1 } } }",
        )
        .convert();
        insta::assert_snapshot!(outcome.field("StatefulSet/web", "spec.template.spec.containers[0].volumeMounts"), @"
        - name: data
          mountPath: /data
          subPath: www
        - name: conf
          mountPath: /conf
        ");
        insta::assert_snapshot!(outcome.field("PersistentVolumeClaim/data", "spec.selector"), @"
        matchLabels:
          io.kompose.service: disk1
        ");
        insta::assert_snapshot!(outcome.fates("services.web.labels"), @r#"
        services.web.labels["kompose.volume.subpath"]: mapped → StatefulSet/web spec.template.spec.containers[0].volumeMounts
        services.web.labels["kompose.volume.type"]: mapped (volumes become claims anyway)
        services.web.labels["kompose.volume.selector"]: lost (write the label at the volume, whose claim it is about)
        "#);
        insta::assert_snapshot!(outcome.fates("volumes.data.labels"), @r#"volumes.data.labels["kompose.volume.selector"]: mapped → PersistentVolumeClaim/data metadata.annotations["kompose.volume.selector"], PersistentVolumeClaim/data spec.selector.matchLabels"#);
    }

    #[test]
    fn labels_of_kompose_mean_what_they_mean_to_kompose() {
        let outcome = web("ports: ['8080:80'], labels: { kompose.service.type: nodeport, kompose.service.nodeport.port: '30080', \
             kompose.service.external-traffic-policy: local, kompose.controller.type: daemonset, kompose.serviceaccount-name: app, \
             kompose.image-pull-secret: registry, kompose.image-pull-policy: Always, kompose.security-context.fsgroup: '1000', \
             kompose.init.containers.name: first, kompose.init.containers.image: busybox, kompose.init.containers.command: '[\"echo\", \"a b\"]', \
             kompose.service.group: g, kompose.controller.port.expose: 'true', kompose.service.unknown: x }, \
             deploy: { labels: { kompose.ephemeral-storage.limit: 1Gi } }");
        insta::assert_snapshot!(outcome.fates("services.web"), @r#"
        services.web.image: mapped → DaemonSet/web spec.template.spec.containers[0].image
        services.web.ports[0].target: mapped → DaemonSet/web spec.template.spec.containers[0].ports[0].containerPort, Service/web spec.ports[0].port
        services.web.ports[0].published: approximated → Service/web-nodes spec.ports (on the port of every node that a label names)
        services.web.labels["kompose.service.type"]: mapped → Service/web-nodes spec.type
        services.web.labels["kompose.service.nodeport.port"]: mapped → Service/web-nodes spec.ports[0].nodePort
        services.web.labels["kompose.service.external-traffic-policy"]: mapped → Service/web-nodes spec.externalTrafficPolicy
        services.web.labels["kompose.controller.type"]: mapped → DaemonSet/web kind
        services.web.labels["kompose.serviceaccount-name"]: mapped → DaemonSet/web spec.template.spec.serviceAccountName (it has to be in the namespace)
        services.web.labels["kompose.image-pull-secret"]: mapped → DaemonSet/web spec.template.spec.imagePullSecrets (it has to be in the namespace)
        services.web.labels["kompose.image-pull-policy"]: mapped → DaemonSet/web spec.template.spec.containers[0].imagePullPolicy
        services.web.labels["kompose.security-context.fsgroup"]: mapped → DaemonSet/web spec.template.spec.securityContext.fsGroup
        services.web.labels["kompose.init.containers.name"]: mapped → DaemonSet/web spec.template.spec.initContainers[0]
        services.web.labels["kompose.init.containers.image"]: mapped → DaemonSet/web spec.template.spec.initContainers[0]
        services.web.labels["kompose.init.containers.command"]: mapped → DaemonSet/web spec.template.spec.initContainers[0]
        services.web.labels["kompose.service.group"]: lost (`network_mode: service:NAME` puts containers into one pod)
        services.web.labels["kompose.controller.port.expose"]: mapped → DaemonSet/web spec.template.spec.containers[0].ports[0].hostPort
        services.web.labels["kompose.service.unknown"]: mapped → DaemonSet/web spec.template.metadata.annotations["kompose.service.unknown"]
        services.web.deploy.labels["kompose.ephemeral-storage.limit"]: mapped → DaemonSet/web spec.template.spec.containers[0].resources.limits.ephemeral-storage
        "#);
        insta::assert_snapshot!(outcome.field("Service/web-nodes", "spec"), @"
        externalTrafficPolicy: Local
        ports:
        - name: tcp-8080
          nodePort: 30080
          port: 8080
          protocol: TCP
          targetPort: tcp-80
        selector:
          app.kubernetes.io/instance: shop
          app.kubernetes.io/name: web
        type: NodePort
        ");
        insta::assert_snapshot!(outcome.pod("DaemonSet/web", "initContainers"), @"
        - name: first
          image: busybox
          command:
          - echo
          - a b
          resources:
            limits:
              cpu: 500m
              memory: 128Mi
            requests:
              cpu: 10m
              memory: 32Mi
        ");
    }

    #[test]
    fn a_port_that_no_node_has_is_left_to_the_cluster() {
        let outcome = web("ports: ['8080:80'], labels: { kompose.service.type: nodeport, kompose.service.nodeport.port: '33111' }");
        assert_eq!(outcome.field("Service/web-nodes", "spec.ports[0].nodePort"), "null\n");
        assert!(outcome.fates("services.web.labels").contains("nodeport.port\"]: lost"), "{}", outcome.fates("services.web.labels"));
    }

    #[test]
    fn what_no_ingress_takes_is_told() {
        let outcome = web("ports: ['80:80'], x-windlass: { expose: ingress, domain: Shop_1, path: a/../b }");
        assert_eq!(outcome.field("Ingress/web", "spec.rules[0].http.paths[0].path"), "/\n");
        let fates = outcome.fates("services.web.x-windlass");
        assert!(fates.contains("x-windlass.domain: lost (`Shop_1` is no host name in lower case)"), "{fates}");
        assert!(fates.contains("x-windlass.path: lost (a path begins with `/`"), "{fates}");
    }

    #[test]
    fn a_service_has_a_level_of_its_own() {
        let outcome = web(
            "privileged: true, user: '1000', x-windlass: { security: restricted, wait: none }, depends_on: { db: { condition: service_healthy } }",
        );
        assert_eq!(outcome.pod("Deployment/web", "containers[0].securityContext.privileged"), "null\n");
        assert_eq!(outcome.pod("Deployment/web", "initContainers"), "null\n");
    }
}
