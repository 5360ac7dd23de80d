//! Pages as snapshots keep them.

/// A text as it is, a page without its style, script and pictures, an element a line.
pub(crate) fn without_assets(text: &str) -> String {
    let mut text = text.to_owned();
    if !text.starts_with("<!DOCTYPE html>") {
        return text;
    }
    for (start, end) in [("<style>", "</style>"), ("<script>", "</script>"), ("<svg", "</svg>"), ("sha256-", "'")] {
        while let Some(from) = text.find(start) {
            let to = text[from..].find(end).map_or(text.len(), |length| from + length + end.len());
            text.replace_range(from..to, "");
        }
    }
    ["<tr", "<td", "<th ", "<section", "<li", "<label", "<table", "<form"]
        .iter()
        .fold(text, |text, tag| text.replace(tag, &format!("\n{tag}")))
}
