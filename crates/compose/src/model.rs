//! All that is known of each Compose attribute, one file an attribute or closely tied family: its type, the forms it may
//! have, how two files' values become one, its default, what of it is a path, and the typed value.
//!
//! The loader's passes call the functions below on whole documents; [`read`] turns the canonical tree into a [`Project`].
//! Reading files, variables and the order of the passes are not here (`load`).

mod ai_model;
#[cfg(test)]
mod arbitrary;
mod attribute;
mod blkio_config;
mod build;
mod by_name;
mod canonical;
#[cfg(test)]
mod case;
mod cast;
mod check;
mod command;
mod config;
mod context;
mod credential_spec;
mod depends_on;
mod deploy;
mod develop;
mod device;
mod device_request;
mod env_file;
mod environment;
mod extends;
mod external;
mod extra_hosts;
mod file_mount;
mod healthcheck;
mod hook;
mod include;
mod label;
mod logging;
mod long;
mod merge;
mod mount;
mod names;
mod namespace;
mod network;
mod paths;
mod port;
mod project;
mod provider;
mod pull_policy;
mod quantity;
mod read;
mod record;
mod restart;
mod rule;
mod schema;
mod secret;
mod service;
mod service_network;
mod slice;
mod table;
mod ulimit;
mod unicity;
mod volume;
mod walk;
mod windlass;

use std::path::Path;

use smol_str::SmolStr;
use windlass_source::Diagnostic;
use windlass_yaml::Node;

pub use ai_model::{Model, ServiceModel};
pub use attribute::{attribute, attributes};
pub use blkio_config::{BlkioConfig, ThrottleDevice, WeightDevice};
pub use build::Build;
pub use by_name::{ByName, Entry, Extensions};
pub use command::CommandLine;
pub use config::Config;
pub use credential_spec::CredentialSpec;
pub use depends_on::{Condition, Dependency};
pub use deploy::{
    Deploy, DeployMode, DiscreteResource, EndpointMode, FailureAction, GenericResource, Limits, Placement, PlacementPreference,
    Reservations, Resources, RestartCondition, RestartPolicy, UpdateConfig, UpdateOrder,
};
pub use develop::{Develop, Watch, WatchAction};
pub use device::Device;
pub use device_request::{DeviceCount, DeviceRequest};
pub use env_file::EnvFile;
pub use environment::Environment;
pub use extends::Extends;
pub use extra_hosts::ExtraHosts;
pub use file_mount::{FileMode, FileMount};
pub use healthcheck::{Healthcheck, Test};
pub use hook::Hook;
pub use include::Include;
pub use label::Labels;
pub use logging::Logging;
pub use mount::{BindOptions, ImageOptions, Mount, MountKind, Recursive, SeLinux, TmpfsOptions, VolumeOptions};
pub use namespace::{Cgroup, Namespace, NetworkMode};
pub use network::{Ipam, IpamPool, Network};
pub use port::{Port, PortMode};
pub use project::Project;
pub use provider::Provider;
pub use pull_policy::PullPolicy;
pub use quantity::{Bytes, Duration};
pub use restart::Restart;
pub use secret::Secret;
pub use service::Service;
pub use service_network::ServiceNetwork;
pub use ulimit::{Ulimit, UlimitRange};
pub use volume::Volume;
pub use windlass::{
    Autoscale, Concurrency, Defaults, Exec, Expose, ExposeDefault, Exposure, NetworkPolicies, Probe, ProbeCheck, ProbeSettings, Probes,
    ProjectSettings, Security, ServiceSettings, SharedVolumes, VolumeSettings, Wait, WorkloadKind,
};

use context::Context;
pub(crate) use context::MAX_MADE;
pub(crate) use table::is_listed;

/// Turns interpolated texts into numbers and truth values where an attribute wants those.
pub fn cast(tree: &mut Node, diagnostics: &mut Vec<Diagnostic>) {
    cast::document(tree, &mut Context::new(diagnostics));
}

/// Puts the document `over` onto `base`, later wins, by each attribute's rule, and takes out of lists what a later item
/// replaces: of two mounts at one path the later stays. `interpolated` as in [`canonical`].
pub fn merge(base: &mut Node, over: Node, interpolated: bool, diagnostics: &mut Vec<Diagnostic>) {
    let context = &mut Context::for_texts(interpolated, diagnostics);
    merge::document(base, over, context);
    unicity::document(base, context);
}

