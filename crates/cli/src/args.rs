//! The command line. What the flags mean for a project stands in room `compose`, for a conversion in room `convert`.

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum};

use crate::commands::audit::AuditArgs;
use crate::commands::config::ConfigArgs;
use crate::commands::convert::ConvertArgs;
use crate::commands::cost::CostArgs;
use crate::commands::crd::CrdArgs;
use crate::commands::data::DataArgs;
use crate::commands::diff::DiffArgs;
use crate::commands::fix::FixArgs;
use crate::commands::graph::GraphArgs;
use crate::commands::init::InitArgs;
use crate::commands::rules::{ExplainArgs, RulesArgs};
use crate::commands::schema::SchemaArgs;
use crate::commands::shells::{CompletionsArgs, ManArgs};
use crate::commands::validate::ValidateArgs;

/// Hauls a Docker Compose stack onto Kubernetes.
#[derive(Debug, Parser)]
#[command(name = "windlass", version, max_term_width = 100, after_help = EXAMPLES)]
pub(crate) struct Cli {
    #[command(flatten)]
    pub(crate) project: ProjectArgs,
    #[command(flatten)]
    pub(crate) output: OutputArgs,
    #[command(subcommand)]
    pub(crate) command: Option<Command>,
}

const EXAMPLES: &str = "\
Examples:
  windlass                                  what is in this directory, and what to do next
  windlass convert                          the project in this directory, as one YAML stream
  windlass convert -f compose.yaml -o k8s   the same project as a tree of files
  windlass config --format json             the merged project, as docker compose prints it
  windlass graph -o shop.svg                a picture of the services and what they become
  windlass cost                             CPU, memory and storage, and the nodes that hold them
  windlass data > data.sh                   commands that carry the volumes into the cluster, and back
  windlass audit                            what is wrong with the files in this directory, and a score
  windlass validate k8s                     what the API server would say of the manifests in a directory

Exit codes:
  0  done, and nothing at or above the gate
  1  findings at or above the gate, --check or diff found a difference, or --strict an attribute that is lost or refused
  2  the command line, a configuration or an input is wrong
  3  something was not understood and so not checked";

// The commands and what they say of themselves. Their flags, in `commands/`, are put together for the one that runs. What stands above
// flags that several share is an ordinary comment, since a doc comment there would be taken for the help of the command.
#[derive(Debug, Subcommand)]
#[command(defer = true)]
pub(crate) enum Command {
    /// Check compose files, Dockerfiles and the configuration around them; score the stacks
    ///
    /// Without a path, everything that is recognised in the project's directory. `windlass explain RULE` tells about a rule.
    Audit(Box<AuditArgs>),
    /// Print a script with which a shell completes the command line
    Completions(CompletionsArgs),
    /// Print the merged project, as `docker compose config` does
    ///
    /// With `--quiet`, nothing is printed: the exit code says whether the project is right.
    Config(Box<ConfigArgs>),
    /// Turn the project into Kubernetes objects
    ///
    /// Without `-o`, the objects are one YAML stream on standard output. What differs from Compose, and what was filled in, is
    /// summed up on standard error; `--report` has all of it.
    Convert(Box<ConvertArgs>),
    /// Sum up CPU, memory and storage by service and in all, and say which nodes hold the stack
    ///
    /// Replicas count; DaemonSets and Jobs stand apart. What money it is, only a file of your own prices says.
    Cost(Box<CostArgs>),
    /// Print the custom resource definitions of `Stack` and `StackPolicy`
    ///
    /// `windlass crd | kubectl apply --server-side -f -` installs them.
    Crd(CrdArgs),
    /// Print what carries the content of volumes and datastores into the cluster, and back
    ///
    /// Archives keep owners, modes, links, sparse files and extended attributes. What is restored is compared with a list of what was
    /// archived, checksums included.
    Data(Box<DataArgs>),
    /// Say what applying the conversion would change, object by object
    ///
    /// The order of keys, comments and the layout of files don't count, nor does what only an API server writes. Values of Secrets are not
    /// shown, only whether they differ. Of a cluster, the server's own dry run says what each object would be; nothing is changed there.
    Diff(Box<DiffArgs>),
    /// Explain a rule, what becomes of a Compose attribute, an error of validity, or a field of Kubernetes
    Explain(Box<ExplainArgs>),
    /// Repair what the audit finds: print the difference, or make it
    ///
    /// Without `--apply` nothing is written. Comments and format stay as they are. What is not repaired is listed with the reason.
    Fix(Box<FixArgs>),
    /// Draw the services, what they need, their volumes and networks, and what they become
    ///
    /// The SVG follows the reader's light or dark theme. Services that differ only in their names share a box.
    Graph(Box<GraphArgs>),
    /// Write a commented `windlass.yaml` for the project
    ///
    /// It lists the settings of `convert`, `audit` and `validate` with what they do, each commented out with its default or with what suits
    /// this project. Take the `#` away to set one.
    Init(Box<InitArgs>),
    /// Print a manual page, or write all of them
    Man(ManArgs),
    /// List the rules
    Rules(Box<RulesArgs>),
    /// Print the JSON Schema of a format
    ///
    /// For editors and checks of one's own: `yaml-language-server` takes it for a file.
    Schema(SchemaArgs),
    /// Say what the API server would say of manifests, without a cluster
    ///
    /// Paths and words are the API server's own, with the place in the file. Without a path, the current directory; `-` is standard input.
    Validate(Box<ValidateArgs>),
}

