//! What a directory would become, as a unified diff.

use std::fmt::Write as _;
use std::path::Path;

use similar::TextDiff;

use crate::file_tree::FileTree;
use crate::plan::{Action, Plan, Step};

/// A unified diff from the directory to the tree; empty when they are the same. Files that were edited since count as
/// differing. Of secret files only the fact is told, and one that is missing is no difference when the record knows its content.
pub fn difference(plan: &Plan, tree: &FileTree, directory: &Path) -> String {
    let mut steps: Vec<&Step> = plan.steps.iter().chain(&plan.edited).collect();
    steps.sort_by(|a, b| a.path.cmp(&b.path));
    steps.into_iter().map(|step| of_step(step, tree, directory)).collect()
}

fn of_step(step: &Step, tree: &FileTree, directory: &Path) -> String {
    let path = directory.join(&step.path).display().to_string();
    let file = tree.get(&step.path);
    // What is removed has no file to ask; secrets have directories of their own.
    let secret = file.map_or_else(|| step.path.split('/').any(|part| part == "secrets"), |file| file.secret);
    if secret && step.action == Action::Create && step.recorded {
        return String::new();
    }
    let after = file.map_or(&[][..], |file| &file.content);
    let old = if step.action == Action::Create { "/dev/null" } else { &path };
    let new = if step.action == Action::Remove { "/dev/null" } else { &path };
    match (std::str::from_utf8(&step.before), std::str::from_utf8(after)) {
        (Ok(before), Ok(after)) if !secret => unified(before, after, old, new),
        _ => {
            let mut text = String::new();
            let why = if secret { "secret values are not shown" } else { "not text" };
            let _ = writeln!(text, "--- {old}\n+++ {new}\n@@ {why} @@");
            text
        }
    }
}

/// A unified diff of two texts under their names; empty when they are the same.
pub(crate) fn unified(before: &str, after: &str, old: &str, new: &str) -> String {
    TextDiff::from_lines(before, after).unified_diff().header(old, new).to_string()
}

#[cfg(test)]
mod tests {
    use windlass_source::MemoryFileSystem;

    use super::*;
    use crate::plan::plan;
    use crate::record::Record;

    #[test]
    fn lines_are_shown_and_secret_values_are_not() {
        let mut old = FileTree::new();
        old.add("a.yaml", "a: 1\nb: 2\n");
        old.add("gone.yaml", "x: 1\n");
        old.add_secret("secrets/known.yaml", "password: known\n");
        old.add_secret("secrets/s.yaml", "password: old\n");
        let disk = MemoryFileSystem::new()
            .with_file("/out/.windlass.json", Record::of(&old).to_json())
            .with_file("/out/a.yaml", "a: 1\nb: 2\n")
            .with_file("/out/gone.yaml", "x: 1\n")
            .with_file("/out/secrets/s.yaml", "password: old\n");
        let mut new = FileTree::new();
        new.add("a.yaml", "a: 1\nb: 3\n");
        new.add("new.yaml", "n: 1\n");
        new.add_secret("secrets/known.yaml", "password: known\n");
        new.add_secret("secrets/s.yaml", "password: new\n");
        let plan = plan(&new, &disk, Path::new("/out"), false).expect("nothing is in the way");
        insta::assert_snapshot!(difference(&plan, &new, Path::new("out")), @r"
        --- out/a.yaml
        +++ out/a.yaml
        @@ -1,2 +1,2 @@
         a: 1
        -b: 2
        +b: 3
        --- out/gone.yaml
        +++ /dev/null
        @@ -1 +0,0 @@
        -x: 1
        --- /dev/null
        +++ out/new.yaml
        @@ -0,0 +1 @@
        +n: 1
        --- out/secrets/s.yaml
        +++ out/secrets/s.yaml
        @@ secret values are not shown @@
        ");
    }
}