/// Puts the service `over`, called `name`, onto the one that it extends.
pub fn merge_service(base: &mut Node, over: Node, name: &SmolStr, interpolated: bool, diagnostics: &mut Vec<Diagnostic>) {
    let context = &mut Context::for_texts(interpolated, diagnostics);
    context
        .within("services", |context| context.within_name(name, |context| merge::onto(base, over, Some(&project::SERVICES.rule), context)));
}

/// Reports attributes that Compose does not know and values that it does not take. The tree is a merged document in which
/// short forms may still stand.
pub fn check(tree: &Node, diagnostics: &mut Vec<Diagnostic>) {
    check::document(tree, &mut Context::new(diagnostics));
}

/// Makes short forms long, and again takes out what a later item replaces, since ranges of ports may hold ports that stand
/// there already. Texts that were not `interpolated` and are in no short form stay: they may have variables in them.
/// `made_left` is how much short forms may still make.
pub fn canonical(tree: &mut Node, interpolated: bool, made_left: &mut usize, diagnostics: &mut Vec<Diagnostic>) {
    let mut context = Context::for_texts(interpolated, diagnostics);
    context.made_left = *made_left;
    canonical::document(tree, &mut context);
    unicity::document(tree, &mut context);
    *made_left = context.made_left;
}

/// Fills in what a merged canonical document leaves out: protocols of ports, targets of secrets, the context of a build; and
/// splits commands that are written as text.
///
/// Texts that were not `interpolated` stay. `made_left` as in [`canonical`].
pub fn defaults(tree: &mut Node, interpolated: bool, made_left: &mut usize, diagnostics: &mut Vec<Diagnostic>) {
    let mut context = Context::for_texts(interpolated, diagnostics);
    context.made_left = *made_left;
    canonical::defaults(tree, &mut context);
    *made_left = context.made_left;
}

/// Makes relative paths of a canonical document start at `directory`; `~` becomes `home`.
pub fn resolve_paths(tree: &mut Node, directory: &Path, home: Option<&str>, diagnostics: &mut Vec<Diagnostic>) {
    let directory = directory.to_string_lossy();
    paths::document(tree, &paths::Base { directory: &directory, home }, &mut Context::new(diagnostics));
}

/// The text that Compose makes of a scalar where it wants text; `None` for lists, maps and nothing.
pub fn text(node: &Node) -> Option<SmolStr> {
    read::text(&node.value)
}

/// The truth value that a text stands for.
pub(crate) fn truth(text: &str) -> Option<bool> {
    read::truth(text)
}

/// The typed project of a canonical tree. What cannot be read becomes a diagnostic and is left out.
pub fn read(tree: &Node, diagnostics: &mut Vec<Diagnostic>) -> Project {
    project::read(tree, &mut Context::new(diagnostics))
}

/// The JSON Schema of `x-windlass` in a compose file, indented.
pub fn x_windlass_schema() -> String {
    crate::config::tree_json(&schema::x_windlass())
}

/// Reports what of a canonical tree cannot be read, as [`read`] does, without making the project.
pub(crate) fn try_read(tree: &Node, diagnostics: &mut Vec<Diagnostic>) {
    project::attempt(tree, &mut Context::new(diagnostics));
}

#[cfg(test)]
mod tests {
    use super::*;
    use windlass_source::Origin;
    use windlass_yaml::{Map, Value};

