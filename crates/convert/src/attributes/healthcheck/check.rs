//! What a health check's command asks, where Kubernetes can ask it itself.
//!
//! Only what is sure is recognised: a request to this container's own address, on a port that the service offers to others
//! (one bound to loopback is out of the kubelet's reach), with a client that fails when the answer says so. Everything else
//! stays a command.

use k8s_openapi::api::core::v1::{ExecAction, GRPCAction, HTTPGetAction, HTTPHeader, Probe, TCPSocketAction};
use k8s_openapi::apimachinery::pkg::util::intstr::IntOrString;
use windlass_compose::model::Test;

use crate::decide::{Plan, ServicePlan, Transport};
use crate::text::literal;

/// A health check that was understood.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Check {
    pub(super) handler: Handler,
    /// It fails when another service does.
    pub(super) asks_others: bool,
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
const LOOKS_BEYOND: [&str; 3] = ["health:check", "db:monitor", "check --deploy"];

/// The check of a test; `None` when there is no command.
pub(super) fn recognise(test: &Test, service: &ServicePlan<'_>, plan: &Plan<'_>) -> Option<Check> {
    let (words, script) = match test {
        Test::Exec(words) if !words.is_empty() => (words.iter().map(|word| word.to_string()).collect::<Vec<_>>(), None),
        Test::Shell(script) if !script.trim().is_empty() => (simple_command(script).unwrap_or_default(), Some(script.as_str())),
        Test::Exec(_) | Test::Shell(_) | Test::None | Test::Inherit | Test::Other(_) => return None,
    };
    let handler = from_client(&words, service).or_else(|| from_script(script?, service));
    let text = script.map_or_else(|| words.join(" "), str::to_owned);
    let asks_others = handler.is_none() && asks_others(&text, service, plan);
    let handler = handler.unwrap_or_else(|| match script {
        Some(script) => Handler::Exec(vec!["sh".to_owned(), "-c".to_owned(), script.to_owned()]),
        None => Handler::Exec(words),
    });
    Some(Check { handler, asks_others })
}

/// True when the text names another service, or says itself that it looks beyond.
fn asks_others(text: &str, service: &ServicePlan<'_>, plan: &Plan<'_>) -> bool {
    if LOOKS_BEYOND.iter().any(|word| text.contains(word)) {
        return true;
    }
    let is_name = |character: char| character.is_ascii_alphanumeric() || matches!(character, '_' | '-' | '.');
    text.split(|character| !is_name(character)).any(|word| {
        let other = plan.reach.service(word).filter(|other| *other != service.index);
        // `redis-cli ping` in the service `cache` names no service; `ping redis` in `web` does.
        other.is_some_and(|other| plan.services[other].pod != service.pod) && is_host_word(text, word)
    })
}

/// True when `word` stands where a host may: after a space, `=`, `@` or `/`, and not first.
fn is_host_word(text: &str, word: &str) -> bool {
    text.match_indices(word).any(|(at, _)| {
        let after = text[at + word.len()..].chars().next();
        let ends = after.is_none_or(|character| !(character.is_ascii_alphanumeric() || matches!(character, '_' | '-' | '.')));
        ends && text[..at].chars().next_back().is_some_and(|before| matches!(before, ' ' | '=' | '@' | '/' | '"' | '\''))
    })
}

/// The words of a script that is one plain command, without what turns a failure into exit code 1 anyway.
fn simple_command(script: &str) -> Option<Vec<String>> {
    const ENDINGS: [&str; 9] =
        ["|| exit 1", "|| exit -1", "|| false", "2>&1", ">/dev/null", "> /dev/null", "2>/dev/null", "2> /dev/null", ";"];
    let mut script = script.trim();
    while let Some(shorter) = ENDINGS.iter().find_map(|ending| script.strip_suffix(ending)) {
        script = shorter.trim_end();
    }
    if script.contains(['|', '&', ';', '<', '>', '(', ')', '`', '\\', '\n', '*', '?']) && !is_url_only(script) {
        return None;
    }
    if script.contains('$') {
        return None;
    }
    words(script)
}

/// `?` and `&` within quotes belong to a URL.
fn is_url_only(script: &str) -> bool {
    let mut quote = None;
    script.chars().all(|character| {
        match (quote, character) {
            (None, '"' | '\'') => quote = Some(character),
            (Some(open), character) if open == character => quote = None,
            (None, '|' | '&' | ';' | '<' | '>' | '(' | ')' | '`' | '\\' | '\n' | '*' | '?') => return false,
            (Some('"'), '`' | '\\') => return false,
            _ => {}
        }
        true
    })
}

