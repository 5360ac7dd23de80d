//! The pod that has a claim: root, since it gives files their owners, with no more than that takes; the baseline Pod Security Standard admits it.

use std::collections::BTreeMap;

use k8s_openapi::api::core::v1::{
    Capabilities, Container, PersistentVolumeClaimVolumeSource, PodSecurityContext, PodSpec, ResourceRequirements, SeccompProfile,
    SecurityContext, Volume, VolumeMount,
};
use k8s_openapi::apimachinery::pkg::api::resource::Quantity;

/// Where the volume is.
pub(super) const VOLUME: &str = "/volume";

/// To give files owners, modes and capabilities, and to read and write whatever belongs to whom. Devices in a volume are rare, and a
/// volume that has some can't be restored without it.
const CAPABILITIES: [&str; 6] = ["CHOWN", "DAC_OVERRIDE", "FOWNER", "FSETID", "MKNOD", "SETFCAP"];

/// A claim and where the pod has it.
pub(super) struct Mounted<'a> {
    pub(super) name: &'a str,
    pub(super) claim: &'a str,
    pub(super) path: &'a str,
    pub(super) sub_path: Option<&'a str>,
}

pub(super) fn pod(image: &str, command: Vec<String>, mounted: &[Mounted<'_>]) -> PodSpec {
    let amounts = |cpu: &str, memory: &str| {
        let amount = |name: &str, amount: &str| (name.to_owned(), Quantity(amount.to_owned()));
        Some(BTreeMap::from([amount("cpu", cpu), amount("memory", memory)]))
    };
    let words = |words: &[&str]| Some(words.iter().map(|word| (*word).to_owned()).collect());
    let container = Container {
        name: "carry".to_owned(),
        image: Some(image.to_owned()),
        command: Some(command),
        resources: Some(ResourceRequirements {
            requests: amounts("100m", "128Mi"),
            limits: amounts("1", "512Mi"),
            ..ResourceRequirements::default()
        }),
        security_context: Some(SecurityContext {
            run_as_user: Some(0),
            allow_privilege_escalation: Some(false),
            capabilities: Some(Capabilities { drop: words(&["ALL"]), add: words(&CAPABILITIES) }),
            ..SecurityContext::default()
        }),
        volume_mounts: Some(mounted.iter().map(mount).collect()),
        ..Container::default()
    };
    PodSpec {
        containers: vec![container],
        automount_service_account_token: Some(false),
        enable_service_links: Some(false),
        security_context: Some(PodSecurityContext {
            seccomp_profile: Some(SeccompProfile { type_: "RuntimeDefault".to_owned(), localhost_profile: None }),
            ..PodSecurityContext::default()
        }),
        // `sleep` hears no signal, and nothing of it is to be saved.
        termination_grace_period_seconds: Some(0),
        volumes: Some(mounted.iter().map(volume).collect()),
        ..PodSpec::default()
    }
}

fn mount(mounted: &Mounted<'_>) -> VolumeMount {
    VolumeMount {
        name: mounted.name.to_owned(),
        mount_path: mounted.path.to_owned(),
        sub_path: mounted.sub_path.map(str::to_owned),
        ..VolumeMount::default()
    }
}

fn volume(mounted: &Mounted<'_>) -> Volume {
    let claim = PersistentVolumeClaimVolumeSource { claim_name: mounted.claim.to_owned(), read_only: None };
    Volume { name: mounted.name.to_owned(), persistent_volume_claim: Some(claim), ..Volume::default() }
}
