//! What loading says and keeps beside the project itself; the project is compared with docker compose's in the suite.

use windlass_compose::{Loaded, Options, Request, config, load};
use windlass_source::MemoryFileSystem;

fn run(files: &[&str], options: Options) -> Loaded {
    let mut system = MemoryFileSystem::new();
    let mut request = Request { options, ..Request::new("/shop") };
    for (number, text) in files.iter().enumerate() {
        let name = format!("{number}.yaml");
        system.insert(format!("/shop/{name}"), *text, 0o644);
        request.files.push(name);
    }
    request.environment.insert("KNOWN".to_owned(), "x".to_owned());
    load(&request, &system)
}

/// `message @ the text there` of each finding.
fn said(files: &[&str]) -> Vec<String> {
    let loaded = run(files, Options::default());
    let at = |span| loaded.sources.slice(span);
    loaded.diagnostics.iter().map(|found| format!("{} @ {}", found.message, found.span().map_or("", at))).collect()
}

const ONE: &str = "\
services:
  web:
    image: nginx:${TAG}
    environment: [ZZ=1, KNOWN, AA=2]
    labels: {z: 1, b: true}
    dns: 1.1.1.1
    dns_search: a.example
    tmpfs: /tmp
    ports: ['80:80', '${PORT}:90']
    extra_hosts: {a: 1.1.1.1, b: ['[::1]']}
    build: {context: ., args: [KNOWN, X=1], labels: {n: 1}, additional_contexts: [a=../b]}
  api:
    image: api
    environment: {KNOWN: , N: 0.5}
    ports: ['80:80']
    extra_hosts: ['a:1.1.1.1']
";

const TWO: &str = "\
services:
  web:
    environment: {AA: 3}
    labels: [q=1, z=5]
    extra_hosts: ['a=1.1.1.1', 'c:2.2.2.2']
";

/// As docker compose 2.40.3 prints it, with `KNOWN=x` in the environment.
const RAW: &str = r#"name: shop
networks:
  default:
    name: shop_default
services:
  api:
    environment:
      KNOWN: null
      "N": 0.5
    extra_hosts:
      - a:1.1.1.1
    image: api
    networks:
      default: null
    ports:
      - mode: ingress
        protocol: tcp
        published: "80"
        target: 80
  web:
    build:
      additional_contexts:
        a: ../b
      args:
        - X=1
      context: .
      dockerfile: Dockerfile
      labels:
        "n": 1
    dns:
      - 1.1.1.1
    dns_search: a.example
    environment:
      - ZZ=1
      - KNOWN
      - AA=3
    extra_hosts:
      - a=1.1.1.1
      - b=[::1]
      - c:2.2.2.2
    image: nginx:${TAG}
    labels:
      - b=true
      - z=5
      - q=1
    networks:
      default: null
    ports:
      - 80:80
      - ${PORT}:90
    tmpfs: /tmp
"#;

#[test]
fn without_interpolation_forms_stay_as_docker_compose_keeps_them() {
    let options = Options { interpolate: false, resolve_paths: false, ..Options::default() };
    let loaded = run(&[ONE, TWO], options);
    assert!(loaded.is_ok(), "{:?}", loaded.diagnostics);
    assert_eq!(config::raw_yaml(&loaded), RAW);
}

#[test]
fn a_wrong_variable_or_number_hides_nothing_else() {
    let text = "\
services:
  a:
    image: ${MISSING?is needed}
    cpus: ${CORES:?are needed}
    privileged: maybe
    ports: ['${PORT?}:80']
    imag: b
";
    assert_eq!(
        said(&[text]),
        [
            "required variable `MISSING` is missing a value: is needed @ ${MISSING?is needed}",
            "required variable `CORES` is missing a value: are needed @ ${CORES:?are needed}",
            "required variable `PORT` is missing a value @ ${PORT?}",
            "`privileged` of service `a` must be `true` or `false` @ maybe",
            "service `a` has no attribute `imag` @ imag",
        ]
    );
}

#[test]
fn a_fault_of_yaml_is_told_once() {
    assert_eq!(said(&["services: {a: {image: *nothing}}\n"]), ["there is no anchor `&nothing` before this alias @ *nothing"]);
}

#[test]
fn a_reset_that_reaches_no_item_of_a_list_is_told() {
    let reset = "services: {a: {environment: {A: !reset null, B: !reset null}}}\n";
    assert_eq!(
        said(&["services: {a: {image: b, environment: [A=1]}}\n", reset]),
        ["`!reset` does not reach `services.a.environment.A` @ null"]
    );
    assert_eq!(said(&["services: {a: {image: b, environment: {A: 1}}}\n", reset]), Vec::<String>::new());
}

/// Services `web0`, `web1` …, each with one port.
fn many(count: usize, port: impl Fn(usize) -> String) -> String {
    let service = |number| format!("  web{number}:\n    image: nginx\n    ports: ['{}']\n", port(number));
    format!("services:\n{}", (0..count).map(service).collect::<String>())
}

#[test]
fn findings_in_many_services_stand_in_their_order() {
    let expected: Vec<String> = (0..100)
        .map(|number| {
            format!(
                "`ports[0]` of service `web{number}` is no port: container port `x{number}` is not a number from 0 to 65535 @ x{number}"
            )
        })
        .collect();
    assert_eq!(said(&[&many(100, |number| format!("80:x{number}"))]), expected);
}

#[test]
fn a_dollar_sign_may_be_written_as_an_escape() {
    let loaded = run(&["services: {web: {image: \"nginx:\\x24{KNOWN}\"}}\n"], Options::default());
    assert_eq!(loaded.project.services[0].image.as_ref().map(|image| image.as_str()), Some("nginx:x"));
}
