//! A project as a `Stack` for the operator, with what the Stack needs: its sources, and an account that may write what it becomes.
//!
//! In: the compose texts, the files and variables that the project was read with, and the objects that it becomes. Out: objects. What is or
//! holds a credential stands in a Secret.

mod credentials;

use std::collections::{BTreeMap, BTreeSet};

use k8s_openapi::ByteString;
use k8s_openapi::api::core::v1::{ConfigMap, Secret, ServiceAccount};
use k8s_openapi::api::rbac::v1::{PolicyRule, Role, RoleBinding, RoleRef, Subject};
use k8s_openapi::apimachinery::pkg::apis::meta::v1::ObjectMeta;
use serde_json::{Map, Value, json};
use smol_str::SmolStr;
use windlass_k8s::name::{config_key, free_config_key};
use windlass_k8s::{Custom, Kind, Object, Objects, Resource, labels};
use windlass_source::{Diagnostic, Origin};

use credentials::Credentials;

/// Bytes of the longest compose text that stands in the Stack itself.
const MAX_COMPOSE: usize = 262_144;
/// What the operator does with the objects of a Stack, as the Stack's account.
const VERBS: [&str; 4] = ["get", "create", "patch", "delete"];

/// A file that a Stack carries.
#[derive(Clone, Debug)]
pub struct Carried {
    /// Its bytes.
    pub content: Vec<u8>,
    /// It may be run.
    pub is_executable: bool,
    /// What it is to the project.
    pub used: Use,
}

/// What a file is to a project.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Use {
    /// A compose file or a file of variables: the project is read from it.
    Read,
    /// The file of an entry of `secrets:`.
    Secret,
    /// It says what an image is.
    Dockerfile,
    /// Another one, which services get to see.
    Mounted,
}

/// What a Stack is made from.
#[derive(Clone, Copy, Debug)]
pub struct StackProject<'a> {
    /// The project's name, which is that of the Stack: a DNS label.
    pub name: &'a str,
    /// The namespace; `None` leaves it out.
    pub namespace: Option<&'a str>,
    /// The compose texts in merge order.
    pub texts: &'a [String],
    /// The files that it reads, by path from the project's directory.
    pub files: &'a BTreeMap<String, Carried>,
    /// The variables that it uses.
    pub variables: &'a BTreeMap<String, String>,
    /// Those that `secrets:` names.
    pub secret_variables: &'a BTreeSet<SmolStr>,
    /// The profiles that are on.
    pub profiles: &'a [String],
    /// What it becomes.
    pub objects: &'a Objects,
}

/// The Stack and what it needs. What can't be carried is told.
pub fn stack(project: &StackProject<'_>) -> (Objects, Vec<Diagnostic>) {
    let mut made = Made { project, credentials: Credentials::of(project), objects: Objects::new(), told: Vec::new() };
    let mut spec = Map::new();
    made.compose(&mut spec);
    made.files(&mut spec);
    made.variables(&mut spec);
    if !project.profiles.is_empty() {
        spec.insert("profiles".into(), json!(project.profiles));
    }
    let account = made.account();
    spec.insert("serviceAccountName".into(), account.into());
    let body = Map::from_iter([("spec".to_owned(), Value::Object(spec))]);
    let metadata = made.metadata(project.name);
    made.add(Custom { kind: Kind::Stack, metadata, body });
    (made.objects, made.told)
}

struct Made<'a> {
    project: &'a StackProject<'a>,
    credentials: Credentials<'a>,
    objects: Objects,
    told: Vec<Diagnostic>,
}

