//! What mounted files say that holds in Docker and not in a cluster. The files stay as they are; each finding names the line.

use windlass_source::{Code, Diagnostic, Origin};

use crate::decide::Plan;

/// Looks through every file that services get.
pub(super) fn in_files(plan: &Plan<'_>, diagnostics: &mut Vec<Diagnostic>) {
    for source in &plan.sources {
        let is_directory = source.files().len() != 1 || !source.path.ends_with(&source.files()[0].path);
        for file in source.files() {
            let path = if is_directory { source.path.join(&file.path) } else { source.path.clone() };
            let path = path.strip_prefix(plan.input.directory).unwrap_or(&path).display().to_string();
            in_content(&path, &file.content, &source.origin, plan, diagnostics);
        }
    }
    for config in plan.configs.iter().filter(|config| config.is_used) {
        if let Some(content) = config.content() {
            in_content(&config.key, content, &config.origin, plan, diagnostics);
        }
    }
}

fn in_content(name: &str, content: &[u8], origin: &Origin, plan: &Plan<'_>, diagnostics: &mut Vec<Diagnostic>) {
    let Ok(text) = std::str::from_utf8(content) else { return };
    for (index, line) in text.lines().enumerate() {
        let line_number = index + 1;
        if line.trim_start().starts_with(['#', ';']) {
            continue;
        }
        let finding = |message: String, reason: &str, help: String| {
            Diagnostic::warning(Code("convert::docker-address"), message).label(origin.span(), "mounted here").because(reason).help(help)
        };
        if line.contains("127.0.0.11") {
            diagnostics.push(finding(
                format!("`{name}`, line {line_number}: `127.0.0.11` is Docker's DNS server"),
                "a pod has the cluster's DNS server, whose address differs from cluster to cluster",
                "leave `resolver` out, so that names are resolved at the start, or name `kube-dns.kube-system.svc.cluster.local`"
                    .to_owned(),
            ));
        }
        if line.contains("host.docker.internal") {
            diagnostics.push(finding(
                format!("`{name}`, line {line_number}: `host.docker.internal` is the machine that runs Docker"),
                "a cluster has no such host",
                "run the other program as a service, or write an address that the nodes can reach".to_owned(),
            ));
        }
        if let Some((name_in_project, label)) = plan.reach.renamed_in(line) {
            diagnostics.push(finding(
                format!("`{name}`, line {line_number}: `{name_in_project}` is called `{label}` in the cluster"),
                "names of Services are DNS labels, and mounted files are never changed",
                format!("write `{label}`; docker compose knows the service by that name too with `networks: default: aliases`"),
            ));
        }
    }
}
