//! The patterns of `${NAME#…}`, `${NAME%…}` and `${NAME/…/…}`: `*` and `?`, no brackets.

/// What a pattern is made of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Part {
    Character(char),
    /// `?`: any character but a line break.
    One,
    /// `*`: any number of them.
    Many,
}

#[derive(Debug)]
pub(super) struct Pattern(Vec<Part>);

/// Steps above which matching gives up: length of the value × length of the pattern.
const STEPS: usize = 1 << 24;

impl Pattern {
    /// Reads a pattern; `None` for an escape that is not known.
    pub(super) fn parse(text: &str) -> Option<Self> {
        let mut parts = Vec::with_capacity(text.len());
        let mut characters = text.chars().peekable();
        while let Some(character) = characters.next() {
            parts.push(match character {
                '*' => Part::Many,
                '?' => Part::One,
                '\\' => match characters.peek() {
                    // They end the pattern unless escaped; the escape is no part of it.
                    Some('}' | '/') => continue,
                    _ => Part::Character(characters.next().filter(|escaped| matches!(escaped, '*' | '?' | '\\'))?),
                },
                other => Part::Character(other),
            });
        }
        Some(Self(parts))
    }

    /// The value without what the pattern matches at its start; `None` when that takes too long.
    pub(super) fn without_prefix(&self, value: &str, longest: bool) -> Option<String> {
        let characters: Vec<char> = value.chars().collect();
        let end = self.ends(&characters, longest)?.first().copied().flatten().unwrap_or(0);
        Some(characters[end..].iter().collect())
    }

    /// The value without what the pattern matches at its end; `None` when that takes too long.
    pub(super) fn without_suffix(&self, value: &str, longest: bool) -> Option<String> {
        let backwards = Self(self.0.iter().rev().copied().collect());
        let characters: Vec<char> = value.chars().rev().collect();
        let end = backwards.ends(&characters, longest)?.first().copied().flatten().unwrap_or(0);
        Some(characters[end..].iter().rev().collect())
    }

    /// The value with the first match, or all of them, replaced; `None` when that takes too long or is longer than `limit`.
    pub(super) fn replace(&self, value: &str, replacement: &str, all: bool, limit: usize) -> Option<String> {
        let characters: Vec<char> = value.chars().collect();
        let ends = self.ends(&characters, true)?;
        let mut result = String::with_capacity(value.len());
        let (mut at, mut matched_to, mut is_done) = (0, None, false);
        while at <= characters.len() {
            // An empty match beside the one before does not count.
            let end = ends[at].filter(|end| !is_done && (*end > at || matched_to != Some(at)));
            if let Some(end) = end {
                result.push_str(replacement);
                matched_to = Some(end);
                is_done = !all;
                if end > at {
                    at = end;
                    continue;
                }
            }
            result.extend(characters.get(at));
            at += 1;
            if result.len() > limit {
                return None;
            }
        }
        Some(result)
    }

    /// For each place of the value, and for its end, where the longest or shortest match from there ends.
    fn ends(&self, value: &[char], longest: bool) -> Option<Vec<Option<usize>>> {
        if value.len().saturating_mul(self.0.len()) > STEPS {
            return None;
        }
        let better = |one: Option<usize>, other: Option<usize>| match (one, other) {
            (Some(one), Some(other)) => Some(if longest { one.max(other) } else { one.min(other) }),
            (one, other) => one.or(other),
        };
        let mut ends = vec![None; value.len() + 1];
        // Of the place after: where a match of each rest of the pattern ends.
        let mut after: Vec<Option<usize>> = vec![None; self.0.len() + 1];
        for at in (0..=value.len()).rev() {
            let mut here = vec![None; self.0.len() + 1];
            here[self.0.len()] = Some(at);
            for (index, part) in self.0.iter().enumerate().rev() {
                let next = value.get(at).copied();
                let is_one = next.is_some_and(|next| next != '\n');
                here[index] = match part {
                    Part::Character(wanted) if next == Some(*wanted) => after[index + 1],
                    Part::One if is_one => after[index + 1],
                    Part::Many if is_one => better(here[index + 1], after[index]),
                    Part::Many => here[index + 1],
                    Part::Character(_) | Part::One => None,
                };
            }
            ends[at] = here[0];
            after = here;
        }
        Some(ends)
    }
}
