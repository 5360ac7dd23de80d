//! The script that a service gives to a shell: `sh -c "mkdir -p /data/files && minio server /data"`. What it does last decides what the
//! container is.

use windlass_compose::model::Service;
use windlass_images::image::{shell_options, split_wrappers};

/// The words that a service starts with: those of its entrypoint and its command.
pub(super) fn line(service: &Service) -> Vec<&str> {
    [&service.entrypoint, &service.command].into_iter().flatten().flat_map(|line| line.iter()).map(|word| word.as_str()).collect()
}

/// The script, where entrypoint and command together are a shell and a script, whatever words follow it: those are its arguments.
pub(super) fn of(service: &Service) -> Option<&str> {
    let line = line(service);
    let (shell, rest) = split_wrappers(&line).1.split_first()?;
    if !matches!(program(shell), "sh" | "bash" | "ash" | "dash") {
        return None;
    }
    let (own, is_text) = shell_options(rest);
    rest.get(own).copied().filter(|_| is_text)
}

/// One command of a script, and what stands between it and the next one.
#[derive(Clone, Copy, Debug)]
pub(super) struct Command<'s> {
    pub(super) text: &'s str,
    pub(super) joint: Joint,
}

/// How a script goes on after a command.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Joint {
    /// `;`, a new line, the end.
    Next,
    /// `&&`
    And,
    /// `||`
    Or,
    /// `|`
    Pipe,
    /// `&`
    Background,
}

/// The command of a script that stays: the last one, without `exec`, or one in the background that the last waits for
/// (`ollama serve & ollama pull llama3; wait`).
pub(super) fn last_command(script: &str) -> &str {
    let commands = commands(script);
    let last = commands.last().map_or("", |command| command.text);
    let waits = last == "wait" || last.starts_with("wait ") || last.starts_with("tail -f") || last == "sleep infinity";
    let background = commands.iter().find(|command| command.joint == Joint::Background);
    let last = background.filter(|_| waits).map_or(last, |command| command.text);
    last.strip_prefix("exec ").map_or(last, str::trim_start)
}

/// The commands of a script, without comments. What stands in loops and conditions begins with the shell's word: `do nc -z db 5432`.
pub(super) fn commands(script: &str) -> Vec<Command<'_>> {
    let mut commands = Vec::new();
    let mut start = 0;
    let mut quote = None;
    let mut is_comment = false;
    for (at, character) in script.char_indices().chain([(script.len(), '\n')]) {
        let is_last = at == script.len();
        let (before, after) = (&script[..at], script.get(at + 1..).unwrap_or_default());
        let begins_comment = character == '#'
            && quote.is_none()
            && !is_comment
            && before.chars().next_back().is_none_or(|last| last.is_whitespace() || last == ';');
        let joint = match (quote, character) {
            _ if begins_comment => Some(Joint::Next),
            _ if is_comment => (character == '\n').then_some(Joint::Next),
            // A quote that nothing closes ends with the script.
            (Some(open), _) if open != character => is_last.then_some(Joint::Next),
            (Some(_), _) => {
                quote = None;
                None
            }
            (None, '"' | '\'') => {
                quote = Some(character);
                None
            }
            // `a && \` goes on with the next line.
            (None, '&' | '|' | ';' | '\n') if before.ends_with('\\') && !is_last => None,
            // Of a redirection: `2>&1`, `&> file`.
            (None, '&') if before.ends_with(['>', '<']) || after.starts_with('>') => None,
            (None, '&') if after.starts_with('&') => Some(Joint::And),
            (None, '&') => Some(Joint::Background),
            (None, '|') if before.ends_with('>') => None,
            (None, '|') if after.starts_with('|') => Some(Joint::Or),
            (None, '|') => Some(Joint::Pipe),
            (None, ';' | '\n') => Some(Joint::Next),
            (None, _) => None,
        };
        let Some(joint) = joint else { continue };
        let text = script[start..at].trim().trim_start_matches(|character: char| character == '\\' || character.is_whitespace());
        if !text.is_empty() && !is_comment {
            commands.push(Command { text, joint });
        }
        is_comment = begins_comment;
        start = (at + 1).min(script.len());
    }
    commands
}

