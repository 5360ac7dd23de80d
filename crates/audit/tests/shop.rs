//! `examples/shop`: the stack that the hand-written report is about. Its findings and scores are reproduced, what it praises stays silent,
//! and its repairs take away what they are meant to.

// The stack comes from the disk.
#![allow(clippy::disallowed_methods, reason = "a test that reads its cases")]

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use windlass_audit::fix::Overlay;
use windlass_audit::{Audit, Category, Context, Profile, Request, Settings, audit};
use windlass_source::{FileSystem, RealFileSystem, normalize};

fn directory() -> PathBuf {
    normalize(&Path::new(env!("CARGO_MANIFEST_DIR")).join("../../examples/shop"))
}

fn run(profile: Profile, files: &dyn FileSystem) -> (Context, Audit) {
    let context = Context::load(&Request::new(directory()), files);
    let found = audit(&context, &Settings { profile, ..Settings::default() });
    assert_eq!(context.not_understood(), []);
    (context, found)
}

fn real() -> RealFileSystem {
    RealFileSystem::new(directory())
}

/// `file:line RULE severity` of every finding that counts.
fn places(context: &Context, found: &Audit) -> BTreeSet<String> {
    let place = |finding: &windlass_audit::Finding| {
        let at = finding.span.map_or_else(
            || ".".to_owned(),
            |span| {
                let file = context.sources().file(span.file);
                format!("{}:{}", file.name(), file.position(span.start).line)
            },
        );
        format!("{at} {} {}", finding.rule.id, finding.grade.severity)
    };
    found.findings.iter().filter(|finding| finding.counts()).map(place).collect()
}

/// The scores of the report's eight key categories.
const SCORES: [(Category, u32); 8] = [
    (Category::Dockerfile, 95),
    (Category::Compose, 95),
    (Category::Security, 90),
    (Category::Image, 90),
    (Category::Health, 75),
    (Category::Networking, 100),
    (Category::Persistence, 95),
    (Category::Orchestration, 100),
];

#[test]
fn the_scores_of_the_report_are_reproduced() {
    for (profile, off) in [(Profile::SEED, 0), (Profile::DEFAULT, 2)] {
        let (_, found) = run(profile, &real());
        for (category, score) in SCORES {
            let ours = found.total.of(category).expect("the category is there");
            assert!(ours.abs_diff(score) <= off, "{}: {ours}, and the report says {score} ({profile:?})", category.as_str());
        }
        let production = found.stacks.iter().find(|stack| stack.name == "docker-compose.prod.yml").expect("the stack is there");
        assert_eq!(production.score.overall, Some(93), "{profile:?}");
    }
}

#[test]
fn the_findings_of_the_report_are_found() {
    let (context, found) = run(Profile::DEFAULT, &real());
    let places = places(&context, &found);
    let wanted = [
        "Dockerfile:83 DF001 P1",
        "docker-compose.prod.yml:14 CO001 P1",
        "docker-compose.yml:14 CO001 P2",
        "docker-compose.prod.yml:94 CO001 P2",
        "docker-compose.prod.yml:152 CO001 P3",
        ".github/workflows/ci.yml:1 CI001 P2",
        "docker-compose.prod.yml:14 CO021 P2",
        "docker-compose.prod.yml:14 CO020 P2",
        "docker-compose.prod.yml:14 CO019 P2",
        "windlass-images.yaml:4 IM002 P3",
        "Dockerfile:24 DF013 P3",
        "Dockerfile:11 DF056 P3",
        "Dockerfile:34 DF015 P3",
        "Dockerfile:32 DF021 P3",
        "docker-compose.dev.yml:17 CO024 P3",
        "docker/redis/redis.conf:15 RD007 P3",
        "docker-compose.prod.yml:12 CO080 P3",
        "docs/SETUP.md:1 DO001 P3",
        ". DO002 P3",
        "docker/docker-compose.scale.yml:248 CO083 P2",
        ".github/workflows/ci.yml:25 CI004 P3",
        "docker-compose.prod.yml:78 CO058 P2",
    ];
    let missing: Vec<_> = wanted.iter().filter(|place| !places.contains(**place)).collect();
    assert!(missing.is_empty(), "{missing:#?}\nare not among\n{places:#?}");
    let excused = found.exemptions.iter().filter(|entry| entry.rule == "CO001").count();
    assert!(excused > 0, "nginx is excused");
}

