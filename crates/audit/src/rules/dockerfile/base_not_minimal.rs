//! DF013 base-not-minimal.

use crate::context::StageContext;
use crate::findings::Findings;
use crate::rule::declare_rule;

declare_rule! {
    /// The image is built on a full distribution although its base has a smaller variant.
    ///
    /// ## Why
    /// Compilers, headers and tools that nothing runs: hundreds of megabytes, and most of what scans find.
    ///
    /// ## Example
    /// ```dockerfile
    /// FROM python:3.13
    /// COPY app.py /app.py
    /// CMD ["python", "/app.py"]
    /// ```
    /// ## Use instead
    /// ```dockerfile
    /// FROM python:3.13-slim
    /// COPY app.py /app.py
    /// CMD ["python", "/app.py"]
    /// ```
    pub(crate) static RULE = {
        id: "DF013", slug: "base-not-minimal", control: ImageSize, severity: P3,
        seed: "1.1, 5.1, 6.3, 11.3, 19.3",
        effort: 60,
        check: Stage(check),
    }
}

fn check(stage: &StageContext<'_>, findings: &mut Findings<'_>) {
    /// Images with smaller variants, and what those are called.
    const VARIANTS: [(&str, &str); 9] = [
        ("debian", "slim"),
        ("eclipse-temurin", "jre-alpine"),
        ("node", "slim"),
        ("openjdk", "slim"),
        ("perl", "slim"),
        ("php", "alpine"),
        ("python", "slim"),
        ("ruby", "slim"),
        ("rust", "slim"),
    ];
    if !stage.is_in_shipped_chain() {
        return findings.not_applicable();
    }
    let Some(base) = stage.base() else { return findings.not_applicable() };
    let Some((name, variant)) = VARIANTS.iter().find(|(name, _)| *name == base.familiar_name()) else { return findings.not_applicable() };
    let tag = base.tag().unwrap_or_default();
    if ["slim", "alpine", "minimal", "distroless", "jre", "busybox"].iter().any(|small| tag.contains(small)) {
        return;
    }
    findings
        .report(stage.from.image.span, format!("`{}` is a full distribution; `{name}` has a `{variant}` variant", stage.from.image.text))
        .help(format!("build on the `{variant}` variant, and install what is missing"));
}
