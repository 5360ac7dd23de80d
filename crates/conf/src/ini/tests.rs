//! Files of sections, read in each dialect.

use windlass_source::SourceMap;

use super::*;

fn read(text: &str, dialect: Dialect) -> Ini {
    let parsed = parse(SourceMap::new().add("x.ini", text), text, dialect);
    assert_eq!(parsed.diagnostics, []);
    assert_eq!(parsed.value.concrete.write(), text);
    parsed.value
}

fn check(text: &str, dialect: Dialect, expect: &str) {
    let ini = read(text, dialect);
    let line = |section: &Section| {
        let entries = section.entries.iter().map(|entry| match &entry.value {
            Some(value) => format!("{}={}", entry.key.text, value.text),
            None => entry.key.text.to_string(),
        });
        let name = section.name.iter().map(|name| format!("[{}]", name.text));
        name.chain(entries).collect::<Vec<_>>().join("|")
    };
    assert_eq!(ini.sections.iter().map(line).collect::<Vec<_>>().join("\n"), expect);
}

fn faults(text: &str, dialect: Dialect) -> Vec<(String, String)> {
    let mut map = SourceMap::new();
    let file = map.add("x.ini", text);
    let parsed = parse(file, text, dialect);
    assert_eq!(parsed.value.concrete.write(), text);
    let fault = |diagnostic: &windlass_source::Diagnostic| {
        (diagnostic.message.clone(), diagnostic.span().map(|span| map.slice(span).to_owned()).unwrap_or_default())
    };
    parsed.diagnostics.iter().map(fault).collect()
}

#[test]
fn php_files_are_read() {
    check("; a\n[PHP]\r\nengine = On ; b\nx=\ny\n", Dialect::Php, "\n[PHP]|engine=On|x=|y");
    check(
        "a = \".:/x;y\" ; c\nb = 'it;'\nc = E_ALL & ~E_STRICT\nd = ${A}\";\"b",
        Dialect::Php,
        "a=.:/x;y|b=it;|c=E_ALL & ~E_STRICT|d=${A}\";\"b",
    );
    check("a = \"two\nlines \\\" \\n\"\nb = 1", Dialect::Php, "a=two\nlines \" \\n|b=1");
    check("extension[]=a\nphp_admin_value[memory_limit] = 256M", Dialect::Php, "extension[]=a|php_admin_value[memory_limit]=256M");
    check("\u{feff}a=1", Dialect::Php, "a=1");
}

#[test]
fn mysql_files_are_read() {
    check(
        "[mysqld]\nskip-name-resolve\nmax-connections = 5 # five\na = 'x # y' # z\n; c\nb = \"a\\tb\\s\\\"\"\n",
        Dialect::MySql,
        "\n[mysqld]|skip-name-resolve|max-connections=5|a=x # y|b=a\tb \"",
    );
    let ini = read("[client]\nport=1\n[mysqld]\nport=2\nloose-a-b = ON\n!includedir /etc/mysql/conf.d/\n!include a.cnf\n", Dialect::MySql);
    assert_eq!(ini.get_in(&["mysqld"], "port").map(Entry::text), Some("2"));
    assert_eq!(ini.get_in(&["mysqld", "server"], "a_b").and_then(|entry| ini.dialect.truth(entry)), Some(true));
    let includes: Vec<_> = ini.includes.iter().map(|include| (include.path.as_str(), include.is_directory)).collect();
    assert_eq!(includes, [("/etc/mysql/conf.d/", true), ("a.cnf", false)]);
}

#[test]
fn pools_are_sections() {
    let ini = read("[global]\ninclude = pool.d/*.conf\n[www]\npm = dynamic\n[b]\npm = static\n", Dialect::PhpFpm);
    assert_eq!(ini.includes[0].path.text, "pool.d/*.conf");
    let pm: Vec<_> = ini.sections.iter().filter_map(|section| ini.get_of(section, "pm")).map(Entry::text).collect();
    assert_eq!(pm, ["dynamic", "static"]);
}

#[test]
fn the_last_entry_counts() {
    let ini = read("a=1\n[x]\na=2\n", Dialect::Php);
    assert_eq!(ini.get("a").map(Entry::text), Some("2"));
}

#[test]
fn faults_have_places() {
    let one = |message: &str, at: &str| vec![(message.to_owned(), at.to_owned())];
    assert_eq!(faults("[php\na=1", Dialect::Php), one("the header of this section is not closed", "[php"));
    assert_eq!(faults("# a=1", Dialect::Php), one("`#` does not begin a comment here", "#"));
    assert_eq!(faults("=1", Dialect::Php), one("a key is missing before `=`", "="));
    assert_eq!(faults("a = \"b\nc = 1", Dialect::Php), one("the quote `\"` is not closed", "\""));
    assert_eq!(faults("a=1", Dialect::MySql), one("`a` stands in no section", "a"));
    assert_eq!(faults("!inc x", Dialect::MySql), one("neither `!include FILE` nor `!includedir DIRECTORY`", "!inc x"));
    assert_eq!(faults("[mysqld]\na = it's\nb = 1", Dialect::MySql), []);
}

#[test]
fn sizes_and_switches_are_read() {
    let php = Dialect::Php;
    assert_eq!([php.bytes("256M"), php.bytes("-1"), php.bytes("1g"), php.bytes("1T")], [Some(256 << 20), None, Some(1 << 30), None]);
    assert_eq!(Dialect::MySql.bytes("1T"), Some(1 << 40));
    let ini = read("a=On\nb=off\nc=2\nd=x\ne", php);
    let truths: Vec<_> = ini.entries().map(|entry| php.truth(entry)).collect();
    assert_eq!(truths, [Some(true), Some(false), Some(true), None, Some(false)]);
}
