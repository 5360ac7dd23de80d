//! Volumes, binds, configs, secrets.

use serde_json::{Value, json};
use windlass_k8s::Kind;

use super::shop::{services, shop};

#[test]
fn a_volume_that_services_share_is_one_claim() {
    let text = "services:\n  a: { image: 'acme/a:1', volumes: ['data:/data'] }\n  b: { image: 'acme/b:1', volumes: ['data:/data:ro'] }\nvolumes: { data: }\n";
    let result = shop(text).convert();
    assert_eq!(result.names(Some(Kind::PersistentVolumeClaim)), ["PersistentVolumeClaim/data"]);
    // A fresh claim that nobody may write is of no use.
    assert_eq!(result.field("PersistentVolumeClaim/data", "spec.accessModes"), json!(["ReadWriteOnce"]));
    assert!(!result.text().contains("100Mi\n  volumeMode"));
}

#[test]
fn a_directory_that_services_share_is_one_claim() {
    let result =
        services("a: { image: 'acme/a:1', volumes: ['./uploads:/up'] }, b: { image: 'acme/b:1', volumes: ['./uploads:/up'] }").convert();
    assert_eq!(result.names(Some(Kind::PersistentVolumeClaim)).len(), 1);
}

#[test]
fn a_claim_has_a_size_that_fits_its_use() {
    let text = "services:\n  db: { image: 'postgres:17', volumes: ['db:/var/lib/postgresql/data'] }\n  app: { image: 'acme/app:1', volumes: ['sized:/data'] }\n\
                volumes: { db: , sized: { driver_opts: { size: 30Gi } } }\n";
    let result = shop(text).convert();
    let size = |claim: &str| result.field(&format!("PersistentVolumeClaim/{claim}"), "spec.resources.requests.storage");
    assert_eq!(size("sized"), json!("30Gi"));
    assert_eq!(size("db"), json!("10Gi"));
}

#[test]
fn what_the_machine_holds_is_not_in_the_output() {
    let text = "a: { image: 'acme/a:1', volumes: ['/etc/passwd:/etc/passwd:ro', '~/.ssh:/root/.ssh:ro', '../secret:/secret:ro', '/:/host:ro', '/var/run/docker.sock:/var/run/docker.sock'] }";
    let result =
        services(text).file("/etc/passwd", "root:x:0:0:the machine's own").file("/srv/secret/key", "the neighbour's own").convert();
    let text = result.text();
    assert!(!text.contains("own") && !text.contains("hostPath") && !text.contains("/srv/"), "{text}");
    assert!(result.fates("services.a.volumes").iter().filter(|fate| fate.starts_with("refused")).count() >= 4);
}

#[test]
fn a_directory_of_files_keeps_its_directories() {
    let result = services("web: { image: 'acme/web:1', volumes: ['./conf:/etc/app:ro'] }");
    let result = result.file("conf/a.conf", "a").file("conf/deep/er/b.conf", "b").convert();
    let volumes = result.pod("Deployment/web", "volumes").to_string();
    assert!(volumes.contains("\"a.conf\"") && volumes.contains("\"deep/er/b.conf\""), "{volumes}");
}

#[test]
fn a_binary_file_is_encoded_once() {
    let bytes = [0x1f, 0x8b, 0x08, 0x00, 0xff, 0xfe];
    let result = services("web: { image: 'acme/web:1', volumes: ['./a.gz:/a.gz:ro'] }").file("a.gz", bytes).convert();
    let data = result.field("ConfigMap/*", "binaryData");
    assert_eq!(data.as_object().and_then(|data| data.values().next()), Some(&json!("H4sIAP/+")));
}

#[test]
fn memory_is_memory() {
    let text = "a: { image: 'acme/a:1', tmpfs: ['/run:size=16m'], shm_size: 64m, volumes: [{ type: tmpfs, target: /cache, tmpfs: { size: 1048576 } }] }";
    let result = services(text).convert();
    assert_eq!(result.names(Some(Kind::PersistentVolumeClaim)), [""; 0]);
    let volumes = result.pod("Deployment/a", "volumes");
    let mut sizes: Vec<String> = volumes
        .as_array()
        .into_iter()
        .flatten()
        .map(|volume| format!("{} {}", volume["emptyDir"]["medium"], volume["emptyDir"]["sizeLimit"]))
        .collect();
    sizes.sort();
    assert_eq!(sizes, ["\"Memory\" \"16Mi\"", "\"Memory\" \"1Mi\"", "\"Memory\" \"64Mi\""]);
}

