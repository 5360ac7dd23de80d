//! Commands, and whether they become a Job.

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

#[test]
fn what_builds_tests_or_fetches_is_a_job() {
    for line in [
        "npm run build",
        "yarn build",
        "npm test",
        "pytest -q tests",
        "python -m pytest",
        "vendor/bin/phpunit",
        "bundle exec rspec",
        "npx playwright test",
        "npx cypress run",
        "go test ./...",
        "dbt run --select a",
        "wp core install --url=a",
    ] {
        assert_eq!(as_words(line), "Job", "{line}");
    }
    for line in ["npm run build:watch", "npm run dev", "npm run build -- --watch", "dbt docs serve", "yarn start", "go run ."] {
        assert_eq!(as_words(line), "Deployment", "{line}");
    }
    assert_eq!(in_shell("sleep 3; OLLAMA_HOST=ollama:11434 ollama pull llama3.2"), "Job");
    assert_eq!(in_shell("npm run build && npm start"), "Deployment");
}

#[test]
fn the_subcommand_of_the_program_that_an_image_is_called_after_is_a_job() {
    let kinds = |image: &str, line: &str| kind(image, &line.split(' ').collect::<Vec<_>>(), "");
    assert_eq!(kinds("grafana/k6:0.50", "run /s.js"), "Job");
    assert_eq!(kinds("ollama/ollama", "pull llama3"), "Job");
    assert_eq!(kinds("ollama/ollama", "serve"), kinds("ollama/ollama", "serve --x"));
    assert_eq!(kinds("postman/newman:6@sha256:aa", "run /c.json"), "Job");
    assert_eq!(kinds("ghcr.io/dbt-labs/dbt-postgres:1.8.2", "--no-use-colors build"), "Job");
    assert_eq!(kinds("acme/k6:1", "serve run"), "Deployment");
    let outcome = project("services: { it: { image: 'cypress/included:13' } }").convert();
    assert!(outcome.names()[0].starts_with("Job/"), "{:?}", outcome.names());
}

#[test]
fn what_sends_a_text_ends_with_it() {
    let topics = "cub kafka-ready -b kafka:9092 1 30 && kafka-topics --create --topic a && ";
    assert_eq!(in_shell(&format!("{topics}kafka-console-producer --broker-list kafka:9092 -topic a < /data/message.json")), "Job");
    assert_eq!(in_shell("echo a | kcat -b kafka:9092 -P -t a"), "Job");
    assert_eq!(in_shell("kcat -b kafka:9092 -C -t a"), "Deployment");
    assert_eq!(in_shell("app | kafka-console-producer --topic a"), "Deployment");
}

#[test]
fn a_mounted_script_is_read_like_one_in_the_command() {
    let kind = |service: &str, script: &str| {
        let service = format!("image: acme/tool, volumes: ['./provision.sh:/provision.sh:ro'], {service}");
        let outcome = project(&format!("services: {{ it: {{ {service} }} }}")).file("provision.sh", script).convert();
        outcome.conversion.report.services[0].workload.as_ref().map(|workload| workload.kind.as_str().to_owned()).unwrap_or_default()
    };
    let ending = "#!/bin/sh\nwhile ! mc alias set h0 http://minio:3200 a b; do sleep 1; done\ncd /data\nmc mb -p bucket\n";
    for service in ["entrypoint: sh /provision.sh", "command: [sh, -e, /provision.sh]", "entrypoint: [/provision.sh]"] {
        assert_eq!(kind(service, ending), "Job", "{service}");
    }
    for script in ["mc mb bucket\nexec serve\n", "mc mb bucket\nexec \"$@\"\n", "while true; do mc mirror a b; sleep 60; done\n", ""] {
        assert_eq!(kind("entrypoint: sh /provision.sh", script), "Deployment", "{script}");
    }
    assert_eq!(kind("entrypoint: sh /other.sh", ending), "Deployment");
    assert_eq!(kind("entrypoint: sh /provision.sh, restart: always", ending), "Deployment");
}
