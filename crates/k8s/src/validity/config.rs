//! ConfigMaps and Secrets.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use windlass_yaml::Node;

use super::findings::{Findings, Place};
use super::format;
use crate::view::{Fields as _, text};

/// Keys and values together, in bytes.
const LIMIT: usize = 1 << 20;

pub(super) fn config_map<'a>(root: &'a Node, findings: &mut Findings<'a>) {
    let mut size = 0;
    let binary = root.field("binaryData");
    for (key, value) in root.entries("data") {
        keys(root, "data", key, value, findings);
        if binary.is_some_and(|binary| binary.get(key.name()).is_some()) {
            let place = Place::field(root, "data").then(&format!("[{}]", key.name())).shown(key.span);
            findings.invalid_value(130, place, format_args!("{:?}", key.as_str()), "duplicate of key present in binaryData");
        }
        size += text(value).map_or(0, str::len);
    }
    for (key, value) in root.entries("binaryData") {
        keys(root, "binaryData", key, value, findings);
        size += text(value).map_or(0, decoded_length);
    }
    total(root, size, findings);
}

fn keys<'a>(root: &'a Node, field: &str, key: &windlass_yaml::Key, value: &'a Node, findings: &mut Findings<'a>) {
    for message in format::config_key(key.name()) {
        let place = Place::field(root, field).then(&format!("[{}]", key.name())).shown_at(value).shown(key.span);
        findings.invalid_value(128, place, format_args!("{:?}", key.as_str()), &message);
    }
}

fn total<'a>(root: &'a Node, size: usize, findings: &mut Findings<'a>) {
    if size > LIMIT {
        findings.too_long(129, Place::from(root).then("[]"), LIMIT);
    }
}

fn decoded_length(text: &str) -> usize {
    // What is no base64 may be padding alone.
    (text.len() / 4 * 3).saturating_sub(text.bytes().rev().take_while(|byte| *byte == b'=').count().min(2))
}

pub(super) fn secret<'a>(root: &'a Node, findings: &mut Findings<'a>) {
    let mut size = 0;
    for (key, value) in root.entries("data") {
        keys(root, "data", key, value, findings);
        // What `stringData` says replaces it.
        if root.at(&["stringData"]).is_none_or(|plain| plain.get(key.name()).is_none()) {
            size += text(value).map_or(0, decoded_length);
        }
    }
    for (key, value) in root.entries("stringData") {
        // The server puts them into `data` first.
        for message in format::config_key(key.name()) {
            let place = Place::from(root).then(&format!("data[{}]", key.name())).shown_at(value).shown(key.span);
            findings.invalid_value(128, place, format_args!("{:?}", key.as_str()), &message);
        }
        size += text(value).map_or(0, str::len);
    }
    total(root, size, findings);
    let has = |key: &str| ["data", "stringData"].iter().any(|field| root.get(field).and_then(|map| map.get(key)).is_some());
    let content = |key: &str| -> Option<Vec<u8>> {
        match root.at(&["stringData"]).and_then(|plain| plain.text(key)) {
            Some(plain) => Some(plain.as_bytes().to_vec()),
            None => STANDARD.decode(root.at(&["data"])?.text(key)?.replace(['\n', '\r'], "")).ok(),
        }
    };
    let place = |key: &str| Place::field(root, "data").then(&format!("[{key}]"));
    match root.text("type").unwrap_or_default() {
        "kubernetes.io/tls" => {
            for key in ["tls.crt", "tls.key"] {
                if !has(key) {
                    findings.required(132, place(key), "");
                }
            }
        }
        kind @ ("kubernetes.io/dockerconfigjson" | "kubernetes.io/dockercfg") => {
            let key = if kind.ends_with("json") { ".dockerconfigjson" } else { ".dockercfg" };
            if !has(key) {
                findings.required(133, place(key), "");
            } else if let Some(fault) = content(key).and_then(|bytes| serde_json::from_slice::<serde_json::Value>(&bytes).err()) {
                findings.invalid_value(133, place(key), "\"<secret contents redacted>\"", &fault.to_string());
            }
        }
        "kubernetes.io/basic-auth" if !has("username") && !has("password") => {
            for key in ["username", "password"] {
                findings.required(132, place(&format!("%{key}")), "");
            }
        }
        "kubernetes.io/ssh-auth" if content("ssh-privatekey").is_none_or(|key| key.is_empty()) => {
            findings.required(132, place("ssh-privatekey"), "");
        }
        "kubernetes.io/service-account-token" => {
            const ACCOUNT: &str = "kubernetes.io/service-account.name";
            let name = root.at(&["metadata", "annotations"]).and_then(|annotations| annotations.text(ACCOUNT));
            if name.is_none_or(str::is_empty) {
                findings.required(132, Place::at(root, &["metadata", "annotations"]).then(&format!("[{ACCOUNT}]")), "");
            }
        }
        _ => {}
    }
}
