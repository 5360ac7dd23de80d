//! What `windlass data` prints does what it says: the commands carry real files over and back, the Jobs are accepted by a real API server
//! and carry files too, and the dumps of real servers bring back what they held.
//!
//! No engine is needed: programs called `docker` and `kubectl` run what is meant for a container on directories instead.
#![expect(clippy::disallowed_methods, reason = "a test that starts processes")]

use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use windlass_convert::contents::Contents;
use windlass_emit::data::{Carriage, IMAGE, jobs, script};
use windlass_k8s::{ContentHash, Kind, Objects, Resource};
use windlass_source::MemoryFileSystem;
use windlass_suite::conversion::Project;
use windlass_suite::invariants::written;
use windlass_suite::sandbox;
use windlass_testkit::Cluster;

const SHOP: &str = "
name: shop
services:
  db: { image: 'mysql:8.4', environment: { MYSQL_ROOT_PASSWORD: correct-horse }, volumes: ['db:/var/lib/mysql'] }
  web: { image: 'nginx:1.27', ports: ['80:80'], volumes: ['uploads:/srv'] }
  app: { image: acme/app, volumes: ['uploads:/srv'] }
  old: { image: 'postgres:17', volumes: ['/var/lib/postgresql/data'] }
volumes: { db: {}, uploads: {} }
";

/// Calls `look` with what is to be carried of a project.
fn carriage<T>(compose: &str, look: impl FnOnce(&Carriage<'_>) -> T) -> T {
    let files = MemoryFileSystem::new().with_file("/srv/shop/compose.yaml", compose);
    let project = Project { directory: "/srv/shop".into(), ..Project::default() };
    let loaded = project.load(&files);
    assert!(loaded.is_ok(), "{:?}", loaded.diagnostics);
    let conversion = project.convert_loaded(&loaded, &files);
    let contents = project.convert_by(Contents::of, &loaded, &files);
    look(&Carriage { project: "shop", namespace: None, contents: &contents, objects: &conversion.objects, image: IMAGE })
}

/// Volumes and claims are directories below `root`: `docker/shop_db`, `claims/db`.
struct World {
    root: PathBuf,
    script: PathBuf,
}

/// Runs a container's command on the directory of its volume.
const DOCKER: &str = r#"#!/bin/sh
echo "docker $*" >>"$ROOT/log"
case "$1 $4" in
'run '*)
  while [ "$1" != --volume ]; do shift; done
  volume="$ROOT/docker/${2%%:*}"
  shift 5
  script=$1 verb=$3 rest=${5:-}
  exec sh -c "$script" carry "$verb" "$volume" $rest ;;
'volume '*) [ "$2" = create ] || exec test -d "$ROOT/docker/$3" ;;
'compose ps') echo container ;;
'inspect '*) echo anonymous ;;
'compose exec') shift 6; exec "$@" ;;
esac
"#;

const KUBECTL: &str = r#"#!/bin/sh
echo "kubectl $*" >>"$ROOT/log"
case "$*" in
'apply '*) cat >"$ROOT/applied"; claim=$(sed -n 's/.*claimName: //p' "$ROOT/applied"); [ -z "$claim" ] || echo "$claim/$(sed -n 's/.*subPath: //p' "$ROOT/applied")" >"$ROOT/mounted" ;;
'get statefulset/db '*) ;;
'get statefulset/'*' --output name') echo statefulset ;;
'get statefulset/'*jsonpath*) echo 2 ;;
'get statefulset/'*go-template*) printf ',app=web,part=shop' ;;
'get pods '*) [ -f "$ROOT/ended" ] || { echo pod/web; : >"$ROOT/ended"; } ;;
'exec --stdin windlass-data-'*)
  shift 6
  script=$1 verb=$3 rest=${5:-}
  mkdir -p "$ROOT/claims/$(cat "$ROOT/mounted")"
  exec sh -c "$script" carry "$verb" "$ROOT/claims/$(cat "$ROOT/mounted")" $rest ;;
'exec --stdin '*) shift 6; exec "$@" ;;
esac
"#;

impl World {
    fn new(name: &str, compose: &str) -> Self {
        let root = sandbox::directory(name);
        for (name, text) in [("docker", DOCKER), ("kubectl", KUBECTL)] {
            let program = root.join("bin").join(name);
            fs::create_dir_all(root.join("bin")).expect("writable");
            fs::write(&program, text).expect("writable");
            fs::set_permissions(program, fs::Permissions::from_mode(0o755)).expect("writable");
        }
        let script = root.join("data.sh");
        fs::write(&script, carriage(compose, self::script)).expect("writable");
        fs::create_dir_all(root.join("docker")).expect("writable");
        fs::create_dir_all(root.join("claims")).expect("writable");
        Self { root, script }
    }

