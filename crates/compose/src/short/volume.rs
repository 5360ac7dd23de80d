//! `volumes` of a service: `[source:]target[:mode,mode]`. Compose specification, "volumes"; compose-go, `format/volume.go`.

use std::borrow::Cow;
use std::ops::Range;

use super::{Placed, ShortError, split_placed};

/// What one text mounts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct VolumeSpec<'t> {
    /// A directory of the host, or a volume.
    pub kind: VolumeKind,
    /// The path or the volume's name, as it is written; absent for a volume without a name.
    pub source: Option<Placed<&'t str>>,
    /// Where it is mounted, cleaned (no `//`, `.`, `..` or `/` at the end).
    pub target: Placed<Cow<'t, str>>,
    /// `ro` or `rw`; the last one written.
    pub read_only: Option<Placed<bool>>,
    /// `shared`, `rslave`, …; the last one written.
    pub propagation: Option<Placed<&'t str>>,
    /// `z` or `Z`; the last one written.
    pub selinux: Option<Placed<&'t str>>,
    /// `nocopy`.
    pub no_copy: Option<Placed<()>>,
    /// Modes that docker compose knows nothing of and ignores: `cached`, `delegated`, `roz`.
    pub ignored: Vec<Placed<&'t str>>,
    /// The text has one or two bytes. It is a target then, whatever it contains, and docker compose's output has no `volume: {}`.
    pub tiny: bool,
}

/// What a short volume is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum VolumeKind {
    /// A path of the host.
    Bind,
    /// A volume with or without a name.
    Volume,
}

/// Reads a volume.
///
/// # Errors
/// An empty text, an empty part between colons, more than three parts.
pub fn parse(text: &str) -> Result<VolumeSpec<'_>, ShortError> {
    if text.is_empty() {
        return Err(ShortError::new("the volume is empty", 0..0));
    }
    let mut spec = VolumeSpec {
        kind: VolumeKind::Volume,
        source: None,
        target: Placed::new(clean(text), 0..text.len()),
        read_only: None,
        propagation: None,
        selinux: None,
        no_copy: None,
        ignored: Vec::new(),
        tiny: text.len() <= 2,
    };
    if spec.tiny {
        return Ok(spec);
    }
    let (parts, open) = sections(text);
    if let Some(empty) = parts.iter().find(|part| part.value.is_empty()) {
        return Err(ShortError::new("nothing stands between two colons, or at an end", empty.range.clone()));
    }
    if let Some(open) = open.filter(|_| parts.len() < 2) {
        return Err(ShortError::new("`${` is not closed, so there is no target", open));
    }
    let (source, target, modes) = match parts.as_slice() {
        [target] => (None, target, None),
        [source, target] => (Some(source), target, None),
        [source, target, modes] => (Some(source), target, Some(modes)),
        [_, _, _, rest, ..] => {
            return Err(ShortError::new("too many colons: expected `source:target:mode`", rest.range.start..text.len()));
        }
        [] => return Err(ShortError::new("the volume is empty", 0..0)),
    };
    if source.is_some_and(|source| is_path(source.value)) {
        spec.kind = VolumeKind::Bind;
    }
    spec.source = source.cloned();
    spec.target = Placed::new(clean(target.value), target.range.clone());
    if let Some(modes) = modes {
        for mode in split_placed(modes.value, ',') {
            let range = modes.range.start + mode.range.start..modes.range.start + mode.range.end;
            let mode = Placed::new(mode.value, range);
            match mode.value {
                "ro" => spec.read_only = Some(mode.map(|_| true)),
                "rw" => spec.read_only = Some(mode.map(|_| false)),
                "nocopy" => spec.no_copy = Some(mode.map(|_| ())),
                "z" | "Z" => spec.selinux = Some(mode),
                "private" | "rprivate" | "shared" | "rshared" | "slave" | "rslave" => spec.propagation = Some(mode),
                _ => spec.ignored.push(mode),
            }
        }
    }
    Ok(spec)
}

/// The parts between colons. A colon after a single letter belongs to a Windows drive, one inside `${…}` to the text. A last part
/// in which `${` is not closed is not among them, as docker compose loses it; it is given beside them.
fn sections(text: &str) -> (Vec<Placed<&str>>, Option<Range<usize>>) {
    let mut parts = Vec::new();
    let mut start = 0;
    let mut braces = 0_usize;
    for (at, character) in text.char_indices() {
        match character {
            '$' if text[at + 1..].starts_with('{') => braces += 1,
            '}' if braces > 0 => braces -= 1,
            ':' if braces == 0 && !is_drive(&text[start..at]) => {
                parts.push(Placed::new(&text[start..at], start..at));
                start = at + 1;
            }
            _ => {}
        }
    }
    if braces > 0 {
        return (parts, Some(start..text.len()));
    }
    parts.push(Placed::new(&text[start..], start..text.len()));
    (parts, None)
}

fn is_drive(text: &str) -> bool {
    let mut characters = text.chars();
    characters.next().is_some_and(char::is_alphabetic) && characters.next().is_none()
}

/// True for a source that is a path of the host rather than a volume's name: it starts with `.`, `/`, `~`, `\\` or a drive.
pub fn is_path(source: &str) -> bool {
    source.starts_with(['.', '/', '~']) || source.starts_with("\\\\") || source.split_once(':').is_some_and(|(letter, _)| is_drive(letter))
}

