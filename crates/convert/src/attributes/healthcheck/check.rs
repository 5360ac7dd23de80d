//! What a health check's command asks, where Kubernetes can ask it itself.
//!
//! Only what is sure is recognised: a request to this container's own address, on a port that the service offers to others
//! (one bound to loopback is out of the kubelet's reach), with a client that fails when the answer says so. Everything else
//! stays a command.

use k8s_openapi::api::core::v1::{ExecAction, GRPCAction, HTTPGetAction, HTTPHeader, Probe, TCPSocketAction};
use k8s_openapi::apimachinery::pkg::util::intstr::IntOrString;
use smol_str::SmolStr;
use windlass_compose::model::Test;
use windlass_images::image::Shell;
use windlass_k8s::Kind;
use windlass_k8s::name::label_name;
use windlass_source::Spanned;

use crate::decide::peer::makes_replica_set;
use crate::decide::{Plan, ServicePlan, Transport, flag, is_host, is_word, port_after, words};
use crate::text::literal;

/// A health check that was understood.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Check {
    pub(super) handler: Handler,
    /// It fails when another service does, or before people have done their part.
    pub(super) asks_others: bool,
    pub(super) own: OwnName,
}

/// What became of the service's own name in a check.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct OwnName {
    /// It asks this container where the project names the service.
    pub(super) is_changed: bool,
    /// The name that the pod has to be called, so that it leads there.
    pub(super) hostname: Option<SmolStr>,
}

/// How Kubernetes asks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Handler {
    Http { path: String, port: u16, tls: bool, host: Option<String>, headers: Vec<(String, String)> },
    Tcp(u16),
    Grpc { port: u16, service: Option<String> },
    Exec(Vec<String>),
}

impl Handler {
    /// A probe with this check and no times.
    pub(super) fn probe(&self) -> Probe {
        let number = |port: u16| IntOrString::Int(i32::from(port));
        let mut probe = Probe::default();
        match self {
            Self::Http { path, port, tls, host, headers } => {
                let host = host.iter().map(|host| ("Host".to_owned(), host.clone()));
                let headers: Vec<HTTPHeader> =
                    host.chain(headers.iter().cloned()).map(|(name, value)| HTTPHeader { name, value }).collect();
                probe.http_get = Some(HTTPGetAction {
                    path: Some(path.clone()),
                    port: number(*port),
                    scheme: tls.then(|| "HTTPS".to_owned()),
                    http_headers: (!headers.is_empty()).then_some(headers),
                    host: None,
                });
            }
            Self::Tcp(port) => probe.tcp_socket = Some(TCPSocketAction { port: number(*port), host: None }),
            Self::Grpc { port, service } => probe.grpc = Some(GRPCAction { port: i32::from(*port), service: service.clone() }),
            // The kubelet replaces `$(NAME)` in the command of a probe as it does in that of the container.
            Self::Exec(words) => probe.exec = Some(ExecAction { command: Some(words.iter().map(|word| literal(word)).collect()) }),
        }
        probe
    }
}

/// Words by which a check says that it looks beyond its container.
const LOOKS_BEYOND: [&str; 3] = ["health:check", "db:monitor", "check --database"];

/// What a sealed Vault fails until people have unsealed it; a restart would seal it again.
const WAITS_FOR_PEOPLE: [&str; 3] = ["vault status", "bao status", "/v1/sys/health"];

