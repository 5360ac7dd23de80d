//! A box of the picture: its lines of text, measured, and its shape.

use maud::{Markup, html};
use windlass_k8s::Kind;

use super::{Rect, Size, clean, px};
use crate::graph::measure::Font;
use crate::graph::{Fact, Form, Graph, Node};

pub(super) const NAME: Font = Font { size: 14.0, bold: true };
pub(super) const STRONG: Font = Font { size: 11.0, bold: true };
pub(super) const PLAIN: Font = Font { size: 11.0, bold: false };

/// Between the edge and the text: beside, above and below.
const PAD: (f64, f64) = (14.0, 10.0);
/// Of the text within a box: at least, and at most.
const WIDTH: (f64, f64) = (110.0, 270.0);
/// Height of the first line, and of the others.
const LINE: (f64, f64) = (20.0, 16.0);
/// From an icon to its text.
const ICON: f64 = 16.0;
/// A network's chip: space at its ends, its height, and between two.
const CHIP: (f64, f64, f64) = (6.0, 16.0, 4.0);
/// Height of the lid of a volume.
const LID: f64 = 6.0;

/// A box with its text, from (0, 0).
pub(super) struct Drawn<'g> {
    pub(super) size: Size,
    /// One, or services that differ only in their names.
    pub(super) nodes: Vec<&'g Node>,
    lines: Vec<Text>,
    chips: Vec<Chip>,
}

/// A line of text.
struct Text {
    x: f64,
    /// Of the base line.
    y: f64,
    font: Font,
    class: &'static str,
    text: String,
    /// The whole text, where it was cut.
    whole: Option<String>,
    icon: Option<Icon>,
    /// The service that it leads to in a page.
    link: Option<String>,
}

#[derive(Clone, Copy)]
enum Icon {
    Ports,
    Volume,
    Files,
    Warning,
}

/// The name of a network, in its colour.
struct Chip {
    place: Rect,
    text: String,
    color: usize,
}

impl<'g> Drawn<'g> {
    pub(super) fn of(nodes: Vec<&'g Node>, graph: &Graph) -> Self {
        let (side, above) = PAD;
        let mut drawn = Self { size: Size::default(), nodes, lines: Vec::new(), chips: Vec::new() };
        let Some(&node) = drawn.nodes.first() else { return drawn };
        let (lid, foot) = if node.form == Form::Volume { (2.0 * LID, LID) } else { (0.0, 0.0) };
        let mut y = above + lid;
        let mut add = |text: &str, font: Font, class, icon: Option<Icon>| {
            let indent = if icon.is_some() { ICON } else { 0.0 };
            let (first, other) = LINE;
            let height = if font == NAME { first } else { other };
            let fitted = font.fit(text, WIDTH.1 - indent, class == "muted image");
            let whole = (fitted != text).then(|| text.to_owned());
            drawn.lines.push(Text { x: side + indent, y: y + height - 5.0, font, class, text: fitted, whole, icon, link: None });
            y += height;
        };
        match drawn.nodes.len() {
            1 => add(&node.name, NAME, "name", None),
            many => add(&format!("{many} services"), NAME, "name", None),
        }
        if let Some(becomes) = node.short_becomes() {
            add(&becomes, STRONG, color(node), None);
        }
        if let Some(image) = &node.image {
            add(image, PLAIN, "muted image", None);
        }
        for fact in &node.facts {
            match fact {
                Fact::Ports(text) => add(text, PLAIN, "muted", Some(Icon::Ports)),
                Fact::Volume(text) => add(text, PLAIN, "plain", Some(Icon::Volume)),
                Fact::Files(text) => add(text, PLAIN, "muted", Some(Icon::Files)),
                Fact::LeftOut(text) => add(text, STRONG, "warn", Some(Icon::Warning)),
            }
        }
        if node.left_out > 0 {
            add(&node.left_out_text(), STRONG, "warn", Some(Icon::Warning));
        }
        if drawn.nodes.len() > 1 {
            y += 4.0;
            for member in &drawn.nodes {
                let text = PLAIN.fit(&member.name, WIDTH.1, false);
                let whole = (text != member.name).then(|| member.name.clone());
                let link = Some(member.name.clone());
                drawn.lines.push(Text { x: side, y: y + LINE.1 - 5.0, font: PLAIN, class: "member", text, whole, icon: None, link });
                y += LINE.1;
            }
        }
        let widest = drawn.lines.iter().map(|line| line.x - side + line.font.width(&line.text)).fold(WIDTH.0, f64::max);
        let bottom = drawn.chips(&node.networks, y + 2.0, widest, graph).unwrap_or(y);
        drawn.size = Size { width: (widest + 2.0 * side).ceil(), height: bottom + above + foot };
        drawn
    }

    /// The networks in rows below `top`; gives where they end.
    fn chips(&mut self, networks: &[usize], top: f64, width: f64, graph: &Graph) -> Option<f64> {
        let told = graph.told_networks();
        let (ends, height, between) = CHIP;
        let (left, _) = PAD;
        let (mut x, mut y) = (left, top);
        for &at in networks.iter().filter(|at| **at < told.len()) {
            let text = PLAIN.fit(&told[at].name, width - 2.0 * ends, false);
            let own = PLAIN.width(&text) + 2.0 * ends;
            if x > left && x + own > left + width {
                (x, y) = (left, y + height + between);
            }
            self.chips.push(Chip { place: Rect { x, y, width: own, height }, text, color: at % 6 });
            x += own + between;
        }
        (!self.chips.is_empty()).then_some(y + height)
    }

