//! Probes hold against the real servers: for images of the catalogue whose servers Debian packages, the probes that a conversion
//! gives fail before the server runs and pass once it does.
//!
//! Each server runs alone, in namespaces of its own (`unshare`): with the ports of its image, as a user without rights, and ended
//! by the kernel together with the test. A server that is not installed is skipped, and the reason printed; `.ci/run` installs all.
#![expect(clippy::disallowed_methods, reason = "a test that starts processes")]

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs;
use std::path::Path;

use k8s_openapi::api::core::v1::{Container, Probe, Secret};
use windlass_convert::Conversion;
use windlass_source::MemoryFileSystem;
use windlass_suite::conversion::Project;
use windlass_suite::sandbox::{self, quoted};

/// A server that Debian packages.
struct Server {
    /// Names the case.
    name: &'static str,
    /// The service as it stands in a compose file, on one line.
    service: &'static str,
    /// What has to be installed: programs, by path; `*` stands for a version.
    programs: &'static [&'static str],
    /// What the image would do, as a shell script in an empty directory: `$1` is where `*` leads.
    start: &'static str,
}

const SERVERS: [Server; 13] = [
    Server { name: "nginx", service: "image: nginx:1.27", programs: &["/usr/sbin/nginx"], start: NGINX },
    Server {
        name: "nginx-asked-by-http",
        service: "image: nginx:1.27, ports: ['80:80'], healthcheck: { test: [CMD, curl, -f, 'http://localhost/'] }",
        programs: &["/usr/sbin/nginx"],
        start: NGINX,
    },
    Server {
        name: "redis",
        service: "image: redis:7",
        programs: &["/usr/bin/redis-server", "/usr/bin/redis-cli"],
        start: "exec redis-server --protected-mode no --bind '*' --dir .",
    },
    Server {
        name: "redis-with-a-password",
        service: "image: redis:7, command: redis-server --requirepass correct-horse, healthcheck: { test: 'redis-cli -a correct-horse ping | grep PONG', interval: 5s }",
        programs: &["/usr/bin/redis-server", "/usr/bin/redis-cli"],
        start: "exec redis-server --protected-mode no --bind '*' --requirepass correct-horse --dir .",
    },
    Server {
        name: "mariadb",
        service: "image: mariadb:11.4, environment: { MARIADB_ROOT_PASSWORD: correct-horse }",
        programs: &["/usr/sbin/mariadbd", "/usr/bin/mariadb-install-db", "/usr/bin/mariadb-admin"],
        start: "mariadb-install-db --no-defaults --datadir=$PWD/data --auth-root-authentication-method=normal >/dev/null && \
                exec mariadbd --no-defaults --datadir=$PWD/data --socket=$PWD/socket --pid-file=$PWD/pid",
    },
    Server {
        name: "postgres",
        service: "image: postgres:17, environment: { POSTGRES_USER: shop, POSTGRES_PASSWORD: correct-horse }",
        programs: &["/usr/lib/postgresql/*/bin/postgres", "/usr/bin/pg_isready"],
        start: "bin=${1%/postgres} && $bin/initdb -D data -U shop >/dev/null && exec $bin/postgres -D data -k $PWD -h '*'",
    },
    Server { name: "memcached", service: "image: memcached:1.6", programs: &["/usr/bin/memcached"], start: "exec memcached -l 0.0.0.0" },
    Server {
        name: "rabbitmq",
        service: "image: rabbitmq:4",
        programs: &["/usr/lib/rabbitmq/bin/rabbitmq-server"],
        start: "export HOME=$PWD RABBITMQ_MNESIA_BASE=$PWD RABBITMQ_LOG_BASE=$PWD RABBITMQ_NODENAME=rabbit@localhost \
                RABBITMQ_PID_FILE=$PWD/pid RABBITMQ_ENABLED_PLUGINS_FILE=$PWD/plugins && exec /usr/lib/rabbitmq/bin/rabbitmq-server",
    },
    Server {
        name: "php-fpm",
        service: "image: 'php:8.4-fpm'",
        programs: &["/usr/sbin/php-fpm*"],
        start: "printf '[global]\\nerror_log=/dev/stderr\\n[www]\\nlisten=9000\\npm=static\\npm.max_children=1\\n' >conf && exec \"$1\" -n -F -y $PWD/conf",
    },
    Server { name: "prometheus", service: "image: prom/prometheus:v3.1.0", programs: &["/usr/bin/prometheus"], start: PROMETHEUS },
    Server {
        name: "prometheus-asked-by-http",
        service: "image: prom/prometheus:v3.1.0, ports: ['9090:9090'], healthcheck: { test: wget -q --spider http://localhost:9090/-/ready, interval: 10s }",
        programs: &["/usr/bin/prometheus"],
        start: PROMETHEUS,
    },
    Server {
        name: "haproxy",
        service: "image: haproxy:3.1, expose: ['8080'], healthcheck: { test: nc -z localhost 8080 }",
        programs: &["/usr/sbin/haproxy"],
        start: "printf 'defaults\\n mode http\\n timeout client 5s\\n timeout connect 5s\\n timeout server 5s\\nfrontend f\\n bind :8080\\n' >conf && exec haproxy -db -f conf",
    },
    Server {
        name: "mosquitto",
        service: "image: eclipse-mosquitto:2",
        programs: &["/usr/sbin/mosquitto"],
        start: "printf 'listener 1883\\nallow_anonymous true\\n' >conf && exec mosquitto -c $PWD/conf",
    },
];

