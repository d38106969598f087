//! The namespace of objects, and of what they refer to.

use windlass_core::{Error, ErrorKind, Result, Text};

use super::fieldspec::{self, Create};
use crate::config::FieldSpec;
use crate::id::Gvk;
use crate::node::{Map, Node, Scalar, Style, Tag, set_scalar, wrong_kind};

/// Which subjects of role bindings get the namespace.
#[derive(Clone, Copy, PartialEq, Eq, Default)]
pub(crate) enum Subjects {
    /// Those named `default`.
    #[default]
    Default,
    /// All service accounts.
    Accounts,
    None,
}

/// What is set, and where.
pub(crate) struct Namespace {
    pub(crate) name: Text,
    pub(crate) specs: Vec<FieldSpec>,
    /// Leave alone what has one.
    pub(crate) unset_only: bool,
    pub(crate) subjects: Subjects,
}

impl Namespace {
    pub(crate) fn apply(&self, object: &mut Node, gvk: &Gvk, cluster_scoped: bool) -> Result<()> {
        if !cluster_scoped {
            self.meta(object)?;
        }
        let binding = matches!(gvk.kind.as_str(), "RoleBinding" | "ClusterRoleBinding");
        if binding {
            self.subjects(object)?;
        }
        let api_version = object.get("apiVersion").map(Node::spelling).unwrap_or_default() == "v1";
        for spec in &self.specs {
            let path = spec.path.as_str();
            let of_binding = matches!(spec.gvk.kind.as_str(), "RoleBinding" | "ClusterRoleBinding");
            let skip = path == "metadata/namespace"
                || (!api_version && path == "metadata/name")
                || (binding && of_binding && path == "subjects/namespace");
            if !skip {
                let create = Some(Create::Scalar(Tag::Str));
                fieldspec::apply(spec, gvk, object, create, &mut |node| self.set(node)).map_err(targets)?;
            }
        }
        Ok(())
    }

    fn meta(&self, object: &mut Node) -> Result<()> {
        let Node::Map(root) = object else { return Ok(()) };
        let meta = root.entry("metadata", || Node::Map(Map::new()));
        if meta.is_null() {
            *meta = Node::Map(Map::new());
        }
        let Node::Map(meta) = meta else { return Ok(()) };
        let namespace = meta.entry("namespace", || Node::plain(""));
        if namespace.is_null() {
            *namespace = Node::Scalar(Scalar::new(namespace.spelling(), Tag::None, Style::Plain));
        }
        self.set(namespace)
    }

    fn subjects(&self, object: &mut Node) -> Result<()> {
        let (field, wanted) = match self.subjects {
            Subjects::None => return Ok(()),
            Subjects::Default => ("name", "default"),
            Subjects::Accounts => ("kind", "ServiceAccount"),
        };
        let Some(subjects) = object.as_map_mut().and_then(|map| map.get_mut("subjects")) else {
            return Ok(());
        };
        let subjects = match subjects {
            Node::List(subjects) => subjects,
            none if none.is_null() => return Ok(()),
            other => return Err(wrong_kind("list", other).with("field", "subjects")),
        };
        subjects.iter_mut().try_for_each(|subject| self.subject(subject, field, wanted))
    }

    fn subject(&self, subject: &mut Node, field: &'static str, wanted: &str) -> Result<()> {
        let subject = match subject {
            Node::Map(subject) => subject,
            none if none.is_null() => return Ok(()),
            other => return Err(wrong_kind("map", other).with("field", "subjects")),
        };
        match subject.get(field) {
            None => Ok(()),
            Some(none) if none.is_null() => Ok(()),
            Some(Node::Scalar(word)) if word.text != wanted => Ok(()),
            Some(Node::Scalar(_)) => self.set(subject.entry("namespace", || Node::plain(""))),
            Some(other) => Err(wrong_kind("scalar", other).with("field", "subjects")),
        }
    }

    fn set(&self, node: &mut Node) -> Result<()> {
        if self.unset_only && !node.word().is_empty() {
            return Ok(());
        }
        set_scalar(node, self.name.clone(), Tag::Str)
    }
}

fn targets(error: Error) -> Error {
    if error.kind() == ErrorKind::Invalid {
        return error.with_help("a field spec of a namespace must lead to a scalar");
    }
    error
}
