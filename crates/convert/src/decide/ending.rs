//! Whether a command comes to an end by itself: `alembic upgrade head`, `for f in /sql/*; do psql -f $f; done`. What isn't known to end
//! is taken for a server.

use windlass_compose::model::Service;
use windlass_images::image::split_wrappers;

use super::script::{self, Command, Joint};

/// What goes on for ever, wherever a script has it.
const FOR_EVER: [&str; 23] = [
    "while true",
    "while :",
    "while sleep",
    "while 1",
    "while [ true",
    "while [ 1",
    "while [[ true",
    "while [[ 1",
    "while ((1",
    "while (( 1",
    "while ! false",
    "for ((;;",
    "for (( ; ;",
    "until false",
    "until [ false",
    "infinity",
    "inotifywait -m",
    "inotifywait --monitor",
    "tail -f",
    "tail -F",
    "--watch",
    "crond",
    "sleep 2147483647",
];

/// Programs that do something and are done.
const ENDING: [&str; 63] = [
    "aws",
    "awslocal",
    "bunzip2",
    "chmod",
    "chown",
    "clickhouse-client",
    "cp",
    "cqlsh",
    "createdb",
    "createuser",
    "curl",
    "cypher-shell",
    "dropdb",
    "echo",
    "envsubst",
    "etcdctl",
    "exit",
    "false",
    "gunzip",
    "gzip",
    "influx",
    "initdb",
    "kafka-acls",
    "kafka-acls.sh",
    "kafka-configs",
    "kafka-configs.sh",
    "kafka-topics",
    "kafka-topics.sh",
    "keytool",
    "ln",
    "mariadb",
    "mariadb-admin",
    "mariadb-dump",
    "mc",
    "mkdir",
    "mongo",
    "mongodump",
    "mongoimport",
    "mongorestore",
    "mongosh",
    "mv",
    "mysql",
    "mysqladmin",
    "mysqldump",
    "openssl",
    "pg_dump",
    "pg_dumpall",
    "pg_restore",
    "printf",
    "phpunit",
    "psql",
    "pytest",
    "rabbitmqadmin",
    "redis-cli",
    "rm",
    "rspec",
    "sed",
    "sqlcmd",
    "tar",
    "touch",
    "true",
    "unzip",
    "wget",
];

/// What passes on what the program before it prints, as long as that runs.
const FILTERS: [&str; 3] = ["gunzip", "gzip", "sed"];

/// What sends what it reads, up to the end of that.
const SENDERS: [&str; 5] =
    ["kafka-avro-console-producer", "kafka-console-producer", "kafka-console-producer.sh", "kafka-json-schema-console-producer", "kcat"];

/// Programs whose output ends.
const TEXTS: [&str; 3] = ["cat", "echo", "printf"];

/// Images that do what they are for and end, without a command.
const ENDING_IMAGES: [&str; 1] = ["cypress/included"];

/// What a loop asks before its next round.
const QUESTIONS: [&str; 14] =
    ["[", "[[", "cat", "cmp", "getent", "grep", "nc", "ncat", "netcat", "nslookup", "pg_isready", "ping", "read", "test"];

/// Options with which a server ends when it has prepared something.
const ENDING_OPTIONS: [&str; 1] = ["--stop-after-init"];

