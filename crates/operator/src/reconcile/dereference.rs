//! Reads the ConfigMaps and Secrets that a Stack names, in its own namespace and as its own account.

use k8s_openapi::api::core::v1::{ConfigMap, Secret};
use windlass_crd::v1alpha1::{Stack, StackSpec};
use windlass_k8s::{Kind, ObjectRef};

use super::load::Sources;
use crate::api::{Api, Error, Identity, path};

/// Why the sources can't be had.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct Missing {
    /// The reason of a condition.
    pub reason: &'static str,
    /// For people.
    pub message: String,
}

/// What a Stack names, of both kinds, each once.
pub fn references(spec: &StackSpec) -> Vec<ObjectRef> {
    let config_map = |name: &str| ObjectRef::new(Kind::ConfigMap, name);
    let secret = |name: &str| ObjectRef::new(Kind::Secret, name);
    let compose = spec.compose_from.iter().flat_map(|source| {
        [source.config_map_key_ref.as_ref().map(|key| config_map(&key.name)), source.secret_key_ref.as_ref().map(|key| secret(&key.name))]
    });
    let files = spec.files_from.iter().map(|source| (&source.config_map_ref, &source.secret_ref));
    let variables = spec.variables_from.iter().map(|source| (&source.config_map_ref, &source.secret_ref));
    let whole = files.chain(variables).flat_map(|(config, hidden)| {
        [config.as_ref().map(|object| config_map(&object.name)), hidden.as_ref().map(|object| secret(&object.name))]
    });
    let mut all: Vec<_> = compose.chain(whole).flatten().collect();
    all.sort();
    all.dedup();
    all
}

/// The keys of an object, as bytes.
type Content = Vec<(String, Vec<u8>)>;

/// Reads them all. The outer error is for another try, the inner one for people.
///
/// # Errors
/// When the API server gives no answer.
pub async fn dereference(stack: &Stack, identity: &Identity, api: &Api) -> Result<Result<Sources, Missing>, Error> {
    let namespace = stack.metadata.namespace.as_deref().unwrap_or_default();
    let spec = &stack.spec;
    let mut contents: Vec<(ObjectRef, Content)> = Vec::new();
    for object in references(spec) {
        match read(&object, namespace, identity, api).await? {
            Ok(content) => contents.push((object, content)),
            Err(missing) => return Ok(Err(missing)),
        }
    }
    Ok(assemble(spec, &contents))
}

async fn read(object: &ObjectRef, namespace: &str, identity: &Identity, api: &Api) -> Result<Result<Content, Missing>, Error> {
    let path = path(object, namespace);
    let content = match object.kind {
        Kind::Secret => api.get::<Secret>(identity, &path).await.map(|secret| secret.map(secret_content)),
        _ => api.get::<ConfigMap>(identity, &path).await.map(|config| config.map(config_content)),
    };
    match content {
        Ok(Some(content)) => Ok(Ok(content)),
        Ok(None) => Ok(Err(Missing { reason: "SourceNotFound", message: format!("{object} is not there") })),
        Err(Error::Refused { message, .. }) => Ok(Err(Missing { reason: "SourceForbidden", message })),
        Err(error) => Err(error),
    }
}

fn secret_content(secret: Secret) -> Content {
    secret.data.unwrap_or_default().into_iter().map(|(key, value)| (key, value.0)).collect()
}

fn config_content(config: ConfigMap) -> Content {
    let texts = config.data.unwrap_or_default().into_iter().map(|(key, value)| (key, value.into_bytes()));
    texts.chain(config.binary_data.unwrap_or_default().into_iter().map(|(key, value)| (key, value.0))).collect()
}

/// Puts what was read where the spec wants it.
fn assemble(spec: &StackSpec, contents: &[(ObjectRef, Content)]) -> Result<Sources, Missing> {
    let content = |kind, name: &str| {
        let object = ObjectRef::new(kind, name);
        contents.iter().find(|(other, _)| *other == object).map_or(&[][..], |(_, content)| content)
    };
    let not_text = |what: String| Missing { reason: "SourceInvalid", message: format!("{what} is not UTF-8") };
    let mut sources = Sources::default();
    for source in &spec.compose_from {
        let (kind, key) = match (&source.config_map_key_ref, &source.secret_key_ref) {
            (Some(key), _) => (Kind::ConfigMap, key),
            (None, Some(key)) => (Kind::Secret, key),
            (None, None) => continue,
        };
        let found = content(kind, &key.name).iter().find(|(name, _)| *name == key.key);
        let Some((_, bytes)) = found else {
            return Err(Missing { reason: "SourceNotFound", message: format!("{kind}/{} has no key `{}`", key.name, key.key) });
        };
        let text = String::from_utf8(bytes.clone()).map_err(|_| not_text(format!("key `{}` of {kind}/{}", key.key, key.name)))?;
        sources.compose.push(text);
    }
    for source in &spec.files_from {
        let directory = source.directory.as_deref().unwrap_or(".");
        for (kind, object) in [(Kind::ConfigMap, &source.config_map_ref), (Kind::Secret, &source.secret_ref)] {
            let Some(object) = object else { continue };
            sources.files.extend(content(kind, &object.name).iter().map(|(key, bytes)| (format!("{directory}/{key}"), bytes.clone())));
        }
    }
    for source in &spec.variables_from {
        let prefix = source.prefix.as_deref().unwrap_or_default();
        for (kind, object) in [(Kind::ConfigMap, &source.config_map_ref), (Kind::Secret, &source.secret_ref)] {
            let Some(object) = object else { continue };
            for (key, bytes) in content(kind, &object.name) {
                let value = String::from_utf8(bytes.clone()).map_err(|_| not_text(format!("key `{key}` of {kind}/{}", object.name)))?;
                sources.variables.push((format!("{prefix}{key}"), value));
            }
        }
    }
    Ok(sources)
}
