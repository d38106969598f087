//! Constraints: `>=1.2 <2 || ~3.1`, `^1.2`, `1.x`, `1.2 - 3`.

use std::cmp::Ordering;
use std::fmt;

use crate::invalid::quoted;
use crate::scan::{self, is_space, is_wild_digit, run};
use crate::version::compare_parts;
use crate::{Invalid, Version};

/// The most bytes of a constraint.
pub const CONSTRAINT_BYTES_MAX: usize = 512;

/// The most groups of a constraint.
pub const GROUPS_MAX: usize = 32;

/// What a version may have to be: one of several groups, and of that group all.
#[derive(Debug, Clone)]
pub struct Constraint {
    groups: Vec<Group>,
    with_prereleases: bool,
}

#[derive(Debug, Clone)]
struct Group {
    bounds: Vec<Bound>,
    /// One of the bounds names a prerelease, so that prereleases can fulfil the group.
    with_prereleases: bool,
}

#[derive(Debug, Clone)]
struct Bound {
    operator: Operator,
    version: Version,
    /// Operator and version as they were written.
    name: &'static str,
    original: String,
    /// The first number that was left open.
    open: Open,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Operator {
    Equal,
    Unequal,
    Greater,
    Less,
    AtLeast,
    AtMost,
    Tilde,
    Caret,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Open {
    Nothing,
    Patch,
    Minor,
    All,
}

/// The longer ones first.
const OPERATORS: &[(&str, Operator)] = &[
    ("!=", Operator::Unequal),
    (">=", Operator::AtLeast),
    ("=>", Operator::AtLeast),
    ("<=", Operator::AtMost),
    ("=<", Operator::AtMost),
    ("~>", Operator::Tilde),
    ("=", Operator::Equal),
    (">", Operator::Greater),
    ("<", Operator::Less),
    ("~", Operator::Tilde),
    ("^", Operator::Caret),
];

/// Why a version does not fulfil a constraint, in the words of the Go library.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reason(String);

/// What stands between the version and the bound in a reason, and behind them.
type Miss = (&'static str, &'static str);

impl Constraint {
    /// Reads a constraint.
    ///
    /// # Errors
    /// `Invalid` for what is no constraint.
    pub fn parse(text: &str) -> Result<Self, Invalid> {
        if text.len() > CONSTRAINT_BYTES_MAX {
            return Err(Invalid::new(format!(
                "constraint string is too long (max {CONSTRAINT_BYTES_MAX} bytes)"
            )));
        }
        let text = with_ranges_spelled_out(text);
        let groups: Vec<&str> = text.split("||").collect();
        if groups.len() > GROUPS_MAX {
            return Err(Invalid::new(format!("too many constraint groups (max {GROUPS_MAX})")));
        }
        let groups = groups.into_iter().map(group).collect::<Result<_, _>>()?;
        Ok(Self { groups, with_prereleases: false })
    }

    /// Lets prereleases fulfil every group.
    #[must_use]
    pub fn with_prereleases(mut self) -> Self {
        self.with_prereleases = true;
        self
    }

    /// Says whether `version` fulfils it.
    #[must_use]
    pub fn allows(&self, version: &Version) -> bool {
        self.groups.iter().any(|group| {
            self.considers(group, version) && group.bounds.iter().all(|bound| bound.check(version).is_ok())
        })
    }

    /// Checks that `version` fulfils it.
    ///
    /// # Errors
    /// The reasons, one for each bound that is not kept. That the version is a prerelease is told once.
    pub fn check(&self, version: &Version) -> Result<(), Vec<Reason>> {
        let mut reasons = Vec::new();
        let mut prerelease_is_told = false;
        for group in &self.groups {
            let before = reasons.len();
            if self.considers(group, version) {
                let missed =
                    group.bounds.iter().filter_map(|bound| Some((bound, bound.check(version).err()?)));
                reasons.extend(missed.map(|(bound, miss)| Reason::new(version, bound, miss)));
                if reasons.len() == before {
                    return Ok(());
                }
            } else if !std::mem::replace(&mut prerelease_is_told, true) {
                reasons.push(Reason::of_prerelease(version));
            }
        }
        Err(reasons)
    }

    fn considers(&self, group: &Group, version: &Version) -> bool {
        version.prerelease().is_empty() || self.with_prereleases || group.with_prereleases
    }
}

/// The bounds in a normal form: one space between them, `||` between groups.
impl fmt::Display for Constraint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (place, group) in self.groups.iter().enumerate() {
            f.write_str(if place > 0 { " || " } else { "" })?;
            for (place, bound) in group.bounds.iter().enumerate() {
                let space = if place > 0 { " " } else { "" };
                write!(f, "{space}{}{}", bound.name, bound.original)?;
            }
        }
        Ok(())
    }
}

impl Reason {
    fn new(version: &Version, bound: &Bound, (between, behind): Miss) -> Self {
        let (version, bound) = (quoted(&version.to_string()), quoted(&bound.original));
        Self(format!("{version} {between} {bound}{behind}"))
    }

