//! EN002 env-duplicate.

use crate::context::ConfigContext;
use crate::findings::Findings;
use crate::rule::declare_rule;

declare_rule! {
    /// A variable is set twice in one file.
    ///
    /// ## Why
    /// The last line counts. Whoever edits the first one sees no effect, and looks for the mistake elsewhere.
    ///
    /// ## Example
    /// ```dotenv .env
    /// DB_HOST=mysql
    /// DB_PORT=3306
    /// DB_PORT=33061
    /// ```
    /// ## Use instead
    /// ```dotenv .env
    /// DB_HOST=mysql
    /// DB_PORT=33061
    /// ```
    pub(crate) static RULE = {
        id: "EN002", slug: "env-duplicate", control: Variables, severity: P2,
        fix: Auto,
        effort: 5,
        check: Environment(check),
    }
}

fn check(config: &ConfigContext<'_>, findings: &mut Findings<'_>) {
    let variables = config.variables();
    for repeated in &variables.repeated {
        let finding = findings.report(repeated.again, format!("`{}` is set a second time; this line counts", repeated.name));
        finding
            .severity(config.grade(RULE.severity))
            .related(repeated.first, "set here before")
            .help("keep one of the two lines")
            .fix("take the earlier line away", config.remove_lines(repeated.first));
    }
}
