//! CO051 default-network.

use crate::context::StackContext;
use crate::findings::Findings;
use crate::rule::declare_rule;

declare_rule! {
    /// All services of the stack are on the network that Compose makes by itself; none is declared.
    ///
    /// ## Why
    /// Every service reaches every other, so who breaks into one can try them all.
    ///
    /// ## Example
    /// ```yaml
    /// services:
    ///   app:
    ///     image: acme/app:1.4
    ///   db:
    ///     image: postgres:17
    /// ```
    /// ## Use instead
    /// ```yaml
    /// services:
    ///   app:
    ///     image: acme/app:1.4
    ///     networks: [backend]
    ///   db:
    ///     image: postgres:17
    ///     networks: [backend]
    /// networks:
    ///   backend:
    /// ```
    pub(crate) static RULE = {
        id: "CO051", slug: "default-network", control: NetworkIsolation, severity: P3,
        seed: "3.1, 5.1",
        aliases: ["kics:networks_not_set", "docker-bench:5.30"],
        effort: 15,
        check: Stack(check),
    }
}

fn check(stack: &StackContext<'_>, findings: &mut Findings<'_>) {
    let networked: Vec<_> = stack.services().filter(|service| service.network_mode.is_none()).collect();
    if networked.len() < 2 {
        return findings.not_applicable();
    }
    if networked.iter().all(|service| service.network_names() == ["default"]) && stack.written().all(|file| file.get("networks").is_none())
    {
        findings
            .report(stack.key_span("services"), "every service reaches every other: no network is declared")
            .help("declare `networks`, and list in each service those that it needs");
    }
}
