//! The context of a project that was loaded and converted already: what the gate of the operator audits.
//!
//! There is no repository around it, no Dockerfile and no pipeline; configuration files are those that services mount.

use std::path::Path;

use windlass_compose::Loaded;
use windlass_k8s::{Objects, read};
use windlass_source::FileSystem;

use super::super::Context;
use super::super::environment::EnvironmentKind;
use super::super::manifest::ManifestEntry;
use super::super::repository::Reader;
use super::stacks::{self, Read};
use super::{Request, configs, facts};

impl Context {
    /// A project and the objects that it was converted to; the objects have the places of what they came from. What runs in a cluster counts
    /// as production, whatever its files say. Mounted configuration is read from `files`; `directory` is the working directory that the project
    /// was loaded in. `loaded` has no errors.
    pub fn of_conversion(loaded: Loaded, objects: &Objects, directory: &Path, files: &dyn FileSystem) -> Self {
        let Loaded {
            project,
            tree,
            directory: own_directory,
            files: own_files,
            sources,
            diagnostics,
            disabled: _,
            environment: _,
            profiles: _,
        } = loaded;
        let mut context = Self { is_named: true, makes_no_edits: true, sources, ..Self::default() };
        let mut request = Request::new(directory);
        request.environment = Some(EnvironmentKind::Production);
        let read = Read {
            project,
            tree,
            directory: own_directory,
            files: &own_files,
            unset: diagnostics.iter().filter_map(stacks::unset_variable).collect(),
        };
        stacks::add(directory, read, &mut context);
        stacks::keep_written(&mut context);
        facts::fill(&[], &request, &mut context);
        let mut reader = Reader::new(files, directory.to_owned(), std::mem::take(&mut context.sources));
        configs::load(&[], &mut reader, &mut context);
        context.sources = reader.sources;
        let file = context.stacks.first().and_then(|stack| stack.file_ids.last().copied());
        let entries = objects.iter().filter_map(|object| Some(ManifestEntry::new(file?, read::of_object(object))));
        context.manifests = entries.collect();
        context
    }
}
