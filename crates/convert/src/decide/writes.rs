//! Whether a service itself writes where it mounts files of the project: `envsubst < /a.template > /etc/nginx/conf.d/a.conf`. A ConfigMap
//! takes nothing, so such files need a directory of their own. And whether a task that ends only reads what it mounts.

use std::borrow::Cow;

use std::path::Path as FilePath;

use windlass_compose::model::Service;
use windlass_images::image::Role;
use windlass_k8s::Kind;

use super::{Becoming, File, HostKind, HostSource, MountPlan, ServicePlan, script};

/// Arguments of a program that are looked at.
const ARGUMENTS: usize = 256;

/// True when a service's commands, or the scripts among its files that they run, write to the mount's target.
pub(crate) fn writes_to(mount: &MountPlan<'_>, service: &ServicePlan<'_>, mounts: &[MountPlan<'_>], sources: &[HostSource]) -> bool {
    // Its entrypoint makes files of the templates.
    let has_templates = || mounts.iter().any(|other| other.target.starts_with("/etc/nginx/templates"));
    if (mount.target == "/etc/nginx/conf.d" && has_templates()) || is_schema_dumped(mount, service) {
        return true;
    }
    let commands = commands(service.service);
    script_writes(&commands, &mount.target) || scripts(&commands, mounts, sources).any(|script| script_writes(script, &mount.target))
}

/// True for the directory that `dbmate` writes the schema into after its migrations, beside theirs: `db/schema.sql`, `db/migrations`.
fn is_schema_dumped(mount: &MountPlan<'_>, service: &ServicePlan<'_>) -> bool {
    let is_off =
        || commands(service.service).contains("--no-dump-schema") || service.service.environment.get("DBMATE_NO_DUMP_SCHEMA").is_some();
    service.image.name.contains("dbmate") && !mount.target.ends_with("/migrations") && !is_off()
}

/// True when a service runs to its end and doesn't write what it mounts: a directory of migrations, of data to begin with.
pub(super) fn only_reads(mount: &MountPlan<'_>, service: &ServicePlan<'_>) -> bool {
    let migrates = service.image.is_schema_migration();
    if !migrates && !matches!(service.kind, Kind::Job | Kind::CronJob) {
        return false;
    }
    mount.read_only || migrates || !may_write(mount, service)
}

/// True for what is named as results are, and for what writes files for a living.
fn may_write(mount: &MountPlan<'_>, service: &ServicePlan<'_>) -> bool {
    const RESULTS: [&str; 24] = [
        "artifacts",
        "backup",
        "backups",
        "build",
        "cache",
        "certs",
        "data",
        "dist",
        "downloads",
        "dump",
        "dumps",
        "export",
        "exports",
        "letsencrypt",
        "logs",
        "out",
        "output",
        "outputs",
        "reports",
        "results",
        "ssl",
        "storage",
        "tmp",
        "uploads",
    ];
    const WRITERS: [&str; 23] = [
        "borg",
        "bundle",
        "certbot",
        "composer",
        "git",
        "keytool",
        "make",
        "mariadb-dump",
        "mkcert",
        "mongodump",
        "mongoexport",
        "mysqldump",
        "npm",
        "openssl",
        "pg_basebackup",
        "pg_dump",
        "pg_dumpall",
        "pip",
        "pnpm",
        "restic",
        "tar",
        "wget",
        "yarn",
    ];
    let is_result = |path: &str| FilePath::new(path).iter().any(|part| RESULTS.iter().any(|name| part == *name));
    let source = mount.mount.source.as_ref().and_then(|source| FilePath::new(source.as_str()).file_name()?.to_str());
    let keeps_data = service.image.entry().is_some_and(|image| image.role == Role::Backup || image.volume_at(&mount.target).is_some());
    let commands = commands(service.service);
    let is_writer = |word: &str| WRITERS.contains(&script::program(unquoted(word)));
    keeps_data
        || is_result(&mount.target)
        || source.is_some_and(is_result)
        || commands.split_whitespace().any(is_writer)
        || script_writes(&commands, &mount.target)
}

/// True when a script among the files writes to where they are mounted.
pub(super) fn files_write(files: &[File], target: &str) -> bool {
    let is_script = |file: &&File| file.path.ends_with(".sh") || file.content.starts_with(b"#!");
    files.iter().filter(is_script).filter_map(|file| std::str::from_utf8(&file.content).ok()).any(|text| script_writes(text, target))
}

/// What a service runs: the script of a shell, without its arguments, or the words of a line.
fn commands(service: &Service) -> Cow<'_, str> {
    script::of(service).map_or_else(|| script::line(service).join(" ").into(), Cow::Borrowed)
}

