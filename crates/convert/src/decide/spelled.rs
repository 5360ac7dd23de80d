//! Credentials that a service spells out in its commands, which Kubernetes keeps as plain text. Each gets a variable that a Secret
//! gives: the one of the service that has the same value, or one of its own. In `command` and `args` the kubelet puts it back
//! (`$(NAME)`), so that the words stay exact; where it does not (probes, hooks), a shell reads it.

use std::ops::Range;

use smol_str::SmolStr;
use windlass_compose::model::{Service, Test};
use windlass_images::credentials;
use windlass_images::image::Shell;
use windlass_source::{Origin, Spanned};

use super::{KnownSecrets, ServicePlan, known_secrets};
use crate::text::literal;

/// The credentials of one service.
#[derive(Debug, Default)]
pub(crate) struct Spelled {
    /// Each value with its variable; longer ones first, since one may hold another.
    values: Vec<Value>,
    /// The words that hold some, with where those begin.
    words: Vec<(SmolStr, Vec<usize>)>,
}

#[derive(Debug)]
pub(crate) struct Value {
    pub(crate) text: SmolStr,
    pub(crate) variable: SmolStr,
    /// The service has no such variable yet.
    pub(crate) is_new: bool,
    pub(crate) origin: Origin,
}

impl Value {
    /// True for what may stand for something else as well wherever it is.
    fn is_word(&self) -> bool {
        self.text.len() < known_secrets::SHORTEST && self.text.bytes().all(|byte| byte.is_ascii_lowercase())
    }
}

