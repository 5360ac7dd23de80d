//! Rules on manifests of Kubernetes.

mod anti_affinity;
mod apparmor;
mod caps_added;
mod caps_drop;
mod cluster_admin;
mod conventions;
mod cpu_limit;
mod cpu_request;
mod create_pods;
mod cri_socket;
mod cronjob;
mod csr;
mod cve_exposed;
mod datastore_exposed;
mod datastore_kind;
mod default_sa;
mod deprecated_api;
mod destructive;
mod env_duplicate;
mod env_ref_missing;
mod ephemeral_storage;
mod escalate;
mod exec;
mod external_ips;
mod graceful;
mod host_aliases;
mod host_network;
mod host_path;
mod host_pid_ipc;
mod host_port;
mod host_users;
mod hpa_and_replicas;
mod hpa_min;
mod hpa_target;
mod image_digest;
mod image_latest;
mod ingress_dangling;
mod ingress_duplicate;
mod ingress_host;
mod ingress_snippets;
mod ingress_tls;
mod labels;
mod liveness_missing;
mod low_uid;
mod memory_limit;
mod memory_request;
mod naked_pod;
mod namespace_default;
mod net_raw;
mod netpol_dangling;
mod netpol_missing;
mod nodes_proxy;
mod pdb_blocks;
mod pdb_missing;
mod pdb_policy;
mod pdb_vs_hpa;
mod pod_security_level;
mod priority_class;
mod priv_escalation;
mod privileged;
mod privileged_port;
mod probe_params;
mod probe_port;
mod probes_identical;
mod procmount;
mod pull_policy;
mod pvc_template;
mod qos;
mod quota;
mod readiness_missing;
mod registry;
mod replicas;
mod rolling_update;
mod rootfs;
mod run_as_nonroot;
mod run_as_root_uid;
mod rwx_needed;
mod sa_deprecated_field;
mod sa_missing;
mod sa_token;
mod seccomp;
mod secret_env;
mod secret_in_configmap;
mod secret_literal;
mod secrets;
mod selinux;
mod service_dangling;
mod service_selector_shared;
mod service_target_port;
mod service_type;
mod servicemonitor_dangling;
mod ssh;
mod startup_missing;
mod sts_service;
mod subpath_cve;
mod sudo_entrypoint;
mod sysctls;
mod system_groups;
mod volume_types;
mod webhooks;
mod wildcard;
mod windows_hostprocess;

use crate::rule::Rule;

pub(super) static RULES: &[&Rule] = &[
    &anti_affinity::RULE,
    &apparmor::RULE,
    &caps_added::RULE,
    &caps_drop::RULE,
    &cluster_admin::RULE,
    &conventions::RULE,
    &cpu_limit::RULE,
    &cpu_request::RULE,
    &create_pods::RULE,
    &cri_socket::RULE,
    &cronjob::RULE,
    &csr::RULE,
    &cve_exposed::RULE,
    &datastore_exposed::RULE,
    &datastore_kind::RULE,
    &default_sa::RULE,
    &deprecated_api::RULE,
    &destructive::RULE,
    &env_duplicate::RULE,
    &env_ref_missing::RULE,
    &ephemeral_storage::RULE,
    &escalate::RULE,
    &exec::RULE,
    &external_ips::RULE,
    &graceful::RULE,
    &host_aliases::RULE,
    &host_network::RULE,
    &host_path::RULE,
    &host_pid_ipc::RULE,
    &host_port::RULE,
    &host_users::RULE,
    &hpa_and_replicas::RULE,
    &hpa_min::RULE,
    &hpa_target::RULE,
    &image_digest::RULE,
    &image_latest::RULE,
    &ingress_dangling::RULE,
    &ingress_duplicate::RULE,
    &ingress_host::RULE,
    &ingress_snippets::RULE,
    &ingress_tls::RULE,
    &labels::RULE,
    &liveness_missing::RULE,
    &low_uid::RULE,
    &memory_limit::RULE,
    &memory_request::RULE,
    &naked_pod::RULE,
    &namespace_default::RULE,
    &net_raw::RULE,
    &netpol_dangling::RULE,
    &netpol_missing::RULE,
    &nodes_proxy::RULE,
    &pdb_blocks::RULE,
    &pdb_missing::RULE,
    &pdb_policy::RULE,
    &pdb_vs_hpa::RULE,
    &pod_security_level::RULE,
    &priority_class::RULE,
    &priv_escalation::RULE,
    &privileged::RULE,
    &privileged_port::RULE,
    &probe_params::RULE,
    &probe_port::RULE,
    &probes_identical::RULE,
    &procmount::RULE,
    &pull_policy::RULE,
    &pvc_template::RULE,
    &qos::RULE,
    &quota::RULE,
    &readiness_missing::RULE,
    &registry::RULE,
    &replicas::RULE,
    &rolling_update::RULE,
    &rootfs::RULE,
    &run_as_nonroot::RULE,
    &run_as_root_uid::RULE,
    &rwx_needed::RULE,
    &sa_deprecated_field::RULE,
    &sa_missing::RULE,
    &sa_token::RULE,
    &seccomp::RULE,
    &secret_env::RULE,
    &secret_in_configmap::RULE,
    &secret_literal::RULE,
    &secrets::RULE,
    &selinux::RULE,
    &service_dangling::RULE,
    &service_selector_shared::RULE,
    &service_target_port::RULE,
    &service_type::RULE,
    &servicemonitor_dangling::RULE,
    &ssh::RULE,
    &startup_missing::RULE,
    &sts_service::RULE,
    &subpath_cve::RULE,
    &sudo_entrypoint::RULE,
    &sysctls::RULE,
    &system_groups::RULE,
    &volume_types::RULE,
    &webhooks::RULE,
    &wildcard::RULE,
    &windows_hostprocess::RULE,
];
