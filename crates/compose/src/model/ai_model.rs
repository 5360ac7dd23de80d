//! `models`, at the top and in a service: language models.

use smol_str::SmolStr;
use windlass_source::Spanned;

use crate::model::names;
use crate::model::record::record;
use crate::model::rule::{INT, Kinds, Merge, Names, Rule, TEXT, TEXTS, is_name};

record! {
    /// A language model.
    pub struct Model as MODEL.requiring(&["model"]) {
        /// The model to run, as an image reference.
        model: Spanned<SmolStr> = TEXT,
        /// A name of its own.
        name: Option<Spanned<SmolStr>> = TEXT,
        /// Its context in tokens.
        context_size: Option<Spanned<i64>> = INT,
        /// Flags of the program that runs it.
        runtime_flags: Vec<Spanned<SmolStr>> = TEXTS,
    }
}

record! {
    /// How a service finds a language model.
    pub struct ServiceModel as SERVICE_MODEL {
        /// The variable that holds its address.
        endpoint_var: Option<Spanned<SmolStr>> = TEXT,
        /// The variable that holds its name.
        model_var: Option<Spanned<SmolStr>> = TEXT,
    }
}

/// Names, or a map of names and settings.
pub(crate) const MODELS: Rule = {
    static NAMES: Names = Names { allows: is_name, wanted: None, rule: Rule::object(&SERVICE_MODEL).or(Kinds::NULL) };
    Rule::names(&NAMES).or_list(&TEXT).distinct().merged(Merge::By(names::merge)).long_form(names::long_form)
};
