//! DF076 platform-flag.

use windlass_source::{Edit, Span};

use crate::context::StageContext;
use crate::findings::Findings;
use crate::rule::declare_rule;

declare_rule! {
    /// `FROM --platform` names a fixed platform, or the one that is built for anyway.
    ///
    /// ## Why
    /// With a fixed platform the image is of that kind on every machine, and slow or broken on others.
    ///
    /// ## Example
    /// ```dockerfile
    /// FROM --platform=linux/amd64 debian:13-slim
    /// RUN true
    /// ```
    /// ## Use instead
    /// ```dockerfile
    /// FROM debian:13-slim
    /// RUN true
    /// ```
    pub(crate) static RULE = {
        id: "DF076", slug: "platform-flag", control: DockerfileSyntax, severity: P3,
        seed: "19.3",
        aliases: [
            "hadolint:DL3029", "hadolint:DL3065", "buildkit:FromPlatformFlagConstDisallowed", "buildkit:RedundantTargetPlatform",
            "buildkit:InvalidBaseImagePlatform",
        ],
        effort: 5,
        check: Stage(check),
    }
}

fn check(stage: &StageContext<'_>, findings: &mut Findings<'_>) {
    let Some(flag) = stage.begin.flag("platform") else { return findings.not_applicable() };
    let Some(platform) = &flag.value else { return };
    let is_target = matches!(platform.text.as_str(), "$TARGETPLATFORM" | "${TARGETPLATFORM}");
    if platform.text.contains('$') && !is_target {
        return;
    }
    let whole = flag.name.span.to(platform.span);
    let start = whole.start.saturating_sub(2);
    let edit = is_target.then(|| Edit { span: Span { start, end: platform.span.end + 1, ..whole }, replacement: String::new() });
    let message = if is_target {
        "`--platform=$TARGETPLATFORM` is what is built for anyway".to_owned()
    } else {
        format!("the image is always for `{}`", platform.text)
    };
    findings.report(whole, message).help("leave `--platform` out; a build says it: `docker build --platform`").fix("leave it out", edit);
}
