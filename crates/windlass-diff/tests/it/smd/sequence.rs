//! Sequences of applies and updates by several managers.

use std::collections::BTreeMap;

use windlass_core::{Map, Text, Value};
use windlass_diff::Schema;
use windlass_diff::structured::{
    Conflict, FieldSet, Lenience, Live, Managers, ServerPath, UpdateError, Updated, Updater, Versions,
    Writer, extract, merge, validate,
};

use super::versions::{Converter, Table};
use super::{document, limits, read, same_set, schemas, set};
use crate::conformance::same;

/// An object, its managers and its schema, from one operation to the next.
struct State {
    table: Table,
    live: Value,
    version: String,
    managers: Managers,
    ignored: BTreeMap<Text, FieldSet>,
}

pub(super) fn row(row: &Value) -> Result<(), String> {
    let mut state = State::new(row)?;
    let ops = row.get("ops").and_then(Value::as_list).unwrap_or_default();
    for (at, op) in ops.iter().enumerate() {
        let after = op.get("after").unwrap_or(&Value::Null);
        // An error ends the sequence, wherever the row says so.
        let last = row.text_at(&["error"]).filter(|_| at + 1 == ops.len());
        let error = after.text_at(&["error"]).or(op.text_at(&["error"])).or(last);
        match (state.run(op), error) {
            (Err(_), Some(_)) => return Ok(()),
            (Err(why), None) => return Err(format!("{at}: {why}")),
            (Ok(()), Some(error)) => return Err(format!("{at}: no error but expected {error}")),
            (Ok(()), None) => state.check(after).map_err(|why| format!("{at}: {why}"))?,
        }
    }
    state.check_end(row)
}

impl State {
    fn new(row: &Value) -> Result<Self, String> {
        let deduced = row.text_at(&["schema"]) == Some("deduced");
        let root = row.text_at(&["root"]).filter(|root| *root != "<version>");
        let table = Table {
            schemas: schemas(row.text_at(&["schema_yaml"]).unwrap_or_default()),
            root: root.map(Schema::named),
            deduced,
            converter: Converter::of(row),
        };
        let mut ignored = BTreeMap::new();
        for by in ["ignored_fields", "ignore_filter_exclude"] {
            for (version, fields) in row.get(by).and_then(Value::as_map).into_iter().flat_map(Map::iter) {
                let fields = FieldSet::from_value(fields).map_err(|error| error.to_string())?;
                ignored.insert(version.clone(), fields);
            }
        }
        Ok(Self { table, live: Value::Null, version: String::new(), managers: Managers::new(), ignored })
    }

    fn run(&mut self, op: &Value) -> Result<(), String> {
        let text = |field| op.text_at(&[field]).unwrap_or_default();
        if text("op") == "ChangeParser" {
            self.table.schemas = schemas(text("schema_yaml"));
            return self.valid(&self.live, &self.version, Lenience::default());
        }
        let version = text("version");
        if self.live.is_null() && self.version.is_empty() {
            self.version = version.to_owned();
        }
        let object = document(op, "object");
        let lenience = Lenience::default();
        let lenience = if text("op") == "Update" { lenience.with_repeated() } else { lenience };
        self.valid(&object, version, lenience)?;
        let by = Writer { manager: text("manager"), version, force: text("op") != "Apply" };
        let updated = self.updated(text("op"), &object, by);
        match (updated, op.get("conflicts")) {
            (Ok(updated), None) => {
                if updated.changed || self.version != version {
                    self.live = updated.value;
                }
                self.version = version.to_owned();
                self.managers = updated.managers;
                Ok(())
            }
            (Err(UpdateError::Conflicts(found)), Some(expected)) => conflicts(&found, expected),
            (Ok(_), Some(_)) => Err("no conflict".into()),
            (Err(error), _) => Err(error.to_string()),
        }
    }

    fn updated(&self, op: &str, object: &Value, by: Writer<'_>) -> Result<Updated, UpdateError> {
        let limits = limits();
        let updater = Updater::new(&self.table, &limits);
        let updater = if self.ignored.is_empty() { updater } else { updater.with_ignored(&self.ignored) };
        let live = Live { value: &self.live, version: &self.version, managers: &self.managers };
        match op {
            "Update" => updater.update(live, object, by),
            "ExtractApply" if !self.live.is_null() => {
                let schema = self.table.schema(by.version)?;
                let current = self.table.convert(&self.live, &self.version, by.version)?;
                let fields = self.managers.get(by.manager).map(|managed| managed.fields.leaves());
                let ours = extract(schema, &current, &fields.unwrap_or_default(), &limits)?;
                updater.apply(live, &merge(schema, &ours, object, &limits)?, by)
            }
            _ => updater.apply(live, object, by),
        }
    }

    fn valid(&self, value: &Value, version: &str, lenience: Lenience) -> Result<(), String> {
        let schema = self.table.schema(version).map_err(|error| error.to_string())?;
        validate(schema, value, lenience, &limits()).map_err(|error| error.to_string())
    }

    fn check(&self, after: &Value) -> Result<(), String> {
        same("live", &self.live, after.get("live").unwrap_or(&Value::Null))?;
        self.check_managers(after, true)
    }

    fn check_end(&self, row: &Value) -> Result<(), String> {
        if row.get("object_yaml").is_some() {
            let version = row.text_at(&["object_version"]).unwrap_or_default();
            let live = self.table.convert(&self.live, &self.version, version);
            let expected = read(row.text_at(&["object_yaml"]).unwrap_or_default());
            same("object", &live.map_err(|error| error.to_string())?, &expected)?;
        }
        if row.get("managed").is_some() { self.check_managers(row, false) } else { Ok(()) }
    }

    fn check_managers(&self, row: &Value, exactly: bool) -> Result<(), String> {
        let expected = row.get("managed").and_then(Value::as_map).cloned().unwrap_or_default();
        let names = |names: Vec<&Text>| names.iter().map(ToString::to_string).collect::<Vec<_>>().join(" ");
        let found = names(self.managers.keys().collect());
        let wanted = names(expected.iter().map(|(name, _)| name).collect());
        if found != wanted {
            return Err(format!("managers: {found} is not {wanted}"));
        }
        for ((name, managed), (_, expected)) in self.managers.iter().zip(expected.iter()) {
            same_set(name, &managed.fields, &set(expected, "set")?)?;
            same(name, &managed.version.clone().into(), expected.get("apiVersion").unwrap_or(&Value::Null))?;
            if exactly {
                same(name, &managed.applied.into(), expected.get("applied").unwrap_or(&Value::Null))?;
            }
        }
        Ok(())
    }
}

fn conflicts(found: &[Conflict], expected: &Value) -> Result<(), String> {
    let mut found: Vec<String> =
        found.iter().map(|conflict| format!("{} {}", conflict.manager, ServerPath(&conflict.path))).collect();
    let text = |one: &Value, field| one.text_at(&[field]).unwrap_or_default().to_owned();
    let expected = expected.as_list().unwrap_or_default();
    let mut expected: Vec<String> =
        expected.iter().map(|one| format!("{} {}", text(one, "manager"), text(one, "path"))).collect();
    found.sort();
    expected.sort();
    if found == expected { Ok(()) } else { Err(format!("conflicts: {found:?} is not {expected:?}")) }
}
