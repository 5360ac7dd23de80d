//! DF012 base-eol.

use crate::context::StageContext;
use crate::findings::Findings;
use crate::rule::declare_rule;

declare_rule! {
    /// The base image is of a release that nobody maintains any more.
    ///
    /// ## Why
    /// No defect of it is repaired; every scan finds more.
    ///
    /// ## Example
    /// ```dockerfile
    /// FROM node:16-slim
    /// ```
    /// ## Use instead
    /// ```dockerfile
    /// FROM node:22-slim
    /// ```
    pub(crate) static RULE = {
        id: "DF012", slug: "base-eol", control: TrustedImages, severity: P2,
        aliases: ["trivy:`--exit-on-eol`"],
        effort: 60,
        check: Stage(check),
    }
}

fn check(stage: &StageContext<'_>, findings: &mut Findings<'_>) {
    /// Image, and the lowest version that is maintained (as of 2025).
    const MAINTAINED: [(&str, u32, u32); 9] = [
        ("alpine", 3, 19),
        ("centos", 9, 0),
        ("debian", 11, 0),
        ("golang", 1, 23),
        ("node", 20, 0),
        ("php", 8, 1),
        ("python", 3, 9),
        ("ruby", 3, 2),
        ("ubuntu", 22, 4),
    ];
    const NAMES: [(&str, &[&str]); 2] =
        [("debian", &["buster", "stretch", "jessie", "wheezy"]), ("ubuntu", &["focal", "bionic", "xenial", "trusty", "precise"])];
    let Some(base) = stage.base() else { return findings.not_applicable() };
    let (name, Some(tag)) = (base.familiar_name(), base.tag()) else { return };
    let number = tag.split('-').next().unwrap_or_default();
    let mut parts = number.split('.').map(str::parse::<u32>);
    let (major, minor) = (parts.next().and_then(Result::ok), parts.next().and_then(Result::ok));
    let by_number = MAINTAINED.iter().find(|(own, ..)| *own == name).is_some_and(|(_, least, least_minor)| {
        major.is_some_and(|major| major < *least || (major == *least && minor.is_some_and(|minor| minor < *least_minor)))
    });
    let by_name = NAMES.iter().any(|(own, codes)| *own == name && codes.iter().any(|code| tag.starts_with(code)));
    if by_number || by_name {
        findings
            .report(stage.from.image.span, format!("`{base}` is no longer maintained"))
            .severity(stage.grade(RULE.severity))
            .help("take a release that gets security updates");
    }
}