    fn of_prerelease(version: &Version) -> Self {
        let version = quoted(&version.to_string());
        Self(format!(
            "{version} is a prerelease version and the constraint is only looking for release versions"
        ))
    }
}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Turns `1.2 - 3` into `>= 1.2, <= 3`.
fn with_ranges_spelled_out(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut at = 0;
    while at < text.len() {
        if let Some((low, high, end)) = range(&text[at..]) {
            out.push_str(&format!(">= {low}, <= {high} "));
            at += end;
        } else {
            let width = text[at..].chars().next().map_or(1, char::len_utf8);
            out.push_str(&text[at..at + width]);
            at += width;
        }
    }
    out
}

fn range(text: &str) -> Option<(&str, &str, usize)> {
    let low_at = run(text, 0, is_space);
    let low_end = low_at + scan::version(&text[low_at..], is_wild_digit)?.end;
    let dash = low_end + run(text, low_end, is_space);
    if dash == low_end || text.as_bytes().get(dash) != Some(&b'-') {
        return None;
    }
    let high_at = dash + 1 + run(text, dash + 1, is_space);
    if high_at == dash + 1 {
        return None;
    }
    let high_end = high_at + scan::version(&text[high_at..], is_wild_digit)?.end;
    Some((&text[low_at..low_end], &text[high_at..high_end], high_end + run(text, high_end, is_space)))
}

fn group(text: &str) -> Result<Group, Invalid> {
    let improper = || Invalid::new(format!("improper constraint: {}", quoted(text)));
    let mut bounds = Vec::new();
    let mut at = run(text, 0, is_space);
    loop {
        let (bound, end) = bound(&text[at..]).ok_or_else(improper)?;
        bounds.push(bound?);
        at += end;
        let gap = at + run(text, at, is_space);
        if gap == text.len() {
            break;
        }
        let comma = text.as_bytes()[gap] == b',';
        if !comma && gap == at {
            return Err(improper());
        }
        at = gap + usize::from(comma);
        at += run(text, at, is_space);
    }
    let with_prereleases = bounds.iter().any(|bound| !bound.version.prerelease().is_empty());
    Ok(Group { bounds, with_prereleases })
}

/// Reads a bound at the beginning of a text, and says where it ends; `None` where there is none.
fn bound(text: &str) -> Option<(Result<Bound, Invalid>, usize)> {
    let named = OPERATORS.iter().find(|(name, _)| text.starts_with(name));
    let (name, operator) = named.copied().unwrap_or(("", Operator::Equal));
    let at = name.len() + run(text, name.len(), is_space);
    let parts = scan::version(&text[at..], is_wild_digit)?;
    let wild = |part: Option<&str>| part.is_none_or(|part| matches!(part, "x" | "X" | "*"));
    let (open, mut plain) = match (parts.major, parts.minor, parts.patch) {
        (major, _, _) if wild(Some(major)) => (Open::All, "0.0.0".to_owned()),
        (major, minor, _) if wild(minor) => (Open::Minor, format!("{major}.0.0")),
        (major, minor, patch) if wild(patch) => (Open::Patch, format!("{major}.{}.0", minor.unwrap_or("0"))),
        (major, minor, patch) => {
            (Open::Nothing, [major, minor.unwrap_or("0"), patch.unwrap_or("0")].join("."))
        }
    };
    if let Some(prerelease) = parts.prerelease {
        plain = format!("{plain}-{prerelease}");
    }
    let version = Version::parse(&plain).map_err(|_| Invalid::new("constraint parser error"));
    let original = text[at..at + parts.end].to_owned();
    Some((version.map(|version| Bound { operator, version, name, original, open }), at + parts.end))
}

const LESS: Miss = ("is less than", "");
const AT_MOST: Miss = ("is less than or equal to", "");
const GREATER: Miss = ("is greater than", "");
const AT_LEAST: Miss = ("is greater than or equal to", "");
const EQUAL: Miss = ("is equal to", "");
const UNEQUAL: Miss = ("is not equal to", "");
const OTHER_MAJOR: Miss = ("does not have same major version as", "");
const OTHER_MAJOR_OR_MINOR: Miss = ("does not have same major and minor version as", "");
const OTHER_MINOR: Miss = ("does not have same minor version as", "");
const OTHER_MINOR_OF_0: Miss = (
    "does not have same minor version as",
    ". Expected minor versions to match when constraint major version is 0",
);
const OTHER_PATCH_OF_0: Miss =
    ("does not equal", ". Expect version and constraint to equal when major and minor versions are 0");

impl Bound {
    fn check(&self, version: &Version) -> Result<(), Miss> {
        match self.operator {
            Operator::Equal if self.open == Open::Nothing => ensure(self.order(version).is_eq(), UNEQUAL),
            Operator::Equal | Operator::Tilde => self.tilde(version),
            Operator::Unequal => ensure(self.is_unequal(version), EQUAL),
            Operator::Greater => ensure(self.is_greater(version), AT_MOST),
            Operator::Less => ensure(self.order(version).is_lt(), AT_LEAST),
            Operator::AtLeast => ensure(self.order(version).is_ge(), LESS),
            Operator::AtMost => ensure(self.is_at_most(version), GREATER),
            Operator::Caret => self.caret(version),
        }
    }

