//! The `windlass-operator` command. What it does is in the library.

use std::process::ExitCode;

use clap::Parser as _;
use mimalloc::MiMalloc;
use windlass_operator::args::Cli;

/// That of musl, with which the image is linked, gives little back and has one lock for all threads.
#[global_allocator]
static ALLOCATOR: MiMalloc = MiMalloc;

fn main() -> ExitCode {
    // Before anything is allocated that can be: a few kilobytes would take two megabytes of memory at once. Where the kernel can't, it is
    // as it was.
    let _ = nix::sys::prctl::set_thp_disable(true);
    windlass_operator::run(Cli::parse())
}
