//! What a person wrote about one unit, in a file and in flags, and where.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use windlass_core::{Error, ErrorKind, FieldPath, Map as Fields, Result, Value};
use windlass_yaml::Document;

use super::check::flags;
use super::fields::{self, Field, Map, Shape};

/// A unit as it was written, before anybody knows whether it makes sense.
#[derive(Debug, Clone)]
pub(crate) struct Draft {
    pub(crate) value: Value,
    place: Option<Place>,
    /// The flags that said something, by the field they set.
    flags: BTreeMap<String, &'static str>,
}

#[derive(Debug, Clone)]
struct Place {
    file: PathBuf,
    text: Arc<[u8]>,
    document: Document,
}

/// A field that a flag sets.
#[derive(Debug, Clone)]
pub(crate) struct Setting {
    pub(crate) path: Vec<&'static str>,
    pub(crate) flag: &'static str,
    pub(crate) value: Value,
}

/// One of several alternatives that a flag is about.
struct Alternative {
    /// What leads to it.
    above: Vec<&'static str>,
    field: &'static Field,
    rivals: &'static [&'static str],
    /// The flag says that this one is meant, and not only more of it.
    chosen: bool,
}

impl Draft {
    /// Gives all that was said, to compare with what is said later.
    pub(crate) fn written(&self) -> String {
        self.value.canonical()
    }
}

impl Setting {
    /// Goes through the alternatives on the way to the field.
    fn alternatives(&self) -> impl Iterator<Item = Alternative> {
        let mut map = Some(&fields::UNIT);
        self.path.iter().enumerate().filter_map(move |(at, name)| {
            let here = map.take()?;
            let field = here.field(name)?;
            if let Shape::Map(inner) = &field.shape {
                map = Some(inner);
            }
            let is_needed =
                |name: &&str| map.and_then(|inner| inner.field(name)).is_some_and(|inner| inner.required);
            let chosen = at + 1 == self.path.len() || self.path.get(at + 1).is_some_and(is_needed);
            let above = self.path[..at].to_vec();
            here.rivals.contains(name).then_some(Alternative { above, field, rivals: here.rivals, chosen })
        })
    }

    fn cannot_join(&self, flag: &str) -> Error {
        Error::new(ErrorKind::Invalid, format!("--{flag} and --{} cannot be said together", self.flag))
            .with_help("keep one of them")
    }
}

impl Alternative {
    fn path(&self) -> Vec<&'static str> {
        self.above.iter().copied().chain([self.field.name]).collect()
    }

    /// Lists the other alternatives that a draft has.
    fn rivals(&self, draft: &Value) -> Vec<&'static str> {
        let there = draft.at(&self.above);
        let others = self.rivals.iter().copied().filter(|name| *name != self.field.name);
        others.filter(|name| there.is_some_and(|there| there.get(name).is_some())).collect()
    }
}

impl Draft {
    /// Takes a document of a file.
    pub(crate) fn of_file(file: &Path, text: Arc<[u8]>, document: Document) -> Self {
        let value = document.value.clone();
        Self { value, place: Some(Place { file: file.into(), text, document }), flags: BTreeMap::new() }
    }

    /// Begins a unit that flags alone describe.
    pub(crate) fn of_flags() -> Self {
        let value =
            Value::from_iter([("apiVersion", fields::API_VERSION.into()), ("kind", fields::KIND.into())]);
        Self { value, place: None, flags: BTreeMap::new() }
    }

    /// Lets flags replace what the file says: a flag that chooses one of several alternatives takes the others out. One
    /// that only says more of an alternative does not choose it against another.
    pub(crate) fn set(&mut self, settings: &[Setting]) -> Vec<Error> {
        let (choosing, saying): (Vec<&Setting>, Vec<&Setting>) =
            settings.iter().partition(|setting| setting.alternatives().all(|alternative| alternative.chosen));
        choosing.into_iter().chain(saying).filter_map(|setting| self.set_one(setting).err()).collect()
    }

    fn set_one(&mut self, setting: &Setting) -> Result<()> {
        for alternative in setting.alternatives() {
            for rival in alternative.rivals(&self.value) {
                let rival: Vec<&str> = alternative.above.iter().copied().chain([rival]).collect();
                match self.flag_in(&rival) {
                    Some(flag) => return Err(setting.cannot_join(flag)),
                    None if !alternative.chosen => {
                        return Err(self.is_about_another(setting, &alternative, &rival));
                    }
                    None => {}
                }
            }
        }
        put(&mut self.value, &fields::UNIT, &setting.path, &setting.value);
        self.flags.insert(setting.path.join("."), setting.flag);
        Ok(())
    }

    fn is_about_another(&self, setting: &Setting, alternative: &Alternative, rival: &[&str]) -> Error {
        let flags: Vec<String> = flags(alternative.field).iter().map(|flag| format!("--{flag}")).collect();
        let (about, has) = (spell(&alternative.path()), spell(rival));
        let message = format!("--{} is about {about}, and the unit has {has}", setting.flag);
        let error = self.at(rival, Error::new(ErrorKind::Invalid, message));
        let name = self.value.text_at(&["metadata", "name"]).unwrap_or_default();
        error.with("unit", name).with_help(format!(
            "leave it out, say with --unit which units are meant, or replace {has} with {}",
            flags.join(" and ")
        ))
    }

