//! One small conversion in every format.

#[path = "page/without_assets.rs"]
mod without_assets;

use serde_json::json;
use windlass_compose::model::Project;
use windlass_convert::{AttributeEntry, Becomes, Fate, Inferred, Report, ServiceReport};
use windlass_k8s::{Kind, ObjectRef, Objects};
use windlass_report::{Conversion, FORMATS, ObjectEntry};
use windlass_source::{Applicability, Code, Diagnostic, Edit, Fix, Origin, SourceMap, Span};
use windlass_yaml::Path;

use self::without_assets::without_assets;

const TEXT: &str = "\
services:
  web:
    image: nginx
    ports: [\"80:80\"]
    labels: {a|b: `x`}
    privileged: true
  odd: {}
networks: {front: {driver: overlay}}
";

fn entry(path: Path, fate: Fate, becomes: &[(Kind, &str, Path)], message: &str, span: Span) -> AttributeEntry {
    let becomes = becomes.iter().map(|(kind, name, path)| Becomes::new(ObjectRef::new(*kind, *name), path.clone())).collect();
    AttributeEntry { path, fate, becomes, message: message.into(), origin: Origin::at(span) }
}

/// Calls `check` with a conversion that has one of everything.
fn with_conversion(check: impl Fn(&Conversion<'_>)) {
    let mut sources = SourceMap::new();
    let file = sources.add("compose.yaml", TEXT);
    let span = |word: &str| {
        let start = TEXT.find(word).expect("the word is in the text");
        Span::new(file, start..start + word.len())
    };
    let root = Path::root();
    let service = root.key("services").key("web");
    let container = root.key("spec").key("template").key("spec").key("containers").index(0);
    let port = entry(
        service.key("ports").index(0).key("target"),
        Fate::Mapped,
        &[(Kind::Service, "web", root.key("spec").key("ports").index(0)), (Kind::Deployment, "web", container.key("ports").index(0))],
        "",
        span("80:80"),
    );
    let label = entry(service.key("labels").key("a|b"), Fate::Approximated, &[], "an annotation,\nnot a | label", span("`x`"));
    let privileged = entry(service.key("privileged"), Fate::Refused, &[], "would own the node", span("true"));
    let driver = entry(root.key("networks").key("front").key("driver"), Fate::Lost, &[], "the cluster has one network", span("overlay"));
    let web = ServiceReport {
        workload: Some(ObjectRef::new(Kind::Deployment, "web")),
        attributes: vec![port, label, privileged],
        inferred: vec![Inferred {
            object: ObjectRef::new(Kind::Deployment, "web"),
            path: container.key("resources").key("limits").key("memory"),
            value: json!("1Gi"),
            because: "nobody knows the image".into(),
            flag: "--defaults none".into(),
        }],
        ..ServiceReport::new("web")
    };
    let report = Report { services: vec![web, ServiceReport::new("odd")], project: vec![driver] };
    let objects = [
        ObjectEntry {
            api_version: "v1",
            object: ObjectRef::new(Kind::Service, "web"),
            file: Some("service-web.yaml".into()),
            sources: vec![span("web")],
        },
        ObjectEntry { api_version: "apps/v1", object: ObjectRef::new(Kind::Deployment, "web"), file: None, sources: vec![] },
    ];
    let diagnostics = [Diagnostic::warning(Code("convert::privileged"), "`web` asks for the whole node")
        .label(span("true"), "here")
        .because("a container could leave its pod")
        .help("name the capabilities that it needs")
        .fix(Fix {
            title: "write `false`".into(),
            edits: vec![Edit { span: span("true"), replacement: "false".into() }],
            applicability: Applicability::Suggested,
        })];
    let (project, made) = (Project::default(), Objects::new());
    check(&Conversion { report: &report, objects: &objects, diagnostics: &diagnostics, sources: &sources, project: &project, made: &made });
}

#[test]
fn every_format_tells_the_whole_conversion() {
    with_conversion(|conversion| {
        for format in &FORMATS {
            insta::assert_snapshot!(format.extension, without_assets(&(format.render)(conversion)));
        }
        insta::assert_snapshot!("summary", windlass_report::summary(conversion.report, 2, conversion.sources, false));
        insta::assert_snapshot!("summary_verbose", windlass_report::summary(conversion.report, 2, conversion.sources, true));
    });
}

#[test]
fn a_page_escapes_what_files_say_and_shows_no_credentials() {
    let text = "services:\n  web:\n    image: nginx\n    environment: {PASSWORD: hunter2, DB_PASSWORD: nginx, TITLE: </td><script>alert(1)</script>}\n    command: run hunter2\n";
    let mut sources = SourceMap::new();
    let file = sources.add("<b>.yaml", text);
    let at = |word: &str| {
        let start = text.find(word).expect("the word is in the text");
        Span::new(file, start..start + word.len())
    };
    let after = |word: &str, length: usize| {
        let start = text.find(word).expect("the word is in the text") + word.len();
        Span::new(file, start..start + length)
    };
    let service = Path::root().key("services").key("web");
    let environment = service.key("environment");
    let secret = [(Kind::Secret, "web", Path::root().key("data").key("PASSWORD"))];
    let title = "</td><script>alert(1)</script>";
    let web = ServiceReport {
        attributes: vec![
            entry(environment.key("PASSWORD"), Fate::Mapped, &secret, "", at("hunter2")),
            entry(environment.key("DB_PASSWORD"), Fate::Mapped, &secret, "", after("DB_PASSWORD: ", 5)),
            entry(service.key("image"), Fate::Mapped, &[], "", at("nginx")),
            entry(environment.key("TITLE"), Fate::Lost, &[], title, at(title)),
            entry(service.key("command"), Fate::Mapped, &[], "", at("run hunter2")),
        ],
        ..ServiceReport::new("web")
    };
    let report = Report { services: vec![web], project: Vec::new() };
    let (project, made) = (Project::default(), Objects::new());
    let conversion = Conversion { report: &report, objects: &[], diagnostics: &[], sources: &sources, project: &project, made: &made };
    let page = (windlass_report::by_extension("HTML").expect("there are pages").render)(&conversion);
    assert!(!page.contains("hunter2") && page.contains("PASSWORD"), "{page}");
    // A password that is a name of the project is hidden where it is a password.
    assert!(
        page.contains("image: <mark>nginx</mark>") && !page.contains("PASSWORD: nginx") && !page.contains("<mark>nginx</mark>, TITLE"),
        "{page}"
    );
    assert!(!page.contains("<script>alert") && page.contains("&lt;script&gt;alert(1)"), "{page}");
    assert!(!page.contains("<b>.yaml"));
    for outside in ["http://", "https://", "src=", "@import", "url("] {
        assert!(!page.replace("http://www.w3.org/2000/svg", "").contains(outside), "{outside}");
    }
}
