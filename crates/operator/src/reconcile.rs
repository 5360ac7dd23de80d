//! One look at one Stack. Everything between `dereference` and `apply` is pure.

pub mod apply;
pub mod build;
pub mod dereference;
pub mod gate;
pub mod load;
mod memo;
pub mod observe;
pub mod status;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};
use std::time::{Duration, Instant};

use k8s_openapi::jiff::Timestamp;
use kube::runtime::reflector;
use tokio::sync::Semaphore;
use windlass_convert::KubeVersion;
use windlass_crd::RECONCILE_ANNOTATION;
use windlass_crd::v1alpha1::{Mode, Stack, StackPolicySpec, StackStatus};
use windlass_k8s::{Kind, ObjectRef};

use crate::api::{Account, Api, Error, Identity};
use crate::events::Events;
use crate::metrics::Metrics;
use crate::step::{Action, Input, Settings, Wanted, audited, step};
use crate::threads::Threads;
use apply::Hands;
use dereference::{Missing, dereference};
pub use memo::Memo;
use memo::{Built, Rendering, Renderings};
use observe::{Cache, StackKey};

/// How often a look goes round before it lets others look: each round does what the one before made possible.
const ROUNDS: usize = 24;

/// Looks in a row that fail before a Stack says so: some seconds.
const TOLD_AFTER: u32 = 5;
/// Specs that are rendered at once: each takes a processor, and one that never ends must leave some to others.
const RENDERINGS: usize = 2;

/// What all looks share.
pub struct Shell {
    /// The API server.
    pub api: Api,
    /// What is in the cluster.
    pub cache: Cache,
    /// ServiceAccounts that Stacks may name, by namespace and name.
    pub accounts: Mutex<BTreeSet<(String, String)>>,
    /// Every `StackPolicy`, by name.
    pub policies: Mutex<Arc<BTreeMap<String, StackPolicySpec>>>,
    /// The Stacks as the watch has them.
    pub stacks: OnceLock<reflector::Store<Stack>>,
    /// Which Stacks read an object of a namespace.
    pub readers: Mutex<BTreeMap<(String, ObjectRef), BTreeSet<StackKey>>>,
    /// Stacks whose sources changed since they were read.
    pub stale: Mutex<BTreeSet<StackKey>>,
    /// What is remembered between looks. A Stack's is taken out while it is looked at, which two never do at once.
    memos: Mutex<BTreeMap<StackKey, Memo>>,
    /// Where Stacks are rendered.
    pub threads: Arc<Threads>,
    /// Turns to render.
    turns: Arc<Semaphore>,
    /// Which of them still have what their spec renders to.
    renderings: Mutex<Renderings>,
    /// Writes events.
    pub events: Events,
    /// Counts.
    pub metrics: Arc<Metrics>,
    /// Oldest Kubernetes that must accept the objects.
    pub kube_version: KubeVersion,
    /// Whether Secrets are watched.
    pub watch_secrets: bool,
    /// How often they are read otherwise.
    pub secret_interval: Duration,
    /// How often a Stack is looked at without a reason.
    pub resync_interval: Duration,
    /// How long one look may take.
    pub look_limit: Duration,
    /// Stacks that are not known to be ready.
    not_ready: Mutex<BTreeSet<StackKey>>,
}

/// What a look ended with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Next {
    /// Something else will wake it.
    Wait,
    /// It is to be looked at again after this time at the latest.
    After(Duration),
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// What a shell is made of.
pub struct Parts {
    /// The API server.
    pub api: Api,
    /// Writes events.
    pub events: Events,
    /// Counts.
    pub metrics: Arc<Metrics>,
}

impl Shell {
    /// A shell that knows nothing yet.
    pub fn new(parts: Parts, args: &crate::args::RunArgs) -> Self {
        Self {
            api: parts.api,
            cache: Cache::default(),
            accounts: Mutex::default(),
            policies: Mutex::default(),
            stacks: OnceLock::new(),
            readers: Mutex::default(),
            stale: Mutex::default(),
            memos: Mutex::default(),
            threads: Arc::default(),
            turns: Arc::new(Semaphore::new(RENDERINGS)),
            renderings: Mutex::default(),
            events: parts.events,
            metrics: parts.metrics,
            kube_version: args.kube_version,
            watch_secrets: args.watch_secrets,
            secret_interval: Duration::from_secs(args.secret_interval),
            resync_interval: Duration::from_secs(args.resync_interval),
            look_limit: Duration::from_secs(args.look_limit),
            not_ready: Mutex::default(),
        }
    }

