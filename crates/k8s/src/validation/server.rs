//! What a cluster said of objects: its answers in, problems at the places of the manifests out. How a cluster is asked is not here.

use windlass_source::{SourceMap, Span};
use windlass_yaml::{Budget, Node, parse};

use super::{Resource, Validation};
use crate::validity::{Problem, Rule, Status};
use crate::view::Fields as _;

const REFUSED: Rule = Rule(315);
const WARNED: Rule = Rule(316);

/// What a cluster said of one object.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Answer {
    /// It would take the object.
    Accepted {
        /// What it warned of.
        warnings: Vec<String>,
    },
    /// It would not.
    Refused {
        /// Field and message, the field empty where none is named.
        causes: Vec<(String, String)>,
    },
    /// It could not say: the object needs what is not there yet, or this user may not ask. The reason.
    Undecided(String),
}

impl Answer {
    /// Reads an HTTP status and its body, a `Status` where it is no 2xx.
    ///
    /// `comes_with` says whether the input has an object of a name, so that it may only not be there yet.
    pub fn read(status: u16, body: &str, warnings: Vec<String>, comes_with: impl Fn(&str) -> bool) -> Self {
        if (200..300).contains(&status) {
            return Self::Accepted { warnings: warnings.into_iter().filter(|warning| !warning.is_empty()).collect() };
        }
        let file = SourceMap::new().add("answer", "");
        let root = parse(file, body, &Budget::default()).documents.into_iter().next().map(|document| document.root);
        let message = match root.as_ref().and_then(|root| root.text("message")).unwrap_or(body).trim() {
            "" => format!("the server answered {status}"),
            message => message.to_owned(),
        };
        // The server's own troubles, and what authorisation (not admission) says.
        if status == 401 || status >= 500 || status == 429 || (status == 403 && message.contains("is forbidden: User \"")) {
            return Self::Undecided(message);
        }
        if matches!(status, 403 | 404) && missing(&message).is_some_and(comes_with) {
            return Self::Undecided(message);
        }
        let causes = root.iter().flat_map(|root| root.at(&["details", "causes"]).and_then(Node::as_sequence).unwrap_or_default());
        let causes: Vec<_> = causes
            .filter_map(|cause| Some((cause.text("field").unwrap_or_default().to_owned(), cause.text("message")?.to_owned())))
            .map(|(field, message)| match field.as_str() {
                "" | "<nil>" => (String::new(), message),
                _ => (field.clone(), format!("{field}: {message}")),
            })
            .collect();
        Self::Refused { causes: if causes.is_empty() { decoding(&message) } else { causes } }
    }
}

/// The name of what the server did not find: `namespaces "shop" not found`, `no PriorityClass with name high was found`.
fn missing(message: &str) -> Option<&str> {
    let quoted = |rest: &'static str| message.strip_suffix(rest)?.strip_suffix('"')?.rsplit('"').next();
    let named = || message.strip_suffix(" was found")?.rsplit(' ').next();
    quoted(" not found").or_else(named).map(|name| name.rsplit('/').next().unwrap_or(name))
}

/// The errors of a message that no cause takes apart; decoding names fields in words.
fn decoding(message: &str) -> Vec<(String, String)> {
    let Some((_, errors)) = message.split_once("strict decoding error: ") else {
        let field = message.split_once("Go struct field ").and_then(|(_, rest)| rest.split(' ').next()?.split_once('.'));
        return vec![(field.map_or("", |(_, path)| path).to_owned(), message.to_owned())];
    };
    let each = errors.split(", ").filter_map(|error| {
        let field = error.strip_prefix("unknown field \"").or_else(|| error.strip_prefix("duplicate field \""))?.strip_suffix('"')?;
        Some((field.to_owned(), format!("strict decoding error: {error}")))
    });
    let each: Vec<_> = each.collect();
    if each.len() == errors.split(", ").count() { each } else { vec![(String::new(), message.to_owned())] }
}

/// Adds what a cluster said to the verdicts: `answers` stand in the order of the objects. What is known already is not said twice.
pub fn answered(validation: &mut Validation, answers: &[Answer]) {
    for (resource, answer) in validation.resources.iter_mut().zip(answers) {
        match answer {
            Answer::Accepted { warnings } => {
                // A kind that only the cluster knows.
                if resource.status == Status::Skipped {
                    resource.status = Status::Valid;
                }
                for message in warnings {
                    let path = message.split_once(": ").map_or("", |(path, _)| path);
                    let path = if path.contains(' ') { "" } else { path };
                    add(resource, WARNED, path, message);
                }
            }
            Answer::Refused { causes } => {
                resource.status = Status::Invalid;
                for (path, message) in causes {
                    add(resource, REFUSED, path, message);
                }
            }
            Answer::Undecided(_) => {}
        }
    }
}

fn add(resource: &mut Resource, rule: Rule, path: &str, message: &str) {
    let is_warning = rule == WARNED;
    // Decoding leaves indices out.
    let plain = |path: &str| path.split('[').map(|part| part.split_once(']').map_or(part, |(_, rest)| rest)).collect::<String>();
    let is_known = |known: &Problem| {
        known.is_warning == is_warning
            && (known.message == message || (!path.is_empty() && !is_warning && (known.path == path || plain(&known.path) == path)))
    };
    if resource.problems.iter().any(is_known) {
        return;
    }
    let span = place(&resource.manifest.root, path);
    resource.problems.push(Problem { rule, path: path.to_owned(), message: message.to_owned(), span, help: None, is_warning });
}

