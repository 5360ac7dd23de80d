//! Documents that the rules allow, and some that they do not, from a number.

use windlass_yaml::{Map, Node, Number, Value};

use crate::model::project::TOP_LEVEL;
use crate::model::rule::{Entries, Kinds, Limit, Object, Rule};

/// The source of chance: a document follows from its seed.
pub(crate) struct Dice {
    state: u64,
    /// One value in so many is of any kind, whatever the rule says; 0: none.
    pub(crate) wild: u64,
}

impl Dice {
    pub(crate) fn new(seed: u64, wild: u64) -> Self {
        Self { state: seed | 1, wild }
    }

    fn throw(&mut self, sides: usize) -> usize {
        // xorshift64*
        self.state ^= self.state >> 12;
        self.state ^= self.state << 25;
        self.state ^= self.state >> 27;
        (self.state.wrapping_mul(0x2545_f491_4f6c_dd1d) >> 33) as usize % sides
    }
}

/// A document.
pub(crate) fn document(dice: &mut Dice) -> Node {
    object(&TOP_LEVEL, dice, 0)
}

const TEXTS: [&str; 24] = [
    "",
    "a",
    "web",
    "true",
    "yes",
    "3",
    "-1",
    "1.5",
    "512m",
    "1m30s",
    "./x",
    "~",
    "/x",
    "a=b",
    "a:b",
    "8080:80",
    "1-3:1-3",
    "::",
    "all",
    "service:web",
    "no",
    "$",
    "é",
    "a:/b:ro,z",
];
const NAMES: [&str; 7] = ["web", "db", "a", "nofile", "x-a", "A b", ""];

fn value(rule: &Rule, dice: &mut Dice, depth: usize) -> Node {
    if dice.wild > 0 && dice.throw(dice.wild as usize) == 0 {
        return wild(dice, depth);
    }
    let kinds = [Kinds::TEXT, Kinds::INT, Kinds::NUMBER, Kinds::BOOL, Kinds::NULL];
    let scalars: Vec<Kinds> = kinds.into_iter().filter(|kind| rule.kinds.has(*kind)).collect();
    let forms = scalars.len() + usize::from(rule.items.is_some()) + usize::from(!matches!(rule.entries, Entries::None));
    let form = dice.throw(forms.max(1));
    if let Some(kind) = scalars.get(form) {
        return Node::default_value(scalar(*kind, rule.limit, dice));
    }
    match (rule.items, rule.entries) {
        (Some(items), _) if form == scalars.len() && depth < 8 => {
            let list: Vec<Node> = (0..dice.throw(4)).map(|_| value(items, dice, depth + 1)).collect();
            Node::default_value(list)
        }
        (_, Entries::Object(attributes)) => object(attributes, dice, depth + 1),
        (_, Entries::Names(names)) => {
            let map: Map = (0..dice.throw(4)).map(|_| (NAMES[dice.throw(NAMES.len())], value(&names.rule, dice, depth + 1))).collect();
            Node::default_value(map)
        }
        _ => Node::default_value(Map::new()),
    }
}

fn scalar(kind: Kinds, limit: Limit, dice: &mut Dice) -> Value {
    match (kind, limit) {
        (Kinds::TEXT, Limit::Words(words)) => Value::from(words[dice.throw(words.len())]),
        (Kinds::TEXT, _) => Value::from(TEXTS[dice.throw(TEXTS.len())]),
        (Kinds::INT, _) => Value::Number(Number::Int(dice.throw(100) as i64)),
        (Kinds::NUMBER, _) => Value::Number(Number::Float(dice.throw(100) as f64 / 8.0)),
        (Kinds::BOOL, _) => Value::Bool(dice.throw(2) == 0),
        _ => Value::Null,
    }
}

fn object(attributes: &Object, dice: &mut Dice, depth: usize) -> Node {
    let mut map = Map::new();
    for required in attributes.required {
        if let Some(found) = attributes.find(required) {
            map.insert(*required, value(&attributes.fields[found].rule, dice, depth));
        }
    }
    for _ in 0..dice.throw(8) {
        let field = &attributes.fields[dice.throw(attributes.fields.len())];
        map.insert(field.key, value(&field.rule, dice, depth));
    }
    Node::default_value(map)
}

fn wild(dice: &mut Dice, depth: usize) -> Node {
    match dice.throw(if depth < 8 { 8 } else { 6 }) {
        0 => Node::default_value(Value::Null),
        1 => Node::default_value(Value::Bool(true)),
        2 => Node::default_value(Value::Number(Number::Int(i64::MIN))),
        3 => Node::default_value(Value::Number(Number::Float(f64::NAN))),
        4 => Node::default_value(Value::Timestamp("2001-01-01".into())),
        5 => Node::default_value(TEXTS[dice.throw(TEXTS.len())]),
        6 => Node::default_value(vec![wild(dice, depth + 1), wild(dice, depth + 1)]),
        _ => {
            let map: Map = [(NAMES[dice.throw(NAMES.len())], wild(dice, depth + 1))].into_iter().collect();
            Node::default_value(map)
        }
    }
}
