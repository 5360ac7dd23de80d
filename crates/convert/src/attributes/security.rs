//! user, group_add, cap_*, privileged, read_only, security_opt, and the namespaces that a container shares.

use k8s_openapi::api::core::v1::{AppArmorProfile, Capabilities, SELinuxOptions, SeccompProfile, SecurityContext, Sysctl};
use smol_str::SmolStr;
use windlass_compose::model::{Cgroup, Labels, Namespace};
use windlass_source::{Code, Diagnostic, Spanned};

use super::Sink;
use crate::decide::{Plan, ServicePlan};
use crate::fates::Place;

/// What a container may do.
pub(super) struct Privileges<'a> {
    pub(super) cap_add: &'a [Spanned<SmolStr>],
    pub(super) cap_drop: &'a [Spanned<SmolStr>],
    pub(super) privileged: Option<&'a Spanned<bool>>,
    pub(super) read_only: Option<&'a Spanned<bool>>,
    pub(super) security_opt: &'a [Spanned<SmolStr>],
    pub(super) use_api_socket: Option<&'a Spanned<bool>>,
}

/// What a container shares with others.
pub(super) struct Namespaces<'a> {
    pub(super) pid: Option<&'a Spanned<Namespace>>,
    pub(super) ipc: Option<&'a Spanned<Namespace>>,
    pub(super) uts: Option<&'a Spanned<Namespace>>,
    pub(super) userns_mode: Option<&'a Spanned<Namespace>>,
    pub(super) cgroup: Option<&'a Spanned<Cgroup>>,
    pub(super) cgroup_parent: Option<&'a Spanned<SmolStr>>,
    pub(super) sysctls: &'a Labels,
}

/// Sysctls that the kubelet allows without configuration (Kubernetes documentation, "safe set").
const SAFE_SYSCTLS: [&str; 12] = [
    "kernel.shm_rmid_forced",
    "net.ipv4.ip_local_port_range",
    "net.ipv4.tcp_syncookies",
    "net.ipv4.ping_group_range",
    "net.ipv4.ip_unprivileged_port_start",
    "net.ipv4.ip_local_reserved_ports",
    "net.ipv4.tcp_keepalive_time",
    "net.ipv4.tcp_fin_timeout",
    "net.ipv4.tcp_keepalive_intvl",
    "net.ipv4.tcp_keepalive_probes",
    "net.ipv4.tcp_rmem",
    "net.ipv4.tcp_wmem",
];

pub(super) fn user(
    user: Option<&Spanned<SmolStr>>,
    group_add: &[Spanned<SmolStr>],
    service: &ServicePlan<'_>,
    _plan: &Plan<'_>,
    sink: &mut Sink<'_>,
) {
    if let Some(user) = user {
        let path = sink.at("user");
        let (name, group) = user.split_once(':').map_or((user.as_str(), None), |(name, group)| (name, Some(group)));
        let known = service.image.entry().and_then(|image| image.user);
        let uid = name.parse::<i64>().ok().filter(|uid| *uid >= 0).or(if name == "root" { Some(0) } else { None });
        let gid = group.map(|group| group.parse::<i64>().ok().filter(|gid| *gid >= 0).or(if group == "root" { Some(0) } else { None }));
        let mut places = Vec::new();
        if let Some(uid) = uid {
            context(sink).run_as_user = Some(uid);
            places.push(Place::container(service.index, "securityContext.runAsUser"));
            if uid != 0 {
                context(sink).run_as_non_root = Some(true);
            }
        }
        match gid {
            Some(Some(gid)) => {
                context(sink).run_as_group = Some(gid);
                places.push(Place::container(service.index, "securityContext.runAsGroup"));
                sink.draft.pod.security.fs_group.get_or_insert(gid);
            }
            // Docker looks a lone uid's group up in the image; without one there it is 0, as in Kubernetes.
            None => {
                if let (Some(uid), Some(known)) = (uid, known)
                    && known.uid == uid
                {
                    sink.draft.pod.security.fs_group.get_or_insert(known.gid);
                }
            }
            Some(None) => {}
        }
        match (uid, gid) {
            (Some(_), None | Some(Some(_))) => sink.fates.mapped(path, places),
            (Some(_), Some(None)) => {
                sink.fates.approximated(path, places, "the group is a name, which only the image can resolve; write its number")
            }
            (None, _) => sink
                .fates
                .lost(path, format!("Kubernetes takes numbers only; write the uid of `{name}` (`docker run IMAGE id {name}` prints it)")),
        }
    }
    for (index, group) in group_add.iter().enumerate() {
        let _ = index;
        match group.parse::<i64>().ok().filter(|gid| *gid >= 0) {
            Some(gid) => {
                let groups = sink.draft.pod.security.supplemental_groups.get_or_insert_default();
                if !groups.contains(&gid) {
                    groups.push(gid);
                }
            }
            None => sink.diagnostics.push(
                Diagnostic::warning(Code("convert::group-name"), format!("the group `{}` is left out", group.value))
                    .label(group.span(), "")
                    .because("Kubernetes takes numbers only, and what a name stands for is known to the image alone")
                    .help("write the number"),
            ),
        }
    }
    if !group_add.is_empty() {
        let path = sink.at("group_add");
        let named = group_add.iter().filter(|group| group.parse::<i64>().is_err()).count();
        let place = Place::pod(service.index, "securityContext.supplementalGroups");
        match (named, group_add.len()) {
            (0, _) => sink.fates.mapped(path, [place]),
            (named, all) if named == all => {
                sink.fates.lost(path, "groups are names, which only the image can resolve; write their numbers")
            }
            _ => sink.fates.approximated(path, [place], "without the groups that are names; write their numbers"),
        }
    }
}