    /// Whether a watch tells of objects of this kind.
    pub fn is_watched(&self, kind: Kind) -> bool {
        kind != Kind::Secret || self.watch_secrets
    }

    /// Forgets a Stack that is gone.
    pub fn forget(&self, key: &StackKey) {
        lock(&self.memos).remove(key);
        lock(&self.renderings).forget(key);
        lock(&self.stale).remove(key);
        self.set_ready(key, true);
        for readers in lock(&self.readers).values_mut() {
            readers.remove(key);
        }
    }

    /// Counts a Stack by what it says of itself; one that says nothing yet is not ready.
    pub fn count_ready(&self, stack: &Stack) {
        let is_ready = stack.status.as_ref().is_some_and(status::is_ready);
        self.set_ready(&key_of(stack), is_ready);
    }

    /// Counts the Stacks that are not ready; one that is gone is no longer waited for.
    fn set_ready(&self, key: &StackKey, is_ready: bool) {
        let mut not_ready = lock(&self.not_ready);
        if is_ready {
            not_ready.remove(key)
        } else {
            not_ready.insert(key.clone())
        };
        self.metrics.stacks_not_ready.set(i64::try_from(not_ready.len()).unwrap_or(i64::MAX));
    }

    /// Calls `wake` for every Stack of a namespace that was looked at before.
    pub fn wake_namespace(&self, namespace: &str, wake: &dyn Fn(&StackKey)) {
        for key in lock(&self.memos).keys().filter(|(other, _)| other == namespace) {
            wake(key);
        }
    }

    /// Looks at a Stack. An error is counted and tried again later, so there is none.
    pub async fn look(&self, stack: Arc<Stack>) -> Next {
        let start = Instant::now();
        let key = key_of(&stack);
        let mut memo = lock(&self.memos).remove(&key).unwrap_or_default();
        let uid = stack.metadata.uid.as_deref().unwrap_or_default();
        if memo.uid() != uid {
            memo = Memo::of(uid);
            // No watch tells what became of those of an earlier Stack of this name.
            self.cache.unlearn(&key, |kind| !self.is_watched(kind));
        }
        let result = if self.api.leads() {
            let look = Look { shell: self, key: &key };
            // What was done is written down in the cluster, so the next look goes on from there.
            let taken = tokio::time::timeout(self.look_limit, look.take(stack, &mut memo)).await;
            taken.unwrap_or_else(|_| Err(Error::Later(format!("not done within {} s", self.look_limit.as_secs()))))
        } else {
            Ok(Next::Wait)
        };
        // Whoever gets further, if slowly, is not made to wait longer and longer.
        if std::mem::take(&mut memo.has_advanced) || result.is_ok() {
            memo.failures = 0;
        }
        let next = match result {
            Ok(next) => {
                self.metrics.reconciled(crate::metrics::Outcome::Done, start.elapsed());
                next
            }
            // The watch will tell what changed, or who leads.
            Err(Error::NotLeading) => Next::Wait,
            Err(error) => {
                memo.failures += 1;
                let wait = backoff(memo.failures, &key);
                let wait = if let Error::Busy(_, asked) = error { wait.max(asked) } else { wait };
                tracing::warn!(namespace = key.0, stack = key.1, %error, seconds = wait.as_secs_f64(), "tried again");
                self.metrics.reconciled(crate::metrics::Outcome::Error, start.elapsed());
                // Who asks for patience is not failing.
                if memo.failures >= TOLD_AFTER && !matches!(error, Error::Busy(..)) {
                    memo.publish_failure(&error.to_string(), self, &key).await;
                }
                Next::After(wait)
            }
        };
        let words = std::mem::take(&mut memo.words);
        if let Some(stack) = memo.latest.clone() {
            for word in words {
                self.events.tell(&stack, word, &mut memo.allowance);
            }
        }
        memo.rest();
        let rendering = memo.size().map(|size| lock(&self.renderings).used(&key, size));
        let mut memos = lock(&self.memos);
        memos.insert(key.clone(), memo);
        for unused in rendering.into_iter().flatten() {
            if let Some(memo) = memos.get_mut(&unused) {
                memo.forget_rendering();
            }
        }
        drop(memos);
        self.caught_up(&key);
        next
    }

    /// A look panicked, and what it knew is lost: the Stack says so, and runs as it did.
    pub async fn panicked(&self, stack: Arc<Stack>) {
        let key = key_of(&stack);
        let mut memo = Memo::of(stack.metadata.uid.as_deref().unwrap_or_default());
        memo.newest(stack);
        memo.publish_failure("the operator panicked over this Stack: its log says where", self, &key).await;
    }

