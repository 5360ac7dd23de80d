//! Mounted configuration in, the port that is asked out.

use crate::testing::{Case, Outcome, project};

fn server(service: &str) -> Case {
    project(&format!("services: {{ web: {{ {service} }} }}\nvolumes: {{ certs: {{}}, sites: {{}} }}"))
}

/// The ports that the three probes ask, each once.
fn asked(outcome: &Outcome) -> String {
    let workload = outcome.names().into_iter().find(|name| name.ends_with("Deployment/web") || name.ends_with("Set/web"));
    let mut ports: Vec<String> = Vec::new();
    for probe in ["readinessProbe", "livenessProbe", "startupProbe"] {
        let port = outcome.pod(workload.as_deref().expect("a workload"), &format!("containers[0].{probe}.tcpSocket.port"));
        ports.push(port.trim_end().to_owned());
    }
    ports.dedup();
    ports.join(" ")
}

fn nginx(file: &str, target: &str) -> String {
    asked(&server(&format!("image: 'nginx:1.27', volumes: ['./f:{target}:ro'], environment: {{ PORT: '8081' }}")).file("f", file).convert())
}

const DEFAULT: &str = "/etc/nginx/conf.d/default.conf";
const MAIN: &str = "/etc/nginx/nginx.conf";

#[test]
fn a_server_that_its_mounted_configuration_moves_is_asked_and_offered_there() {
    let outcome = project(
        "services: { nginx: { image: 'nginx:1.27', volumes: ['./nginx.conf:/etc/nginx/conf.d/default.conf:ro'] }, \
         app: { image: 'acme/app:1', environment: { UP: 'http://nginx:8080' } } }",
    )
    .file("nginx.conf", "server { listen 8080; location / { proxy_pass http://app:80; } }")
    .convert();
    for probe in ["readinessProbe", "livenessProbe", "startupProbe"] {
        assert_eq!(outcome.pod("Deployment/nginx", &format!("containers[0].{probe}.tcpSocket.port")), "8080\n", "{probe}");
    }
    let ports = outcome.field("Service/nginx", "spec.ports");
    assert!(ports.contains("port: 8080") && !ports.contains("port: 80\n"), "{ports}");
}

#[test]
fn nginx_listens_where_the_files_say_that_take_the_place_of_its_own() {
    assert_eq!(nginx("server { listen [::]:8080 default_server; listen 8080; }", DEFAULT), "8080");
    assert_eq!(nginx("server {\n  # listen 80;\n  listen 0.0.0.0:8080;\n}", DEFAULT), "8080");
    assert_eq!(nginx("http { server { listen 8080; } }", MAIN), "8080");
    assert_eq!(nginx("stream { upstream db { server db:80; } server { listen 3306; } }", MAIN), "3306");
    assert_eq!(nginx("server { listen ${PORT}; }", "/etc/nginx/templates/default.conf.template"), "8081");
    let directory = server("image: 'nginx:1.27', volumes: ['./conf:/etc/nginx/conf.d:ro', 'certs:/etc/nginx/certs']");
    let directory = directory.file("conf/a.conf", "server { listen 8080; }").file("conf/b.conf.off", "server { listen 80; }");
    assert_eq!(asked(&directory.convert()), "8080");
    let whole = server("image: 'nginx:1.27', volumes: ['./etc:/etc/nginx:ro']");
    let whole = whole.file("etc/nginx.conf", "http { include sites/*; }").file("etc/sites/a", "server { listen 8080; }");
    assert_eq!(asked(&whole.convert()), "8080");
}

