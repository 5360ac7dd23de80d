//! The picture of a project as SVG: light and dark, with names for those who can't see it, its text measured so that nothing overlaps.
//! What stands where is decided in `graph/layout.rs`.

mod boxes;
mod legend;

use maud::{Markup, PreEscaped, html};

use crate::formats::svg::boxes::Drawn;
use crate::graph::layout::{self, Layout, Line, Rect, Route, Size};
use crate::graph::measure::Font;
use crate::graph::simplify::{Simple, simplify};
use crate::graph::{Edge, Graph, Means, Node};

/// How far a page may shrink the picture to its own width; beyond, its text could not be read and the page scrolls it.
const LEAST: f64 = 0.75;

/// Around everything.
const MARGIN: f64 = 24.0;
const TITLE: Font = Font { size: 18.0, bold: true };
const SUBTITLE: Font = Font { size: 12.0, bold: false };
/// Height of the two lines at the top.
const HEAD: f64 = 62.0;
/// From the drawing to the legend.
const BEFORE_LEGEND: f64 = 28.0;
/// Length of an arrow's head and half its width.
const ARROW: (f64, f64) = (8.0, 3.5);

/// Where a picture stands.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Place {
    /// In a file of its own.
    File,
    /// In a page that tells of its services.
    Linked,
    /// In a page, beside others.
    Figure,
}

/// A graph, drawn.
pub(crate) struct Picture<'g> {
    graph: &'g Graph,
    simple: Simple,
    boxes: Vec<Drawn<'g>>,
    layout: Layout,
}

impl<'g> Picture<'g> {
    pub(crate) fn of(graph: &'g Graph) -> Self {
        let simple = simplify(graph);
        let nodes = |at: &Vec<usize>| at.iter().filter_map(|node| graph.nodes.get(*node)).collect();
        let boxes: Vec<Drawn<'_>> = simple.boxes.iter().map(|at| Drawn::of(nodes(at), graph)).collect();
        let sizes: Vec<Size> = boxes.iter().map(|drawn| drawn.size).collect();
        let layout = layout::layout(&sizes, &lines(&simple));
        Self { graph, simple, boxes, layout }
    }

    /// The picture as a file of its own.
    pub(crate) fn file(&self) -> String {
        let mut text = self.render("", Place::File).into_string();
        text.push('\n');
        text
    }

    /// The picture as a part of a page: no title in it; services lead to `#service-NAME`.
    pub(crate) fn part(&self, prefix: &str) -> Markup {
        self.render(prefix, Place::Linked)
    }

    /// The picture as one of several in a page: ids begin with `prefix`, and nothing is a link.
    pub(crate) fn figure(&self, prefix: &str) -> Markup {
        self.render(prefix, Place::Figure)
    }

    fn render(&self, prefix: &str, place: Place) -> Markup {
        let is_file = place == Place::File;
        let head = if is_file { HEAD } else { 0.0 };
        let summary = self.graph.summary();
        let title_width = if is_file { TITLE.width(&self.graph.name).max(SUBTITLE.width(&summary)).min(900.0) } else { 0.0 };
        let inner = self.layout.size.width.max(title_width);
        let legend = legend::Legend::of(self.graph, self.simple.implied, inner.max(320.0));
        let width = inner.max(legend.size.width) + 2.0 * MARGIN;
        let below = MARGIN + head + self.layout.size.height + BEFORE_LEGEND;
        let height = below + legend.size.height + MARGIN;
        let (title, desc) = (format!("{prefix}graph-title"), format!("{prefix}graph-desc"));
        html! {
            svg xmlns="http://www.w3.org/2000/svg" class="windlass-graph" width=(px(width)) height=(px(height))
                viewBox=(format!("0 0 {} {}", px(width), px(height))) role="graphics-document document" lang="en"
                aria-labelledby=(title) aria-describedby=(desc) style=[(!is_file).then(|| format!("min-width:{}px", px(width * LEAST)))] {
                title id=(title) { "Graph of " (clean(&self.graph.name)) }
                desc id=(desc) { (clean(&summary)) " " (self.sentences()) }
                style { (PreEscaped(STYLE)) }
                rect.ground width="100%" height="100%" {}
                @if is_file {
                    text.title x=(px(MARGIN)) y=(px(MARGIN + 16.0)) { (clean(&TITLE.fit(&self.graph.name, inner, false))) }
                    text.small x=(px(MARGIN)) y=(px(MARGIN + 36.0)) { (clean(&SUBTITLE.fit(&summary, inner, false))) }
                }
                g transform=(format!("translate({} {})", px(MARGIN), px(MARGIN + head))) {
                    @for (edge, route) in self.simple.lines.iter().zip(&self.layout.routes) { (self.line(edge, route)) }
                    @for (drawn, at) in self.boxes.iter().zip(&self.layout.boxes) {
                        (drawn.render(at, (place == Place::Linked).then_some(prefix)))
                    }
                }
                g transform=(format!("translate({} {})", px(MARGIN), px(below))) { (legend.render()) }
            }
        }
    }

