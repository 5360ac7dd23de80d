//! `windlass` alone: what is here, and the next three commands that are useful.

use std::fmt::Write as _;

use clap::CommandFactory as _;
use windlass_compose::Loaded;
use windlass_emit::shell_word;
use windlass_source::FileSystem as _;

use crate::args::{Cli, ProjectArgs};
use crate::commands::{Outcome, Shell};
use crate::exit::Exit;
use crate::settings;

/// What `convert -o` leaves in its directory.
const RECORD: &str = ".windlass.json";

/// Without a compose file, the short help on standard error and exit code 2, as for any command that is missing.
pub(crate) fn run(project: ProjectArgs, shell: &mut Shell) -> Outcome {
    let flags = flags(&project);
    let asks_for_files = !project.files.is_empty();
    let request = shell.request(project)?;
    let loaded = windlass_compose::load(&request, &shell.files);
    if loaded.files.is_empty() && !asks_for_files && loaded.diagnostics.iter().all(|found| found.code.0 == "compose::no-file") {
        shell.say_always(&format!("{}\n", Cli::command().render_help()));
        return Ok(Exit::Invalid);
    }
    if shell.tell(&loaded.diagnostics, &loaded.sources) {
        return Ok(Exit::Invalid);
    }
    shell.print(found(&loaded, &flags, shell).as_bytes())?;
    Ok(Exit::Done)
}

fn found(loaded: &Loaded, flags: &str, shell: &Shell) -> String {
    let project = &loaded.project;
    let here = &shell.environment.directory;
    let files: Vec<String> = loaded.files.iter().map(|file| file.strip_prefix(here).unwrap_or(file).display().to_string()).collect();
    let services: Vec<&str> = project.services.iter().map(|service| service.name.as_str()).collect();
    let disabled: Vec<&str> = loaded.disabled.iter().map(|(name, _)| name.as_str()).collect();
    let volumes: Vec<&str> = project.volumes.iter().map(|volume| volume.name.as_str()).collect();
    let networks: Vec<&str> = project.networks.iter().map(|network| network.name.as_str()).collect();
    let mut text = format!("Project {}, from {}\n", project.name.value, files.join(" and "));
    for (what, names) in [("services", services), ("disabled", disabled), ("volumes", volumes), ("networks", networks)] {
        if !names.is_empty() {
            let _ = writeln!(text, "  {what:8}  {}", names.join(", "));
        }
    }
    let has_settings = loaded.directory.ancestors().any(|directory| shell.files.metadata(&directory.join(settings::NAME)).is_some());
    let convert = match written(shell) {
        Some(directory) => {
            (format!("windlass{flags} convert -o {} --check", shell_word(&directory)), "what has changed since the last conversion")
        }
        None => (
            format!("windlass{flags} convert -o k8s --report report.html"),
            "Kubernetes manifests, and a page on what became of each attribute",
        ),
    };
    let next = [
        convert,
        (format!("windlass{flags} audit"), "what to mend first, and a score"),
        (format!("windlass{flags} graph -o graph.svg"), "a picture of the services and what they become"),
    ];
    let width = next.iter().map(|(command, _)| command.len()).max().unwrap_or_default();
    text.push_str("\nNext:\n");
    for (command, what) in next {
        let _ = writeln!(text, "  {command:width$}  {what}");
    }
    let init = if has_settings { "" } else { "`windlass init` writes a commented windlass.yaml; " };
    let _ = writeln!(text, "\n{init}`windlass --help` has every command.");
    text
}

/// The first directory here that a conversion was written into.
fn written(shell: &Shell) -> Option<String> {
    let here = &shell.environment.directory;
    let mut names: Vec<String> = shell.files.list(here).ok()?.into_iter().map(|entry| entry.name).collect();
    names.sort();
    names.into_iter().find(|name| shell.files.metadata(&here.join(name).join(RECORD)).is_some())
}

/// The project's flags as they were given, each after a space.
fn flags(project: &ProjectArgs) -> String {
    let ProjectArgs { files, project_name, project_directory, profiles, env_files, max_input: _, config: _, no_config: _ } = project;
    let mut words: Vec<(&str, String)> = files.iter().map(|file| ("-f", file.clone())).collect();
    words.extend(project_name.iter().map(|name| ("-p", name.clone())));
    words.extend(project_directory.iter().map(|directory| ("--project-directory", directory.display().to_string())));
    words.extend(profiles.iter().map(|profile| ("--profile", profile.clone())));
    words.extend(env_files.iter().map(|file| ("--env-file", file.clone())));
    words.iter().map(|(flag, value)| format!(" {flag} {}", shell_word(value))).collect()
}
