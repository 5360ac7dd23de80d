//! Secrets in a form that may go into git: as ExternalSecrets, whose values an operator fetches from a store, or as
//! SealedSecrets, which the cluster alone can open. In: the objects. Out: the same with no Secret among them.

mod sealed;

use k8s_openapi::ByteString;
use k8s_openapi::api::core::v1::Secret;
use serde_json::{Map, Value, json};
use windlass_k8s::{ContentHash, Custom, Kind, Object, Objects, Resource, labels};

pub use sealed::{Certificate, CertificateError};

/// The store that ExternalSecrets name, unless another is given.
pub const STORE: &str = "windlass";

/// Each Secret as an ExternalSecret (external-secrets.io) of the SecretStore `store`. A value is looked up as a property of the
/// entry `PROJECT/NAME`, where NAME is the Secret's without the hash of its content, so that an entry outlives its values.
pub fn external(objects: &mut Objects, store: &str) {
    replace(objects, |secret, keys| {
        let name = secret.metadata.name.clone().unwrap_or_default();
        let entry = entry(secret);
        let data: Vec<Value> = keys.keys().map(|key| json!({ "secretKey": key, "remoteRef": { "key": entry, "property": key } })).collect();
        let mut target = json!({ "name": name });
        if let Some(kind) = &secret.type_ {
            target["template"] = json!({ "type": kind });
        }
        let spec = json!({
            "refreshInterval": "1h",
            "secretStoreRef": { "name": store, "kind": "SecretStore" },
            "target": target,
            "data": data,
        });
        (Kind::ExternalSecret, spec)
    });
}

/// Each Secret sealed for the controller of `certificate` (bitnami.com SealedSecrets), strictly: for its name in `namespace` alone.
pub fn sealed(objects: &mut Objects, certificate: &Certificate, namespace: &str) {
    replace(objects, |secret, keys| {
        let name = secret.metadata.name.as_deref().unwrap_or_default();
        let label = format!("{namespace}/{name}");
        let data: Map<String, Value> =
            keys.iter().map(|(key, value)| (key.clone(), certificate.seal(value, label.as_bytes()).into())).collect();
        let mut template = json!({ "metadata": { "name": name, "namespace": namespace, "labels": secret.metadata.labels } });
        if let Some(kind) = &secret.type_ {
            template["type"] = json!(kind);
        }
        (Kind::SealedSecret, json!({ "encryptedData": data, "template": template }))
    });
}

/// The entry of a store that holds the values of a Secret.
fn entry(secret: &Secret) -> String {
    let name = secret.metadata.name.as_deref().unwrap_or_default();
    let plain = ContentHash::cut(name).unwrap_or(name);
    let project = secret.metadata.labels.as_ref().and_then(|labels| labels.get(labels::INSTANCE));
    project.map_or_else(|| plain.to_owned(), |project| format!("{project}/{plain}"))
}

/// The keys of a Secret with their values.
type Keys = std::collections::BTreeMap<String, Vec<u8>>;

fn replace(objects: &mut Objects, custom: impl Fn(&Secret, &Keys) -> (Kind, Value)) {
    let names: Vec<String> = objects.of_kind(Kind::Secret).map(|object| object.name().to_owned()).collect();
    for name in names {
        let Some(object) = objects.remove(Kind::Secret, &name) else { continue };
        let Some(secret) = object.get::<Secret>() else { continue };
        let encoded = secret.data.iter().flatten().map(|(key, ByteString(value))| (key.clone(), value.clone()));
        let plain = secret.string_data.iter().flatten().map(|(key, value)| (key.clone(), value.clone().into_bytes()));
        let keys: Keys = encoded.chain(plain).collect();
        let (kind, spec) = custom(secret, &keys);
        let body = Map::from_iter([("spec".to_owned(), spec)]);
        let made = Custom { kind, metadata: secret.metadata.clone(), body };
        let made = Object::new(Resource::Custom(Box::new(made)), object.origin().clone());
        // The name was free for a Secret, and no other object is of this kind.
        let _ = objects.insert(made);
    }
}

#[cfg(test)]
mod tests {
    use serde_json::from_value;
    use windlass_k8s::write;
    use windlass_source::Origin;

    use super::*;

    fn objects() -> Objects {
        let mut objects = Objects::new();
        let labels = json!({ "app.kubernetes.io/instance": "shop", "app.kubernetes.io/name": "web" });
        let secret = json!({
            "metadata": { "name": "web-credentials-54wwnw4lxg", "labels": labels },
            "data": { "DB_PASSWORD": "aHVudGVyMg==", "TOKEN": "eA==" }
        });
        let secret: Secret = from_value(secret).expect("a Secret");
        objects.insert(Object::new(secret, Origin::DEFAULT)).expect("it is the first");
        objects
    }

    #[test]
    fn an_external_secret_names_what_the_store_holds() {
        let mut objects = objects();
        external(&mut objects, "vault");
        insta::assert_snapshot!(write::yaml(objects.iter(), None), @"
        apiVersion: external-secrets.io/v1
        kind: ExternalSecret
        metadata:
          name: web-credentials-54wwnw4lxg
          labels:
            app.kubernetes.io/instance: shop
            app.kubernetes.io/name: web
        spec:
          refreshInterval: 1h
          secretStoreRef:
            name: vault
            kind: SecretStore
          target:
            name: web-credentials-54wwnw4lxg
          data:
          - secretKey: DB_PASSWORD
            remoteRef:
              key: shop/web-credentials
              property: DB_PASSWORD
          - secretKey: TOKEN
            remoteRef:
              key: shop/web-credentials
              property: TOKEN
        ");
    }

    #[test]
    fn a_sealed_secret_holds_no_value() {
        let mut objects = objects();
        sealed(&mut objects, &sealed::tests::certificate(), "prod");
        let text = write::yaml(objects.iter(), None);
        assert!(text.contains("kind: SealedSecret") && text.contains("DB_PASSWORD: ") && !text.contains("aHVudGVyMg=="), "{text}");
        assert_eq!(objects.of_kind(Kind::Secret).count(), 0);
    }
}
