//! What a stack asks for and costs, in every format, one file each. The numbers are of room `convert`.
//!
//! Text for people and Markdown have the same tables; [`tables`] makes them.

mod human;
mod json;
mod markdown;

use windlass_convert::cost::{Cost, Fit, HOURS, MAX_PODS, Prices, Runs, ServiceCost, Total};

use crate::amount::{bytes_text, cpus_text};

/// What is told.
#[derive(Clone, Copy, Debug)]
pub struct CostReport<'a> {
    /// The project's name.
    pub project: &'a str,
    /// The numbers.
    pub cost: &'a Cost,
    /// The user's prices.
    pub prices: Option<&'a Prices>,
}

/// A format of the numbers.
#[derive(Debug)]
pub struct CostFormat {
    /// What `--format` calls it.
    pub name: &'static str,
    /// The report in this format, with a line break at its end.
    pub render: fn(&CostReport<'_>) -> String,
}

/// Every format of the numbers; the first one is the default.
pub static FORMATS: [CostFormat; 3] = [human::FORMAT, json::FORMAT, markdown::FORMAT];

/// The format that `--format` calls so.
pub fn by_name(name: &str) -> Option<&'static CostFormat> {
    FORMATS.iter().find(|format| format.name == name)
}

/// A table with words beneath it.
struct Table {
    title: String,
    /// The first column is text, the others are numbers.
    header: Vec<String>,
    rows: Vec<Vec<String>>,
    /// True when the last row is a sum.
    has_sum: bool,
    notes: Vec<String>,
}

/// What stands where there is no value.
const NOTHING: &str = "–";

fn tables(report: &CostReport<'_>) -> Vec<Table> {
    let mut tables: Vec<Table> =
        [Runs::Always, Runs::OnEachNode, Runs::ForAWhile].into_iter().filter_map(|runs| services(report, runs)).collect();
    tables.extend(claims(report));
    if !report.cost.services.is_empty() {
        tables.push(nodes(report));
    }
    tables
}

fn title(runs: Runs) -> &'static str {
    match runs {
        Runs::Always => "Runs always",
        Runs::OnEachNode => "Runs on each node",
        Runs::ForAWhile => "Runs for a while (jobs)",
    }
}

fn services(report: &CostReport<'_>, runs: Runs) -> Option<Table> {
    let cost = report.cost;
    cost.running(runs).next()?;
    let mut header = ["service", "count", "CPU", "CPU limit", "memory", "memory limit", "storage"].map(str::to_owned).to_vec();
    header.extend(report.prices.map(|prices| format!("{} {}", prices.currency, unit(runs))));
    let mut rows: Vec<Vec<String>> = cost.running(runs).map(|service| row(report, service)).collect();

    let total = cost.total(runs);
    let Total { count, requests, limits, .. } = &total;
    let storage: i64 = cost.running(runs).fold(0, |sum, service| sum.saturating_add(service.storage));
    let (cpu, cpu_limit) = (cpus_text(requests.cpu), cpus_text(limits.cpu));
    let mut sum = vec!["total".to_owned(), count.to_string(), cpu, cpu_limit];
    sum.extend([bytes_text(requests.memory), bytes_text(limits.memory), bytes_or_nothing(storage)]);
    sum.extend(report.prices.map(|prices| {
        let price: f64 = cost.running(runs).map(|service| price(prices, service)).sum();
        money(price)
    }));
    rows.push(sum);

    let mut notes = Vec::new();
    for (what, services) in [("CPU", &total.without_cpu_limit), ("memory", &total.without_memory_limit)] {
        if !services.is_empty() {
            notes.push(format!("without a {what} limit, and so beyond the sum of limits: {}", services.join(", ")));
        }
    }
    for service in cost.running(runs) {
        if let Some(most) = service.at_most.filter(|most| *most > service.count) {
            notes.push(format!("{} is scaled up to {most} when there is load; counted are {}", service.service, service.count));
        }
    }
    Some(Table { title: title(runs).to_owned(), header, rows, has_sum: true, notes })
}

fn row(report: &CostReport<'_>, service: &ServiceCost) -> Vec<String> {
    let or_nothing = |text: Option<String>| text.unwrap_or_else(|| NOTHING.to_owned());
    let mut row = vec![service.service.clone(), service.count.to_string()];
    row.extend([cpus_text(service.requests.cpu), or_nothing(service.cpu_limit.map(cpus_text))]);
    row.extend([bytes_text(service.requests.memory), or_nothing(service.memory_limit.map(bytes_text))]);
    row.push(bytes_or_nothing(service.storage));
    row.extend(report.prices.map(|prices| money(price(prices, service))));
    row
}