/// The place of a field as the server names it, `spec.ports[0].name` or `data[a.conf]`, or of the nearest one above it that is there.
fn place(root: &Node, path: &str) -> Option<Span> {
    let mut node = root;
    // A message on the whole object is shown at its name rather than at all of it.
    let mut span = root.at(&["metadata", "name"]).and_then(Node::span).or(root.span());
    let mut rest = path;
    while !rest.is_empty() {
        let (step, after) = match rest.strip_prefix('[') {
            Some(inner) => inner.split_once(']').unwrap_or((inner, "")),
            None => rest.split_at(rest.find(['.', '[']).unwrap_or(rest.len())),
        };
        rest = after.strip_prefix('.').unwrap_or(after);
        let next = match node.as_sequence() {
            Some(items) => step.parse::<usize>().ok().and_then(|at| items.get(at)),
            None => node.get(step),
        };
        let Some(next) = next else { break };
        let key = node.as_map().and_then(|map| map.get_entry(step)).and_then(|(key, _)| key.span);
        node = next;
        span = node.span().or(key).or(span);
    }
    span
}

#[cfg(test)]
mod tests {
    use crate::schema::Version;
    use crate::validation::{Input, validate};

    use super::*;

    const INPUT: &str = "
apiVersion: v1
kind: ConfigMap
metadata: { name: web }
data: { a.conf: one, b: two }
";

    fn validation(text: &str) -> (Input, Validation) {
        let mut input = Input::default();
        input.files.push(input.sources.add("all.yaml", text));
        let validation = validate(&input, &Input::default(), Version::DEFAULT);
        (input, validation)
    }

    fn said(text: &str, answer: Answer) -> (Status, Vec<String>) {
        let (input, mut validation) = validation(text);
        answered(&mut validation, &[answer]);
        let resource = &validation.resources[0];
        let source = input.sources.file(resource.file).text();
        let told = resource.problems.iter().map(|problem| {
            format!("{} {} at {}", problem.rule, problem.message, problem.span.map_or("nothing", |span| &source[span.range()]))
        });
        (resource.status, told.collect())
    }

    fn refusal(message: &str, causes: &str) -> String {
        format!(r#"{{"kind":"Status","message":{message:?},"details":{{"causes":[{causes}]}}}}"#)
    }

    #[test]
    fn causes_stand_at_the_fields_that_they_name() {
        let body = refusal(
            "x",
            r#"{"field":"data[a.conf]","message":"Invalid value: y"},{"field":"data.c","message":"Forbidden: z"},{"message":"all of it"}"#,
        );
        let answer = Answer::read(422, &body, Vec::new(), |_| false);
        let told = ["KV315 data[a.conf]: Invalid value: y at one", "KV315 data.c: Forbidden: z at { a.conf: one, b: two }"];
        assert_eq!(said(INPUT, answer), (Status::Invalid, [told[0], told[1], "KV315 all of it at web"].map(str::to_owned).to_vec()));
    }

    #[test]
    fn what_windlass_says_itself_is_not_said_twice() {
        let text = "{apiVersion: v1, kind: Service, metadata: {name: web}, spec: {ports: [{port: 70000}], prots: 1}}";
        let port = "spec.ports[0].port: Invalid value: 70000: must be between 1 and 65535, inclusive";
        let before = said(text, Answer::Undecided(String::new()));
        let cause = format!(r#"{{"field":"spec.ports[0].port","message":{:?}}}"#, port.split_once(": ").expect("words").1);
        assert_eq!(said(text, Answer::read(422, &refusal("x", &cause), Vec::new(), |_| false)), before);
        let strict =
            refusal("Service in version \"v1\" cannot be handled as a Service: strict decoding error: unknown field \"spec.prots\"", "");
        assert_eq!(said(text, Answer::read(400, &strict, Vec::new(), |_| false)), before);
        assert_eq!(before.1.len(), 2);
    }

    #[test]
    fn what_is_accepted_is_valid_and_its_warnings_are_told() {
        let foreign = "{apiVersion: example.com/v1, kind: Thing, metadata: {name: a}, spec: {b: 1}}";
        let accepted = Answer::read(201, "{}", vec!["spec.b: is old".into(), "the whole is old".into()], |_| false);
        let told = ["KV316 spec.b: is old at 1", "KV316 the whole is old at a"].map(str::to_owned).to_vec();
        assert_eq!(said(foreign, accepted), (Status::Valid, told));
    }

    #[test]
    fn what_is_not_there_yet_is_no_verdict() {
        let read = |status: u16, message: &str| Answer::read(status, &refusal(message, ""), Vec::new(), |name| name == "shop");
        for (status, message) in [
            (404, "namespaces \"shop\" not found"),
            (403, "pods \"p\" is forbidden: error looking up service account default/shop: serviceaccount \"shop\" not found"),
            (403, "pods \"p\" is forbidden: no PriorityClass with name shop was found"),
            (403, "pods is forbidden: User \"bob\" cannot create resource \"pods\" in API group \"\" in the namespace \"default\""),
            (500, "etcd is tired"),
        ] {
            assert_eq!(read(status, message), Answer::Undecided(message.to_owned()));
        }
        for (status, message) in [(404, "namespaces \"other\" not found"), (403, "pods \"p\" is forbidden: exceeded quota: q")] {
            assert_eq!(read(status, message), Answer::Refused { causes: vec![(String::new(), message.to_owned())] });
        }
    }
}