/// Subcommands that end, of programs that have others; a last `*` stands for any ending of a word. Options may stand between.
const SUBCOMMANDS: [&str; 127] = [
    "aerich upgrade",
    "airflow connections",
    "airflow db",
    "airflow pools",
    "airflow users",
    "airflow variables",
    "airflow version",
    "alembic downgrade",
    "alembic stamp",
    "alembic upgrade",
    "artisan db:*",
    "artisan key:generate",
    "artisan migrate",
    "artisan migrate:*",
    "artisan storage:link",
    "atlas migrate",
    "atlas schema",
    "bao auth",
    "bao kv",
    "bao operator",
    "bao policy",
    "bao secrets",
    "bao write",
    "bundle install",
    "bundle rspec",
    "cargo test",
    "ckan db",
    "cockroach init",
    "cockroach sql",
    "composer install",
    "console cache:*",
    "console doctrine:*",
    "consul acl",
    "consul config",
    "consul kv",
    "cypress run",
    "dbmate load",
    "dbmate migrate",
    "dbmate up",
    "dbt build",
    "dbt compile",
    "dbt deps",
    "dbt run",
    "dbt seed",
    "dbt snapshot",
    "dbt test",
    "deck gateway",
    "deck sync",
    "diesel database",
    "diesel migration",
    "django-admin migrate",
    "dotnet ef",
    "drizzle-kit migrate",
    "drizzle-kit push",
    "flask db",
    "flask init-db",
    "flyway migrate",
    "go test",
    "goose up",
    "gradle test",
    "gradlew test",
    "k6 run",
    "knex migrate:*",
    "knex seed:*",
    "kong config",
    "kong migrations",
    "liquibase update",
    "manage.py collectstatic",
    "manage.py compilemessages",
    "manage.py createcachetable",
    "manage.py createsuperuser",
    "manage.py loaddata",
    "manage.py migrate",
    "manage.py migrate_schemas",
    "mix ecto.*",
    "mvn test",
    "mvn verify",
    "mvnw test",
    "mvnw verify",
    "n8n import:*",
    "newman run",
    "npm build",
    "npm ci",
    "npm install",
    "npm test",
    "ollama pull",
    "pip install",
    "playwright test",
    "pnpm build",
    "pnpm install",
    "pnpm test",
    "poetry pytest",
    "prisma db",
    "prisma generate",
    "prisma migrate",
    "pulsar initialize-cluster-metadata",
    "python pytest",
    "python3 pytest",
    "rails db:*",
    "rake db:*",
    "rpk cluster",
    "rpk topic",
    "sequelize db:*",
    "sequelize-cli db:*",
    "solr create",
    "solr zk",
    "sqlx database",
    "sqlx migrate",
    "superset db",
    "superset fab",
    "superset init",
    "typeorm migration:*",
    "vault auth",
    "vault kv",
    "vault operator",
    "vault policy",
    "vault secrets",
    "vault write",
    "wp core",
    "wp db",
    "wp option",
    "wp plugin",
    "wp rewrite",
    "wp theme",
    "wp user",
    "yarn build",
    "yarn test",
];

/// Words between a program and its subcommand that are looked at.
const OPTIONS: usize = 32;

/// Groups, conditions and alternatives within each other that are looked at.
const DEPTH: usize = 16;

/// Words with which a tool that ends stays.
const STAYING: [&str; 15] =
    ["bash", "daemon", "dev", "mount", "node", "php", "port-forward", "proxy", "run", "serve", "server", "sh", "start", "tail", "watch"];

/// True for a command that comes to an end: what it does last is `exit` or a program that changes something and is done, a loop around
/// such, or it is a command of an image that runs once (`tool`), and nothing in it goes on for ever. `mounted` gives the text of a file that
/// the service mounts: a script that it runs is read like one that is written in its command.
pub(super) fn ends(service: &Service, tool: bool, mounted: &dyn Fn(&str) -> Option<String>) -> bool {
    if let Some(text) = script::of(service) {
        return script_ends(text, tool);
    }
    let line = script::line(service);
    line_ends(service, &line, tool) || script_of_project(&line).and_then(mounted).is_some_and(|text| script_ends(&text, false))
}

fn script_ends(text: &str, tool: bool) -> bool {
    if FOR_EVER.iter().any(|sign| text.contains(sign)) {
        return false;
    }
    let commands = script::commands(text);
    let traps = commands.iter().any(|command| first_word(command.text) == "trap");
    if traps && commands.iter().any(|command| first_word(command.text) == "wait") {
        return false;
    }
    tool || list_ends(&commands, DEPTH)
}

/// The path of the script that a line runs: `sh /provision.sh`, `/init.sh`.
fn script_of_project<'w>(line: &[&'w str]) -> Option<&'w str> {
    let (wrappers, words) = split_wrappers(line);
    let path = words.first().or_else(|| wrappers.last()).copied();
    path.filter(|path| path.starts_with('/'))
}

