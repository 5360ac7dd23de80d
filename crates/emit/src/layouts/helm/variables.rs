//! Which variables of the compose files can be values of a chart, and which fields they are part of.
//!
//! This is tried, not guessed: the project is converted again with the variables changed. A variable becomes a value when the
//! objects then differ in nothing but its text, for two different values. One that changes anything else (which objects there are, a
//! name, a probe) decides structure and stays fixed.

use std::collections::BTreeMap;
use std::net::Ipv4Addr;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::Value;
use smol_str::SmolStr;
use windlass_k8s::{ContentHash, Kind, Object, ObjectRef, Objects, write};

use super::template::{Marked, Piece, pieces, render};
use super::{Convert, Variable};

/// An object as a tree. The data of a Secret is plain text in it, where it is text.
#[derive(Clone, Debug)]
pub(super) struct Tree {
    pub(super) reference: ObjectRef,
    pub(super) value: Value,
}

/// What a Secret's value that is no text begins with in a [`Tree`]; base64 follows.
pub(super) const BINARY: &str = "\u{0}base64:";

impl Tree {
    pub(super) fn of(object: &Object) -> Self {
        let mut value = write::json_tree(&object.resource);
        if object.kind() == Kind::Secret {
            for data in value.get_mut("data").and_then(Value::as_object_mut).into_iter().flat_map(|map| map.values_mut()) {
                let encoded = data.as_str().unwrap_or_default();
                let text = STANDARD.decode(encoded).ok().and_then(|bytes| String::from_utf8(bytes).ok());
                *data = text.unwrap_or_else(|| format!("{BINARY}{encoded}")).into();
            }
        }
        Self { reference: object.reference(), value }
    }
}

/// The name of an object whose name ends in a hash of its content: the part before it.
pub(super) fn stem(reference: &ObjectRef) -> Option<&str> {
    matches!(reference.kind, Kind::ConfigMap | Kind::Secret | Kind::Job).then(|| ContentHash::cut(&reference.name)).flatten()
}

/// Objects by kind and name without a hash.
pub(super) type Trees = BTreeMap<(Kind, SmolStr), Tree>;

pub(super) fn trees(objects: &Objects) -> Trees {
    let mut trees = Trees::new();
    for object in objects {
        let tree = Tree::of(object);
        let plain = SmolStr::new(stem(&tree.reference).unwrap_or(&tree.reference.name));
        let key = (tree.reference.kind, plain);
        let key = if trees.contains_key(&key) { (key.0, tree.reference.name.clone()) } else { key };
        trees.insert(key, tree);
    }
    trees
}

/// A field: the object, and a JSON pointer in it.
pub(super) type Field = ((Kind, SmolStr), String);

/// The parts of fields that variables are part of.
pub(super) type Templates = BTreeMap<Field, Vec<Piece>>;

/// A variable that stays fixed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fixed {
    /// Its name.
    pub variable: SmolStr,
    /// Why, as a clause.
    pub because: String,
}

/// What is the same in all values that a variable can have, since it decides more.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Form {
    /// Which image it is. Another registry may have it, below this path.
    Image(&'static str),
    /// All but a number, a tag, the end of a path or which truth value it is.
    Shape,
}

/// What was found out.
#[derive(Debug, Default)]
pub(super) struct Settled {
    pub(super) templates: Templates,
    /// The variables that decide structure.
    pub(super) fixed: Vec<Fixed>,
    /// The variables that hold for values of the same form alone.
    pub(super) formed: BTreeMap<SmolStr, Form>,
}

/// Values that a variable is tried with.
type Pair = (String, String);

struct Candidate<'a> {
    variable: &'a Variable,
    /// Pairs of values, those first that say more when they work. The first is for values of any form.
    trials: Vec<(Form, Pair)>,
}

/// Tries every variable.
pub(super) fn settle(base: &Trees, variables: &[Variable], convert: &Convert<'_>) -> Settled {
    let candidates: Vec<_> =
        variables.iter().enumerate().map(|(at, variable)| Candidate { variable, trials: trials(at, variable) }).collect();
    let mut search = Search { base, convert, accepted: Vec::new(), settled: Settled::default() };
    search.try_all(&candidates.iter().collect::<Vec<_>>());
    search.settled
}

