//! configs, secrets → ConfigMaps and Secrets mounted as files.

use smol_str::SmolStr;
use windlass_compose::model::FileMount;
use windlass_k8s::Kind;
use windlass_source::Spanned;

use super::Sink;
use super::mounts::{Became, Privacy, mount_path, of_object, owned, pod_volume, privacy, read_group};
use crate::content::field;
use crate::decide::{Absent, FileObject, Holds, Plan, ServicePlan, clean_target, find_file_object};
use crate::fates::Place;
use windlass_yaml::Path;

/// Where the attribute's files stand when nobody says otherwise.
struct Attribute {
    name: &'static str,
    directory: &'static str,
    kind: &'static str,
}

pub(super) fn configs(configs: &[Spanned<FileMount>], service: &ServicePlan<'_>, plan: &Plan<'_>, sink: &mut Sink<'_>) {
    let attribute = Attribute { name: "configs", directory: "/", kind: "config" };
    for (index, mount) in configs.iter().enumerate() {
        file(index, mount, &attribute, &plan.configs, service, plan, sink);
    }
}

pub(super) fn secrets(secrets: &[Spanned<FileMount>], service: &ServicePlan<'_>, plan: &Plan<'_>, sink: &mut Sink<'_>) {
    let attribute = Attribute { name: "secrets", directory: "/run/secrets/", kind: "secret" };
    for (index, mount) in secrets.iter().enumerate() {
        file(index, mount, &attribute, &plan.secrets, service, plan, sink);
    }
}