    fn run(&self, words: &str) -> Output {
        let path = format!("{}:{}", self.root.join("bin").display(), std::env::var("PATH").unwrap_or_default());
        let mut command = Command::new("sh");
        command.arg(&self.script).args(words.split(' ')).current_dir(&self.root).env("PATH", path).env("ROOT", &self.root);
        command.output().expect("sh runs")
    }

    fn succeeds(&self, words: &str) {
        let output = self.run(words);
        assert!(output.status.success(), "{words}: {}", String::from_utf8_lossy(&output.stderr));
    }

    fn fails(&self, words: &str) -> String {
        let output = self.run(words);
        assert!(!output.status.success(), "{words} succeeds");
        String::from_utf8_lossy(&output.stderr).into_owned()
    }

    /// The calls of `docker` and `kubectl` since the last time, without scripts.
    fn calls(&self) -> Vec<String> {
        let log = fs::read_to_string(self.root.join("log")).unwrap_or_default();
        drop(fs::remove_file(self.root.join("log")));
        log.lines().filter(|line| line.starts_with("docker ") || line.starts_with("kubectl ")).map(str::to_owned).collect()
    }
}

/// What volumes hold that is easily lost.
const CONTENT: &str = r#"
set -e
mkdir -p a/deep/one empty 'with space' lost+found
echo text >a/file; ln a/file a/second-name; ln -s ../a/file 'with space/link'; ln -s /nowhere dangling
printf 'x' >"$(printf 'new\nline')"; : >-dash; mkfifo pipe
truncate -s 64M sparse; printf end >>sparse
head -c 3000000 /dev/urandom >large
chmod 640 a/file; chmod 4755 large; chmod 1777 empty; chmod 2750 a; chmod 400 -- -dash; chmod 711 .
touch -d '2020-02-02 02:02:02' a/file a/deep
setfattr -n user.kept -v yes a/file 2>/dev/null || true
if [ "$(id -u)" = 0 ]; then chown -R 999:998 a; chown -h 33:33 dangling; chown 1000:1000 .; fi
"#;

fn fill(directory: &Path) {
    fs::create_dir_all(directory).expect("writable");
    let output = Command::new("sh").args(["-c", CONTENT]).current_dir(directory).output().expect("sh runs");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
}

/// Everything below a directory that a copy must keep, by path.
fn look(directory: &Path) -> BTreeMap<String, String> {
    let mut found = BTreeMap::new();
    let mut pending = vec![directory.to_owned()];
    while let Some(path) = pending.pop() {
        let metadata = fs::symlink_metadata(&path).expect("it is there");
        let name = path.strip_prefix(directory).expect("below").to_string_lossy().into_owned();
        if name == "lost+found" {
            continue;
        }
        let kind = metadata.file_type();
        let mut facts = format!("{:o} {}:{}", metadata.mode(), metadata.uid(), metadata.gid());
        if kind.is_dir() {
            pending.extend(fs::read_dir(&path).expect("readable").map(|entry| entry.expect("readable").path()));
        } else if kind.is_symlink() {
            facts.push_str(&format!(" -> {}", fs::read_link(&path).expect("a link").display()));
        } else if kind.is_file() {
            let mut hash = ContentHash::new();
            hash.part(fs::read(&path).expect("readable"));
            let content = hash.finish();
            let is_sparse = metadata.blocks() * 512 < metadata.size() / 2;
            facts.push_str(&format!(
                " {} links, {} bytes {content} at {}, sparse: {is_sparse}",
                metadata.nlink(),
                metadata.size(),
                metadata.mtime()
            ));
        }
        found.insert(name, facts);
    }
    let attribute = Command::new("getfattr").args(["--only-values", "-n", "user.kept", "a/file"]).current_dir(directory).output();
    found.insert("user.kept".to_owned(), attribute.map(|output| String::from_utf8_lossy(&output.stdout).into_owned()).unwrap_or_default());
    found
}