fn context<'a>(sink: &'a mut Sink<'_>) -> &'a mut SecurityContext {
    sink.draft.container.security_context.get_or_insert_default()
}

pub(super) fn privileges(privileges: &Privileges<'_>, service: &ServicePlan<'_>, _plan: &Plan<'_>, sink: &mut Sink<'_>) {
    let Privileges { cap_add, cap_drop, privileged, read_only, security_opt, use_api_socket } = privileges;
    let place = |field: &str| Place::container(service.index, &format!("securityContext.{field}"));
    for (attribute, list, field) in [("cap_add", cap_add, "capabilities.add"), ("cap_drop", cap_drop, "capabilities.drop")] {
        if list.is_empty() {
            continue;
        }
        let names: Vec<String> = list.iter().map(|name| capability(name)).collect();
        let capabilities: &mut Capabilities = context(sink).capabilities.get_or_insert_default();
        *(if attribute == "cap_add" { &mut capabilities.add } else { &mut capabilities.drop }) = Some(names);
        sink.fates.mapped(sink.at(attribute), [place(field)]);
    }
    if let Some(privileged) = privileged {
        context(sink).privileged = privileged.value.then_some(true);
        sink.fates.mapped(sink.at("privileged"), privileged.value.then(|| place("privileged")));
    }
    if let Some(read_only) = read_only {
        context(sink).read_only_root_filesystem = read_only.value.then_some(true);
        sink.fates.mapped(sink.at("read_only"), read_only.value.then(|| place("readOnlyRootFilesystem")));
    }
    if !security_opt.is_empty() {
        security_options(security_opt, service, sink);
    }
    if use_api_socket.is_some() {
        sink.fates
            .refused(sink.at("use_api_socket"), "nodes of a cluster have no Docker socket; use a ServiceAccount and the Kubernetes API");
    }
}

/// Kubernetes names capabilities without `CAP_`.
fn capability(name: &str) -> String {
    let upper = name.to_ascii_uppercase();
    upper.strip_prefix("CAP_").map_or(upper.clone(), str::to_owned)
}

/// `security_opt` is one leaf, a list of words; its fate is that of the worst of them.
fn security_options(options: &[Spanned<SmolStr>], service: &ServicePlan<'_>, sink: &mut Sink<'_>) {
    let mut places = Vec::new();
    let mut left_out = Vec::new();
    for option in options {
        let (name, value) = option.split_once([':', '=']).unwrap_or((option, "true"));
        match (name, value) {
            ("no-new-privileges", "true") => {
                context(sink).allow_privilege_escalation = Some(false);
                places.push("allowPrivilegeEscalation");
            }
            ("no-new-privileges", _) => {
                context(sink).allow_privilege_escalation = Some(true);
                places.push("allowPrivilegeEscalation");
            }
            ("seccomp", "unconfined") => {
                context(sink).seccomp_profile = Some(SeccompProfile { type_: "Unconfined".to_owned(), localhost_profile: None });
                places.push("seccompProfile.type");
            }
            ("apparmor", "unconfined") => {
                context(sink).app_armor_profile = Some(AppArmorProfile { type_: "Unconfined".to_owned(), localhost_profile: None });
                places.push("appArmorProfile.type");
            }
            ("apparmor", profile) => {
                context(sink).app_armor_profile =
                    Some(AppArmorProfile { type_: "Localhost".to_owned(), localhost_profile: Some(profile.to_owned()) });
                places.push("appArmorProfile.localhostProfile");
            }
            ("label", label) if label.contains(':') => {
                let (part, value) = label.split_once(':').unwrap_or((label, ""));
                let selinux: &mut SELinuxOptions = context(sink).se_linux_options.get_or_insert_default();
                let field = match part {
                    "user" => (&mut selinux.user, "seLinuxOptions.user"),
                    "role" => (&mut selinux.role, "seLinuxOptions.role"),
                    "type" => (&mut selinux.type_, "seLinuxOptions.type"),
                    "level" => (&mut selinux.level, "seLinuxOptions.level"),
                    _ => {
                        left_out.push(option.as_str());
                        continue;
                    }
                };
                *field.0 = Some(value.to_owned());
                places.push(field.1);
            }
            _ => left_out.push(option.as_str()),
        }
    }
    let places = places.into_iter().map(|field| Place::container(service.index, &format!("securityContext.{field}"))).collect::<Vec<_>>();
    let path = sink.at("security_opt");
    match (places.is_empty(), left_out.is_empty()) {
        (_, true) => sink.fates.mapped(path, places),
        (true, false) => sink.fates.lost(path, format!("no counterpart for {}; profiles have to be on the nodes", quoted(&left_out))),
        (false, false) => sink.fates.approximated(path, places, format!("without {}: profiles have to be on the nodes", quoted(&left_out))),
    }
}

