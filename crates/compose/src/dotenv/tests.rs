//! Cases of `.env` files.

use proptest::prelude::*;
use windlass_source::SourceMap;

use super::*;

fn outside(name: &str) -> Option<Variable<'static>> {
    (name == "O").then_some(Variable { value: "outer", source: VariableSource::Environment })
}

/// `NAME=value|…`, then problems with line and column.
fn show(text: &str) -> String {
    let mut files = SourceMap::new();
    let file = files.add(".env", text);
    let mut dotenv = Dotenv::new();
    dotenv.read(file, text, &outside);
    let variables: Vec<_> = dotenv.iter().map(|(name, entry)| format!("{name}={}", entry.value.value)).collect();
    let mut out = variables.join("|");
    for problem in &dotenv.problems {
        let at = files.position(problem.span);
        let kind = match &problem.kind {
            ProblemKind::Template(error) => format!("{:?}", error.kind),
            kind => format!("{kind:?}"),
        };
        out += &format!(" ! {kind} {}:{}", at.line, at.column);
    }
    for unset in &dotenv.unset {
        out += &format!(" ? {} at {}", unset.value, files.slice(unset.span().unwrap()));
    }
    out
}

#[test]
fn the_cases_are_as_docker_compose_has_them() {
    let cases = [
        ("", ""),
        ("A=1\nB=two\nC=three words\nD=\n", "A=1|B=two|C=three words|D="),
        ("A = 1\n B=2\nC= 3 \n\tD=4\nE\t=\t5\t\n", "A=1|B=2|C=3|D=4|E=5"),
        ("\u{feff}A=1\r\nB='2'\r\nC=\"3\"\r\nD=\r\nE=5", "A=1|B=2|C=3|D=|E=5"),
        ("A: 1\nB: 'two'\nC:three\n", "A=1|B=two|C=three"),
        ("export A=1\nexport  B=2\nexport\tC=3\nexportD=4\nexport O\n", "A=1|B=2|C=3|exportD=4|O=outer"),
        ("export\nA=1\n", "A=1"),
        ("# top\nA=1 # c\nB=1#2\nC='x' # c\n  # indented\nE= # no comment\nF=x\t#y\n", "A=1|B=1#2|C=x|E=# no comment|F=x\t#y"),
        ("A='single $B'\nC=\"with \\\"esc\\\" and \\n nl\"\nE=\"a'b\"\n", "A=single $B|C=with \"esc\" and \n nl|E=a'b"),
        ("A=\"t\\tn\\rb\\\\s\"\nB=\"\\$A \\a\"\nC=\"\\x41\\q\\c\"\n", "A=t\tn\rb\\s|B=$A \u{7}|C=\\x41\\q\\c"),
        ("A=\"\\0\"\nB=\"\\012\"\nC=\"\\0123\"\nD=\"\\0777\"\nE=\"\\0389\"\nF=\"\\0351\"\n", "A=\\|B=\\12|C=S|D=\\777|E=\\389|F=é"),
        ("A='a\\nb'\nB='a\\'b'\nC='a\\\\'\nD=\"a\\\nb\"\n", "A=a\\nb|B=a'b|C=a\\\\|D=a\\\nb"),
        ("A=\"\\\\n\\\\\\\"\"\n", "A=\\n\\\""),
        ("A=\"line1\nline2\"\nB='s1\n  s2\n'\nC=after\n", "A=line1\nline2|B=s1\n  s2\n|C=after"),
        ("A=1\nB=${A}2\nC=$A-$B\nD=${U:-def}\nE='$A'\n", "A=1|B=12|C=1-12|D=def|E=$A"),
        ("A=1\nA=${A}2\n", "A=12"),
        ("O=x\nA=$O\n", "O=x|A=outer"),
        ("A=\\$O\nB=\"\\${O}\"\nC=$$O\nD=$\nE=$(cmd)\n", "A=\\outer|B=${O}|C=$O|D=$|E=$(cmd)"),
        ("A=${B}\nB=1\n", "A=|B=1 ? B at ${B}"),
        ("A=\"x ${B}\"\n", "A=x  ? B at ${B}"),
        ("O\nB=b\n", "O=outer|B=b"),
        ("N\nB=b\n", "B=b"),
        ("A=a\nexport A\n", "A=a"),
        ("A=a=b==c\nC==\n", "A=a=b==c|C=="),
        ("A.B-C[0]=1\n1=x\né=y\n", "A.B-C[0]=1|1=x|é=y"),
        ("A={\"k\": \"v\"}\nC=[1, 2]\nD=a'b'c\n", "A={\"k\": \"v\"}|C=[1, 2]|D=a'b'c"),
        ("A='x'y\nB=\"x\" z=1\nC='x'#c\n", "A=x|B=x|z=1|C=x"),
        ("A=\u{a0}x\u{a0}\nB=1\rC=2\n\u{a0}D=1\u{2003}\n", "A=x|B=1\rC=2|D=1"),
        ("=x\n", "=x"),
        ("A=x\\\nB=1\n", "A=x\\|B=1"),
        ("A=1\nO", "A=1|=O ! NameAtEnd 2:1"),
        ("export A B", "=A B ! NameAtEnd 1:8"),
        ("export", "=export ! NameAtEnd 1:1"),
        ("A=1\nexport \r", "A=1 ! ExportAlone 2:1"),
        // Docker compose stops at the first error; the lines after it are read here.
        ("A B=1\nC=2\n", "C=2 ! KeySpace 1:1"),
        ("A B\nC=2\n", "C=2 ! KeySpace 1:1"),
        ("A+B=1\nC=2\n", "C=2 ! KeyCharacter('+') 1:2"),
        ("A\u{2003}=1\n", " ! KeyCharacter('\\u{2003}') 1:2"),
        ("A=1\n\u{feff}B=2\n", "A=1 ! KeyCharacter('\\u{feff}') 2:1"),
        ("A='it''s'\n", "A=it ! KeyCharacter('\\'') 1:7"),
        ("A=1\nB=\"x\nC=1\n", "A=1|C=1 ! Unclosed('\"') 2:3"),
        ("A=${O\nB=1\n", "B=1 ! Invalid 1:3"),
        ("A=\"x${\"\n", " ! Invalid 1:5"),
        ("A=x ${U:?no}\n", " ! Required { name: \"U\", message: \"no\" } 1:5"),
    ];
    for (text, expected) in cases {
        assert_eq!(show(text), expected, "{text:?}");
    }
}

