//! Second phase: each attribute fills the draft and says what became of it.
//!
//! The dispatcher takes every struct of the model apart without `..`: an attribute that is new does not compile until its
//! fate is decided. No attribute depends on the order of another.

mod build;
mod chosen;
mod command;
mod configs;
mod depends_on;
mod deploy;
mod environment;
mod healthcheck;
mod host;
mod identity;
mod image;
mod labels;
mod lifecycle;
mod mounts;
mod networks;
mod ports;
mod project;
mod resources;
mod security;

use windlass_compose::model::Service;
use windlass_source::Diagnostic;
use windlass_yaml::Path;

use crate::decide::{Plan, ServicePlan};
use crate::draft::Draft;
use crate::fates::{Fates, Place};

pub(crate) use environment::is_clock;
pub(crate) use healthcheck::asked_port;
pub(crate) use mounts::claim;
pub(crate) use project::apply_project;
pub(crate) use security::may_add;

/// What each file's attributes become, in cases that the suite converts; see [`crate::support`].
pub(crate) const DOCUMENTS: &[(&str, &str)] = &[
    ("image.md", include_str!("attributes/image.md")),
    ("build.md", include_str!("attributes/build.md")),
    ("command.md", include_str!("attributes/command.md")),
    ("environment.md", include_str!("attributes/environment.md")),
    ("configs.md", include_str!("attributes/configs.md")),
    ("mounts.md", include_str!("attributes/mounts.md")),
    ("healthcheck.md", include_str!("attributes/healthcheck.md")),
    ("depends_on.md", include_str!("attributes/depends_on.md")),
    ("resources.md", include_str!("attributes/resources.md")),
    ("deploy.md", include_str!("attributes/deploy.md")),
    ("lifecycle.md", include_str!("attributes/lifecycle.md")),
    ("ports.md", include_str!("attributes/ports.md")),
    ("networks.md", include_str!("attributes/networks.md")),
    ("identity.md", include_str!("attributes/identity.md")),
    ("labels.md", include_str!("attributes/labels.md")),
    ("security.md", include_str!("attributes/security.md")),
    ("host.md", include_str!("attributes/host.md")),
    ("project.md", include_str!("attributes/project.md")),
    ("chosen.md", include_str!("attributes/chosen.md")),
];

/// Where attributes put what they decide.
pub(crate) struct Sink<'a> {
    pub(crate) draft: &'a mut Draft,
    pub(crate) fates: &'a mut Fates,
    pub(crate) diagnostics: &'a mut Vec<Diagnostic>,
    /// `services.NAME`; the root where nobody will ask for fates.
    root: Path,
}

impl Sink<'_> {
    /// The path of an attribute of this service: `at("ports[0].target")`. Where nobody will ask for fates no path is made.
    pub(crate) fn at(&self, path: &str) -> Path {
        if self.fates.are_kept() { self.root.join(&Path::parse(path)) } else { Path::root() }
    }

    /// The path of a key that the user chose: `under("labels", "traefik.enable")`.
    pub(crate) fn under(&self, path: &str, key: &str) -> Path {
        if self.fates.are_kept() { self.at(path).key(key) } else { Path::root() }
    }
}

