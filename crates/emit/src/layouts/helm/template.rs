//! A text that variables are part of. In: what a field holds, and what it holds when the variables have values that can be recognised.
//! Out: the literal and variable parts of it.

use smol_str::SmolStr;

/// A part of a field.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Piece {
    /// As it is.
    Text(String),
    /// The value of a variable, with the text that stands there now.
    Variable(SmolStr, String),
}

/// A variable with a value by which it is recognised.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Marked<'a> {
    pub(super) name: &'a SmolStr,
    /// The value that it was given.
    pub(super) mark: &'a str,
    /// Its value now, where that is known.
    pub(super) known: Option<&'a str>,
}

/// Takes `now` apart, which becomes `then` when the variables are marked. `None` when that is not explained by the marks alone.
pub(super) fn pieces(now: &str, then: &str, marked: &[Marked<'_>]) -> Option<Vec<Piece>> {
    let parts = split(then, marked);
    let mut pieces = Vec::with_capacity(parts.len());
    let mut rest = now;
    let mut parts = parts.into_iter().peekable();
    while let Some(part) = parts.next() {
        let variable = match part {
            Part::Text(text) => {
                rest = rest.strip_prefix(text)?;
                pieces.push(Piece::Text(text.to_owned()));
                continue;
            }
            Part::Variable(variable) => variable,
        };
        let follows = |rest: &str| match parts.peek() {
            None => rest.is_empty(),
            Some(Part::Text(text)) => rest.starts_with(text),
            Some(Part::Variable(_)) => true,
        };
        let known = variable.known.filter(|known| rest.strip_prefix(known).is_some_and(follows));
        let length = match (known, parts.peek()) {
            (Some(known), _) => known.len(),
            (None, None) => rest.len(),
            (None, Some(Part::Text(text))) => rest.find(text)?,
            (None, Some(Part::Variable(_))) => return None,
        };
        let (value, after) = rest.split_at(length);
        pieces.push(Piece::Variable(variable.name.clone(), value.to_owned()));
        rest = after;
    }
    rest.is_empty().then_some(pieces)
}

/// The text with other values of the variables.
pub(super) fn render(pieces: &[Piece], value: impl Fn(&str) -> Option<String>) -> String {
    let text = |piece: &Piece| match piece {
        Piece::Text(text) => text.clone(),
        Piece::Variable(name, now) => value(name).unwrap_or_else(|| now.clone()),
    };
    pieces.iter().map(text).collect()
}

enum Part<'t, 'm> {
    Text(&'t str),
    Variable(&'m Marked<'m>),
}

fn split<'t, 'm>(mut text: &'t str, marked: &'m [Marked<'m>]) -> Vec<Part<'t, 'm>> {
    let mut parts = Vec::new();
    while !text.is_empty() {
        let found = marked.iter().filter_map(|one| Some((text.find(one.mark)?, one))).min_by_key(|(at, _)| *at);
        let Some((at, one)) = found else {
            parts.push(Part::Text(text));
            break;
        };
        if at > 0 {
            parts.push(Part::Text(&text[..at]));
        }
        parts.push(Part::Variable(one));
        text = &text[at + one.mark.len()..];
    }
    parts
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(now: &str, then: &str, known: [Option<&str>; 2]) -> Option<String> {
        let names = [SmolStr::new("A"), SmolStr::new("B")];
        let marked: Vec<_> =
            names.iter().zip(["xqa", "xqb"]).zip(known).map(|((name, mark), known)| Marked { name, mark, known }).collect();
        let shown = pieces(now, then, &marked)?.into_iter().map(|piece| match piece {
            Piece::Text(text) => text,
            Piece::Variable(name, text) => format!("[{name}={text}]"),
        });
        Some(shown.collect())
    }

    #[test]
    fn variables_are_found_in_the_text_around_them() {
        assert_eq!(check("nginx:1.27", "nginx:xqa", [None; 2]).as_deref(), Some("nginx:[A=1.27]"));
        assert_eq!(check("a@b/a", "xqa@xqb/xqa", [None; 2]).as_deref(), Some("[A=a]@[B=b]/[A=a]"));
        assert_eq!(check("", "xqa", [None; 2]).as_deref(), Some("[A=]"));
        assert_eq!(check("12", "xqaxqb", [Some("1"), None]).as_deref(), Some("[A=1][B=2]"));
    }

    #[test]
    fn what_the_marks_do_not_explain_is_no_template() {
        assert_eq!(check("12", "xqaxqb", [None; 2]), None);
        assert_eq!(check("my-db:1", "mydb:xqa", [None; 2]), None);
        assert_eq!(check("a", "b", [None; 2]), None);
    }
}