#[test]
fn a_volume_without_a_name_and_one_without_a_source_are_no_reason_to_stop() {
    let result = services(
        "a: { image: 'acme/a:1', volumes: [/data, { type: volume, target: /other }] }, b: { image: 'acme/b:1', volumes_from: [a] }",
    )
    .convert();
    assert!(result.fates("services.a.volumes").iter().all(|fate| !fate.starts_with("lost")), "{:?}", result.fates("services.a.volumes"));
    assert!(!result.fates("services.b.volumes_from").is_empty());
}

#[test]
fn an_external_volume_is_used_and_not_made() {
    let text =
        "services:\n  a: { image: 'acme/a:1', volumes: ['data:/data'] }\nvolumes: { data: { external: true, name: company-data } }\n";
    let result = shop(text).convert();
    assert_eq!(result.names(Some(Kind::PersistentVolumeClaim)), [""; 0]);
    assert!(result.text().contains("claimName: company-data"));
}

#[test]
fn a_file_that_no_object_can_hold_is_left_out_with_the_way_out() {
    let result =
        services("a: { image: 'acme/a:1', volumes: ['./big.bin:/big.bin:ro'] }").file("big.bin", vec![b'x'; (1 << 20) + 1]).convert();
    assert_eq!(result.names(Some(Kind::ConfigMap)), [""; 0]);
    let fates = result.fates("services.a.volumes");
    assert!(fates.iter().any(|fate| fate.starts_with("lost") || fate.starts_with("refused")), "{fates:?}");
}

#[test]
fn a_secret_is_a_file_at_its_path() {
    let text = "services: { a: { image: 'acme/a:1', secrets: [one, { source: two, target: /etc/two.key, mode: 0400 }] } }\n\
                secrets: { one: { file: one.txt }, two: { file: two.txt } }\n";
    let result = shop(text).file("one.txt", "correct horse battery").file("two.txt", "staple of the battery").convert();
    let mounts = result.container("Deployment/a", "volumeMounts");
    let paths: Vec<(&Value, &Value)> =
        mounts.as_array().into_iter().flatten().map(|mount| (&mount["mountPath"], &mount["subPath"])).collect();
    assert_eq!(paths, [(&json!("/run/secrets/one"), &json!("one")), (&json!("/etc/two.key"), &json!("two"))]);
    let volumes = result.pod("Deployment/a", "volumes").to_string();
    assert!(volumes.contains(&0o400.to_string()), "{volumes}");
}

#[test]
fn an_external_secret_is_named_with_what_it_has_to_hold() {
    let text = "services: { a: { image: 'acme/a:1', secrets: [token] } }\nsecrets: { token: { external: true } }\n";
    let result = shop(text).convert();
    assert_eq!(result.names(Some(Kind::Secret)), [""; 0]);
    assert!(result.pod("Deployment/a", "volumes").to_string().contains("\"secretName\":\"token\""));
    assert_eq!(result.fates("secrets.token.external"), ["approximated: Secret/token has to be in the cluster, with the key `token`"]);
}

#[test]
fn a_config_with_any_name_is_found_by_what_mounts_it() {
    let text = "services: { a: { image: 'acme/a:1', configs: [My_Config.yaml, { source: other_one, target: /etc/x }] } }\n\
                configs: { My_Config.yaml: { content: 'a: 1' }, other_one: { content: 'status: kept\\nand: this\\n' } }\n";
    let result = shop(text).convert();
    // That references resolve is a part of every conversion here; the paths are Compose's.
    let mounts = result.container("Deployment/a", "volumeMounts");
    assert_eq!((&mounts[0]["mountPath"], &mounts[1]["mountPath"]), (&json!("/My_Config.yaml"), &json!("/etc/x")));
}

