//! What belongs to the engine or the host's kernel, and mostly has no counterpart.

use k8s_openapi::api::core::v1::{HostPathVolumeSource, Volume, VolumeMount};
use smol_str::SmolStr;
use windlass_compose::model::{
    BlkioConfig, ByName, Bytes, CredentialSpec, Develop, Device, Labels, Logging, Provider, ServiceModel, Ulimit,
};
use windlass_k8s::name::label_name;
use windlass_source::Spanned;

use super::Sink;
use super::security::{not_at, shares_node_processes};
use crate::decide::{Plan, ServicePlan};
use crate::fates::Place;
use crate::options::HostPaths;

/// Attributes of the engine.
pub(super) struct Engine<'a> {
    pub(super) init: Option<&'a Spanned<bool>>,
    pub(super) logging: Option<&'a Spanned<Logging>>,
    pub(super) runtime: Option<&'a Spanned<SmolStr>>,
    pub(super) isolation: Option<&'a Spanned<SmolStr>>,
    pub(super) credential_spec: Option<&'a Spanned<CredentialSpec>>,
    pub(super) storage_opt: &'a Labels,
    pub(super) develop: Option<&'a Spanned<Box<Develop>>>,
    pub(super) models: &'a ByName<Option<Spanned<ServiceModel>>>,
    pub(super) provider: Option<&'a Spanned<Provider>>,
}

/// Attributes of the host's kernel.
pub(super) struct Kernel<'a> {
    pub(super) ulimits: &'a ByName<Spanned<Ulimit>>,
    pub(super) devices: &'a [Spanned<Device>],
    pub(super) device_cgroup_rules: &'a [Spanned<SmolStr>],
    pub(super) blkio_config: Option<&'a Spanned<Box<BlkioConfig>>>,
    pub(super) cpuset: Option<&'a Spanned<SmolStr>>,
    pub(super) cpu_count: Option<&'a Spanned<i64>>,
    pub(super) cpu_percent: Option<&'a Spanned<f64>>,
    pub(super) cpu_rt_period: Option<&'a Spanned<i64>>,
    pub(super) cpu_rt_runtime: Option<&'a Spanned<i64>>,
    pub(super) mem_swappiness: Option<&'a Spanned<Bytes>>,
    pub(super) memswap_limit: Option<&'a Spanned<Bytes>>,
    pub(super) oom_kill_disable: Option<&'a Spanned<bool>>,
    pub(super) oom_score_adj: Option<&'a Spanned<i64>>,
}

pub(super) fn engine(engine: &Engine<'_>, service: &ServicePlan<'_>, plan: &Plan<'_>, sink: &mut Sink<'_>) {
    let Engine { init, logging, runtime, isolation, credential_spec, storage_opt, develop, models, provider } = engine;
    if let Some(init) = init {
        let path = sink.at("init");
        if init.value && shares_node_processes(service, plan) {
            sink.fates.mapped_with(path, [], "the node's own process 1 reaps children");
        } else if init.value {
            // With a shared process namespace the pod's pause container is process 1 and reaps children.
            sink.draft.pod.share_process_namespace = true;
            let note = "the pod's pause process reaps children; signals go to the process itself";
            sink.fates.approximated(path, [Place::pod(service.index, "shareProcessNamespace")], note);
        } else {
            sink.fates.mapped_with(path, [], "a pod has no init process of its own");
        }
    }
    if logging.is_some() {
        let note = "the cluster collects standard output and the kubelet rotates it (`containerLogMaxSize`); ship logs with a node agent";
        sink.fates.approximated(sink.at("logging"), [], note);
    }
    if let Some(runtime) = runtime.filter(|runtime| is_default_runtime(runtime)) {
        sink.fates.mapped_with(sink.at("runtime"), [], format!("`{}` is what nodes run anyway", runtime.value));
    } else if let Some(runtime) = runtime {
        sink.draft.pod.runtime_class = Some(windlass_k8s::name::object_name(runtime).to_string());
        let note = "the cluster needs a RuntimeClass of this name";
        sink.fates.approximated(sink.at("runtime"), [Place::pod(service.index, "runtimeClassName")], note);
    }
    if isolation.is_some() {
        sink.fates.lost(sink.at("isolation"), "a RuntimeClass decides how Windows containers are isolated");
    }
    if credential_spec.is_some() {
        sink.fates.lost(sink.at("credential_spec"), "write a GMSACredentialSpec and name it in `securityContext.windowsOptions`");
    }
    if !storage_opt.is_empty() {
        sink.fates.lost(sink.at("storage_opt"), "no counterpart; `resources.limits.ephemeral-storage` limits what a container writes");
    }
    if develop.is_some() {
        sink.fates.lost(sink.at("develop"), "`docker compose watch` only; Skaffold, Tilt or DevSpace do this in a cluster");
    }
    if !models.is_empty() {
        sink.fates.lost(sink.at("models"), "models are run by Docker's model runner; run an inference server as a service");
    }
    if provider.is_some() {
        sink.fates.refused(sink.at("provider"), "a program of this machine runs the service; nothing of it can be seen from here");
    }
}

