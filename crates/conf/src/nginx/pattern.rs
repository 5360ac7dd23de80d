//! Does a regular expression of a `location` match a path?
//!
//! The part of PCRE that locations use, look-ahead included (`/\.(?!well-known)`), without captures and back-references. A pattern
//! becomes a program; matching visits each instruction at most once for each character, so no pattern takes long.

/// Instructions of a program above which a pattern is not read.
const MAX_PROGRAM: usize = 2_000;
/// Groups inside one another above which a pattern is not read.
const MAX_DEPTH: usize = 16;

/// A pattern that was read.
#[derive(Clone, Debug)]
pub(super) struct Pattern {
    program: Vec<Step>,
    ignores_case: bool,
}

#[derive(Clone, Debug)]
enum Step {
    Character(char),
    Any,
    Class(Class),
    Start,
    End,
    Boundary(bool),
    /// Goes on at both places.
    Split(usize, usize),
    Jump(usize),
    /// What follows, up to its own `Match`, must match here, or must not; then the program goes on at `next`.
    Look {
        negative: bool,
        next: usize,
    },
    Match,
}

#[derive(Clone, Debug, Default)]
struct Class {
    negative: bool,
    ranges: Vec<(char, char)>,
    /// `\d`, `\w`, `\s` and their opposites.
    kinds: Vec<char>,
}

impl Pattern {
    /// Reads a pattern; `None` where it has something that is not known here.
    pub(super) fn new(text: &str, ignores_case: bool) -> Option<Self> {
        let (text, ignores_case) = text.strip_prefix("(?i)").map_or((text, ignores_case), |rest| (rest, true));
        let mut reader = Reader { rest: text.chars().collect::<Vec<_>>(), at: 0, depth: 0, ignores_case };
        let tree = reader.alternatives()?;
        if reader.at < reader.rest.len() {
            return None;
        }
        let mut program = Vec::new();
        compile(&tree, &mut program)?;
        program.push(Step::Match);
        Some(Self { program, ignores_case })
    }

    /// True where the pattern matches anywhere in `subject`.
    pub(super) fn is_match(&self, subject: &str) -> bool {
        let subject: Vec<char> = subject.chars().map(|character| self.fold(character)).collect();
        let mut visited = vec![false; self.program.len() * (subject.len() + 1)];
        (0..=subject.len()).any(|start| self.run(0, start, &subject, &mut visited))
    }

    fn fold(&self, character: char) -> char {
        if self.ignores_case { character.to_ascii_lowercase() } else { character }
    }

    /// Runs the program from a step. What was tried before without success is not tried again.
    fn run(&self, step: usize, at: usize, subject: &[char], visited: &mut [bool]) -> bool {
        let mut threads = vec![(step, at)];
        while let Some((step, at)) = threads.pop() {
            let seen = &mut visited[step * (subject.len() + 1) + at];
            if std::mem::replace(seen, true) {
                continue;
            }
            let here = subject.get(at).copied();
            let is_word =
                |character: Option<&char>| character.is_some_and(|character| character.is_ascii_alphanumeric() || *character == '_');
            match &self.program[step] {
                Step::Match => return true,
                Step::Character(expected) if here == Some(*expected) => threads.push((step + 1, at + 1)),
                Step::Any if here.is_some() => threads.push((step + 1, at + 1)),
                Step::Class(class) if here.is_some_and(|character| class.has(character)) => threads.push((step + 1, at + 1)),
                Step::Start if at == 0 => threads.push((step + 1, at)),
                Step::End if at == subject.len() => threads.push((step + 1, at)),
                Step::Boundary(expected) => {
                    let before = at > 0 && is_word(subject.get(at - 1));
                    if (before != is_word(subject.get(at))) == *expected {
                        threads.push((step + 1, at));
                    }
                }
                Step::Split(first, second) => threads.extend([(*second, at), (*first, at)]),
                Step::Jump(next) => threads.push((*next, at)),
                Step::Look { negative, next } => {
                    // Its own marks: a failure inside says nothing about the program around it.
                    let mut inner = vec![false; visited.len()];
                    if self.run(step + 1, at, subject, &mut inner) != *negative {
                        threads.push((*next, at));
                    }
                }
                Step::Character(_) | Step::Any | Step::Class(_) | Step::Start | Step::End => {}
            }
        }
        false
    }
}

impl Class {
    fn has(&self, character: char) -> bool {
        let found = self.ranges.iter().any(|(first, last)| (*first..=*last).contains(&character))
            || self.kinds.iter().any(|kind| is_of_kind(character, *kind));
        found != self.negative
    }
}

fn is_of_kind(character: char, kind: char) -> bool {
    let is = match kind.to_ascii_lowercase() {
        'd' => character.is_ascii_digit(),
        'w' => character.is_ascii_alphanumeric() || character == '_',
        _ => character.is_ascii_whitespace(),
    };
    is != kind.is_ascii_uppercase()
}

enum Tree {
    Step(Step),
    Sequence(Vec<Tree>),
    Either(Vec<Tree>),
    Repeat { tree: Box<Tree>, least: usize, most: Option<usize> },
    Look { tree: Box<Tree>, negative: bool },
}

