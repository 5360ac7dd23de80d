//! The watches beside that of Stacks: objects that carry a Stack's label, the ConfigMaps and Secrets that Stacks read, the accounts that
//! they may use, and policies. Objects are not kept; what a look needs of them goes to the caches.

use std::collections::BTreeSet;
use std::sync::{Arc, PoisonError};
use std::time::{Duration, Instant};

use anyhow::Context as _;
use futures::StreamExt as _;
use futures::channel::mpsc::UnboundedSender;
use futures::future::join_all;
use kube::core::{ApiResource, PartialObjectMeta};
use kube::runtime::WatchStreamExt as _;
use kube::runtime::utils::Backoff;
use kube::runtime::watcher::{self, Config, Event, watcher};
use kube::{Api, Client, ResourceExt as _};
use serde::de::DeserializeOwned;
use tokio::sync::oneshot;
use windlass_crd::v1alpha1::StackPolicy;
use windlass_crd::{ACCOUNT_ANNOTATION, ALLOWED, STACK_LABEL};
use windlass_k8s::{Kind, ObjectRef};

use super::{LONGEST_WAIT, Waker};
use crate::api::resource;
use crate::args::RunArgs;
use crate::metrics::Metrics;
use crate::reconcile::Shell;
use crate::reconcile::observe::{Facts, Light, StackKey, stack_of};

/// Kinds whose health is their own status: they are watched whole. Of the others only the metadata is.
const WITH_STATUS: [Kind; 6] =
    [Kind::Deployment, Kind::StatefulSet, Kind::DaemonSet, Kind::Job, Kind::PersistentVolumeClaim, Kind::Service];

/// Kinds that a conversion may give and every cluster has.
const METADATA: [Kind; 10] = [
    Kind::ServiceAccount,
    Kind::Role,
    Kind::RoleBinding,
    Kind::NetworkPolicy,
    Kind::ConfigMap,
    Kind::Secret,
    Kind::CronJob,
    Kind::PodDisruptionBudget,
    Kind::HorizontalPodAutoscaler,
    Kind::Ingress,
];

/// Starts all watches and waits until each has its first list.
pub(super) async fn start(
    client: &Client,
    args: &RunArgs,
    shell: &Arc<Shell>,
    waker: &Waker,
    everybody: &UnboundedSender<()>,
) -> anyhow::Result<()> {
    let mut first_lists = Vec::new();
    for kind in WITH_STATUS {
        let api: Api<Light> = api(client, args, kind);
        first_lists.push(spawn(kind, api, labelled(), shell, waker, |light| light));
    }
    let mut metadata: Vec<Kind> = METADATA.into_iter().filter(|kind| shell.is_watched(*kind)).collect();
    if has_routes(client).await {
        metadata.push(Kind::HttpRoute);
    }
    for kind in metadata {
        // Those that Stacks read or act as carry no label of ours.
        let all = matches!(kind, Kind::ConfigMap | Kind::Secret | Kind::ServiceAccount);
        // Whoever made them may have written large annotations.
        let config = if all { config().page_size(PAGE_OF_OTHERS) } else { labelled() };
        let api: Api<PartialObjectMeta<Light>> = api(client, args, kind);
        let light = |partial: PartialObjectMeta<Light>| Light::of_metadata(partial.metadata);
        first_lists.push(spawn(kind, api, config, shell, waker, light));
    }
    if !args.no_policies {
        first_lists.push(policies(Api::all(client.clone()), shell, everybody));
    }
    first_lists.push(super::pods::start(client, args, shell, waker));
    for listed in join_all(first_lists).await {
        listed.context("a watch ended")?;
    }
    Ok(())
}

fn labelled() -> Config {
    config().labels(STACK_LABEL)
}

/// Objects of a page of a list: each is read whole before the little that is kept of it is taken.
const PAGE: u32 = 100;

/// The same where most objects are not ours.
const PAGE_OF_OTHERS: u32 = 25;

/// How everything is watched.
pub(super) fn config() -> Config {
    Config::default().page_size(PAGE)
}

fn api<K>(client: &Client, args: &RunArgs, kind: Kind) -> Api<K>
where
    K: kube::Resource<DynamicType = ApiResource, Scope = kube::core::DynamicResourceScope>,
{
    match &args.watch_namespace {
        Some(namespace) => Api::namespaced_with(client.clone(), namespace, &resource(kind)),
        None => Api::all_with(client.clone(), &resource(kind)),
    }
}

