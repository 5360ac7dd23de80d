//! PH007 upload-sizes.

use windlass_conf::ini::{Dialect, Entry, Ini};

use crate::context::{ConfigContext, replace};
use crate::findings::Findings;
use crate::rule::declare_rule;

declare_rule! {
    /// PHP accepts files that are larger than the request that would carry them.
    ///
    /// `post_max_size` is 8 MB where it is not set, `upload_max_filesize` 2 MB.
    ///
    /// ## Why
    /// A request above `post_max_size` arrives empty: the form looks as if nothing had been filled in.
    ///
    /// ## Example
    /// ```ini docker/uploads.ini
    /// upload_max_filesize = 64M
    /// ```
    /// ## Use instead
    /// ```ini docker/uploads.ini
    /// upload_max_filesize = 64M
    /// post_max_size = 72M
    /// ```
    pub(crate) static RULE = {
        id: "PH007", slug: "upload-sizes", control: PhpSettings, severity: P3,
        seed: "9.1",
        fix: Auto,
        effort: 5,
        check: Php(check),
    }
}

fn check(config: &ConfigContext<'_>, php: &Ini, findings: &mut Findings<'_>) {
    let Some(upload) = php.get("upload_max_filesize") else { return findings.not_applicable() };
    let post = php.get("post_max_size").or_else(|| config.services().find_map(|(service, _)| service.php_setting("post_max_size")));
    let size = |entry: &Entry| Dialect::Php.bytes(entry.text());
    let Some(file) = size(upload) else { return };
    let Some(request) = post.map_or(Some(8 << 20), size).filter(|bytes| *bytes > 0) else { return };
    if request >= file {
        return;
    }
    let value = upload.text();
    let shown = post.map_or("8M by default", |post| post.text());
    let edit = match post {
        None => Some(config.line_after(upload.span, &format!("post_max_size = {value}"))),
        Some(post) => (post.span.file == config.file_id()).then(|| replace(post.value_span(), value)),
    };
    let finding = findings.report(upload.span, format!("files of {value} are accepted, requests of {shown}"));
    finding
        .severity(config.grade(RULE.severity))
        .help(format!("write `post_max_size = {value}` or more"))
        .fix("accept requests of that size", edit);
    if let Some(post) = post {
        finding.related(post.span, "what a request may be");
    }
}
