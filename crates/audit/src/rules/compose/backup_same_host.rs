//! CO084 backup-same-host.

use crate::context::{Role, ServiceContext};
use crate::findings::Findings;
use crate::rule::declare_rule;

declare_rule! {
    /// Backups are written to the machine that holds the data.
    ///
    /// ## Why
    /// What takes the disk takes the copies along.
    ///
    /// ## Example
    /// ```yaml
    /// services:
    ///   backup:
    ///     image: acme/backup:1.0
    ///     command: sh -c "while true; do mysqldump -h db shop > /out/shop.sql; sleep 86400; done"
    ///     volumes:
    ///       - ./backups:/out
    /// ```
    /// ## Use instead
    /// ```yaml
    /// services:
    ///   backup:
    ///     image: acme/backup:1.0
    ///     command: sh -c "while true; do mysqldump -h db shop > /out/shop.sql && rclone copy /out remote:backups; sleep 86400; done"
    ///     volumes:
    ///       - ./backups:/out
    /// ```
    pub(crate) static RULE = {
        id: "CO084", slug: "backup-same-host", control: Backups, severity: P3,
        seed: "15.1",
        effort: 60,
        check: Service(check),
    }
}

fn check(service: &ServiceContext<'_>, findings: &mut Findings<'_>) {
    if service.role() != Role::Backup {
        return findings.not_applicable();
    }
    const AWAY: [&str; 12] = ["s3", "rclone", "restic", "borg", "gcs", "azure", "b2", "sftp", "ssh", "webdav", "minio", "aws"];
    let text = service.command_text().to_ascii_lowercase();
    let named = |name: &str| {
        AWAY.iter().any(|word| name.to_ascii_lowercase().split(|letter: char| !letter.is_ascii_alphanumeric()).any(|part| part == *word))
    };
    let is_away = named(&text)
        || service.environment.iter().any(|entry| named(&entry.name.value))
        || service.stack().services().any(|other| other.role() == Role::Storage);
    if is_away || service.volumes.is_empty() {
        return;
    }
    findings
        .report(service.key_span(), format!("`{}` writes to the machine that holds the data", service.name()))
        .help("copy the backups to another machine: object storage, restic, rclone");
}