    /// Keeps a Stack once where the watch has what the last answer had.
    pub fn caught_up(&self, key: &StackKey) {
        let reference = reflector::ObjectRef::new(&key.1).within(&key.0);
        let Some(stack) = self.stacks.get().and_then(|stacks| stacks.get(&reference)) else { return };
        if let Some(memo) = lock(&self.memos).get_mut(key) {
            memo.share(&stack);
        }
    }
}

/// Half a second, doubled each time, up to ten seconds; a fifth longer or shorter, so that Stacks that failed together are not tried
/// together. Not longer, since no watch tells when a server no longer fails.
fn backoff(failures: u32, key: &StackKey) -> Duration {
    let time = Duration::from_millis(500).saturating_mul(1 << failures.saturating_sub(1).min(5));
    status::spread(time.min(Duration::from_secs(10)), key)
}

/// The namespace and name of a Stack.
pub fn key_of(stack: &Stack) -> StackKey {
    (stack.metadata.namespace.clone().unwrap_or_default(), stack.metadata.name.clone().unwrap_or_default())
}

/// What can be said without rendering anything.
struct Stopper {
    reason: &'static str,
    message: String,
    is_final: bool,
}

struct Look<'a> {
    shell: &'a Shell,
    key: &'a StackKey,
}

impl Look<'_> {
    async fn take(&self, stack: Arc<Stack>, memo: &mut Memo) -> Result<Next, Error> {
        let stack = match memo.newest(stack) {
            Some(stack) => stack,
            // The watch is behind what it had told already.
            None => {
                match self.shell.api.get::<Stack>(&Identity::Operator, &crate::api::path(&apply::stack_ref(self.key), &self.key.0)).await? {
                    Some(stack) => memo.found(status::lean(stack)),
                    None => return Ok(Next::Wait),
                }
            }
        };
        let is_leaving = stack.metadata.deletion_timestamp.is_some();
        let account = self.account(&stack);
        let mut stopper = account.as_ref().err().cloned().map(|message| Stopper { reason: "AccountNotAllowed", message, is_final: true });
        let identity = account.ok().map(Identity::Account);
        if let Some(identity) = &identity
            && !stack.spec.suspend
        {
            match self.build(&stack, identity, memo).await? {
                Ok(()) => {}
                // What can't be read any more need not be read to stop.
                Err(missing) if !is_leaving => {
                    stopper = Some(Stopper { reason: missing.reason, message: missing.message, is_final: false });
                }
                Err(_) => {}
            }
            self.look_at_secrets(&stack, identity, memo).await?;
        }
        let built = memo.built.clone();
        let desired = built.as_ref().and_then(|built| match &built.outcome {
            Rendering::Objects { desired, .. } => Some(desired),
            Rendering::Invalid(_) => None,
        });
        let mut status = memo.starting_status();
        if let (None, Some(built)) = (&stopper, &built) {
            stopper = match &built.outcome {
                Rendering::Invalid(message) => Some(Stopper { reason: "Invalid", message: message.clone(), is_final: true }),
                Rendering::Objects { desired, audit, refusal } => {
                    status.audit.clone_from(audit);
                    let generation = stack.metadata.generation.unwrap_or_default();
                    audited(&mut status, generation, Timestamp::now(), audit.is_some(), refusal.as_deref());
                    // What runs already goes on, whatever the audit says of it by now.
                    let is_new = status.revision.as_ref() != Some(&desired.revision);
                    let refusal = refusal.as_ref().filter(|_| is_new);
                    refusal.map(|message| Stopper { reason: "AuditRefused", message: message.clone(), is_final: true })
                }
            };
        }
        let uid = memo.uid().to_owned();
        let hands = Hands { shell: self.shell, key: self.key, uid: &uid, account: identity.as_ref(), desired };
        if stack.spec.mode == Mode::DryRun
            && !is_leaving
            && stopper.is_none()
            && let Some(desired) = desired
        {
            let message = match &memo.dry_run {
                Some((revision, message)) if *revision == desired.revision => message.clone(),
                _ => apply::dry_run(&hands, desired).await?,
            };
            memo.dry_run = Some((desired.revision.clone(), message.clone()));
            stopper = Some(Stopper { reason: "DryRun", message, is_final: true });
        }
        let wanted = match (&stopper, desired) {
            _ if is_leaving => Wanted::Stop { order: desired, may_write: identity.is_some() },
            _ if stack.spec.suspend => Wanted::Suspended,
            (Some(stopper), _) => Wanted::Nothing {
                reason: stopper.reason,
                message: &stopper.message,
                is_final: stopper.is_final,
                is_kept: identity.is_some() && stack.spec.mode == Mode::Apply,
            },
            (None, Some(desired)) => Wanted::Objects(desired),
            // Only a Stack without an account has nothing rendered, and that has a stopper.
            (None, None) => return Ok(Next::Wait),
        };
        self.go_round(&stack, wanted, &hands, status, memo).await
    }

    /// Steps until there is nothing to do now.
    async fn go_round(
        &self,
        stack: &Stack,
        wanted: Wanted<'_>,
        hands: &Hands<'_>,
        mut status: StackStatus,
        memo: &mut Memo,
    ) -> Result<Next, Error> {
        status.last_handled_reconcile_at = reconcile_at(stack).or(status.last_handled_reconcile_at);
        for _ in 0..ROUNDS {
            memo.publication.as_told(&mut status);
            let observed = self.shell.cache.view(self.key, memo.uid());
            let latest = memo.latest.clone();
            let finalizers = latest.iter().flat_map(|stack| stack.metadata.finalizers.iter().flatten());
            let input = Input {
                generation: stack.metadata.generation.unwrap_or_default(),
                wanted,
                settings: settings(stack),
                has_finalizer: finalizers.clone().any(|finalizer| finalizer == windlass_crd::FINALIZER),
                observed: &observed,
                problems: &memo.problems.clone(),
                unstuck: &memo.unstuck.clone(),
                status: &status,
                now: Timestamp::now(),
            };
            // `kubectl delete --cascade=orphan`: the garbage collector takes the owner off every object, which then stays.
            let stays = finalizers.clone().any(|finalizer| finalizer == "orphan");
            if stays && input.has_finalizer {
                return hands.perform(&Action::Release, &status, memo).await.map(|()| Next::Wait);
            }
            if matches!(wanted, Wanted::Stop { .. }) && !input.has_finalizer {
                // It is the garbage collector's now.
                return Ok(Next::Wait);
            }
            let next = step(&input);
            status = next.status;
            if next.actions.is_empty() {
                memo.current = Some(Box::new(status.clone()));
                let wake = next.wake_at.map(until);
                return memo.publish(status, self.shell, self.key, wake, next.write_first).await;
            }
            let (saves, others): (Vec<_>, Vec<_>) = next.actions.iter().partition(|action| matches!(action, Action::Save(_)));
            for action in saves {
                hands.perform(action, &status, memo).await?;
            }
            memo.current = Some(Box::new(status.clone()));
            if next.write_first {
                memo.publish_now(status.clone(), self.shell, self.key).await?;
            }
            for action in others {
                hands.perform(action, &status, memo).await?;
            }
            if memo.latest.is_none() {
                return Ok(Next::Wait);
            }
        }
        Ok(Next::After(Duration::from_secs(1)))
    }

    /// The account of a Stack, if who may edit it lent it to Stacks.
    fn account(&self, stack: &Stack) -> Result<Account, String> {
        let name = &stack.spec.service_account_name;
        let Some(account) = Account::new(&self.key.0, name) else { return Err(format!("`{name}` is no name of a ServiceAccount")) };
        if lock(&self.shell.accounts).contains(&(self.key.0.clone(), name.clone())) {
            return Ok(account);
        }
        let annotation = windlass_crd::ACCOUNT_ANNOTATION;
        Err(format!("ServiceAccount `{name}` is not there or has not the annotation `{annotation}: {}`", windlass_crd::ALLOWED))
    }

    /// Renders the spec, unless neither it nor its sources changed.
    async fn build(&self, stack: &Arc<Stack>, identity: &Identity, memo: &mut Memo) -> Result<Result<(), Missing>, Error> {
        let generation = stack.metadata.generation.unwrap_or_default();
        let reconcile_at = reconcile_at(stack);
        let references = dereference::references(&stack.spec);
        self.reads(&references);
        let is_stale = lock(&self.shell.stale).remove(self.key);
        let is_fresh = memo.built.as_ref().is_some_and(|built| built.generation == generation && built.reconcile_at == reconcile_at);
        let reads_secrets = references.iter().any(|object| !self.shell.is_watched(object.kind));
        let is_due = reads_secrets && memo.secrets_read.is_none_or(|read| read.elapsed() >= self.shell.secret_interval);
        let day = gate::today();
        let policies = Arc::clone(&lock(&self.shell.policies));
        let is_fresh = is_fresh && memo.built.as_ref().is_some_and(|built| built.day == day && built.policies == policies);
        if is_fresh && !is_stale && !is_due {
            return Ok(Ok(()));
        }
        let sources = match dereference(stack, identity, &self.shell.api).await {
            Ok(Ok(sources)) => sources,
            Ok(Err(missing)) => return Ok(Err(missing)),
            Err(error) => {
                lock(&self.shell.stale).insert(self.key.clone());
                return Err(error);
            }
        };
        if is_fresh && memo.built.as_ref().is_some_and(|built| built.sources == sources) {
            return Ok(Ok(()));
        }
        let stack = Arc::clone(stack);
        let kube_version = self.shell.kube_version;
        let turn = Arc::clone(&self.shell.turns).acquire_owned().await.map_err(|error| Error::Later(error.to_string()))?;
        // Rendering takes time on the processor, so it stands in nobody's way.
        let built = self.shell.threads.run(turn, move || {
            let outcome = rendering(&stack, sources.clone(), kube_version, &policies, &day);
            Built { generation, reconcile_at, sources, policies, day, outcome }
        });
        let built = built.await.map_err(|error| Error::Later(error.to_string()))?;
        if matches!(built.outcome, Rendering::Objects { refusal: Some(_), .. }) {
            self.shell.metrics.audit_refusals.inc();
        }
        memo.built = Some(Arc::new(built));
        Ok(Ok(()))
    }

    /// Writes down who is to be told when an object changes.
    fn reads(&self, references: &[ObjectRef]) {
        let mut readers = lock(&self.shell.readers);
        for object in references {
            readers.entry((self.key.0.clone(), object.clone())).or_default().insert(self.key.clone());
        }
    }

    /// Where Secrets are not watched, those that the Stack made are read now and then, and before they are first decided on.
    async fn look_at_secrets(&self, stack: &Stack, identity: &Identity, memo: &mut Memo) -> Result<(), Error> {
        if self.shell.watch_secrets || memo.secrets_read.is_some_and(|read| read.elapsed() < self.shell.secret_interval) {
            return Ok(());
        }
        let named = stack.status.iter().flat_map(|status| &status.inventory).filter(|entry| entry.kind == Kind::Secret.as_str());
        for entry in named {
            let object = ObjectRef::new(Kind::Secret, entry.name.as_str());
            match self.shell.api.get::<observe::Light>(identity, &crate::api::path(&object, &self.key.0)).await {
                Ok(Some(light)) => drop(self.shell.cache.heard(self.key, object.clone(), observe::Facts::of(Kind::Secret, &light))),
                Ok(None) => self.shell.cache.gone(self.key, &object),
                Err(Error::Refused { .. }) => {}
                Err(error) => return Err(error),
            }
        }
        memo.secrets_read = Some(Instant::now());
        Ok(())
    }
}

