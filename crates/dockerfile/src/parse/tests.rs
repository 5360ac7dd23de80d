//! Cases of the parser.

use windlass_source::SourceMap;

use super::*;
use crate::syntax::{Command, CommandLine, Flag, Healthcheck, Instruction};

fn read(text: &str) -> (SourceMap, Parsed) {
    let mut map = SourceMap::new();
    let file = map.add("Dockerfile", text);
    let parsed = parse(file, text);
    assert_eq!(parsed.dockerfile.write(), text, "writing gives the same bytes");
    (map, parsed)
}

/// An instruction as one line: `NAME --flag=value (words)`, each word in brackets.
fn show(instruction: &Instruction) -> String {
    let flag = |flag: &Flag| match &flag.value {
        Some(value) => format!("--{}={} ", flag.name.text, value.text),
        None => format!("--{} ", flag.name.text),
    };
    let flags: String = instruction.flags.iter().map(flag).collect();
    let words = |words: &[Word]| words.iter().map(|word| format!("[{}]", word.text)).collect::<String>();
    let line = |line: &CommandLine| match line {
        CommandLine::Exec(exec) => format!("exec {}", words(exec)),
        CommandLine::Shell(script) => format!("shell [{}]", script.text),
    };
    let pair = |name: &Word, value: Option<&Word>| match value {
        Some(value) => format!("[{}={}]", name.text, value.text),
        None => format!("[{}]", name.text),
    };
    let rest = match &instruction.command {
        Command::Add(copy) | Command::Copy(copy) => format!("{} → {}", words(&copy.sources), copy.destination.text),
        Command::Arg(arguments) => arguments.iter().map(|argument| pair(&argument.name, argument.value.as_ref())).collect(),
        Command::Env(pairs) | Command::Label(pairs) => pairs.iter().map(|each| pair(&each.name, Some(&each.value))).collect(),
        Command::Cmd(command) | Command::Entrypoint(command) | Command::Run(command) => line(command),
        Command::Expose(list) | Command::Shell(list) | Command::Volume(list) => words(list),
        Command::From(from) => {
            format!("{}{}", from.image.text, from.name.as_ref().map_or(String::new(), |name| format!(" as {}", name.text)))
        }
        Command::Healthcheck(Healthcheck::None) => "none".to_owned(),
        Command::Healthcheck(Healthcheck::Check { test, .. }) => line(test),
        Command::Onbuild(inner) => show(inner),
        Command::Maintainer(word) | Command::StopSignal(word) | Command::User(word) | Command::Workdir(word) => format!("[{}]", word.text),
        Command::Broken(word) => format!("broken [{}]", word.text),
    };
    format!("{} {flags}{rest}", instruction.keyword.text)
}

#[track_caller]
fn check(text: &str, expected: &[&str]) {
    let (_, parsed) = read(text);
    let shown: Vec<String> = parsed.dockerfile.instructions.iter().map(show).collect();
    assert_eq!(shown, expected, "{text}");
    let errors: Vec<&str> = parsed.diagnostics.iter().filter(|one| one.is_error()).map(|one| one.message.as_str()).collect();
    assert_eq!(errors, [""; 0], "{text}");
}

#[track_caller]
fn check_error(text: &str, message: &str, underlined: &str) {
    let (map, parsed) = read(text);
    let shown: Vec<(&str, &str)> =
        parsed.diagnostics.iter().map(|one| (one.message.as_str(), one.span().map_or("", |span| map.slice(span)))).collect();
    assert_eq!(shown, [(message, underlined)], "{text}");
}

