//! user, group_add, cap_*, privileged, read_only, security_opt, and the namespaces that a container shares.

use k8s_openapi::api::core::v1::{AppArmorProfile, SELinuxOptions, SeccompProfile, SecurityContext, Sysctl};
use smol_str::SmolStr;
use windlass_compose::model::{Cgroup, Labels, Namespace};
use windlass_k8s::capabilities;
use windlass_source::Spanned;
use windlass_yaml::Path;

use super::Sink;
use crate::decide::{Plan, ServicePlan, user_and_group};
use crate::fates::Place;
use crate::options::Security;

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

pub(super) fn user(user: Option<&Spanned<SmolStr>>, group_add: &[Spanned<SmolStr>], service: &ServicePlan<'_>, sink: &mut Sink<'_>) {
    if user.is_some() && service.user.is_none() {
        let reason = "`--security restricted` leaves it out: the standard demands `runAsNonRoot`, with which the kubelet starts no root";
        sink.fates.refused(sink.at("user"), reason);
    } else if let Some(user) = user {
        let path = sink.at("user");
        let (name, group) = user_and_group(user);
        let image = &service.image;
        let (uid, gid) = (image.user_number(name), group.map(|group| image.group_number(group)));
        let is_named = [Some(name), group].into_iter().flatten().any(|part| part != "root" && part.parse::<i64>().is_err());
        let mut places = Vec::new();
        if let Some(uid) = uid {
            let context = context(sink);
            context.run_as_user = Some(uid);
            context.run_as_non_root = (uid != 0).then_some(true);
            places.push(Place::container(service.index, "securityContext.runAsUser"));
        }
        if let Some(Some(gid)) = gid {
            context(sink).run_as_group = Some(gid);
            places.push(Place::container(service.index, "securityContext.runAsGroup"));
        }
        match (uid, gid) {
            (Some(_), None | Some(Some(_))) if is_named => {
                sink.fates.mapped_with(path, places, "the number is the one that the image's Dockerfile or documentation gives");
            }
            (Some(_), None | Some(Some(_))) => sink.fates.mapped(path, places),
            (Some(_), Some(None)) => {
                sink.fates.approximated(path, places, "the group is a name, which only the image can resolve; write its number")
            }
            (None, _) if name.is_empty() && group.is_none() => sink.fates.mapped_with(path, [], "the image's own user"),
            (None, _) => sink
                .fates
                .lost(path, format!("Kubernetes takes numbers only; write the uid of `{name}` (`docker run IMAGE id {name}` prints it)")),
        }
    }
    if group_add.is_empty() {
        return;
    }
    let mut named = Vec::new();
    for group in group_add {
        match service.image.group_number(group) {
            Some(gid) => {
                let groups = sink.draft.pod.security.supplemental_groups.get_or_insert_default();
                if !groups.contains(&gid) {
                    groups.push(gid);
                }
            }
            None => named.push(group.as_str()),
        }
    }
    let path = sink.at("group_add");
    let place = Place::pod(service.index, "securityContext.supplementalGroups");
    match (named.len(), group_add.len()) {
        (0, _) => sink.fates.mapped(path, [place]),
        (named, all) if named == all => sink.fates.lost(path, "groups are names, which only the image can resolve; write their numbers"),
        _ => sink.fates.approximated(path, [place], format!("without {}, which only the image can resolve; write numbers", quoted(&named))),
    }
}

fn context<'a>(sink: &'a mut Sink<'_>) -> &'a mut SecurityContext {
    sink.draft.container.security_context.get_or_insert_default()
}

/// Whether a level lets a container add a capability.
pub(crate) fn may_add(capability: &str, level: Security) -> bool {
    match level {
        Security::Preserve => true,
        Security::Baseline => capabilities::BASELINE.contains(&capability),
        Security::Restricted => capability == "NET_BIND_SERVICE",
    }
}

