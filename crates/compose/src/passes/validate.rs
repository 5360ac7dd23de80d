//! What the shape of a document can't say: values that exclude each other, and addresses that are none.
//!
//! Runs on a merged, canonical document with defaults, before paths are resolved.

use std::net::IpAddr;

use windlass_source::{Code, Diagnostic, Span};
use windlass_yaml::{Key, Map, Node};

use crate::loader::Loader;

const EXCLUSIVE: Code = Code("compose::mutually-exclusive");
const MISSING: Code = Code("compose::missing-attribute");
const INVALID_VALUE: Code = Code("compose::invalid-value");

/// Checks the document.
pub(crate) fn validate(loader: &mut Loader<'_>, tree: &Node) {
    let section = |name: &str| tree.get(name).and_then(Node::as_map);
    for (key, volume) in section("volumes").into_iter().flat_map(Map::iter) {
        if let Some(volume) = volume.as_map() {
            external(loader, "volume", key, volume);
        }
    }
    for (key, config) in section("configs").into_iter().flat_map(Map::iter) {
        file_object(loader, "config", key, config, &["file", "environment", "content"]);
    }
    for (key, secret) in section("secrets").into_iter().flat_map(Map::iter) {
        file_object(loader, "secret", key, secret, &["file", "environment"]);
    }
    for (key, service) in section("services").into_iter().flat_map(Map::iter) {
        if let Some(service) = service.as_map() {
            check_service(loader, key, service);
        }
    }
}

fn external(loader: &mut Loader<'_>, noun: &str, key: &Key, map: &Map) {
    if map.get("external").and_then(Node::as_bool) != Some(true) {
        return;
    }
    let external = map.get("external").and_then(Node::span);
    for (other, value) in map.iter() {
        let name = other.as_str();
        if !matches!(name, "name" | "external") && !name.starts_with("x-") {
            loader.report(
                Diagnostic::error(EXCLUSIVE, format!("{noun} `{}` is external, but has `{name}`", key.name()))
                    .at(other.span.or(value.span()))
                    .label(external, "external here")
                    .because("an external one is there already; Compose only refers to it")
                    .help(format!("remove `{name}`, or `external`")),
            );
        }
    }
}

/// A config or secret has its content from exactly one place.
fn file_object(loader: &mut Loader<'_>, noun: &str, key: &Key, node: &Node, sources: &[&str]) {
    let Some(map) = node.as_map() else { return };
    let found: Vec<(&Key, &Node)> = sources.iter().filter_map(|source| map.get_entry(source)).collect();
    let list = || sources.iter().map(|source| format!("`{source}`")).collect::<Vec<_>>().join(", ");
    match found.as_slice() {
        [] if !map.contains_key("driver") && !map.contains_key("external") => loader.report(
            Diagnostic::error(MISSING, format!("{noun} `{}` has no content", key.name()))
                .at(key.span.or(node.span()))
                .help(format!("give one of {}, or `external: true`", list())),
        ),
        [] | [_] => {}
        [_, second, ..] => {
            let mut diagnostic = Diagnostic::error(EXCLUSIVE, format!("{noun} `{}` has its content from two places", key.name()))
                .at(second.0.span.or(second.1.span()));
            for (other, value) in &found {
                if other.name() != second.0.name() {
                    diagnostic = diagnostic.label(other.span.or(value.span()), "and here");
                }
            }
            loader.report(diagnostic.help(format!("keep one of {}", list())));
        }
    }
}

fn check_service(loader: &mut Loader<'_>, key: &Key, service: &Map) {
    for port in service.get("ports").and_then(Node::as_sequence).unwrap_or_default() {
        if let Some(host) = port.get("host_ip")
            && let Some(text) = host.as_str()
            // Go's `net.ParseIP` takes no zone and no brackets, as Rust's parser does.
            && text.parse::<IpAddr>().is_err()
        {
            loader.report(
                Diagnostic::error(INVALID_VALUE, format!("`{text}` is no IP address"))
                    .at(place(host, port, key))
                    .help("write an address of this host, such as `127.0.0.1`, or leave it out"),
            );
        }
    }
    let watches = service.get("develop").and_then(|develop| develop.get("watch")).and_then(Node::as_sequence);
    for watch in watches.unwrap_or_default() {
        if let Some(path) = watch.get("path")
            && path.as_str() == Some("")
        {
            loader.report(
                Diagnostic::error(INVALID_VALUE, format!("`develop.watch` of service `{}` has an empty `path`", key.name()))
                    .at(place(path, watch, key)),
            );
        }
    }
    let reserved = service
        .get("deploy")
        .and_then(|deploy| deploy.get("resources"))
        .and_then(|resources| resources.get("reservations"))
        .and_then(|reservations| reservations.get("devices"));
    for devices in [reserved, service.get("gpus")].into_iter().flatten() {
        for device in devices.as_sequence().unwrap_or_default() {
            let Some(map) = device.as_map() else { continue };
            if let (Some((count, value)), Some((ids, _))) = (map.get_entry("count"), map.get_entry("device_ids")) {
                loader.report(
                    Diagnostic::error(EXCLUSIVE, format!("a device of service `{}` has both `count` and `device_ids`", key.name()))
                        .at(count.span.or(value.span()))
                        .label(ids.span, "and here")
                        .help("name the devices, or say how many"),
                );
            }
        }
    }
}

/// The place of a value; of what holds it when a default or a short form brought it.
fn place(value: &Node, holder: &Node, key: &Key) -> Option<Span> {
    value.span().or(holder.span()).or(key.span)
}
