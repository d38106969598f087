//! Names of types and kinds, as Go's reflection tells them.

use std::borrow::Cow;

use super::{List, ListType, Map, MapType, Param, Shape, Value};

impl Value {
    /// The type as `%T` prints it.
    #[must_use]
    pub fn type_name(&self) -> Cow<'_, str> {
        Cow::Borrowed(match self {
            Self::Nil => "<nil>",
            Self::Null => "interface {}",
            Self::Bool(_) => "bool",
            Self::Int(_) => "int",
            Self::Int64(_) => "int64",
            Self::Uint8(_) => "uint8",
            Self::Uint64(_) => "uint64",
            Self::Float(_) => "float64",
            Self::Complex(..) => "complex128",
            Self::Duration(_) => "time.Duration",
            Self::Text(_) => "string",
            Self::Bytes(_) => "[]uint8",
            Self::List(list) => list.type_name(),
            Self::Map(map) => map.type_name(),
            Self::Time(_) => "time.Time",
            Self::Object(object) => return object.type_name(),
        })
    }

    /// The kind as `kindOf` prints it.
    #[must_use]
    pub fn kind_name(&self) -> &'static str {
        match self {
            Self::Nil | Self::Null => "invalid",
            Self::Bool(_) => "bool",
            Self::Int(_) => "int",
            Self::Int64(_) | Self::Duration(_) => "int64",
            Self::Uint8(_) => "uint8",
            Self::Uint64(_) => "uint64",
            Self::Float(_) => "float64",
            Self::Complex(..) => "complex128",
            Self::Text(_) => "string",
            Self::Bytes(_) | Self::List(_) => "slice",
            Self::Map(_) => "map",
            Self::Time(_) => "struct",
            Self::Object(object) => match object.shape() {
                Shape::Struct(_) => "struct",
                Shape::Pointer(_) => "ptr",
                Shape::Map(_) => "map",
                Shape::List(_) => "slice",
                Shape::Scalar(value) => value.kind_name(),
            },
        }
    }
}

impl List {
    /// The type as `%T` prints it.
    #[must_use]
    pub fn type_name(&self) -> &'static str {
        match self.element() {
            ListType::Any => "[]interface {}",
            ListType::Texts => "[]string",
            ListType::Ints => "[]int",
            ListType::Lists => "[][]interface {}",
        }
    }
}

impl Map {
    /// The type as `%T` prints it.
    #[must_use]
    pub fn type_name(&self) -> &'static str {
        match self.kind() {
            MapType::Any => "map[string]interface {}",
            MapType::Texts => "map[string]string",
            MapType::Named(name) => name,
        }
    }
}

impl Param {
    /// The type as error texts print it.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Text => "string",
            Self::Int => "int",
            Self::Int64 => "int64",
            Self::Uint32 => "uint32",
            Self::Float => "float64",
            Self::Bool => "bool",
            Self::Any => "interface {}",
            Self::Map => "map[string]interface {}",
            Self::List => "[]interface {}",
            Self::Time => "time.Time",
            Self::Duration => "time.Duration",
            Self::Certificate => "sprig.certificate",
            Self::Version => "*semver.Version",
            Self::Reflect => "reflect.Value",
        }
    }

    /// What a literal has to be, where the type takes one.
    pub(crate) fn literal_word(self) -> Option<&'static str> {
        match self {
            Self::Text => Some("string"),
            Self::Int | Self::Int64 | Self::Duration => Some("integer"),
            Self::Uint32 => Some("unsigned integer"),
            Self::Float => Some("float"),
            Self::Bool => Some("bool"),
            _ => None,
        }
    }

    /// Whether the type has a nil.
    pub(crate) fn takes_nil(self) -> bool {
        matches!(self, Self::Any | Self::Map | Self::List | Self::Version | Self::Reflect)
    }

    /// Whether a value may be given for a parameter of this type.
    pub(crate) fn takes(self, value: &Value) -> bool {
        match (self, value) {
            (Self::Any | Self::Reflect, _) => true,
            (_, Value::Nil) => self.takes_nil(),
            (Self::Text, Value::Text(_))
            | (Self::Int, Value::Int(_))
            | (Self::Int64, Value::Int64(_))
            | (Self::Float, Value::Float(_))
            | (Self::Bool, Value::Bool(_))
            | (Self::Time, Value::Time(_))
            | (Self::Duration, Value::Duration(_)) => true,
            (Self::List, Value::List(list)) => list.element() == ListType::Any,
            (Self::Map, Value::Map(map)) => map.kind() != MapType::Texts,
            (Self::Certificate | Self::Version, Value::Object(object)) => object.type_name() == self.name(),
            _ => false,
        }
    }
}