#[test]
fn nginx_stays_where_it_is_when_anything_listens_there_or_nobody_knows() {
    for file in [
        "server { listen 80; } server { listen 443 ssl; }",
        "server { listen 443 ssl; } server { return 301 https://$host$request_uri; }",
        "server { location / { proxy_pass http://app:8080; } }",
        "server { listen 443 ssl; } server { listen 0.0.0.0; }",
        "server { listen $NOBODY; } server { listen 8080; }",
        "server { listen 127.0.0.1:8080; }",
        "map $a $b { default \"listen 8080;\"; }",
    ] {
        assert_eq!(nginx(file, DEFAULT), "80", "{file}");
    }
    // The server of the image is there beside it.
    assert_eq!(nginx("server { listen 8080; }", "/etc/nginx/conf.d/site.conf"), "80");
    assert_eq!(nginx("http { include /etc/nginx/conf.d/*.conf; server { listen 8080; } }", MAIN), "80");
    assert_eq!(nginx("server { listen 8080; }", "/usr/share/nginx/html/default.conf"), "80");
    assert_eq!(nginx("server { listen 8080; }", "/etc/nginx/conf.d/default.conf.disabled"), "80");
    let two = server("image: 'nginx:1.27', volumes: ['./f:/etc/nginx/nginx.conf', 'sites:/etc/nginx/sites']");
    let two = two.file("f", "http { include sites/*.conf; server { listen 8080; } }");
    assert_eq!(asked(&two.convert()), "80");
    let script = "image: 'nginx:1.27', volumes: ['./f:/etc/nginx/conf.d/default.conf'], command: [sh, -c, \"sed -i s/8080/80/ /etc/nginx/conf.d/default.conf && nginx -g 'daemon off;'\"]";
    assert_eq!(asked(&server(script).file("f", "server { listen 8080; }").convert()), "80");
}

#[test]
fn a_port_with_tls_alone_is_not_called_plain_http() {
    let outcome =
        server("image: 'nginx:1.27', volumes: ['./f:/etc/nginx/conf.d/default.conf']").file("f", "server { listen 8443 ssl; }").convert();
    assert_eq!(asked(&outcome), "8443");
    let ports = outcome.field("Service/web", "spec.ports");
    assert!(!ports.contains("http"), "{ports}");
}

#[test]
fn of_several_ports_the_one_that_the_project_names_is_asked() {
    let service = "image: 'nginx:1.27', volumes: ['./f:/etc/nginx/conf.d/default.conf'], ports: ['443:8443']";
    let outcome = server(service).file("f", "server { listen 8081; } server { listen 8443 ssl; }").convert();
    assert_eq!(asked(&outcome), "8443");
}

/// What is asked of a server with one file.
fn with(image: &str, target: &str, file: &str, command: &str) -> String {
    let command = if command.is_empty() { String::new() } else { format!(", command: '{command}'") };
    let service = format!("image: '{image}', volumes: ['./f:{target}:ro'], environment: {{ PORT: '8081' }}{command}");
    asked(&server(&service).file("f", file).convert())
}

#[test]
fn other_servers_are_asked_where_their_file_puts_them() {
    let cases = [
        ("redis:7", "/etc/redis.conf", "# port 1\nport 6380\nbind 0.0.0.0", "redis-server /etc/redis.conf --appendonly yes", "6380"),
        ("redis:7", "/data/redis.conf", "port 0\ntls-port 6390", "redis-server redis.conf", "6390"),
        ("valkey/valkey:8", "/etc/v.conf", "port 6380", "valkey-server /etc/v.conf", "6380"),
        ("eclipse-mosquitto:2", "/mosquitto/config/mosquitto.conf", "listener 1884 0.0.0.0\nlistener 9001", "", "1884"),
        ("mvance/unbound", "/opt/unbound/etc/unbound/unbound.conf", "server:\n  port: 5335 # for Pi-hole", "", "5335"),
        ("mongo:7", "/etc/mongod.conf", "net:\n  port: 27018", "mongod --config /etc/mongod.conf", "27018"),
        ("httpd:2.4", "/usr/local/apache2/conf/httpd.conf", "Listen 8080\nListen 8443 https", "", "8080"),
        ("php:8.3-apache", "/etc/apache2/ports.conf", "Listen 0.0.0.0:8080", "", "8080"),
        ("postgres:17", "/etc/postgresql.conf", "port = 5433  # (change)", "postgres -c config_file=/etc/postgresql.conf", "5433"),
        ("mysql:8", "/etc/mysql/conf.d/my.cnf", "[client]\nport=1\n[mysqld]\nport = 3307", "", "3307"),
        ("caddy:2", "/etc/caddy/Caddyfile", "{\n\tadmin off\n}\n(a) {\n\tlog\n}\n:8080 {\n\treverse_proxy app:80\n}", "", "8080"),
        ("caddy:2", "/etc/caddy/Caddyfile", "http://a.local:8080,\nhttp://b.local:8080 {\n}", "", "8080"),
        ("caddy:2", "/etc/caddy/Caddyfile", ":{$PORT}\nrespond hi", "", "8081"),
        ("caddy:2", "/etc/caddy/Caddyfile", "{\n\thttp_port 8080\n}\nshop.example {\n}", "", "8080"),
    ];
    for (image, target, file, command, port) in cases {
        assert_eq!(with(image, target, file, command), port, "{image}: {file}");
    }
}

