//! `ports`: what is published.

use smol_str::{SmolStr, SmolStrBuilder};
use windlass_source::Spanned;
use windlass_yaml::{Map, Node, Number, Value};

use crate::model::context::{self, Context, INVALID_VALUE};
use crate::model::long::{put, set_default};
use crate::model::read::text;
use crate::model::record::{record, words};
use crate::model::rule::{COUNT, INT_OR_TEXT, Kinds, Rule, TEXT};
use crate::model::slice::slice;
use crate::short;

record! {
    /// A published port of the container; ranges are expanded, save `published` of a single target.
    pub struct Port as PORT.requiring(&["target"]) {
        /// The port within the container.
        target: Spanned<u32> = COUNT,
        /// The port of the host or a range of them, `8080` or `8000-8002`; `None`: one of the engine's choice.
        published: Option<Spanned<SmolStr>> = INT_OR_TEXT,
        /// The address of the host; `None`: all.
        host_ip: Option<Spanned<SmolStr>> = TEXT,
        /// `tcp`, `udp` or `sctp`. Default: `tcp`.
        protocol: Option<Spanned<SmolStr>> = TEXT,
        /// What is spoken there, `http`.
        app_protocol: Option<Spanned<SmolStr>> = TEXT,
        /// How it is published in a Swarm. Default: `ingress`.
        mode: Option<Spanned<PortMode>> = TEXT,
        /// A name for people.
        name: Option<Spanned<SmolStr>> = TEXT,
    }
}

words! {
    /// How a port is published in a Swarm.
    pub enum PortMode {
        /// On every node, balanced.
        Ingress = "ingress",
        /// On the node where the container runs.
        Host = "host",
    } else Other
}

/// A list of numbers, texts and maps. A port that is published twice in the same way counts once.
pub(crate) const PORTS: Rule = {
    const ITEM: Rule = Rule::object(&PORT).or(Kinds::NUMBER).or(Kinds::TEXT).default(defaults);
    Rule::list(&ITEM).distinct().same_by(identity).long_form(long_form)
};

fn identity(item: &Node) -> Option<SmolStr> {
    let Value::Map(map) = &item.value else { return text(&item.value) };
    map.get("target")?;
    let mut identity = SmolStrBuilder::new();
    for (key, default) in [("host_ip", "0.0.0.0"), ("published", ""), ("target", ""), ("protocol", "tcp")] {
        match map.get(key).map(|node| &node.value) {
            None => identity.push_str(default),
            Some(Value::String(text)) => identity.push_str(text),
            // A number and a text are two things here, as for docker compose.
            Some(value) => {
                identity.push('#');
                identity.push_str(&text(value).unwrap_or_default());
            }
        }
        identity.push(':');
    }
    Some(identity.finish())
}

fn long_form(node: &mut Node, context: &mut Context<'_>) {
    let Value::Sequence(items) = &mut node.value else { return };
    if items.iter().all(|item| item.as_map().is_some()) {
        return;
    }
    // docker compose leaves all as they are when it can't read one.
    let is_unread = |item: &Node| text(&item.value).is_some_and(|text| short::port::parse(&text).is_err());
    if context.is_lenient() && items.iter().any(is_unread) {
        return;
    }
    let mut long = Vec::with_capacity(items.len());
    for (index, item) in std::mem::take(items).into_iter().enumerate() {
        context.within_item(index, |context| expand(item, &mut long, context));
    }
    *items = long;
}

/// Appends what a text or number publishes.
fn expand(item: Node, long: &mut Vec<Node>, context: &mut Context<'_>) {
    let text = match &item.value {
        Value::String(text) => text.clone(),
        Value::Number(Number::Int(_)) => match text(&item.value) {
            Some(text) => text,
            None => return,
        },
        Value::Number(_) => return context.unreadable(&item, "a port, `HOST:CONTAINER` or a map"),
        _ => return long.push(item),
    };
    let spec = match short::port::parse(&text) {
        Ok(spec) => spec,
        Err(error) => {
            let origin = slice(&item, error.range.clone());
            return context.error(INVALID_VALUE, &origin, &format!("is no port: {error}"));
        }
    };
    if *spec.target.value.start() == 0 {
        let origin = slice(&item, spec.target.range.clone());
        return context.error(INVALID_VALUE, &origin, "has no port 0 to publish");
    }
    if !context.spend(spec.count() * context::PORT) {
        return context.error(INVALID_VALUE, &item.origin, "publishes too many ports");
    }
    for port in spec.ports() {
        let mut map = Map::with_capacity(5);
        put(&mut map, "mode", Node::default_value("ingress"));
        if let Some(host_ip) = &spec.host_ip {
            put(&mut map, "host_ip", Node::new(host_ip.value, slice(&item, host_ip.range.clone())));
        }
        put(&mut map, "target", Node::new(i64::from(port.target), slice(&item, spec.target.range.clone())));
        if let (Some(number), Some(published)) = (port.published, &spec.published) {
            put(&mut map, "published", Node::new(number, slice(&item, published.range.clone())));
        }
        let protocol = match &spec.protocol_range {
            Some(range) => Node::new(spec.protocol.as_str(), slice(&item, range.clone())),
            None => Node::default_value(spec.protocol.as_str()),
        };
        put(&mut map, "protocol", protocol);
        long.push(Node::new(map, item.origin.clone()));
    }
}

fn defaults(node: &mut Node, _: &mut Context<'_>) {
    set_default(node, "protocol", "tcp");
    set_default(node, "mode", "ingress");
}

#[cfg(test)]
mod tests {
    use crate::model::case::web;

    #[test]
    fn ports_have_three_forms() {
        let cases: &[(&[&str], &str)] = &[
            (&["ports: ['8080:80']"], r#"{ports: [{mode: "ingress", target: 80, published: "8080", protocol: "tcp"}]}"#),
            (&["ports: ['127.0.0.1::53/udp']"], r#"{ports: [{mode: "ingress", host_ip: "127.0.0.1", target: 53, protocol: "udp"}]}"#),
            (&["ports: [80]"], r#"{ports: [{mode: "ingress", target: 80, protocol: "tcp"}]}"#),
            (
                &["ports: [{ target: '80', published: 8080 }]"],
                r#"{ports: [{target: 80, published: 8080, protocol: "tcp", mode: "ingress"}]}"#,
            ),
            (
                &["ports: ['80:http']"],
                "`ports[0]` of service `web` is no port: container port `http` is not a number from 0 to 65535 @ http",
            ),
            (&["ports: ['80:0']"], "`ports[0]` of service `web` has no port 0 to publish @ 0"),
            (&["ports: [{ published: 80 }]"], "`ports[0]` of service `web` needs `target` @ { published: 80 }"),
            (&["ports: 80"], "`ports` of service `web` must be a list @ 80"),
        ];
        for (files, expected) in cases {
            assert_eq!(web(files), *expected, "{files:?}");
        }
    }

    #[test]
    fn a_later_file_adds_ports_and_replaces_equal_ones() {
        assert_eq!(
            web(&["ports: ['80:80', '81:81']", "ports: ['82:82', { target: 80, published: '80', name: front }]"]),
            r#"{ports: [{target: 80, published: "80", name: "front", protocol: "tcp", mode: "ingress"}, {mode: "ingress", target: 81, published: "81", protocol: "tcp"}, {mode: "ingress", target: 82, published: "82", protocol: "tcp"}]}"#
        );
    }
}
