//! The Common Expression Language as the API server evaluates it: rules of custom resource definitions and of admission policies.
//!
//! In: an expression and values. Out: whether it holds, its text, or why that is not known. Parsing and evaluation are the crate
//! `cel`'s; what Kubernetes adds to the language is in [`library`], how objects become values in [`value`].

mod library;
mod value;

use std::sync::{Arc, OnceLock};

use cel::{Context, Env, ExecutionError, Program};

pub(crate) use cel::Value;
pub(crate) use library::none;
pub(crate) use value::{object, plain, typed, typed_object};

/// An expression that was read.
#[derive(Clone, Debug)]
pub(crate) struct Expression {
    program: Arc<Program>,
}

/// Why an expression has no result.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Failure {
    /// The server would fail in the same way, with these words.
    Error(String),
    /// It uses what is not known here.
    Unknown(String),
}

impl Expression {
    /// Reads an expression; what is wrong with it, else.
    pub(crate) fn parse(source: &str) -> Result<Self, Failure> {
        let program = environment().compile(source).map_err(|errors| Failure::Unknown(errors.to_string()))?;
        Ok(Self { program: Arc::new(program) })
    }

    /// True when it names a variable.
    pub(crate) fn uses(&self, variable: &str) -> bool {
        self.program.references().has_variable(variable)
    }

    /// Its result.
    pub(crate) fn evaluate(&self, variables: &[(&str, Value)]) -> Result<Value, Failure> {
        let mut context = Context::with_env(Arc::clone(environment()));
        library::add_functions(&mut context);
        for (name, value) in variables {
            context.add_variable_from_value(*name, value.clone());
        }
        self.program.execute(&context).map_err(failure)
    }

    /// Whether it holds.
    pub(crate) fn holds(&self, variables: &[(&str, Value)]) -> Result<bool, Failure> {
        match self.evaluate(variables)? {
            Value::Bool(holds) => Ok(holds),
            other => Err(Failure::Unknown(format!("the result is no truth value: {other:?}"))),
        }
    }

    /// Its text, for messages; `None` where it has none.
    pub(crate) fn text(&self, variables: &[(&str, Value)]) -> Option<String> {
        match self.evaluate(variables) {
            Ok(Value::String(text)) if !text.trim().is_empty() => Some(text.trim().to_owned()),
            _ => None,
        }
    }
}

/// The standard library with what Kubernetes adds.
fn environment() -> &'static Arc<Env> {
    static ENVIRONMENT: OnceLock<Arc<Env>> = OnceLock::new();
    ENVIRONMENT.get_or_init(|| Arc::new(library::environment()))
}

/// Which errors are those of the expression, and not of what is missing here.
fn failure(error: ExecutionError) -> Failure {
    match error {
        ExecutionError::NoSuchKey(key) => Failure::Error(format!("no such key: {key}")),
        ExecutionError::IndexOutOfBounds(Value::Int(index)) => Failure::Error(format!("index out of bounds: {index}")),
        ExecutionError::DivisionByZero(_) => Failure::Error("division by zero".to_owned()),
        ExecutionError::RemainderByZero(_) => Failure::Error("modulus by zero".to_owned()),
        ExecutionError::FunctionError { message, .. } => Failure::Error(message),
        other => Failure::Unknown(other.to_string()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn evaluate(source: &str) -> Result<Value, Failure> {
        Expression::parse(source)?.evaluate(&[])
    }

    #[track_caller]
    fn holds(source: &str) {
        assert_eq!(evaluate(source), Ok(Value::Bool(true)), "{source}");
    }

    #[test]
    fn the_language_and_its_optional_values() {
        holds("[1, 2, 3].all(x, x > 0) && [1, 2].exists_one(x, x == 2) && [1, 2].map(x, x * 2) == [2, 4]");
        holds("has({'a': 1}.a) && !has({'a': 1}.b)");
        holds("{'a': 1}[?'b'].orValue(3) == 3 && {'a': {'b': 2}}.?a.?b.hasValue() && optional.none().orValue(1) == 1");
        holds("duration('1h') > duration('30m') && timestamp('2024-01-01T00:00:00Z') < timestamp('2025-01-01T00:00:00Z')");
        holds("'a,b'.split(',').size() == 2 && 'Ab'.lowerAscii() == 'ab' && ['a', 'b'].join('-') == 'a-b' && 'abc'.substring(1) == 'bc'");
        assert_eq!(evaluate("{'a': 1}.b"), Err(Failure::Error("no such key: b".into())));
        assert!(matches!(evaluate("object.spec"), Err(Failure::Unknown(_))) && matches!(evaluate("1 +"), Err(Failure::Unknown(_))));
    }

    #[test]
    fn lists_sets_and_patterns() {
        holds("[1, 2, 2].isSorted() && [3, 1].min() == 1 && [3, 1].max() == 3 && [1, 2].sum() == 3");
        holds("['a', 'b', 'a'].indexOf('a') == 0 && ['a', 'b', 'a'].lastIndexOf('a') == 2 && 'abc'.indexOf('c') == 2");
        holds("sets.contains([1, 2], [2]) && sets.equivalent([1, 1, 2], [2, 1]) && sets.intersects([1], [1, 3])");
        holds("'abc 123'.find('[0-9]+') == '123' && '1 2'.findAll('[0-9]') == ['1', '2'] && '1 2'.findAll('[0-9]', 1) == ['1']");
        holds("'abc'.matches('^a.c$')");
    }

    #[test]
    fn addresses() {
        holds("isURL('https://example.com:80/a%20b?x=1') && !isURL('../x') && !isURL('x')");
        holds("url('https://example.com:80/a%20b?x=1').getHost() == 'example.com:80' && url('https://a:80').getPort() == '80'");
        holds("url('https://a/b?x=1').getScheme() == 'https' && url('https://a/b%20c').getEscapedPath() == '/b%20c'");
        holds("url('https://[::1]:8/').getHostname() == '::1' && url('https://a/?x=1&x=2').getQuery()['x'] == ['1', '2']");
        holds("isIP('::1') && !isIP('1.2.3') && ip('10.0.0.1').family() == 4 && ip('127.0.0.1').isLoopback()");
        holds("isCIDR('10.0.0.0/8') && cidr('10.0.0.0/8').containsIP('10.1.2.3') && !cidr('10.0.0.0/8').containsIP(ip('11.0.0.1'))");
        holds("cidr('10.0.0.0/8').containsCIDR('10.1.0.0/16') && cidr('10.1.0.0/8').masked() == cidr('10.0.0.0/8')");
        holds("cidr('10.1.0.0/8').prefixLength() == 8 && cidr('10.1.0.0/8').ip() == ip('10.1.0.0') && ip.isCanonical('::1')");
    }

    #[test]
    fn quantities_and_formats() {
        holds(
            "isQuantity('1Gi') && !isQuantity('x') && quantity('1Gi').isGreaterThan(quantity('1G')) && quantity('1') == quantity('1000m')",
        );
        holds("quantity('1').isLessThan(quantity('2')) && quantity('50k').compareTo(quantity('50000')) == 0");
        holds(
            "quantity('1').add(quantity('500m')) == quantity('1500m') && quantity('2').sub(1) == quantity('1') && quantity('-1').sign() == -1",
        );
        holds("quantity('2k').asInteger() == 2000 && !quantity('1m').isInteger() && quantity('1500m').asApproximateFloat() == 1.5");
        holds("!format.dns1123Label().validate('web').hasValue() && format.dns1123Label().validate('Web').hasValue()");
        holds("format.named('uuid').hasValue() && !format.named('none').hasValue() && format.uri().validate('x y').hasValue()");
    }
}
