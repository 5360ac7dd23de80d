//! What belongs to the machine, to another image or to a build.

use super::mounts;
use crate::options::{HostPaths, Security};
use crate::testing::project;

#[test]
fn source_trees_are_left_to_the_image_that_contains_them() {
    let outcome = project(
        "services:
  app: { build: ., image: acme/app, restart: always, volumes: ['.:/var/www/html', /var/www/html/vendor, './storage:/var/www/html/storage'] }
  web: { image: nginx:1.27, restart: always, volumes: ['.:/var/www/html:ro'] }
  worker: { image: acme/app, restart: always, volumes: ['./app:/code'] }",
    )
    .file("Dockerfile", "FROM php:8.4-fpm\nWORKDIR /var/www/html\nCOPY app ./app\nCOPY public/ ./public/\n")
    .file("app/a.php", "<?php")
    .file("composer.json", "{}")
    .file("storage/.gitkeep", "")
    .convert();
    assert!(!mounts(&outcome, "Deployment/app").contains("vendor"));
    insta::assert_snapshot!(mounts(&outcome, "Deployment/web"), @r#"
    - name: files-var-www-html
      mountPath: /var/www/html
      readOnly: true
    "#);
    insta::assert_snapshot!(outcome.pod("Deployment/web", "initContainers"), @"
    - name: copy-files-var-www-html
      image: acme/app
      command:
      - cp
      - -R
      - /var/www/html/.
      - /windlass/volume
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
      - name: files-var-www-html
        mountPath: /windlass/volume
    ");
    insta::assert_snapshot!(outcome.fates("services"), @r#"
    services.app.build.context: approximated → Deployment/app spec.template.spec.containers[0].image (a cluster does not build: build and push `acme/app` before applying)
    services.app.image: mapped → Deployment/app spec.template.spec.containers[0].image
    services.app.restart: mapped (the pods of a workload are always restarted)
    services.app.volumes[0].source: mapped (the image contains these files; a new version of them is a new version of the image)
    services.app.volumes[0].target: mapped (the image contains these files; a new version of them is a new version of the image)
    services.app.volumes[1].target: approximated (nothing is mounted, so the image's own files are there, as long as the container lives; give the volume a name to keep it)
    services.app.volumes[2].source: approximated → Deployment/app spec.template.spec.containers[0].volumeMounts[0], PersistentVolumeClaim/storage (the claim `storage`, which starts empty)
    services.app.volumes[2].target: mapped → Deployment/app spec.template.spec.containers[0].volumeMounts[0], PersistentVolumeClaim/storage
    services.web.image: mapped → Deployment/web spec.template.spec.containers[0].image
    services.web.restart: mapped (the pods of a workload are always restarted)
    services.web.volumes[0].source: approximated → Deployment/web spec.template.spec.containers[0].volumeMounts[0], Deployment/web spec.template.spec.initContainers[0].command (the image of `app` contains these files; an init container copies them from its `/var/www/html` when the pod starts, for which it needs `cp`)
    services.web.volumes[0].target: mapped → Deployment/web spec.template.spec.containers[0].volumeMounts[0], Deployment/web spec.template.spec.initContainers[0].command
    services.web.volumes[0].read_only: mapped → Deployment/web spec.template.spec.containers[0].volumeMounts[0], Deployment/web spec.template.spec.initContainers[0].command
    services.worker.image: mapped → Deployment/worker spec.template.spec.containers[0].image
    services.worker.restart: mapped (the pods of a workload are always restarted)
    services.worker.volumes[0].source: approximated → Deployment/worker spec.template.spec.containers[0].volumeMounts[0], Deployment/worker spec.template.spec.initContainers[0].command (the image of `worker` contains these files; an init container copies them from its `/var/www/html/app` when the pod starts, for which it needs `cp`)
    services.worker.volumes[0].target: mapped → Deployment/worker spec.template.spec.containers[0].volumeMounts[0], Deployment/worker spec.template.spec.initContainers[0].command
    "#);
}

#[test]
fn a_device_that_every_container_has_is_not_mounted_and_not_missed() {
    let text = "services: { web: { image: 'metabase/metabase:v0.52', volumes: ['/dev/urandom:/dev/random:ro', '/dev/null:/dev/null', '/dev/zero:/app/x'] } }";
    for allow in [HostPaths::Refuse, HostPaths::Allow] {
        let outcome = project(text).options(|options| options.host_paths = allow).convert();
        let fates = outcome.fates("services.web.volumes");
        for line in [
            "volumes[0].source: approximated (every container has its own `/dev/random`, which waits no more since Linux 5.6; nothing is mounted there)",
            "volumes[1].source: mapped (every container has this device)",
        ] {
            assert!(fates.contains(line), "{fates}");
        }
        assert_eq!(fates.contains("volumes[2].source: refused"), allow == HostPaths::Refuse, "{fates}");
        assert!(!fates.contains("DaemonSet"), "{fates}");
    }
}

#[test]
fn parts_of_the_machine_are_refused_unless_allowed() {
    let text = "services:
  proxy: { image: traefik:v3, restart: always, volumes: ['/var/run/docker.sock:/var/run/docker.sock:ro'] }
  agent: { image: acme/agent, restart: always, volumes: ['/:/host:ro,rslave', '/proc:/host/proc:ro', '/dev/shm:/dev/shm', '/etc/localtime:/etc/localtime:ro'] }";
    let outcome = project(text).convert();
    insta::assert_snapshot!(outcome.fates("services"), @r#"
    services.agent.image: mapped → Deployment/agent spec.template.spec.containers[0].image
    services.agent.restart: mapped (the pods of a workload are always restarted)
    services.agent.volumes[0].source: refused (`/` belongs to the node and the mount is left out: a pod has no part of its node's file system; keep what is needed in the project or in an image; `--host-paths allow` mounts it)
    services.agent.volumes[0].target: refused (`/` belongs to the node and the mount is left out: a pod has no part of its node's file system; keep what is needed in the project or in an image; `--host-paths allow` mounts it)
    services.agent.volumes[0].read_only: refused (`/` belongs to the node and the mount is left out: a pod has no part of its node's file system; keep what is needed in the project or in an image; `--host-paths allow` mounts it)
    services.agent.volumes[0].bind.propagation: refused (`/` belongs to the node and the mount is left out: a pod has no part of its node's file system; keep what is needed in the project or in an image; `--host-paths allow` mounts it)
    services.agent.volumes[1].source: refused (`/proc` belongs to the node and the mount is left out: a pod has no part of its node's file system; keep what is needed in the project or in an image; `--host-paths allow` mounts it)
    services.agent.volumes[1].target: refused (`/proc` belongs to the node and the mount is left out: a pod has no part of its node's file system; keep what is needed in the project or in an image; `--host-paths allow` mounts it)
    services.agent.volumes[1].read_only: refused (`/proc` belongs to the node and the mount is left out: a pod has no part of its node's file system; keep what is needed in the project or in an image; `--host-paths allow` mounts it)
    services.agent.volumes[2].source: approximated → Deployment/agent spec.template.spec.containers[0].volumeMounts[0] (memory of the pod alone, not that of the node)
    services.agent.volumes[2].target: mapped → Deployment/agent spec.template.spec.containers[0].volumeMounts[0]
    services.agent.volumes[3].source: approximated → Deployment/agent spec.template.spec.containers[0].env[0] (as the variable `TZ`; a pod has no clock settings of its node)
    services.agent.volumes[3].target: mapped → Deployment/agent spec.template.spec.containers[0].env[0]
    services.agent.volumes[3].read_only: mapped → Deployment/agent spec.template.spec.containers[0].env[0]
    services.proxy.image: mapped → Deployment/proxy spec.template.spec.containers[0].image
    services.proxy.restart: mapped (the pods of a workload are always restarted)
    services.proxy.volumes[0].source: refused (`/var/run/docker.sock` belongs to the node and the mount is left out: an ingress controller finds services by Ingress objects: `--expose`; `--host-paths allow` mounts it)
    services.proxy.volumes[0].target: refused (`/var/run/docker.sock` belongs to the node and the mount is left out: an ingress controller finds services by Ingress objects: `--expose`; `--host-paths allow` mounts it)
    services.proxy.volumes[0].read_only: refused (`/var/run/docker.sock` belongs to the node and the mount is left out: an ingress controller finds services by Ingress objects: `--expose`; `--host-paths allow` mounts it)
    "#);
    let outcome = project(text).options(|options| options.host_paths = HostPaths::Allow).convert();
    insta::assert_snapshot!(outcome.pod("Deployment/agent", "volumes"), @r#"
    - name: host-host
      hostPath:
        path: /
    - name: host-host-proc
      hostPath:
        path: /proc
    - name: memory-dev-shm
      emptyDir:
        medium: Memory
    "#);
    assert!(outcome.pod("Deployment/proxy", "volumes").contains("type: Socket"));
}

#[test]
fn images_can_be_mounted_and_pipes_can_not() {
    let outcome = project(
        "services:
  app:
    image: acme/app
    restart: always
    volumes:
      - { type: image, source: 'acme/assets:2', target: /assets, image: { subpath: dist } }
      - { type: npipe, source: 'x', target: /pipe }
      - { type: cluster, source: c, target: /cluster }",
    )
    .convert();
    insta::assert_snapshot!(outcome.pod("Deployment/app", "volumes"), @r#"
    - name: image-assets
      image:
        reference: acme/assets:2
    "#);
    insta::assert_snapshot!(outcome.fates("services.app.volumes"), @r#"
    services.app.volumes[0].type: mapped → Deployment/app spec.template.spec.containers[0].volumeMounts[0]
    services.app.volumes[0].source: mapped → Deployment/app spec.template.spec.containers[0].volumeMounts[0]
    services.app.volumes[0].target: mapped → Deployment/app spec.template.spec.containers[0].volumeMounts[0]
    services.app.volumes[0].image.subpath: mapped → Deployment/app spec.template.spec.containers[0].volumeMounts[0]
    services.app.volumes[1].type: lost (named pipes of Windows have no counterpart)
    services.app.volumes[1].source: lost (named pipes of Windows have no counterpart)
    services.app.volumes[1].target: lost (named pipes of Windows have no counterpart)
    services.app.volumes[2].type: lost (volumes of a Swarm have no counterpart; use a named volume with a storage class)
    services.app.volumes[2].source: lost (volumes of a Swarm have no counterpart; use a named volume with a storage class)
    services.app.volumes[2].target: lost (volumes of a Swarm have no counterpart; use a named volume with a storage class)
    "#);
}

#[test]
fn a_build_context_above_the_project_has_the_files_in_its_image() {
    let outcome = project(
        "services:
  app: { build: { context: .., dockerfile: project/Dockerfile }, image: acme/app, restart: always }
  web: { image: nginx:1.27, restart: always, volumes: ['../public:/var/www/html/public:ro', '../data:/data'] }",
    )
    .files(|files| {
        files.insert("/project/Dockerfile", "FROM php:8.4-fpm\nWORKDIR /var/www/html\nCOPY public/ ./public/\nCOPY data ./data", 0o644);
        files.insert("/public/logo.svg", "", 0o644);
        files.insert("/data/x", "", 0o644);
    })
    .convert();
    assert!(outcome.pod("Deployment/web", "initContainers").contains("/var/www/html/public/."), "{}", outcome.fates("services"));
    // What is written is data.
    assert!(outcome.pod("Deployment/web", "volumes").contains("persistentVolumeClaim"));
}

#[test]
fn what_lies_in_the_home_of_root_is_a_users_as_in_any_other_home() {
    let outcome = project(
        "services: { it: { image: app, volumes: ['/root/.cache/models:/a', '/home/bob/models:/b', '/root/.ssh:/c', '/root:/d'] } }",
    )
    .convert();
    insta::assert_snapshot!(outcome.pod("Deployment/it", "containers[0].volumeMounts"), @"
    - name: root--cache-models
      mountPath: /a
    - name: home-bob-models
      mountPath: /b
    ");
}

#[test]
fn a_level_that_forbids_paths_of_the_host_leaves_them_out_though_they_are_allowed() {
    for (level, name) in [(Security::Baseline, "baseline"), (Security::Restricted, "restricted")] {
        let case = project("services: { agent: { image: acme/agent, restart: always, user: '5', volumes: ['/proc:/host/proc:ro'] } }");
        let outcome = case.options(|options| (options.host_paths, options.security) = (HostPaths::Allow, level)).convert();
        assert_eq!(outcome.pod("Deployment/agent", "volumes"), "null\n");
        let reason = format!("refused (`/proc` belongs to the node, and `--security {name}` leaves it out, whatever `--host-paths` says)");
        assert!(outcome.fates("services.agent.volumes[0].source").ends_with(&reason), "{}", outcome.fates("services.agent.volumes"));
    }
}
