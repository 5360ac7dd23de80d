//! `windlass.yaml`: flags that a project always wants, a section for each command.
//!
//! In: the file that `--config` names, or the first one from the project's directory upward. Out: the command line with its
//! values in place of the flags' own defaults, so that a flag wins over the file, and the file over the default. What a flag
//! means is not here, and neither is a list of the settings: they are the flags that decide about results.

use std::path::{Path, PathBuf};

use clap::{Arg, ArgAction, Command};
use windlass_source::{Code, Diagnostic, FileKind, FileSystem as _, SourceMap, Span, closest, normalize};
use windlass_yaml::{Budget, Key, Map, Node, Value, decode, parse};

use crate::args::ProjectArgs;
use crate::commands::Shell;

/// The name that is looked for.
pub(crate) const NAME: &str = "windlass.yaml";
/// The most bytes of the file.
const LIMIT: u64 = 1 << 20;

/// Flags that are no settings: they belong to one run, or to the person who runs it. `--allow-outside` is among them since a
/// project that a stranger made must not open the reader's files.
const OF_ONE_RUN: [&str; 23] = [
    "against",
    "allow-outside",
    "apply",
    "check",
    "color",
    "config",
    "context",
    "env-file",
    "file",
    "force",
    "help",
    "kubeconfig",
    "max-input",
    "no-config",
    "output",
    "profile",
    "project-directory",
    "project-name",
    "quiet",
    "report",
    "server",
    "verbose",
    "write-baseline",
];

/// Commands that convert as another does, with the section whose settings they follow.
const FOLLOWS: [(&str, &str); 3] = [("cost", "convert"), ("diff", "convert"), ("graph", "convert")];

/// The settings of a project.
pub(crate) struct Settings {
    pub(crate) sources: SourceMap,
    /// The directory of the file, absolute.
    directory: PathBuf,
    root: Node,
}

impl Settings {
    /// Finds and reads the file; `None` where there is none, or `--no-config` says so.
    pub(crate) fn load(project: &ProjectArgs, shell: &Shell) -> Result<Option<Self>, Box<(Diagnostic, SourceMap)>> {
        let Some(path) = (if project.no_config { None } else { find(project, shell) }) else { return Ok(None) };
        let full = normalize(&shell.environment.directory.join(&path));
        let name = path.display().to_string();
        let mut sources = SourceMap::new();
        let told = |reason: String| {
            let diagnostic = Diagnostic::error(Code("cli::settings"), format!("the settings `{name}` can't be read")).because(reason);
            Box::new((diagnostic.help("name another file with `--config`, or pass `--no-config`"), SourceMap::new()))
        };
        let bytes = shell.files.read(&full, LIMIT).map_err(|error| told(error.to_string()))?;
        let text = decode(&bytes).map_err(|error| told(error.to_string()))?.into_owned();
        let file = sources.add(name.clone(), text.clone());
        let parsed = parse(file, &text, &Budget::default());
        if let Some(error) = parsed.diagnostics.into_iter().find(Diagnostic::is_error) {
            return Err(Box::new((error, sources)));
        }
        let root = parsed.documents.into_iter().next().map(|document| document.root).unwrap_or_default();
        let directory = full.parent().unwrap_or(Path::new("/")).to_owned();
        Ok(Some(Self { sources, directory, root }))
    }

    /// `command` with the values of its subcommand's section as defaults, and the flags that have one; else everything that is
    /// wrong with them. The section that it follows counts where its own says nothing.
    pub(crate) fn apply(&self, command: Command, subcommand: &str) -> Result<(Command, Vec<String>), Vec<Diagnostic>> {
        let mut wrong = Vec::new();
        let (mut followed, mut own) = (Vec::new(), Vec::new());
        let follows = FOLLOWS.iter().find(|(follower, _)| *follower == subcommand).map(|(_, section)| *section);
        let mut whole = command.clone();
        whole.build();
        let sections: Vec<String> = sections(&whole).map(|section| section.get_name().to_owned()).collect();
        for (key, value) in entries(&self.root, "the settings", &mut wrong) {
            let name = key.as_str();
            if !sections.iter().any(|section| section == name) {
                wrong.push(unknown(key, "section", sections.iter().map(String::as_str)));
            } else if (name == subcommand || Some(name) == follows)
                && let Some(section) = whole.find_subcommand(name)
            {
                let defaults = self.defaults(section, value, &mut wrong);
                if name == subcommand { own = defaults } else { followed = defaults }
            }
        }
        if !wrong.is_empty() {
            return Err(wrong);
        }
        let Some(section) = whole.find_subcommand(subcommand) else { return Ok((command, Vec::new())) };
        let mut flags: Vec<Arg> = section.get_arguments().filter(|flag| flag.get_id() != "help").cloned().collect();
        let mut set = Vec::new();
        // What it follows may have flags that it has not, and `--format` is of each its own.
        followed.retain(|(id, _)| id != "format");
        for (id, words) in followed.into_iter().chain(own) {
            if let Some(at) = flags.iter().position(|flag| flag.get_id() == id.as_str()) {
                set.push(id.replace('_', "-"));
                flags[at] = flags[at].clone().default_values(words);
            }
        }
        // Flags that were put together can't be changed within their command; its help was asked for before, if at all.
        let section = Command::new(section.get_name().to_owned()).args(flags).groups(section.get_groups().cloned());
        Ok((command.mut_subcommand(subcommand, |_| section), set))
    }

