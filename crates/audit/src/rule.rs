//! What a rule is: a value that [`declare_rule!`](crate::rule::declare_rule) makes of a declaration.
//!
//! In: metadata and documentation, written once, beside the check. Out: a [`Rule`], from which the registry, `explain`, the pages and
//! the tests are made. The rules themselves are in [`crate::rules`].

mod page;

use windlass_conf::ini::Ini;
use windlass_conf::nginx::Nginx;
use windlass_conf::prometheus::Prometheus;
use windlass_conf::redis::Redis;
use windlass_conf::workflow::Workflow;

use crate::context::{
    ConfigContext, ContainerContext, Context, DockerfileContext, ObjectContext, ServiceContext, StackContext, StageContext, WorkloadContext,
};
use crate::control::{Category, Control};
use crate::findings::Findings;
use crate::severity::Severity;
use crate::suppress::Flaw;

pub use page::{Example, Page, Sample};

/// A rule. Its id is a contract and never used again; the slug names its file and page.
#[derive(Debug)]
pub struct Rule {
    /// `DF001`.
    pub id: &'static str,
    /// `healthcheck-missing`.
    pub slug: &'static str,
    /// The control that it belongs to, which names its category.
    pub control: Control,
    /// The severity where the context changes nothing.
    pub severity: Severity,
    /// Sections of the report that Windlass reproduces; empty: none.
    pub seed: &'static str,
    /// Rules of other tools that find the same: `hadolint:DL3057`.
    pub aliases: &'static [&'static str],
    /// Whether a machine can repair it.
    pub fix: Fixability,
    /// Runs only when it is named: a matter of taste, or of a house's own rules.
    pub is_optional: bool,
    /// Minutes that a person needs to repair one finding; for the action plan.
    pub effort: u16,
    /// What looks, and at what.
    pub check: Check,
    /// The documentation as it is written, line by line.
    pub docs: &'static str,
    /// The file that declares it, from the workspace.
    pub file: &'static str,
}

impl Rule {
    /// The category whose score it lowers.
    pub fn category(&self) -> Category {
        self.control.category()
    }

    /// The documentation, taken apart.
    pub fn page(&self) -> Page {
        Page::read(self.docs)
    }

    /// Why it never runs, a clause; `None` for those that do.
    pub fn not_run(&self) -> Option<&'static str> {
        if let Check::NotRun(reason) = self.check { Some(reason) } else { None }
    }

    /// True when `name` means this rule: its id, its slug, another tool's id with or without the tool's name, or a prefix of ids
    /// (`DF`, `DF0`).
    pub fn is_named(&self, name: &str) -> bool {
        let same = |text: &str| text.eq_ignore_ascii_case(name);
        same(self.id) || same(self.slug) || self.is_alias(name) || is_prefix_of(name, self.id)
    }

    /// True when `name` is another tool's id of this rule.
    pub fn is_alias(&self, name: &str) -> bool {
        let id = |alias: &'static str| alias.split_once(':').map_or(alias, |(_, id)| id);
        self.aliases.iter().any(|alias| alias.eq_ignore_ascii_case(name) || id(alias).eq_ignore_ascii_case(name))
    }
}

/// True when `name` is the beginning of an id: all of its letters at least.
pub(crate) fn is_prefix_of(name: &str, id: &str) -> bool {
    let letters = name.bytes().take_while(u8::is_ascii_alphabetic).count();
    letters >= 2 && name.len() < id.len() && id.get(..name.len()).is_some_and(|start| start.eq_ignore_ascii_case(name))
}

/// Whether a machine can repair what a rule finds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fixability {
    /// One certain edit, without a value to invent. The rule's test applies it to the example.
    Auto,
    /// An edit that needs a value, or changes behaviour; a person decides.
    Suggest,
    /// By hand only.
    No,
}

impl Fixability {
    /// `auto`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Auto => "auto",
            Self::Suggest => "suggest",
            Self::No => "no",
        }
    }
}

/// A check of a configuration file: where it belongs, and what it says.
pub type ConfigCheck<T> = fn(&ConfigContext<'_>, &T, &mut Findings<'_>);

