//! DF068 tls-verify-off.

use windlass_dockerfile::Command;

use crate::context::StageContext;
use crate::findings::Findings;
use crate::rule::declare_rule;

declare_rule! {
    /// The verification of TLS certificates is switched off.
    ///
    /// ## Why
    /// Anybody between the build and the server can put something else into the image.
    ///
    /// ## Example
    /// ```dockerfile
    /// FROM debian:13-slim
    /// RUN curl -k https://example.com/a.sh -o /a.sh
    /// ```
    /// ## Use instead
    /// ```dockerfile
    /// FROM debian:13-slim
    /// RUN curl -fsSL https://example.com/a.sh -o /a.sh
    /// ```
    pub(crate) static RULE = {
        id: "DF068", slug: "tls-verify-off", control: PackageTrust, severity: P1,
        aliases: [
            "checkov:CKV2_DOCKER_2", "checkov:CKV2_DOCKER_3", "checkov:CKV2_DOCKER_4", "checkov:CKV2_DOCKER_5",
            "checkov:CKV2_DOCKER_6", "checkov:CKV2_DOCKER_12", "checkov:CKV2_DOCKER_13", "checkov:CKV2_DOCKER_14",
            "checkov:CKV2_DOCKER_15", "checkov:CKV2_DOCKER_16",
        ],
        effort: 10,
        check: Stage(check),
    }
}

fn check(stage: &StageContext<'_>, findings: &mut Findings<'_>) {
    for command in stage.commands() {
        let words = || command.arguments().iter();
        let off = match command.program() {
            "curl" => command.has_flag(&["-k", "--insecure"]),
            "wget" => command.has_flag(&["--no-check-certificate"]),
            "pip" | "pip3" => command.has_flag(&["--trusted-host"]),
            "npm" | "yarn" | "pnpm" => {
                words().any(|word| word.text.contains("strict-ssl")) && words().any(|word| word.text.contains("false"))
            }
            "git" => {
                words().any(|word| word.text.to_ascii_lowercase().contains("http.sslverify"))
                    && words().any(|word| word.text.contains("false") || word.text == "0")
            }
            "yum" | "dnf" | "microdnf" | "tdnf" => {
                words().any(|word| word.text.contains("sslverify=0") || word.text.contains("sslverify=false"))
            }
            _ => false,
        };
        let by_variable = command.assignments.iter().chain(words()).any(|word| is_off(&word.text));
        if off || by_variable {
            findings
                .report(command.span(), format!("`{}` does not verify certificates", command.program()))
                .severity(stage.grade(RULE.severity))
                .help("install the certificate authority: `ca-certificates`, and the company's own");
        }
    }
    for instruction in stage.body() {
        let Command::Env(pairs) = &instruction.command else { continue };
        for pair in pairs.iter().filter(|pair| is_off(&format!("{}={}", pair.name.text, pair.value.text.trim_matches(['"', '\''])))) {
            findings
                .report(pair.name.span, format!("`{}` switches the verification of certificates off", pair.name.text))
                .severity(stage.grade(RULE.severity))
                .help("install the certificate authority instead");
        }
    }
}

fn is_off(assignment: &str) -> bool {
    const OFF: [&str; 6] = [
        "NODE_TLS_REJECT_UNAUTHORIZED=0",
        "PYTHONHTTPSVERIFY=0",
        "GIT_SSL_NO_VERIFY=1",
        "GIT_SSL_NO_VERIFY=true",
        "npm_config_strict_ssl=false",
        "NPM_CONFIG_STRICT_SSL=false",
    ];
    OFF.contains(&assignment)
}
