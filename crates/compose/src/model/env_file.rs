//! `env_file`: files of environment variables.

use smol_str::SmolStr;
use windlass_source::Spanned;
use windlass_yaml::{Node, Value};

use crate::model::context::Context;
use crate::model::long::{map_of, set_default};
use crate::model::merge::into_sequence;
use crate::model::paths;
use crate::model::record::record;
use crate::model::rule::{BOOL_OR_TEXT, Kinds, Merge, Rule, TEXT};

record! {
    /// A file of environment variables.
    pub struct EnvFile as ENV_FILE_OBJECT.without_extensions().requiring(&["path"]) {
        /// The file.
        path: Spanned<SmolStr> = TEXT.path(paths::local),
        /// False: it may be missing. Default: true.
        required: Option<Spanned<bool>> = BOOL_OR_TEXT,
        /// `raw`: no quotes, no variables. Default: as `.env`.
        format: Option<Spanned<SmolStr>> = TEXT,
    }
}

/// A path, or a list of paths and maps. A later file's come after an earlier one's; a path that comes again replaces.
pub(crate) const ENV_FILE: Rule = {
    const ITEM: Rule = Rule::object(&ENV_FILE_OBJECT).or(Kinds::TEXT);
    Rule::list(&ITEM).or(Kinds::TEXT).merged(Merge::Sequence).same_by(identity).long_form(long_form)
};

fn identity(item: &Node) -> Option<SmolStr> {
    item.as_str().or_else(|| item.get("path")?.as_str()).map(SmolStr::from)
}

fn long_form(node: &mut Node, _: &mut Context<'_>) {
    into_sequence(node);
    for item in node.as_sequence_mut().into_iter().flatten() {
        if let Value::String(_) = item.value {
            map_of(item, "path");
        }
        set_default(item, "required", true);
    }
}

#[cfg(test)]
mod tests {
    use crate::model::case::web;

    #[test]
    fn files_are_paths_and_maps() {
        let cases: &[(&[&str], &str)] = &[
            (&["env_file: .env"], r#"{env_file: [{path: "/project/.env", required: true}]}"#),
            (
                &["env_file: [a.env, { path: /b.env, required: false }]"],
                r#"{env_file: [{path: "/project/a.env", required: true}, {path: "/b.env", required: false}]}"#,
            ),
            (
                &["env_file: a.env", "env_file: [b.env, a.env]"],
                r#"{env_file: [{path: "/project/a.env", required: true}, {path: "/project/b.env", required: true}]}"#,
            ),
            (&["env_file: { path: a }"], "`env_file` of service `web` must be text or a list @ { path: a }"),
        ];
        for (files, expected) in cases {
            assert_eq!(web(files), *expected, "{files:?}");
        }
    }
}
