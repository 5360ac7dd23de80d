//! The operator as a process of its own, with the rights that it is given and no others, on a real control plane with controllers,
//! scheduler and kwok. The API server's audit log is the oracle of what was asked for and in which order.
#![expect(clippy::disallowed_methods, reason = "tests start processes and read the audit log")]

#[path = "operator/crashes.rs"]
mod crashes;
#[path = "operator/definitions.rs"]
mod definitions;
#[path = "operator/hands.rs"]
mod hands;
#[path = "operator/harness.rs"]
mod harness;
#[path = "operator/leadership.rs"]
mod leadership;
#[path = "operator/lifecycle.rs"]
mod lifecycle;
#[path = "operator/limits.rs"]
mod limits;
#[path = "operator/network.rs"]
mod network;
#[path = "operator/proxy.rs"]
mod proxy;
#[path = "operator/reasons.rs"]
mod reasons;
#[path = "operator/refusals.rs"]
mod refusals;
#[path = "operator/requests.rs"]
mod requests;
#[path = "operator/same_objects.rs"]
mod same_objects;
#[path = "operator/stale.rs"]
mod stale;
#[path = "operator/tenancy.rs"]
mod tenancy;

/// The operator itself, when [`harness::Operator`] starts this test in a process of its own; nothing otherwise.
#[test]
fn the_process_of_the_operator() {
    let Some(arguments) = std::env::var_os(harness::ARGUMENTS) else { return };
    let arguments = arguments.to_string_lossy().into_owned();
    let words = std::iter::once("windlass-operator").chain(arguments.split(' '));
    let cli = <windlass_operator::args::Cli as clap::Parser>::parse_from(words);
    let code = windlass_operator::run(cli);
    std::process::exit(if code == std::process::ExitCode::SUCCESS { 0 } else { 1 });
}