#[test]
fn the_commands_carry_files_over_and_back_without_a_difference() {
    let world = World::new("data-commands", SHOP);
    let (volume, claim) = (world.root.join("docker/shop_uploads"), world.root.join("claims/uploads"));
    fill(&volume);
    let before = look(&volume);
    assert!(before["sparse"].ends_with("sparse: true"), "{before:#?}");

    world.succeeds("from-docker uploads");
    let calls = world.calls();
    assert_eq!(calls[0], "docker volume inspect shop_uploads");
    assert_eq!(calls[1], "docker compose --project-name shop stop app web");
    world.succeeds("into-cluster uploads");
    assert_eq!(look(&claim), before);
    let calls = world.calls();
    let place = |wanted: &str| calls.iter().position(|call| call.starts_with(wanted)).unwrap_or_else(|| panic!("{wanted}: {calls:#?}"));
    let order = [
        place("kubectl scale statefulset/app --replicas=0"),
        place("kubectl get pods --selector app=web,part=shop"),
        place("kubectl wait --for=condition=Ready pod/windlass-data-uploads"),
        place("kubectl delete pod windlass-data-uploads"),
        place("kubectl scale statefulset/web --replicas=2"),
    ];
    assert!(order.is_sorted(), "{order:?} {calls:#?}");

    fs::remove_dir_all(&volume).expect("writable");
    fs::create_dir(&volume).expect("writable");
    world.succeeds("from-cluster uploads");
    world.succeeds("into-docker uploads");
    assert_eq!(look(&volume), before);
}

#[test]
fn a_directory_of_the_claim_stands_for_the_whole_volume_and_lost_found_stays() {
    let world = World::new("data-sub-path", SHOP);
    fill(&world.root.join("docker/shop_db"));
    fs::create_dir_all(world.root.join("claims/db/lost+found")).expect("writable");
    world.succeeds("from-docker db");
    world.succeeds("into-cluster db");
    assert_eq!(look(&world.root.join("claims/db/data")), look(&world.root.join("docker/shop_db")));
    assert!(world.root.join("claims/db/lost+found").is_dir());
}

#[test]
fn a_claim_that_holds_files_is_replaced_only_when_told_to() {
    let world = World::new("data-replace", SHOP);
    fill(&world.root.join("docker/shop_uploads"));
    fs::create_dir_all(world.root.join("claims/uploads/old")).expect("writable");
    world.succeeds("from-docker uploads");
    let told = world.fails("into-cluster uploads");
    assert!(told.contains("the volume is not empty"), "{told}");
    assert!(told.contains("left behind: pod/windlass-data-uploads"), "{told}");
    assert!(told.contains("statefulset/app=2 statefulset/web=2"), "{told}");
    assert!(world.root.join("claims/uploads/old").exists());
    world.succeeds("into-cluster --replace uploads");
    assert!(!world.root.join("claims/uploads/old").exists());
}

#[test]
fn a_damaged_archive_and_a_lost_file_are_told() {
    let world = World::new("data-damage", SHOP);
    fill(&world.root.join("docker/shop_uploads"));
    world.succeeds("from-docker uploads");
    let archive = world.root.join("data/uploads.tar.gz");
    let good = fs::read(&archive).expect("written");
    fs::write(&archive, &good[..good.len() - 1]).expect("writable");
    assert!(world.fails("into-cluster uploads").contains("is not what was archived"));
    fs::write(&archive, good).expect("writable");
    // The list says that there was one file more, as if it had been lost on the way.
    let list = world.root.join("data/uploads.list");
    let text = fs::read_to_string(&list).expect("written");
    fs::write(&list, format!("{text}-rw-r--r-- 0:0 1 0 ./more\n")).expect("writable");
    let sums = Command::new("sh")
        .args(["-c", "sha256sum uploads.tar.gz uploads.list >uploads.sha256"])
        .current_dir(world.root.join("data"))
        .status();
    assert!(sums.expect("sh runs").success());
    assert!(world.fails("into-cluster uploads").contains("uploads is not what was archived"));
}

#[test]
fn a_volume_without_a_name_is_found_by_its_mount() {
    let world = World::new("data-anonymous", SHOP);
    fill(&world.root.join("docker/anonymous"));
    world.succeeds("from-docker old-var-lib-postgresql-data");
    let calls = world.calls();
    assert_eq!(calls[0], "docker compose --project-name shop ps --all --quiet old");
    assert!(calls[1].contains("eq .Destination \"/var/lib/postgresql/data\""), "{calls:#?}");
    world.succeeds("into-cluster old-var-lib-postgresql-data");
    assert_eq!(look(&world.root.join("claims/old-var-lib-postgresql-data/data")), look(&world.root.join("docker/anonymous")));
}

