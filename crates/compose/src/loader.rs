//! What every pass shares: the request, the files, the texts read so far, the findings, and the limits.

use std::cell::Cell;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use windlass_source::{Code, Diagnostic, FileId, FileSystem, SourceMap, Span, closest, normalize};
use windlass_yaml::{Node, Value};

use crate::environment::Environment;
use crate::model;
use crate::request::Request;

const TOO_LARGE: Code = Code("compose::too-large");
const CANNOT_READ: Code = Code("compose::cannot-read");

/// The most files of one project, each `include` and `env_file` counted every time it is read.
const MAX_FILES: usize = 10_000;

/// The values that a project may hold beyond two for each byte of its files: aliases, `extends`, `env_file` and files that are
/// included again make many of few bytes.
const MAX_COPIES: usize = 300_000;

/// The bytes that variables may add to the texts of a project.
const MAX_GROWTH: usize = 32 << 20;

/// The most "did you mean" of one load: each looks at up to a thousand names.
const MAX_SUGGESTIONS: usize = 50;

/// The state of one load.
pub(crate) struct Loader<'a> {
    pub(crate) request: &'a Request,
    pub(crate) files: &'a dyn FileSystem,
    pub(crate) sources: SourceMap,
    pub(crate) diagnostics: Vec<Diagnostic>,
    /// Texts by absolute path, so that a file that is used twice is read once.
    texts: BTreeMap<PathBuf, FileId>,
    bytes_left: u64,
    files_left: usize,
    /// `None` once the project has too many values, which was reported.
    values_left: Option<usize>,
    /// `None` once variables made the texts too long, which was reported.
    growth_left: Option<usize>,
    /// What short forms may still make.
    pub(crate) made_left: usize,
    suggestions_left: usize,
    /// True when texts still have variables in them, because something was wrong with those, or because they shall stay.
    pub(crate) has_variables: bool,
    /// The diagnostics looked at so far, and how many of them are errors.
    counted: Cell<(usize, usize)>,
}

/// One level of a project: the project itself, or an `include` of it.
#[derive(Clone, Debug)]
pub(crate) struct Scope {
    /// Where relative names of files start; absolute.
    pub(crate) directory: PathBuf,
    /// What relative paths of attributes are joined to. Absolute for the project; for an include the way from the including
    /// scope's `directory`, because the including scope's paths are resolved once more.
    pub(crate) prefix: PathBuf,
    /// The variables.
    pub(crate) environment: Arc<Environment>,
    /// The files being read, outermost first: what a cycle is found by.
    pub(crate) stack: Vec<PathBuf>,
}

/// A file of compose text, parsed.
#[derive(Debug)]
pub(crate) struct ComposeFile {
    /// Its absolute path; `-` for standard input.
    pub(crate) path: PathBuf,
    /// Its text.
    pub(crate) file: FileId,
    /// The documents, in order.
    pub(crate) documents: Vec<Node>,
}

impl<'a> Loader<'a> {
    pub(crate) fn new(request: &'a Request, files: &'a dyn FileSystem, sources: SourceMap) -> Self {
        let known = sources.files().map(|(id, file)| (normalize(&request.working_directory.join(file.name())), id));
        Self {
            request,
            files,
            texts: known.collect(),
            sources,
            diagnostics: Vec::new(),
            bytes_left: request.max_input,
            files_left: MAX_FILES,
            values_left: Some(MAX_COPIES),
            growth_left: Some(MAX_GROWTH),
            made_left: model::MAX_MADE,
            suggestions_left: MAX_SUGGESTIONS,
            has_variables: !request.options.interpolate,
            counted: Cell::new((0, 0)),
        }
    }

    pub(crate) fn report(&mut self, diagnostic: Diagnostic) {
        self.diagnostics.push(diagnostic);
    }

    /// The number of errors so far; a pass that depends on another looks whether it grew.
    pub(crate) fn errors(&self) -> usize {
        let (looked_at, errors) = self.counted.get();
        let errors = errors + self.diagnostics[looked_at..].iter().filter(|diagnostic| diagnostic.is_error()).count();
        self.counted.set((self.diagnostics.len(), errors));
        errors
    }

    /// Counts values that the project gets, at `place`; `None` when they are too many, which is reported once.
    pub(crate) fn count_values(&mut self, values: usize, place: Option<Span>) -> Option<()> {
        let left = self.values_left?;
        self.values_left = left.checked_sub(values);
        if self.values_left.is_none() {
            self.report(
                Diagnostic::error(TOO_LARGE, "the project repeats too many values")
                    .at(place)
                    .because(format!(
                        "aliases, `extends`, `env_file` and `include` may make {MAX_COPIES} values beside those that are written"
                    ))
                    .help("repeat less, or split the project"),
            );
        }
        self.values_left.map(|_| ())
    }

    /// Counts bytes that variables add to a text, at `place`; `None` when they are too many, which is reported once.
    pub(crate) fn count_growth(&mut self, bytes: usize, place: Option<Span>) -> Option<()> {
        let left = self.growth_left?;
        self.growth_left = left.checked_sub(bytes);
        if self.growth_left.is_none() {
            self.report(
                Diagnostic::error(TOO_LARGE, format!("variables make the project more than {} MiB longer", MAX_GROWTH >> 20))
                    .at(place)
                    .help("use long values in fewer places, or put them into files: `configs`, `env_file`"),
            );
        }
        self.growth_left.map(|_| ())
    }