fn quoted(words: &[&str]) -> String {
    words.iter().map(|word| format!("`{word}`")).collect::<Vec<_>>().join(", ")
}

pub(super) fn namespaces(namespaces: &Namespaces<'_>, service: &ServicePlan<'_>, sink: &mut Sink<'_>) {
    let Namespaces { pid, ipc, uts, userns_mode, cgroup, cgroup_parent, sysctls } = namespaces;
    if let Some(pid) = pid {
        let path = sink.at("pid");
        match &pid.value {
            Namespace::Host => {
                sink.draft.pod.host_pid = true;
                sink.fates.mapped(path, [Place::pod(service.index, "hostPID")]);
            }
            Namespace::Service(_) | Namespace::Container(_) if !service.owns_pod() => {
                sink.draft.pod.share_process_namespace = true;
                sink.fates.mapped(path, [Place::pod(service.index, "shareProcessNamespace")]);
            }
            Namespace::Service(name) | Namespace::Container(name) => {
                sink.fates.lost(
                    path,
                    format!("containers of different pods can't share processes; `network_mode: service:{name}` puts both into one pod"),
                );
            }
            Namespace::Other(_) => sink.fates.mapped_with(path, [], "containers have processes of their own anyway"),
        }
    }
    if let Some(ipc) = ipc {
        let path = sink.at("ipc");
        match &ipc.value {
            Namespace::Host => {
                sink.draft.pod.host_ipc = true;
                sink.fates.mapped(path, [Place::pod(service.index, "hostIPC")]);
            }
            Namespace::Service(_) | Namespace::Container(_) if !service.owns_pod() => {
                sink.fates.mapped_with(path, [], "containers of one pod share their memory segments");
            }
            Namespace::Service(name) | Namespace::Container(name) => {
                sink.fates.lost(
                    path,
                    format!("containers of different pods can't share memory; `network_mode: service:{name}` puts both into one pod"),
                );
            }
            Namespace::Other(_) => sink.fates.mapped_with(path, [], "pods have memory segments of their own anyway"),
        }
    }
    if let Some(uts) = uts {
        sink.fates.lost(
            sink.at("uts"),
            format!("no counterpart for `{}`; a pod has a host name of its own unless it has the host's network", uts.value),
        );
    }
    if let Some(mode) = userns_mode {
        let path = sink.at("userns_mode");
        match &mode.value {
            Namespace::Host => {
                sink.draft.pod.host_users = Some(true);
                sink.fates.mapped(path, [Place::pod(service.index, "hostUsers")]);
            }
            _ => sink.fates.lost(path, "no counterpart; `hostUsers: false` gives a pod users of its own"),
        }
    }
    if let Some(cgroup) = cgroup {
        let path = sink.at("cgroup");
        match cgroup.value {
            Cgroup::Private => sink.fates.mapped_with(path, [], "containers have cgroups of their own anyway"),
            Cgroup::Host => sink.fates.lost(path, "a pod can't have the node's cgroups"),
        }
    }
    if cgroup_parent.is_some() {
        sink.fates.lost(sink.at("cgroup_parent"), "the kubelet places the cgroups of pods");
    }
    for sysctl in *sysctls {
        let path = sink.under("sysctls", &sysctl.name);
        let list = sink.draft.pod.security.sysctls.get_or_insert_default();
        let place = Place::pod(service.index, &format!("securityContext.sysctls[{}]", list.len()));
        list.push(Sysctl { name: sysctl.name.to_string(), value: sysctl.value.to_string() });
        if SAFE_SYSCTLS.contains(&sysctl.name.as_str()) {
            sink.fates.mapped(path, [place]);
        } else {
            sink.fates.approximated(path, [place], "nodes refuse it unless their kubelet has `--allowed-unsafe-sysctls` for it");
        }
    }
}
