//! command, entrypoint, working_dir, tty, stdin_open.

use smol_str::SmolStr;
use windlass_compose::model::CommandLine;
use windlass_source::Spanned;

use super::Sink;
use crate::decide::{Plan, ServicePlan, arguments};
use crate::fates::Place;

/// Compose's entrypoint is Kubernetes' `command`, Compose's command is `args`. Setting an entrypoint clears the image's CMD
/// in both; a command that is written empty does so without one.
pub(super) fn command(
    command: Option<&Spanned<CommandLine>>,
    entrypoint: Option<&Spanned<CommandLine>>,
    service: &ServicePlan<'_>,
    plan: &Plan<'_>,
    sink: &mut Sink<'_>,
) {
    let spelled = &plan.spelled[service.index];
    let words = |line: &CommandLine| {
        let rewritten = |flag: &str, word| plan.reach.rewrite(flag, word, service, &plan.services);
        arguments(line).map(|(flag, word)| spelled.argument(word, &rewritten(flag, word))).collect::<Vec<_>>()
    };
    if let Some(entrypoint) = entrypoint {
        let path = sink.at("entrypoint");
        if clears(entrypoint) {
            // With no entrypoint the first word of the command is what runs.
            match command.filter(|command| !command.is_empty()) {
                Some(_) => sink.fates.mapped_with(path, [Place::container(service.index, "command")], "the command's words are what runs"),
                None => sink
                    .fates
                    .lost(path, "an entrypoint can't be cleared without a command; write the words that shall run as `entrypoint`"),
            }
        } else {
            sink.draft.container.command = Some(words(entrypoint));
            sink.fates.mapped(path, [Place::container(service.index, "command")]);
        }
    }
    if let Some(command) = command {
        let path = sink.at("command");
        let clears_entrypoint = entrypoint.is_some_and(|entrypoint| clears(entrypoint));
        if command.is_empty() {
            if entrypoint.is_some() {
                sink.fates.mapped_with(path, [], "an entrypoint without arguments clears the image's own");
            } else {
                sink.fates.lost(path, "the image's arguments can't be cleared alone; write its entrypoint as `entrypoint`");
            }
        } else if clears_entrypoint {
            sink.draft.container.command = Some(words(command));
            sink.fates.mapped(path, [Place::container(service.index, "command")]);
        } else {
            sink.draft.container.args = Some(words(command));
            sink.fates.mapped(path, [Place::container(service.index, "args")]);
        }
    }
    for (attribute, line) in [("entrypoint", entrypoint), ("command", command)] {
        if line.is_some_and(|line| spelled.are_in(line.iter())) {
            sink.fates.explain(&sink.at(attribute), "the credentials in it come from a Secret, through variables");
        }
    }
}

/// True for an entrypoint that clears the image's: no word, or one of nothing (Docker Engine API, "ContainerCreate").
fn clears(entrypoint: &CommandLine) -> bool {
    entrypoint.iter().all(|word| word.is_empty()) && entrypoint.len() <= 1
}

pub(super) fn terminal(
    working_dir: Option<&Spanned<SmolStr>>,
    tty: Option<&Spanned<bool>>,
    stdin_open: Option<&Spanned<bool>>,
    service: &ServicePlan<'_>,
    sink: &mut Sink<'_>,
) {
    if let Some(directory) = working_dir {
        sink.draft.container.working_dir = Some(directory.to_string());
        sink.fates.mapped(sink.at("working_dir"), [Place::container(service.index, "workingDir")]);
    }
    if let Some(tty) = tty {
        sink.draft.container.tty = tty.value.then_some(true);
        sink.fates.mapped(sink.at("tty"), tty.value.then(|| Place::container(service.index, "tty")));
    }
    if let Some(open) = stdin_open {
        sink.draft.container.stdin = open.value.then_some(true);
        sink.fates.mapped(sink.at("stdin_open"), open.value.then(|| Place::container(service.index, "stdin")));
    }
}

#[cfg(test)]
mod tests {
    use crate::testing::{Outcome, project};

    fn web(service: &str) -> Outcome {
        project(&format!("services: {{ my_db: {{ image: acme/db:1 }}, web: {{ image: acme/web:1, {service} }} }}")).convert()
    }

    fn run(service: &str) -> [String; 2] {
        let outcome = web(service);
        ["command", "args"]
            .map(|field| outcome.pod("Deployment/web", &format!("containers[0].{field}")).replace('\n', " ").trim_end().to_owned())
    }

    #[test]
    fn an_entrypoint_is_a_command_and_a_command_its_arguments() {
        assert_eq!(run("command: [serve, '$$(date)', '$$5']"), ["null", "- serve - $$(date) - $5"]);
        assert_eq!(run("entrypoint: [init, --], command: serve --port 80"), ["- init - --", "- serve - --port - \"80\""]);
        assert_eq!(run("entrypoint: init"), ["- init", "null"]);
        for cleared in ["[]", "['']", "''"] {
            assert_eq!(run(&format!("entrypoint: {cleared}, command: [serve]")), ["- serve", "null"]);
        }
    }

    #[test]
    fn hosts_in_a_command_are_called_as_they_are_in_the_cluster() {
        assert_eq!(
            run("command: [serve, '--db=postgres://my_db/my_db', 'my_db:5432', my_db, --db-host, my_db, '--host=my_db']")[1],
            "- serve - --db=postgres://my-db/my_db - my-db:5432 - my_db - --db-host - my-db - --host=my-db"
        );
    }

    #[test]
    fn what_an_image_brings_can_not_be_cleared_alone() {
        assert!(web("command: []").fates("services.web.command").contains("lost"));
        assert!(web("entrypoint: []").fates("services.web.entrypoint").contains("lost"));
    }

    #[test]
    fn a_terminal_is_a_field_and_none_is_the_default() {
        let outcome = web("tty: true, stdin_open: false, working_dir: /app");
        insta::assert_snapshot!(outcome.fates("services.web"), @"
        services.web.image: mapped → Deployment/web spec.template.spec.containers[0].image
        services.web.tty: mapped → Deployment/web spec.template.spec.containers[0].tty
        services.web.stdin_open: mapped
        services.web.working_dir: mapped → Deployment/web spec.template.spec.containers[0].workingDir
        ");
    }
}
