//! Developer tasks: `cargo xtask ci` runs what continuous integration runs.
#![expect(clippy::disallowed_methods, clippy::print_stdout, reason = "a tool for developers reads files, starts processes and prints")]

mod bench;
mod ci;
mod codegen;
mod conformance;
mod control_plane;
mod measure;
mod order;
mod schemas;
mod tidy;

use clap::{Parser, Subcommand};

/// Developer tasks of Windlass.
#[derive(Parser)]
struct Arguments {
    #[command(subcommand)]
    task: Task,
}

#[derive(Subcommand)]
enum Task {
    /// Everything that must hold: fmt, clippy, tests, generated files, tidy.
    Ci,
    /// The rules that no compiler holds: no stray or long files, licence fields.
    Tidy,
    /// Writes the generated files.
    Codegen {
        /// Writes nothing and fails when a file is not current.
        #[arg(long)]
        check: bool,
    },
    /// Writes the table of API types of Kubernetes' versions, from their OpenAPI documents (needs Go).
    Schemas,
    /// Writes down which functions the commands run, for the linker (needs valgrind).
    Order,
    /// Cold-process medians on generated projects, beside docker-compose in the same run.
    Bench(bench::Arguments),
    /// Builds etcd, the API server, the controllers, the scheduler and kwok for the tests that need a real control plane, and
    /// kubectl, kustomize, helm and BusyBox.
    ControlPlane(control_plane::Arguments),
    /// Every object of every project of the corpus, created on a real API server.
    Conformance,
    /// Runs a command several times and prints its figures as JSON (used by `bench`).
    #[command(hide = true)]
    Measure(measure::Arguments),
}

fn main() -> anyhow::Result<()> {
    match Arguments::parse().task {
        Task::Ci => ci::run(),
        Task::Tidy => tidy::run(),
        Task::Codegen { check } => codegen::run(check),
        Task::Schemas => schemas::run(),
        Task::Order => order::run(),
        Task::Bench(arguments) => bench::run(&arguments),
        Task::ControlPlane(arguments) => control_plane::run(&arguments),
        Task::Conformance => conformance::run(),
        Task::Measure(arguments) => measure::run(&arguments),
    }
}