/// Whether the cluster has the Gateway API; waits until the API server says so.
async fn has_routes(client: &Client) -> bool {
    let mut waits = Patience::default();
    loop {
        let path = axum::http::Request::get(format!("/apis/{}", Kind::HttpRoute.api_version())).body(Vec::new());
        let Ok(request) = path else { return false };
        match tokio::time::timeout(LONGEST_WAIT, client.request::<serde_json::Value>(request)).await {
            Ok(Ok(_)) => return true,
            Ok(Err(kube::Error::Api(status))) if matches!(status.code, 403 | 404) => return false,
            answer => tracing::warn!(?answer, "the API server does not say which kinds it has"),
        }
        tokio::time::sleep(waits.next().unwrap_or(LONGEST_WAIT)).await;
    }
}

/// The times between tries of a watch: half a second, doubled each time, up to [`LONGEST_WAIT`]. Between replicas chance is in what they
/// wait for, not in this.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Patience {
    tries: u32,
}

impl Iterator for Patience {
    type Item = Duration;

    fn next(&mut self) -> Option<Duration> {
        let time = Duration::from_millis(500).saturating_mul(1 << self.tries.min(4));
        self.tries += 1;
        Some(time.min(LONGEST_WAIT))
    }
}

impl Backoff for Patience {
    fn reset(&mut self) {
        self.tries = 0;
    }
}

/// Tells of a watch that fails: the first time in a row aloud, since what waits for it waits in silence otherwise.
#[derive(Debug, Default)]
pub(super) struct Trouble {
    is_told: bool,
}

impl Trouble {
    /// It failed, and begins anew by itself.
    pub(super) fn failed(&mut self, kind: &str, error: &watcher::Error, metrics: &Metrics) {
        metrics.watch_failed(kind);
        if std::mem::replace(&mut self.is_told, true) {
            tracing::debug!(%error, kind, "the watch fails still");
        } else {
            tracing::warn!(%error, kind, "a watch fails, and is tried again");
        }
    }

    /// Whether an event shows that it is over: a list that is begun does not.
    pub(super) fn heard<K>(&mut self, event: &Event<K>) {
        if !matches!(event, Event::Init) {
            self.is_told = false;
        }
    }
}

/// Watches a kind; the receiver hears of the first full list.
fn spawn<K>(kind: Kind, api: Api<K>, config: Config, shell: &Arc<Shell>, waker: &Waker, light: fn(K) -> Light) -> oneshot::Receiver<()>
where
    K: kube::Resource<DynamicType = ApiResource> + Clone + std::fmt::Debug + DeserializeOwned + Send + 'static,
{
    let (listed, first_list) = oneshot::channel();
    let watch = Watch { kind, shell: Arc::clone(shell), waker: waker.clone() };
    tokio::spawn(async move {
        let mut listed = Some(listed);
        let mut list: BTreeSet<(StackKey, ObjectRef)> = BTreeSet::new();
        let mut accounts = BTreeSet::new();
        let mut begun = Instant::now();
        let mut trouble = Trouble::default();
        let mut events = watcher(api, config).backoff(Patience::default()).boxed();
        while let Some(event) = events.next().await {
            event.iter().for_each(|event| trouble.heard(event));
            match event {
                Ok(Event::Init) => {
                    list.clear();
                    accounts.clear();
                    begun = Instant::now();
                }
                Ok(Event::InitApply(object)) => {
                    let object = light(object);
                    list.extend(watch.applied(&object));
                    accounts.extend(watch.account(&object));
                }
                Ok(Event::InitDone) => {
                    for stack in watch.shell.cache.relisted(kind, &list, begun) {
                        watch.waker.wake(&stack);
                    }
                    watch.accounts(std::mem::take(&mut accounts));
                    if let Some(listed) = listed.take() {
                        // Who waited may have given up.
                        let _ = listed.send(());
                    }
                }
                Ok(Event::Apply(object)) => {
                    let object = light(object);
                    watch.applied(&object);
                    watch.account_changed(&object, watch.account(&object).is_some());
                }
                Ok(Event::Delete(object)) => {
                    let object = light(object);
                    watch.deleted(&object);
                    watch.account_changed(&object, false);
                }
                Err(error) => trouble.failed(kind.as_str(), &error, &watch.shell.metrics),
            }
        }
    });
    first_list
}

struct Watch {
    kind: Kind,
    shell: Arc<Shell>,
    waker: Waker,
}

