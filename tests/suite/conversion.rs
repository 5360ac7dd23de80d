//! Loads and converts a project of the file system, as the command line does.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use windlass_compose::{Loaded, Request};
use windlass_convert::{Conversion, Input, Options};
use windlass_emit::layouts;
use windlass_source::{FileSystem, RealFileSystem};

/// What to convert.
#[derive(Clone, Debug, Default)]
pub struct Project {
    /// The working directory, absolute.
    pub directory: PathBuf,
    /// `-f`, in order.
    pub files: Vec<String>,
    /// `--env-file`, in order.
    pub env_files: Vec<String>,
    /// `--profile`.
    pub profiles: Vec<String>,
    /// Variables of the environment.
    pub environment: BTreeMap<String, String>,
    /// Flags.
    pub options: Options,
}

impl Project {
    /// Loads it.
    pub fn load(&self, files: &dyn FileSystem) -> Loaded {
        let mut request = Request::new(&self.directory);
        request.files.clone_from(&self.files);
        request.env_files.clone_from(&self.env_files);
        request.profiles.clone_from(&self.profiles);
        request.environment.clone_from(&self.environment);
        windlass_compose::load(&request, files)
    }

    /// Loads and converts it from the real file system.
    pub fn convert(&self) -> (Loaded, Conversion) {
        let files = RealFileSystem::new(&self.directory);
        let loaded = self.load(&files);
        let conversion = self.convert_loaded(&loaded, &files);
        (loaded, conversion)
    }

    /// Converts what was loaded.
    pub fn convert_loaded(&self, loaded: &Loaded, files: &dyn FileSystem) -> Conversion {
        self.convert_by(windlass_convert::convert, loaded, files)
    }

    /// What a function of room `convert` makes of what was loaded.
    pub fn convert_by<T>(&self, convert: fn(&Input<'_>) -> T, loaded: &Loaded, files: &dyn FileSystem) -> T {
        convert(&Input {
            project: &loaded.project,
            tree: &loaded.tree,
            directory: &loaded.directory,
            files,
            variable: &|name| loaded.environment.get(name).map(|variable| variable.value.clone()),
            options: &self.options,
        })
    }
}

/// The files that `-o` would write.
pub fn tree(conversion: &Conversion, loaded: &Loaded) -> BTreeMap<String, String> {
    let emitted = layouts::tree(&conversion.objects, &loaded.sources, layouts::Options::default());
    emitted.tree.iter().map(|(path, file)| (path.to_owned(), String::from_utf8_lossy(&file.content).into_owned())).collect()
}

/// Reads a directory as a map of texts.
pub fn read_tree(directory: &Path) -> BTreeMap<String, String> {
    let mut files = BTreeMap::new();
    let mut pending = vec![directory.to_owned()];
    while let Some(next) = pending.pop() {
        for entry in std::fs::read_dir(next).into_iter().flatten().flatten() {
            let path = entry.path();
            if path.is_dir() {
                pending.push(path);
            } else if let Ok(text) = std::fs::read_to_string(&path) {
                let name = path.strip_prefix(directory).unwrap_or(&path).to_string_lossy().into_owned();
                files.insert(name, text);
            }
        }
    }
    files
}
