//! CO050 port-ssh.

use crate::context::{Reach, ServiceContext};
use crate::findings::Findings;
use crate::rule::declare_rule;

declare_rule! {
    /// A container publishes an SSH server.
    ///
    /// Not where that is what the image is for: Git and file transfer.
    ///
    /// ## Why
    /// Each SSH server is one more to patch and to guard, with keys and passwords of its own. `docker exec` needs none.
    ///
    /// ## Example
    /// ```yaml
    /// services:
    ///   app:
    ///     image: acme/app:1.4
    ///     ports:
    ///       - "2222:22"
    /// ```
    /// ## Use instead
    /// ```yaml
    /// services:
    ///   app:
    ///     image: acme/app:1.4
    ///     ports:
    ///       - "8080:80"
    /// ```
    pub(crate) static RULE = {
        id: "CO050", slug: "port-ssh", control: RemoteAccess, severity: P2,
        aliases: ["docker-bench:5.7"],
        effort: 30,
        check: Service(check),
    }
}

fn check(service: &ServiceContext<'_>, findings: &mut Findings<'_>) {
    for port in service.ports.iter().filter(|port| port.value.target.value == 22) {
        let offers = service.image().filter(|image| image.ports.iter().any(|port| port.port == 22 || port.port == 2222));
        if let Some(image) = offers {
            return findings.exempt(format!("`{}` serves its users over SSH", image.name));
        }
        let named = |name: &str| ["git", "sftp", "sshd"].iter().any(|word| name.contains(word));
        if named(service.name()) || service.reference().is_some_and(|reference| named(reference.name())) {
            return findings.exempt("it serves its users over SSH, by its name");
        }
        if ServiceContext::reach_of(&port.value) != Reach::Public {
            continue;
        }
        findings
            .report(port.span().or(service.key_span()), format!("`{}` publishes SSH", service.name()))
            .severity(service.grade(RULE.severity))
            .help("use `docker exec`, and leave the server out of the image");
    }
}
