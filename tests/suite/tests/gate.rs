//! The operator's gate: what it says of a project and of the objects that the project becomes; and how many projects of the corpus it
//! admits as it stands by default.

#![expect(clippy::disallowed_methods, reason = "a list of results is read, and written on request")]

use std::collections::BTreeSet;
use std::fs;
use std::time::{Duration, Instant};

use windlass_audit::gate::{Exemption, FailOn, Floor, Input, Mode, Settings, Standing, Verdict, gate, is_same_rendering};
use windlass_audit::{Severity, rules};
use windlass_compose::{Loaded, Request};
use windlass_convert::{Conversion, Options, Security, Wait};
use windlass_source::{FileSystem, MemoryFileSystem, RealFileSystem};
use windlass_suite::conversion::Project;
use windlass_suite::projects::{Selection, corpus};
use windlass_suite::recorded::each;
use windlass_testkit::{shared, workspace};

const TODAY: &str = "2026-06-01";

/// What the operator converts with.
fn options() -> Options {
    Options { wait: Wait::None, given: BTreeSet::from(["wait".to_owned()]), ..Options::default() }
}

/// A project in memory.
struct Stack {
    conversion: Conversion,
    files: MemoryFileSystem,
}

impl Stack {
    fn of(compose: &str) -> Self {
        Self::with(compose, &[], options())
    }

    fn with(compose: &str, others: &[(&str, &str)], options: Options) -> Self {
        let mut files = MemoryFileSystem::new();
        files.insert("/stack/compose.yaml", compose, 0o644);
        for (path, text) in others {
            files.insert(format!("/stack/{path}"), *text, 0o644);
        }
        let loaded = windlass_compose::load(&Request::new("/stack"), &files);
        assert!(loaded.is_ok(), "{:?}", loaded.diagnostics);
        let conversion = Project { options, ..Project::default() }.convert_loaded(&loaded, &files);
        Self { conversion, files }
    }

    fn judge(&self, settings: &Settings, floors: &[Floor]) -> Verdict {
        judge(windlass_compose::load(&Request::new("/stack"), &self.files), &self.conversion, "/stack", &self.files, settings, floors)
    }

    /// The rules that refuse it, in their order, with the line.
    fn refused(&self, settings: &Settings, floors: &[Floor]) -> Vec<String> {
        let verdict = self.judge(settings, floors);
        let mut refused: Vec<_> = verdict
            .refused()
            .map(|finding| format!("{}:{}", finding.rule.id, finding.place.as_ref().map_or(0, |place| place.line)))
            .collect();
        refused.sort();
        refused
    }

    /// What becomes of the findings of a rule.
    fn standing(&self, rule: &str) -> Vec<(Severity, Standing)> {
        let verdict = self.judge(&Settings::default(), &[]);
        let found = verdict.findings.iter().filter(|finding| finding.rule.id == rule);
        found.map(|finding| (finding.grade.severity, finding.standing.clone())).collect()
    }
}

fn judge(
    loaded: Loaded,
    conversion: &Conversion,
    directory: impl AsRef<std::path::Path>,
    files: &dyn FileSystem,
    settings: &Settings,
    floors: &[Floor],
) -> Verdict {
    let objects = &conversion.objects;
    gate(Input { loaded, objects, directory: directory.as_ref(), files, settings, floors, today: TODAY })
}

/// A service with a power, and nothing else that matters.
const PRIVILEGED: &str = "\
services:
  web:
    image: nginx:1.27
    privileged: true
";

#[test]
fn powers_that_objects_keep_are_refused_at_their_lines() {
    let check = |service: &str, expect: &[&str]| {
        let stack = Stack::of(&format!("services:\n  web:\n    image: nginx:1.27\n    {service}\n"));
        assert_eq!(stack.refused(&Settings::default(), &[]), expect, "{service}");
    };
    check("privileged: true", &["CO017:4"]);
    check("cap_add: [SYS_ADMIN]", &["CO018:4"]);
    check("cap_add: [NET_ADMIN]", &["KW025:4"]);
    check("cap_add: [NET_BIND_SERVICE]", &[]);
    check("network_mode: host", &["CO025:4"]);
    check("pid: host", &["CO026:4"]);
    check("ipc: host", &["CO026:4"]);
    check("security_opt: [\"seccomp:unconfined\"]", &["CO023:4"]);
    check("security_opt: [\"apparmor:unconfined\"]", &["CO023:4"]);
    check("security_opt: [\"no-new-privileges:true\"]", &[]);
}

