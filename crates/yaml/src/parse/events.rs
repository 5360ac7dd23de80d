//! The general reader: all of YAML, through the events of `granit-parser`.

use granit_parser::{Event, Parser, Span};
use windlass_source::FileId;

use super::builder::Builder;
use super::fault::{self, Fault};
use super::{Parsed, syntax};
use crate::budget::Budget;

pub(super) fn read(file: FileId, text: &str, budget: &Budget, comments: bool) -> Parsed {
    let mut options = granit_parser::options! {
        flow_nesting_limit: budget.depth,
        block_nesting_limit: budget.depth,
        max_buffered_comment_events: usize::MAX,
        emit_unresolved_aliases: true,
        // As go-yaml: `a: |` with `x` as the last line of a text without line break is `x`, not `x\n`.
        block_scalar_eof_without_line_feed: true,
    };
    options.set_emit_comments(comments);
    let mut parser = Parser::new_from_str_with_options(text, options);
    let mut builder = Builder::new(file, text, budget);
    loop {
        let fault = match parser.next_event() {
            None | Some(Ok((Event::StreamEnd, _))) => break,
            Some(Ok((event, span))) => build(&mut builder, event, span).err().map(|fault| *fault),
            Some(Err(error)) => Some(syntax::diagnostic(file, text, budget, &error)),
        };
        if let Some(fault) = fault {
            let is_spent = fault::is_of_whole_text(&fault);
            builder.abandon(fault);
            if is_spent {
                break;
            }
            match parser.proceed_next_document() {
                Ok(true) => {}
                Ok(false) => break,
                Err(error) => {
                    builder.abandon(syntax::diagnostic(file, text, budget, &error));
                    break;
                }
            }
        }
    }
    builder.finish()
}

fn build(builder: &mut Builder<'_>, event: Event<'_>, span: Span) -> Result<(), Fault> {
    let range = span.byte_range().unwrap_or_default();
    match event {
        Event::DocumentStart(explicit, _) => builder.start_document(if explicit { range.end } else { range.start }),
        Event::DocumentEnd => builder.finish_document(),
        Event::Scalar(text, style, anchor, tag) => builder.scalar(text, style, anchor, tag, range)?,
        Event::MappingStart(_, anchor, tag) => builder.open_map(range, anchor, tag)?,
        // A bracket has a width; a dash has not.
        Event::SequenceStart(_, anchor, tag) if range.is_empty() => {
            let start = builder.first_dash(range.start);
            builder.open_sequence(start..start, anchor, tag)?;
        }
        Event::SequenceStart(_, anchor, tag) => builder.open_sequence(range, anchor, tag)?,
        Event::MappingEnd | Event::SequenceEnd => builder.close_collection((!range.is_empty()).then_some(range.end))?,
        Event::Alias(id) => builder.alias(id, range)?,
        Event::UnresolvedAlias(name) => builder.unknown_alias(&name, range)?,
        Event::Comment(..) => builder.comment(range),
        _ => {}
    }
    Ok(())
}