#[test]
fn configs_and_secrets_are_mounted_whatever_the_kind() {
    let service = |rest: &str| format!("{{ image: 'acme/a:1', command: [run], configs: [c], secrets: [s], {rest} }}");
    let text = format!(
        "services:\n  daemon: {}\n  once: {}\n  nightly: {}\n  plain: {}\nconfigs: {{ c: {{ content: c }} }}\nsecrets: {{ s: {{ file: s.txt }} }}\n",
        service("deploy: { mode: global }"),
        service("restart: 'no'"),
        service("x-windlass: { schedule: '0 3 * * *' }"),
        service("restart: always"),
    );
    let result = shop(&text).file("s.txt", "correct horse battery").convert();
    let workloads: Vec<_> = result.conversion.objects.iter().filter(|object| object.kind().is_workload()).collect();
    let mut kinds: Vec<Kind> = workloads.iter().map(|object| object.kind()).collect();
    kinds.sort();
    assert_eq!(kinds.len(), 4, "{kinds:?}");
    for object in workloads {
        let containers = object.resource.containers();
        assert_eq!(containers[0].volume_mounts.as_ref().map(Vec::len), Some(2), "{}", object.reference());
    }
}

#[test]
fn credentials_are_in_secrets_alone() {
    let result =
        services("db: { image: 'mysql:8.4', environment: { MYSQL_ROOT_PASSWORD: correct-horse-battery, MYSQL_DATABASE: shop } }").convert();
    assert!(!result.text().contains("correct-horse-battery"));
    assert_eq!(result.variable("StatefulSet/db", "MYSQL_DATABASE").as_deref(), Some("shop"));
    assert_eq!(result.names(Some(Kind::Secret)).len(), 1);
}

#[test]
fn a_secret_that_no_service_uses_is_no_reason_to_stop() {
    let text = "services: { a: { image: 'acme/a:1' } }\nsecrets: { unused: { file: ./absent.txt } }\n";
    assert!(shop(text).convert().names(None).contains(&"Deployment/a".to_owned()));
}

#[test]
fn a_change_of_a_file_rolls_the_pods() {
    let name = |content: &str| {
        let result = shop("services: { a: { image: 'acme/a:1', configs: [c] } }\nconfigs: { c: { file: c.conf } }\n")
            .file("c.conf", content)
            .convert();
        result.pod("Deployment/a", "volumes[0].configMap.name")
    };
    assert_ne!(name("one"), name("two"));
    assert_eq!(name("one"), name("one"));
}

#[test]
fn two_mounts_on_one_path_are_one() {
    let text = "services: { a: { image: 'acme/a:1', volumes: ['./a.conf:/etc/a.conf:ro'], configs: [{ source: c, target: /etc/a.conf }] } }\n\
                configs: { c: { content: c } }\n";
    let result = shop(text).file("a.conf", "a").convert();
    let workload = result.conversion.objects.iter().find(|object| object.kind().is_workload()).expect("a workload").reference().to_string();
    let mounts = result.container(&workload, "volumeMounts");
    let mut paths: Vec<String> =
        mounts.as_array().into_iter().flatten().map(|mount| mount["mountPath"].to_string().replace("/\"", "\"")).collect();
    let count = paths.len();
    paths.sort();
    paths.dedup();
    assert_eq!(paths.len(), count, "{mounts}");
}

#[test]
fn pods_that_share_a_claim_run_on_one_node() {
    let text = "services:\n  a: { image: 'acme/a:1', volumes: ['data:/data'] }\n  b: { image: 'acme/b:1', volumes: ['data:/data'] }\nvolumes: { data: }\n";
    let result = shop(text).convert();
    for workload in
        result.conversion.objects.iter().filter(|object| object.kind().is_workload()).map(|object| object.reference().to_string())
    {
        let terms = result.pod(&workload, "affinity.podAffinity.requiredDuringSchedulingIgnoredDuringExecution");
        let wanted = terms[0]["labelSelector"]["matchLabels"].as_object().unwrap_or_else(|| panic!("{workload}: {terms}")).clone();
        // Every sharer carries the label, the first one too, which could not start otherwise.
        let labels = result.field(&workload, "spec.template.metadata.labels");
        assert!(!wanted.is_empty() && wanted.iter().all(|(key, value)| labels[key] == *value), "{workload}");
        assert_eq!(terms[0]["topologyKey"], json!("kubernetes.io/hostname"));
    }
    assert!(result.fates("services.a.volumes").iter().any(|fate| fate.starts_with("approximated") && fate.contains("one node")));
}
