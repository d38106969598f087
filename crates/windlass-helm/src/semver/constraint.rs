//! Constraints: `>=1.2 <2 || ~3.1`, `^1.2`, `1.x`, `1.2 - 3`.

use std::cmp::Ordering;

use super::scan::{self, is_space, is_wild_digit, run};
use super::{Version, Wrong};

const CONSTRAINT_BYTES_MAX: usize = 512;
const GROUPS_MAX: usize = 32;

/// What a version may have to be: one of several groups, and of that group all.
#[derive(Debug, Clone)]
pub(crate) struct Constraint {
    groups: Vec<Group>,
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

impl Constraint {
    /// Reads a constraint.
    pub(crate) fn parse(text: &str) -> Result<Self, Wrong> {
        if text.len() > CONSTRAINT_BYTES_MAX {
            return Err(Wrong(format!("constraint string is too long (max {CONSTRAINT_BYTES_MAX} bytes)")));
        }
        let text = with_ranges_spelled_out(text);
        let groups: Vec<&str> = text.split("||").collect();
        if groups.len() > GROUPS_MAX {
            return Err(Wrong(format!("too many constraint groups (max {GROUPS_MAX})")));
        }
        Ok(Self { groups: groups.into_iter().map(group).collect::<Result<_, _>>()? })
    }

    /// Says whether `version` fulfils it.
    pub(crate) fn allows(&self, version: &Version) -> bool {
        self.groups.iter().any(|group| {
            let considered = version.prerelease.is_empty() || group.with_prereleases;
            considered && group.bounds.iter().all(|bound| bound.allows(version))
        })
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

fn group(text: &str) -> Result<Group, Wrong> {
    let improper = || Wrong(format!("improper constraint: {text:?}"));
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
    let with_prereleases = bounds.iter().any(|bound| !bound.version.prerelease.is_empty());
    Ok(Group { bounds, with_prereleases })
}

/// Reads a bound at the beginning of a text, and says where it ends; `None` where there is none.
fn bound(text: &str) -> Option<(Result<Bound, Wrong>, usize)> {
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
    let version = Version::parse(&plain).map_err(|_| Wrong("constraint parser error".into()));
    Some((version.map(|version| Bound { operator, version, open }), at + parts.end))
}

impl Bound {
    fn allows(&self, version: &Version) -> bool {
        match self.operator {
            Operator::Equal if self.open == Open::Nothing => self.order(version).is_eq(),
            Operator::Equal | Operator::Tilde => self.tilde(version),
            Operator::Unequal => self.unequal(version),
            Operator::Greater => self.greater(version),
            Operator::Less => self.order(version).is_lt(),
            Operator::AtLeast => self.order(version).is_ge(),
            Operator::AtMost => self.at_most(version),
            Operator::Caret => self.caret(version),
        }
    }

    fn order(&self, version: &Version) -> Ordering {
        version.compare(&self.version)
    }

    fn unequal(&self, version: &Version) -> bool {
        let bound = &self.version;
        match self.open {
            Open::Nothing => self.order(version).is_ne(),
            _ if bound.major != version.major => true,
            Open::Minor => false,
            _ if bound.minor != version.minor => true,
            Open::Patch => super::compare_parts(&version.prerelease, &bound.prerelease).is_ne(),
            Open::All => bound.patch != version.patch || self.order(version).is_ne(),
        }
    }

    fn greater(&self, version: &Version) -> bool {
        let bound = &self.version;
        match (self.open, version.major.cmp(&bound.major)) {
            (Open::Nothing, _) => self.order(version).is_gt(),
            (_, Ordering::Greater) => true,
            (_, Ordering::Less) | (Open::Minor, _) => false,
            (Open::Patch, _) => version.minor > bound.minor,
            (Open::All, _) => self.order(version).is_gt(),
        }
    }

    fn at_most(&self, version: &Version) -> bool {
        let bound = &self.version;
        match self.open {
            Open::Nothing => self.order(version).is_le(),
            _ if version.major > bound.major => false,
            Open::Minor => true,
            _ => !(version.major == bound.major && version.minor > bound.minor),
        }
    }

    fn tilde(&self, version: &Version) -> bool {
        let bound = &self.version;
        if self.order(version).is_lt() {
            return false;
        }
        let minor_is_open = self.open == Open::Minor;
        let zero = (bound.major, bound.minor, bound.patch) == (0, 0, 0);
        if zero && !minor_is_open && self.open != Open::Patch {
            return true;
        }
        version.major == bound.major && (minor_is_open || version.minor == bound.minor)
    }

    fn caret(&self, version: &Version) -> bool {
        let bound = &self.version;
        if self.order(version).is_lt() {
            return false;
        }
        if bound.major > 0 || self.open == Open::Minor {
            return version.major == bound.major;
        }
        if version.major > 0 {
            return false;
        }
        if bound.minor > 0 || self.open == Open::Patch {
            return version.minor == bound.minor;
        }
        version.minor == 0 && version.patch == bound.patch
    }
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
