//! What every entry must hold: each file with each of its builds is loaded and checked. Problems are listed together, as `entry: problem`.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::OnceLock;

use super::*;
use crate::image::{Lifetime, Resources, Shell};

/// The base of each file, each of its builds alone, and for each named repository all that hold for it whatever the tag.
fn variants() -> &'static [(String, Image)] {
    static VARIANTS: OnceLock<Vec<(String, Image)>> = OnceLock::new();
    VARIANTS.get_or_init(|| ENTRIES.iter().flat_map(entry_variants).collect())
}

fn entry_variants(entry: &Entry) -> Vec<(String, Image)> {
    let alone = (0..entry.builds().count()).map(|index| (format!("build {index}"), 1 << index));
    let repositories = entry.names().map(|name| {
        let applies = |build: &Build| build.tags.is_none() && build.below.is_none() && build.applies(name, None);
        let mask = entry.builds().enumerate().filter(|(_, build)| applies(build));
        (format!("({name})"), mask.fold(0, |mask, (index, _)| mask | 1 << index))
    });
    let masks = std::iter::once(("latest".to_owned(), 0)).chain(alone).chain(repositories);
    let image = |(what, applies)| {
        let place = format!("{} {what}", entry.name);
        let image = entry.read(applies, KnownBy::Repository);
        let image = image.unwrap_or_else(|error| panic!("{place}: {error}"));
        (place, image)
    };
    masks.map(image).collect()
}

/// Checks every variant; `check` reports problems.
fn every_variant(check: impl Fn(&Image, &mut Vec<String>)) {
    let mut problems = Vec::new();
    for (place, image) in variants() {
        let mut found = Vec::new();
        check(image, &mut found);
        problems.extend(found.into_iter().map(|problem| format!("{place}: {problem}")));
    }
    assert!(problems.is_empty(), "{}", problems.join("\n"));
}

fn probes(image: &Image) -> impl Iterator<Item = &Probe> {
    let Health { readiness, liveness, startup } = &image.health;
    [readiness, liveness, startup].into_iter().flatten()
}

/// A quantity in thousandths of its unit; None when it isn't one.
fn quantity(text: &str) -> Option<u64> {
    let digits = text.trim_end_matches(|letter: char| letter.is_ascii_alphabetic());
    let number: u64 = digits.parse().ok()?;
    let factor = match &text[digits.len()..] {
        "m" => 1,
        "" => 1000,
        "Mi" => 1000 << 20,
        "Gi" => 1000 << 30,
        _ => return None,
    };
    Some(number * factor)
}

#[test]
#[allow(clippy::disallowed_methods, reason = "lists the files that a forgotten list entry would hide")]
fn every_file_is_listed_in_order() {
    let directory = concat!(env!("CARGO_MANIFEST_DIR"), "/src/catalogue");
    let files: BTreeSet<String> = std::fs::read_dir(directory)
        .expect("the catalogue's directory")
        .filter_map(|file| Some(file.ok()?.file_name().to_str()?.strip_suffix(".yaml")?.to_owned()))
        .collect();
    let listed: Vec<&str> = ENTRIES.iter().map(|entry| entry.name).collect();
    assert_eq!(listed, files.iter().map(String::as_str).collect::<Vec<_>>());
}

#[test]
fn every_name_is_short_and_belongs_to_one_entry() {
    let mut owners: BTreeMap<&str, &str> = BTreeMap::new();
    for entry in &ENTRIES {
        assert!(entry.names().next().is_some(), "{}: the first line is no `names: […]`", entry.name);
        let has_software = entry.text.contains("\nsoftware:");
        assert_eq!(has_software, entry.software().next().is_some(), "{}: `software: […]` is the second line", entry.name);
        for name in entry.names() {
            let plain = name.trim_end_matches("/*");
            let reference = Reference::parse(plain).unwrap_or_else(|error| panic!("{}: {name}: {error}", entry.name));
            assert_eq!(familiar(&reference), plain, "{}: write the name that the mirror stands for", entry.name);
            assert!(reference.tag().is_none(), "{}: {name} has a tag", entry.name);
        }
        for name in entry.names().chain(entry.software().filter(|software| !entry.names().any(|name| name == *software))) {
            if let Some(owner) = owners.insert(name, entry.name) {
                panic!("`{name}` is in {owner} and in {}", entry.name);
            }
        }
    }
}

#[test]
fn the_index_leads_to_every_entry() {
    assert!(NAMES.is_sorted() && SOFTWARE.is_sorted());
    for entry in &ENTRIES {
        let found = entry.names().map(|name| look_up(NAMES, name)).chain(entry.software().map(|name| look_up(SOFTWARE, name)));
        for found in found {
            assert_eq!(found.map(|found| found.name), Some(entry.name), "run `cargo xtask codegen`");
        }
    }
}

