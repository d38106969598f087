//! Which charts of a chart take part, under which names, and what they hand up: conditions, tags, aliases, import-values.

use std::rc::Rc;
use std::sync::Arc;

use super::coalesce::{Defaults, Rules, TypeMismatch, deep_copy};
use crate::chart::{ChartData, Dependency, Metadata};
use crate::template::{HelmVersion, Map, Value};
use windlass_semver::{Constraint, Version};

/// Names in a path of import-values.
const PATH_NAMES_MAX: usize = 64;

/// A chart that takes part in a render, with what has been decided of it.
#[derive(Clone)]
pub(crate) struct Node {
    pub(crate) chart: Arc<ChartData>,
    /// That of the chart, under the name that it has here, with the dependencies that take part.
    pub(crate) metadata: Rc<Metadata>,
    /// Where its templates are, by the names of charts: `web/charts/db`.
    pub(crate) path: String,
    /// The default values.
    values: Map,
    pub(crate) inner: Vec<Node>,
}

impl Defaults for Node {
    fn name(&self) -> &str {
        &self.metadata.name
    }

    fn copy(&self) -> Map {
        deep_copy(&self.values)
    }

    fn inner(&self) -> &[Self] {
        &self.inner
    }
}

/// Why the dependencies cannot be worked out.
#[derive(Debug)]
pub(crate) enum Failure {
    Mismatch(TypeMismatch),
    Chart(windlass_core::Error),
}

impl From<TypeMismatch> for Failure {
    fn from(mismatch: TypeMismatch) -> Self {
        Self::Mismatch(mismatch)
    }
}

impl Node {
    /// Makes the tree of a chart, nothing decided yet.
    pub(crate) fn new(chart: &Arc<ChartData>, version: HelmVersion) -> windlass_core::Result<Self> {
        let defaults = windlass_core::Value::Map(chart.defaults(version == HelmVersion::V4)?);
        let values = match Value::of_file(&defaults) {
            Value::Map(map) => map,
            _ => Map::new(),
        };
        let inner =
            chart.dependencies.iter().map(|inner| Self::new(inner, version)).collect::<Result<_, _>>()?;
        Ok(Self {
            chart: Arc::clone(chart),
            metadata: Rc::new(chart.metadata.clone()),
            path: String::new(),
            values,
            inner,
        })
    }

    /// Decides which charts take part for these values of a user, and imports what they export.
    pub(crate) fn decide(&mut self, values: &Map, version: HelmVersion) -> Result<(), Failure> {
        let rules = Rules { version, merge: false };
        self.enable(values, "", rules)?;
        self.import(Rules { merge: true, ..rules })?;
        let name = self.metadata.name.clone();
        self.place(name.clone(), &name, true, version);
        Ok(())
    }

    /// Tells where templates are. In Helm 3 a chart with an alias keeps its own name for the charts inside it that
    /// Chart.yaml does not name; `own` is the path without any alias.
    fn place(&mut self, path: String, own: &str, is_root: bool, version: HelmVersion) {
        let keeps_own = version == HelmVersion::V3 && !is_root && self.chart.metadata.dependencies.is_none();
        for node in &mut self.inner {
            let below = if keeps_own { own } else { &path };
            let path = format!("{below}/charts/{}", node.metadata.name);
            let own = format!("{own}/charts/{}", node.chart.metadata.name);
            node.place(path, &own, false, version);
        }
        self.path = path;
    }

