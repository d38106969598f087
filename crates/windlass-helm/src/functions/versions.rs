//! Semantic versions, by the rules of Masterminds/semver.

use std::{borrow::Cow, rc::Rc};

use super::{args::text, table::Function};
use crate::{
    semver::{Constraint, Version},
    template::{
        GoObject, Param, Shape, Signature, Value,
        failure::{Failure, Run},
        shared::Shared,
    },
};

pub(super) const FUNCTIONS: &[Function] = &[
    Function::new("semver", &[Param::Text], |_, args| {
        let version = Version::parse(&text(args, 0)).map_err(|wrong| Failure::message(wrong.to_string()))?;
        Ok(Value::Object(Rc::new(VersionObject(version))))
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

impl VersionObject {
    /// The version with the next number at a place, without what follows.
    fn next(&self, method: &str) -> Version {
        let Version { major, minor, patch, prerelease, .. } = self.0.clone();
        let (major, minor, patch) = match method {
            // As in Go, what follows the largest number is 0.
            "IncMajor" => (major.wrapping_add(1), 0, 0),
            "IncMinor" => (major, minor.wrapping_add(1), 0),
            // A prerelease comes before its own patch.
            _ if prerelease.is_empty() => (major, minor, patch.wrapping_add(1)),
            _ => (major, minor, patch),
        };
        let prefix = if self.0.original.starts_with('v') { "v" } else { "" };
        let original = format!("{prefix}{major}.{minor}.{patch}");
        Version { major, minor, patch, original, ..Version::default() }
    }
}

impl GoObject for VersionObject {
    fn type_name(&self) -> Cow<'_, str> {
        "*semver.Version".into()
    }

    fn shape(&self) -> Shape {
        Shape::Pointer(Vec::new())
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
            "Major" => Value::Uint64(self.0.major),
            "Minor" => Value::Uint64(self.0.minor),
            "Patch" => Value::Uint64(self.0.patch),
            "Prerelease" => self.0.prerelease.as_str().into(),
            "Metadata" => self.0.metadata.as_str().into(),
            "Original" => self.0.original.as_str().into(),
            "String" => self.0.to_string().into(),
            "IncMajor" | "IncMinor" | "IncPatch" => Value::Object(Rc::new(VersionObject(self.next(name)))),
            "SetPrerelease" | "SetMetadata" => self.with_part(name, &text(args, 0))?,
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

impl VersionObject {
    fn with_part(&self, method: &str, part: &str) -> Result<Value, String> {
        let mut version = self.0.clone();
        let into = if method == "SetPrerelease" { &mut version.prerelease } else { &mut version.metadata };
        part.clone_into(into);
        let version = Version::parse(&version.to_string()).map_err(|wrong| wrong.to_string())?;
        Ok(Value::Object(Rc::new(VersionObject(version))))
    }
}
