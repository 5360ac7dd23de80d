//! `cargo xtask codegen`: files that are made from code, so that they can't contradict it.

mod attributes;
mod rules;

use std::fmt::Write as _;
use std::fs;

use anyhow::bail;
use windlass_images::catalogue;

/// A generated file.
struct Generated {
    path: &'static str,
    text: fn() -> String,
}

const FILES: [Generated; 6] = [
    Generated { path: "crates/images/src/catalogue/index.rs", text: catalogue::index },
    Generated { path: windlass_crd::DEFINITIONS[0].file, text: || windlass_crd::yaml(&(windlass_crd::DEFINITIONS[0].definition)()) },
    Generated { path: windlass_crd::DEFINITIONS[1].file, text: || windlass_crd::yaml(&(windlass_crd::DEFINITIONS[1].definition)()) },
    Generated { path: "docs/attributes.md", text: attributes::text },
    Generated { path: "docs/images.md", text: images },
    Generated { path: "docs/rules.md", text: rules::text },
];

pub(crate) fn run(check: bool) -> anyhow::Result<()> {
    let root = windlass_testkit::workspace();
    let mut stale = Vec::new();
    for Generated { path: name, text } in FILES {
        let path = root.join(name);
        let text = text();
        if fs::read_to_string(&path).is_ok_and(|current| current == text) {
            continue;
        }
        if check {
            stale.push(name);
        } else {
            fs::create_dir_all(path.parent().unwrap_or(&root))?;
            fs::write(&path, text)?;
            println!("wrote {name}");
        }
    }
    if !stale.is_empty() {
        bail!("not current: {}; run `cargo xtask codegen`", stale.join(", "));
    }
    Ok(())
}

/// The image catalogue as a table.
fn images() -> String {
    let mut text = String::from(
        "<!-- Made by `cargo xtask codegen` from crates/images/src/catalogue; edit the entries there. -->\n\n\
         # Images that Windlass knows\n\n\
         What is listed holds for the image's newest tag while a service keeps the image's own command; tags and other builds\n\
         (`bitnami/…`) may differ, and the entries say how. Requests and limits are starting points for a small production.\n\n\
         | image | role | ports | checks | requests | limits | facts from |\n|---|---|---|---|---|---|---|\n",
    );
    for image in catalogue::all() {
        let ports: Vec<String> = image.ports.iter().map(|port| port.port.to_string()).collect();
        let checks = match (&image.health.readiness, &image.health.liveness) {
            (Some(_), Some(_)) => "ready, alive",
            (Some(_), None) => "ready",
            (None, Some(_)) => "alive",
            (None, None) => "",
        };
        let amounts = |amounts: &windlass_images::image::Amounts| format!("{} / {}", amounts.cpu, amounts.memory);
        let role = format!("{:?}", image.role);
        let _ = writeln!(
            text,
            "| {} | {} | {} | {checks} | {} | {} | {} |",
            image.name,
            words(&role),
            ports.join(", "),
            amounts(&image.resources.requests),
            amounts(&image.resources.limits),
            image.documentation.replace('|', "\\|"),
        );
    }
    text
}

/// `WebServer` as words.
fn words(name: &str) -> String {
    let mut words = String::new();
    for character in name.chars() {
        if character.is_uppercase() && !words.is_empty() {
            words.push(' ');
        }
        words.extend(character.to_lowercase());
    }
    words
}