#[test]
fn what_the_conversion_mends_is_told_and_not_counted() {
    let stack = Stack::of(
        "services:
  db:
    image: postgres:16
    environment: { POSTGRES_PASSWORD: mother-of-pearl-7 }
    volumes: [/var/run/docker.sock:/var/run/docker.sock, data:/var/lib/postgresql/data]
    ports: ['5432:5432']
volumes: { data: {} }
",
    );
    let is_repaired = |rule: &str| {
        let found = stack.standing(rule);
        assert!(!found.is_empty(), "{rule} finds nothing");
        assert!(found.iter().all(|(_, standing)| matches!(standing, Standing::Repaired(_))), "{rule}: {found:?}");
    };
    // A credential in a Secret, the socket left out, a port that stays inside, limits and restarts.
    for rule in ["CO038", "CO027", "CO046", "CO012", "CO015"] {
        is_repaired(rule);
    }
    assert_eq!(stack.refused(&Settings::default(), &[]), [""; 0]);
}

#[test]
fn what_harms_the_stack_alone_is_at_most_p2() {
    let stack = Stack::of("services:\n  app: { image: acme/app:1.4, environment: { APP_DEBUG: 'true' }, ports: ['80:8080'] }\n");
    assert_eq!(stack.standing("CO044"), [(Severity::P2, Standing::Warned)]);
    assert_eq!(stack.standing("KW019"), [(Severity::P2, Standing::Warned)]);
}

#[test]
fn an_open_datastore_counts_as_soon_as_something_outside_reaches_it() {
    let inside = Stack::of("services:\n  cache: { image: 'redis:7.4', ports: ['6379:6379'] }\n");
    assert_eq!(inside.refused(&Settings::default(), &[]), [""; 0]);
    let outside =
        Stack::of("services:\n  cache:\n    image: redis:7.4\n    ports: ['6379:6379']\n    x-windlass: { expose: loadbalancer }\n");
    assert_eq!(outside.refused(&Settings::default(), &[]), ["RD008:4"]);
}

#[test]
fn root_counts_where_the_restricted_standard_is_asked_for() {
    // The image's user is not known, so the objects can't say that it is not root.
    let compose = "services:\n  app: { image: acme/app:1.4, user: root }\n";
    let stack = Stack::with(compose, &[], Options { security: Security::Restricted, ..options() });
    let restricted = Settings { is_restricted: true, ..Settings::default() };
    assert_eq!(Stack::of(compose).refused(&Settings::default(), &[]), [""; 0]);
    let said = stack.judge(&restricted, &[]);
    let root: Vec<_> = said.findings.iter().filter(|finding| finding.rule.id == "KW019").map(|finding| finding.grade.severity).collect();
    assert!(root.iter().all(|severity| *severity == Severity::P1), "{root:?}");
}

#[test]
fn exemptions_hold_with_a_reason_until_their_day() {
    let stack = Stack::of(PRIVILEGED);
    let with = |reason: &str, until: Option<&str>, service: Option<&str>| {
        let exemption = Exemption {
            rule: "privileged".into(),
            service: service.map(str::to_owned),
            reason: reason.into(),
            until: until.map(str::to_owned),
        };
        let kubernetes = Exemption { rule: "KW017".into(), ..exemption.clone() };
        stack.judge(&Settings { exemptions: vec![exemption, kubernetes], ..Settings::default() }, &[])
    };
    let told = with("the build farm of this node", None, Some("web"));
    assert!(!told.is_refused());
    assert!(told.findings.iter().any(|finding| finding.standing == Standing::Exempt("the build farm of this node".into())));
    assert!(!with("as above", Some(TODAY), None).is_refused());
    let ended = with("as above", Some("2026-05-31"), None);
    assert!(ended.is_refused());
    assert!(ended.notes.iter().any(|note| note == "the exemption from `privileged` ended on 2026-05-31"), "{:?}", ended.notes);
    assert!(with("", None, None).is_refused(), "P1 wants a reason");
    assert!(with("as above", None, Some("other")).is_refused());
}

