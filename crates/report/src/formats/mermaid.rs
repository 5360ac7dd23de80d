//! The picture of a project as a Mermaid flowchart, which forges and wikis draw.

use std::fmt::{self, Write as _};

use crate::graph::{Form, Graph, Means, Node};

/// The graph as Mermaid, with a line break at its end.
pub(crate) fn render(graph: &Graph) -> String {
    let mut text = String::new();
    write(&mut text, graph).expect("a text can be written to");
    text
}

fn write(text: &mut String, graph: &Graph) -> fmt::Result {
    writeln!(text, "---\ntitle: {}\n---\nflowchart LR", quoted(&graph.name))?;
    for (at, node) in graph.nodes.iter().enumerate() {
        let (open, close, class) = match node.form {
            Form::Entry => ("([", "])", "entry"),
            Form::Service => ("[", "]", "service"),
            Form::Volume => ("[(", ")]", "volume"),
        };
        writeln!(text, "  n{at}{open}\"{}\"{close}:::{class}", label(node, graph))?;
    }
    for edge in &graph.edges {
        let arrow = match edge.means {
            Means::Enters => "==>",
            Means::WaitsForEnd => "-- ended -->",
            Means::WaitsForHealth => "-- healthy -->",
            Means::StartsAfter => "-->",
            Means::Shares => "-. shares .->",
            Means::Calls => "-.->",
            Means::Mounts => "---",
        };
        writeln!(text, "  n{} {arrow} n{}", edge.from, edge.to)?;
    }
    // Only strokes, so that text has the theme's colours, light or dark.
    writeln!(text, "  classDef entry stroke:#15803d\n  classDef service stroke:#2563eb\n  classDef volume stroke:#0e7490")
}

/// The lines of a box.
fn label(node: &Node, graph: &Graph) -> String {
    node.lines(graph).iter().map(|line| escaped(line)).collect::<Vec<_>>().join("<br>")
}

/// Text within a label: what Mermaid or HTML would read stands as an entity of Mermaid's, `#35;`.
fn escaped(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            character if character.is_control() => escaped.push(' '),
            '"' | '#' | '&' | '<' | '>' | '`' | '*' | '_' | '\\' | '{' | '}' | '[' | ']' | ';' | '%' => {
                let _ = write!(escaped, "#{};", u32::from(character));
            }
            character => escaped.push(character),
        }
    }
    escaped
}

/// A scalar of the YAML before the chart.
fn quoted(text: &str) -> String {
    serde_json::to_string(text).unwrap_or_default()
}
