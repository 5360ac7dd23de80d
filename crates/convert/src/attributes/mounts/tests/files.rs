//! Files and directories of the project.

use windlass_source::MemoryFileSystem;

use super::mounts;
use crate::testing::project;

#[test]
fn files_stand_at_their_exact_paths() {
    let outcome = project(
        "services:
  web:
    image: nginx:1.27
    restart: always
    volumes:
      - ./nginx.conf:/etc/nginx/nginx.conf:ro
      - ./conf.d:/etc/nginx/conf.d:ro
      - ./tls:/etc/nginx/tls:ro
      - ./run.sh:/docker-entrypoint.d/run.sh",
    )
    .file("nginx.conf", "events {}\n")
    .file("conf.d/site.conf", "server {}\n")
    .file("conf.d/snippets/tls.conf", "# tls\n")
    .file("tls/cert.pem", "-----BEGIN CERTIFICATE-----\n")
    .file("tls/cert.key", "-----BEGIN PRIVATE KEY-----\n")
    .files(|files| files.insert("/project/run.sh", "#!/bin/sh\n", 0o755))
    .convert();
    insta::assert_snapshot!(mounts(&outcome, "Deployment/web"), @r#"
    - name: file-etc-nginx-nginx-conf
      mountPath: /etc/nginx/nginx.conf
      readOnly: true
      subPath: nginx.conf
    - name: files-etc-nginx-conf-d
      mountPath: /etc/nginx/conf.d
      readOnly: true
    - name: files-etc-nginx-tls
      mountPath: /etc/nginx/tls
      readOnly: true
    - name: file-docker-entrypoint-d-run-sh
      mountPath: /docker-entrypoint.d/run.sh
      readOnly: true
      subPath: run.sh
    "#);
    insta::assert_snapshot!(outcome.pod("Deployment/web", "volumes"), @r#"
    - name: file-docker-entrypoint-d-run-sh
      configMap:
        name: web-run.sh-j6r94g6sb5
        items:
        - key: run.sh
          mode: 493
          path: run.sh
    - name: file-etc-nginx-nginx-conf
      configMap:
        name: web-nginx.conf-6f9zzmg989
    - name: files-etc-nginx-conf-d
      configMap:
        name: web-conf.d-z6dg564x7q
        items:
        - key: site.conf
          path: site.conf
        - key: snippets-tls.conf
          path: snippets/tls.conf
    - name: files-etc-nginx-tls
      projected:
        sources:
        - configMap:
            name: web-tls-v5n8vz2bvx
            items:
            - key: cert.pem
              path: cert.pem
        - secret:
            name: web-tls-l2gsq6g7g5
            items:
            - key: cert.key
              path: cert.key
    "#);
    insta::assert_snapshot!(outcome.yaml("ConfigMap/web-conf.d-*"), @r#"
    apiVersion: v1
    kind: ConfigMap
    metadata:
      name: web-conf.d-z6dg564x7q
      labels:
        app.kubernetes.io/instance: shop
        app.kubernetes.io/managed-by: windlass
        app.kubernetes.io/name: web
        app.kubernetes.io/part-of: shop
    data:
      site.conf: |
        server {}
      snippets-tls.conf: |
        # tls
    "#);
    insta::assert_snapshot!(outcome.fates("services.web.volumes"), @r#"
    services.web.volumes[0].source: mapped → Deployment/web spec.template.spec.containers[0].volumeMounts[0]
    services.web.volumes[0].target: mapped → Deployment/web spec.template.spec.containers[0].volumeMounts[0]
    services.web.volumes[0].read_only: mapped → Deployment/web spec.template.spec.containers[0].volumeMounts[0]
    services.web.volumes[1].source: mapped → Deployment/web spec.template.spec.containers[0].volumeMounts[1]
    services.web.volumes[1].target: mapped → Deployment/web spec.template.spec.containers[0].volumeMounts[1]
    services.web.volumes[1].read_only: mapped → Deployment/web spec.template.spec.containers[0].volumeMounts[1]
    services.web.volumes[2].source: mapped → Deployment/web spec.template.spec.containers[0].volumeMounts[2]
    services.web.volumes[2].target: mapped → Deployment/web spec.template.spec.containers[0].volumeMounts[2]
    services.web.volumes[2].read_only: mapped → Deployment/web spec.template.spec.containers[0].volumeMounts[2]
    services.web.volumes[3].source: approximated → Deployment/web spec.template.spec.containers[0].volumeMounts[3] (the container can't change the file; `:ro` says that it need not)
    services.web.volumes[3].target: mapped → Deployment/web spec.template.spec.containers[0].volumeMounts[3]
    "#);
}

#[test]
fn a_change_of_a_file_changes_the_name_of_its_object() {
    let name = |content: &str| {
        let text = "services: { web: { image: a, volumes: ['./a.conf:/a.conf:ro'] } }";
        project(text).file("a.conf", content).convert().names().into_iter().find(|name| name.starts_with("ConfigMap/"))
    };
    assert_eq!(name("1"), name("1"));
    assert_ne!(name("1"), name("2"));
}

#[test]
fn what_is_too_large_is_left_out_with_what_to_do() {
    let outcome = project(
        "services:
  web:
    image: nginx:1.27
    restart: always
    volumes: ['./site:/usr/share/nginx/html:ro', './big.bin:/big.bin:ro', './data:/data', './none.conf:/none.conf', '../up.conf:/up.conf', './link.conf:/link.conf:ro']",
    )
    .file("site/index.html", vec![b'x'; (1 << 20) + 1])
    .file("big.bin", vec![0; (1 << 20) + 1])
    .file("data/big.bin", vec![0; (1 << 20) + 1])
    .files(|files: &mut MemoryFileSystem| {
        files.insert("/up.conf", "", 0o644);
        files.insert("/etc/passwd", "root", 0o644);
        files.insert_link("/project/link.conf", "/etc/passwd");
    })
    .convert();
    insta::assert_snapshot!(outcome.fates("services.web.volumes"), @r#"
    services.web.volumes[0].source: lost (`/project/site` holds more than 1 MiB: put it into an image (`COPY`), or into a named volume that `windlass data` fills)
    services.web.volumes[0].target: lost (`/project/site` holds more than 1 MiB: put it into an image (`COPY`), or into a named volume that `windlass data` fills)
    services.web.volumes[0].read_only: lost (`/project/site` holds more than 1 MiB: put it into an image (`COPY`), or into a named volume that `windlass data` fills)
    services.web.volumes[1].source: lost (`/project/big.bin` holds more than 1 MiB: put it into an image (`COPY`), or into a named volume that `windlass data` fills)
    services.web.volumes[1].target: lost (`/project/big.bin` holds more than 1 MiB: put it into an image (`COPY`), or into a named volume that `windlass data` fills)
    services.web.volumes[1].read_only: lost (`/project/big.bin` holds more than 1 MiB: put it into an image (`COPY`), or into a named volume that `windlass data` fills)
    services.web.volumes[2].source: approximated → Deployment/web spec.template.spec.containers[0].volumeMounts[0], PersistentVolumeClaim/data (the claim `data`, which starts empty, since the directory holds more than an object can; `windlass data` carries it over)
    services.web.volumes[2].target: mapped → Deployment/web spec.template.spec.containers[0].volumeMounts[0], PersistentVolumeClaim/data
    services.web.volumes[3].source: lost (`/project/none.conf` is not there: create the file, or leave the mount out)
    services.web.volumes[3].target: lost (`/project/none.conf` is not there: create the file, or leave the mount out)
    services.web.volumes[4].source: refused (`/up.conf` leads out of the project's directory: keep it in the project, or embed it with `--allow-outside /`)
    services.web.volumes[4].target: refused (`/up.conf` leads out of the project's directory: keep it in the project, or embed it with `--allow-outside /`)
    services.web.volumes[5].source: refused (`/project/link.conf` leads out of the project's directory: keep it in the project, or embed it with `--allow-outside /etc`)
    services.web.volumes[5].target: refused (`/project/link.conf` leads out of the project's directory: keep it in the project, or embed it with `--allow-outside /etc`)
    services.web.volumes[5].read_only: refused (`/project/link.conf` leads out of the project's directory: keep it in the project, or embed it with `--allow-outside /etc`)
    "#);
    insta::assert_snapshot!(outcome.diagnostics().join("\n"), @r#"
    convert::mount-left-out: nothing is mounted at `/usr/share/nginx/html`
    convert::mount-left-out: nothing is mounted at `/big.bin`
    convert::mount-left-out: nothing is mounted at `/none.conf`
    convert::mount-left-out: nothing is mounted at `/up.conf`
    convert::mount-left-out: nothing is mounted at `/link.conf`
    "#);
    assert!(!outcome.names().iter().any(|name| name.starts_with("ConfigMap/")));
}

#[test]
fn what_is_mounted_below_embedded_files_finds_its_place() {
    let outcome = project(
        "services:
  web:
    image: nginx:1.27
    restart: always
    tmpfs: [/etc/nginx/cache]
    volumes: ['./conf:/etc/nginx:ro', './extra.conf:/etc/nginx/conf.d/extra.conf:ro', './mime.types:/etc/nginx/mime.types:ro']",
    )
    .file("conf/nginx.conf", "events {}")
    .file("conf/mime.types", "")
    .file("extra.conf", "")
    .file("mime.types", "types {}")
    .convert();
    let items = outcome.pod("Deployment/web", "volumes[2]");
    assert!(items.contains("path: conf.d/extra.conf") && items.contains("path: cache/.keep"), "{items}");
    assert_eq!(items.matches("path: mime.types").count(), 1, "{items}");
}

#[test]
fn mounted_files_that_speak_of_docker_are_found() {
    let outcome = project(
        "services:
  my_app: { image: acme/app, expose: ['9000'] }
  web: { image: nginx:1.27, volumes: ['./conf:/etc/nginx/conf.d:ro'], configs: [proxy] }
configs: { proxy: { content: 'proxy_pass http://host.docker.internal:3000;' } }",
    )
    .file(
        "conf/site.conf",
        "# my_app:9000\nresolver 127.0.0.11;\nfastcgi_pass my_app:9000;\nupstream a { server my_app; }\nroot /my_app;\n",
    )
    .convert();
    let found: Vec<_> = outcome.diagnostics().into_iter().filter(|finding| finding.starts_with("convert::docker-address")).collect();
    insta::assert_snapshot!(found.join("\n"), @r#"
    convert::docker-address: `conf/site.conf`, line 2: `127.0.0.11` is Docker's DNS server
    convert::docker-address: `conf/site.conf`, line 3: `my_app` is called `my-app` in the cluster
    convert::docker-address: `conf/site.conf`, line 4: `my_app` is called `my-app` in the cluster
    convert::docker-address: `proxy`, line 1: `host.docker.internal` is the machine that runs Docker
    "#);
}

#[test]
fn a_container_name_that_a_mounted_file_calls_has_a_service() {
    let text = "services:
  app: { image: acme/app, container_name: shop-app, expose: ['9000'] }
  web: { image: nginx:1.27, volumes: ['./site.conf:/etc/nginx/conf.d/site.conf:ro'] }";
    let with = |content: &str| project(text).file("site.conf", content).convert().names().contains(&"Service/shop-app".to_owned());
    assert!(with("fastcgi_pass shop-app:9000;"));
    assert!(!with("fastcgi_pass app:9000;"));
}

#[test]
fn what_copies_is_restricted_like_what_it_copies_for() {
    let restricted = |service: &str| {
        let outcome = project(&format!("services: {{ web: {{ {service} }} }}\nvolumes: {{ data: {{}} }}"))
            .file("uploads/a", "1")
            .options(|options| options.security = crate::options::Security::Restricted)
            .convert();
        let workload = outcome.names().into_iter().find(|name| name.ends_with("/web") && !name.starts_with("Service/")).unwrap();
        let field = |field: &str| outcome.pod(&workload, &format!("initContainers[0].securityContext.{field}")).trim_end().to_owned();
        let fields = ["runAsNonRoot", "capabilities.drop[0]", "allowPrivilegeEscalation", "seccompProfile.type"].map(field);
        assert_eq!(fields, ["true", "ALL", "false", "RuntimeDefault"], "{service}");
        field("runAsUser")
    };
    assert_eq!(restricted("image: 'nginx:1.27', volumes: ['data:/usr/share/nginx/html']"), "65534");
    assert_eq!(restricted("image: 'acme/web:1', volumes: ['./uploads:/srv/uploads']"), "65534");
    assert_eq!(restricted("image: 'acme/web:1', user: '1000', volumes: ['./uploads:/srv/uploads']"), "1000");
}

#[test]
fn a_file_whose_name_is_no_key_is_mounted_by_its_name() {
    let outcome = project("services: { web: { image: acme/web, restart: always, volumes: ['./my conf/app cfg.ini:/etc/app.ini:ro'] } }")
        .file("my conf/app cfg.ini", "a = b")
        .convert();
    insta::assert_snapshot!(outcome.pod("Deployment/web", "volumes[0].configMap.items"), @"
    - key: app-cfg.ini
      path: app cfg.ini
    ");
    assert_eq!(outcome.pod("Deployment/web", "containers[0].volumeMounts[0].subPath"), "app cfg.ini\n");
}

/// The mounts and init containers of a web server with these mounts and this command.
fn web(more: &str) -> (String, String) {
    let outcome = project(&format!("services:\n  web: {{ image: 'nginx:1.27', restart: always, {more} }}"))
        .file("conf.d/site.conf.template", "server {}\n")
        .file("start.sh", "#!/bin/sh\nsed -i 's/a/b/' /etc/nginx/conf.d/site.conf\nexec nginx -g 'daemon off;'\n")
        .convert();
    (mounts(&outcome, "Deployment/web"), outcome.pod("Deployment/web", "initContainers"))
}

#[test]
fn files_that_the_command_changes_are_in_a_directory_of_the_pod() {
    let (mounts, init) =
        web("volumes: ['./conf.d:/etc/nginx/conf.d'], command: [sh, -c, 'envsubst < /etc/nginx/conf.d/site.conf.template > \
         /etc/nginx/conf.d/site.conf && nginx -g \"daemon off;\"']");
    insta::assert_snapshot!(mounts, @r#"
    - name: written-etc-nginx-conf-d
      mountPath: /etc/nginx/conf.d
    "#);
    insta::assert_snapshot!(init, @r#"
    - name: fill-written-etc-nginx-conf-d
      image: busybox:1.37
      command:
      - sh
      - -c
      - |
        set -e
        cp -RL /windlass/files/..data/. /windlass/volume
        find /windlass/volume -mindepth 1 -exec chmod a+rwX {} +
      resources:
        limits:
          cpu: 500m
          memory: 128Mi
        requests:
          cpu: 10m
          memory: 32Mi
      securityContext:
        allowPrivilegeEscalation: false
        runAsGroup: 0
        runAsUser: 0
        seccompProfile:
          type: RuntimeDefault
      volumeMounts:
      - name: written-etc-nginx-conf-d
        mountPath: /windlass/volume
      - name: fill-etc-nginx-conf-d
        mountPath: /windlass/files
        readOnly: true
    "#);
}

#[test]
fn whatever_writes_into_mounted_files_gets_files_to_write() {
    let is_written = |more: &str| !web(more).1.starts_with("null");
    let conf = "volumes: ['./conf.d:/etc/nginx/conf.d']";
    for command in [
        "echo a >> /etc/nginx/conf.d/a.conf; nginx",
        "echo a | tee \"/etc/nginx/conf.d/a.conf\" && nginx",
        "sed -i s/a/b/ /etc/nginx/conf.d/site.conf && nginx",
        "cp /a.conf /etc/nginx/conf.d/ && nginx",
        "mv /a.conf /etc/nginx/conf.d/a.conf && nginx",
        "rm -f /etc/nginx/conf.d/default.conf; nginx",
    ] {
        assert!(is_written(&format!("{conf}, command: [sh, -c, '{command}']")), "{command}");
    }
    for command in [
        "cp /etc/nginx/conf.d/a.conf /tmp/a.conf && nginx",
        "envsubst < /etc/nginx/conf.d/site.conf.template > /etc/nginx/conf.d2/site.conf && nginx",
        "sed s/a/b/ /etc/nginx/conf.d/site.conf > /tmp/a && nginx",
    ] {
        assert!(!is_written(&format!("{conf}, command: [sh, -c, '{command}']")), "{command}");
    }
    assert!(!is_written(conf));
    assert!(!is_written("volumes: ['./conf.d:/etc/nginx/conf.d:ro'], command: [sh, -c, 'rm /etc/nginx/conf.d/a; nginx']"));
    let start = "volumes: ['./conf.d:/etc/nginx/conf.d', './start.sh:/start.sh:ro']";
    assert!(is_written(&format!("{start}, entrypoint: [sh, /start.sh]")));
    assert!(is_written(&format!("{start}, entrypoint: [sh, -c, 'cp /start.sh /run.sh && chmod +x /run.sh && /run.sh']")));
    assert!(is_written("volumes: ['./conf.d:/etc/nginx/conf.d', './start.sh:/docker-entrypoint.d/a.sh:ro']"));
    assert!(!is_written(start));
    assert!(is_written("volumes: ['./start.sh:/start.sh'], entrypoint: [sh, -c, 'chmod +x /start.sh && /start.sh']"));
}

/// The first mount of the service `it`, which mounts `./db`, where it mounts files; what else there is says the report.
fn of_task(service: &str) -> String {
    let outcome = project(&format!("services:\n  it: {{ {service} }}"))
        .file("db/001.sql", "create table a ();\n")
        .file("backup/.keep", "")
        .file("scripts/run.sh", "#!/bin/sh\npg_restore /scripts/a && date > /scripts/done\n")
        .convert();
    let fates = outcome.fates("services.it.volumes[0].source");
    let became =
        ["can't change the files", "empty directory", "filled once", "starts empty"].into_iter().find(|words| fates.contains(words));
    became.map_or(fates.clone(), str::to_owned)
}

#[test]
fn a_script_changes_its_files_whatever_words_follow_it() {
    for rest in ["'--'", "mongod, --keyFile, /data/replica.key"] {
        let outcome = project(&format!(
            "services: {{ it: {{ image: 'acme/mongo:7', entrypoint: [bash, -c, \"chmod 400 /data/replica.key\\nexec docker-entrypoint.sh $$@\"], \
             command: [{rest}], volumes: ['./keyfile:/data/replica.key'] }} }}"
        ))
        .file("keyfile", "c29tZQ==")
        .convert();
        let mounts = outcome.pod("Deployment/it", "containers[0].volumeMounts");
        assert!(mounts.contains("name: written-data-replica-key") && !mounts.contains("readOnly"), "{mounts}");
        assert!(!outcome.names().iter().any(|name| name.starts_with("ConfigMap/")), "{:?}", outcome.names());
    }
}

#[test]
fn what_a_task_reads_is_embedded_so_that_the_next_run_has_its_changes() {
    let embedded = "can't change the files";
    assert_eq!(
        of_task(
            "image: 'migrate/migrate:v4.18.1', command: ['-path=/migrations', -database, 'postgres://db/app', up], volumes: ['./db:/migrations']"
        ),
        embedded
    );
    assert_eq!(of_task("image: 'flyway/flyway:11', restart: always, command: migrate, volumes: ['./db:/opt/sql']"), embedded);
    assert_eq!(of_task("image: 'postgres:17', command: [psql, -h, db, -f, /sql/001.sql], volumes: ['./db:/sql']"), embedded);
    assert_eq!(of_task("image: 'acme/app:1', restart: 'no', volumes: ['./db:/seed']"), embedded);
    assert_eq!(of_task("image: 'amacneil/dbmate:2', command: up, volumes: ['./db:/db/migrations']"), embedded);
}

#[test]
fn what_a_task_writes_stays_a_claim() {
    let claim = "filled once";
    for service in [
        "image: 'acme/app:1', restart: always, volumes: ['./db:/seed']",
        "image: 'postgres:17', restart: 'no', command: [sh, -c, 'pg_dump -h db > /sql/all.sql; exit'], volumes: ['./db:/sql']",
        "image: 'postgres:17', command: [sh, -c, 'psql -h db -c x > /sql/all.csv; exit'], volumes: ['./db:/sql']",
        "image: 'acme/app:1', restart: 'no', volumes: ['./db:/output']",
        "image: 'acme/app:1', restart: 'no', command: [load, --output=/x/a], volumes: ['./db:/x']",
        "image: 'acme/app:1', restart: 'no', command: [sh, /scripts/run.sh], volumes: ['./scripts:/scripts']",
    ] {
        assert_eq!(of_task(service), claim, "{service}");
    }
    assert_eq!(of_task("image: 'acme/app:1', restart: 'no', volumes: ['./none:/in']"), "starts empty");
    // It writes the schema beside the migrations.
    assert_eq!(of_task("image: 'amacneil/dbmate:2', command: up, volumes: ['./db:/db']"), "empty directory");
}

#[test]
fn what_a_task_makes_for_others_stays_a_claim() {
    let outcome = project(
        "services:
  make: { image: 'acme/app:1', restart: 'no', volumes: ['./db:/site'] }
  web: { image: 'acme/web:1', restart: always, volumes: ['./db:/site:ro'] }",
    )
    .file("db/a", "1")
    .convert();
    assert!(outcome.names().contains(&"PersistentVolumeClaim/db".to_owned()), "{:?}", outcome.names());
}
