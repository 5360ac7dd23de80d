//! `post_start`, `pre_stop`, `develop.watch[].exec`: commands in the running container.

use smol_str::SmolStr;
use windlass_source::Spanned;

use crate::model::command::{COMMAND, CommandLine};
use crate::model::environment::Environment;
use crate::model::record::record;
use crate::model::rule::{BOOL_OR_TEXT, Rule, TEXT};
use crate::model::table::{PLAIN_TABLE, variables};

record! {
    /// A command in the running container.
    pub struct Hook as HOOK.requiring(&["command"]) {
        /// Its words.
        command: Option<Spanned<CommandLine>> = COMMAND,
        /// The user; `None`: the container's.
        user: Option<Spanned<SmolStr>> = TEXT,
        /// With all capabilities.
        privileged: Option<Spanned<bool>> = BOOL_OR_TEXT,
        /// The working directory.
        working_dir: Option<Spanned<SmolStr>> = TEXT,
        /// Its variables.
        environment: Environment = PLAIN_TABLE.long_form(variables),
    }
}

/// A list of hooks.
pub(crate) const HOOKS: Rule = {
    const ITEM: Rule = Rule::object(&HOOK);
    Rule::list(&ITEM)
};
