//! Which texts, files and variables of a project hold credentials, and so stand in a Secret.
//!
//! A text is taken apart and each of its values looked at as it will be read, so no escape hides one, nor that it belongs to a
//! service whose profile is off, or that another file replaces it. What variables produce does not stand in the text: its variables are
//! noted instead. Doubt counts as a credential.

mod dockerfile;
mod written;

use std::collections::{BTreeMap, BTreeSet};

use k8s_openapi::api::core::v1::Secret;
use smol_str::SmolStr;
use windlass_compose::template;
use windlass_images::{catalogue, credentials};
use windlass_k8s::{Kind, Objects};
use windlass_source::{Origin, VariableSource};

use super::{Carried, StackProject, Use};
use written::{Written, values_of};

/// Bytes of the longest secret value that says nothing when it is found in a text: `db`, `true`.
const SHORT: usize = 3;

/// What is known of a project's credentials.
pub(super) struct Credentials<'a> {
    /// What is written in each text that the project is read from.
    written: BTreeMap<&'a str, Vec<Written>>,
    /// The contents of its Secrets.
    contents: BTreeSet<Vec<u8>>,
    /// Those that are texts and long enough to be known again.
    values: BTreeSet<String>,
    /// The variables of images that hold credentials under any name.
    of_images: BTreeSet<&'static str>,
    /// The project's variables that became part of a credential.
    variables: BTreeSet<SmolStr>,
}

impl<'a> Credentials<'a> {
    pub(super) fn of(project: &'a StackProject<'a>) -> Self {
        let contents = contents(project.objects);
        let texts = contents.iter().filter_map(|content| std::str::from_utf8(content).ok());
        let values = texts.flat_map(|text| [text, text.trim()]).filter(|text| text.len() > SHORT).map(str::to_owned).collect();
        let of_images = catalogue::all().flat_map(|image| &image.credentials).map(String::as_str).collect();
        let secrets = project.objects.of_kind(Kind::Secret).flat_map(|secret| secret.origins.iter());
        let mut variables: BTreeSet<SmolStr> = secrets.flat_map(|(_, origin)| origin.parts()).map(|part| part.variable.clone()).collect();
        variables.extend(project.secret_variables.iter().cloned());
        let read = project.files.values().filter(|file| matches!(file.used, Use::Read | Use::Secret));
        let read = read.filter_map(|file| std::str::from_utf8(&file.content).ok());
        let texts = project.texts.iter().map(String::as_str).chain(read);
        let written = texts.map(|text| (text, values_of(text, project.variables))).collect();
        let mut found = Self { written, contents, values, of_images, variables };
        let credentials = found.written.values().flatten().filter(|value| found.is_credential(value, &value.text));
        let given = credentials.flat_map(|value| &value.parts).filter(|part| part.source != VariableSource::Default);
        let given: Vec<_> = given.map(|part| part.variable.clone()).collect();
        found.variables.extend(given);
        found
    }

    /// A text that the project is read from holds a credential.
    pub(super) fn are_in(&self, text: &str) -> bool {
        self.repeats(text) || self.written.get(text).into_iter().flatten().any(|value| self.are_written(value))
    }

    /// A file holds a credential, or is one.
    pub(super) fn are_in_file(&self, path: &str, file: &Carried) -> bool {
        let name = path.rsplit('/').next().unwrap_or(path);
        let text = std::str::from_utf8(&file.content).ok();
        file.used == Use::Secret
            || self.contents.contains(&file.content)
            || credentials::is_secret_file(name, &file.content)
            || text.is_some_and(|text| match file.used {
                Use::Dockerfile => self.repeats(text) || self.are_in_dockerfile(text),
                Use::Read => self.are_in(text),
                Use::Secret | Use::Mounted => self.repeats(text),
            })
    }

    fn are_in_dockerfile(&self, text: &str) -> bool {
        dockerfile::values_of(text).iter().any(|value| self.is_credential(value, &value.text))
    }

    /// A variable of the project is a credential.
    pub(super) fn are_variable(&self, name: &str, value: &str) -> bool {
        self.variables.contains(name)
            || credentials::is_credential_name(name)
            || credentials::text(value, &Origin::DEFAULT).is_some()
            || self.repeats(value)
    }

    /// The value of a Secret stands in a text.
    fn repeats(&self, text: &str) -> bool {
        self.values.iter().any(|value| text.contains(value.as_str()))
    }

    /// What is written of a value, its defaults among it, is a credential.
    fn are_written(&self, value: &Written) -> bool {
        let mut literal = String::with_capacity(value.text.len());
        let mut at = 0;
        for part in value.parts.iter().filter(|part| part.source != VariableSource::Default) {
            literal.push_str(value.text.get(at..part.range.start as usize).unwrap_or_default());
            at = part.range.end as usize;
        }
        literal.push_str(value.text.get(at..).unwrap_or_default());
        // What stands in an expression may not be what it is replaced by here.
        let mut others = template::variables(&value.raw).into_iter().flat_map(|declared| {
            let written = [declared.default, declared.alternate].into_iter().flatten();
            written.map(move |text| (declared.name.clone(), without_variables(&text))).collect::<Vec<_>>()
        });
        self.is_credential(value, &literal)
            || self.repeats(&literal)
            || others.any(|(name, text)| self.is_credential(value, &text) || self.is_named(&name, &text) || self.repeats(&text))
    }

    /// `text` in the place of a value is, or holds, a credential.
    fn is_credential(&self, value: &Written, text: &str) -> bool {
        if value.name == "dockerfile_inline" {
            return self.are_in_dockerfile(text);
        }
        let named = match text.split_once('=').filter(|(name, _)| !name.contains(char::is_whitespace)) {
            // An item of `environment: [NAME=value]`.
            Some((name, rest)) => self.is_named(name, rest),
            None => false,
        };
        named || self.is_named(&value.name, text) || !credentials::in_word(text, value.before(), &Origin::DEFAULT).is_empty()
    }

    fn is_named(&self, name: &str, text: &str) -> bool {
        // An address may be one for its password alone, which is looked for.
        let named = if self.of_images.contains(name) && !text.contains("://") { "PASSWORD" } else { name };
        credentials::variable(named, text, &Origin::DEFAULT, None).is_some()
    }
}

fn without_variables(text: &str) -> String {
    template::interpolate(text, &|_| None).map_or_else(|_| text.to_owned(), |read| read.text.into_owned())
}

fn contents(objects: &Objects) -> BTreeSet<Vec<u8>> {
    let secrets = objects.all::<Secret>();
    let data = secrets.flat_map(|secret| {
        let coded = secret.data.iter().flatten().map(|(_, value)| value.0.clone());
        coded.chain(secret.string_data.iter().flatten().map(|(_, value)| value.clone().into_bytes())).collect::<Vec<_>>()
    });
    data.filter(|content| !content.is_empty()).collect()
}
