//! Hostile projects: each gives the right result or a diagnostic at its place, soon, within the stack of an ordinary thread,
//! and without a panic. Time is the thread's own, so that a busy machine changes little.

#![allow(clippy::unwrap_used, clippy::print_stdout, reason = "a test: its failures are panics, and it prints the times")]

use std::fmt::Write as _;
use std::time::Duration;

use nix::sys::resource::{UsageWho, getrusage};
use windlass_audit::{Context, Request as AuditRequest, Settings, audit};
use windlass_compose::{Request, config};
use windlass_convert::{Input, Options, convert};
use windlass_emit::layouts;
use windlass_k8s::schema::Version;
use windlass_k8s::validation::check_objects;
use windlass_source::{Diagnostic, MemoryFileSystem, SourceMap};

/// What became of a project.
struct Outcome {
    /// `code file:line:column` of each error of the load, then of the conversion.
    errors: Vec<String>,
    services: usize,
    /// What `windlass config` prints.
    config: String,
}

impl Outcome {
    /// Fails unless these are the first errors, and says what they are.
    fn refused(&self, expected: &[&str]) {
        let found: Vec<_> = self.errors.iter().take(expected.len().max(1)).collect();
        assert_eq!(found, expected);
    }

    fn accepted(&self) -> &Self {
        assert_eq!(self.errors.iter().take(3).collect::<Vec<_>>(), Vec::<&String>::new());
        self
    }
}

/// A project of files below `/srv/project`, of which `compose.yaml` is the first.
#[derive(Default)]
struct Hostile {
    files: MemoryFileSystem,
    bytes: usize,
    max_input: Option<u64>,
}

fn hostile(compose: impl Into<Vec<u8>>) -> Hostile {
    Hostile::default().with("compose.yaml", compose)
}

impl Hostile {
    fn with(mut self, name: &str, content: impl Into<Vec<u8>>) -> Self {
        let content = content.into();
        self.bytes += content.len();
        self.files.insert(format!("/srv/project/{name}"), content, 0o644);
        self
    }

    /// Loads, prints and converts it, and audits it, on a thread with the 2 MiB of stack that Rust gives, and drops it there. Two seconds,
    /// or one for each 4 MiB; five times that without optimisation.
    fn run(self) -> Outcome {
        let seconds = (self.bytes as f64 / f64::from(4 << 20)).max(2.0) * if cfg!(debug_assertions) { 5.0 } else { 1.0 };
        let name = std::thread::current().name().unwrap_or_default().to_owned();
        let thread = std::thread::Builder::new().stack_size(2 << 20).spawn(move || {
            let start = used();
            let outcome = self.load_and_convert();
            let converted = used();
            // Without optimisation the audit of ten thousand services takes minutes.
            if !cfg!(debug_assertions) || (outcome.services <= 500 && self.bytes <= 256 << 10) {
                let context = Context::load(&AuditRequest::new("/srv/project"), &self.files);
                let audit = audit(&context, &Settings::default());
                assert!(audit.files > 0 || !audit.not_understood.is_empty(), "neither audited nor refused");
            }
            (outcome, converted - start, used() - converted)
        });
        let (outcome, converting, auditing) = thread.unwrap().join().expect("no panic");
        for (what, time) in [("converted", converting), ("audited", auditing)] {
            println!("{:>9.3} s  {name}, {what}", time.as_secs_f64());
            assert!(time.as_secs_f64() < seconds, "{what}: {time:?} of {seconds} s");
        }
        outcome
    }

    fn load_and_convert(&self) -> Outcome {
        let mut request = Request::new("/srv/project");
        if let Some(max_input) = self.max_input {
            request.max_input = max_input;
        }
        let loaded = windlass_compose::load(&request, &self.files);
        let mut errors = places(&loaded.diagnostics, &loaded.sources);
        let mut text = String::new();
        if loaded.is_ok() {
            text = config::yaml(&loaded);
        }
        // Without optimisation the conversion of ten thousand services takes a minute.
        if loaded.is_ok() && (!cfg!(debug_assertions) || loaded.project.services.len() <= 2000) {
            let conversion = convert(&Input {
                project: &loaded.project,
                tree: &loaded.tree,
                directory: &loaded.directory,
                files: &self.files,
                variable: &|name| loaded.environment.get(name).map(|variable| variable.value.clone()),
                options: &Options::default(),
            });
            errors.extend(places(&conversion.diagnostics, &loaded.sources));
            let stream: String = layouts::stream(&conversion.objects, &loaded.sources, layouts::Options::default()).collect();
            assert!(!stream.is_empty() || conversion.objects.is_empty());
            let verdicts = check_objects(&conversion.objects, Version::DEFAULT);
            assert_eq!(verdicts.iter().find(|verdict| verdict.is_error()).map(|verdict| &verdict.message), None);
        }
        Outcome { errors, services: loaded.project.services.len(), config: text }
    }
}