/// A look-up reads conditions and builds line by line; a YAML parser must see the same.
#[test]
fn every_build_reads_as_yaml_does() {
    for entry in &ENTRIES {
        let mut file: Mapping = serde_yaml::from_str(entry.text).unwrap_or_else(|error| panic!("{}: {error}", entry.name));
        let expected = match file.remove("builds") {
            Some(Value::Sequence(builds)) => builds,
            None => Vec::new(),
            Some(other) => panic!("{}: {other:?}", entry.name),
        };
        let read: Vec<Value> = entry
            .builds()
            .map(|build| {
                let list = |items| Value::Sequence(listed(items).map(Value::from).collect());
                let conditions = [
                    build.repositories.map(|items| ("repositories", list(items))),
                    build.tags.map(|items| ("tags", list(items))),
                    build.below.map(|version| ("below", Value::from(version))),
                ];
                let mut fields: Mapping = serde_yaml::from_str(build.changes).expect(build.changes);
                fields.extend(conditions.into_iter().flatten().map(|(key, value)| (Value::from(key), value)));
                Value::Mapping(fields)
            })
            .collect();
        assert_eq!(read, expected, "{}", entry.name);
        let base: Mapping = serde_yaml::from_str(entry.base()).expect(entry.name);
        assert_eq!(base, file, "{}", entry.name);
    }
}

#[test]
fn every_build_has_a_condition_that_can_hold() {
    for entry in &ENTRIES {
        assert!(entry.builds().count() <= 64, "{}: a build is one of 64 bits", entry.name);
        for (index, build) in entry.builds().enumerate() {
            let place = format!("{} build {index}", entry.name);
            let conditions = [build.repositories, build.tags, build.below];
            assert!(conditions.iter().any(Option::is_some), "{place}: no condition");
            for pattern in build.repositories.into_iter().flat_map(listed) {
                let fits = |name: &str| glob(pattern, name) || glob(name, pattern);
                assert!(entry.names().any(fits), "{place}: {pattern} fits no name of the first line");
            }
        }
    }
}

#[test]
fn every_entry_names_its_documentation() {
    every_variant(|image, problems| {
        if image.documentation.trim().len() < 8 {
            problems.push("no documentation".to_owned());
        }
    });
}

#[test]
fn every_probe_asks_what_the_image_has() {
    every_variant(|image, problems| {
        let has_port = |port: u16| image.ports.iter().any(|known| known.port == port);
        for probe in probes(image) {
            match &probe.check {
                Check::Http(http) if !http.path.starts_with('/') => problems.push(format!("path {}", http.path)),
                Check::Http(http) if !has_port(http.port) => problems.push(format!("{} is not in ports", http.port)),
                Check::Tcp(port) | Check::Grpc(port) if !has_port(*port) => problems.push(format!("{port} is not in ports")),
                Check::Shell(_) if matches!(image.shell, None | Some(Shell::None)) => {
                    problems.push("a script, and no shell".to_owned());
                }
                Check::Exec(words) if words.is_empty() || words.iter().any(|word| word.contains('$')) => {
                    problems.push("an empty command, or a variable that no shell expands".to_owned());
                }
                _ => {}
            }
            if probe.timeout > probe.period || probe.timeout == 0 || probe.failures == 0 {
                problems.push(format!("a timing that can't be kept: {probe:?}"));
            }
        }
        let starts_in = image.health.startup.as_ref().map(|probe| probe.period * probe.failures);
        if starts_in.is_some_and(|seconds| seconds < 120) {
            problems.push("a startup check of less than two minutes".to_owned());
        }
        if image.health.liveness.is_some() && image.health.readiness.is_none() {
            problems.push("liveness without readiness".to_owned());
        }
    });
}

#[test]
fn every_limit_is_at_least_the_request_and_the_documented_minimum() {
    every_variant(|image, problems| {
        let Resources { requests, limits, min_memory } = &image.resources;
        let mut at_most = |what: &str, low: &str, high: &str| match (quantity(low), quantity(high)) {
            (Some(low), Some(high)) if low <= high => {}
            _ => problems.push(format!("{what}: {low} and {high}")),
        };
        at_most("cpu", &requests.cpu, &limits.cpu);
        at_most("memory", &requests.memory, &limits.memory);
        if let Some(minimum) = min_memory {
            at_most("minimum", minimum, &limits.memory);
        }
    });
}

#[test]
fn every_port_has_a_name_that_a_service_may_use() {
    every_variant(|image, problems| {
        let mut names = BTreeSet::new();
        let mut numbers = BTreeSet::new();
        for port in &image.ports {
            let is_letter = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
            let is_name = port.name.len() <= 15
                && port.name.bytes().all(is_letter)
                && port.name.bytes().any(|byte| byte.is_ascii_lowercase())
                && !port.name.starts_with('-')
                && !port.name.ends_with('-');
            if !is_name || !names.insert(&port.name) || !numbers.insert((port.port, port.protocol == Protocol::Tcp)) {
                problems.push(format!("port {port:?}"));
            }
            if port.app.as_deref().is_some_and(|app| !matches!(app, "http" | "https" | "grpc" | "kubernetes.io/h2c")) {
                problems.push(format!("protocol of {port:?}"));
            }
        }
    });
}