/// What a price is for.
fn unit(runs: Runs) -> &'static str {
    match runs {
        Runs::Always => "a month",
        Runs::OnEachNode => "a node and month",
        Runs::ForAWhile => "an hour of running",
    }
}

/// What the containers of a service cost for what [`unit`] says. Storage costs while nothing runs too, so that of the other
/// services stands with the claims alone.
fn price(prices: &Prices, service: &ServiceCost) -> f64 {
    let count = f64::from(service.count);
    match service.runs {
        Runs::Always => prices.month(service.requests) * count + prices.storage(service.storage),
        Runs::OnEachNode => prices.month(service.requests),
        Runs::ForAWhile => prices.hour(service.requests) * count,
    }
}

fn claims(report: &CostReport<'_>) -> Option<Table> {
    let cost = report.cost;
    if cost.claims.is_empty() {
        return None;
    }
    let mut header = ["claim", "count", "size", "mounted by"].map(str::to_owned).to_vec();
    let price = |bytes: i64| report.prices.map(|prices| money(prices.storage(bytes)));
    if let Some(prices) = report.prices {
        header.insert(3, format!("{} a month", prices.currency));
    }
    let line = |name: &str, count: String, size: i64, of_all: i64, services: String| {
        let mut row = vec![name.to_owned(), count, bytes_text(size)];
        row.extend(price(of_all));
        row.push(services);
        row
    };
    let mut rows: Vec<_> = cost
        .claims
        .iter()
        .map(|claim| {
            let services = if claim.services.is_empty() { NOTHING.to_owned() } else { claim.services.join(", ") };
            let of_all = claim.size.saturating_mul(i64::from(claim.count));
            line(&claim.name, claim.count.to_string(), claim.size, of_all, services)
        })
        .collect();
    let count: u64 = cost.claims.iter().map(|claim| u64::from(claim.count)).sum();
    rows.push(line("total", count.to_string(), cost.storage(), cost.storage(), String::new()));
    let is_shared = cost.claims.iter().any(|claim| claim.services.len() > 1);
    let notes = is_shared.then(|| "a claim that several services mount counts with the first of them".to_owned());
    Some(Table { title: "Storage".to_owned(), header, rows, has_sum: true, notes: notes.into_iter().collect() })
}

fn nodes(report: &CostReport<'_>) -> Table {
    let has_jobs = report.cost.running(Runs::ForAWhile).next().is_some();
    let mut header = vec!["node".to_owned(), "left for pods".to_owned(), "nodes".to_owned()];
    if has_jobs {
        header.push("with all jobs at once".to_owned());
    }
    header.extend(report.prices.map(|prices| format!("{} a month", prices.currency)));
    let number = |nodes: Option<u32>| nodes.map_or_else(|| NOTHING.to_owned(), |nodes| nodes.to_string());
    let size = |resources: windlass_convert::cost::Resources| format!("{} CPU, {}", cpus_text(resources.cpu), bytes_text(resources.memory));
    let mut notes = Vec::new();
    let mut row = |fit: &Fit| {
        let mut row = vec![size(fit.size), size(fit.usable), number(fit.nodes)];
        if has_jobs {
            row.push(number(fit.nodes_with_jobs));
        }
        row.extend(report.prices.map(|prices| {
            let price = fit.nodes.map(|nodes| prices.month(fit.size) * f64::from(nodes));
            price.map_or_else(|| NOTHING.to_owned(), money)
        }));
        if !fit.too_large.is_empty() {
            let objects: Vec<String> = fit.too_large.iter().map(ToString::to_string).collect();
            notes.push(format!("a pod is larger than a node of {}: {}", size(fit.size), objects.join(", ")));
        }
        row
    };
    let rows = report.cost.fits.iter().map(&mut row).collect();
    notes.push(format!(
        "an estimate by requests, first fit, largest first, at most {MAX_PODS} pods a node, with what the kubelet of GKE keeps back; \
         spreading, affinity and the pods of the cluster itself are not counted"
    ));
    if report.prices.is_some() {
        notes.push(format!("prices are those of the file, for {HOURS} hours a month; whole nodes are priced by their CPU and memory"));
    }
    Table { title: "Nodes".to_owned(), header, rows, has_sum: false, notes }
}

fn bytes_or_nothing(bytes: i64) -> String {
    if bytes == 0 { NOTHING.to_owned() } else { bytes_text(bytes) }
}

fn money(amount: f64) -> String {
    // An hour of a small Job costs less than a hundredth.
    if amount > 0.0 && amount < 0.1 { format!("{amount:.4}") } else { format!("{amount:.2}") }
}
