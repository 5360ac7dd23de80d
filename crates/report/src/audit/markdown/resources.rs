//! What the stacks ask of a machine: limits and reservations of each service, in all, and the machine that holds them.

use std::fmt::{self, Write as _};

use windlass_audit::context::StackContext;

use super::super::AuditReport;
use crate::amount::bytes_text;
use crate::markdown::cell;

const GIB: i64 = 1 << 30;

pub(super) fn write(report: &AuditReport<'_>, text: &mut String) -> fmt::Result {
    if report.context.stacks().next().is_none() {
        return Ok(());
    }
    writeln!(text, "\n## Cost & resources\n\nLimits as the files write them, times the number of containers; `–` is no limit.")?;
    for stack in report.context.stacks() {
        table(stack, text)?;
    }
    Ok(())
}

fn table(stack: StackContext<'_>, text: &mut String) -> fmt::Result {
    writeln!(text, "\n### `{}` ({})\n", cell(stack.name()), stack.environment().kind.as_str())?;
    writeln!(text, "| service | containers | CPU | memory | reserved CPU | reserved memory |\n|---|--:|--:|--:|--:|--:|")?;
    let (mut cpus, mut memory, mut containers, mut unlimited) = (0.0, 0, 0, 0);
    for service in stack.services() {
        let count = service.replicas().max(0);
        let (cpu, limit) = (service.cpu_limit().map(|cpu| cpu.value), service.memory_limit().map(|bytes| bytes.value));
        let (reserved_cpu, reserved) =
            (service.cpu_reservation().map(|cpu| cpu.value), service.memory_reservation().map(|bytes| bytes.value));
        let cores = |cpu: Option<f64>| cpu.map_or_else(|| "–".to_owned(), |cpu| format!("{cpu}"));
        let amount = |bytes: Option<i64>| bytes.map_or_else(|| "–".to_owned(), bytes_text);
        let name = cell(service.name());
        let (cpu_text, limit_text) = (cores(cpu), amount(limit));
        writeln!(text, "| `{name}` | {count} | {cpu_text} | {limit_text} | {} | {} |", cores(reserved_cpu), amount(reserved))?;
        #[expect(clippy::cast_precision_loss, reason = "numbers of containers are small")]
        let times = count as f64;
        cpus += cpu.unwrap_or_default() * times;
        memory += limit.unwrap_or_default().saturating_mul(count);
        containers += count;
        unlimited += i64::from(cpu.is_none() || limit.is_none());
    }
    // Sums of decimal fractions have more digits than what was written.
    let cpus = (cpus * 100.0).round() / 100.0;
    writeln!(text, "| **total** | **{containers}** | **{cpus}** | **{}** | | |", bytes_text(memory))?;
    if cpus > 0.0 && memory > 0 {
        let (cores, gigabytes) = machine(cpus, memory);
        let but = if unlimited > 0 { format!("; {unlimited} services have no limit and come on top") } else { String::new() };
        writeln!(text, "\nFits a machine of {cores} cores and {gigabytes} GB{but}.")?;
    }
    Ok(())
}

/// The smallest machine of the sizes that are sold (powers of two) that holds all limits at once, with a tenth for the system.
fn machine(cpus: f64, memory: i64) -> (u64, u64) {
    let mut cores = 1_u64;
    #[expect(clippy::cast_precision_loss, reason = "numbers of cores are small")]
    while (cores as f64) < cpus {
        cores *= 2;
    }
    let mut gigabytes = 1_u64;
    while i128::from(gigabytes) * i128::from(GIB) * 9 < i128::from(memory) * 10 {
        gigabytes *= 2;
    }
    (cores, gigabytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_machine_holds_all_limits_and_a_tenth_more() {
        assert_eq!(machine(5.1, 9 * GIB), (8, 16));
        assert_eq!(machine(0.5, GIB / 2), (1, 1));
    }
}
