//! The command line. Every flag is a `WINDLASS_…` variable too.

use std::net::SocketAddr;

use clap::{Args, Parser, Subcommand, ValueEnum};
use windlass_convert::KubeVersion;

use crate::webhook::WebhookArgs;

/// Keeps Stacks as they are written
#[derive(Debug, Parser)]
#[command(name = "windlass-operator", version, about)]
pub struct Cli {
    /// What to do
    #[command(subcommand)]
    pub command: Command,
}

/// What to do.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Reconcile Stacks, in a cluster or with the kubeconfig
    Run(Box<RunArgs>),
    /// Print the custom resource definitions
    Crd,
}

/// How to run.
#[derive(Clone, Debug, Args)]
pub struct RunArgs {
    /// Namespace to look at; none: all
    #[arg(long, env = "WINDLASS_WATCH_NAMESPACE", value_name = "NAME")]
    pub watch_namespace: Option<String>,
    /// Watch Secrets that Stacks made, which needs the right to list them; otherwise they are read now and then
    #[arg(long, env = "WINDLASS_WATCH_SECRETS")]
    pub watch_secrets: bool,
    /// Seconds between two looks at the Secrets of a Stack, where they are not watched
    #[arg(long, env = "WINDLASS_SECRET_INTERVAL", value_name = "SECONDS", default_value_t = 600)]
    pub secret_interval: u64,
    /// Seconds between two looks at a Stack without a reason; a fifth is added or taken away by chance
    #[arg(long, env = "WINDLASS_RESYNC_INTERVAL", value_name = "SECONDS", default_value_t = 600)]
    pub resync_interval: u64,
    /// Do not look at StackPolicies, which belong to the whole cluster: for an operator with rights in one namespace alone
    #[arg(long, env = "WINDLASS_NO_POLICIES", requires = "watch_namespace")]
    pub no_policies: bool,
    /// Seconds that a look at a Stack may take before others have their turn
    #[arg(long, env = "WINDLASS_LOOK_LIMIT", value_name = "SECONDS", default_value_t = 60, value_parser = clap::value_parser!(u64).range(1..))]
    pub look_limit: u64,
    /// Stacks that are looked at at once
    #[arg(long, env = "WINDLASS_CONCURRENCY", value_name = "N", default_value_t = 16)]
    pub concurrency: u16,
    /// Oldest Kubernetes that must accept the objects
    #[arg(long, env = "WINDLASS_KUBE_VERSION", value_name = "VERSION", default_value_t)]
    pub kube_version: KubeVersion,
    /// Address of health and metrics
    #[arg(long, env = "WINDLASS_HTTP_ADDRESS", value_name = "ADDRESS", default_value = "0.0.0.0:8080")]
    pub http_address: SocketAddr,
    /// Run without an election; there must be one replica only
    #[arg(long, env = "WINDLASS_NO_LEADER_ELECTION")]
    pub no_leader_election: bool,
    /// Namespace of the Lease that replicas elect a leader with
    #[arg(long, env = "WINDLASS_LEASE_NAMESPACE", value_name = "NAME", default_value = "windlass-system")]
    pub lease_namespace: String,
    /// Name of the Lease
    #[arg(long, env = "WINDLASS_LEASE_NAME", value_name = "NAME", default_value = "windlass-operator")]
    pub lease_name: String,
    /// Name of this replica, which no other has [default: the name of the host]
    #[arg(long, env = "WINDLASS_IDENTITY", value_name = "NAME")]
    pub identity: Option<String>,
    /// The webhook.
    #[command(flatten)]
    pub webhook: WebhookArgs,
    /// What is logged
    #[arg(long, env = "WINDLASS_LOG_LEVEL", value_name = "LEVEL", default_value = "info")]
    pub log_level: LogLevel,
    /// How it is logged
    #[arg(long, env = "WINDLASS_LOG_FORMAT", value_name = "FORM", default_value = "json")]
    pub log_format: LogFormat,
}

/// What is logged.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum LogLevel {
    /// What went wrong
    Error,
    /// And what may
    Warn,
    /// And what was done
    Info,
    /// And why
    Debug,
}

/// How it is logged.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum LogFormat {
    /// An object a line
    Json,
    /// For people
    Text,
}
