//! Cases of stages.

use windlass_source::SourceMap;

use super::*;

const PASSED: [(&str, &str); 2] = [("PASSED", "given"), ("VERSION", "")];

fn image(text: &str, target: Option<&str>) -> (Option<ImageConfig>, Vec<String>) {
    let mut map = SourceMap::new();
    let file = map.add("Dockerfile", text);
    let parsed = crate::parse(file, text);
    assert_eq!(parsed.diagnostics, [], "{text}");
    let arguments = |name: &str| PASSED.iter().find(|(known, value)| *known == name && !value.is_empty()).map(|(_, value)| (*value).into());
    let (config, diagnostics) = parsed.dockerfile.image(&Build { target, arguments: &arguments });
    (config, diagnostics.into_iter().map(|diagnostic| diagnostic.message).collect())
}

#[track_caller]
fn config(text: &str) -> ImageConfig {
    let (config, messages) = image(text, None);
    assert_eq!(messages, [""; 0], "{text}");
    config.expect("there is a stage")
}

fn words(process: Option<&Process>) -> Option<Vec<&str>> {
    process.map(|process| process.words.iter().map(SmolStr::as_str).collect())
}

fn text(word: Option<&Word>) -> Option<&str> {
    word.map(Word::as_str)
}

#[test]
fn a_stage_has_what_its_base_stages_have() {
    let file = "FROM php:8-fpm AS base\nENV A=1\nUSER 33\nEXPOSE 9000\nVOLUME /a\nSTOPSIGNAL SIGQUIT\nHEALTHCHECK CMD x\nLABEL l=1\nWORKDIR /app\n\
                FROM base AS dev\nRUN x\nFROM nginx AS web\nFROM base\nUSER root\nENV B=$A-2\nVOLUME [\"/a\", \"/b\"]\nWORKDIR sub";
    let config = config(file);
    assert_eq!(config.base_image(), Some("php:8-fpm"));
    assert_eq!(config.chain, [3, 0]);
    assert_eq!(config.env.iter().map(|(name, value)| format!("{name}={}", value.text)).collect::<Vec<_>>(), ["A=1", "B=1-2"]);
    assert_eq!(text(config.user.as_ref()), Some("root"));
    assert_eq!(text(config.workdir.as_ref()), Some("/app/sub"));
    assert_eq!(text(config.stop_signal.as_ref()), Some("SIGQUIT"));
    assert_eq!(config.exposed.iter().map(|port| port.first).collect::<Vec<_>>(), [9000]);
    assert_eq!(config.volumes.iter().map(Word::as_str).collect::<Vec<_>>(), ["/a", "/b"]);
    assert!(config.healthcheck.is_some() && config.keeps_base_process());
}

#[test]
fn the_target_is_a_name_or_a_number() {
    let file = "FROM a AS One\nFROM b AS two\nFROM two";
    let base = |target| image(file, target).0.map(|config| config.base);
    assert!(matches!(base(Some("one")), Some(Base::Image(image)) if image.text == "a"));
    assert!(matches!(base(Some("ONE")), Some(Base::Image(image)) if image.text == "a"));
    assert!(matches!(base(Some("0")), Some(Base::Image(image)) if image.text == "a"));
    assert!(matches!(base(None), Some(Base::Image(image)) if image.text == "b"));
    assert!(matches!(base(Some("")), Some(Base::Image(image)) if image.text == "b"));
    assert_eq!(image(file, Some("three")), (None, vec!["there is no stage `three`".to_owned()]));
    assert!(matches!(config("FROM scratch").base, Base::Scratch));
    // A stage does not know itself, nor later ones.
    assert_eq!(config("FROM a AS a").base_image(), Some("a"));
    assert_eq!(config("FROM a AS b\nFROM B").base_image(), Some("B"));
}

#[test]
fn arguments_count_where_they_are_declared() {
    assert_eq!(config("ARG V=1\nARG T=$V-x\nFROM a:${T}").base_image(), Some("a:1-x"));
    assert_eq!(config("ARG PASSED=default\nFROM a:$PASSED").base_image(), Some("a:given"));
    assert_eq!(config("ARG A\nFROM b:${A:-c}").base_image(), Some("b:c"));
    // Before the first `FROM` they hold for `FROM`; a stage asks for them by name.
    let user = |file: &str| config(file).user.map(|user| user.text.to_string());
    assert_eq!(user("ARG U=7\nFROM a\nUSER ${U:-none}"), Some("none".to_owned()));
    assert_eq!(user("ARG U=7\nFROM a\nARG U\nUSER $U"), Some("7".to_owned()));
    assert_eq!(user("ARG U=7\nFROM a\nARG U=8\nUSER $U"), Some("8".to_owned()));
    assert_eq!(user("FROM a\nARG PASSED=8\nUSER $PASSED"), Some("given".to_owned()));
    assert_eq!(user("FROM a AS b\nARG U=7\nFROM b\nUSER $U"), Some("7".to_owned()));
    assert_eq!(user("FROM a\nARG TARGETARCH\nUSER $TARGETARCH"), Some("amd64".to_owned()));
    assert_eq!(user("FROM a\nENV U=1\nENV U=2 W=$U\nUSER $W"), Some("1".to_owned()));
    // They are not in the image.
    assert!(config("FROM a\nARG U=7").env.is_empty());
}

