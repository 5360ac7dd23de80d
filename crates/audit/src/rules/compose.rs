//! Rules over stacks and their services.

use crate::rule::Rule;

mod depends_on_missing;
mod depends_on_plain;
mod depends_on_unhealthcheckable;
mod healthcheck_disabled;
mod healthcheck_exec_var;
mod healthcheck_no_params;
mod healthcheck_password_argv;
mod mysql_ping_socket;
mod no_cpu_limit;
mod no_memory_limit;
mod no_new_privileges;
mod no_reservation;
mod no_restart_policy;
mod oneshot_restarts;
mod port_all_interfaces;
mod reservation_over_limit;
mod service_no_healthcheck;
mod user_root;

pub(super) static RULES: &[&Rule] = &[
    &depends_on_missing::RULE,
    &depends_on_plain::RULE,
    &depends_on_unhealthcheckable::RULE,
    &healthcheck_disabled::RULE,
    &healthcheck_exec_var::RULE,
    &healthcheck_no_params::RULE,
    &healthcheck_password_argv::RULE,
    &mysql_ping_socket::RULE,
    &no_cpu_limit::RULE,
    &no_memory_limit::RULE,
    &no_new_privileges::RULE,
    &no_reservation::RULE,
    &no_restart_policy::RULE,
    &oneshot_restarts::RULE,
    &port_all_interfaces::RULE,
    &reservation_over_limit::RULE,
    &service_no_healthcheck::RULE,
    &user_root::RULE,
];
