//! DF067 secret-in-image.

use windlass_dockerfile::Command;
use windlass_images::credentials::is_credential_name;

use crate::context::StageContext;
use crate::findings::Findings;
use crate::rule::declare_rule;

declare_rule! {
    /// A secret stands in the image: in `ENV`, `ARG`, or a file that is copied.
    ///
    /// Names tell (`…_PASSWORD`, `…_TOKEN`); placeholders and empty values are left alone.
    ///
    /// ## Why
    /// Whoever has the image has the secret: `docker history` prints it, and no later layer takes it away.
    ///
    /// ## Example
    /// ```dockerfile
    /// FROM debian:13-slim
    /// ENV DB_PASSWORD=kT9vQ2mXw8
    /// ```
    /// ## Use instead
    /// ```dockerfile
    /// FROM debian:13-slim
    /// RUN --mount=type=secret,id=db_password true
    /// ```
    pub(crate) static RULE = {
        id: "DF067", slug: "secret-in-image", control: Secrets, severity: P1,
        seed: "5.1",
        aliases: ["hadolint:DL3064", "trivy:DS-0031", "buildkit:SecretsUsedInArgOrEnv", "dockle:CIS-DI-0010", "docker-bench:4.10"],
        effort: 30,
        check: Stage(check),
    }
}

fn check(stage: &StageContext<'_>, findings: &mut Findings<'_>) {
    for instruction in stage.body() {
        match &instruction.command {
            Command::Env(pairs) => {
                for pair in pairs.iter().filter(|pair| is_secret(&pair.name.text, &pair.value.text)) {
                    findings
                        .report(pair.name.span, format!("`{}` stands in the image", pair.name.text))
                        .severity(stage.grade(RULE.severity))
                        .help("give it to the container when it starts, as a secret");
                }
            }
            Command::Arg(arguments) => {
                for argument in arguments.iter().filter(|argument| is_credential_name(&argument.name.text)) {
                    findings
                        .report(argument.name.span, format!("`ARG {}` is kept in the history of the image", argument.name.text))
                        .severity(stage.grade(RULE.severity))
                        .help("write `RUN --mount=type=secret,id=NAME`");
                }
            }
            Command::Copy(copy) | Command::Add(copy) if instruction.flag("from").is_none() && stage.is_in_shipped_chain() => {
                for source in copy.sources.iter().filter(|source| is_secret_path(&source.text)) {
                    findings
                        .report(source.span, format!("`{}` is copied into the image", source.text))
                        .severity(stage.grade(RULE.severity))
                        .help("mount it when the container starts, as a secret");
                }
            }
            _ => {}
        }
    }
}

fn is_secret(name: &str, value: &str) -> bool {
    let value = value.trim_matches(['"', '\'']);
    let is_placeholder = value.is_empty()
        || value.starts_with('/')
        || value.eq_ignore_ascii_case("changeme")
        || value.contains(['<', '{']) && !value.contains('$');
    is_credential_name(name) && !is_placeholder
}

fn is_secret_path(path: &str) -> bool {
    let name = path.rsplit('/').next().unwrap_or_default();
    matches!(
        name,
        ".env" | ".env.production" | ".env.prod" | ".npmrc" | ".netrc" | ".pgpass" | ".htpasswd" | "id_rsa" | "id_ed25519" | "id_ecdsa"
    ) || name.ends_with(".key")
        || name.ends_with(".pfx")
        || name.ends_with(".p12")
}
