//! `windlass rules` and `windlass explain`: what the rules are, and what one of them, an attribute of Compose, an error of validity or a field means.

use clap::Args;
use windlass_audit::{Rule, rules};
use windlass_report::rules::{FORMATS, explain};
use windlass_source::{Code, Diagnostic, closest};

use crate::args::{OutputArgs, ProjectArgs};
use crate::commands::{Outcome, Shell, field};
use crate::exit::Exit;

#[derive(Debug, Args)]
pub(crate) struct RulesArgs {
    /// Form of the list
    #[arg(long, value_name = "FORMAT", default_value = FORMATS[0].name, value_parser = FORMATS.iter().map(|format| format.name).collect::<Vec<_>>())]
    format: String,
    /// Only rules that look at this
    #[arg(long, value_name = "TARGET", value_parser = targets())]
    target: Option<String>,
    #[command(flatten)]
    pub(crate) project: ProjectArgs,
    #[command(flatten)]
    pub(crate) output: OutputArgs,
}

#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct ExplainArgs {
    /// A rule's id or slug, or another tool's id of it; an attribute such as `ports` or `services.web.healthcheck`; an id such as `KV050`; a field such as `spec.template.spec.containers[0].livenessProbe` or `Service.spec.ports`
    #[arg(value_name = "ID|ATTRIBUTE|FIELD")]
    name: String,
    #[command(flatten)]
    pub(crate) project: ProjectArgs,
    #[command(flatten)]
    pub(crate) output: OutputArgs,
}

const EXAMPLES: &str = "\
Examples:
  windlass explain CO001
  windlass explain DL3015                   the rule that hadolint calls so
  windlass explain services.web.healthcheck
  windlass explain KV050                    what the API server refuses
  windlass explain Service.spec.ports       its type, and what becomes it";

fn targets() -> Vec<&'static str> {
    let mut targets: Vec<_> = rules::all().iter().map(|rule| rule.check.target()).collect();
    targets.sort_unstable();
    targets.dedup();
    targets
}

pub(crate) fn list(args: RulesArgs, shell: &mut Shell) -> Outcome {
    let wanted = |rule: &&&'static Rule| args.target.as_ref().is_none_or(|target| rule.check.target() == target);
    let rules: Vec<&Rule> = rules::all().iter().filter(wanted).copied().collect();
    let format = FORMATS.iter().find(|format| format.name == args.format).unwrap_or(&FORMATS[0]);
    shell.print((format.render)(&rules).as_bytes())?;
    Ok(Exit::Done)
}

pub(crate) fn tell(args: ExplainArgs, shell: &mut Shell) -> Outcome {
    let texts = of_rules(&args.name).or_else(|| of_validity(&args.name)).or_else(|| of_attribute(&args.name));
    let texts = texts.or_else(|| field::explain(&args.name).map(|text| vec![text]));
    let Some(texts) = texts else {
        let known = rules::all().iter().flat_map(|rule| [rule.id, rule.slug]);
        let close = closest(&args.name, known)
            .map_or_else(|| "`windlass rules` lists the rules".to_owned(), |name| format!("did you mean `{name}`?"));
        let told = Diagnostic::error(Code("cli::unknown-name"), format!("`{}` is no rule, no attribute and no field", args.name));
        return Err(told.help(close).into());
    };
    shell.print(texts.join("\n").as_bytes())?;
    Ok(Exit::Done)
}

fn of_rules(name: &str) -> Option<Vec<String>> {
    // A prefix names many: that is a list, not an explanation.
    let exact = |rule: &&Rule| rule.id.eq_ignore_ascii_case(name) || rule.slug.eq_ignore_ascii_case(name) || rule.is_alias(name);
    let found: Vec<String> = rules::named(name).filter(exact).map(explain).collect();
    (!found.is_empty()).then_some(found)
}

fn of_validity(name: &str) -> Option<Vec<String>> {
    let (id, title) = windlass_audit::judgement::titles().find(|(id, _)| id.eq_ignore_ascii_case(name))?;
    let is_relation = windlass_k8s::validation::RELATIONS.iter().any(|(own, _)| *own == id);
    let what = if is_relation { "the objects do not fit each other" } else { "the API server refuses such a manifest" };
    Some(vec![format!("{id}\n\n{title}: {what}.\n")])
}

fn of_attribute(name: &str) -> Option<Vec<String>> {
    let cases = windlass_convert::support::find(name);
    let texts: Vec<String> = cases.iter().map(|case| format!("{}\n\n{}\n", case.input.trim(), case.outcome.trim())).collect();
    (!texts.is_empty()).then_some(texts)
}
