//! Runs the operator: watches fill the caches and say which Stack to look at; the looks are kube's controller's to schedule, never two of
//! one Stack at once.

mod pods;
mod watches;

use std::net::Ipv4Addr;
use std::sync::{Arc, PoisonError};
use std::time::Duration;

use anyhow::Context as _;
use futures::channel::mpsc::{UnboundedSender, unbounded};
use futures::future::ready;
use futures::{StreamExt as _, TryStreamExt as _};
use kube::core::DeserializeGuard;
use kube::runtime::controller::{Action, Config};
use kube::runtime::reflector::{self, ObjectRef};
use kube::runtime::watcher::{self, Event, watcher};
use kube::runtime::{Controller, Predicate as _, PredicateConfig, WatchStreamExt as _, predicates};
use kube::{Api, Client};
use tokio::sync::watch;
use windlass_crd::v1alpha1::Stack;

use crate::api::Api as Server;
use crate::args::RunArgs;
use crate::events::Events;
use crate::health::{self, Readiness};
use crate::lease::{Election, Leadership, Outcome};
use crate::metrics::Metrics;
use crate::reconcile::observe::StackKey;
use crate::reconcile::{Next, Parts, Shell, key_of, status};
use crate::webhook;

/// The longest time between two tries of a watch that broke: how late a server that comes back is found.
pub const LONGEST_WAIT: Duration = Duration::from_secs(5);
/// Events of children that come together are looked at together.
const DEBOUNCE: Duration = Duration::from_millis(30);
/// How often the objects in the caches are counted.
const COUNT: Duration = Duration::from_secs(10);
/// How long looks that are under way may take when the process is told to stop.
const DRAIN: Duration = Duration::from_secs(25);
/// When a Stack whose look panicked is looked at again.
const AFTER_PANIC: Duration = Duration::from_secs(300);

/// Says which Stacks to look at.
#[derive(Clone, Debug)]
pub(crate) struct Waker(UnboundedSender<ObjectRef<Stack>>);

impl Waker {
    pub(crate) fn wake(&self, (namespace, name): &StackKey) {
        // Nobody listens any more when the process ends.
        let _ = self.0.unbounded_send(ObjectRef::new(name).within(namespace));
    }
}

/// Runs until a signal says to stop.
///
/// # Errors
/// When the API server can't be found, a port is taken, or leading was lost.
pub async fn run(args: RunArgs) -> anyhow::Result<()> {
    let mut config = kube::Config::infer().await.context("no cluster: neither in one nor with a kubeconfig")?;
    config.connect_timeout = Some(Duration::from_secs(5));
    // Every request has its own limit and every look its own back-off: retries beneath them would only hide what goes on.
    config.default_retry = false;
    let client = Client::try_from(config)?;
    let identity = args.identity.clone().unwrap_or_else(host_name);
    let metrics = Arc::new(Metrics::default());
    let ready = Readiness::waiting_for(1 + usize::from(args.webhook.webhook_service.is_some()));
    let (stop, stopped) = watch::channel(false);
    let (leads, led) = watch::channel(false);

    let (leadership, election) = if args.no_leader_election {
        leads.send_replace(true);
        (Leadership::always(), None)
    } else {
        let election = Election::new(client.clone(), &args.lease_namespace, &args.lease_name, &identity);
        (election.leadership(), Some(election))
    };
    let events = Events::new(client.clone(), leadership.clone(), &identity, Arc::clone(&metrics));
    let api = Server::new(client.clone(), leadership, Arc::clone(&metrics));
    let shell = Arc::new(Shell::new(Parts { api, events, metrics: Arc::clone(&metrics) }, &args));
    tracing::info!(identity, version = env!("CARGO_PKG_VERSION"), "started");

    let served = tokio::spawn(health::serve(args.http_address, Arc::clone(&metrics), ready.clone()));
    let (release, released) = watch::channel(false);
    let elected = tokio::spawn(async move {
        match election {
            Some(election) => election.run(leads, released).await,
            None => {
                let mut released = released;
                // The sender lives as long as this function.
                drop(released.wait_for(|released| *released).await);
                drop(leads);
                Outcome::Released
            }
        }
    });
    tokio::spawn(async move {
        signal().await;
        tracing::info!("told to stop");
        stop.send_replace(true);
    });

    let policies = Arc::clone(&shell);
    let policies = Arc::new(move || Arc::clone(&policies.policies.lock().unwrap_or_else(PoisonError::into_inner)));
    let service = webhook::Service {
        args: args.webhook.clone(),
        namespace: args.lease_namespace.clone(),
        kube_version: args.kube_version,
        policies,
        ready: ready.clone(),
        metrics: Arc::clone(&metrics),
        threads: Arc::clone(&shell.threads),
    };
    let reviews = tokio::spawn(webhook::run(service, client.clone()));

    let mut elected = elected;
    let looks = tokio::spawn(reconcile_all(client, args, Arc::clone(&shell), ready, led, stopped));
    tokio::select! {
        done = looks => done.context("the controller panicked")??,
        outcome = &mut elected => anyhow::bail!("leading was lost: {outcome:?}"),
        served = served => anyhow::bail!("the health server ended: {served:?}"),
        ended = reviews => anyhow::bail!("the webhook ended: {ended:?}"),
    }
    shell.events.finish().await;
    release.send_replace(true);
    let outcome = elected.await?;
    tracing::info!(?outcome, "ended");
    Ok(())
}