#[test]
fn what_the_report_praises_stays_silent() {
    const SILENT: &str = "DF006 DF011 DF014 DF016 DF017 DF030 DF032 DF033 DF034 DF036 DF040 DF055 DF060 DF062 DF066 DF067 DF086 DF087 DI001 DI002 \
        CO007 CO011 CO012 CO013 CO015 CO038 CO043 CO044 CO046 CO047 CO051 CO052 CO055 CO057 CO060 CO062 CO064 CO070 CO071 CO072 CO073 CO074 \
        CO076 CO077 CO078 CO079 CO082 CO101 CO102 NG001 NG002 NG003 NG004 NG005 NG006 NG007 NG010 NG011 NG012 NG013 NG014 NG015 NG016 NG017 \
        NG018 NG019 NG020 NG021 NG023 PH001 PH002 PH003 PH004 PH005 PH006 PH007 PH008 PH009 PH013 PH014 PH015 PH016 RD001 RD002 RD003 RD004 \
        RD005 MY001 MY002 MY003 MY005 MY006 MY007 MY008";
    let (context, found) = run(Profile::DEFAULT, &real());
    let loud: Vec<String> =
        places(&context, &found).into_iter().filter(|place| SILENT.split_whitespace().any(|rule| place.contains(rule))).collect();
    assert!(loud.is_empty(), "{loud:#?}");
}

/// The immediate actions of the report: health checks for the application and MySQL, a scan in the pipeline.
#[test]
fn the_repairs_of_the_report_take_away_what_they_are_for() {
    let real = real();
    let mut after = Overlay::new(&real, directory());
    let mut edit = |name: &str, before: &str, with: &str| {
        let text = after.text_of(name).expect("the file is there");
        assert!(text.contains(before), "{name} has `{before}`");
        after.write(name, text.replacen(before, with, 1));
    };
    edit(
        "Dockerfile",
        "CMD [\"php-fpm\"]",
        "HEALTHCHECK --interval=30s --timeout=5s --start-period=60s --retries=3 CMD php artisan health:check\nCMD [\"php-fpm\"]",
    );
    let check = |command: &str| {
        format!(
            "    healthcheck:\n      test: [\"CMD\", {command}]\n      interval: 30s\n      timeout: 5s\n      retries: 3\n      start_period: 60s\n"
        )
    };
    let app = check("\"php\", \"artisan\", \"health:check\"");
    for file in ["docker-compose.prod.yml", "docker-compose.yml"] {
        edit(file, "\n  app:\n", &format!("\n  app:\n{app}"));
    }
    edit("docker-compose.prod.yml", "\n  mysql:\n", &format!("\n  mysql:\n{}", check("\"mysqladmin\", \"ping\", \"-h\", \"127.0.0.1\"")));
    edit(".github/workflows/ci.yml", "    steps:\n", "    steps:\n      - run: trivy image --exit-code 1 --severity HIGH,CRITICAL shop\n");

    // Lines move; what is found and where it is said stays.
    let told = |files: &dyn FileSystem| -> BTreeSet<(String, String)> {
        let (_, found) = run(Profile::DEFAULT, files);
        found.findings.iter().map(|finding| (finding.rule.id.to_owned(), finding.message.clone())).collect()
    };
    let (before, repaired) = (told(&real), told(&after));
    let new: Vec<_> = repaired.difference(&before).collect();
    assert!(new.iter().all(|(rule, _)| rule == "CO007" || rule == "DF001"), "{new:?} is new");
    let gone: BTreeSet<&str> = before.difference(&repaired).map(|(rule, _)| rule.as_str()).collect();
    assert!(gone.iter().all(|rule| ["CI001", "CO001", "DF001"].contains(rule)), "{gone:?} are gone");

    let (context, found) = run(Profile::DEFAULT, &after);
    let places = places(&context, &found);
    let is_there = |file: &str, rule: &str, severity: &str| {
        places.iter().any(|place| place.starts_with(&format!("{file}:")) && place.ends_with(&format!("{rule} {severity}")))
    };
    assert!(!is_there("Dockerfile", "DF001", "P1"), "1 is repaired");
    assert!(!is_there("docker-compose.prod.yml", "CO001", "P1"), "2 is repaired");
    assert!(
        !found.findings.iter().any(|finding| finding.rule.id == "CO001"
            && finding.message.contains("`app`")
            && finding.span.is_some_and(|span| context.sources().file(span.file).name() == "docker-compose.yml")),
        "3 is repaired"
    );
    assert!(!is_there("docker-compose.prod.yml", "CO001", "P2"), "4 is repaired");
    assert!(!places.iter().any(|place| place.contains("CI001")), "8 is repaired");
    for rule in ["CO019", "CO020", "CO021"] {
        assert!(is_there("docker-compose.prod.yml", rule, "P2"), "{rule} is still there");
    }
}
