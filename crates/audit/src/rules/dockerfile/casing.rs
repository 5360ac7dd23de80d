//! DF075 casing.

use windlass_dockerfile::Word;
use windlass_source::Edit;

use crate::context::DockerfileContext;
use crate::findings::Findings;
use crate::rule::declare_rule;

declare_rule! {
    /// Instructions are written in several ways, or the name of a stage has capitals.
    ///
    /// ## Why
    /// Both are read alike; people search for one of them.
    ///
    /// ## Example
    /// ```dockerfile
    /// FROM debian:13-slim
    /// run true
    /// CMD ["true"]
    /// ```
    /// ## Use instead
    /// ```dockerfile
    /// FROM debian:13-slim
    /// RUN true
    /// CMD ["true"]
    /// ```
    pub(crate) static RULE = {
        id: "DF075", slug: "casing", control: DockerfileSyntax, severity: P3,
        aliases: ["buildkit:StageNameCasing", "buildkit:FromAsCasing", "buildkit:ConsistentInstructionCasing"],
        fix: Auto,
        effort: 2,
        check: Dockerfile(check),
    }
}

fn check(dockerfile: &DockerfileContext<'_>, findings: &mut Findings<'_>) {
    let instructions = &dockerfile.tree().instructions;
    let is_upper = |word: &Word| !word.text.bytes().any(|byte| byte.is_ascii_lowercase());
    let is_lower = |word: &Word| !word.text.bytes().any(|byte| byte.is_ascii_uppercase());
    let uppers = instructions.iter().filter(|instruction| is_upper(&instruction.keyword)).count();
    // What most of them are is what all should be.
    let upper = uppers * 2 >= instructions.len();
    for instruction in instructions {
        let keyword = &instruction.keyword;
        let is_like_most = if upper { is_upper(keyword) } else { is_lower(keyword) };
        if is_like_most {
            continue;
        }
        let wanted = if upper { keyword.text.to_ascii_uppercase() } else { keyword.text.to_ascii_lowercase() };
        findings
            .report(keyword.span, format!("`{}` is written otherwise than the rest", keyword.text))
            .help(format!("write `{wanted}`"))
            .fix(format!("write `{wanted}`"), Edit { span: keyword.span, replacement: wanted });
    }
    for stage in dockerfile.stages() {
        if let Some(name) = stage.from.name.as_ref().filter(|name| name.text.bytes().any(|byte| byte.is_ascii_uppercase())) {
            findings
                .report(name.span, format!("the name of the stage `{}` has capitals", name.text))
                .help("write it small: stages are found whatever the case");
        }
    }
}
