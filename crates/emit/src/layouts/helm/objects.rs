//! One object as a template. In: its tree, and for some fields the text that stands there instead. Out: YAML with Go templates in it.
//!
//! The tree is written by the writer of manifests, with a mark in each field that is a template; then the marks are replaced. Braces
//! that the project wrote are escaped before that, so none of its text is ever run.

use serde_json::Value;

use super::values::quoted;

/// A part of a field of a template.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Part {
    /// As it is.
    Text(String),
    /// What an expression gives, whatever that is.
    Value(String),
    /// What an expression gives: a name, which needs no quotes.
    Name(String),
}

/// What stands in a field.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Content {
    /// A text.
    Text(Vec<Part>),
    /// A number or a truth value.
    Plain(String),
    /// A map or list, which an expression gives.
    Tree(String),
    /// The same; the field is left out where it is empty.
    Optional(String),
}

/// Writes an object. `fields` are JSON pointers with their contents.
pub(super) fn write(mut tree: Value, fields: &[(String, Content)], chart: &str) -> String {
    let mark = |index: usize| format!("windlassMark{index}x");
    for (index, (pointer, _)) in fields.iter().enumerate() {
        if let Some(field) = tree.pointer_mut(pointer) {
            *field = mark(index).into();
        }
    }
    let text = windlass_yaml::to_string(&tree).expect("the keys of an object are texts");
    let mut out = String::with_capacity(text.len() * 2);
    let mut index_of = std::collections::BTreeMap::new();
    for index in 0..fields.len() {
        index_of.insert(mark(index), index);
    }
    for line in text.lines() {
        let marked = line.rsplit(' ').next().and_then(|last| index_of.get(last));
        let Some(&index) = marked else {
            out.push_str(&escaped(line));
            out.push('\n');
            continue;
        };
        let head = &line[..line.len() - mark(index).len()];
        if let Content::Optional(expression) = &fields[index].1 {
            let (spaces, key) = head.split_at(head.len() - head.trim_start().len());
            let (key, deeper) = (key.trim_end(), spaces.len() + 2);
            out.push_str(&format!("{spaces}{{{{- with {expression} }}}}\n{spaces}{key}\n"));
            out.push_str(&format!("{spaces}  {{{{- toYaml . | nindent {deeper} }}}}\n{spaces}{{{{- end }}}}\n"));
            continue;
        }
        out.push_str(escaped(head).trim_end());
        let deeper = indent(head) + 2;
        match &fields[index].1 {
            Content::Plain(expression) => out.push_str(&format!(" {{{{ {expression} }}}}")),
            Content::Tree(expression) => {
                out.push_str(&format!("\n{}{{{{- toYaml {expression} | nindent {deeper} }}}}", " ".repeat(deeper)));
            }
            // Written above.
            Content::Optional(_) => {}
            Content::Text(parts) => {
                out.push(' ');
                out.push_str(&scalar(parts, deeper, chart));
            }
        }
        out.push('\n');
    }
    // Helm cuts empty lines off the end, which may be part of a text.
    if out.ends_with("\n\n") {
        out.push_str("# The text above ends in empty lines.\n");
    }
    out
}

/// Where the content of the entry that a line begins stands, less two.
fn indent(line: &str) -> usize {
    let bare = line.trim_start_matches([' ', '-']);
    // `- value` is an item, `- key: value` the first entry of one.
    let is_item = bare.is_empty();
    let spaces = line.len() - bare.len();
    if is_item { line.len() - line.trim_start().len() } else { spaces }
}

/// Braces of the project's own text.
fn escaped(text: &str) -> String {
    text.replace("{{", "{{ \"{{\" }}")
}

/// A text in YAML.
fn scalar(parts: &[Part], indent: usize, chart: &str) -> String {
    match parts {
        [Part::Value(expression)] => return format!("{{{{ {expression} | quote }}}}"),
        [Part::Name(expression)] => return format!("{{{{ {expression} }}}}"),
        _ => {}
    }
    if let Some(block) = block(parts, indent) {
        return block;
    }
    let mut text = String::from("\"");
    for part in parts {
        match part {
            Part::Text(literal) => {
                let quoted = quoted(literal);
                text.push_str(&escaped(&quoted[1..quoted.len() - 1]));
            }
            Part::Value(expression) => text.push_str(&format!("{{{{ include \"{chart}.inner\" ({expression}) }}}}")),
            Part::Name(expression) => text.push_str(&format!("{{{{ {expression} }}}}")),
        }
    }
    text.push('"');
    text
}

/// Lines as a literal block, where that is sure to be read as the same text.
fn block(parts: &[Part], indent: usize) -> Option<String> {
    let literal: String = parts.iter().map(|part| if let Part::Text(text) = part { text.as_str() } else { "x" }).collect();
    let is_plain = |letter: char| letter == '\n' || letter == '\t' || !letter.is_control();
    let starts_plainly = matches!(parts.first(), Some(Part::Text(text)) if !text.starts_with([' ', '\t', '\n', '#', '%', '-']));
    if !literal.trim_end_matches('\n').contains('\n') || !literal.ends_with('\n') || !literal.chars().all(is_plain) || !starts_plainly {
        return None;
    }
    let margin = " ".repeat(indent);
    // With `+` no line break at the end is dropped, even when the last line's variable is empty.
    let mut text = format!("|+\n{margin}");
    for part in parts {
        match part {
            Part::Text(literal) => text.push_str(&escaped(literal).replace('\n', &format!("\n{margin}"))),
            Part::Value(expression) => text.push_str(&format!("{{{{ {expression} | replace \"\\n\" \"\\n{margin}\" }}}}")),
            Part::Name(expression) => text.push_str(&format!("{{{{ {expression} }}}}")),
        }
    }
    // The next line has its own margin, and an empty one needs none.
    text.truncate(text.len() - margin.len() - 1);
    Some(text.split('\n').map(|line| if line == margin { "" } else { line }).collect::<Vec<_>>().join("\n"))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn marks_become_templates_and_braces_of_the_project_text() {
        let tree = json!({
            "data": { "a.conf": "x", "plain": "{{ .Values.x }}", "key {{ x": "1" },
            "items": ["x", "--port=1"],
            "list": [{ "name": "x", "resources": {} }],
            "replicas": 2
        });
        let value = |name: &str| Part::Value(name.to_owned());
        let text = |text: &str| Part::Text(text.to_owned());
        let fields = [
            ("/data/a.conf".to_owned(), Content::Text(vec![text("listen {{ "), value(".V"), text(";\n\nend\n")])),
            ("/items/0".to_owned(), Content::Text(vec![value(".V")])),
            ("/items/1".to_owned(), Content::Text(vec![text("--\"port\"="), value(".V")])),
            ("/list/0/name".to_owned(), Content::Text(vec![Part::Name(".N".to_owned())])),
            ("/list/0/resources".to_owned(), Content::Tree(".R".to_owned())),
            ("/replicas".to_owned(), Content::Plain(".I".to_owned())),
        ];
        insta::assert_snapshot!(write(tree, &fields, "shop"), @r#"
        data:
          a.conf: |+
            listen {{ "{{" }} {{ .V | replace "\n" "\n    " }};

            end
          plain: '{{ "{{" }} .Values.x }}'
          key {{ "{{" }} x: "1"
        items:
        - {{ .V | quote }}
        - "--\"port\"={{ include "shop.inner" (.V) }}"
        list:
        - name: {{ .N }}
          resources:
            {{- toYaml .R | nindent 4 }}
        replicas: {{ .I }}
        "#);
    }
}
