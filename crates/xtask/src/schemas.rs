//! `cargo xtask schemas`: the table of API types that `windlass validate` reads, from the OpenAPI document of each Kubernetes version
//! (`api/openapi-spec/swagger.json` of the Go module `k8s.io/kubernetes`, Apache-2.0). Needs `go` and a module proxy; the table is
//! committed. Its form is described in `crates/k8s/src/schema/table.rs`.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::fs;
use std::path::Path;
use std::process::Command;

use anyhow::{Context as _, bail};
use serde_json::Value;

/// One patch release for each minor version, oldest first; the masks of the table have a bit for each.
const VERSIONS: [&str; 5] = ["v1.33.13", "v1.34.4", "v1.35.4", "v1.36.3", "v1.37.2"];
const TABLE: &str = "crates/k8s/src/schema/kubernetes.txt";
const ALL: u8 = (1 << VERSIONS.len()) - 1;

/// A field of a type: `s`, `[]core.v1.Container`, `{}q`; with `!` where the document says `required`.
type FieldKey = (String, String);

#[derive(Default)]
struct Table {
    /// Group and version, kind → what stands behind it, with its versions.
    kinds: BTreeMap<(String, String), BTreeMap<String, u8>>,
    types: BTreeMap<String, BTreeMap<FieldKey, u8>>,
    /// In which versions a type exists.
    exists: BTreeMap<String, u8>,
}

pub(crate) fn run() -> anyhow::Result<()> {
    let mut table = Table::default();
    for (bit, version) in VERSIONS.iter().enumerate() {
        let document = document(version)?;
        table.add(&document, 1 << bit).with_context(|| format!("the document of {version}"))?;
    }
    let path = windlass_testkit::workspace().join(TABLE);
    fs::write(&path, table.text())?;
    println!("wrote {TABLE}: {} kinds, {} types", table.kinds.len(), table.types.len());
    Ok(())
}

/// The document of an API version.
pub(crate) fn document(version: &str) -> anyhow::Result<Value> {
    let module = format!("k8s.io/kubernetes@{version}");
    let output = Command::new("go").args(["mod", "download", "-json", &module]).current_dir(std::env::temp_dir()).output()?;
    if !output.status.success() {
        bail!("`go mod download {module}`: {}", String::from_utf8_lossy(&output.stderr));
    }
    let answer: Value = serde_json::from_slice(&output.stdout)?;
    let directory = answer["Dir"].as_str().context("the module has no directory")?;
    let text = fs::read(Path::new(directory).join("api/openapi-spec/swagger.json"))?;
    Ok(serde_json::from_slice(&text)?)
}

impl Table {
    fn add(&mut self, document: &Value, bit: u8) -> anyhow::Result<()> {
        let definitions = document["definitions"].as_object().context("no definitions")?;
        let by_kind = kinds(definitions);
        let mut wanted = BTreeSet::new();
        for (path, item) in document["paths"].as_object().context("no paths")? {
            let post = &item["post"];
            // Subresources and proxies stand below an object.
            if post["x-kubernetes-action"] != "post" || path.contains("{name}") {
                continue;
            }
            let (api, kind) = group_version_kind(&post["x-kubernetes-group-version-kind"]);
            let definition = by_kind.get(&(api.clone(), kind.clone())).with_context(|| format!("no definition of {api} {kind}"))?;
            let plural = path.rsplit('/').next().unwrap_or_default();
            let scope = if path.contains("{namespace}") { "namespaced" } else { "cluster" };
            let line = format!("{} {plural} {scope}", short(definition));
            *self.kinds.entry((api, kind)).or_default().entry(line).or_default() |= bit;
            collect(definition, definitions, &mut wanted);
        }
        for name in wanted {
            let definition = &definitions[name];
            let required: BTreeSet<&str> = definition["required"].as_array().into_iter().flatten().filter_map(Value::as_str).collect();
            let fields = self.types.entry(short(name).to_owned()).or_default();
            for (field, schema) in definition["properties"].as_object().into_iter().flatten() {
                let mark = if required.contains(field.as_str()) { "!" } else { "" };
                *fields.entry((field.clone(), format!("{}{mark}", notation(schema)?))).or_default() |= bit;
            }
            *self.exists.entry(short(name).to_owned()).or_default() |= bit;
        }
        Ok(())
    }

