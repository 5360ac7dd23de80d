//! The commands, as a script for `sh` that a person can read and change.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use k8s_openapi::api::core::v1::Pod;
use k8s_openapi::apimachinery::pkg::apis::meta::v1::ObjectMeta;
use windlass_convert::contents::{KeptVolume, Source, Store};
use windlass_images::dump::Dump;
use windlass_k8s::labels::Identity;
use windlass_k8s::{Kind, Object, ObjectRef, write};

use super::carrier::{Mounted, VOLUME, pod};
use super::{CARRY, Carriage};
use crate::shell_word;

/// What the commands are put together of.
const BODY: &str = include_str!("carry.sh");

/// The script.
pub fn script(carriage: &Carriage<'_>) -> String {
    let Carriage { project, namespace, contents, image, .. } = carriage;
    let mut text = header(carriage);
    let names = |names: Vec<&str>| shell_word(&names.join(" "));
    let volumes = names(contents.volumes.iter().map(|volume| volume.name.as_str()).collect());
    let stores = names(contents.stores.iter().map(|store| store.service.as_str()).collect());
    let _ = write!(
        text,
        "set -eu\n\nPROJECT={}\n# The kubeconfig's, where it is empty.\nNAMESPACE={}\n# It needs GNU tar and find.\nIMAGE={}\n\
         # Where archives are kept.\nARCHIVES=${{ARCHIVES:-data}}\nVOLUMES={volumes}\nSTORES={stores}\n",
        shell_word(project),
        shell_word(namespace.unwrap_or_default()),
        shell_word(image),
    );
    let _ = write!(text, "\nCARRY={}\n", shell_word(CARRY));
    let kinds: BTreeSet<Dump> = contents.stores.iter().map(|store| store.dump).collect();
    for kind in kinds {
        let _ = write!(text, "\n{}={}\n", variable(kind), shell_word(kind.script()));
    }
    text.push_str("\n# Where each volume is, in Docker and in the cluster, and who uses it.\nvolume() {\n  case \"$1\" in\n");
    contents.volumes.iter().for_each(|volume| text.push_str(&case_of_volume(volume)));
    text.push_str("  *) fail \"there is no volume $1\" ;;\n  esac\n}\n\n# Which server each datastore is.\nstore() {\n  case \"$1\" in\n");
    contents.stores.iter().for_each(|store| text.push_str(&case_of_store(store)));
    text.push_str("  *) fail \"there is no datastore $1 that can be dumped\" ;;\n  esac\n}\n");
    let _ =
        write!(text, "\n# The claims, as `windlass convert` writes them: they can be filled before anything runs.\n{}", claims(carriage));
    let _ = write!(text, "\n# A pod that has the claim.\npod() {{\n  cat <<END\n{}END\n}}\n\n{BODY}", carrier(carriage));
    text
}

fn header(carriage: &Carriage<'_>) -> String {
    let contents = carriage.contents;
    let mut text = format!(
        "#!/bin/sh\n# Carries what `{}` keeps between Docker and Kubernetes. Written by `windlass data`.\n#\n",
        carriage.project.replace('\n', " ")
    );
    let name = contents.volumes.first().map_or("VOLUME", |volume| &volume.name);
    let store = contents.stores.first().map_or("SERVICE", |store| &store.service);
    let ways = [
        ("from-docker", name, "stop who uses it, and archive the volume below $ARCHIVES"),
        ("into-cluster", name, "restore the archive into its claim; --replace empties the claim first"),
        ("from-cluster", name, "the way back: archive the claim"),
        ("into-docker", name, "and restore it into the volume of Docker"),
        ("dump-docker", store, "dump a running datastore, where the versions differ or it can't be stopped"),
        ("load-cluster", store, "read the dump in, in the place of what is there"),
        ("dump-cluster", store, "the way back"),
        ("load-docker", store, ""),
    ];
    for (verb, name, what) in ways.iter().take(if contents.stores.is_empty() { 4 } else { 8 }) {
        let command = format!("sh data.sh {verb} {name}");
        let _ = writeln!(text, "{}", format!("#   {command:40} {what}").trim_end());
    }
    text.push_str(
        "#\n# Without a name it is all of them. What is restored is compared with a list of what was archived: owners, modes, links, sizes and\n\
         # checksums. In the cluster, workloads that use a claim run no pods meanwhile; in Docker, services stay stopped.\n",
    );
    if contents.volumes.iter().any(|volume| volume.is_of_member) {
        text.push_str(
            "# Of a workload whose members have claims of their own, the first member's is filled; the others get their data from it.\n",
        );
    }
    for (name, reason) in &contents.left {
        let _ = writeln!(text, "# Not carried: `{name}`, since {reason}.");
    }
    text.push('\n');
    text
}

/// The variable with the script of a kind of datastore.
fn variable(dump: Dump) -> String {
    dump.name().to_ascii_uppercase()
}

fn case_of_volume(volume: &KeptVolume) -> String {
    let (source, labelled) = match &volume.source {
        Source::Volume(name, is_made) => (name.to_string(), if *is_made { "yes" } else { "" }),
        Source::Mount(service, path) => (format!("{service}:{path}"), ""),
        Source::Directory(path) => (path.clone(), ""),
    };
    let services: Vec<&str> = volume.services.iter().map(|service| service.as_str()).collect();
    let workloads: Vec<String> = volume.workloads.iter().map(for_kubectl).collect();
    format!(
        "  {})\n    source={} labelled={} services={}\n    claim={} directory={} workloads={}\n    ;;\n",
        shell_word(&volume.name),
        shell_word(&source),
        shell_word(labelled),
        shell_word(&services.join(" ")),
        shell_word(&volume.claim),
        shell_word(volume.directory.unwrap_or_default()),
        shell_word(&workloads.join(" ")),
    )
}

fn case_of_store(store: &Store) -> String {
    format!(
        "  {}) kind={} script=${} file={} workload={} container={} ;;\n",
        shell_word(&store.service),
        store.dump.name(),
        variable(store.dump),
        shell_word(&format!("{}.{}", store.service, store.dump.extension())),
        shell_word(&for_kubectl(&store.workload)),
        shell_word(&store.container),
    )
}

/// `statefulset/db`.
fn for_kubectl(object: &ObjectRef) -> String {
    format!("{}/{}", object.kind.as_str().to_ascii_lowercase(), object.name)
}

fn claims(carriage: &Carriage<'_>) -> String {
    let volumes = carriage.contents.volumes.iter();
    let claims: Vec<&Object> = volumes.filter_map(|volume| carriage.objects.get(Kind::PersistentVolumeClaim, &volume.claim)).collect();
    if claims.is_empty() {
        return "claims() {\n  :\n}\n".to_owned();
    }
    format!("claims() {{\n  cluster apply --filename - >&2 <<'END'\n{}END\n}}\n", write::yaml(claims, None))
}

/// With variables of the shell in the place of names.
fn carrier(carriage: &Carriage<'_>) -> String {
    let mounted = [Mounted { name: "volume", claim: "$claim", path: VOLUME, sub_path: Some("$directory") }];
    let command = vec!["sleep".to_owned(), "infinity".to_owned()];
    let metadata = ObjectMeta {
        name: Some("$pod".to_owned()),
        labels: Some(Identity { project: carriage.project, ..Identity::default() }.labels()),
        ..ObjectMeta::default()
    };
    let pod = Pod { metadata, spec: Some(pod(carriage.image, command, &mounted)), status: None };
    windlass_yaml::to_string(&pod).expect("objects have text keys")
}
