//! Compose text in, mounts and what they need out.

mod claims;
mod files;
mod host;

use crate::testing::Outcome;

fn mounts(outcome: &Outcome, workload: &str) -> String {
    outcome.pod(workload, "containers[0].volumeMounts")
}