    /// Removes the charts that conditions and tags turn off, and gives the others the names that they have here.
    fn enable(&mut self, values: &Map, path: &str, rules: Rules) -> Result<(), TypeMismatch> {
        if self.metadata.dependencies.is_none() {
            return Ok(());
        }
        self.name_inner();
        let coalesced = self.values_for_conditions(values, rules)?;
        let metadata = Rc::make_mut(&mut self.metadata);
        let needs = metadata.dependencies.get_or_insert_default();
        for need in needs.iter_mut().flatten() {
            need.enabled = by_condition(need, &coalesced, path).unwrap_or_else(|| by_tags(need, &coalesced));
        }
        let off: Vec<String> =
            needs.iter().flatten().filter(|need| !need.enabled).map(|need| need.name.clone()).collect();
        needs.retain(|need| need.as_ref().is_some_and(|need| need.enabled && !off.contains(&need.name)));
        if needs.is_empty() {
            metadata.dependencies = None;
        }
        self.inner.retain(|node| !off.contains(&node.metadata.name));
        let mut done: Vec<Arc<ChartData>> = Vec::new();
        for node in &mut self.inner {
            if rules.version == HelmVersion::V3 && done.iter().any(|chart| Arc::ptr_eq(chart, &node.chart)) {
                node.is_used_again();
            }
            done.push(Arc::clone(&node.chart));
            let path = format!("{path}{}.", node.metadata.name);
            node.enable(&coalesced, &path, rules)?;
        }
        Ok(())
    }

    /// Gives the values that conditions and tags of this chart and of those inside it are looked up in. Where there are none,
    /// the costly copy of all values is left out.
    fn values_for_conditions(&self, values: &Map, rules: Rules) -> Result<Map, TypeMismatch> {
        // A value that is no map may be wrong, which coalescing decides.
        let is_table = |node: &Node| matches!(values.get(node.name()), None | Some(Value::Map(_)));
        if !self.has_conditions() && self.inner.iter().all(is_table) {
            return Ok(values.clone());
        }
        let coalesced = deep_copy(values);
        rules.coalesce(self, &coalesced)?;
        Ok(coalesced)
    }

    fn has_conditions(&self) -> bool {
        let needs = self.metadata.dependencies.iter().flatten().flatten();
        let asks =
            |need: &Dependency| !need.condition.is_empty() || need.tags.iter().any(|tags| !tags.is_empty());
        needs.into_iter().any(asks) || self.inner.iter().any(Self::has_conditions)
    }

    /// Helm 3 shares the dependencies of a chart among its aliases, and those of the first alias change them: the others find
    /// them under their aliases already, and nothing to import.
    fn is_used_again(&mut self) {
        let metadata = Rc::make_mut(&mut self.metadata);
        for need in metadata.dependencies.iter_mut().flatten().flatten() {
            if !need.alias.is_empty() {
                need.name.clone_from(&need.alias);
            }
            need.import_values = None;
        }
        self.inner.iter_mut().for_each(Self::is_used_again);
    }

    /// Puts the charts inside into the order in which Chart.yaml names them, under their aliases; those that it does not
    /// name come first.
    fn name_inner(&mut self) {
        let metadata = Rc::make_mut(&mut self.metadata);
        let needs = metadata.dependencies.get_or_insert_default();
        let is_named = |node: &Node| needs.iter().flatten().any(|need| node.serves(need));
        let mut inner: Vec<Node> = self.inner.iter().filter(|node| !is_named(node)).cloned().collect();
        for need in needs.iter_mut().flatten() {
            if let Some(node) = self.inner.iter().find(|node| node.serves(need)) {
                let mut node = node.clone();
                if !need.alias.is_empty() {
                    Rc::make_mut(&mut node.metadata).name.clone_from(&need.alias);
                }
                inner.push(node);
            }
            if !need.alias.is_empty() {
                need.name.clone_from(&need.alias);
            }
        }
        self.inner = inner;
    }

    fn serves(&self, need: &Dependency) -> bool {
        self.metadata.name == need.name && is_compatible(&need.version, &self.metadata.version)
    }

