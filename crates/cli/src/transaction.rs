//! Writes a plan into its directory: all of it or nothing. New files are staged inside the directory, then renamed into place
//! one by one; when a rename fails, those before it are taken back. A process that is killed in between leaves the old files
//! in the staging directory.
#![expect(clippy::disallowed_methods, reason = "this is where trees are written")]

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use tempfile::TempDir;
use windlass_emit::{Action, FileTree, Plan, RECORD};

/// Why nothing was written.
#[derive(Debug)]
pub(crate) struct Failure {
    /// What was to be written or removed.
    pub(crate) path: PathBuf,
    /// Why it was not.
    pub(crate) error: io::Error,
    /// Where the old files are, when they could not be put back.
    pub(crate) stranded: Option<PathBuf>,
}

/// Brings `directory` from what `plan` found to `tree`.
///
/// # Errors
/// The first thing that failed. The directory is then as it was before, unless [`Failure::stranded`] says otherwise.
pub(crate) fn write(plan: &Plan, tree: &FileTree, directory: &Path) -> Result<(), Failure> {
    if plan.is_empty() {
        return Ok(());
    }
    let mut transaction = Transaction { directory, stage: None, undo: Vec::new() };
    match transaction.run(plan, tree) {
        Ok(()) => {
            remove_empty_directories(plan, directory);
            Ok(())
        }
        Err((path, error)) => Err(Failure { path, error, stranded: transaction.roll_back() }),
    }
}

struct Transaction<'a> {
    directory: &'a Path,
    stage: Option<TempDir>,
    /// What takes back the steps so far.
    undo: Vec<Undo>,
}

enum Undo {
    /// A directory that was made.
    Directory(PathBuf),
    /// A file that was put where none was.
    Created(PathBuf),
    /// A file that was moved away from `to`.
    Moved { from: PathBuf, to: PathBuf },
}

type Step<T = ()> = Result<T, (PathBuf, io::Error)>;

impl Transaction<'_> {
    fn run(&mut self, plan: &Plan, tree: &FileTree) -> Step {
        self.make_directory(self.directory)?;
        let at = |path: &Path, error| (path.to_owned(), error);
        let stage = tempfile::Builder::new().prefix(".windlass-").tempdir_in(self.directory);
        let stage = self.stage.insert(stage.map_err(|error| at(self.directory, error))?).path().to_owned();

        // Everything that needs space is done before the first old file moves.
        for (number, step) in plan.steps.iter().enumerate() {
            if let Some(file) = tree.get(&step.path) {
                stage_file(&stage.join(format!("new-{number}")), &file.content, file.mode)
                    .map_err(|error| at(&self.directory.join(&step.path), error))?;
            }
        }
        if let Some(record) = &plan.record {
            stage_file(&stage.join("record"), record.as_bytes(), 0o644).map_err(|error| at(&self.directory.join(RECORD), error))?;
        }
        for (number, step) in plan.steps.iter().enumerate() {
            let target = self.directory.join(&step.path);
            if step.action != Action::Create {
                self.rename(&target, &stage.join(format!("old-{number}")), &target)?;
            }
            if step.action != Action::Remove {
                self.put(&stage.join(format!("new-{number}")), &target)?;
            }
        }
        if plan.record.is_some() {
            let target = self.directory.join(RECORD);
            if target.exists() {
                self.rename(&target, &stage.join("old-record"), &target)?;
            }
            self.put(&stage.join("record"), &target)?;
        }
        Ok(())
    }

    fn rename(&mut self, from: &Path, to: &Path, told: &Path) -> Step {
        fs::rename(from, to).map_err(|error| (told.to_owned(), error))?;
        self.undo.push(Undo::Moved { from: to.to_owned(), to: from.to_owned() });
        Ok(())
    }

    /// Renames a staged file to a place where nothing stands.
    fn put(&mut self, staged: &Path, target: &Path) -> Step {
        if let Some(parent) = target.parent() {
            self.make_directory(parent)?;
        }
        // A rename would silently replace what somebody put there since the plan was made.
        if target.symlink_metadata().is_ok() {
            return Err((target.to_owned(), io::ErrorKind::AlreadyExists.into()));
        }
        fs::rename(staged, target).map_err(|error| (target.to_owned(), error))?;
        self.undo.push(Undo::Created(target.to_owned()));
        Ok(())
    }

    fn make_directory(&mut self, path: &Path) -> Step {
        let missing: Vec<_> = path.ancestors().take_while(|above| !above.as_os_str().is_empty() && !above.is_dir()).collect();
        for directory in missing.into_iter().rev() {
            fs::create_dir(directory).map_err(|error| (directory.to_owned(), error))?;
            self.undo.push(Undo::Directory(directory.to_owned()));
        }
        Ok(())
    }

    /// Takes every step back, the last one first. Gives the staging directory when an old file is still in it.
    fn roll_back(mut self) -> Option<PathBuf> {
        let mut stranded = false;
        let mut directories = Vec::new();
        for undo in self.undo.drain(..).rev() {
            match undo {
                // Made before the stage inside it, so removed after it.
                Undo::Directory(path) => directories.push(path),
                Undo::Created(path) => drop(fs::remove_file(path)),
                Undo::Moved { from, to } => stranded |= fs::rename(from, to).is_err(),
            }
        }
        let kept = self.stage.take().and_then(|stage| {
            if stranded {
                Some(stage.keep())
            } else {
                drop(stage.close());
                None
            }
        });
        for path in directories {
            drop(fs::remove_dir(path));
        }
        kept
    }
}

