//! What a CPU, memory and storage cost: the user's own file. None is known here.

use serde_json::{Map, Value as Json, json};
use windlass_source::{Code, Diagnostic, closest};
use windlass_yaml::{Node, Number, Value};

use super::Resources;

/// Hours of a month: 365 days by 24 hours, divided by 12.
pub const HOURS: f64 = 730.0;

/// The keys of the file, and what each holds.
const KEYS: [(&str, &str); 4] = [
    ("currency", "Name of the currency, as it shall be printed"),
    ("cpu-hour", "Price of one CPU for an hour"),
    ("memory-gib-hour", "Price of one GiB of memory for an hour"),
    ("storage-gib-month", "Price of one GiB of storage for a month"),
];

/// Prices in one currency.
#[derive(Clone, Debug, PartialEq)]
pub struct Prices {
    /// Its name.
    pub currency: String,
    /// Of a CPU for an hour.
    pub cpu_hour: f64,
    /// Of a GiB of memory for an hour.
    pub memory_gib_hour: f64,
    /// Of a GiB of storage for a month.
    pub storage_gib_month: f64,
}

impl Prices {
    /// Reads the file's tree.
    ///
    /// # Errors
    /// What is missing, unknown, or no price, each with its place.
    pub fn read(root: &Node) -> Result<Self, Vec<Diagnostic>> {
        let code = Code("cost::prices");
        let Some(map) = root.as_map() else {
            let told = Diagnostic::error(code, "prices must be a map").label(root.span(), format!("this is {}", root.value.kind()));
            return Err(vec![told.help(example())]);
        };
        let mut wrong = Vec::new();
        for key in map.keys().filter(|key| KEYS.iter().all(|(known, _)| *known != key.as_str())) {
            let close = closest(key.as_str(), KEYS.iter().map(|(known, _)| *known)).map(|close| format!("did you mean `{close}`?"));
            let told = Diagnostic::error(code, format!("there is no price `{}`", key.as_str()));
            wrong.push(told.label(key.span, close.unwrap_or_default()).help(example()));
        }
        let mut price = |key: &str| {
            let number = match root.get(key).map(|node| &node.value) {
                Some(Value::Number(Number::Int(number))) => Some(*number as f64),
                Some(Value::Number(Number::Float(number))) => Some(*number),
                _ => None,
            };
            number.filter(|number| (0.0..1e9).contains(number)).unwrap_or_else(|| {
                let told = Diagnostic::error(code, format!("`{key}` must be a number, not below 0"));
                wrong.push(told.label(root.get(key).and_then(Node::span), "").help(example()));
                0.0
            })
        };
        let [cpu_hour, memory_gib_hour, storage_gib_month] = [KEYS[1], KEYS[2], KEYS[3]].map(|(key, _)| price(key));
        let currency = root.get("currency").and_then(Node::as_str).unwrap_or_default().to_owned();
        if currency.is_empty() {
            let told = Diagnostic::error(code, "`currency` must be a name");
            wrong.push(told.label(root.get("currency").and_then(Node::span), "").help(example()));
        }
        if wrong.is_empty() { Ok(Self { currency, cpu_hour, memory_gib_hour, storage_gib_month }) } else { Err(wrong) }
    }

    /// The price of CPU and memory for an hour.
    pub fn hour(&self, resources: Resources) -> f64 {
        self.cpu_hour * resources.cpu as f64 / 1000.0 + self.memory_gib_hour * gib(resources.memory)
    }

    /// The price of CPU and memory for a month.
    pub fn month(&self, resources: Resources) -> f64 {
        self.hour(resources) * HOURS
    }

    /// The price of bytes of storage for a month.
    pub fn storage(&self, bytes: i64) -> f64 {
        self.storage_gib_month * gib(bytes)
    }
}

fn gib(bytes: i64) -> f64 {
    bytes as f64 / f64::from(1 << 30)
}

fn example() -> &'static str {
    "`windlass schema prices` prints the JSON Schema; all four keys are needed: `currency: EUR`, `cpu-hour: 0.03`, …"
}

/// The JSON Schema of the file, indented.
pub fn prices_schema() -> String {
    let property = |(key, about): &(&str, &str)| {
        let form = match *key {
            "currency" => json!({ "type": "string", "minLength": 1, "description": about }),
            _ => json!({ "type": "number", "minimum": 0, "description": about }),
        };
        ((*key).to_owned(), form)
    };
    let schema = json!({
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "prices for windlass cost",
        "type": "object",
        "properties": Json::Object(KEYS.iter().map(property).collect::<Map<_, _>>()),
        "required": KEYS.map(|(key, _)| key),
        "additionalProperties": false,
    });
    format!("{schema:#}")
}

#[cfg(test)]
mod tests {
    use windlass_source::SourceMap;
    use windlass_yaml::{Budget, parse};

    use super::*;

    fn read(text: &str) -> Result<Prices, Vec<String>> {
        let file = SourceMap::new().add("prices.yaml", text);
        let root = parse(file, text, &Budget::default()).documents.into_iter().next().map(|document| document.root).unwrap_or_default();
        Prices::read(&root).map_err(|wrong| wrong.into_iter().map(|told| told.message).collect())
    }

    #[test]
    fn a_month_of_cpu_memory_and_storage_has_its_price() {
        let prices = read("currency: EUR\ncpu-hour: 0.02\nmemory-gib-hour: 0.01\nstorage-gib-month: 2\n").expect("prices");
        assert_eq!(prices.month(Resources { cpu: 500, memory: 1 << 30 }), 730.0 * 0.02);
        assert_eq!(prices.storage(5 << 30), 10.0);
    }

    #[test]
    fn what_is_no_price_is_told() {
        let four = ["`cpu-hour`", "`memory-gib-hour`", "`storage-gib-month`"].map(|key| format!("{key} must be a number, not below 0"));
        assert_eq!(read("[]").unwrap_err(), ["prices must be a map"]);
        assert_eq!(read("{currency: 1}").unwrap_err(), [&four[..], &["`currency` must be a name".to_owned()]].concat());
        let text = "{currency: EUR, cpu-hours: 1, cpu-hour: -1, memory-gib-hour: .nan, storage-gib-month: '1'}";
        assert_eq!(read(text).unwrap_err(), [&["there is no price `cpu-hours`".to_owned()][..], &four].concat());
    }
}
