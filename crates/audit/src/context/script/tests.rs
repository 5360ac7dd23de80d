//! Scripts, cut into the commands that they run.

use super::*;
use proptest::prelude::*;
use windlass_source::SourceMap;

fn show(commands: &[ShellCommand]) -> String {
    let show = |command: &ShellCommand| {
        let joint = match command.connector {
            Connector::Start => "",
            Connector::And => "&& ",
            Connector::Or => "|| ",
            Connector::Then => "; ",
            Connector::Pipe => "| ",
        };
        let words: Vec<_> = command.assignments.iter().chain(&command.words).map(|word| format!("[{}]", word.text)).collect();
        let redirections: Vec<_> = command.redirections.iter().map(|word| format!(">[{}]", word.text)).collect();
        format!("{joint}{}", [words, redirections].concat().concat())
    };
    commands.iter().map(show).collect::<Vec<_>>().join(" ")
}

fn span(text: &str) -> Span {
    let mut sources = SourceMap::new();
    let file = sources.add("Dockerfile", text);
    Span::new(file, 0..text.len())
}

fn check(text: &str, expected: &str) {
    assert_eq!(show(&shell(text, span(text), '\\')), expected, "{text}");
}

#[test]
fn lists_pipes_and_groups_are_commands() {
    check("apt-get update && apt-get install -y curl", "[apt-get][update] && [apt-get][install][-y][curl]");
    check("a | b || c; d & e", "[a] | [b] || [c] ; [d] ; [e]");
    check("(cd /x && make)", "[cd][/x] && [make]");
    check("if [ -f x ]; then rm x; fi", "[[][-f][x][]] ; [rm][x]");
    check("A=1 B=\"x y\" run --now", "[A=1][B=x y][run][--now]");
}

#[test]
fn lines_go_on_past_comments() {
    check("apt-get update \\\n  # why\n\n  && rm -rf \\\n /x", "[apt-get][update] && [rm][-rf][/x]");
    check("ech\\\no a", "[echo][a]");
}

#[test]
fn quotes_are_taken_off_and_substitutions_kept() {
    check(r#"echo 'a b' "c $D" e\ f"#, "[echo][a b][c $D][e f]");
    check("v=$(curl -s u | jq .x) make", "[curl][-s][u] | [jq][.x] [v=$(curl -s u | jq .x)][make]");
    check("echo `date`", "[date] [echo][`date`]");
    check("echo ${A:-b c}", "[echo][${A:-b c}]");
}

#[test]
fn redirections_are_no_arguments() {
    check("curl -o - u > /tmp/x 2>&1", "[curl][-o][-][u]>[/tmp/x]>[1]");
    check("cmd 2>/dev/null </in", "[cmd]>[/dev/null]>[/in]");
}

#[test]
fn words_have_places() {
    let text = "a && apt-get \\\n  install";
    let commands = shell(text, span(text), '\\');
    assert_eq!(&text[commands[1].words[1].span.range()], "install");
    assert!(commands[1].is("apt-get", "install"));
}

#[test]
fn options_are_found_alone_and_together() {
    let text = "sudo -E env A=b /usr/bin/apt-get -qy --no-install-recommends=true install x";
    let command = shell(text, span(text), '\\').remove(0);
    assert_eq!(command.program(), "apt-get");
    assert!(command.has_flag(&["-y", "--yes"]) && command.has_flag(&["--no-install-recommends"]) && !command.has_flag(&["-f"]));
    assert_eq!(command.after_subcommand().map(|word| word.text.as_str()).collect::<Vec<_>>(), ["x"]);
}

proptest! {
    #[test]
    fn any_text_is_read(text in r#"[a-c $(){}<>|&;'"`\\\n#=é-]{0,40}"#) {
        let span = span(&text);
        for commands in [shell(&text, span, '\\'), shell(&text, span, '`'), body(&text, span)] {
            for word in commands.iter().flat_map(|command| &command.words) {
                prop_assert!(text.get(word.span.range()).is_some());
            }
        }
    }
}