/// A command that no shell runs.
fn line_ends(service: &Service, words: &[&str], tool: bool) -> bool {
    let image = service.image.as_ref().map_or("", |image| image.as_str());
    let image = image.split('@').next().unwrap_or_default();
    let Some(first) = words.first() else { return ENDING_IMAGES.iter().any(|known| image.split(':').next() == Some(known)) };
    let line = words.join(" ");
    if FOR_EVER.iter().any(|sign| line.contains(sign)) {
        return false;
    }
    let program = script::program(first);
    // Nobody needs what a lone `echo` does; it stands for a program in an example.
    if program != "echo" && ENDING.contains(&program) {
        return true;
    }
    let stays = words.iter().any(|word| STAYING.contains(&script::program(word)));
    (tool && service.entrypoint.is_none() && !stays)
        || is_ending_subcommand(script::last_command(&line))
        || (service.entrypoint.is_none() && is_images_subcommand(image, words))
}

/// True where an image is called after the program that it runs, and the command is a subcommand of that: `run` of `grafana/k6`.
fn is_images_subcommand(image: &str, words: &[&str]) -> bool {
    let name = script::program(image).split(':').next().unwrap_or_default();
    let name = if name.starts_with("dbt-") { "dbt" } else { name };
    let subcommand = words.iter().find(|word| !word.starts_with('-'));
    subcommand.is_some_and(|subcommand| !subcommand.contains(' ') && is_ending_subcommand(&format!("{name} {subcommand}")))
}

/// True when what a list of commands does last ends. What is nested deeper than `depth` is not looked at.
fn list_ends(commands: &[Command<'_>], depth: usize) -> bool {
    let Some(depth) = depth.checked_sub(1) else { return false };
    let (Some(last), Some(start)) = (commands.last(), start_of_last(commands)) else { return false };
    let (before, own) = commands.split_at(start);
    let first = first_word(last.text);
    let is_end = match first {
        "done" => loop_ends(own),
        "fi" => branches_end(own, depth),
        "}" => list_ends(&own[..own.len() - 1], depth),
        _ if is_sender(last.text) => last.text.contains('<') || before.last().is_some_and(|command| command.joint == Joint::Pipe),
        _ => within_brackets(own).map_or_else(|| command_ends(last.text), |inner| list_ends(&inner, depth)),
    };
    // Of `a || b`, `a` may be what stays; so it is of `a | sed …`.
    is_end
        && match before.last().map(|command| command.joint) {
            Some(Joint::Or) => list_ends(before, depth),
            Some(Joint::Pipe) if FILTERS.contains(&first) => list_ends(before, depth),
            Some(Joint::Pipe) if is_sender(last.text) => {
                before.last().and_then(|command| program_of(command.text)).is_some_and(|program| TEXTS.contains(&program))
            }
            _ => true,
        }
}

/// The commands of a subshell, `(a && b)`.
fn within_brackets<'s>(commands: &[Command<'s>]) -> Option<Vec<Command<'s>>> {
    let mut inner = commands.to_vec();
    let first = inner.first_mut()?;
    first.text = first.text.strip_prefix('(')?.trim_start();
    let last = inner.last_mut()?;
    last.text = last.text.strip_suffix(')')?.trim_end();
    inner.retain(|command| !command.text.is_empty());
    Some(inner)
}