/// A part of a word.
enum Piece<'t> {
    Text(&'t str),
    Variable(&'t str),
}

impl Spelled {
    pub(super) fn of(plan: &ServicePlan<'_>, known: &KnownSecrets) -> Self {
        let service = plan.service;
        let mut spelled = Self::default();
        for ((line, index), found) in words(service).zip(&plan.spelled) {
            spelled.word(line, index, found, plan, known);
        }
        spelled.values.sort_by_key(|value| std::cmp::Reverse(value.text.len()));
        spelled
    }

    fn word(&mut self, line: &[Spanned<SmolStr>], index: usize, found: &[Range<usize>], plan: &ServicePlan<'_>, known: &KnownSecrets) {
        let word = &line[index];
        let own = own_values(plan).filter(|_| word.contains('$')).flat_map(|value| word.match_indices(value));
        let own = own.map(|(at, value)| at..at + value.len());
        let ranges = outermost(found.iter().cloned().chain(known.find(word)).chain(own).collect());
        if ranges.is_empty() {
            return;
        }
        self.words.push((word.value.clone(), ranges.iter().map(|range| range.start).collect()));
        for range in ranges {
            let flag = index.checked_sub(1).map(|before| line[before].trim_start_matches('-'));
            let flag = flag.filter(|flag| range.start == 0 && credentials::is_credential_name(flag));
            self.value(&word[range.clone()], hint(word, &range, &word.origin).or(flag), plan, &word.origin);
        }
    }

    fn value(&mut self, text: &str, hint: Option<&str>, plan: &ServicePlan<'_>, origin: &Origin) {
        if self.values.iter().any(|value| value.text == text) {
            return;
        }
        let has_it = |value: &&windlass_compose::model::Entry<Option<Spanned<SmolStr>>>| {
            value.value.as_ref().is_some_and(|value| value.as_str() == text) && is_shell_name(&value.name)
        };
        // A user or a database may have the same value, and stay when the credential changes.
        let entries = || plan.service.environment.iter().zip(&plan.credentials);
        let named = entries().find(|(entry, _)| Some(entry.name.as_str()) == hint && has_it(entry));
        let signed = || entries().find(|(entry, sign)| sign.is_some() && has_it(entry));
        let own = named.or_else(signed).or_else(|| entries().find(|(entry, _)| has_it(entry)));
        let own = own.map(|(entry, _)| entry);
        let variable = match own {
            Some(entry) => entry.name.value.clone(),
            None => self.free_name(hint, plan.service),
        };
        self.values.push(Value { text: text.into(), variable, is_new: own.is_none(), origin: origin.clone() });
    }

    fn free_name(&self, hint: Option<&str>, service: &Service) -> SmolStr {
        let base: String = hint
            .unwrap_or("SECRET")
            .chars()
            .map(|letter| if letter.is_ascii_alphanumeric() { letter.to_ascii_uppercase() } else { '_' })
            .collect();
        let name = |number: usize| match number {
            1 => SmolStr::from(format!("WINDLASS_{base}")),
            number => SmolStr::from(format!("WINDLASS_{base}_{number}")),
        };
        let is_free = |name: &SmolStr| self.values.iter().all(|value| value.variable != *name) && !service.environment.contains(name);
        (1..).map(name).find(is_free).unwrap_or_default()
    }

    /// The variables that the service does not have yet.
    pub(crate) fn new_variables(&self) -> impl Iterator<Item = &Value> {
        self.values.iter().filter(|value| value.is_new)
    }

    /// True when one of the words holds a credential.
    pub(crate) fn are_in<'w>(&self, words: impl IntoIterator<Item = &'w Spanned<SmolStr>>) -> bool {
        !self.words.is_empty() && words.into_iter().any(|word| self.starts(word).is_some())
    }

    /// A word of `command` or `args`: `text` is what has become of `word`.
    pub(crate) fn argument(&self, word: &str, text: &str) -> String {
        if self.starts(word).is_none() {
            return literal(text);
        }
        let pieces = self.pieces(text).into_iter().map(|piece| match piece {
            Piece::Text(text) => literal(text),
            Piece::Variable(name) => format!("$({name})"),
        });
        pieces.collect()
    }

    /// A command that nobody expands, as one that a shell does; `None` where no shell is known that could.
    pub(crate) fn for_shell(&self, words: &[String], shell: Option<Shell>) -> Option<Vec<String>> {
        let is_shell = |word: &String| matches!(word.rsplit('/').next(), Some("sh" | "bash" | "ash" | "dash"));
        if let [program, option, script, rest @ ..] = words
            && is_shell(program)
            && option.starts_with('-')
            && option.ends_with('c')
        {
            let mut words = vec![program.clone(), option.clone(), self.script(script)];
            words.extend(rest.iter().cloned());
            return Some(words);
        }
        shell.filter(|shell| *shell != Shell::None)?;
        let quoted = words.iter().map(|word| {
            let parts = self.pieces(word).into_iter().map(|piece| match piece {
                Piece::Text(text) => format!("'{}'", text.replace('\'', r"'\''")),
                Piece::Variable(name) => format!("\"${{{name}}}\""),
            });
            parts.collect::<String>()
        });
        Some(vec!["sh".to_owned(), "-c".to_owned(), format!("exec {}", quoted.collect::<Vec<_>>().join(" "))])
    }

    /// A script in which variables stand for the credentials, whatever quotes are around them.
    fn script(&self, script: &str) -> String {
        let mut quote = None;
        let mut out = String::with_capacity(script.len() + 16);
        for piece in self.pieces(script) {
            match piece {
                Piece::Text(text) => {
                    let mut characters = text.chars();
                    while let Some(character) = characters.next() {
                        out.push(character);
                        match (quote, character) {
                            (Some('\''), '\\') => {}
                            (_, '\\') => out.extend(characters.next()),
                            (None, '\'' | '"') => quote = Some(character),
                            (Some(open), character) if open == character => quote = None,
                            _ => {}
                        }
                    }
                }
                Piece::Variable(name) => out.push_str(&match quote {
                    Some('\'') => format!("'\"${{{name}}}\"'"),
                    Some(_) => format!("${{{name}}}"),
                    None => format!("\"${{{name}}}\""),
                }),
            }
        }
        out
    }

    /// Where credentials begin in a word that holds some.
    fn starts(&self, word: &str) -> Option<&[usize]> {
        self.words.iter().find(|(known, _)| known == word).map(|(_, starts)| starts.as_slice())
    }

    fn pieces<'t>(&'t self, text: &'t str) -> Vec<Piece<'t>> {
        let starts = self.starts(text);
        // In `postgres://postgres:postgres@postgres/postgres` one of the words is the password.
        let is_meant = |value: &Value, at: usize| !value.is_word() || starts.is_none_or(|starts| starts.contains(&at));
        let mut pieces = Vec::new();
        let mut done = 0;
        while done < text.len() {
            let next = |value: &Value| {
                let mut places = text[done..].match_indices(value.text.as_str()).map(|(at, _)| done + at);
                places.find(|at| is_meant(value, *at))
            };
            let found = self.values.iter().filter_map(|value| Some((next(value)?, value)));
            let Some((at, value)) = found.min_by_key(|(at, value)| (*at, std::cmp::Reverse(value.text.len()))) else { break };
            if at > done {
                pieces.push(Piece::Text(&text[done..at]));
            }
            pieces.push(Piece::Variable(&value.variable));
            done = at + value.text.len();
        }
        if done < text.len() {
            pieces.push(Piece::Text(&text[done..]));
        }
        pieces
    }
}

