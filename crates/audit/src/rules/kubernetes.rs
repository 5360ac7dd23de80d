//! Rules on manifests of Kubernetes.

mod caps_added;
mod caps_drop;
mod cluster_admin;
mod cpu_request;
mod create_pods;
mod cri_socket;
mod csr;
mod default_sa;
mod deprecated_api;
mod env_duplicate;
mod env_ref_missing;
mod escalate;
mod exec;
mod external_ips;
mod host_aliases;
mod host_network;
mod host_path;
mod host_pid_ipc;
mod host_port;
mod hpa_target;
mod image_latest;
mod ingress_dangling;
mod ingress_host;
mod ingress_snippets;
mod ingress_tls;
mod liveness_missing;
mod memory_limit;
mod memory_request;
mod naked_pod;
mod netpol_dangling;
mod nodes_proxy;
mod pdb_blocks;
mod priority_class;
mod priv_escalation;
mod privileged;
mod probe_port;
mod readiness_missing;
mod rootfs;
mod run_as_nonroot;
mod sa_deprecated_field;
mod sa_missing;
mod sa_token;
mod seccomp;
mod secret_env;
mod secrets;
mod service_dangling;
mod service_target_port;
mod service_type;
mod sts_service;
mod system_groups;
mod webhooks;
mod wildcard;

use crate::rule::Rule;

pub(super) static RULES: &[&Rule] = &[
    &caps_added::RULE,
    &caps_drop::RULE,
    &cluster_admin::RULE,
    &cpu_request::RULE,
    &create_pods::RULE,
    &cri_socket::RULE,
    &csr::RULE,
    &default_sa::RULE,
    &deprecated_api::RULE,
    &env_duplicate::RULE,
    &env_ref_missing::RULE,
    &escalate::RULE,
    &exec::RULE,
    &external_ips::RULE,
    &host_aliases::RULE,
    &host_network::RULE,
    &host_path::RULE,
    &host_pid_ipc::RULE,
    &host_port::RULE,
    &hpa_target::RULE,
    &image_latest::RULE,
    &ingress_dangling::RULE,
    &ingress_host::RULE,
    &ingress_snippets::RULE,
    &ingress_tls::RULE,
    &liveness_missing::RULE,
    &memory_limit::RULE,
    &memory_request::RULE,
    &naked_pod::RULE,
    &netpol_dangling::RULE,
    &nodes_proxy::RULE,
    &pdb_blocks::RULE,
    &priority_class::RULE,
    &priv_escalation::RULE,
    &privileged::RULE,
    &probe_port::RULE,
    &readiness_missing::RULE,
    &rootfs::RULE,
    &run_as_nonroot::RULE,
    &sa_deprecated_field::RULE,
    &sa_missing::RULE,
    &sa_token::RULE,
    &seccomp::RULE,
    &secret_env::RULE,
    &secrets::RULE,
    &service_dangling::RULE,
    &service_target_port::RULE,
    &service_type::RULE,
    &sts_service::RULE,
    &system_groups::RULE,
    &webhooks::RULE,
    &wildcard::RULE,
];