fn file(
    index: usize,
    mount: &FileMount,
    attribute: &Attribute,
    objects: &[FileObject],
    service: &ServicePlan<'_>,
    plan: &Plan<'_>,
    sink: &mut Sink<'_>,
) {
    let FileMount { source, target, uid, gid, mode, extensions: _ } = mount;
    let path = sink.at(&format!("{}[{index}]", attribute.name));
    let Some(object) = find_file_object(objects, source).and_then(|at| objects.get(at)) else {
        sink.fates.lost(path, format!("`{}` is not defined", source.value));
        return;
    };
    let written = target.as_ref().map_or(source.as_str(), |target| target.as_str());
    let target = if written.starts_with('/') { written.to_owned() } else { format!("{}{written}", attribute.directory) };
    let target = clean_target(&target);
    if target.is_empty() {
        sink.fates.lost(path, "a container mounts at an absolute path other than `/`, without `:`");
        return;
    }
    if let Holds::Nothing(Absent::TooLarge | Absent::TooMany) = object.holds {
        sink.fates.refused(path, "it holds more than 1 MiB, the most that an object can have; put it into an image or a volume");
        return;
    }
    let written = mode.as_ref().and_then(|mode| i32::try_from(mode.value.0 & 0o7777).ok());
    let privacy = match object.object.kind {
        Kind::Secret => privacy(&target, object.private_mode, service),
        _ => Privacy::None,
    };
    // The engine mounts the file as it lies.
    let bits = written.or(if let Privacy::Mode(mode) = privacy { Some(mode) } else { None });
    // 0644 is what a volume gives without a word.
    let volume_of = |bits: Option<i32>| of_object(&object.object, None, bits.filter(|bits| *bits != 0o644).map(|bits| bits & 0o777));
    let is_owned = privacy == Privacy::Owned;
    let place = if is_owned {
        match owned(volume_of(None), &object.field, (&target, true), service, plan, sink) {
            Became::Mapped(places, _) => places.into_iter().next(),
            _ => None,
        }
    } else {
        let name = pod_volume(volume_of(bits), attribute.kind, &object.key, service, plan, sink);
        mount_path(&target, name, Some(object.field.to_string()), true, service, sink)
    };
    let Some(place) = place else {
        sink.fates.lost(path, format!("something else is mounted at `{target}` already"));
        return;
    };
    let reference = &object.object;
    match &object.holds {
        Holds::Content(content) => {
            let data = Place::object_at(reference.clone(), Path::root().key(field(reference.kind, content)).key(&object.field));
            sink.fates.mapped(path.clone(), [place, data]);
        }
        Holds::External => {
            let message = format!("{reference} has to be in the cluster, with the key `{}`", object.field);
            sink.fates.approximated(path.clone(), [place], message);
        }
        Holds::Nothing(_) => {
            let message = format!("the pod waits until you make {reference} with the key `{}`", object.field);
            sink.fates.approximated(path.clone(), [place], message);
        }
    }
    for (attribute, id) in [("uid", uid), ("gid", gid)] {
        let Some(id) = id else { continue };
        if is_owned {
            sink.fates.approximated(path.key(attribute), [], "the user who reads it owns it");
        } else if id.as_str() == "0" {
            sink.fates.mapped_with(path.key(attribute), [], "files of a volume belong to root");
        } else {
            sink.fates.approximated(
                path.key(attribute),
                [],
                "files of a volume belong to root, and their group is that of the pod's volumes",
            );
        }
    }
    // Files belong to root: who else shall read one that not everybody may read has to be in its group.
    if bits.is_some_and(|bits| bits & 0o004 == 0) && !is_owned {
        let id = |id: &Option<Spanned<SmolStr>>| id.as_ref().and_then(|id| id.parse::<i64>().ok()).filter(|id| *id > 0);
        read_group(id(gid).or_else(|| id(uid)), service, sink);
    }
    if let (Some(mode), Some(bits)) = (mode, bits) {
        let path = path.key("mode");
        if is_owned {
            sink.fates.mapped_with(path, [], "an init container copies it with a mode of 0400 for the user who reads it");
        } else if bits & 0o7000 != 0 {
            sink.fates.approximated(path, [], "without setuid, setgid and sticky bits");
        } else if mode.value.0 > 0o7777 {
            sink.fates.approximated(path, [], format!("as {bits:04o}"));
        } else {
            sink.fates.mapped_with(path, [], format!("the volume's mode is {bits:04o}"));
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::testing::project;

    #[test]
    fn files_stand_at_their_paths_with_their_modes() {
        let outcome = project(
            "services:
  app:
    image: acme/app
    restart: always
    configs:
      - settings
      - { source: tls, target: certs/site.crt, mode: 0440, uid: '1000', gid: '0' }
      - { source: inline, target: /etc/app/inline.ini }
    secrets:
      - password
      - { source: token, target: api/token, mode: '0400' }
configs:
  settings: { file: ./settings.bin }
  tls: { file: ./tls.crt, name: company-tls }
  inline: { content: \"level=${LEVEL:-info}\" }
secrets:
  password: { file: ./password.txt }
  token: { environment: API_TOKEN }",
        )
        .file("settings.bin", [0xff, 0x00])
        .file("tls.crt", "-----BEGIN CERTIFICATE-----\n")
        .file("password.txt", "hunter2\n")
        .variable("API_TOKEN", "t0ken")
        .convert();
        insta::assert_snapshot!(outcome.pod("Deployment/app", "containers[0].volumeMounts"), @r#"
        - name: config-settings
          mountPath: /settings
          readOnly: true
          subPath: settings
        - name: config-tls
          mountPath: /certs/site.crt
          readOnly: true
          subPath: tls
        - name: config-inline
          mountPath: /etc/app/inline.ini
          readOnly: true
          subPath: inline
        - name: secret-password
          mountPath: /run/secrets/password
          readOnly: true
          subPath: password
        - name: secret-token
          mountPath: /run/secrets/api/token
          readOnly: true
          subPath: token
        "#);
        insta::assert_snapshot!(outcome.pod("Deployment/app", "volumes"), @r#"
        - name: config-inline
          configMap:
            name: inline-zcshc587v5
        - name: config-settings
          configMap:
            name: settings-sx672pzgl7
        - name: config-tls
          configMap:
            name: tls-sphg829wkt
            defaultMode: 288
        - name: secret-password
          secret:
            secretName: password-zjq86tn52q
        - name: secret-token
          secret:
            defaultMode: 256
            secretName: token-qwsktwtq4m
        "#);
        insta::assert_snapshot!(outcome.field("ConfigMap/settings-*", "binaryData"), @"settings: /wA=");
        insta::assert_snapshot!(outcome.field("ConfigMap/inline-*", "data"), @"inline: level=info");
        insta::assert_snapshot!(outcome.yaml("Secret/token-*"), @r#"
        apiVersion: v1
        kind: Secret
        metadata:
          name: token-qwsktwtq4m
          labels:
            app.kubernetes.io/instance: shop
            app.kubernetes.io/managed-by: windlass
            app.kubernetes.io/name: token
            app.kubernetes.io/part-of: shop
        data:
          token: dDBrZW4=
        "#);
        insta::assert_snapshot!(outcome.fates("services.app"), @r#"
        services.app.image: mapped → Deployment/app spec.template.spec.containers[0].image
        services.app.restart: mapped (the pods of a workload are always restarted)
        services.app.configs[0].source: mapped → Deployment/app spec.template.spec.containers[0].volumeMounts[0], ConfigMap/settings-sx672pzgl7 binaryData.settings
        services.app.configs[1].source: mapped → Deployment/app spec.template.spec.containers[0].volumeMounts[1], ConfigMap/tls-sphg829wkt data.tls
        services.app.configs[1].target: mapped → Deployment/app spec.template.spec.containers[0].volumeMounts[1], ConfigMap/tls-sphg829wkt data.tls
        services.app.configs[1].mode: mapped (the volume's mode is 0440)
        services.app.configs[1].uid: approximated (files of a volume belong to root, and their group is that of the pod's volumes)
        services.app.configs[1].gid: mapped (files of a volume belong to root)
        services.app.configs[2].source: mapped → Deployment/app spec.template.spec.containers[0].volumeMounts[2], ConfigMap/inline-zcshc587v5 data.inline
        services.app.configs[2].target: mapped → Deployment/app spec.template.spec.containers[0].volumeMounts[2], ConfigMap/inline-zcshc587v5 data.inline
        services.app.secrets[0].source: mapped → Deployment/app spec.template.spec.containers[0].volumeMounts[3], Secret/password-zjq86tn52q data.password
        services.app.secrets[1].source: mapped → Deployment/app spec.template.spec.containers[0].volumeMounts[4], Secret/token-qwsktwtq4m data.token
        services.app.secrets[1].target: mapped → Deployment/app spec.template.spec.containers[0].volumeMounts[4], Secret/token-qwsktwtq4m data.token
        services.app.secrets[1].mode: mapped (the volume's mode is 0400)
        "#);
        insta::assert_snapshot!(outcome.fates("configs"), @r#"
        configs.settings.file: mapped → ConfigMap/settings-sx672pzgl7 binaryData.settings
        configs.tls.file: mapped → ConfigMap/tls-sphg829wkt data.tls
        configs.tls.name: mapped (ConfigMap/tls-sphg829wkt is called after its key and content)
        configs.inline.content: mapped → ConfigMap/inline-zcshc587v5 data.inline
        "#);
        insta::assert_snapshot!(outcome.fates("secrets"), @r#"
        secrets.password.file: mapped → Secret/password-zjq86tn52q data.password
        secrets.token.environment: mapped → Secret/token-qwsktwtq4m data.token
        "#);
    }

    #[test]
    fn what_has_no_content_is_named_for_whoever_makes_it() {
        let outcome = project(
            "services:
  app:
    image: acme/app
    restart: always
    configs: [large, there]
    secrets: [gone, unset, outside]
configs:
  large: { file: ./large }
  there: { external: true, name: company_config }
secrets:
  gone: { file: ./gone.txt, labels: { a: b }, driver: vault, driver_opts: { c: d }, template_driver: golang }
  unset: { environment: UNSET }
  outside: { file: /etc/shadow }",
        )
        .file("large", vec![b'x'; (1 << 20) + 1])
        .files(|files| files.insert("/etc/shadow", "root:", 0o600))
        .convert();
        assert!(!outcome.names().iter().any(|name| name.starts_with("Secret/") || name.starts_with("ConfigMap/")), "{:?}", outcome.names());
        insta::assert_snapshot!(outcome.pod("Deployment/app", "volumes"), @r#"
        - name: config-there
          configMap:
            name: company-config
        - name: secret-gone
          secret:
            secretName: gone
        - name: secret-outside
          secret:
            secretName: outside
        - name: secret-unset
          secret:
            secretName: unset
        "#);
        insta::assert_snapshot!(outcome.fates("services.app"), @r#"
        services.app.image: mapped → Deployment/app spec.template.spec.containers[0].image
        services.app.restart: mapped (the pods of a workload are always restarted)
        services.app.configs[0].source: refused (it holds more than 1 MiB, the most that an object can have; put it into an image or a volume)
        services.app.configs[1].source: approximated → Deployment/app spec.template.spec.containers[0].volumeMounts[0] (ConfigMap/company-config has to be in the cluster, with the key `company_config`)
        services.app.secrets[0].source: approximated → Deployment/app spec.template.spec.containers[0].volumeMounts[1] (the pod waits until you make Secret/gone with the key `gone`)
        services.app.secrets[1].source: approximated → Deployment/app spec.template.spec.containers[0].volumeMounts[2] (the pod waits until you make Secret/unset with the key `unset`)
        services.app.secrets[2].source: approximated → Deployment/app spec.template.spec.containers[0].volumeMounts[3] (the pod waits until you make Secret/outside with the key `outside`)
        "#);
        insta::assert_snapshot!(outcome.fates("configs"), @r#"
        configs.large.file: refused (it holds more than 1 MiB, the most that a ConfigMap can have; put it into an image (`COPY`), or into a volume)
        configs.there.external: approximated (ConfigMap/company-config has to be in the cluster, with the key `company_config`)
        configs.there.name: approximated (ConfigMap/company-config has to be in the cluster, with the key `company_config`)
        "#);
        insta::assert_snapshot!(outcome.fates("secrets"), @r#"
        secrets.gone.file: lost (`/project/gone.txt` is not there; make it by hand: kubectl create secret generic gone --from-file=gone=/project/gone.txt)
        secrets.gone.labels.a: lost (labels of Docker's objects have no reader in a cluster)
        secrets.gone.driver: lost (no counterpart; an operator such as external-secrets fetches secrets from elsewhere)
        secrets.gone.driver_opts.c: lost (no counterpart)
        secrets.gone.template_driver: lost (nothing fills in templates; write the content as it shall be)
        secrets.unset.environment: lost (the variable `UNSET` is not set; make it by hand: kubectl create secret generic unset --from-literal=unset="$UNSET")
        secrets.outside.file: lost (`/etc/shadow` leads out of the project's directory; make it by hand: kubectl create secret generic outside --from-file=outside=/etc/shadow)
        "#);
        insta::assert_snapshot!(outcome.diagnostics().join("\n"), @r#"
        convert::no-probe: `app` has no probes
        convert::content-too-large: `large` is left out
        convert::content-missing: there is no content for `gone`
        convert::content-missing: there is no content for `outside`
        convert::content-missing: there is no content for `unset`
        "#);
    }

    #[test]
    fn a_config_that_holds_a_key_is_a_secret() {
        let outcome = project(
            "services: { app: { image: a, restart: always, configs: [one, two] } }
configs: { one: { content: 'url: postgres://u:hunter2@db/x' }, two: { file: ./server.key } }",
        )
        .file("server.key", "k")
        .convert();
        let names = outcome.names();
        assert_eq!(names.iter().filter(|name| name.starts_with("Secret/")).count(), 2, "{names:?}");
    }
}
