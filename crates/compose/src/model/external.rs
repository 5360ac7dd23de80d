//! `external`, of networks, volumes, secrets and configs: they are there already.

use crate::model::rule::{BOOL_OR_TEXT, Field, Object, Rule, TEXT};

/// The old form, in which the name stands below `external`; loading turns it into the new one.
static OLD_FORM: Object = {
    const FIELDS: &[Field] = &[Field { key: "name", rule: TEXT }];
    Object::new(FIELDS, &[0])
};

/// The same for secrets and configs, where anything else is passed over.
static OLD_FORM_OF_FILE: Object = OLD_FORM.open();

/// Of networks and volumes.
pub(crate) const EXTERNAL: Rule = BOOL_OR_TEXT.or_object(&OLD_FORM);

/// Of secrets and configs.
pub(crate) const EXTERNAL_FILE: Rule = BOOL_OR_TEXT.or_object(&OLD_FORM_OF_FILE);