/// Without those within another: of an address with a password that is a credential as a whole, the password alone stands nowhere.
fn outermost(mut ranges: Vec<Range<usize>>) -> Vec<Range<usize>> {
    ranges.sort_by_key(|range| (range.start, std::cmp::Reverse(range.end)));
    let mut end = 0;
    ranges.retain(|range| {
        let is_further = range.end > end;
        end = end.max(range.end);
        is_further
    });
    ranges
}

/// Values of a service's own credentials with a `$`: by its look, a word with one may as well name a variable.
fn own_values<'p>(plan: &'p ServicePlan<'_>) -> impl Iterator<Item = &'p str> {
    let entries = plan.service.environment.iter().zip(&plan.credentials).filter(|(_, sign)| sign.is_some());
    let values = entries.filter_map(|(entry, _)| Some(entry.value.as_ref()?.as_str()));
    // So many are looked for in each word.
    const MOST: usize = 100;
    values.filter(|value| value.len() > 3 && value.contains('$')).take(MOST)
}

/// The commands that a service has: what it runs, its health check and its hooks.
fn lines(service: &Service) -> impl Iterator<Item = &[Spanned<SmolStr>]> {
    let test = match service.healthcheck.as_ref().and_then(|check| check.test.as_ref()).map(|test| &test.value) {
        Some(Test::Exec(words)) => Some(words.as_slice()),
        Some(Test::Shell(script)) => Some(std::slice::from_ref(script)),
        _ => None,
    };
    let runs = [&service.entrypoint, &service.command].into_iter().flatten().map(|line| line.as_slice());
    let hooks = service.post_start.iter().chain(&service.pre_stop).filter_map(|hook| hook.command.as_ref());
    runs.chain(test).chain(hooks.map(|line| line.as_slice()))
}

/// Each word of the commands of a service, as its place in its command.
pub(super) fn words(service: &Service) -> impl Iterator<Item = (&[Spanned<SmolStr>], usize)> {
    lines(service).flat_map(|line| (0..line.len()).map(move |index| (line, index)))
}

/// Where credentials stand in each of the [`words`].
pub(super) fn find(service: &Service) -> Vec<Vec<Range<usize>>> {
    let of_line = |line: &[Spanned<SmolStr>]| {
        let texts: Vec<&str> = line.iter().map(|word| word.as_str()).collect();
        let of_word = |(index, word): (usize, &Spanned<SmolStr>)| credentials::in_word(word, &texts[..index], &word.origin);
        line.iter().enumerate().map(of_word).collect::<Vec<_>>()
    };
    lines(service).flat_map(of_line).collect()
}

/// What a credential is called: by the variable that it came from, or the flag or name before it.
fn hint<'w>(word: &'w str, range: &Range<usize>, origin: &'w Origin) -> Option<&'w str> {
    let from = origin.parts().iter().find(|part| part.range.start as usize == range.start && part.range.end as usize == range.end);
    if let Some(part) = from {
        return Some(&part.variable);
    }
    let before = word[..range.start].trim_end_matches(['=', '"', '\'', ' ']);
    let name = before.rsplit([' ', '/', ':', '@', ';', '\n', '"']).next()?.trim_start_matches('-');
    (credentials::is_credential_name(name) && is_shell_name(&name.replace(['-', '.'], "_"))).then_some(name)
}

