//! What init containers wait for: `nc -z HOST PORT` and `nslookup HOST` name Services, `kubectl wait job/NAME` names a Job.

use k8s_openapi::api::core::v1::Container;

use super::network::check_service_port;
use super::{Context, Place, pod};
use crate::kind::Kind;
use crate::object::Object;
use crate::resource::Resource;

pub(super) fn check(object: &Object, context: &mut Context<'_>) {
    let (Some(spec), Some(path)) = (object.resource.pod_spec(), Resource::pod_spec_path(object.kind())) else { return };
    for (container, path) in pod::containers(spec, &Place::at(path)).take(spec.init_containers.iter().flatten().count()) {
        check_container(container, &path, context);
    }
}

fn check_container(container: &Container, path: &Place, context: &mut Context<'_>) {
    let text = container.command.iter().flatten().chain(container.args.iter().flatten());
    let words: Vec<&str> = text
        .flat_map(|text| text.split(|character: char| character.is_whitespace() || matches!(character, ';' | '&' | '|' | '(' | ')')))
        .collect();
    let path = path.key("command");
    let mut at = 0;
    while at < words.len() {
        let rest = &words[at + 1..];
        match words[at] {
            "nc" if rest.contains(&"-z") => {
                let mut operands = operands(rest);
                if let (Some(host), Some(port)) = (operands.next(), operands.next())
                    && is_name(host)
                    && context.require(Kind::Service, host, || path.clone())
                    && let Ok(number) = port.parse::<i32>()
                {
                    check_service_port(host, port, |port| port.port == number, &path, context);
                }
            }
            "nslookup" => {
                if let Some(host) = operands(rest).next().filter(|host| is_name(host)) {
                    context.require(Kind::Service, host, || path.clone());
                }
            }
            "kubectl" if rest.contains(&"wait") => {
                for job in rest.iter().filter_map(|word| word.strip_prefix("job/")).filter(|name| is_name(name)) {
                    context.require(Kind::Job, job, || path.clone());
                }
            }
            _ => {}
        }
        at += 1;
    }
}

/// The words that are no options; `-w` has a value.
fn operands<'a>(words: &'a [&'a str]) -> impl Iterator<Item = &'a str> {
    let mut is_value = false;
    words.iter().copied().filter(move |word| {
        let take = !is_value && !word.starts_with('-') && !word.is_empty();
        is_value = !is_value && *word == "-w";
        take
    })
}

/// True for a plain name: neither a variable of the shell nor a name outside of the namespace.
fn is_name(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-')
}
