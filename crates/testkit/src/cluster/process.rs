//! A program that does not outlive its test, however the test ends.
//!
//! A thread of its own starts the program through `setpriv --pdeathsig KILL`, so the kernel ends it together with that thread: when
//! the value is dropped (a panic included), and when the test's process is killed.

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::{Command, ExitStatus, Stdio};
use std::sync::mpsc::{RecvTimeoutError, Sender, channel};
use std::sync::{Arc, OnceLock};
use std::thread::JoinHandle;
use std::time::Duration;

use anyhow::Context as _;

pub(super) struct Process {
    name: String,
    log: PathBuf,
    ended: Arc<OnceLock<ExitStatus>>,
    /// Dropped first: the thread ends when the other side is gone.
    keep: Option<Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

impl Process {
    /// Starts `program`; what it prints goes to `NAME.log` in `directory`.
    pub(super) fn start(name: &str, program: &Path, arguments: &[String], directory: &Path) -> anyhow::Result<Self> {
        let setpriv = crate::control_plane::setpriv().context("there is no setpriv (util-linux)")?;
        let log = directory.join(format!("{name}.log"));
        let output = File::create(&log)?;
        let mut command = Command::new(setpriv);
        command.args(["--pdeathsig", "KILL", "--"]).arg(program).args(arguments);
        command.current_dir(directory).stdin(Stdio::null()).stdout(output.try_clone()?).stderr(output);
        let (keep, kept) = channel::<()>();
        let (started, start) = channel();
        let ended = Arc::new(OnceLock::new());
        let ending = Arc::clone(&ended);
        let thread = std::thread::Builder::new().name(format!("keeper of {name}")).spawn(move || {
            let mut child = match command.spawn() {
                Ok(child) => child,
                Err(error) => return drop(started.send(Err(error))),
            };
            drop(started.send(Ok(())));
            while kept.recv_timeout(Duration::from_millis(50)) == Err(RecvTimeoutError::Timeout) {
                if let Ok(Some(status)) = child.try_wait() {
                    ending.get_or_init(|| status);
                    return;
                }
            }
            // Nothing in the store is worth an orderly end.
            drop(child.kill());
            drop(child.wait());
        })?;
        start.recv()?.with_context(|| format!("can't start {}", program.display()))?;
        Ok(Self { name: name.to_owned(), log, ended, keep: Some(keep), thread: Some(thread) })
    }

    /// Why it is no longer there, if it ended by itself.
    pub(super) fn ended(&self) -> Option<String> {
        let status = self.ended.get()?;
        Some(format!("{} ended with {status}; the end of its log:\n{}", self.name, self.tail()))
    }

    /// The last lines of its log.
    pub(super) fn tail(&self) -> String {
        let text = fs::read(&self.log).unwrap_or_default();
        let text = String::from_utf8_lossy(&text);
        let lines: Vec<&str> = text.lines().collect();
        lines[lines.len().saturating_sub(12)..].join("\n")
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        drop(self.keep.take());
        if let Some(thread) = self.thread.take() {
            drop(thread.join());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn directory(name: &str) -> PathBuf {
        let directory = crate::workspace().join("target/control-plane/tests").join(format!("{name}-{}", std::process::id()));
        fs::create_dir_all(&directory).unwrap();
        directory
    }

    fn is_alive(pid: &str) -> bool {
        // A killed process that nobody has waited for yet is a zombie.
        fs::read_to_string(format!("/proc/{pid}/stat")).is_ok_and(|stat| !stat.contains(") Z "))
    }

    fn wait_until(what: &str, mut holds: impl FnMut() -> bool) {
        for _ in 0..500 {
            if holds() {
                return;
            }
            std::thread::sleep(Duration::from_millis(20));
        }
        panic!("{what} did not come");
    }

    /// Starts a shell that prints its process id and sleeps.
    fn sleeper(directory: &Path) -> (Process, String) {
        let arguments = ["-c".to_owned(), "echo $$; exec sleep 600".to_owned()];
        let process = Process::start("sleeper", Path::new("/bin/sh"), &arguments, directory).unwrap();
        let log = directory.join("sleeper.log");
        wait_until("the process id", || fs::read_to_string(&log).is_ok_and(|text| text.ends_with('\n')));
        let pid = fs::read_to_string(log).unwrap().trim().to_owned();
        (process, pid)
    }

    #[test]
    fn a_panic_leaves_no_process() {
        if crate::control_plane::setpriv().is_none() {
            return println!("skipped: there is no setpriv");
        }
        let directory = directory("panic");
        let (sent, pid) = channel();
        let panicked = std::thread::spawn(move || {
            let (_process, pid) = sleeper(&directory);
            sent.send(pid).unwrap();
            panic!("on purpose");
        });
        assert!(panicked.join().is_err());
        assert!(!is_alive(&pid.recv().unwrap()));
    }

    #[test]
    fn a_killed_test_leaves_no_process() {
        if crate::control_plane::setpriv().is_none() {
            return println!("skipped: there is no setpriv");
        }
        let directory = directory("killed");
        if std::env::var_os("WINDLASS_TESTKIT_VICTIM").is_some() {
            // The inner run: it waits to be killed.
            let _sleeper = sleeper(Path::new(&std::env::var_os("WINDLASS_TESTKIT_VICTIM").unwrap()));
            std::thread::sleep(Duration::from_secs(600));
        }
        let test = "cluster::process::tests::a_killed_test_leaves_no_process";
        let mut inner = Command::new(std::env::current_exe().unwrap())
            .args(["--exact", test])
            .env("WINDLASS_TESTKIT_VICTIM", &directory)
            .stdout(Stdio::null())
            .spawn()
            .unwrap();
        let log = directory.join("sleeper.log");
        wait_until("the process id", || fs::read_to_string(&log).is_ok_and(|text| text.ends_with('\n')));
        let pid = fs::read_to_string(log).unwrap().trim().to_owned();
        assert!(is_alive(&pid));
        inner.kill().unwrap();
        inner.wait().unwrap();
        wait_until("the end", || !is_alive(&pid));
    }

    #[test]
    fn a_program_that_ends_by_itself_is_told_with_its_log() {
        if crate::control_plane::setpriv().is_none() {
            return println!("skipped: there is no setpriv");
        }
        let arguments = ["-c".to_owned(), "echo the port is taken; exit 3".to_owned()];
        let process = Process::start("brief", Path::new("/bin/sh"), &arguments, &directory("brief")).unwrap();
        let mut told = None;
        wait_until("the end", || {
            told = process.ended();
            told.is_some()
        });
        let told = told.unwrap();
        assert!(told.contains("exit status: 3") && told.contains("the port is taken"), "{told}");
    }
}
