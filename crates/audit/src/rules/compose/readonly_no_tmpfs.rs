//! CO022 readonly-no-tmpfs.

use crate::context::ServiceContext;
use crate::findings::Findings;
use crate::rule::declare_rule;

declare_rule! {
    /// A container with a read-only root file system has nothing writable where its image must write.
    ///
    /// Only images whose paths are known are looked at.
    ///
    /// ## Why
    /// The program fails when it first writes there, perhaps only on an upload or a restart.
    ///
    /// ## Example
    /// ```yaml
    /// services:
    ///   web:
    ///     image: nginx:1.29
    ///     read_only: true
    /// ```
    /// ## Use instead
    /// ```yaml
    /// services:
    ///   web:
    ///     image: nginx:1.29
    ///     read_only: true
    ///     tmpfs:
    ///       - /var/cache/nginx
    ///       - /run
    ///       - /var/run
    ///       - /tmp
    /// ```
    pub(crate) static RULE = {
        id: "CO022", slug: "readonly-no-tmpfs", control: RuntimeHardening, severity: P3,
        seed: "5.2, 19.2",
        effort: 5,
        check: Service(check),
    }
}

fn check(service: &ServiceContext<'_>, findings: &mut Findings<'_>) {
    let is_read_only = service.read_only.as_ref().is_some_and(|flag| flag.value);
    let Some(image) = service.image().filter(|_| is_read_only && service.is_image_known()) else { return findings.not_applicable() };
    let missing: Vec<&str> = image.writable.iter().map(String::as_str).filter(|path| !service.is_writable_at(path)).collect();
    // It may be told to write elsewhere: `KONG_PREFIX: /var/run/kong`.
    let is_moved = service
        .environment
        .iter()
        .filter_map(|entry| entry.value.as_ref())
        .any(|value| value.value.starts_with('/') && service.is_writable_at(&value.value));
    if missing.is_empty() || is_moved {
        return;
    }
    let paths = missing.join("`, `");
    findings
        .report(service.attribute_span("read_only"), format!("`{}` cannot write to `{paths}`", service.name()))
        .because(format!("`{}` writes there by its documentation", image.name))
        .help("add `tmpfs` or a volume there");
}