#[test]
fn the_jobs_carry_files_over_and_back_without_a_difference() {
    let root = sandbox::directory("data-jobs");
    let (volume, archives) = (root.join("volume"), root.join("archives"));
    fill(&volume);
    let before = look(&volume);
    fs::create_dir_all(&archives).expect("writable");
    let objects = carriage(SHOP, |carriage| jobs(carriage, None, false));
    let run = |name: &str| {
        let Some(Resource::Job(job)) = objects.get(Kind::Job, name).map(|object| &object.resource) else { panic!("no {name}") };
        let container =
            job.spec.as_ref().and_then(|spec| spec.template.spec.as_ref()).map(|spec| &spec.containers[0]).expect("a container");
        let words = container.command.iter().flatten().map(|word| match word.as_str() {
            "/volume" => volume.display().to_string(),
            "/archives" => archives.display().to_string(),
            word => word.to_owned(),
        });
        let words: Vec<String> = words.collect();
        let output = Command::new(&words[0]).args(&words[1..]).output().expect("it runs");
        assert!(output.status.success(), "{name}: {}", String::from_utf8_lossy(&output.stderr));
    };
    run("archive-uploads");
    fs::remove_dir_all(&volume).expect("writable");
    fs::create_dir(&volume).expect("writable");
    run("restore-uploads");
    assert_eq!(look(&volume), before);
}

#[test]
fn the_jobs_are_accepted_by_the_api_server_and_run_nothing_by_themselves() {
    let Some(cluster) = Cluster::start(&[]).expect("the control plane starts") else { return };
    let objects: Objects = carriage(SHOP, |carriage| jobs(carriage, None, true));
    cluster.create_namespace("shop").expect("a namespace");
    // The baseline standard is what most clusters demand.
    let labelled = r#"{"metadata":{"labels":{"pod-security.kubernetes.io/enforce":"baseline"}}}"#;
    let patch = cluster.client().request("PATCH", "/api/v1/namespaces/shop", Some(("application/merge-patch+json", labelled)));
    assert!(patch.expect("an answer").is_ok());
    for object in &objects {
        let kind = object.kind();
        let collection = cluster.client().collection(kind.api_version(), kind.as_str(), "shop").expect("an answer").expect("a known kind");
        let response = cluster.client().create(&collection, &written(object).to_string()).expect("an answer");
        assert!(response.is_ok(), "{} {}: {}", kind.as_str(), object.name(), response.message());
        if let Resource::Job(job) = &object.resource {
            assert_eq!(job.spec.as_ref().and_then(|spec| spec.suspend), Some(true));
            // A suspended Job makes no pod: whether its pods are admitted is asked apart.
            let mut pod = serde_json::to_value(&job.spec.as_ref().expect("a spec").template).expect("JSON");
            pod["apiVersion"] = "v1".into();
            pod["kind"] = "Pod".into();
            pod["metadata"]["name"] = object.name().into();
            let response = cluster.client().create("/api/v1/namespaces/shop/pods", &pod.to_string()).expect("an answer");
            assert!(response.is_ok(), "{}: {}", object.name(), response.message());
        }
    }
    assert_eq!(objects.of_kind(Kind::Job).count(), 6);
}

/// A real server, what is put into it, what is destroyed, and what shows all of it. The scripts run in an empty directory.
struct Server {
    name: &'static str,
    /// The service as it stands in a compose file.
    service: &'static str,
    /// A program that has to be installed.
    program: &'static str,
    environment: &'static str,
    start: &'static str,
    /// Succeeds once the server answers.
    answers: &'static str,
    fill: &'static str,
    spoil: &'static str,
    show: &'static str,
}

