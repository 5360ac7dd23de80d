//! MySQL and MariaDB as a service runs them: the options of its command, and the files that it has.

use windlass_conf::ini::{Entry, Ini, Section};

use super::config_file::{ConfigContext, Setting};
use super::service::ServiceContext;

/// True for a section that the server reads; clients have others.
fn is_server(section: &Section) -> bool {
    let name = section.name.as_ref().map_or("", |name| name.as_str());
    (name.starts_with("mysqld") && !name.starts_with("mysqld_")) || name == "server" || name.starts_with("mariadb") || name == "galera"
}

/// The sections of a file that the server reads.
pub fn server_sections(mysql: &Ini) -> impl DoubleEndedIterator<Item = &Section> {
    mysql.sections.iter().filter(|section| is_server(section))
}

/// The entry of the server's that counts. `name` has underscores.
pub fn server_entry<'i>(mysql: &'i Ini, name: &str) -> Option<&'i Entry> {
    server_sections(mysql).rev().find_map(|section| mysql.get_of(section, name))
}

impl<'a> ConfigContext<'a> {
    /// The section of a file of MySQL's that tunes the server: three settings or more. A file for one purpose says nothing of the rest.
    pub fn tuned_section(self) -> Option<&'a Section> {
        let mysql = self.mysql()?;
        let count: usize = server_sections(mysql).map(|section| section.entries.len()).sum();
        server_sections(mysql).next_back().filter(|_| count >= 3)
    }

    /// True where a service that has this file sets the option elsewhere: in its command, or in another file.
    pub fn is_set_for_mysql(self, name: &str) -> bool {
        self.services().any(|(service, _)| service.mysql_setting(name).is_some())
    }
}

impl<'a> ServiceContext<'a> {
    /// Runs MySQL, MariaDB or Percona Server.
    pub fn runs_mysql(self) -> bool {
        ["mysql", "mariadb", "percona"].iter().any(|name| self.runs(name))
    }

    /// The files of MySQL's that it has, each with its path in the container, in the order in which the server reads them.
    pub fn mysql_files(self) -> Vec<(ConfigContext<'a>, &'a Ini, &'a str)> {
        let mut files = self.places(ConfigContext::mysql);
        files.sort_by_key(|(.., target)| (target.contains(".d/"), target.rsplit('/').next()));
        files
    }

    /// What the server is told: an option of the command, else the last entry of its files. `name` has underscores.
    pub fn mysql_setting(self, name: &str) -> Option<Setting> {
        self.mysql_option(name).or_else(|| {
            let entry = self.mysql_files().into_iter().rev().find_map(|(_, mysql, _)| server_entry(mysql, name))?;
            Some(Setting { text: entry.text().into(), span: Some(entry.span) })
        })
    }

    /// An option of the command: `--max-connections=100`, `--max-connections 100`.
    pub fn mysql_option(self, name: &str) -> Option<Setting> {
        let text = self.command_text();
        let mut words = text.split_whitespace().map(|word| word.trim_matches(['"', '\''])).peekable();
        while let Some(word) = words.next() {
            let Some(option) = word.strip_prefix("--") else { continue };
            let (option, value) = option.split_once('=').map_or((option, None), |(option, value)| (option, Some(value)));
            if option.replace('-', "_") == name {
                let next = words.peek().copied().filter(|next| !next.starts_with('-'));
                return Some(Setting { text: value.or(next).unwrap_or_default().into(), span: self.attribute_span("command") });
            }
        }
        None
    }

    /// The version of its image, as far as the tag tells: `(8, 4)`.
    pub fn image_version(self) -> Option<(u32, u32)> {
        let mut numbers = self.reference()?.tag()?.split(['.', '-']).map(str::parse::<u32>);
        let major = numbers.next()?.ok()?;
        Some((major, numbers.next().and_then(Result::ok).unwrap_or(0)))
    }
}