/// Values to try: of its own form, and any text. They are made to be recognised in a text.
fn trials(at: usize, variable: &Variable) -> Vec<(Form, Pair)> {
    let text = (format!("wlq{at:04}x"), format!("wlr{at:04}yz"));
    let number = ((20_011 + 7 * at).to_string(), (40_009 + 3 * at).to_string());
    let shapes = |pairs: [Pair; 2]| pairs.map(|pair| (Form::Shape, pair)).into();
    match variable.value.as_deref() {
        Some(value) if value.parse::<u32>().is_ok() => shapes([number, text]),
        Some("true") => shapes([text, ("false".into(), "false".into())]),
        Some("false") => shapes([text, ("true".into(), "true".into())]),
        Some("") | None => shapes([text, number]),
        Some(value) => {
            // Which image it is may decide more; the same image of another registry decides what this one does.
            let mirror = |path| (Form::Image(path), (mirror(&text.0, path, value), mirror(&text.1, path, value)));
            let mirrors: Vec<_> = ["", "library/"].into_iter().filter(|_| variable.names_image).map(mirror).collect();
            let shape = of_form(value, &number.0).zip(of_form(value, &number.1));
            std::iter::once((Form::Shape, text)).chain(mirrors).chain(shape.map(|pair| (Form::Shape, pair))).collect()
        }
    }
}

/// The same image as another registry has it. The official ones, whose names have one part, need the path by which they are known.
fn mirror(host: &str, path: &str, image: &str) -> String {
    format!("{host}.example/{path}{image}")
}

/// Another value of the same form: a path below, another address of the same kind, or another number where the last one stands: a tag, a port.
fn of_form(value: &str, number: &str) -> Option<String> {
    if value.starts_with(['/', '.', '~']) {
        return Some(format!("{}/n{number}", value.trim_end_matches('/')));
    }
    if let (Ok(address), Ok(number)) = (value.parse::<Ipv4Addr>(), number.parse::<u32>()) {
        // A loopback address stays one.
        let [_, second, third, fourth] = number.to_be_bytes();
        return Some(format!("{}.{second}.{third}.{fourth}", address.octets()[0]));
    }
    let end = value.rfind(|letter: char| letter.is_ascii_digit())? + 1;
    let start = value[..end].rfind(|letter: char| !letter.is_ascii_digit()).map_or(0, |at| at + 1);
    Some(format!("{}{number}{}", &value[..start], &value[end..]))
}

struct Search<'a> {
    base: &'a Trees,
    convert: &'a Convert<'a>,
    accepted: Vec<(&'a Variable, Pair)>,
    settled: Settled,
}