/// The runtime that Docker and nodes have without asking.
fn is_default_runtime(runtime: &str) -> bool {
    matches!(runtime, "" | "runc" | "io.containerd.runc.v2")
}

pub(super) fn kernel(kernel: &Kernel<'_>, service: &ServicePlan<'_>, plan: &Plan<'_>, sink: &mut Sink<'_>) {
    let Kernel {
        ulimits,
        devices: wanted,
        device_cgroup_rules,
        blkio_config,
        cpuset,
        cpu_count,
        cpu_percent,
        cpu_rt_period,
        cpu_rt_runtime,
        mem_swappiness,
        memswap_limit,
        oom_kill_disable,
        oom_score_adj,
    } = kernel;
    devices(wanted, service, plan, sink);
    let lost = [
        (
            "ulimits",
            !ulimits.is_empty(),
            "limits of processes are the container runtime's (`LimitNOFILE`, `LimitMEMLOCK` of its unit): high for files, low for locked memory",
        ),
        ("device_cgroup_rules", !device_cgroup_rules.is_empty(), "devices are given by device plugins"),
        ("blkio_config", blkio_config.is_some(), "no counterpart; choose a StorageClass by its speed"),
        ("cpuset", cpuset.is_some(), "the kubelet pins processors (`--cpu-manager-policy=static` and whole CPUs)"),
        ("cpu_count", cpu_count.is_some(), "Windows only; use `deploy.resources.limits.cpus`"),
        ("cpu_percent", cpu_percent.is_some(), "Windows only; use `deploy.resources.limits.cpus`"),
        ("cpu_rt_period", cpu_rt_period.is_some(), "no counterpart: pods have no real-time share"),
        ("cpu_rt_runtime", cpu_rt_runtime.is_some(), "no counterpart: pods have no real-time share"),
        ("mem_swappiness", mem_swappiness.is_some(), "the node decides about swap"),
        ("memswap_limit", memswap_limit.is_some(), "the node decides about swap; without `NodeSwap` there is none"),
        ("oom_kill_disable", oom_kill_disable.is_some(), "no counterpart; a memory request equal to the limit protects best"),
        ("oom_score_adj", oom_score_adj.is_some(), "the kubelet sets it by the pod's quality of service"),
    ];
    for (attribute, is_written, remedy) in lost {
        if is_written {
            sink.fates.lost(sink.at(attribute), remedy);
        }
    }
}

/// Devices of the host are host paths; a container may open them only when it is privileged.
fn devices(devices: &[Spanned<Device>], service: &ServicePlan<'_>, plan: &Plan<'_>, sink: &mut Sink<'_>) {
    for (index, device) in devices.iter().enumerate() {
        let path = sink.at(&format!("devices[{index}]"));
        if !device.source.starts_with('/') {
            sink.fates.lost(path, "a CDI device; ask for it through its device plugin's resource name");
            continue;
        }
        if let Some(reason) = not_at(plan.security(service)) {
            sink.fates.refused(path, reason);
            continue;
        }
        if plan.input.options.host_paths == HostPaths::Refuse {
            sink.fates.refused(path, "a device of the node; a device plugin gives it, or `--host-paths allow` mounts it");
            continue;
        }
        let name = label_name(&format!("device-{}", device.source.value));
        let source = HostPathVolumeSource { path: device.source.to_string(), type_: None };
        let volume = Volume { name: name.to_string(), host_path: Some(source), ..Volume::default() };
        sink.draft.volumes.insert(name.clone(), Box::new(volume));
        let target = device.target.as_ref().map_or(&device.source.value, |target| &target.value);
        sink.draft.mount(VolumeMount { name: name.to_string(), mount_path: target.to_string(), ..VolumeMount::default() });
        let place = Place::container(service.index, "volumeMounts");
        sink.fates.approximated(path, [place], "mounted; opening it needs `privileged: true`, since a pod has no device rules");
    }
}

#[cfg(test)]
mod tests {
    use crate::options::HostPaths;
    use crate::testing::project;

