//! docker compose's recorded verdicts: every project of the corpus and every odd case is loaded, and the result compared.
//!
//! The verdicts lie beside the repository, in `../shared/oracle` (or below `WINDLASS_SHARED`). Without them the test says so and
//! passes. What docker compose is plainly wrong about is listed in `tests/conformance/exceptions.txt`, with the reason.
#![expect(clippy::print_stdout, reason = "a test says what it skips")]
#![allow(clippy::disallowed_methods, clippy::unwrap_used, reason = "a test that reads recorded cases; its failures are panics")]

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};

use base64::Engine as _;
use serde_json::{Map, Value};
use windlass_compose::{Loaded, Request, config, load};
use windlass_source::{DirEntry, FileSystem, MemoryFileSystem, Metadata, RealFileSystem};

/// Folders above a project, so that `../../x` has a name of its own.
const UP: &str = "/u8/u7/u6/u5/u4/u3/u2/u1";

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

fn shared() -> Option<PathBuf> {
    let default = || Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared");
    let shared = std::env::var_os("WINDLASS_SHARED").map_or_else(default, PathBuf::from);
    let found = shared.join("oracle/compose-odd").is_dir();
    if !found {
        println!("skipped: no recorded verdicts in {}", shared.display());
    }
    found.then_some(shared)
}

fn records(folder: &Path) -> Vec<Value> {
    let mut files: Vec<PathBuf> = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.retain(|file| file.extension().is_some_and(|extension| extension == "jsonl"));
    files.sort();
    files
        .iter()
        .flat_map(|file| fs::read_to_string(file).unwrap().lines().map(|line| serde_json::from_str(line).unwrap()).collect::<Vec<_>>())
        .collect()
}

/// Runs `check` on every item, on all processors; gives what it says of items, in order.
fn each<T: Sync>(items: &[T], check: impl Fn(&T) -> Option<String> + Sync) -> Vec<String> {
    let next = AtomicUsize::new(0);
    let worker = || {
        let mut said = Vec::new();
        while let Some((at, item)) = Some(next.fetch_add(1, Ordering::Relaxed)).and_then(|at| Some((at, items.get(at)?))) {
            said.extend(check(item).map(|text| (at, text)));
        }
        said
    };
    let threads = std::thread::available_parallelism().map_or(1, usize::from);
    let mut said: Vec<(usize, String)> = std::thread::scope(|scope| {
        let workers: Vec<_> = (0..threads).map(|_| scope.spawn(worker)).collect();
        workers.into_iter().flat_map(|worker| worker.join().unwrap()).collect()
    });
    said.sort();
    said.into_iter().map(|(_, text)| text).collect()
}

fn texts(value: &Value) -> Vec<&str> {
    value.as_array().map(|items| items.iter().filter_map(Value::as_str).collect()).unwrap_or_default()
}

fn request(place: &Path) -> Request {
    let mut request = Request::new(place);
    request.environment = [("HOME", "/nonexistent-home"), ("PATH", "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin")]
        .map(|(name, value)| (name.to_owned(), value.to_owned()))
        .into();
    request
}

/// An odd case's files and request.
fn odd(case: &Value) -> (MemoryFileSystem, Request, PathBuf) {
    let place = Path::new(UP).join(case["dir"].as_str().unwrap_or("odd"));
    let mut files = MemoryFileSystem::new();
    files.insert_directory(&place);
    for (name, text) in case["files"].as_object().unwrap() {
        files.insert(place.join(name), text.as_str().unwrap(), 0o644);
    }
    for (name, text) in case["files_base64"].as_object().unwrap_or(&Map::new()) {
        let bytes = base64::engine::general_purpose::STANDARD.decode(text.as_str().unwrap()).unwrap();
        files.insert(place.join(name), bytes, 0o644);
    }
    let mut request = request(&place.join(case["cwd"].as_str().unwrap_or_default()));
    for (name, value) in case["env"].as_object().unwrap_or(&Map::new()) {
        request.environment.insert(name.clone(), value.as_str().unwrap().to_owned());
    }
    request.standard_input = case["stdin"].as_str().map(|text| text.as_bytes().to_owned());
    let mut arguments = texts(&case["args"]).into_iter();
    while let Some(flag) = arguments.next() {
        let value = arguments.next().unwrap();
        let value = value.strip_prefix("$DIR").map_or_else(|| value.to_owned(), |rest| format!("{}{rest}", place.display()));
        match flag {
            "-f" => request.files.push(value),
            "-p" => request.project_name = Some(value),
            "--profile" => request.profiles.push(value),
            "--env-file" => request.env_files.push(value),
            "--project-directory" => request.project_directory = Some(value.into()),
            other => panic!("{}: unknown flag {other}", case["id"]),
        }
    }
    (files, request, place)
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

/// Names of cases that may differ, from `tests/conformance/exceptions.txt`: `name: reason`.
fn exceptions() -> BTreeSet<String> {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("../conformance/exceptions.txt");
    let text = fs::read_to_string(file).unwrap_or_default();
    let lines = text.lines().filter(|line| !line.starts_with('#'));
    lines.filter_map(|line| Some(line.split_once(": ")?.0.to_owned())).collect()
}

fn assert_none(wrong: Vec<String>, of: usize) {
    let excepted = exceptions();
    let wrong: Vec<_> = wrong.into_iter().filter(|line| !excepted.iter().any(|name| line.starts_with(name.as_str()))).collect();
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

/// Errors that have no place in a text: a file that is not there, a flag that is wrong.
const WITHOUT_PLACE: [&str; 4] = ["compose::cannot-read", "compose::no-file", "compose::project-name", "compose::empty-file"];

#[test]
fn every_error_of_an_odd_case_has_its_place() {
    let Some(shared) = shared() else { return };
    let cases = records(&shared.join("oracle/compose-odd"));
    let wrong = each(&cases, |case| {
        let (files, request, _) = odd(case);
        let loaded = load(&request, &files);
        let mut lost = loaded
            .diagnostics
            .iter()
            .filter(|diagnostic| diagnostic.is_error() && diagnostic.span().is_none() && !WITHOUT_PLACE.contains(&diagnostic.code.0));
        lost.next().map(|diagnostic| format!("{}: no place: {}", case["id"], diagnostic.message))
    });
    assert_none(wrong, cases.len());
}

#[test]
fn two_loads_give_the_same_text_and_findings() {
    let Some(shared) = shared() else { return };
    let cases = records(&shared.join("oracle/compose-odd"));
    let wrong = each(&cases, |case| {
        let (files, request, _) = odd(case);
        let run = || {
            let loaded = load(&request, &files);
            (config::yaml(&loaded), loaded.diagnostics)
        };
        (run() != run()).then(|| format!("{}: two loads differ", case["id"]))
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
