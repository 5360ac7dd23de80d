//! Times one command as a whole process. Runs in a process of its own, so that the peak memory of "all children" is
//! that of this one command.

use std::fs::File;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context as _, bail};
use nix::sys::resource::{UsageWho, getrusage};
use serde::{Deserialize, Serialize};

#[derive(clap::Args)]
pub(crate) struct Arguments {
    /// Counted runs, after one that is not counted.
    #[arg(long, default_value_t = 7)]
    runs: usize,
    /// Seconds after which the whole measurement is given up.
    #[arg(long, default_value_t = 120)]
    timeout: u64,
    /// The command.
    #[arg(last = true, required = true)]
    command: Vec<String>,
}

/// What was measured.
#[derive(Clone, Copy, Serialize, Deserialize)]
pub(crate) struct Figures {
    /// Median wall time in milliseconds.
    pub(crate) median_ms: f64,
    /// Fastest and slowest run.
    pub(crate) range_ms: (f64, f64),
    /// Peak resident memory in bytes.
    pub(crate) peak_bytes: u64,
}

pub(crate) fn run(arguments: &Arguments) -> anyhow::Result<()> {
    let [program, rest @ ..] = arguments.command.as_slice() else { bail!("no command") };
    let deadline = Instant::now() + Duration::from_secs(arguments.timeout);
    let mut times = Vec::new();
    for run in 0..=arguments.runs {
        let start = Instant::now();
        let mut child = Command::new(program)
            .args(rest)
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(File::create(std::env::temp_dir().join(format!("measure-{}.err", std::process::id())))?)
            .spawn()
            .with_context(|| format!("can't start `{program}`"))?;
        let status = loop {
            if let Some(status) = child.try_wait()? {
                break status;
            }
            if Instant::now() > deadline {
                child.kill()?;
                child.wait()?;
                bail!("not finished after {} s", arguments.timeout);
            }
            // Short against the shortest command, and cheap for the long ones.
            std::thread::sleep(Duration::from_micros(if start.elapsed() < Duration::from_millis(50) { 20 } else { 500 }));
        };
        if !status.success() {
            bail!("`{program}` ended with {status}");
        }
        if run > 0 {
            times.push(start.elapsed().as_secs_f64() * 1e3);
        }
    }
    times.sort_by(f64::total_cmp);
    let peak = u64::try_from(getrusage(UsageWho::RUSAGE_CHILDREN)?.max_rss())? * 1024;
    let figures = Figures { median_ms: times[times.len() / 2], range_ms: (times[0], times[times.len() - 1]), peak_bytes: peak };
    println!("{}", serde_json::to_string(&figures)?);
    Ok(())
}

/// Runs `command` in a measuring process.
pub(crate) fn measure(runs: usize, timeout: u64, command: &[&str]) -> anyhow::Result<Figures> {
    let output = Command::new(std::env::current_exe()?)
        .args(["measure", "--runs", &runs.to_string(), "--timeout", &timeout.to_string(), "--"])
        .args(command)
        .output()?;
    if !output.status.success() {
        bail!("{}", String::from_utf8_lossy(&output.stderr).trim());
    }
    Ok(serde_json::from_slice(&output.stdout)?)
}