    fn text(&self) -> String {
        let mut text = format!(
            "# The API of Kubernetes {}, made by `cargo xtask schemas` from api/openapi-spec/swagger.json of the Go module\n\
             # k8s.io/kubernetes (Apache-2.0). Bit n of a mask (`@`, hexadecimal) stands for the n-th version; no mask: all of them.\n",
            VERSIONS.join(" ")
        );
        for ((api, kind), lines) in &self.kinds {
            for (line, mask) in lines {
                let _ = writeln!(text, "K {api} {kind} {line}{}", suffix(*mask, ALL));
            }
        }
        for (name, fields) in &self.types {
            let _ = write!(text, "T {name}");
            for ((field, notation), mask) in fields {
                let _ = write!(text, " {field}:{notation}{}", suffix(*mask, self.exists[name]));
            }
            text.push('\n');
        }
        text
    }
}

fn suffix(mask: u8, all: u8) -> String {
    if mask == all { String::new() } else { format!("@{mask:x}") }
}

/// Group and version, kind → the definition's name.
fn kinds(definitions: &serde_json::Map<String, Value>) -> BTreeMap<(String, String), String> {
    let mut kinds = BTreeMap::new();
    for (name, definition) in definitions {
        for gvk in definition["x-kubernetes-group-version-kind"].as_array().into_iter().flatten() {
            kinds.insert(group_version_kind(gvk), name.clone());
        }
    }
    kinds
}

fn group_version_kind(value: &Value) -> (String, String) {
    let text = |key: &str| value[key].as_str().unwrap_or_default().to_owned();
    let (group, version) = (text("group"), text("version"));
    (if group.is_empty() { version } else { format!("{group}/{version}") }, text("kind"))
}

/// `io.k8s.api.core.v1.Container` as `core.v1.Container`.
fn short(name: &str) -> &str {
    let mut dots = name.rmatch_indices('.').map(|(at, _)| at);
    dots.nth(2).map_or(name, |at| &name[at + 1..])
}

/// The definitions that `name` is made of, itself included.
fn collect<'a>(name: &str, definitions: &'a serde_json::Map<String, Value>, found: &mut BTreeSet<&'a str>) {
    let Some((name, definition)) = definitions.get_key_value(name) else { return };
    if scalar(name).is_some() || !found.insert(name) {
        return;
    }
    for schema in definition["properties"].as_object().into_iter().flat_map(serde_json::Map::values) {
        let mut schema = schema;
        loop {
            if let Some(reference) = schema["$ref"].as_str() {
                collect(reference.rsplit('/').next().unwrap_or_default(), definitions, found);
            }
            match ["items", "additionalProperties"].iter().map(|key| &schema[key]).find(|inner| inner.is_object()) {
                Some(inner) => schema = inner,
                None => break,
            }
        }
    }
}

/// Definitions that have a reader of their own.
fn scalar(name: &str) -> Option<&'static str> {
    Some(match short(name) {
        "api.resource.Quantity" => "q",
        "meta.v1.Time" => "t",
        "meta.v1.MicroTime" => "u",
        "util.intstr.IntOrString" => "n",
        "meta.v1.FieldsV1" | "pkg.runtime.RawExtension" => "*",
        "apiextensions.v1.JSON"
        | "apiextensions.v1.JSONSchemaPropsOrArray"
        | "apiextensions.v1.JSONSchemaPropsOrBool"
        | "apiextensions.v1.JSONSchemaPropsOrStringArray" => "*",
        _ => return None,
    })
}

fn notation(schema: &Value) -> anyhow::Result<String> {
    if let Some(reference) = schema["$ref"].as_str() {
        let name = reference.rsplit('/').next().unwrap_or_default();
        return Ok(scalar(name).unwrap_or_else(|| short(name)).to_owned());
    }
    Ok(match (schema["type"].as_str(), schema["format"].as_str()) {
        (Some("string"), Some("byte")) => "y".into(),
        (Some("string"), None) => "s".into(),
        (Some("boolean"), _) => "b".into(),
        (Some("integer"), Some("int32")) => "i".into(),
        (Some("integer"), _) => "l".into(),
        (Some("number"), _) => "d".into(),
        (Some("array"), _) => format!("[]{}", notation(&schema["items"])?),
        (Some("object"), _) if schema["additionalProperties"].is_object() => {
            format!("{{}}{}", notation(&schema["additionalProperties"])?)
        }
        (Some("object") | None, _) => "*".into(),
        other => bail!("a schema of a form that the table does not know: {other:?}"),
    })
}
