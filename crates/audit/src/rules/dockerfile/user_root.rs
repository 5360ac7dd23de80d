//! DF006 user-root.

use windlass_dockerfile::Command;

use crate::context::StageContext;
use crate::findings::Findings;
use crate::rule::declare_rule;
use crate::severity::{Grade, Severity};

declare_rule! {
    /// The image runs as root: its last `USER` is root, or there is none.
    ///
    /// P1 where the image is known to start as root, P2 where the base image may set a user. Images whose entrypoint switches to a user of its own are excused; a `user:` of every
    /// service that runs it makes it P3.
    ///
    /// ## Why
    /// Who breaks into the process owns all that the container has, and is one kernel defect away from the host.
    ///
    /// ## Example
    /// ```dockerfile
    /// FROM debian:13-slim
    /// COPY app /app
    /// CMD ["/app"]
    /// ```
    /// ## Use instead
    /// ```dockerfile
    /// FROM debian:13-slim
    /// COPY app /app
    /// USER 1000:1000
    /// CMD ["/app"]
    /// ```
    pub(crate) static RULE = {
        id: "DF006", slug: "user-root", control: ImageUser, severity: P1,
        seed: "1.1, 5.1, 12.1, 20.2, 22.1",
        aliases: [
            "hadolint:DL3002", "checkov:CKV_DOCKER_3", "checkov:CKV_DOCKER_8", "trivy:DS-0002",
            "dockle:CIS-DI-0001", "docker-bench:4.1",
        ],
        effort: 15,
        check: Stage(check),
    }
}

fn check(stage: &StageContext<'_>, findings: &mut Findings<'_>) {
    if !stage.is_shipped() || stage.from.image.text == "scratch" {
        return findings.not_applicable();
    }
    let chain: Vec<StageContext<'_>> = std::iter::successors(Some(*stage), |stage| stage.parent()).collect();
    let user = chain.iter().find_map(|stage| stage.last(|command| matches!(command, Command::User(_))));
    let services: Vec<_> = stage.dockerfile().services().collect();
    let is_root = |name: &str| matches!(name.split(':').next(), Some("root" | "0"));
    let overrides = !services.is_empty() && services.iter().all(|service| service.user.as_ref().is_some_and(|user| !is_root(&user.value)));
    let base = chain.last().and_then(|stage| stage.base());
    let (place, message, grade) = match user {
        Some(instruction) => {
            let Command::User(word) = &instruction.command else { return };
            if word.text.contains('$') || !is_root(&word.text) {
                return;
            }
            (instruction.span, "the image runs as root: its last `USER` says so".to_owned(), stage.grade(Severity::P1))
        }
        None => {
            let Some(base) = base else { return };
            let tag = base.tag().unwrap_or_default();
            if tag.contains("nonroot") || tag.contains("rootless") || tag.contains("unprivileged") || base.name().contains("unprivileged") {
                return;
            }
            let image = chain.last().and_then(|stage| stage.base_image());
            if image.is_some_and(|image| image.user.is_some_and(|user| user.uid != 0)) {
                let name = base.familiar_name();
                return findings.exempt(format!("`{name}` switches to a user of its own"));
            }
            let steps_down = ["gosu", "su-exec", "setpriv", "s6-setuidgid", "chpst"];
            let is_stepped_down = chain
                .iter()
                .flat_map(|stage| stage.commands())
                .any(|command| command.words.iter().any(|word| steps_down.iter().any(|name| word.text.contains(name))));
            if is_stepped_down {
                return findings.exempt("its entrypoint can switch to another user");
            }
            // Images of Docker's own library start as root unless they say otherwise.
            let is_official = !base.familiar_name().contains('/');
            let grade = if is_official { stage.grade(Severity::P1) } else { Grade::new(Severity::P2, "the base image may set a user") };
            (stage.from_span(), "the image runs as root: there is no `USER`".to_owned(), grade)
        }
    };
    let grade = if overrides { Grade::new(Severity::P3, "every service that runs it has a `user`") } else { grade };
    findings.report(place, message).severity(grade).help("add `USER 1000:1000` before `CMD`, and give that user what it writes to");
}
