//! ConfigMaps and Secrets from content: their names, labels and data.

use std::collections::BTreeMap;

use k8s_openapi::ByteString;
use k8s_openapi::api::core::v1::{ConfigMap, Secret};
use k8s_openapi::apimachinery::pkg::apis::meta::v1::ObjectMeta;
use smol_str::SmolStr;
use windlass_k8s::labels::Identity;
use windlass_k8s::name::{SUBDOMAIN_LIMIT, object_name, with_suffix};
use windlass_k8s::{ContentHash, Kind, Resource};

use crate::decide::{Plan, ServicePlan};

/// The most bytes of a ConfigMap or Secret (`k8s.io/kubernetes/pkg/apis/core`, `MaxSecretSize`).
pub(crate) const LIMIT: u64 = 1 << 20;

/// `base` with the hash of the content that the parts make up, so that a change of content is a change of name and rolls the
/// pods.
pub(crate) fn hashed_name<T: AsRef<[u8]>>(base: &str, parts: impl IntoIterator<Item = T>) -> SmolStr {
    let mut hash = ContentHash::new();
    for part in parts {
        hash.part(part);
    }
    with_suffix(&object_name(base), &hash.finish(), SUBDOMAIN_LIMIT)
}

/// Name and labels of an object of a service, or of the whole project.
pub(crate) fn metadata(name: &str, service: Option<&ServicePlan<'_>>, plan: &Plan<'_>) -> ObjectMeta {
    let identity =
        Identity { name: service.map_or("", |service| &service.name), project: &plan.input.project.name, component: None, version: None };
    ObjectMeta { name: Some(name.to_owned()), labels: Some(identity.labels()), ..ObjectMeta::default() }
}

/// A ConfigMap or Secret of `data`. What is no UTF-8 goes into a ConfigMap's `binaryData`.
pub(crate) fn holder(kind: Kind, metadata: ObjectMeta, data: impl IntoIterator<Item = (SmolStr, Vec<u8>)>) -> Resource {
    if kind == Kind::Secret {
        let data: BTreeMap<String, ByteString> = data.into_iter().map(|(key, value)| (key.into(), ByteString(value))).collect();
        return Secret { metadata, data: Some(data), ..Secret::default() }.into();
    }
    let mut text: BTreeMap<String, String> = BTreeMap::new();
    let mut binary: BTreeMap<String, ByteString> = BTreeMap::new();
    for (key, value) in data {
        match String::from_utf8(value) {
            Ok(value) => {
                text.insert(key.into(), value);
            }
            Err(error) => {
                binary.insert(key.into(), ByteString(error.into_bytes()));
            }
        }
    }
    ConfigMap {
        metadata,
        data: (!text.is_empty()).then_some(text),
        binary_data: (!binary.is_empty()).then_some(binary),
        ..ConfigMap::default()
    }
    .into()
}

/// The field of [`holder`]'s object that has this content.
pub(crate) fn field(kind: Kind, content: &[u8]) -> &'static str {
    if kind == Kind::ConfigMap && std::str::from_utf8(content).is_err() { "binaryData" } else { "data" }
}