#[test]
fn an_entrypoint_takes_away_the_command_before_it() {
    let file = config("FROM a AS b\nCMD [\"x\"]\nFROM b\nENTRYPOINT [\"y\"]");
    assert_eq!((words(file.entrypoint.as_ref()), words(file.cmd.as_ref())), (Some(vec!["y"]), Some(vec![])));
    let file = config("FROM a\nCMD [\"x\"]\nENTRYPOINT y $A");
    assert_eq!((words(file.entrypoint.as_ref()), words(file.cmd.as_ref())), (Some(vec!["/bin/sh", "-c", "y $A"]), Some(vec!["x"])));
    let file = config("FROM a\nSHELL [\"/bin/bash\", \"-ec\"]\nCMD x");
    assert_eq!(words(file.cmd.as_ref()), Some(vec!["/bin/bash", "-ec", "x"]));
    assert!(!file.keeps_base_process());
    assert_eq!(words(config("FROM a\nENTRYPOINT []").entrypoint.as_ref()), Some(vec![]));
}

#[test]
fn ports_are_numbers_ranges_and_transports() {
    let file = config("FROM a\nARG P=\"90 91/udp\"\nEXPOSE 80 $P 100-102/SCTP 127.0.0.1:1:2");
    let shown: Vec<String> = file.exposed.iter().map(|port| format!("{}-{} {:?}", port.first, port.last, port.protocol)).collect();
    assert_eq!(shown, ["80-80 Tcp", "90-90 Tcp", "91-91 Udp", "100-102 Sctp", "2-2 Tcp"]);
    for wrong in ["http", "70000", "90-80", "80/http"] {
        assert_eq!(image(&format!("FROM a\nEXPOSE {wrong}"), None).1, [format!("`{wrong}` is no port")]);
    }
}

#[test]
fn copies_have_absolute_destinations() {
    let file = config("FROM a AS b\nFROM c\nWORKDIR /app\nCOPY --chown=1 . .\nCOPY --from=b /x /y\nCOPY --from=0 x y/\nCOPY <<E f /g\nE\n");
    let shown: Vec<String> = file
        .copies
        .iter()
        .map(|copied| format!("{:?} {:?} {} {}", copied.from, copied.sources, copied.destination, copied.into_directory))
        .collect();
    assert_eq!(shown[0], "Context [\".\"] /app true");
    assert_eq!(shown[1], "Stage(0) [\"/x\"] /y false");
    assert_eq!(shown[2], "Stage(0) [\"x\"] /app/y true");
    assert_eq!(shown[3], "Context [\"f\"] /g true");
    // Where the base image starts is not known.
    assert_eq!(config("FROM a\nCOPY x y\nCOPY x /y").copies.len(), 1);
    assert_eq!(config("FROM scratch\nCOPY x y").copies[0].destination, "/y");
}

#[test]
fn a_script_of_a_stage_beneath_shows_that_there_is_a_shell() {
    let runs = |text: &str| config(text).runs_scripts;
    assert!(runs("FROM a AS b\nRUN x\nFROM b\nCOPY y /z"));
    assert!(!runs("FROM a AS b\nRUN x\nFROM c\nRUN [\"y\"]\nCOPY --from=b /x /x"));
}

#[test]
fn what_stops_the_build_is_said() {
    assert_eq!(image("FROM $NONE", None).1, ["`$NONE` has no value"]);
    assert_eq!(image("FROM a\nUSER ${A", None).1, ["`${` has no `}`"]);
    assert_eq!(image("ENV A=1\nFROM a", None).1, ["`ENV` stands before the first `FROM`"]);
    let doubled: String = (0..1000).map(|index| format!("ENV A{}=$A{index}$A{index}\n", index + 1)).collect();
    assert!(image(&format!("FROM a\nENV A0=xx\n{doubled}"), None).1.iter().all(|message| message == "the value is too large"));
}

#[test]
fn triggers_run_in_the_stage_that_is_built_on_theirs() {
    let file = config("FROM a AS b\nONBUILD USER 5\nFROM b");
    assert_eq!(text(file.user.as_ref()), Some("5"));
    assert_eq!(config("FROM a AS b\nONBUILD USER 5\nFROM b AS c\nUSER 6\nFROM c").user.map(|user| user.text), Some("6".into()));
}
