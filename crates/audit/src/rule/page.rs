//! A rule's documentation, taken apart: what, why, the example that fires and the one that does not.

/// The parts of a rule's documentation.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Page {
    /// What is wrong, in a sentence or two.
    pub what: String,
    /// `## Why`.
    pub why: String,
    /// `## Example`: what the rule finds.
    pub example: Example,
    /// `## Use instead`: what it lets pass.
    pub instead: Example,
    /// Other sections, with their headings.
    pub more: String,
}

/// Files in a documentation's section, and the prose beside them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Example {
    /// The section as it is written.
    pub text: String,
    /// Its files.
    pub files: Vec<Sample>,
}

/// A file of an example.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Sample {
    /// Its path: the word after the language, or the language's usual name.
    pub path: String,
    /// Its content.
    pub text: String,
}

/// The usual file of a language, where the fence names none.
const USUAL: [(&str, &str); 5] = [
    ("dockerfile", "Dockerfile"),
    ("yaml", "compose.yaml"),
    ("nginx", "nginx.conf"),
    ("dockerignore", ".dockerignore"),
    ("dotenv", ".env"),
];

impl Page {
    /// Takes documentation apart; lines as `///` captures them, one space before each.
    pub fn read(docs: &str) -> Self {
        let mut page = Self::default();
        let mut section = String::new();
        let mut body = String::new();
        let mut fenced = false;
        for line in docs.lines() {
            let line = line.strip_prefix(' ').unwrap_or(line);
            if let Some(title) = line.strip_prefix("## ").filter(|_| !fenced) {
                page.put(&section, std::mem::take(&mut body));
                section = title.to_owned();
                continue;
            }
            fenced ^= line.starts_with("```");
            body.push_str(line);
            body.push('\n');
        }
        page.put(&section, body);
        page
    }

    fn put(&mut self, section: &str, body: String) {
        let body = body.trim_matches('\n').to_owned();
        match section {
            "" => self.what = body,
            "Why" => self.why = body,
            "Example" => self.example = Example::read(body),
            "Use instead" => self.instead = Example::read(body),
            other => self.more.push_str(&format!("## {other}\n{body}\n")),
        }
    }

    /// What is wrong, as one line.
    pub fn title(&self) -> String {
        let first = self.what.split("\n\n").next().unwrap_or_default();
        first.split_whitespace().collect::<Vec<_>>().join(" ")
    }
}

impl Example {
    fn read(text: String) -> Self {
        let mut files: Vec<Sample> = Vec::new();
        let mut open = false;
        for line in text.lines() {
            match (line.strip_prefix("```"), open) {
                (Some(_), true) => open = false,
                (Some(fence), false) => {
                    let (language, path) = fence.split_once(' ').unwrap_or((fence, ""));
                    let usual = USUAL.iter().find(|(name, _)| *name == language).map_or(language, |(_, path)| path);
                    files.push(Sample { path: if path.is_empty() { usual } else { path }.to_owned(), text: String::new() });
                    open = true;
                }
                (None, true) => {
                    if let Some(file) = files.last_mut() {
                        file.text.push_str(line);
                        file.text.push('\n');
                    }
                }
                (None, false) => {}
            }
        }
        Self { text, files }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sections_and_files_are_taken_apart() {
        let page = Page::read(
            " What.\n\n ## Why\n Because.\n\n ## Example\n ```yaml\n services: {}\n ## no heading\n ```\n ```ini docker/php.ini\n a = b\n ```\n ## Use instead\n Nothing.\n",
        );
        assert_eq!((page.what.as_str(), page.why.as_str(), page.instead.text.as_str()), ("What.", "Because.", "Nothing."));
        let files: Vec<_> = page.example.files.iter().map(|file| (file.path.as_str(), file.text.as_str())).collect();
        assert_eq!(files, [("compose.yaml", "services: {}\n## no heading\n"), ("docker/php.ini", "a = b\n")]);
    }
}
