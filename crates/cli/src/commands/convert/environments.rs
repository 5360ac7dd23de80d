//! The environments of a project, for `--to kustomize`: which compose files make each (the audit's grouping, but for overrides that load
//! alone), and each converted.

mod standing;

use std::path::Path;

use windlass_audit::Context;
use windlass_compose::{Loaded, Request, load};
use windlass_convert::Options;
use windlass_emit::layouts;
use windlass_k8s::Objects;
use windlass_source::{Code, Diagnostic, FileSystem, Severity, SourceMap};

use self::standing::{Standing, standing};
use super::options::SecretsAs;
use super::{convert_loaded, hide};
use crate::commands::{Shell, Stop};

/// The compose files of the base, and of each environment beside it.
#[derive(Debug, Default)]
pub(super) struct Environments {
    /// The default file, where an override stands beside it: what a developer adds is an environment of its own.
    base: Option<String>,
    overlays: Vec<(String, Vec<String>)>,
}

/// An environment that was converted.
#[derive(Debug)]
pub(super) struct Converted {
    name: String,
    files: Vec<String>,
    objects: Objects,
    sources: SourceMap,
}

impl Converted {
    pub(super) fn view(&self) -> layouts::Environment<'_> {
        layouts::Environment { name: &self.name, files: &self.files, objects: &self.objects, sources: &self.sources }
    }
}

impl Environments {
    /// Looks beside the default file. Files that were named are all there is.
    pub(super) fn find(request: &Request, loaded: &Loaded, shell: &Shell) -> Self {
        let mut found = Self::default();
        let Some(directory) = loaded.files.first().and_then(|file| file.parent()).filter(|_| request.files.is_empty()) else {
            return found;
        };
        let context = Context::of_directory(request, directory, &shell.files);
        let mut stacks = context.stacks();
        let Some(first) = stacks.next() else { return found };
        let default = first.files().to_vec();
        // `COMPOSE_FILE` names others.
        if !default.iter().map(|file| request.working_directory.join(file)).eq(loaded.files.iter().cloned()) {
            return found;
        }
        // What a developer adds is no part of what other files lie on.
        let mut without_override = None;
        if let [base, _] = default.as_slice() {
            let profiles = vec!["*".to_owned()];
            without_override = Some(load(&Request { files: vec![base.clone()], profiles, ..request.clone() }, &shell.files));
            found.base = Some(base.clone());
            found.add(default.clone());
        }
        let base = without_override.as_ref().filter(|base| base.is_ok()).map_or(first.project(), |base| &base.project);
        let mut told = Vec::new();
        for stack in stacks {
            let mut files = stack.files().to_vec();
            let standing = match files.as_slice() {
                [_] => standing(stack.project(), base, &default[0]),
                _ => Standing::Upon("it does not load alone".to_owned()),
            };
            if matches!(standing, Standing::Upon(_)) && files.len() == 1 {
                files.insert(0, default[0].clone());
            }
            told.push(standing.told(&files));
            found.add(files);
        }
        shell.tell(&told, &SourceMap::new());
        let mut not_understood = context.not_understood().to_vec();
        not_understood.iter_mut().for_each(as_warning);
        shell.tell(&not_understood, context.sources());
        found
    }

    fn add(&mut self, files: Vec<String>) {
        let name = layouts::overlay_name(files.last().map_or("", String::as_str));
        let is_taken = |name: &str| self.overlays.iter().any(|(taken, _)| taken == name);
        let numbered = (2..).map(|number| format!("{name}-{number}"));
        if let Some(name) = std::iter::once(name.clone()).chain(numbered).find(|name| !is_taken(name)) {
            self.overlays.push((name, files));
        }
    }

    /// The base without its override. One that does not load alone stays with it, and the override is no environment then.
    pub(super) fn load_base(&mut self, request: &Request, files: &dyn FileSystem) -> Option<Loaded> {
        let base = self.base.take()?;
        let loaded = load(&Request { files: vec![base], ..request.clone() }, files);
        if loaded.is_ok() {
            return Some(loaded);
        }
        self.overlays.remove(0);
        None
    }

    /// Converts each. One that Compose would refuse is left out, and the reasons are told; of the rest, what was not `told` before.
    pub(super) fn convert(
        self,
        request: &Request,
        options: &Options,
        secrets: &SecretsAs,
        told: &[&[Diagnostic]],
        shell: &Shell,
    ) -> Result<Vec<Converted>, Stop> {
        let mut told: Vec<_> = told.iter().copied().flatten().map(|diagnostic| (diagnostic.code, diagnostic.message.clone())).collect();
        let mut all = Vec::with_capacity(self.overlays.len());
        for (name, files) in self.overlays {
            let loaded = load(&Request { files: files.clone(), ..request.clone() }, &shell.files);
            let mut conversion = convert_loaded(&loaded, options, shell);
            let is_refused = loaded.diagnostics.iter().chain(&conversion.diagnostics).any(Diagnostic::is_error);
            let mut new = loaded.diagnostics.clone();
            new.append(&mut conversion.diagnostics);
            new.iter_mut().for_each(as_warning);
            new.retain(|diagnostic| {
                let key = (diagnostic.code, diagnostic.message.clone());
                let is_new = !told.contains(&key);
                told.push(key);
                is_new
            });
            shell.tell(&new, &loaded.sources);
            if is_refused {
                let message = format!("there is no overlay for `{}`", files.last().map_or("", String::as_str));
                let left_out = Diagnostic::warning(Code("convert::no-overlay"), message).because("the files do not load, see above");
                shell.tell(&[left_out], &SourceMap::new());
                continue;
            }
            let mut objects = conversion.objects;
            hide(&mut objects, &loaded, secrets, options, shell)?;
            all.push(Converted { name, files: names(&loaded, shell), objects, sources: loaded.sources });
        }
        Ok(all)
    }
}

/// What is wrong with one environment is no reason to write none.
fn as_warning(diagnostic: &mut Diagnostic) {
    if diagnostic.is_error() {
        diagnostic.severity = Severity::Warning;
    }
}

/// The files of a project as people name them.
pub(super) fn names(loaded: &Loaded, shell: &Shell) -> Vec<String> {
    let name = |path: &Path| path.strip_prefix(&shell.environment.directory).unwrap_or(path).display().to_string();
    loaded.files.iter().map(|path| name(path)).collect()
}