#[test]
fn every_path_is_absolute_and_listed_once() {
    every_variant(|image, problems| {
        let mut paths = BTreeSet::new();
        let volumes = image.volumes.iter().map(|volume| volume.path.as_str());
        for path in volumes.chain(image.writable.iter().map(String::as_str)) {
            if !path.starts_with('/') || path.len() > 1 && path.ends_with('/') || !paths.insert(path) {
                problems.push(format!("path {path}"));
            }
        }
        for size in image.volumes.iter().filter_map(|volume| volume.size.as_deref()) {
            if quantity(size).is_none() {
                problems.push(format!("size {size}"));
            }
        }
    });
}

#[test]
fn what_keeps_state_says_where() {
    every_variant(|image, problems| {
        let keeps = image.volumes.iter().any(|volume| volume.size.is_some());
        if image.stateful && !keeps {
            problems.push("stateful, and no volume has a size".to_owned());
        }
        if image.members_own_data && !image.stateful {
            problems.push("members own data, but it isn't stateful".to_owned());
        }
        if image.volumes.iter().any(|volume| volume.sub_path && volume.size.is_none()) {
            problems.push("a subPath where no state is kept".to_owned());
        }
    });
}

#[test]
fn the_user_and_the_capabilities_agree() {
    every_variant(|image, problems| {
        let is_root = image.user.is_some_and(|user| user.uid == 0 || user.starts_as_root);
        let is_known = image.user.is_some();
        let known = [
            "CHOWN",
            "DAC_OVERRIDE",
            "FOWNER",
            "IPC_LOCK",
            "KILL",
            "NET_ADMIN",
            "NET_BIND_SERVICE",
            "NET_RAW",
            "SETGID",
            "SETUID",
            "SYS_ADMIN",
            "SYS_CHROOT",
            "SYS_PTRACE",
        ];
        for capability in &image.capabilities {
            if !known.contains(&capability.as_str()) {
                problems.push(format!("capability {capability}"));
            }
            if is_known && !is_root && !matches!(capability.as_str(), "NET_BIND_SERVICE" | "IPC_LOCK" | "NET_RAW" | "NET_ADMIN") {
                problems.push(format!("{capability} without root"));
            }
        }
        if image.user.is_some_and(|user| user.uid == 0 && user.starts_as_root) {
            problems.push("root that starts as root".to_owned());
        }
        if image.user.is_some_and(|user| user.starts_as_root) && !image.capabilities.iter().any(|name| name == "SETUID") {
            problems.push("becomes another user without SETUID".to_owned());
        }
    });
}

#[test]
fn every_variable_is_one() {
    every_variant(|image, problems| {
        let is_variable =
            |name: &str| !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'.' | b'-'));
        let suffix = image.file_suffix.as_deref().into_iter();
        let names = image.credentials.iter().chain(&image.hosts).chain(&image.data_settings);
        for name in names.map(String::as_str).chain(suffix) {
            if !is_variable(name) {
                problems.push(format!("variable {name}"));
            }
        }
        if !image.data_settings.is_empty() && image.volumes.iter().all(|volume| volume.size.is_none()) {
            problems.push("settings that move data of which nothing is known".to_owned());
        }
    });
}

#[test]
fn what_ends_has_no_ports_and_no_checks() {
    every_variant(|image, problems| {
        if image.lifetime != Lifetime::Server && (probes(image).next().is_some() || image.stateful) {
            problems.push("checks or state of something that is no server".to_owned());
        }
        if image.lifetime == Lifetime::OneShot && !image.ports.is_empty() {
            problems.push("ports of a tool".to_owned());
        }
        if image.stop.grace.is_some_and(|grace| grace == 0 || grace > 600) {
            problems.push("a grace that nobody waits for".to_owned());
        }
    });
}

#[test]
fn all_gives_every_entry_in_order() {
    let names: Vec<&str> = all().map(|image| image.name).collect();
    assert_eq!(names.len(), ENTRIES.len());
    assert!(names.is_sorted());
}

#[test]
fn every_port_setting_moves_a_port_of_some_build() {
    for entry in &ENTRIES {
        let variants = entry_variants(entry);
        for (setting, port) in &variants[0].1.port_settings {
            let has_port = |image: &Image| image.ports.iter().any(|known| known.port == *port);
            assert!(variants.iter().any(|(_, image)| has_port(image)), "{}: {setting} moves {port}, which is in no ports", entry.name);
        }
    }
}
