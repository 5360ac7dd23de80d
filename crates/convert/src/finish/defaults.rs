//! Hardening that breaks nothing, and what `--security` adds. What the project asks for beyond a level is left out where its
//! attribute is mapped, with its fate.

use k8s_openapi::api::core::v1::{SeccompProfile, SecurityContext, Sysctl};
use windlass_images::image::User;
use windlass_yaml::Path;

use crate::attributes::may_add;
use crate::decide::{ImageFacts, Plan, ServicePlan};
use crate::draft::Draft;
use crate::fates::{Fates, Place};
use crate::options::Security;

/// Ports below this number are root's, unless the kernel is told otherwise.
const UNPRIVILEGED: u16 = 1024;

/// The kernel's setting for that.
const PORT_START: &str = "net.ipv4.ip_unprivileged_port_start";

pub(super) fn harden(service: &ServicePlan<'_>, plan: &Plan<'_>, draft: &mut Draft, fates: &mut Fates) {
    let is_restricted = plan.security(service) == Security::Restricted;
    let runs_own_command = service.image.runs_own_command;
    // The image's user holds whatever the command is; what its own command becomes, another may not.
    let user = service.image.user().filter(|user| user.uid != 0 && (runs_own_command || !user.starts_as_root));
    let context = draft.container.security_context.get_or_insert_default();
    let is_privileged = context.privileged == Some(true);
    // The project may say that it is root here.
    let user = user.filter(|_| context.run_as_user != Some(0));
    let mut inferred = |field: &str, value: serde_json::Value, because: &str| {
        let place = Place::container_at(service.index, Path::parse(&format!("securityContext.{field}")));
        fates.inferred(service.index, place, value, because, if is_restricted { "--security" } else { "security_opt" });
    };
    if context.seccomp_profile.is_none() && !is_privileged {
        context.seccomp_profile = Some(SeccompProfile { type_: "RuntimeDefault".to_owned(), localhost_profile: None });
        inferred("seccompProfile.type", "RuntimeDefault".into(), "Docker's default, which Kubernetes does not have");
    }
    let added = context.capabilities.as_ref().and_then(|capabilities| capabilities.add.as_ref());
    let gains_rights = added.is_some_and(|add| add.iter().any(|name| name == "SYS_ADMIN" || name == "ALL"))
        || service.image.entry().is_some_and(|image| image.gains_privileges);
    if context.allow_privilege_escalation.is_none() && !is_privileged {
        if is_restricted {
            context.allow_privilege_escalation = Some(false);
            inferred("allowPrivilegeEscalation", false.into(), "`--security restricted`");
        } else if !gains_rights && runs_own_command && user.is_some_and(|user| !user.starts_as_root) {
            // An image whose server is a plain user from the start has, by its documentation, no use for `sudo`.
            context.allow_privilege_escalation = Some(false);
            inferred("allowPrivilegeEscalation", false.into(), "the image's server runs as a plain user from the start");
        }
    }
    if is_restricted {
        restrict(context, user, &service.image, &mut inferred);
    }
    let is_plain_image = || user.is_some_and(|user| !user.starts_as_root) || service.image.is_some_plain_user();
    let is_plain_user = context.run_as_user.map_or_else(is_plain_image, |uid| uid != 0);
    if *context == SecurityContext::default() {
        draft.container.security_context = None;
    }
    let low = service.ports.iter().map(|port| port.number).find(|number| *number < UNPRIVILEGED);
    if let Some(port) = low.filter(|_| is_plain_user && !plan.has_host_network(service)) {
        let sysctls = draft.pod.security.sysctls.get_or_insert_default();
        if sysctls.iter().all(|sysctl| sysctl.name != PORT_START) {
            sysctls.push(Sysctl { name: PORT_START.to_owned(), value: "0".to_owned() });
            let because = format!("the container runs as a plain user and listens on {port}, which Docker allows and Kubernetes does not");
            fates.inferred(
                service.index,
                Place::pod(service.index, "securityContext.sysctls"),
                format!("{PORT_START}=0"),
                because,
                "sysctls",
            );
        }
    }
}

