//! `windlass cost`: a project in, what its objects ask of a cluster out.

use std::path::{Path, PathBuf};

use clap::Args;
use windlass_convert::cost::{Cost, Prices};
use windlass_report::cost::{CostReport, FORMATS, by_name};
use windlass_source::{Code, Diagnostic, FileSystem as _, SourceMap};
use windlass_yaml::{Budget, decode, parse};

use crate::args::{OutputArgs, ProjectArgs};
use crate::commands::convert::ConversionArgs;
use crate::commands::project::converted;
use crate::commands::{Outcome, Shell, Stop, reason};
use crate::exit::Exit;

/// The most bytes of a file of prices.
const LIMIT: u64 = 64 << 10;

#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct CostArgs {
    /// Form of the numbers
    #[arg(long, value_name = "FORMAT", default_value = FORMATS[0].name, value_parser = FORMATS.iter().map(|format| format.name).collect::<Vec<_>>(), help_heading = "Numbers")]
    format: String,
    /// Prices of a CPU, a GiB of memory and a GiB of storage; `windlass schema prices` has the form
    #[arg(long, value_name = "FILE", help_heading = "Numbers")]
    prices: Option<PathBuf>,
    #[command(flatten)]
    conversion: ConversionArgs,
    #[command(flatten)]
    pub(crate) project: ProjectArgs,
    #[command(flatten)]
    pub(crate) output: OutputArgs,
}

const EXAMPLES: &str = "\
Examples:
  windlass cost
  windlass cost --replicas web=6            what would more replicas take?
  windlass cost --defaults none             only what the project itself reserves
  windlass cost --prices prices.yaml --format markdown

Prices:
  currency: EUR
  cpu-hour: 0.03
  memory-gib-hour: 0.004
  storage-gib-month: 0.1";

pub(crate) fn run(args: CostArgs, before: ProjectArgs, shell: &mut Shell) -> Outcome {
    let format = by_name(&args.format).unwrap_or(&FORMATS[0]);
    let prices = match args.prices.as_deref().map(|path| read_prices(path, shell)).transpose()? {
        Some(Err((wrong, sources))) => {
            shell.tell(&wrong, &sources);
            return Ok(Exit::Invalid);
        }
        Some(Ok(prices)) => Some(prices),
        None => None,
    };
    let Some(converted) = converted(args.conversion, args.project.after(before), shell)? else { return Ok(Exit::Invalid) };
    // Without a part of the stack the sums would be wrong.
    if converted.tell_errors(shell) {
        return Ok(Exit::Invalid);
    }
    let cost = Cost::of(&converted.conversion.objects);
    let report = CostReport { project: &converted.loaded.project.name.value, cost: &cost, prices: prices.as_ref() };
    shell.print((format.render)(&report).as_bytes())?;
    Ok(Exit::Done)
}

/// The prices of a file, or what is wrong with them.
fn read_prices(path: &Path, shell: &Shell) -> Result<Result<Prices, (Vec<Diagnostic>, SourceMap)>, Stop> {
    let told = |why: String| {
        let told = Diagnostic::error(Code("cli::prices"), format!("the prices in `{}` can't be read", path.display()));
        Stop::from(told.because(why).help("`windlass cost --help` shows such a file"))
    };
    let bytes = shell.files.read(&shell.environment.directory.join(path), LIMIT).map_err(|error| told(reason(&error)))?;
    let text = decode(&bytes).map_err(|error| told(error.to_string()))?.into_owned();
    let mut sources = SourceMap::new();
    let file = sources.add(path.display().to_string(), text.as_str());
    let parsed = parse(file, &text, &Budget::default());
    if !parsed.is_ok() {
        return Ok(Err((parsed.diagnostics, sources)));
    }
    let root = parsed.documents.into_iter().next().map(|document| document.root).unwrap_or_default();
    Ok(Prices::read(&root).map_err(|wrong| (wrong, sources)))
}
