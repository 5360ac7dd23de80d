//! Tests that span rooms. This library holds what several of them need.
#![expect(clippy::disallowed_methods, reason = "tests read cases and write golden files")]

pub mod accepted;
pub mod conversion;
pub mod invariants;
pub mod mutations;
pub mod projects;
pub mod recorded;
pub mod rendered;
pub mod sandbox;
pub mod verdicts;
