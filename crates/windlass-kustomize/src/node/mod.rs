//! What YAML is while it is changed: texts keep their spelling, tag and quotes until the end.
//!
//! kustomize works on the nodes of a YAML library and decides what a text is only when it prints: a value that is copied
//! into a field in quotes becomes text, the same value in a field without becomes a number. So do these nodes.

mod field;
mod map;
mod scalar;
mod value;

pub(crate) use field::{NO_TEXT, add_field, guard, replace, set_field, set_scalar};
pub(crate) use map::Map;
pub(crate) use scalar::{Resolved, Rules, Scalar, Style, Tag, resolve};
pub(crate) use value::{check_unique, decoded, from_value, to_value};

use windlass_core::{Error, ErrorKind, Text};

/// Lists and maps inside one another.
pub(crate) const DEPTH_MAX: usize = 200;

/// A part of a document.
#[derive(Clone)]
pub(crate) enum Node {
    Scalar(Scalar),
    List(Vec<Node>),
    Map(Map),
}

impl Node {
    /// Makes a text that is text whatever it looks like.
    pub(crate) fn text(text: impl Into<Text>) -> Self {
        Self::Scalar(Scalar::new(text, Tag::Str, Style::Plain))
    }

    /// Makes a value that is what it looks like.
    pub(crate) fn plain(text: impl Into<Text>) -> Self {
        Self::Scalar(Scalar::new(text, Tag::None, Style::Plain))
    }

    pub(crate) fn null() -> Self {
        Self::Scalar(Scalar::new("null", Tag::Null, Style::Plain))
    }

    pub(crate) fn is_null(&self) -> bool {
        matches!(self, Self::Scalar(scalar) if scalar.tag == Tag::Null)
    }

    /// Says whether it is null, an empty list or an empty map.
    pub(crate) fn is_empty(&self) -> bool {
        match self {
            Self::Scalar(scalar) => scalar.tag == Tag::Null,
            Self::List(items) => items.is_empty(),
            Self::Map(map) => map.is_empty(),
        }
    }

    pub(crate) fn as_map(&self) -> Option<&Map> {
        match self {
            Self::Map(map) => Some(map),
            _ => None,
        }
    }

    pub(crate) fn as_map_mut(&mut self) -> Option<&mut Map> {
        match self {
            Self::Map(map) => Some(map),
            _ => None,
        }
    }

    pub(crate) fn as_list(&self) -> Option<&[Node]> {
        match self {
            Self::List(items) => Some(items),
            _ => None,
        }
    }

    pub(crate) fn as_scalar(&self) -> Option<&Scalar> {
        match self {
            Self::Scalar(scalar) => Some(scalar),
            _ => None,
        }
    }

    /// Gives the spelling of a scalar, also of null; empty for lists and maps.
    pub(crate) fn spelling(&self) -> &str {
        self.as_scalar().map_or("", |scalar| &scalar.text)
    }

    /// Gives the spelling of a scalar that is not null; else the empty text.
    pub(crate) fn word(&self) -> &str {
        if self.is_null() { "" } else { self.spelling() }
    }

    pub(crate) fn get(&self, key: &str) -> Option<&Node> {
        self.as_map().and_then(|map| map.get(key))
    }

    pub(crate) const fn kind(&self) -> &'static str {
        match self {
            Self::Scalar(_) => "scalar",
            Self::List(_) => "list",
            Self::Map(_) => "map",
        }
    }
}

/// Says that there are more lists and maps inside one another than [`DEPTH_MAX`].
pub(crate) fn too_deep() -> Error {
    Error::new(ErrorKind::Limit, "lists and maps are nested too deeply").with("depth_max", DEPTH_MAX)
}

/// Says that another kind of node was expected.
pub(crate) fn wrong_kind(expected: &'static str, found: &Node) -> Error {
    Error::new(ErrorKind::Invalid, format!("expected a {expected}, found a {}", found.kind()))
}
