//! `services.*.develop`: what happens when files change.

use smol_str::SmolStr;
use windlass_source::Spanned;

use crate::model::hook::{HOOK, Hook};
use crate::model::long::list_of_one;
use crate::model::paths;
use crate::model::record::{record, words};
use crate::model::rule::{BOOL, Rule, TEXT, TEXT_OR_TEXTS};

record! {
    /// What happens when files change.
    pub struct Develop as DEVELOP {
        /// The files and what happens.
        watch: Vec<Spanned<Watch>> = { const ITEM: Rule = Rule::object(&WATCH); Rule::list(&ITEM) },
    }
}

record! {
    /// Files and what happens when they change.
    pub struct Watch as WATCH.requiring(&["path", "action"]) {
        /// The files.
        path: Spanned<SmolStr> = TEXT.path(paths::local),
        /// What happens.
        action: Spanned<WatchAction> = TEXT.words(WatchAction::WORDS),
        /// Where they go in the container.
        target: Option<Spanned<SmolStr>> = TEXT,
        /// Which of them are left out.
        ignore: Vec<Spanned<SmolStr>> = TEXT_OR_TEXTS.long_form(list_of_one),
        /// Which of them count; empty: all.
        include: Vec<Spanned<SmolStr>> = TEXT_OR_TEXTS.long_form(list_of_one),
        /// The command of `sync+exec`.
        exec: Option<Spanned<Hook>> = Rule::object(&HOOK),
        /// Copies them once at the start.
        initial_sync: Option<Spanned<bool>> = BOOL,
    }
}

words! {
    /// What happens when files change.
    #[derive(Default)]
    pub enum WatchAction {
        /// The image is built again.
        #[default]
        Rebuild = "rebuild",
        /// They are copied into the container.
        Sync = "sync",
        /// The container is restarted.
        Restart = "restart",
        /// Copied, then restarted.
        SyncRestart = "sync+restart",
        /// Copied, then a command is run.
        SyncExec = "sync+exec",
    }
}
