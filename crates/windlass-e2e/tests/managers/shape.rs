//! Objects as sets of leaves: a value for each path, with the lists that have keys told apart. Nothing here comes from the
//! engine, which has rules of its own for the same.

use std::collections::BTreeMap;
use std::fmt;

use serde_json::{Map, Value, json};

/// One step into an object.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Step {
    Field(String),
    /// An item of a list, by its keys.
    Item(BTreeMap<String, String>),
    /// An item of a set, by its value as JSON.
    Member(String),
}

#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Default)]
pub(crate) struct Path(pub(crate) Vec<Step>);

pub(crate) type Leaves = BTreeMap<Path, Value>;

impl fmt::Display for Path {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (at, step) in self.0.iter().enumerate() {
            let dot = if at == 0 { "" } else { "." };
            match step {
                Step::Field(name) => write!(f, "{dot}{name}")?,
                Step::Item(keys) => {
                    let keys: Vec<String> =
                        keys.iter().map(|(key, value)| format!("{key}={value}")).collect();
                    write!(f, "[{}]", keys.join(","))?;
                }
                Step::Member(value) => write!(f, "[={value}]")?,
            }
        }
        Ok(())
    }
}

impl Path {
    pub(crate) fn starts_with(&self, names: &[&str]) -> bool {
        self.0.len() >= names.len()
            && self.0.iter().zip(names).all(|(step, name)| matches!(step, Step::Field(have) if have == name))
    }

    pub(crate) fn is_under(&self, other: &Self) -> bool {
        self.0.starts_with(&other.0)
    }

    /// The items of lists that it leads through, outermost first, by their paths.
    pub(crate) fn items(&self) -> impl Iterator<Item = Self> {
        let ends = self.0.iter().enumerate().filter(|(_, step)| matches!(step, Step::Item(_)));
        ends.map(|(at, _)| Self(self.0[..=at].to_vec()))
    }
}

/// Lists whose items have keys, by their names and the name of what they are in; the API server has the same in its schema.
const KEYED: [(&str, &str, &[&str]); 7] = [
    ("spec", "containers", &["name"]),
    ("spec", "volumes", &["name"]),
    ("containers", "env", &["name"]),
    ("containers", "ports", &["containerPort", "protocol"]),
    ("spec", "ports", &["port", "protocol"]),
    ("spec", "relays", &["name"]),
    ("", "imagePullSecrets", &["name"]),
];

const SETS: [&str; 1] = ["tags"];

/// Maps that are one value, by their names and what they are in, whatever that is where it is empty.
const WHOLE: [(&str, &str); 6] = [
    ("", "selector"),
    ("", "podSelector"),
    ("", "nodeSelector"),
    ("", "roleRef"),
    ("", "match"),
    ("service", "port"),
];

enum List {
    Keyed(&'static [&'static str]),
    Set,
    Atomic,
}

/// The names of a field and of what it is in.
fn names(at: &[Step]) -> (&str, &str) {
    let mut names = at.iter().rev().filter_map(|step| match step {
        Step::Field(name) => Some(name.as_str()),
        _ => None,
    });
    (names.next().unwrap_or_default(), names.next().unwrap_or_default())
}

fn is_whole(at: &[Step]) -> bool {
    let (name, parent) = names(at);
    matches!(at.last(), Some(Step::Field(_)))
        && WHOLE.iter().any(|(of, whole)| *whole == name && (of.is_empty() || *of == parent))
}

fn list(at: &[Step]) -> List {
    let (name, parent) = names(at);
    if SETS.contains(&name) {
        return List::Set;
    }
    let found = KEYED.iter().find(|(of, list, _)| *list == name && *of == parent);
    found.map_or(List::Atomic, |(_, _, keys)| List::Keyed(keys))
}

/// Some keys are filled in by the server.
fn key(item: &Value, keys: &[&str]) -> BTreeMap<String, String> {
    let value = |key: &str| match item.get(key) {
        Some(Value::String(text)) => text.clone(),
        Some(other) => other.to_string(),
        None if key == "protocol" => "TCP".to_owned(),
        None => String::new(),
    };
    keys.iter().map(|name| ((*name).to_owned(), value(name))).collect()
}

pub(crate) fn leaves(value: &Value) -> Leaves {
    let mut found = Leaves::new();
    collect(value, &mut Vec::new(), &mut found);
    // An object that says nothing is no leaf.
    found.remove(&Path::default());
    found
}

fn collect(value: &Value, at: &mut Vec<Step>, found: &mut Leaves) {
    let children: Vec<(Step, &Value)> = match value {
        Value::Object(_) if is_whole(at) => Vec::new(),
        Value::Object(map) => map.iter().map(|(name, value)| (Step::Field(name.clone()), value)).collect(),
        Value::Array(items) => match list(at) {
            List::Keyed(keys) => items.iter().map(|item| (Step::Item(key(item, keys)), item)).collect(),
            List::Set => items.iter().map(|item| (Step::Member(item.to_string()), item)).collect(),
            List::Atomic => Vec::new(),
        },
        _ => Vec::new(),
    };
    if children.is_empty() {
        found.insert(Path(at.clone()), value.clone());
    }
    for (step, child) in children {
        at.push(step);
        collect(child, at, found);
        at.pop();
    }
}