/// The restricted Pod Security Standard.
fn restrict(
    context: &mut SecurityContext,
    user: Option<User>,
    image: &ImageFacts,
    inferred: &mut impl FnMut(&str, serde_json::Value, &str),
) {
    const BECAUSE: &str = "`--security restricted`";
    if context.run_as_non_root.is_none() {
        context.run_as_non_root = Some(true);
        inferred("runAsNonRoot", true.into(), BECAUSE);
    }
    // A kubelet does not see that a user with a name is not root.
    if let (None, Some(user)) = (context.run_as_user, user.filter(|user| user.direct || !user.starts_as_root)) {
        context.run_as_user = Some(user.uid);
        inferred("runAsUser", user.uid.into(), "the user that the image's Dockerfile or documentation gives");
        if let (None, Some(group)) = (context.run_as_group, image.group()) {
            context.run_as_group = Some(group);
            inferred("runAsGroup", group.into(), "the group that the image's Dockerfile or documentation gives");
        }
    }
    let capabilities = context.capabilities.get_or_insert_default();
    if capabilities.drop.as_ref().is_none_or(|drop| drop.iter().all(|name| name != "ALL")) {
        let dropped = capabilities.drop.replace(vec!["ALL".to_owned()]).unwrap_or_default();
        inferred("capabilities.drop", serde_json::json!(["ALL"]), BECAUSE);
        // Of a program whose file has a capability, the kernel refuses the start to those who can't have it.
        let needed = image.entry().map_or(&[][..], |image| &image.capabilities);
        let add = capabilities.add.get_or_insert_default();
        let missing = |name: &&String| may_add(name, Security::Restricted) && !add.contains(name) && !dropped.contains(name);
        let missing: Vec<String> = needed.iter().filter(missing).cloned().collect();
        if !missing.is_empty() {
            add.extend(missing);
            inferred("capabilities.add", serde_json::json!(add), "the image's programs need it");
        } else if add.is_empty() {
            capabilities.add = None;
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::options::Security;
    use crate::testing::{Outcome, project};

    fn web(service: &str, level: Security) -> Outcome {
        project(&format!("services: {{ web: {{ {service} }} }}")).options(|options| options.security = level).convert()
    }

    fn context(outcome: &Outcome, workload: &str) -> String {
        outcome.pod(workload, "containers[0].securityContext")
    }

    #[test]
    fn every_container_gets_what_breaks_nothing() {
        insta::assert_snapshot!(context(&web("image: 'acme/web:1'", Security::Preserve), "Deployment/web"), @"
        seccompProfile:
          type: RuntimeDefault
        ");
        assert_eq!(context(&web("image: 'acme/web:1', privileged: true", Security::Preserve), "Deployment/web"), "privileged: true\n");
    }

    #[test]
    fn a_server_that_is_a_plain_user_from_the_start_gains_no_privileges() {
        insta::assert_snapshot!(context(&web("image: 'prom/prometheus:v3.1.0'", Security::Preserve), "StatefulSet/web"), @"
        allowPrivilegeEscalation: false
        seccompProfile:
          type: RuntimeDefault
        ");
        assert!(!context(&web("image: 'postgres:17'", Security::Preserve), "StatefulSet/web").contains("allowPrivilegeEscalation"));
    }

    #[test]
    fn a_plain_user_may_listen_on_low_ports_as_in_docker() {
        let outcome = web("image: 'acme/web:1', user: '1000', expose: ['80']", Security::Preserve);
        insta::assert_snapshot!(outcome.pod("Deployment/web", "securityContext.sysctls"), @r#"
        - name: net.ipv4.ip_unprivileged_port_start
          value: "0"
        "#);
        assert!(
            outcome.inferred().contains("listens on 80, which Docker allows and Kubernetes does not; sysctls)"),
            "{}",
            outcome.inferred()
        );
        for other in [
            "expose: ['8080'], user: '1000'",
            "expose: ['80']",
            "expose: ['80'], user: '0'",
            "expose: ['80'], user: '1000', network_mode: host",
        ] {
            let outcome = web(&format!("image: 'acme/web:1', {other}"), Security::Preserve);
            assert_eq!(outcome.pod("Deployment/web", "securityContext.sysctls"), "null\n", "{other}");
        }
    }

    #[test]
    fn a_restricted_container_is_what_the_standard_wants() {
        let outcome = web("image: 'postgres:17', cap_add: [NET_BIND_SERVICE, SYS_TIME], privileged: true, pid: host", Security::Restricted);
        insta::assert_snapshot!(context(&outcome, "StatefulSet/web"), @"
        allowPrivilegeEscalation: false
        capabilities:
          add:
          - NET_BIND_SERVICE
          drop:
          - ALL
        runAsGroup: 999
        runAsNonRoot: true
        runAsUser: 999
        seccompProfile:
          type: RuntimeDefault
        ");
        assert_eq!(outcome.pod("StatefulSet/web", "hostPID"), "null\n");
        insta::assert_snapshot!(outcome.fates("services.web"), @"
        services.web.image: mapped → StatefulSet/web spec.template.spec.containers[0].image
        services.web.cap_add: approximated → StatefulSet/web spec.template.spec.containers[0].securityContext.capabilities.add (without `SYS_TIME`, which `--security` forbids)
        services.web.privileged: refused (`--security restricted` leaves it out)
        services.web.pid: refused (`--security restricted` leaves it out)
        ");
    }

    #[test]
    fn the_user_of_an_image_holds_whatever_the_command_is() {
        let user = |service: &str| {
            let case = project(&format!("services: {{ worker: {{ {service}, restart: always }} }}"))
                .file("Dockerfile", "FROM python:3.12\nRUN useradd -u 1000 app\nUSER app");
            let outcome = case.options(|options| options.security = Security::Restricted).convert();
            outcome.pod("Deployment/worker", "containers[0].securityContext.runAsUser").trim_end().to_owned()
        };
        assert_eq!(user("build: ."), "1000");
        assert_eq!(user("build: ., command: celery worker"), "1000");
        assert_eq!(user("build: ., entrypoint: [/bin/worker]"), "1000");
        assert_eq!(user("build: ., command: celery worker, user: '7'"), "7");
        assert_eq!(user("image: 'prom/prometheus:v3.1.0', entrypoint: [promtool, check]"), "65534");
        // It starts as root, and what another command does then is not known.
        assert_eq!(user("image: 'postgres:17', entrypoint: [pg_dump]"), "null");
    }

    #[test]
    fn a_user_has_its_own_group_and_not_that_of_root() {
        let group = |dockerfile: &str| {
            let case = project("services: { web: { build: ., restart: always } }").file("Dockerfile", dockerfile);
            let outcome = case.options(|options| options.security = Security::Restricted).convert();
            let field = |name: &str| outcome.pod("Deployment/web", &format!("containers[0].securityContext.{name}"));
            ["runAsUser", "runAsGroup"].map(|name| field(name).trim_end().to_owned()).join(":")
        };
        assert_eq!(group("FROM node:22\nUSER node"), "1000:1000");
        assert_eq!(group("FROM node:22\nUSER 1000"), "1000:1000");
        let made = "FROM acme/base\nRUN groupadd -g 1235 web && useradd -u 1234 -g web app";
        assert_eq!(group(&format!("{made}\nUSER app")), "1234:1235");
        assert_eq!(group(&format!("{made}\nUSER 1234")), "1234:1235");
        assert_eq!(group(&format!("{made}\nUSER app:77")), "1234:77");
        assert_eq!(group(&format!("{made}\nUSER 1001:0")), "1001:0");
        // What is not known is left to the image.
        assert_eq!(group("FROM acme/base\nRUN useradd -u 1234 app\nUSER app"), "1234:null");
        assert_eq!(group("FROM acme/base\nUSER 1001"), "1001:null");
    }

    #[test]
    fn a_program_whose_file_has_a_capability_can_be_started() {
        let added = |service: &str| {
            let field = "containers[0].securityContext.capabilities.add";
            web(service, Security::Restricted).pod("StatefulSet/web", field).trim_end().to_owned()
        };
        let pgadmin = "image: 'dpage/pgadmin4:9', volumes: [{ type: volume, target: /var/lib/pgadmin }]";
        assert_eq!(added(pgadmin), "- NET_BIND_SERVICE");
        assert_eq!(added(&format!("{pgadmin}, cap_add: [NET_BIND_SERVICE]")), "- NET_BIND_SERVICE");
        assert_eq!(added(&format!("{pgadmin}, cap_drop: [NET_BIND_SERVICE]")), "null");
        // What the standard forbids stays away, whoever needs it.
        assert_eq!(added("image: 'postgres:17'"), "null");
    }

    #[test]
    fn labels_of_selinux_are_those_that_the_standards_admit() {
        let options = "image: 'acme/web:1', security_opt: ['label:type:spc_t', 'label:user:u', 'label:role:r', 'label:level:s0']";
        assert_eq!(web(options, Security::Baseline).pod("Deployment/web", "containers[0].securityContext.seLinuxOptions"), "level: s0\n");
        assert!(context(&web(options, Security::Preserve), "Deployment/web").contains("type: spc_t"));
        let admitted = "image: 'acme/web:1', security_opt: ['label:type:container_init_t']";
        assert!(context(&web(admitted, Security::Restricted), "Deployment/web").contains("type: container_init_t"));
    }

    #[test]
    fn a_baseline_container_keeps_what_docker_gives() {
        let outcome = web(
            "image: 'acme/web:1', cap_add: [CHOWN, NET_ADMIN], security_opt: ['seccomp:unconfined'], network_mode: host",
            Security::Baseline,
        );
        insta::assert_snapshot!(context(&outcome, "Deployment/web"), @"
        capabilities:
          add:
          - CHOWN
        seccompProfile:
          type: RuntimeDefault
        ");
        insta::assert_snapshot!(outcome.fates("services.web"), @"
        services.web.image: mapped → Deployment/web spec.template.spec.containers[0].image
        services.web.cap_add: approximated → Deployment/web spec.template.spec.containers[0].securityContext.capabilities.add (without `NET_ADMIN`, which `--security` forbids)
        services.web.security_opt: lost (nothing of a pod does what `seccomp:unconfined` does here)
        services.web.network_mode: refused (`--security baseline` leaves it out)
        ");
    }
}
