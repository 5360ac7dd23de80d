//! What stands before the program of a command line and then becomes it: an init (`tini --`), a change of user (`gosu redis`), a wait
//! (`wait-for-it db:5432 --`), a shell that is given a script, and scripts that are called entrypoints.

/// The wrappers with all their words, and what they start. No words are left where a wrapper is given nothing, or a script is the last of them.
pub fn split_wrappers<'w, 'a>(words: &'w [&'a str]) -> (&'w [&'a str], &'w [&'a str]) {
    let mut at = 0;
    while let Some(next) = words.get(at).and_then(|word| Some(at + 1 + taken(program(word), &words[at + 1..])?)) {
        at = next;
    }
    words.split_at(at)
}

/// True for the name, without its path, of the script that an image has as its own entrypoint: `docker-entrypoint.sh`.
pub fn is_own_script(name: &str) -> bool {
    name.starts_with("docker-entrypoint")
}

/// How many of the words after a wrapper are its own; `None` for what is no wrapper.
fn taken(wrapper: &str, after: &[&str]) -> Option<usize> {
    let options = |valued: &[&str]| options(after, valued);
    let taken = match wrapper {
        "tini" | "tini-static" | "docker-init" => options(&["-p", "-e"]),
        "dumb-init" | "catatonit" => options(&["-r", "--rewrite"]),
        "--" => 0,
        "exec" | "nohup" | "setsid" | "stdbuf" | "time" => options(&[]),
        "nice" => options(&["-n", "--adjustment"]),
        "gosu" | "su-exec" | "s6-setuidgid" => options(&[]) + 1,
        "sudo" | "runuser" | "setpriv" | "chpst" => options(&["-u", "-g", "--user", "--group", "--reuid", "--regid"]),
        "env" => {
            let own = options(&["-u", "--unset", "-C", "--chdir"]);
            own + after.iter().skip(own).take_while(|word| word.contains('=')).count()
        }
        "dockerize" => {
            options(&["-wait", "-timeout", "-wait-retry-interval", "-wait-http-header", "-template", "-stdout", "-stderr", "-delims"])
        }
        // What follows without the dashes may be a host, an option's value or the program.
        _ if wrapper.starts_with("wait-for") => after.iter().position(|word| *word == "--")? + 1,
        // `-c` is given a text, not a script.
        "sh" | "bash" | "ash" | "dash" => {
            let (own, is_text) = shell_options(after);
            (!is_text && own < after.len()).then_some(own)?
        }
        _ if wrapper.contains("entrypoint") && !wrapper.starts_with('-') => 0,
        _ => return None,
    };
    // A wrapper whose own words are missing takes what there is.
    Some(taken.min(after.len()))
}

/// The leading options, those of `valued` with the word that follows, up to and with `--`.
fn options(words: &[&str], valued: &[&str]) -> usize {
    let mut at = 0;
    while let Some(word) = words.get(at).filter(|word| word.starts_with('-')) {
        at += 1;
        if *word == "--" {
            break;
        }
        at += usize::from(valued.contains(word));
    }
    at
}

/// How many words the leading options of a shell are, and whether they say that a text follows, not a script. Of `-euo pipefail` the next word
/// is a part.
pub fn shell_options(words: &[&str]) -> (usize, bool) {
    let (mut at, mut is_text) = (0, false);
    while let Some(word) = words.get(at).filter(|word| word.len() > 1 && word.starts_with(['-', '+'])) {
        at += 1;
        if *word == "--" {
            break;
        }
        let is_long = word.starts_with("--");
        is_text |= !is_long && word.contains('c');
        at += usize::from(if is_long { matches!(*word, "--rcfile" | "--init-file") } else { word.ends_with(['o', 'O']) });
    }
    (at.min(words.len()), is_text)
}

/// The name of the program that a word names, without its path.
pub(super) fn program(word: &str) -> &str {
    word.rsplit('/').next().unwrap_or(word)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_wrapper_starts_follows_its_own_words() {
        for line in [
            "tini -- app -x",
            "/usr/bin/tini -g -p SIGTERM -- app -x",
            "dumb-init --rewrite 15:3 app -x",
            "gosu 1000:1000 app -x",
            "su-exec redis app -x",
            "env -u A B=c D= app -x",
            "exec /usr/bin/env app -x",
            "./wait-for-it.sh db:5432 -t 30 -- app -x",
            "tini -- wait-for-it db:9200 -- /docker-entrypoint.sh app -x",
            "dockerize -wait tcp://db:5432 -timeout 20s app -x",
            "sh -e /entrypoint.sh app -x",
            "sudo -E -u www app -x",
            "nice -n 10 app -x",
            "app -x",
        ] {
            let words: Vec<&str> = line.split(' ').collect();
            assert_eq!(split_wrappers(&words).1, ["app", "-x"], "{line}");
        }
    }

    #[test]
    fn what_is_no_wrapper_stays() {
        for line in ["sh -c app", "bash -ec app", "sh", "wait-for-it db:5432", "--entrypoint=a", "environment A=b", ""] {
            let words: Vec<&str> = line.split_whitespace().collect();
            assert_eq!(split_wrappers(&words), (&[][..], &words[..]), "{line}");
        }
    }

    #[test]
    fn wrappers_that_are_given_nothing_take_what_there_is() {
        for line in ["tini", "tini --", "gosu", "gosu -u", "env A=b", "dockerize -wait", "sudo -u", "nice -n", "-- -- --"] {
            let words: Vec<&str> = line.split(' ').collect();
            assert_eq!(split_wrappers(&words).1, Vec::<&str>::new(), "{line}");
        }
    }
}
