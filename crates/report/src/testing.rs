//! Projects that tests report on.
#![expect(clippy::disallowed_methods, reason = "reads the list of the corpus")]

use std::fs;
use std::path::{Path, PathBuf};

use windlass_compose::{Loaded, Request};
use windlass_convert::{Conversion, Input, Options, convert};
use windlass_source::RealFileSystem;

/// A project in files, and what becomes of it.
pub(crate) fn converted(directory: &Path, files: &[&str]) -> (Loaded, Conversion) {
    let mut request = Request::new(directory);
    request.files = files.iter().map(|file| (*file).to_owned()).collect();
    let sources = RealFileSystem::new(directory);
    let loaded = windlass_compose::load(&request, &sources);
    let conversion = convert(&Input {
        project: &loaded.project,
        tree: &loaded.tree,
        directory: &loaded.directory,
        files: &sources,
        variable: &|name| loaded.environment.get(name).map(|variable| variable.value.clone()),
        options: &Options::default(),
    });
    (loaded, conversion)
}

/// The projects of the corpus: directory and files.
pub(crate) fn runsets(corpus: &Path) -> Vec<(PathBuf, Vec<String>)> {
    let rows = fs::read_to_string(corpus.join("RUNSETS.tsv")).expect("the corpus has a list of runsets");
    let row = |row: &str| {
        let mut columns = row.split('\t');
        let (folder, _, files) = (columns.next()?, columns.next()?, columns.next()?);
        Some((corpus.join("compose").join(folder), files.split(';').map(str::to_owned).collect()))
    };
    rows.lines().skip(1).filter_map(row).collect()
}
