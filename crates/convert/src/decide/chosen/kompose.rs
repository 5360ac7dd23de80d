//! The labels of kompose (its user guide, "Labels"), so that a project which was written for it converts as it means to.
//! Those of volumes are read where volumes are (`decide::volume`), hosts and paths where routes are (`decide::route`).

use smol_str::SmolStr;
use windlass_compose::model::{Duration, Labels};
use windlass_k8s::Kind;
use windlass_k8s::quantity::Amount;
use windlass_yaml::Path;

use super::{Asks, Autoscaling, Chosen, ChosenProbe, ProbeWish, Slot, beneath, schedule};
use crate::options::Exposure;

/// Kompose's target where a label asks for an autoscaler and names none.
const DEFAULT_TARGET: i32 = 50;

pub(super) fn read(chosen: &mut Chosen, labels_at: &Path, labels: &Labels) {
    for (label, name, value) in beneath(labels, "kompose.") {
        let at = labels_at.key(name);
        let value = value.trim();
        one(chosen, label, value, at);
    }
}

fn one(chosen: &mut Chosen, label: &str, value: &str, at: Path) {
    let lower = value.to_ascii_lowercase();
    match label {
        "controller.type" => match lower.as_str() {
            "deployment" | "replicationcontroller" => chosen.set(|chosen| &mut chosen.kind, Kind::Deployment, at),
            "daemonset" => chosen.set(|chosen| &mut chosen.kind, Kind::DaemonSet, at),
            "statefulset" => chosen.set(|chosen| &mut chosen.kind, Kind::StatefulSet, at),
            "job" => chosen.set(|chosen| &mut chosen.kind, Kind::Job, at),
            "cronjob" => chosen.set(|chosen| &mut chosen.kind, Kind::CronJob, at),
            _ => chosen.refuse(at, "it is no kind of workload"),
        },
        "controller.port.expose" | "controller.expose.port" => match lower.as_str() {
            "true" => chosen.set(|chosen| &mut chosen.host_ports, (), at),
            _ => chosen.refuse(at, "ports of nodes are not used anyway"),
        },
        "service.type" => {
            let how = match lower.as_str() {
                "loadbalancer" => Exposure::LoadBalancer,
                "nodeport" => Exposure::NodePort,
                "headless" => {
                    chosen.set(|chosen| &mut chosen.headless, (), at);
                    return;
                }
                "clusterip" | "" => Exposure::None,
                _ => return chosen.refuse(at, "it is no type of a Service"),
            };
            let wish = chosen.wish(how, at);
            chosen.expose.push((None, wish));
        }
        "service.external-traffic-policy" => match lower.as_str() {
            "local" => chosen.set(|chosen| &mut chosen.traffic_policy, "Local", at),
            "cluster" => chosen.set(|chosen| &mut chosen.traffic_policy, "Cluster", at),
            _ => chosen.refuse(at, "it is `local` or `cluster`"),
        },
        // The range that API servers have unless `--service-node-port-range` says otherwise.
        "service.nodeport.port" => match value.parse::<i32>().ok().filter(|port| (30_000..=32_767).contains(port)) {
            Some(port) => chosen.set(|chosen| &mut chosen.node_port, port, at),
            None => chosen.refuse(at, "ports of nodes are those from 30000 to 32767, so the cluster chooses one"),
        },
        "service.name_override" => chosen.set(|chosen| &mut chosen.name, value.into(), at),
        "service.expose.ingress-class-name" => chosen.set(|chosen| &mut chosen.ingress_class, value.into(), at),
        "serviceaccount-name" => chosen.set(|chosen| &mut chosen.service_account, value.into(), at),
        "image-pull-secret" => {
            let wish = chosen.wish(value.into(), at);
            chosen.pull_secrets.push(wish);
        }
        "image-pull-policy" => match lower.as_str() {
            "always" => chosen.set(|chosen| &mut chosen.pull_policy, "Always", at),
            "never" => chosen.set(|chosen| &mut chosen.pull_policy, "Never", at),
            "ifnotpresent" => chosen.set(|chosen| &mut chosen.pull_policy, "IfNotPresent", at),
            _ => chosen.refuse(at, "it is `Always`, `Never` or `IfNotPresent`"),
        },
        "security-context.fsgroup" => match value.parse::<i64>().ok().filter(|group| (0..=i64::from(i32::MAX)).contains(group)) {
            Some(group) => chosen.set(|chosen| &mut chosen.fs_group, group, at),
            None => chosen.refuse(at, "it is no number of a group"),
        },
        "cronjob.schedule" => match schedule::cron(value) {
            Some(cron) => chosen.set(|chosen| &mut chosen.schedule, cron, at),
            None => chosen.refuse(at, "it is no cron schedule of five fields, such as `0 3 * * *`"),
        },
        "cronjob.concurrency_policy" => match lower.as_str() {
            "allow" => chosen.set(|chosen| &mut chosen.concurrency, "Allow", at),
            "forbid" => chosen.set(|chosen| &mut chosen.concurrency, "Forbid", at),
            "replace" => chosen.set(|chosen| &mut chosen.concurrency, "Replace", at),
            _ => chosen.refuse(at, "it is `Allow`, `Forbid` or `Replace`"),
        },
        "cronjob.backoff_limit" => match value.parse::<i32>().ok().filter(|limit| *limit >= 0) {
            Some(limit) => chosen.set(|chosen| &mut chosen.backoff_limit, limit, at),
            None => chosen.refuse(at, "it is no number from 0"),
        },
        "ephemeral-storage.request" | "ephemeral-storage.limit" => {
            if Amount::parse(value).is_none_or(Amount::is_negative) {
                return chosen.refuse(at, "it is no quantity such as `1Gi`");
            }
            let field: Slot<SmolStr> =
                if label.ends_with("request") { |chosen| &mut chosen.ephemeral[0] } else { |chosen| &mut chosen.ephemeral[1] };
            chosen.set(field, value.into(), at);
        }
        "init.containers.name" | "init.containers.image" | "init.containers.command" => init(chosen, label, value, at),
        "hpa.replicas.min" | "hpa.replicas.max" | "hpa.cpu" | "hpa.memory" => scaler(chosen, label, value, at),
        _ => match label.strip_prefix("service.healthcheck.") {
            Some(check) => healthcheck(chosen, check, value, at),
            None if label == "service.group" => {
                chosen.refuse(at, "`network_mode: service:NAME` puts containers into one pod");
            }
            None if label == "volume.subpath" => match value.trim_matches('/') {
                path if !path.is_empty() && path.split('/').all(|part| !matches!(part, "" | "." | "..")) => {
                    chosen.set(|chosen| &mut chosen.sub_path, path.into(), at);
                }
                _ => chosen.refuse(at, "it is no path within a volume"),
            },
            None if label == "volume.type" => match lower.as_str() {
                "persistentvolumeclaim" => chosen.heed(at, "volumes become claims anyway"),
                "configmap" => chosen.heed(at, "files of configuration become ConfigMaps anyway"),
                "emptydir" => chosen.refuse(at, "a volume keeps its content in Compose; what need not be kept is a `tmpfs`"),
                "hostpath" => chosen.refuse(at, "pods see no directory of a certain machine; `--host-paths allow` mounts those of nodes"),
                _ => chosen.refuse(at, "it is no kind of volume"),
            },
            None if label == "volume.selector" => chosen.refuse(at, "write the label at the volume, whose claim it is about"),
            // Sizes and routes.
            None => {}
        },
    }
}

