//! The operator: a `Stack` in, audited and applied objects and an honest status out.
//!
//! [`reconcile`] is one look at one Stack: pure functions from the Stack's text to objects, the same as `windlass convert`; the pure
//! core [`step`], which decides; and a shell that reads, writes and waits. Nothing here reads files, and nothing that a Stack says names a
//! file, a variable of this process or an address.

pub mod api;
pub mod args;
pub mod controller;
pub mod events;
pub mod health;
pub mod lease;
pub mod metrics;
pub mod reconcile;
pub mod step;
pub mod telemetry;
pub mod threads;
pub mod webhook;

use std::io::Write as _;
use std::process::ExitCode;

use args::{Cli, Command};

/// Threads that ask and listen, at most: each has memory of its own.
const THREADS: usize = 4;
/// Threads that look up names, which is all that waits in the system.
const LOOKUPS: usize = 2;

/// Runs the command. Exit code 0: done; 1: it failed, after saying why on standard error.
pub fn run(cli: Cli) -> ExitCode {
    match cli.command {
        Command::Run(args) => {
            telemetry::start(args.log_level, args.log_format);
            let processors = std::thread::available_parallelism().map_or(1, usize::from);
            let mut runtime = tokio::runtime::Builder::new_multi_thread();
            let ran = runtime.enable_all().worker_threads(processors.min(THREADS)).max_blocking_threads(LOOKUPS).build();
            let ran = ran.map_err(anyhow::Error::from).and_then(|runtime| runtime.block_on(controller::run(*args)));
            match ran {
                Ok(()) => ExitCode::SUCCESS,
                Err(error) => {
                    tracing::error!(error = format!("{error:#}"), "ended");
                    ExitCode::FAILURE
                }
            }
        }
        Command::Crd => {
            // A closed pipe ends quietly.
            let _ = std::io::stdout().lock().write_all(windlass_crd::all_yaml().as_bytes());
            ExitCode::SUCCESS
        }
    }
}
