//! A chart for helm: `helm install shop DIR -f DIR/values.secret.yaml`. In: the objects, the variables of the compose files, and a way to
//! convert again with other values of them. Out: templates that give the same objects, whose values are those variables, sizes and
//! images.
//!
//! 1. *variables*: which can be values, by trying.
//! 2. *values*: what is asked of whom, and where it stands.
//! 3. *contents*: for each object, which fields are templates.
//! 4. *files*.

mod asked;
mod contents;
mod objects;
mod template;
mod texts;
mod values;
mod variables;

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};
use smol_str::SmolStr;
use windlass_k8s::{Kind, ObjectRef, Objects, labels, name};

pub use variables::{Fixed, Form};

use self::contents::Contents;
use self::template::Piece;
use self::values::{Setting, Values, expression};
use self::variables::{Settled, Trees, settle, trees};
use crate::layouts::{Emitted, manifests};

/// Converts the project with other values of variables. `None` when it does not load.
pub type Convert<'a> = dyn Fn(&BTreeMap<String, String>) -> Option<Objects> + 'a;

/// A variable that the compose files ask for.
#[derive(Clone, Debug)]
pub struct Variable {
    /// Its name.
    pub name: SmolStr,
    /// Its value, where that is known: set, or the default that is written.
    pub value: Option<String>,
    /// Where it is asked for first: `compose.yaml:4`.
    pub place: String,
    /// The name of an image begins with it.
    pub names_image: bool,
}

/// What a chart is made of.
pub struct Chart<'a> {
    /// The project's name.
    pub project: &'a str,
    /// The compose files, for people.
    pub files: &'a [String],
    /// The objects, with their Secrets.
    pub objects: &'a Objects,
    /// What stands for the Secrets: ExternalSecrets or SealedSecrets, among all other objects.
    pub hidden: Option<&'a Objects>,
    /// Secret values are replaced by words that say what belongs there.
    pub placeholders: bool,
    /// The variables.
    pub variables: &'a [Variable],
    /// The image of the test that tries ports.
    pub test_image: &'a str,
    /// Converts again.
    pub convert: &'a Convert<'a>,
}

/// A chart, and what became of the variables.
#[derive(Debug, Default)]
pub struct Made {
    /// The files.
    pub emitted: Emitted,
    /// The chart's name, and that of a release whose objects have the names of the plain manifests.
    pub name: String,
    /// The variables that are values, with their keys from the root of the values.
    pub values: BTreeMap<SmolStr, Vec<String>>,
    /// Those of them that were found to be values for others of the same form: another tag, another port.
    pub formed: BTreeMap<SmolStr, Form>,
    /// The variables that stay fixed.
    pub fixed: Vec<Fixed>,
}

/// Makes a chart.
pub fn helm(chart: &Chart<'_>) -> Made {
    let base = trees(chart.objects);
    let mut settled = settle(&base, chart.variables, chart.convert);
    if chart.hidden.is_some() {
        keep_hidden(&mut settled);
    }
    let mut values = Values::default();
    let uses = uses(&base, &settled);
    let expressions = add_variables(&uses, chart.variables, &settled.formed, &mut values);
    let name = name::service_name(chart.project).to_string();
    let mut contents = Contents::new(&name, chart, &base, &settled, &expressions);
    let mut emitted = Emitted::default();
    for (key, tree) in &base {
        // The release has a namespace, and what stands for a Secret is written below.
        if key.0 == Kind::Namespace || (key.0 == Kind::Secret && chart.hidden.is_some()) {
            continue;
        }
        let text = contents.object(key, tree, &mut values);
        add_template(&tree.reference, &key.1, text, &mut emitted);
    }
    for object in chart.hidden.into_iter().flatten().filter(|object| matches!(object.kind(), Kind::ExternalSecret | Kind::SealedSecret)) {
        let tree = variables::Tree::of(object);
        let text = contents.object(&(object.kind(), object.name().into()), &tree, &mut values);
        add_template(&tree.reference, object.name(), text, &mut emitted);
    }
    values.sort();
    add_files(chart, &name, &contents, &values, &mut emitted);
    let values = uses.keys().filter_map(|variable| Some((variable.clone(), expressions.get(variable)?.path.clone()))).collect();
    Made { emitted, name, values, formed: settled.formed, fixed: settled.fixed }
}

fn add_template(reference: &ObjectRef, stem: &str, text: String, emitted: &mut Emitted) {
    let path = emitted.tree.add(&format!("templates/{}.yaml", manifests::stem_of(reference.kind, stem)), text);
    emitted.files.insert(reference.clone(), path);
}

fn add_files(chart: &Chart<'_>, name: &str, contents: &Contents<'_>, values: &Values, emitted: &mut Emitted) {
    let tree = &mut emitted.tree;
    let files = chart.files.join(" + ").replace(char::is_control, " ");
    let head = format!("# Values of the chart, made by Windlass from {files}.\n");
    let secret_head = format!("# Secret values of the chart, made by Windlass from {files}: not for git.\n");
    tree.add("Chart.yaml", texts::chart_yaml(name, chart));
    tree.add("values.yaml", values.plain(&head));
    tree.add("values.schema.json", values.schema(&format!("Values of the chart {name}")));
    tree.add(".helmignore", texts::HELM_IGNORE);
    let secret = values.secret(&secret_head);
    tree.add("templates/NOTES.txt", texts::notes(chart.objects, secret.is_some()));
    if let Some(secret) = secret {
        tree.add_secret("values.secret.yaml", secret);
        tree.add(".gitignore", texts::GIT_IGNORE);
    }
    tree.add("templates/_helpers.tpl", texts::helpers(name, &contents.names()));
    if let Some(test) = texts::test(chart.objects, chart.test_image) {
        tree.add("templates/tests/ports.yaml", test);
    }
}