async fn reconcile_all(
    client: Client,
    args: RunArgs,
    shell: Arc<Shell>,
    is_ready: Readiness,
    mut led: watch::Receiver<bool>,
    stopped: watch::Receiver<bool>,
) -> anyhow::Result<()> {
    let (waker, woken) = unbounded();
    let waker = Waker(waker);
    let (everybody, all_woken) = unbounded::<()>();
    let mut stopping = stopped.clone();
    tokio::select! {
        started = watches::start(&client, &args, &shell, &waker, &everybody) => started?,
        // The API server may be away. Nothing was begun, so nothing has to be ended.
        () = async { drop(stopping.wait_for(|stop| *stop).await) } => return Ok(()),
    }

    let counting = Arc::clone(&shell);
    tokio::spawn(async move {
        loop {
            counting.metrics.objects.set(i64::try_from(counting.cache.count()).unwrap_or(i64::MAX));
            tokio::time::sleep(COUNT).await;
        }
    });
    let metrics = Arc::clone(&shell.metrics);
    let on_leading = everybody.clone();
    tokio::spawn(async move {
        loop {
            let leads = *led.borrow_and_update();
            metrics.leader.set(leads.into());
            if leads {
                let _ = on_leading.unbounded_send(());
            }
            if led.changed().await.is_err() {
                return;
            }
        }
    });

    let stacks: Api<DeserializeGuard<Stack>> = match &args.watch_namespace {
        Some(namespace) => Api::namespaced(client, namespace),
        None => Api::all(client),
    };
    let (reader, writer) = reflector::store();
    let _ = shell.stacks.set(reader.clone());
    let forgetting = Arc::clone(&shell);
    let counted = reader.clone();
    // Labels, managed fields and our own writes of the status are no reason to look.
    let reasons = predicates::generation.combine(predicates::annotations).combine(predicates::finalizers);
    let mut trouble = watches::Trouble::default();
    let failing = Arc::clone(&shell.metrics);
    let stream = watcher(stacks, watches::config())
        .backoff(watches::Patience::default())
        .inspect(move |event| match event {
            Ok(event) => trouble.heard(event),
            Err(error) => trouble.failed("Stack", error, &failing),
        })
        .filter_map(|event| ready(readable(event)))
        .modify(status::trim)
        .reflect(writer)
        .inspect_ok(move |event| {
            match event {
                Event::Apply(stack) | Event::InitApply(stack) => {
                    forgetting.count_ready(stack);
                    forgetting.caught_up(&key_of(stack));
                }
                Event::Delete(stack) => forgetting.forget(&key_of(stack)),
                Event::Init | Event::InitDone => {}
            }
            forgetting.metrics.stacks.set(i64::try_from(counted.len()).unwrap_or(i64::MAX));
        })
        // The watch waits by itself after an error. The controller would wait once more, up to half a minute, and hear nobody meanwhile.
        .filter(|event| ready(event.is_ok()))
        .applied_objects()
        .predicate_filter(reasons, PredicateConfig::default());
    is_ready.set();
    let mut stopping = stopped.clone();
    let controller = Controller::for_stream(stream, reader)
        .with_config(Config::default().concurrency(args.concurrency).debounce(DEBOUNCE))
        .reconcile_on(woken)
        .reconcile_all_on(all_woken)
        .graceful_shutdown_on(async move {
            drop(stopping.wait_for(|stop| *stop).await);
        })
        .run(look, |_, _: &Never, _| Action::await_change(), shell)
        .for_each(|result| async move {
            if let Err(error) = result {
                tracing::debug!(%error, "the controller");
            }
        });
    let mut stopping = stopped;
    tokio::select! {
        () = controller => {}
        () = async { drop(stopping.wait_for(|stop| *stop).await); tokio::time::sleep(DRAIN).await } => tracing::warn!("looks are cut short"),
    }
    Ok(())
}