fn is_shell_name(name: &str) -> bool {
    name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
        && !name.starts_with(|first: char| first.is_ascii_digit())
        && !name.is_empty()
}

#[cfg(test)]
mod tests {
    use crate::testing::{Outcome, project};

    #[test]
    fn of_an_address_that_is_a_credential_as_a_whole_nothing_else_is_kept() {
        let url = "postgres://app:tops3cret@db:5432/app";
        let outcome = project(&format!(
            "services:\n  api: {{ image: acme/api, environment: {{ DSN: '{url}' }} }}\n  db: {{ image: 'postgres:17', environment: {{ POSTGRES_PASSWORD: tops3cret }} }}\n  migrate: {{ image: 'migrate/migrate:v4', command: ['-database', '{url}', up] }}\n"
        ))
        .convert();
        let pod = outcome.pod("Job/migrate-*", "containers[0]");
        assert!(pod.contains("$(WINDLASS_SECRET)") && !pod.contains("tops3cret") && pod.matches("secretKeyRef").count() == 1, "{pod}");
    }

    fn web(service: &str) -> Outcome {
        project(&format!("services: {{ web: {{ {service} }} }}")).convert()
    }

    /// The fields of the container, each on a line.
    fn shown(outcome: &Outcome, workload: &str, fields: &[&str]) -> String {
        let one = |field: &&str| {
            let text = outcome.pod(workload, &format!("containers[0].{field}"));
            format!("{field}:\n{}", text.trim_end())
        };
        fields.iter().map(one).collect::<Vec<_>>().join("\n")
    }