/// Variables that are part of a Secret stay fixed where its values stand outside of the chart.
fn keep_hidden(settled: &mut Settled) {
    let secret = settled.templates.iter().filter(|(((kind, _), _), _)| *kind == Kind::Secret).flat_map(|(_, pieces)| pieces);
    let hidden: BTreeSet<SmolStr> =
        secret.filter_map(|piece| if let Piece::Variable(name, _) = piece { Some(name.clone()) } else { None }).collect();
    settled.templates.retain(|((kind, _), _), pieces| {
        for piece in pieces.iter_mut() {
            if let Piece::Variable(name, text) = piece
                && hidden.contains(name)
            {
                *piece = Piece::Text(std::mem::take(text));
            }
        }
        *kind != Kind::Secret && pieces.iter().any(|piece| matches!(piece, Piece::Variable(..)))
    });
    let because = || "its value is part of a Secret, which is kept outside of the chart".to_owned();
    settled.fixed.extend(hidden.into_iter().map(|variable| Fixed { variable, because: because() }));
}

/// Where a variable is used.
#[derive(Debug, Default)]
struct Uses {
    /// What stands there now.
    texts: BTreeSet<String>,
    services: BTreeSet<Option<String>>,
    /// By kind and name without a hash.
    objects: BTreeSet<(Kind, SmolStr)>,
    /// Is a number or a truth value somewhere.
    number: bool,
    boolean: bool,
    /// Is part of an object that is no Secret.
    plain: bool,
}

fn uses(base: &Trees, settled: &Settled) -> BTreeMap<SmolStr, Uses> {
    let label = |tree: &Value| tree.pointer("/metadata/labels").and_then(|map| Some(map.get(labels::NAME)?.as_str()?.to_owned()));
    let services: BTreeSet<String> =
        base.values().filter(|tree| tree.reference.kind.is_workload()).filter_map(|tree| label(&tree.value)).collect();
    let mut uses: BTreeMap<SmolStr, Uses> = BTreeMap::new();
    for ((key, pointer), pieces) in &settled.templates {
        let Some(tree) = base.get(key) else { continue };
        let field = tree.value.pointer(pointer);
        for piece in pieces {
            let Piece::Variable(name, text) = piece else { continue };
            let one = uses.entry(name.clone()).or_default();
            one.texts.insert(text.clone());
            one.services.insert(label(&tree.value).filter(|service| services.contains(service)));
            one.objects.insert(key.clone());
            one.number |= field.is_some_and(Value::is_number);
            one.boolean |= field.is_some_and(Value::is_boolean);
            one.plain |= key.0 != Kind::Secret;
        }
    }
    uses
}

/// How templates ask for a variable.
#[derive(Clone, Debug)]
pub(super) struct Asked {
    pub(super) path: Vec<String>,
    /// It falls back to another text in each place.
    pub(super) differs: bool,
    pub(super) is_secret: bool,
}

fn add_variables(
    uses: &BTreeMap<SmolStr, Uses>,
    variables: &[Variable],
    formed: &BTreeMap<SmolStr, Form>,
    values: &mut Values,
) -> BTreeMap<SmolStr, Asked> {
    let mut asked = BTreeMap::new();
    for (name, one) in uses {
        let path = match one.services.iter().collect::<Vec<_>>().as_slice() {
            [Some(service)] => vec!["services".to_owned(), service.clone(), "variables".to_owned(), name.to_string()],
            _ => vec!["shared".to_owned(), name.to_string()],
        };
        let differs = one.texts.len() > 1;
        let text = one.texts.first().filter(|_| !differs);
        let value = match text {
            None => Value::Null,
            Some(text) if one.number => text.parse::<u64>().map_or_else(|_| json!(text), Value::from),
            Some(text) if one.boolean => text.parse::<bool>().map_or_else(|_| json!(text), Value::from),
            Some(text) => json!(text),
        };
        let mut schema = if one.number {
            json!({ "type": ["integer", "string"], "pattern": "^[0-9]+$" })
        } else if one.boolean {
            json!({ "type": ["boolean", "string"], "pattern": "^(true|false)$" })
        } else {
            json!({ "type": ["string", "number", "boolean"] })
        };
        if differs && let Some(types) = schema["type"].as_array_mut() {
            types.push("null".into());
        }
        let place = variables.iter().find(|variable| variable.name == *name).map_or("", |variable| &variable.place);
        let mut about: Vec<String> = (!place.is_empty()).then(|| place.to_owned()).into_iter().collect();
        about.push(reached(&one.objects));
        if differs {
            about.push("unset: each place has a default of its own".to_owned());
        }
        match formed.get(name) {
            Some(Form::Image(_)) => about.push("the same image of another registry, since which it is decides more".to_owned()),
            Some(Form::Shape) if !one.number && !one.boolean => about.push("keep its form, which decides more".to_owned()),
            _ => {}
        }
        let is_secret = !one.plain;
        values.add(Setting { path: path.clone(), value, about: about.join("; "), schema, is_secret });
        asked.insert(name.clone(), Asked { path, differs, is_secret });
    }
    asked
}

/// The first objects that a variable is part of.
fn reached(objects: &BTreeSet<(Kind, SmolStr)>) -> String {
    let shown: Vec<String> = objects.iter().take(3).map(|(kind, name)| format!("{kind}/{name}")).collect();
    let more = if objects.len() > 3 { format!(" and {} more", objects.len() - 3) } else { String::new() };
    format!("in {}{more}", shown.join(", "))
}

/// The expression for a variable in a place where `now` stands.
fn ask(asked: &Asked, now: &str) -> String {
    let value = expression(&asked.path);
    if asked.differs { format!("({value} | default {})", values::quoted(now)) } else { value }
}