const SERVERS: [Server; 3] = [
    Server {
        name: "redis",
        service: "image: 'redis:7'",
        program: "redis-server",
        environment: "",
        start: "exec redis-server --dir . --save ''",
        answers: "redis-cli ping",
        fill: "redis-cli set a 1; redis-cli rpush list x y z; redis-cli -n 3 hset 'with space' field value; redis-cli set timed x EX 100000; \
               printf '\\000\\377\\r\\n$5' | redis-cli -x set binary",
        spoil: "redis-cli del a; redis-cli set list other; redis-cli set more 1; redis-cli -n 3 flushdb",
        show: "for db in 0 3; do redis-cli -n $db keys '*' | sort | while read -r key; do echo \"$db $key\"; redis-cli -n $db dump \"$key\"; done; done; \
               [ \"$(redis-cli ttl timed)\" -gt 90000 ] && echo timed",
    },
    Server {
        name: "mariadb",
        service: "image: 'mariadb:11.4', environment: { MARIADB_ROOT_PASSWORD: '' }",
        program: "mariadbd",
        // The client's own configuration says where the socket is.
        environment: "mount -t tmpfs none /run && mkdir -m 777 /run/mysqld",
        start: "mariadb-install-db --no-defaults --datadir=$PWD/data --auth-root-authentication-method=normal >/dev/null && \
                exec mariadbd --no-defaults --datadir=$PWD/data --socket=/run/mysqld/mysqld.sock --pid-file=$PWD/pid",
        answers: "mariadb-admin --user=root ping",
        fill: "mariadb --user=root --execute=\"create database shop; create table shop.t (id int primary key, x blob); \
               insert into shop.t values (1, x'00ff27'), (2, null); create user u identified by 'correct-horse'; grant select on shop.* to u; \
               create procedure shop.p() select 1\"",
        spoil: "mariadb --user=root --execute='drop database shop; drop user u'",
        show: "mariadb --user=root --skip-column-names --execute=\"select id, hex(x) from shop.t order by id; show grants for u; select name from mysql.proc where db = 'shop'\"",
    },
    Server {
        name: "postgres",
        service: "image: 'postgres:17', environment: { POSTGRES_USER: shop, POSTGRES_PASSWORD: correct-horse }",
        program: "postgres",
        environment: "export PGHOST=$PWD POSTGRES_USER=shop POSTGRES_PASSWORD=correct-horse",
        start: "bin=$(ls -d /usr/lib/postgresql/*/bin | tail -n 1) && $bin/initdb -D data -U shop >/dev/null && exec $bin/postgres -D data -k $PWD -h ''",
        answers: "pg_isready --quiet",
        fill: "psql -U shop -d postgres -c 'create database stock' -c 'create role reader' && \
               psql -U shop -d stock -c 'create table t (id int primary key, x text)' -c \"insert into t values (1, 'a'), (2, E'DROP ROLE IF EXISTS shop;\\n')\" -c 'grant select on t to reader'",
        spoil: "psql -U shop -d stock -c 'drop table t' -c 'drop role reader'",
        show: "psql -U shop -d stock -Atc 'select * from t order by id' -c '\\dp t' -c \"select rolname from pg_roles where rolname !~ '^pg_' order by 1\"",
    },
];

#[test]
fn a_dump_brings_back_what_a_server_held() {
    if let Some(reason) = sandbox::missing(&["setpriv"]) {
        return println!("skipped: {reason}");
    }
    let mut asked = 0;
    for server in &SERVERS {
        let Server { name, service, program, environment, start, answers, fill, spoil, show } = server;
        let found = Command::new("sh")
            .args(["-c", &format!("PATH=$PATH:/usr/sbin; command -v {program} || ls /usr/lib/postgresql/*/bin/{program}")])
            .output();
        if !found.expect("sh runs").status.success() {
            println!("skipped: {name} needs {program}");
            continue;
        }
        let world = World::new(&format!("data-{name}"), &format!("name: shop\nservices: {{ db: {{ {service} }} }}\n"));
        let temporary = tempfile::tempdir().expect("a temporary directory");
        let (place, root) = (sandbox::quoted(&temporary.path().to_string_lossy()), sandbox::quoted(&world.root.to_string_lossy()));
        let text = format!(
            "ip link set lo up\ncd {place}\nas=\nif [ \"$(id -u)\" = 0 ]; then chown 65534:65534 . && as='setpriv --reuid 65534 --regid 65534 --clear-groups'; fi\n\
             export ROOT={root} ARCHIVES={place} HOME=$PWD PATH={root}/bin:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin\n{environment}\n\
             $as sh -c {} server >log 2>&1 &\nleft=180\nuntil {answers} >/dev/null 2>&1; do left=$((left - 1)); [ $left -gt 0 ] || {{ cat log; exit 1; }}; sleep 0.5; done\n\
             set -e\n{{ {fill}; }} >/dev/null\nshow() {{ {show}; }}\nshow >before\nsh {root}/data.sh dump-docker db\n{{ {spoil}; }} >/dev/null\n\
             if show 2>/dev/null | cmp -s - before; then echo 'nothing was destroyed'; exit 1; fi\nsh {root}/data.sh load-cluster db >/dev/null\nshow | diff before - && [ -s before ]\n",
            sandbox::quoted(start),
        );
        let script = world.root.join("script");
        fs::write(&script, text).expect("writable");
        let output = sandbox::command(&script).output().expect("it runs");
        let told = format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
        assert!(output.status.success(), "{name}: {told}");
        asked += 1;
    }
    println!("{asked} of {} servers were dumped", SERVERS.len());
}