fn init(chosen: &mut Chosen, label: &str, value: &str, at: Path) {
    let mut init = chosen.init.take().unwrap_or_default();
    match label.rsplit('.').next().unwrap_or_default() {
        "name" => init.name = Some(value.into()),
        "image" => init.image = Some(value.into()),
        _ => {
            // A list as text, as kompose writes it: `["sh", "-c", "…"]`.
            init.command = match serde_json::from_str::<Vec<String>>(&value.replace('\'', "\"")) {
                Ok(words) => words.into_iter().map(SmolStr::from).collect(),
                Err(_) => windlass_compose::words::split(value)
                    .map(|split| split.words.into_iter().map(|word| SmolStr::from(word.value)).collect())
                    .unwrap_or_default(),
            };
        }
    }
    let wish = chosen.wish((), at);
    init.at.push(wish.at);
    chosen.init = Some(init);
}

fn scaler(chosen: &mut Chosen, label: &str, value: &str, at: Path) {
    let Some(number) = value.trim_end_matches('%').parse::<i32>().ok().filter(|number| *number > 0) else {
        return chosen.refuse(at, "it is no whole number from 1");
    };
    if chosen.autoscale.as_ref().is_some_and(|wanted| wanted.at.iter().any(|(path, _)| path.to_string().starts_with("x-windlass"))) {
        return chosen.refuse(at, "`x-windlass.autoscale` decides it");
    }
    let mut wanted = chosen.autoscale.take().unwrap_or(Autoscaling { min: 1, max: 3, cpu: None, memory: None, at: Vec::new() });
    let field = match label {
        "hpa.replicas.min" => {
            wanted.min = number;
            "minReplicas"
        }
        "hpa.replicas.max" => {
            wanted.max = number;
            "maxReplicas"
        }
        "hpa.cpu" => {
            wanted.cpu = Some(number);
            "metrics"
        }
        _ => {
            wanted.memory = Some(number);
            "metrics"
        }
    };
    wanted.max = wanted.max.max(wanted.min);
    if wanted.cpu.is_none() && wanted.memory.is_none() {
        wanted.cpu = Some(DEFAULT_TARGET);
    } else if label == "hpa.memory"
        && wanted.cpu == Some(DEFAULT_TARGET)
        && wanted.at.iter().all(|(path, _)| !path.to_string().contains("hpa.cpu"))
    {
        wanted.cpu = None;
    }
    let wish = chosen.wish((), at);
    wanted.at.push((wish.at, field));
    chosen.autoscale = Some(wanted);
}

