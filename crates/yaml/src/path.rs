//! Where in a tree: `services.web.ports[0].target`.

use std::fmt;

use smol_str::SmolStr;

/// One step into a tree.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Segment {
    /// A key of a map.
    Key(SmolStr),
    /// An item of a list, from 0.
    Index(usize),
}

/// The steps from the root to a value.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Path {
    segments: Vec<Segment>,
}

impl Path {
    /// The root.
    pub fn root() -> Self {
        Self::default()
    }

    /// The path that its own [`Display`](fmt::Display) form spells, for paths known to the program: keys joined by dots, items
    /// as `[0]`, odd keys as `["a.b"]`. What can't be read so is taken as part of a key.
    pub fn parse(text: &str) -> Self {
        let mut path = Self::root();
        let mut rest = text;
        while !rest.is_empty() {
            if let Some(quoted) = rest.strip_prefix("[\"") {
                let end = quoted.find("\"]").unwrap_or(quoted.len());
                path.push(Segment::Key(quoted[..end].into()));
                rest = quoted.get(end + 2..).unwrap_or_default();
            } else if let Some((number, after)) = rest.strip_prefix('[').and_then(|index| index.split_once(']')) {
                path.push(number.parse().map_or_else(|_| Segment::Key(number.into()), Segment::Index));
                rest = after;
            } else {
                let end = rest.find(['.', '[']).unwrap_or(rest.len());
                path.push(Segment::Key(rest[..end].into()));
                rest = &rest[end..];
            }
            rest = rest.strip_prefix('.').unwrap_or(rest);
        }
        path
    }

    /// This path and then `tail`.
    pub fn join(&self, tail: &Self) -> Self {
        let mut segments = Vec::with_capacity(self.segments.len() + tail.segments.len());
        segments.extend_from_slice(&self.segments);
        segments.extend_from_slice(&tail.segments);
        Self { segments }
    }

    /// The steps.
    pub fn segments(&self) -> &[Segment] {
        &self.segments
    }

    /// One step further, into a map.
    pub fn key(&self, key: impl Into<SmolStr>) -> Self {
        self.with(Segment::Key(key.into()))
    }

    /// One step further, into a list.
    pub fn index(&self, index: usize) -> Self {
        self.with(Segment::Index(index))
    }

    /// One step further.
    pub fn with(&self, segment: Segment) -> Self {
        let mut segments = Vec::with_capacity(self.segments.len() + 1);
        segments.extend_from_slice(&self.segments);
        segments.push(segment);
        Self { segments }
    }

    /// Takes a step in place; [`pop`](Self::pop) takes it back.
    pub fn push(&mut self, segment: Segment) {
        self.segments.push(segment);
    }

    /// Takes the last step back.
    pub fn pop(&mut self) -> Option<Segment> {
        self.segments.pop()
    }

    /// True when `self` leads to `other` or above it.
    pub fn contains(&self, other: &Self) -> bool {
        other.segments.starts_with(&self.segments)
    }
}

impl fmt::Display for Path {
    /// Keys with other than `[A-Za-z0-9_-]` are quoted as in JSON: `labels["traefik.enable"]`.
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (at, segment) in self.segments.iter().enumerate() {
            match segment {
                Segment::Key(key)
                    if !key.is_empty() && key.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-')) =>
                {
                    if at > 0 {
                        formatter.write_str(".")?;
                    }
                    formatter.write_str(key)?;
                }
                Segment::Key(key) => {
                    formatter.write_str("[\"")?;
                    for character in key.chars() {
                        match character {
                            '"' | '\\' => write!(formatter, "\\{character}")?,
                            character if character.is_control() => write!(formatter, "\\u{:04x}", character as u32)?,
                            character => write!(formatter, "{character}")?,
                        }
                    }
                    formatter.write_str("\"]")?;
                }
                Segment::Index(index) => write!(formatter, "[{index}]")?,
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_parses_back() {
        for text in ["", "spec.ports[0].port", "labels[\"traefik.enable\"][2].x", "[0]"] {
            assert_eq!(Path::parse(text).to_string(), text);
        }
    }

    #[test]
    fn odd_keys_are_quoted() {
        let path = Path::root().key("services").key("web").key("labels").key("traefik.enable").index(0).key("a\"b");
        assert_eq!(path.to_string(), r#"services.web.labels["traefik.enable"][0]["a\"b"]"#);
        assert_eq!(Path::root().key("x.y").to_string(), r#"["x.y"]"#);
    }
}