    #[test]
    fn a_command_keeps_its_words_and_loses_its_credentials() {
        let outcome =
            web("image: 'acme/web:1', command: [serve, --db-password, hunter2hunter2, '--url=amqp://me:bunny$$1@mq/x', '$$(id)']");
        insta::assert_snapshot!(shown(&outcome, "Deployment/web", &["args", "env"]), @"
        args:
        - serve
        - --db-password
        - $(WINDLASS_DB_PASSWORD)
        - $(WINDLASS_SECRET)
        - $$(id)
        env:
        - name: WINDLASS_SECRET
          valueFrom:
            secretKeyRef:
              name: web-credentials-862r5rgdbv
              key: WINDLASS_SECRET
        - name: WINDLASS_DB_PASSWORD
          valueFrom:
            secretKeyRef:
              name: web-credentials-862r5rgdbv
              key: WINDLASS_DB_PASSWORD
        ");
        insta::assert_snapshot!(outcome.field("Secret/web-credentials-*", "data"), @"
        WINDLASS_DB_PASSWORD: aHVudGVyMmh1bnRlcjI=
        WINDLASS_SECRET: LS11cmw9YW1xcDovL21lOmJ1bm55JDFAbXEveA==
        ");
        insta::assert_snapshot!(outcome.fates("services.web.command"), @"services.web.command: mapped → Deployment/web spec.template.spec.containers[0].args (the credentials in it come from a Secret, through variables)");
    }

    #[test]
    fn the_variable_that_a_service_has_is_used() {
        let case = project(
            "services: { web: { image: 'acme/web:1', environment: { REDIS_PASSWORD: '${REDIS_PASSWORD}' }, \
             command: 'redis-server --requirepass ${REDIS_PASSWORD}', healthcheck: { test: [CMD-SHELL, \"redis-cli -a '${REDIS_PASSWORD}' ping\"] } } }",
        );
        let outcome = case.variable("REDIS_PASSWORD", "hunter2").convert();
        insta::assert_snapshot!(shown(&outcome, "Deployment/web", &["args", "env", "readinessProbe.exec"]), @r#"
        args:
        - redis-server
        - --requirepass
        - $(REDIS_PASSWORD)
        env:
        - name: REDIS_PASSWORD
          valueFrom:
            secretKeyRef:
              name: web-credentials-brkdrk4677
              key: REDIS_PASSWORD
        readinessProbe.exec:
        command:
        - sh
        - -c
        - redis-cli -a ''"${REDIS_PASSWORD}"'' ping
        "#);
        insta::assert_snapshot!(outcome.fates("services.web"), @"
        services.web.image: mapped → Deployment/web spec.template.spec.containers[0].image
        services.web.environment.REDIS_PASSWORD: mapped → Deployment/web spec.template.spec.containers[0].env[0].valueFrom.secretKeyRef, Secret/web-credentials-brkdrk4677 data.REDIS_PASSWORD (in a Secret, since its name says that it is a credential)
        services.web.command: mapped → Deployment/web spec.template.spec.containers[0].args (the credentials in it come from a Secret, through variables)
        services.web.healthcheck.test: mapped → Deployment/web spec.template.spec.containers[0].readinessProbe.exec, Deployment/web spec.template.spec.containers[0].livenessProbe.exec, Deployment/web spec.template.spec.containers[0].startupProbe.exec (a shell reads the credentials in it from variables)
        ");
    }

    #[test]
    fn a_value_with_a_dollar_is_found_by_its_variable() {
        let outcome = web("image: 'mysql:8.0', environment: { MYSQL_ROOT_PASSWORD: 'ab$$cdefghij' }, \
             healthcheck: { test: [CMD, mysqladmin, ping, '-pab$$cdefghij'] }");
        let probe = outcome.pod("StatefulSet/web", "containers[0].readinessProbe.exec");
        assert!(probe.contains("'-p'\"${MYSQL_ROOT_PASSWORD}\"") && !probe.contains("cdefghij"), "{probe}");
    }

    #[test]
    fn a_check_of_words_that_asks_by_a_client_has_a_shell() {
        let outcome = web("image: acme/es, environment: { ELASTIC_PASSWORD: changeme12 }, \
             healthcheck: { test: [CMD, curl, -f, -u, 'elastic:changeme12', 'http://localhost:9200/'] }");
        let probe = outcome.pod("Deployment/web", "containers[0].readinessProbe.exec");
        assert!(probe.contains("'elastic:'\"${ELASTIC_PASSWORD}\"") && !probe.contains("changeme12"), "{probe}");
    }

    #[test]
    fn the_variable_of_the_credential_is_used_not_another_of_the_same_value() {
        let outcome = web("image: 'mysql:8.4', environment: { MYSQL_DATABASE: shop, MYSQL_ROOT_PASSWORD: shop }, \
             healthcheck: { test: [CMD, mysqladmin, ping, -uroot, -pshop] }");
        let probe = outcome.pod("StatefulSet/web", "containers[0].readinessProbe.exec.command");
        assert!(probe.contains("'-p'\"${MYSQL_ROOT_PASSWORD}\""), "{probe}");
    }

    #[test]
    fn a_word_is_a_credential_where_it_stands_as_one() {
        let outcome = web("image: 'migrate/migrate:v4', command: [-database, 'postgres://postgres:postgres@postgres:5432/postgres', up]");
        let args = outcome.pod("Job/web-*", "containers[0].args");
        assert_eq!(args, "- -database\n- postgres://postgres:$(WINDLASS_SECRET)@postgres:5432/postgres\n- up\n");
        let outcome = web("image: acme/web:1, entrypoint: [sh, -c, 'mc alias set m http://minio:9000 minioadmin minioadmin; mc mb m/a']");
        let script = outcome.pod("Job/web-*", "containers[0].command[2]");
        assert_eq!(script, "mc alias set m http://minio:9000 $(WINDLASS_SECRET) $(WINDLASS_SECRET); mc mb m/a\n");
        // What is no word is the same credential wherever it is.
        let outcome = web("image: acme/web:1, command: [sh, -c, 'app --password shop7 && other shop7']");
        let args = outcome.pod("Deployment/web", "containers[0].args");
        assert_eq!(args, "- sh\n- -c\n- app --password $(WINDLASS_PASSWORD) && other $(WINDLASS_PASSWORD)\n");
    }

    #[test]
    fn of_two_variables_with_one_value_the_one_is_used_that_the_command_names() {
        let case = project(
            "services: { web: { image: acme/web:1, environment: { ELASTIC_PASSWORD: samepw12, REDIS_PASSWORD: samepw12 }, \
             command: 'redis-server --requirepass ${REDIS_PASSWORD}' } }",
        );
        let args = case.variable("REDIS_PASSWORD", "samepw12").convert().pod("Deployment/web", "containers[0].args");
        assert_eq!(args, "- redis-server\n- --requirepass\n- $(REDIS_PASSWORD)\n");
    }

    #[test]
    fn a_check_of_words_is_read_by_a_shell_where_there_is_one() {
        let check = "healthcheck: { test: [CMD, mysqladmin, ping, -uroot, -phunter2hunter2] }";
        let outcome = web(&format!("image: 'mysql:8.4', {check}"));
        insta::assert_snapshot!(shown(&outcome, "StatefulSet/web", &["readinessProbe.exec", "env"]), @r#"
        readinessProbe.exec:
        command:
        - sh
        - -c
        - exec 'mysqladmin' 'ping' '-uroot' '-p'"${WINDLASS_SECRET}"
        env:
        - name: WINDLASS_SECRET
          valueFrom:
            secretKeyRef:
              name: web-credentials-z2hsfdbt8w
              key: WINDLASS_SECRET
        "#);
        let check = "healthcheck: { test: [CMD, /db, check, '--password=hunter2hunter2'] }";
        let outcome = web(&format!("image: 'acme/db:1', expose: ['3306'], {check}"));
        insta::assert_snapshot!(shown(&outcome, "Deployment/web", &["readinessProbe.exec", "readinessProbe.tcpSocket"]), @"
        readinessProbe.exec:
        null
        readinessProbe.tcpSocket:
        port: 3306
        ");
        insta::assert_snapshot!(outcome.fates("services.web.healthcheck"), @"services.web.healthcheck.test: refused (it spells out a credential, and probes are plain text)");
        insta::assert_snapshot!(outcome.diagnostics().join("\n"), @"convert::credential: the health check of `web` is left out: it spells out a credential");
    }

    #[test]
    fn labels_with_credentials_become_no_annotations() {
        let outcome =
            web("image: 'acme/web:1', labels: { app.token: abcdefgh123, app.name: shop }, annotations: { url: 'https://a:b3c@x' }");
        insta::assert_snapshot!(outcome.fates("services.web"), @r#"
        services.web.image: mapped → Deployment/web spec.template.spec.containers[0].image
        services.web.labels["app.token"]: refused (it holds a credential, and whoever may see a pod reads its annotations; put it into a variable)
        services.web.labels["app.name"]: mapped → Deployment/web spec.template.metadata.annotations["app.name"]
        services.web.annotations.url: refused (it holds a credential, and whoever may see a pod reads its annotations; put it into a variable)
        "#);
    }

    #[test]
    fn hooks_read_credentials_from_variables() {
        let outcome = web("image: 'postgres:17', pre_stop: [{ command: [sh, -c, \"PGPASSWORD='hunter2hunter2' psql\"] }]");
        insta::assert_snapshot!(outcome.pod("StatefulSet/web", "containers[0].lifecycle.preStop.exec"), @r#"
        command:
        - sh
        - -c
        - PGPASSWORD=''"${WINDLASS_PGPASSWORD}"'' psql
        "#);
    }

    #[test]
    fn quotes_and_escapes_before_a_variable_do_not_move_it() {
        let outcome = web(
            r#"image: app, command: "sh -c 'app \"x${A_PASSWORD:-hunter22}\" ; app -d \"{\\\"password\\\":\\\"${B_PASSWORD:-hunter223}\\\"}\"'""#,
        );
        insta::assert_snapshot!(outcome.pod("Deployment/web", "containers[0].args"), @r#"
        - sh
        - -c
        - app "x$(WINDLASS_A_PASSWORD)" ; app -d "{\"password\":\"$(WINDLASS_B_PASSWORD)\"}"
        "#);
        let secret = outcome.names().into_iter().find(|name| name.starts_with("Secret/web-credentials")).unwrap_or_default();
        insta::assert_snapshot!(outcome.field(&secret, "data"), @"
        WINDLASS_A_PASSWORD: aHVudGVyMjI=
        WINDLASS_B_PASSWORD: aHVudGVyMjIz
        ");
    }
}