/// `readiness.http_get_path` and its neighbours.
fn healthcheck(chosen: &mut Chosen, label: &str, value: &str, at: Path) {
    let (slot, key) = match label.split_once('.') {
        Some(("readiness", key)) => (1, key),
        Some(("liveness", key)) => (2, key),
        _ => return chosen.refuse(at, "it is no label that kompose documents"),
    };
    let mut probe = match chosen.probes[slot].take() {
        None => Box::new(ProbeWish::default()),
        Some(ChosenProbe::Check(check)) if check.at.iter().all(|path| !path.to_string().starts_with("x-windlass")) => check,
        Some(other) => {
            chosen.probes[slot] = Some(other);
            return chosen.refuse(at, "`x-windlass.probes` decides it");
        }
    };
    let port = || value.parse::<u16>().ok().filter(|port| *port > 0);
    let seconds = || {
        let duration = Duration::parse(value).ok().map(|duration| duration.seconds().ceil() as i32);
        duration.or_else(|| value.parse().ok()).filter(|seconds| *seconds > 0)
    };
    let done = match key {
        "disable" if value == "true" => {
            let wish = chosen.wish((), at);
            chosen.probes[slot] = Some(ChosenProbe::Off(wish.at));
            return;
        }
        "disable" => Some(()),
        "http_get_path" => {
            let known = if let Some(Asks::Http(_, port)) = &probe.asks { *port } else { None };
            probe.asks = Some(Asks::Http(value.into(), known));
            Some(())
        }
        "http_get_port" => port().map(|port| {
            let path = if let Some(Asks::Http(path, _)) = &probe.asks { path.clone() } else { "/".into() };
            probe.asks = Some(Asks::Http(path, Some(port)));
        }),
        "tcp_port" => port().map(|port| probe.asks = Some(Asks::Tcp(port))),
        "test" => {
            let script = value.strip_prefix("CMD-SHELL ").or_else(|| value.strip_prefix("CMD ")).unwrap_or(value);
            probe.asks = Some(Asks::Exec(["sh".into(), "-c".into(), script.into()].into()));
            Some(())
        }
        "interval" => seconds().map(|seconds| probe.interval = Some(seconds)),
        "timeout" => seconds().map(|seconds| probe.timeout = Some(seconds)),
        "start_period" => seconds().map(|seconds| probe.delay = Some(seconds)),
        "retries" => value.parse().ok().filter(|retries| *retries > 0).map(|retries| probe.retries = Some(retries)),
        _ => None,
    };
    match done {
        Some(()) => {
            let wish = chosen.wish((), at);
            probe.at.push(wish.at);
        }
        None => chosen.refuse(at, "it can't be read as what kompose documents"),
    }
    chosen.probes[slot] = Some(ChosenProbe::Check(probe));
}
