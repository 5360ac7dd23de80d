//! `cargo xtask codegen`: files that are made from code, so that they can't contradict it.

use std::fs;

use anyhow::bail;

/// A generated file.
struct Generated {
    path: &'static str,
    text: fn() -> String,
}

const FILES: [Generated; 1] = [Generated { path: "docs/images.md", text: images }];

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

fn images() -> String {
    String::new()
}
