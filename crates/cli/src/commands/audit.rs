//! `windlass audit`: compose files, Dockerfiles and configuration files in, findings and scores out.

use std::path::{Path, PathBuf};

use clap::{Args, ValueEnum};
use windlass_audit::context::EnvironmentKind;
use windlass_audit::{Audit, Context, Profile, Request, Settings, Severity, audit, baseline, suppress};
use windlass_report::audit::{AuditFormat, AuditReport, FORMATS, by_extension, by_name};
use windlass_source::{Code, Diagnostic, FileSystem as _};

use crate::args::{OutputArgs, ProjectArgs};
use crate::commands::{Outcome, Shell, Stop};
use crate::exit::Exit;

const ARGUMENT: Code = Code("cli::argument");

#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct AuditArgs {
    /// Directories and files to look at
    #[arg(value_name = "PATH")]
    paths: Vec<PathBuf>,
    #[command(flatten)]
    rules: RuleArgs,
    #[command(flatten)]
    stacks: StackArgs,
    /// Form of the report on standard output
    #[arg(long, value_name = "FORMAT", default_value = FORMATS[0].name, value_parser = FORMATS.iter().map(|format| format.name).collect::<Vec<_>>(), help_heading = "Report")]
    format: String,
    /// Write a further report, its form by the extension; may be given again
    #[arg(long = "output", value_name = "FILE", help_heading = "Report")]
    outputs: Vec<PathBuf>,
    /// Write the findings to this file, for `--baseline`
    #[arg(long, value_name = "FILE", help_heading = "Report")]
    write_baseline: Option<PathBuf>,
    /// Show suppressed findings too
    #[arg(long, help_heading = "Report")]
    show_suppressed: bool,
    /// Exit 1 when a finding is at least this severe
    #[arg(long, value_name = "SEVERITY", default_value = "P1", ignore_case = true, help_heading = "Gate")]
    fail_on: FailOn,
    /// Exit 1 when the score is lower
    #[arg(long, value_name = "0-100", value_parser = clap::value_parser!(u32).range(0..=100), help_heading = "Gate")]
    min_score: Option<u32>,
    /// Exit 0 although something was not understood and so not checked
    #[arg(long, help_heading = "Gate")]
    allow_partial: bool,
    #[command(flatten)]
    pub(crate) project: ProjectArgs,
    #[command(flatten)]
    pub(crate) output: OutputArgs,
}

// Which rules run, and how they count.
#[derive(Clone, Debug, Args)]
#[command(next_help_heading = "Rules")]
pub(crate) struct RuleArgs {
    /// Run these rules only: ids, slugs, prefixes, ids of other tools
    #[arg(long, value_name = "RULE,…", value_delimiter = ',')]
    pub(crate) select: Vec<String>,
    /// Leave these rules out
    #[arg(long, value_name = "RULE,…", value_delimiter = ',')]
    ignore: Vec<String>,
    /// Give a rule another severity
    #[arg(long, value_name = "RULE=P2", value_parser = severity)]
    severity: Vec<(String, Severity)>,
    /// Leave out findings of a rule: `RULE[,…] [path=PATTERN] [service=NAME] REASON [until=2027-01-01]`
    #[arg(long, value_name = "TEXT")]
    suppress: Vec<String>,
    /// Leave out the findings of this file
    #[arg(long, value_name = "FILE")]
    baseline: Option<PathBuf>,
}

// What is audited, and how it is scored.
#[derive(Clone, Debug, Args)]
#[command(next_help_heading = "Rules")]
pub(crate) struct StackArgs {
    /// What everything is for, whatever the files say
    #[arg(long, value_name = "KIND")]
    environment: Option<Kind>,
    /// How much a failing control takes off its category's score
    #[arg(long, value_name = "PROFILE", default_value = "default", value_parser = profile)]
    score_profile: Profile,
}

