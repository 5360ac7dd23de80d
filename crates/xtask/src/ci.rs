//! `cargo xtask ci`: the steps in order, the long one last, each with its time; stops at the first that fails.

use std::process::Command;
use std::time::Instant;

use anyhow::{Context as _, bail};

use crate::{codegen, tidy};

pub(crate) fn run() -> anyhow::Result<()> {
    let steps: [(&str, Step); 6] = [
        ("fmt", Step::Cargo(&["fmt", "--all", "--check"])),
        ("clippy", Step::Cargo(&["clippy", "--workspace", "--all-targets", "--locked", "--", "-D", "warnings"])),
        ("tidy", Step::Task(tidy::run)),
        ("fuzz targets", Step::Cargo(&FUZZ)),
        ("codegen --check", Step::Task(|| codegen::run(true))),
        ("test", Step::Cargo(&["test", "--workspace", "--locked"])),
    ];
    let mut times = Vec::new();
    for (name, step) in steps {
        println!("==> {name}");
        let start = Instant::now();
        step.run().with_context(|| format!("`{name}` failed"))?;
        times.push((name, start.elapsed()));
    }
    println!("==> all passed");
    for (name, time) in times {
        println!("{:>8.1} s  {name}", time.as_secs_f64());
    }
    Ok(())
}

/// They stand outside the workspace and are run by hand, so nothing else would notice that one no longer compiles.
const FUZZ: [&str; 9] = [
    "check",
    "--locked",
    "--manifest-path",
    "tests/fuzz/Cargo.toml",
    "--no-default-features",
    "--features",
    "convert,validate",
    "--target-dir",
    "target/fuzz",
];

enum Step {
    Cargo(&'static [&'static str]),
    Task(fn() -> anyhow::Result<()>),
}

impl Step {
    fn run(&self) -> anyhow::Result<()> {
        match self {
            Self::Task(task) => task(),
            Self::Cargo(arguments) => {
                let status = Command::new("cargo").args(*arguments).current_dir(windlass_testkit::workspace()).status()?;
                if !status.success() {
                    bail!("`cargo {}` ended with {status}", arguments.join(" "));
                }
                Ok(())
            }
        }
    }
}