impl Cli {
    /// The name of the command, its project flags and how it speaks, those before the command included.
    pub(crate) fn shared(&self) -> (&'static str, ProjectArgs, OutputArgs) {
        let alone = |name| (name, ProjectArgs { no_config: true, ..ProjectArgs::default() }, OutputArgs::default());
        let (name, project, output) = match &self.command {
            // What these print depends on no settings.
            None => alone(""),
            Some(Command::Audit(args)) => ("audit", args.project.clone(), args.output),
            Some(Command::Config(args)) => ("config", args.project.clone(), args.output),
            Some(Command::Convert(args)) => ("convert", args.project.clone(), args.output),
            Some(Command::Cost(args)) => ("cost", args.project.clone(), args.output),
            Some(Command::Data(args)) => ("data", args.project.clone(), args.output),
            Some(Command::Diff(args)) => ("diff", args.project.clone(), args.output),
            Some(Command::Explain(args)) => ("explain", args.project.clone(), args.output),
            Some(Command::Fix(args)) => ("fix", args.project.clone(), args.output),
            Some(Command::Graph(args)) => ("graph", args.project.clone(), args.output),
            Some(Command::Rules(args)) => ("rules", args.project.clone(), args.output),
            Some(Command::Completions(_)) => alone("completions"),
            Some(Command::Crd(_)) => alone("crd"),
            Some(Command::Man(_)) => alone("man"),
            Some(Command::Schema(_)) => alone("schema"),
            // It is there to write them.
            Some(Command::Init(args)) => ("init", ProjectArgs { no_config: true, ..args.project.clone() }, args.output),
            Some(Command::Validate(args)) => ("validate", args.project.clone(), args.output),
        };
        (name, project.after(self.project.clone()), output.after(self.output))
    }
}

// Which project: as docker compose has these flags, before or after the command.
#[derive(Clone, Debug, Default, Args)]
#[command(next_help_heading = "Project")]
pub(crate) struct ProjectArgs {
    /// Compose file; give it again to merge several, `-` is standard input
    #[arg(short, long = "file", value_name = "FILE")]
    pub(crate) files: Vec<String>,
    /// Name of the project
    #[arg(short, long, value_name = "NAME")]
    pub(crate) project_name: Option<String>,
    /// Directory that relative paths start from; that of the first compose file unless given
    #[arg(long, value_name = "DIR")]
    pub(crate) project_directory: Option<PathBuf>,
    /// Profile to enable; `*` is every profile
    #[arg(long = "profile", value_name = "NAME")]
    pub(crate) profiles: Vec<String>,
    /// File of variables, instead of `.env`
    #[arg(long = "env-file", value_name = "FILE")]
    pub(crate) env_files: Vec<String>,
    /// Most bytes to read for a project, such as `64MiB`
    #[arg(long, value_name = "SIZE", value_parser = size)]
    pub(crate) max_input: Option<u64>,
    /// Settings, instead of the nearest `windlass.yaml` from the project's directory upward
    #[arg(long, value_name = "FILE")]
    pub(crate) config: Option<PathBuf>,
    /// Read no settings
    #[arg(long, conflicts_with = "config")]
    pub(crate) no_config: bool,
}

impl ProjectArgs {
    /// These flags after those that stand before the command: lists go on, single values are replaced.
    pub(crate) fn after(self, before: Self) -> Self {
        let join = |mut first: Vec<String>, second: Vec<String>| {
            first.extend(second);
            first
        };
        Self {
            files: join(before.files, self.files),
            project_name: self.project_name.or(before.project_name),
            project_directory: self.project_directory.or(before.project_directory),
            profiles: join(before.profiles, self.profiles),
            env_files: join(before.env_files, self.env_files),
            max_input: self.max_input.or(before.max_input),
            config: self.config.or(before.config),
            no_config: self.no_config || before.no_config,
        }
    }
}

