//! The project's configs and secrets: which object each becomes, and what it holds.

use std::path::Path as FilePath;

use smol_str::SmolStr;
use windlass_compose::model::{Config, Secret};
use windlass_k8s::name::{config_key, object_name};
use windlass_k8s::{Kind, ObjectRef};
use windlass_source::{Origin, Spanned};

use super::files::{Absent, File, Reader};
use super::{Input, KnownSecrets, ServicePlan};
use crate::content::{LIMIT, hashed_name};
use windlass_images::credentials;

/// A config or secret of the project.
#[derive(Debug)]
pub(crate) struct FileObject {
    /// Its key in the project.
    pub(crate) key: SmolStr,
    /// The ConfigMap or Secret.
    pub(crate) object: ObjectRef,
    /// The key of its content there.
    pub(crate) field: SmolStr,
    pub(crate) holds: Holds,
    /// Where its content comes from.
    pub(crate) source: FileSource,
    /// What the owner of its file may do with it, where nobody else may do anything.
    pub(crate) private_mode: Option<i32>,
    /// Where it is written.
    pub(crate) origin: Origin,
    /// Some service mounts it.
    pub(crate) is_used: bool,
}

impl FileObject {
    /// The content, when it is here.
    pub(crate) fn content(&self) -> Option<&[u8]> {
        match &self.holds {
            Holds::Content(content) => Some(content),
            Holds::External | Holds::Nothing(_) => None,
        }
    }
}

/// What is known of the content.
#[derive(Debug)]
pub(crate) enum Holds {
    /// It is here.
    Content(Vec<u8>),
    /// The object is in the cluster already.
    External,
    /// It could not be read; the object has to be made by hand.
    Nothing(Absent),
}

/// Where the content of a config or secret comes from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum FileSource {
    /// A file, by its path as the loader has it.
    File(SmolStr),
    /// Text in the project.
    Content,
    /// A variable.
    Variable(SmolStr),
    /// The cluster.
    External,
    /// A driver, or nobody.
    Elsewhere,
}

/// What configs and secrets have in common.
struct Definition<'a> {
    name: Option<&'a Spanned<SmolStr>>,
    file: Option<&'a Spanned<SmolStr>>,
    content: Option<&'a Spanned<SmolStr>>,
    environment: Option<&'a Spanned<SmolStr>>,
    is_external: bool,
}

