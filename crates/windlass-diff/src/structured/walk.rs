//! What every walk along a schema needs: which type a value has there, which item is which, where we are.

use windlass_core::{FieldPath, Limits, Segment, Value};

use super::{StructuredError, StructuredProblem};
use crate::{ListKind, Mask, Scalar, SchemaRef, Shape};

/// The types that a schema allows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Types {
    map: bool,
    list: bool,
    scalar: Option<Scalar>,
}

/// The type as which a value is walked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Type {
    Map,
    List,
    Scalar(Scalar),
}

impl Types {
    pub(super) fn of(schema: SchemaRef<'_>) -> Self {
        match schema.shape() {
            Some(Shape::Map { .. }) => Self { map: true, list: false, scalar: None },
            Some(Shape::List { .. }) => Self { map: false, list: true, scalar: None },
            Some(Shape::Scalar(scalar)) if *scalar != Scalar::Any => {
                Self { map: false, list: false, scalar: Some(*scalar) }
            }
            _ => Self { map: true, list: true, scalar: Some(Scalar::Any) },
        }
    }

    /// Narrows the types to that of a value. One that fits none, and null, leaves them as they are.
    pub(super) fn narrowed(self, value: Option<&Value>) -> Self {
        match value {
            Some(Value::Map(_)) if self.map => Self { list: false, scalar: None, ..self },
            Some(Value::List(_)) if self.list => Self { map: false, scalar: None, ..self },
            Some(Value::Bool(_) | Value::Int(_) | Value::Float(_) | Value::Text(_))
                if self.scalar.is_some() =>
            {
                Self { map: false, list: false, ..self }
            }
            _ => self,
        }
    }

    /// Gives the type as which a value is walked where several are left.
    pub(super) const fn first(self) -> Type {
        match self.scalar {
            _ if self.map => Type::Map,
            Some(scalar) => Type::Scalar(scalar),
            None => Type::List,
        }
    }
}

/// Gives the type of a value at a place.
pub(super) fn type_of(schema: SchemaRef<'_>, value: &Value) -> Type {
    Types::of(schema).narrowed(Some(value)).first()
}

/// Says whether nothing is known of a map and each of its values, so that its fields are what they are.
pub(super) fn is_deduced(schema: SchemaRef<'_>) -> bool {
    let free = |schema: SchemaRef<'_>| schema.is_any() && !schema.is_atomic();
    match schema.shape() {
        Some(Shape::Map { fields, values: Some(_) } | Shape::Either { fields, values: Some(_), .. }) => {
            fields.is_empty() && free(schema.field(""))
        }
        _ => free(schema),
    }
}

/// Says what a scalar must be; `None` where the value is that, or null.
pub(super) fn expected(scalar: Scalar, value: &Value) -> Option<&'static str> {
    let (fits, expected) = match scalar {
        Scalar::Text => (matches!(value, Value::Text(_)), "text"),
        Scalar::Int | Scalar::Number => (matches!(value, Value::Int(_) | Value::Float(_)), "number"),
        Scalar::Bool => (matches!(value, Value::Bool(_)), "boolean"),
        _ => (!matches!(value, Value::Map(_) | Value::List(_)), "scalar"),
    };
    (!fits && !value.is_null()).then_some(expected)
}

/// Why an item has no step.
pub(super) enum Stepless {
    /// It is of the wrong type: what it should be.
    Type(&'static str),
    /// It has none of the fields that tell items apart.
    Keyless,
}

/// Gives the step to an item of a list that is not atomic. `schema` is that of the list.
pub(super) fn step_to(schema: SchemaRef<'_>, item: &Value) -> Result<Segment, Stepless> {
    let ListKind::Map(keys) = schema.list_kind() else {
        return match item {
            Value::Map(_) | Value::List(_) | Value::Null => Err(Stepless::Type("scalar")),
            scalar => Ok(Segment::Item(scalar.clone())),
        };
    };
    let Some(map) = item.as_map() else { return Err(Stepless::Type("map")) };
    let mut found = Vec::with_capacity(keys.len());
    for key in keys {
        let value = map.get(key).or_else(|| schema.item().default_of(key));
        found.extend(value.map(|value| (key.clone(), value.clone())));
    }
    if found.is_empty() {
        return Err(Stepless::Keyless);
    }
    found.sort_by(|one, other| one.0.cmp(&other.0));
    Ok(Segment::Key(found))
}

/// Where a walk is, and what it found wrong.
pub(super) struct Walk<'l> {
    limits: &'l Limits,
    path: Vec<Segment>,
    problems: Vec<StructuredProblem>,
}

impl<'l> Walk<'l> {
    /// Begins a walk through values, unless one of them is deeper than the limits allow. No walk needs to look at its
    /// depth after that.
    pub(super) fn begin(limits: &'l Limits, values: &[&Value]) -> Result<Self, StructuredError> {
        let limit = limits.value_depth_max;
        if values.iter().any(|value| is_deeper(value, limit)) {
            return Err(StructuredError { problems: vec![StructuredProblem::TooDeep { limit }] });
        }
        Ok(Self { limits, path: Vec::new(), problems: Vec::new() })
    }

    /// Ends a walk.
    pub(super) fn end<T>(self, value: T) -> Result<T, StructuredError> {
        if self.problems.is_empty() { Ok(value) } else { Err(StructuredError { problems: self.problems }) }
    }

    /// Walks one step further.
    pub(super) fn at<T>(&mut self, step: Segment, walk: impl FnOnce(&mut Self) -> T) -> T {
        self.path.push(step);
        let found = walk(self);
        self.path.pop();
        found
    }

    /// Reports a problem here. The path hides what a mask would.
    pub(super) fn report(&mut self, problem: impl FnOnce(FieldPath) -> StructuredProblem) {
        if self.problems.len() < self.limits.problems_max.max(1) {
            let path = FieldPath::new(self.path.clone());
            self.problems.push(problem(Mask::default().kind("", "").path(&path)));
        }
    }

    /// Reports a place where neither of two values is the scalar that it must be.
    pub(super) fn check_scalars(&mut self, scalar: Scalar, one: Option<&Value>, other: Option<&Value>) {
        let (Some(one), Some(other)) = (one, other) else { return };
        if let (Some(expected), Some(_)) = (expected(scalar, other), expected(scalar, one)) {
            self.report(|path| StructuredProblem::WrongType { path, expected, found: other.type_name() });
        }
    }

    /// Gives the steps to the items of a list, in their order; reports those that have none.
    pub(super) fn steps<'v>(
        &mut self,
        schema: SchemaRef<'_>,
        items: &'v [Value],
    ) -> Vec<(Segment, &'v Value)> {
        let mut steps = Vec::with_capacity(items.len());
        for (place, item) in items.iter().enumerate() {
            match step_to(schema, item) {
                Ok(step) => steps.push((step, item)),
                Err(why) => self.at(Segment::Index(place), |walk| {
                    walk.report(|path| match why {
                        Stepless::Type(expected) => {
                            StructuredProblem::WrongType { path, expected, found: item.type_name() }
                        }
                        Stepless::Keyless => StructuredProblem::Keyless { path },
                    });
                }),
            }
        }
        steps
    }
}

fn is_deeper(value: &Value, limit: usize) -> bool {
    let Some(below) = limit.checked_sub(1) else { return matches!(value, Value::Map(_) | Value::List(_)) };
    match value {
        Value::Map(map) => map.iter().any(|(_, value)| is_deeper(value, below)),
        Value::List(list) => list.iter().any(|value| is_deeper(value, below)),
        _ => false,
    }
}
