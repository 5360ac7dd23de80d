//! The users and groups to which `RUN` gives a number: `useradd --uid 1001 app`, `adduser -D -u 1001 app`, `groupadd -g 1001 app`.
//! A number that the program chooses by itself depends on what the base image has, and is not known.

use std::collections::BTreeMap;

use smol_str::SmolStr;

use crate::shell::{Lookup, expand};

/// Programs that make or change users (shadow-utils, BusyBox, Debian's adduser).
const OF_USERS: [&str; 3] = ["useradd", "adduser", "usermod"];
/// As [`OF_USERS`], of groups.
const OF_GROUPS: [&str; 3] = ["groupadd", "addgroup", "groupmod"];

/// Options of one letter that a value follows, of all of these programs.
const SHORT_WITH_VALUE: &str = "bcdefgGhkKpPRsuZ";
/// As [`SHORT_WITH_VALUE`], of a word.
const LONG_WITH_VALUE: [&str; 30] = [
    "add-subgids",
    "add-subuids",
    "base-dir",
    "comment",
    "conf",
    "del-subgids",
    "del-subuids",
    "expiredate",
    "firstgid",
    "firstuid",
    "gecos",
    "gid",
    "groups",
    "home",
    "home-dir",
    "inactive",
    "ingroup",
    "key",
    "lastgid",
    "lastuid",
    "login",
    "new-name",
    "password",
    "prefix",
    "root",
    "selinux-user",
    "shell",
    "skel",
    "uid",
    "users",
];

/// The largest number of a user or group; `useradd` takes none above.
const LARGEST: u32 = i32::MAX as u32;

/// Numbers of users and groups, by name.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Accounts {
    /// Users.
    pub users: BTreeMap<SmolStr, u32>,
    /// Groups.
    pub groups: BTreeMap<SmolStr, u32>,
    /// The primary group of users that are given one: its name or number.
    pub primary: BTreeMap<SmolStr, SmolStr>,
}

impl Accounts {
    /// Adds those of a script. `left` are the bytes that its expanded words may have, of which what is used is taken.
    pub(super) fn read(&mut self, script: &str, escape: char, variable: Lookup<'_>, left: &mut usize) {
        let script = script.replace("\\\n", " ");
        for command in commands(&script) {
            let programs = || OF_USERS.iter().chain(&OF_GROUPS);
            if !programs().any(|program| command.contains(program)) {
                continue;
            }
            let Ok(expanded) = expand(&with_empty_words(command), escape, variable) else { continue };
            let Some(rest) = left.checked_sub(expanded.text.len()) else { return };
            *left = rest;
            let base = |word: &str| word.rsplit('/').next().unwrap_or_default().to_owned();
            let Some(at) = expanded.words.iter().position(|word| programs().any(|program| base(word) == *program)) else { continue };
            let (program, words) = (base(&expanded.words[at]), &expanded.words[at + 1..]);
            if !OF_USERS.contains(&program.as_str()) {
                self.groups.extend(numbered(&program, words, 'g', "gid"));
                continue;
            }
            self.users.extend(numbered(&program, words, 'u', "uid"));
            // BusyBox has `-g` for the user's real name.
            let short = if program == "adduser" { 'G' } else { 'g' };
            let group = option(&program, words, short, &["gid", "ingroup"]).filter(|(_, group)| !group.is_empty());
            self.primary.extend(group.map(|(name, group)| (name.into(), group.into())));
        }
    }
}

/// The name among the arguments of a program, and the number that an option gives to it.
fn numbered(program: &str, words: &[String], short: char, long: &str) -> Option<(SmolStr, u32)> {
    let (name, number) = option(program, words, short, &[long])?;
    Some((name.into(), number.parse().ok().filter(|number| *number <= LARGEST)?))
}

/// The name among the arguments of a program, and the value of an option, the last one where it has several.
fn option<'w>(program: &str, words: &'w [String], short: char, long: &[&str]) -> Option<(&'w str, &'w str)> {
    let (mut name, mut found) = (None, None);
    let mut words = words.iter().peekable();
    // A variable without a value is no word.
    let is_value = |word: &&String| !word.starts_with('-');
    while let Some(word) = words.next() {
        if let Some(option) = word.strip_prefix("--") {
            let (option, value) = option.split_once('=').map_or((option, None), |(option, value)| (option, Some(value)));
            let value =
                if LONG_WITH_VALUE.contains(&option) { value.or_else(|| words.next_if(is_value).map(String::as_str)) } else { None };
            if long.contains(&option) {
                found = value;
            }
        } else if let Some(letters) = word.strip_prefix('-').filter(|letters| !letters.is_empty()) {
            // `-Du 1001`: of several letters the last one may have a value, which may follow without a space.
            if let Some(at) = letters.find(|letter| takes_value(program, letter)) {
                let (option, value) = letters[at..].split_at(1);
                let value = if value.is_empty() { words.next_if(is_value).map(String::as_str) } else { Some(value) };
                if option.starts_with(short) {
                    found = value;
                }
            }
        } else {
            name = name.or(Some(word.as_str()));
        }
    }
    Some((name?, found?))
}

