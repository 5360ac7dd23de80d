//! `services.*.build`: how an image is built.

use smol_str::SmolStr;
use windlass_source::Spanned;
use windlass_yaml::{Node, Value};

use crate::model::by_name::ByName;
use crate::model::context::Context;
use crate::model::environment::{ENVIRONMENT, Environment};
use crate::model::extra_hosts::{EXTRA_HOSTS, ExtraHosts};
use crate::model::file_mount::{BUILD_SECRETS, FileMount};
use crate::model::label::{LABELS, Labels};
use crate::model::long::{map_of, set_default};
use crate::model::merge::plain;
use crate::model::paths;
use crate::model::quantity::Bytes;
use crate::model::read::text;
use crate::model::record::record;
use crate::model::rule::{BOOL_OR_TEXT, INT_OR_TEXT, Kinds, Merge, Rule, TEXT, TEXTS};
use crate::model::table::{PLAIN_TABLE, TABLE, name, pairs, to_map};
use crate::model::ulimit::{ULIMITS, Ulimit};

record! {
    /// How an image is built. The short form is the context alone.
    pub struct Build as BUILD_OBJECT {
        /// The directory or address that the build reads. Default: the project's directory.
        context: Option<Spanned<SmolStr>> = TEXT.path(paths::build_context),
        /// The Dockerfile, relative to the context. Default: `Dockerfile`.
        dockerfile: Option<Spanned<SmolStr>> = TEXT,
        /// The Dockerfile's text instead.
        dockerfile_inline: Option<Spanned<SmolStr>> = TEXT,
        /// Values of ARG.
        args: Environment = ENVIRONMENT,
        /// The stage.
        target: Option<Spanned<SmolStr>> = TEXT,
        /// Other contexts by name.
        additional_contexts: Labels = ADDITIONAL_CONTEXTS,
        /// Where cached layers come from.
        cache_from: Vec<Spanned<SmolStr>> = TEXTS,
        /// Where cached layers go.
        cache_to: Vec<Spanned<SmolStr>> = TEXTS,
        /// Privileges of the builder that the build may use.
        entitlements: Vec<Spanned<SmolStr>> = TEXTS,
        /// Lines of /etc/hosts during the build.
        extra_hosts: ExtraHosts = EXTRA_HOSTS,
        /// How it is isolated (Windows).
        isolation: Option<Spanned<SmolStr>> = TEXT,
        /// Labels of the image.
        labels: Labels = LABELS,
        /// The network of RUN.
        network: Option<Spanned<SmolStr>> = TEXT,
        /// Without cached layers.
        no_cache: Option<Spanned<bool>> = BOOL_OR_TEXT,
        /// Platforms, `linux/amd64`.
        platforms: Vec<Spanned<SmolStr>> = TEXTS,
        /// With all capabilities.
        privileged: Option<Spanned<bool>> = BOOL_OR_TEXT,
        /// Attestation of how it was built: a truth value as text, or options.
        provenance: Option<Spanned<SmolStr>> = BOOL_OR_TEXT.long_form(into_text),
        /// Attestation of what is in it: a truth value as text, or options.
        sbom: Option<Spanned<SmolStr>> = BOOL_OR_TEXT.long_form(into_text),
        /// Pulls base images even when they are there.
        pull: Option<Spanned<bool>> = BOOL_OR_TEXT,
        /// Secrets of RUN.
        secrets: Vec<Spanned<FileMount>> = BUILD_SECRETS,
        /// Size of /dev/shm during the build, in bytes.
        shm_size: Option<Spanned<Bytes>> = INT_OR_TEXT,
        /// SSH agents and keys of RUN by id; `None`: the default agent.
        ssh: ByName<Option<Spanned<SmolStr>>> = SSH,
        /// Names of the image beside the service's.
        tags: Vec<Spanned<SmolStr>> = TEXTS.same_by(name),
        /// Limits of processes during the build.
        ulimits: ByName<Spanned<Ulimit>> = ULIMITS,
    }
}

/// A context, or a map.
pub(crate) const BUILD: Rule =
    Rule::object(&BUILD_OBJECT).or(Kinds::TEXT).merged(Merge::By(merge)).long_form(long_form).default(default_context);

/// Other contexts; each has a value, which is a path unless it says otherwise.
const ADDITIONAL_CONTEXTS: Rule = TABLE.long_form(pairs).path(|node, base, context| {
    node.as_map_mut().into_iter().flat_map(|map| map.values_mut()).for_each(|value| paths::build_context(value, base, context));
});

/// Agents and keys; only `default` goes without a value.
const SSH: Rule = PLAIN_TABLE.long_form(ssh).path(|node, base, context| {
    node.as_map_mut().into_iter().flat_map(|map| map.values_mut()).for_each(|value| paths::of_engine(value, base, context));
});

fn merge(base: &mut Node, mut over: Node, rule: &'static Rule, context: &mut Context<'_>) {
    long_form(base, context);
    long_form(&mut over, context);
    plain(base, over, Some(rule), context);
}

fn long_form(node: &mut Node, _: &mut Context<'_>) {
    if let Value::String(_) = node.value {
        map_of(node, "context");
    }
}

fn default_context(node: &mut Node, _: &mut Context<'_>) {
    set_default(node, "context", ".");
}

fn into_text(node: &mut Node, _: &mut Context<'_>) {
    if let Some(text) = text(&node.value) {
        node.value = Value::String(text);
    }
}

fn ssh(node: &mut Node, context: &mut Context<'_>) {
    for item in node.as_sequence().into_iter().flatten() {
        if item.as_str().is_some_and(|text| text != "default" && !text.contains('=')) {
            context.unreadable_because(item, "`default` or a list of `ID=path`", &"the `=` is missing");
        }
    }
    to_map(node, context);
}

#[cfg(test)]
mod tests {
    use crate::model::case::web;

    #[test]
    fn a_text_is_the_context() {
        let cases: &[(&[&str], &str)] = &[
            (&["build: ."], r#"{build: {context: "/project"}}"#),
            (&["build: { dockerfile: x }"], r#"{build: {dockerfile: "x", context: "/project"}}"#),
            (&["build: https://github.com/acme/shop.git"], r#"{build: {context: "https://github.com/acme/shop.git"}}"#),
            (
                &["build: ./app", "build: { args: [A=1], target: dev }"],
                r#"{build: {context: "/project/app", args: {A: "1"}, target: "dev"}}"#,
            ),
            (
                &["build: { additional_contexts: [a=./b, c=docker-image://d] }"],
                r#"{build: {additional_contexts: {a: "/project/b", c: "docker-image://d"}, context: "/project"}}"#,
            ),
            (
                &["build: { secrets: [s], provenance: false }"],
                r#"{build: {secrets: [{source: "s"}], provenance: "false", context: "/project"}}"#,
            ),
            (&["build: { ssh: [other] }"], "`build.ssh` of service `web` must be `default` or a list of `ID=path` @ other"),
            (&["build: { contxt: . }"], "`build` of service `web` has no attribute `contxt` @ contxt"),
        ];
        for (files, expected) in cases {
            assert_eq!(web(files), *expected, "{files:?}");
        }
    }
}
