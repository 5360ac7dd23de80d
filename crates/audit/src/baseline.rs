//! Baselines: findings that are known already. A fingerprint is the same for the same defect wherever it moves within its file.

use std::collections::{BTreeMap, BTreeSet};

use sha2::{Digest, Sha256};
use windlass_source::SourceMap;

use crate::findings::Finding;
use crate::suppress::Suppressed;

/// Gives every finding its fingerprint: rule, file, service, the text that it stands on, and its number among equal ones.
pub(crate) fn fingerprint(findings: &mut [Finding], sources: &SourceMap) {
    let mut seen: BTreeMap<String, u32> = BTreeMap::new();
    for finding in findings.iter_mut() {
        let mut hash = Sha256::new();
        let file = finding.span.map_or("", |span| sources.file(span.file).name());
        let line = finding.span.map_or("", |span| sources.file(span.file).line(sources.position(span).line));
        let service = finding.service.as_deref().unwrap_or_default();
        let normal: Vec<&str> = line.split_whitespace().collect();
        for part in [finding.rule.id, &file.replace('\\', "/"), service, &normal.join(" "), &finding.message] {
            hash.update(part.as_bytes());
            hash.update([0]);
        }
        let digest: String = hash.finalize().iter().take(16).map(|byte| format!("{byte:02x}")).collect();
        let number = seen.entry(digest.clone()).or_default();
        finding.fingerprint = if *number == 0 { digest } else { format!("{digest}-{number}") };
        *number += 1;
    }
}

/// The text of a baseline file for these findings.
pub fn write(findings: &[Finding]) -> String {
    let mut lines: Vec<String> = findings.iter().map(|finding| format!("{} {}", finding.fingerprint, finding.rule.id)).collect();
    lines.sort_unstable();
    lines.dedup();
    let mut text = String::from("# Findings that are known; windlass audit --baseline leaves them out. Written by --write-baseline.\n");
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
        finding.suppressed = Some(Suppressed { reason: "in the baseline".to_owned(), until: None });
    }
}
