//! Files elsewhere: what docker compose would fetch by git, as an OCI artifact or over HTTP, and Windlass does not.

use windlass_source::{Code, Diagnostic, Span};

const REMOTE: Code = Code("compose::remote-file");

/// How docker compose would fetch `path`; `None` for a path of this machine.
pub(crate) fn kind(path: &str) -> Option<&'static str> {
    let path = path.trim();
    if path.starts_with("oci://") {
        return Some("an OCI artifact");
    }
    if path.starts_with("git@") || path.starts_with("git://") || path.starts_with("ssh://") || path.starts_with("github.com/") {
        return Some("a git repository");
    }
    if path.starts_with("https://") || path.starts_with("http://") {
        let address = path.split('#').next().unwrap_or(path);
        return Some(if address.ends_with(".git") { "a git repository" } else { "a file on the web" });
    }
    None
}

/// Why a remote file is not read, and what to do.
pub(crate) fn refuse(kind: &str, path: &str, attribute: &str, span: Option<Span>) -> Diagnostic {
    Diagnostic::error(REMOTE, format!("`{attribute}` names {kind}, which is not fetched"))
        .at(span)
        .because("what is read must not depend on what a server gives today")
        .help(format!("fetch `{path}` into the project and name the copy, or give the output of `docker compose config`"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_told_from_paths() {
        assert_eq!(kind("https://github.com/acme/shop.git#v1:deploy"), Some("a git repository"));
        assert_eq!(kind("https://example.com/compose.yaml"), Some("a file on the web"));
        assert_eq!(kind("oci://registry.example.com/shop:1"), Some("an OCI artifact"));
        assert_eq!(kind("../github/compose.yaml"), None);
        assert_eq!(kind("/srv/compose.yaml"), None);
    }
}
