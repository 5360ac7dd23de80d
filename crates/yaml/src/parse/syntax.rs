//! Faults in, diagnostics out: what is wrong, why, and what to write instead.

use granit_parser::{ErrorKind, ScanError};
use windlass_source::{Code, Diagnostic, FileId, Span};

use super::fault;
use crate::budget::Budget;

const SYNTAX: Code = Code("yaml::syntax");

/// The diagnostic for a text beyond the limit of bytes.
pub(super) fn too_long(file: FileId, text: &str, budget: &Budget) -> Diagnostic {
    Diagnostic::error(Code("yaml::max-input"), format!("the text has {} bytes, more than the limit of {}", text.len(), budget.bytes))
        .at(Span::new(file, 0..0))
        .help("split it into several files, or raise the limit with `--max-input`")
}

/// The first character that YAML allows only as an escape (YAML 1.2.2, 5.1), and as go-yaml sees it.
pub(super) fn control_character(file: FileId, text: &str) -> Option<Diagnostic> {
    let bytes = text.as_bytes();
    let mut at = 0;
    loop {
        at += suspect(&bytes[at..])?;
        let character = text[at..].chars().next()?;
        // A byte-order mark may begin a text, and a document of joined texts.
        let fine = match character {
            '\u{feff}' => at == 0 || matches!(bytes[at - 1], b'\n' | b'\r'),
            '\u{85}' => true,
            '\u{fffe}' | '\u{ffff}' => false,
            other => !other.is_control(),
        };
        if !fine {
            let help = match character {
                '\0' => "is this a text file? if it is, remove the byte, or write `\"\\0\"` in double quotes".to_owned(),
                '\u{feff}' => "remove the byte-order mark; it may only begin a file".to_owned(),
                other => format!("remove it, or write `\"\\u{:04X}\"` in double quotes", u32::from(other)),
            };
            return Some(
                Diagnostic::error(Code("yaml::control-character"), format!("U+{:04X} may not stand in YAML", u32::from(character)))
                    .label(Span::new(file, at..at + character.len_utf8()), "an invisible character")
                    .help(help),
            );
        }
        at += character.len_utf8();
    }
}

/// Where the first control character may be: a byte of one, or the first of U+0080 to U+009F, U+FEFF, U+FFFE and U+FFFF.
fn suspect(bytes: &[u8]) -> Option<usize> {
    // Without a branch in it, a loop over a block is a few instructions for sixteen bytes.
    const BLOCK: usize = 64;
    let is_suspect = |byte: u8| {
        let is_control = (byte < 0x20) & (byte != b'\t') & (byte != b'\n') & (byte != b'\r');
        is_control | (byte == 0x7f) | (byte == 0xc2) | (byte == 0xef)
    };
    let (blocks, _) = bytes.as_chunks::<BLOCK>();
    let is_clean = |block: &&[u8; BLOCK]| !block.iter().fold(false, |any, byte| any | is_suspect(*byte));
    let start = blocks.iter().take_while(is_clean).count() * BLOCK;
    bytes[start..].iter().position(|byte| is_suspect(*byte)).map(|at| start + at)
}

/// The diagnostic for a fault that the parser found.
pub(super) fn diagnostic(file: FileId, text: &str, budget: &Budget, error: &ScanError) -> Diagnostic {
    let at = text.floor_char_boundary(error.marker().byte_offset().unwrap_or(text.len()));
    let end = text[at..].chars().next().filter(|next| !matches!(next, '\n' | '\r')).map_or(at, |next| at + next.len_utf8());
    let span = Span::new(file, at..end);
    if *error.kind() == ErrorKind::RecursionLimitExceeded {
        return *fault::too_deep(span, budget);
    }
    let (message, label, help) = words(error.kind());
    let diagnostic = Diagnostic::error(SYNTAX, message).label(span, label);
    match help {
        "" => diagnostic,
        help => diagnostic.help(help),
    }
}