impl Made<'_> {
    /// `compose`, or `composeFrom` for several texts and for those in which a secret stands.
    fn compose(&mut self, spec: &mut Map<String, Value>) {
        match self.project.texts {
            [text] if text.len() <= MAX_COMPOSE && !self.credentials.are_in(text) => {
                spec.insert("compose".into(), text.as_str().into());
            }
            texts => {
                let name = format!("{}-compose", self.project.name);
                let (mut plain, mut secret, mut from) = (BTreeMap::new(), BTreeMap::new(), Vec::new());
                for (index, text) in texts.iter().enumerate() {
                    let key = if index == 0 { "compose.yaml".to_owned() } else { format!("compose.{}.yaml", index + 1) };
                    let reference = json!({ "name": name, "key": key });
                    if self.credentials.are_in(text) {
                        secret.insert(key, ByteString(text.clone().into_bytes()));
                        from.push(json!({ "secretKeyRef": reference }));
                    } else {
                        plain.insert(key, text.clone());
                        from.push(json!({ "configMapKeyRef": reference }));
                    }
                }
                let metadata = self.metadata(&name);
                if !plain.is_empty() {
                    self.add(ConfigMap { metadata: metadata.clone(), data: Some(plain), ..ConfigMap::default() });
                }
                if !secret.is_empty() {
                    self.add(Secret { metadata, data: Some(secret), ..Secret::default() });
                }
                spec.insert("composeFrom".into(), from.into());
            }
        }
    }

    /// `files` for texts, `filesFrom` for secrets and for what is no text, an object a directory.
    fn files(&mut self, spec: &mut Map<String, Value>) {
        let mut texts = Map::new();
        let mut others: BTreeMap<(bool, &str), Vec<Named<'_>>> = BTreeMap::new();
        for (path, file) in self.project.files {
            let is_secret = self.credentials.are_in_file(path, file);
            match std::str::from_utf8(&file.content) {
                Ok(text) if !is_secret => {
                    texts.insert(format!("./{path}"), text.into());
                }
                _ => {
                    let (directory, name) = path.rsplit_once('/').unwrap_or(("", path));
                    others.entry((is_secret, directory)).or_default().push((name, &file.content));
                }
            }
        }
        let mut from = Vec::new();
        for (number, ((is_secret, directory), named)) in (1..).zip(others) {
            let metadata = self.metadata(&format!("{}-files-{number}", self.project.name));
            let field = if is_secret { "secretRef" } else { "configMapRef" };
            let mut source = json!({ (field): { "name": metadata.name } });
            if !directory.is_empty() {
                source["directory"] = format!("./{directory}").into();
            }
            let (items, data) = keyed(named);
            if items.iter().any(|(key, name)| key != name) {
                let item = |(key, name): &(SmolStr, &str)| json!({ "key": key.as_str(), "path": name });
                source["items"] = items.iter().map(item).collect();
            }
            from.push(source);
            if is_secret {
                self.add(Secret { metadata, data: Some(data), ..Secret::default() });
            } else {
                self.add(ConfigMap { metadata, binary_data: Some(data), ..ConfigMap::default() });
            }
        }
        let executables: Vec<_> =
            self.project.files.iter().filter(|(_, file)| file.is_executable).map(|(path, _)| format!("./{path}")).collect();
        for (field, value, is_empty) in [
            ("files", json!(texts), texts.is_empty()),
            ("filesFrom", json!(from), from.is_empty()),
            ("executables", json!(executables), executables.is_empty()),
        ] {
            if !is_empty {
                spec.insert(field.into(), value);
            }
        }
    }

    /// `variables`, and those that are credentials in a Secret.
    fn variables(&mut self, spec: &mut Map<String, Value>) {
        let (mut plain, mut secret) = (Map::new(), BTreeMap::new());
        for (name, value) in self.project.variables {
            if self.credentials.are_variable(name, value) {
                secret.insert(name.clone(), ByteString(value.clone().into_bytes()));
            } else {
                plain.insert(name.clone(), value.as_str().into());
            }
        }
        if !plain.is_empty() {
            spec.insert("variables".into(), plain.into());
        }
        if !secret.is_empty() {
            let metadata = self.metadata(&format!("{}-variables", self.project.name));
            spec.insert("variablesFrom".into(), json!([{ "secretRef": { "name": metadata.name } }]));
            self.add(Secret { metadata, data: Some(secret), ..Secret::default() });
        }
    }

    /// The account that sources are read and objects written as, with exactly the rights for both.
    fn account(&mut self) -> String {
        let name = format!("{}-deployer", self.project.name);
        let metadata = self.metadata(&name);
        let mut rules = self.source_rules();
        rules.extend(object_rules(self.project.objects));
        let annotations = BTreeMap::from([(format!("{}stacks", labels::PREFIX), "allowed".to_owned())]);
        self.add(ServiceAccount {
            metadata: ObjectMeta { annotations: Some(annotations), ..metadata.clone() },
            automount_service_account_token: Some(false),
            ..ServiceAccount::default()
        });
        self.add(Role { metadata: metadata.clone(), rules: Some(rules) });
        let role_ref = RoleRef { api_group: Some("rbac.authorization.k8s.io".to_owned()), kind: "Role".to_owned(), name: name.clone() };
        let namespace = self.project.namespace.map(str::to_owned);
        let subject = Subject { kind: "ServiceAccount".into(), name: name.clone(), namespace, ..Subject::default() };
        self.add(RoleBinding { metadata, role_ref, subjects: Some(vec![subject]) });
        name
    }

    /// Rules to read the ConfigMaps and Secrets that the Stack names, and no others.
    fn source_rules(&self) -> Vec<PolicyRule> {
        let of = |kind: Kind, resource: &str| {
            let names: Vec<String> = self.objects.of_kind(kind).map(|object| object.name().to_owned()).collect();
            (!names.is_empty()).then(|| PolicyRule { resource_names: Some(names), ..rule("", vec![resource.to_owned()], &["get"]) })
        };
        [of(Kind::ConfigMap, "configmaps"), of(Kind::Secret, "secrets")].into_iter().flatten().collect()
    }

    fn metadata(&self, name: &str) -> ObjectMeta {
        let own = [(labels::INSTANCE, self.project.name), (labels::MANAGED_BY, labels::MANAGER)];
        ObjectMeta {
            name: Some(name.to_owned()),
            namespace: self.project.namespace.map(str::to_owned),
            labels: Some(own.into_iter().map(|(key, value)| (key.to_owned(), value.to_owned())).collect()),
            ..ObjectMeta::default()
        }
    }

    fn add(&mut self, resource: impl Into<Resource>) {
        if let Err(collision) = self.objects.insert(Object::new(resource, Origin::DEFAULT)) {
            self.told.push(collision.diagnostic());
        }
    }
}

