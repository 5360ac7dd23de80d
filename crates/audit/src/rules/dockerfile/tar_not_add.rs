//! DF039 tar-not-add.

use windlass_dockerfile::Command;

use crate::context::{ShellCommand, StageContext};
use crate::findings::Findings;
use crate::rule::declare_rule;

declare_rule! {
    /// An archive is copied and then unpacked.
    ///
    /// ## Why
    /// The archive stays in its layer beside its content; `ADD` unpacks while it copies.
    ///
    /// ## Example
    /// ```dockerfile
    /// FROM debian:13-slim
    /// COPY app.tar.gz /tmp/
    /// RUN tar xzf /tmp/app.tar.gz -C /srv
    /// ```
    /// ## Use instead
    /// ```dockerfile
    /// FROM debian:13-slim
    /// ADD app.tar.gz /srv/
    /// ```
    pub(crate) static RULE = {
        id: "DF039", slug: "tar-not-add", control: Layers, severity: P3,
        aliases: ["hadolint:DL3010"],
        effort: 5,
        check: Stage(check),
    }
}

fn check(stage: &StageContext<'_>, findings: &mut Findings<'_>) {
    for instruction in stage.body() {
        let (Command::Copy(copy), None) = (&instruction.command, instruction.flag("from")) else { continue };
        let is_archive =
            |name: &str| [".tar", ".tar.gz", ".tgz", ".tar.bz2", ".tar.xz", ".txz", ".tbz2"].iter().any(|end| name.ends_with(end));
        for source in copy.sources.iter().filter(|source| is_archive(&source.text)) {
            let name = source.text.rsplit('/').next().unwrap_or_default();
            let copied =
                if copy.destination.text.ends_with('/') { name } else { copy.destination.text.rsplit('/').next().unwrap_or_default() };
            let unpacks = |command: &&ShellCommand| {
                command.program() == "tar"
                    && command
                        .arguments()
                        .iter()
                        .any(|word| word.text.ends_with(name) || (is_archive(copied) && word.text.ends_with(copied)))
            };
            if let Some(command) = stage.commands().find(unpacks) {
                findings
                    .report(instruction.span, format!("`{}` is copied and then unpacked", source.text))
                    .related(command.span(), "unpacked here")
                    .help("write `ADD`, which unpacks while it copies");
            }
        }
    }
}