/// The embedded files that the commands name, and those that the entrypoint of nginx and others runs anyway.
fn scripts<'p>(commands: &'p str, mounts: &'p [MountPlan<'_>], sources: &'p [HostSource]) -> impl Iterator<Item = &'p str> {
    const RUN_ANYWAY: &str = "/docker-entrypoint.d/";
    let source = |mount: &MountPlan<'_>| if let Becoming::Host(source) = mount.becomes { Some(&sources[source]) } else { None };
    let embedded = mounts.iter().filter_map(move |mount| Some((mount, source(mount)?)));
    embedded.flat_map(move |(mount, source)| {
        let path = move |file: &File| {
            if matches!(source.is, HostKind::File(_)) { mount.target.clone() } else { format!("{}/{}", mount.target, file.path) }
        };
        let runs = move |path: String| path.starts_with(RUN_ANYWAY) || commands.contains(&path);
        // A directory that no command names has no script that one runs.
        let may_run = commands.contains(&mount.target) || format!("{}/", mount.target).starts_with(RUN_ANYWAY);
        let files = if may_run { source.files() } else { &[] };
        files.iter().filter(move |file| runs(path(file))).filter_map(|file| std::str::from_utf8(&file.content).ok())
    })
}

/// True for a script that may write any file: what is to be sure of a file's content asks this. [`script_writes`] misses paths that are in a
/// variable or begin at the working directory.
pub(super) fn may_write_files(script: &str) -> bool {
    script.contains('>') || ["sed ", "envsubst", "cp ", "mv ", "tee "].iter().any(|command| script.contains(command))
}

/// True when a command of the script writes to the target, or below it.
fn script_writes(text: &str, target: &str) -> bool {
    // Most scripts don't even name it.
    if !text.contains(target) {
        return false;
    }
    let is_below = |path: &str| path.strip_prefix(target).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'));
    script::commands(text).iter().any(|command| {
        let mut redirections = command.text.split('>').skip(1).map(|rest| rest.trim_start_matches(['|', '&', ' ']));
        redirections.any(|target| target.split([' ', '\n', ';', ')']).next().is_some_and(|path| is_below(unquoted(path))))
            || program_writes(command.text, &is_below)
    })
}

/// True when the program of a command changes such a path.
fn program_writes(command: &str, is_below: &dyn Fn(&str) -> bool) -> bool {
    let words: Vec<&str> = command.split_whitespace().map(unquoted).collect();
    words.iter().enumerate().any(|(at, word)| {
        let arguments = &words[at + 1..words.len().min(at + 1 + ARGUMENTS)];
        let mut paths = arguments.iter().filter(|word| !word.starts_with('-'));
        match script::program(word) {
            "chmod" | "chown" | "mkdir" | "mv" | "rm" | "tee" | "touch" => paths.any(|path| is_below(path)),
            "aws" | "cp" | "gsutil" | "install" | "ln" | "mc" | "rclone" | "rsync" => paths.next_back().is_some_and(|path| is_below(path)),
            "perl" | "sed" => arguments.iter().any(|word| is_in_place(word)) && paths.any(|path| is_below(path)),
            "-o" | "-out" | "--out" | "--output" | "--output-dir" | "--dest" => paths.next().is_some_and(|path| is_below(path)),
            _ => word.split_once('=').is_some_and(|(option, path)| option.starts_with("--out") && is_below(path)),
        }
    })
}

/// `-i`, `-i.bak`, `-ri`, `--in-place`.
fn is_in_place(word: &str) -> bool {
    let letters = word.strip_prefix('-').filter(|letters| !letters.starts_with('-'));
    word.starts_with("--in-place") || letters.is_some_and(|letters| letters.contains('i'))
}

fn unquoted(word: &str) -> &str {
    word.trim_matches(['"', '\'', '(', ')', ';'])
}
