//! CO035 image-latest.

use crate::context::{Role, ServiceContext};
use crate::findings::Findings;
use crate::rule::declare_rule;
use crate::severity::{Grade, Severity};

declare_rule! {
    /// An image has no tag, or one that moves: `latest`, `stable`, `edge` and their like.
    ///
    /// ## Why
    /// Each pull may bring another version. What ran yesterday can't be had again, and nobody knows what runs on which machine.
    ///
    /// ## Example
    /// ```yaml
    /// services:
    ///   db:
    ///     image: postgres:latest
    /// ```
    /// ## Use instead
    /// ```yaml
    /// services:
    ///   db:
    ///     image: postgres:17.6
    /// ```
    pub(crate) static RULE = {
        id: "CO035", slug: "image-latest", control: PinnedVersions, severity: P2,
        seed: "12.1, 14.1",
        aliases: ["dclint:service-image-require-explicit-tag", "compose-lint:CL-0004"],
        effort: 10,
        check: Service(check),
    }
}

fn check(service: &ServiceContext<'_>, findings: &mut Findings<'_>) {
    let Some(reference) = service.reference().filter(|_| service.is_pulled() && !service.has_unset_tag()) else {
        return findings.not_applicable();
    };
    let moves = match reference.tag() {
        _ if reference.digest().is_some() => None,
        None => Some("no tag, which means `latest`".to_owned()),
        Some(tag) => reference.is_moving().then(|| format!("the tag `{tag}`, which moves")),
    };
    let Some(moves) = moves else { return };
    findings
        .report(service.image_span(), format!("`{}` has {moves}", reference.familiar_name()))
        .severity(match service.role() {
            role @ (Role::Monitoring | Role::Admin | Role::DevTool) => {
                Grade::new(Severity::P3, format!("its role is {}: no user notices another version", role.as_str()))
            }
            _ => service.grade(RULE.severity),
        })
        .help("name a version: `NAME:1.2.3`");
}