/// The check of a test; `None` when there is no command.
pub(super) fn recognise(test: &Test, service: &ServicePlan<'_>, plan: &Plan<'_>) -> Option<Check> {
    let local = Local { service, plan };
    if let Some(check) = with_credentials(test, &local) {
        return check;
    }
    let (handler, text) = match test {
        Test::Exec(words) if !words.is_empty() => {
            let words: Vec<String> = words.iter().map(|word| word.to_string()).collect();
            let handler = match shell_script(&words) {
                Some(script) => from_script(script, &local),
                None => from_client(&words, &local),
            };
            let text = words.join(" ");
            (handler.ok_or(words), text)
        }
        Test::Shell(script) if !script.trim().is_empty() => {
            let words = ["sh", "-c", script].map(str::to_owned).to_vec();
            (from_script(script, &local).ok_or(words), script.to_string())
        }
        Test::Exec(_) | Test::Shell(_) | Test::None | Test::Inherit | Test::Other(_) => return None,
    };
    let asks_others = handler.is_err() && local.asks_others(&text) || WAITS_FOR_PEOPLE.iter().any(|words| text.contains(words));
    let mut own = OwnName::default();
    let handler = handler.unwrap_or_else(|words| Handler::Exec(local.commands(words, &mut own)));
    Some(Check { handler, asks_others, own })
}

/// The port of the service that a test asks, where its words tell.
pub(super) fn asked_port(test: &Test, service: &ServicePlan<'_>, plan: &Plan<'_>) -> Option<u16> {
    match recognise(test, service, plan)?.handler {
        Handler::Http { port, .. } | Handler::Tcp(port) | Handler::Grpc { port, .. } => Some(port),
        Handler::Exec(words) => words.iter().find_map(|word| Local { service, plan }.port_in(word)),
    }
}

/// A check that spells out a credential stays a command, in which a shell reads it from a variable. `Some(None)` where no shell
/// is known that could.
fn with_credentials(test: &Test, local: &Local<'_>) -> Option<Option<Check>> {
    let spelled = &local.plan.spelled[local.service.index];
    let words: Vec<String> = match test {
        Test::Exec(words) if spelled.are_in(words) => words.iter().map(|word| word.to_string()).collect(),
        Test::Shell(script) if spelled.are_in([script]) => ["sh", "-c", script].map(str::to_owned).to_vec(),
        _ => return None,
    };
    let asks_others = local.asks_others(&words.join(" "));
    let mut own = OwnName::default();
    // An image that has one of these is not made of a server alone.
    let is_client = |words: &[String]| {
        let program = words.first().and_then(|word| word.rsplit('/').next());
        matches!(program, Some("curl" | "wget" | "mysqladmin" | "mariadb-admin" | "mongosh" | "psql" | "redis-cli" | "valkey-cli"))
    };
    let shell = local.service.image.shell().or_else(|| is_client(&words).then_some(Shell::Sh));
    let command = spelled.for_shell(&local.commands(words, &mut own), shell);
    Some(command.map(|command| Check { handler: Handler::Exec(command), asks_others, own }))
}

/// What of a check is this container's own.
struct Local<'a> {
    service: &'a ServicePlan<'a>,
    plan: &'a Plan<'a>,
}

