//! Reads the ConfigMaps and Secrets that a Stack names, in its own namespace and as its own account.

use k8s_openapi::api::core::v1::{ConfigMap, Secret};
use windlass_crd::v1alpha1::{FileItem, Stack, StackSpec};
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
        let bytes = value(&ObjectRef::new(kind, &key.name), content(kind, &key.name), &key.key)?;
        let text = String::from_utf8(bytes.to_vec()).map_err(|_| not_text(format!("key `{}` of {kind}/{}", key.key, key.name)))?;
        sources.compose.push(text);
    }
    for source in &spec.files_from {
        let directory = source.directory.as_deref().unwrap_or(".");
        for (kind, object) in [(Kind::ConfigMap, &source.config_map_ref), (Kind::Secret, &source.secret_ref)] {
            let Some(object) = object else { continue };
            let object = ObjectRef::new(kind, &object.name);
            let found = files(&source.items, &object, content(kind, &object.name))?;
            sources.files.extend(found.map(|(name, bytes)| (format!("{directory}/{name}"), bytes.to_vec())));
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

/// What a key holds.
fn value<'c>(object: &ObjectRef, content: &'c [(String, Vec<u8>)], key: &str) -> Result<&'c [u8], Missing> {
    let missing = || Missing { reason: "SourceNotFound", message: format!("{object} has no key `{key}`") };
    content.iter().find(|(name, _)| name == key).map(|(_, bytes)| bytes.as_slice()).ok_or_else(missing)
}

/// The files of an object by name: those that are asked for, or all.
fn files<'c>(
    items: &'c [FileItem],
    object: &ObjectRef,
    content: &'c [(String, Vec<u8>)],
) -> Result<impl Iterator<Item = (&'c str, &'c [u8])>, Missing> {
    let named = items.iter().map(|item| Ok((item.path.as_str(), value(object, content, &item.key)?))).collect::<Result<Vec<_>, _>>()?;
    let all = content.iter().filter(|_| items.is_empty()).map(|(key, bytes)| (key.as_str(), bytes.as_slice()));
    Ok(named.into_iter().chain(all))
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    #[test]
    fn keys_become_files_under_the_names_that_are_asked_for() {
        let contents = [(ObjectRef::new(Kind::Secret, "s"), vec![("a".to_owned(), b"1".to_vec()), ("b".to_owned(), b"2".to_vec())])];
        let files = |items: Value| {
            let spec =
                json!({ "serviceAccountName": "a", "filesFrom": [{ "secretRef": { "name": "s" }, "directory": "./d", "items": items }] });
            let spec: StackSpec = serde_json::from_value(spec).unwrap();
            assemble(&spec, &contents).map(|sources| sources.files).map_err(|missing| missing.message)
        };
        let file = |name: &str, content: &str| (format!("./d/{name}"), content.as_bytes().to_vec());
        assert_eq!(files(json!([])), Ok(vec![file("a", "1"), file("b", "2")]));
        assert_eq!(files(json!([{ "key": "b", "path": "b c" }])), Ok(vec![file("b c", "2")]));
        assert_eq!(files(json!([{ "key": "c", "path": "c" }])), Err("Secret/s has no key `c`".to_owned()));
    }
}
