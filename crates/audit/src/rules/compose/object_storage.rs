//! CO086 object-storage.

use windlass_compose::model::MountKind;

use crate::context::{Role, ServiceContext};
use crate::findings::Findings;
use crate::rule::declare_rule;

declare_rule! {
    /// An application keeps uploads in a volume of one machine.
    ///
    /// ## Why
    /// They are lost with the machine, and a second instance elsewhere does not see them.
    ///
    /// ## Example
    /// ```yaml compose.prod.yaml
    /// services:
    ///   app:
    ///     image: acme/app:1.4
    ///     volumes:
    ///       - uploads:/srv/uploads
    /// volumes:
    ///   uploads: {}
    /// ```
    /// ## Use instead
    /// ```yaml compose.prod.yaml
    /// services:
    ///   app:
    ///     image: acme/app:1.4
    ///     environment:
    ///       AWS_BUCKET: uploads
    ///     volumes:
    ///       - uploads:/srv/uploads
    /// volumes:
    ///   uploads: {}
    /// ```
    pub(crate) static RULE = {
        id: "CO086", slug: "object-storage", control: Backups, severity: P3,
        seed: "2.3",
        effort: 120,
        check: Service(check),
    }
}

fn check(service: &ServiceContext<'_>, findings: &mut Findings<'_>) {
    if !service.is_production() || service.role() != Role::App {
        return findings.not_applicable();
    }
    let keeps = |text: &str| ["upload", "media", "attachment", "storage/app"].iter().any(|word| text.to_ascii_lowercase().contains(word));
    let mount = service.volumes.iter().find(|mount| mount.kind.value == MountKind::Volume && keeps(&mount.target.value));
    let Some(mount) = mount else { return findings.not_applicable() };
    let has_bucket = service
        .environment
        .iter()
        .any(|entry| ["AWS_", "S3_", "MINIO_", "GCS_", "AZURE_"].iter().any(|start| entry.name.value.starts_with(start)));
    if has_bucket || service.stack().services().any(|other| other.role() == Role::Storage) {
        return;
    }
    findings
        .report(mount.span().or(service.key_span()), format!("`{}` keeps uploads in a volume of one machine", service.name()))
        .help("keep them in object storage");
}
