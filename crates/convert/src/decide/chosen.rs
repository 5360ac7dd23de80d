//! What a project decides about the conversion of a service: its `x-windlass`, and the labels of other tools that mean the
//! same. `x-windlass` wins over labels; a flag, which the steps that use this look at, wins over both.

mod kompose;
mod schedule;

use smol_str::SmolStr;
use windlass_compose::model::{Concurrency, Exec, Expose, Labels, Probe, ProbeCheck, Probes, Service, ServiceSettings, WorkloadKind};
use windlass_k8s::Kind;
use windlass_source::Spanned;
use windlass_yaml::Path;

use super::route::{is_host, is_path};
use crate::options::{Exposure, Security, Wait};

pub(crate) use schedule::cron;

/// A decision and where it is written, beneath its service.
#[derive(Clone, Debug)]
pub(crate) struct Wish<T> {
    pub(crate) value: T,
    pub(crate) at: Path,
}

/// Where a decision is kept.
type Slot<T> = fn(&mut Chosen) -> &mut Option<Wish<T>>;

/// Everything that a service decides about its conversion.
#[derive(Debug, Default)]
pub(crate) struct Chosen {
    pub(crate) kind: Option<Wish<Kind>>,
    pub(crate) schedule: Option<Wish<SmolStr>>,
    /// A label that switches the schedule on.
    pub(crate) schedule_switch: Option<Wish<()>>,
    /// As Kubernetes writes it.
    pub(crate) concurrency: Option<Wish<&'static str>>,
    pub(crate) backoff_limit: Option<Wish<i32>>,
    pub(crate) replicas: Option<Wish<i32>>,
    pub(crate) autoscale: Option<Autoscaling>,
    /// For a container port, or all that are published.
    pub(crate) expose: Vec<(Option<u16>, Wish<Exposure>)>,
    pub(crate) hosts: Vec<Wish<SmolStr>>,
    pub(crate) path: Option<Wish<SmolStr>>,
    pub(crate) tls_secret: Option<Wish<SmolStr>>,
    pub(crate) ingress_class: Option<Wish<SmolStr>>,
    pub(crate) gateway: Option<Wish<SmolStr>>,
    pub(crate) security: Option<Wish<Security>>,
    pub(crate) wait: Option<Wish<Wait>>,
    pub(crate) probes: [Option<ChosenProbe>; 3],
    pub(crate) service_account: Option<Wish<SmolStr>>,
    pub(crate) pull_secrets: Vec<Wish<SmolStr>>,
    pub(crate) pull_policy: Option<Wish<&'static str>>,
    pub(crate) fs_group: Option<Wish<i64>>,
    /// `clusterIP: None`.
    pub(crate) headless: Option<Wish<()>>,
    /// `Local` or `Cluster`, of what is published.
    pub(crate) traffic_policy: Option<Wish<&'static str>>,
    pub(crate) node_port: Option<Wish<i32>>,
    pub(crate) host_ports: Option<Wish<()>>,
    pub(crate) name: Option<Wish<SmolStr>>,
    /// Amounts of ephemeral storage: request, limit.
    pub(crate) ephemeral: [Option<Wish<SmolStr>>; 2],
    pub(crate) init: Option<ChosenInit>,
    /// The path within its named volumes that a service mounts.
    pub(crate) sub_path: Option<Wish<SmolStr>>,
    /// What is so anyway, with a word about how.
    pub(crate) heeded: Vec<(Path, &'static str)>,
    /// Everything that was understood, so that nothing of it is taken for something else.
    understood: Vec<Path>,
    /// What was understood and can't be done, with the reason.
    pub(crate) unusable: Vec<(Path, String)>,
}

/// A HorizontalPodAutoscaler. The paths are those that it follows from.
#[derive(Clone, Debug)]
pub(crate) struct Autoscaling {
    pub(crate) min: i32,
    pub(crate) max: i32,
    /// Percent of the request.
    pub(crate) cpu: Option<i32>,
    pub(crate) memory: Option<i32>,
    /// Each with the field of the spec that it becomes.
    pub(crate) at: Vec<(Path, &'static str)>,
}

/// A probe: none at all, or these differences from what follows from the health check.
#[derive(Clone, Debug)]
pub(crate) enum ChosenProbe {
    Off(Path),
    Check(Box<ProbeWish>),
}

/// Differences of a probe.
#[derive(Clone, Debug, Default)]
pub(crate) struct ProbeWish {
    /// In place of the check.
    pub(crate) asks: Option<Asks>,
    /// Seconds.
    pub(crate) interval: Option<i32>,
    /// Seconds.
    pub(crate) timeout: Option<i32>,
    /// Seconds.
    pub(crate) delay: Option<i32>,
    pub(crate) retries: Option<i32>,
    pub(crate) at: Vec<Path>,
}

/// What a probe asks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Asks {
    /// A path; the service's main port without one.
    Http(SmolStr, Option<u16>),
    Tcp(u16),
    Exec(Vec<SmolStr>),
}

/// An init container of kompose's labels.
#[derive(Clone, Debug, Default)]
pub(crate) struct ChosenInit {
    pub(crate) name: Option<SmolStr>,
    pub(crate) image: Option<SmolStr>,
    pub(crate) command: Vec<SmolStr>,
    pub(crate) at: Vec<Path>,
}

/// The probes in the order of [`Chosen::probes`].
pub(crate) const PROBES: [&str; 3] = ["startup", "readiness", "liveness"];

impl Chosen {
    pub(super) fn of(service: &Service) -> Self {
        let mut chosen = Self::default();
        if let Some(settings) = &service.windlass {
            chosen.settings(settings);
        }
        let deploy = service.deploy.as_ref().map(|deploy| &deploy.labels);
        for (at, labels) in [("labels", Some(&service.labels)), ("deploy.labels", deploy)] {
            if let Some(labels) = labels {
                kompose::read(&mut chosen, &Path::parse(at), labels);
                schedule::read(&mut chosen, &Path::parse(at), labels);
            }
        }
        chosen
    }

