//! DF077 arg-scope.

use windlass_dockerfile::Command;

use crate::context::StageContext;
use crate::findings::Findings;
use crate::rule::declare_rule;

declare_rule! {
    /// A variable is used that is not there: in `FROM` one that no `ARG` before it defines, or in `ENV` one that the same instruction sets.
    ///
    /// ## Why
    /// It is empty: the build stops, or the value is another than meant.
    ///
    /// ## Example
    /// ```dockerfile
    /// FROM debian:$RELEASE
    /// RUN true
    /// ```
    /// ## Use instead
    /// ```dockerfile
    /// ARG RELEASE=13-slim
    /// FROM debian:$RELEASE
    /// RUN true
    /// ```
    pub(crate) static RULE = {
        id: "DF077", slug: "arg-scope", control: DockerfileSyntax, severity: P2,
        aliases: ["buildkit:UndefinedArgInFrom", "buildkit:InvalidDefaultArgInFrom", "buildkit:UndefinedVar", "hadolint:DL3044"],
        effort: 5,
        check: Stage(check),
    }
}

fn check(stage: &StageContext<'_>, findings: &mut Findings<'_>) {
    const GIVEN: [&str; 8] =
        ["TARGETPLATFORM", "TARGETOS", "TARGETARCH", "TARGETVARIANT", "BUILDPLATFORM", "BUILDOS", "BUILDARCH", "BUILDVARIANT"];
    let tree = stage.dockerfile().tree();
    let before = tree.instructions.iter().take_while(|instruction| !matches!(instruction.command, Command::From(_)));
    let defined: Vec<&str> = before
        .filter_map(|instruction| if let Command::Arg(arguments) = &instruction.command { Some(arguments) } else { None })
        .flatten()
        .map(|argument| argument.name.text.as_str())
        .collect();
    let image = &stage.from.image;
    for name in variables(&image.text) {
        if !defined.contains(&name) && !GIVEN.contains(&name) {
            findings
                .report(image.span, format!("`{name}` is not defined before this `FROM`"))
                .help(format!("write `ARG {name}=…` before the first `FROM`"));
        }
    }
    for instruction in stage.body() {
        let Command::Env(pairs) = &instruction.command else { continue };
        for (at, pair) in pairs.iter().enumerate() {
            let used = variables(&pair.value.text);
            let same = pairs[..at].iter().find(|other| used.contains(&other.name.text.as_str()));
            if let Some(same) = same {
                findings
                    .report(pair.value.span, format!("`{}` has its old value here", same.name.text))
                    .related(same.name.span, "the new one counts from the next instruction on")
                    .help("write an `ENV` of its own");
            }
        }
    }
}

/// The names of variables without a default.
fn variables(text: &str) -> Vec<&str> {
    let mut names = Vec::new();
    for part in text.split('$').skip(1) {
        let inner = part.strip_prefix('{').unwrap_or(part);
        let end = inner.find(|letter: char| !letter.is_ascii_alphanumeric() && letter != '_').unwrap_or(inner.len());
        let has_default = part.starts_with('{') && [":-", ":+", "-"].iter().any(|mark| inner[end..].starts_with(mark));
        if end > 0 && !has_default {
            names.push(&inner[..end]);
        }
    }
    names
}
