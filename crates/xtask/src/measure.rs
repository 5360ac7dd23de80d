//! Times one command as a whole process. Runs in a process of its own, so that the peak memory of "all children" is
//! that of this one command.

use std::fs::File;
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::time::{Duration, Instant};

use anyhow::{Context as _, bail};
use nix::sys::resource::{UsageWho, getrusage};
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
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
    let (running, is_late) = (Arc::new(AtomicU32::new(0)), Arc::new(AtomicBool::new(false)));
    let (watched, late) = (Arc::clone(&running), Arc::clone(&is_late));
    let timeout = Duration::from_secs(arguments.timeout);
    std::thread::spawn(move || {
        std::thread::sleep(timeout);
        late.store(true, Ordering::SeqCst);
        let process = i32::try_from(watched.load(Ordering::SeqCst)).unwrap_or_default();
        if process > 0 {
            // It may have ended by itself.
            let _ = kill(Pid::from_raw(process), Signal::SIGKILL);
        }
    });
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
        running.store(child.id(), Ordering::SeqCst);
        // Whoever asks again and again takes a processor from what is measured.
        let status = child.wait()?;
        running.store(0, Ordering::SeqCst);
        if is_late.load(Ordering::SeqCst) {
            bail!("not finished after {} s", arguments.timeout);
        }
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
