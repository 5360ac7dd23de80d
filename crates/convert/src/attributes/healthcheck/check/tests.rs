//! What a written check becomes as a probe.

use crate::testing::project;

/// The readiness probe of `web`, in short; it offers 80 and 8443, beside it stands `db`.
fn probe(test: &str) -> String {
    let text = format!(
        "services:\n  web:\n    image: acme/web:1\n    hostname: front\n    expose: ['80', '8443']\n    environment: {{ DB: db }}\n    \
         healthcheck:\n      test: {test}\n  db: {{ image: acme/db:1 }}\n"
    );
    let outcome = project(&text).convert();
    let handler = |kind: &str| outcome.pod("Deployment/web", &format!("containers[0].readinessProbe.{kind}")).trim_end().to_owned();
    let found: Vec<String> = ["httpGet", "tcpSocket", "grpc", "exec"]
        .into_iter()
        .map(|kind| (kind, handler(kind)))
        .filter(|(_, value)| value != "null")
        .map(|(kind, value)| format!("{kind} {}", value.split_whitespace().collect::<Vec<_>>().join(" ")))
        .collect();
    found.join(" and ")
}

#[test]
fn a_request_to_itself_is_made_by_the_kubelet() {
    let up = "httpGet httpHeaders: - name: Host value: localhost path: /up port: 80";
    for test in [
        "curl -f http://localhost/up",
        "curl -sSf http://localhost:80/up || exit 1",
        "'curl --fail --silent --show-error --max-time 5 \"http://localhost/up\" >/dev/null 2>&1 || exit 1'",
        "curl -fsSo /dev/null http://localhost/up",
        "wget -q --spider http://localhost/up",
        "wget --no-verbose --tries=1 --spider http://localhost/up || exit 1",
        "wget -qO- http://localhost/up > /dev/null || exit 1",
        "[CMD, curl, -f, 'http://localhost/up']",
        "[CMD, /usr/bin/wget, -O, /dev/null, 'http://localhost/up']",
        "[CMD, sh, -c, 'curl -f http://localhost/up || exit 1']",
        "timeout 5 curl -f http://localhost/up",
    ] {
        assert_eq!(probe(test), up, "{test}");
    }
    assert_eq!(
        probe("curl -fk https://127.0.0.1:8443"),
        "httpGet httpHeaders: - name: Host value: 127.0.0.1 path: / port: 8443 scheme: HTTPS"
    );
    assert_eq!(
        probe("[CMD, curl, -f, -H, 'X-Probe: yes', 'http://0.0.0.0/?deep=1']"),
        "httpGet httpHeaders: - name: Host value: localhost - name: X-Probe value: \"yes\" path: /?deep=1 port: 80"
    );
}

#[test]
fn a_service_that_asks_itself_by_name_is_asked_directly() {
    assert_eq!(probe("curl -f http://web/up"), "httpGet httpHeaders: - name: Host value: web path: /up port: 80");
    assert_eq!(probe("nc -z front 80"), "tcpSocket port: 80");
    assert_eq!(probe("[CMD, tool, ping, -h, web]"), "exec command: - tool - ping - -h - 127.0.0.1");
    assert_eq!(
        probe("tool --host=web --user=web web:90/web"),
        "exec command: - sh - -c - tool --host=127.0.0.1 --user=web 127.0.0.1:90/web"
    );
}

#[test]
fn a_check_by_the_services_own_name_leads_to_the_pod_itself() {
    let outcome = |image: &str, more: &str| {
        let test = "[CMD, node, -e, \"fetch('http://my_web:3000/up')\"]";
        project(&format!("services: {{ my_web: {{ image: '{image}', healthcheck: {{ test: {test} }} {more} }} }}")).convert()
    };
    let asked = |outcome: &crate::testing::Outcome, workload: &str| {
        let pod = |field: &str| outcome.pod(workload, field).trim_end().to_owned();
        (pod("containers[0].readinessProbe.exec.command[2]"), pod("hostname"))
    };
    // The server may listen on the pod's address alone. The name is the one that the service has in the cluster.
    let plain = outcome("acme/web:1", "");
    assert_eq!(asked(&plain, "Deployment/my-web"), ("fetch('http://my-web:3000/up')".to_owned(), "my-web".to_owned()));
    assert!(plain.fates("services.my_web.healthcheck.test").contains("mapped"));
    assert!(plain.inferred().contains("hostname = \"my-web\" (its health check"), "{}", plain.inferred());
    // Also where no port says that it is a host.
    for (words, last) in
        [("-h, my_web", "my-web"), ("--server, my_web", "my-web"), ("--url=my_web", "--url=my-web"), ("-d, celery@my_web", "celery@my-web")]
    {
        let test = format!("[CMD, tool, {words}]");
        let bare = project(&format!("services: {{ my_web: {{ image: acme/web:1, healthcheck: {{ test: {test} }} }} }}")).convert();
        let command = bare.pod("Deployment/my-web", "containers[0].readinessProbe.exec.command");
        assert_eq!(
            (command.lines().last(), bare.pod("Deployment/my-web", "hostname").as_str()),
            (Some(format!("- {last}").as_str()), "my-web\n")
        );
    }
    // Another name is written, or the pods of a StatefulSet have theirs.
    let named = outcome("acme/web:1", ", hostname: front");
    assert_eq!(asked(&named, "Deployment/my-web"), ("fetch('http://127.0.0.1:3000/up')".to_owned(), "front".to_owned()));
    let kept = outcome("redis:8", "");
    assert_eq!(asked(&kept, "StatefulSet/my-web"), ("fetch('http://127.0.0.1:3000/up')".to_owned(), "null".to_owned()));
    assert!(kept.fates("services.my_web.healthcheck.test").contains("approximated"));
}