    /// Every edge as a sentence, for those who can't see the lines.
    fn sentences(&self) -> String {
        let name = |at: usize| self.graph.nodes.get(at).map_or("", |node| node.name.as_str());
        let sentence = |edge: &Edge| format!("{} {} {}.", name(edge.from), edge.means.verb(), name(edge.to));
        clean(&self.graph.edges.iter().map(sentence).collect::<Vec<_>>().join(" "))
    }

    fn line(&self, edge: &Edge, route: &Route) -> Markup {
        let names = |at: usize| {
            let nodes: Vec<&str> =
                self.boxes.get(at).map_or(&[][..], |drawn| &drawn.nodes).iter().map(|node: &&Node| node.name.as_str()).collect();
            clean(&nodes.join(", "))
        };
        let has_head = edge.means != Means::Mounts;
        html! {
            g class=(format!("line {}", class(edge.means))) {
                title { (names(edge.from)) " " (edge.means.verb()) " " (names(edge.to)) }
                path d=(curve(route, has_head)) {}
                @if has_head { path.head d=(head(route)) {} }
            }
        }
    }
}

fn lines(simple: &Simple) -> Vec<Line> {
    simple.lines.iter().map(|edge| Line { from: edge.from, to: edge.to, sort: edge.means as u8 }).collect()
}

/// The class of a line.
fn class(means: Means) -> &'static str {
    match means {
        Means::Enters => "enters",
        Means::WaitsForEnd => "end",
        Means::WaitsForHealth => "health",
        Means::StartsAfter => "after",
        Means::Shares => "shares",
        Means::Calls => "calls",
        Means::Mounts => "mounts",
    }
}

/// The path of a line; it stops short of its arrow's head.
fn curve(route: &Route, has_head: bool) -> String {
    use std::fmt::Write as _;

    let mut points = route.points.clone();
    let (length, _) = ARROW;
    if has_head && !points.is_empty() {
        let last = points.len() - 1;
        if route.reversed { points[0].x += length } else { points[last].x -= length }
    }
    let mut text = String::new();
    for (at, point) in points.iter().enumerate() {
        let (x, y) = (px(point.x), px(point.y));
        let _ = match at.checked_sub(1).and_then(|before| points.get(before)) {
            None => write!(text, "M{x} {y}"),
            Some(before) if at % 2 == 1 && before.y != point.y => {
                let middle = px(f64::midpoint(before.x, point.x));
                write!(text, "C{middle} {} {middle} {y} {x} {y}", px(before.y))
            }
            Some(before) if before == point => Ok(()),
            Some(_) => write!(text, "H{x}"),
        };
    }
    text
}

/// The head of a line's arrow.
fn head(route: &Route) -> String {
    let (length, half) = ARROW;
    let end = if route.reversed { route.points.first() } else { route.points.last() };
    let Some(end) = end else { return String::new() };
    let back = if route.reversed { length } else { -length };
    format!("M{} {}l{} {}v{}z", px(end.x), px(end.y), px(back), px(-half), px(2.0 * half))
}

/// A number with at most one decimal.
fn px(number: f64) -> String {
    let tenths = (number * 10.0).round() / 10.0;
    // No "-0".
    format!("{}", if tenths == 0.0 { 0.0 } else { tenths })
}