const NGINX: &str = "mkdir html && echo up >html/index.html && printf 'pid pid; daemon off; error_log stderr; events {} http { access_log off; \
    client_body_temp_path t; proxy_temp_path t; fastcgi_temp_path t; uwsgi_temp_path t; scgi_temp_path t; \
    server { listen 80; root html; } }' >conf && exec nginx -p $PWD -e stderr -c $PWD/conf";

const PROMETHEUS: &str = "echo 'global: {}' >conf && exec prometheus --config.file=conf --storage.tsdb.path=data";

/// Seconds in which a server has to be up; RabbitMQ takes some ten on an idle machine.
const PATIENCE: u32 = 90;

/// The address of the pod; the kubelet does not come from inside.
const POD: &str = "10.99.0.1";

#[test]
fn probes_fail_before_the_server_runs_and_pass_once_it_does() {
    if let Some(reason) = sandbox::missing(&["bash", "curl", "timeout", "setpriv"]) {
        return println!("skipped: {reason}");
    }
    let mut held = 0;
    let mut wrong = String::new();
    for server in &SERVERS {
        let programs: Vec<_> = server.programs.iter().map(|program| installed(program)).collect();
        let Some(programs) = programs.into_iter().collect::<Option<Vec<_>>>() else {
            println!("skipped: {} needs {}", server.name, server.programs.join(", "));
            continue;
        };
        match run(server, &programs[0]) {
            Ok(()) => held += 1,
            Err(reason) => _ = writeln!(wrong, "{}: {reason}", server.name),
        }
    }
    println!("{held} of {} servers were asked", SERVERS.len());
    assert!(wrong.is_empty(), "{wrong}");
}

/// The program, with `*` in its place; `None` when it is not installed.
fn installed(program: &str) -> Option<String> {
    let Some((before, after)) = program.split_once('*') else { return Path::new(program).is_file().then(|| program.to_owned()) };
    let (directory, start) = before.rsplit_once('/')?;
    let mut found: Vec<String> =
        fs::read_dir(directory).ok()?.flatten().map(|entry| entry.file_name().to_string_lossy().into_owned()).collect();
    found.sort();
    let paths = found.iter().rev().filter(|name| name.starts_with(start)).map(|name| format!("{directory}/{name}{after}"));
    paths.into_iter().find(|path| Path::new(path).is_file())
}

fn run(server: &Server, program: &str) -> Result<(), String> {
    let mut files = MemoryFileSystem::new();
    files.insert("/srv/shop/compose.yaml", format!("services: {{ {}: {{ {} }} }}\n", server.name, server.service), 0o644);
    let project = Project { directory: "/srv/shop".into(), ..Project::default() };
    let loaded = project.load(&files);
    let conversion = project.convert_loaded(&loaded, &files);
    let workload = conversion.objects.iter().find(|object| object.kind().is_workload()).ok_or("nothing runs")?;
    let container = workload.resource.containers().first().ok_or("no container")?;

    let probes =
        [("startup", &container.startup_probe), ("readiness", &container.readiness_probe), ("liveness", &container.liveness_probe)];
    let mut asked = Vec::new();
    for (name, probe) in probes {
        let probe = probe.as_ref().ok_or_else(|| format!("no {name} probe"))?;
        asked.push((name, command(probe, container)?));
    }
    let directory = sandbox::directory(server.name);
    let temporary = tempfile::tempdir().map_err(|error| error.to_string())?;
    let script = directory.join("script");
    fs::write(&script, text(server, program, &asked, &environment(container, &conversion), temporary.path())).expect("writable");
    let output = sandbox::command(&script).output().map_err(|error| error.to_string())?;
    let told = String::from_utf8_lossy(&output.stdout);
    for (name, _) in &asked {
        if !told.contains(&format!("before {name} failed\n")) {
            return Err(format!("the {name} probe passes without a server: {told}"));
        }
        if !told.contains(&format!("after {name} passed\n")) {
            let log = fs::read(directory.join("log")).unwrap_or_default();
            let asked = asked.iter().map(|(name, command)| format!("{name}: {command}\n")).collect::<String>();
            return Err(format!(
                "the {name} probe fails: {told}{asked}{}{}",
                String::from_utf8_lossy(&output.stderr),
                String::from_utf8_lossy(&log)
            ));
        }
    }
    Ok(())
}

