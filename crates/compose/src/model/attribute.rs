//! The names of the attributes that Compose has, read off the rules: `services.*.ports.target`, where `*` stands for a name that
//! the user chose, and positions in lists are left out.

use windlass_yaml::{Path, Segment};

use crate::model::project::TOP_LEVEL;
use crate::model::rule::{Entries, Object, Rule};

/// Every attribute that has no attributes beneath it, in the order in which they are declared.
pub fn attributes() -> Vec<String> {
    let mut found = Vec::new();
    list(&TOP_LEVEL, "", &mut found);
    found
}

fn list(object: &Object, above: &str, found: &mut Vec<String>) {
    for field in object.fields {
        let name = if above.is_empty() { field.key.to_owned() } else { format!("{above}.{}", field.key) };
        match beneath(&field.rule) {
            Some((object, wildcards)) => list(object, &format!("{name}{}", ".*".repeat(wildcards)), found),
            None => found.push(name),
        }
    }
}

/// The attributes that a value may have, and how many names of the user's stand before them.
fn beneath(rule: &'static Rule) -> Option<(&'static Object, usize)> {
    match (rule.entries, rule.items) {
        (Entries::Object(object), _) => Some((object, 0)),
        (Entries::Names(names), _) => beneath(&names.rule).map(|(object, wildcards)| (object, wildcards + 1)),
        (Entries::None | Entries::Any, Some(items)) => beneath(items),
        (Entries::None | Entries::Any, None) => None,
    }
}

/// The attribute that a value at `path` belongs to: that of the closest rule. An `x-…` of the user's own is `x-*`.
pub fn attribute(path: &Path) -> String {
    let mut name = String::new();
    let mut object = Some(&TOP_LEVEL);
    let mut wildcards = 0;
    for segment in path.segments() {
        let Segment::Key(key) = segment else { continue };
        let Some(attributes) = object else { break };
        let dot = if name.is_empty() { "" } else { "." };
        if wildcards > 0 {
            wildcards -= 1;
            name.push_str(".*");
        } else if let Some(field) = attributes.fields.iter().find(|field| field.key == key) {
            name.push_str(dot);
            name.push_str(field.key);
            (object, wildcards) = beneath(&field.rule).map_or((None, 0), |(object, wildcards)| (Some(object), wildcards));
        } else {
            name.push_str(dot);
            name.push_str(if key.starts_with("x-") { "x-*" } else { &key });
            break;
        }
    }
    name
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_the_user_and_positions_are_left_out() {
        let check = |path: &str, name: &str| assert_eq!(attribute(&Path::parse(path)), name);
        check("services.web.ports[0].target", "services.*.ports.target");
        check("services.web.environment.TZ", "services.*.environment");
        check("services.web.ulimits.nofile.soft", "services.*.ulimits.*.soft");
        check("services.web.x-note.a", "services.*.x-*");
        check("volumes.data", "volumes.*");
        check("name", "name");
    }

    #[test]
    fn every_attribute_is_the_attribute_of_its_own_path() {
        let all = attributes();
        assert!(all.len() > 250, "{}", all.len());
        for name in all {
            assert_eq!(attribute(&Path::parse(&name.replace('*', "name"))), name);
        }
    }
}
