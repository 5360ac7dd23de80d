//! EN001 example-real-secret.

use windlass_images::credentials::{self, Sign};
use windlass_source::Origin;

use crate::context::ConfigContext;
use crate::findings::Findings;
use crate::rule::declare_rule;

declare_rule! {
    /// An example of a file of variables has a credential that looks real.
    ///
    /// ## Why
    /// The file is in git so that people copy it. Whoever copies it runs with a key that everybody knows, and whoever made it by copying has published theirs.
    ///
    /// ## Example
    /// ```dotenv .env.example
    /// APP_KEY=base64:q83vEjRWeJCrze8SNFZ4kKvN7xI0VniQq83vEjRWeJA=
    /// ```
    /// ## Use instead
    /// ```dotenv .env.example
    /// APP_KEY=
    /// ```
    pub(crate) static RULE = {
        id: "EN001", slug: "example-real-secret", control: Secrets, severity: P1,
        seed: "5.1",
        effort: 15,
        check: Environment(check),
    }
}

fn check(config: &ConfigContext<'_>, findings: &mut Findings<'_>) {
    const EXAMPLES: [&str; 5] = [".example", ".sample", ".dist", ".template", ".tmpl"];
    let name = config.path().rsplit('/').next().unwrap_or_default();
    if !EXAMPLES.iter().any(|ending| name.ends_with(ending)) && !name.starts_with("example.") {
        return findings.not_applicable();
    }
    for (name, entry) in config.variables().iter() {
        let value = &entry.value;
        let Some(sign) = credentials::variable(name, value, &Origin::DEFAULT, None) else { continue };
        let is_certain = matches!(sign, Sign::Look(_)) && !value.contains("://");
        if !is_certain && !looks_random(value) {
            continue;
        }
        findings
            .report(entry.key, format!("`{name}` has a value that looks like a real credential"))
            .severity(config.grade(RULE.severity))
            .help("leave the value empty, say how it is made, and change it wherever it is in use");
    }
}

/// True for a text that a machine made: long, of several kinds of characters, hardly any of them twice in a row, and no words.
fn looks_random(value: &str) -> bool {
    let text = value.trim_start_matches("base64:").trim_end_matches('=');
    let is_token = text.len() >= 24 && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"+/_-".contains(&byte));
    let has = |is: fn(&u8) -> bool| text.bytes().any(|byte| is(&byte));
    let kinds = [has(u8::is_ascii_lowercase), has(u8::is_ascii_uppercase), has(u8::is_ascii_digit)].into_iter().filter(|has| *has).count();
    let distinct = text.bytes().collect::<std::collections::BTreeSet<u8>>().len();
    let lower = text.to_ascii_lowercase();
    const WORDS: [&str; 16] = [
        "your",
        "change",
        "example",
        "secret",
        "password",
        "placeholder",
        "xxxx",
        "1234",
        "replace",
        "insert",
        "here",
        "token",
        "generate",
        "random",
        "dummy",
        "test",
    ];
    is_token && kinds >= 2 && distinct >= 12 && !WORDS.iter().any(|word| lower.contains(word))
}