    /// The words that each flag of a section has by default.
    fn defaults(&self, section: &Command, node: &Node, wrong: &mut Vec<Diagnostic>) -> Vec<(String, Vec<String>)> {
        let mut defaults = Vec::new();
        for (key, value) in entries(node, &format!("`{}`", section.get_name()), wrong) {
            let Some(flag) = flags(section).find(|flag| flag.get_long() == Some(key.as_str())) else {
                let is_flag = section.get_arguments().any(|flag| flag.get_long() == Some(key.as_str()));
                wrong.push(if is_flag { of_one_run(key) } else { unknown(key, "setting", flags(section).filter_map(Arg::get_long)) });
                continue;
            };
            match self.words(flag, value).and_then(|words| accepted(flag, words)) {
                Ok(words) => defaults.push((flag.get_id().to_string(), words)),
                Err(reason) => wrong.push(
                    Diagnostic::error(Code("cli::setting"), format!("`{}` does not take this value", key.as_str()))
                        .label(value.span().or(key.span), "")
                        .because(reason)
                        .help(format!("`windlass {} --help` has the values", section.get_name())),
                ),
            }
        }
        defaults
    }

    /// A value as the words of a flag: a list and a map are a flag that is given several times.
    fn words(&self, flag: &Arg, value: &Node) -> Result<Vec<String>, String> {
        let many = matches!(flag.get_action(), ArgAction::Append);
        let single = |node: &Node| self.text(node).ok_or_else(|| format!("it is {}", node.value.kind()));
        let mut words = match &value.value {
            Value::Sequence(items) if many => items.iter().map(single).collect::<Result<Vec<_>, _>>()?,
            Value::Map(map) if many => {
                map.iter().map(|(key, value)| Ok(format!("{}={}", key.as_str(), single(value)?))).collect::<Result<_, String>>()?
            }
            _ => vec![single(value)?],
        };
        if flag.get_value_parser().type_id() == clap::value_parser!(PathBuf).type_id() {
            words.iter_mut().for_each(|word| *word = self.directory.join(&*word).display().to_string());
        }
        Ok(words)
    }

    /// A scalar as it is written: `1.30` is a version, no number.
    fn text(&self, node: &Node) -> Option<String> {
        match (&node.value, node.span()) {
            (Value::String(text), _) => Some(text.to_string()),
            (Value::Bool(_) | Value::Number(_) | Value::Timestamp(_), Some(span)) => Some(self.sources.slice(span).trim().to_owned()),
            _ => None,
        }
    }
}

/// The subcommands that have settings.
pub(crate) fn sections(command: &Command) -> impl Iterator<Item = &Command> {
    command.get_subcommands().filter(|command| flags(command).next().is_some())
}

/// The flags of a command that can be settings.
pub(crate) fn flags(command: &Command) -> impl Iterator<Item = &Arg> {
    command.get_arguments().filter(|flag| flag.get_long().is_some_and(|long| !OF_ONE_RUN.contains(&long)) && !flag.is_hide_set())
}

