//! What writing a tree into a directory would do. Reads the directory, writes nothing.

use std::io;
use std::path::{Path, PathBuf};

use windlass_source::{Code, Diagnostic, FileKind, FileSystem};

use crate::file_tree::FileTree;
use crate::record::{RECORD, Record, hash};

/// Larger files in the directory are none of ours.
const MAX_FILE: u64 = 256 << 20;

/// What happens to one file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Action {
    /// It is new.
    Create,
    /// It holds something else.
    Replace,
    /// It is no longer part of the tree.
    Remove,
}

/// One change of the directory.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Step {
    /// Below the directory.
    pub path: String,
    /// What happens.
    pub action: Action,
    /// What stands there now; empty when it is new.
    pub before: Vec<u8>,
    /// An earlier run wrote exactly what is to stand there, so a file that is missing was left out on purpose: git does not
    /// carry secrets.
    pub recorded: bool,
}

/// What writing would do.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Plan {
    /// The changes, by path. Empty when the directory is up to date.
    pub steps: Vec<Step>,
    /// Files of ours that were edited since, and so stay as they are, with what would happen to them.
    pub edited: Vec<Step>,
    /// The new content of `.windlass.json`; `None` when it is up to date.
    pub record: Option<String>,
    /// How many files already hold what they shall.
    pub unchanged: usize,
}

impl Plan {
    /// True when nothing is to be written.
    pub fn is_empty(&self) -> bool {
        self.steps.is_empty() && self.record.is_none()
    }

    /// What a person has to know of files that were edited: they are not as the tree has them.
    pub fn diagnostics(&self, directory: &Path) -> Vec<Diagnostic> {
        let told = |step: &Step| {
            let path = directory.join(&step.path);
            let (would, remedy) = match step.action {
                Action::Remove => ("removed", "delete it, or pass `--force`"),
                Action::Create | Action::Replace => ("replaced", "take the change over into the compose file, then pass `--force`"),
            };
            Diagnostic::warning(Code("emit::edited"), format!("`{}` was edited since Windlass wrote it", path.display()))
                .because(format!("it is left alone; without the edit it would be {would}"))
                .help(remedy)
        };
        self.edited.iter().map(told).collect()
    }
}

/// Compares `tree` with what stands in `directory`. With `force`, files of ours that were edited count as unedited.
///
/// # Errors
/// What stands in the way: a file that is not ours, a directory, a broken record, a link out of the directory. Nothing is to
/// be written then.
pub fn plan(tree: &FileTree, files: &dyn FileSystem, directory: &Path, force: bool) -> Result<Plan, Vec<Diagnostic>> {
    let old = read_record(files, directory).map_err(|diagnostic| vec![*diagnostic])?;
    let mut context = Context { files, directory, root: files.canonicalize(directory).ok(), problems: Vec::new() };
    let mut plan = Plan::default();
    let mut record = Record::of(tree);

    for (path, file) in tree.iter() {
        let recorded = old.files.get(path);
        let same = recorded.is_some_and(|recorded| *recorded == record.files[path]);
        let Some(before) = context.content(path) else {
            plan.steps.push(Step { path: path.to_owned(), action: Action::Create, before: Vec::new(), recorded: same });
            continue;
        };
        let step = Step { path: path.to_owned(), action: Action::Replace, before, recorded: same };
        match recorded {
            _ if step.before == file.content => plan.unchanged += 1,
            Some(recorded) if force || hash(&step.before) == *recorded => plan.steps.push(step),
            Some(recorded) => {
                record.files.insert(path.to_owned(), recorded.clone());
                plan.edited.push(step);
            }
            None => context.problems.push(foreign(&directory.join(path))),
        }
    }
    for (path, recorded) in old.files.iter().filter(|(path, _)| tree.get(path).is_none()) {
        let Some(before) = context.content(path) else { continue };
        let unedited = force || hash(&before) == *recorded;
        let step = Step { path: path.clone(), action: Action::Remove, before, recorded: false };
        if unedited {
            plan.steps.push(step);
        } else {
            record.files.insert(path.clone(), recorded.clone());
            plan.edited.push(step);
        }
    }
    if !context.problems.is_empty() {
        return Err(context.problems);
    }
    plan.steps.sort_by(|a, b| a.path.cmp(&b.path));
    plan.edited.sort_by(|a, b| a.path.cmp(&b.path));
    plan.record = (record != old).then(|| record.to_json());
    Ok(plan)
}