/// `None` where the program grows too long.
fn compile(tree: &Tree, program: &mut Vec<Step>) -> Option<()> {
    if program.len() > MAX_PROGRAM {
        return None;
    }
    match tree {
        Tree::Step(step) => program.push(step.clone()),
        Tree::Sequence(trees) => {
            for tree in trees {
                compile(tree, program)?;
            }
        }
        Tree::Either(trees) => {
            let mut ends = Vec::new();
            for (index, tree) in trees.iter().enumerate() {
                if index + 1 == trees.len() {
                    compile(tree, program)?;
                    break;
                }
                let split = program.len();
                program.push(Step::Split(split + 1, split + 1));
                compile(tree, program)?;
                ends.push(program.len());
                program.push(Step::Match);
                program[split] = Step::Split(split + 1, program.len());
            }
            let end = program.len();
            ends.into_iter().for_each(|jump| program[jump] = Step::Jump(end));
        }
        Tree::Repeat { tree, least, most } => {
            for _ in 0..*least {
                compile(tree, program)?;
            }
            match most {
                None => {
                    let split = program.len();
                    program.push(Step::Split(split + 1, split + 1));
                    compile(tree, program)?;
                    program.push(Step::Jump(split));
                    program[split] = Step::Split(split + 1, program.len());
                }
                Some(most) => {
                    let mut splits = Vec::new();
                    for _ in *least..*most {
                        splits.push(program.len());
                        program.push(Step::Match);
                        compile(tree, program)?;
                    }
                    let end = program.len();
                    splits.into_iter().for_each(|split| program[split] = Step::Split(split + 1, end));
                }
            }
        }
        Tree::Look { tree, negative } => {
            let look = program.len();
            program.push(Step::Match);
            compile(tree, program)?;
            program.push(Step::Match);
            program[look] = Step::Look { negative: *negative, next: program.len() };
        }
    }
    Some(())
}

/// Every method gives `None` at what is not known here.
struct Reader {
    rest: Vec<char>,
    at: usize,
    depth: usize,
    ignores_case: bool,
}

impl Reader {
    fn peek(&self) -> Option<char> {
        self.rest.get(self.at).copied()
    }

    fn next(&mut self) -> Option<char> {
        let next = self.peek()?;
        self.at += 1;
        Some(next)
    }

    fn take(&mut self, text: &str) -> bool {
        let found = text.chars().enumerate().all(|(offset, character)| self.rest.get(self.at + offset) == Some(&character));
        if found {
            self.at += text.len();
        }
        found
    }

    fn fold(&self, character: char) -> char {
        if self.ignores_case { character.to_ascii_lowercase() } else { character }
    }

    fn alternatives(&mut self) -> Option<Tree> {
        let mut trees = vec![self.sequence()?];
        while self.take("|") {
            trees.push(self.sequence()?);
        }
        Some(if trees.len() == 1 { trees.remove(0) } else { Tree::Either(trees) })
    }

    fn sequence(&mut self) -> Option<Tree> {
        let mut trees = Vec::new();
        while self.peek().is_some_and(|next| !matches!(next, '|' | ')')) {
            let atom = self.atom()?;
            trees.push(self.repeated(atom)?);
        }
        Some(Tree::Sequence(trees))
    }

    fn repeated(&mut self, atom: Tree) -> Option<Tree> {
        let (least, most) = match self.peek() {
            Some('*') => (0, None),
            Some('+') => (1, None),
            Some('?') => (0, Some(1)),
            Some('{') => match self.counts() {
                Some(counts) => counts,
                None => return Some(atom),
            },
            _ => return Some(atom),
        };
        self.at += 1;
        // Lazy or possessive: whether there is a match does not depend on laziness; possessive repeats are taken for greedy ones.
        if matches!(self.peek(), Some('?' | '+')) {
            self.at += 1;
        }
        if matches!(self.peek(), Some('*')) {
            return None;
        }
        Some(Tree::Repeat { tree: Box::new(atom), least, most })
    }

    /// `{2}`, `{2,}`, `{2,4}`; goes on to the closing brace. Anything else in braces is text.
    fn counts(&mut self) -> Option<(usize, Option<usize>)> {
        let length = self.rest[self.at..].iter().position(|character| *character == '}')?;
        let inner: String = self.rest[self.at + 1..self.at + length].iter().collect();
        let (least, most) = match inner.split_once(',') {
            Some((least, "")) => (least.parse().ok()?, None),
            Some((least, most)) => (least.parse().ok()?, Some(most.parse().ok()?)),
            None => (inner.parse().ok()?, Some(inner.parse().ok()?)),
        };
        if least > MAX_PROGRAM || most.is_some_and(|most| most > MAX_PROGRAM) {
            return None;
        }
        self.at += length;
        Some((least, most))
    }

    fn atom(&mut self) -> Option<Tree> {
        let character = self.next()?;
        Some(match character {
            '.' => Tree::Step(Step::Any),
            '^' => Tree::Step(Step::Start),
            '$' => Tree::Step(Step::End),
            '(' => self.group()?,
            '[' => Tree::Step(Step::Class(self.class()?)),
            '\\' => Tree::Step(self.escape()?),
            '*' | '+' | '?' => return None,
            other => Tree::Step(Step::Character(self.fold(other))),
        })
    }