/// Words with plain quotes.
fn words(text: &str) -> Option<Vec<String>> {
    let mut words = Vec::new();
    let mut word: Option<String> = None;
    let mut quote = None;
    for character in text.chars() {
        match (quote, character) {
            (Some(open), character) if open == character => quote = None,
            (Some(_), character) => word.get_or_insert_default().push(character),
            (None, '"' | '\'') => {
                quote = Some(character);
                word.get_or_insert_default();
            }
            (None, character) if character.is_whitespace() => words.extend(word.take()),
            (None, character) => word.get_or_insert_default().push(character),
        }
    }
    words.extend(word);
    (quote.is_none() && !words.is_empty()).then_some(words)
}

fn from_client(words: &[String], service: &ServicePlan<'_>) -> Option<Handler> {
    let (program, arguments) = words.split_first()?;
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    match program.rsplit('/').next()? {
        "curl" => http(curl(&arguments)?, service),
        "wget" => http(wget(&arguments)?, service),
        "nc" | "ncat" | "netcat" => netcat(&arguments, service),
        "grpc_health_probe" | "grpc-health-probe" => grpc(&arguments, service),
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
            "-o" | "--output" | "-m" | "--max-time" | "--connect-timeout" | "--retry" | "--retry-delay" => {
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
                for flag in flags.chars().skip(1) {
                    match flag {
                        'f' => fails = true,
                        'k' => request.insecure = true,
                        's' | 'S' | 'L' | 'I' | 'v' | '4' | 'i' => {}
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
            "-q" | "--quiet" | "--spider" | "-nv" | "--no-verbose" | "-qO-" | "-S" | "--server-response" | "-Y" => {}
            "--no-check-certificate" => request.insecure = true,
            "-O" | "-T" | "-t" | "--tries" | "--timeout" | "--output-document" => {
                rest.next()?;
            }
            "-O-" | "-qO" | "-q0-" if argument != "-qO" => {}
            "-qO" => {
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

fn is_local(host: &str) -> bool {
    matches!(host, "localhost" | "127.0.0.1" | "0.0.0.0" | "[::1]" | "::1" | "[::]")
}

fn offers(service: &ServicePlan<'_>, port: u16) -> bool {
    service.ports.iter().any(|offered| offered.number == port && offered.transport == Transport::Tcp)
}

fn http(request: Request<'_>, service: &ServicePlan<'_>) -> Option<Handler> {
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
    if !is_local(host) || !offers(service, port) {
        return None;
    }
    let path = path.split('#').next().unwrap_or_default();
    let path = if path.starts_with('/') { path.to_owned() } else { format!("/{path}") };
    let own_host = request.headers.iter().any(|(name, _)| name.eq_ignore_ascii_case("host"));
    // A pod's address is in no server's list of names; what the check asked for was.
    let host = (!own_host).then(|| if host == "0.0.0.0" { "localhost".to_owned() } else { host.to_owned() });
    Some(Handler::Http { path, port, tls, host, headers: request.headers })
}

fn netcat(arguments: &[&str], service: &ServicePlan<'_>) -> Option<Handler> {
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
    (tests_only && is_local(host) && offers(service, port)).then_some(Handler::Tcp(port))
}

fn grpc(arguments: &[&str], service: &ServicePlan<'_>) -> Option<Handler> {
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
    ((host.is_empty() || is_local(host)) && offers(service, port)).then(|| Handler::Grpc { port, service: name.map(str::to_owned) })
}

/// `</dev/tcp/localhost/80` in its usual dresses.
fn from_script(script: &str, service: &ServicePlan<'_>) -> Option<Handler> {
    let (before, after) = script.split_once("/dev/tcp/")?;
    let before = before.trim_start().trim_start_matches(['(', '{', ' ']);
    let plain = [
        "",
        "<",
        "< ",
        "echo > ",
        "echo >",
        ":> ",
        ":>",
        ": > ",
        "exec 3<>",
        "exec 3<> ",
        "bash -c '<",
        "bash -c \"<",
        "bash -c '</",
        "bash -c 'echo > ",
        "bash -c \"echo > ",
        "bash -c ':> ",
    ];
    let mut parts = after.splitn(2, '/');
    let host = parts.next()?;
    let rest = parts.next()?;
    let digits = rest.bytes().take_while(u8::is_ascii_digit).count();
    let port: u16 = rest[..digits].parse().ok()?;
    let tail = rest[digits..].trim_matches([' ', ')', '}', ';', '\'', '"']);
    let harmless = ["", "|| exit 1", "|| exit 1)", "2>/dev/null", "2> /dev/null", "2>&1", "&& exit 0 || exit 1", ">/dev/null 2>&1"];
    (plain.contains(&before) && harmless.contains(&tail) && is_local(host) && offers(service, port)).then_some(Handler::Tcp(port))
}