/// The time that this thread has used.
fn used() -> Duration {
    let usage = getrusage(UsageWho::RUSAGE_THREAD).unwrap();
    [usage.user_time(), usage.system_time()]
        .iter()
        .map(|time| Duration::from_micros(time.tv_sec() as u64 * 1_000_000 + time.tv_usec() as u64))
        .sum()
}

fn places(diagnostics: &[Diagnostic], sources: &SourceMap) -> Vec<String> {
    let place = |diagnostic: &Diagnostic| diagnostic.span().map_or("nowhere".to_owned(), |span| sources.locate(span));
    diagnostics.iter().filter(|diagnostic| diagnostic.is_error()).map(|found| format!("{} {}", found.code.0, place(found))).collect()
}

/// The lines of `line` for each number.
fn lines(count: usize, line: impl Fn(usize) -> String) -> String {
    (0..count).map(line).fold(String::new(), |mut text, line| {
        let _ = writeln!(text, "{line}");
        text
    })
}

#[test]
fn an_alias_bomb_is_refused() {
    let mut text = String::from("x-0: &a0 [lol, lol, lol, lol, lol, lol, lol, lol, lol]\n");
    for level in 1..12 {
        let alias = format!("*a{}", level - 1);
        let _ = writeln!(text, "x-{level}: &a{level} [{}]", [alias.as_str(); 9].join(", "));
    }
    hostile(text + "services: {a: {image: b}}\n").run().refused(&["yaml::aliases compose.yaml:5:10"]);
}

#[test]
fn many_files_with_a_small_alias_bomb_each_are_refused() {
    let mut project = hostile(format!(
        "include: [{}]\nservices: {{a: {{image: b}}}}\n",
        (0..60).map(|n| format!("i{n}.yaml")).collect::<Vec<_>>().join(", ")
    ));
    for number in 0..60 {
        let bomb = format!("x-a: &a [{}]\nx-b: &b [{}]\nx-c: [{}]\n", "0, ".repeat(40), "*a, ".repeat(40), "*b, ".repeat(50));
        project = project.with(&format!("i{number}.yaml"), bomb);
    }
    project.run().refused(&["compose::too-large compose.yaml:1:38"]);
}

#[test]
fn nesting_of_ten_thousand_levels_is_refused() {
    let flow = format!("x-a: {}{}\n", "[".repeat(10_000), "]".repeat(10_000));
    hostile(flow).run().refused(&["yaml::depth compose.yaml:1:262"]);
    let maps = format!("x-a: {}{}\n", "{a: ".repeat(10_000), "}".repeat(10_000));
    hostile(maps).run().refused(&["yaml::depth compose.yaml:1:1026"]);
    let lists = format!("x-a:\n  {}1\n", "- ".repeat(10_000));
    hostile(lists).run().refused(&["yaml::depth compose.yaml:2:513"]);
    // Ten thousand of these would be 50 MB of spaces.
    let block = lines(2000, |level| format!("{}a:", " ".repeat(level)));
    hostile(block).run().refused(&["yaml::depth compose.yaml:257:257"]);
    hostile("[".repeat(100_000)).run().refused(&["yaml::depth compose.yaml:1:257"]);
}

#[test]
fn as_deep_as_is_allowed_is_read_printed_and_dropped() {
    let text = format!(
        "x-a: {}{}\nservices: {{a: {{image: b, x-b: {}{}}}}}\n",
        "[".repeat(250),
        "]".repeat(250),
        "{a: ".repeat(240),
        "}".repeat(240)
    );
    assert_eq!(hostile(text).run().accepted().services, 1);
}

