//! Rules on manifests of Kubernetes.

mod caps_added;
mod caps_drop;
mod cluster_admin;
mod cpu_request;
mod create_pods;
mod cri_socket;
mod deprecated_api;
mod env_duplicate;
mod escalate;
mod exec;
mod external_ips;
mod host_network;
mod host_path;
mod host_pid_ipc;
mod host_port;
mod image_latest;
mod ingress_snippets;
mod ingress_tls;
mod liveness_missing;
mod memory_limit;
mod memory_request;
mod naked_pod;
mod priv_escalation;
mod privileged;
mod probe_port;
mod readiness_missing;
mod rootfs;
mod run_as_nonroot;
mod sa_deprecated_field;
mod sa_token;
mod seccomp;
mod secrets;
mod service_type;
mod wildcard;

use crate::rule::Rule;

pub(super) static RULES: &[&Rule] = &[
    &caps_added::RULE,
    &caps_drop::RULE,
    &cluster_admin::RULE,
    &cpu_request::RULE,
    &create_pods::RULE,
    &cri_socket::RULE,
    &deprecated_api::RULE,
    &env_duplicate::RULE,
    &escalate::RULE,
    &exec::RULE,
    &external_ips::RULE,
    &host_network::RULE,
    &host_path::RULE,
    &host_pid_ipc::RULE,
    &host_port::RULE,
    &image_latest::RULE,
    &ingress_snippets::RULE,
    &ingress_tls::RULE,
    &liveness_missing::RULE,
    &memory_limit::RULE,
    &memory_request::RULE,
    &naked_pod::RULE,
    &priv_escalation::RULE,
    &privileged::RULE,
    &probe_port::RULE,
    &readiness_missing::RULE,
    &rootfs::RULE,
    &run_as_nonroot::RULE,
    &sa_deprecated_field::RULE,
    &sa_token::RULE,
    &seccomp::RULE,
    &secrets::RULE,
    &service_type::RULE,
    &wildcard::RULE,
];
