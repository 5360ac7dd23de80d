//! The order of keys has no meaning: a project whose maps are all shuffled converts to the same bytes.
#![expect(clippy::disallowed_methods, reason = "tests read cases")]

use std::collections::BTreeMap;
use std::io;
use std::path::{Path, PathBuf};

use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};
use windlass_source::{DirEntry, FileSystem, Metadata, RealFileSystem, SourceMap};
use windlass_suite::conversion::{Project, tree};
use windlass_testkit::workspace;
use windlass_yaml::{Budget, Map, Node, Style, Value, node_to_string, parse};

/// The real files, with some texts replaced.
struct Overlay {
    real: RealFileSystem,
    texts: BTreeMap<PathBuf, String>,
}

impl FileSystem for Overlay {
    fn read(&self, path: &Path, limit: u64) -> io::Result<Vec<u8>> {
        match self.texts.get(path) {
            Some(text) => Ok(text.clone().into_bytes()),
            None => self.real.read(path, limit),
        }
    }

    fn metadata(&self, path: &Path) -> Option<Metadata> {
        self.real.metadata(path)
    }

    fn list(&self, path: &Path) -> io::Result<Vec<DirEntry>> {
        self.real.list(path)
    }

    fn canonicalize(&self, path: &Path) -> io::Result<PathBuf> {
        self.real.canonicalize(path)
    }
}

/// The files whose maps are shuffled: each example with its compose file.
const PROJECTS: [(&str, &str); 5] = [
    ("examples/shop", "docker-compose.prod.yml"),
    ("examples/shop", "docker/docker-compose.scale.yml"),
    ("examples/shop", "docker-compose.swarm.yml"),
    ("examples/voting", "compose.yaml"),
    ("examples/wordpress", "compose.yaml"),
];

/// A small generator of numbers (xorshift), so that one seed gives one order.
struct Numbers(u64);

impl Numbers {
    fn below(&mut self, bound: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from(self.0 % bound as u64).unwrap_or_default()
    }
}

fn shuffle(node: Node, numbers: &mut Numbers) -> Node {
    let value = match node.value {
        Value::Map(map) => {
            let mut entries: Vec<_> = map.into_iter().map(|(key, value)| (key, shuffle(value, numbers))).collect();
            for last in (1..entries.len()).rev() {
                entries.swap(last, numbers.below(last + 1));
            }
            Value::Map(entries.into_iter().collect::<Map>())
        }
        Value::Sequence(items) => Value::Sequence(items.into_iter().map(|item| shuffle(item, numbers)).collect()),
        scalar => scalar,
    };
    Node { value, ..node }
}

#[test]
fn shuffled_keys_convert_to_the_same_bytes() {
    let config = Config { cases: 12, failure_persistence: None, ..Config::default() };
    let strategy = (0..PROJECTS.len(), 1..u64::MAX);
    let outcome = TestRunner::new(config).run(&strategy, |(which, seed)| {
        let (directory, file) = PROJECTS[which];
        let project = Project { directory: workspace().join(directory), files: vec![file.to_owned()], ..Project::default() };
        let path = project.directory.join(file);
        let text = std::fs::read_to_string(&path).expect("the example exists");
        let mut sources = SourceMap::new();
        let id = sources.add(file, text.as_str());
        let parsed = parse(id, &text, &Budget::default());
        prop_assert!(parsed.is_ok(), "{:?}", parsed.diagnostics);
        let mut numbers = Numbers(seed);
        let root = parsed.documents.into_iter().next().expect("one document").root;
        let shuffled = node_to_string(&shuffle(root, &mut numbers), Style::default());
        let files = Overlay { real: RealFileSystem::new(&project.directory), texts: BTreeMap::from([(path, shuffled.clone())]) };
        let (loaded, plain) = project.convert();
        let again = project.load(&files);
        prop_assert!(again.is_ok(), "{shuffled}\n{:?}", again.diagnostics);
        let other = project.convert_loaded(&again, &files);
        prop_assert_eq!(tree(&plain, &loaded), tree(&other, &again));
        Ok(())
    });
    if let Err(failure) = outcome {
        panic!("{failure}");
    }
}
