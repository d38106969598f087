//! Variables: what they stand for, and putting it in.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use windlass_core::{Error, ErrorKind, Result, Text, Value};

use super::{Build, Collected};
use crate::filter::refvar::Vars;
use crate::filter::{fieldspec, path};
use crate::kustomization::Var;
use crate::node::{Node, Rules, Tag, to_value};
use crate::resmap::ResMap;
use crate::resource::Resource;

/// Variables by name.
#[derive(Default)]
pub(super) struct VarSet(BTreeMap<Text, Var>);

impl VarSet {
    fn add(&mut self, var: Var) -> Result<()> {
        match self.0.insert(var.name.clone(), var) {
            None => Ok(()),
            Some(var) => {
                Err(Error::new(ErrorKind::Conflict, "the variable was defined before").with("var", var.name))
            }
        }
    }

    pub(super) fn merge_all(&mut self, other: VarSet) -> Result<()> {
        other.0.into_values().try_for_each(|var| self.add(var))
    }
}

impl Build<'_> {
    /// Notes which object each variable takes its value from.
    pub(super) fn merge_vars(&self, vars: &[Var], collected: &mut Collected) -> Result<()> {
        for var in vars {
            let id = &var.object;
            let exact = !id.namespace.is_empty() || id.gvk.is_cluster_scoped(&self.cluster);
            let found = matching(&mut collected.map, var, exact);
            match found[..] {
                [] => {}
                [at] => collected.map.list[at].vars.push(var.name.clone()),
                _ => {
                    let error = Error::new(ErrorKind::Conflict, "several objects could give the value");
                    return Err(error.with("var", &var.name).with("objref", id));
                }
            }
            collected.vars.add(var.clone())?;
        }
        Ok(())
    }

    /// Puts the values of the variables in.
    pub(super) fn resolve_vars(&mut self, collected: &mut Collected) -> Result<()> {
        if collected.vars.0.is_empty() {
            return Ok(());
        }
        let mut sources: HashMap<&Text, &Resource> = HashMap::new();
        for resource in &collected.map.list {
            for name in &resource.vars {
                sources.entry(name).or_insert(resource);
            }
        }
        let mut values = BTreeMap::new();
        let mut problems = Vec::new();
        for var in collected.vars.0.values() {
            match value_of(sources.get(&var.name).copied(), var) {
                Ok(value) => {
                    values.insert(var.name.clone(), value);
                }
                Err(error) => problems.push(error.with("var", &var.name).with("objref", &var.object)),
            }
        }
        if let Some(error) = Error::all(problems) {
            return Err(error);
        }
        let mut vars = Vars { values, used: BTreeSet::new() };
        let config = collected.config();
        for resource in &mut collected.map.list {
            let gvk = resource.gvk();
            for spec in config.var_reference.iter() {
                resource.even_out();
                let id = || super::file_of(&resource.origin);
                let expanded =
                    fieldspec::apply(spec, &gvk, &mut resource.node, None, &mut |node| vars.expand(node));
                expanded.map_err(|error| error.with_each("path", id()))?;
            }
        }
        let unused: Vec<&str> =
            vars.values.keys().filter(|name| !vars.used.contains(*name)).map(Text::as_str).collect();
        if !unused.is_empty() {
            self.warnings.push(format!("well-defined vars that were never replaced: {}", unused.join(",")));
        }
        collected.map.forget();
        Ok(())
    }
}

fn matching(map: &mut ResMap, var: &Var, exact: bool) -> Vec<usize> {
    if exact {
        return map.with_id(&var.object).to_vec();
    }
    let wanted = &var.object;
    let mut places = map.named(&wanted.name).to_vec();
    places.retain(|at| map.list[*at].all_ids().any(|id| id.name == wanted.name && id.gvk == wanted.gvk));
    places
}

fn value_of(source: Option<&Resource>, var: &Var) -> Result<Value> {
    let missing = |message| Error::new(ErrorKind::NotFound, message);
    let source = source.ok_or_else(|| missing("no object gives the value of the variable"))?;
    let field = || missing("the object of the variable has no such field").with("fieldPath", &var.path);
    let node = path::lookup(&source.node, &steps(&var.path)).map_err(|_| field())?.ok_or_else(field)?;
    match node {
        Node::Scalar(scalar) if matches!(scalar.tag, Tag::Int | Tag::Float | Tag::Bool) => {
            to_value(node, Rules::V3)
        }
        Node::Scalar(scalar) => Ok(Value::Text(scalar.text.clone())),
        node => to_value(node, Rules::V3),
    }
}

/// Cuts a path; an index may stand behind a name.
fn steps(path: &str) -> Vec<String> {
    let mut out = Vec::new();
    for step in path::split(path) {
        let indexed = step.strip_suffix(']').and_then(|step| step.rsplit_once('['));
        match indexed.filter(|(_, at)| !at.is_empty() && at.bytes().all(|digit| digit.is_ascii_digit())) {
            Some((name, at)) => {
                out.extend(Some(name.to_owned()).filter(|name| !name.is_empty()));
                out.push(at.to_owned());
            }
            None => out.push(step),
        }
    }
    out
}
