//! What is wrong with a tree, in words: where, why, remedy. Faults of syntax are in `syntax`.

use windlass_source::{Code, Diagnostic, Span};

use crate::budget::Budget;
use crate::node::Node;

/// A fault; as an error it ends its document.
pub(super) type Fault = Box<Diagnostic>;

fn fault(code: &'static str, message: impl Into<String>) -> Diagnostic {
    Diagnostic::error(Code(code), message)
}

pub(super) fn unknown_anchor(name: &str, span: Span) -> Fault {
    fault("yaml::unknown-anchor", format!("there is no anchor `&{name}` before this alias"))
        .label(span, "refers to nothing")
        .help(format!("write `&{name}` before the value that is meant, in the same document"))
        .into()
}

pub(super) fn alias_cycle(alias: &str, span: Span) -> Fault {
    fault("yaml::alias-cycle", format!("alias `{alias}` stands inside the value that it means"))
        .label(span, "would hold itself")
        .help("move the anchor to a value outside, or write the value in full")
        .into()
}

pub(super) fn too_many_copies(span: Span) -> Fault {
    fault("yaml::aliases", "aliases copy too many values")
        .label(span, "the copy that goes beyond")
        .because("a short text whose aliases hold one another can fill any memory")
        .help("write fewer aliases, or aliases of smaller values")
        .into()
}

pub(super) fn too_many_anchored(node: &Node) -> Fault {
    fault("yaml::aliases", "anchors hold too many values")
        .label(node.span(), "the anchor's value that goes beyond")
        .help("remove anchors that no alias uses, or put them on smaller values")
        .into()
}

pub(super) fn too_deep(span: Span, budget: &Budget) -> Fault {
    fault("yaml::depth", format!("maps and lists stand more than {} levels deep", budget.depth))
        .label(span, "one level too many")
        .help("write it with fewer levels")
        .into()
}

pub(super) fn too_many_nodes(span: Span, budget: &Budget) -> Fault {
    fault("yaml::nodes", format!("the text holds more than {} keys and values", budget.nodes))
        .label(span, "the limit is reached here")
        .help("split it into several files")
        .into()
}

pub(super) fn wrong_tag(text: &str, tag: &str, span: Span) -> Fault {
    let shown: String = text.chars().take(40).collect();
    fault("yaml::tag", format!("`{}` is not what its tag says", shown.escape_debug()))
        .label(span, format!("not a `!!{tag}`"))
        .help(format!("remove the tag `!!{tag}`, or write a value that fits it"))
        .into()
}

pub(super) fn unknown_escape(span: Span) -> Fault {
    fault("yaml::syntax", "`\\/` is no escape that Docker Compose and Kubernetes know")
        .label(span, "unknown escape")
        .help("write `/`")
        .into()
}

pub(super) fn missing_key(span: Span) -> Fault {
    fault("yaml::missing-key", "a key is missing before `:`")
        .label(span, "expected a key")
        .help("write the key, or quotes round text that begins with `:`")
        .into()
}

pub(super) fn complex_key(node: &Node) -> Fault {
    fault("yaml::complex-key", format!("{} can't be a key", node.value.kind()))
        .at(node.span())
        .because("Docker Compose and Kubernetes know text keys only")
        .help("for text that begins with `{` or `[`, as of a template, put quotes round it")
        .into()
}

pub(super) fn duplicate_key(name: &str, span: Option<Span>, first: Option<Span>) -> Fault {
    fault("yaml::duplicate-key", format!("key `{}` stands twice in one map", name.escape_debug()))
        .label(span, "again here")
        .label(first, "first here")
        .help(if name == "<<" { "write `<<: [*one, *two]` to merge several maps" } else { "remove one of the two, or rename it" })
        .into()
}

pub(super) fn wrong_merge(node: &Node, key: Span) -> Fault {
    fault("yaml::merge", "`<<` needs a map or a list of maps")
        .label(node.origin.used_at().or(node.span()), format!("this is {}", node.value.kind()))
        .label(key, "merged here")
        .help("let `<<` refer to an anchor on a map, or remove it")
        .into()
}

/// True for a limit of the whole text, beyond which no later document can be read either.
pub(super) fn is_of_whole_text(fault: &Diagnostic) -> bool {
    matches!(fault.code.0, "yaml::nodes" | "yaml::aliases")
}

/// Said once, when no more faults are shown.
pub(super) fn more(shown: usize) -> Diagnostic {
    Diagnostic::note(Code("yaml::more"), format!("more than {shown} faults; the others are not shown"))
}
