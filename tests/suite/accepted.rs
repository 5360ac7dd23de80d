//! Rendered objects, given to a real API server.

use serde_json::Value;
use windlass_k8s::Kind;
use windlass_testkit::Cluster;

/// Creates the objects, with strict field validation, in a namespace of their own and deletes it. Gives how many were accepted, and what the
/// server said of the others. Kinds that only definitions bring are passed over.
///
/// # Errors
/// When the server does not answer.
pub fn accept<'a>(
    cluster: &Cluster,
    namespace: &str,
    objects: impl IntoIterator<Item = &'a Value>,
) -> anyhow::Result<(usize, Vec<String>)> {
    let client = cluster.client();
    cluster.create_namespace(namespace)?;
    let text = |object: &'a Value, path: &str| object.pointer(path).and_then(Value::as_str).unwrap_or_default();
    let mut objects: Vec<&Value> = objects.into_iter().filter(|object| text(object, "/kind") != "Namespace").collect();
    objects.sort_by_key(|object| Kind::parse(text(object, "/kind")));
    let (mut accepted, mut refused) = (0, Vec::new());
    for object in objects {
        let Some(collection) = client.collection(text(object, "/apiVersion"), text(object, "/kind"), namespace)? else { continue };
        let mut object = object.clone();
        if let Some(metadata) = object.pointer_mut("/metadata").and_then(Value::as_object_mut) {
            metadata.remove("namespace");
        }
        let response = client.create(&collection, &object.to_string())?;
        match response.is_ok() {
            true => accepted += 1,
            false => refused.push(format!("{}/{}: {}", object["kind"], object["metadata"]["name"], response.message())),
        }
    }
    client.delete(&format!("/api/v1/namespaces/{namespace}"))?;
    Ok((accepted, refused))
}
