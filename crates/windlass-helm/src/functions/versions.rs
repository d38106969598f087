//! Semantic versions, by the rules of Masterminds/semver.

use std::{borrow::Cow, rc::Rc};

use windlass_semver::{Constraint, Version};

use super::{args::text, table::Function};
use crate::template::{
    GoObject, Param, Shape, Signature, Value,
    failure::{Failure, Run},
    shared::Shared,
};

pub(super) const FUNCTIONS: &[Function] = &[
    Function::new("semver", &[Param::Text], |_, args| {
        let version = Version::parse(&text(args, 0)).map_err(|wrong| Failure::message(wrong.to_string()))?;
        Ok(object(version))
    }),
    Function::new("semverCompare", &[Param::Text, Param::Text], compare),
];

fn compare(_: &mut Shared<'_>, args: &[Value]) -> Run<Value> {
    let constraint =
        Constraint::parse(&text(args, 0)).map_err(|wrong| Failure::message(wrong.to_string()))?;
    let version = Version::parse(&text(args, 1)).map_err(|wrong| Failure::message(wrong.to_string()))?;
    Ok(Value::Bool(constraint.allows(&version)))
}

/// `*semver.Version`.
#[derive(Debug)]
struct VersionObject(Version);

impl GoObject for VersionObject {
    fn type_name(&self) -> Cow<'_, str> {
        "*semver.Version".into()
    }

    fn shape(&self) -> Shape {
        Shape::Pointer(Vec::new())
    }

    fn marshaled(&self) -> Option<String> {
        Some(self.0.to_string())
    }

    fn method(&self, name: &str) -> Option<Signature> {
        let params: &'static [Param] = match name {
            "Major" | "Minor" | "Patch" | "Prerelease" | "Metadata" | "Original" | "String" | "IncMajor"
            | "IncMinor" | "IncPatch" => &[],
            "Compare" | "Equal" | "LessThan" | "GreaterThan" | "LessThanEqual" | "GreaterThanEqual" => {
                &[Param::Version]
            }
            "SetPrerelease" | "SetMetadata" => &[Param::Text],
            _ => return None,
        };
        Some(Signature { params, variadic: false })
    }

    fn call(&self, name: &str, args: &[Value]) -> Result<Value, String> {
        let order = || match args {
            [Value::Object(other)] => {
                let text = other.text().unwrap_or_default();
                Version::parse(&text).map(|other| self.0.compare(&other)).map_err(|wrong| wrong.to_string())
            }
            _ => Err(super::args::NIL_POINTER.to_string()),
        };
        Ok(match name {
            "Major" => Value::Uint64(self.0.major()),
            "Minor" => Value::Uint64(self.0.minor()),
            "Patch" => Value::Uint64(self.0.patch()),
            "Prerelease" => self.0.prerelease().into(),
            "Metadata" => self.0.metadata().into(),
            "Original" => self.0.original().into(),
            "String" => self.0.to_string().into(),
            "IncMajor" => object(self.0.next_major()),
            "IncMinor" => object(self.0.next_minor()),
            "IncPatch" => object(self.0.next_patch()),
            "SetPrerelease" => {
                self.0.with_prerelease(&text(args, 0)).map(object).map_err(|wrong| wrong.to_string())?
            }
            "SetMetadata" => {
                self.0.with_metadata(&text(args, 0)).map(object).map_err(|wrong| wrong.to_string())?
            }
            "Compare" => Value::Int(order()? as i64),
            "Equal" => order()?.is_eq().into(),
            "LessThan" => order()?.is_lt().into(),
            "GreaterThan" => order()?.is_gt().into(),
            "LessThanEqual" => order()?.is_le().into(),
            _ => order()?.is_ge().into(),
        })
    }

    fn text(&self) -> Option<String> {
        Some(self.0.to_string())
    }

    fn json(&self) -> Value {
        self.0.to_string().into()
    }
}

fn object(version: Version) -> Value {
    Value::Object(Rc::new(VersionObject(version)))
}