/// A Stack that can't be read, stored by an earlier definition perhaps, is logged and left out; the others go on.
fn readable(event: watcher::Result<Event<DeserializeGuard<Stack>>>) -> Option<watcher::Result<Event<Stack>>> {
    let stack = |DeserializeGuard(stack): DeserializeGuard<Stack>| match stack {
        Ok(stack) => Some(stack),
        Err(invalid) => {
            let (namespace, name) = (invalid.metadata.namespace, invalid.metadata.name);
            tracing::error!(?namespace, ?name, error = invalid.error, "a Stack can't be read");
            None
        }
    };
    match event {
        Ok(Event::Apply(guarded)) => stack(guarded).map(|stack| Ok(Event::Apply(stack))),
        Ok(Event::InitApply(guarded)) => stack(guarded).map(|stack| Ok(Event::InitApply(stack))),
        Ok(Event::Delete(guarded)) => stack(guarded).map(|stack| Ok(Event::Delete(stack))),
        Ok(Event::Init) => Some(Ok(Event::Init)),
        Ok(Event::InitDone) => Some(Ok(Event::InitDone)),
        Err(error) => Some(Err(error)),
    }
}

/// No error: a look has its own.
#[derive(Debug, thiserror::Error)]
enum Never {}

async fn look(stack: Arc<Stack>, shell: Arc<Shell>) -> Result<Action, Never> {
    let key = key_of(&stack);
    let (shared, known) = (Arc::clone(&shell), Arc::clone(&stack));
    // A task of its own: looks share no processor, and a panic stays within one.
    let looked = tokio::spawn(async move { shared.look(stack).await }).await;
    Ok(match looked {
        Ok(Next::Wait) => Action::await_change(),
        Ok(Next::After(time)) => Action::requeue(time),
        Err(error) => {
            tracing::error!(namespace = key.0, stack = key.1, %error, "a look panicked");
            shell.metrics.reconciled(crate::metrics::Outcome::Panic, Duration::ZERO);
            shell.panicked(known).await;
            Action::requeue(AFTER_PANIC)
        }
    })
}

/// Ends with the first SIGTERM or SIGINT.
async fn signal() {
    use tokio::signal::unix::{SignalKind, signal};
    let (Ok(mut terminate), Ok(mut interrupt)) = (signal(SignalKind::terminate()), signal(SignalKind::interrupt())) else {
        return std::future::pending().await;
    };
    tokio::select! {
        _ = terminate.recv() => {}
        _ = interrupt.recv() => {}
    }
}

/// The name of the pod in a cluster.
fn host_name() -> String {
    #[expect(clippy::disallowed_methods, reason = "the kernel says the name of the host in a file")]
    let name = std::fs::read_to_string("/proc/sys/kernel/hostname").unwrap_or_default();
    let name = name.trim();
    if name.is_empty() { Ipv4Addr::LOCALHOST.to_string() } else { name.to_owned() }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_stack_that_can_not_be_read_does_not_keep_others_from_being_seen() {
        let read = |spec: serde_json::Value| {
            let object = json!({ "apiVersion": "windlass.dev/v1alpha1", "kind": "Stack", "metadata": { "name": "a" }, "spec": spec });
            readable(Ok(Event::InitApply(serde_json::from_value(object).unwrap())))
        };
        assert!(matches!(read(json!({ "serviceAccountName": "deployer", "compose": "" })), Some(Ok(Event::InitApply(_)))));
        assert!(read(json!({ "serviceAccountName": ["no", "text"] })).is_none());
        assert!(matches!(readable(Ok(Event::InitDone)), Some(Ok(Event::InitDone))));
    }
}