/// Message, word beside the underline, remedy.
fn words(kind: &ErrorKind) -> (String, &'static str, &'static str) {
    use ErrorKind as E;
    let (message, label, help) = match kind {
        E::UnexpectedEofFlowSequence | E::ExpectedFlowSequenceSeparator => (
            "a list in `[ ]` is not closed, or a comma is missing",
            "expected `,` or `]`",
            "close it with `]`, or put quotes round text with `[`, `]`, `{`, `}` or `,`",
        ),
        E::UnexpectedEofFlowMapping | E::UnexpectedEofImplicitFlowMapping | E::ExpectedFlowMappingSeparator => (
            "a map in `{ }` is not closed, or a comma is missing",
            "expected `,` or `}`",
            "close it with `}`, or put quotes round text with `[`, `]`, `{`, `}` or `,`",
        ),
        E::UnclosedFlowCollection { open } => {
            return (format!("`{open}` is not closed"), "opened here", "close it, or put quotes round text that begins with it");
        }
        E::MismatchedFlowCollectionEnd { open, close } => {
            return (format!("`{open}` is closed by `{close}`"), "the wrong bracket", "close each bracket by its own kind");
        }
        E::MisplacedFlowCollectionEnd => {
            ("a bracket closes what was never opened", "no bracket is open here", "remove it, or put quotes round the text")
        }
        E::UnexpectedEofBlockSequence | E::ExpectedBlockSequenceEntry | E::BlockSequenceEntryNotAllowed => (
            "a list item stands where none can",
            "expected `- ` at the indent of the list",
            "give all items of a list the same indent, and start each with `- `",
        ),
        E::UnexpectedEofBlockMapping | E::ExpectedBlockMappingKey => (
            "a key is expected here",
            "neither a key nor the end of the map",
            "give all keys of a map the same indent; put quotes round text with special characters",
        ),
        E::MappingValueNotAllowed | E::InvalidColonPlacement | E::MappingKeyNotAllowed => (
            "`:` stands where no key can",
            "this colon begins a map value",
            "put quotes round text with `: `, or give the line the indent of its neighbours",
        ),
        E::InvalidIndentation | E::InvalidFlowScalarIndent | E::InvalidQuotedScalarIndent => (
            "this line has the wrong indent",
            "does not fit the lines above",
            "give all keys of a map, and all lines of a text, the same indent",
        ),
        E::InvalidBlockScalarIndent => (
            "a line of a block text has too few spaces",
            "less indent than the text's first line",
            "give it at least the indent of the first line",
        ),
        E::TabNotAllowed | E::TabInBlockIndentation | E::TabInIndentation | E::TabAtBlockScalarStart | E::TabInPlainScalar => {
            ("a tab stands where only spaces may", "a tab", "indent with spaces")
        }
        E::UnexpectedCharacter { character } => {
            let message = match character {
                '@' | '`' | '%' => format!("plain text can't begin with `{character}`"),
                other => format!("`{}` can't stand here", other.escape_debug()),
            };
            return (message, "unexpected", "put quotes round the text");
        }
        E::UnclosedQuotedScalar => {
            ("a quote is not closed", "the text ends inside quotes", "close the quote; inside single quotes, write `''` for one quote")
        }
        E::DocumentIndicatorInQuotedScalar => {
            ("a document ends inside quotes", "`---` or `...` at the start of a line", "close the quote before, or indent the line")
        }
        E::InvalidTrailingSingleQuotedScalar => (
            "text stands behind a closing quote",
            "expected the end of the value",
            "quote the value as a whole; inside single quotes, write `''` for one quote",
        ),
        E::InvalidTrailingDoubleQuotedScalar => (
            "text stands behind a closing quote",
            "expected the end of the value",
            "quote the value as a whole; inside double quotes, write `\\\"` for one quote",
        ),
        E::UnknownQuotedScalarEscape => {
            ("this escape is not known", "no escape of YAML", "write `\\\\` for a backslash, or use single quotes")
        }
        E::InvalidQuotedScalarHexEscape
        | E::InvalidLowSurrogateHexEscape
        | E::InvalidLowSurrogate
        | E::MissingLowSurrogate
        | E::UnpairedLowSurrogate
        | E::InvalidUnicodeEscape => (
            "this escape means no character",
            "not a character",
            "write `\\xHH`, `\\uHHHH` or `\\UHHHHHHHH` with the digits of a character",
        ),
        E::MissingAnchorOrAliasName => {
            ("`*` or `&` stands without a name", "a name is missing", "put quotes round text that begins with `*` or `&`")
        }
        E::SimpleKeyExpected | E::InvalidSimpleKey => {
            ("this line is no `key: value`", "`:` is missing", "write `key: value`; a key stands on one line of at most 1,024 characters")
        }
        E::ExpectedNodeContent => ("a value is missing here", "expected a value", "write the value, or remove what announces it"),
        E::BlockEntryInFlowCollection => {
            ("`- ` can't stand inside brackets", "an item of a block list", "separate items by `,` inside `[ ]`")
        }
        E::PlainScalarStartsWithDashFlowIndicator => {
            ("`-` can't stand before a bracket or comma", "not a value", "put quotes round the text")
        }
        E::InvalidBlockEntryWhitespace | E::InvalidMappingValueWhitespace | E::ExpectedWhitespace => {
            ("a space is missing, or a tab stands for it", "expected a space", "put one space here")
        }
        E::CommentNotSeparated | E::CommentInterceptedScalar => {
            ("a comment stands where none can", "`#` inside a value", "put a space before `#` for a comment, or quotes round text with `#`")
        }
        E::ZeroBlockScalarIndent | E::InvalidBlockScalarHeader => (
            "the header of a block text is wrong",
            "expected the end of the line",
            "write `|` or `>`, then at most an indent from 1 to 9 and `+` or `-`",
        ),
        E::InvalidDocumentEnd => {
            ("text stands behind the end of a document", "expected the end of the line", "start the text on the next line")
        }
        E::BomInsideDocument => {
            ("a byte-order mark stands inside a document", "an invisible character", "remove it; it may only begin a file")
        }
        E::UndeclaredTagHandle => (
            "this tag's handle is not declared",
            "an unknown handle",
            "declare it with `%TAG` before `---`, or put quotes round text that begins with `!`",
        ),
        E::ExpectedDocumentStart | E::MissingDocumentEndBeforeDirective => (
            "the document has ended, but more text follows",
            "expected `---`",
            "put `---` between documents; give all keys of a map the same indent",
        ),
        E::UnexpectedEof => ("the text ends too early", "ends here", "complete the last value"),
        other => return (other.to_string(), "not YAML", ""),
    };
    (message.to_owned(), label, help)
}