    /// True once variables made the texts too long.
    pub(crate) fn is_overgrown(&self) -> bool {
        self.growth_left.is_none()
    }

    /// The known name that an unknown one may stand for; `None` for all after the first fifty.
    pub(crate) fn closest<'k>(&mut self, name: &str, known: impl IntoIterator<Item = &'k str>) -> Option<&'k str> {
        self.suggestions_left = self.suggestions_left.checked_sub(1)?;
        closest(name, known)
    }

    /// `path` as a person would write it: from the working directory where it lies below that.
    pub(crate) fn display(&self, path: &Path) -> String {
        path.strip_prefix(&self.request.working_directory)
            .ok()
            .filter(|below| !below.as_os_str().is_empty())
            .unwrap_or(path)
            .display()
            .to_string()
    }

    /// Counts one more use of a file.
    ///
    /// # Errors
    /// Above the limit, which is reported.
    pub(crate) fn count_file(&mut self, path: &Path, asked_at: Option<Span>) -> Option<()> {
        if self.files_left == 0 {
            let name = self.display(path);
            self.report(
                Diagnostic::error(TOO_LARGE, format!("`{name}` is one file too many"))
                    .at(asked_at)
                    .because(format!("a project may read {MAX_FILES} files, each counted as often as it is included"))
                    .help("include each file once, from one place"),
            );
            return None;
        }
        self.files_left -= 1;
        Some(())
    }

    /// The text of a file, or `None` after reporting why there is none. `what` names its use: `compose file`.
    pub(crate) fn text(&mut self, path: &Path, what: &str, asked_at: Option<Span>) -> Option<FileId> {
        self.count_file(path, asked_at)?;
        let path = normalize(path);
        if let Some(&file) = self.texts.get(&path) {
            // Reading it once more costs about as much as a value for each 64 bytes.
            let again = self.sources.file(file).text().len() / 64;
            return self.count_values(again, asked_at).map(|()| file);
        }
        let bytes = match self.files.read(&path, self.bytes_left) {
            Ok(bytes) => bytes,
            Err(error) => {
                let diagnostic = self.unreadable(&path, what, &error).at(asked_at);
                self.report(diagnostic);
                return None;
            }
        };
        self.bytes_left -= (bytes.len() as u64).min(self.bytes_left);
        self.values_left = self.values_left.map(|left| left.saturating_add(bytes.len().saturating_mul(2)));
        let name = self.display(&path);
        let file = self.add_text(name, bytes, what, asked_at)?;
        self.texts.insert(path, file);
        Some(file)
    }

    /// The text of the file that a tree was read from.
    pub(crate) fn text_around(&self, tree: &Node) -> Option<&str> {
        tree.span().map(|span| self.sources.file(span.file).text().as_ref())
    }

    /// Adds what standard input gave.
    pub(crate) fn add_input(&mut self, bytes: Vec<u8>) -> Option<FileId> {
        self.values_left = self.values_left.map(|left| left.saturating_add(bytes.len().saturating_mul(2)));
        self.add_text("<stdin>".to_owned(), bytes, "compose file", None)
    }

    /// Adds a text that was read already; its bytes must be text.
    fn add_text(&mut self, name: String, bytes: Vec<u8>, what: &str, asked_at: Option<Span>) -> Option<FileId> {
        let decoded = match windlass_yaml::decode(&bytes) {
            Ok(text) => Ok(Arc::<str>::from(text)),
            Err(error) => Err(error),
        };
        match decoded {
            Ok(text) => Some(self.sources.add(name, text)),
            Err(error) => {
                // The part that is text stands in the report, so that the place can be shown.
                let text = String::from_utf8_lossy(&bytes[..error.offset.min(bytes.len())]).into_owned();
                let end = text.len();
                let file = self.sources.add(name.clone(), text);
                self.report(
                    Diagnostic::error(CANNOT_READ, format!("the {what} `{name}` is {error}"))
                        .at(Span::new(file, end..end))
                        .label(asked_at, "asked for here")
                        .help("save the file as UTF-8"),
                );
                None
            }
        }
    }

    fn unreadable(&self, path: &Path, what: &str, error: &std::io::Error) -> Diagnostic {
        use std::io::ErrorKind;
        let name = self.display(path);
        match error.kind() {
            ErrorKind::NotFound => Diagnostic::error(CANNOT_READ, format!("the {what} `{name}` does not exist"))
                .because(format!("there is nothing at `{}`", path.display()))
                .help("check the name, and the directory that it starts from"),
            ErrorKind::IsADirectory => {
                Diagnostic::error(CANNOT_READ, format!("the {what} `{name}` is a directory")).help("name the file inside it")
            }
            ErrorKind::FileTooLarge => Diagnostic::error(TOO_LARGE, format!("the {what} `{name}` is too large"))
                .because(format!("all files of a project together may have {} bytes", self.request.max_input))
                .help("raise the limit with `--max-input`"),
            ErrorKind::PermissionDenied => {
                Diagnostic::error(CANNOT_READ, format!("the {what} `{name}` may not be read")).because("this user has no permission for it")
            }
            _ => Diagnostic::error(CANNOT_READ, format!("the {what} `{name}` cannot be read")).because(error.to_string()),
        }
    }
}

/// How many values a tree holds, itself included.
pub(crate) fn values(node: &Node) -> usize {
    1 + match &node.value {
        Value::Map(map) => map.values().map(values).sum(),
        Value::Sequence(items) => items.iter().map(values).sum(),
        _ => 0,
    }
}
