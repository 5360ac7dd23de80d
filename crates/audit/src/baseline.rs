//! Baselines: findings that are known already. A fingerprint is the same for the same defect wherever it moves within its file.

use std::collections::{BTreeMap, BTreeSet};

use sha2::{Digest, Sha256};
use windlass_source::{SourceMap, Span};

use crate::findings::Finding;
use crate::judgement::Remark;
use crate::suppress::Suppressed;

/// Gives every finding its fingerprint: rule, file, service, the text that it stands on, and its number among equal ones.
pub(crate) fn fingerprint(findings: &mut [Finding], sources: &SourceMap) {
    let mut fingerprints = Fingerprints::new(sources);
    for finding in findings.iter_mut() {
        let service = finding.service.as_deref().unwrap_or_default();
        finding.fingerprint = fingerprints.next(finding.rule.id, finding.span, service, &finding.message);
    }
}

/// Makes fingerprints, each other than those before.
pub(crate) struct Fingerprints<'a> {
    sources: &'a SourceMap,
    seen: BTreeMap<String, u32>,
}

impl<'a> Fingerprints<'a> {
    pub(crate) fn new(sources: &'a SourceMap) -> Self {
        Self { sources, seen: BTreeMap::new() }
    }

    /// The fingerprint of what a rule says at a place of a service or an object.
    pub(crate) fn next(&mut self, rule: &str, span: Option<Span>, subject: &str, message: &str) -> String {
        const DIGITS: &[u8; 16] = b"0123456789abcdef";
        let file = span.map_or("", |span| self.sources.file(span.file).name());
        let line = span.map_or("", |span| self.sources.file(span.file).line(self.sources.position(span).line));
        let mut text = String::with_capacity(rule.len() + file.len() + subject.len() + line.len() + message.len() + 5);
        let directories = file.chars().map(|letter| if letter == '\\' { '/' } else { letter });
        text.extend(rule.chars().chain(['\0']).chain(directories));
        text.extend(["\0", subject, "\0"]);
        for (at, word) in line.split_whitespace().enumerate() {
            text.extend([if at > 0 { " " } else { "" }, word]);
        }
        text.extend(["\0", message, "\0"]);
        let hash = Sha256::digest(text.as_bytes());
        let digits = hash.iter().take(16).flat_map(|byte| [DIGITS[usize::from(byte >> 4)], DIGITS[usize::from(byte & 15)]]);
        let digest: String = digits.map(char::from).collect();
        let number = self.seen.entry(digest.clone()).or_default();
        *number += 1;
        if *number == 1 { digest } else { format!("{digest}-{}", *number - 1) }
    }
}

/// The text of a baseline file for these findings.
pub fn write(findings: &[Finding]) -> String {
    text_of("audit", findings.iter().map(|finding| (finding.fingerprint.as_str(), finding.rule.id)))
}

/// The text of a baseline file for these remarks of `validate`.
pub fn write_remarks(remarks: &[Remark<'_>]) -> String {
    text_of("validate", remarks.iter().map(|remark| (remark.fingerprint.as_str(), remark.rule)))
}

fn text_of<'f>(command: &str, found: impl Iterator<Item = (&'f str, &'f str)>) -> String {
    let mut lines: Vec<String> = found.map(|(fingerprint, rule)| format!("{fingerprint} {rule}")).collect();
    lines.sort_unstable();
    lines.dedup();
    let mut text = format!("# Findings that are known; windlass {command} --baseline leaves them out. Written by --write-baseline.\n");
    lines.iter().for_each(|line| text.push_str(&format!("{line}\n")));
    text
}

/// The fingerprints of a baseline file.
pub fn read(text: &str) -> BTreeSet<String> {
    let lines = text.lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with('#'));
    lines.filter_map(|line| line.split_whitespace().next()).map(str::to_owned).collect()
}

/// Suppresses the findings that a baseline holds.
pub(crate) fn apply(known: &BTreeSet<String>, findings: &mut [Finding]) {
    for finding in findings.iter_mut().filter(|finding| finding.counts() && known.contains(&finding.fingerprint)) {
        finding.suppressed = Some(in_the_baseline());
    }
}

pub(crate) fn in_the_baseline() -> Suppressed {
    Suppressed { reason: "in the baseline".to_owned(), until: None, is_repaired: false }
}