/// What a rule looks at. The driver calls the check once for each, and counts each as a target of the rule's control.
#[derive(Clone, Copy, Debug)]
pub enum Check {
    /// Each Dockerfile.
    Dockerfile(fn(&DockerfileContext<'_>, &mut Findings<'_>)),
    /// Each stage of each Dockerfile.
    Stage(fn(&StageContext<'_>, &mut Findings<'_>)),
    /// Each service of each stack.
    Service(fn(&ServiceContext<'_>, &mut Findings<'_>)),
    /// Each stack.
    Stack(fn(&StackContext<'_>, &mut Findings<'_>)),
    /// Each configuration file of nginx.
    Nginx(ConfigCheck<Nginx>),
    /// Each file of PHP's settings.
    Php(ConfigCheck<Ini>),
    /// Each pool of php-fpm.
    FpmPool(ConfigCheck<Ini>),
    /// Each file of MySQL's or MariaDB's settings.
    MySql(ConfigCheck<Ini>),
    /// Each configuration file of Redis or Valkey.
    Redis(ConfigCheck<Redis>),
    /// Each configuration file of Prometheus.
    Prometheus(ConfigCheck<Prometheus>),
    /// Each pipeline.
    Workflow(ConfigCheck<Workflow>),
    /// Each file of variables (`.env`).
    Environment(fn(&ConfigContext<'_>, &mut Findings<'_>)),
    /// Each object of the manifests.
    Object(fn(&ObjectContext<'_>, &mut Findings<'_>)),
    /// Each object that is a pod or makes pods.
    Workload(fn(&WorkloadContext<'_>, &mut Findings<'_>)),
    /// Each container of such an object.
    Container(fn(&ContainerContext<'_>, &mut Findings<'_>)),
    /// All that was found, once.
    Repository(fn(&Context, &mut Findings<'_>)),
    /// Each suppression; found while suppressions are applied.
    Suppression(Flaw),
    /// Nothing, for this reason, a clause: files do not say it. It is listed as not run.
    NotRun(&'static str),
}

impl Check {
    /// What `--target` and the catalogue call it.
    pub fn target(&self) -> &'static str {
        match self {
            Self::Dockerfile(_) | Self::Stage(_) => "dockerfile",
            Self::Service(_) | Self::Stack(_) => "compose",
            Self::Nginx(_) => "nginx",
            Self::Php(_) | Self::FpmPool(_) => "php",
            Self::MySql(_) => "mysql",
            Self::Redis(_) => "redis",
            Self::Prometheus(_) => "prometheus",
            Self::Workflow(_) => "ci",
            Self::Environment(_) => "env",
            Self::Object(_) | Self::Workload(_) | Self::Container(_) => "kubernetes",
            Self::Repository(_) => "repository",
            Self::Suppression(_) => "suppression",
            Self::NotRun(_) => "none",
        }
    }
}

/// Declares `RULE`. The documentation has the sections `## Why`, `## Example` (fires) and `## Use instead` (does not).
macro_rules! declare_rule {
    (
        $(#[doc = $doc:literal])*
        pub(crate) static RULE = {
            id: $id:literal, slug: $slug:literal, control: $control:ident, severity: $severity:ident,
            $(seed: $seed:literal,)?
            $(aliases: [$($alias:literal),* $(,)?],)?
            $(fix: $fix:ident,)?
            $(optional: $optional:literal,)?
            effort: $effort:literal,
            check: $target:ident($check:expr) $(,)?
        }
    ) => {
        pub(crate) static RULE: $crate::rule::Rule = $crate::rule::Rule {
            id: $id,
            slug: $slug,
            control: $crate::control::Control::$control,
            severity: $crate::severity::Severity::$severity,
            seed: concat!($($seed)?),
            aliases: &[$($($alias),*)?],
            fix: $crate::rule::declare_rule!(@fix $($fix)?),
            is_optional: false $(|| $optional)?,
            effort: $effort,
            check: $crate::rule::Check::$target($check),
            docs: concat!($($doc, "\n"),*),
            file: file!(),
        };
    };
    (@fix) => { $crate::rule::Fixability::No };
    (@fix $fix:ident) => { $crate::rule::Fixability::$fix };
}
pub(crate) use declare_rule;
