//! Kubernetes' own schemas, by way of the PyPI package `kubernetes-validate`.

use std::path::Path;
use std::process::Command;

use anyhow::{Context as _, bail};
use serde_json::Value;

use crate::{python, workspace};

/// What the schemas say of some manifests.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Validation {
    /// How many objects are valid.
    pub valid: usize,
    /// Objects that no schema knows: custom resources.
    pub skipped: Vec<String>,
    /// `file: Kind/name: field: message`.
    pub errors: Vec<String>,
}

/// Validates every manifest in `directory` (and below) strictly against the schemas of Kubernetes 1.36. `None`, after printing why,
/// where there is no `python3`.
///
/// # Errors
/// When the package can't be installed, or when the directory holds no manifest.
pub fn kubernetes_validate(directory: &Path) -> anyhow::Result<Option<Validation>> {
    if Command::new("python3").arg("--version").output().is_err() {
        println!("skipped: no python3, so {} is not validated", directory.display());
        return Ok(None);
    }
    let tool = workspace().join("tests/kubernetes-validate");
    let python = python::environment("kubernetes-validate", &tool.join("requirements.txt"))?;
    let output = Command::new(python).arg(tool.join("run.py")).arg(directory).output()?;
    if !matches!(output.status.code(), Some(0 | 1)) {
        bail!("validating {} ended with {}: {}", directory.display(), output.status, String::from_utf8_lossy(&output.stderr));
    }
    // Python itself ends with 1 on an exception; then there is no JSON.
    let result: Value = serde_json::from_slice(&output.stdout).with_context(|| String::from_utf8_lossy(&output.stderr).into_owned())?;
    let texts = |key: &str| result[key].as_array().into_iter().flatten().filter_map(Value::as_str).map(str::to_owned).collect::<Vec<_>>();
    let valid = result["valid"].as_u64().and_then(|valid| usize::try_from(valid).ok()).context("no count of valid objects")?;
    Ok(Some(Validation { valid, skipped: texts("skipped"), errors: texts("errors") }))
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    fn validate(name: &str, text: &str) -> Option<Validation> {
        let directory = workspace().join("target/tools/kubernetes-validate-tests").join(name);
        fs::create_dir_all(&directory).unwrap();
        fs::write(directory.join("manifest.yaml"), text).unwrap();
        kubernetes_validate(&directory).unwrap()
    }

    #[test]
    fn good_manifests_are_valid_and_custom_ones_skipped() {
        let Some(found) = validate("good", include_str!("kubernetes_validate/good.yaml")) else { return };
        assert_eq!((found.valid, found.skipped.len(), found.errors), (2, 1, vec![]));
    }

    #[test]
    fn unknown_fields_wrong_types_and_double_keys_are_errors() {
        let Some(found) = validate("bad", include_str!("kubernetes_validate/bad.yaml")) else { return };
        let messages: Vec<&str> =
            found.errors.iter().filter_map(|error| error.split_once("manifest.yaml: ")).map(|(_, message)| message).collect();
        assert_eq!(
            messages,
            [
                "Service/unknown-field: spec: Additional properties are not allowed ('clusterIp' was unexpected)",
                "ConfigMap/truth-value: data.debug: True is not of type 'string', 'null'",
                "ConfigMap/number: data.port: 22 is not of type 'string', 'null'",
                "no Kubernetes object",
            ]
        );
        let Some(found) = validate("double", "apiVersion: v1\nkind: ConfigMap\nmetadata: { name: a, name: b }\n") else { return };
        assert!(found.errors[0].contains("the key 'name' stands twice"), "{found:?}");
    }

    #[test]
    fn a_directory_without_manifests_is_an_error() {
        let directory = workspace().join("target/tools/kubernetes-validate-tests/empty");
        fs::create_dir_all(&directory).unwrap();
        assert!(matches!(kubernetes_validate(&directory), Ok(None) | Err(_)));
    }
}
