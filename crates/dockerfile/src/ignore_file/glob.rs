//! One pattern of a `.dockerignore` (moby's `patternmatcher`, on systems whose separator is `/`).

/// A step of matching. Each but the last two takes one character.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Step {
    Character(char),
    /// `?`: any but `/`.
    One,
    /// `[a-z]`, `[^a-z]`.
    Class {
        negated: bool,
        ranges: Vec<(char, char)>,
    },
    /// `*`: any number of characters but `/`.
    Many,
    /// `**/`: nothing, or anything that ends in `/`.
    Directories,
    /// `**` at the end: anything.
    Rest,
}

/// How a pattern is compared, which differs in corners.
#[derive(Clone, Debug, PartialEq, Eq)]
enum How {
    Equal(String),
    /// `a/**`.
    StartsWith(String),
    /// `**/a`, `**a`.
    EndsWith(String),
    Steps(Vec<Step>),
}

#[derive(Clone, Debug)]
pub(super) struct Glob(How);

impl Glob {
    /// Reads a clean pattern; `None` where Go's `filepath.Match` calls it bad.
    pub(super) fn parse(pattern: &str) -> Option<Self> {
        let mut steps = Vec::with_capacity(pattern.len());
        let mut how = How::Equal(pattern.to_owned());
        let mut is_steps = false;
        let mut characters = pattern.char_indices().peekable();
        while let Some((at, character)) = characters.next() {
            match character {
                '*' if characters.next_if(|(_, next)| *next == '*').is_some() => {
                    characters.next_if(|(_, next)| *next == '/');
                    let is_plain = !is_steps && matches!(how, How::Equal(_));
                    if characters.peek().is_some() {
                        steps.push(Step::Directories);
                        is_steps = true;
                    } else if is_plain {
                        how = How::StartsWith(pattern[..pattern.len() - 2].to_owned());
                    } else {
                        steps.push(Step::Rest);
                        is_steps = true;
                    }
                    if at == 0 {
                        how = How::EndsWith(pattern[2..].to_owned());
                        is_steps = false;
                    }
                }
                '*' => {
                    steps.push(Step::Many);
                    is_steps = true;
                }
                '?' => {
                    steps.push(Step::One);
                    is_steps = true;
                }
                '\\' => {
                    steps.push(Step::Character(characters.next()?.1));
                    is_steps = true;
                }
                '[' => {
                    steps.push(class(&mut characters)?);
                    is_steps = true;
                }
                ']' => {
                    steps.push(Step::Character(']'));
                    is_steps = true;
                }
                other => steps.push(Step::Character(other)),
            }
        }
        Some(Self(if is_steps { How::Steps(steps) } else { how }))
    }

    pub(super) fn matches(&self, path: &str) -> bool {
        match &self.0 {
            How::Equal(text) => path == text,
            How::StartsWith(text) => path.starts_with(text.as_str()),
            How::EndsWith(text) => path.ends_with(text.as_str()) || text.strip_prefix('/') == Some(path),
            How::Steps(steps) => run(steps, path),
        }
    }
}

/// A class from behind its `[` to its `]`.
fn class(characters: &mut std::iter::Peekable<std::str::CharIndices<'_>>) -> Option<Step> {
    let negated = characters.next_if(|(_, next)| *next == '^').is_some();
    let mut ranges = Vec::new();
    let one = |characters: &mut std::iter::Peekable<std::str::CharIndices<'_>>| match characters.next()?.1 {
        '-' | ']' => None,
        '\\' => Some(characters.next()?.1),
        other => Some(other),
    };
    loop {
        if !ranges.is_empty() && characters.next_if(|(_, next)| *next == ']').is_some() {
            return Some(Step::Class { negated, ranges });
        }
        let first = one(characters)?;
        let last = if characters.next_if(|(_, next)| *next == '-').is_some() { one(characters)? } else { first };
        // Go takes `[z-a]` for a class that matches nothing, and then its own regular expression is refused.
        if last < first {
            return None;
        }
        ranges.push((first, last));
    }
}

/// Runs all ways through the steps at once, so that no pattern takes long.
fn run(steps: &[Step], path: &str) -> bool {
    // `within[i]`: step `i` is `Directories` and has begun.
    let mut before = vec![false; steps.len() + 1];
    let mut within = vec![false; steps.len() + 1];
    before[0] = true;
    skip(steps, &mut before);
    for character in path.chars() {
        let mut after = vec![false; steps.len() + 1];
        let mut still = vec![false; steps.len() + 1];
        for (index, step) in steps.iter().enumerate() {
            if before[index] {
                match step {
                    Step::Character(wanted) => after[index + 1] |= *wanted == character,
                    Step::One => after[index + 1] |= character != '/',
                    Step::Class { negated, ranges } => {
                        let is_in = ranges.iter().any(|(first, last)| (*first..=*last).contains(&character));
                        after[index + 1] |= is_in != *negated;
                    }
                    Step::Many => after[index] |= character != '/',
                    Step::Rest => after[index] = true,
                    Step::Directories => {}
                }
            }
            if matches!(step, Step::Directories) && (before[index] || within[index]) {
                still[index] = true;
                after[index + 1] |= character == '/';
            }
        }
        skip(steps, &mut after);
        before = after;
        within = still;
    }
    before[steps.len()]
}

/// Passes over the steps that may take nothing.
fn skip(steps: &[Step], places: &mut [bool]) {
    for (index, step) in steps.iter().enumerate() {
        if places[index] && matches!(step, Step::Many | Step::Directories | Step::Rest) {
            places[index + 1] = true;
        }
    }
}
