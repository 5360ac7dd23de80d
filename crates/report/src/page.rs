//! What the HTML reports share: one self-contained page without any request, its looks in light and dark, and a filter of its tables that
//! the page can do without.

use base64::Engine as _;
use maud::{DOCTYPE, Markup, PreEscaped, html};
use sha2::{Digest as _, Sha256};

static STYLE: &str = include_str!("page/page.css");
static SCRIPT: &str = include_str!("page/page.js");

/// A section of a page, with the anchor of its heading.
pub(crate) struct Section {
    pub(crate) id: &'static str,
    pub(crate) title: &'static str,
    pub(crate) body: Markup,
}

/// The page, with a line break at its end.
pub(crate) fn render(title: &str, lead: &Markup, sections: &[Section]) -> String {
    // Only the page's own script runs, even if text of a file came through unescaped.
    let hash = base64::engine::general_purpose::STANDARD.encode(Sha256::digest(SCRIPT));
    let policy = format!(
        "default-src 'none'; style-src 'unsafe-inline'; script-src 'sha256-{hash}'; img-src data:; base-uri 'none'; form-action 'none'"
    );
    let page = html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta http-equiv="Content-Security-Policy" content=(policy);
                meta name="viewport" content="width=device-width, initial-scale=1";
                meta name="color-scheme" content="light dark";
                meta name="generator" content="windlass";
                title { (title) }
                style { (PreEscaped(STYLE)) }
            }
            body {
                a.skip href="#main" { "Skip to the report" }
                header { h1 { (title) } (lead) }
                nav aria-label="Sections" { ul { @for section in sections { li { a href=(format!("#{}", section.id)) { (section.title) } } } } }
                main id="main" tabindex="-1" {
                    @for section in sections {
                        section aria-labelledby=(section.id) { h2 id=(section.id) { (section.title) } (section.body) }
                    }
                }
                footer { p { "Written by Windlass. Nothing in this page was fetched, and it sends nothing." } }
                script { (PreEscaped(SCRIPT)) }
            }
        }
    };
    let mut text = page.into_string();
    text.push('\n');
    text
}

/// A choice of the filter: the value of rows' `data-state`, its name and how many rows have it.
pub(crate) struct Choice {
    pub(crate) value: &'static str,
    pub(crate) count: usize,
}

/// The filter of a table. It is hidden where scripts do not run.
pub(crate) fn filter(table: &str, state: &str, choices: &[Choice], group: &str, groups: &[&str]) -> Markup {
    html! {
        form.filter data-filter=(table) hidden role="search" aria-label="Filter" {
            fieldset {
                legend { (state) }
                @for choice in choices.iter().filter(|choice| choice.count > 0) {
                    label { input type="checkbox" name="state" value=(choice.value) checked; " " (badge(choice.value)) " " (choice.count) }
                }
            }
            @if groups.len() > 1 {
                label { (group) " " select name="group" {
                    option value="" { "all" }
                    @for name in groups { option value=(name) { (name) } }
                } }
            }
            label { "Text " input type="search" name="words" autocomplete="off"; }
            button type="reset" { "Show all" }
            output aria-live="polite" {}
        }
    }
}

/// The word of a state in its colour.
pub(crate) fn badge(state: &str) -> Markup {
    html! { span class=(format!("badge {state}")) { (state) } }
}

/// A table that scrolls by itself where it is wider than the page.
pub(crate) fn table(id: &str, caption: &str, heads: &[&str], rows: &Markup) -> Markup {
    html! {
        div.scroll role="region" tabindex="0" aria-label=(caption) {
            table id=(id) {
                caption { (caption) }
                thead { tr { @for head in heads { th scope="col" { (head) } } } }
                tbody { (rows) }
            }
        }
    }
}

/// A message; what stands between backticks is code.
pub(crate) fn prose(text: &str) -> Markup {
    // An odd last backtick opens nothing.
    let parts: Vec<&str> = text.split('`').collect();
    let last = parts.len() - 1;
    html! {
        @for (at, part) in parts.into_iter().enumerate() {
            @if at % 2 == 0 { (part) } @else if at == last { "`" (part) } @else { code { (part) } }
        }
    }
}

/// `1 service`, `2 services`.
pub(crate) fn count(number: usize, what: &str) -> String {
    format!("{number} {what}{}", if number == 1 { "" } else { "s" })
}
