//! The validating webhook on Stacks: what the audit would refuse is refused when it is written, and the rest is told as warnings.
//!
//! It is a service of its own beside the controller. The judgement is that of the gate, so a Stack that gets past it (the webhook is off, or
//! its sources stand elsewhere) meets the same before it is applied. Every replica answers; the certificates are in [`certificate`].

pub mod certificate;
pub mod review;
mod server;

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;

use clap::Args;
use kube::Client;
use windlass_convert::KubeVersion;
use windlass_crd::v1alpha1::StackPolicySpec;

use crate::health::Readiness;
use crate::metrics::Metrics;
use crate::threads::Threads;
use certificate::{Keeper, Served};
use server::Reviewer;

/// Where the webhook answers, and with which certificate.
#[derive(Clone, Debug, Args)]
#[command(next_help_heading = "Webhook")]
pub struct WebhookArgs {
    /// Serve the webhook under this name, `SERVICE.NAMESPACE`; none: there is no webhook
    #[arg(long, env = "WINDLASS_WEBHOOK_SERVICE", value_name = "NAME")]
    pub webhook_service: Option<String>,
    /// Address of the webhook
    #[arg(long, env = "WINDLASS_WEBHOOK_ADDRESS", value_name = "ADDRESS", default_value = "0.0.0.0:9443")]
    pub webhook_address: SocketAddr,
    /// Secret, in the namespace of the Lease, that keeps the authority of certificates of our own
    #[arg(long, env = "WINDLASS_WEBHOOK_SECRET", value_name = "NAME", default_value = "windlass-webhook-ca")]
    pub webhook_secret: String,
    /// ValidatingWebhookConfiguration whose `caBundle` is kept current
    #[arg(long, env = "WINDLASS_WEBHOOK_CONFIGURATION", value_name = "NAME")]
    pub webhook_configuration: Option<String>,
    /// Directory with `tls.crt` and `tls.key` of somebody else, read again when they change
    #[arg(long, env = "WINDLASS_WEBHOOK_CERTIFICATE", value_name = "DIR", conflicts_with = "webhook_configuration")]
    pub webhook_certificate: Option<PathBuf>,
}

/// The policies of the moment.
pub type Policies = Arc<dyn Fn() -> Arc<BTreeMap<String, StackPolicySpec>> + Send + Sync>;

/// What the webhook is made of.
pub struct Service {
    /// Where and with which certificate.
    pub args: WebhookArgs,
    /// The namespace of its Secret.
    pub namespace: String,
    /// Oldest Kubernetes that must accept the objects.
    pub kube_version: KubeVersion,
    /// What every Stack must meet.
    pub policies: Policies,
    /// Hears of the first certificate.
    pub ready: Readiness,
    /// Counts.
    pub metrics: Arc<Metrics>,
    /// Where Stacks are judged.
    pub threads: Arc<Threads>,
}

/// Serves until the process ends; without a name there is nothing to serve.
///
/// # Errors
/// When the address can't be bound.
pub async fn run(service: Service, client: Client) -> anyhow::Result<()> {
    let Service { args, namespace, kube_version, policies, ready, metrics, threads } = service;
    let Some(name) = &args.webhook_service else { return std::future::pending().await };
    let served = Served::new(ready);
    let keeper = match &args.webhook_certificate {
        Some(directory) => Keeper::of_files(directory.clone()),
        None => Keeper::own(client, &namespace, &args.webhook_secret, args.webhook_configuration.clone(), name, Arc::clone(&metrics)),
    };
    tokio::select! {
        kept = tokio::spawn(keeper.keep(served.clone())) => kept?,
        answered = tokio::spawn(server::serve(args.webhook_address, served, Reviewer { policies, kube_version, metrics, threads })) => answered?,
    }
}
