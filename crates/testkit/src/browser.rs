//! A real browser without a window: Debian's Chromium, or Chrome.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// A browser that is on the machine.
#[derive(Debug)]
pub struct Browser {
    program: PathBuf,
}

/// Light or dark, as the reader's system is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Theme {
    /// Dark on light.
    Light,
    /// Light on dark.
    Dark,
}

impl Browser {
    /// The browser on the search path, or `None` after printing that the test is skipped.
    pub fn find() -> Option<Self> {
        let path = std::env::var_os("PATH").unwrap_or_default();
        let names = ["chromium", "chromium-browser", "google-chrome", "chrome"];
        let found = std::env::split_paths(&path).flat_map(|directory| names.map(|name| directory.join(name))).find(|file| file.is_file());
        if found.is_none() {
            println!("skipped: no Chromium on the search path (Debian's package is `chromium`)");
        }
        found.map(|program| Self { program })
    }

    /// The document of a page in a file after its scripts have run, as HTML. Frames of other files may be looked into.
    ///
    /// # Errors
    /// When the browser does not start or ends badly.
    pub fn document(&self, page: &Path, theme: Theme) -> std::io::Result<String> {
        self.run(page, theme, ["--dump-dom", "--virtual-time-budget=10000", "--allow-file-access-from-files"])
    }

    /// Photographs a page in a file into `picture`, a PNG of this size.
    ///
    /// # Errors
    /// When the browser does not start or ends badly.
    pub fn photograph(&self, page: &Path, picture: &Path, (width, height): (u32, u32), theme: Theme) -> std::io::Result<()> {
        let (size, picture) = (format!("--window-size={width},{height}"), format!("--screenshot={}", picture.display()));
        self.run(page, theme, [picture.as_str(), size.as_str(), "--hide-scrollbars"]).map(drop)
    }

    fn run<'a>(&self, page: &Path, theme: Theme, flags: impl IntoIterator<Item = &'a str>) -> std::io::Result<String> {
        let profile = std::env::temp_dir().join(format!("windlass-browser-{}-{:?}", std::process::id(), std::thread::current().id()));
        let mut command = Command::new(&self.program);
        // Nothing but the page: no sandbox as root, no lookups of the browser's own.
        command.args([
            "--headless",
            "--no-sandbox",
            "--disable-gpu",
            "--disable-quic",
            "--no-first-run",
            "--disable-background-networking",
        ]);
        command.args(["--disable-component-update", "--disable-sync"]).arg(format!("--user-data-dir={}", profile.display()));
        if theme == Theme::Dark {
            command.args(["--force-dark-mode", "--blink-settings=preferredColorScheme=0"]);
        }
        let address = format!("file://{}", page.display());
        let output = command.args(flags).arg(address).stdin(Stdio::null()).stderr(Stdio::null()).output();
        // Its profile is of no use any more.
        drop(std::fs::remove_dir_all(&profile));
        let output = output?;
        if !output.status.success() {
            return Err(std::io::Error::other(format!("{} ended with {}", self.program.display(), output.status)));
        }
        Ok(String::from_utf8_lossy(&output.stdout).into_owned())
    }
}