/// Why something is left out at a level; `None` where it is not.
pub(super) fn not_at(level: Security) -> Option<&'static str> {
    match level {
        Security::Preserve => None,
        Security::Baseline => Some("`--security baseline` leaves it out"),
        Security::Restricted => Some("`--security restricted` leaves it out"),
    }
}

pub(super) fn privileges(privileges: &Privileges<'_>, service: &ServicePlan<'_>, plan: &Plan<'_>, sink: &mut Sink<'_>) {
    let Privileges { cap_add, cap_drop, privileged, read_only, security_opt, use_api_socket } = privileges;
    let place = |field: &str| Place::container_at(service.index, Path::parse(&format!("securityContext.{field}")));
    let level = plan.security(service);
    if !cap_add.is_empty() {
        let (names, left_out): (Vec<String>, Vec<String>) =
            cap_add.iter().map(|name| capability(name)).partition(|name| may_add(name, level));
        let left_out = quoted(&left_out.iter().map(String::as_str).collect::<Vec<_>>());
        let path = sink.at("cap_add");
        match (names.is_empty(), left_out.is_empty()) {
            (_, true) => sink.fates.mapped(path, [place("capabilities.add")]),
            (false, false) => {
                sink.fates.approximated(path, [place("capabilities.add")], format!("without {left_out}, which `--security` forbids"))
            }
            (true, false) => sink.fates.refused(path, format!("{left_out} is more than `--security` allows")),
        }
        if !names.is_empty() {
            context(sink).capabilities.get_or_insert_default().add = Some(names);
        }
    }
    if !cap_drop.is_empty() {
        let names = cap_drop.iter().map(|name| capability(name)).collect();
        context(sink).capabilities.get_or_insert_default().drop = Some(names);
        sink.fates.mapped(sink.at("cap_drop"), [place("capabilities.drop")]);
    }
    let is_privileged = privileged.is_some_and(|privileged| privileged.value) && not_at(level).is_none();
    if let Some(privileged) = privileged {
        let path = sink.at("privileged");
        match not_at(level).filter(|_| privileged.value) {
            Some(reason) => sink.fates.refused(path, reason),
            None => {
                context(sink).privileged = privileged.value.then_some(true);
                sink.fates.mapped(path, privileged.value.then(|| place("privileged")));
            }
        }
    }
    if let Some(read_only) = read_only {
        context(sink).read_only_root_filesystem = read_only.value.then_some(true);
        sink.fates.mapped(sink.at("read_only"), read_only.value.then(|| place("readOnlyRootFilesystem")));
    }
    if !security_opt.is_empty() {
        security_options(security_opt, is_privileged, level, service, sink);
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
fn security_options(options: &[Spanned<SmolStr>], is_privileged: bool, level: Security, service: &ServicePlan<'_>, sink: &mut Sink<'_>) {
    let mut places = Vec::new();
    let mut left_out = Vec::new();
    for option in options {
        let (name, value) = option.split_once([':', '=']).unwrap_or((option, "true"));
        match (name, value) {
            // A privileged container has them all, and an API server refuses both together.
            ("no-new-privileges", "true") if is_privileged => left_out.push(option.as_str()),
            ("no-new-privileges", "false") if level == Security::Restricted => left_out.push(option.as_str()),
            ("seccomp" | "apparmor", "unconfined") if level != Security::Preserve => left_out.push(option.as_str()),
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
            ("seccomp", "builtin") => {
                context(sink).seccomp_profile = Some(SeccompProfile { type_: "RuntimeDefault".to_owned(), localhost_profile: None });
                places.push("seccompProfile.type");
            }
            ("apparmor", "docker-default") => {
                context(sink).app_armor_profile = Some(AppArmorProfile { type_: "RuntimeDefault".to_owned(), localhost_profile: None });
                places.push("appArmorProfile.type");
            }
            ("apparmor", profile) => {
                context(sink).app_armor_profile =
                    Some(AppArmorProfile { type_: "Localhost".to_owned(), localhost_profile: Some(profile.to_owned()) });
                places.push("appArmorProfile.localhostProfile");
            }
            ("label", "disable") if level == Security::Preserve => {
                context(sink).se_linux_options.get_or_insert_default().type_ = Some("spc_t".to_owned());
                places.push("seLinuxOptions.type");
            }
            ("label", label) if label.contains(':') => {
                let (part, value) = label.split_once(':').unwrap_or((label, ""));
                if level != Security::Preserve && !is_plain_label(part, value) {
                    left_out.push(option.as_str());
                    continue;
                }
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
    let places = places
        .into_iter()
        .map(|field| Place::container_at(service.index, Path::parse(&format!("securityContext.{field}"))))
        .collect::<Vec<_>>();
    let path = sink.at("security_opt");
    match (places.is_empty(), left_out.is_empty()) {
        (_, true) => sink.fates.mapped(path, places),
        (true, false) => sink.fates.lost(path, format!("nothing of a pod does what {} does here", quoted(&left_out))),
        (false, false) => sink.fates.approximated(path, places, format!("without {}", quoted(&left_out))),
    }
}

/// Whether the Pod Security Standards let a container have a part of an SELinux label.
fn is_plain_label(part: &str, value: &str) -> bool {
    match part {
        "type" => matches!(value, "container_t" | "container_init_t" | "container_kvm_t" | "container_engine_t"),
        part => part == "level",
    }
}

fn quoted(words: &[&str]) -> String {
    words.iter().map(|word| format!("`{word}`")).collect::<Vec<_>>().join(", ")
}

pub(super) fn namespaces(namespaces: &Namespaces<'_>, service: &ServicePlan<'_>, plan: &Plan<'_>, sink: &mut Sink<'_>) {
    let Namespaces { pid, ipc, uts, userns_mode, cgroup, cgroup_parent, sysctls } = namespaces;
    let forbidden = not_at(plan.security(service));
    if let Some(pid) = pid {
        let path = sink.at("pid");
        match (&pid.value, forbidden) {
            (Namespace::Host, Some(reason)) => sink.fates.refused(path, reason),
            (Namespace::Host, None) => {
                sink.draft.pod.host_pid = true;
                sink.fates.mapped(path, [Place::pod(service.index, "hostPID")]);
            }
            (Namespace::Service(_) | Namespace::Container(_), _) if !service.owns_pod() => {
                if shares_node_processes(service, plan) {
                    sink.fates.mapped(path, [Place::pod(service.index, "hostPID")]);
                } else {
                    sink.draft.pod.share_process_namespace = true;
                    sink.fates.mapped(path, [Place::pod(service.index, "shareProcessNamespace")]);
                }
            }
            (Namespace::Service(name) | Namespace::Container(name), _) => {
                sink.fates.lost(
                    path,
                    format!("containers of different pods can't share processes; `network_mode: service:{name}` puts both into one pod"),
                );
            }
            (Namespace::Other(_), _) => sink.fates.mapped_with(path, [], "containers have processes of their own anyway"),
        }
    }
    if let Some(ipc) = ipc {
        let path = sink.at("ipc");
        match (&ipc.value, forbidden) {
            (Namespace::Host, Some(reason)) => sink.fates.refused(path, reason),
            (Namespace::Host, None) => {
                sink.draft.pod.host_ipc = true;
                sink.fates.mapped(path, [Place::pod(service.index, "hostIPC")]);
            }
            (Namespace::Service(_) | Namespace::Container(_), _) if !service.owns_pod() => {
                sink.fates.mapped_with(path, [], "containers of one pod share their memory segments");
            }
            (Namespace::Service(name) | Namespace::Container(name), _) => {
                sink.fates.lost(
                    path,
                    format!("containers of different pods can't share memory; `network_mode: service:{name}` puts both into one pod"),
                );
            }
            (Namespace::Other(_), _) => sink.fates.mapped_with(path, [], "pods have memory segments of their own anyway"),
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
        let name = sysctl.name.value.replace('/', ".");
        if !SAFE_SYSCTLS.contains(&name.as_str()) {
            let remedy = "nodes refuse pods that ask for it; where the kubelet has `--allowed-unsafe-sysctls` for it, add it to `securityContext.sysctls`";
            sink.fates.refused(path, remedy);
        } else if plan.has_host_network(service) && name.starts_with("net.") {
            sink.fates.refused(path, "a pod in the node's network may not set it for the node");
        } else {
            let list = sink.draft.pod.security.sysctls.get_or_insert_default();
            list.retain(|known| known.name != name);
            list.push(Sysctl { name, value: sysctl.value.to_string() });
            sink.fates.mapped(path, [Place::pod(service.index, "securityContext.sysctls")]);
        }
    }
}

/// True when the pod of a service sees the processes of its node.
pub(super) fn shares_node_processes(service: &ServicePlan<'_>, plan: &Plan<'_>) -> bool {
    not_at(plan.security(service)).is_none()
        && plan.pod_members(service.pod).any(|member| member.service.pid.as_ref().is_some_and(|pid| pid.value == Namespace::Host))
}

#[cfg(test)]
mod tests {
    use crate::testing::{Outcome, project};

    fn web(service: &str) -> Outcome {
        project(&format!("services: {{ web: {{ image: acme/web:1, {service} }} }}")).convert()
    }

    fn context(service: &str) -> String {
        web(service).pod("Deployment/web", "containers[0].securityContext")
    }

    #[test]
    fn users_are_numbers() {
        insta::assert_snapshot!(context("user: '1000:2000'"), @"
        runAsGroup: 2000
        runAsNonRoot: true
        runAsUser: 1000
        seccompProfile:
          type: RuntimeDefault
        ");
        assert!(!context("user: '0'").contains("runAsNonRoot"));
        insta::assert_snapshot!(web("user: 'root:wheel'").fates("services.web.user"), @"services.web.user: approximated → Deployment/web spec.template.spec.containers[0].securityContext.runAsUser (the group is a name, which only the image can resolve; write its number)");
        insta::assert_snapshot!(web("user: node").fates("services.web.user"), @"services.web.user: lost (Kubernetes takes numbers only; write the uid of `node` (`docker run IMAGE id node` prints it))");
        assert!(web("user: '4294967295'").fates("services.web.user").contains("lost"));
    }

    #[test]
    fn groups_with_numbers_are_added_to_the_pod() {
        let outcome = web("group_add: ['44', video]");
        insta::assert_snapshot!(outcome.pod("Deployment/web", "securityContext"), @"
        supplementalGroups:
        - 44
        ");
        insta::assert_snapshot!(outcome.fates("services.web.group_add"), @"services.web.group_add: approximated → Deployment/web spec.template.spec.securityContext.supplementalGroups (without `video`, which only the image can resolve; write numbers)");
    }

    #[test]
    fn a_user_with_a_name_is_the_number_that_the_dockerfile_or_the_documentation_gives() {
        let built = |service: &str, dockerfile: &str| {
            let volume = "volumes: ['data:/data']";
            let text = format!("services: {{ web: {{ build: ., ports: ['80:80'], {volume}{service} }} }}\nvolumes: {{ data: {{}} }}");
            project(&text).file("Dockerfile", dockerfile).convert()
        };
        let group = |outcome: &Outcome| outcome.pod("StatefulSet/web", "securityContext.fsGroup");
        let made = "FROM debian\nARG UID=1234\nRUN groupadd -g 1235 web && useradd -u $UID -g web app\n";
        // Its volumes are the user's, and it listens on a port below 1024.
        let outcome = built("", &format!("{made}USER app:web"));
        assert_eq!(group(&outcome), "1235\n");
        assert!(outcome.pod("StatefulSet/web", "securityContext.sysctls").contains("ip_unprivileged_port_start"));
        assert_eq!(group(&built("", "FROM node:22\nUSER node")), "1000\n");
        assert_eq!(group(&built("", "FROM php:8-fpm-alpine\nUSER www-data")), "82\n");
        let outcome = built(", user: 'app:web'", made);
        assert_eq!(outcome.pod("StatefulSet/web", "containers[0].securityContext.runAsUser"), "1234\n");
        assert_eq!(outcome.pod("StatefulSet/web", "containers[0].securityContext.runAsGroup"), "1235\n");
        assert!(outcome.fates("services.web.user").contains("mapped"));
        // Nobody knows this number, but it is not root's.
        let outcome = built("", "FROM debian\nRUN useradd app\nUSER app");
        assert_eq!(group(&outcome), "65532\n");
        assert!(outcome.pod("StatefulSet/web", "securityContext.sysctls").contains("ip_unprivileged_port_start"));
        assert!(built(", user: app", "FROM debian").fates("services.web.user").contains("lost"));
    }

    #[test]
    fn capabilities_lose_their_prefix() {
        insta::assert_snapshot!(context("cap_add: [CAP_NET_ADMIN, sys_time], cap_drop: [ALL]"), @"
        capabilities:
          add:
          - NET_ADMIN
          - SYS_TIME
          drop:
          - ALL
        seccompProfile:
          type: RuntimeDefault
        ");
    }

    #[test]
    fn security_options_have_fields_where_there_are_any() {
        let options =
            "['no-new-privileges:true', 'seccomp=unconfined', 'apparmor:unconfined', 'label:level:s0:c1', 'systempaths=unconfined']";
        insta::assert_snapshot!(context(&format!("security_opt: {options}")), @"
        allowPrivilegeEscalation: false
        appArmorProfile:
          type: Unconfined
        seLinuxOptions:
          level: s0:c1
        seccompProfile:
          type: Unconfined
        ");
        insta::assert_snapshot!(web(&format!("security_opt: {options}")).fates("services.web.security_opt"), @"services.web.security_opt: approximated → Deployment/web spec.template.spec.containers[0].securityContext.allowPrivilegeEscalation, Deployment/web spec.template.spec.containers[0].securityContext.seccompProfile.type, Deployment/web spec.template.spec.containers[0].securityContext.appArmorProfile.type, Deployment/web spec.template.spec.containers[0].securityContext.seLinuxOptions.level (without `systempaths=unconfined`)");
    }

    #[test]
    fn a_privileged_container_has_all_privileges_whatever_else_is_said() {
        let outcome = web("privileged: true, security_opt: ['no-new-privileges:true']");
        assert_eq!(outcome.pod("Deployment/web", "containers[0].securityContext"), "privileged: true\n");
        assert!(outcome.fates("services.web.security_opt").contains("lost"));
    }

    #[test]
    fn safe_settings_of_the_kernel_are_the_pods_and_others_would_keep_it_from_starting() {
        let outcome = web("sysctls: { net.ipv4.tcp_syncookies: '0', net.core.somaxconn: '1024' }");
        insta::assert_snapshot!(outcome.pod("Deployment/web", "securityContext.sysctls"), @r#"
        - name: net.ipv4.tcp_syncookies
          value: "0"
        "#);
        insta::assert_snapshot!(outcome.fates("services.web.sysctls"), @r#"
        services.web.sysctls["net.ipv4.tcp_syncookies"]: mapped → Deployment/web spec.template.spec.securityContext.sysctls
        services.web.sysctls["net.core.somaxconn"]: refused (nodes refuse pods that ask for it; where the kubelet has `--allowed-unsafe-sysctls` for it, add it to `securityContext.sysctls`)
        "#);
        let outcome = web("network_mode: host, sysctls: { net.ipv4.tcp_syncookies: '0' }");
        assert!(outcome.fates("services.web.sysctls").contains("refused"));
    }

    #[test]
    fn processes_of_the_node_are_seen_once() {
        let outcome = web("pid: host, init: true");
        assert_eq!(outcome.pod("Deployment/web", "hostPID"), "true\n");
        assert_eq!(outcome.pod("Deployment/web", "shareProcessNamespace"), "null\n");
    }
}
