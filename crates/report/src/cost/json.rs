//! The numbers for programs: CPUs, bytes, and prices to hundredths. Fields may be added; none is renamed.

use serde::Serialize;
use windlass_convert::cost::{Cost, Fit, HOURS, Prices, Resources, Runs, ServiceCost};

use super::{CostFormat, CostReport, price};

pub(super) const FORMAT: CostFormat = CostFormat { name: "json", render };

#[derive(Serialize)]
struct Document<'a> {
    version: u32,
    project: &'a str,
    services: Vec<Service<'a>>,
    claims: Vec<Claim<'a>>,
    totals: Totals,
    nodes: Vec<Node>,
    prices: Option<Priced<'a>>,
}

#[derive(Serialize)]
struct Service<'a> {
    service: &'a str,
    object: String,
    runs: &'static str,
    count: u32,
    at_most: Option<u32>,
    requests: Amounts,
    limits: Limits,
    storage: i64,
    /// For a month, a node and month, or an hour of running, as `runs` says.
    price: Option<f64>,
}

#[derive(Serialize)]
struct Claim<'a> {
    name: &'a str,
    size: i64,
    count: u32,
    services: &'a [String],
}

#[derive(Serialize)]
struct Amounts {
    cpu: f64,
    memory: i64,
}

#[derive(Serialize)]
struct Limits {
    cpu: Option<f64>,
    memory: Option<i64>,
}

#[derive(Serialize)]
struct Totals {
    always: Total,
    on_each_node: Total,
    for_a_while: Total,
    storage: i64,
}

#[derive(Serialize)]
struct Total {
    count: u32,
    requests: Amounts,
    limits: Amounts,
    without_cpu_limit: Vec<String>,
    without_memory_limit: Vec<String>,
}

#[derive(Serialize)]
struct Node {
    size: Amounts,
    usable: Amounts,
    nodes: Option<u32>,
    nodes_with_jobs: Option<u32>,
    too_large: Vec<String>,
    /// For a month.
    price: Option<f64>,
}

#[derive(Serialize)]
struct Priced<'a> {
    currency: &'a str,
    cpu_hour: f64,
    memory_gib_hour: f64,
    storage_gib_month: f64,
    hours_of_a_month: f64,
    /// Of what always runs, and of all storage.
    month: f64,
}

fn render(report: &CostReport<'_>) -> String {
    let CostReport { project, cost, prices } = *report;
    let document = Document {
        version: 1,
        project,
        services: cost.services.iter().map(|one| service(one, prices)).collect(),
        claims: cost
            .claims
            .iter()
            .map(|claim| Claim { name: &claim.name, size: claim.size, count: claim.count, services: &claim.services })
            .collect(),
        totals: Totals {
            always: total(cost, Runs::Always),
            on_each_node: total(cost, Runs::OnEachNode),
            for_a_while: total(cost, Runs::ForAWhile),
            storage: cost.storage(),
        },
        nodes: cost.fits.iter().map(|fit| node(fit, prices)).collect(),
        prices: prices.map(|prices| Priced {
            currency: &prices.currency,
            cpu_hour: prices.cpu_hour,
            memory_gib_hour: prices.memory_gib_hour,
            storage_gib_month: prices.storage_gib_month,
            hours_of_a_month: HOURS,
            month: hundredths(prices.month(cost.total(Runs::Always).requests) + prices.storage(cost.storage())),
        }),
    };
    let mut text = serde_json::to_string_pretty(&document).expect("keys are texts, and it is written to memory");
    text.push('\n');
    text
}

fn service<'a>(one: &'a ServiceCost, prices: Option<&Prices>) -> Service<'a> {
    Service {
        service: &one.service,
        object: one.object.to_string(),
        runs: match one.runs {
            Runs::Always => "always",
            Runs::OnEachNode => "on-each-node",
            Runs::ForAWhile => "for-a-while",
        },
        count: one.count,
        at_most: one.at_most,
        requests: amounts(one.requests),
        limits: Limits { cpu: one.cpu_limit.map(cpus), memory: one.memory_limit },
        storage: one.storage,
        price: prices.map(|prices| hundredths(price(prices, one))),
    }
}

fn total(cost: &Cost, runs: Runs) -> Total {
    let total = cost.total(runs);
    Total {
        count: total.count,
        requests: amounts(total.requests),
        limits: amounts(total.limits),
        without_cpu_limit: total.without_cpu_limit,
        without_memory_limit: total.without_memory_limit,
    }
}

fn node(fit: &Fit, prices: Option<&Prices>) -> Node {
    Node {
        size: amounts(fit.size),
        usable: amounts(fit.usable),
        nodes: fit.nodes,
        nodes_with_jobs: fit.nodes_with_jobs,
        too_large: fit.too_large.iter().map(ToString::to_string).collect(),
        price: prices.zip(fit.nodes).map(|(prices, nodes)| hundredths(prices.month(fit.size) * f64::from(nodes))),
    }
}

fn amounts(resources: Resources) -> Amounts {
    Amounts { cpu: cpus(resources.cpu), memory: resources.memory }
}

fn cpus(thousandths: i64) -> f64 {
    thousandths as f64 / 1000.0
}

fn hundredths(price: f64) -> f64 {
    (price * 100.0).round() / 100.0
}
