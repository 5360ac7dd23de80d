//! `docs/rules.md`: every rule of the audit with its examples.

use windlass_audit::rules;
use windlass_report::rules::{section, table};

pub(super) fn text() -> String {
    let mut text = String::from(
        "<!-- Made by `cargo xtask codegen` from crates/audit/src/rules; edit the rules there. -->\n\n\
         # Rules of the audit\n\n\
         P1 must be repaired before production, P2 should be, P3 is nice to have; a rule's page says where the context changes that.\n\
         *Repair* is what `windlass fix` does: `auto` certainly, `suggest` with `--unsafe`, `no` by hand.\n\n",
    );
    text.push_str(&table(rules::all()));
    for rule in rules::all() {
        text.push('\n');
        text.push_str(&section(rule));
    }
    text
}
