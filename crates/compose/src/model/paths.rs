//! Relative paths made absolute: contexts, bind mounts, files of variables, configs and secrets.

use std::borrow::Cow;

use windlass_source::{Code, Diagnostic};
use windlass_yaml::{Node, Value};

use crate::model::context::Context;
use crate::model::rule::Aspects;
use crate::model::walk::walk;
use crate::short::volume::clean;

const NO_HOME: Code = Code("compose::no-home");

/// Where relative paths start.
pub(crate) struct Base<'a> {
    /// The directory that is put before them.
    pub(crate) directory: &'a str,
    /// What `~` stands for.
    pub(crate) home: Option<&'a str>,
}

/// Makes the paths of a document start at `base`.
pub(crate) fn document(tree: &mut Node, base: &Base<'_>, context: &mut Context<'_>) {
    walk(tree, Aspects::PATH, context, &mut |node, rule, context| {
        if let Some(resolve) = rule.path {
            resolve(node, base, context);
        }
    });
}

impl Base<'_> {
    /// The absolute form of a path on this machine.
    fn local<'p>(&self, path: &'p str, node: &Node, context: &mut Context<'_>) -> Cow<'p, str> {
        let path = self.with_home(path, node, context);
        if path.is_empty() || path.starts_with('/') { path } else { Cow::Owned(join(self.directory, &path)) }
    }

    /// The same for a path on the engine's machine, which may run Windows.
    fn of_engine<'p>(&self, path: &'p str, node: &Node, context: &mut Context<'_>) -> Cow<'p, str> {
        let path = self.with_home(path, node, context);
        if path.starts_with('/') || is_windows_absolute(&path) { path } else { Cow::Owned(join(self.directory, &path)) }
    }

    fn with_home<'p>(&self, path: &'p str, node: &Node, context: &mut Context<'_>) -> Cow<'p, str> {
        let Some(rest) = path.strip_prefix('~') else { return Cow::Borrowed(path) };
        match self.home {
            Some(home) => Cow::Owned(join(home, rest)),
            None => {
                let diagnostic =
                    Diagnostic::warning(NO_HOME, format!("{} starts with `~`, but the environment has no HOME", context.subject()))
                        .origin(&node.origin, "kept as it is")
                        .help("set HOME, or write the path out");
                context.report(diagnostic);
                Cow::Borrowed(path)
            }
        }
    }
}

/// Two paths one after the other, cleaned. Empty ones are left out.
fn join(directory: &str, path: &str) -> String {
    let joined = match (directory, path) {
        ("", path) => path.to_owned(),
        (directory, "") => directory.to_owned(),
        (directory, path) => format!("{directory}/{path}"),
    };
    clean(&joined).into_owned()
}

fn replace(node: &mut Node, path: impl FnOnce(&str, &Node) -> Option<String>) {
    if let Value::String(text) = &node.value
        && let Some(path) = path(text, node)
    {
        node.value = Value::from(path);
    }
}

/// A path on this machine.
pub(crate) fn local(node: &mut Node, base: &Base<'_>, context: &mut Context<'_>) {
    replace(node, |text, node| Some(base.local(text, node, context).into_owned()));
}

/// A path on the engine's machine.
pub(crate) fn of_engine(node: &mut Node, base: &Base<'_>, context: &mut Context<'_>) {
    replace(node, |text, node| Some(base.of_engine(text, node, context).into_owned()));
}

/// The directory that a build reads, unless it is an address or another service.
pub(crate) fn build_context(node: &mut Node, base: &Base<'_>, context: &mut Context<'_>) {
    replace(node, |text, node| {
        let elsewhere = text.contains("://") || text.starts_with("service:") || is_remote_context(text);
        (!elsewhere).then(|| base.local(text, node, context).into_owned())
    });
}

/// True for a context that the builder fetches: a Git repository or an archive.
pub(crate) fn is_remote_context(text: &str) -> bool {
    ["https://", "http://", "git://", "ssh://", "github.com/", "git@"].iter().any(|prefix| text.starts_with(prefix))
}

/// True for a path that is absolute on Windows: `C:\`, `\\host\share`, `\\.\pipe\x`.
pub(crate) fn is_windows_absolute(path: &str) -> bool {
    let separator = |byte: Option<&u8>| matches!(byte, Some(b'\\' | b'/'));
    let bytes = path.as_bytes();
    if bytes.get(1) == Some(&b':') {
        return separator(bytes.get(2));
    }
    separator(bytes.first()) && separator(bytes.get(1))
}
