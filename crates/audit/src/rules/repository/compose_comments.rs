//! DO003 compose-comments.

use windlass_source::Span;

use crate::context::StackContext;
use crate::findings::Findings;
use crate::rule::declare_rule;

declare_rule! {
    /// A long compose file has no comment.
    ///
    /// Reported from forty lines on.
    ///
    /// ## Why
    /// What each service is for and why a value is what it is stands nowhere else; the next person guesses.
    ///
    /// ## Example
    /// ```yaml
    /// services:
    ///   app0:
    ///     image: acme/app:1.4
    ///     environment:
    ///       LOG_LEVEL: info
    ///     ports:
    ///       - "127.0.0.1:8080:80"
    ///     restart: unless-stopped
    ///   app1:
    ///     image: acme/app:1.4
    ///     environment:
    ///       LOG_LEVEL: info
    ///     ports:
    ///       - "127.0.0.1:8081:80"
    ///     restart: unless-stopped
    ///   app2:
    ///     image: acme/app:1.4
    ///     environment:
    ///       LOG_LEVEL: info
    ///     ports:
    ///       - "127.0.0.1:8082:80"
    ///     restart: unless-stopped
    ///   app3:
    ///     image: acme/app:1.4
    ///     environment:
    ///       LOG_LEVEL: info
    ///     ports:
    ///       - "127.0.0.1:8083:80"
    ///     restart: unless-stopped
    ///   app4:
    ///     image: acme/app:1.4
    ///     environment:
    ///       LOG_LEVEL: info
    ///     ports:
    ///       - "127.0.0.1:8084:80"
    ///     restart: unless-stopped
    ///   app5:
    ///     image: acme/app:1.4
    ///     environment:
    ///       LOG_LEVEL: info
    ///     ports:
    ///       - "127.0.0.1:8085:80"
    ///     restart: unless-stopped
    /// ```
    /// ## Use instead
    /// ```yaml
    /// # Six instances behind the proxy of the machine.
    /// services:
    ///   app0:
    ///     image: acme/app:1.4
    ///     environment:
    ///       LOG_LEVEL: info
    ///     ports:
    ///       - "127.0.0.1:8080:80"
    ///     restart: unless-stopped
    ///   app1:
    ///     image: acme/app:1.4
    ///     environment:
    ///       LOG_LEVEL: info
    ///     ports:
    ///       - "127.0.0.1:8081:80"
    ///     restart: unless-stopped
    ///   app2:
    ///     image: acme/app:1.4
    ///     environment:
    ///       LOG_LEVEL: info
    ///     ports:
    ///       - "127.0.0.1:8082:80"
    ///     restart: unless-stopped
    ///   app3:
    ///     image: acme/app:1.4
    ///     environment:
    ///       LOG_LEVEL: info
    ///     ports:
    ///       - "127.0.0.1:8083:80"
    ///     restart: unless-stopped
    ///   app4:
    ///     image: acme/app:1.4
    ///     environment:
    ///       LOG_LEVEL: info
    ///     ports:
    ///       - "127.0.0.1:8084:80"
    ///     restart: unless-stopped
    ///   app5:
    ///     image: acme/app:1.4
    ///     environment:
    ///       LOG_LEVEL: info
    ///     ports:
    ///       - "127.0.0.1:8085:80"
    ///     restart: unless-stopped
    /// ```
    pub(crate) static RULE = {
        id: "DO003", slug: "compose-comments", control: Comments, severity: P3,
        seed: "18.1",
        effort: 20,
        check: Stack(check),
    }
}

fn check(stack: &StackContext<'_>, findings: &mut Findings<'_>) {
    let mut is_known = false;
    for file in stack.file_ids() {
        let text = stack.context().sources().file(*file).text();
        let lines = text.lines().filter(|line| !line.trim().is_empty()).count();
        if lines < 40 {
            continue;
        }
        is_known = true;
        if text.lines().any(|line| line.trim_start().starts_with('#') || line.contains(" # ")) {
            continue;
        }
        let first = text.lines().next().unwrap_or_default().len();
        findings
            .report(Span::new(*file, 0..first), format!("{lines} lines without a comment"))
            .help("say what each service is for, and why a value is what it is");
    }
    if !is_known {
        findings.not_applicable();
    }
}
