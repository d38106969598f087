//! Which fields the transformers touch: the built-in tables and the files of `configurations` and `crds`.

mod crds;
mod defaults;
mod read;

use std::sync::Arc;

use windlass_core::{Error, ErrorKind, Result, Text};

pub(crate) use crds::from_crds;
pub(crate) use defaults::built_in;
pub(crate) use read::{from_file, gvk, spec, specs};

use crate::id::Gvk;
use crate::order;

/// A field of some kinds.
#[derive(Clone)]
pub(crate) struct FieldSpec {
    pub(crate) gvk: Gvk,
    pub(crate) path: Text,
    pub(crate) create: bool,
    /// The path, cut at `/`.
    pub(crate) steps: Arc<[Step]>,
}

/// A step of a path.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct Step {
    pub(crate) name: Text,
    /// It was written with `[]`, so that what is there counts as a list.
    pub(crate) list: bool,
}

/// Kinds that are referred to by name, and from where.
#[derive(Clone)]
pub(crate) struct Referred {
    pub(crate) gvk: Gvk,
    pub(crate) from: Vec<FieldSpec>,
}

/// All that the transformers go by.
#[derive(Clone, Default)]
pub(crate) struct Config {
    pub(crate) name_prefix: Vec<FieldSpec>,
    pub(crate) name_suffix: Vec<FieldSpec>,
    pub(crate) namespace: Vec<FieldSpec>,
    pub(crate) common_labels: Vec<FieldSpec>,
    pub(crate) labels: Vec<FieldSpec>,
    pub(crate) template_labels: Vec<FieldSpec>,
    pub(crate) claim_labels: Vec<FieldSpec>,
    pub(crate) annotations: Vec<FieldSpec>,
    pub(crate) name_reference: Vec<Referred>,
    pub(crate) var_reference: Vec<FieldSpec>,
    pub(crate) images: Vec<FieldSpec>,
    pub(crate) replicas: Vec<FieldSpec>,
}

impl FieldSpec {
    pub(crate) fn new(gvk: Gvk, path: Text, create: bool) -> Self {
        let steps = steps(&path);
        Self { gvk, path, create, steps }
    }

    /// The one that takes every kind.
    pub(crate) fn any(path: &str, create: bool) -> Self {
        Self::new(Gvk::default(), path.into(), create)
    }

    fn covers(&self, other: &FieldSpec) -> bool {
        self.gvk.is_selected(&other.gvk) && self.path == other.path
    }
}

/// Cuts a path at `/`, but not at `\/`.
fn steps(path: &str) -> Arc<[Step]> {
    let names = split_path(path, '/');
    names
        .into_iter()
        .map(|name| {
            let shorter = name.strip_suffix("[]");
            Step { list: shorter.is_some(), name: shorter.unwrap_or(&name).into() }
        })
        .collect()
}

/// Cuts a path; a backslash before the delimiter keeps it.
pub(crate) fn split_path(path: &str, delimiter: char) -> Vec<String> {
    let mut parts = path.split(delimiter).peekable();
    if path.starts_with(delimiter) {
        parts.next();
    }
    let mut out: Vec<String> = Vec::new();
    for part in parts {
        match out.last_mut().filter(|last| last.ends_with('\\')) {
            Some(last) => {
                last.pop();
                last.push(delimiter);
                last.push_str(part);
            }
            None => out.push(part.to_owned()),
        }
    }
    out
}

/// Adds a field unless it is there.
pub(crate) fn add(specs: &mut Vec<FieldSpec>, spec: FieldSpec) -> Result<()> {
    match specs.iter().find(|have| have.covers(&spec)) {
        Some(have) if have.create != spec.create => Err(conflict(&spec)),
        Some(_) => Ok(()),
        None => {
            specs.push(spec);
            Ok(())
        }
    }
}

pub(crate) fn add_all<'s>(
    specs: &mut Vec<FieldSpec>,
    more: impl IntoIterator<Item = &'s FieldSpec>,
) -> Result<()> {
    more.into_iter().try_for_each(|spec| add(specs, spec.clone()))
}

fn conflict(spec: &FieldSpec) -> Error {
    Error::new(ErrorKind::Invalid, "conflicting fieldspecs").with("fieldspec_path", &spec.path)
}

impl Config {
    /// Adds all of another configuration.
    pub(crate) fn merge(&mut self, other: &Config) -> Result<()> {
        for (have, more) in self.lists().into_iter().zip(other.lists_of()) {
            add_all(have, more)?;
        }
        for referred in &other.name_reference {
            self.add_reference(referred)?;
        }
        self.sort();
        Ok(())
    }

    pub(crate) fn add_reference(&mut self, referred: &Referred) -> Result<()> {
        match self.name_reference.iter_mut().find(|have| have.gvk == referred.gvk) {
            Some(have) => add_all(&mut have.from, &referred.from),
            None => {
                self.name_reference.push(referred.clone());
                Ok(())
            }
        }
    }

    pub(crate) fn sort(&mut self) {
        for specs in self.lists() {
            specs.sort_by_cached_key(|spec| order::config_key(&spec.gvk));
        }
        self.name_reference.sort_by_cached_key(|referred| order::config_key(&referred.gvk));
    }

    fn lists(&mut self) -> [&mut Vec<FieldSpec>; 11] {
        [
            &mut self.name_prefix,
            &mut self.name_suffix,
            &mut self.namespace,
            &mut self.common_labels,
            &mut self.labels,
            &mut self.template_labels,
            &mut self.claim_labels,
            &mut self.annotations,
            &mut self.var_reference,
            &mut self.images,
            &mut self.replicas,
        ]
    }

    fn lists_of(&self) -> [&Vec<FieldSpec>; 11] {
        [
            &self.name_prefix,
            &self.name_suffix,
            &self.namespace,
            &self.common_labels,
            &self.labels,
            &self.template_labels,
            &self.claim_labels,
            &self.annotations,
            &self.var_reference,
            &self.images,
            &self.replicas,
        ]
    }
}