    /// Names where the unit was written.
    pub(crate) fn shown(&self) -> String {
        match &self.place {
            Some(place) => format!("{}:{}", place.file.display(), place.document.line),
            None => "the flags".to_owned(),
        }
    }

    /// Gives the name by which a file calls the unit.
    pub(crate) fn name_in_file(&self) -> Option<String> {
        let document = &self.place.as_ref()?.document;
        document.value.text_at(&["metadata", "name"]).map(str::to_owned)
    }

    /// Resolves a path of a field: what a file says is relative to the file, what a flag says to the current folder.
    pub(crate) fn resolve(&self, field: &[&str], path: &str) -> PathBuf {
        let base = self.place.as_ref().filter(|_| !self.flags.contains_key(&field.join(".")));
        let folder = base.and_then(|place| place.file.parent());
        folder.map_or_else(|| PathBuf::from(path), |folder| folder.join(path))
    }

    /// Makes an error about a field, which says where the field is written or, if it is not, what would hold it.
    pub(crate) fn wrong(&self, field: &[&str], message: impl Into<String>) -> Error {
        let error = Error::new(ErrorKind::Invalid, message.into());
        let error = if field.is_empty() { error } else { error.with("field", spell(field)) };
        self.at(field, error)
    }

    /// Adds where a field is written.
    fn at(&self, field: &[&str], error: Error) -> Error {
        if let Some(flag) = self.flag(field) {
            return error.with("flag", format!("--{flag}"));
        }
        let Some(place) = &self.place else { return error };
        let error = error.with("path", place.file.display());
        match place.nearest(field) {
            Some((line, column)) => error.with("line", line).with("column", column),
            None => error.with("line", place.document.line),
        }
    }

    /// Adds to the error of a part which field of the unit named that part, and where. Path and line of the error
    /// itself may be those of another file, so the place is one pair.
    pub(crate) fn blame(&self, field: &[&str], error: Error) -> Error {
        let error = error.with_each("field", spell(field));
        match (self.flag(field), &self.place) {
            (Some(flag), _) => error.with_each("flag", format!("--{flag}")),
            (None, Some(place)) => {
                let (line, column) = place.nearest(field).unwrap_or((place.document.line, 1));
                error.with_each("unitFile", format!("{}:{line}:{column}", place.file.display()))
            }
            (None, None) => error,
        }
    }

    /// Names what a person would change to change a field: the flag that set it, else the field.
    pub(crate) fn said_by(&self, field: &[&str]) -> String {
        self.flag(field).map_or_else(|| spell(field), |flag| format!("--{flag}"))
    }

    /// Gives the flag that set a field, or what it is in.
    fn flag(&self, field: &[&str]) -> Option<&'static str> {
        (1..=field.len()).rev().find_map(|len| self.flags.get(&field[..len].join("."))).copied()
    }

    /// Gives the flag that set a field or something in it.
    fn flag_in(&self, field: &[&str]) -> Option<&'static str> {
        let inside = format!("{}.", field.join("."));
        let within = |name: &String| format!("{name}.").starts_with(&inside);
        self.flags.iter().find(|(name, _)| within(name)).map(|(_, flag)| *flag)
    }
}

impl Place {
    /// Where a field is written or, if it is not, what would hold it.
    fn nearest(&self, field: &[&str]) -> Option<(u32, u32)> {
        (0..=field.len()).rev().find_map(|len| self.find(&field[..len]))
    }

    fn find(&self, field: &[&str]) -> Option<(u32, u32)> {
        if field.is_empty() {
            return None;
        }
        self.document.locate(&self.text, &path_of(field)).map(|place| (place.line, place.column))
    }
}

/// Spells a field as people do: `spec.dependsOn[0]`.
fn spell(field: &[&str]) -> String {
    path_of(field).to_string()
}

/// No field of a unit has a name of digits alone, so those are places in a list.
fn path_of(field: &[&str]) -> FieldPath {
    field.iter().fold(FieldPath::root(), |path, name| match name.parse() {
        Ok(index) => path.index(index),
        Err(_) => path.field(*name),
    })
}

/// Sets a value, making the maps above it, and takes out what it competes with.
fn put(into: &mut Value, map: &Map, path: &[&'static str], value: &Value) {
    let [name, rest @ ..] = path else { return };
    if into.as_map().is_none() {
        *into = Value::Map(Fields::new());
    }
    let Some(fields) = into.as_map_mut() else { return };
    if map.rivals.contains(name) {
        fields.retain(|have, _| have == *name || !map.rivals.contains(&have));
    }
    match map.field(name).map(|field| &field.shape) {
        Some(Shape::Map(inner)) if !rest.is_empty() => {
            put(fields.entry(name, || Value::Map(Fields::new())), inner, rest, value);
        }
        Some(Shape::Map(_)) => {
            fields.entry(name, || Value::Map(Fields::new()));
        }
        _ => {
            fields.insert(*name, value.clone());
        }
    }
}