#[test]
fn other_servers_stay_where_no_file_that_they_read_moves_them() {
    let cases = [
        ("redis:7", "/usr/local/etc/redis/redis.conf", "port 6380", ""),
        ("redis:7", "/etc/redis.conf", "port 6380", "redis-server /etc/redis.conf --port 6379"),
        ("redis:7", "/etc/redis.conf", "bind 0.0.0.0", "redis-server /etc/redis.conf"),
        ("mongo:7", "/etc/mongod.conf", "net:\n  port: 27018", ""),
        ("eclipse-mosquitto:2", "/mosquitto/config/mosquitto.conf", "listener 1884\nlistener 1883", ""),
        ("httpd:2.4", "/usr/local/apache2/conf/httpd.conf", "Listen 80\nListen 8080\n# Listen 1", ""),
        ("postgres:17", "/etc/postgresql.conf", "port = 5433", ""),
        ("mysql:8", "/etc/mysql/conf.d/my.cnf", "[client]\nport=3307", ""),
        ("caddy:2", "/etc/caddy/Caddyfile", "shop.example {\n}\n:8080 {\n}", ""),
        ("caddy:2", "/etc/caddy/Caddyfile", "import sites/*\n:8080 {\n}", ""),
        ("caddy:2", "/etc/caddy/Caddyfile", "localhost:8443 {\n}", ""),
        ("caddy:2", "/etc/caddy/Caddyfile", ":8080 {\n\tbind 127.0.0.1\n}", ""),
    ];
    for (image, target, file, command) in cases {
        let bare = with(image, "/nowhere", "", command.split(" /").next().unwrap_or_default());
        assert_eq!(with(image, target, file, command), bare, "{image}: {file}");
    }
}

#[test]
fn an_agent_without_a_check_has_the_port_of_its_file() {
    let file = "server:\n  http_listen_port: 9081\n  grpc_listen_port: 0";
    let outcome = server("image: grafana/promtail, volumes: ['./p.yml:/etc/promtail/config.yml:ro']").file("p.yml", file).convert();
    assert_eq!(outcome.field("Service/web", "spec.ports[0].port"), "9081\n");
    assert_eq!(asked(&outcome), "null");
}

#[test]
fn a_config_of_the_project_moves_a_server_too() {
    let outcome = project(
        "services: { web: { image: 'nginx:1.27', configs: [{ source: conf, target: /etc/nginx/conf.d/default.conf }] } }\n\
         configs: { conf: { content: 'server { listen 8080; }' } }",
    )
    .convert();
    assert_eq!(asked(&outcome), "8080");
}

#[test]
fn files_that_include_each_other_are_not_read_for_ever() {
    let mut case = server("image: 'nginx:1.27', volumes: ['./conf.d:/etc/nginx/conf.d:ro']");
    for number in 0..30 {
        case = case.file(&format!("conf.d/{number}.conf"), "server { listen 8080; }\ninclude /etc/nginx/conf.d/*.conf;\n");
    }
    assert_eq!(case.convert().pod("Deployment/web", "containers[0].readinessProbe.tcpSocket.port"), "80\n");
}
