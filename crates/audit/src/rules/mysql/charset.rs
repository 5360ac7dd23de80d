//! MY006 charset.

use windlass_conf::ini::{Entry, Ini};

use crate::context::server_entry;
use crate::context::{ConfigContext, ServiceContext, replace};
use crate::findings::Findings;
use crate::rule::declare_rule;

declare_rule! {
    /// Tables are made with a character set that does not hold every character.
    ///
    /// MySQL 8 and MariaDB 11.6 take `utf8mb4` where nothing is set; older ones take `latin1`.
    ///
    /// ## Why
    /// `utf8` and `utf8mb3` end at three bytes: an emoji or a rare name in a form is an error, or is cut off.
    ///
    /// ## Example
    /// ```ini docker/my.cnf
    /// [mysqld]
    /// character-set-server = utf8
    /// ```
    /// ## Use instead
    /// ```ini docker/my.cnf
    /// [mysqld]
    /// character-set-server = utf8mb4
    /// collation-server = utf8mb4_unicode_ci
    /// ```
    pub(crate) static RULE = {
        id: "MY006", slug: "charset", control: MysqlSettings, severity: P2,
        seed: "9.3",
        fix: Auto,
        effort: 5,
        check: MySql(check),
    }
}

fn check(config: &ConfigContext<'_>, mysql: &Ini, findings: &mut Findings<'_>) {
    let set = server_entry(mysql, "character_set_server");
    let collation = server_entry(mysql, "collation_server");
    let wrong = |entry: &&Entry| !entry.text().to_ascii_lowercase().starts_with("utf8mb4") && !entry.text().is_empty();
    for (entry, value) in [(set, "utf8mb4"), (collation, "utf8mb4_unicode_ci")] {
        if let Some(entry) = entry.filter(wrong) {
            findings
                .report(entry.span, format!("`{}` does not hold every character", entry.text()))
                .severity(config.grade(RULE.severity))
                .help(format!("write `{value}`; tables that are there are converted by `ALTER TABLE … CONVERT TO CHARACTER SET utf8mb4`"))
                .fix("hold every character", replace(entry.value_span(), value));
        }
    }
    let is_old = |service: &ServiceContext<'_>| {
        let oldest = if service.runs("mariadb") { (11, 6) } else { (8, 0) };
        service.runs_mysql() && service.image_version().is_some_and(|version| version < oldest)
    };
    if set.is_none()
        && collation.is_none()
        && config.services().any(|(service, _)| is_old(&service))
        && !config.is_set_for_mysql("character_set_server")
    {
        let Some(section) = config.tuned_section() else { return };
        let line = "character-set-server = utf8mb4";
        findings
            .report(section.name.as_ref().map(|name| name.span), "this version takes `latin1` where no character set is set")
            .severity(config.grade(RULE.severity))
            .help(format!("write `{line}`"))
            .fix("hold every character", config.add_setting(Some(section), line));
    }
}
