//! `services.*.deploy`: how many, where and how; from Swarm. Compose Deploy specification.

use smol_str::SmolStr;
use windlass_source::Spanned;

use crate::model::device_request::{DEVICE_REQUESTS, DeviceRequest};
use crate::model::label::{LABELS, Labels};
use crate::model::quantity::{Bytes, Duration};
use crate::model::record::{record, words};
use crate::model::rule::{COUNT, Cast, INT_OR_TEXT, NUMBER_OR_TEXT, Rule, TEXT, TEXTS};

record! {
    /// How many containers, where and how.
    pub struct Deploy as DEPLOY {
        /// One everywhere, or a number. Default: `replicated`.
        mode: Option<Spanned<DeployMode>> = TEXT,
        /// The number.
        replicas: Option<Spanned<i64>> = COUNT,
        /// Processors, memory, devices.
        resources: Option<Spanned<Resources>> = Rule::object(&RESOURCES),
        /// What happens when a container ends.
        restart_policy: Option<Spanned<RestartPolicy>> = Rule::object(&RESTART_POLICY),
        /// How an update goes.
        update_config: Option<Spanned<UpdateConfig>> = Rule::object(&UPDATE_CONFIG),
        /// How a return goes.
        rollback_config: Option<Spanned<UpdateConfig>> = Rule::object(&UPDATE_CONFIG),
        /// On which nodes.
        placement: Option<Spanned<Placement>> = Rule::object(&PLACEMENT),
        /// Labels of the Swarm service.
        labels: Labels = LABELS,
        /// How clients find it. Default: `vip`.
        endpoint_mode: Option<Spanned<EndpointMode>> = TEXT,
    }
}

words! {
    /// One everywhere, or a number.
    pub enum DeployMode {
        /// A number.
        Replicated = "replicated",
        /// One a node.
        Global = "global",
        /// A number that each run to their end.
        ReplicatedJob = "replicated-job",
        /// One a node that runs to its end.
        GlobalJob = "global-job",
    } else Other
}

words! {
    /// How clients find a service.
    pub enum EndpointMode {
        /// By one address.
        Vip = "vip",
        /// By the containers' addresses.
        DnsRoundRobin = "dnsrr",
    } else Other
}

record! {
    /// Processors, memory, devices.
    pub struct Resources as RESOURCES {
        /// What a container may use.
        limits: Option<Spanned<Limits>> = Rule::object(&LIMITS),
        /// What a container should have.
        reservations: Option<Spanned<Reservations>> = Rule::object(&RESERVATIONS),
    }
}

record! {
    /// What a container may use.
    pub struct Limits as LIMITS {
        /// Processors, in cores.
        cpus: Option<Spanned<f64>> = NUMBER_OR_TEXT,
        /// Memory, in bytes.
        memory: Option<Spanned<Bytes>> = TEXT,
        /// Processes.
        pids: Option<Spanned<i64>> = INT_OR_TEXT,
    }
}

record! {
    /// What a container should have.
    pub struct Reservations as RESERVATIONS {
        /// Processors, in cores.
        cpus: Option<Spanned<f64>> = NUMBER_OR_TEXT,
        /// Memory, in bytes.
        memory: Option<Spanned<Bytes>> = TEXT,
        /// Things that the user named and counts.
        generic_resources: Vec<Spanned<GenericResource>> = { const ITEM: Rule = Rule::object(&GENERIC_RESOURCE); Rule::list(&ITEM) },
        /// Devices by what they can do.
        devices: Vec<Spanned<DeviceRequest>> = DEVICE_REQUESTS,
    }
}

record! {
    /// A thing that the user named and counts.
    pub struct GenericResource as GENERIC_RESOURCE {
        /// Its name and number.
        discrete_resource_spec: Option<Spanned<DiscreteResource>> = Rule::object(&DISCRETE_RESOURCE),
    }
}

record! {
    /// The name and number of a thing that the user counts.
    pub struct DiscreteResource as DISCRETE_RESOURCE {
        /// Its name.
        kind: Option<Spanned<SmolStr>> = TEXT,
        /// How many.
        value: Option<Spanned<i64>> = NUMBER_OR_TEXT,
    }
}

record! {
    /// What happens when a container ends.
    pub struct RestartPolicy as RESTART_POLICY {
        /// After which ends. Default: `any`.
        condition: Option<Spanned<RestartCondition>> = TEXT,
        /// Time between two attempts. Default: 0 s.
        delay: Option<Spanned<Duration>> = TEXT,
        /// How often; `None`: without end.
        max_attempts: Option<Spanned<u64>> = COUNT,
        /// Time after which a start counts as done. Default: 0 s.
        window: Option<Spanned<Duration>> = TEXT,
    }
}

words! {
    /// After which ends a container is started again.
    pub enum RestartCondition {
        /// None.
        None = "none",
        /// Those with another exit code than 0.
        OnFailure = "on-failure",
        /// All.
        Any = "any",
    } else Other
}

record! {
    /// How an update goes.
    pub struct UpdateConfig as UPDATE_CONFIG {
        /// How many at a time; 0: all.
        parallelism: Option<Spanned<u64>> = COUNT,
        /// Time between two groups.
        delay: Option<Spanned<Duration>> = TEXT,
        /// What happens when it fails. Default: `pause`.
        failure_action: Option<Spanned<FailureAction>> = TEXT,
        /// Time in which a failure counts.
        monitor: Option<Spanned<Duration>> = TEXT,
        /// The share of failures that is borne, 0 to 1.
        max_failure_ratio: Option<Spanned<f64>> = NUMBER_OR_TEXT.cast(Cast::Float),
        /// What comes first. Default: `stop-first`.
        order: Option<Spanned<UpdateOrder>> = TEXT.words(UpdateOrder::WORDS),
    }
}

words! {
    /// What happens when an update fails.
    pub enum FailureAction {
        /// It goes on.
        Continue = "continue",
        /// It goes back.
        Rollback = "rollback",
        /// It stands still.
        Pause = "pause",
    } else Other
}

words! {
    /// What comes first in an update.
    pub enum UpdateOrder {
        /// The old one's end.
        StopFirst = "stop-first",
        /// The new one's start.
        StartFirst = "start-first",
    }
}

record! {
    /// On which nodes.
    pub struct Placement as PLACEMENT {
        /// Only on nodes for which these hold: `node.role == manager`.
        constraints: Vec<Spanned<SmolStr>> = TEXTS,
        /// Spread over these.
        preferences: Vec<Spanned<PlacementPreference>> = { const ITEM: Rule = Rule::object(&PLACEMENT_PREFERENCE); Rule::list(&ITEM) },
        /// How many a node; 0: no limit.
        max_replicas_per_node: Option<Spanned<u64>> = COUNT,
    }
}

record! {
    /// Over what containers are spread.
    pub struct PlacementPreference as PLACEMENT_PREFERENCE {
        /// A label of nodes: `node.labels.zone`.
        spread: Option<Spanned<SmolStr>> = TEXT,
    }
}