#[test]
fn later_files_see_earlier_ones() {
    let (first, second) = ("A=x\nB=${A}\n", "C=$A\nA=y\nD=${A}${B}\n");
    let mut files = SourceMap::new();
    let mut dotenv = Dotenv::new();
    for text in [first, second] {
        dotenv.read(files.add("x.env", text), text, &|_| None);
    }
    let all: Vec<_> = dotenv.iter().map(|(name, entry)| format!("{name}={}", entry.value.value)).collect();
    assert_eq!(all, ["A=y", "B=x", "C=x", "D=yx"]);
}

#[test]
fn names_and_values_know_their_places() {
    let text = "A = 'x y' # c\nB=\"${A}-$O\"\nO\n";
    let mut files = SourceMap::new();
    let file = files.add(".env", text);
    let mut dotenv = Dotenv::new();
    dotenv.read(file, text, &outside);
    let place = |name| {
        let entry = dotenv.get(name).unwrap();
        (files.slice(entry.key), files.slice(entry.value.span().unwrap()), entry.source.clone())
    };
    let a = dotenv.get("A").unwrap().value.span().unwrap();
    assert_eq!(place("A"), ("A", "'x y'", VariableSource::File(a)));
    assert_eq!(place("O"), ("O", "O", VariableSource::Environment));
    let b = &dotenv.get("B").unwrap().value;
    assert_eq!(b.value, "x y-outer");
    assert_eq!(
        b.origin.parts().iter().map(|part| part.source.clone()).collect::<Vec<_>>(),
        [VariableSource::File(a), VariableSource::Environment]
    );
}

#[test]
fn values_that_double_line_by_line_are_stopped() {
    let text = format!("A=xxxxxxxx\n{}", "A=$A$A\n".repeat(100));
    assert!(show(&text).contains("TooLong"));
    let text = format!("A={}\n{}", "x".repeat(1 << 16), (0..1000).map(|n| format!("B{n}=$A\n")).collect::<String>());
    assert!(show(&text).contains("TooLong"));
}

proptest! {
    #[test]
    fn any_text_is_read(text in "([ABO=:'\"#$ \\\\\n\r{}?é+]|export )*") {
        show(&text);
    }
}

#[test]
fn a_variable_that_is_set_again_is_known() {
    let mut map = windlass_source::SourceMap::new();
    let text = "A=1\nB=2\nA=3\n";
    let mut dotenv = Dotenv::new();
    dotenv.read(map.add(".env", text), text, &|_| None);
    // Another file is free to set it.
    dotenv.read(map.add(".env.local", "B=4"), "B=4", &|_| None);
    let found: Vec<_> =
        dotenv.repeated.iter().map(|repeated| (repeated.name.as_str(), map.locate(repeated.first), map.locate(repeated.again))).collect();
    assert_eq!(found, [("A", ".env:1:1".to_owned(), ".env:3:1".to_owned())]);
}