impl<'a> Search<'a> {
    /// Takes all at once where that works, else each half, so that a few that do not fit cost little.
    fn try_all(&mut self, candidates: &[&Candidate<'a>]) {
        if candidates.is_empty() {
            return;
        }
        let trial: Vec<_> = candidates.iter().filter_map(|one| Some((one.variable, one.trials.first()?.1.clone()))).collect();
        let because = match self.attempt(trial) {
            Ok(()) => return,
            Err(because) => because,
        };
        if let [only] = candidates {
            for (form, pair) in only.trials.iter().skip(1) {
                if self.attempt(vec![(only.variable, pair.clone())]).is_ok() {
                    self.settled.formed.insert(only.variable.name.clone(), *form);
                    return;
                }
            }
            self.settled.fixed.push(Fixed { variable: only.variable.name.clone(), because });
            return;
        }
        let (first, second) = candidates.split_at(candidates.len() / 2);
        self.try_all(first);
        self.try_all(second);
    }

    /// Accepts these variables beside those before, or says what speaks against it.
    fn attempt(&mut self, new: Vec<(&'a Variable, Pair)>) -> Result<(), String> {
        let all: Vec<_> = self.accepted.iter().cloned().chain(new).collect();
        let values = |which: fn(&Pair) -> &String| -> BTreeMap<String, String> {
            all.iter().map(|(variable, pair)| (variable.name.to_string(), which(pair).clone())).collect()
        };
        let first = values(|pair| &pair.0);
        let marked: Vec<_> =
            all.iter().map(|(variable, pair)| Marked { name: &variable.name, mark: &pair.0, known: variable.value.as_deref() }).collect();
        let then = self.converted(&first)?;
        let mut templates = Templates::new();
        compare(self.base, &then, &mut |field, now, then| match pieces(&plain(now)?, &plain(then)?, &marked) {
            Some(pieces) if pieces.iter().any(|piece| matches!(piece, Piece::Variable(..))) && is_whole(now, &pieces) => {
                templates.insert(field.clone(), pieces);
                Some(())
            }
            _ => None,
        })?;
        let second = values(|pair| &pair.1);
        let then = self.converted(&second)?;
        compare(self.base, &then, &mut |field, _, then| {
            let text = render(templates.get(field)?, |name| second.get(name).cloned());
            (plain(then)? == text).then_some(())
        })?;
        self.accepted = all;
        self.settled.templates = templates;
        Ok(())
    }

    fn converted(&self, values: &BTreeMap<String, String>) -> Result<Trees, String> {
        let objects = (self.convert)(values).ok_or("Compose refuses other values, or they have a form of their own")?;
        Ok(trees(&objects))
    }
}

/// The text of a scalar.
fn plain(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        Value::Bool(is) => Some(is.to_string()),
        _ => None,
    }
}

/// A number or a truth value has no parts.
fn is_whole(value: &Value, pieces: &[Piece]) -> bool {
    value.is_string() || pieces.len() == 1
}

/// Walks two conversions and calls `differs` for each scalar that is not the same; `None` from it is a difference that nothing explains.
fn compare(now: &Trees, then: &Trees, differs: &mut dyn FnMut(&Field, &Value, &Value) -> Option<()>) -> Result<(), String> {
    let gone: Vec<_> = now.keys().filter(|key| !then.contains_key(*key)).collect();
    let new: Vec<_> = then.keys().filter(|key| !now.contains_key(*key)).collect();
    // A claim that stands for a directory of the host is called after it, and keeps its name in a chart.
    let are_claims = gone.len() == new.len() && gone.iter().chain(&new).all(|(kind, _)| *kind == Kind::PersistentVolumeClaim);
    if let Some((kind, name)) = gone.first().or(new.first()).filter(|_| !are_claims) {
        return Err(format!("it decides whether there is {kind}/{name}"));
    }
    let other = |key: &(Kind, SmolStr)| gone.iter().position(|old| *old == key).map_or_else(|| &then[key], |at| &then[new[at]]);
    let pairs: Vec<_> = now.iter().map(|(key, one)| (key, one, other(key))).collect();
    // A change of content changes the hash in a name; that is the chart's own affair.
    let renamed: Vec<(&str, &str)> = pairs
        .iter()
        .filter(|(_, one, two)| one.reference.name != two.reference.name)
        .map(|(_, one, two)| (two.reference.name.as_str(), one.reference.name.as_str()))
        .collect();
    for (key, one, two) in pairs {
        let mut field = (key.clone(), String::new());
        if !walk(&one.value, &two.value, &renamed, &mut field, differs) {
            return Err(format!("it decides {} {}", one.reference, field.1.replace('/', ".").trim_start_matches('.')));
        }
    }
    Ok(())
}

fn walk(
    now: &Value,
    then: &Value,
    renamed: &[(&str, &str)],
    field: &mut Field,
    differs: &mut dyn FnMut(&Field, &Value, &Value) -> Option<()>,
) -> bool {
    let length = field.1.len();
    match (now, then) {
        (Value::Object(one), Value::Object(two)) => {
            one.len() == two.len()
                && one.iter().all(|(key, value)| {
                    field.1.truncate(length);
                    field.1.push('/');
                    field.1.push_str(&key.replace('~', "~0").replace('/', "~1"));
                    let same = two.get(key).is_some_and(|other| walk(value, other, renamed, field, differs));
                    if same {
                        field.1.truncate(length);
                    }
                    same
                })
        }
        (Value::Array(one), Value::Array(two)) => {
            one.len() == two.len()
                && one.iter().zip(two).enumerate().all(|(index, (value, other))| {
                    field.1.truncate(length);
                    field.1.push_str(&format!("/{index}"));
                    let same = walk(value, other, renamed, field, differs);
                    if same {
                        field.1.truncate(length);
                    }
                    same
                })
        }
        _ if now == then => true,
        (Value::String(_), Value::String(text)) => {
            let mut text = text.clone();
            for (new, old) in renamed.iter().filter(|(new, _)| text.contains(new)).collect::<Vec<_>>() {
                text = text.replace(new, old);
            }
            let then = Value::String(text);
            *now == then || differs(field, now, &then).is_some()
        }
        _ => std::mem::discriminant(now) == std::mem::discriminant(then) && differs(field, now, then).is_some(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn another_value_keeps_the_form() {
        let form = |value| of_form(value, "7");
        assert_eq!(form("postgres:16-alpine").as_deref(), Some("postgres:7-alpine"));
        assert_eq!(form("127.0.0.1:8080").as_deref(), Some("127.0.0.1:7"));
        assert_eq!(form("./data/").as_deref(), Some("./data/n7"));
        assert_eq!(form("127.0.0.1").as_deref(), Some("127.0.0.7"));
        assert_eq!(form("latest"), None);
    }
}
