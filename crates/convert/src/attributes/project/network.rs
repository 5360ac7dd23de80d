//! networks.* → NetworkPolicies, where networks are kept apart. Addresses and drivers are the cluster's.

use smol_str::SmolStr;
use windlass_compose::model::Network;
use windlass_k8s::{Kind, ObjectRef};
use windlass_yaml::Path;

use crate::decide::Plan;
use crate::fates::{Fates, Place};
use crate::finish::policies::policy_name;

pub(super) fn network(key: &SmolStr, network: &Network, plan: &Plan<'_>, fates: &mut Fates) {
    let Network { name, driver, driver_opts, ipam, external, internal, enable_ipv4, enable_ipv6, attachable, labels, extensions } = network;
    let path = Path::parse("networks").key(key);
    let is_kept_apart = plan.reach.network_label(key).is_some();
    let policy = || Place::object(ObjectRef::new(Kind::NetworkPolicy, policy_name(key)), "");
    let own = is_kept_apart.then(policy);
    // For an empty network (`backend:`), which is one leaf.
    fates.mapped(path.clone(), own.clone());
    if name.is_some() {
        fates.mapped_with(path.key("name"), own.clone(), "the name is the engine's; a namespace has one network");
    }
    if let Some(driver) = driver {
        match driver.as_str() {
            "bridge" | "overlay" | "default" | "" => fates.mapped_with(path.key("driver"), [], "the cluster's network reaches every node"),
            "host" => fates.lost(path.key("driver"), "write `network_mode: host` on the services that need the node's network"),
            "none" | "null" => fates.lost(path.key("driver"), "write `network_mode: none` on the services that need no network"),
            other => {
                fates.lost(path.key("driver"), format!("no counterpart for `{other}`; a second network card needs Multus or the like"))
            }
        }
    }
    if let Some(external) = external {
        if external.value {
            let message = "others outside the project are members too; allow them with a NetworkPolicy of your own where policies are on";
            fates.approximated(path.key("external"), own.clone(), message);
        } else {
            fates.mapped(path.key("external"), []);
        }
    }
    if let Some(internal) = internal {
        let path = path.key("internal");
        if !internal.value {
            fates.mapped(path, []);
        } else if is_kept_apart {
            fates.mapped_with(path, own.clone(), "pods that are in internal networks only have no other way out");
        } else {
            fates.lost(path, "the network has a way out; `--network-policies auto` closes it");
        }
    }
    if attachable.is_some() {
        fates.mapped_with(path.key("attachable"), [], "any pod of the namespace is in the cluster's network");
    }
    let lost = [
        ("driver_opts", !driver_opts.is_empty(), "the cluster's network plugin has its own options"),
        ("ipam", ipam.is_some(), "the cluster gives out addresses; call services by name"),
        ("enable_ipv4", enable_ipv4.is_some(), "the cluster decides which kinds of addresses pods have"),
        ("enable_ipv6", enable_ipv6.is_some(), "the cluster decides which kinds of addresses pods have"),
        ("labels", !labels.is_empty(), "there is no object that a network becomes as a whole"),
    ];
    for (attribute, is_written, remedy) in lost {
        if is_written {
            fates.lost(path.key(attribute), remedy);
        }
    }
    for extension in extensions {
        fates.mapped_with(path.key(&extension.name.value), [], "an extension has no meaning of its own");
    }
}
