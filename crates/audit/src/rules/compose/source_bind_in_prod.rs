//! CO058 source-bind-in-prod.

use windlass_compose::model::MountKind;
use windlass_source::normalize;

use crate::context::ServiceContext;
use crate::findings::Findings;
use crate::rule::declare_rule;

declare_rule! {
    /// A production stack mounts the project's sources into a container.
    ///
    /// A directory counts as sources when it is the project's, a build's context, or holds the manifest of a language.
    ///
    /// ## Why
    /// What runs is whatever lies on the machine, not what was built and tested; a server of files also shows `.git` and `.env`.
    ///
    /// ## Example
    /// ```yaml compose.prod.yaml
    /// services:
    ///   web:
    ///     image: nginx:1.28
    ///     volumes:
    ///       - .:/var/www/html:ro
    /// ```
    /// ## Use instead
    /// ```yaml compose.prod.yaml
    /// services:
    ///   web:
    ///     image: nginx:1.28
    ///     volumes:
    ///       - ./public:/var/www/html/public:ro
    /// ```
    pub(crate) static RULE = {
        id: "CO058", slug: "source-bind-in-prod", control: Mounts, severity: P2,
        seed: "4.1",
        effort: 60,
        check: Service(check),
    }
}

fn check(service: &ServiceContext<'_>, findings: &mut Findings<'_>) {
    if !service.is_production() {
        return findings.not_applicable();
    }
    const MANIFESTS: [&str; 8] =
        ["composer.json", "package.json", "pyproject.toml", "requirements.txt", "Gemfile", "go.mod", "pom.xml", "Cargo.toml"];
    let repository = service.context().repository();
    for mount in service.volumes.iter().filter(|mount| mount.kind.value == MountKind::Bind) {
        let Some(source) = &mount.source else { continue };
        let path = normalize(&service.stack().directory().join(source.value.as_str()));
        let is_project = path == service.stack().directory();
        let is_context =
            service.stack().services().any(|other| other.dockerfile().is_some_and(|dockerfile| dockerfile.build_context() == path));
        let holds = |name: &&str| repository.at(&path.join(name)).is_some();
        if is_project || is_context || MANIFESTS.iter().any(holds) {
            findings
                .report(
                    mount.span().or(source.span()).or(service.key_span()),
                    format!("`{}` runs on sources of the machine, at `{}`", service.name(), mount.target.value),
                )
                .help("copy them into the image, and mount only data");
        }
    }
}
