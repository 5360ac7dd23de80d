//! `environment`, `build.args`: variables.

use smol_str::SmolStr;
use windlass_source::Spanned;

use crate::model::by_name::ByName;
use crate::model::rule::Rule;
use crate::model::table::{TABLE, variables};

/// Variables; one without a value is taken from where Compose runs, and not set when it is not set there.
pub type Environment = ByName<Option<Spanned<SmolStr>>>;

/// A map of scalars, or a list of `NAME=value` and `NAME`.
pub(crate) const ENVIRONMENT: Rule = TABLE.long_form(variables);

#[cfg(test)]
mod tests {
    use crate::model::case::web;

    #[test]
    fn variables_have_two_forms_that_merge() {
        let cases: &[(&[&str], &str)] = &[
            (&["environment: [A=1, B, 'C=x=y', D=]"], r#"{environment: {A: "1", B: null, C: "x=y", D: ""}}"#),
            (&["environment: { A: 1, B: null, C: true, D: 0.5 }"], r#"{environment: {A: "1", B: null, C: "true", D: "0.5"}}"#),
            (&["environment: { A: 1, B: 2 }", "environment: [B=3, C=4]"], r#"{environment: {A: "1", B: "3", C: "4"}}"#),
            (&["environment: [A=1, A=2]"], r#"{environment: {A: "2"}}"#),
            (&["environment: ['A =1']"], "`environment` of service `web` has a variable whose name `A ` ends with a space @ A "),
            (&["environment: { A: [1] }"], "`environment.A` of service `web` must be text, a number or `true` or `false` @ [1]"),
            (&["environment: A=1"], "`environment` of service `web` must be a list or a map @ A=1"),
            (&["environment: [A=1]", "environment: B=2"], r#"{environment: {A: "1", B: "2"}}"#),
        ];
        for (files, expected) in cases {
            assert_eq!(web(files), *expected, "{files:?}");
        }
    }
}
