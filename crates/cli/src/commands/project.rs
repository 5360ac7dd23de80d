//! How commands begin that say something of a conversion and write none: the project's flags in, what it becomes out.

use windlass_compose::Loaded;
use windlass_convert::{Conversion, Options};
use windlass_source::Diagnostic;

use crate::args::ProjectArgs;
use crate::commands::convert::{ConversionArgs, convert_loaded};
use crate::commands::{Shell, Stop};

/// A project and what it becomes.
pub(crate) struct Converted {
    pub(crate) loaded: Loaded,
    pub(crate) options: Options,
    pub(crate) conversion: Conversion,
}

/// Loads and converts the project. `None`, after saying why, when it can't be loaded.
pub(crate) fn converted(conversion: ConversionArgs, project: ProjectArgs, shell: &mut Shell) -> Result<Option<Converted>, Stop> {
    let options = conversion.options(std::mem::take(&mut shell.given));
    let request = shell.request(project)?;
    let loaded = windlass_compose::load(&request, &shell.files);
    if shell.tell(&loaded.diagnostics, &loaded.sources) {
        return Ok(None);
    }
    let conversion = convert_loaded(&loaded, &options, shell);
    Ok(Some(Converted { loaded, options, conversion }))
}

impl Converted {
    /// Says what can't be converted at all, which the answer of a command would lack. All else that there is to say, `convert` says.
    pub(crate) fn tell_errors(&self, shell: &Shell) -> bool {
        let errors = self.conversion.diagnostics.iter().filter(|diagnostic| diagnostic.is_error());
        shell.tell(&errors.cloned().collect::<Vec<Diagnostic>>(), &self.loaded.sources)
    }
}