fn read_record(files: &dyn FileSystem, directory: &Path) -> Result<Record, Box<Diagnostic>> {
    let path = directory.join(RECORD);
    let told = |why: String| {
        let told = Diagnostic::error(Code("emit::record"), format!("`{}` can't be used", path.display()))
            .because(why)
            .because("it says which files Windlass may replace")
            .help("restore it, or write to another directory with `-o`");
        Box::new(told)
    };
    match files.read(&path, MAX_FILE) {
        Ok(bytes) => Record::parse(&bytes).map_err(told),
        Err(error) if matches!(error.kind(), io::ErrorKind::NotFound) => Ok(Record::default()),
        Err(error) if error.kind() == io::ErrorKind::NotADirectory => {
            let message = format!("`{}` is not a directory", directory.display());
            Err(Box::new(Diagnostic::error(Code("emit::in-the-way"), message).help("name a directory with `-o`")))
        }
        Err(error) => Err(told(error.to_string())),
    }
}

fn foreign(path: &Path) -> Diagnostic {
    Diagnostic::error(Code("emit::in-the-way"), format!("`{}` is not a file that Windlass wrote", path.display()))
        .because("it has the name of a file to be written; nothing was changed")
        .help("move it away, or write to another directory with `-o`")
}

struct Context<'a> {
    files: &'a dyn FileSystem,
    directory: &'a Path,
    /// The directory with its links resolved; `None` when it does not exist yet.
    root: Option<PathBuf>,
    problems: Vec<Diagnostic>,
}

impl Context<'_> {
    /// The content of a file; `None` when there is none. What can't be replaced by a file is a problem.
    fn content(&mut self, path: &str) -> Option<Vec<u8>> {
        let full = self.directory.join(path);
        let metadata = self.files.metadata(&full);
        if let Some(problem) = self.obstacle(&full, metadata.map(|metadata| metadata.kind)) {
            self.problems.push(problem);
            return None;
        }
        metadata?;
        match self.files.read(&full, MAX_FILE) {
            Ok(content) => Some(content),
            Err(error) => {
                let message = format!("`{}` can't be read", full.display());
                self.problems.push(Diagnostic::error(Code("emit::unreadable"), message).because(error.to_string()));
                None
            }
        }
    }

    fn obstacle(&self, full: &Path, kind: Option<FileKind>) -> Option<Diagnostic> {
        let in_the_way = |what: &Path, is: &str| {
            Diagnostic::error(Code("emit::in-the-way"), format!("`{}` {is}", what.display()))
                .because(format!("`{}` is to be written; nothing was changed", full.display()))
                .help("move it away, or write to another directory with `-o`")
        };
        match kind {
            Some(FileKind::Directory) => return Some(in_the_way(full, "is a directory")),
            Some(FileKind::Special) => return Some(in_the_way(full, "is a device, socket or pipe")),
            Some(FileKind::File) | None => {}
        }
        let root = self.root.as_ref()?;
        // The nearest directory that exists: it must be one, and lie below the root whatever links lead there.
        let above = full.ancestors().skip(1).find_map(|above| Some((above, self.files.metadata(above)?)));
        let (above, metadata) = above?;
        if metadata.kind != FileKind::Directory {
            return Some(in_the_way(above, "is not a directory"));
        }
        let inside = self.files.canonicalize(above).is_ok_and(|resolved| resolved.starts_with(root));
        (!inside).then(|| in_the_way(above, "leads out of the directory"))
    }
}

#[cfg(test)]
mod tests {
    use windlass_source::MemoryFileSystem;

    use super::*;

    fn tree(files: &[(&str, &str)]) -> FileTree {
        let mut tree = FileTree::new();
        for (path, content) in files {
            tree.add(path, *content);
        }
        tree
    }

