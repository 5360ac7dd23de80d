//! Whether a service itself writes where it mounts files of the project: `envsubst < /a.template > /etc/nginx/conf.d/a.conf`. A ConfigMap
//! takes nothing, so such files need a directory of their own.

use std::borrow::Cow;

use windlass_compose::model::Service;

use super::{Becoming, File, HostSource, MountPlan, script};

/// True when a service's commands, or the scripts among its files that they run, write to the mount's target.
pub(crate) fn writes_to(mount: &MountPlan<'_>, service: &Service, mounts: &[MountPlan<'_>], sources: &[HostSource]) -> bool {
    // Its entrypoint makes files of the templates.
    let has_templates = || mounts.iter().any(|other| other.target.starts_with("/etc/nginx/templates"));
    if mount.target == "/etc/nginx/conf.d" && has_templates() {
        return true;
    }
    let line = || [&service.entrypoint, &service.command].into_iter().flatten().flat_map(|line| line.iter()).map(|word| word.as_str());
    let commands: Cow<'_, str> = script::of(service).map_or_else(|| line().collect::<Vec<_>>().join(" ").into(), Cow::Borrowed);
    // Most services say nothing of the kind, nor run scripts.
    let is_below = |path: &str| path.strip_prefix(&*mount.target).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'));
    script_writes(&commands, &is_below) || scripts(&commands, mounts, sources).any(|script| script_writes(script, &is_below))
}

/// The embedded files that the commands name, and those that the entrypoint of nginx and others runs anyway.
fn scripts<'p>(commands: &'p str, mounts: &'p [MountPlan<'_>], sources: &'p [HostSource]) -> impl Iterator<Item = &'p str> {
    const RUN_ANYWAY: &str = "/docker-entrypoint.d/";
    let source = |mount: &MountPlan<'_>| if let Becoming::Host(source) = mount.becomes { Some(&sources[source]) } else { None };
    let embedded = mounts.iter().filter_map(move |mount| Some((mount, source(mount)?)));
    embedded.flat_map(move |(mount, source)| {
        let path = move |file: &File| {
            if matches!(source.is, super::HostKind::File(_)) { mount.target.clone() } else { format!("{}/{}", mount.target, file.path) }
        };
        let runs = move |path: String| path.starts_with(RUN_ANYWAY) || commands.contains(&path);
        // A directory that no command names has no script that one runs.
        let may_run = commands.contains(&mount.target) || format!("{}/", mount.target).starts_with(RUN_ANYWAY);
        let files = if may_run { source.files() } else { &[] };
        files.iter().filter(move |file| runs(path(file))).filter_map(|file| std::str::from_utf8(&file.content).ok())
    })
}

/// True when a command of the script writes to such a path.
fn script_writes(text: &str, is_below: &dyn Fn(&str) -> bool) -> bool {
    script::commands(text).iter().any(|command| {
        let mut redirections = command.text.split('>').skip(1).map(|rest| rest.trim_start_matches(['|', '&', ' ']));
        redirections.any(|target| target.split([' ', '\n', ';', ')']).next().is_some_and(|path| is_below(unquoted(path))))
            || program_writes(command.text, is_below)
    })
}

/// True when the program of a command changes such a path.
fn program_writes(command: &str, is_below: &dyn Fn(&str) -> bool) -> bool {
    let words: Vec<&str> = command.split_whitespace().map(unquoted).collect();
    words.iter().enumerate().any(|(at, word)| {
        let arguments = &words[at + 1..];
        let mut paths = arguments.iter().filter(|word| !word.starts_with('-'));
        match script::program(word) {
            "chmod" | "chown" | "mkdir" | "mv" | "rm" | "tee" | "touch" => paths.any(|path| is_below(path)),
            "cp" | "install" | "ln" => paths.next_back().is_some_and(|path| is_below(path)),
            "sed" | "perl" => {
                let in_place = |word: &&str| {
                    word.starts_with("--in-place") || (word.starts_with('-') && word.contains('i') && !word.starts_with("--"))
                };
                arguments.iter().any(in_place) && paths.any(|path| is_below(path))
            }
            _ => false,
        }
    })
}

fn unquoted(word: &str) -> &str {
    word.trim_matches(['"', '\'', '(', ')', ';'])
}