    /// Takes over what the charts inside export, the innermost first.
    fn import(&mut self, rules: Rules) -> Result<(), Failure> {
        for node in &mut self.inner {
            node.import(rules)?;
        }
        if self.metadata.dependencies.is_none() {
            return Ok(());
        }
        let merged = Map::new();
        rules.coalesce(self, &merged)?;
        let imported = Map::new();
        let metadata = Rc::make_mut(&mut self.metadata);
        for need in metadata.dependencies.iter_mut().flatten().flatten() {
            let paths: Vec<_> = need.import_values.iter().flatten().filter_map(import_paths).collect();
            need.import_values = (!paths.is_empty()).then(|| paths.iter().map(spelled_out).collect());
            for (child, parent) in paths {
                let Some(table) = table_at(&merged, &format!("{}.{child}", need.name)) else { continue };
                rules.tables(&imported, &nested(&parent, table)?);
            }
        }
        // What was imported may be part of what it is merged into.
        let merged = deep_copy(&merged);
        rules.tables(&merged, &imported);
        self.values = merged;
        Ok(())
    }
}

/// Says whether a version fulfils a constraint; what cannot be read does not.
pub(crate) fn is_compatible(constraint: &str, version: &str) -> bool {
    let Ok(version) = Version::parse(version) else { return false };
    Constraint::parse(constraint).is_ok_and(|constraint| constraint.allows(&version))
}

/// The first path of a condition that leads to a boolean decides.
fn by_condition(need: &Dependency, values: &Map, path: &str) -> Option<bool> {
    let paths = need.condition.trim().split(',').filter(|path| !path.is_empty());
    for condition in paths {
        let path = format!("{path}{condition}");
        let (table, key) = match path.rsplit_once('.') {
            Some((table, key)) => (table_at(values, table), key),
            None => (Some(values.clone()), path.as_str()),
        };
        if let Some(Value::Bool(truth)) = table.and_then(|table| table.get(key)) {
            return Some(truth);
        }
    }
    None
}

/// One tag that is true turns a chart on, else one that is false turns it off.
fn by_tags(need: &Dependency, values: &Map) -> bool {
    let Some(Value::Map(tags)) = values.get("tags") else { return true };
    let has = |truth: bool| {
        let names = need.tags.iter().flatten();
        names.into_iter().any(|tag| matches!(tags.get(tag), Some(Value::Bool(value)) if value == truth))
    };
    has(true) || !has(false)
}

/// Follows a path of names with dots to a table.
fn table_at(values: &Map, path: &str) -> Option<Map> {
    path.split('.').try_fold(values.clone(), |table, name| match table.get(name) {
        Some(Value::Map(inner)) => Some(inner),
        _ => None,
    })
}

/// Gives the paths in the child and in the parent: of a map, or of a name below `exports`.
fn import_paths(import: &windlass_core::Value) -> Option<(String, String)> {
    use windlass_core::Value as Core;
    match import {
        Core::Text(name) => Some((format!("exports.{name}"), ".".to_owned())),
        Core::Map(map) => {
            let path = |field: &str| match map.get(field) {
                Some(Core::Text(path)) => path.to_string(),
                Some(Core::Int(number)) => number.to_string(),
                Some(Core::Bool(truth)) => truth.to_string(),
                _ => "<nil>".to_owned(),
            };
            Some((path("child"), path("parent")))
        }
        _ => None,
    }
}

/// Both paths as a map: what templates see of an import.
fn spelled_out((child, parent): &(String, String)) -> windlass_core::Value {
    [("child", child.as_str().into()), ("parent", parent.as_str().into())].into_iter().collect()
}

/// Puts a table where a path says.
fn nested(path: &str, table: Map) -> Result<Map, Failure> {
    if path == "." {
        return Ok(table);
    }
    let names: Vec<&str> = path.split('.').collect();
    if names.len() > PATH_NAMES_MAX {
        let message = format!("a path of import-values has more than {PATH_NAMES_MAX} names");
        return Err(Failure::Chart(windlass_core::Error::new(windlass_core::ErrorKind::Limit, message)));
    }
    Ok(names.into_iter().rev().fold(table, |inner, name| [(name, Value::Map(inner))].into_iter().collect()))
}
