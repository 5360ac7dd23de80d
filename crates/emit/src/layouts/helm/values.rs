//! The values of a chart: each with its place, what it is now, a comment, and its schema. Out: `values.yaml`, `values.secret.yaml`,
//! `values.schema.json`, and the expressions that templates ask for them by.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};
use windlass_yaml::{Path, Remark, Style, Writer};

/// One value.
#[derive(Clone, Debug)]
pub(super) struct Setting {
    /// Keys from the root: `services`, `web`, `replicas`.
    pub(super) path: Vec<String>,
    pub(super) value: Value,
    /// What a person has to know, on one line; empty when the name says it.
    pub(super) about: String,
    /// Its JSON Schema.
    pub(super) schema: Value,
    /// Stands in `values.secret.yaml`.
    pub(super) is_secret: bool,
}

/// All values, in the order in which they are shown.
#[derive(Clone, Debug, Default)]
pub(super) struct Values {
    settings: Vec<Setting>,
}

/// Comments on groups of values.
const GROUPS: [(&str, &str); 4] = [
    ("shared", "Variables of the compose files that several services or none in particular use."),
    ("services", "What concerns one service."),
    ("volumes", "Claims by volume."),
    ("secrets", "Values of Secrets; values.secret.yaml has them."),
];

impl Values {
    pub(super) fn add(&mut self, setting: Setting) {
        self.settings.push(setting);
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = &Setting> {
        self.settings.iter()
    }

    /// Groups as they are listed above; in each, as they were added.
    pub(super) fn sort(&mut self) {
        let rank = |setting: &Setting| GROUPS.iter().position(|(name, _)| *name == setting.path[0]);
        self.settings
            .sort_by_key(|setting| (rank(setting), if setting.path[0] == "services" { setting.path[1].clone() } else { String::new() }));
    }

    /// `values.yaml`: everything but what is secret, and the maps that hold that.
    pub(super) fn plain(&self, head: &str) -> String {
        self.text(head, false)
    }

    /// `values.secret.yaml`; `None` when nothing is secret.
    pub(super) fn secret(&self, head: &str) -> Option<String> {
        self.settings.iter().any(|setting| setting.is_secret).then(|| self.text(head, true))
    }

    fn text(&self, head: &str, secret: bool) -> String {
        let mut tree = Value::Object(Map::new());
        let mut remarks: BTreeMap<String, String> = BTreeMap::new();
        let path = |keys: &[String]| keys.iter().fold(Path::root(), |path, key| path.key(key.as_str()));
        for setting in &self.settings {
            let Some((last, parents)) = setting.path.split_last() else { continue };
            if secret && !setting.is_secret {
                continue;
            }
            let mut node = &mut tree;
            for key in parents {
                node = &mut node[key.as_str()];
                if node.is_null() {
                    *node = Value::Object(Map::new());
                }
            }
            if setting.is_secret == secret {
                node[last.as_str()] = setting.value.clone();
                remarks.insert(path(&setting.path).to_string(), setting.about.clone());
            }
        }
        if !secret {
            for (group, about) in GROUPS {
                remarks.insert(Path::root().key(group).to_string(), about.to_owned());
            }
        }
        let remark = |path: &Path| remarks.get(&path.to_string()).filter(|text| !text.is_empty()).map(|text| Remark::Above(text.clone()));
        let mut writer = Writer::with_remarks(Style::Kubernetes, &remark);
        writer.value(&tree).expect("the keys of values are texts");
        format!("{head}{}", writer.finish())
    }

    /// `values.schema.json`. What is not known is refused, so that a misspelt value is no silent default.
    pub(super) fn schema(&self, title: &str) -> String {
        let mut schema = json!({ "$schema": "http://json-schema.org/draft-07/schema#", "title": title });
        merge_object(&mut schema);
        // Helm passes these to every chart that is a part of another.
        schema["properties"]["global"] = json!({ "type": "object" });
        for setting in &self.settings {
            let mut node = &mut schema;
            for (depth, key) in setting.path.iter().enumerate() {
                let property = &mut node["properties"][key.as_str()];
                if depth + 1 == setting.path.len() {
                    *property = setting.schema.clone();
                    if !setting.about.is_empty() {
                        property["description"] = setting.about.as_str().into();
                    }
                } else if property.is_null() {
                    *property = json!({});
                    merge_object(property);
                }
                node = &mut node["properties"][key.as_str()];
            }
        }
        let mut text = serde_json::to_string_pretty(&schema).expect("the keys of a schema are texts");
        text.push('\n');
        text
    }
}

fn merge_object(schema: &mut Value) {
    schema["type"] = "object".into();
    schema["additionalProperties"] = false.into();
    schema["properties"] = json!({});
}

/// How a template asks for a value: `.Values.services.web.replicas`, with `index` for keys that are no names of Go's.
pub(super) fn expression(path: &[String]) -> String {
    let is_name = |key: &String| {
        key.chars().all(|letter| letter.is_ascii_alphanumeric() || letter == '_')
            && !key.starts_with(|letter: char| letter.is_ascii_digit())
    };
    let mut text = ".Values".to_owned();
    for key in path {
        if is_name(key) && !key.is_empty() {
            text.push('.');
            text.push_str(key);
        } else {
            text = format!("(index {text} {})", quoted(key));
        }
    }
    text
}

/// A text as Go and JSON write it.
pub(super) fn quoted(text: &str) -> String {
    serde_json::to_string(text).expect("a text is JSON")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_that_are_no_names_are_looked_up() {
        let path = |keys: &[&str]| keys.iter().map(|key| (*key).to_owned()).collect::<Vec<_>>();
        assert_eq!(expression(&path(&["services", "web", "replicas"])), ".Values.services.web.replicas");
        assert_eq!(expression(&path(&["services", "my-app", "variables", "TAG"])), r#"(index .Values.services "my-app").variables.TAG"#);
    }
}
