//! Applies and updates, and what they do to managers.

mod prune;

use std::collections::BTreeMap;

use windlass_core::{Limits, Text, Value};

use super::order::same;
use super::{
    Comparison, Conflict, FieldSet, Managed, Managers, UpdateError, VersionError, Versions, compare, merge,
    owned, reconcile,
};

/// An object as it is.
#[derive(Debug, Clone, Copy)]
pub struct Live<'a> {
    /// Its value; null where there is none yet. Without what is no field, such as `metadata.managedFields`.
    pub value: &'a Value,
    /// The version of the value.
    pub version: &'a str,
    /// Who owns what.
    pub managers: &'a Managers,
}

/// Who writes, and how.
#[derive(Debug, Clone, Copy)]
pub struct Writer<'a> {
    /// The name that tells the manager from others.
    pub manager: &'a str,
    /// The version that it writes.
    pub version: &'a str,
    /// Takes fields from other managers instead of running into a conflict; an update always does.
    pub force: bool,
}

/// An object as it will be.
#[derive(Debug, Clone, PartialEq)]
pub struct Updated {
    /// The value, at the version of the writer.
    pub value: Value,
    /// Who owns what.
    pub managers: Managers,
    /// The value is another than before; whether managers are is not said here.
    pub changed: bool,
}

/// Puts objects together as an API server does it, and keeps track of who owns what.
#[derive(Clone, Copy)]
pub struct Updater<'u> {
    versions: &'u dyn Versions,
    limits: &'u Limits,
    ignored: Option<&'u BTreeMap<Text, FieldSet>>,
}

impl std::fmt::Debug for Updater<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Updater").field("ignored", &self.ignored).finish_non_exhaustive()
    }
}

impl<'u> Updater<'u> {
    /// Makes one for a kind.
    #[must_use]
    pub const fn new(versions: &'u dyn Versions, limits: &'u Limits) -> Self {
        Self { versions, limits, ignored: None }
    }

    /// Sets fields, by version, that nobody ever owns, with all below them: such as `status` where it is a subresource.
    #[must_use]
    pub const fn with_ignored(mut self, fields: &'u BTreeMap<Text, FieldSet>) -> Self {
        self.ignored = Some(fields);
        self
    }

    /// Applies an object: merges it into what is live, and takes out what its manager applied before, does not apply now,
    /// and nobody else owns.
    ///
    /// # Errors
    /// [`UpdateError::Conflicts`] where the apply is not forced and would change fields of others;
    /// [`UpdateError::Value`] for a value that does not fit its schema; [`UpdateError::Version`] for a version that cannot
    /// be had.
    pub fn apply(&self, live: Live<'_>, applied: &Value, by: Writer<'_>) -> Result<Updated, UpdateError> {
        let (live, mut managers) = self.begin(live, by.version)?;
        let schema = self.versions.schema(by.version)?;
        let merged = merge(schema, &live, applied, self.limits)?;
        let fields = self.not_ignored(by.version, owned(schema, applied, self.limits)?);
        let ours = Managed { version: by.version.into(), applied: true, fields };
        let before = managers.insert(by.manager.into(), ours);
        let value = match before {
            Some(before) => self.prune(merged, &before, &managers, by)?,
            None => merged,
        };
        self.settle(&live, &value, &mut managers, by)?;
        let changed = !same(&live, &value);
        Ok(Updated { value, managers, changed })
    }

    /// Replaces an object: its manager owns what it changed, besides what it owned before.
    ///
    /// # Errors
    /// [`UpdateError::Value`] for a value that does not fit its schema; [`UpdateError::Version`] for a version that cannot
    /// be had.
    pub fn update(&self, live: Live<'_>, value: &Value, by: Writer<'_>) -> Result<Updated, UpdateError> {
        let (live, mut managers) = self.begin(live, by.version)?;
        let by = Writer { force: true, ..by };
        let found = self.settle(&live, value, &mut managers, by)?;
        let before = managers.remove(by.manager).map(|managed| managed.fields).unwrap_or_default();
        let fields = before.difference(&found.removed).union(&found.modified).union(&found.added);
        let fields = self.not_ignored(by.version, fields);
        if !fields.is_empty() {
            managers
                .insert(by.manager.into(), Managed { version: by.version.into(), applied: false, fields });
        }
        Ok(Updated { value: value.clone(), managers, changed: !same(&live, value) })
    }

