//! Edits of compose files, for repairs: made on a file as it is written, comments and format kept.

use windlass_source::{Edit, FileId, Span};
use windlass_yaml::{Budget, Key, Map, Node, Style, insert_entry, parse, remove_entry};

use super::Context;
use super::service::ServiceContext;
use super::stack::StackContext;

impl Context {
    /// An edit that puts `new` in the place of the only `old` under a span.
    pub fn replace(&self, span: impl Into<Option<Span>>, old: &str, new: &str) -> Option<Edit> {
        let span = span.into()?;
        let mut found = self.slice(span).match_indices(old);
        let (at, _) = found.next()?;
        found.next().is_none().then(|| Edit { span: span.slice(at..at + old.len()), replacement: new.to_owned() })
    }

    /// The map of a service as its file writes it, before anything is merged; `None` where nobody wants edits.
    fn written_service(&self, service: ServiceContext<'_>) -> Option<&Node> {
        if self.makes_no_edits {
            return None;
        }
        let key = service.key_span()?;
        let map = self.written.get(&key.file)?.as_map()?.get("services")?.as_map()?;
        map.iter().find(|(name, _)| name.span == Some(key)).map(|(_, node)| node)
    }
}

/// The tree of a snippet: `service.insert("healthcheck", "test: [CMD, true]\ninterval: 30s")`.
fn snippet(file: FileId, yaml: &str) -> Option<Node> {
    parse(file, yaml, &Budget::default()).documents.into_iter().next().map(|document| document.root)
}

impl StackContext<'_> {
    /// An edit that takes an entry out of a top-level section of the file that declares it.
    pub fn remove(self, section: &str, key: &Key) -> Option<Edit> {
        let file = key.span?.file;
        remove_entry(self.context().sources.file(file).text(), self.context().written.get(&file)?.get(section)?, key.as_str())
    }

    /// An edit that takes a top-level attribute out of the file where its key stands.
    pub fn remove_attribute(self, key: &Key) -> Option<Edit> {
        let file = key.span?.file;
        remove_entry(self.context().sources.file(file).text(), self.context().written.get(&file)?, key.as_str())
    }
}

