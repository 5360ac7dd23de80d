//! nginx configuration, from words to the location of a path.

use windlass_source::SourceMap;

use super::*;

fn read(text: &str) -> Nginx {
    let parsed = parse(SourceMap::new().add("nginx.conf", text), text);
    assert_eq!(parsed.diagnostics, []);
    assert_eq!(parsed.value.concrete.write(), text);
    parsed.value
}

/// The directives on one line, blocks in braces, words in guillemets where they have spaces.
fn show(directives: &[Directive]) -> String {
    let word = |word: &Word| if word.text.contains([' ', '\t', ';']) { format!("‹{}›", word.text) } else { word.text.to_string() };
    let line = |directive: &Directive| {
        let words: Vec<String> = [&directive.name].into_iter().chain(&directive.arguments).map(word).collect();
        let block = match &directive.block {
            Some(block) if block.is_code => " {code}".to_owned(),
            Some(block) => format!(" {{{}}}", show(&block.directives)),
            None => ";".to_owned(),
        };
        words.join(" ") + &block
    };
    directives.iter().map(line).collect::<Vec<_>>().join(" ")
}

fn check(text: &str, expect: &str) {
    assert_eq!(show(&read(text).directives), expect);
}

fn faults(text: &str) -> Vec<(String, String)> {
    let mut map = SourceMap::new();
    let file = map.add("nginx.conf", text);
    let parsed = parse(file, text);
    assert_eq!(parsed.value.concrete.write(), text);
    let fault = |diagnostic: &windlass_source::Diagnostic| {
        (diagnostic.message.clone(), diagnostic.span().map(|span| map.slice(span).to_owned()).unwrap_or_default())
    };
    parsed.diagnostics.iter().map(fault).collect()
}

#[test]
fn words_are_cut_as_nginx_cuts_them() {
    check("a b;c{d;}", "a b; c {d;}");
    check("log_format m '$a \"b\"'\n  \"c; d\"; # e;", "log_format m ‹$a \"b\"› ‹c; d›;");
    check("set $x ${y}z{w;}", "set $x ${y}z {w;}");
    check(r#"location ~ "^/\d{2}\.(a|b)$" { deny all; }"#, r"location ~ ^/\d{2}\.(a|b)$ {deny all;}");
    check(r"a b\ c \; \\ 'it\'s';", r"a ‹b\ c› ‹\;› \ it's;");
    check("if ($a = 'b') { return 403; }", "if ($a = b ) {return 403;}");
    check("a b#c;", "a b#c;");
    check("\u{feff}a;\r\n# ü\r\nb ü;\r\n", "a; b ü;");
}

#[test]
fn code_is_passed_over() {
    check("content_by_lua_block { if x then y = {\"}\"} end -- }\n } a;", "content_by_lua_block {code} a;");
}

#[test]
fn faults_have_places() {
    let one = |message: &str, at: &str| vec![(message.to_owned(), at.to_owned())];
    assert_eq!(faults("a;;"), one("unexpected `;`", ";"));
    assert_eq!(faults("a { b c }"), one("the directive `b` is not terminated by `;`", "c"));
    assert_eq!(faults("http { a;"), one("the block of `http` is not closed", "{"));
    assert_eq!(faults("}"), one("unexpected `}`", "}"));
    assert_eq!(faults("{a;}"), one("unexpected `{`", "{"));
    assert_eq!(faults("a \"b\"c;"), one("unexpected `c`", "c"));
    assert_eq!(faults("a 'b;")[0].0, "the quote `'` is not closed");
    assert_eq!(faults(&"a{".repeat(1000)).len(), 33);
}

#[test]
fn the_innermost_block_that_has_a_directive_decides() {
    let nginx =
        read("add_header A 1; server { add_header B 2; add_header C 3; location / { } location /x { add_header D 4; if ($y) { } } }");
    let headers = |scope: &Scope<'_>| scope.inherited("add_header").iter().filter_map(|header| header.text(0)).collect::<String>();
    let found: Vec<String> = nginx.scopes().iter().map(headers).collect();
    assert_eq!(found, ["A", "BC", "BC", "D", "D"]);
}

#[test]
fn servers_listen() {
    let nginx = read(
        "http { server { listen [::]:443 ssl; listen 127.0.0.1:8080; listen unix:/x; listen *:80; listen localhost; listen $p; } server { } }
         stream { server { listen 5432; } } upstream a { server b:1; }",
    );
    let servers = nginx.servers();
    let ports = |server: &Server<'_>| server.listens().iter().map(|listen| listen.port).collect::<Vec<_>>();
    assert_eq!(
        servers.iter().map(ports).collect::<Vec<_>>(),
        [vec![Some(443), Some(8080), None, Some(80), Some(80), None], vec![Some(80)]]
    );
    assert!(servers[0].has_tls() && !servers[1].has_tls());
    assert!(read("server { ssl on; }").servers()[0].has_tls());
}

#[test]
fn a_path_has_the_location_that_nginx_chooses() {
    let nginx = read(
        r"server {
            location / { } location = / { } location /images/ { location ~ \.gif$ { } location /images/deep/ { } }
            location ^~ /static/ { location ~ \.js$ { } } location ~* \.(gif|jpg)$ { } location ~ /\. { deny all; } location @named { }
            location =/glued { } location /private { internal; } location ~ ^/open/\. { allow 10.0.0.0/8; deny all; }
        }",
    );
    let servers = nginx.servers();
    let server = &servers[0];
    for (path, expect) in [
        ("/", "="),
        ("/a", "/"),
        ("/images/a", "/images/"),
        ("/images/deep/a", "/images/deep/"),
        ("/images/a.gif", r"\.gif$"),
        ("/images/A.JPG", r"\.(gif|jpg)$"),
        ("/static/a.gif", "/static/"),
        ("/static/a.js", r"\.js$"),
        ("/x/.git/a", r"/\."),
        ("/glued", "/glued"),
    ] {
        let location = server.locate(path).expect(path);
        let pattern = if location.modifier() == Modifier::Exact && path == "/" { "=".into() } else { location.pattern() };
        assert_eq!(pattern, expect, "{path}");
    }
    assert!(server.locate("/.env").is_some_and(|location| location.refuses()));
    assert!(server.locate("/private").is_some_and(|location| location.refuses()));
    assert!(!server.locate("/a").is_some_and(|location| location.refuses()));
    assert_eq!(server.locations().len(), 13);
}

