//! The command line. Every flag is a `WINDLASS_…` variable too.

use clap::{Parser, Subcommand};

/// Keeps Stacks as they are written
#[derive(Debug, Parser)]
#[command(name = "windlass-operator", version, about)]
pub struct Cli {
    /// What to do
    #[command(subcommand)]
    pub command: Command,
}

/// What to do.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Print the custom resource definitions
    Crd,
}