/// The JSON Schema of the file: a section for each command, a property for each flag.
pub(crate) fn schema(mut command: Command) -> String {
    command.build();
    let text = |text: &str| Node::default_value(text);
    let map = |entries: Vec<(String, Node)>| {
        Node::default_value(entries.into_iter().map(|(name, value)| (Key::new(name, None), value)).collect::<Map>())
    };
    let closed = |properties: Vec<(String, Node)>| {
        vec![
            ("type".to_owned(), text("object")),
            ("properties".to_owned(), map(properties)),
            ("additionalProperties".to_owned(), Node::default_value(false)),
        ]
    };
    let list = |items: Vec<Node>| Node::default_value(Value::Sequence(items));
    let flag = |flag: &Arg| {
        let values: Vec<Node> = flag.get_possible_values().iter().map(|value| text(value.get_name())).collect();
        let mut entries = match flag.get_action() {
            ArgAction::SetTrue => vec![("type".to_owned(), text("boolean"))],
            ArgAction::Append => vec![("type".to_owned(), list(["string", "array", "object"].map(text).into()))],
            _ if !values.is_empty() => vec![("enum".to_owned(), list(values))],
            _ => vec![("type".to_owned(), list(["string", "number"].map(text).into()))],
        };
        if let Some(help) = flag.get_help() {
            entries.push(("description".to_owned(), text(&help.to_string())));
        }
        (flag.get_long().unwrap_or_default().to_owned(), map(entries))
    };
    let sections = sections(&command).map(|section| (section.get_name().to_owned(), map(closed(flags(section).map(flag).collect()))));
    let mut schema =
        vec![("$schema".to_owned(), text("https://json-schema.org/draft/2020-12/schema")), ("title".to_owned(), text("windlass.yaml"))];
    schema.extend(closed(sections.collect()));
    windlass_compose::config::tree_json(&map(schema))
}

/// The file that `--config` names, or the nearest from the project's directory upward.
fn find(project: &ProjectArgs, shell: &Shell) -> Option<PathBuf> {
    if project.config.is_some() {
        return project.config.clone();
    }
    let environment = &shell.environment;
    let variable = |name: &str| environment.variables.get(name).filter(|value| !value.is_empty());
    let listed = || {
        let separator = variable("COMPOSE_PATH_SEPARATOR").map_or(":", String::as_str);
        Some(variable("COMPOSE_FILE")?.split(separator).next().unwrap_or_default().to_owned())
    };
    let first = project.files.iter().find(|file| *file != "-").cloned().or_else(listed);
    let beside = || Path::new(&first?).parent().map(Path::to_owned);
    let directory = project.project_directory.clone().or_else(beside).unwrap_or_default();
    let start = normalize(&environment.directory.join(directory));
    let found = start.ancestors().map(|directory| directory.join(NAME)).find(|path| {
        let metadata = shell.files.metadata(path);
        metadata.is_some_and(|metadata| metadata.kind == FileKind::File)
    })?;
    // As short as a person would write it.
    Some(found.strip_prefix(&environment.directory).map(Path::to_owned).unwrap_or(found))
}

/// The words, when the flag takes them; else what it says to them.
fn accepted(flag: &Arg, words: Vec<String>) -> Result<Vec<String>, String> {
    let long = flag.get_long().unwrap_or_default().to_owned();
    let alone = Arg::new("value").long(long.clone()).value_parser(flag.get_value_parser().clone()).required(true);
    let command = Command::new("settings").no_binary_name(true).disable_help_flag(true).arg(alone.action(ArgAction::Append));
    match command.try_get_matches_from(words.iter().map(|word| format!("--{long}={word}"))) {
        Ok(_) => Ok(words),
        Err(error) => {
            let text = error.to_string();
            let lines = text.lines().map(str::trim).take_while(|line| !line.starts_with("For more information"));
            let lines: Vec<&str> = lines.filter(|line| !line.is_empty()).collect();
            Err(lines.join(" ").trim_start_matches("error: ").to_owned())
        }
    }
}

/// The entries of a map; nothing counts as an empty one.
fn entries<'n>(node: &'n Node, what: &str, wrong: &mut Vec<Diagnostic>) -> Vec<(&'n Key, &'n Node)> {
    match &node.value {
        Value::Map(map) => map.iter().collect(),
        Value::Null => Vec::new(),
        _ => {
            let told = Diagnostic::error(Code("cli::setting"), format!("{what} must be a map"));
            wrong.push(told.label(node.span(), format!("this is {}", node.value.kind())).help("write `name: value` on lines of their own"));
            Vec::new()
        }
    }
}

fn unknown<'k>(key: &Key, what: &str, known: impl Iterator<Item = &'k str>) -> Diagnostic {
    let known: Vec<&str> = known.collect();
    let close = closest(key.as_str(), known.iter().copied()).map(|close| format!("did you mean `{close}`?"));
    Diagnostic::error(Code("cli::unknown-setting"), format!("there is no {what} `{}`", key.as_str()))
        .label(key.span, close.unwrap_or_default())
        .help(format!("there are {}", known.join(", ")))
}

fn of_one_run(key: &Key) -> Diagnostic {
    let span: Option<Span> = key.span;
    Diagnostic::error(Code("cli::unknown-setting"), format!("`{}` is no setting", key.as_str()))
        .label(span, "")
        .because("it belongs to one run and to who runs it")
        .help(format!("pass `--{}`", key.as_str()))
}
