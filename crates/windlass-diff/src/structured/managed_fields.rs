//! `metadata.managedFields`, as objects carry it.

use thiserror::Error;
use windlass_core::{Map, Text, Value};

use super::{FieldSet, FieldsError, Managed, Managers};

/// How a manager came to own its fields.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Operation {
    /// By a server-side apply: fields that it does not apply any more go.
    Apply,
    /// By anything else.
    Update,
}

/// One entry of `metadata.managedFields`.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct Entry {
    /// The name of the manager.
    pub manager: Text,
    /// How it wrote.
    pub operation: Operation,
    /// The version that it wrote, such as `apps/v1`.
    pub version: Text,
    /// The subresource that it wrote; empty for the object itself.
    pub subresource: Text,
    /// When it last wrote, as the object has it.
    pub time: Option<Text>,
    /// What it owns.
    pub fields: FieldSet,
}

/// Why an entry does not read.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum EntryError {
    /// The operation is neither `Apply` nor `Update`.
    #[error("no operation (field=metadata.managedFields[{at}].operation)")]
    Operation {
        /// Which entry, from 0.
        at: usize,
    },
    /// The fields do not read.
    #[error("{source} (field=metadata.managedFields[{at}].fieldsV1)")]
    Fields {
        /// Which entry, from 0.
        at: usize,
        /// Why.
        source: FieldsError,
    },
}

impl Entry {
    /// Reads all entries of an object, in their order; none for an object without any.
    ///
    /// ```
    /// use windlass_diff::structured::Entry;
    /// let object = serde_json::from_str(r#"{"metadata": {"managedFields": [
    ///     {"manager": "kubectl", "operation": "Update", "apiVersion": "v1", "fieldsV1": {"f:data": {"f:a": {}}}}]}}"#)?;
    /// let entries = Entry::all_of(&object)?;
    /// assert_eq!(entries[0].fields.paths()[0].to_string(), "data.a");
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    /// [`EntryError`] for the first entry that does not read.
    pub fn all_of(object: &Value) -> Result<Vec<Self>, EntryError> {
        let entries = object.at(&["metadata", "managedFields"]).and_then(Value::as_list).unwrap_or_default();
        entries.iter().enumerate().map(|(at, entry)| Self::read(at, entry)).collect()
    }

    fn read(at: usize, entry: &Value) -> Result<Self, EntryError> {
        let text = |field| Text::from(entry.text_at(&[field]).unwrap_or_default());
        let operation = match entry.text_at(&["operation"]) {
            Some("Apply") => Operation::Apply,
            Some("Update") => Operation::Update,
            _ => return Err(EntryError::Operation { at }),
        };
        let fields = entry.get("fieldsV1").map_or_else(|| Ok(FieldSet::new()), FieldSet::from_value);
        Ok(Self {
            manager: text("manager"),
            operation,
            version: text("apiVersion"),
            subresource: text("subresource"),
            time: entry.text_at(&["time"]).map(Text::from),
            fields: fields.map_err(|source| EntryError::Fields { at, source })?,
        })
    }

    /// Writes the entry as objects carry it.
    #[must_use]
    pub fn to_value(&self) -> Value {
        let mut entry = Map::new();
        let operation = if self.operation == Operation::Apply { "Apply" } else { "Update" };
        let texts = [
            ("manager", &self.manager),
            ("apiVersion", &self.version),
            ("subresource", &self.subresource),
            ("time", self.time.as_ref().unwrap_or(&Text::default())),
        ]
        .map(|(field, text)| (field, text.clone()));
        for (field, text) in texts.into_iter().filter(|(_, text)| !text.is_empty()) {
            entry.insert(field, text);
        }
        entry.insert("operation", operation);
        entry.insert("fieldsType", "FieldsV1");
        entry.insert("fieldsV1", self.fields.to_value());
        entry.into()
    }

    /// Gives the name that tells managers apart: an API server keeps the applies of one name together whatever their
    /// version, and its updates by version.
    #[must_use]
    pub fn identity(&self) -> Text {
        let mut parts = vec![self.manager.as_str()];
        let operation = if self.operation == Operation::Apply { "Apply" } else { "Update" };
        parts.push(operation);
        parts.extend((self.operation == Operation::Update).then_some(self.version.as_str()));
        parts.extend((!self.subresource.is_empty()).then_some(self.subresource.as_str()));
        parts.join(" ").into()
    }
}