/// True when a value follows an option of one letter.
fn takes_value(program: &str, letter: char) -> bool {
    match (program, letter) {
        // `--force`.
        ("groupadd", 'f') => false,
        ("usermod", 'l' | 'v' | 'V' | 'w' | 'W') | ("groupmod", 'n') | ("groupadd" | "groupmod", 'U') => true,
        _ => SHORT_WITH_VALUE.contains(letter),
    }
}

/// Expansion leaves an empty word out, and `--gecos ''` would take the next one for its value: it becomes a space.
fn with_empty_words(command: &str) -> String {
    let words = command.split_inclusive(char::is_whitespace);
    words.map(|word| if matches!(word.trim_end(), "''" | "\"\"") { "' ' " } else { word }).collect()
}

/// The commands of a script, as far as quotes tell them apart.
fn commands(script: &str) -> impl Iterator<Item = &str> {
    let (mut quote, mut is_escaped) = (None, false);
    script.split(move |character| {
        if std::mem::take(&mut is_escaped) {
            return false;
        }
        match (character, quote) {
            ('\\', None | Some('"')) => is_escaped = true,
            ('\'' | '"', None) => quote = Some(character),
            (character, Some(open)) if character == open => quote = None,
            (';' | '&' | '|' | '\n' | '(' | ')', None) => return true,
            _ => {}
        }
        false
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn accounts(script: &str) -> String {
        let variable = |name: &str| (name == "APP_UID").then(|| "1234".into());
        let mut accounts = Accounts::default();
        accounts.read(script, '\\', &variable, &mut 10_000);
        let shown =
            |kind: char, all: &BTreeMap<SmolStr, u32>| all.iter().map(|(name, id)| format!("{kind}:{name}={id}")).collect::<Vec<_>>();
        [shown('u', &accounts.users), shown('g', &accounts.groups)].concat().join(" ")
    }

    #[test]
    fn the_number_is_that_of_the_option_in_all_its_spellings() {
        for script in [
            "useradd -u 1001 app",
            "useradd --uid 1001 app",
            "useradd --uid=1001 --create-home app",
            "/usr/sbin/useradd -mu1001 -s /bin/sh app",
            "adduser -D -u 1001 app",
            "adduser -Du 1001 -h /srv app",
            "adduser --system --gecos '' --uid 1001 app",
            "adduser --uid 1001 --disabled-password --gecos '' app",
            "adduser --uid 1001 --gecos \"\" app --ingroup web",
            "adduser -u 1001 -D -g \"\" -h '' app",
            "useradd -u 1001 -c '' -k /etc/skel -K UMASK=0077 -p x app",
            "useradd --uid 1001 --skel /x --password '' app",
            "usermod -l app -u 1001 app",
            "usermod --login new -u 1001 app",
            "useradd -m app -u 1001",
            "set -eux; useradd -r -g 5 -u 1001 app; rm -rf /x",
            "apt-get update && useradd \\\n  --no-log-init \\\n  -u 1001 app",
            "if ! id app; then useradd -u 1001 app; fi",
            "getent passwd app || (useradd -u 1001 app)",
            "usermod -u 1001 app",
        ] {
            assert_eq!(accounts(script), "u:app=1001", "{script}");
        }
        assert_eq!(accounts("addgroup -g 1002 web && adduser -D -u 1001 -G web app"), "u:app=1001 g:web=1002");
        assert_eq!(accounts("groupadd --gid 1002 web; groupmod -g 33 www-data"), "g:web=1002 g:www-data=33");
        assert_eq!(accounts("groupadd -f web -g 1002; groupmod -n new -g 33 www-data"), "g:web=1002 g:www-data=33");
        assert_eq!(accounts("useradd -u ${APP_UID} app"), "u:app=1234");
    }

    #[test]
    fn the_primary_group_is_that_of_the_option() {
        let primary = |script: &str| {
            let mut accounts = Accounts::default();
            accounts.read(script, '\\', &|_| None, &mut 10_000);
            accounts.primary.get("app").map(ToString::to_string)
        };
        for script in [
            "groupadd -g 1235 web && useradd -u 1234 -g web app",
            "useradd --gid=web app",
            "addgroup web && adduser -D -G web app",
            "adduser --system --gecos '' --ingroup web app",
            "useradd app && usermod -g web -G docker app",
        ] {
            assert_eq!(primary(script).as_deref(), Some("web"), "{script}");
        }
        assert_eq!(primary("adduser --uid 1234 --gid 1235 app").as_deref(), Some("1235"));
        for script in ["useradd -u 1234 app", "useradd -G web app", "adduser -D -g 'The app' app", "addgroup app web"] {
            assert_eq!(primary(script), None, "{script}");
        }
    }

    #[test]
    fn what_the_program_chooses_is_not_known() {
        for script in [
            "useradd app",
            "adduser -S app -G app",
            "addgroup app web",
            "useradd -u $UNSET app",
            "useradd -u $UNSET -s /bin/sh app",
            "useradd -u x app",
            "useradd -u 4294967295 app",
            "useradd -u 1001",
            "useradd -g 1001 app",
            "adduser -g 1001 app",
            "echo 'useradd -u 1001 app'",
            "useradd -u '1001 app",
        ] {
            assert_eq!(accounts(script), "", "{script}");
        }
    }
}
