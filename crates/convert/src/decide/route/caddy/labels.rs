//! Labels of caddy-docker-proxy as the tree of directives that they stand for (its documentation, "Labels to Caddyfile conversion"): dots
//! nest, `_1` behind a name or `1_` before it keeps two of one name apart, values are arguments.

use smol_str::SmolStr;
use windlass_compose::model::Labels;
use windlass_yaml::Path;

/// A directive, a matcher (`@name`) or an option of one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Directive {
    /// Without what keeps it apart.
    pub(super) name: SmolStr,
    pub(super) arguments: Vec<SmolStr>,
    /// The label that writes it: the place of its service in the project, and its path beneath it. `None` for one that is only named by
    /// what it holds.
    pub(super) at: Option<(usize, Path)>,
    pub(super) block: Vec<Self>,
    /// As it is written.
    key: SmolStr,
}

/// `caddy` or `caddy_1`, or what comes before the first dot of such a label.
pub(super) fn is_site(name: &str) -> bool {
    let number = |number: &str| !number.is_empty() && number.bytes().all(|byte| byte.is_ascii_digit());
    name == "caddy" || name.strip_prefix("caddy_").is_some_and(number)
}

/// The directives beneath a site's label, in the order in which they are written.
pub(super) fn block_of(site: &str, labels: &Labels, labels_at: &Path, service: usize) -> Vec<Directive> {
    let mut block = Vec::new();
    for label in labels {
        let Some(rest) = label.name.strip_prefix(site).and_then(|rest| rest.strip_prefix('.')) else { continue };
        let at = (service, labels_at.key(&label.name.value));
        let mut inner = &mut block;
        let mut parts = rest.split('.').peekable();
        while let Some(part) = parts.next() {
            let place = inner.iter().position(|known: &Directive| known.key == part).unwrap_or_else(|| {
                inner.push(Directive { name: bare(part).into(), arguments: Vec::new(), at: None, block: Vec::new(), key: part.into() });
                inner.len() - 1
            });
            if parts.peek().is_none() {
                inner[place].arguments = arguments(&label.value);
                inner[place].at = Some(at.clone());
            }
            inner = &mut inner[place].block;
        }
    }
    block
}

/// A name without the number that keeps it apart: `0_reverse_proxy`, `handle_path_1`.
fn bare(part: &str) -> &str {
    let is_number = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    let part = part.split_once('_').filter(|(number, _)| is_number(number)).map_or(part, |(_, name)| name);
    part.rsplit_once('_').filter(|(_, number)| is_number(number)).map_or(part, |(name, _)| name)
}

/// The words of a value: quotes and braces of templates keep theirs together.
fn arguments(text: &str) -> Vec<SmolStr> {
    let mut words = Vec::new();
    let mut rest = text.trim_start();
    while let Some(first) = rest.chars().next() {
        let (word, after) = match first {
            '"' | '`' => match rest[1..].split_once(first) {
                Some((word, after)) => (word.to_owned(), after),
                None => (rest[1..].to_owned(), ""),
            },
            _ => {
                let template = rest.find("{{").filter(|start| !rest[..*start].contains(char::is_whitespace));
                let from = template.and_then(|start| Some(start + rest[start..].find("}}")? + 2)).unwrap_or(0);
                let end = rest[from..].find(char::is_whitespace).map_or(rest.len(), |at| from + at);
                (rest[..end].to_owned(), &rest[end..])
            }
        };
        words.push(word.into());
        rest = after.trim_start();
    }
    words
}

impl Directive {
    /// With the arguments of an `import` in the places of a snippet's.
    pub(super) fn with_arguments(&self, given: &[SmolStr]) -> Self {
        let filled = |word: &SmolStr| {
            given.iter().enumerate().fold(word.clone(), |word, (at, given)| {
                let places = [format!("{{args[{at}]}}"), format!("{{args.{at}}}")];
                places.iter().fold(word, |word, place| if word.contains(place) { word.replace(place, given).into() } else { word })
            })
        };
        let mut filled_in = self.clone();
        filled_in.arguments = self.arguments.iter().map(filled).collect();
        filled_in.block = self.block.iter().map(|inner| inner.with_arguments(given)).collect();
        filled_in
    }

    /// The labels of it and of all that it holds.
    pub(super) fn labels(&self) -> Vec<(usize, Path)> {
        self.at.iter().cloned().chain(self.block.iter().flat_map(Self::labels)).collect()
    }

    /// An option in its block.
    pub(super) fn option(&self, name: &str) -> Option<&Self> {
        self.block.iter().find(|option| option.name == name)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_words_and_templates_are_one() {
        let words = |text: &str| arguments(text).join("|");
        assert_eq!(words("{{upstreams http 8080}}"), "{{upstreams http 8080}}");
        assert_eq!(words("/api/*  {{ upstreams 80 }} other:1"), "/api/*|{{ upstreams 80 }}|other:1");
        assert_eq!(words("https://{{upstreams 443}} x"), "https://{{upstreams 443}}|x");
        assert_eq!(words("/ \"Hello World\" 200 `a b`"), "/|Hello World|200|a b");
        assert_eq!(words("\"open"), "open");
        assert_eq!(words("  "), "");
    }

    #[test]
    fn numbers_keep_names_apart() {
        for (part, name) in
            [("0_reverse_proxy", "reverse_proxy"), ("handle_path_1", "handle_path"), ("tls", "tls"), ("basic_auth", "basic_auth")]
        {
            assert_eq!(bare(part), name);
        }
    }
}
