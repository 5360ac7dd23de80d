//! `windlass crd`: the custom resource definitions that the operator needs.

use clap::Args;

use crate::commands::{Outcome, Shell};
use crate::exit::Exit;

#[derive(Debug, Args)]
pub(crate) struct CrdArgs {}

pub(crate) fn run(shell: &Shell) -> Outcome {
    shell.print(windlass_crd::all_yaml().as_bytes())?;
    Ok(Exit::Done)
}