impl Local<'_> {
    /// True for a name of the service itself, or of one that shares its network.
    fn is_own_name(&self, host: &str) -> bool {
        let service = self.service.service;
        let is_given = |name: &Option<Spanned<SmolStr>>| name.as_ref().is_some_and(|name| name.as_str() == host);
        let other = self.plan.reach.service(host).or_else(|| self.plan.reach.at_address(host)).map(|other| &self.plan.services[other]);
        other.map_or(is_given(&service.container_name) || is_given(&service.hostname), |other| other.pod == self.service.pod)
    }

    /// The name that the kubelet writes into the hosts file of the pod with its address, and whether the project says it. The pods of a
    /// StatefulSet are numbered, and the file is the node's in its network.
    fn hostname(&self) -> Option<(SmolStr, bool)> {
        if !self.service.owns_pod() || self.service.kind == Kind::StatefulSet || self.plan.has_host_network(self.service) {
            return None;
        }
        let written = self.plan.pod_members(self.service.index).find_map(|member| member.service.hostname.as_ref());
        Some(written.map_or_else(|| (self.service.name.clone(), false), |written| (label_name(written), true)))
    }

    fn is_local(&self, host: &str) -> bool {
        matches!(host, "localhost" | "127.0.0.1" | "0.0.0.0" | "[::1]" | "::1" | "[::]") || self.is_own_name(host)
    }

    /// True for a port on which the kubelet can reach the service. One that only the pod's owner names may be this one's.
    fn offers(&self, port: u16) -> bool {
        self.plan.pod_members(self.service.pod).any(|member| member.port_position(port, Transport::Tcp).is_some())
    }

    /// The first port in a text that is this container's own and offered: `localhost:8080`, `http://localhost/up`.
    fn port_in(&self, text: &str) -> Option<u16> {
        words(text).filter(|(_, word)| self.is_local(word)).find_map(|(start, word)| {
            let (before, after) = (&text[..start], &text[start + word.len()..]);
            let of_scheme = || {
                let known = [("http://", 80), ("https://", 443)].into_iter().find(|(scheme, _)| before.ends_with(scheme));
                known.filter(|_| !after.starts_with(':')).map(|(_, port)| port)
            };
            port_after(after).or_else(of_scheme).filter(|port| self.offers(*port))
        })
    }

    /// True when the text names another service, or says itself that it looks beyond.
    fn asks_others(&self, text: &str) -> bool {
        if LOOKS_BEYOND.iter().any(|word| text.contains(word)) {
            return true;
        }
        let names_other = |text: &str, may_be_first: bool| {
            words(text).any(|(_, word)| {
                let other = self.plan.reach.service(word).map(|other| &self.plan.services[other]);
                // `redis-cli ping` in the service `cache` names no service; `ping redis` in `web` does.
                other.is_some_and(|other| other.pod != self.service.pod) && is_host_word(text, word, may_be_first)
            })
        };
        names_other(text, false) || variables(text).any(|name| self.value_of(name).is_some_and(|value| names_other(value, true)))
    }

    fn value_of(&self, variable: &str) -> Option<&str> {
        self.service.service.environment.get(variable)?.as_ref().map(|value| value.as_str())
    }

    /// The words of a command. The service's own name leads to its Service, which answers when the check has succeeded: it
    /// would never begin to. So the pod is called as the service, where it can be, or the check asks 127.0.0.1, where the server need not listen.
    fn commands(&self, command: Vec<String>, own: &mut OwnName) -> Vec<String> {
        let mut before = String::new();
        command
            .into_iter()
            .map(|word| {
                let mut text = String::with_capacity(word.len());
                let mut copied = 0;
                // The name is what it is where a member has to reach itself by it, or where it leads to the pod in any case.
                let is_kept = makes_replica_set(&word) || self.service.has_own_name();
                for (start, name) in words(&word).filter(|_| !is_kept) {
                    // Celery and Erlang call their nodes `worker@host`.
                    let is_host = || is_host(flag(&before), &word, start, name) || word[..start].ends_with('@');
                    if self.is_own_name(name) && is_host() {
                        text.push_str(&word[copied..start]);
                        text.push_str(&self.own_address(name, own));
                        copied = start + name.len();
                    }
                }
                text.push_str(&word[copied..]);
                let argument_before = std::mem::replace(&mut before, word);
                self.plan.reach.rewrite(flag(&argument_before), &text, self.service, &self.plan.services).into_owned()
            })
            .collect()
    }

    /// What to ask in place of a name of the service itself.
    fn own_address(&self, name: &str, own: &mut OwnName) -> SmolStr {
        match self.hostname() {
            Some((hostname, false)) if name == hostname || name == self.service.service.name.as_str() => {
                own.hostname = Some(hostname.clone());
                hostname
            }
            Some((hostname, true)) if name == hostname => hostname,
            _ => {
                own.is_changed = true;
                SmolStr::new_static("127.0.0.1")
            }
        }
    }
}

