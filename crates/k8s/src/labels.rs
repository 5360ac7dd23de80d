//! The labels of every object, what selectors take of them, and the prefix of Windlass's annotations.
//! Source: <https://kubernetes.io/docs/concepts/overview/working-with-objects/common-labels/>.

use std::collections::BTreeMap;

use crate::name::label_value;

/// The service's name.
pub const NAME: &str = "app.kubernetes.io/name";
/// The project's name: which of several copies of a stack.
pub const INSTANCE: &str = "app.kubernetes.io/instance";
/// What the service is in the stack: `database`, `proxy`.
pub const COMPONENT: &str = "app.kubernetes.io/component";
/// The project's name.
pub const PART_OF: &str = "app.kubernetes.io/part-of";
/// Always `windlass`.
pub const MANAGED_BY: &str = "app.kubernetes.io/managed-by";
/// The image's tag.
pub const VERSION: &str = "app.kubernetes.io/version";
/// The key of one of these labels, if it is one: they stand on every object, several times.
pub(crate) fn common(key: &str) -> Option<&'static str> {
    const COMMON: [&str; 6] = [NAME, INSTANCE, COMPONENT, PART_OF, MANAGED_BY, VERSION];
    if key.len() < NAME.len() { None } else { COMMON.into_iter().find(|common| *common == key) }
}

/// What Windlass's own annotations and labels begin with.
pub const PREFIX: &str = "windlass.dev/";

/// The value of [`MANAGED_BY`].
pub const MANAGER: &str = "windlass";

/// What the labels of one service's objects are made from. Values that can't be labels are trimmed to what can.
#[derive(Clone, Copy, Debug, Default)]
pub struct Identity<'a> {
    /// The service's name in Kubernetes; empty for objects of the whole project.
    pub name: &'a str,
    /// The project's name.
    pub project: &'a str,
    /// What the service is in the stack, when known.
    pub component: Option<&'a str>,
    /// The image's tag, when it has one.
    pub version: Option<&'a str>,
}

impl Identity<'_> {
    /// All labels of an object.
    pub fn labels(&self) -> BTreeMap<String, String> {
        let mut labels = self.selector();
        set(&mut labels, PART_OF, self.project);
        set(&mut labels, MANAGED_BY, MANAGER);
        set(&mut labels, COMPONENT, self.component.unwrap_or_default());
        set(&mut labels, VERSION, self.version.unwrap_or_default());
        labels
    }

    /// The labels by which Services and workloads find the pods: those that never change in the life of a service, since the
    /// selector of a workload is immutable.
    pub fn selector(&self) -> BTreeMap<String, String> {
        let mut labels = BTreeMap::new();
        set(&mut labels, NAME, self.name);
        set(&mut labels, INSTANCE, self.project);
        labels
    }
}

/// Sets a label to what of a value can stand in one, if anything can.
fn set(labels: &mut BTreeMap<String, String>, key: &str, value: &str) {
    let value = label_value(value);
    if !value.is_empty() {
        labels.insert(key.to_owned(), value.into_owned());
    }
}

/// The key of one of Windlass's own annotations: `windlass.dev/ignore`.
pub fn annotation(name: &str) -> String {
    format!("{PREFIX}{name}")
}

/// True when pods with `labels` are selected by `selector`. An empty selector selects every pod here; whether it does depends on
/// the object, a Service without one selects none.
pub fn selects(selector: &BTreeMap<String, String>, labels: &BTreeMap<String, String>) -> bool {
    selector.iter().all(|(key, value)| labels.get(key) == Some(value))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_selector_is_a_part_of_the_labels_that_never_changes() {
        let web = Identity { name: "web", project: "shop", component: Some("proxy"), version: Some("1.27-alpine") };
        insta::assert_debug_snapshot!(web.labels(), @r#"
        {
            "app.kubernetes.io/component": "proxy",
            "app.kubernetes.io/instance": "shop",
            "app.kubernetes.io/managed-by": "windlass",
            "app.kubernetes.io/name": "web",
            "app.kubernetes.io/part-of": "shop",
            "app.kubernetes.io/version": "1.27-alpine",
        }
        "#);
        assert!(selects(&web.selector(), &web.labels()));
        assert_eq!(web.selector(), Identity { version: None, component: None, ..web }.selector());
        assert!(!selects(&web.selector(), &Identity { name: "api", ..web }.labels()));
    }

    #[test]
    fn labels_of_the_project_name_no_service() {
        let labels = Identity { project: "shop", ..Identity::default() }.labels();
        assert!(!labels.contains_key(NAME) && labels[INSTANCE] == "shop", "{labels:?}");
    }
}
