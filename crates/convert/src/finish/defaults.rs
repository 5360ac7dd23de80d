//! Hardening that breaks nothing, and what `--security` adds.

use k8s_openapi::api::core::v1::{Capabilities, SeccompProfile, SecurityContext};

use crate::decide::{Plan, ServicePlan};
use crate::draft::Draft;
use crate::fates::{Fates, Place};
use crate::options::Security;

/// Capabilities that the baseline Pod Security Standard lets a container add: those that Docker gives anyway.
const BASELINE: [&str; 13] = [
    "AUDIT_WRITE",
    "CHOWN",
    "DAC_OVERRIDE",
    "FOWNER",
    "FSETID",
    "KILL",
    "MKNOD",
    "NET_BIND_SERVICE",
    "SETFCAP",
    "SETGID",
    "SETPCAP",
    "SETUID",
    "SYS_CHROOT",
];

pub(super) fn harden(service: &ServicePlan<'_>, plan: &Plan<'_>, draft: &mut Draft, fates: &mut Fates) {
    let level = plan.input.options.security;
    let context = draft.container.security_context.get_or_insert_default();
    let is_privileged = context.privileged == Some(true);
    let mut inferred = |field: &str, value: serde_json::Value, because: &str| {
        fates.inferred(service.index, Place::container(service.index, &format!("securityContext.{field}")), value, because, "security_opt");
    };
    if context.seccomp_profile.is_none() && !is_privileged {
        // Docker filters system calls unless told otherwise; Kubernetes does not.
        context.seccomp_profile = Some(SeccompProfile { type_: "RuntimeDefault".to_owned(), localhost_profile: None });
        inferred("seccompProfile.type", "RuntimeDefault".into(), "Docker's default, which Kubernetes does not have");
    }
    let gains_rights = context
        .capabilities
        .as_ref()
        .and_then(|capabilities| capabilities.add.as_ref())
        .is_some_and(|add| add.iter().any(|name| name == "SYS_ADMIN" || name == "ALL"));
    // Where no process can gain rights anyway: root has them, and an image whose server is another user from the start
    // has, by its documentation, no use for `sudo`.
    let is_known_user = service.image.server().and_then(|image| image.user).is_some_and(|user| !user.starts_as_root && user.uid != 0);
    if context.allow_privilege_escalation.is_none() && !is_privileged && !gains_rights && (is_known_user || level == Security::Restricted) {
        context.allow_privilege_escalation = Some(false);
        inferred("allowPrivilegeEscalation", false.into(), "the image's server runs as a plain user from the start");
    }
    match level {
        Security::Preserve => {}
        Security::Baseline => baseline(context),
        Security::Restricted => {
            baseline(context);
            context.run_as_non_root = Some(true);
            let capabilities: &mut Capabilities = context.capabilities.get_or_insert_default();
            capabilities.drop = Some(vec!["ALL".to_owned()]);
            capabilities.add = capabilities
                .add
                .take()
                .map(|add| add.into_iter().filter(|name| name == "NET_BIND_SERVICE").collect::<Vec<_>>())
                .filter(|add| !add.is_empty());
            inferred("runAsNonRoot", true.into(), "`--security restricted`");
            inferred("capabilities.drop", serde_json::json!(["ALL"]), "`--security restricted`");
        }
    }
    if *context == SecurityContext::default() {
        draft.container.security_context = None;
    }
}

/// The baseline Pod Security Standard: nothing of the host, no capabilities beyond Docker's.
fn baseline(context: &mut SecurityContext) {
    context.privileged = None;
    if let Some(capabilities) = &mut context.capabilities {
        capabilities.add = capabilities
            .add
            .take()
            .map(|add| add.into_iter().filter(|name| BASELINE.contains(&name.as_str())).collect::<Vec<_>>())
            .filter(|add| !add.is_empty());
    }
    let unconfined = |type_: &str| type_ == "Unconfined";
    if context.seccomp_profile.as_ref().is_some_and(|profile| unconfined(&profile.type_)) {
        context.seccomp_profile = Some(SeccompProfile { type_: "RuntimeDefault".to_owned(), localhost_profile: None });
    }
    if context.app_armor_profile.as_ref().is_some_and(|profile| unconfined(&profile.type_)) {
        context.app_armor_profile = None;
    }
}
