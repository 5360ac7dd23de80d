//! NG013 php-in-uploads.

use windlass_conf::nginx::Nginx;
use windlass_source::{Edit, Span};

use crate::context::{Answer, ConfigContext, ServiceContext, Site};
use crate::findings::Findings;
use crate::rule::declare_rule;

declare_rule! {
    /// PHP files among uploads are run.
    ///
    /// Reported where a mount or a directory of the project shows that uploads lie below the server's root.
    ///
    /// ## Why
    /// Whoever gets a file with a PHP ending past the upload form owns the application.
    ///
    /// ## Example
    /// ```nginx docker/nginx.conf
    /// server {
    ///     listen 80;
    ///     root /srv/app/public;
    ///
    ///     location ~ \.php$ {
    ///         fastcgi_pass app:9000;
    ///     }
    /// }
    /// ```
    /// ```text public/uploads/.gitkeep
    /// keep
    /// ```
    /// ## Use instead
    /// ```nginx docker/nginx.conf
    /// server {
    ///     listen 80;
    ///     root /srv/app/public;
    ///
    ///     location ~* ^/uploads/.*\.php$ {
    ///         return 403;
    ///     }
    ///
    ///     location ~ \.php$ {
    ///         fastcgi_pass app:9000;
    ///     }
    /// }
    /// ```
    /// ```text public/uploads/.gitkeep
    /// keep
    /// ```
    pub(crate) static RULE = {
        id: "NG013", slug: "php-in-uploads", control: PathAccess, severity: P1,
        seed: "5.3",
        fix: Auto,
        effort: 5,
        check: Nginx(check),
    }
}

fn check(config: &ConfigContext<'_>, _nginx: &Nginx, findings: &mut Findings<'_>) {
    const DIRECTORIES: [&str; 5] = ["uploads", "files", "media", "storage", "wp-content/uploads"];
    let runs = |site: &Site<'_>, directory: &str| matches!(site.answer(&format!("/{directory}/a.php")), Answer::Passed(pass) if pass.is("fastcgi_pass"));
    let sites = config.sites();
    if !sites.iter().any(|site| matches!(site.answer("/a.php"), Answer::Passed(pass) if pass.is("fastcgi_pass"))) {
        return findings.not_applicable();
    }
    for site in &sites {
        let Some((directory, because)) = DIRECTORIES.into_iter().find_map(|directory| Some((directory, evidence(site, directory)?))) else {
            continue;
        };
        if !runs(site, directory) {
            continue;
        }
        let refusal = format!("location ~* ^/{directory}/.*\\.(php|phtml|phar)$ {{ return 403; }}");
        findings
            .report(site.span(), format!("PHP files below `/{directory}/` are run"))
            .severity(config.grade(RULE.severity))
            .because(because)
            .help(format!("add `{refusal}` above the other patterns"))
            .fix("refuse them", first(site, &refusal));
    }
}

/// How it is known that uploads lie in a directory below the root.
fn evidence(site: &Site<'_>, directory: &str) -> Option<String> {
    let path = format!("{}/{directory}", site.root()?.trim_end_matches('/'));
    let is_mounted = |service: &ServiceContext<'_>| service.volumes.iter().any(|mount| mount.target.value == path.as_str());
    if let Some((service, _)) = site.config().services().find(|(service, _)| is_mounted(service)) {
        return Some(format!("service `{}` has a mount at `{path}`", service.name()));
    }
    let repository = site.config().context().repository();
    let tail = format!("{}/{directory}", site.root()?.rsplit('/').next()?);
    (directory != "storage" && repository.has_directory(&tail)).then(|| format!("the project has `{tail}/`"))
}

/// An edit that puts a location before all others: the first pattern that matches wins.
fn first(site: &Site<'_>, location: &str) -> Option<Edit> {
    let at = site.server().locations().first()?.block().span;
    Some(Edit { span: Span { end: at.start, ..at }, replacement: format!("{location} ") })
}
