//! docker compose's recorded verdicts, which lie beside the repository in `../shared/oracle` (or below `WINDLASS_SHARED`).
#![expect(clippy::print_stdout, reason = "a test says what it skips")]
#![allow(clippy::unwrap_used, reason = "reads recorded cases for tests; its failures are panics")]

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};

use base64::Engine as _;
use serde_json::{Map, Value};
use windlass_compose::Request;
use windlass_source::MemoryFileSystem;

/// Folders above a project, so that `../../x` has a name of its own.
pub const UP: &str = "/u8/u7/u6/u5/u4/u3/u2/u1";

/// The folder of recorded verdicts and of the corpus; says so when there is none.
pub fn shared() -> Option<PathBuf> {
    let default = || Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared");
    let shared = std::env::var_os("WINDLASS_SHARED").map_or_else(default, PathBuf::from);
    let found = shared.join("oracle/compose-odd").is_dir();
    if !found {
        println!("skipped: no recorded verdicts in {}", shared.display());
    }
    found.then_some(shared)
}

/// The records of a folder of verdicts.
///
/// # Panics
/// When they can't be read.
pub fn records(folder: &Path) -> Vec<Value> {
    let mut files: Vec<PathBuf> = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.retain(|file| file.extension().is_some_and(|extension| extension == "jsonl"));
    files.sort();
    files
        .iter()
        .flat_map(|file| fs::read_to_string(file).unwrap().lines().map(|line| serde_json::from_str(line).unwrap()).collect::<Vec<_>>())
        .collect()
}

/// Runs `check` on every item, on all processors; gives what it says of items, in order.
///
/// # Panics
/// When `check` does.
pub fn each<T: Sync>(items: &[T], check: impl Fn(&T) -> Option<String> + Sync) -> Vec<String> {
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

/// The texts of a list.
pub fn texts(value: &Value) -> Vec<&str> {
    value.as_array().map(|items| items.iter().filter_map(Value::as_str).collect()).unwrap_or_default()
}

/// A request with the environment that the verdicts were recorded in.
pub fn request(place: &Path) -> Request {
    let mut request = Request::new(place);
    request.environment = [("HOME", "/nonexistent-home"), ("PATH", "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin")]
        .map(|(name, value)| (name.to_owned(), value.to_owned()))
        .into();
    request
}

/// An odd case's files, its request and the folder of its project.
///
/// # Panics
/// When the record is broken.
pub fn odd(case: &Value) -> (MemoryFileSystem, Request, PathBuf) {
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

/// The cases that a file of `tests/conformance` names, each with what stands behind the colon.
///
/// # Panics
/// When the file can't be read.
pub fn listed(file: &str) -> BTreeMap<String, String> {
    let text = fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("../conformance").join(file)).unwrap();
    let lines = text.lines().filter(|line| !line.starts_with('#'));
    lines.filter_map(|line| line.split_once(": ")).map(|(name, text)| (name.to_owned(), text.to_owned())).collect()
}
