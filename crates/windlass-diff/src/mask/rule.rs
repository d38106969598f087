//! Which paths of which kinds are masked.

use std::fmt;
use std::str::FromStr;

use thiserror::Error;
use windlass_core::{Segment, Text};

/// A path of a kind that is masked wholly. Written as the kind and the path: `Secret data`,
/// `Database.example.org spec.users[*].login`, `* metadata.annotations["example.org/seed"]`.
///
/// The kind is `Kind` for the core group, `Kind.group`, or `*` for all. In the path `*` is any field and `[*]` any item.
///
/// ```
/// use windlass_diff::MaskRule;
/// let rule: MaskRule = "Database.example.org spec.users[*].login".parse()?;
/// assert_eq!(rule.to_string(), r#"Database.example.org spec.users[*].login"#);
/// assert!("Secret".parse::<MaskRule>().is_err());
/// # Ok::<(), windlass_diff::MaskRuleError>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MaskRule {
    /// Group and kind; `None` for all.
    kind: Option<(Text, Text)>,
    path: Vec<Step>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Step {
    Field(Text),
    AnyField,
    AnyItem,
}

/// Why a text is not a [`MaskRule`].
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("not a kind and a path, such as `Secret data` (rule={rule})")]
pub struct MaskRuleError {
    /// The text.
    pub rule: Text,
}

pub(super) fn defaults() -> Vec<MaskRule> {
    let secret = |field: &str| MaskRule {
        kind: Some(("".into(), "Secret".into())),
        path: vec![Step::Field(field.into())],
    };
    let applied = ["metadata", "annotations", "kubectl.kubernetes.io/last-applied-configuration"];
    let applied = MaskRule { kind: None, path: applied.map(|name| Step::Field(name.into())).to_vec() };
    vec![secret("data"), secret("stringData"), applied]
}

impl MaskRule {
    pub(super) fn is_for(&self, group: &str, kind: &str) -> bool {
        self.kind.as_ref().is_none_or(|(want_group, want_kind)| want_group == group && want_kind == kind)
    }

    /// Says whether this is exactly the masked place, or with `below` any place below it.
    pub(super) fn covers(&self, path: &[Segment], below: bool) -> bool {
        let long_enough = if below { path.len() >= self.path.len() } else { path.len() == self.path.len() };
        long_enough && self.path.iter().zip(path).all(|(step, segment)| step.takes(segment))
    }
}

impl Step {
    fn takes(&self, segment: &Segment) -> bool {
        match (self, segment) {
            (Self::Field(name), Segment::Field(field)) => name == field,
            (Self::AnyField, Segment::Field(_)) => true,
            (Self::AnyItem, segment) => !matches!(segment, Segment::Field(_)),
            _ => false,
        }
    }
}

impl FromStr for MaskRule {
    type Err = MaskRuleError;

    fn from_str(text: &str) -> Result<Self, MaskRuleError> {
        let wrong = || MaskRuleError { rule: text.into() };
        let (kind, path) = text.trim().split_once(' ').ok_or_else(wrong)?;
        let kind = match kind {
            "*" => None,
            kind => {
                let (kind, group) = kind.split_once('.').unwrap_or((kind, ""));
                Some((group.into(), kind.into()))
            }
        };
        let path = steps(path.trim()).filter(|path| !path.is_empty()).ok_or_else(wrong)?;
        Ok(Self { kind, path })
    }
}

fn steps(mut path: &str) -> Option<Vec<Step>> {
    let mut steps = Vec::new();
    while !path.is_empty() {
        let (step, rest) = if let Some(rest) = path.strip_prefix("[*]") {
            (Step::AnyItem, rest)
        } else if let Some(rest) = path.strip_prefix("[\"") {
            let (name, rest) = rest.split_once("\"]")?;
            (Step::Field(name.into()), rest)
        } else {
            let path = if steps.is_empty() { path } else { path.strip_prefix('.')? };
            let end = path.find(['.', '[']).unwrap_or(path.len());
            let (name, rest) = path.split_at(end);
            (if name == "*" { Step::AnyField } else { Step::Field(name.into()) }, rest)
        };
        if step == Step::Field("".into()) {
            return None;
        }
        steps.push(step);
        path = rest;
    }
    Some(steps)
}

impl fmt::Display for MaskRule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.kind {
            None => f.write_str("* ")?,
            Some((group, kind)) if group.is_empty() => write!(f, "{kind} ")?,
            Some((group, kind)) => write!(f, "{kind}.{group} ")?,
        }
        for (at, step) in self.path.iter().enumerate() {
            let dot = if at == 0 { "" } else { "." };
            match step {
                Step::AnyItem => f.write_str("[*]")?,
                Step::AnyField => write!(f, "{dot}*")?,
                Step::Field(name) if name.contains(['.', '[', '*']) => write!(f, "[\"{name}\"]")?,
                Step::Field(name) => write!(f, "{dot}{name}")?,
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rules_read_back_as_they_are_written() {
        for rule in ["Secret data", "* a.*.c", r#"X.y.z a["b.c/d"][*].e"#, r#"* ["a.b"].c"#] {
            assert_eq!(rule.parse::<MaskRule>().unwrap().to_string(), rule);
        }
    }

    #[test]
    fn half_a_rule_is_refused() {
        for rule in ["", "Secret", "Secret ", "Secret a..b", "Secret a[", "Secret a[\"b", "* .a"] {
            assert!(rule.parse::<MaskRule>().is_err(), "{rule:?}");
        }
    }
}