impl ServiceContext<'_> {
    /// An edit that takes an attribute out of the service.
    pub fn remove(self, key: &str) -> Option<Edit> {
        let service = self.context().written_service(self)?;
        remove_entry(self.context().sources.file(self.key_span()?.file).text(), service, key)
    }

    /// An edit that adds an attribute behind the service's last one. `None` where it cannot be added in place: the attribute is there, the
    /// service is an alias or empty.
    pub fn insert(self, key: &str, yaml: &str) -> Option<Edit> {
        let service = self.context().written_service(self)?;
        let (last, _) = service.as_map()?.iter().next_back()?;
        let file = last.span?.file;
        let text = self.context().sources.file(file).text();
        insert_entry(text, service, Some(last.as_str()), key, &snippet(file, yaml)?, Style::default())
    }

    /// An edit that adds an item to a list attribute, or the attribute with the item. `None` also where the service extends another or is
    /// extended: both would get the item, and Compose takes none twice.
    pub fn append(self, key: &str, item: &str) -> Option<Edit> {
        let service = self.context().written_service(self)?;
        if self.shares_lists(service) {
            return None;
        }
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

    /// An edit that limits its processes where its other limits stand: Compose wants both spellings to be alike.
    pub fn limit_pids(self, count: &str) -> Option<Edit> {
        let resources = self.model().deploy.as_ref().and_then(|deploy| deploy.resources.as_ref());
        match resources.and_then(|resources| resources.limits.as_ref()) {
            Some(_) => self.insert_in(&["deploy", "resources", "limits"], "pids", count),
            None => self.insert("pids_limit", count),
        }
    }

    /// It extends a service, or one extends it.
    fn shares_lists(self, written: &Node) -> bool {
        let extends = |service: &Node| {
            let base = service.get("extends").and_then(|extends| extends.as_str().or_else(|| extends.get("service")?.as_str()));
            base == Some(self.name())
        };
        let services = self.context().written.values().filter_map(|root| root.get("services")?.as_map()).flat_map(Map::values);
        written.get("extends").is_some() || services.into_iter().any(extends)
    }

    /// An edit that adds an entry to a map within the service: `insert_in(&["deploy", "resources"], "limits", …)`. `None` also where the
    /// map is not there.
    pub fn insert_in(self, path: &[&str], key: &str, yaml: &str) -> Option<Edit> {
        let service = self.context().written_service(self)?;
        let map = path.iter().try_fold(service, |node, key| node.get(key))?;
        let (last, _) = map.as_map()?.iter().next_back()?;
        let file = last.span?.file;
        insert_entry(self.context().sources.file(file).text(), map, Some(last.as_str()), key, &snippet(file, yaml)?, Style::default())
    }

    /// An edit that takes the item at `span` out of a list attribute, or the attribute when it is the only one.
    pub fn remove_item(self, key: &str, span: Span) -> Option<Edit> {
        let service = self.context().written_service(self)?;
        let text = self.context().sources.file(span.file).text();
        let items = service.get(key)?.as_sequence()?;
        let at = items.iter().position(|item| item.span() == Some(span))?;
        if items.len() == 1 {
            return remove_entry(text, service, key);
        }
        let line = text[..span.start as usize].rfind('\n').map_or(0, |at| at + 1);
        if text[line..span.start as usize].trim() == "-" {
            let end = text[span.end as usize..].find('\n').map_or(text.len(), |end| span.end as usize + end + 1);
            let is_last_on_line = matches!(text[span.end as usize..end].trim_start().chars().next(), None | Some('#'));
            return is_last_on_line.then(|| Edit { span: Span::new(span.file, line..end), replacement: String::new() });
        }
        // In brackets, up to the neighbour.
        let (start, end) = match items.get(at + 1) {
            Some(next) => (span.start, next.span()?.start),
            None => (items.get(at.checked_sub(1)?)?.span()?.end, span.end),
        };
        let gap = &text[start as usize..end as usize];
        (!gap.contains(['#', '\n'])).then(|| Edit { span: Span { start, end, ..span }, replacement: String::new() })
    }

    /// An edit that lets it wait for another service, for its health where it has a check and the form of `depends_on` allows to say so.
    /// `None` also where the other stands in another file, which need not always be there.
    pub fn wait_for(self, other: ServiceContext<'_>) -> Option<Edit> {
        let service = self.context().written_service(self)?;
        if self.key_span()?.file != other.key_span()?.file {
            return None;
        }
        let condition = if other.has_healthcheck() { "service_healthy" } else { "service_started" };
        match service.get("depends_on") {
            None if other.has_healthcheck() => self.insert("depends_on", &format!("{}:\n  condition: {condition}", other.name())),
            Some(written) if written.as_map().is_some() => {
                self.insert_in(&["depends_on"], other.name(), &format!("condition: {condition}"))
            }
            _ => self.append("depends_on", other.name()),
        }
    }

    /// An edit that writes the conditions of `depends_on` out: health where the other service has a check. `None` where comments or
    /// aliases stand in between.
    pub fn wait_for_health(self) -> Option<Edit> {
        let service = self.context().written_service(self)?;
        let items = service.get("depends_on")?.as_sequence()?;
        let (first, last) = (items.first()?.span()?, items.last()?.span()?);
        let text = self.context().sources.file(first.file).text();
        let condition = |name: &str| match self.stack().service(name) {
            Some(other) if other.has_healthcheck() => "service_healthy",
            _ => "service_started",
        };
        let names = items.iter().map(Node::as_str).collect::<Option<Vec<_>>>()?;
        let list = service.get("depends_on")?.span()?;
        if text[list.range()].starts_with('[') {
            let entries: Vec<String> = names.iter().map(|name| format!("{name}: {{ condition: {} }}", condition(name))).collect();
            return Some(Edit { span: list, replacement: format!("{{ {} }}", entries.join(", ")) });
        }
        let line = text[..first.start as usize].rfind('\n').map_or(0, |at| at + 1);
        let dash = text[line..first.start as usize].trim_end().strip_suffix('-')?;
        if !dash.bytes().all(|byte| byte == b' ') || text[first.start as usize..last.end as usize].contains('#') {
            return None;
        }
        // A list may stand as deep as its key; a map must stand deeper.
        let key = service.as_map()?.keys().find(|key| key.as_str() == "depends_on")?.span?;
        let key_line = text[..key.start as usize].rfind('\n').map_or(0, |at| at + 1);
        let indent = " ".repeat(dash.len().max(key.start as usize - key_line + 2));
        let line_break = if text.contains("\r\n") { "\r\n" } else { "\n" };
        let entries: Vec<String> =
            names.iter().map(|name| format!("{indent}{name}:{line_break}{indent}  condition: {}", condition(name))).collect();
        Some(Edit { span: Span { start: u32::try_from(line).ok()?, end: last.end, ..first }, replacement: entries.join(line_break) })
    }
}
