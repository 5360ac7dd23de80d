//! Manifests, definitions and what is there already, in one stream each, and what a cluster answers: `manifests.rs` says what must hold.

#![no_main]

#[path = "../manifests.rs"]
mod manifests;

use libfuzzer_sys::fuzz_target;
use windlass_fuzz::SEPARATOR;
use windlass_k8s::schema::Version;

fuzz_target!(|bytes: &[u8]| {
    let Some((&version, rest)) = bytes.split_first() else { return };
    let mut parts = rest.splitn(4, |&byte| byte == SEPARATOR).map(|part| String::from_utf8_lossy(part).into_owned());
    let texts = std::array::from_fn(|_| parts.next().unwrap_or_default());
    manifests::check(Version::nearest(33 + u32::from(version % 5)), texts, &parts.next().unwrap_or_default());
});