/// Sets a leaf, and makes what it is in.
pub(crate) fn put(value: &mut Value, path: &[Step], leaf: &Value) {
    let Some((step, rest)) = path.split_first() else {
        *value = leaf.clone();
        return;
    };
    match step {
        Step::Field(name) => {
            if !value.is_object() {
                *value = json!({});
            }
            let map = value.as_object_mut().expect("a map");
            put(map.entry(name.clone()).or_insert(Value::Null), rest, leaf);
        }
        Step::Item(keys) => {
            if !value.is_array() {
                *value = json!([]);
            }
            let items = value.as_array_mut().expect("a list");
            let names: Vec<&str> = keys.keys().map(String::as_str).collect();
            let at = items.iter().position(|item| key(item, &names) == *keys).unwrap_or_else(|| {
                items.push(item(keys));
                items.len() - 1
            });
            put(&mut items[at], rest, leaf);
        }
        Step::Member(_) => {
            if !value.is_array() {
                *value = json!([]);
            }
            let items = value.as_array_mut().expect("a list");
            if !items.contains(leaf) {
                items.push(leaf.clone());
            }
        }
    }
}

fn item(keys: &BTreeMap<String, String>) -> Value {
    let value = |text: &String| text.parse::<u64>().map_or_else(|_| Value::from(text.clone()), Value::from);
    Value::Object(keys.iter().map(|(name, text)| (name.clone(), value(text))).collect::<Map<_, _>>())
}

/// Removes a leaf. A map or a list that becomes empty by that goes too, an item does not.
pub(crate) fn remove(value: &mut Value, path: &[Step]) {
    let Some((step, rest)) = path.split_first() else { return };
    match (step, value) {
        (Step::Field(name), Value::Object(map)) => {
            if let Some(inner) = map.get_mut(name).filter(|_| !rest.is_empty()) {
                remove(inner, rest);
                let is_bare = inner.as_object().is_some_and(Map::is_empty)
                    || inner.as_array().is_some_and(Vec::is_empty);
                if !is_bare {
                    return;
                }
            }
            map.remove(name);
        }
        (Step::Item(keys), Value::Array(items)) => {
            let names: Vec<&str> = keys.keys().map(String::as_str).collect();
            if let Some(at) = items.iter().position(|item| key(item, &names) == *keys) {
                remove(&mut items[at], rest);
                let left = leaves(&items[at]);
                // Its keys alone are no item any more.
                if left.len() <= names.len() {
                    items.remove(at);
                }
            }
        }
        (Step::Member(member), Value::Array(items)) => items.retain(|item| {
            let told = item.to_string();
            told != *member
        }),
        _ => {}
    }
}

/// Merges a fragment into an object, leaf by leaf.
pub(crate) fn merge(value: &mut Value, fragment: &Value) {
    // An empty fragment is one leaf, the whole.
    for (path, leaf) in leaves(fragment).into_iter().filter(|(path, _)| !path.0.is_empty()) {
        put(value, &path.0, &leaf);
    }
}

/// What an object says, without what only the server writes.
pub(crate) fn content(body: &Value) -> Leaves {
    let mut all = leaves(body);
    all.retain(|path, _| !is_the_servers(path));
    all
}

pub(crate) fn is_the_servers(path: &Path) -> bool {
    const METADATA: [&str; 9] = [
        "creationTimestamp",
        "finalizers",
        "generation",
        "managedFields",
        "name",
        "namespace",
        "resourceVersion",
        "uid",
        "selfLink",
    ];
    let names: Vec<&str> = path
        .0
        .iter()
        .filter_map(|step| match step {
            Step::Field(name) => Some(name.as_str()),
            _ => None,
        })
        .collect();
    match names.as_slice() {
        ["metadata", name, ..] if METADATA.contains(name) => true,
        ["metadata", "annotations", name] => {
            *name == "deployment.kubernetes.io/revision" || name.starts_with("deprecated.daemonset")
        }
        ["spec", "clusterIP" | "clusterIPs" | "healthCheckNodePort"] => true,
        ["spec", "ports", "nodePort"] => true,
        ["spec", "template", "metadata", "creationTimestamp"] => true,
        ["status", "seen"] => false,
        ["status", ..] => true,
        _ => false,
    }
}

/// Labels and annotations that the engine sets beside what is wanted.
pub(crate) fn is_the_engines(path: &Path) -> bool {
    matches!(path.0.as_slice(), [Step::Field(a), Step::Field(_), Step::Field(c)]
        if a == "metadata" && c.starts_with("windlass.dev/"))
}
