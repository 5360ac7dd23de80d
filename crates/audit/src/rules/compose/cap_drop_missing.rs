//! CO019 cap-drop-missing.

use crate::context::ServiceContext;
use crate::findings::Findings;
use crate::rule::declare_rule;

declare_rule! {
    /// A container keeps the capabilities that Docker gives to everybody.
    ///
    /// ## Why
    /// Fourteen capabilities are there by default, among them to change owners of files, to write raw packets and to make devices. Few
    /// programs need any.
    ///
    /// ## Example
    /// ```yaml
    /// services:
    ///   app:
    ///     image: acme/app:1.4
    /// ```
    /// ## Use instead
    /// ```yaml
    /// services:
    ///   app:
    ///     image: acme/app:1.4
    ///     cap_drop:
    ///       - ALL
    /// ```
    pub(crate) static RULE = {
        id: "CO019", slug: "cap-drop-missing", control: Capabilities, severity: P2,
        seed: "5.2",
        aliases: ["kics:check_cap_add_cap_drop", "compose-lint:CL-0006", "docker-bench:5.4"],
        fix: Suggest,
        effort: 15,
        check: Service(check),
    }
}

fn check(service: &ServiceContext<'_>, findings: &mut Findings<'_>) {
    if service.cap_drop.iter().any(|dropped| dropped.value.eq_ignore_ascii_case("ALL")) {
        return;
    }
    let known = service.image().filter(|_| service.is_image_known() && service.model().build.is_none());
    let needed = known.map(|image| image.capabilities.join("`, `")).filter(|needed| !needed.is_empty());
    let help = match needed {
        Some(needed) => format!("add `cap_drop: [ALL]`, and to `cap_add` what this image needs: `{needed}`"),
        None => "add `cap_drop: [ALL]`, and to `cap_add` what it turns out to need".to_owned(),
    };
    findings
        .report(service.key_span(), format!("`{}` keeps Docker's default capabilities", service.name()))
        .help(help)
        .suggest("take all capabilities away", service.append("cap_drop", "ALL"));
}
