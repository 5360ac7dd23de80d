//! `--to helm`: the chart of a project, and what is to be said of its variables.

use std::collections::BTreeMap;

use windlass_compose::{Loaded, Request, load};
use windlass_convert::{Conversion, Options};
use windlass_emit::layouts::Emitted;
use windlass_emit::layouts::helm::{Chart, Made, Variable, helm};
use windlass_k8s::Objects;
use windlass_source::{Code, Diagnostic};

use super::convert_loaded;
use super::environments::names;
use crate::commands::Shell;

/// What the conversion is made from.
pub(super) struct Source<'a> {
    pub(super) request: &'a Request,
    pub(super) loaded: &'a Loaded,
    pub(super) options: &'a Options,
    /// The objects with their Secrets, where something else stands for those now.
    pub(super) plain: Option<Objects>,
    pub(super) placeholders: bool,
}

/// Makes the chart. Variables that stay fixed are told, and stand in the report.
pub(super) fn chart(source: Source<'_>, conversion: &mut Conversion, shell: &Shell) -> Emitted {
    let Source { request, loaded, options, plain, placeholders } = source;
    let variables =
        Variable::of_tree(&loaded.tree, &loaded.sources, |name| loaded.environment.get(name).map(|variable| variable.value.to_string()));
    let convert = |values: &BTreeMap<String, String>| {
        let mut request = request.clone();
        request.environment.extend(values.iter().map(|(name, value)| (name.clone(), value.clone())));
        let loaded = load(&request, &shell.files);
        loaded.is_ok().then(|| convert_loaded(&loaded, options, shell).objects)
    };
    let Made { emitted, values, fixed, .. } = helm(&Chart {
        project: &loaded.project.name,
        files: &names(loaded, shell),
        objects: plain.as_ref().unwrap_or(&conversion.objects),
        hidden: plain.is_some().then_some(&conversion.objects),
        placeholders,
        variables: &variables,
        test_image: options.wait_image.as_deref().unwrap_or(windlass_convert::TOOL_IMAGE),
        convert: &convert,
    });
    let told: Vec<_> = fixed
        .iter()
        .map(|fixed| {
            let message = format!("`{}` is no value of the chart", fixed.variable);
            let place = variables.iter().find(|variable| variable.name == fixed.variable).map_or("", |variable| &variable.place);
            Diagnostic::note(Code("convert::fixed-variable"), message)
                .because(format!("{} ({place})", fixed.because))
                .help("set it and convert again to change it")
        })
        .collect();
    shell.tell(&told, &loaded.sources);
    conversion.diagnostics.extend(told);
    shell.say(&format!("variables: {} became values of the chart, {} stay fixed\n", values.len(), fixed.len()));
    emitted
}
