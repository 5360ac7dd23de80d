//! Prints what the rules find: `cargo run -p windlass-audit --example findings -- DIRECTORY [RULE …]`.
#![expect(clippy::print_stdout, reason = "a small command")]

use std::collections::BTreeMap;

use windlass_audit::{Context, Request, Settings, audit};
use windlass_source::RealFileSystem;

fn main() {
    let mut arguments = std::env::args().skip(1);
    let directory = std::path::absolute(arguments.next().unwrap_or_else(|| ".".to_owned())).expect("the directory has a path");
    let settings = Settings { select: arguments.collect(), ..Settings::default() };
    let context = Context::load(&Request::new(&directory), &RealFileSystem::new(&directory));
    let audit = audit(&context, &settings);
    let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
    for finding in &audit.findings {
        let place = finding.span.map_or_else(|| ".".to_owned(), |span| context.sources().locate(span));
        let because = finding.grade.because.as_deref().map(|because| format!(" ({because})")).unwrap_or_default();
        println!("{place} {} {} {}{because} {}", finding.rule.id, finding.grade.severity, finding.message, finding.notes.join("; "));
        *counts.entry(finding.rule.id).or_default() += 1;
    }
    for exemption in &audit.exemptions {
        println!("exempt {} {}", exemption.rule, exemption.reason);
    }
    for stack in &audit.stacks {
        println!("{} {} ({}) {:?}", stack.name, stack.environment.as_str(), stack.because, stack.score.overall);
    }
    for diagnostic in &audit.not_understood {
        let place = diagnostic.labels.first().map(|label| context.sources().locate(label.span)).unwrap_or_default();
        println!("not understood {place} {} {}", diagnostic.code.0, diagnostic.message);
    }
    println!("not understood: {}; total {:?}; {counts:?}", audit.not_understood.len(), audit.total.overall);
}
