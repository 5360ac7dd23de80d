//! The syntax of a template: literal text and expressions, without values.

use std::ops::Range;

use smol_str::SmolStr;

/// A piece of a template.
pub(super) enum Token<'t> {
    /// Text that stands for itself; a `$` before anything but a name, `{` or `$` too.
    Literal(&'t str),
    /// `$$`.
    Dollar,
    /// `$NAME` or `${NAME…}`; the operation is its operator, the text after it, and where that text starts.
    Variable { name: &'t str, operation: Option<(Operator, &'t str, usize)>, range: Range<usize> },
    /// `${` without what has to follow.
    Invalid(Range<usize>),
}

/// What stands between a variable's name and the text beside it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Operator {
    /// `:-`
    DefaultIfEmpty,
    /// `-`
    DefaultIfUnset,
    /// `:?`
    RequiredFilled,
    /// `?`
    RequiredSet,
    /// `:+`
    AlternateIfFilled,
    /// `+`
    AlternateIfSet,
}

impl Operator {
    /// True where an empty value counts as none (the operators with a colon).
    pub fn empty_is_unset(self) -> bool {
        matches!(self, Self::DefaultIfEmpty | Self::RequiredFilled | Self::AlternateIfFilled)
    }

    /// The operator at the start of a text, and its length.
    fn parse(text: &str) -> Option<(Self, usize)> {
        Some(match text.as_bytes() {
            [b':', b'-', ..] => (Self::DefaultIfEmpty, 2),
            [b':', b'?', ..] => (Self::RequiredFilled, 2),
            [b':', b'+', ..] => (Self::AlternateIfFilled, 2),
            [b'-', ..] => (Self::DefaultIfUnset, 1),
            [b'?', ..] => (Self::RequiredSet, 1),
            [b'+', ..] => (Self::AlternateIfSet, 1),
            _ => return None,
        })
    }
}

/// A variable that a template names, as `docker compose config --variables` lists it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Declared {
    /// The variable's name.
    pub name: SmolStr,
    /// The text after `:-` or `-`, not expanded.
    pub default: Option<String>,
    /// The text after `:+` or `+`, not expanded.
    pub alternate: Option<String>,
    /// True with `:?` or `?`.
    pub required: bool,
    /// The expression's bytes in the text.
    pub range: Range<usize>,
}

/// The variables that a text names, in its order, one entry a use; those in defaults and alternates follow their expression.
/// Names in the messages of `:?` and `?` are left out, as docker compose does. What is not a valid expression is skipped.
pub fn variables(text: &str) -> Vec<Declared> {
    let mut found = Vec::new();
    collect(text, 0, 0, &mut found);
    found
}

fn collect(template: &str, base: usize, depth: usize, found: &mut Vec<Declared>) {
    if depth > super::MAX_DEPTH || !template.contains('$') {
        return;
    }
    for token in tokens(template) {
        let Token::Variable { name, operation, range } = token else { continue };
        let range = super::shift(range, base);
        let mut declared = Declared { name: name.into(), default: None, alternate: None, required: false, range };
        let Some((operator, operand, at)) = operation else {
            found.push(declared);
            continue;
        };
        match operator {
            Operator::DefaultIfEmpty | Operator::DefaultIfUnset => declared.default = Some(operand.into()),
            Operator::AlternateIfFilled | Operator::AlternateIfSet => declared.alternate = Some(operand.into()),
            Operator::RequiredFilled | Operator::RequiredSet => declared.required = true,
        }
        let nested = !declared.required;
        found.push(declared);
        if nested {
            collect(operand, base + at, depth + 1, found);
        }
    }
}

/// The pieces of a template, in order.
pub(super) fn tokens(text: &str) -> Tokens<'_> {
    Tokens { text, at: 0, line_end: 0, last_brace: None }
}

pub(super) struct Tokens<'t> {
    text: &'t str,
    at: usize,
    /// End of the line whose last `}` is known; kept, so that a long line with many expressions is searched once.
    line_end: usize,
    last_brace: Option<usize>,
}

impl<'t> Iterator for Tokens<'t> {
    type Item = Token<'t>;

    fn next(&mut self) -> Option<Token<'t>> {
        let start = self.at;
        let rest = &self.text[start..];
        let Some(after) = rest.strip_prefix('$') else {
            let length = rest.find('$').unwrap_or(rest.len());
            self.at += length;
            return (length > 0).then(|| Token::Literal(&rest[..length]));
        };
        let (length, token) = match after.as_bytes().first() {
            Some(b'$') => (2, Token::Dollar),
            Some(b'{') => {
                let token = self.braced(start);
                let end = match &token {
                    Token::Variable { range, .. } | Token::Invalid(range) => range.end,
                    Token::Literal(_) | Token::Dollar => start + 2,
                };
                (end - start, token)
            }
            _ => match name_length(after) {
                0 => (1, Token::Literal("$")),
                length => (1 + length, Token::Variable { name: &after[..length], operation: None, range: start..start + 1 + length }),
            },
        };
        self.at += length;
        Some(token)
    }
}

impl<'t> Tokens<'t> {
    /// The expression whose `${` stands at `start`.
    fn braced(&mut self, start: usize) -> Token<'t> {
        let text = self.text;
        let invalid = Token::Invalid(start..start + 2);
        let name_start = start + 2;
        let name_end = name_start + name_length(&text[name_start..]);
        let name = &text[name_start..name_end];
        if name.is_empty() {
            return invalid;
        }
        if text[name_end..].starts_with('}') {
            return Token::Variable { name, operation: None, range: start..name_end + 1 };
        }
        let Some((operator, length)) = Operator::parse(&text[name_end..]) else { return invalid };
        let operand = name_end + length;
        // An operation has to end on its line. Docker compose looks for the last `}` there first, and then, up to it, for the
        // one that closes the expression; where none does (`${A:-{}} ${B}`), everything up to the last one is the operand.
        let Some(last) = self.last_brace_of_line(operand) else { return invalid };
        let close = closing_brace(&text.as_bytes()[start..=last]).map_or(last, |at| start + at);
        Token::Variable { name, operation: Some((operator, &text[operand..close], operand)), range: start..close + 1 }
    }

    fn last_brace_of_line(&mut self, from: usize) -> Option<usize> {
        if from > self.line_end || self.line_end == 0 {
            self.line_end = self.text[from..].find('\n').map_or(self.text.len(), |at| from + at);
            self.last_brace = self.text[from..self.line_end].rfind('}').map(|at| from + at);
        }
        self.last_brace.filter(|last| *last >= from)
    }
}

/// The `}` that closes the first `{`. As in docker compose, the byte after a `{` is not looked at, so of `{{x}}` the first `}`
/// closes as many as were opened.
fn closing_brace(text: &[u8]) -> Option<usize> {
    let mut open = 0_usize;
    let mut at = 0;
    while at < text.len() {
        match text[at] {
            b'}' => {
                open = open.saturating_sub(1);
                if open == 0 {
                    return Some(at);
                }
            }
            b'{' => {
                open += 1;
                at += 1;
            }
            _ => {}
        }
        at += 1;
    }
    None
}

/// Bytes of the name at the start of a text. U+017F and U+212A are letters here: docker compose matches names without regard to
/// case, and they fold to `s` and `k`.
fn name_length(text: &str) -> usize {
    let letter = |c: char| c.is_ascii_alphabetic() || matches!(c, '_' | '\u{17f}' | '\u{212a}');
    if !text.starts_with(letter) {
        return 0;
    }
    text.find(|c: char| !letter(c) && !c.is_ascii_digit()).unwrap_or(text.len())
}