impl Watch {
    fn object(&self, object: &Light) -> ObjectRef {
        ObjectRef::new(self.kind, object.name_any())
    }

    /// Notes an object, and gives its Stack when it has one.
    fn applied(&self, object: &Light) -> Option<(StackKey, ObjectRef)> {
        self.read(object);
        let stack = stack_of(&object.metadata)?;
        let reference = self.object(object);
        if self.shell.cache.heard(&stack, reference.clone(), Facts::of(self.kind, object)) {
            self.waker.wake(&stack);
        }
        Some((stack, reference))
    }

    fn deleted(&self, object: &Light) {
        self.read(object);
        let Some(stack) = stack_of(&object.metadata) else { return };
        self.shell.cache.gone_as(&stack, &self.object(object), object.metadata.uid.as_deref().unwrap_or_default());
        self.waker.wake(&stack);
    }

    /// Wakes the Stacks that read an object.
    fn read(&self, object: &Light) {
        if !matches!(self.kind, Kind::ConfigMap | Kind::Secret) {
            return;
        }
        let namespace = object.metadata.namespace.clone().unwrap_or_default();
        let readers = self.shell.readers.lock().unwrap_or_else(PoisonError::into_inner).get(&(namespace, self.object(object))).cloned();
        for stack in readers.into_iter().flatten() {
            self.shell.stale.lock().unwrap_or_else(PoisonError::into_inner).insert(stack.clone());
            self.waker.wake(&stack);
        }
    }

    /// The account, if Stacks may name it.
    fn account(&self, object: &Light) -> Option<(String, String)> {
        if self.kind != Kind::ServiceAccount {
            return None;
        }
        let annotation = object.metadata.annotations.as_ref()?.get(ACCOUNT_ANNOTATION)?;
        (annotation == ALLOWED).then(|| (object.metadata.namespace.clone().unwrap_or_default(), object.name_any()))
    }

    fn account_changed(&self, object: &Light, is_allowed: bool) {
        if self.kind != Kind::ServiceAccount {
            return;
        }
        let account = (object.metadata.namespace.clone().unwrap_or_default(), object.name_any());
        let mut accounts = self.shell.accounts.lock().unwrap_or_else(PoisonError::into_inner);
        let changed = if is_allowed { accounts.insert(account.clone()) } else { accounts.remove(&account) };
        drop(accounts);
        if changed {
            self.shell.wake_namespace(&account.0, &|stack| self.waker.wake(stack));
        }
    }

    fn accounts(&self, allowed: BTreeSet<(String, String)>) {
        if self.kind != Kind::ServiceAccount {
            return;
        }
        let before = std::mem::replace(&mut *self.shell.accounts.lock().unwrap_or_else(PoisonError::into_inner), allowed.clone());
        for (namespace, _) in before.symmetric_difference(&allowed) {
            self.shell.wake_namespace(namespace, &|stack| self.waker.wake(stack));
        }
    }
}

/// Watches policies; a change has every Stack looked at.
fn policies(api: Api<StackPolicy>, shell: &Arc<Shell>, everybody: &UnboundedSender<()>) -> oneshot::Receiver<()> {
    let (listed, first_list) = oneshot::channel();
    let (shell, everybody) = (Arc::clone(shell), everybody.clone());
    tokio::spawn(async move {
        let mut listed = Some(listed);
        let mut all = std::collections::BTreeMap::new();
        let mut trouble = Trouble::default();
        let mut events = watcher(api, config()).backoff(Patience::default()).boxed();
        while let Some(event) = events.next().await {
            event.iter().for_each(|event| trouble.heard(event));
            match event {
                Ok(Event::Init) => all.clear(),
                Ok(Event::InitApply(policy)) => {
                    all.insert(policy.name_any(), policy.spec);
                    continue;
                }
                Ok(Event::Apply(policy)) => drop(all.insert(policy.name_any(), policy.spec)),
                Ok(Event::Delete(policy)) => drop(all.remove(&policy.name_any())),
                Ok(Event::InitDone) => {
                    if let Some(listed) = listed.take() {
                        // Who waited may have given up.
                        let _ = listed.send(());
                    }
                }
                Err(error) => {
                    trouble.failed("StackPolicy", &error, &shell.metrics);
                    continue;
                }
            }
            let mut known = shell.policies.lock().unwrap_or_else(PoisonError::into_inner);
            if **known != all {
                *known = Arc::new(all.clone());
                let _ = everybody.unbounded_send(());
            }
        }
    });
    first_list
}