/// The shortest path that means the same (Go's `path.Clean`), for paths with `/`. An empty path stays empty.
pub fn clean(path: &str) -> Cow<'_, str> {
    let rooted = path.starts_with('/');
    let inner = path.strip_prefix('/').unwrap_or(path);
    if path == "/" || !inner.split('/').any(|part| matches!(part, "" | "." | "..")) || path.is_empty() {
        return Cow::Borrowed(path);
    }
    let mut kept: Vec<&str> = Vec::new();
    for part in inner.split('/') {
        match part {
            "" | "." => {}
            ".." if kept.last().is_some_and(|last| *last != "..") => {
                kept.pop();
            }
            ".." if rooted => {}
            part => kept.push(part),
        }
    }
    let joined = kept.join("/");
    match (rooted, joined.is_empty()) {
        (true, _) => Cow::Owned(format!("/{joined}")),
        (false, true) => Cow::Borrowed("."),
        (false, false) => Cow::Owned(joined),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn show(text: &str) -> String {
        match parse(text) {
            Ok(spec) => {
                let mut out =
                    format!("{:?} {} -> {}", spec.kind, spec.source.as_ref().map_or("", |source| source.value), spec.target.value);
                let read_only = spec.read_only.map(|mode| if mode.value { "ro" } else { "rw" });
                let no_copy = spec.no_copy.map(|_| "nocopy");
                let modes = [read_only, spec.propagation.map(|mode| mode.value), spec.selinux.map(|mode| mode.value), no_copy];
                for mode in modes.into_iter().flatten() {
                    out += &format!(" {mode}");
                }
                for mode in spec.ignored {
                    out += &format!(" ({})", mode.value);
                }
                out
            }
            Err(error) => format!("! {error} @ {:?}", error.range),
        }
    }

    #[test]
    fn the_cases_are_as_docker_compose_has_them() {
        let cases = [
            ("data:/d", "Volume data -> /d"),
            ("data:/d:ro", "Volume data -> /d ro"),
            ("data:/d:nocopy,ro", "Volume data -> /d ro nocopy"),
            ("data:/d:roz", "Volume data -> /d (roz)"),
            ("data:/d:RO", "Volume data -> /d (RO)"),
            ("data:/d:z", "Volume data -> /d z"),
            ("x/y:/d", "Volume x/y -> /d"),
            (" data:/d", "Volume  data -> /d"),
            ("/data", "Volume  -> /data"),
            ("/data/", "Volume  -> /data"),
            ("/d", "Volume  -> /d"),
            (":", "Volume  -> :"),
            ("a:", "Volume  -> a:"),
            ("a/", "Volume  -> a"),
            ("a:/d", "Volume  -> a:/d"),
            ("é:/x", "Volume  -> é:/x"),
            ("C:\\x", "Volume  -> C:\\x"),
            ("/d:ro", "Bind /d -> ro"),
            ("./x:/d", "Bind ./x -> /d"),
            ("./x:d", "Bind ./x -> d"),
            (".:/d", "Bind . -> /d"),
            ("~:/d", "Bind ~ -> /d"),
            ("~bob/x:/d", "Bind ~bob/x -> /d"),
            ("/x/../y//z:/d/../e", "Bind /x/../y//z -> /e"),
            ("/x:/a//b/./c/..", "Bind /x -> /a/b"),
            ("/x:/..", "Bind /x -> /"),
            ("./x:../..", "Bind ./x -> ../.."),
            ("./x:a/..", "Bind ./x -> ."),
            ("./x:/d:ro,rw", "Bind ./x -> /d rw"),
            ("./x:/d:z,Z,shared", "Bind ./x -> /d shared Z"),
            ("./x:/d:cached", "Bind ./x -> /d (cached)"),
            ("./a:/b:/c", "Bind ./a -> /b (/c)"),
            ("a:/b:ro:x", "Bind a:/b -> ro (x)"),
            ("C:\\x:/d:ro", "Bind C:\\x -> /d ro"),
            ("C:\\x:D:\\y:ro", "Bind C:\\x -> D:\\y ro"),
            ("./x:C:", "Bind ./x -> C:"),
            ("\\\\.\\pipe\\e:\\\\.\\pipe\\e", "Bind \\\\.\\pipe\\e -> \\\\.\\pipe\\e"),
            ("${a:b}:/x", "Volume ${a:b} -> /x"),
            ("a1:/d:${x", "Volume a1 -> /d"),
            ("a1:${x", "! `${` is not closed, so there is no target @ 3..6"),
            ("${x:/d", "! `${` is not closed, so there is no target @ 0..6"),
            ("", "! the volume is empty @ 0..0"),
            ("ab:", "! nothing stands between two colons, or at an end @ 3..3"),
            (":/d", "! nothing stands between two colons, or at an end @ 0..0"),
            ("data::/d", "! nothing stands between two colons, or at an end @ 5..5"),
            ("data:/d:", "! nothing stands between two colons, or at an end @ 8..8"),
            ("./x:/d:ro:z", "! too many colons: expected `source:target:mode` @ 10..11"),
        ];
        for (text, expected) in cases {
            assert_eq!(show(text), expected, "{text}");
        }
    }

    #[test]
    fn each_field_knows_its_place() {
        let text = "./x:/d//e:ro,Z";
        let spec = parse(text).unwrap();
        let ranges = [spec.source.unwrap().range, spec.target.range, spec.read_only.unwrap().range, spec.selinux.unwrap().range];
        assert_eq!(ranges.map(|range| &text[range]), ["./x", "/d//e", "ro", "Z"]);
    }

    proptest! {
        #[test]
        fn any_text_is_read_or_refused(text in "([a:/.~$\\{\\},\\\\é]|ro|z)*") {
            match parse(&text) {
                Ok(spec) => prop_assert!(text.get(spec.target.range).is_some()),
                Err(error) => prop_assert!(text.get(error.range).is_some()),
            }
        }

        #[test]
        fn a_clean_path_stays(path in "[a./]*") {
            let once = clean(&path).into_owned();
            let twice = clean(&once).into_owned();
            prop_assert_eq!(twice, once);
        }
    }
}