fn stage_file(path: &Path, content: &[u8], mode: u32) -> io::Result<()> {
    fs::write(path, content)?;
    set_mode(path, mode)
}

#[cfg(unix)]
fn set_mode(path: &Path, mode: u32) -> io::Result<()> {
    use std::os::unix::fs::PermissionsExt as _;
    fs::set_permissions(path, fs::Permissions::from_mode(mode))
}

#[cfg(not(unix))]
fn set_mode(_path: &Path, _mode: u32) -> io::Result<()> {
    Ok(())
}

/// Directories that held nothing but files which were removed.
fn remove_empty_directories(plan: &Plan, directory: &Path) {
    for step in plan.steps.iter().filter(|step| step.action == Action::Remove) {
        for above in Path::new(&step.path).ancestors().skip(1).take_while(|above| !above.as_os_str().is_empty()) {
            // Fails, as it should, when something is left in it.
            if fs::remove_dir(directory.join(above)).is_err() {
                break;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use windlass_source::RealFileSystem;

    use super::*;

    /// Every file below a directory, with its content.
    fn snapshot(directory: &Path) -> BTreeMap<String, String> {
        let mut found = BTreeMap::new();
        let mut pending = vec![directory.to_owned()];
        while let Some(next) = pending.pop() {
            for entry in fs::read_dir(next).unwrap() {
                let path = entry.unwrap().path();
                let name = path.strip_prefix(directory).unwrap().display().to_string();
                if path.is_dir() {
                    found.insert(format!("{name}/"), String::new());
                    pending.push(path);
                } else {
                    found.insert(name, fs::read_to_string(&path).unwrap());
                }
            }
        }
        found
    }

    fn tree(files: &[(&str, &str)]) -> FileTree {
        let mut tree = FileTree::new();
        for (path, content) in files {
            tree.add(path, *content);
        }
        tree
    }

    fn planned(tree: &FileTree, directory: &Path) -> Plan {
        windlass_emit::plan(tree, &RealFileSystem::new("/"), directory, false).unwrap()
    }

    #[test]
    fn a_second_run_replaces_and_removes_what_the_first_wrote() {
        let temporary = tempfile::tempdir().unwrap();
        let directory = temporary.path().join("new/out");
        let first = tree(&[("a", "1"), ("d/e/b", "2"), ("c", "3")]);
        write(&planned(&first, &directory), &first, &directory).unwrap();
        fs::write(directory.join("mine"), "mine").unwrap();
        let second = tree(&[("a", "one"), ("c", "3"), ("f/g", "4")]);
        write(&planned(&second, &directory), &second, &directory).unwrap();
        let mut found = snapshot(&directory);
        found.remove(RECORD).unwrap();
        let found: Vec<_> = found.iter().map(|(name, content)| format!("{name}={content}")).collect();
        assert_eq!(found, ["a=one", "c=3", "f/=", "f/g=4", "mine=mine"]);
        assert!(planned(&second, &directory).is_empty());
    }

    #[test]
    fn a_write_that_fails_half_way_leaves_the_old_tree_whole() {
        let temporary = tempfile::tempdir().unwrap();
        let directory = temporary.path();
        let first = tree(&[("a", "1"), ("b", "2"), ("gone", "3")]);
        write(&planned(&first, directory), &first, directory).unwrap();
        let second = tree(&[("a", "one"), ("b", "two"), ("d/new", "4"), ("z", "5")]);
        let plan = planned(&second, directory);
        // Appears after the plan was made, in the way of the last file.
        fs::create_dir_all(directory.join("z/full")).unwrap();
        let before = snapshot(directory);
        let failure = write(&plan, &second, directory).unwrap_err();
        assert_eq!(failure.path, directory.join("z"));
        assert!(failure.stranded.is_none());
        assert_eq!(snapshot(directory), before);
    }

    #[test]
    fn a_directory_that_was_made_for_nothing_is_gone_again() {
        let temporary = tempfile::tempdir().unwrap();
        fs::write(temporary.path().join("file"), "").unwrap();
        let tree = tree(&[("a", "1")]);
        let plan = planned(&tree, &temporary.path().join("x/y"));
        assert!(write(&plan, &tree, &temporary.path().join("file/y")).is_err());
        assert_eq!(snapshot(temporary.path()).len(), 1);
        let clash = Plan { steps: [plan.steps.clone(), plan.steps.clone()].concat(), ..plan };
        assert!(write(&clash, &tree, &temporary.path().join("x/y")).is_err());
        assert_eq!(snapshot(temporary.path()).len(), 1);
    }
}
