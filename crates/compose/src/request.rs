//! What is to be loaded, and how: the project flags of docker compose and what the process would give.

use std::collections::BTreeMap;
use std::path::PathBuf;

/// A project to load. [`Request::new`] is `docker compose config` in a directory without any flag.
#[derive(Clone, Debug)]
pub struct Request {
    /// The directory of the process, absolute. Relative paths of this request start there.
    pub working_directory: PathBuf,
    /// `-f`, in order; `-` is standard input. Empty: `COMPOSE_FILE`, else the default names here or in a directory above.
    pub files: Vec<String>,
    /// What `-` reads.
    pub standard_input: Option<Vec<u8>>,
    /// `-p`.
    pub project_name: Option<String>,
    /// `--project-directory`.
    pub project_directory: Option<PathBuf>,
    /// `--profile`, in order; `*` is every profile. Empty: `COMPOSE_PROFILES`.
    pub profiles: Vec<String>,
    /// `--env-file`, in order. Empty: `COMPOSE_ENV_FILES`, else `.env` of the project directory.
    pub env_files: Vec<String>,
    /// The process environment, or what stands for it.
    pub environment: BTreeMap<String, String>,
    /// Which steps are left out.
    pub options: Options,
    /// The most bytes that all compose and environment files of the project may have together.
    pub max_input: u64,
}

/// Steps that can be left out, as docker compose's `--no-…` flags do, and one that can be added.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Options {
    /// Replace `${VARIABLES}`. Without, [`check_consistency`](Self::check_consistency),
    /// [`resolve_environment`](Self::resolve_environment) and [`select`](Self::select) are off too, and nothing is typed.
    pub interpolate: bool,
    /// Make relative paths absolute.
    pub resolve_paths: bool,
    /// Add what Compose implies: the default network, names, `depends_on` from links.
    pub normalize: bool,
    /// Check that what services refer to exists, and that attributes don't contradict each other.
    pub check_consistency: bool,
    /// Read `env_file` and `label_file`.
    pub resolve_environment: bool,
    /// Leave out services whose profile is off, and then networks, volumes, configs and secrets that nobody uses.
    pub select: bool,
    /// Keep the typed project. Without, it is only tried whether it can be read, which takes less memory.
    pub typed: bool,
    /// Note which variables the project looks up: [`Environment::noted`](crate::Environment::noted).
    pub note_variables: bool,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            interpolate: true,
            resolve_paths: true,
            normalize: true,
            check_consistency: true,
            resolve_environment: true,
            select: true,
            typed: true,
            note_variables: false,
        }
    }
}

impl Request {
    /// The default limit of [`max_input`](Self::max_input).
    pub const MAX_INPUT: u64 = 16 << 20;

    /// The project of `working_directory`, found by its default names.
    pub fn new(working_directory: impl Into<PathBuf>) -> Self {
        Self {
            working_directory: working_directory.into(),
            files: Vec::new(),
            standard_input: None,
            project_name: None,
            project_directory: None,
            profiles: Vec::new(),
            env_files: Vec::new(),
            environment: BTreeMap::new(),
            options: Options::default(),
            max_input: Self::MAX_INPUT,
        }
    }

    /// The user's home directory, for `~`.
    pub(crate) fn home(&self) -> Option<&str> {
        self.environment.get("HOME").map(String::as_str).filter(|home| !home.is_empty())
    }

    /// The same with one more file.
    pub fn with_file(mut self, file: impl Into<String>) -> Self {
        self.files.push(file.into());
        self
    }
}
