//! CO059 volume-unused.

use crate::context::StackContext;
use crate::findings::Findings;
use crate::rule::declare_rule;

declare_rule! {
    /// A volume is declared and no service mounts it.
    ///
    /// ## Why
    /// A reader believes that data is kept there, while it is kept elsewhere or nowhere.
    ///
    /// ## Example
    /// ```yaml
    /// services:
    ///   db:
    ///     image: postgres:17
    ///     volumes:
    ///       - db-data:/var/lib/postgresql/data
    /// volumes:
    ///   db-data:
    ///   old-data:
    /// ```
    /// ## Use instead
    /// ```yaml
    /// services:
    ///   db:
    ///     image: postgres:17
    ///     volumes:
    ///       - db-data:/var/lib/postgresql/data
    /// volumes:
    ///   db-data:
    /// ```
    pub(crate) static RULE = {
        id: "CO059", slug: "volume-unused", control: Mounts, severity: P2,
        fix: Auto,
        effort: 2,
        check: Stack(check),
    }
}

fn check(stack: &StackContext<'_>, findings: &mut Findings<'_>) {
    let unused = stack.unused("volumes");
    if unused.is_empty() && stack.project().volumes.is_empty() {
        return findings.not_applicable();
    }
    for key in unused {
        findings
            .report(key.span.or(stack.key_span("volumes")), format!("no service mounts the volume `{}`", key.name()))
            .help("mount it where it is needed, or remove it")
            .fix("remove it", stack.remove("volumes", &key));
    }
}