#[test]
fn each_instruction_is_read_by_its_own_rules() {
    check("FROM alpine:3.20", &["FROM alpine:3.20"]);
    check("from --platform=$BUILDPLATFORM alpine As Build", &["from --platform=$BUILDPLATFORM alpine as Build"]);
    check("RUN a && b  c", &["RUN shell [a && b  c]"]);
    check("RUN", &["RUN shell []"]);
    check("RUN [\"a\", \"b c\"]", &["RUN exec [a][b c]"]);
    check("RUN [ \"$A\" = 1 ]", &["RUN shell [[ \"$A\" = 1 ]]"]);
    check("CMD []", &["CMD exec "]);
    check(
        "RUN --mount=type=cache,target=/x --mount=type=bind --network=none a --b",
        &["RUN --mount=type=cache,target=/x --mount=type=bind --network=none shell [a --b]"],
    );
    check(
        "COPY --from=build --chown=1:1 --link --exclude=*.a --exclude=*.b --parents a b /c/",
        &["COPY --from=build --chown=1:1 --link --exclude=*.a --exclude=*.b --parents [a][b] → /c/"],
    );
    check("ADD --checksum=sha256:ab --keep-git-dir=false [\"a b\", \"/c\"]", &["ADD --checksum=sha256:ab --keep-git-dir=false [a b] → /c"]);
    check("COPY -- --odd /x", &["COPY [--odd] → /x"]);
    check("COPY --chown='a b' x /x", &["COPY --chown=a b [x] → /x"]);
    check("ARG A B=1 C=\"x y\" D=", &["ARG [A][B=1][C=\"x y\"][D=]"]);
    check("ENV A=1 B=\"x y\" C=a\\ b D=", &["ENV [A=1][B=\"x y\"][C=a\\ b][D=]"]);
    check("ENV A  x = y  ", &["ENV [A=x = y]"]);
    check("LABEL a.b=c 'd e'=f\nLABEL old form", &["LABEL [a.b=c]['d e'=f]", "LABEL [old=form]"]);
    check("EXPOSE 80 443/udp $P", &["EXPOSE [80][443/udp][$P]"]);
    check("VOLUME /a /b\nVOLUME [\"/c d\"]", &["VOLUME [/a][/b]", "VOLUME [/c d]"]);
    check(
        "WORKDIR /a b\nUSER 1:2\nSTOPSIGNAL SIGQUIT\nMAINTAINER A <b@c>",
        &["WORKDIR [/a b]", "USER [1:2]", "STOPSIGNAL [SIGQUIT]", "MAINTAINER [A <b@c>]"],
    );
    check("SHELL [\"/bin/bash\", \"-c\"]", &["SHELL [/bin/bash][-c]"]);
    check("ONBUILD RUN --mount=a b\nonbuild copy a b", &["ONBUILD RUN --mount=a shell [b]", "onbuild copy [a] → b"]);
    check(
        "HEALTHCHECK NONE\nHEALTHCHECK --interval=5s CMD curl -f x\nHEALTHCHECK cmd [\"a\"]",
        &["HEALTHCHECK none", "HEALTHCHECK --interval=5s shell [curl -f x]", "HEALTHCHECK exec [a]"],
    );
}

#[test]
fn lines_are_joined_without_comments_and_empty_lines() {
    check("RUN a \\\n  b \\  \n\n # c\n\\\nd\nUSER x", &["RUN shell [a   b d]", "USER [x]"]);
    check("RUN a\\\r\nb\r\n", &["RUN shell [ab]"]);
    check("RUN a \\\\\nUSER b", &["RUN shell [a \\\\]", "USER [b]"]);
    check("RUN a \\", &["RUN shell [a]"]);
    check("  \\\nRUN x", &["RUN shell [x]"]);
    check("RUN a # b\n#RUN c", &["RUN shell [a # b]"]);
    check("\u{feff}# x\n\n  FROM\ta", &["FROM a"]);
    let (map, parsed) = read("ENV A=b \\\n# d\n  E=f");
    let Command::Env(pairs) = &parsed.dockerfile.instructions[0].command else { panic!("an ENV") };
    let shown: Vec<(&str, &str)> = pairs.iter().map(|pair| (map.slice(pair.name.span), map.slice(pair.value.span))).collect();
    assert_eq!(shown, [("A", "b"), ("E", "f")]);
}

#[test]
fn directives_come_first_and_change_the_escape_character() {
    check("# escape=`\nFROM a\nRUN b `\n c\nCOPY \\x \\y", &["FROM a", "RUN shell [b  c]", "COPY [\\x] → \\y"]);
    let (_, parsed) = read("#syntax = docker/dockerfile:1\n# Check=skip=all\n# x\n# escape=`\nFROM a");
    let directives: Vec<String> =
        parsed.dockerfile.directives.iter().map(|directive| format!("{}:{}", directive.name.text, directive.value.text)).collect();
    assert_eq!(directives, ["syntax:docker/dockerfile:1", "check:skip=all"]);
    assert_eq!(parsed.dockerfile.escape, '\\');
    assert_eq!(parsed.dockerfile.comments().count(), 2);
    check_error("# escape=x\nFROM a", "`x` cannot be the escape character", "x");
    check_error("# syntax=a\n# syntax=b\nFROM a", "the directive `syntax` is given twice", "syntax");
}