#[test]
fn a_cycle_of_includes_is_refused() {
    hostile("include: [b.yaml]\n").with("b.yaml", "include: [compose.yaml]\n").run().refused(&["compose::include-cycle b.yaml:1:11"]);
    hostile("include: [compose.yaml]\n").run().refused(&["compose::include-cycle compose.yaml:1:11"]);
    hostile("include: [./././sub/../compose.yaml]\n").run().refused(&["compose::include-cycle compose.yaml:1:11"]);
}

#[test]
fn a_thousand_includes_are_read_and_as_many_in_one_another_are_refused() {
    let list = lines(1000, |number| format!("  - i{number}.yaml"));
    let mut wide = hostile(format!("include:\n{list}services: {{a: {{image: b}}}}\n"));
    let mut deep = hostile("include: [i0.yaml]\n");
    for number in 0..1000 {
        wide = wide.with(&format!("i{number}.yaml"), format!("services: {{s{number}: {{image: i}}}}\n"));
        deep = deep.with(&format!("i{number}.yaml"), format!("include: [i{}.yaml]\nservices: {{s{number}: {{image: i}}}}\n", number + 1));
    }
    assert_eq!(wide.run().accepted().services, 1001);
    deep.run().refused(&["compose::include i99.yaml:1:11"]);
}

#[test]
fn includes_that_double_at_each_level_end() {
    let mut project = hostile("include: [i0.yaml, {path: i0.yaml}]\n");
    for number in 0..40 {
        let next = number + 1;
        project = project.with(&format!("i{number}.yaml"), format!("include: [i{next}.yaml, {{path: i{next}.yaml}}]\n"));
    }
    project.with("i40.yaml", "services: {a: {image: b}}\n").run().refused(&["compose::too-large i37.yaml:1:11"]);
}

#[test]
fn a_large_file_that_is_included_again_and_again_ends() {
    let again = lines(5000, |_| "  - big.yaml".to_owned());
    let big = lines(20_000, |number| format!("  v{number}:"));
    hostile(format!("include:\n{again}"))
        .with("big.yaml", format!("volumes:\n{big}"))
        .run()
        .refused(&["compose::too-large compose.yaml:37:5"]);
}

#[test]
fn cycles_of_extends_are_refused() {
    hostile("services: {a: {extends: a}}\n").run().refused(&["compose::extends-cycle compose.yaml:1:25"]);
    let ring = lines(10_000, |number| format!("  s{number}: {{extends: s{}}}", (number + 1) % 10_000));
    let outcome = hostile(format!("services:\n{ring}")).run();
    outcome.refused(&["compose::extends-cycle compose.yaml:10001:20"]);
    assert_eq!(outcome.errors.len(), 1);
    let one = "services: {a: {extends: {file: b.yaml, service: a}}}\n";
    let two = "services: {a: {extends: {file: compose.yaml, service: a}}}\n";
    hostile(one).with("b.yaml", two).run().refused(&["compose::extends-cycle compose.yaml:1:49"]);
}

#[test]
fn a_chain_of_extends_is_followed_to_its_end() {
    let chain = lines(10_000, |number| format!("  s{number}: {{extends: s{}}}", number + 1));
    assert_eq!(hostile(format!("services:\n{chain}  s10000: {{image: b}}\n")).run().accepted().services, 10_001);
}

#[test]
fn a_large_service_that_many_extend_is_refused() {
    let labels = lines(5000, |number| format!("      l{number}: a"));
    let many = lines(2000, |number| format!("  s{number}: {{extends: base}}"));
    let text = format!("services:\n  base:\n    image: b\n    labels:\n{labels}{many}");
    hostile(text).run().refused(&["compose::too-large compose.yaml:5112:19"]);
}

#[test]
fn a_large_env_file_of_many_services_is_refused() {
    let many = lines(2000, |number| format!("  s{number}: {{image: b, env_file: [big.env]}}"));
    let variables = lines(10_000, |number| format!("V{number}="));
    hostile(format!("services:\n{many}")).with("big.env", variables).run().refused(&["compose::too-large compose.yaml:55:30"]);
}

#[test]
fn a_file_above_the_limit_is_refused_unread() {
    let mut project = hostile("services: {a: {image: b}}\n# more\n");
    project.max_input = Some(30);
    project.run().refused(&["compose::too-large nowhere"]);
    let mut two = hostile("include: [b.yaml]\n").with("b.yaml", "services: {a: {image: b}}\n");
    two.max_input = Some(40);
    two.run().refused(&["compose::too-large compose.yaml:1:11"]);
}

