//! `windlass graph`: a project in, a picture of its services and of what they become out.

use std::path::PathBuf;

use clap::Args;
use windlass_report::{GRAPH_FORMATS, Graph, GraphFormat};
use windlass_source::{Code, Diagnostic};

use crate::args::{OutputArgs, ProjectArgs};
use crate::commands::convert::ConversionArgs;
use crate::commands::project::{Converted, converted};
use crate::commands::{Outcome, Shell, Stop};
use crate::exit::Exit;

#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct GraphArgs {
    /// Form of the picture; that of the file's extension, else `svg`
    #[arg(long, value_name = "FORMAT", value_parser = GRAPH_FORMATS.iter().map(|format| format.name).collect::<Vec<_>>(), help_heading = "Picture")]
    format: Option<String>,
    /// Write the picture to FILE; its form by the extension: `.svg`, `.mmd`, `.dot`
    #[arg(short = 'o', long = "output", value_name = "FILE", help_heading = "Picture")]
    file: Option<PathBuf>,
    #[command(flatten)]
    conversion: ConversionArgs,
    #[command(flatten)]
    pub(crate) project: ProjectArgs,
    #[command(flatten)]
    pub(crate) output: OutputArgs,
}

const EXAMPLES: &str = "\
Examples:
  windlass graph -o shop.svg
  windlass graph --format mermaid           for a page of a forge or a wiki
  windlass graph --format dot | dot -Tpdf -o shop.pdf
  windlass graph --expose web=ingress       with an Ingress in front";

pub(crate) fn run(args: GraphArgs, before: ProjectArgs, shell: &mut Shell) -> Outcome {
    let format = args.format()?;
    // What can't be converted is drawn without what it becomes.
    let Some(Converted { loaded, conversion, .. }) = converted(args.conversion, args.project.after(before), shell)? else {
        return Ok(Exit::Invalid);
    };
    let picture = (format.render)(&Graph::of_conversion(&loaded.project, &conversion.report, &conversion.objects));
    match &args.file {
        Some(file) => shell.write_file(file, picture.as_bytes())?,
        None => shell.print(picture.as_bytes())?,
    }
    Ok(Exit::Done)
}

impl GraphArgs {
    fn format(&self) -> Result<&'static GraphFormat, Stop> {
        if let Some(name) = &self.format {
            return Ok(GRAPH_FORMATS.iter().find(|format| format.name == name).unwrap_or(&GRAPH_FORMATS[0]));
        }
        let Some(file) = &self.file else { return Ok(&GRAPH_FORMATS[0]) };
        let extension = file.extension().and_then(|extension| extension.to_str()).unwrap_or_default();
        GRAPH_FORMATS.iter().find(|format| format.extensions.iter().any(|own| own.eq_ignore_ascii_case(extension))).ok_or_else(|| {
            let known: Vec<_> = GRAPH_FORMATS.iter().map(|format| format!("`.{}`", format.extensions[0])).collect();
            Diagnostic::error(Code("cli::graph-format"), format!("no picture has the extension of `{}`", file.display()))
                .help(format!("end its name in {}, or pass `--format`", known.join(", ")))
                .into()
        })
    }
}
