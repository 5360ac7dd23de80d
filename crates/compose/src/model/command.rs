//! `command`, `entrypoint`: the words that run.

use smol_str::SmolStr;
use windlass_source::{Code, Diagnostic, Origin, Part, Spanned};
use windlass_yaml::{Node, Value};

use crate::model::context::{Context, INVALID_VALUE};
use crate::model::rule::{Kinds, Merge, Rule, TEXTS};
use crate::model::slice::slice;
use crate::words::{self, Word};

/// The words of a command.
pub type CommandLine = Vec<Spanned<SmolStr>>;

/// Words, or a text that is split into words as a shell would, or nothing. A later file's replaces an earlier one's.
pub(crate) const COMMAND: Rule = TEXTS.or(Kinds::TEXT).or(Kinds::NULL).merged(Merge::Replace).default(split);

const CUT_COMMAND: Code = Code("compose::cut-command");

/// Splits a text into words; only now, since a later file may have replaced one that cannot be split.
fn split(node: &mut Node, context: &mut Context<'_>) {
    let Some(text) = node.as_str().filter(|_| !context.is_lenient()) else { return };
    match words::split(text) {
        Ok(done) => {
            if !context.spend(done.words.len()) {
                return context.error(INVALID_VALUE, &node.origin, "has too many words");
            }
            if let Some(at) = done.cut_at {
                let diagnostic = Diagnostic::warning(CUT_COMMAND, format!("{} loses `{}`", context.subject(), &text[at..]))
                    .origin(&slice(node, at..text.len()), "not passed on")
                    .because("no shell runs a command that is written as text, and words end at the first shell operator")
                    .help("write `[\"sh\", \"-c\", \"…\"]`");
                context.report(diagnostic);
            }
            let words = done.words.into_iter().map(|word| {
                let origin = within(slice(node, word.range.clone()), &word);
                Node::new(word.value, origin)
            });
            node.value = Value::Sequence(words.collect());
        }
        Err(error) => {
            let origin = slice(node, error.at..text.len());
            context.error(INVALID_VALUE, &origin, &format!("is no list of words: {error}"));
        }
    }
}

/// The origin of a word without the quotes and escapes in it: what variables produced stands further to the front then.
fn within(origin: Origin, word: &Word) -> Origin {
    if word.left_out.is_empty() || origin.parts().is_empty() {
        return origin;
    }
    let moved = |at: u32| {
        let before = word.left_out.partition_point(|&left_out| left_out < word.range.start + at as usize);
        at - u32::try_from(before).unwrap_or(at)
    };
    let parts = origin.parts().iter().map(|part| Part { range: moved(part.range.start)..moved(part.range.end), ..part.clone() });
    let parts = parts.collect();
    origin.with_parts(parts)
}

#[cfg(test)]
mod tests {
    use crate::model::case::web;

    #[test]
    fn text_is_split_and_a_later_one_replaces() {
        let cases: &[(&[&str], &str)] = &[
            (&[r#"command: "php 'artisan' serve""#], r#"{command: ["php", "artisan", "serve"]}"#),
            (&["command: [a, b]", "command: c"], r#"{command: ["c"]}"#),
            (&["command: a", "command:"], "{command: null}"),
            (&["command: a 'b"], "`command` of service `web` is no list of words: `'` is not closed @ 'b"),
            (&["command: a 'b", "command: c"], r#"{command: ["c"]}"#),
            (&["command: a && b"], "`command` of service `web` loses `&& b` @ && b"),
            (&["command: 1"], "`command` of service `web` must be text or a list @ 1"),
        ];
        for (files, expected) in cases {
            assert_eq!(web(files), *expected, "{files:?}");
        }
    }
}