#[test]
fn heredocs_take_the_lines_up_to_their_delimiter() {
    let text = "RUN <<-'A' cat <<B\n\tx\n\t\t$y\n\tA\nb\nB\nCOPY <<c /d\nc\nUSER e";
    let (_, parsed) = read(text);
    let file = &parsed.dockerfile;
    assert_eq!(parsed.diagnostics, []);
    let shown: Vec<String> = file.instructions.iter().map(show).collect();
    assert_eq!(shown, ["RUN shell [<<-'A' cat <<B]", "COPY [<<c] → /d", "USER [e]"]);
    let run = &file.instructions[0].heredocs;
    assert_eq!((file.heredoc(&run[0]).as_str(), run[0].expand), ("x\n$y\n", false));
    assert_eq!((file.heredoc(&run[1]).as_str(), run[1].expand), ("b\n", true));
    assert_eq!(file.heredoc(&file.instructions[1].heredocs[0]), "");
    // Neither JSON nor other instructions open any.
    check(
        "RUN [\"cat <<A\"]\nCMD cat <<A\nONBUILD RUN <<A\nx\nA\nUSER a",
        &["RUN exec [cat <<A]", "CMD shell [cat <<A]", "ONBUILD RUN shell [<<A]", "USER [a]"],
    );
    check_error("RUN <<A\nUSER a\n", "no line `A` ends this heredoc", "<<A");
}

#[test]
fn what_buildkit_refuses_has_a_place() {
    check_error("FRM a", "there is no instruction `FRM`", "FRM");
    check_error("FROM a b", "`FROM` takes an image, or an image and a name", "b");
    check_error("FROM a AS 1b", "`1b` cannot be the name of a stage", "1b");
    check_error("FROM", "`FROM` says nothing", "FROM");
    check_error("COPY a", "`COPY` has no destination", "COPY");
    check_error("COPY a <<E\nE", "a heredoc cannot be the destination", "<<E");
    check_error("COPY --form=a b c", "`COPY` has no flag `--form`", "form");
    check_error("COPY --from b c", "`--from` has no value", "from");
    check_error("COPY --link=maybe b c", "`--link` is on or off, not `maybe`", "link");
    check_error("RUN --network=a --network=b c", "`--network` is given twice", "network");
    check_error("CMD --help", "`CMD` has no flag `--help`", "help");
    check_error("CMD [\"a\", 1]", "the items of an array must be texts", "1");
    check_error("ENV A", "`A` has no value", "A");
    check_error("ENV A=1 B", "`B` has no `=`", "B");
    check_error("ENV A=1 =2", "a value has no name", "");
    check_error("SHELL a b", "`SHELL` takes an array of words", "a b");
    check_error("VOLUME [\"\"]", "`VOLUME` has an empty path", "[\"\"]");
    check_error("HEALTHCHECK curl x", "`curl` is no kind of health check", "curl");
    check_error("HEALTHCHECK NONE x", "`HEALTHCHECK NONE` takes no arguments", "x");
    check_error("HEALTHCHECK CMD", "`HEALTHCHECK CMD` has no command", "CMD");
    check_error("HEALTHCHECK --interval=5 CMD x", "`5` is no time for a health check", "5");
    check_error("HEALTHCHECK --retries=-1 CMD x", "`-1` is no number of retries", "-1");
    check_error("ONBUILD FROM a", "`FROM` cannot follow `ONBUILD`", "FROM");
    check_error("# only a comment\n", "this file has no instructions", "");
    check_error("RUN a \\\n\n b", "an empty line within an instruction", "");
}

#[test]
fn times_are_go_durations() {
    let cases = [
        ("1m30s", Some(90_000_000_000)),
        ("1.5h", Some(5_400_000_000_000)),
        ("100ms", Some(100_000_000)),
        ("0", Some(0)),
        ("-1s", Some(-1_000_000_000)),
        (".5s", Some(500_000_000)),
        ("1us", Some(1000)),
        ("5", None),
        ("", None),
        (".s", None),
        ("1d", None),
        ("s", None),
        ("9999999h", None),
    ];
    for (text, expected) in cases {
        assert_eq!(word::duration(text), expected, "{text}");
    }
}

#[test]
fn a_place_holds_the_line_break_that_divides_a_word() {
    let (map, parsed) = read("FROM a\nRUN b \\\n  # note\n  c\nUSER x\\\ny");
    let spans: Vec<&str> = parsed.dockerfile.instructions.iter().map(|instruction| map.slice(instruction.span)).collect();
    assert_eq!(spans, ["FROM a", "RUN b \\\n  # note\n  c", "USER x\\\ny"]);
    let Command::User(user) = &parsed.dockerfile.instructions[2].command else { panic!("a USER") };
    assert_eq!((user.as_str(), map.slice(user.span)), ("xy", "x\\\ny"));
}
