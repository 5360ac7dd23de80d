//! Rules over configuration files where several files decide together: what they find, and what they let pass.

use std::path::Path;

use proptest::prelude::*;
use windlass_audit::{Audit, Context, Request, Settings, audit, fix};
use windlass_source::{MemoryFileSystem, RealFileSystem, normalize};

/// The files of a project: `--- path` before each.
fn project(text: &str) -> MemoryFileSystem {
    let mut files = MemoryFileSystem::new();
    files.insert_directory("/srv/app");
    for part in text.split("--- ").skip(1) {
        let (path, content) = part.split_once('\n').expect("a path and a text");
        files.insert(Path::new("/srv/app").join(path.trim()), content.as_bytes(), 0o644);
    }
    files
}

fn run(text: &str, rules: &[&str]) -> (Context, Audit) {
    let context = Context::load(&Request::new("/srv/app"), &project(text));
    assert_eq!(context.not_understood(), []);
    let select = rules.iter().map(|rule| (*rule).to_owned()).collect();
    let found = audit(&context, &Settings { select, today: "2026-01-31".to_owned(), ..Settings::default() });
    (context, found)
}

/// `file:line rule severity` of each finding.
fn places(context: &Context, audit: &Audit) -> Vec<String> {
    let place = |finding: &windlass_audit::Finding| {
        let span = finding.span?;
        let source = context.sources().file(span.file);
        Some(format!("{}:{} {} {}", source.name(), source.position(span.start).line, finding.rule.id, finding.grade.severity))
    };
    let mut places: Vec<String> = audit.findings.iter().filter_map(place).collect();
    places.sort();
    places
}

fn check(text: &str, rules: &[&str], expect: &[&str]) {
    let (context, found) = run(text, rules);
    assert_eq!(places(&context, &found), expect, "{text}");
}

/// The first file that the repairs change, as it is afterwards.
fn repaired(text: &str, rules: &[&str]) -> String {
    let (context, found) = run(text, rules);
    fix::repair(&found.findings, context.sources(), true).files.into_iter().next().map(|(_, text)| text).unwrap_or_default()
}

const HEADERS: &[&str] = &["NG001", "NG002"];
const WEB: &str = "--- compose.yaml\nservices:\n  web:\n    image: nginx:1.28\n    volumes:\n      - ./nginx:/etc/nginx/conf.d:ro\n";

#[test]
fn headers_of_included_files_count() {
    let server = |include: &str| format!("{WEB}--- nginx/default.conf\nserver {{\n  listen 80;\n  root /srv;\n  {include}\n}}\n");
    let headers = "--- nginx/headers.inc.conf\nadd_header X-Frame-Options DENY;\nadd_header X-Content-Type-Options nosniff;\n";
    check(&server(""), HEADERS, &["nginx/default.conf:1 NG001 P2", "nginx/default.conf:1 NG002 P2"]);
    check(&format!("{}{headers}", server("include conf.d/headers.inc.conf;")), HEADERS, &[]);
    // What is not known may have them.
    check(&server("include /etc/nginx/elsewhere.conf;"), HEADERS, &[]);
    // Parameters of FastCGI have none.
    check(&server("include fastcgi_params;"), &["NG001"], &["nginx/default.conf:1 NG001 P2"]);
}