#[test]
fn sizes_and_times_are_read() {
    assert_eq!([bytes("10M"), bytes("8k"), bytes("5"), bytes("1t"), bytes("$x")], [Some(10 << 20), Some(8192), Some(5), None, None]);
    assert_eq!(
        [seconds("60"), seconds("1h 30m"), seconds("500ms"), seconds("2M"), seconds(""), seconds("5q")],
        [Some(60), Some(5400), Some(0), Some(5_184_000), None, None]
    );
}

#[test]
fn included_files_are_facts() {
    let nginx = read("include a.conf; http { include \"conf.d/*.conf\"; }");
    assert_eq!(nginx.includes().map(Word::as_str).collect::<Vec<_>>(), ["a.conf", "conf.d/*.conf"]);
    assert!(nginx.is_whole() && !read("server { }").is_whole());
}

#[test]
fn hosts_of_requests_are_known() {
    let nginx = read(
        "upstream a { least_conn; server app1:9000 weight=2; server unix:/run/x; server 10.0.0.1; }
         server { location / { proxy_pass http://a/x; } location /b { proxy_pass \"https://b:8443\"; } location /c { proxy_pass http://$c; }
         location /d { fastcgi_pass d:9000; } location /e { grpc_pass grpc://[::1]:50051; } }",
    );
    let targets: Vec<_> = nginx.targets().iter().map(|target| (target.host.text.to_string(), target.port)).collect();
    assert_eq!(
        targets,
        [
            ("app1".to_owned(), Some(9000)),
            ("10.0.0.1".to_owned(), None),
            ("a".to_owned(), None),
            ("b".to_owned(), Some(8443)),
            ("d".to_owned(), Some(9000))
        ]
    );
    assert!(nginx.targets().iter().all(|target| nginx.concrete.slice(target.host.span) == target.host.text));
    assert_eq!(nginx.upstream("a").map(|hosts| hosts.len()), Some(2));
}
