//! Where variables come from.

use std::collections::BTreeMap;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use windlass_core::{Digest, Error, ErrorKind, Need, Object, ObjectId, RenderInput, Result, Text, Value};

/// The kind of an object that has variables.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
#[non_exhaustive]
pub enum VariablesKind {
    /// A ConfigMap, whose `data` are the variables.
    ConfigMap,
    /// A Secret, whose `data` are the variables, in base64.
    Secret,
}

/// An object of the target whose data are variables: an item of Flux's `substituteFrom`.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct VariablesFrom {
    /// Its kind.
    pub kind: VariablesKind,
    /// Its namespace.
    pub namespace: Text,
    /// Its name.
    pub name: Text,
    /// Whether it may be absent.
    pub optional: bool,
}

impl VariablesFrom {
    /// Names an object that has to be there.
    pub fn new(kind: VariablesKind, namespace: impl Into<Text>, name: impl Into<Text>) -> Self {
        Self { kind, namespace: namespace.into(), name: name.into(), optional: false }
    }

    /// Says whether it may be absent.
    #[must_use]
    pub fn with_optional(mut self, optional: bool) -> Self {
        self.optional = optional;
        self
    }

    pub(super) fn to_value(&self) -> Value {
        Value::from_iter([
            ("kind", Value::from(self.kind_name())),
            ("namespace", self.namespace.clone().into()),
            ("name", self.name.clone().into()),
            ("optional", self.optional.into()),
        ])
    }

    fn kind_name(&self) -> &'static str {
        match self.kind {
            VariablesKind::ConfigMap => "ConfigMap",
            VariablesKind::Secret => "Secret",
        }
    }

    fn need(&self) -> Need {
        let id = ObjectId::new("", self.kind_name(), self.namespace.clone(), self.name.clone());
        Need::Object { id, api_version: "v1".into() }
    }

    fn add(&self, object: &Object, variables: &mut BTreeMap<Text, Text>) -> Result<()> {
        let Some(data) = object.body().get("data").and_then(Value::as_map) else { return Ok(()) };
        for (name, value) in data.iter() {
            let Some(value) = value.as_text() else { continue };
            let value = match self.kind {
                VariablesKind::ConfigMap => value.into(),
                VariablesKind::Secret => decoded(value).ok_or_else(|| {
                    Error::new(ErrorKind::Invalid, "a variable is no text in base64")
                        .with("object", object.id())
                        .with("key", name)
                })?,
            };
            variables.insert(name.clone(), value);
        }
        Ok(())
    }
}

fn decoded(value: &str) -> Option<Text> {
    String::from_utf8(STANDARD.decode(value).ok()?).ok().map(Text::from)
}

/// Gives all variables, or everything that is missing or wrong.
pub(super) fn load(
    from: &[VariablesFrom],
    own: &BTreeMap<Text, Text>,
    input: &RenderInput<'_>,
    reads: &mut BTreeMap<Need, Digest>,
) -> Result<BTreeMap<Text, Text>> {
    let mut variables = BTreeMap::new();
    let mut problems = Vec::new();
    let missing: Vec<Need> = from
        .iter()
        .map(VariablesFrom::need)
        .filter(|need| !input.provided.objects.contains_key(need))
        .collect();
    if !missing.is_empty() {
        return Err(
            Error::new(ErrorKind::Unfetched, "variables come from objects of the target").needing(missing)
        );
    }
    for source in from {
        let need = source.need();
        let object = input.provided.objects.get(&need).and_then(Option::as_ref);
        reads.insert(need, object.map_or_else(|| Digest::of_parts([]), Object::digest));
        match object {
            Some(object) => problems.extend(source.add(object, &mut variables).err()),
            None if source.optional => {}
            None => problems.push(
                Error::new(ErrorKind::NotFound, "an object with variables is not there")
                    .with("kind", source.kind_name())
                    .with("namespace", &source.namespace)
                    .with("name", &source.name),
            ),
        }
    }
    variables.extend(own.iter().map(|(name, value)| (name.clone(), value.clone())));
    problems.extend(variables.keys().filter(|name| !is_name(name)).map(wrong_name));
    match Error::all(problems) {
        Some(error) => Err(error),
        None => Ok(variables.into_iter().map(|(name, value)| (name, without_breaks(value))).collect()),
    }
}

fn is_name(name: &Text) -> bool {
    name.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_')
        && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_')
}

fn wrong_name(name: &Text) -> Error {
    Error::new(
        ErrorKind::Invalid,
        "the name of a variable is letters, digits and _, and begins with no digit",
    )
    .with("variable", name)
}

fn without_breaks(value: Text) -> Text {
    if value.contains('\n') { value.replace('\n', "").into() } else { value }
}