    #[test]
    fn what_belongs_to_the_engine_or_the_kernel_is_reported() {
        let outcome = project(
            "services: { web: { image: acme/web:1, init: true, logging: { driver: json-file, options: { max-size: 10m } }, runtime: nvidia, \
             ulimits: { nofile: { soft: 1024, hard: 2048 } }, oom_score_adj: -500, storage_opt: { size: 1G }, cpuset: '0,1', blkio_config: { weight: 300 }, \
             develop: { watch: [{ path: ., action: rebuild }] } } }",
        )
        .convert();
        insta::assert_snapshot!(outcome.fates("services.web"), @"
        services.web.image: mapped → Deployment/web spec.template.spec.containers[0].image
        services.web.init: approximated → Deployment/web spec.template.spec.shareProcessNamespace (the pod's pause process reaps children; signals go to the process itself)
        services.web.logging.driver: approximated (the cluster collects standard output and the kubelet rotates it (`containerLogMaxSize`); ship logs with a node agent)
        services.web.logging.options.max-size: approximated (the cluster collects standard output and the kubelet rotates it (`containerLogMaxSize`); ship logs with a node agent)
        services.web.runtime: approximated → Deployment/web spec.template.spec.runtimeClassName (the cluster needs a RuntimeClass of this name)
        services.web.ulimits.nofile.soft: lost (limits of processes are the container runtime's (`LimitNOFILE`, `LimitMEMLOCK` of its unit): high for files, low for locked memory)
        services.web.ulimits.nofile.hard: lost (limits of processes are the container runtime's (`LimitNOFILE`, `LimitMEMLOCK` of its unit): high for files, low for locked memory)
        services.web.oom_score_adj: lost (the kubelet sets it by the pod's quality of service)
        services.web.storage_opt.size: lost (no counterpart; `resources.limits.ephemeral-storage` limits what a container writes)
        services.web.cpuset: lost (the kubelet pins processors (`--cpu-manager-policy=static` and whole CPUs))
        services.web.blkio_config.weight: lost (no counterpart; choose a StorageClass by its speed)
        services.web.develop.watch[0].path: lost (`docker compose watch` only; Skaffold, Tilt or DevSpace do this in a cluster)
        services.web.develop.watch[0].action: lost (`docker compose watch` only; Skaffold, Tilt or DevSpace do this in a cluster)
        ");
    }

    #[test]
    fn the_runtime_of_every_node_needs_no_class() {
        let outcome = project("services: { web: { image: acme/web:1, runtime: runc } }").convert();
        assert_eq!(outcome.pod("Deployment/web", "runtimeClassName"), "null\n");
    }

    #[test]
    fn devices_of_the_host_are_mounted_where_that_is_allowed() {
        let text = "services: { web: { image: acme/web:1, devices: ['/dev/ttyUSB0:/dev/modem', 'vendor.com/gpu=all'] } }";
        let refused = project(text).convert();
        insta::assert_snapshot!(refused.fates("services.web.devices"), @"
        services.web.devices[0].source: refused (a device of the node; a device plugin gives it, or `--host-paths allow` mounts it)
        services.web.devices[0].target: refused (a device of the node; a device plugin gives it, or `--host-paths allow` mounts it)
        services.web.devices[1].source: lost (a CDI device; ask for it through its device plugin's resource name)
        services.web.devices[1].target: lost (a CDI device; ask for it through its device plugin's resource name)
        ");
        let allowed = project(text).options(|options| options.host_paths = HostPaths::Allow).convert();
        assert_eq!(allowed.pod("Deployment/web", "containers[0].volumeMounts[0].mountPath"), "/dev/modem\n");
        assert_eq!(allowed.pod("Deployment/web", "volumes[0].hostPath.path"), "/dev/ttyUSB0\n");
    }

    #[test]
    fn a_service_that_a_program_runs_is_no_part_of_the_cluster() {
        let outcome = project(
            "services: { db: { provider: { type: cloud } }, web: { image: acme/web:1, depends_on: { db: { condition: service_healthy, required: true } } } }",
        )
        .convert();
        assert!(!outcome.names().iter().any(|name| name.ends_with("/db")), "{:?}", outcome.names());
        insta::assert_snapshot!(outcome.fates("services"), @"
        services.db.provider.type: refused (a program of the machine runs the service; nothing of it can be seen from here)
        services.web.image: mapped → Deployment/web spec.template.spec.containers[0].image
        services.web.depends_on.db.condition: approximated (the other is not part of the cluster)
        services.web.depends_on.db.required: mapped (the other is part of the project)
        ");
    }
}
