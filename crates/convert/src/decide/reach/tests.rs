//! Names in, names of Services out.

use super::*;
use crate::testing::project;

#[test]
fn names_are_rewritten_in_host_position_only() {
    let renamed = [("my_db", "my-db"), ("Cache", "cache")].map(|(name, label)| (SmolStr::from(name), SmolStr::from(label)));
    let renamed: BTreeMap<SmolStr, SmolStr> = renamed.into_iter().collect();
    let check = |variable: &str, value: &str, expected: &str| {
        assert_eq!(with_hosts(variable, value, |word| renamed.get(word)), expected, "{variable}={value}");
    };
    check("URL", "postgres://u:p@my_db/my_db", "postgres://u:p@my-db/my_db");
    check("URL", "postgres://my_db:5432/my_db?x=my_db", "postgres://my-db:5432/my_db?x=my_db");
    check("DB_HOST", "my_db", "my-db");
    check("DB_NAME", "my_db", "my_db");
    check("BROKERS", "my_db:9092,Cache:9092", "my-db:9092,cache:9092");
    check("MONGO", "mongodb://my_db,Cache/my_db", "mongodb://my-db,cache/my_db");
    check("TEXT", "see my_db and Cache", "see my_db and Cache");
    check("URL", "http://other/my_db", "http://other/my_db");
    check("URL", "postgres://my_db:x@my_db/my_db", "postgres://my_db:x@my-db/my_db");
    check("DB_HOSTNAME", "my_db", "my-db");
    check("db.hosts", "my_db, Cache", "my-db, cache");
    check("BROKERS", "my_db", "my-db");
    check("DSN", "host=my_db user=my_db dbname=my_db", "host=my-db user=my_db dbname=my_db");
    check("ConnectionStrings__Default", "Server=my_db;Database=my_db", "Server=my-db;Database=my_db");
    check("ConnectionStrings__Default", "Data Source=my_db;Initial Catalog=my_db", "Data Source=my-db;Initial Catalog=my_db");
    check("JSON", r#"{"host": "my_db", "db":"my_db"}"#, r#"{"host": "my-db", "db":"my_db"}"#);
    check("", "pg_isready -h my_db -d my_db", "pg_isready -h my-db -d my_db");
    check("", "wait --db-host my_db && run --host=\"my_db\" my_db", "wait --db-host my-db && run --host=\"my-db\" my_db");
    check("--db-host", "my_db", "my-db");
    check("TEXT", "localhost:my_db, host my_db", "localhost:my_db, host my_db");
}

#[test]
fn a_name_with_dots_keeps_its_spelling_unless_it_is_the_services_own() {
    let outcome = project(
        "services: { gitlab: { image: acme/gitlab:1, hostname: gitlab.example.com, container_name: git.lab, \
         environment: { CONFIG: \"external_url 'http://gitlab.example.com:8929'\", SSH_HOST: git.lab } }, \
         ci: { image: acme/ci:1, environment: { GITLAB_URL: 'https://gitlab.example.com', DB_HOST: my.db } }, my.db: { image: acme/db:1 } }",
    )
    .convert();
    let env = outcome.pod("Deployment/gitlab", "containers[0].env");
    assert!(env.contains("external_url 'http://gitlab.example.com:8929'") && env.contains("value: git.lab"), "{env}");
    let env = outcome.pod("Deployment/ci", "containers[0].env");
    assert!(env.contains("value: https://gitlab.example.com") && env.contains("value: my-db"), "{env}");
    let services: Vec<String> = outcome.names().into_iter().filter(|name| name.starts_with("Service/")).collect();
    assert_eq!(services, ["Service/ci", "Service/gitlab", "Service/my-db"]);
}

#[test]
fn a_link_that_two_services_have_leads_each_to_its_own() {
    let app = |number: u8| {
        format!(
            "app{number}: {{ image: acme/app:1, links: ['db{number}:db'], command: [serve, --db-host, db], environment: {{ DB_HOST: db, URL: 'pg://db:5433/db', NODE: db }} }}"
        )
    };
    let outcome =
        project(&format!("services: {{ {}, {}, db1: {{ image: 'postgres:17' }}, db2: {{ image: 'postgres:17' }} }}", app(1), app(2)))
            .convert();
    insta::assert_snapshot!(outcome.pod("Deployment/app2", "containers[0].env"), @r"
    - name: DB_HOST
      value: db2
    - name: NODE
      value: db
    - name: URL
      value: pg://db2:5433/db
    ");
    assert_eq!(outcome.pod("Deployment/app1", "containers[0].env[0].value"), "db\n");
    assert_eq!(outcome.pod("Deployment/app2", "containers[0].args"), "- serve\n- --db-host\n- db2\n");
    // Each has the port by which it is called.
    assert!(outcome.field("Service/db2", "spec.ports").contains("port: 5433"));
    insta::assert_snapshot!([outcome.fates("services.app1.links"), outcome.fates("services.app2.links")].join("\n"), @r"
    services.app1.links: mapped → Service/db metadata.name
    services.app2.links: approximated → Service/db2 metadata.name (`db` leads to another service; where variables and commands name it as a host, they name `db2`)
    ");
    let told = "convert::shared-name: `NODE` of `app2`: `db` leads to `db1` in the cluster, not to `db2`";
    assert_eq!(outcome.diagnostics().iter().filter(|line| line.starts_with("convert::shared-name")).collect::<Vec<_>>(), [told]);
}

#[test]
fn an_alias_of_two_networks_leads_each_to_the_service_of_its_own() {
    let half = |number: u8| {
        format!(
            "app{number}: {{ image: acme/app:1, environment: {{ DB_HOST: db }}, networks: [net{number}] }}, \
             db{number}: {{ image: 'postgres:17', networks: {{ net{number}: {{ aliases: [db] }} }} }}"
        )
    };
    let both = "both: { image: acme/app:1, environment: { DB_HOST: db }, networks: [net1, net2] }";
    let beside = "beside: { image: acme/app:1, environment: { DB_HOST: db }, network_mode: 'service:app2' }";
    let outcome =
        project(&format!("services: {{ {}, {}, {both}, {beside} }}\nnetworks: {{ net1: {{}}, net2: {{}} }}", half(1), half(2))).convert();
    let host =
        |workload: &str, container: u8| outcome.pod(&format!("Deployment/{workload}"), &format!("containers[{container}].env[0].value"));
    assert_eq!([host("app1", 0), host("app2", 0), host("app2", 1), host("both", 0)], ["db\n", "db2\n", "db2\n", "db\n"]);
    insta::assert_snapshot!(outcome.fates("services.db2.networks.net2.aliases"), @"services.db2.networks.net2.aliases: approximated (an alias that another service has leads to that one; who reaches this one alone by it calls it by its own name)");
}

#[test]
fn a_name_with_dots_that_services_alone_know_is_one_that_the_cluster_has() {
    let outcome = project(
        "services: { prosody: { image: jitsi/prosody, expose: ['5222'], networks: { meet: { aliases: [xmpp.meet.jitsi] } }, \
         environment: { XMPP_DOMAIN: meet.jitsi } }, \
         jicofo: { image: jitsi/jicofo, networks: { meet: }, environment: { XMPP_SERVER: xmpp.meet.jitsi, \
         BOSH: 'http://xmpp.meet.jitsi:5280/http-bind' } }, \
         kafka: { image: acme/kafka:1, hostname: kafka.local, environment: { LISTENERS: 'PLAINTEXT://kafka.local:9092' } } }\n\
         networks: { meet: {} }",
    )
    .convert();
    let env = outcome.pod("Deployment/jicofo", "containers[0].env");
    assert!(env.contains("value: xmpp-meet-jitsi") && env.contains("http://xmpp-meet-jitsi:5280/"), "{env}");
    assert!(outcome.names().contains(&"Service/xmpp-meet-jitsi".to_owned()), "{:?}", outcome.names());
    assert!(outcome.pod("StatefulSet/kafka", "containers[0].env").contains("PLAINTEXT://kafka-local:9092"));
}

#[test]
fn a_fixed_address_of_another_service_is_its_name_where_a_host_stands() {
    let outcome = project(
        "services:
  hole:
    image: acme/hole:1
    environment: { UPSTREAMS: '172.20.0.3#5335', DB_HOST: 172.20.0.3, URL: 'http://172.20.0.3:80/x', BIND_ADDRESS: 172.20.0.2, RESOLVER: 172.20.0.3 }
    healthcheck: { test: [CMD, curl, -f, 'http://172.20.0.2:8080/'] }
    expose: ['8080']
    networks: { n: { ipv4_address: 172.20.0.2 } }
    volumes: ['./hole.conf:/etc/hole.conf:ro']
  bound: { image: acme/bound:1, expose: ['5335/udp'], networks: { n: { ipv4_address: 172.20.0.3 } } }
networks: { n: { ipam: { config: [{ subnet: 172.20.0.0/24 }] } } }",
    )
    .file("hole.conf", "forward 172.20.0.3\nnet 172.20.0.0/24\n")
    .convert();
    insta::assert_snapshot!(outcome.pod("Deployment/hole", "containers[0].env"), @"
    - name: BIND_ADDRESS
      value: 172.20.0.2
    - name: DB_HOST
      value: bound
    - name: RESOLVER
      value: 172.20.0.3
    - name: UPSTREAMS
      value: bound#5335
    - name: URL
      value: http://bound:80/x
    ");
    assert_eq!(outcome.pod("Deployment/hole", "containers[0].readinessProbe.httpGet.port"), "8080\n");
    let told: Vec<String> = outcome.diagnostics().into_iter().filter(|line| line.starts_with("convert::docker-address")).collect();
    assert_eq!(
        told,
        [
            "convert::docker-address: `hole.conf`, line 1: no pod has the address `172.20.0.3` in the cluster",
            "convert::docker-address: `BIND_ADDRESS` of `hole`: no pod has the address `172.20.0.2` in the cluster",
            "convert::docker-address: `RESOLVER` of `hole`: no pod has the address `172.20.0.3` in the cluster",
        ]
    );
}

#[test]
fn the_tasks_of_swarm_are_called_by_a_name_that_the_cluster_has() {
    let outcome = project(
        "services: { agent: { image: app, expose: ['9001'], deploy: { mode: global }, environment: { PEERS_HOST: tasks.agent } }, \
         ui: { image: app, command: '-H tcp://tasks.agent:9001' } }",
    )
    .convert();
    // The name means each task, as those ask for it who look for the others.
    insta::assert_snapshot!(outcome.field("Service/tasks-agent", "spec"), @"
    clusterIP: None
    ports:
    - name: tcp-9001
      port: 9001
      protocol: TCP
      targetPort: tcp-9001
    publishNotReadyAddresses: true
    selector:
      app.kubernetes.io/instance: shop
      app.kubernetes.io/name: agent
    ");
    assert!(outcome.pod("Deployment/ui", "containers[0].args").contains("tcp://tasks-agent:9001"));
    assert!(outcome.pod("DaemonSet/agent", "containers[0].env").contains("value: tasks-agent"));
}
