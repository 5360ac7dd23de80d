//! What holds for any input: loading ends soon and without a panic, and an empty file beside others changes nothing.
#![expect(clippy::disallowed_methods, clippy::print_stdout, reason = "the examples are read from the repository, and the time is taken")]

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::LazyLock;
use std::time::Duration;

use nix::sys::resource::{UsageWho, getrusage};
use proptest::prelude::*;
use windlass_compose::{Loaded, Request, config, load};
use windlass_source::MemoryFileSystem;

/// The longest that 64 KiB may take, of the thread's own time; five times that without optimisation.
const SOON: Duration = Duration::from_secs(if cfg!(debug_assertions) { 5 } else { 1 });

/// The most memory that the process may ever hold, in KiB.
const MEMORY: i64 = 256 << 10;

static TEXTS: LazyLock<Vec<String>> = LazyLock::new(texts);

/// The compose files of the examples and of the conformance cases, and those of the corpus beside the repository, if it is there.
fn texts() -> Vec<String> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let mut texts = Vec::new();
    for directory in ["examples/guestbook", "examples/shop", "examples/voting", "examples/wordpress"] {
        let mut files: Vec<PathBuf> =
            fs::read_dir(root.join(directory)).expect("an example").map(|entry| entry.expect("readable").path()).collect();
        files.sort();
        files.retain(|file| file.extension().is_some_and(|extension| extension == "yml" || extension == "yaml"));
        texts.extend(files.iter().map(|file| fs::read_to_string(file).expect("text")));
    }
    let mut cases: Vec<PathBuf> =
        fs::read_dir(root.join("tests/conformance/compose")).expect("cases").map(|entry| entry.expect("readable").path()).collect();
    cases.sort();
    for case in cases {
        let case = fs::read_to_string(case).expect("text");
        let files = case.split("\n@file compose.yaml").skip(1);
        texts.extend(files.map(|file| file.trim_start_matches(|c| c != '\n').split("\n@").next().unwrap_or_default().to_owned()));
    }
    assert!(texts.len() > 100, "only {} texts", texts.len());
    let shared = std::env::var_os("WINDLASS_SHARED").map_or_else(|| root.join("../shared"), PathBuf::from);
    match fs::read_to_string(shared.join("corpus/RUNSETS.tsv")) {
        Ok(runsets) => texts.extend(runsets.lines().filter_map(|runset| {
            // Folder, kind, files.
            let [folder, _, files, ..] = runset.split('\t').collect::<Vec<_>>()[..] else { return None };
            let file = shared.join("corpus/compose").join(folder).join(files.split(';').next()?);
            fs::read_to_string(file).ok().filter(|text| text.len() <= 65_536)
        })),
        Err(_) => println!("without the corpus: nothing in {}", shared.display()),
    }
    texts
}

/// The time that this thread has used.
fn used() -> Duration {
    let usage = getrusage(UsageWho::RUSAGE_THREAD).expect("Linux has it");
    let micros = |time: nix::sys::time::TimeVal| time.tv_sec() as u64 * 1_000_000 + time.tv_usec() as u64;
    Duration::from_micros(micros(usage.user_time()) + micros(usage.system_time()))
}

fn run(files: &[(&str, &[u8])]) -> Loaded {
    let mut system = MemoryFileSystem::new();
    let mut request = Request::new("/project");
    for (name, text) in files {
        system.insert(Path::new("/project").join(name), *text, 0o644);
        request.files.push((*name).to_owned());
    }
    request.environment.insert("HOME".to_owned(), "/home/user".to_owned());
    load(&request, &system)
}

/// Everything that is made of an input; it must end soon.
fn survives(text: &[u8]) {
    let start = used();
    let loaded = run(&[("compose.yaml", text)]);
    let _ = (config::yaml(&loaded), config::json(&loaded), config::profiles(&loaded), config::images(&loaded));
    let time = used() - start;
    assert!(time < SOON, "{time:?} for {:?}", String::from_utf8_lossy(text));
    let memory = getrusage(UsageWho::RUSAGE_SELF).expect("Linux has it").max_rss();
    assert!(memory < MEMORY, "{memory} KiB after {:?}", String::from_utf8_lossy(text));
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 128, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn arbitrary_bytes_end_in_a_result_or_a_finding(bytes in prop::collection::vec(any::<u8>(), 0..65_536)) {
        survives(&bytes);
    }

    #[test]
    fn mutated_files_end_in_a_result_or_a_finding(
        pick: prop::sample::Index,
        edits in prop::collection::vec((any::<prop::sample::Index>(), 0..9_usize, "[ -~\n\t]{0,6}|\\$\\{|&a |\\*a|<<: |!reset |: \\[|\\{"), 1..6),
    ) {
        let mut text = pick.get(&TEXTS).clone().into_bytes();
        for (at, cut, insert) in edits {
            let at = at.index(text.len() + 1);
            let end = (at + cut).min(text.len());
            text.splice(at..end, insert.bytes());
        }
        survives(&text);
    }
}

#[test]
fn an_empty_file_before_or_after_changes_nothing() {
    for text in TEXTS.iter() {
        let alone = run(&[("compose.yaml", text.as_bytes())]);
        if !alone.is_ok() {
            continue;
        }
        for empty in ["", "# nothing\n", "{}\n", "x-note: &note 1\nservices: {}\n"] {
            let expected = config::yaml(&alone);
            let without_note = |loaded: &Loaded| config::yaml(loaded).replace("x-note: 1\n", "");
            let after = run(&[("compose.yaml", text.as_bytes()), ("empty.yaml", empty.as_bytes())]);
            assert!(after.is_ok(), "{empty:?} after {text}: {:?}", after.diagnostics);
            assert_eq!(without_note(&after), expected, "{empty:?} after {text}");
            let before = run(&[("empty.yaml", empty.as_bytes()), ("compose.yaml", text.as_bytes())]);
            assert!(before.is_ok(), "{empty:?} before {text}: {:?}", before.diagnostics);
            assert_eq!(without_note(&before), expected, "{empty:?} before {text}");
        }
    }
}