/// True when `word` stands where a host may: after a space, `=` or `@`, at the start of an address; not as a directory of a path.
fn is_host_word(text: &str, word: &str, may_be_first: bool) -> bool {
    text.match_indices(word).any(|(at, _)| {
        let ends = text[at + word.len()..].chars().next().is_none_or(|character| !is_word(character));
        let before = &text[..at];
        let begins = match before.chars().next_back() {
            Some('/') => ["//", "/dev/tcp/", "/dev/udp/"].iter().any(|start| before.ends_with(start)),
            Some(character) => matches!(character, ' ' | '=' | '@' | '"' | '\'' | ','),
            None => may_be_first,
        };
        ends && begins
    })
}

/// The variables that a script reads.
fn variables(script: &str) -> impl Iterator<Item = &str> {
    script.split('$').skip(1).map(|rest| {
        let rest = rest.strip_prefix('{').unwrap_or(rest);
        let end = rest.find(|character: char| !character.is_ascii_alphanumeric() && character != '_').unwrap_or(rest.len());
        &rest[..end]
    })
}

/// The script of `sh -c SCRIPT`.
fn shell_script(words: &[String]) -> Option<&str> {
    let [program, option, script] = words else { return None };
    let program = program.rsplit('/').next().unwrap_or(program);
    (matches!(program, "sh" | "bash" | "ash" | "dash") && option == "-c").then_some(script)
}

/// A script that is one request.
fn from_script(script: &str, local: &Local<'_>) -> Option<Handler> {
    let script = bare(script);
    if script.contains("/dev/tcp/") {
        return from_device(script, local);
    }
    from_client(&simple_command(script)?, local)
}

/// A script without what turns a failure into exit code 1 anyway, and without shells and time limits around it.
fn bare(script: &str) -> &str {
    const ENDINGS: [&str; 10] =
        ["|| exit 1", "||exit 1", "|| exit -1", "|| false", "2>&1", ">/dev/null", "> /dev/null", "2>/dev/null", "2> /dev/null", ";"];
    let mut script = script.trim();
    loop {
        let before = script;
        if let Some(shorter) = ENDINGS.iter().find_map(|ending| script.strip_suffix(ending)) {
            // `2` of `2>/dev/null` is a part of it.
            script = shorter.trim_end();
        }
        if let Some((seconds, rest)) = script.strip_prefix("timeout ").and_then(|rest| rest.trim_start().split_once(' '))
            && seconds.trim_end_matches('s').bytes().all(|byte| byte.is_ascii_digit())
        {
            script = rest.trim_start();
        }
        for shell in ["bash -c ", "sh -c ", "/bin/bash -c ", "/bin/sh -c "] {
            if let Some(rest) = script.strip_prefix(shell) {
                let rest = rest.trim();
                let inner = ['\'', '"']
                    .into_iter()
                    .find_map(|quote| rest.strip_prefix(quote)?.strip_suffix(quote).filter(|inner| !inner.contains(quote)));
                script = inner.map_or(script, str::trim);
            }
        }
        for (open, close) in [('(', ')'), ('{', '}')] {
            if let Some(inner) = script.strip_prefix(open).and_then(|rest| rest.strip_suffix(close)) {
                script = inner.trim();
            }
        }
        if script == before {
            return script;
        }
    }
}

/// The words of one plain command.
fn simple_command(script: &str) -> Option<Vec<String>> {
    let mut words: Vec<String> = Vec::new();
    let mut word: Option<String> = None;
    let mut quote = None;
    for character in script.chars() {
        match (quote, character) {
            (Some(open), character) if open == character => quote = None,
            // Within single quotes all is itself; within double ones the shell still reads these.
            (Some('"'), '$' | '`' | '\\') => return None,
            (Some(_), character) => word.get_or_insert_default().push(character),
            (None, '"' | '\'') => {
                quote = Some(character);
                word.get_or_insert_default();
            }
            (None, '|' | '&' | ';' | '<' | '>' | '(' | ')' | '`' | '\\' | '\n' | '*' | '?' | '$' | '#' | '~' | '!') => return None,
            (None, character) if character.is_whitespace() => words.extend(word.take()),
            (None, character) => word.get_or_insert_default().push(character),
        }
    }
    words.extend(word);
    (quote.is_none() && !words.is_empty()).then_some(words)
}

