//! DF038 add-for-copy.

use windlass_dockerfile::{Command, Word};
use windlass_source::Edit;

use crate::context::StageContext;
use crate::findings::Findings;
use crate::rule::declare_rule;

declare_rule! {
    /// `ADD` is used to copy files.
    ///
    /// ## Why
    /// `ADD` also unpacks archives and fetches addresses: what it does depends on the names of files. `COPY` only copies.
    ///
    /// ## Example
    /// ```dockerfile
    /// FROM debian:13-slim
    /// ADD app.conf /etc/app.conf
    /// ```
    /// ## Use instead
    /// ```dockerfile
    /// FROM debian:13-slim
    /// COPY app.conf /etc/app.conf
    /// ```
    pub(crate) static RULE = {
        id: "DF038", slug: "add-for-copy", control: CopyInstructions, severity: P3,
        aliases: ["hadolint:DL3020", "checkov:CKV_DOCKER_4", "trivy:DS-0005", "dockle:CIS-DI-0009", "docker-bench:4.9"],
        fix: Auto,
        effort: 2,
        check: Stage(check),
    }
}

fn check(stage: &StageContext<'_>, findings: &mut Findings<'_>) {
    const ARCHIVES: [&str; 14] =
        [".tar", ".tar.gz", ".tgz", ".tar.bz2", ".tbz2", ".tbz", ".tar.xz", ".txz", ".tar.zst", ".gz", ".bz2", ".xz", ".Z", ".lzma"];
    for instruction in stage.body() {
        let Command::Add(add) = &instruction.command else { continue };
        let is_plain = |source: &Word| {
            let text = source.text.as_str();
            !(text.contains("://")
                || text.starts_with("git@")
                || text.contains('$')
                || text.contains(['*', '?'])
                || ARCHIVES.iter().any(|end| text.ends_with(end)))
        };
        if add.sources.is_empty() || !add.sources.iter().all(is_plain) {
            continue;
        }
        findings
            .report(instruction.keyword.span, format!("`ADD` copies `{}`", add.sources[0].text))
            .help("write `COPY`")
            .fix("write `COPY`", Edit { span: instruction.keyword.span, replacement: "COPY".to_owned() });
    }
}
