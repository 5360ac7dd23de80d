//! Rules over stacks and their services.

use crate::context::ServiceContext;
use crate::findings::Findings;
use crate::rule::Rule;

mod auth_plugin;
mod backup_noop;
mod backup_same_host;
mod backup_unscheduled;
mod build_and_image;
mod cap_add;
mod cap_drop_missing;
mod cgroup_parent;
mod config_mount_rw;
mod container_name;
mod container_name_scale;
mod datastore_auth_off;
mod datastore_bind;
mod datastore_no_volume;
mod debug_in_prod;
mod default_network;
mod depends_cycle;
mod depends_on_missing;
mod depends_on_plain;
mod depends_on_unhealthcheckable;
mod dev_tool_in_prod;
mod devices;
mod docker_sock;
mod env_required;
mod flat_network;
mod healthcheck_disabled;
mod healthcheck_exec_var;
mod healthcheck_no_params;
mod healthcheck_password_argv;
mod heap_budget;
mod host_capacity;
mod host_network;
mod host_ns;
mod image_latest;
mod image_no_digest;
mod internal_published;
mod log_compress;
mod log_none;
mod log_rotation;
mod mysql_ping_socket;
mod no_backup;
mod no_cpu_limit;
mod no_load_balancer;
mod no_log_aggregation;
mod no_memory_limit;
mod no_metrics;
mod no_new_privileges;
mod no_queue_worker;
mod no_reservation;
mod no_restart_policy;
mod no_scheduler;
mod no_tls;
mod object_storage;
mod oneshot_restarts;
mod pids_limit;
mod port_all_interfaces;
mod port_duplicate;
mod port_privileged;
mod port_ssh;
mod port_unquoted;
mod privileged;
mod project_name;
mod propagation;
mod pull_policy;
mod readonly_no_tmpfs;
mod replicas;
mod reservation_over_limit;
mod rollback_config;
mod rootfs_writable;
mod schema;
mod secret_default;
mod secret_env_not_file;
mod secret_in_url;
mod secret_literal;
mod secret_undefined;
mod secret_unused;
mod sensitive_mount;
mod service_no_healthcheck;
mod session_store;
mod source_bind_in_prod;
mod start_first;
mod stop_grace;
mod style;
mod subnet;
mod swarm_incompatible;
mod swarm_restart;
mod test_script;
mod tmpfs_exec;
mod ulimits;
mod unconfined;
mod update_config;
mod user_root;
mod version_field;
mod volume_anonymous;
mod volume_shared;
mod volume_unused;
mod worker_unbounded;

pub(super) static RULES: &[&Rule] = &[
    &auth_plugin::RULE,
    &backup_noop::RULE,
    &backup_same_host::RULE,
    &backup_unscheduled::RULE,
    &build_and_image::RULE,
    &cap_add::RULE,
    &cap_drop_missing::RULE,
    &cgroup_parent::RULE,
    &config_mount_rw::RULE,
    &container_name::RULE,
    &container_name_scale::RULE,
    &datastore_auth_off::RULE,
    &datastore_bind::RULE,
    &datastore_no_volume::RULE,
    &debug_in_prod::RULE,
    &default_network::RULE,
    &depends_cycle::RULE,
    &depends_on_missing::RULE,
    &depends_on_plain::RULE,
    &depends_on_unhealthcheckable::RULE,
    &dev_tool_in_prod::RULE,
    &devices::RULE,
    &docker_sock::RULE,
    &env_required::RULE,
    &flat_network::RULE,
    &healthcheck_disabled::RULE,
    &healthcheck_exec_var::RULE,
    &healthcheck_no_params::RULE,
    &healthcheck_password_argv::RULE,
    &heap_budget::RULE,
    &host_capacity::RULE,
    &host_network::RULE,
    &host_ns::RULE,
    &image_latest::RULE,
    &image_no_digest::RULE,
    &internal_published::RULE,
    &log_compress::RULE,
    &log_none::RULE,
    &log_rotation::RULE,
    &mysql_ping_socket::RULE,
    &no_backup::RULE,
    &no_cpu_limit::RULE,
    &no_load_balancer::RULE,
    &no_log_aggregation::RULE,
    &no_memory_limit::RULE,
    &no_metrics::RULE,
    &no_new_privileges::RULE,
    &no_queue_worker::RULE,
    &no_reservation::RULE,
    &no_restart_policy::RULE,
    &no_scheduler::RULE,
    &no_tls::RULE,
    &object_storage::RULE,
    &oneshot_restarts::RULE,
    &pids_limit::RULE,
    &port_all_interfaces::RULE,
    &port_duplicate::RULE,
    &port_privileged::RULE,
    &port_ssh::RULE,
    &port_unquoted::RULE,
    &privileged::RULE,
    &project_name::RULE,
    &propagation::RULE,
    &pull_policy::RULE,
    &readonly_no_tmpfs::RULE,
    &replicas::RULE,
    &reservation_over_limit::RULE,
    &rollback_config::RULE,
    &rootfs_writable::RULE,
    &schema::RULE,
    &secret_default::RULE,
    &secret_env_not_file::RULE,
    &secret_in_url::RULE,
    &secret_literal::RULE,
    &secret_undefined::RULE,
    &secret_unused::RULE,
    &sensitive_mount::RULE,
    &service_no_healthcheck::RULE,
    &session_store::RULE,
    &source_bind_in_prod::RULE,
    &start_first::RULE,
    &stop_grace::RULE,
    &style::RULE,
    &subnet::RULE,
    &swarm_incompatible::RULE,
    &swarm_restart::RULE,
    &test_script::RULE,
    &tmpfs_exec::RULE,
    &ulimits::RULE,
    &unconfined::RULE,
    &update_config::RULE,
    &user_root::RULE,
    &version_field::RULE,
    &volume_anonymous::RULE,
    &volume_shared::RULE,
    &volume_unused::RULE,
    &worker_unbounded::RULE,
];

/// Reports a service of Swarm whose `deploy` lacks a section, for the rules that differ in the section alone.
fn wanted_in_swarm(service: &ServiceContext<'_>, section: &str, is_there: bool, lack: &str, proposal: &str, findings: &mut Findings<'_>) {
    if !service.stack().is_swarm() || !service.is_long_running() {
        return findings.not_applicable();
    }
    if is_there {
        return;
    }
    let grade = service.grade(findings.severity());
    findings
        .report(service.attribute_span("deploy"), format!("`{}` {lack}", service.name()))
        .severity(grade)
        .help(format!("add `deploy.{section}`"))
        .suggest(format!("add `{section}`"), service.insert_in(&["deploy"], section, proposal));
}