/// The gate.
#[derive(Clone, Copy, Debug, ValueEnum)]
pub(crate) enum FailOn {
    #[value(name = "P1")]
    P1,
    #[value(name = "P2")]
    P2,
    #[value(name = "P3")]
    P3,
    #[value(name = "never")]
    Never,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum Kind {
    Dev,
    Prod,
}

const EXAMPLES: &str = "\
Examples:
  windlass audit
  windlass audit -f compose.yaml -f compose.prod.yaml --environment prod
  windlass audit --format sarif > audit.sarif
  windlass audit --output report.md --output audit.json --fail-on P2
  windlass audit --write-baseline known.txt && windlass audit --baseline known.txt

Exit codes:
  0  nothing at or above the gate
  1  a finding at or above --fail-on, or a score below --min-score
  2  the command line, a configuration or an input is wrong, or nothing was found to audit
  3  something was not understood and so not checked";

fn severity(text: &str) -> Result<(String, Severity), String> {
    let (rule, severity) = text.split_once('=').ok_or("write `RULE=P2`")?;
    Ok((rule.to_owned(), Severity::parse(severity).ok_or("a severity is P1, P2 or P3")?))
}

fn profile(text: &str) -> Result<Profile, String> {
    Profile::named(text).ok_or_else(|| "the profiles are `default` and `seed`".to_owned())
}

pub(crate) fn run(args: AuditArgs, before: ProjectArgs, shell: &mut Shell) -> Outcome {
    let reports = args.outputs.iter().map(|path| Ok((path.as_path(), format_of(path)?))).collect::<Result<Vec<_>, Stop>>()?;
    let format = by_name(&args.format).unwrap_or(&FORMATS[0]);
    let settings = Settings { profile: args.stacks.score_profile, ..args.rules.settings(Settings::unknown_names, shell)? };
    let project = args.project.after(before);
    let environment = args.stacks.environment();
    let request = Request { project: shell.request(project)?, paths: args.paths, environment };
    let context = Context::load(&request, &shell.files);
    let audit = audit(&context, &settings);

    shell.tell(&audit.not_understood, context.sources());
    // What was named is not there, or nothing that is there can be read: that is never a success.
    if context.is_missing_input() || (audit.files == 0 && !audit.not_understood.is_empty()) {
        return Ok(Exit::Invalid);
    }
    if audit.files == 0 {
        let told = Diagnostic::error(Code("cli::nothing-to-audit"), "there is nothing to audit")
            .because("no compose file, Dockerfile or known configuration file was found")
            .help("name a directory or a file");
        return Err(told.into());
    }
    if let Some(path) = &args.write_baseline {
        shell.write_file(path, baseline::write(&audit.findings).as_bytes())?;
    }
    let report = AuditReport { audit: &audit, context: &context, show_suppressed: args.show_suppressed, style: shell.result_style() };
    for (path, format) in reports {
        // A file has no colours.
        let plain = AuditReport { style: windlass_report::human::Style::default(), ..report };
        shell.write_file(path, (format.render)(&plain).as_bytes())?;
    }
    shell.print((format.render)(&report).as_bytes())?;
    Ok(gate(&audit, args.fail_on, args.min_score, args.allow_partial, shell))
}

fn gate(audit: &Audit, fail_on: FailOn, min_score: Option<u32>, allow_partial: bool, shell: &Shell) -> Exit {
    let mut exit = Exit::Done;
    if audit.findings.iter().any(|finding| finding.counts() && fail_on.is_reached_by(finding.grade.severity)) {
        exit = exit.and(Exit::Findings);
    }
    if let (Some(least), Some(score)) = (min_score, audit.score())
        && score < least
    {
        shell.say(&format!("--min-score: {score} is lower than {least}\n"));
        exit = exit.and(Exit::Findings);
    }
    if !allow_partial && !audit.not_understood.is_empty() {
        exit = exit.and(Exit::Partial);
    }
    exit
}

fn format_of(path: &Path) -> Result<&'static AuditFormat, Stop> {
    let extension = path.extension().and_then(|extension| extension.to_str()).unwrap_or_default();
    by_extension(extension).ok_or_else(|| {
        let known: Vec<_> = FORMATS.iter().flat_map(|format| format.extensions).map(|own| format!("`.{own}`")).collect();
        Diagnostic::error(ARGUMENT, format!("no report has the form of `{}`", path.display()))
            .help(format!("end its name in {}", known.join(", ")))
            .into()
    })
}

impl FailOn {
    /// True when a finding of this severity is at or above the gate.
    pub(crate) fn is_reached_by(self, severity: Severity) -> bool {
        match self {
            Self::P1 => severity <= Severity::P1,
            Self::P2 => severity <= Severity::P2,
            Self::P3 => severity <= Severity::P3,
            Self::Never => false,
        }
    }
}

impl StackArgs {
    /// What everything is for, where the command line says it.
    pub(crate) fn environment(&self) -> Option<EnvironmentKind> {
        self.environment.map(|kind| match kind {
            Kind::Dev => EnvironmentKind::Development,
            Kind::Prod => EnvironmentKind::Production,
        })
    }
}

impl RuleArgs {
    /// The settings; `unknown` gives those names of rules that are none.
    pub(crate) fn settings(&self, unknown: impl Fn(&Settings) -> Vec<&str>, shell: &Shell) -> Result<Settings, Stop> {
        let known = match &self.baseline {
            None => Default::default(),
            Some(path) => {
                let bytes = shell.files.read(path, 64 << 20).map_err(|error| {
                    Diagnostic::error(ARGUMENT, format!("the baseline `{}` can't be read", path.display())).because(error.to_string())
                })?;
                baseline::read(&String::from_utf8_lossy(&bytes))
            }
        };
        let suppressions = self.suppress.iter().map(|text| {
            suppress::of_text(text)
                .ok_or_else(|| Stop::from(Diagnostic::error(ARGUMENT, format!("`{text}` suppresses nothing")).help("write `RULE REASON`")))
        });
        let settings = Settings {
            select: self.select.clone(),
            ignore: self.ignore.clone(),
            severity: self.severity.clone(),
            profile: Profile::default(),
            suppressions: suppressions.collect::<Result<_, _>>()?,
            baseline: known,
            today: shell.environment.today.clone(),
        };
        if let Some(name) = unknown(&settings).first() {
            let help = "`windlass rules` lists them";
            return Err(Diagnostic::error(ARGUMENT, format!("there is no rule `{name}`")).help(help).into());
        }
        Ok(settings)
    }
}