#[test]
fn variables_that_name_themselves_are_not_expanded_again() {
    let outcome = hostile("services: {a: {image: \"b:$A\", command: \"$B\"}}\n").with(".env", "A=$A-$A\nB=${C:-$D}\nD='$B'\n").run();
    assert!(outcome.accepted().config.contains("image: b:-\n"), "{}", outcome.config);
}

#[test]
fn variables_that_double_are_refused() {
    let doubling = format!("V0=lol\n{}", lines(40, |number| format!("V{}=$V{number}$V{number}", number + 1)));
    hostile("services: {a: {image: $V40}}\n").with(".env", doubling).run().refused(&["compose::env-file .env:22:5"]);
    let nested = format!("{}x{}", "${A:-".repeat(200), "}".repeat(200));
    hostile(format!("services: {{a: {{image: \"{nested}\"}}}}\n")).run().refused(&["compose::interpolation compose.yaml:1:349"]);
}

#[test]
fn a_long_variable_in_many_places_is_refused() {
    let uses = lines(10_000, |number| format!("      l{number}: $LONG"));
    let long = format!("LONG={}\n", "x".repeat(16 << 10));
    let text = format!("services:\n  a:\n    image: b\n    labels:\n{uses}");
    hostile(text).with(".env", long.clone()).run().refused(&["compose::too-large compose.yaml:2053:14"]);
    let once = format!("services:\n  a:\n    image: \"{}\"\n", "$LONG".repeat(10_000));
    hostile(once).with(".env", long).run().refused(&["compose::interpolation compose.yaml:3:13"]);
}

#[test]
fn bytes_that_are_no_text_are_refused_at_their_place() {
    hostile("services:\n  a: {image: b\0c}\n").run().refused(&["yaml::control-character compose.yaml:2:15"]);
    hostile("services:\n  a: {image: \"b\\0c\"}\n").run().accepted();
    hostile(b"services:\n  a: {image: b\xffc}\n").run().refused(&["compose::cannot-read compose.yaml:2:15"]);
    hostile(b"services:\n  a: {image: \xed\xa0\x80}\n").run().refused(&["compose::cannot-read compose.yaml:2:14"]);
    hostile("services: {a: {image: b, env_file: e.env}}\n").with("e.env", b"A=\xff\n").run().refused(&["compose::cannot-read e.env:1:3"]);
}

#[test]
fn line_ends_and_byte_order_marks_of_other_systems_are_read() {
    let outcome = hostile("services:\r\n  a:\r\n    image: b\r\n    command: |\r\n      x\r\n      y\r\n").run();
    assert!(outcome.accepted().config.contains("image: b\n"), "{}", outcome.config);
    let outcome = hostile("\u{feff}services:\n  a: {image: \"b:$T\"}\n").with(".env", "\u{feff}T=1\r\n").run();
    assert!(outcome.accepted().config.contains("image: b:1\n"), "{}", outcome.config);
    let utf16: Vec<u8> = "\u{feff}services: {a: {image: b}}\n".encode_utf16().flat_map(u16::to_le_bytes).collect();
    assert_eq!(hostile(utf16).run().accepted().services, 1);
}

#[test]
fn a_tab_is_no_indentation() {
    hostile("services:\n\ta: {image: b}\n").run().refused(&["yaml::syntax compose.yaml:2:2"]);
    hostile("services:\n  a:\t{image: b}\n").run().accepted();
}

#[test]
fn a_chain_of_ten_thousand_dependencies_is_read_and_a_ring_refused() {
    let chain = |last: usize| {
        let services = lines(10_000, |number| match number {
            0 => format!("  s0: {{image: b, depends_on: [s{last}]}}"),
            _ => format!("  s{number}: {{image: b, depends_on: [s{}]}}", number - 1),
        });
        hostile(format!("services:\n  z: {{image: b}}\n{services}").replace(&format!("[s{}]}}\n  s1:", 10_000), "[z]}\n  s1:"))
    };
    let outcome = chain(10_000).run();
    assert_eq!(outcome.accepted().services, 10_001);
    chain(9999).run().refused(&["compose::depends-on-cycle compose.yaml:4:31"]);
}

