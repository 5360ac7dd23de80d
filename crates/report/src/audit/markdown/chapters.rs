//! What is there, by category: tables of the Dockerfiles, stacks, ports, volumes and health checks.

use std::fmt::{self, Write as _};

use windlass_audit::Category;
use windlass_audit::context::{Reach, ServiceContext};

use super::super::AuditReport;
use crate::markdown::cell;

/// The table of a category, where it has one.
pub(super) fn facts(category: Category, report: &AuditReport<'_>, text: &mut String) -> fmt::Result {
    match category {
        Category::Dockerfile => dockerfiles(report, text),
        Category::Compose => stacks(report, text),
        Category::Networking => ports(report, text),
        Category::Persistence => volumes(report, text),
        Category::Health => checks(report, text),
        _ => Ok(()),
    }
}

fn dockerfiles(report: &AuditReport<'_>, text: &mut String) -> fmt::Result {
    writeln!(text, "\n| Dockerfile | for | stages | built on |\n|---|---|--:|---|")?;
    for dockerfile in report.context.dockerfiles() {
        let base = dockerfile.last_stage().map(|stage| format!("`{}`", cell(stage.from.image.as_str()))).unwrap_or_default();
        let environment = dockerfile.environment();
        let why = format!("{}: {}", environment.kind.as_str(), cell(&environment.because));
        writeln!(text, "| `{}` | {why} | {} | {base} |", cell(dockerfile.path()), dockerfile.stages().count())?;
    }
    Ok(())
}

fn stacks(report: &AuditReport<'_>, text: &mut String) -> fmt::Result {
    writeln!(text, "\n| stack | files | services |\n|---|---|---|")?;
    for stack in report.context.stacks() {
        let names = |list: Vec<String>| list.iter().map(|name| format!("`{}`", cell(name))).collect::<Vec<_>>().join(", ");
        let services = stack.services().map(|service| service.name().to_owned()).collect();
        writeln!(text, "| `{}` | {} | {} |", cell(stack.name()), names(stack.files().to_vec()), names(services))?;
    }
    Ok(())
}

fn ports(report: &AuditReport<'_>, text: &mut String) -> fmt::Result {
    let mut is_first = true;
    for service in report.context.services() {
        for port in &service.ports {
            if std::mem::take(&mut is_first) {
                writeln!(text, "\n| stack | service | published | container | reached from |\n|---|---|---|--:|---|")?;
            }
            let address = port.host_ip.as_ref().map(|address| format!("{}:", address.value)).unwrap_or_default();
            let published = port.published.as_ref().map_or("any", |published| published.value.as_str());
            let reach = match ServiceContext::reach_of(port) {
                Reach::Public => "everywhere",
                Reach::Machine => "this machine",
                Reach::Internal => "the stack",
            };
            let (stack, name) = (cell(service.stack().name()), cell(service.name()));
            writeln!(text, "| `{stack}` | `{name}` | `{}` | {} | {reach} |", cell(&format!("{address}{published}")), port.target.value)?;
        }
    }
    Ok(())
}

fn volumes(report: &AuditReport<'_>, text: &mut String) -> fmt::Result {
    let mut is_first = true;
    for stack in report.context.stacks() {
        for volume in &stack.project().volumes {
            if std::mem::take(&mut is_first) {
                writeln!(text, "\n| stack | volume | mounted by |\n|---|---|---|")?;
            }
            let name = &volume.name.value;
            let mounts = |service: &ServiceContext<'_>| {
                service.volumes.iter().any(|mount| mount.source.as_ref().is_some_and(|source| source.value == *name))
            };
            let services: Vec<String> = stack.services().filter(mounts).map(|service| format!("`{}`", cell(service.name()))).collect();
            writeln!(text, "| `{}` | `{}` | {} |", cell(stack.name()), cell(name), services.join(", "))?;
        }
    }
    Ok(())
}

fn checks(report: &AuditReport<'_>, text: &mut String) -> fmt::Result {
    writeln!(text, "\n| stack | service | role | health check |\n|---|---|---|---|")?;
    for service in report.context.services() {
        let check = match (service.own_healthcheck().is_some(), service.has_healthcheck()) {
            (true, _) => "compose file",
            (false, true) => "image",
            (false, false) => "none",
        };
        let role = service.role().as_str();
        writeln!(text, "| `{}` | `{}` | {role} | {check} |", cell(service.stack().name()), cell(service.name()))?;
    }
    Ok(())
}