    /// A map of scalars, for lack of a parser in this room's tests.
    fn map(entries: &[(&'static str, Value)]) -> Node {
        let map: Map = entries.iter().map(|(key, value)| (*key, Node::new(value.clone(), Origin::DEFAULT))).collect();
        Node::default_value(map)
    }

    #[test]
    fn a_service_is_read_with_its_name() {
        let web = map(&[
            ("image", "nginx".into()),
            ("init", "yes".into()),
            ("mem_limit", "1g".into()),
            ("stop_grace_period", "1m30s".into()),
            ("restart", "on-failure:3".into()),
            ("x-note", 1_i64.into()),
        ]);
        let tree = map(&[("name", "shop".into()), ("services", map(&[("web", web.value)]).value)]);
        let mut diagnostics = Vec::new();
        let project = read(&tree, &mut diagnostics);
        assert_eq!(diagnostics, []);
        assert_eq!(project.name.as_str(), "shop");
        let web = project.service("web").unwrap();
        assert_eq!(web.name.as_str(), "web");
        assert_eq!(web.init.as_ref().map(|init| init.value), Some(true));
        assert_eq!(web.mem_limit.as_ref().map(|limit| limit.value), Some(Bytes(1 << 30)));
        assert_eq!(web.stop_grace_period.as_ref().map(|period| period.seconds()), Some(90.0));
        assert_eq!(web.restart.as_ref().map(|restart| restart.value.clone()), Some(Restart::OnFailure { max_retries: Some(3) }));
        assert!(web.extensions.contains("x-note"));
    }

    #[test]
    fn what_cannot_be_read_is_named_with_its_service() {
        let web = map(&[("init", "maybe".into()), ("deploy", map(&[("replicas", "many".into())]).value)]);
        let tree = map(&[("services", map(&[("web", web.value)]).value)]);
        let mut diagnostics = Vec::new();
        read(&tree, &mut diagnostics);
        let messages: Vec<_> = diagnostics.iter().map(|diagnostic| diagnostic.message.as_str()).collect();
        assert_eq!(
            messages,
            ["`init` of service `web` must be `true` or `false`", "`deploy.replicas` of service `web` must be a whole number"]
        );
    }

    /// Runs `pass` and gives back its errors.
    fn errors(pass: impl FnOnce(&mut Vec<Diagnostic>)) -> Vec<Diagnostic> {
        let mut diagnostics = Vec::new();
        pass(&mut diagnostics);
        diagnostics.retain(Diagnostic::is_error);
        diagnostics
    }

    proptest::proptest! {
        #![proptest_config(proptest::prelude::ProptestConfig::with_cases(400))]

        #[test]
        fn no_document_makes_a_pass_panic(seed: u64, wild in 0..12_u64) {
            let mut dice = arbitrary::Dice::new(seed, wild);
            let mut diagnostics = Vec::new();
            let mut base = arbitrary::document(&mut dice);
            merge(&mut base, arbitrary::document(&mut dice), seed % 2 == 0, &mut diagnostics);
            cast(&mut base, &mut diagnostics);
            check(&base, &mut diagnostics);
            canonical(&mut base, seed % 2 == 0, &mut MAX_MADE.clone(), &mut diagnostics);
            defaults(&mut base, true, &mut MAX_MADE.clone(), &mut diagnostics);
            resolve_paths(&mut base, Path::new("/project"), None, &mut diagnostics);
            read(&base, &mut diagnostics);
        }

        #[test]
        fn what_is_canonical_stays_as_it_is(seed: u64) {
            let mut tree = arbitrary::document(&mut arbitrary::Dice::new(seed, 0));
            let refused = errors(|diagnostics| {
                cast(&mut tree, diagnostics);
                merge(&mut tree, Node::default_value(Map::new()), true, diagnostics);
                check(&tree, diagnostics);
                canonical(&mut tree, true, &mut MAX_MADE.clone(), diagnostics);
            });
            proptest::prop_assume!(refused.is_empty());
            let first = tree.clone();
            let again = errors(|diagnostics| {
                merge(&mut tree, Node::default_value(Map::new()), true, diagnostics);
                check(&tree, diagnostics);
                canonical(&mut tree, true, &mut MAX_MADE.clone(), diagnostics);
            });
            proptest::prop_assert!(again.is_empty(), "{again:?}");
            proptest::prop_assert!(tree.same_value(&first), "{first:?}\n{tree:?}");
        }

        #[test]
        fn it_does_not_matter_which_two_of_three_files_are_merged_first(seed: u64) {
            let mut dice = arbitrary::Dice::new(seed, 0);
            let [a, b, c] = [(); 3].map(|()| without_exceptions(arbitrary::document(&mut dice)));
            let (mut left, mut right) = (a.clone(), b.clone());
            let refused = errors(|diagnostics| {
                merge(&mut left, b, true, diagnostics);
                merge(&mut left, c.clone(), true, diagnostics);
                merge(&mut right, c, true, diagnostics);
                let over = std::mem::replace(&mut right, a);
                merge(&mut right, over, true, diagnostics);
                canonical(&mut left, true, &mut MAX_MADE.clone(), diagnostics);
                canonical(&mut right, true, &mut MAX_MADE.clone(), diagnostics);
            });
            proptest::prop_assume!(refused.is_empty());
            proptest::prop_assert!(left.same_value(&right), "{left:?}\n{right:?}");
        }
    }

    /// Without `logging`, whose options go with the driver, and the pools of networks, which docker compose mixes up.
    fn without_exceptions(mut tree: Node) -> Node {
        for (section, attribute) in [("services", "logging"), ("networks", "ipam")] {
            for entry in tree.get_mut(section).and_then(Node::as_map_mut).into_iter().flat_map(Map::values_mut) {
                entry.as_map_mut().map(|map| map.remove(attribute));
            }
        }
        tree
    }
}