#[test]
fn connections_are_made_by_the_kubelet() {
    for test in [
        "nc -z localhost 80",
        "nc -zv 127.0.0.1 80 || exit 1",
        "[CMD, nc, -z, -w, '2', localhost, '80']",
        "[CMD-SHELL, 'bash -c \"</dev/tcp/localhost/80\"']",
        "[CMD, bash, -c, '</dev/tcp/localhost/80']",
        "bash -c ':> /dev/tcp/127.0.0.1/80' || exit 1",
        "timeout 10s bash -c 'echo > /dev/tcp/localhost/80'",
        "(echo > /dev/tcp/localhost/80) >/dev/null 2>&1 || exit 1",
    ] {
        assert_eq!(probe(test), "tcpSocket port: 80", "{test}");
    }
    assert_eq!(probe("[CMD, /bin/grpc_health_probe, '-addr=:80', -service=shop]"), "grpc port: 80 service: shop");
    assert_eq!(probe("grpc_health_probe -addr=localhost:8443"), "grpc port: 8443");
}

#[test]
fn what_is_not_sure_stays_a_command() {
    for test in [
        "curl http://localhost/up",
        "curl -f http://localhost:8080/up",
        "curl -f https://localhost:8443/up",
        "curl -f http://localhost/up | grep ok",
        "curl -f http://localhost/up || exit 0",
        "curl -f http://localhost/up || true",
        "curl -f http://localhost/up && curl -f http://localhost/down",
        "curl -f -u admin:secret http://localhost/up",
        "'curl -f http://localhost:$$PORT/up'",
        "'! curl -f http://localhost/up'",
        "nc -zu localhost 80",
        "echo ruok | nc localhost 80",
        "grpc_health_probe -addr=:80 -tls",
        "'exec 3<>/dev/tcp/localhost/80 && echo hello >&3'",
        "bash -c 'echo > /dev/tcp/localhost/80 && echo > /dev/tcp/localhost/81'",
    ] {
        assert!(probe(test).starts_with("exec command: - sh - -c - "), "{test}: {}", probe(test));
    }
    assert_eq!(probe("[CMD, pg_isready, '$$(date)']"), "exec command: - pg_isready - $$(date)");
}

#[test]
fn a_check_that_asks_other_services_never_restarts_this_one() {
    for test in ["pg_isready -h db", "nc -z db 5432", "php artisan health:check", "'psql \"$$DB_URL\" -c \"select 1\"'"] {
        let text = format!(
            "services:\n  web:\n    image: acme/web:1\n    expose: ['80']\n    environment: {{ DB_URL: 'postgres://u@db:5432/x' }}\n    \
             healthcheck:\n      test: {test}\n  db: {{ image: acme/db:1 }}\n"
        );
        let outcome = project(&text).convert();
        assert_eq!(outcome.pod("Deployment/web", "containers[0].livenessProbe.tcpSocket.port"), "80\n", "{test}");
        assert_eq!(outcome.pod("Deployment/web", "containers[0].readinessProbe.exec.command[0]"), "sh\n", "{test}");
    }
}

#[test]
fn a_sealed_vault_is_not_restarted() {
    for test in ["[CMD, vault, status]", "wget -qO- http://127.0.0.1:8200/v1/sys/health"] {
        let text = format!("services: {{ vault: {{ image: 'hashicorp/vault:1', command: server, healthcheck: {{ test: {test} }} }} }}");
        let outcome = project(&text).convert();
        for probe in ["livenessProbe", "startupProbe"] {
            assert_eq!(outcome.pod("StatefulSet/vault", &format!("containers[0].{probe}.tcpSocket.port")), "8200\n", "{test}: {probe}");
        }
        assert_eq!(outcome.pod("StatefulSet/vault", "containers[0].readinessProbe.tcpSocket"), "null\n", "{test}");
    }
}
