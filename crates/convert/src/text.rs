//! Text on its way into a container.

/// `text` so that Kubernetes leaves it as it is: it replaces `$(NAME)` in env, command and args, and reads `$$` as `$`.
/// Only a `$` before `(` or `$` has a meaning there.
pub(crate) fn literal(text: &str) -> String {
    if !text.bytes().any(|byte| byte == b'$') {
        return text.to_owned();
    }
    let mut escaped = String::with_capacity(text.len() + 8);
    let mut rest = text.chars().peekable();
    while let Some(character) = rest.next() {
        escaped.push(character);
        if character == '$' && matches!(rest.peek(), Some('(' | '$')) {
            escaped.push('$');
        }
    }
    escaped
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What the kubelet makes of a text when no variable is known (`k8s.io/kubernetes/third_party/forked/golang/expansion`).
    fn expand(text: &str) -> String {
        let mut out = String::new();
        let mut rest = text.chars().peekable();
        while let Some(character) = rest.next() {
            if character == '$' && rest.peek() == Some(&'$') {
                rest.next();
            }
            out.push(character);
        }
        out
    }

    #[test]
    fn what_kubernetes_would_expand_comes_out_as_it_was_meant() {
        for text in ["", "a", "$", "$$", "$$$", "$(A)", "$$(A)", "${A}", "a$", "$($(A))", "cost: $5 $$"] {
            assert_eq!(expand(&literal(text)), text, "{text}");
        }
        assert_eq!(literal("$(date)"), "$$(date)");
        assert_eq!(literal("${HOME}/$5"), "${HOME}/$5");
    }
}