// What is said on standard error, and how.
#[derive(Clone, Copy, Debug, Default, Args)]
#[command(next_help_heading = "Messages")]
pub(crate) struct OutputArgs {
    /// Colours; `auto` follows the terminal and NO_COLOR
    #[arg(long, value_name = "WHEN")]
    pub(crate) color: Option<Color>,
    /// Say errors only
    #[arg(short, long)]
    pub(crate) quiet: bool,
    /// Say more
    #[arg(short, long, conflicts_with = "quiet")]
    pub(crate) verbose: bool,
}

impl OutputArgs {
    /// These flags after those that stand before the command.
    pub(crate) fn after(self, before: Self) -> Self {
        Self { color: self.color.or(before.color), quiet: self.quiet || before.quiet, verbose: self.verbose || before.verbose }
    }
}

/// When text is coloured.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub(crate) enum Color {
    #[default]
    Auto,
    Always,
    Never,
}

/// `16777216`, `16MiB`, `16m`, `16MB`: bytes; units are powers of 1024 as docker reads them.
fn size(text: &str) -> Result<u64, String> {
    let digits = text.find(|character: char| !character.is_ascii_digit()).unwrap_or(text.len());
    let shift = match text[digits..].trim().to_ascii_lowercase().trim_end_matches('b').trim_end_matches('i') {
        "" => 0,
        "k" => 10,
        "m" => 20,
        "g" => 30,
        _ => return Err("a size is a number and a unit, such as `64MiB`".into()),
    };
    let number: u64 = text[..digits].parse().map_err(|_| "a size is a number and a unit, such as `64MiB`")?;
    number.checked_mul(1 << shift).filter(|size| *size > 0).ok_or_else(|| "the size is out of range".into())
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::CommandFactory as _;

    #[test]
    fn the_command_line_is_well_formed() {
        Cli::command().debug_assert();
    }

    #[test]
    fn sizes_have_units() {
        for (text, bytes) in [("1", 1), ("16MiB", 16 << 20), ("16m", 16 << 20), ("2 GB", 2 << 30), ("3kb", 3 << 10)] {
            assert_eq!(size(text), Ok(bytes), "{text}");
        }
        for text in ["", "0", "MiB", "-1", "1.5m", "1x", "99999999999999999999", "18446744073709551615g"] {
            assert!(size(text).is_err(), "{text}");
        }
    }

    #[test]
    fn project_flags_stand_before_and_after_the_command() {
        let cli =
            Cli::parse_from(["windlass", "-f", "a", "-p", "x", "--profile", "one", "convert", "-f", "b", "-p", "y", "--profile", "two"]);
        let Some(Command::Convert(args)) = cli.command else { panic!("convert was named") };
        let project = args.project.after(cli.project);
        assert_eq!(project.files, ["a", "b"]);
        assert_eq!(project.profiles, ["one", "two"]);
        assert_eq!(project.project_name.as_deref(), Some("y"));
    }

    /// `docs/cli.md`: the help of every command.
    fn reference() -> String {
        let mut command = Cli::command().term_width(100);
        command.build();
        let mut text = String::from("# The command line\n\nThe help of every command, as `--help` prints it.\n");
        let mut add = |name: &str, command: &mut clap::Command| {
            let help = command.clone().term_width(100).render_long_help().to_string();
            let help: Vec<_> = help.lines().map(str::trim_end).collect();
            text.push_str(&format!("\n## `{name}`\n\n```text\n{}\n```\n", help.join("\n").trim_end()));
        };
        add("windlass", &mut command);
        for sub in command.get_subcommands_mut().filter(|sub| sub.get_name() != "help") {
            let name = format!("windlass {}", sub.get_name());
            add(&name, sub);
        }
        text
    }

    #[test]
    #[expect(clippy::disallowed_methods, reason = "compares a file of the repository")]
    fn the_reference_is_the_help_of_the_commands() {
        let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/cli.md");
        if std::env::var_os("WINDLASS_UPDATE").is_some() {
            std::fs::write(&path, reference()).unwrap();
        }
        let written = std::fs::read_to_string(&path).unwrap_or_default();
        assert!(written == reference(), "docs/cli.md is not what `--help` prints; run the test again with WINDLASS_UPDATE=1");
    }
}