    fn group(&mut self) -> Option<Tree> {
        if self.depth >= MAX_DEPTH {
            return None;
        }
        self.depth += 1;
        let look = if self.take("?!") {
            Some(true)
        } else if self.take("?=") {
            Some(false)
        } else {
            // A group without capture, with a name, or an ordinary one; look-behind is not known.
            if self.peek() == Some('?') && !self.take("?:") {
                let is_named = ["?<", "?P<", "?'"].into_iter().any(|start| self.take(start)) && !matches!(self.peek(), Some('=' | '!'));
                let name = self.rest[self.at..].iter().position(|character| matches!(character, '>' | '\''));
                self.at += name.filter(|_| is_named)? + 1;
            }
            None
        };
        let tree = self.alternatives()?;
        self.depth -= 1;
        if !self.take(")") {
            return None;
        }
        Some(match look {
            Some(negative) => Tree::Look { tree: Box::new(tree), negative },
            None => tree,
        })
    }

    fn escape(&mut self) -> Option<Step> {
        let character = self.next()?;
        Some(match character {
            'd' | 'D' | 'w' | 'W' | 's' | 'S' => Step::Class(Class { kinds: vec![character], ..Class::default() }),
            'b' | 'B' => Step::Boundary(character == 'b'),
            'A' => Step::Start,
            'z' | 'Z' => Step::End,
            't' => Step::Character('\t'),
            'n' => Step::Character('\n'),
            'r' => Step::Character('\r'),
            other if other.is_ascii_alphanumeric() => return None,
            other => Step::Character(other),
        })
    }

    fn class(&mut self) -> Option<Class> {
        let mut class = Class { negative: self.take("^"), ..Class::default() };
        let mut is_first = true;
        loop {
            let first = match self.next()? {
                ']' if !is_first => return Some(class),
                '[' if self.peek() == Some(':') => return None,
                '\\' => match self.next()? {
                    kind @ ('d' | 'D' | 'w' | 'W' | 's' | 'S') => {
                        class.kinds.push(kind);
                        is_first = false;
                        continue;
                    }
                    other => other,
                },
                other => other,
            };
            is_first = false;
            let is_range = self.peek() == Some('-') && self.rest.get(self.at + 1).is_some_and(|next| *next != ']');
            let last = if is_range {
                self.at += 1;
                match self.next()? {
                    '\\' => self.next()?,
                    other => other,
                }
            } else {
                first
            };
            class.ranges.push((first, last));
            if self.ignores_case {
                class.ranges.push((first.to_ascii_lowercase(), last.to_ascii_lowercase()));
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Pattern;

    fn check(pattern: &str, matching: &[&str], other: &[&str]) {
        let pattern = Pattern::new(pattern, false).expect(pattern);
        for subject in matching {
            assert!(pattern.is_match(subject), "{subject}");
        }
        for subject in other {
            assert!(!pattern.is_match(subject), "{subject}");
        }
    }

    #[test]
    fn patterns_of_locations_match_as_in_pcre() {
        check(r"/\.", &["/.env", "/a/.git/config"], &["/env", "/a."]);
        check(r"/\.(?!well-known)", &["/.git"], &["/.well-known/acme"]);
        check(r"^/(?:storage|bootstrap/cache)(/|$)", &["/storage", "/bootstrap/cache/x"], &["/storages", "/a/storage"]);
        check(r"\.php(?:$|/)", &["/index.php", "/a.php/x"], &["/a.phpx"]);
        check(r"^/uploads/.*\.(php|phtml)$", &["/uploads/a/b.php"], &["/uploads/a.png", "/x/uploads/b.php"]);
        check(r"^/v[0-9]{1,2}/\w+?$", &["/v1/abc", "/v12/a_b"], &["/v123/a", "/v/a"]);
        check(r"^(?<name>[^/]+\.)?\d*\b", &["a.12", "12"], &["/"]);
        check(r"[^\w./-]", &["/a b"], &["/a-b.c"]);
        check("a{2}b{,3}", &["aab{,3}"], &["ab"]);
        check("", &["", "/"], &[]);
        assert!(Pattern::new(r"\.(JPG|png)$", true).is_some_and(|pattern| pattern.is_match("/A.jpg") && pattern.is_match("/A.PNG")));
    }

    #[test]
    fn what_is_not_known_is_not_guessed() {
        for pattern in [r"(a)\1", "(?<!a)b", "(", ")", "[a", "*", r"\p{L}", "[[:alpha:]]", "a{1,9999999}b**", &"(".repeat(1000)] {
            assert!(Pattern::new(pattern, false).is_none(), "{pattern}");
        }
        assert!(Pattern::new(&"(a{9}){9}".repeat(200), false).is_none());
    }

    #[test]
    fn no_pattern_takes_long() {
        let pattern = Pattern::new("^(a*)*(a|a)*(?!(a*)*c)b$", false).expect("a pattern");
        assert!(!pattern.is_match(&"a".repeat(200)));
    }
}
