//! What the lines, colours and networks of the picture mean: those that are in it.

use maud::{Markup, html};

use super::boxes::{PLAIN, color};
use super::{ARROW, Size, class, clean, px};
use crate::graph::{Form, Graph, Means};

/// Of a row, and between two entries.
const ROW: f64 = 20.0;
const BETWEEN: f64 = 22.0;
/// Width of a sample of a line, and of a colour.
const SAMPLE: (f64, f64) = (34.0, 12.0);

pub(super) struct Legend {
    pub(super) size: Size,
    entries: Vec<(f64, f64, Entry)>,
}

enum Entry {
    Line(Means),
    Color(&'static str, String),
    Network(usize, String),
    Note(String),
}

impl Legend {
    /// The legend in rows of at most `width`.
    pub(super) fn of(graph: &Graph, implied: usize, width: f64) -> Self {
        let mut means: Vec<Means> = graph.edges.iter().map(|edge| edge.means).collect();
        means.sort_unstable();
        means.dedup();
        let mut colors: Vec<(&'static str, String)> = Vec::new();
        for node in graph.nodes.iter().filter(|node| node.form == Form::Service) {
            let name = node.kind.map_or_else(|| "not converted".to_owned(), |kind| kind.to_string());
            if node.becomes.is_some() && !colors.iter().any(|(_, known)| *known == name) {
                colors.push((color(node), name));
            }
        }
        colors.sort();
        let networks = graph.told_networks().iter().enumerate().map(|(at, network)| {
            let internal = if network.internal { ", internal" } else { "" };
            let becomes = network.becomes.as_ref().map(|becomes| format!(" → {becomes}")).unwrap_or_default();
            Entry::Network(at % 6, format!("network {}{internal}{becomes}", network.name))
        });
        let note = match implied {
            0 => None,
            1 => Some("1 line that others imply is not drawn".to_owned()),
            many => Some(format!("{many} lines that others imply are not drawn")),
        };
        let groups: [Vec<Entry>; 4] = [
            means.into_iter().map(Entry::Line).collect(),
            colors.into_iter().map(|(color, name)| Entry::Color(color, name)).collect(),
            networks.collect(),
            note.map(Entry::Note).into_iter().collect(),
        ];
        let mut legend = Self { size: Size::default(), entries: Vec::new() };
        for group in groups.into_iter().filter(|group| !group.is_empty()) {
            let (mut x, y) = (0.0, &mut legend.size.height);
            for entry in group {
                let own = entry.width();
                if x > 0.0 && x + own > width {
                    (x, *y) = (0.0, *y + ROW);
                }
                legend.size.width = legend.size.width.max(x + own);
                legend.entries.push((x, *y, entry));
                x += own + BETWEEN;
            }
            *y += ROW;
        }
        legend
    }

    pub(super) fn render(&self) -> Markup {
        html! { @for (x, y, entry) in &self.entries { (entry.render(*x, *y)) } }
    }
}

impl Entry {
    fn text(&self) -> &str {
        match self {
            Self::Line(means) => means.verb(),
            Self::Color(_, text) | Self::Network(_, text) | Self::Note(text) => text,
        }
    }

    fn sample(&self) -> f64 {
        match self {
            Self::Line(_) => SAMPLE.0,
            Self::Color(..) | Self::Network(..) => SAMPLE.1,
            Self::Note(_) => -6.0,
        }
    }

    fn width(&self) -> f64 {
        self.sample() + 6.0 + PLAIN.width(self.text())
    }

    fn render(&self, x: f64, y: f64) -> Markup {
        let middle = y + ROW / 2.0;
        let sample = self.sample();
        html! {
            @match self {
                Self::Line(means) => g class=(format!("line {}", class(*means))) {
                    @let (length, half) = ARROW;
                    @let end = if *means == Means::Mounts { sample } else { sample - length };
                    path d=(format!("M{} {}H{}", px(x), px(middle), px(x + end))) {}
                    @if *means != Means::Mounts {
                        path.head d=(format!("M{} {}l{} {}v{}z", px(x + sample), px(middle), px(-length), px(-half), px(2.0 * half))) {}
                    }
                },
                Self::Color(color, _) => rect class=(*color) x=(px(x)) y=(px(middle - 6.0)) width="12" height="12" rx="3" {},
                Self::Network(color, _) => rect class=(format!("chip n{color}")) x=(px(x)) y=(px(middle - 5.0)) width="12" height="10" rx="5" {},
                Self::Note(_) => {}
            }
            text.muted x=(px(x + sample + 6.0)) y=(px(middle + 4.0)) { (clean(self.text())) }
        }
    }
}