    /// Gives the live value at the version of the writer, and the managers by the schemas of today. Those of a version that
    /// is gone are forgotten.
    fn begin(&self, live: Live<'_>, version: &str) -> Result<(Value, Managers), UpdateError> {
        let mut managers = Managers::new();
        for (name, managed) in live.managers {
            let Some(schema) = known(self.versions.schema(&managed.version))? else { continue };
            let fields = reconcile(schema, &managed.fields).unwrap_or_else(|| managed.fields.clone());
            managers.insert(name.clone(), Managed { fields, ..managed.clone() });
        }
        Ok((self.convert(live.value, live.version, version)?, managers))
    }

    /// Takes from all other managers what a write removes and what it changes.
    fn settle(
        &self,
        live: &Value,
        value: &Value,
        managers: &mut Managers,
        by: Writer<'_>,
    ) -> Result<Comparison, UpdateError> {
        let mut found: BTreeMap<Text, Option<Comparison>> = BTreeMap::new();
        let ours = self.compared(live, value, by.version, by.version)?;
        found.insert(by.version.into(), Some(ours.clone()));
        for (_, managed) in managers.iter().filter(|(name, _)| *name != by.manager) {
            if !found.contains_key(&managed.version) {
                let compared = known(self.compared(live, value, by.version, &managed.version))?;
                found.insert(managed.version.clone(), compared);
            }
        }
        let differs = |managed: &Managed| found.get(&managed.version).and_then(Option::as_ref);
        if !by.force {
            check(managers, by.manager, differs)?;
        }
        managers.retain(|name, managed| {
            if name == by.manager {
                return !managed.fields.is_empty();
            }
            let Some(found) = differs(managed) else { return false };
            let gone = found.modified.union(&found.added).union(&found.removed);
            managed.fields = managed.fields.difference(&gone);
            !managed.fields.is_empty()
        });
        Ok(ours)
    }

    /// Compares two values of a version as another version has them.
    fn compared(&self, live: &Value, value: &Value, from: &str, to: &str) -> Result<Comparison, UpdateError> {
        let (live, value) = (self.convert(live, from, to)?, self.convert(value, from, to)?);
        let found = compare(self.versions.schema(to)?, &live, &value, self.limits)?;
        Ok(match self.ignored_at(to) {
            Some(ignored) => found.without(ignored),
            None => found,
        })
    }

    fn convert(&self, value: &Value, from: &str, to: &str) -> Result<Value, VersionError> {
        if from == to {
            // Also of a version that is gone nothing can be written.
            self.versions.schema(to)?;
            return Ok(value.clone());
        }
        self.versions.convert(value, from, to)
    }

    fn ignored_at(&self, version: &str) -> Option<&'u FieldSet> {
        self.ignored.and_then(|ignored| ignored.get(version))
    }

    fn not_ignored(&self, version: &str, fields: FieldSet) -> FieldSet {
        match self.ignored_at(version) {
            Some(ignored) => fields.without(ignored),
            None => fields,
        }
    }
}

/// Fails where other managers own what differs.
fn check<'f>(
    managers: &Managers,
    writer: &str,
    differs: impl Fn(&Managed) -> Option<&'f Comparison>,
) -> Result<(), UpdateError> {
    let mut conflicts = Vec::new();
    for (name, managed) in managers.iter().filter(|(name, _)| *name != writer) {
        let Some(found) = differs(managed) else { continue };
        let fields = managed.fields.intersection(&found.modified.union(&found.added));
        conflicts.extend(fields.paths().into_iter().map(|path| Conflict { manager: name.clone(), path }));
    }
    if conflicts.is_empty() { Ok(()) } else { Err(UpdateError::Conflicts(conflicts)) }
}

/// Gives `None` for a version that is gone.
fn known<T, E: Into<UpdateError>>(result: Result<T, E>) -> Result<Option<T>, UpdateError> {
    match result.map_err(Into::into) {
        Ok(found) => Ok(Some(found)),
        Err(UpdateError::Version(VersionError::Unknown { .. })) => Ok(None),
        Err(other) => Err(other),
    }
}
