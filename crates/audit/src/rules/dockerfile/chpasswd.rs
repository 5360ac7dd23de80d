//! DF070 chpasswd.

use crate::context::StageContext;
use crate::findings::Findings;
use crate::rule::declare_rule;

declare_rule! {
    /// A password is set in the image, or taken away.
    ///
    /// ## Why
    /// Whoever has the image knows the password, and an empty one needs no knowing.
    ///
    /// ## Example
    /// ```dockerfile
    /// FROM debian:13-slim
    /// RUN echo "root:secret" | chpasswd
    /// ```
    /// ## Use instead
    /// ```dockerfile
    /// FROM debian:13-slim
    /// RUN useradd --no-create-home app
    /// ```
    pub(crate) static RULE = {
        id: "DF070", slug: "chpasswd", control: Secrets, severity: P1,
        aliases: ["checkov:CKV2_DOCKER_17", "dockle:DKL-LI-0001"],
        effort: 10,
        check: Stage(check),
    }
}

fn check(stage: &StageContext<'_>, findings: &mut Findings<'_>) {
    for command in stage.commands() {
        let is_set = match command.program() {
            "chpasswd" => true,
            "passwd" => command.has_flag(&["-d", "--delete", "--stdin"]),
            "useradd" | "usermod" => {
                command.has_flag(&["-p", "--password"]) && !command.has_flag(&["-l", "--login"]) || command.has_flag(&["--password"])
            }
            _ => false,
        };
        if is_set {
            findings
                .report(command.span(), format!("`{}` sets a password in the image", command.program()))
                .severity(stage.grade(RULE.severity))
                .help("leave users without a password: nobody logs in to a container");
        }
    }
}