/// Where the last command begins, which may be a loop, a condition or a group; `None` when its beginning isn't there.
fn start_of_last(commands: &[Command<'_>]) -> Option<usize> {
    let mut depth = 0;
    commands.iter().rposition(|command| {
        depth += opened(command.text);
        depth >= 0
    })
}

/// How many loops, conditions and groups a command begins, less those that it ends.
fn opened(text: &str) -> i32 {
    let mut depth = 0;
    for character in text.chars() {
        match character {
            '(' => depth += 1,
            ')' => depth -= 1,
            _ => {}
        }
    }
    for word in text.split_whitespace() {
        match word.trim_matches(['(', ')']) {
            "case" | "for" | "select" => return depth + 1,
            "if" | "until" | "while" | "{" => depth += 1,
            "done" | "esac" | "fi" | "}" => return depth - 1,
            "!" | "" | "do" | "elif" | "else" | "function" | "then" | "time" => {}
            _ if word.ends_with("()") => {}
            _ => break,
        }
    }
    depth
}

/// A loop ends when it has a list to go through, or asks something before each round.
fn loop_ends(commands: &[Command<'_>]) -> bool {
    let Some(opener) = commands.first() else { return false };
    let kind = opener.text.split_whitespace().map(|word| word.trim_start_matches('(')).find(|word| !is_before_command(word));
    let asks = || {
        let condition = commands.iter().take_while(|command| first_word(command.text) != "do");
        condition
            .into_iter()
            .all(|command| command_ends(command.text) || program_of(command.text).is_some_and(|it| QUESTIONS.contains(&it)))
    };
    kind.is_some_and(|kind| matches!(kind, "for" | "select")) || asks()
}

/// A condition ends when each of its branches does.
fn branches_end(commands: &[Command<'_>], depth: usize) -> bool {
    let mut within = 0;
    let mut branch = None;
    for (at, command) in commands.iter().enumerate() {
        let word = first_word(command.text);
        if within == 1
            && matches!(word, "elif" | "else" | "fi")
            && !branch.take().is_some_and(|start: usize| list_ends(&commands[start..at], depth))
        {
            return false;
        }
        if within == 1 && matches!(word, "then" | "else") {
            branch = Some(at);
        }
        within += opened(command.text);
    }
    true
}

fn command_ends(text: &str) -> bool {
    program_of(text).is_some_and(|program| program == ":" || ENDING.contains(&program)) || is_ending_subcommand(text)
}

fn is_sender(text: &str) -> bool {
    program_of(text).is_some_and(|program| SENDERS.contains(&program))
}

/// The first word of a command, without the bracket of a subshell.
fn first_word(text: &str) -> &str {
    text.split_whitespace().next().unwrap_or_default().trim_matches(['(', ')'])
}

/// The program that a command runs, without what stands before it.
fn program_of(text: &str) -> Option<&str> {
    let words = text.split_whitespace().map(|word| word.trim_start_matches(['(', '$', '"', '`']));
    let word = words.into_iter().find(|word| !word.is_empty() && !is_before_command(word) && !matches!(*word, "until" | "while"))?;
    Some(script::program(word.trim_end_matches([')', ';', '"', '`'])))
}

/// True for a word behind which a command begins: one of the shell's, a program that runs another, a variable that is set.
fn is_before_command(word: &str) -> bool {
    const BEFORE: [&str; 13] = ["!", "--", "do", "dumb-init", "elif", "else", "exec", "if", "sudo", "then", "time", "tini", "{"];
    let is_variable =
        || word.split_once('=').is_some_and(|(name, _)| name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_'));
    BEFORE.contains(&word) || word.contains("entrypoint") || is_variable()
}

/// True where one of [`SUBCOMMANDS`] is run, whatever runs it: `poetry run alembic -c a.ini upgrade head`.
fn is_ending_subcommand(text: &str) -> bool {
    let words: Vec<&str> = text.split_whitespace().map(|word| word.trim_end_matches([')', ';'])).collect();
    words.iter().any(|word| ENDING_OPTIONS.contains(word))
        || (0..words.len()).any(|at| {
            let program = script::program(words[at]);
            SUBCOMMANDS.iter().any(|known| {
                let subcommand = known.strip_prefix(program).and_then(|rest| rest.strip_prefix(' '));
                subcommand.is_some_and(|subcommand| words[at + 1..].iter().take(OPTIONS).any(|word| is_word(subcommand, word)))
            })
        })
}

/// True for the word itself, or one that begins as a pattern with `*` says.
fn is_word(pattern: &str, word: &str) -> bool {
    pattern.strip_suffix('*').map_or(pattern == word, |beginning| word.starts_with(beginning))
}

#[cfg(test)]
mod tests;
