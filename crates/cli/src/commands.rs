//! The commands, one file each, and what they share.

pub(crate) mod audit;
pub(crate) mod config;
pub(crate) mod convert;
pub(crate) mod cost;
pub(crate) mod crd;
pub(crate) mod data;
pub(crate) mod diff;
pub(crate) mod field;
pub(crate) mod fix;
pub(crate) mod graph;
pub(crate) mod home;
pub(crate) mod init;
pub(crate) mod project;
pub(crate) mod rules;
pub(crate) mod schema;
pub(crate) mod shells;
pub(crate) mod validate;

use std::collections::BTreeSet;
use std::io::{self, BufWriter, Write};
use std::path::Path;

use windlass_compose::Request;
use windlass_report::human::{self, Style};
use windlass_source::{Code, Diagnostic, RealFileSystem, SourceMap};

use crate::args::{OutputArgs, ProjectArgs};
use crate::environment::Environment;
use crate::exit::Exit;

/// Why a command ends early. What is wrong with an input was printed before.
#[derive(Debug)]
pub(crate) enum Stop {
    /// Something that can't be done, with its remedy.
    Told(Box<Diagnostic>),
    /// Nobody reads standard output any more.
    ClosedPipe,
}

impl From<Diagnostic> for Stop {
    fn from(diagnostic: Diagnostic) -> Self {
        Self::Told(Box::new(diagnostic))
    }
}

/// The result of a command.
pub(crate) type Outcome = Result<Exit, Stop>;

/// What every command works with.
pub(crate) struct Shell {
    pub(crate) environment: Environment,
    pub(crate) files: RealFileSystem,
    pub(crate) quiet: bool,
    pub(crate) verbose: bool,
    /// The flags that the command line or the settings give, without their dashes.
    pub(crate) given: BTreeSet<String>,
    /// On standard error.
    style: Style,
    /// On standard output.
    result_style: Style,
}

impl Shell {
    pub(crate) fn new(environment: Environment, output: OutputArgs) -> Self {
        let color = output.color.unwrap_or_default();
        let style = environment.style(color, &io::stderr());
        let result_style = environment.style(color, &io::stdout());
        Self {
            result_style,
            files: RealFileSystem::new(environment.directory.clone()),
            quiet: output.quiet,
            verbose: output.verbose,
            given: BTreeSet::new(),
            style,
            environment,
        }
    }

    /// How a result for people looks on standard output.
    pub(crate) fn result_style(&self) -> Style {
        self.result_style
    }

    /// The project flags and the process environment as the loader takes them.
    pub(crate) fn request(&mut self, project: ProjectArgs) -> Result<Request, Stop> {
        let mut request = Request::new(&self.environment.directory);
        request.max_input = project.max_input.unwrap_or(Request::MAX_INPUT);
        if project.files.iter().any(|file| file == "-") {
            request.standard_input = Some(read_standard_input(request.max_input)?);
        }
        request.files = project.files;
        request.project_name = project.project_name;
        request.project_directory = project.project_directory;
        request.profiles = project.profiles;
        request.env_files = project.env_files;
        request.environment = std::mem::take(&mut self.environment.variables);
        Ok(request)
    }

    /// Prints findings on standard error, warnings and notes unless quiet. Gives true when one is an error.
    pub(crate) fn tell(&self, diagnostics: &[Diagnostic], sources: &SourceMap) -> bool {
        let mut text = String::new();
        for diagnostic in diagnostics.iter().filter(|diagnostic| diagnostic.is_error() || !self.quiet) {
            text.push_str(&human::render(diagnostic, sources, &self.style));
            text.push('\n');
        }
        self.say_always(&text);
        diagnostics.iter().any(Diagnostic::is_error)
    }

    /// Prints a text on standard error unless quiet.
    pub(crate) fn say(&self, text: &str) {
        if !self.quiet {
            self.say_always(text);
        }
    }

    pub(crate) fn say_always(&self, text: &str) {
        // With standard error closed there is nobody to tell; the exit code still says it.
        let _ = io::stderr().lock().write_all(text.as_bytes());
    }

    /// Writes a result to standard output.
    pub(crate) fn print(&self, bytes: &[u8]) -> Result<(), Stop> {
        let mut output = io::stdout().lock();
        printed(output.write_all(bytes).and_then(|()| output.flush()))
    }

    /// As [`print`](Self::print), for a text in pieces.
    pub(crate) fn print_all<T: AsRef<[u8]>>(&self, pieces: impl IntoIterator<Item = T>) -> Result<(), Stop> {
        let mut output = BufWriter::with_capacity(32 << 10, io::stdout().lock());
        let mut pieces = pieces.into_iter();
        printed(pieces.try_for_each(|piece| output.write_all(piece.as_ref())).and_then(|()| output.flush()))
    }

    /// Writes a single file: beside its place, then renamed.
    pub(crate) fn write_file(&self, path: &Path, bytes: &[u8]) -> Result<(), Stop> {
        let full = self.environment.directory.join(path);
        let written = || {
            let directory = full.parent().ok_or(io::ErrorKind::IsADirectory)?;
            let mut file = staged_file(directory)?;
            file.write_all(bytes)?;
            file.persist(&full).map_err(|error| error.error)?;
            io::Result::Ok(())
        };
        written().map_err(|error| {
            Diagnostic::error(Code("cli::write"), format!("`{}` can't be written", path.display())).because(reason(&error)).into()
        })
    }

    /// Prints why a command ended early.
    pub(crate) fn stop(&self, stop: Stop) -> Exit {
        match stop {
            Stop::Told(diagnostic) => {
                self.tell(&[*diagnostic], &SourceMap::new());
                Exit::Invalid
            }
            Stop::ClosedPipe => Exit::Done,
        }
    }
}

/// What becomes of writing to standard output.
fn printed(written: io::Result<()>) -> Result<(), Stop> {
    written.map_err(|error| match error.kind() {
        io::ErrorKind::BrokenPipe => Stop::ClosedPipe,
        _ => Diagnostic::error(Code("cli::write"), "standard output can't be written").because(error.to_string()).into(),
    })
}

pub(crate) fn read_standard_input(limit: u64) -> Result<Vec<u8>, Stop> {
    use std::io::Read as _;

    let mut bytes = Vec::new();
    let told = |why: String| Diagnostic::error(Code("cli::standard-input"), "standard input can't be used").because(why);
    io::stdin().lock().take(limit.saturating_add(1)).read_to_end(&mut bytes).map_err(|error| told(error.to_string()))?;
    if bytes.len() as u64 > limit {
        return Err(told(format!("it is longer than {limit} bytes")).help("raise the limit with `--max-input`").into());
    }
    Ok(bytes)
}

/// What the operating system said, without the name of the temporary file that it was said of.
pub(crate) fn reason(error: &io::Error) -> String {
    let text = error.to_string();
    text.split(" at path ").next().unwrap_or_default().to_owned()
}

/// A temporary file with the permissions that a new file has, rather than the owner's alone.
fn staged_file(directory: &Path) -> io::Result<tempfile::NamedTempFile> {
    let mut builder = tempfile::Builder::new();
    builder.prefix(".windlass-");
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        builder.permissions(std::fs::Permissions::from_mode(0o666));
    }
    builder.tempfile_in(directory)
}