/// What the kubelet does, as a command of a shell.
fn command(probe: &Probe, container: &Container) -> Result<String, String> {
    let seconds = probe.timeout_seconds.unwrap_or(1);
    if let Some(exec) = &probe.exec {
        let words = exec.command.iter().flatten().map(|word| quoted(&expanded(word, container))).collect::<Vec<_>>();
        return Ok(format!("timeout {seconds} {}", words.join(" ")));
    }
    let number = |port: &k8s_openapi::apimachinery::pkg::util::intstr::IntOrString| match port {
        k8s_openapi::apimachinery::pkg::util::intstr::IntOrString::Int(port) => Ok(*port),
        k8s_openapi::apimachinery::pkg::util::intstr::IntOrString::String(name) => Err(format!("a port by name: {name}")),
    };
    if let Some(tcp) = &probe.tcp_socket {
        return Ok(format!("timeout {seconds} bash -c 'exec 3<>/dev/tcp/{POD}/{}'", number(&tcp.port)?));
    }
    let http = probe.http_get.as_ref().ok_or("a probe of another kind")?;
    let scheme = http.scheme.as_deref().unwrap_or("HTTP").to_lowercase();
    let mut command = format!("curl --silent --insecure --max-time {seconds} --output /dev/null --write-out '%{{http_code}}'");
    for header in http.http_headers.iter().flatten() {
        let _ = write!(command, " --header {}", quoted(&format!("{}: {}", header.name, header.value)));
    }
    let address = format!("{scheme}://{POD}:{}{}", number(&http.port)?, http.path.as_deref().unwrap_or("/"));
    // Success is what the kubelet counts as such.
    Ok(format!("{command} {} | grep -q '^[23]'", quoted(&address)))
}

/// What the kubelet makes of a word of a probe: `$(NAME)` is a variable that is known, `$$` is `$`.
fn expanded(word: &str, container: &Container) -> String {
    let value = |name: &str| container.env.iter().flatten().find(|variable| variable.name == name)?.value.as_deref();
    let mut text = String::new();
    let mut rest = word;
    while let Some((before, after)) = rest.split_once('$') {
        text.push_str(before);
        let reference = after.strip_prefix('(').and_then(|name| name.split_once(')'));
        rest = if let Some(after) = after.strip_prefix('$') {
            text.push('$');
            after
        } else if let Some((value, after)) = reference.and_then(|(name, after)| Some((value(name)?, after))) {
            text.push_str(value);
            after
        } else {
            text.push('$');
            after
        };
    }
    text + rest
}

/// The variables of a container, those from Secrets too.
fn environment(container: &Container, conversion: &Conversion) -> BTreeMap<String, String> {
    let secret = |name: &str, key: &str| {
        let found = conversion.objects.all::<Secret>().find(|secret| secret.metadata.name.as_deref() == Some(name))?;
        let value = found.data.as_ref()?.get(key)?;
        Some(String::from_utf8_lossy(&value.0).into_owned())
    };
    let variables = container.env.iter().flatten().filter_map(|variable| {
        let reference = variable.value_from.as_ref().and_then(|from| from.secret_key_ref.as_ref());
        let value = match reference {
            Some(reference) => secret(&reference.name, &reference.key)?,
            None => variable.value.clone().unwrap_or_default(),
        };
        Some((variable.name.clone(), value))
    });
    variables.collect()
}

/// The script of the sandbox: asks, starts the server, asks until all probes pass.
fn text(server: &Server, program: &str, asked: &[(&str, String)], environment: &BTreeMap<String, String>, directory: &Path) -> String {
    let directory = quoted(&directory.to_string_lossy());
    let mut text = format!(
        "ip link set lo up\nip address add {POD}/32 dev lo\n\
         # As in a pod: a plain user may listen anywhere.\n\
         echo 0 >/proc/sys/net/ipv4/ip_unprivileged_port_start\n\
         log=${{0%/script}}/log; : >\"$log\"\ncd {directory}\n"
    );
    let _ = writeln!(
        text,
        "as=\nif [ \"$(id -u)\" = 0 ]; then\n  chown 65534:65534 {directory} \"$log\"\n  as='setpriv --reuid 65534 --regid 65534 --clear-groups'\nfi"
    );
    text.push_str("export PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin HOME=$PWD\n");
    for (name, value) in environment {
        let _ = writeln!(text, "export {name}={}", quoted(value));
    }
    for (name, command) in asked {
        let _ = writeln!(
            text,
            "{name}() {{ {command}; }} >/dev/null 2>&1\nif {name}; then echo before {name} passed; else echo before {name} failed; fi"
        );
    }
    let _ = writeln!(text, "$as sh -c {} server {} >>\"$log\" 2>&1 &", quoted(server.start), quoted(program));
    let all = asked.iter().map(|(name, _)| *name).collect::<Vec<_>>();
    let _ = writeln!(
        text,
        "left={}\nuntil {}; do\n  left=$((left - 1)); [ $left -gt 0 ] || break\n  kill -0 $! || break\n  sleep 0.5\ndone",
        PATIENCE * 2,
        all.join(" && ")
    );
    for name in all {
        let _ = writeln!(text, "if {name}; then echo after {name} passed; else echo after {name} failed; fi");
    }
    text.push_str("exit 0\n");
    text
}