#[test]
fn no_stack_goes_below_the_floor() {
    let stack = Stack::of(PRIVILEGED);
    let warn = Settings { mode: Mode::Warn, ..Settings::default() };
    let never = Settings { fail_on: FailOn::Never, ..Settings::default() };
    let off = Settings { mode: Mode::Off, ..Settings::default() };
    for settings in [&warn, &never, &off] {
        assert_eq!(stack.refused(settings, &[]), [""; 0]);
    }
    let floor = Floor { name: "tenants".into(), mode: Some(Mode::Enforce), fail_on: Some(FailOn::At(Severity::P1)), ..Floor::default() };
    for settings in [&warn, &never, &off] {
        assert_eq!(stack.refused(settings, std::slice::from_ref(&floor)), ["CO017:4"], "{settings:?}");
    }
    // Neither what the Stack lists nor what stands in its text.
    let exempt = |rule: &str| Exemption { rule: rule.into(), service: None, reason: "we need it".into(), until: None };
    let settings = Settings { exemptions: vec![exempt("CO017"), exempt("KW017")], ..Settings::default() };
    let none = Floor { exemptible: Some(Vec::new()), ..floor.clone() };
    assert_eq!(stack.refused(&settings, std::slice::from_ref(&none)), ["CO017:4"]);
    let written = Stack::of(&PRIVILEGED.replace("privileged: true", "privileged: true # windlass: ignore[CO017,KW017] we need it"));
    assert_eq!(written.refused(&Settings::default(), &[]), [""; 0]);
    assert_eq!(written.refused(&Settings::default(), &[none]), ["CO017:4"]);
    let ending = Floor { needs_end: true, ..floor };
    assert_eq!(stack.refused(&settings, &[ending]), ["CO017:4"]);
    let scored = Floor { name: "tenants".into(), min_score: Some(100), ..Floor::default() };
    let verdict = Stack::of("services:\n  web: { image: nginx }\n").judge(&Settings::default(), &[scored]);
    assert!(verdict.score_refusal.is_some() && verdict.is_refused());
}

#[test]
fn an_update_that_changes_no_object_is_not_refused() {
    let (old, new) = (Stack::of(PRIVILEGED), Stack::of(&format!("# moved by a line\n{PRIVILEGED}")));
    assert!(is_same_rendering(&old.conversion.objects, &new.conversion.objects));
    let verdict = new.judge(&Settings::default(), &[]);
    assert!(verdict.is_refused() && !verdict.admitted().is_refused());
    let other = Stack::of(&PRIVILEGED.replace("1.27", "1.28"));
    assert!(!is_same_rendering(&old.conversion.objects, &other.conversion.objects));
}

#[test]
fn mounted_configuration_is_audited_and_no_repository_is_missed() {
    let nginx = "server {\n  listen 80;\n  location / { proxy_pass http://nobody:80; }\n}\n";
    let stack = Stack::with(
        "services:\n  web: { image: 'nginx:1.27', volumes: ['./default.conf:/etc/nginx/conf.d/default.conf:ro'] }\n",
        &[("default.conf", nginx)],
        options(),
    );
    let verdict = stack.judge(&Settings::default(), &[]);
    let places: Vec<_> = verdict.findings.iter().filter_map(|finding| finding.place.as_ref()).map(|place| place.file.as_str()).collect();
    assert!(places.contains(&"default.conf"), "{places:?}");
    assert!(verdict.findings.iter().all(|finding| !["DO001", "DI001", "DF001", "CI001"].contains(&finding.rule.id)));
}

/// Rules of a power that objects keep; of the last ones, that anybody outside the cluster is let into a datastore or can end its data.
const POWERS: [&str; 12] = ["CO017", "CO018", "CO023", "CO025", "CO026", "KW017", "KW025", "KW031", "KW032", "CO055", "CO087", "RD008"];

