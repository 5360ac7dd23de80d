//! Edits of compose files, for repairs: made on a file as it is written, comments and format kept.

use windlass_source::{Edit, FileId, Span};
use windlass_yaml::{Budget, Node, Style, insert_entry, parse};

use super::Context;
use super::service::ServiceContext;

impl Context {
    /// The map of a service as its file writes it, before anything is merged.
    fn written_service(&self, service: ServiceContext<'_>) -> Option<Node> {
        let key = service.key_span()?;
        let text = self.sources.file(key.file).text();
        let document = parse(key.file, text, &Budget::default()).documents.into_iter().next()?;
        let map = document.root.as_map()?.get("services")?.as_map()?.clone();
        map.iter().find(|(name, _)| name.span == Some(key)).map(|(_, node)| node.clone())
    }
}

/// The tree of a snippet: `service.insert("healthcheck", "test: [CMD, true]\ninterval: 30s")`.
fn snippet(file: FileId, yaml: &str) -> Option<Node> {
    parse(file, yaml, &Budget::default()).documents.into_iter().next().map(|document| document.root)
}

impl ServiceContext<'_> {
    /// An edit that adds an attribute behind the service's last one. `None` where it cannot be added in place: the attribute is there, the
    /// service is an alias or empty.
    pub fn insert(self, key: &str, yaml: &str) -> Option<Edit> {
        let service = self.context().written_service(self)?;
        let (last, _) = service.as_map()?.iter().next_back()?;
        let file = last.span?.file;
        let text = self.context().sources.file(file).text();
        insert_entry(text, &service, Some(last.as_str()), key, &snippet(file, yaml)?, Style::default())
    }

    /// An edit that adds an item to a list attribute, or the attribute with the item.
    pub fn append(self, key: &str, item: &str) -> Option<Edit> {
        let service = self.context().written_service(self)?;
        let Some(list) = service.get(key) else { return self.insert(key, &format!("- {item}")) };
        let last = list.as_sequence()?.last()?.span()?;
        let text = self.context().sources.file(last.file).text();
        let line = text[..last.start as usize].rfind('\n').map_or(0, |at| at + 1);
        let before = &text[line..last.start as usize];
        let end = Span { start: last.end, ..last };
        let is_flow = text[list.span()?.range()].starts_with('[');
        let replacement = match before.trim_start() {
            _ if is_flow => format!(", {item}"),
            "-" | "- " => format!("\n{before}{item}"),
            _ => return None,
        };
        Some(Edit { span: end, replacement })
    }
}