/// Gives who owns what by the entries of an object, for an [`Updater`](super::Updater), by [`Entry::identity`].
#[must_use]
pub fn managers(entries: &[Entry]) -> Managers {
    let mut managers = Managers::new();
    for entry in entries {
        let managed = Managed {
            version: entry.version.clone(),
            applied: entry.operation == Operation::Apply,
            fields: entry.fields.clone(),
        };
        // An object should have no two entries of one manager.
        let known = managers.entry(entry.identity());
        known.and_modify(|known| known.fields = known.fields.union(&entry.fields)).or_insert(managed);
    }
    managers
}

/// Plans a managed-fields migration: what the managers of `from` own by updates becomes what `to` applied, so that the next
/// apply by `to` takes out what it does not name. Gives the entries as they should be, or `None` where nothing changes.
///
/// Entries of subresources stay, and so do those of another version than the entry they would join: their fields may have
/// other names. `to` may be among `from`. The rest follows [`csaupgrade`] of client-go.
///
/// ```
/// use windlass_diff::structured::{Entry, Operation, migration};
/// let object = serde_json::from_str(r#"{"metadata": {"managedFields": [
///     {"manager": "kubectl-client-side-apply", "operation": "Update", "apiVersion": "v1", "fieldsV1": {"f:data": {"f:a": {}}}},
///     {"manager": "windlass", "operation": "Apply", "apiVersion": "v1", "fieldsV1": {"f:data": {"f:b": {}}}}]}}"#)?;
/// let after = migration(&Entry::all_of(&object)?, &["kubectl-client-side-apply"], "windlass").unwrap();
/// assert_eq!(after.len(), 1);
/// assert_eq!(after[0].operation, Operation::Apply);
/// assert_eq!(after[0].fields.to_string(), r#"{"f:data":{"f:a":{},"f:b":{}}}"#);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// [`csaupgrade`]: https://pkg.go.dev/k8s.io/client-go/util/csaupgrade
#[must_use]
pub fn migration(entries: &[Entry], from: &[&str], to: &str) -> Option<Vec<Entry>> {
    let own = |entry: &Entry| entry.subresource.is_empty();
    let taken = |entry: &Entry| {
        own(entry) && entry.operation == Operation::Update && from.contains(&entry.manager.as_str())
    };
    let applied = |entry: &Entry| own(entry) && entry.operation == Operation::Apply && entry.manager == to;
    let place = entries.iter().position(applied).or_else(|| entries.iter().position(taken))?;
    let version = &entries[place].version;
    let joins = |at: usize, entry: &Entry| at == place || taken(entry) && entry.version == *version;
    let all = || entries.iter().enumerate();
    let joining: Vec<&Entry> =
        all().filter(|(at, entry)| joins(*at, entry)).map(|(_, entry)| entry).collect();
    if joining.iter().all(|entry| applied(entry)) {
        return None;
    }
    let fields = joining.iter().fold(FieldSet::new(), |fields, entry| fields.union(&entry.fields));
    let joined = Entry { manager: to.into(), operation: Operation::Apply, fields, ..entries[place].clone() };
    let after = all().filter_map(|(at, entry)| match at == place {
        true => Some(joined.clone()),
        false => (!joins(at, entry)).then(|| entry.clone()),
    });
    Some(after.collect())
}

/// Writes a migration as a JSON patch that fails where the object has changed since it was read.
///
/// `version` is the `resourceVersion` that was read.
#[must_use]
pub fn migration_patch(entries: &[Entry], version: &str) -> Value {
    let replace = |path: &str, value: Value| {
        Value::from_iter([("op", Value::from("replace")), ("path", path.into()), ("value", value)])
    };
    let entries = entries.iter().map(Entry::to_value).collect();
    Value::List(vec![
        replace("/metadata/managedFields", entries),
        replace("/metadata/resourceVersion", version.into()),
    ])
}