#[test]
fn services_that_all_wait_for_all_before_them_are_read() {
    let before = |number: usize| (0..number).map(|other| format!("s{other}")).collect::<Vec<_>>().join(", ");
    let services = lines(300, |number| format!("  s{number}: {{image: b, depends_on: [{}]}}", before(number)));
    assert_eq!(hostile(format!("services:\n{services}")).run().accepted().services, 300);
}

#[test]
fn ten_thousand_dependencies_on_nothing_are_told_soon() {
    let services = lines(10_000, |number| format!("  service-{number}: {{image: b, depends_on: [servise-{number}]}}"));
    let outcome = hostile(format!("services:\n{services}")).run();
    outcome.refused(&["compose::undefined-reference compose.yaml:2:38"]);
}

#[test]
fn a_hundred_thousand_keys_in_one_map_are_read() {
    let labels = lines(100_000, |number| format!("      key-{number}: value"));
    let outcome = hostile(format!("services:\n  a:\n    image: b\n    labels:\n{labels}")).run();
    assert!(outcome.accepted().config.contains("key-99999: value"));
    let unknown = lines(100_000, |number| format!("    key-{number}: value"));
    hostile(format!("services:\n  a:\n    image: b\n{unknown}")).run().refused(&["compose::unknown-attribute compose.yaml:4:5"]);
    let volumes = lines(100_000, |number| format!("  v{number}:"));
    hostile(format!("services: {{a: {{image: b}}}}\nvolumes:\n{volumes}")).run().accepted();
}

#[test]
fn a_text_of_eight_mebibytes_is_read() {
    for (open, close) in [("", ""), ("\"", "\""), ("'", "'"), ("|\n      ", "")] {
        let text = format!("services:\n  a:\n    image: b\n    command: {open}{}{close}\n", "x".repeat(8 << 20));
        assert_eq!(hostile(text).run().accepted().services, 1);
    }
    let image = format!("services: {{a: {{image: {}}}}}\n", "x".repeat(8 << 20));
    hostile(image).run();
}

#[test]
fn ranges_of_ports_are_read_up_to_a_limit() {
    let one = hostile("services: {a: {image: b, ports: ['1-65535:1-65535']}}\n").run();
    assert_eq!(one.accepted().services, 1);
    let many = lines(100, |number| format!("  s{number}: {{image: b, ports: ['1-65535:1-65535']}}"));
    hostile(format!("services:\n{many}")).run().refused(&["compose::invalid-value compose.yaml:4:26"]);
    let list = lines(100, |number| format!("  - i{number}.yaml"));
    let mut spread = hostile(format!("include:\n{list}"));
    for number in 0..100 {
        spread = spread.with(&format!("i{number}.yaml"), format!("services: {{s{number}: {{image: b, ports: ['1-65535']}}}}\n"));
    }
    spread.run().refused(&["compose::invalid-value i2.yaml:1:35"]);
}

#[test]
fn many_documents_in_one_file_end() {
    let services = lines(3000, |number| format!("  s{number}: {{image: b}}"));
    let text = format!("services:\n{services}{}", "---\nservices: {s0: {init: true}}\n".repeat(3000));
    hostile(text).run().refused(&["compose::too-large compose.yaml:3401:1"]);
}

#[test]
fn a_command_of_too_many_words_is_refused() {
    let words = format!("services: {{a: {{image: b, command: {}}}}}\n", "a ".repeat(4 << 20));
    hostile(words).run().refused(&["compose::invalid-value compose.yaml:1:35"]);
    let each = format!("services: {{a: {{image: b, command: {}}}}}\n", "$A ".repeat(1 << 20));
    hostile(each).with(".env", "A=\"b c\"\n").run().refused(&["compose::invalid-value compose.yaml:1:35"]);
}

#[test]
fn long_commands_and_paths_are_read() {
    let quotes = format!("services: {{a: {{image: b, command: '{}'}}}}\n", "\"a\\\"b\" ".repeat(20_000));
    hostile(quotes).run().accepted();
    let path = format!("services: {{a: {{image: b, volumes: ['{}:/x']}}}}\n", "./..".repeat(20_000));
    hostile(path).run().accepted();
    let mounts = lines(20_000, |number| format!("      - ./d{number}:/d{number}"));
    hostile(format!("services:\n  a:\n    image: b\n    volumes:\n{mounts}")).run().accepted();
}
