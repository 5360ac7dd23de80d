//! The formats, one file each, and the list of those that a report file can have.

mod dot;
pub(crate) mod html;
pub mod human;
pub(crate) mod json;
pub(crate) mod markdown;
mod mermaid;
pub(crate) mod summary;
pub(crate) mod svg;

use crate::graph::Graph;
use crate::report::Conversion;

/// A form of the conversion's report.
#[derive(Clone, Copy, Debug)]
pub struct Format {
    /// Extension of its files, without the dot.
    pub extension: &'static str,
    /// The report in this form, with a line break at its end.
    pub render: fn(&Conversion<'_>) -> String,
}

/// Every form of the conversion's report.
pub static FORMATS: [Format; 3] = [json::FORMAT, markdown::FORMAT, html::FORMAT];

/// The form of a file with this extension, whatever its case.
pub fn by_extension(extension: &str) -> Option<&'static Format> {
    FORMATS.iter().find(|format| format.extension.eq_ignore_ascii_case(extension))
}

/// A form of a graph.
#[derive(Clone, Copy, Debug)]
pub struct GraphFormat {
    /// What `--format` calls it.
    pub name: &'static str,
    /// Extensions of its files, without the dot; the first one is the usual.
    pub extensions: &'static [&'static str],
    /// The graph in this form, with a line break at its end.
    pub render: fn(&Graph) -> String,
}

/// Every form of a graph; the first one is the default.
pub static GRAPH_FORMATS: [GraphFormat; 3] = [
    GraphFormat { name: "svg", extensions: &["svg"], render: |graph| svg::Picture::of(graph).file() },
    GraphFormat { name: "mermaid", extensions: &["mmd", "mermaid"], render: mermaid::render },
    GraphFormat { name: "dot", extensions: &["dot", "gv"], render: dot::render },
];

#[cfg(test)]
mod tests {
    use super::*;
    use crate::graph::{Edge, Fact, Form, Means, Node};

    #[test]
    fn odd_texts_break_no_picture() {
        let odd = "a\"b\\c<d>&e\u{1}f\ng#h`*_{}[];%%";
        let node = |form| Node {
            form,
            name: odd.into(),
            becomes: Some(odd.into()),
            kind: None,
            image: Some(odd.into()),
            facts: vec![Fact::Volume(odd.into())],
            networks: Vec::new(),
            left_out: 1,
        };
        let nodes = vec![node(Form::Entry), node(Form::Service), node(Form::Volume)];
        let edges = vec![Edge { from: 0, to: 1, means: Means::Enters }, Edge { from: 1, to: 2, means: Means::Mounts }];
        let graph = Graph { name: odd.into(), nodes, edges, networks: Vec::new() };
        let [svg, mermaid, dot] = GRAPH_FORMATS.map(|format| (format.render)(&graph));
        assert!(!svg.contains("<d>") && !svg.contains('\u{1}') && svg.contains("a&quot;b\\c&lt;d&gt;&amp;e f g"), "{svg}");
        assert!(mermaid.contains("\n  n1[\"a#34;b#92;c#60;d#62;#38;e f g#35;h#96;#42;#95;#123;#125;#91;#93;#59;#37;#37;<br>"), "{mermaid}");
        assert!(dot.contains(r#"n1 [label="a\"b\\c<d>&e f\ng#h`*_{}[];%%\n"#), "{dot}");
    }
}