/// Without the characters that XML has no place for.
fn clean(text: &str) -> String {
    text.chars()
        .map(|character| if character.is_control() || matches!(character, '\u{fffe}' | '\u{ffff}') { ' ' } else { character })
        .collect()
}

/// Light, and dark where the reader's system is. Plain rules without variables, which programs other than browsers do not know.
static STYLE: &str = include_str!("svg/style.css");

#[cfg(test)]
#[expect(clippy::disallowed_methods, reason = "draws the projects of the repository and of the corpus")]
mod tests {
    use std::fs;
    use std::path::Path;

    use super::*;
    use crate::graph::layout::tests::faults;
    use crate::testing::{converted, runsets};

    impl Picture<'_> {
        /// What overlaps: boxes, lines through boxes, text beyond its box.
        pub(crate) fn faults(&self) -> Vec<String> {
            let mut faults = faults(&self.layout, &lines(&self.simple));
            faults.extend(self.boxes.iter().flat_map(Drawn::faults));
            faults
        }
    }

    /// The graph of a project in files.
    fn graph_of(directory: &Path, files: &[&str]) -> Graph {
        let (loaded, conversion) = converted(directory, files);
        Graph::of_conversion(&loaded.project, &conversion.report, &conversion.objects)
    }

    /// Checks one picture; `WINDLASS_PICTURES` names a directory for those that a person looks at.
    fn check(name: &str, graph: &Graph, keep: bool) {
        let picture = Picture::of(graph);
        assert_eq!(picture.faults(), Vec::<String>::new(), "{name}");
        if let Some(directory) = std::env::var_os("WINDLASS_PICTURES").filter(|_| keep) {
            fs::write(Path::new(&directory).join(format!("{name}.svg")), picture.file()).expect("the directory exists");
        }
    }

    #[test]
    fn nothing_overlaps_in_the_pictures_of_the_examples() {
        let examples = windlass_testkit::workspace().join("examples");
        for name in ["guestbook", "voting", "wordpress", "shop"] {
            check(name, &graph_of(&examples.join(name), &[]), true);
        }
        let shop = graph_of(&examples.join("shop"), &["docker-compose.yml", "docker-compose.prod.yml"]);
        check("shop-prod", &shop, true);
        // The picture in the documentation is of this stack.
        let path = windlass_testkit::workspace().join("docs/graph.svg");
        let picture = Picture::of(&shop).file();
        if std::env::var_os("WINDLASS_UPDATE").is_some() {
            fs::write(&path, &picture).expect("docs/ is writable");
        }
        let written = fs::read_to_string(&path).unwrap_or_default();
        assert!(written == picture, "docs/graph.svg is not the picture; run the test again with WINDLASS_UPDATE=1");
    }

    #[test]
    fn nothing_overlaps_in_the_pictures_of_real_projects() {
        let Some(corpus) = windlass_testkit::shared("corpus") else { return };
        let mut graphs: Vec<(String, Graph)> = runsets(&corpus)
            .into_iter()
            .map(|(directory, files)| {
                let folder = directory.file_name().unwrap_or_default().to_string_lossy();
                let files: Vec<&str> = files.iter().map(String::as_str).collect();
                (format!("{folder}-{}", files.join("-").replace('/', "-")), graph_of(&directory, &files))
            })
            .collect();
        assert!(graphs.len() > 100, "{} runsets", graphs.len());
        graphs.sort_by_key(|(name, graph)| (std::cmp::Reverse(graph.nodes.len()), name.clone()));
        // Several runsets of one project are much the same.
        let mut projects = std::collections::BTreeSet::new();
        for (name, graph) in &graphs {
            let project = name.split("-").next().unwrap_or_default().to_owned();
            let keep = projects.len() < 10 && projects.insert(project);
            check(name, graph, keep);
        }
    }

    #[test]
    fn numbers_are_short() {
        for (number, text) in [(0.0, "0"), (-0.01, "0"), (1.25, "1.3"), (12.0, "12"), (-3.5, "-3.5")] {
            assert_eq!(px(number), text);
        }
    }
}
