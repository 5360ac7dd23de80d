//! The line of a file in which an attribute is written, without the credentials in it.

use std::collections::BTreeSet;

use windlass_convert::AttributeEntry;
use windlass_images::credentials;
use windlass_k8s::{Kind, Objects, Resource};
use windlass_source::{Origin, SourceMap, Span};
use windlass_yaml::Segment;

use crate::report::Conversion;

/// Characters of a line that are shown.
const WIDTH: usize = 160;
/// Shorter texts are no secrets of which a place could be told.
const LEAST: usize = 4;
/// What stands for a credential.
const HIDDEN: &str = "•••••";

/// A line in three parts, the middle one is the attribute.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Excerpt {
    pub(super) before: String,
    pub(super) marked: String,
    pub(super) after: String,
}

/// The credentials of a project, which no page shows.
pub(super) struct Excerpts<'a> {
    sources: &'a SourceMap,
    /// The longest first, since one may hold another.
    secrets: Vec<String>,
}

impl<'a> Excerpts<'a> {
    pub(super) fn of(conversion: &Conversion<'a>) -> Self {
        let mut secrets: BTreeSet<String> = values(conversion.made).collect();
        for entry in conversion.report.attributes() {
            if let Some(span) = entry.origin.span()
                && is_secret(entry, conversion.sources.slice(span))
            {
                secrets.extend(conversion.sources.slice(span).lines().map(|line| line.trim().to_owned()));
            }
        }
        let mut secrets: Vec<String> = secrets.into_iter().filter(|text| text.len() >= LEAST).collect();
        secrets.sort_by_key(|text| std::cmp::Reverse(text.len()));
        Self { sources: conversion.sources, secrets }
    }

    /// The line in which `span` begins.
    pub(super) fn line(&self, span: Span) -> Excerpt {
        let file = self.sources.file(span.file);
        let position = file.position(span.start);
        let line = file.line(position.line);
        let start = line.char_indices().nth(position.column.saturating_sub(1) as usize).map_or(line.len(), |(at, _)| at);
        let length = span.range().len();
        let end = (start + length).min(line.len());
        let end = if line.is_char_boundary(end) { end } else { line.len() };
        let half = |text: &str, keep_end: bool| {
            let text = self.hidden(text);
            if text.chars().count() <= WIDTH / 3 {
                text
            } else if keep_end {
                let kept: Vec<char> = text.chars().rev().take(WIDTH / 3).collect();
                std::iter::once('…').chain(kept.into_iter().rev()).collect()
            } else {
                text.chars().take(WIDTH / 3).chain(['…']).collect()
            }
        };
        Excerpt {
            before: half(line[..start].trim_start(), true),
            marked: half(&line[start..end], false),
            after: half(line[end..].trim_end(), false),
        }
    }

    /// `text` without credentials.
    fn hidden(&self, text: &str) -> String {
        let mut text = text.to_owned();
        for secret in &self.secrets {
            if text.contains(secret.as_str()) {
                text = text.replace(secret.as_str(), HIDDEN);
            }
        }
        text
    }
}

/// True when what an attribute says is for no page: it goes into a Secret, or looks as if it should.
fn is_secret(entry: &AttributeEntry, written: &str) -> bool {
    let segments = entry.path.segments();
    let name = segments.iter().rev().find_map(|segment| if let Segment::Key(key) = segment { Some(key.as_str()) } else { None });
    let name = name.unwrap_or_default();
    // The path of a file with a secret is none.
    let is_reference = matches!(segments.first(), Some(Segment::Key(top)) if top == "secrets" || top == "configs") && name != "content";
    let goes_into_secret = entry.becomes.iter().any(|becomes| becomes.object.kind == Kind::Secret);
    !is_reference && (goes_into_secret || credentials::variable(name, written, &Origin::DEFAULT, None).is_some())
}

/// The lines of all values in Secrets.
fn values(objects: &Objects) -> impl Iterator<Item = String> {
    let texts = objects.of_kind(Kind::Secret).flat_map(|object| {
        let Resource::Secret(secret) = &object.resource else { return Vec::new() };
        let data = secret.data.iter().flatten().map(|(_, value)| String::from_utf8_lossy(&value.0).into_owned());
        data.chain(secret.string_data.iter().flatten().map(|(_, value)| value.clone())).collect()
    });
    texts.flat_map(|text| text.lines().map(|line| line.trim().to_owned()).collect::<Vec<_>>())
}
