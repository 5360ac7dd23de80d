//! A manifest in, everything that it becomes by breaking one field out. The same in every run, so verdicts can be recorded.

use serde_json::{Map, Value, json};

/// A manifest with one field broken.
#[derive(Clone, Debug)]
pub struct Mutation {
    /// What was done, and where: `spec.replicas = "x"`. Unique for its manifest.
    pub name: String,
    /// The manifest.
    pub manifest: Value,
}

/// Every mutation of a manifest.
pub fn mutations(manifest: &Value) -> Vec<Mutation> {
    let mut paths = Vec::new();
    collect(manifest, &mut Vec::new(), &mut paths);
    let mut all = Vec::new();
    for path in paths {
        let Some(value) = at(manifest, &path) else { continue };
        let name = shown(&path);
        for replacement in replacements(value) {
            let mut changed = manifest.clone();
            if let Some(place) = at_mut(&mut changed, &path) {
                *place = replacement.clone();
            }
            let what = match replacement.to_string() {
                long if long.len() > 60 => format!("{}…", long.chars().take(40).collect::<String>()),
                short => short,
            };
            all.push(Mutation { name: format!("{name} = {what}"), manifest: changed });
        }
        if let Some(changed) = without(manifest, &path) {
            all.push(Mutation { name: format!("without {name}"), manifest: changed });
        }
        if let Some((changed, key)) = renamed(manifest, &path) {
            all.push(Mutation { name: format!("{name} is called {key}"), manifest: changed });
        }
        if let Some(changed) = doubled(manifest, &path) {
            all.push(Mutation { name: format!("{name} twice"), manifest: changed });
        }
    }
    all
}

#[derive(Clone, Debug)]
enum Step {
    Key(String),
    Index(usize),
}

fn collect(value: &Value, path: &mut Vec<Step>, paths: &mut Vec<Vec<Step>>) {
    if !path.is_empty() {
        paths.push(path.clone());
    }
    let children: Vec<(Step, &Value)> = match value {
        Value::Object(map) => map.iter().map(|(key, value)| (Step::Key(key.clone()), value)).collect(),
        Value::Array(items) => items.iter().enumerate().map(|(index, value)| (Step::Index(index), value)).collect(),
        _ => Vec::new(),
    };
    for (step, child) in children {
        path.push(step);
        collect(child, path, paths);
        path.pop();
    }
}

fn shown(path: &[Step]) -> String {
    let mut text = String::new();
    for step in path {
        match step {
            Step::Key(key) if text.is_empty() => text.push_str(key),
            Step::Key(key) => text.push_str(&format!(".{key}")),
            Step::Index(index) => text.push_str(&format!("[{index}]")),
        }
    }
    text
}

fn at<'v>(value: &'v Value, path: &[Step]) -> Option<&'v Value> {
    path.iter().try_fold(value, |value, step| match step {
        Step::Key(key) => value.get(key),
        Step::Index(index) => value.get(index),
    })
}

fn at_mut<'v>(value: &'v mut Value, path: &[Step]) -> Option<&'v mut Value> {
    path.iter().try_fold(value, |value, step| match step {
        Step::Key(key) => value.get_mut(key),
        Step::Index(index) => value.get_mut(index),
    })
}

/// What is put in a value's place: another type, a value out of range, a malformed name, nothing.
fn replacements(value: &Value) -> Vec<Value> {
    match value {
        Value::String(text) => {
            let mut all = vec![json!(""), json!(7), json!(true), json!("Bad Name!"), json!("-x"), json!("x".repeat(300)), json!([text])];
            if text.starts_with(|first: char| first.is_ascii_digit()) {
                all.extend([json!("-1"), json!("0"), json!("1e"), json!(0.5)]);
            } else {
                all.extend([json!(text.to_lowercase()), json!(format!("{text}x"))]);
            }
            all.retain(|other| other != value);
            all
        }
        Value::Number(_) => {
            vec![json!("x"), json!("5"), json!(-1), json!(0), json!(70_000), json!(5_000_000_000_i64), json!(1.5), json!(true)]
        }
        Value::Bool(truth) => vec![json!(truth.to_string()), json!(1), json!(!truth)],
        Value::Array(_) => vec![json!([]), json!("x"), json!({}), json!([null]), Value::Null],
        Value::Object(_) => vec![json!({}), json!("x"), json!([]), Value::Null],
        Value::Null => Vec::new(),
    }
}

fn parent_of(path: &[Step]) -> Option<(&[Step], &Step)> {
    path.split_last().map(|(last, parent)| (parent, last))
}

fn without(manifest: &Value, path: &[Step]) -> Option<Value> {
    let (parent, last) = parent_of(path)?;
    let mut changed = manifest.clone();
    match (at_mut(&mut changed, parent)?, last) {
        (Value::Object(map), Step::Key(key)) => drop(map.shift_remove(key)),
        (Value::Array(items), Step::Index(index)) => drop(items.remove(*index)),
        _ => return None,
    }
    Some(changed)
}

fn renamed(manifest: &Value, path: &[Step]) -> Option<(Value, String)> {
    let (parent, Step::Key(key)) = parent_of(path)? else { return None };
    let new = format!("{key}x");
    let mut changed = manifest.clone();
    let map = at_mut(&mut changed, parent)?.as_object_mut()?;
    *map = std::mem::take(map).into_iter().map(|(old, value)| (if old == *key { new.clone() } else { old }, value)).collect::<Map<_, _>>();
    Some((changed, new))
}

fn doubled(manifest: &Value, path: &[Step]) -> Option<Value> {
    let (parent, Step::Index(index)) = parent_of(path)? else { return None };
    let mut changed = manifest.clone();
    let items = at_mut(&mut changed, parent)?.as_array_mut()?;
    items.insert(*index, items[*index].clone());
    Some(changed)
}