    /// `/out` as a run that wrote `files` left it.
    fn written(files: &[(&str, &str)]) -> MemoryFileSystem {
        let mut disk = MemoryFileSystem::new().with_file("/out/.windlass.json", Record::of(&tree(files)).to_json());
        for (path, content) in files {
            disk.insert(Path::new("/out").join(path), *content, 0o644);
        }
        disk
    }

    fn check(disk: &MemoryFileSystem, new: &[(&str, &str)], force: bool, expected: &str) {
        let said = match plan(&tree(new), disk, Path::new("/out"), force) {
            Ok(plan) => {
                let steps = plan.steps.iter().map(|step| format!("{:?} {}", step.action, step.path));
                let edited = plan.edited.iter().map(|step| format!("edited {}", step.path));
                steps.chain(edited).collect::<Vec<_>>().join(", ")
            }
            Err(problems) => problems.into_iter().map(|problem| problem.message).collect::<Vec<_>>().join(", "),
        };
        assert_eq!(said, expected);
    }

    #[test]
    fn files_are_made_replaced_and_removed() {
        check(&MemoryFileSystem::new(), &[("a", "1"), ("d/b", "2")], false, "Create a, Create d/b");
        check(
            &written(&[("a", "1"), ("b", "2"), ("c", "3")]),
            &[("a", "1"), ("b", "x"), ("d", "4")],
            false,
            "Replace b, Remove c, Create d",
        );
        check(&written(&[("a", "1")]), &[("a", "1")], false, "");
    }

    #[test]
    fn an_edited_file_stays_unless_forced() {
        let disk = written(&[("a", "1"), ("b", "2")]).with_file("/out/a", "mine").with_file("/out/b", "mine");
        check(&disk, &[("a", "new")], false, "edited a, edited b");
        check(&disk, &[("a", "new")], true, "Replace a, Remove b");
        let plan = plan(&tree(&[("a", "new")]), &disk, Path::new("/out"), false).expect("nothing is in the way");
        assert!(plan.is_empty(), "an edited file stays edited in the record");
    }

    #[test]
    fn what_is_not_ours_is_never_touched() {
        let disk = written(&[("a", "1")]).with_file("/out/b", "mine").with_file("/out/c/deep", "mine");
        check(&disk, &[("a", "1")], true, "");
        check(&disk, &[("b", "2")], true, "`/out/b` is not a file that Windlass wrote");
        check(&disk, &[("c", "2")], true, "`/out/c` is a directory");
        check(&disk, &[("b/a", "2")], true, "`/out/b` is not a directory");
        check(&disk, &[("b", "mine"), ("a", "1")], false, "");
    }

    #[test]
    fn a_link_does_not_lead_out_of_the_directory() {
        let mut disk = written(&[("a", "1"), ("d/b", "2")]).with_file("/elsewhere/b", "2");
        disk.insert_link("/out/d", "/elsewhere");
        check(&disk, &[("a", "1")], true, "`/out/d` leads out of the directory");
        check(&disk, &[("a", "1"), ("d/c", "")], true, "`/out/d` leads out of the directory, `/out/d` leads out of the directory");
    }

    #[test]
    fn a_broken_record_stops_everything() {
        let disk = MemoryFileSystem::new().with_file("/out/.windlass.json", "{}");
        check(&disk, &[("a", "1")], true, "`/out/.windlass.json` can't be used");
    }

    #[test]
    fn a_missing_file_is_made_again_and_known_as_recorded() {
        let disk = MemoryFileSystem::new().with_file("/out/.windlass.json", Record::of(&tree(&[("s", "1")])).to_json());
        let again = plan(&tree(&[("s", "1")]), &disk, Path::new("/out"), false).expect("nothing is in the way");
        assert!(again.steps[0].recorded && again.steps[0].action == Action::Create && again.record.is_none());
        let other = plan(&tree(&[("s", "2")]), &disk, Path::new("/out"), false).expect("nothing is in the way");
        assert!(!other.steps[0].recorded);
    }
}
