//! What an apply takes out.

use std::collections::BTreeMap;

use windlass_core::{Text, Value};

use super::{Updater, Writer, known};
use crate::structured::{FieldSet, Managed, Managers, UpdateError, owned, remove};

/// A merged value before and after something was taken out, both at one version.
struct Sides {
    merged: Value,
    pruned: Value,
    version: Text,
}

impl Updater<'_> {
    /// Takes out of a merged value what its manager applied before, does not apply now, and nobody else owns.
    pub(super) fn prune(
        &self,
        merged: Value,
        before: &Managed,
        managers: &Managers,
        by: Writer<'_>,
    ) -> Result<Value, UpdateError> {
        if before.fields.is_empty() {
            return Ok(merged);
        }
        let Some(at_before) = known(self.convert(&merged, by.version, &before.version))? else {
            return Ok(merged);
        };
        let schema = self.versions.schema(&before.version)?;
        let last = before.fields.with_named(schema);
        let pruned = remove(schema, &at_before, &last, self.limits)?;
        let sides = Sides { merged: at_before.clone(), pruned, version: before.version.clone() };
        let owned_back = self.with_owned(sides, managers)?;
        let value = self.with_dangling(at_before, owned_back, &last, &before.version)?;
        Ok(self.convert(&value, &before.version, by.version)?)
    }

    /// Puts back what any manager owns, version by version; the version of the value comes first, so that no conversion
    /// lacks a field that it needs.
    fn with_owned(&self, mut sides: Sides, managers: &Managers) -> Result<Sides, UpdateError> {
        let mut fields: BTreeMap<&Text, FieldSet> = BTreeMap::new();
        for managed in managers.values() {
            let all = fields.entry(&managed.version).or_default();
            *all = all.union(&managed.fields);
        }
        let first = sides.version.clone();
        if let Some(owned) = fields.remove(&first) {
            sides = self.with_owned_at(sides, &first, &owned)?;
        }
        for (version, owned) in fields {
            sides = self.with_owned_at(sides, version, &owned)?;
        }
        Ok(sides)
    }

    fn with_owned_at(&self, sides: Sides, version: &Text, fields: &FieldSet) -> Result<Sides, UpdateError> {
        let Some(merged) = known(self.convert(&sides.merged, &sides.version, version))? else {
            return Ok(sides);
        };
        let pruned = self.convert(&sides.pruned, &sides.version, version)?;
        let schema = self.versions.schema(version)?;
        let named =
            |value: &Value| Ok::<_, UpdateError>(owned(schema, value, self.limits)?.with_named(schema));
        let kept = named(&pruned)?.union(&fields.with_named(schema));
        let pruned = remove(schema, &merged, &named(&merged)?.difference(&kept), self.limits)?;
        Ok(Sides { merged, pruned, version: version.clone() })
    }

    /// Puts back what the manager had not applied before: it was nobody's to take out.
    fn with_dangling(
        &self,
        merged: Value,
        sides: Sides,
        last: &FieldSet,
        version: &Text,
    ) -> Result<Value, UpdateError> {
        let Some(pruned) = known(self.convert(&sides.pruned, &sides.version, version))? else {
            return Ok(merged);
        };
        let schema = self.versions.schema(version)?;
        let named =
            |value: &Value| Ok::<_, UpdateError>(owned(schema, value, self.limits)?.with_named(schema));
        let gone = named(&merged)?.difference(&named(&pruned)?).intersection(last);
        Ok(remove(schema, &merged, &gone, self.limits)?)
    }
}
