//! Whether a command comes to an end by itself: `alembic upgrade head`, `for f in /sql/*; do psql -f $f; done`. What isn't known to end
//! is taken for a server.

use windlass_compose::model::Service;

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
const ENDING: [&str; 60] = [
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
    "psql",
    "rabbitmqadmin",
    "redis-cli",
    "rm",
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

/// What a loop asks before its next round.
const QUESTIONS: [&str; 14] =
    ["[", "[[", "cat", "cmp", "getent", "grep", "nc", "ncat", "netcat", "nslookup", "pg_isready", "ping", "read", "test"];

/// Options with which a server ends when it has prepared something.
const ENDING_OPTIONS: [&str; 1] = ["--stop-after-init"];

/// Subcommands that end, of programs that have others; a last `*` stands for any ending of a word. Options may stand between.
const SUBCOMMANDS: [&str; 89] = [
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
    "ckan db",
    "cockroach init",
    "cockroach sql",
    "composer install",
    "console cache:*",
    "console doctrine:*",
    "consul acl",
    "consul config",
    "consul kv",
    "dbmate load",
    "dbmate migrate",
    "dbmate up",
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
    "goose up",
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
    "n8n import:*",
    "npm ci",
    "npm install",
    "pip install",
    "pnpm install",
    "prisma db",
    "prisma generate",
    "prisma migrate",
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
];

/// Words between a program and its subcommand that are looked at.
const OPTIONS: usize = 32;

/// Groups, conditions and alternatives within each other that are looked at.
const DEPTH: usize = 16;

/// Words with which a tool that ends stays.
const STAYING: [&str; 15] =
    ["bash", "daemon", "dev", "mount", "node", "php", "port-forward", "proxy", "run", "serve", "server", "sh", "start", "tail", "watch"];

/// True for a command that comes to an end: what it does last is `exit` or a program that changes something and is done, a loop around
/// such, or it is a command of an image that runs once (`tool`), and nothing in it goes on for ever.
pub(super) fn ends(service: &Service, tool: bool) -> bool {
    let Some(text) = script::of(service) else { return line_ends(service, tool) };
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

/// A command that no shell runs.
fn line_ends(service: &Service, tool: bool) -> bool {
    let words = script::line(service);
    let Some(first) = words.first() else { return false };
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
    (tool && service.entrypoint.is_none() && !stays) || is_ending_subcommand(script::last_command(&line))
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
        _ => within_brackets(own).map_or_else(|| command_ends(last.text), |inner| list_ends(&inner, depth)),
    };
    // Of `a || b`, `a` may be what stays; so it is of `a | sed …`.
    is_end
        && match before.last().map(|command| command.joint) {
            Some(Joint::Or) => list_ends(before, depth),
            Some(Joint::Pipe) if FILTERS.contains(&first) => list_ends(before, depth),
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
mod tests {
    use crate::testing::project;

    /// The kind of a service with this command.
    fn kind(image: &str, command: &[&str], more: &str) -> String {
        let command = serde_json::to_string(command).unwrap().replace('$', "$$");
        let outcome = project(&format!("services: {{ it: {{ image: '{image}', command: {command}{more} }} }}")).convert();
        outcome.conversion.report.services[0].workload.as_ref().map(|workload| workload.kind.as_str().to_owned()).unwrap_or_default()
    }

    fn in_shell(script: &str) -> String {
        kind("acme/app:1", &["sh", "-c", script], "")
    }

    fn as_words(line: &str) -> String {
        kind("acme/app:1", &line.split(' ').collect::<Vec<_>>(), "")
    }

    #[test]
    fn a_loop_around_what_ends_is_a_job() {
        for script in [
            "for i in 1 2 3; do mongosh --host mongo --eval 'rs.initiate()' && break; sleep 5; done",
            "for i in $(seq 1 30); do mongosh mongo/rocketchat --eval \"rs.initiate({ _id: 'rs0' })\" && s=$? && break || s=$?; done; (exit $s)",
            "for f in /sql/*.sql; do psql -h db -f \"$f\"; done",
            "while ! nc -z db 5432; do sleep 1; done; psql -h db -f /a.sql",
            "until pg_isready -h db; do sleep 1; done\nalembic upgrade head\n",
            "until (mc config host add s3 http://s3:9000 a b) do sleep 1; done; mc mb s3/files || true",
            "until curl -fs http://a/ready; do sleep 1; done",
            "while read -r line; do psql -c \"$line\"; done < /list",
            "if [ ! -f /x ]; then cp /a /x; fi",
            "if mc ls s3/a; then echo there; elif mc ls s3/b; then true; else for b in a b; do mc mb s3/$b; done; fi",
            "cat /a.sql | psql -h db",
            "psql -h db -f /a.sql > /log 2>&1",
            "createdb app 2>/dev/null || echo there",
            "( psql -f /a && psql -f /b )",
            "PGPASSWORD=a psql -h db -c 'select 1'",
            "load || load --again; exit 0",
        ] {
            assert_eq!(in_shell(script), "Job", "{script}");
        }
    }

    #[test]
    fn what_goes_on_is_no_job() {
        for script in [
            "until nc -z db 5432; do sleep 1; done; exec gunicorn app",
            "for i in 1 2; do echo $i; done && serve",
            "while true; do mongosh --eval 'x' && break; sleep 5; done; sleep 10; serve",
            "while true; do backup; sleep 3600; done",
            "while :; do certbot renew; sleep 12h & wait $!; done",
            "trap exit TERM; for i in 1 2; do sleep 6h & wait; done",
            "until false; do work; done",
            "until ./server; do echo crashed; sleep 1; done",
            "while ./server; do sleep 1; done",
            "for ((;;)); do work; done",
            "if [ \"$ROLE\" = web ]; then exec gunicorn app; else exec celery; fi",
            "if [ -f /x ]; then echo first; else serve; fi",
            "gunicorn app || exit 1",
            "(gunicorn app || (echo failed && exit 1))",
            "serve || for i in 1 2; do echo $i; done",
            "serve | sed 's/^/web: /'",
            "inotifywait -m /a | while read -r f; do cp $f /b; done",
            "alembic upgrade head && uvicorn app:app",
            "python manage.py migrate\npython manage.py collectstatic --noinput\n# it's last\ngunicorn app.wsgi\n",
            "python manage.py migrate && python manage.py runserver 0.0.0.0:8000",
            "case $1 in a) exit 0;; b) serve;; esac",
            "npm install && npm run dev",
            "f() { exit 1; }; serve",
            "done",
        ] {
            assert_eq!(in_shell(script), "Deployment", "{script}");
        }
    }

    #[test]
    fn however_deep_a_script_is_nested_it_is_read() {
        for (open, close) in [("(", ")"), ("{ ", "; }"), ("if true; then ", "; fi"), ("exit 0 || ", ""), ("for a in b; do ", "; done")] {
            in_shell(&format!("{}exit 0{}", open.repeat(10_000), close.repeat(10_000)));
        }
    }

    #[test]
    fn a_subcommand_that_changes_a_schema_is_a_job() {
        for line in [
            "alembic upgrade head",
            "poetry run alembic -c /a.ini upgrade head",
            "python -m alembic upgrade head",
            "superset db upgrade",
            "superset init",
            "dotnet ef database update",
            "liquibase --url=jdbc:a update",
            "deck gateway sync /kong.yaml",
            "flask --app shop db upgrade",
            "rails db:migrate",
            "bundle exec rails db:prepare",
            "prisma migrate deploy",
            "npx prisma migrate deploy",
            "npx prisma db push",
            "typeorm migration:run -d a.js",
            "knex migrate:latest",
            "npx sequelize-cli db:migrate",
            "goose -dir /sql postgres postgres://db up",
            "dbmate up",
            "atlas migrate apply",
            "sqlx migrate run",
            "diesel migration run",
            "php bin/console doctrine:migrations:migrate",
            "php artisan migrate --force",
            "python manage.py migrate",
            "./manage.py collectstatic --noinput",
            "mix ecto.migrate",
            "solr zk cp file:/a zk:/a -z zoo:2181",
        ] {
            assert_eq!(as_words(line), "Job", "{line}");
            assert_eq!(in_shell(&format!("sleep 5; {line}")), "Job", "{line}");
            assert_eq!(kind("acme/app:1", &line.split(' ').collect::<Vec<_>>(), ", restart: on-failure"), "Job", "{line}");
            assert_eq!(kind("acme/app:1", &line.split(' ').collect::<Vec<_>>(), ", restart: always"), "Deployment", "{line}");
        }
    }

    #[test]
    fn a_server_by_its_words_is_no_job() {
        for line in [
            "gunicorn app.wsgi",
            "python manage.py runserver",
            "flask run --host 0.0.0.0",
            "rails server -b 0.0.0.0",
            "bundle exec sidekiq",
            "celery -A app worker",
            "php artisan queue:work",
            "php artisan serve",
            "dotnet App.dll",
            "npm run start",
            "node server.js",
            "airflow scheduler",
            "vault agent -config=/a",
            "mc mirror --watch a b",
            "alembic upgrade head && uvicorn app",
        ] {
            assert_eq!(as_words(line), "Deployment", "{line}");
        }
    }

    #[test]
    fn another_subcommand_of_a_server_that_ends_is_a_job() {
        let kinds = |image: &str, line: &str| kind(image, &line.split(' ').collect::<Vec<_>>(), "");
        assert_eq!(kinds("kong:3.9", "kong migrations bootstrap"), "Job");
        assert_eq!(kinds("kong:3.9", "kong migrations up"), "Job");
        assert_eq!(kind("kong:3.9", &["kong", "migrations", "bootstrap"], ", restart: on-failure"), "Job");
        assert_eq!(kind("kong:3.9", &["bash", "-c", "kong migrations bootstrap && kong migrations up"], ""), "Job");
        assert_eq!(kind("kong:3.9", &["sh", "-c", "kong migrations up && kong start"], ""), "Deployment");
        assert_eq!(kinds("kong:3.9", "kong docker-start"), "Deployment");
        assert_eq!(kinds("solr:9", "solr zk cp file:/a zk:/a"), "Job");
        assert_eq!(kinds("solr:9", "solr -f"), "StatefulSet");
        assert_eq!(kind("hashicorp/vault:1.18", &["sh", "-c", "vault operator init; vault operator unseal a"], ""), "Job");
        assert_eq!(kinds("hashicorp/vault:1.18", "vault server -dev"), "StatefulSet");
        assert_eq!(kinds("ghcr.io/amacneil/dbmate:2", "up"), "Job");
        assert_eq!(kinds("apache/superset:4.1.1", "superset db upgrade"), "Job");
        assert_eq!(kinds("mcr.microsoft.com/dotnet/sdk:8.0", "dotnet ef database update"), "Job");
        assert_eq!(kind("elixir:1.17", &["mix", "ecto.migrate"], ", restart: on-failure"), "Job");
        assert_eq!(kind("mongo:7", &["bash", "-c", "for i in 1 2; do mongosh --eval 'rs.initiate()' && break; sleep 5; done"], ""), "Job");
        assert_eq!(kind("apache/airflow:2.10.4", &["bash", "-c", "airflow db migrate && airflow users create -u a"], ""), "Job");
        assert_eq!(kind("apache/airflow:2.10.4", &["bash", "-c", "airflow db migrate && airflow webserver"], ""), "Deployment");
        assert_eq!(kinds("odoo:18", "odoo -i base --stop-after-init"), "Job");
        assert_eq!(kinds("liquibase:4", "update --changelog-file=a.xml"), "Job");
        assert_eq!(kinds("minio/mc", "mirror --watch a b"), "Deployment");
        assert_eq!(kinds("bitnami/kubectl:1", "port-forward svc/a 80"), "Deployment");
    }
}
