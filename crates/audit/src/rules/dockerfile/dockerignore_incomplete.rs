//! DI002 dockerignore-incomplete.

use windlass_source::{Edit, Span};

use crate::context::DockerfileContext;
use crate::findings::Findings;
use crate::rule::declare_rule;

declare_rule! {
    /// `.dockerignore` lets through what has no place in an image that copies everything: `.git`, `.env`, dependencies, secrets.
    ///
    /// Only what the project has, or has on the machines of people who work on it, counts; and only where a stage copies its whole context.
    ///
    /// ## Why
    /// History and secrets are in the image for good; dependencies of the machine replace those of the build.
    ///
    /// ## Example
    /// ```dockerfile
    /// FROM python:3.13-slim
    /// COPY . /app
    /// ```
    /// ```dockerignore
    /// *.pyc
    /// ```
    /// ## Use instead
    /// ```dockerfile
    /// FROM python:3.13-slim
    /// COPY . /app
    /// ```
    /// ```dockerignore
    /// .git
    /// .env*
    /// ```
    pub(crate) static RULE = {
        id: "DI002", slug: "dockerignore-incomplete", control: BuildContext, severity: P2,
        seed: "6.2",
        fix: Auto,
        effort: 5,
        check: Dockerfile(check),
    }
}

fn check(dockerfile: &DockerfileContext<'_>, findings: &mut Findings<'_>) {
    let copies_all = dockerfile.stages().any(|stage| stage.copy_of_everything().is_some());
    let (Some((file, ignore)), true) = (dockerfile.ignore_file(), copies_all) else { return findings.not_applicable() };
    // Always there, if for some people only; or there when the manifest is.
    let wanted = [
        (".git", None),
        (".env", None),
        ("node_modules", Some("package.json")),
        ("vendor", Some("composer.json")),
        ("secrets", Some("secrets")),
    ];
    let is_there = |sign: Option<&str>| sign.is_none_or(|sign| dockerfile.has_in_context(sign));
    let missing: Vec<String> =
        wanted.iter().filter(|(path, sign)| is_there(*sign) && !ignore.is_ignored(path)).map(|(path, _)| format!("`{path}`")).collect();
    if missing.is_empty() {
        return;
    }
    let text = dockerfile.context().sources().file(file).text();
    let lines: Vec<String> = missing.iter().map(|path| path.trim_matches('`').to_owned()).collect();
    let line_break = if text.is_empty() || text.ends_with('\n') { "" } else { "\n" };
    let end = Span::new(file, text.len()..text.len());
    let first = Span::new(file, 0..text.find('\n').unwrap_or(text.len()));
    findings
        .report(first, format!("{} go into the build's context", missing.join(", ")))
        .help("leave them out")
        .fix("leave them out", Edit { span: end, replacement: format!("{line_break}{}\n", lines.join("\n")) });
}
