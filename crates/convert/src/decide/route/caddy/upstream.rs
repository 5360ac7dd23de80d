//! `reverse_proxy` and its options: the port of the service that it leads to, and what happens on the way there.

use smol_str::SmolStr;
use windlass_yaml::Path;

use super::directive::header;
use super::labels::Directive;
use super::matcher::{Condition, Within};
use super::{Filter, Reader, Sketch, What, heeded, no_counterpart};

impl Reader<'_> {
    /// Adds a route to the service for the requests `within`, through what is `on_the_way`.
    pub(super) fn reverse_proxy(
        &mut self,
        directive: &Directive,
        condition: &Condition,
        arguments: &[SmolStr],
        within: Within,
        mut on_the_way: Vec<(Within, Filter)>,
    ) {
        let to = directive.option("to");
        let upstreams = arguments.iter().chain(to.iter().flat_map(|to| &to.arguments));
        let mut found = Err("it says no upstream".to_owned());
        for upstream in upstreams {
            found = found.or_else(|_| self.upstream(upstream));
        }
        let (port, scheme) = match found {
            Ok(found) => found,
            Err(reason) => return self.lost(directive, false, reason),
        };
        let own = |at: &Option<(usize, Path)>| at.iter().filter(|(service, _)| *service == self.index).map(|(_, at)| at.clone()).collect();
        let mut at: Vec<Path> = own(&directive.at);
        at.extend(condition.at.iter().filter(|(service, _)| *service == self.index).map(|(_, at)| at.clone()));
        at.extend(to.iter().flat_map(|to| own(&to.at)));
        let mut add = |what: What, at: Vec<(usize, Path)>| on_the_way.push((within.clone(), Filter { what, at }));
        let transport_is_tls =
            directive.option("transport").is_some_and(|transport| transport.block.iter().any(|inner| inner.name.starts_with("tls")));
        if scheme == "https" || transport_is_tls {
            add(What::Upstream("HTTPS"), directive.at.iter().cloned().collect());
        } else if scheme == "h2c" {
            add(What::Upstream("GRPC"), directive.at.iter().cloned().collect());
        }
        for option in &directive.block {
            let labels = option.labels();
            let own: Vec<Path> = labels.iter().filter(|(service, _)| *service == self.index).map(|(_, at)| at.clone()).collect();
            match option.name.as_str() {
                "to" => {}
                "transport" if transport_is_tls => {
                    add(What::Upstream("HTTPS"), labels);
                    self.asked.middlewares.extend(own);
                }
                "transport" => self.asked.heeded.extend(own.into_iter().map(|at| (at, "what controllers speak anyway"))),
                "header_up" | "header_down" => {
                    let is_forwarded = option.arguments.last().is_some_and(|value| value.contains('{'));
                    if option.name == "header_up" && is_forwarded {
                        self.asked.heeded.extend(own.into_iter().map(|at| (at, "controllers pass host and client on anyway")));
                        continue;
                    }
                    let header = option.arguments.split_first().ok_or_else(String::new).and_then(|(field, values)| header(field, values));
                    let what = match header {
                        Ok(header) if option.name == "header_up" => What::RequestHeaders(vec![header]),
                        Ok(header) => What::ResponseHeaders(vec![header]),
                        Err(reason) => What::Nothing(reason),
                    };
                    add(what, labels);
                    self.asked.middlewares.extend(own);
                }
                name if name.starts_with("health_") || name.starts_with("lb_") || name.starts_with("fail_") => {
                    self.asked.heeded.extend(own.into_iter().map(|at| (at, heeded(name))));
                }
                name => self.asked.unusable.extend(own.into_iter().map(|at| (at, no_counterpart(name)))),
            }
        }
        // What is for a part of these requests alone gives them a route of their own.
        let mut parts = vec![within.clone()];
        for (part, _) in &on_the_way {
            if *part != within && within.covers(part) && !parts.contains(part) {
                parts.push(part.clone());
            }
        }
        for part in parts {
            let filters = on_the_way.iter().filter(|(place, _)| place.covers(&part)).cloned().collect();
            self.sketches.push(Sketch { within: part, port: Some(port), filters, at: at.clone() });
        }
    }

    /// The port of the service that an upstream leads to, and the scheme that it names.
    fn upstream(&self, text: &str) -> Result<(u16, &'static str), String> {
        let (outer, rest) = text.split_once("://").filter(|(scheme, _)| !scheme.contains("{{")).unwrap_or(("", text));
        let scheme = |word: &str| match word {
            "https" => Some("https"),
            "h2c" => Some("h2c"),
            "http" => Some("http"),
            _ => None,
        };
        let (named, port) = match rest.split_once("{{").and_then(|(_, rest)| rest.split_once("}}")) {
            Some((inner, _)) if inner.split_whitespace().next() == Some("upstreams") => {
                (inner.split_whitespace().find_map(scheme), inner.split_whitespace().find_map(|word| word.parse::<u16>().ok()))
            }
            Some(_) => return Err("its upstream is a template, which Docker alone fills in".to_owned()),
            None => {
                let (host, port) = rest.split_once(':').unwrap_or((rest, ""));
                if !self.is_own_name(host) {
                    return Err(format!("it leads to `{host}`; labels of that service give it routes"));
                }
                (None, port.parse().ok())
            }
        };
        let scheme = scheme(outer).or(named).unwrap_or("http");
        let port = port.filter(|port| *port > 0).unwrap_or(if scheme == "https" { 443 } else { 80 });
        Ok((port, scheme))
    }

    fn is_own_name(&self, host: &str) -> bool {
        let networks = || self.service.networks.iter().filter_map(|network| network.value.as_ref());
        self.service.name.as_str() == host
            || self.service.container_name.as_ref().is_some_and(|name| name.as_str() == host)
            || self.service.hostname.as_ref().is_some_and(|name| name.as_str() == host)
            || networks().flat_map(|network| &network.aliases).any(|alias| alias.as_str() == host)
    }
}
