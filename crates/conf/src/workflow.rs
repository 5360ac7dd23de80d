//! CI workflows: jobs, their steps, and what each runs or uses.

mod github;
mod gitlab;

use windlass_source::{FileId, Span};
use windlass_yaml::{Budget, Node};

use crate::syntax::{Parsed, Word};

/// Which system runs a workflow.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum System {
    /// GitHub Actions, and Gitea and Forgejo, which read the same.
    GitHub,
    /// GitLab CI.
    GitLab,
}

/// A workflow.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Workflow {
    /// Which system runs it.
    pub system: System,
    /// The first key; `None` for an empty file.
    pub start: Option<Span>,
    /// In the order of the text.
    pub jobs: Vec<Job>,
    /// Other files and templates that GitLab includes, as written.
    pub includes: Vec<Word>,
}

/// A job.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Job {
    /// Its key.
    pub name: Word,
    /// The reusable workflow that it is, or the templates that it extends.
    pub uses: Vec<Uses>,
    /// The image that it runs in.
    pub image: Option<Word>,
    /// What it does, in order.
    pub steps: Vec<Step>,
    /// What makes its failure harmless: `continue-on-error`, `allow_failure`.
    pub may_fail: Option<Span>,
}

/// A step of a job. In GitLab CI a line of a script.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Step {
    /// Its name.
    pub name: Option<Word>,
    /// The action that it uses.
    pub uses: Option<Uses>,
    /// The arguments of the action.
    pub with: Vec<(Word, Word)>,
    /// Its script.
    pub run: Option<Word>,
    /// What makes its failure harmless.
    pub may_fail: Option<Span>,
}

/// An action or workflow of elsewhere: `owner/repository/path@reference`, `./path`, `docker://image`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Uses {
    /// The whole.
    pub word: Word,
    /// What stands behind `@`.
    pub reference: Option<Word>,
}

impl Uses {
    pub(crate) fn new(word: Word) -> Self {
        let quotes = word.span.range().len().saturating_sub(word.text.len());
        let reference = word.text.rsplit_once('@').map(|(before, reference)| {
            // With escapes or line breaks in the word the place of its end is not known; it is that of the whole then.
            let is_plain = word.text.is_ascii() && matches!(quotes, 0 | 2);
            let start = quotes / 2 + before.len() + 1;
            let span = if is_plain { word.span.slice(start..start + reference.len()) } else { word.span };
            Word { text: reference.into(), span }
        });
        Self { word, reference }
    }

    /// What stands before `@`.
    pub fn name(&self) -> &str {
        self.word.text.rsplit_once('@').map_or(self.word.as_str(), |(name, _)| name)
    }

    /// True for a part of the same repository.
    pub fn is_local(&self) -> bool {
        self.word.text.starts_with("./")
    }

    /// True for an image.
    pub fn is_image(&self) -> bool {
        self.word.text.starts_with("docker://")
    }

    /// True where the reference is the id of a commit, which nobody can move.
    pub fn is_commit(&self) -> bool {
        let is_id = |text: &str| matches!(text.len(), 40 | 64) && text.bytes().all(|byte| byte.is_ascii_hexdigit());
        self.reference.as_ref().is_some_and(|reference| is_id(&reference.text))
    }
}

impl Step {
    /// An argument of its action.
    pub fn argument(&self, name: &str) -> Option<&Word> {
        self.with.iter().rfind(|(key, _)| key.text.eq_ignore_ascii_case(name)).map(|(_, value)| value)
    }

    /// Where it stands: its action or script, else its name.
    pub fn span(&self) -> Option<Span> {
        let uses = self.uses.as_ref().map(|uses| uses.word.span);
        uses.or(self.run.as_ref().map(|run| run.span)).or(self.name.as_ref().map(|name| name.span))
    }
}

/// Reads a text.
pub fn parse(file: FileId, text: &str, system: System) -> Parsed<Workflow> {
    let parsed = windlass_yaml::parse(file, text, &Budget::default());
    // GitLab files may begin with a document of their own settings, `spec:`.
    let document = match system {
        System::GitHub => parsed.documents.first(),
        System::GitLab => parsed.documents.iter().find(|document| document.root.get("spec").is_none()),
    };
    let empty = Node::default();
    Parsed { value: read(document.map_or(&empty, |document| &document.root), system), diagnostics: parsed.diagnostics }
}

/// Reads a tree.
pub fn read(root: &Node, system: System) -> Workflow {
    let start = root.as_map().and_then(|map| map.keys().next()).and_then(|key| key.span);
    match system {
        System::GitHub => Workflow { system, start, jobs: github::jobs(root), includes: Vec::new() },
        System::GitLab => Workflow { system, start, jobs: gitlab::jobs(root), includes: gitlab::includes(root) },
    }
}

#[cfg(test)]
mod tests;