/// `</dev/tcp/localhost/80` in its usual dresses.
fn from_device(script: &str, local: &Local<'_>) -> Option<Handler> {
    let (before, after) = script.split_once("/dev/tcp/")?;
    let (host, port) = after.split_once('/')?;
    let is_plain = matches!(before.trim(), "<" | ">" | "echo >" | ":>" | ": >" | "cat <" | "exec 3<>" | "exec 3>" | "true <" | "true >");
    let port: u16 = port.trim().parse().ok()?;
    (is_plain && local.is_local(host) && local.offers(port)).then_some(Handler::Tcp(port))
}

fn from_client(words: &[String], local: &Local<'_>) -> Option<Handler> {
    let (program, arguments) = words.split_first()?;
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    match program.rsplit('/').next()? {
        "curl" => http(curl(&arguments)?, local),
        "wget" => http(wget(&arguments)?, local),
        "nc" | "ncat" | "netcat" => netcat(&arguments, local),
        "grpc_health_probe" | "grpc-health-probe" => grpc(&arguments, local),
        _ => None,
    }
}

/// A request that a client would make.
struct Request<'a> {
    url: &'a str,
    /// Certificates are not checked, as the kubelet doesn't either.
    insecure: bool,
    headers: Vec<(String, String)>,
}

fn curl<'a>(arguments: &[&'a str]) -> Option<Request<'a>> {
    let mut request = Request { url: "", insecure: false, headers: Vec::new() };
    let mut fails = false;
    let mut rest = arguments.iter();
    while let Some(&argument) = rest.next() {
        match argument {
            "--fail" | "--fail-with-body" => fails = true,
            "--silent" | "--show-error" | "--location" | "--head" | "--verbose" | "--ipv4" | "--no-progress-meter" => {}
            "--insecure" => request.insecure = true,
            "--output" | "--max-time" | "--connect-timeout" | "--retry" | "--retry-delay" | "--write-out" => {
                rest.next()?;
            }
            "-X" | "--request" if matches!(rest.clone().next(), Some(&"GET" | &"HEAD")) => {
                rest.next()?;
            }
            "-H" | "--header" => {
                let (name, value) = rest.next()?.split_once(':')?;
                request.headers.push((name.trim().to_owned(), value.trim().to_owned()));
            }
            flags if flags.starts_with('-') && !flags.starts_with("--") => {
                for (at, flag) in flags.chars().enumerate().skip(1) {
                    match flag {
                        'f' => fails = true,
                        'k' => request.insecure = true,
                        's' | 'S' | 'L' | 'I' | 'v' | '4' | 'i' => {}
                        // The last of them may take the next word.
                        'o' | 'm' | 'w' if at + 1 == flags.len() => {
                            rest.next()?;
                        }
                        _ => return None,
                    }
                }
            }
            flag if flag.starts_with("--max-time=") || flag.starts_with("--connect-timeout=") => {}
            url if !url.starts_with('-') && request.url.is_empty() => request.url = url,
            _ => return None,
        }
    }
    // Without `-f` curl is content with 404.
    fails.then_some(request)
}