/// The time from now.
fn until(time: Timestamp) -> Duration {
    Duration::try_from(time.duration_since(Timestamp::now())).unwrap_or_default() + Duration::from_millis(20)
}

fn reconcile_at(stack: &Stack) -> Option<String> {
    stack.metadata.annotations.as_ref()?.get(RECONCILE_ANNOTATION).cloned()
}

fn settings(stack: &Stack) -> Settings {
    let rollout = &stack.spec.rollout;
    Settings {
        order: rollout.order,
        deadline: rollout.progress_deadline_seconds.map(i64::from),
        on_failure: rollout.on_failure,
        history: usize::try_from(rollout.history_limit).unwrap_or_default(),
        on_delete: stack.spec.volumes.on_delete,
    }
}

/// The pure part: text in, objects or what is wrong with the text out.
fn rendering(
    stack: &Stack,
    sources: load::Sources,
    kube_version: KubeVersion,
    policies: &BTreeMap<String, StackPolicySpec>,
    day: &str,
) -> Rendering {
    let project = load::load(stack, sources);
    let wrong = status::errors(&project.loaded.diagnostics, &project.loaded.sources);
    if !wrong.is_empty() {
        return Rendering::Invalid(wrong);
    }
    let conversion = build::convert(&project, &build::options(stack, &project, kube_version));
    let wrong = status::errors(&conversion.diagnostics, &project.loaded.sources);
    if !wrong.is_empty() {
        return Rendering::Invalid(wrong);
    }
    if let Some(wrong) = build::too_large(&project, &conversion) {
        return Rendering::Invalid(wrong);
    }
    let desired = build::render(stack, &project, &conversion);
    let verdict = gate::judge(stack, project, &conversion, policies, day);
    Rendering::Objects { desired, audit: gate::status(&verdict), refusal: gate::refusal(&verdict) }
}

#[cfg(test)]
mod tests;