/// The name of the program that a word names, without its path.
pub(super) fn program(word: &str) -> &str {
    word.rsplit('/').next().unwrap_or(word)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::project;

    #[test]
    fn the_last_command_is_what_stays() {
        assert_eq!(last_command("mkdir -p /data/a && minio server /data"), "minio server /data");
        assert_eq!(last_command("echo x > /a\nexec redis-server /a\n"), "redis-server /a");
        assert_eq!(last_command("/docker-entrypoint.sh nginx -g \"daemon off;\""), "/docker-entrypoint.sh nginx -g \"daemon off;\"");
        assert_eq!(last_command("a &&\\\n b \\\n --c; # done\n"), "b \\\n --c");
        assert_eq!(last_command("echo 'it"), "echo 'it");
        assert_eq!(last_command(" ;; "), "");
        assert_eq!(last_command("ollama serve & sleep 5 && ollama pull llama3 && wait"), "ollama serve");
        assert_eq!(last_command("/opt/mssql/bin/sqlservr & sleep 30; sqlcmd -i /a.sql > /log 2>&1; wait $!"), "/opt/mssql/bin/sqlservr");
        assert_eq!(last_command("a > /log 2>&1 && wait"), "wait");
        assert_eq!(last_command("psql -f /a.sql > /log 2>&1"), "psql -f /a.sql > /log 2>&1");
        assert_eq!(last_command("# it's the server\nredis-server /a"), "redis-server /a");
        assert_eq!(last_command("a # it's first\nredis-server /a#b # and last"), "redis-server /a#b");
        assert_eq!(last_command("a & b"), "b");
    }

    #[test]
    fn the_script_is_the_word_after_the_options_of_the_shell() {
        let script = |line: &str| {
            let case = project(&format!("services: {{ it: {{ image: a, {line} }} }}"));
            case.service(|service| of(service).map(str::to_owned))
        };
        for line in [
            "command: [sh, -c, x y]",
            "entrypoint: [bash, -c], command: [x y, a, b]",
            "command: [bash, -euo, pipefail, -c, x y, a]",
            "command: [bash, -ceo, pipefail, x y]",
            "command: [/bin/sh, -c, --, x y, --, a]",
        ] {
            assert_eq!(script(line).as_deref(), Some("x y"), "{line}");
        }
        for line in
            ["command: [sh, x.sh, -c]", "command: [sh, -c]", "command: [sh]", "command: [a, -c, x y]", "command: [bash, --rcfile, x]"]
        {
            assert_eq!(script(line), None, "{line}");
        }
    }

    #[test]
    fn a_script_that_ends_in_the_server_of_the_image_runs_it() {
        let kinds = |service: &str| {
            let outcome = project(&format!("services: {{ it: {{ {service} }} }}")).convert();
            (
                outcome.names().into_iter().find(|name| name.ends_with("/it") && !name.starts_with("Service/")),
                outcome.field("Service/it", "spec.ports"),
            )
        };
        let (kind, ports) = kinds(
            "image: minio/minio, entrypoint: sh, command: [-c, 'mkdir -p /data/a && minio server --console-address \":9001\" /data']",
        );
        assert_eq!(kind.as_deref(), Some("StatefulSet/it"));
        assert!(ports.contains("port: 9000") && ports.contains("port: 9001"), "{ports}");
        let (kind, ports) = kinds("image: 'redis:7', command: [sh, -c, 'redis-server --requirepass \"$$REDIS_PASSWORD\" --port 6380']");
        assert_eq!(kind.as_deref(), Some("StatefulSet/it"));
        assert!(ports.contains("port: 6380"), "{ports}");
        let (kind, ports) = kinds("image: 'redis:7', command: [sh, -c, 'redis-cli -h other ping; sleep infinity']");
        assert_eq!((kind.as_deref(), ports.as_str()), (Some("Deployment/it"), "null\n"));
    }
}