    /// The box at its place; in a page, services lead to their part of it.
    pub(super) fn render(&self, place: &Rect, page: Option<&str>) -> Markup {
        let Some(&node) = self.nodes.first() else { return html! {} };
        let transform = format!("translate({} {})", px(place.x), px(place.y));
        let names: Vec<&str> = self.nodes.iter().map(|node| node.name.as_str()).collect();
        let facts = node.facts.iter().map(Fact::text);
        let told: Vec<&str> = node.becomes.as_deref().into_iter().chain(node.image.as_deref()).chain(facts).collect();
        let label = clean(&format!("{} {}: {}", form(node.form), names.join(", "), told.join(", ")));
        match page.filter(|_| node.form == Form::Service && self.nodes.len() == 1) {
            Some(prefix) => html! {
                a href=(anchor(prefix, &node.name)) aria-label=(label) {
                    g.node transform=(transform) { (shape(node, place)) (self.content(page)) }
                }
            },
            None => html! {
                g.node transform=(transform) role="graphics-symbol" aria-label=(label) { (shape(node, place)) (self.content(page)) }
            },
        }
    }

    fn content(&self, page: Option<&str>) -> Markup {
        html! {
            @for line in &self.lines {
                @if let Some(icon) = line.icon { (icon.render(line.x - ICON, line.y)) }
                @match (page, &line.link) {
                    (Some(prefix), Some(name)) => a href=(anchor(prefix, name)) { (line.render()) },
                    _ => (line.render()),
                }
            }
            @for chip in &self.chips { (chip.render()) }
        }
    }

    /// Text beyond the box.
    #[cfg(test)]
    pub(super) fn faults(&self) -> Vec<String> {
        let mut faults = Vec::new();
        for line in &self.lines {
            if line.x + line.font.width(&line.text) > self.size.width - 4.0 || line.y + 3.0 > self.size.height {
                faults.push(format!("`{}` is beyond its box", line.text));
            }
        }
        for chip in &self.chips {
            if chip.place.x + chip.place.width > self.size.width - 4.0 || chip.place.y + chip.place.height > self.size.height {
                faults.push(format!("network `{}` is beyond its box", chip.text));
            }
        }
        faults
    }
}

impl Text {
    fn render(&self) -> Markup {
        html! {
            text class=(self.class) x=(px(self.x)) y=(px(self.y)) {
                @if let Some(whole) = &self.whole { title { (clean(whole)) } }
                (clean(&self.text))
            }
        }
    }
}

fn shape(node: &Node, place: &Rect) -> Markup {
    let (width, height) = (place.width, place.height);
    html! {
        @match node.form {
            Form::Entry => rect.shape.entry width=(px(width)) height=(px(height)) rx=(px(height.min(48.0) / 2.0)) {},
            Form::Service => {
                rect.shape width=(px(width)) height=(px(height)) rx="6" {}
                rect class=(format!("accent {}", color(node))) width="5" height=(px(height - 12.0)) y="6" rx="2.5" {}
            }
            Form::Volume => {
                @let lid = format!("{} {}", px(width / 2.0), px(LID));
                @let (top, foot) = (px(LID), px(height - LID));
                path.shape.volume d=(format!("M0 {top}A{lid} 0 0 1 {} {top}V{foot}A{lid} 0 0 1 0 {foot}z", px(width))) {}
                path.shape.volume d=(format!("M0 {top}A{lid} 0 0 0 {} {top}", px(width))) {}
            }
        }
    }
}

/// Where a page tells of a service.
pub(crate) fn anchor(prefix: &str, service: &str) -> String {
    format!("#{prefix}service-{service}")
}

impl Chip {
    fn render(&self) -> Markup {
        let Rect { x, y, width, height } = self.place;
        html! {
            rect class=(format!("chip n{}", self.color)) x=(px(x)) y=(px(y)) width=(px(width)) height=(px(height)) rx=(px(height / 2.0)) {}
            text.muted x=(px(x + CHIP.0)) y=(px(y + height - 4.5)) { (clean(&self.text)) }
        }
    }
}

impl Icon {
    /// Ten pixels high, its foot on the base line.
    fn render(self, x: f64, y: f64) -> Markup {
        let path = match self {
            Self::Ports => "M1 5h4m-2-3v6M5 2h3.5a2.5 2.5 0 0 1 2.5 3a2.5 2.5 0 0 1-2.5 3H5z",
            Self::Volume => "M1 2.5a4.5 1.6 0 0 1 9 0v5.5a4.5 1.6 0 0 1-9 0zM1 2.5a4.5 1.6 0 0 0 9 0",
            Self::Files => "M2 .5h5l2.5 2.5v7h-7.5zM6.5.5v3h3",
            Self::Warning => "M5.5 1l5 9h-10zM5.5 4.2v2.8m0 1.2v.6",
        };
        let class = if matches!(self, Self::Warning) { "icon warn" } else { "icon" };
        html! { path class=(class) transform=(format!("translate({} {})", px(x), px(y - 9.0))) d=(path) {} }
    }
}

pub(super) fn form(form: Form) -> &'static str {
    match form {
        Form::Entry => "way in",
        Form::Service => "service",
        Form::Volume => "volume",
    }
}

/// The class that has a node's colour.
pub(super) fn color(node: &Node) -> &'static str {
    match (node.form, node.kind) {
        (Form::Entry, _) => "kind entry",
        (Form::Volume, _) => "kind volume",
        (_, Some(Kind::Deployment)) => "kind deployment",
        (_, Some(Kind::StatefulSet)) => "kind statefulset",
        (_, Some(Kind::DaemonSet)) => "kind daemonset",
        (_, Some(Kind::Job)) => "kind job",
        (_, Some(Kind::CronJob)) => "kind cronjob",
        _ => "kind nothing",
    }
}