    /// True for a path beneath the service that a decision stands at.
    pub(crate) fn is_understood(&self, path: &Path) -> bool {
        self.understood.contains(path)
    }

    /// Everything that was understood.
    pub(crate) fn understood(&self) -> &[Path] {
        &self.understood
    }

    fn wish<T>(&mut self, value: T, at: Path) -> Wish<T> {
        self.understood.push(at.clone());
        Wish { value, at }
    }

    /// A decision that is taken when none was before; a later one has no effect.
    fn set<T>(&mut self, field: Slot<T>, value: T, at: Path) {
        let wish = self.wish(value, at.clone());
        match field(self) {
            slot @ None => *slot = Some(wish),
            Some(_) => self.unusable.push((at, "another setting decides it".to_owned())),
        }
    }

    fn heed(&mut self, at: Path, how: &'static str) {
        self.understood.push(at.clone());
        self.heeded.push((at, how));
    }

    fn refuse(&mut self, at: Path, reason: impl Into<String>) {
        self.understood.push(at.clone());
        self.unusable.push((at, reason.into()));
    }

    fn settings(&mut self, settings: &ServiceSettings) {
        let ServiceSettings {
            kind,
            schedule,
            concurrency,
            replicas,
            autoscale,
            expose,
            domain,
            path,
            tls_secret,
            ingress_class,
            gateway,
            // A service of its own (`expand`).
            migrate: _,
            security,
            wait,
            probes,
            service_account,
            pull_secrets,
            // Room `audit`.
            ignore: _,
            extensions: _,
        } = settings;
        let at = |key: &str| Path::parse("x-windlass").key(key);
        let text = |value: &Spanned<SmolStr>| value.value.clone();
        if let Some(kind) = kind {
            self.set(|chosen| &mut chosen.kind, kind_of(kind.value), at("kind"));
        }
        if let Some(written) = schedule {
            match schedule::cron(written) {
                Some(cron) => self.set(|chosen| &mut chosen.schedule, cron, at("schedule")),
                None => self.refuse(at("schedule"), "it is no cron schedule of five fields, such as `0 3 * * *`"),
            }
        }
        if let Some(concurrency) = concurrency {
            let policy = match concurrency.value {
                Concurrency::Allow => "Allow",
                Concurrency::Forbid => "Forbid",
                Concurrency::Replace => "Replace",
            };
            self.set(|chosen| &mut chosen.concurrency, policy, at("concurrency"));
        }
        if let Some(replicas) = replicas {
            self.set(|chosen| &mut chosen.replicas, i32_of(replicas.value), at("replicas"));
        }
        if let Some(autoscale) = autoscale {
            let own = |key: &str| at("autoscale").key(key);
            let percent = |value: &Option<Spanned<i64>>| value.as_ref().map(|value| i32_of(value.value));
            let written = [
                ("max", "maxReplicas", autoscale.max.is_some()),
                ("min", "minReplicas", autoscale.min.is_some()),
                ("cpu", "metrics", autoscale.cpu.is_some()),
                ("memory", "metrics", autoscale.memory.is_some()),
            ];
            let max = percent(&autoscale.max).unwrap_or(1);
            let wanted = Autoscaling {
                min: percent(&autoscale.min).unwrap_or(1).min(max),
                max,
                cpu: percent(&autoscale.cpu),
                memory: percent(&autoscale.memory),
                at: written.iter().filter(|(.., is_written)| *is_written).map(|(key, field, _)| (own(key), *field)).collect(),
            };
            self.understood.extend(wanted.at.iter().map(|(path, _)| path.clone()));
            self.autoscale = Some(wanted);
        }
        match expose.as_ref().map(|expose| &expose.value) {
            None => {}
            Some(Expose::All(how)) => {
                let wish = self.wish((*how).into(), at("expose"));
                self.expose.push((None, wish));
            }
            Some(Expose::Ports(ports)) => {
                for (port, how) in ports {
                    let wish = self.wish((*how).into(), at("expose").key(&port.value));
                    self.expose.push((port.parse().ok(), wish));
                }
            }
        }
        for host in domain {
            if is_host(host) {
                let wish = self.wish(text(host), at("domain"));
                self.hosts.push(wish);
            } else {
                self.refuse(at("domain"), format!("`{}` is no host name in lower case", host.value));
            }
        }
        for secret in pull_secrets {
            let wish = self.wish(text(secret), at("pull_secrets"));
            self.pull_secrets.push(wish);
        }
        if path.as_ref().is_some_and(|path| !is_path(path)) {
            self.refuse(at("path"), "a path begins with `/`, and has neither `..` nor a query");
        }
        let mut set_text = |key, value: Option<&Spanned<SmolStr>>, field: Slot<SmolStr>| {
            if let Some(value) = value {
                self.set(field, text(value), at(key));
            }
        };
        set_text("path", path.as_ref().filter(|path| is_path(path)), |chosen| &mut chosen.path);
        set_text("tls_secret", tls_secret.as_ref(), |chosen| &mut chosen.tls_secret);
        set_text("ingress_class", ingress_class.as_ref(), |chosen| &mut chosen.ingress_class);
        set_text("gateway", gateway.as_ref(), |chosen| &mut chosen.gateway);
        set_text("service_account", service_account.as_ref(), |chosen| &mut chosen.service_account);
        if let Some(security) = security {
            self.set(|chosen| &mut chosen.security, security.value.into(), at("security"));
        }
        if let Some(wait) = wait {
            self.set(|chosen| &mut chosen.wait, wait.value.into(), at("wait"));
        }
        match probes.as_ref().map(|probes| &probes.value) {
            None => {}
            Some(Probes::Off) => {
                self.understood.push(at("probes"));
                self.probes = std::array::from_fn(|_| Some(ChosenProbe::Off(at("probes"))));
            }
            Some(Probes::Some(written)) => {
                let each = [&written.startup, &written.readiness, &written.liveness];
                for ((slot, key), probe) in self.probes.iter_mut().zip(PROBES).zip(each) {
                    let path = at("probes").key(key);
                    if let Some(probe) = probe {
                        self.understood.push(path.clone());
                        *slot = Some(match &probe.value {
                            Probe::Off => ChosenProbe::Off(path),
                            Probe::Check(check) => ChosenProbe::Check(Box::new(probe_of(check, path))),
                        });
                    }
                }
            }
        }
    }
}

fn probe_of(check: &ProbeCheck, at: Path) -> ProbeWish {
    let ProbeCheck { http, port, tcp, exec, interval, timeout, retries, extensions: _ } = check;
    let number = |value: &Option<Spanned<i64>>| value.as_ref().and_then(|value| u16::try_from(value.value).ok());
    let seconds =
        |value: &Option<Spanned<windlass_compose::model::Duration>>| value.as_ref().map(|value| i32_of(value.seconds_ceil()).max(1));
    let asks = match (http, number(tcp), exec) {
        (Some(path), ..) => Some(Asks::Http(path.value.clone(), number(port))),
        (None, Some(tcp), _) => Some(Asks::Tcp(tcp)),
        (None, None, Some(exec)) => Some(Asks::Exec(words(exec))),
        (None, None, None) => number(port).map(Asks::Tcp),
    };
    let retries = retries.as_ref().map(|retries| i32_of(retries.value));
    ProbeWish { asks, interval: seconds(interval), timeout: seconds(timeout), delay: None, retries, at: vec![at] }
}

/// The words of a command: a text runs in a shell where it needs one.
pub(crate) fn words(exec: &Exec) -> Vec<SmolStr> {
    match exec {
        Exec::Words(words) => words.iter().map(|word| word.value.clone()).collect(),
        Exec::Shell(script) => match windlass_compose::words::split(script) {
            Ok(split) if split.cut_at.is_none() && !script.contains('$') => {
                split.words.into_iter().map(|word| SmolStr::from(word.value)).collect()
            }
            _ => ["sh".into(), "-c".into(), script.value.clone()].into(),
        },
    }
}

fn kind_of(kind: WorkloadKind) -> Kind {
    match kind {
        WorkloadKind::Deployment => Kind::Deployment,
        WorkloadKind::StatefulSet => Kind::StatefulSet,
        WorkloadKind::DaemonSet => Kind::DaemonSet,
        WorkloadKind::Job => Kind::Job,
        WorkloadKind::CronJob => Kind::CronJob,
    }
}

fn i32_of(number: i64) -> i32 {
    i32::try_from(number).unwrap_or(i32::MAX)
}

/// The labels that begin with `prefix`, with the rest of their names.
fn beneath<'l>(labels: &'l Labels, prefix: &'static str) -> impl Iterator<Item = (&'l str, &'l SmolStr, &'l SmolStr)> {
    labels.iter().filter_map(move |label| Some((label.name.strip_prefix(prefix)?, &label.name.value, &label.value.value)))
}
