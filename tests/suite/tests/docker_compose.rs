//! docker compose's recorded verdicts: every project of the corpus and every odd case is loaded, and the result compared.
//!
//! The verdicts lie beside the repository, in `../shared/oracle` (or below `WINDLASS_SHARED`). Without them the test says so and
//! passes. What docker compose is plainly wrong about is listed in `tests/conformance/exceptions.txt`, with the reason.
#![allow(
    clippy::disallowed_methods,
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "a test that reads recorded cases and prints its result; its failures are panics"
)]

use std::collections::BTreeMap;
use std::io;
use std::path::{Path, PathBuf};

use serde_json::Value;
use windlass_compose::{Loaded, Request, config, load};
use windlass_source::{DirEntry, FileSystem, Metadata, RealFileSystem};
use windlass_suite::recorded::{UP, each, listed, odd, records, request, shared, texts};

/// A folder of the corpus, seen at [`UP`].
struct Moved {
    real: RealFileSystem,
    place: PathBuf,
}

impl Moved {
    fn real<'p>(&self, path: &'p Path) -> io::Result<&'p Path> {
        let below = path.strip_prefix(&self.place).map_err(|_| io::Error::from(io::ErrorKind::NotFound))?;
        // The folder itself has no name in its own file system.
        Ok(if below.as_os_str().is_empty() { Path::new(".") } else { below })
    }
}

impl FileSystem for Moved {
    fn read(&self, path: &Path, limit: u64) -> io::Result<Vec<u8>> {
        self.real.read(self.real(path)?, limit)
    }

    fn metadata(&self, path: &Path) -> Option<Metadata> {
        self.real.metadata(self.real(path).ok()?)
    }

    fn list(&self, path: &Path) -> io::Result<Vec<DirEntry>> {
        self.real.list(self.real(path)?)
    }

    fn canonicalize(&self, path: &Path) -> io::Result<PathBuf> {
        self.metadata(path).map(|_| path.to_owned()).ok_or_else(|| io::ErrorKind::NotFound.into())
    }
}

/// `$DIR`, `$UP1`, … for the real names.
fn neutral(value: &Value, place: &Path) -> Value {
    let names: Vec<(String, String)> = place
        .ancestors()
        .filter(|path| *path != Path::new("/"))
        .enumerate()
        .map(|(up, path)| (path.display().to_string(), if up == 0 { "$DIR".to_owned() } else { format!("$UP{up}") }))
        .collect();
    let text = |text: &str| {
        let mut text = text.to_owned();
        if text.contains("/u8") {
            for (name, short) in &names {
                let mut out = String::new();
                let mut rest = text.as_str();
                while let Some(at) = rest.find(name.as_str()) {
                    let (before, after) = (&rest[..at], &rest[at + name.len()..]);
                    let goes_on = after.starts_with(|next: char| next.is_ascii_alphanumeric() || matches!(next, '_' | '.' | '-'));
                    out += before;
                    out += if goes_on { name } else { short };
                    rest = after;
                }
                text = out + rest;
            }
        }
        text
    };
    change(value, &text)
}

fn change(value: &Value, text: &dyn Fn(&str) -> String) -> Value {
    match value {
        Value::String(value) => Value::String(text(value)),
        Value::Array(items) => Value::Array(items.iter().map(|item| change(item, text)).collect()),
        Value::Object(map) => Value::Object(map.iter().map(|(key, value)| (text(key), change(value, text))).collect()),
        // Numbers are equal when their values are.
        Value::Number(number) => number.as_f64().map_or_else(|| value.clone(), |number| number.into()),
        other => other.clone(),
    }
}

/// What is wrong with a result; `None` when it is docker compose's.
fn judge(name: &str, record: &Value, loaded: &Loaded, place: &Path) -> Option<String> {
    let errors = || loaded.diagnostics.iter().filter(|diagnostic| diagnostic.is_error()).map(|error| error.message.clone());
    let accepts = record["rc"] == 0;
    match (accepts, loaded.is_ok()) {
        (true, false) => Some(format!("{name}: rejected, but docker compose accepts it: {}", errors().collect::<Vec<_>>().join("; "))),
        (false, true) => {
            let why = record["error"].as_str().or(record["stderr_first_error"].as_str()).unwrap_or_default();
            Some(format!("{name}: accepted, but docker compose says: {why}"))
        }
        (false, false) => None,
        (true, true) => {
            let ours = neutral(&serde_json::from_str(&config::json(loaded)).unwrap(), place);
            let also = record["config_also"].as_array().into_iter().flatten();
            let mut theirs = std::iter::once(&record["config"]).chain(also).map(|value| neutral(value, place));
            if theirs.any(|theirs| theirs == ours) { None } else { Some(format!("{name}: the result differs")) }
        }
    }
}

