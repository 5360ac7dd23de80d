//! CO021 rootfs-writable.

use crate::context::ServiceContext;
use crate::findings::Findings;
use crate::rule::declare_rule;

declare_rule! {
    /// A container can write to the files of its image.
    ///
    /// ## Why
    /// Who breaks into it can change its programs and put others beside them. `read_only: true` prevents that; what has to be written
    /// goes to volumes and `tmpfs`.
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
    ///     read_only: true
    ///     tmpfs:
    ///       - /tmp
    /// ```
    pub(crate) static RULE = {
        id: "CO021", slug: "rootfs-writable", control: RuntimeHardening, severity: P2,
        seed: "5.1, 5.2, 19.2, 24.1",
        aliases: ["compose-lint:CL-0007", "docker-bench:5.13"],
        fix: Suggest,
        effort: 30,
        check: Service(check),
    }
}

fn check(service: &ServiceContext<'_>, findings: &mut Findings<'_>) {
    if service.read_only.as_ref().is_some_and(|flag| flag.value) {
        return;
    }
    let known = service.image().filter(|image| service.is_image_known() && !image.writable.is_empty());
    let paths = known.map_or_else(|| "/tmp".to_owned(), |image| image.writable.join("`, `"));
    findings
        .report(service.key_span(), format!("`{}` can write to the files of its image", service.name()))
        .help(format!("add `read_only: true`, and `tmpfs` for what it writes: `{paths}`"))
        .suggest("make its root file system read-only", service.insert("read_only", "true"));
}