#[test]
fn nearly_every_project_is_admitted_and_each_refusal_is_a_power_of_the_objects() {
    let Some(directory) = shared("corpus") else { return };
    let projects = corpus(&directory, Selection::All);
    let results = each(&projects, |(name, project)| {
        let project = Project { options: options(), ..project.clone() };
        let files = RealFileSystem::new(&project.directory);
        let loaded = project.load(&files);
        if !loaded.is_ok() {
            return None;
        }
        let conversion = project.convert_loaded(&loaded, &files);
        let verdict = judge(loaded, &conversion, &project.directory, &files, &Settings::default(), &[]);
        let rules: BTreeSet<_> = verdict.refused().map(|finding| finding.rule.id).collect();
        Some(format!("{name}\t{}\n", Vec::from_iter(rules).join(",")))
    });
    let accepted = results.len();
    let refused: Vec<&str> = results.iter().map(String::as_str).filter(|line| !line.ends_with("\t\n")).collect();
    println!("result: {} of {accepted} runsets are admitted, {} are refused", accepted - refused.len(), refused.len());

    let list = workspace().join("tests/audit/refused.tsv");
    let head = "# Runsets of the corpus that the gate refuses by default, with the rules. Written by WINDLASS_UPDATE=1.\n";
    let now = format!("{head}{}", refused.concat());
    if std::env::var_os("WINDLASS_UPDATE").is_some() {
        fs::write(&list, &now).expect("the list can be written");
    }
    let known = fs::read_to_string(&list).unwrap_or_default();
    assert_eq!(now, known, "WINDLASS_UPDATE=1 writes the list");
    let named = refused.iter().flat_map(|line| line.trim_end().split('\t').nth(1).unwrap_or_default().split(','));
    let others: BTreeSet<_> = named.filter(|rule| !POWERS.contains(rule)).collect();
    assert!(others.is_empty(), "no powers: {others:?}");
    assert!(100 * (accepted - refused.len()) >= 93 * accepted, "{} of {accepted} are refused", refused.len());
}

#[test]
fn the_rules_that_are_powers_exist() {
    assert!(POWERS.iter().all(|id| rules::all().iter().any(|rule| rule.id == *id)));
}

/// The webhook's answer to a Stack of 100 KB may take 10 ms.
#[test]
#[cfg_attr(debug_assertions, ignore = "measured in release builds")]
fn a_large_stack_is_judged_in_time() {
    let mut compose = String::from("services:\n");
    let mut number = 0;
    while compose.len() < 100_000 {
        let settings: String = (0..12).map(|at| format!("      SETTING_{at}: \"value {at} of service {number}\"\n")).collect();
        compose.push_str(&format!(
            "  # Shows what api-{number} knows.
  web-{number}:
    image: nginx:1.27
    environment:
{settings}      DB_HOST: db-{number}
    ports: ['{}:80']
    depends_on:
      db-{number}: {{ condition: service_healthy }}
    labels:
      com.example.team: shop
      com.example.tier: \"{number}\"
    restart: unless-stopped
    mem_limit: 128m
  db-{number}:
    image: postgres:16
    environment:
{settings}      POSTGRES_PASSWORD: \"${{DB_PASSWORD:-x}}\"
    volumes: [data-{number}:/var/lib/postgresql/data]
    healthcheck: {{ test: [CMD-SHELL, pg_isready], interval: 10s }}
    restart: unless-stopped
",
            8000 + number
        ));
        number += 1;
    }
    compose.push_str("volumes:\n");
    (0..number).for_each(|number| compose.push_str(&format!("  data-{number}: {{}}\n")));
    let stack = Stack::of(&compose);
    let mut times: Vec<Duration> = (0..100)
        .map(|_| {
            let start = Instant::now();
            let verdict = stack.judge(&Settings::default(), &[]);
            assert!(!verdict.is_refused());
            start.elapsed()
        })
        .collect();
    times.sort();
    let worst = times[times.len() - 1 - times.len() / 100];
    println!(
        "result: {} KB, {number} pairs of services: median {:?}, worst but 1 % {worst:?}",
        compose.len() / 1000,
        times[times.len() / 2]
    );
    assert!(worst <= Duration::from_millis(10), "{worst:?}");
}
