//! Volumes and what is kept of them.

use super::mounts;
use crate::options::{Security, SharedVolumes};
use crate::testing::project;

#[test]
fn a_datastore_has_one_claim_named_after_the_volume() {
    let outcome = project(
        "services: { db: { image: postgres:17, volumes: ['pg_data:/var/lib/postgresql/data'] } }
volumes: { pg_data: { labels: { team: web } } }",
    )
    .convert();
    insta::assert_snapshot!(outcome.yaml("PersistentVolumeClaim/pg-data"), @r#"
    apiVersion: v1
    kind: PersistentVolumeClaim
    metadata:
      name: pg-data
      labels:
        app.kubernetes.io/instance: shop
        app.kubernetes.io/managed-by: windlass
        app.kubernetes.io/part-of: shop
      annotations:
        team: web
    spec:
      accessModes:
      - ReadWriteOnce
      resources:
        requests:
          storage: 10Gi
    "#);
    insta::assert_snapshot!(mounts(&outcome, "StatefulSet/db"), @r#"
    - name: pg-data
      mountPath: /var/lib/postgresql/data
      subPath: data
    "#);
    insta::assert_snapshot!(outcome.pod("StatefulSet/db", "volumes"), @r#"
    - name: pg-data
      persistentVolumeClaim:
        claimName: pg-data
    "#);
    insta::assert_snapshot!(outcome.pod("StatefulSet/db", "securityContext"), @r#"
    fsGroup: 999
    fsGroupChangePolicy: OnRootMismatch
    "#);
    assert_eq!(outcome.field("StatefulSet/db", "spec.volumeClaimTemplates"), "null\n");
    insta::assert_snapshot!(outcome.fates("services.db.volumes"), @r#"
    services.db.volumes[0].source: mapped → StatefulSet/db spec.template.spec.containers[0].volumeMounts[0], PersistentVolumeClaim/pg-data
    services.db.volumes[0].target: mapped → StatefulSet/db spec.template.spec.containers[0].volumeMounts[0], PersistentVolumeClaim/pg-data
    "#);
    insta::assert_snapshot!(outcome.fates("volumes"), @"volumes.pg_data.labels.team: mapped → PersistentVolumeClaim/pg-data metadata.annotations.team");
    assert!(outcome.inferred().contains("--volume-size pg_data=10Gi"), "{}", outcome.inferred());
}

#[test]
fn a_datastore_initialises_wherever_the_project_puts_its_data() {
    for (service, path) in [
        ("image: 'postgres:15', environment: { PGDATA: /var/lib/postgresql/data/pgdata }", "/var/lib/postgresql/data/pgdata"),
        ("image: 'postgres:15', environment: { PGDATA: /data/pg }", "/data/pg"),
        ("image: 'postgres:18', environment: { PGDATA: /data/pg }", "/data/pg"),
        ("image: 'mysql:8', command: --datadir=/data/mysql", "/data/mysql"),
    ] {
        let mounted = |path: &str| {
            let text = format!("services: {{ db: {{ {service}, volumes: ['data:{path}'] }} }}\nvolumes: {{ data: }}");
            let outcome = project(&text).convert();
            let told = outcome.diagnostics().into_iter().find(|line| line.starts_with("convert::data-not-kept"));
            assert_eq!(told, None, "{service}: {path}");
            assert!(outcome.inferred().contains("--volume-size data=10Gi") || path == "/data", "{service}: {path}");
            outcome.pod("StatefulSet/db", "containers[0].volumeMounts[0].subPath")
        };
        assert_eq!(mounted(path), "data\n", "{service}");
        // A directory of the volume holds nothing else.
        if path.starts_with("/data/") {
            assert_eq!(mounted("/data"), "null\n", "{service}");
        }
    }
}

#[test]
fn a_directory_of_a_database_is_bare_whatever_the_image_is() {
    for (image, path) in [
        ("image: 'pgautoupgrade/pgautoupgrade:17-bookworm'", "/var/lib/postgresql/data"),
        ("image: 'zulip/zulip-postgresql:14'", "/var/lib/postgresql/data"),
        ("image: 'acme/store:1'", "/var/lib/postgresql/data"),
        ("image: 'acme/store:1'", "/var/lib/mysql"),
        ("build: .", "/var/lib/postgresql/data"),
    ] {
        let text = format!("services: {{ db: {{ {image}, restart: always, volumes: ['data:{path}'] }} }}\nvolumes: {{ data: }}");
        let outcome = project(&text).file("Dockerfile", "FROM acme/store:2\n").convert();
        let workload = outcome.names().into_iter().find(|name| name.ends_with("Deployment/db") || name.ends_with("Set/db"));
        let sub_path = outcome.pod(&workload.expect("a workload"), "containers[0].volumeMounts[0].subPath");
        assert_eq!(sub_path, "data\n", "{image} {path}");
    }
}

#[test]
fn a_web_server_is_given_the_pages_of_the_application_that_has_them() {
    let outcome = project(
        "services: { app: { image: 'chocobozzz/peertube:v7', volumes: ['assets:/app/client/dist'] }, \
         web: { image: 'chocobozzz/peertube-webserver:v7', volumes: ['assets:/var/www/peertube/peertube-latest/client/dist:ro'] } }\n\
         volumes: { assets: }",
    )
    .convert();
    let copied = outcome.pod("StatefulSet/app", "initContainers");
    assert!(copied.contains("/app/client/dist"), "{copied}");
}

#[test]
fn who_is_not_root_makes_the_directory_of_its_data_itself() {
    let own = |service: &str, level: Security| {
        let text = format!("services: {{ db: {{ {service} }} }}\nvolumes: {{ data: }}");
        project(&text).options(|options| options.security = level).convert().pod("StatefulSet/db", "initContainers")
    };
    let data = "volumes: ['data:/var/lib/postgresql/data']";
    insta::assert_snapshot!(own(&format!("image: 'postgres:17', {data}"), Security::Restricted), @r#"
    - name: own-data
      image: postgres:17
      command:
      - mkdir
      - -p
      - -m
      - "0700"
      - /windlass/volume/data
      resources:
        limits:
          cpu: 500m
          memory: 128Mi
        requests:
          cpu: 10m
          memory: 32Mi
      securityContext:
        allowPrivilegeEscalation: false
        capabilities:
          drop:
          - ALL
        runAsGroup: 999
        runAsNonRoot: true
        runAsUser: 999
        seccompProfile:
          type: RuntimeDefault
      volumeMounts:
      - name: data
        mountPath: /windlass/volume
    "#);
    let plain = own(&format!("image: 'postgres:17', user: '70:70', {data}"), Security::Preserve);
    assert!(plain.contains("runAsUser: 70\n"), "{plain}");
    for other in [
        format!("image: 'postgres:17', {data}"),
        format!("image: 'postgres:17', user: root, {data}"),
        "image: 'postgres:17', user: '70:70', volumes: ['data:/var/lib/postgresql/data:ro']".to_owned(),
        // Its directory is within the volume, where it makes it.
        "image: 'postgres:18', user: '999', volumes: ['data:/var/lib/postgresql']".to_owned(),
    ] {
        assert_eq!(own(&other, Security::Preserve), "null\n", "{other}");
    }
}

#[test]
fn a_claim_belongs_to_the_group_that_its_image_is_known_for() {
    for (image, path, group) in [("odoo:18", "/var/lib/odoo", "101\n"), ("redis/redisinsight:2.66", "/data", "1000\n")] {
        let outcome =
            project(&format!("services: {{ it: {{ image: '{image}', volumes: ['data:{path}'] }} }}\nvolumes: {{ data: }}")).convert();
        let workload = outcome.names().into_iter().find(|name| name.ends_with("Set/it")).expect("a workload");
        assert_eq!(outcome.pod(&workload, "securityContext.fsGroup"), group, "{image}");
    }
}

#[test]
fn a_user_whose_number_nobody_knows_can_write_its_volumes() {
    let group = |dockerfile: &str| {
        let text = "services: { a: { build: ./a, image: r.io/a, volumes: ['media:/data'] } }\nvolumes: { media: }";
        let outcome = project(text).file("a/Dockerfile", dockerfile).convert();
        let workload = outcome.names().into_iter().find(|name| name.ends_with("Set/a") || name.ends_with("Deployment/a"));
        let group = outcome.pod(&workload.expect("a workload"), "securityContext.fsGroup");
        (group, outcome.inferred().contains("the number of the Dockerfile's user is not known"))
    };
    let made = "FROM python:3.12-slim\nRUN useradd -r app && mkdir -p /data && chown app /data\nUSER app\n";
    assert_eq!(group(made), ("65532\n".to_owned(), true));
    // A server of the base image keeps to its own group.
    assert_eq!(group("FROM postgres:17\nUSER postgres\n"), ("999\n".to_owned(), true));
    assert_eq!(group("FROM python:3.12-slim\nRUN useradd -u 1234 app\nUSER app\n"), ("1234\n".to_owned(), false));
    assert_eq!(group("FROM python:3.12-slim\nUSER root\n"), ("null\n".to_owned(), false));
}

#[test]
fn the_claim_for_a_directory_in_the_home_is_called_the_same_on_every_machine() {
    for home in ["/root", "/home/alice"] {
        let case = project(&format!("services: {{ it: {{ image: acme/it:1, volumes: ['{home}/.homeassistant:/config'] }} }}"));
        let names = case.variable("HOME", home).convert().names();
        assert!(names.contains(&"PersistentVolumeClaim/homeassistant".to_owned()), "{names:?}");
    }
}

#[test]
fn the_path_in_the_claim_is_a_property_of_the_volume() {
    // A backup that mounts the volume elsewhere sees the same files.
    let outcome = project(
        "services:
  db: { image: postgres:17, volumes: ['pg:/var/lib/postgresql/data'] }
  backup: { image: acme/backup, volumes: ['pg:/source:ro', { type: volume, source: pg, target: /wal, volume: { subpath: pg_wal } }] }
volumes: { pg: }",
    )
    .convert();
    insta::assert_snapshot!(mounts(&outcome, "StatefulSet/backup"), @r#"
    - name: pg
      mountPath: /source
      readOnly: true
      subPath: data
    - name: pg
      mountPath: /wal
      subPath: data/pg_wal
    "#);
    // Several pods on one claim run on one node.
    insta::assert_snapshot!(outcome.pod("StatefulSet/db", "affinity.podAffinity"), @r#"
    requiredDuringSchedulingIgnoredDuringExecution:
    - labelSelector:
        matchLabels:
          windlass.dev/volume-pg: shared
      topologyKey: kubernetes.io/hostname
    "#);
    assert_eq!(outcome.field("StatefulSet/backup", "spec.template.metadata.labels[\"windlass.dev/volume-pg\"]"), "shared\n");
    insta::assert_snapshot!(outcome.fates("volumes"), @"");
    insta::assert_snapshot!(outcome.fates("services.db.volumes"), @r#"
    services.db.volumes[0].source: approximated → StatefulSet/db spec.template.spec.containers[0].volumeMounts[0], PersistentVolumeClaim/pg (pods that share it run on one node; `--shared-volumes rwx` asks for storage that any node can mount)
    services.db.volumes[0].target: mapped → StatefulSet/db spec.template.spec.containers[0].volumeMounts[0], PersistentVolumeClaim/pg
    "#);
}

#[test]
fn any_node_may_mount_what_is_asked_for_as_such() {
    let text = "services: { a: { image: a, volumes: ['vol:/v'] }, b: { image: b, volumes: ['vol:/v'] } }
volumes: { vol: { driver_opts: { size: 20g } } }";
    let outcome = project(text)
        .options(|options| {
            options.shared_volumes = SharedVolumes::Rwx;
            options.storage_class = Some("nfs".to_owned());
        })
        .convert();
    insta::assert_snapshot!(outcome.field("PersistentVolumeClaim/vol", "spec"), @r#"
    accessModes:
    - ReadWriteMany
    resources:
      requests:
        storage: 20Gi
    storageClassName: nfs
    "#);
    assert_eq!(outcome.pod("StatefulSet/a", "affinity"), "null\n");
    insta::assert_snapshot!(outcome.fates("volumes"), @"volumes.vol.driver_opts.size: mapped → PersistentVolumeClaim/vol spec.resources.requests.storage");
}

#[test]
fn members_of_a_cluster_have_a_claim_each_and_copies_of_a_database_do_not() {
    let outcome = project(
        "services:
  mq: { image: rabbitmq:4, deploy: { replicas: 3 }, volumes: ['mq:/var/lib/rabbitmq'] }
  web: { image: acme/web, deploy: { replicas: 2 }, volumes: ['files:/files'] }
volumes: { mq: , files: }",
    )
    .convert();
    insta::assert_snapshot!(outcome.field("StatefulSet/mq", "spec.volumeClaimTemplates"), @r#"
    - apiVersion: v1
      kind: PersistentVolumeClaim
      metadata:
        name: mq
        labels:
          app.kubernetes.io/instance: shop
          app.kubernetes.io/managed-by: windlass
          app.kubernetes.io/part-of: shop
      spec:
        accessModes:
        - ReadWriteOnce
        resources:
          requests:
            storage: 8Gi
    "#);
    assert_eq!(outcome.pod("StatefulSet/mq", "volumes"), "null\n");
    insta::assert_snapshot!(outcome.fates("volumes.mq"), @"");
    assert!(outcome.names().contains(&"PersistentVolumeClaim/files".to_owned()));
    assert!(!outcome.diagnostics().iter().any(|diagnostic| diagnostic.contains("copies")), "{:?}", outcome.diagnostics());
}

#[test]
fn sizes_come_from_the_flag_then_the_project_then_the_catalogue() {
    let text = |volume: &str| format!("services: {{ db: {{ image: redis:7, volumes: ['vol:/data'] }} }}\nvolumes: {{ vol: {volume} }}");
    let size = |volume: &str| project(&text(volume)).convert().field("PersistentVolumeClaim/vol", "spec.resources.requests.storage");
    assert_eq!(size("{ driver_opts: { size: 3Gi }, x-windlass: { size: 4Gi } }"), "4Gi\n");
    assert_eq!(size("{ driver_opts: { size: 3GB } }"), "3Gi\n");
    // REX-Ray and Portworx mean GiB.
    assert_eq!(size("{ driver: rexray/ebs, driver_opts: { size: 10 } }"), "10Gi\n");
    assert_eq!(size("{ labels: { kompose.volume.size: 7Gi } }"), "7Gi\n");
    assert_eq!(size(""), "2Gi\n");
    let flag = project(&text("{ x-windlass: { size: 4Gi } }")).options(|options| {
        options.volume_sizes.insert("vol".to_owned(), "9Gi".to_owned());
    });
    assert_eq!(flag.convert().field("PersistentVolumeClaim/vol", "spec.resources.requests.storage"), "9Gi\n");
    let outcome = project(&text("{ driver_opts: { size: lots }, x-windlass: { size: some, storage_class: fast, shared: rwx } }")).convert();
    insta::assert_snapshot!(outcome.fates("volumes"), @"
    volumes.vol.driver_opts.size: lost (`lots` is no size such as `10Gi`)
    volumes.vol.x-windlass.size: lost (`some` is no size such as `10Gi`)
    volumes.vol.x-windlass.storage_class: mapped → PersistentVolumeClaim/vol spec.storageClassName
    volumes.vol.x-windlass.shared: mapped → PersistentVolumeClaim/vol spec.accessModes
    ");
}

#[test]
fn drivers_become_what_they_stand_for() {
    let outcome = project(
        "services:
  app:
    image: acme/app
    restart: always
    volumes: ['share:/share', 'cache:/cache', 'bound:/bound:ro', 'there:/there', 'gone:/gone']
volumes:
  share: { driver_opts: { type: nfs, o: 'addr=10.0.0.5,rw,nfsvers=4', device: ':/export' } }
  cache: { driver_opts: { type: tmpfs, device: tmpfs, o: 'size=64m,uid=1000' } }
  bound: { driver: local, driver_opts: { type: none, o: bind, device: /project/conf } }
  there: { external: true, name: company_data }
  gone: { driver: rexray/ebs, driver_opts: { iops: '100' } }",
    )
    .file("conf/app.ini", "x=1")
    .convert();
    insta::assert_snapshot!(outcome.pod("StatefulSet/app", "volumes"), @r#"
    - name: cache
      emptyDir:
        medium: Memory
        sizeLimit: 64Mi
    - name: files-bound
      configMap:
        name: app-bound-lr4stx5227
    - name: gone
      persistentVolumeClaim:
        claimName: gone
    - name: share
      nfs:
        path: /export
        server: 10.0.0.5
    - name: there
      persistentVolumeClaim:
        claimName: company-data
    "#);
    insta::assert_snapshot!(outcome.fates("volumes"), @r#"
    volumes.share.driver_opts.type: mapped (the volume `nfs` of the pods)
    volumes.share.driver_opts.o: approximated (without nfsvers=4: a PersistentVolume has `mountOptions`; make one and use it as `external`)
    volumes.share.driver_opts.device: mapped (the volume `nfs` of the pods)
    volumes.cache.driver_opts.type: mapped (an emptyDir in memory)
    volumes.cache.driver_opts.device: mapped (an emptyDir in memory)
    volumes.cache.driver_opts.o: approximated (without uid=1000)
    volumes.bound.driver: mapped
    volumes.bound.driver_opts.type: mapped (a bind mount; see the services that mount it)
    volumes.bound.driver_opts.o: mapped (a bind mount; see the services that mount it)
    volumes.bound.driver_opts.device: mapped (a bind mount; see the services that mount it)
    volumes.there.external: mapped (the claim `company-data` has to be in the cluster)
    volumes.there.name: mapped (the claim `company-data` has to be there)
    volumes.gone.driver: lost (the driver `rexray/ebs` is Docker's; choose the storage class that reaches the same storage with `--storage-class`)
    volumes.gone.driver_opts.iops: lost (options of Docker's driver have no counterpart; a storage class has its own parameters)
    "#);
}

#[test]
fn new_volumes_get_what_the_image_has() {
    let outcome = project(
        "services:
  web: { image: httpd:2.4, restart: always, volumes: ['site:/usr/local/apache2/htdocs'] }
  app:
    build: .
    volumes: ['modules:/app/node_modules', 'static:/app/static', 'data:/app/data', { type: volume, source: raw, target: /app/public, volume: { nocopy: true } }]
volumes: { site: , modules: , static: , data: , raw: }",
    )
    .file("Dockerfile", "FROM node AS deps\nRUN npm ci\nFROM node\nWORKDIR /app\nCOPY . .\nCOPY --from=deps /app/node_modules node_modules")
    .file("static/a.css", "")
    .file("public/b.css", "")
    .convert();
    insta::assert_snapshot!(outcome.pod("StatefulSet/web", "initContainers"), @r#"
    - name: copy-site
      image: httpd:2.4
      command:
      - sh
      - -c
      - |
        set -e
        cd /windlass/volume
        if [ -z "$$(ls -A "$1/." 2>/dev/null)" ]; then exit 0; fi
        case "$$(ls -A)" in
          '' | lost+found | *.windlass-copying*) ;;
          *) exit 0 ;;
        esac
        touch .windlass-copying
        if [ "$$(id -u)" = 0 ]; then cp -a "$1/." .; else cp -R "$1/." . || true; fi
        rm -f .windlass-copying
      - copy
      - /usr/local/apache2/htdocs
      resources:
        limits:
          cpu: 500m
          memory: 128Mi
        requests:
          cpu: 10m
          memory: 32Mi
      securityContext:
        allowPrivilegeEscalation: false
        seccompProfile:
          type: RuntimeDefault
      volumeMounts:
      - name: site
        mountPath: /windlass/volume
    "#);
    let copies = outcome.pod("StatefulSet/app", "initContainers");
    assert!(copies.contains("copy-modules") && copies.contains("copy-static"), "{copies}");
    assert!(!copies.contains("copy-data") && !copies.contains("copy-raw"), "{copies}");
}

#[test]
fn directories_that_are_written_become_claims_that_services_share() {
    let outcome = project(
        "services:
  app: { image: acme/app, restart: always, user: '1000', volumes: ['./uploads:/srv/uploads', '/srv/media:/media'] }
  web: { image: nginx:1.27, restart: always, volumes: ['./uploads:/usr/share/nginx/html/uploads:ro', './missing:/missing:ro'] }",
    )
    .file("uploads/hello.txt", "hi")
    .convert();
    let claims: Vec<_> = outcome.names().into_iter().filter(|name| name.starts_with("PersistentVolumeClaim/")).collect();
    assert_eq!(claims, ["PersistentVolumeClaim/missing", "PersistentVolumeClaim/srv-media", "PersistentVolumeClaim/uploads"]);
    insta::assert_snapshot!(outcome.pod("Deployment/app", "initContainers"), @"
    - name: fill-uploads
      image: busybox:1.37
      command:
      - sh
      - -c
      - |
        set -e
        cd /windlass/volume
        if [ -e .windlass-copying ] || ! ls -A | grep -qv '^lost+found$'; then
          touch .windlass-copying
          cp -RL /windlass/files/..data/. .
          rm -f .windlass-copying
        fi
      resources:
        limits:
          cpu: 500m
          memory: 128Mi
        requests:
          cpu: 10m
          memory: 32Mi
      securityContext:
        allowPrivilegeEscalation: false
        capabilities:
          drop:
          - ALL
        runAsNonRoot: true
        runAsUser: 1000
        seccompProfile:
          type: RuntimeDefault
      volumeMounts:
      - name: uploads
        mountPath: /windlass/volume
      - name: fill-uploads
        mountPath: /windlass/files
        readOnly: true
    ");
    assert_eq!(outcome.field("Deployment/app", "spec.strategy.type"), "Recreate\n");
    insta::assert_snapshot!(outcome.fates("services"), @r#"
    services.app.image: mapped → Deployment/app spec.template.spec.containers[0].image
    services.app.restart: mapped (the pods of a workload are always restarted)
    services.app.user: mapped → Deployment/app spec.template.spec.containers[0].securityContext.runAsUser
    services.app.volumes[0].source: approximated → Deployment/app spec.template.spec.containers[0].volumeMounts[0], PersistentVolumeClaim/uploads (the claim `uploads`, filled once with what the directory has, of which later changes don't arrive; pods that share it run on one node; `--shared-volumes rwx` asks for storage that any node can mount)
    services.app.volumes[0].target: mapped → Deployment/app spec.template.spec.containers[0].volumeMounts[0], PersistentVolumeClaim/uploads
    services.app.volumes[1].source: approximated → Deployment/app spec.template.spec.containers[0].volumeMounts[1], PersistentVolumeClaim/srv-media (the claim `srv-media`, which starts empty, since `/srv/media` lies outside the project; `windlass data` carries its content over, or `--allow-outside` embeds it)
    services.app.volumes[1].target: mapped → Deployment/app spec.template.spec.containers[0].volumeMounts[1], PersistentVolumeClaim/srv-media
    services.web.image: mapped → Deployment/web spec.template.spec.containers[0].image
    services.web.restart: mapped (the pods of a workload are always restarted)
    services.web.volumes[0].source: approximated → Deployment/web spec.template.spec.containers[0].volumeMounts[0], PersistentVolumeClaim/uploads (the claim `uploads`, filled once with what the directory has, of which later changes don't arrive; pods that share it run on one node; `--shared-volumes rwx` asks for storage that any node can mount)
    services.web.volumes[0].target: mapped → Deployment/web spec.template.spec.containers[0].volumeMounts[0], PersistentVolumeClaim/uploads
    services.web.volumes[0].read_only: mapped → Deployment/web spec.template.spec.containers[0].volumeMounts[0], PersistentVolumeClaim/uploads
    services.web.volumes[1].source: approximated → Deployment/web spec.template.spec.containers[0].volumeMounts[1], PersistentVolumeClaim/missing (the claim `missing`, which starts empty)
    services.web.volumes[1].target: mapped → Deployment/web spec.template.spec.containers[0].volumeMounts[1], PersistentVolumeClaim/missing
    services.web.volumes[1].read_only: mapped → Deployment/web spec.template.spec.containers[0].volumeMounts[1], PersistentVolumeClaim/missing
    "#);
}

#[test]
fn memory_has_its_size_and_what_else_there_is_is_told() {
    let outcome = project(
        "services:
  app:
    image: acme/app
    restart: always
    shm_size: 256m
    tmpfs: ['/run:size=64m,mode=1777', '/tmp:noexec,uid=1000']
    volumes: [{ type: tmpfs, target: /cache, tmpfs: { size: 16mb, mode: 0700 } }]",
    )
    .convert();
    insta::assert_snapshot!(mounts(&outcome, "Deployment/app"), @r#"
    - name: tmp-cache
      mountPath: /cache
    - name: tmp-run
      mountPath: /run
    - name: tmp-tmp
      mountPath: /tmp
    - name: memory-dev-shm
      mountPath: /dev/shm
    "#);
    insta::assert_snapshot!(outcome.pod("Deployment/app", "volumes"), @r#"
    - name: memory-dev-shm
      emptyDir:
        medium: Memory
        sizeLimit: 256Mi
    - name: tmp-cache
      emptyDir:
        medium: Memory
        sizeLimit: 16Mi
    - name: tmp-run
      emptyDir:
        medium: Memory
        sizeLimit: 64Mi
    - name: tmp-tmp
      emptyDir:
        medium: Memory
    "#);
    insta::assert_snapshot!(outcome.fates("services.app"), @r#"
    services.app.image: mapped → Deployment/app spec.template.spec.containers[0].image
    services.app.restart: mapped (the pods of a workload are always restarted)
    services.app.shm_size: mapped → Deployment/app spec.template.spec.containers[0].volumeMounts[3]
    services.app.tmpfs: approximated → Deployment/app spec.template.spec.containers[0].volumeMounts[1], Deployment/app spec.template.spec.containers[0].volumeMounts[2] (`noexec` has no counterpart; `uid=1000` does not apply: every user may write)
    services.app.volumes[0].type: mapped → Deployment/app spec.template.spec.containers[0].volumeMounts[0]
    services.app.volumes[0].target: approximated → Deployment/app spec.template.spec.containers[0].volumeMounts[0] (the mode is 0777, not 0700)
    services.app.volumes[0].tmpfs.size: mapped → Deployment/app spec.template.spec.containers[0].volumeMounts[0]
    services.app.volumes[0].tmpfs.mode: mapped → Deployment/app spec.template.spec.containers[0].volumeMounts[0]
    "#);
}

#[test]
fn volumes_without_a_name_are_kept_where_the_image_keeps_state() {
    let outcome = project(
        "services:
  db: { image: postgres:17, volumes: [/var/lib/postgresql/data] }
  app: { image: acme/app, restart: always, volumes: [/app/node_modules] }
  strict: { image: acme/app, restart: always, read_only: true, volumes: [/var/tmp] }
  copy: { image: acme/copy, restart: always, volumes_from: ['db:ro', 'container:elsewhere'] }",
    )
    .convert();
    insta::assert_snapshot!(outcome.fates("services"), @r#"
    services.app.image: mapped → Deployment/app spec.template.spec.containers[0].image
    services.app.restart: mapped (the pods of a workload are always restarted)
    services.app.volumes[0].target: approximated (nothing is mounted, so the image's own files are there, as long as the container lives; give the volume a name to keep it)
    services.copy.image: mapped → Deployment/copy spec.template.spec.containers[0].image
    services.copy.restart: mapped (the pods of a workload are always restarted)
    services.copy.volumes_from: approximated → Deployment/copy spec.template.spec.containers[0].volumeMounts[0], PersistentVolumeClaim/db-var-lib-postgresql-data (without `container:elsewhere`, which is none of this project)
    services.db.image: mapped → StatefulSet/db spec.template.spec.containers[0].image
    services.db.volumes[0].target: approximated → StatefulSet/db spec.template.spec.containers[0].volumeMounts[0], PersistentVolumeClaim/db-var-lib-postgresql-data (the claim `db-var-lib-postgresql-data`, which outlives the pod; pods that share it run on one node; `--shared-volumes rwx` asks for storage that any node can mount)
    services.strict.image: mapped → Deployment/strict spec.template.spec.containers[0].image
    services.strict.restart: mapped (the pods of a workload are always restarted)
    services.strict.read_only: mapped → Deployment/strict spec.template.spec.containers[0].securityContext.readOnlyRootFilesystem
    services.strict.volumes[0].target: approximated → Deployment/strict spec.template.spec.containers[0].volumeMounts[0] (an empty directory that lives as long as the pod; give the volume a name to keep it)
    "#);
    insta::assert_snapshot!(mounts(&outcome, "Deployment/copy"), @r#"
    - name: db-var-lib-postgresql-data
      mountPath: /var/lib/postgresql/data
      readOnly: true
      subPath: data
    "#);
    insta::assert_snapshot!(mounts(&outcome, "Deployment/strict"), @r#"
    - name: scratch-var-tmp
      mountPath: /var/tmp
    "#);
}

#[test]
fn services_of_one_pod_share_volumes_and_keep_their_own_files() {
    let outcome = project(
        "services:
  vpn: { image: acme/vpn, restart: always, volumes: ['shared:/shared', './vpn.conf:/etc/app.conf:ro'], tmpfs: [/run] }
  app: { image: acme/app, restart: always, network_mode: 'service:vpn', volumes: ['shared:/data', './app.conf:/etc/app.conf:ro'], tmpfs: [/run] }
volumes: { shared: }",
    )
    .file("vpn.conf", "1")
    .file("app.conf", "2")
    .convert();
    let workload = outcome.names().into_iter().find(|name| name.ends_with("Set/vpn") || name == "Deployment/vpn").unwrap();
    let names: Vec<_> =
        outcome.pod(&workload, "volumes").lines().filter_map(|line| line.strip_prefix("- name: ")).map(str::to_owned).collect();
    assert_eq!(names, ["app-file-etc-app-conf", "app-tmp-run", "file-etc-app-conf", "shared", "tmp-run"]);
    // One pod mounts the claim, so nothing ties it to a node.
    assert_eq!(outcome.pod(&workload, "affinity"), "null\n");
}

#[test]
fn a_directory_within_another_is_a_part_of_its_claim() {
    let outcome = project(
        "services:
  loader: { image: acme/loader:1, environment: { PGID: '1000' }, volumes: ['/srv/media/downloads:/downloads', './conf:/config'] }
  player: { image: acme/player:1, volumes: ['/srv/media:/media', '/srv/media2:/more'] }",
    )
    .convert();
    insta::assert_snapshot!(outcome.pod("Deployment/loader", "containers[0].volumeMounts"), @"
    - name: srv-media
      mountPath: /downloads
      subPath: downloads
    - name: conf
      mountPath: /config
    ");
    insta::assert_snapshot!(outcome.pod("Deployment/player", "containers[0].volumeMounts"), @"
    - name: srv-media
      mountPath: /media
    - name: srv-media2
      mountPath: /more
    ");
    assert_eq!(outcome.pod("Deployment/loader", "securityContext.fsGroup"), "1000\n");
    let claims: Vec<String> = outcome.names().into_iter().filter(|name| name.starts_with("PersistentVolumeClaim/")).collect();
    assert_eq!(claims, ["PersistentVolumeClaim/conf", "PersistentVolumeClaim/srv-media", "PersistentVolumeClaim/srv-media2"]);
    assert!(outcome.pod("Deployment/loader", "affinity").contains("volume-srv-media"));
}
