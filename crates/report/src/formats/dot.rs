//! The picture of a project for Graphviz.

use std::fmt::{self, Write as _};

use crate::graph::{Form, Graph, Means};

/// The graph in the DOT language, with a line break at its end.
pub(crate) fn render(graph: &Graph) -> String {
    let mut text = String::new();
    write(&mut text, graph).expect("a text can be written to");
    text
}

fn write(text: &mut String, graph: &Graph) -> fmt::Result {
    writeln!(text, "digraph {} {{", quoted(&graph.name))?;
    writeln!(
        text,
        "  rankdir=LR;\n  node [fontname=\"Helvetica\", fontsize=11, shape=box, style=rounded];\n  edge [fontname=\"Helvetica\", fontsize=9];"
    )?;
    for (at, node) in graph.nodes.iter().enumerate() {
        let look = match node.form {
            Form::Entry => ", shape=oval, color=\"#15803d\"",
            Form::Service => "",
            Form::Volume => ", shape=cylinder, style=solid, color=\"#0e7490\"",
        };
        writeln!(text, "  n{at} [label={}{look}];", quoted(&node.lines(graph).join("\n")))?;
    }
    for edge in &graph.edges {
        let look = match edge.means {
            Means::Enters => " [penwidth=2, color=\"#15803d\"]",
            Means::WaitsForEnd => " [label=\"ended\", style=dashed]",
            Means::WaitsForHealth => " [label=\"healthy\"]",
            Means::StartsAfter => "",
            Means::Shares => " [label=\"shares\", style=dashed]",
            Means::Calls => " [style=dotted]",
            Means::Mounts => " [dir=none, color=\"#0e7490\"]",
        };
        writeln!(text, "  n{} -> n{}{look};", edge.from, edge.to)?;
    }
    writeln!(text, "}}")
}

/// A quoted string; `\n` in it breaks the line.
fn quoted(text: &str) -> String {
    let mut quoted = String::from("\"");
    for character in text.chars() {
        match character {
            '"' | '\\' => quoted.extend(['\\', character]),
            '\n' => quoted.push_str("\\n"),
            character if character.is_control() => quoted.push(' '),
            character => quoted.push(character),
        }
    }
    quoted.push('"');
    quoted
}