fn wget<'a>(arguments: &[&'a str]) -> Option<Request<'a>> {
    let mut request = Request { url: "", insecure: false, headers: Vec::new() };
    let mut rest = arguments.iter();
    while let Some(&argument) = rest.next() {
        match argument {
            "-q" | "--quiet" | "--spider" | "-nv" | "--no-verbose" | "-O-" | "-qO-" | "-S" | "--server-response" => {}
            "--no-check-certificate" => request.insecure = true,
            "-O" | "-qO" | "-T" | "-t" | "-Y" | "--tries" | "--timeout" | "--output-document" => {
                rest.next()?;
            }
            flag if ["--tries=", "--timeout=", "--output-document=", "-O/", "-T", "-t", "-qO/"]
                .iter()
                .any(|known| flag.starts_with(known)) => {}
            flag if flag.starts_with("--header=") => {
                let (name, value) = flag["--header=".len()..].split_once(':')?;
                request.headers.push((name.trim().to_owned(), value.trim().to_owned()));
            }
            url if !url.starts_with('-') && request.url.is_empty() => request.url = url,
            _ => return None,
        }
    }
    Some(request)
}

fn http(request: Request<'_>, local: &Local<'_>) -> Option<Handler> {
    let (tls, rest) = match request.url.split_once("://") {
        Some(("http", rest)) => (false, rest),
        Some(("https", rest)) => (true, rest),
        Some(_) => return None,
        None => (false, request.url),
    };
    if tls && !request.insecure {
        return None;
    }
    let end = rest.find(['/', '?', '#']).unwrap_or(rest.len());
    let (authority, path) = rest.split_at(end);
    let (host, port) = match authority.rsplit_once(':') {
        Some((host, port)) if !port.ends_with(']') => (host, port.parse().ok()?),
        _ => (authority, if tls { 443 } else { 80 }),
    };
    if !local.is_local(host) || !local.offers(port) {
        return None;
    }
    let path = path.split('#').next().unwrap_or_default();
    let path = if path.starts_with('/') { path.to_owned() } else { format!("/{path}") };
    let own_host = request.headers.iter().any(|(name, _)| name.eq_ignore_ascii_case("host"));
    // A pod's address is in no server's list of names; what the check asked for was.
    let is_address = matches!(host, "0.0.0.0" | "[::]" | "[::1]");
    let host = (!own_host).then(|| if is_address { "localhost".to_owned() } else { host.to_owned() });
    Some(Handler::Http { path, port, tls, host, headers: request.headers })
}

fn netcat(arguments: &[&str], local: &Local<'_>) -> Option<Handler> {
    let mut tests_only = false;
    let mut places = Vec::new();
    let mut rest = arguments.iter();
    while let Some(&argument) = rest.next() {
        match argument {
            "-w" => {
                rest.next()?;
            }
            flags if flags.starts_with('-') => {
                let known = flags.chars().skip(1).all(|flag| matches!(flag, 'z' | 'v' | 'n' | 'w') || flag.is_ascii_digit());
                if !known {
                    return None;
                }
                tests_only |= flags.contains('z');
            }
            place => places.push(place),
        }
    }
    let [host, port] = places[..] else { return None };
    let port: u16 = port.parse().ok()?;
    (tests_only && local.is_local(host) && local.offers(port)).then_some(Handler::Tcp(port))
}

fn grpc(arguments: &[&str], local: &Local<'_>) -> Option<Handler> {
    let mut address = None;
    let mut name = None;
    let mut rest = arguments.iter();
    while let Some(&argument) = rest.next() {
        let (flag, value) = argument
            .trim_start_matches('-')
            .split_once('=')
            .map_or((argument.trim_start_matches('-'), None), |(flag, value)| (flag, Some(value)));
        match flag {
            "addr" => address = Some(value.or_else(|| rest.next().copied())?),
            "service" => name = Some(value.or_else(|| rest.next().copied())?),
            "connect-timeout" | "rpc-timeout" => {
                value.or_else(|| rest.next().copied())?;
            }
            _ => return None,
        }
    }
    let (host, port) = address?.rsplit_once(':')?;
    let port: u16 = port.parse().ok()?;
    ((host.is_empty() || local.is_local(host)) && local.offers(port)).then(|| Handler::Grpc { port, service: name.map(str::to_owned) })
}

#[cfg(test)]
mod tests;