/// Applies every attribute of a service.
pub(crate) fn apply(service: &ServicePlan<'_>, plan: &Plan<'_>, draft: &mut Draft, fates: &mut Fates, diagnostics: &mut Vec<Diagnostic>) {
    let root = if fates.are_kept() { service.path("") } else { Path::root() };
    let mut sink = Sink { draft, fates, diagnostics, root };
    let sink = &mut sink;
    if let Some(reason) = service.left_out {
        sink.fates.refused(sink.at(""), reason);
        return;
    }
    if let Some(first) = service.part_of {
        let message = format!("one of the pods of `{}`, to which its name leads too", plan.services[first].service.name.value);
        sink.fates.approximated(sink.at(""), [Place::workload(first, "spec.replicas")], message);
        return;
    }
    let Service {
        name: _,
        annotations,
        attach,
        blkio_config,
        build,
        cap_add,
        cap_drop,
        cgroup,
        cgroup_parent,
        command,
        configs,
        container_name,
        cpu_count,
        cpu_percent,
        cpu_period,
        cpu_quota,
        cpu_rt_period,
        cpu_rt_runtime,
        cpu_shares,
        cpus,
        cpuset,
        credential_spec,
        depends_on,
        deploy,
        develop,
        device_cgroup_rules,
        devices,
        dns,
        dns_opt,
        dns_search,
        domainname,
        entrypoint,
        env_file,
        environment,
        expose,
        extends,
        extensions,
        external_links,
        extra_hosts,
        gpus,
        group_add,
        healthcheck,
        hostname,
        image,
        init,
        ipc,
        isolation,
        label_file,
        labels,
        links,
        logging,
        mac_address,
        mem_limit,
        mem_reservation,
        mem_swappiness,
        memswap_limit,
        models,
        network_mode,
        networks,
        oom_kill_disable,
        oom_score_adj,
        pid,
        pids_limit,
        platform,
        ports,
        post_start,
        pre_stop,
        privileged,
        profiles,
        provider,
        pull_policy,
        pull_refresh_after,
        read_only,
        restart,
        runtime,
        scale,
        secrets,
        security_opt,
        shm_size,
        stdin_open,
        stop_grace_period,
        stop_signal,
        storage_opt,
        sysctls,
        tmpfs,
        tty,
        ulimits,
        use_api_socket,
        user,
        userns_mode,
        uts,
        volumes,
        volumes_from,
        windlass,
        working_dir,
    } = service.service;
    image::image(image.as_ref(), service, sink);
    image::pull_policy(pull_policy.as_ref(), pull_refresh_after.as_ref(), service, sink);
    image::platform(platform.as_ref(), service, sink);
    build::build(build.as_ref(), service, sink);
    command::command(command.as_ref(), entrypoint.as_ref(), service, plan, sink);
    command::terminal(working_dir.as_ref(), tty.as_ref(), stdin_open.as_ref(), service, sink);
    environment::environment(environment, env_file, service, plan, sink);
    configs::configs(configs, service, plan, sink);
    configs::secrets(secrets, service, plan, sink);
    mounts::volumes(volumes, volumes_from, service, plan, sink);
    mounts::memory(tmpfs, shm_size.as_ref(), service, plan, sink);
    healthcheck::healthcheck(healthcheck.as_ref(), service, plan, sink);
    depends_on::depends_on(depends_on, service, plan, sink);
    resources::resources(
        &resources::Written {
            cpus: cpus.as_ref(),
            mem_limit: mem_limit.as_ref(),
            mem_reservation: mem_reservation.as_ref(),
            cpu_shares: cpu_shares.as_ref(),
            cpu_quota: cpu_quota.as_ref(),
            cpu_period: cpu_period.as_ref(),
            pids_limit: pids_limit.as_ref(),
            gpus,
        },
        deploy.as_ref().and_then(|deploy| deploy.resources.as_ref()),
        service,
        plan,
        sink,
    );
    deploy::deploy(deploy.as_ref(), scale.as_ref(), service, plan, sink);
    lifecycle::restart(restart.as_ref(), service, plan, sink);
    lifecycle::stop(stop_grace_period.as_ref(), stop_signal.as_ref(), service, plan, sink);
    lifecycle::hooks(post_start, pre_stop, service, plan, sink);
    ports::ports(ports, expose, service, plan, sink);
    networks::networks(networks, network_mode.as_ref(), mac_address.as_ref(), service, plan, sink);
    networks::links(links, external_links, plan, sink);
    networks::resolver(&networks::Resolver { dns, dns_opt, dns_search, extra_hosts }, service, plan, sink);
    identity::names(container_name.as_ref(), hostname.as_ref(), domainname.as_ref(), service, plan, sink);
    identity::selection(profiles, attach.as_ref(), extends.as_ref(), extensions, sink);
    labels::labels(labels, label_file, annotations, service, plan, sink);
    security::user(user.as_ref(), group_add, service, sink);
    security::privileges(
        &security::Privileges {
            cap_add,
            cap_drop,
            privileged: privileged.as_ref(),
            read_only: read_only.as_ref(),
            security_opt,
            use_api_socket: use_api_socket.as_ref(),
        },
        service,
        plan,
        sink,
    );
    security::namespaces(
        &security::Namespaces {
            pid: pid.as_ref(),
            ipc: ipc.as_ref(),
            uts: uts.as_ref(),
            userns_mode: userns_mode.as_ref(),
            cgroup: cgroup.as_ref(),
            cgroup_parent: cgroup_parent.as_ref(),
            sysctls,
        },
        service,
        plan,
        sink,
    );
    host::engine(
        &host::Engine {
            init: init.as_ref(),
            logging: logging.as_ref(),
            runtime: runtime.as_ref(),
            isolation: isolation.as_ref(),
            credential_spec: credential_spec.as_ref(),
            storage_opt,
            develop: develop.as_ref(),
            models,
            provider: provider.as_ref(),
        },
        service,
        plan,
        sink,
    );
    host::kernel(
        &host::Kernel {
            ulimits,
            devices,
            device_cgroup_rules,
            blkio_config: blkio_config.as_ref(),
            cpuset: cpuset.as_ref(),
            cpu_count: cpu_count.as_ref(),
            cpu_percent: cpu_percent.as_ref(),
            cpu_rt_period: cpu_rt_period.as_ref(),
            cpu_rt_runtime: cpu_rt_runtime.as_ref(),
            mem_swappiness: mem_swappiness.as_ref(),
            memswap_limit: memswap_limit.as_ref(),
            oom_kill_disable: oom_kill_disable.as_ref(),
            oom_score_adj: oom_score_adj.as_ref(),
        },
        service,
        plan,
        sink,
    );
    chosen::chosen(windlass.as_ref(), service, plan, sink);
}
