//! Types of Go that are more than data: methods, and structs.

use std::{borrow::Cow, fmt};

use super::{List, Map, Value};

/// What a type that Helm gives to templates can do: `.Files`, `.Capabilities`, `.Chart`.
///
/// An implementor says what its Go type says: its name, its kind and content, and its methods with their parameters.
pub trait GoObject: fmt::Debug {
    /// The type as `%T` prints it, such as `engine.files` or `*common.Capabilities`.
    fn type_name(&self) -> Cow<'_, str>;

    /// The content by Go's kind.
    fn shape(&self) -> Shape;

    /// One field of a struct. The default looks into [`GoObject::shape`].
    fn field(&self, name: &str) -> Option<Value> {
        match self.shape() {
            Shape::Struct(fields) | Shape::Pointer(fields) => {
                fields.into_iter().find(|(field, _)| *field == name).map(|(_, value)| value)
            }
            _ => None,
        }
    }

    /// The parameters of a method, or `None` where there is no such method.
    fn method(&self, name: &str) -> Option<Signature> {
        let _ = name;
        None
    }

    /// Calls a method that [`GoObject::method`] knows, with arguments of its types.
    ///
    /// # Errors
    ///
    /// The text of the error that the method returns.
    fn call(&self, name: &str, args: &[Value]) -> Result<Value, String> {
        let _ = args;
        Err(format!("no method {name}"))
    }

    /// The result of `String()`, where the type has that method.
    fn text(&self) -> Option<String> {
        None
    }

    /// The text as which Go's encoders write it, where the type says so itself (`MarshalText`).
    fn marshaled(&self) -> Option<String> {
        None
    }

    /// The fields of a struct that Go's encoding/json sees, in their order. The default takes all under their Go names.
    fn json_fields(&self) -> Option<Vec<(&'static str, Value)>> {
        match self.shape() {
            Shape::Struct(fields) | Shape::Pointer(fields) => Some(fields),
            _ => None,
        }
    }

    /// The value that Go's encoding/json sees.
    fn json(&self) -> Value {
        if let Some(text) = self.marshaled() {
            return text.into();
        }
        if let Some(fields) = self.json_fields() {
            return Value::Map(fields.into_iter().collect::<Map>());
        }
        match self.shape() {
            Shape::Struct(_) | Shape::Pointer(_) => Value::Null,
            Shape::Map(map) => Value::Map(map),
            Shape::List(list) => Value::List(list),
            Shape::Scalar(value) => value,
        }
    }

    /// The field whose own fields Go's encoders put among those of the struct (an embedded struct).
    fn embedded(&self) -> Option<&'static str> {
        None
    }
}

/// What a [`GoObject`] holds, by Go's kind.
#[derive(Debug, Clone)]
pub enum Shape {
    /// A struct with these exported fields, in their order.
    Struct(Vec<(&'static str, Value)>),
    /// A pointer to a struct.
    Pointer(Vec<(&'static str, Value)>),
    /// A map under a type name.
    Map(Map),
    /// A slice under a type name.
    List(List),
    /// A number or a string under a type name.
    Scalar(Value),
}

/// The parameters of a function or a method.
#[derive(Debug, Clone, Copy)]
pub struct Signature {
    /// The types of the parameters, the last of them that of each further argument if `variadic`.
    pub params: &'static [Param],
    /// Whether the last parameter takes any number of arguments.
    pub variadic: bool,
}

/// The type of a parameter.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Param {
    /// `string`.
    Text,
    /// `int`.
    Int,
    /// `int64`.
    Int64,
    /// `uint32`.
    Uint32,
    /// `float64`.
    Float,
    /// `bool`.
    Bool,
    /// `interface {}`.
    Any,
    /// `map[string]interface {}`.
    Map,
    /// `[]interface {}`.
    List,
    /// `time.Time`.
    Time,
    /// `time.Duration`.
    Duration,
    /// `sprig.certificate`.
    Certificate,
    /// `*semver.Version`.
    Version,
    /// `reflect.Value`: anything, nil too.
    Reflect,
}