/// The project's configs and secrets, each in the project's order.
pub(super) fn plan(services: &[ServicePlan<'_>], known: &KnownSecrets, input: &Input<'_>) -> (Vec<FileObject>, Vec<FileObject>) {
    let reader = Reader::new(input);
    let mut configs: Vec<FileObject> = Vec::with_capacity(input.project.configs.len());
    for entry in &input.project.configs {
        let Config { name, file, content, environment, external, labels: _, template_driver: _, extensions: _ } = &entry.value;
        let definition = Definition {
            name: name.as_ref(),
            file: file.as_ref(),
            content: content.as_ref(),
            environment: environment.as_ref(),
            is_external: external.as_ref().is_some_and(|external| external.value),
        };
        configs.push(file_object(&entry.name, Kind::ConfigMap, &definition, &reader, known, input));
    }
    let mut secrets: Vec<FileObject> = Vec::with_capacity(input.project.secrets.len());
    for entry in &input.project.secrets {
        let Secret { name, file, environment, external, labels: _, driver: _, driver_opts: _, template_driver: _, extensions: _ } =
            &entry.value;
        let definition = Definition {
            name: name.as_ref(),
            file: file.as_ref(),
            content: None,
            environment: environment.as_ref(),
            is_external: external.as_ref().is_some_and(|external| external.value),
        };
        secrets.push(file_object(&entry.name, Kind::Secret, &definition, &reader, known, input));
    }
    for service in services {
        for (mounts, objects) in [(&service.service.configs, &mut configs), (&service.service.secrets, &mut secrets)] {
            for mount in mounts {
                if let Some(object) = find(objects, &mount.source).and_then(|at| objects.get_mut(at)) {
                    object.is_used = true;
                }
            }
        }
    }
    (configs, secrets)
}

/// The place of a config or secret in its list, which is sorted by key.
pub(crate) fn find(objects: &[FileObject], key: &str) -> Option<usize> {
    objects.binary_search_by(|object| object.key.as_str().cmp(key)).ok()
}

fn file_object(
    key: &Spanned<SmolStr>,
    kind: Kind,
    definition: &Definition<'_>,
    reader: &Reader<'_>,
    known: &KnownSecrets,
    input: &Input<'_>,
) -> FileObject {
    let Read { source, holds, private_mode, origin } = content(definition, reader, input);
    let origin = origin.cloned().unwrap_or_else(|| key.origin.clone());
    // A config that holds keys is a secret, whatever it is called.
    let file_name = match &source {
        FileSource::File(path) => path.rsplit('/').next().unwrap_or_default().to_owned(),
        _ => key.to_string(),
    };
    let kind = match &holds {
        Holds::Content(content)
            if kind == Kind::ConfigMap && (known.are_in(content) || is_secret(&file_name, content, &source, &origin)) =>
        {
            Kind::Secret
        }
        _ => kind,
    };
    let (name, field) = match (&holds, definition.name) {
        (Holds::External, name) => {
            let name = name.map_or(&key.value, |name| &name.value);
            (object_name(name), config_key(name))
        }
        (Holds::Content(content), _) => (hashed_name(key, [key.as_bytes(), content]), config_key(key)),
        (Holds::Nothing(_), _) => (object_name(key), config_key(key)),
    };
    let object = ObjectRef::new(kind, name);
    FileObject { key: key.value.clone(), object, field, holds, source, private_mode, origin, is_used: false }
}

fn is_secret(name: &str, content: &[u8], source: &FileSource, origin: &Origin) -> bool {
    let by_variable = match source {
        FileSource::Variable(variable) => credentials::is_credential_name(variable),
        FileSource::Content => std::str::from_utf8(content).is_ok_and(|text| credentials::text(text, origin).is_some()),
        FileSource::File(_) | FileSource::External | FileSource::Elsewhere => false,
    };
    by_variable || credentials::is_secret_file(name, content)
}

/// What there is of a config or secret.
struct Read<'a> {
    source: FileSource,
    holds: Holds,
    private_mode: Option<i32>,
    origin: Option<&'a Origin>,
}

fn content<'a>(definition: &Definition<'a>, reader: &Reader<'_>, input: &Input<'_>) -> Read<'a> {
    let Definition { name: _, file, content, environment, is_external } = *definition;
    let read = |source, holds, origin| Read { source, holds, private_mode: None, origin };
    if is_external {
        return read(FileSource::External, Holds::External, None);
    }
    let bounded = |text: &str| match u64::try_from(text.len()) {
        Ok(length) if length <= LIMIT => Holds::Content(text.as_bytes().to_vec()),
        _ => Holds::Nothing(Absent::TooLarge),
    };
    if let Some(file) = file {
        let found = reader.file(FilePath::new(file.as_str()));
        let private_mode = found.as_ref().ok().and_then(File::private_mode);
        let holds = found.map_or_else(Holds::Nothing, |file| Holds::Content(file.content));
        return Read { private_mode, ..read(FileSource::File(file.value.clone()), holds, Some(&file.origin)) };
    }
    if let Some(variable) = environment {
        let value = content.map(|content| content.value.clone()).or_else(|| (input.variable)(variable));
        let holds = value.map_or(Holds::Nothing(Absent::Missing), |value| bounded(&value));
        return read(FileSource::Variable(variable.value.clone()), holds, Some(&variable.origin));
    }
    if let Some(content) = content {
        return read(FileSource::Content, bounded(content), Some(&content.origin));
    }
    read(FileSource::Elsewhere, Holds::Nothing(Absent::Missing), None)
}