/// A file of a directory: its name and content.
type Named<'a> = (&'a str, &'a [u8]);

/// Files of a directory under keys of an object: the keys with the names that they stand for, and the content.
fn keyed<'a>(mut named: Vec<Named<'a>>) -> (Vec<(SmolStr, &'a str)>, BTreeMap<String, ByteString>) {
    // A name that is a key stays one, whatever others become.
    named.sort_by_key(|(name, _)| config_key(name) != *name);
    let mut taken = BTreeSet::new();
    let items: Vec<_> = named.iter().map(|(name, _)| (free_config_key(name, &mut taken), *name)).collect();
    let data = items.iter().zip(&named).map(|((key, _), (_, content))| (key.to_string(), ByteString(content.to_vec()))).collect();
    (items, data)
}

/// Rules to write objects of the kinds that the project becomes, a rule an API group.
fn object_rules(objects: &Objects) -> Vec<PolicyRule> {
    let mut groups: BTreeMap<&str, BTreeSet<String>> = BTreeMap::new();
    for object in objects {
        let group = object.kind().api_version().split_once('/').map_or("", |(group, _)| group);
        groups.entry(group).or_default().insert(object.kind().plural());
    }
    let mut rules: Vec<_> = groups.into_iter().map(|(group, resources)| rule(group, resources.into_iter().collect(), &VERBS)).collect();
    // The controller of a StatefulSet that goes back waits for a broken pod for ever, unless somebody deletes it.
    if objects.of_kind(Kind::StatefulSet).next().is_some() {
        rules.push(rule("", vec!["pods".to_owned()], &["list", "delete"]));
    }
    rules
}

fn rule(group: &str, resources: Vec<String>, verbs: &[&str]) -> PolicyRule {
    let verbs = verbs.iter().map(|verb| (*verb).to_owned()).collect();
    PolicyRule { api_groups: Some(vec![group.to_owned()]), resources: Some(resources), verbs, ..PolicyRule::default() }
}
