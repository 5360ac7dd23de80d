//! What holds for any manifests, of mutated ones: the same as the fuzz target `validate` asks. `PROPTEST_CASES` says how many.
#![expect(clippy::disallowed_methods, reason = "the manifests are read from the repository")]

#[path = "../../../tests/fuzz/manifests.rs"]
mod manifests;

use std::fs;
use std::path::Path;
use std::sync::LazyLock;

use proptest::prelude::*;
use windlass_k8s::schema::Version;

/// The documents of `tests/validate`.
static DOCUMENTS: LazyLock<Vec<String>> = LazyLock::new(|| {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/validate");
    let files =
        ["accepted.yaml", "definition.yaml", "cel/definitions.yaml", "cel/objects.yaml", "cel/policies.yaml", "written/objects.yaml"];
    let texts = files.map(|file| fs::read_to_string(root.join(file)).expect("text"));
    let documents: Vec<String> = texts.iter().flat_map(|text| text.split("\n---\n")).map(str::to_owned).collect();
    assert!(documents.len() > 60, "{}", documents.len());
    documents
});

/// What is put in: pieces of YAML, and values that fields hardly expect.
fn pieces() -> impl Strategy<Value = String> {
    let odd = [
        "null",
        "[]",
        "{}",
        "-1",
        "0",
        "99999999999999999999",
        "1e400",
        ".nan",
        "0x10",
        "1_000",
        "yes",
        "~",
        "2024-01-01",
        "\"\"",
        "\"\\0\"",
        "é",
        "\u{7}",
        "\n---\n",
        "\n- ",
        "\n  ",
        ": ",
        ", ",
        "[",
        "]",
        "{",
        "}",
        "&a ",
        "*a",
        "<<: *a",
        "!!str ",
        "|\n ",
        "x: ",
        "* * * * *",
        "50%",
        "1Gi",
        "kind: List\nitems:\n",
        "self",
        "$(A)",
        "10.0.0.0/8",
        "apiVersion: v1",
        "name",
        "metadata:",
        "spec:",
    ];
    prop_oneof![prop::sample::select(odd.to_vec()).prop_map(str::to_owned), "[ -~\n\t]{0,8}"]
}

type Edits = Vec<(prop::sample::Index, usize, String)>;

fn edits() -> impl Strategy<Value = Edits> {
    prop::collection::vec((any::<prop::sample::Index>(), 0..12_usize, pieces()), 0..5)
}

fn edited(text: &str, edits: &Edits) -> String {
    let mut bytes = text.as_bytes().to_vec();
    for (at, cut, insert) in edits {
        let at = at.index(bytes.len() + 1);
        let end = (at + cut).min(bytes.len());
        bytes.splice(at..end, insert.bytes());
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn mutated_manifests_have_verdicts_at_their_places(
        picks in prop::collection::vec((any::<prop::sample::Index>(), edits()), 1..4),
        definition in (any::<prop::sample::Index>(), edits()),
        version in 33..38_u32,
        answer in "[ -~]{0,40}",
    ) {
        let stream: Vec<String> = picks.iter().map(|(pick, edits)| edited(pick.get::<String>(&DOCUMENTS), edits)).collect();
        let there = picks[0].0.get::<String>(&DOCUMENTS).clone();
        let definition = edited(definition.0.get::<String>(&DOCUMENTS), &definition.1);
        manifests::check(Version::nearest(version), [stream.join("\n---\n"), definition, there], &answer);
    }

    #[test]
    fn arbitrary_bytes_have_verdicts_at_their_places(bytes in prop::collection::vec(any::<u8>(), 0..4_096), answer in "\\PC{0,40}") {
        let text = String::from_utf8_lossy(&bytes).into_owned();
        manifests::check(Version::DEFAULT, [text.clone(), text.clone(), text], &answer);
    }
}

/// What was found so.
#[test]
fn manifests_that_once_ended_in_a_panic_have_verdicts() {
    let text = "{apiVersion: v1, kind: ConfigMap, metadata: {name: a}, binaryData: {a: =}}";
    manifests::check(Version::DEFAULT, [text.to_owned(), String::new(), text.to_owned()], "");
}
