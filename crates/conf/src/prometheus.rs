//! prometheus.yml: what is scraped, and what is done with it.

use windlass_source::{FileId, Span};
use windlass_yaml::{Budget, Node};

use crate::syntax::{Parsed, Word};
use crate::yaml;

/// A Prometheus configuration.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Prometheus {
    /// The first key; `None` for an empty file.
    pub start: Option<Span>,
    /// The key `scrape_configs`.
    pub scrapes_key: Option<Span>,
    /// In the order of the text.
    pub scrapes: Vec<Scrape>,
    /// Patterns of `rule_files`.
    pub rule_files: Vec<Word>,
    /// The key `rule_files`.
    pub rule_files_key: Option<Span>,
    /// The key `alerting`, where at least one Alertmanager has an address or is looked for.
    pub alerting: Option<Span>,
    /// Files named by `scrape_config_files`, which hold more scrapes.
    pub scrape_files: Vec<Word>,
}

/// An entry of `scrape_configs`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Scrape {
    /// Its `job_name`.
    pub name: Option<Word>,
    /// The addresses of `static_configs`.
    pub targets: Vec<Word>,
    /// Keys by which it finds targets (`dns_sd_configs` …).
    pub discovery: Vec<Word>,
    /// The value of `metrics_path`; Prometheus's default is `/metrics`.
    pub path: Option<Word>,
}

/// Reads a text.
pub fn parse(file: FileId, text: &str) -> Parsed<Prometheus> {
    let parsed = windlass_yaml::parse(file, text, &Budget::default());
    let value = parsed.documents.first().map(|document| read(&document.root)).unwrap_or_default();
    Parsed { value, diagnostics: parsed.diagnostics }
}

/// Reads a tree.
pub fn read(root: &Node) -> Prometheus {
    let key = |name: &str| root.as_map().and_then(|map| map.get_entry(name)).and_then(|(key, _)| key.span);
    let managers = root.get("alerting").and_then(|alerting| alerting.get("alertmanagers")).map_or(&[][..], yaml::items);
    Prometheus {
        start: root.as_map().and_then(|map| map.keys().next()).and_then(|key| key.span),
        scrapes_key: key("scrape_configs"),
        scrapes: root.get("scrape_configs").map_or(&[][..], yaml::items).iter().map(scrape).collect(),
        rule_files: root.get("rule_files").map(yaml::words).unwrap_or_default(),
        rule_files_key: key("rule_files"),
        alerting: if managers.iter().any(has_targets) { key("alerting") } else { None },
        scrape_files: root.get("scrape_config_files").map(yaml::words).unwrap_or_default(),
    }
}

/// True for a configuration of targets that has any, or looks for some.
fn has_targets(node: &Node) -> bool {
    let Scrape { targets, discovery, .. } = scrape(node);
    !targets.is_empty() || !discovery.is_empty()
}

fn scrape(node: &Node) -> Scrape {
    let static_configs = node.get("static_configs").map_or(&[][..], yaml::items);
    let discovers = |(key, value): (&windlass_yaml::Key, &Node)| {
        (key.as_str().ends_with("_sd_configs") && !yaml::items(value).is_empty()).then(|| yaml::key_word(key)).flatten()
    };
    Scrape {
        name: node.get("job_name").and_then(yaml::word),
        targets: static_configs.iter().filter_map(|config| config.get("targets")).flat_map(yaml::words).collect(),
        discovery: node.as_map().into_iter().flat_map(|map| map.iter()).filter_map(discovers).collect(),
        path: node.get("metrics_path").and_then(yaml::word),
    }
}

#[cfg(test)]
mod tests {
    use windlass_source::SourceMap;

    use super::*;

    #[test]
    fn scrapes_rules_and_alertmanagers_are_read() {
        let text = "
global: { scrape_interval: 15s }
rule_files: [rules/*.yml]
alerting: { alertmanagers: [{ static_configs: [{ targets: ['alertmanager:9093'] }] }] }
scrape_configs:
  - job_name: self
    static_configs: [{ targets: ['localhost:9090'] }, { targets: [app:80, 'b:1'] }]
  - job_name: found
    metrics_path: /m
    dns_sd_configs: [{ names: [tasks.app] }]
    file_sd_configs: []
";
        let Parsed { value, diagnostics } = parse(SourceMap::new().add("prometheus.yml", text), text);
        assert_eq!(diagnostics, []);
        let texts = |words: &[Word]| words.iter().map(|word| word.text.to_string()).collect::<Vec<_>>();
        assert_eq!(texts(&value.rule_files), ["rules/*.yml"]);
        assert!(value.alerting.is_some());
        assert_eq!(texts(&value.scrapes[0].targets), ["localhost:9090", "app:80", "b:1"]);
        assert_eq!(texts(&value.scrapes[1].discovery), ["dns_sd_configs"]);
        assert_eq!(value.scrapes[1].path.as_ref().map(Word::as_str), Some("/m"));
    }

    #[test]
    fn what_has_another_shape_is_nothing() {
        for text in [
            "",
            "[]",
            "a",
            "scrape_configs: 1",
            "scrape_configs: [1, {static_configs: {targets: [[a]]}}]",
            "alerting: {alertmanagers: [{static_configs: [{targets: []}]}]}",
        ] {
            let value = parse(SourceMap::new().add("prometheus.yml", text), text).value;
            assert!(value.scrapes.iter().all(|scrape| scrape.targets.is_empty()) && value.alerting.is_none(), "{text}");
        }
    }
}