#[test]
fn headers_of_the_whole_configuration_count_in_its_parts() {
    let text = "--- compose.yaml
services:
  web:
    image: nginx:1.28
    volumes:
      - ./nginx.conf:/etc/nginx/nginx.conf:ro
      - ./site.conf:/etc/nginx/conf.d/site.conf:ro
--- nginx.conf
events { }
http { add_header X-Frame-Options DENY; add_header X-Content-Type-Options nosniff; include conf.d/*.conf; }
--- site.conf
server { listen 80; root /srv; }
";
    check(text, HEADERS, &[]);
}

#[test]
fn redirects_and_status_pages_are_no_sites() {
    for server in [
        "server { listen 80; return 301 https://$host$request_uri; }",
        "server { listen 80; location /.well-known/acme-challenge/ { root /acme; } location / { return 301 https://$host$request_uri; } }",
        "server { listen 8080; location = /stub_status { stub_status; } }",
        "server { listen 443 ssl default_server; ssl_reject_handshake on; }",
    ] {
        check(&format!("{WEB}--- nginx/default.conf\n{server}\n"), HEADERS, &[]);
    }
}

#[test]
fn files_are_logs_of_a_machine_where_no_stack_has_nginx() {
    let text = |image: &str| {
        format!(
            "--- compose.yaml\nservices:\n  a:\n    image: {image}\n--- deploy/nginx.conf\nserver {{ listen 80; access_log /var/log/nginx/a.log; }}\n"
        )
    };
    check(&text("postgres:17"), &["NG032"], &[]);
    check(&text("nginx:1.28"), &["NG032"], &["deploy/nginx.conf:1 NG032 P3"]);
}

#[test]
fn hidden_files_are_looked_for_as_nginx_would() {
    let check = |server: &str, expect: &[&str]| {
        let text = format!("{WEB}--- nginx/default.conf\nserver {{ listen 80; root /srv; {server} }}\n");
        check(&text, &["NG010", "NG011"], expect);
    };
    check("location / { try_files $uri =404; }", &["nginx/default.conf:1 NG010 P3"]);
    check("location ~ /\\.(git|ht) { deny all; }", &["nginx/default.conf:1 NG011 P3"]);
    for closed in [
        "location ~ /\\.(?!well-known) { deny all; }",
        "location ~* (^|/)\\. { return 404; }",
        "location / { proxy_pass http://app; }",
        "location / { try_files /index.html =404; }",
        "deny all;",
        // What a condition does is not followed, nor a pattern that can't be read.
        "if ($request_uri ~ git) { return 403; }",
        "location ~ /\\.(?<!x)git { deny all; }",
    ] {
        check(closed, &[]);
    }
}

#[test]
fn hosts_that_a_stack_knows_otherwise_are_no_faults() {
    let check = |compose: &str, expect: &[&str]| {
        let text = format!(
            "--- compose.yaml\nservices:\n  web:\n    image: nginx:1.28\n    volumes: [\"./nginx.conf:/etc/nginx/conf.d/default.conf:ro\"]\n{compose}
--- nginx.conf\nserver {{ listen 80; location / {{ proxy_pass http://api:3000; }} }}\n"
        );
        check(&text, &["NG026"], expect);
    };
    check("  app: { image: acme/app:1 }", &["nginx.conf:1 NG026 P1"]);
    check("  api: { image: acme/app:1 }", &[]);
    check("  app: { image: acme/app:1, container_name: api }", &[]);
    check("  app: { image: acme/app:1, networks: { default: { aliases: [api] } } }", &[]);
    check("    extra_hosts: [\"api:10.0.0.1\"]", &[]);
    check("    networks: [edge]\nnetworks: { edge: { external: true } }", &[]);
}

#[test]
fn the_last_file_of_php_decides() {
    let text = |name: &str| {
        format!(
            "--- compose.yaml
services:
  app:
    build: .
    volumes:
      - ./local.ini:/usr/local/etc/php/conf.d/{name}.ini:ro
--- Dockerfile
FROM php:8.4-fpm
COPY base.ini /usr/local/etc/php/conf.d/app.ini
CMD [\"php-fpm\"]
--- base.ini
display_errors = On
--- local.ini
display_errors = Off
"
        )
    };
    // Behind it, before it, in its place.
    check(&text("zz"), &["PH008", "PH019"], &["local.ini:1 PH019 P2"]);
    check(&text("aa"), &["PH008", "PH019"], &["base.ini:1 PH008 P1", "base.ini:1 PH019 P2"]);
    check(&text("app"), &["PH008", "PH019"], &[]);
}

#[test]
fn a_pool_may_be_tuned_by_the_dockerfile() {
    let check = |line: &str, expect: &[&str]| {
        let text = format!("--- compose.yaml\nservices:\n  app:\n    build: .\n--- Dockerfile\nFROM php:8.4-fpm\n{line}\n--- etc/a.conf\n");
        check(&text, &["PH015"], expect);
    };
    check("", &["compose.yaml:2 PH015 P2"]);
    check("COPY src/ /var/www/html/", &["compose.yaml:2 PH015 P2"]);
    check("RUN sed -i 's/pm.max_children = 5/pm.max_children = 40/' /usr/local/etc/php-fpm.d/www.conf", &[]);
    check("COPY etc/ /usr/local/etc/", &[]);
    check("CMD [\"php\", \"artisan\", \"queue:work\"]", &[]);
}

#[test]
fn a_redis_file_is_loaded_where_the_command_or_a_script_may_do_it() {
    let text = |command: &str| {
        format!(
            "--- compose.yaml\nservices:\n  redis:\n    image: redis:8\n{command}    volumes: [\"./redis.conf:/etc/redis.conf:ro\"]\n--- redis.conf\nmaxmemory 1mb\n"
        )
    };
    for loaded in [
        "    command: redis-server /etc/redis.conf\n",
        "    command: sh -c \"redis-server /etc/redis.conf --requirepass $$PASSWORD\"\n",
        "    entrypoint: [/start.sh]\n",
    ] {
        check(&text(loaded), &["RD011"], &[]);
    }
    let command = |text: &str| text.lines().skip_while(|line| !line.contains("command")).take(4).collect::<Vec<_>>().join("|");
    for (before, after) in [
        ("    command: redis-server --save 60 1\n", "    command: redis-server /etc/redis.conf --save 60 1"),
        ("    command: [redis-server, --save, \"\"]\n", "    command: [redis-server, /etc/redis.conf, --save, \"\"]"),
        (
            "    command:\n      - redis-server\n      - --save 60 1\n",
            "    command:|      - redis-server|      - /etc/redis.conf|      - --save 60 1",
        ),
        ("    command: redis-server\n", "    command: redis-server /etc/redis.conf"),
    ] {
        let fixed = repaired(&text(before), &["RD011"]);
        assert!(command(&fixed).starts_with(after), "{fixed}");
    }
    let fixed = repaired(&text(""), &["RD011"]);
    assert!(fixed.ends_with("    command:\n    - redis-server\n    - /etc/redis.conf\n"), "{fixed}");
}

#[test]
fn a_password_counts_where_redis_hears_of_it() {
    let check = |service: &str, expect: &[&str]| {
        check(&format!("--- compose.yaml\nservices:\n  redis:\n    ports: [\"6379:6379\"]\n{service}\n"), &["RD008"], expect);
    };
    check("    image: redis:8", &["compose.yaml:3 RD008 P1"]);
    // The official image reads no variable.
    check("    image: redis:8\n    environment: { REDIS_PASSWORD: x }", &["compose.yaml:3 RD008 P1"]);
    check(
        "    image: redis:8\n    environment: { REDIS_PASSWORD: x }\n    command: sh -c 'redis-server --requirepass $$REDIS_PASSWORD'",
        &[],
    );
    check("    image: redis:8\n    environment: { REDIS_PASSWORD: x }\n    entrypoint: /start.sh", &[]);
    check("    image: redis/redis-stack:7.4.0-v3\n    environment: { REDIS_ARGS: --requirepass x }", &[]);
    check("    image: bitnami/redis:8.0", &[]);
    check("    image: bitnami/redis:8.0\n    environment: { ALLOW_EMPTY_PASSWORD: \"yes\" }", &["compose.yaml:3 RD008 P1"]);
}

#[test]
fn a_lines_place_is_kept_by_repairs() {
    let text = "--- nginx.conf\r\nserver {\r\n\tlisten 80;\r\n\troot /srv;\t# files\r\n}\r\n--- compose.yaml\nservices: { web: { image: nginx:1 } }\n";
    let fixed = repaired(&text.replacen("\r\n", "\n", 1), &["NG006"]);
    assert_eq!(fixed, "server {\r\n\tlisten 80;\r\n\troot /srv;\t# files\r\n\tserver_tokens off;\r\n}\r\n");
    assert_eq!(
        repaired("--- nginx.conf\nserver { listen 80; root /srv; }\n", &["NG006"]),
        "server { listen 80; root /srv; server_tokens off; }\n"
    );
}

/// Words that configuration files are made of, so that arbitrary ones reach far.
fn arbitrary() -> impl Strategy<Value = String> {
    let word = prop::sample::select(vec![
        "events {",
        "http {",
        "server {",
        "location / {",
        "location ~ /\\. {",
        "location /api/ {",
        "location /health {",
        "}",
        "}",
        "listen 80;",
        "listen 443 ssl;",
        "listen $p;",
        "root /srv;",
        "alias /a/;",
        "add_header X-Frame-Options DENY;",
        "add_header Cache-Control x;",
        "deny all;",
        "return 301 https://$host;",
        "fastcgi_pass app:9000;",
        "proxy_pass http://x;",
        "include a.conf;",
        "limit_req zone=a;",
        "keepalive_timeout 0;",
        "ssl_protocols TLSv1;",
        "ssl_ciphers 'RC4';",
        "access_log /a.log;",
        "client_max_body_size 5m;",
        "fastcgi_read_timeout 5s;",
        "use poll;",
        "gzip off;",
        "server_tokens on;",
        "[www]\n",
        "[mysqld]\n",
        "pm = dynamic\n",
        "pm.max_children = 9\n",
        "memory_limit = -1\n",
        "display_errors = On\n",
        "post_max_size = 1M\n",
        "upload_max_filesize = 2M\n",
        "opcache.enable = 0\n",
        "error_log = /a\n",
        "max_connections = 1\n",
        "innodb_buffer_pool_size = 1\n",
        "slow_query_log = 1\n",
        "character-set-server = utf8\n",
        "appendonly no\n",
        "maxmemory 0\n",
        "maxmemory-policy allkeys-lru\n",
        "save \"\"\n",
        "protected-mode no\n",
        "bind *\n",
        "A=1\n",
        "A=2\n",
        "APP_KEY=base64:q83vEjRWeJCrze8SNFZ4kKvN7xI0VniQ\n",
        "\"",
        "'",
        ";",
        "#é",
        "\n",
        "\r\n",
        " ",
        "\t",
        "é",
    ]);
    prop::collection::vec(word, 0..40).prop_map(|words| words.join(" "))
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(96))]

    #[test]
    fn whatever_files_say_rules_and_repairs_end_well(text in arbitrary(), other in arbitrary()) {
        let compose = "services:
  web: { image: nginx:1, ports: [\"443:443\"], volumes: [\"./nginx.conf:/etc/nginx/nginx.conf\", \"./a.conf:/etc/nginx/conf.d/a.conf\"] }
  app: { image: \"php:8.4-fpm\", mem_limit: 1g, environment: { DB_HOST: db, REDIS_HOST: redis, QUEUE_CONNECTION: redis },
         volumes: [\"./php.ini:/usr/local/etc/php/php.ini\", \"./z.ini:/usr/local/etc/php/conf.d/z.ini\", \"./www.conf:/usr/local/etc/php-fpm.d/www.conf\"] }
  redis: { image: redis:8, mem_limit: 1m, command: redis-server, ports: [\"6379:6379\"], volumes: [\"./redis.conf:/etc/redis.conf\"] }
  db: { image: \"mysql:5.7\", mem_limit: 1g, volumes: [\"./my.cnf:/etc/mysql/conf.d/my.cnf\"] }
";
        let mut files = MemoryFileSystem::new();
        files.insert_directory("/srv/app");
        for (path, content) in [("compose.yaml", compose), ("nginx.conf", &text), ("a.conf", &other), ("php.ini", &text), ("z.ini", &other),
            ("www.conf", &text), ("redis.conf", &text), ("my.cnf", &text), (".env.example", &text)] {
            files.insert(Path::new("/srv/app").join(path), content.as_bytes(), 0o644);
        }
        let context = Context::load(&Request::new("/srv/app"), &files);
        let found = audit(&context, &Settings { today: "2026-01-31".to_owned(), ..Settings::default() });
        for finding in &found.findings {
            for span in finding.span.into_iter().chain(finding.related.iter().map(|label| label.span)) {
                prop_assert!(context.sources().file(span.file).text().get(span.range()).is_some(), "{finding:?}");
            }
            for edit in finding.fixes.iter().flat_map(|fix| &fix.edits) {
                prop_assert!(context.sources().file(edit.span.file).text().get(edit.span.range()).is_some(), "{finding:?}");
            }
        }
        fix::repair(&found.findings, context.sources(), true);
    }
}

/// A configuration in which nearly everything is wrong.
const WORST: &str = "--- compose.yaml
services:
  web: { image: nginx:1.28, volumes: [\"./nginx.conf:/etc/nginx/nginx.conf:ro\"], ports: [\"80:80\"] }
  app: { build: ., environment: { APP_ENV: production } }
--- Dockerfile
FROM php:8.4-fpm
COPY php.ini /usr/local/etc/php/php.ini
COPY www.conf /usr/local/etc/php-fpm.d/www.conf
CMD [\"php-fpm\"]
--- nginx.conf
events { use poll; worker_connections 64; }
http {
  keepalive_timeout 0;
  server {
    listen 80; listen 443 ssl;
    root /var/www/html;
    ssl_protocols SSLv3 TLSv1.2;
    ssl_ciphers HIGH:RC4;
    access_log /logs/a.log;
    location /files { alias /data/; }
    location ~* \\.css$ { add_header Cache-Control public; }
    location ~ \\.php$ { fastcgi_pass app:9000; }
    location /health { return 200; }
  }
}
--- php.ini
[PHP]
memory_limit = -1
display_errors = On
display_startup_errors = On
log_errors = Off
error_log = /logs/php.log
upload_max_filesize = 64M
opcache.enable = 0
opcache.memory_consumption = 16
--- www.conf
[www]
pm = dynamic
pm.max_children = 20
--- redis.conf
appendonly no
appendfsync no
save \"\"
--- my.cnf
[mysqld]
max_allowed_packet = 1M
character-set-server = utf8
innodb_flush_log_at_trx_commit = 0
max_connections = 100
--- .env
A=1
A=2
A=3
";

#[test]
fn certain_repairs_come_to_an_end_and_leave_nothing_that_they_could_repair() {
    let mut files = project(WORST);
    let mut rounds = 0;
    let select = ["NG", "PH", "RD", "MY", "EN"].map(str::to_owned).to_vec();
    loop {
        let context = Context::load(&Request::new("/srv/app"), &files);
        assert_eq!(context.not_understood(), []);
        let settings = Settings { select: select.clone(), today: "2026-01-31".to_owned(), ..Settings::default() };
        let found = audit(&context, &settings);
        let repairs = fix::repair(&found.findings, context.sources(), false);
        if repairs.files.is_empty() {
            let repairable: Vec<&str> =
                found.findings.iter().filter(|finding| finding.fixable() == "auto").map(|finding| finding.rule.id).collect();
            assert!(repairable.is_empty(), "{repairable:?}");
            break;
        }
        rounds += 1;
        assert!(rounds < 12, "{:?}", repairs.files);
        for (file, text) in &repairs.files {
            files.insert(Path::new("/srv/app").join(context.sources().file(*file).name()), text.as_bytes(), 0o644);
        }
    }
    let read = |path: &str| {
        String::from_utf8(windlass_source::FileSystem::read(&files, &Path::new("/srv/app").join(path), 1 << 20).expect(path)).expect(path)
    };
    assert_eq!(read(".env"), "A=3\n");
    assert_eq!(read("redis.conf"), "appendonly yes\nappendfsync everysec\nsave 900 1\n");
    let nginx = read("nginx.conf");
    for line in [
        "worker_processes auto;",
        "use epoll;",
        "worker_connections 1024;",
        "ssl_protocols TLSv1.2;",
        "server_tokens off;",
        "location /files/ {",
        "keepalive_timeout 65;",
    ] {
        assert!(nginx.contains(line), "{line} in {nginx}");
    }
}

/// The example project: these, and no others, of what the report that Windlass reproduces lists as passing.
#[test]
fn the_shops_configuration_has_the_faults_that_are_meant() {
    let shop = normalize(&Path::new(env!("CARGO_MANIFEST_DIR")).join("../../examples/shop"));
    let context = Context::load(&Request::new(&shop), &RealFileSystem::new(&shop));
    let select = ["NG", "PH", "RD", "MY", "PR", "EN", "CI"].map(str::to_owned).to_vec();
    let found = audit(&context, &Settings { select, today: "2026-01-31".to_owned(), ..Settings::default() });
    let places = places(&context, &found);
    assert_eq!(
        places,
        [
            ".github/workflows/ci.yml:1 CI001 P2",
            ".github/workflows/ci.yml:25 CI004 P3",
            "docker-compose.dev.yml:62 PH017 P3",
            "docker-compose.enhanced.yml:193 RD009 P2",
            "docker-compose.enhanced.yml:65 PH017 P2",
            "docker-compose.prod.yml:146 RD009 P2",
            "docker-compose.prod.yml:62 PH017 P2",
            "docker-compose.swarm.yml:215 RD009 P2",
            "docker-compose.yml:61 PH017 P3",
            "docker/docker-compose.scale.yml:212 RD009 P2",
            "docker/docker-compose.scale.yml:73 PH017 P2",
            "docker/monitoring/prometheus.yml:6 PR002 P3",
            "docker/mysql/my.cnf:10 MY004 P2",
            "docker/php.ini:20 PH010 P3",
            "docker/redis/redis.conf:12 RD006 P2",
            "docker/redis/redis.conf:15 RD007 P3",
        ]
    );
}