fn assert_none(wrong: Vec<String>, of: usize) {
    let excepted = listed("exceptions.txt");
    let wrong: Vec<_> = wrong.into_iter().filter(|line| !excepted.keys().any(|name| line.starts_with(name.as_str()))).collect();
    println!("result: {of} compared, {} differ, {} on purpose", wrong.len(), excepted.len());
    assert!(wrong.is_empty(), "{} of {of}:\n{}", wrong.len(), wrong.join("\n"));
}

#[test]
fn projects_of_the_corpus_load_as_docker_compose_loads_them() {
    let Some(shared) = shared() else { return };
    let records = records(&shared.join("oracle/compose-config"));
    let wrong = each(&records, |record| {
        let folder = record["folder"].as_str().unwrap();
        let place = Path::new(UP).join(folder);
        let files = Moved { real: RealFileSystem::new(shared.join("corpus/compose").join(folder)), place: place.clone() };
        let mut request = request(&place);
        request.files = texts(&record["files"]).into_iter().map(str::to_owned).collect();
        request.env_files = record["env_file"].as_str().into_iter().map(str::to_owned).collect();
        request.profiles = texts(&record["profiles"]).into_iter().map(str::to_owned).collect();
        let name = format!("{folder}:{}", request.files.join(";"));
        judge(&name, record, &load(&request, &files), &place)
    });
    assert_none(wrong, records.len());
}

#[test]
fn odd_cases_load_as_docker_compose_loads_them() {
    let Some(shared) = shared() else { return };
    let cases = records(&shared.join("oracle/compose-odd"));
    let wrong = each(&cases, |case| {
        let (files, request, place) = odd(case);
        judge(case["id"].as_str().unwrap(), case, &load(&request, &files), &place)
    });
    assert_none(wrong, cases.len());
}

#[test]
fn two_loads_give_the_same_text_and_findings() {
    let Some(shared) = shared() else { return };
    let cases = records(&shared.join("oracle/compose-odd"));
    let wrong = each(&cases, |case| {
        let (files, mut request, _) = odd(case);
        // Without the typed project, values are only tried.
        let mut run = |typed| {
            request.options.typed = typed;
            let loaded = load(&request, &files);
            (config::yaml(&loaded), loaded.diagnostics)
        };
        (run(true) != run(false)).then(|| format!("{}: two loads differ", case["id"]))
    });
    assert_none(wrong, cases.len());
}

/// The values of a tree of JSON by their paths, for the message of a failure.
#[test]
fn loading_the_result_again_changes_nothing() {
    let Some(shared) = shared() else { return };
    let cases = records(&shared.join("oracle/compose-odd"));
    let accepted: Vec<_> = cases.iter().filter(|case| case["rc"] == 0).collect();
    let mut reasons = BTreeMap::<String, usize>::new();
    let wrong = each(&accepted, |case| {
        let (mut files, request, place) = odd(case);
        let first = load(&request, &files);
        if !first.is_ok() {
            return Some(format!("{}: rejected", case["id"]));
        }
        let text = config::yaml(&first);
        files.insert(place.join("again.yaml"), text.as_str(), 0o644);
        let mut again = Request::new(&place).with_file("again.yaml");
        again.environment.clone_from(&request.environment);
        again.profiles = vec!["*".to_owned()];
        let second = load(&again, &files);
        if !second.is_ok() {
            let error = second.diagnostics.iter().find(|diagnostic| diagnostic.is_error()).unwrap();
            return Some(format!("reload/{}: rejected: {}", case["id"].as_str().unwrap(), error.message));
        }
        (config::yaml(&second) != text).then(|| format!("reload/{}: differs", case["id"].as_str().unwrap()))
    });
    for line in &wrong {
        *reasons.entry(line.split(": ").nth(1).unwrap_or_default().to_owned()).or_default() += 1;
    }
    println!("{reasons:?}");
    assert_none(wrong, accepted.len());
}