    fn order(&self, version: &Version) -> Ordering {
        version.compare(&self.version)
    }

    fn is_unequal(&self, version: &Version) -> bool {
        let bound = &self.version;
        match self.open {
            Open::Nothing => self.order(version).is_ne(),
            _ if bound.major() != version.major() => true,
            Open::Minor => false,
            _ if bound.minor() != version.minor() => true,
            Open::Patch => compare_parts(version.prerelease(), bound.prerelease()).is_ne(),
            Open::All => bound.patch() != version.patch() || self.order(version).is_ne(),
        }
    }

    fn is_greater(&self, version: &Version) -> bool {
        let bound = &self.version;
        match (self.open, version.major().cmp(&bound.major())) {
            (Open::Nothing, _) => self.order(version).is_gt(),
            (_, Ordering::Greater) => true,
            (_, Ordering::Less) | (Open::Minor, _) => false,
            (Open::Patch, _) => version.minor() > bound.minor(),
            (Open::All, _) => self.order(version).is_gt(),
        }
    }

    fn is_at_most(&self, version: &Version) -> bool {
        let bound = &self.version;
        match self.open {
            Open::Nothing => self.order(version).is_le(),
            _ if version.major() > bound.major() => false,
            Open::Minor => true,
            _ => !(version.major() == bound.major() && version.minor() > bound.minor()),
        }
    }

    fn tilde(&self, version: &Version) -> Result<(), Miss> {
        let bound = &self.version;
        ensure(self.order(version).is_ge(), LESS)?;
        let zero = (bound.major(), bound.minor(), bound.patch()) == (0, 0, 0);
        if zero && matches!(self.open, Open::Nothing | Open::All) {
            return Ok(());
        }
        ensure(version.major() == bound.major(), OTHER_MAJOR)?;
        ensure(self.open == Open::Minor || version.minor() == bound.minor(), OTHER_MAJOR_OR_MINOR)
    }

    fn caret(&self, version: &Version) -> Result<(), Miss> {
        let bound = &self.version;
        ensure(self.order(version).is_ge(), LESS)?;
        ensure(version.major() == bound.major(), OTHER_MAJOR)?;
        if bound.major() > 0 || self.open == Open::Minor {
            return Ok(());
        }
        if bound.minor() > 0 || self.open == Open::Patch {
            return ensure(version.minor() == bound.minor(), OTHER_MINOR_OF_0);
        }
        ensure(version.minor() == 0, OTHER_MINOR)?;
        ensure(version.patch() == bound.patch(), OTHER_PATCH_OF_0)
    }
}

fn ensure(holds: bool, miss: Miss) -> Result<(), Miss> {
    if holds { Ok(()) } else { Err(miss) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(constraint: &str, version: &str) -> Option<bool> {
        let version = Version::parse(version).unwrap();
        Constraint::parse(constraint).ok().map(|constraint| constraint.allows(&version))
    }

    #[test]
    fn constraints_mean_what_masterminds_makes_of_them() {
        for (constraint, version, expected) in [
            (">=1.2 <2", "1.5.0", Some(true)),
            (">=1.2,<2", "2.0.0", Some(false)),
            (">=1.2<2", "1.5.0", None),
            ("1.2 - 3", "2.9.9", Some(true)),
            ("1.2 - 3", "3.9.9", Some(true)),
            ("1.2-3", "1.2.0", Some(true)),
            ("1.x", "1.9.0", Some(true)),
            ("*", "7.0.0", Some(true)),
            ("*", "7.0.0-rc", Some(false)),
            (">=1.0-0", "1.30.0-eks-1", Some(true)),
            (">=1.0", "1.30.0-eks-1", Some(false)),
            ("~1.2", "1.2.9", Some(true)),
            ("~1.2", "1.3.0", Some(false)),
            ("^0.2", "0.2.5", Some(true)),
            ("^0.2", "0.3.0", Some(false)),
            ("^0.0.3", "0.0.4", Some(false)),
            ("^0", "0.9.0", Some(true)),
            ("!=1.x", "1.4.0", Some(false)),
            ("!=1.4.x", "1.5.0", Some(true)),
            (">11", "11.1.0", Some(false)),
            (">11.1", "11.2.0", Some(true)),
            ("<=11", "11.9.0", Some(true)),
            ("< 1 || > 2", "3.0.0", Some(true)),
            ("~0.0.0", "5.0.0", Some(true)),
            ("", "1.0.0", None),
            ("not", "1.0.0", None),
            ("1.2.3.4", "1.0.0", None),
        ] {
            assert_eq!(check(constraint, version), expected, "{constraint} of {version}");
        }
    }
}
