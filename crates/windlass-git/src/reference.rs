//! What of a repository is wanted: a branch, a tag, any reference, a commit, or what the remote calls HEAD.

use std::fmt;

use gix::ObjectId;
use windlass_core::{Error, ErrorKind, Result};

use crate::any_name::AnyName;
use crate::range::{TAGS, TagRange};

/// How the names of branches begin.
pub(crate) const BRANCHES: &str = "refs/heads/";

/// How many names that are there are told where one is not.
const NEAR_MAX: usize = 5;

/// The name of a state of a repository.
///
/// A commit is immutable; all others resolve to the commit that they name at that moment.
#[derive(Debug, Clone, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum Reference {
    /// The default branch: what `HEAD` of the repository points to.
    #[default]
    Head,
    /// `refs/heads/<name>`.
    Branch(String),
    /// `refs/tags/<name>`. An annotated tag stands for the commit that it tags.
    Tag(String),
    /// The highest tag of a range of versions.
    Semver(TagRange),
    /// A full reference name, such as `refs/pull/7/head`.
    Name(String),
    /// A commit by its full hexadecimal name.
    Commit(String),
    /// Whatever a name stands for once all references are known.
    Any(AnyName),
}

/// A reference after it was checked: a name to look up, or the answer itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Wanted {
    Ref(String),
    Tags(TagRange),
    Commit(ObjectId),
    Any(AnyName),
}

impl Reference {
    /// Checks the name and spells it out.
    pub(crate) fn wanted(&self) -> Result<Wanted> {
        match self {
            Self::Head => Ok(Wanted::Ref("HEAD".to_owned())),
            Self::Branch(name) => full("refs/heads/", name),
            Self::Tag(name) => full(TAGS, name),
            Self::Semver(range) => range.constraint().map(|_| Wanted::Tags(range.clone())),
            Self::Name(name) if name == "HEAD" => Ok(Wanted::Ref(name.clone())),
            Self::Name(name) if name.starts_with("refs/") => full("", name),
            Self::Name(name) => Err(invalid("a full reference name starts with refs/", name)),
            Self::Any(name) => Ok(Wanted::Any(name.clone())),
            Self::Commit(hex) => match ObjectId::from_hex(hex.as_bytes()) {
                Ok(id) => Ok(Wanted::Commit(id)),
                Err(_) => Err(invalid("a commit is named by 40 hexadecimal digits", hex)),
            },
        }
    }

    /// Where references that could have been meant instead are found, and what they are called.
    pub(crate) fn neighbours(&self) -> Option<(&'static str, &str)> {
        match self {
            Self::Branch(name) => Some(("refs/heads/", name)),
            Self::Tag(name) => Some((TAGS, name)),
            Self::Name(name) => Some(("refs/", name.strip_prefix("refs/").unwrap_or(name))),
            Self::Head | Self::Semver(_) | Self::Commit(_) | Self::Any(_) => None,
        }
    }
}

impl fmt::Display for Reference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Head => f.write_str("HEAD"),
            Self::Branch(name) => write!(f, "branch {name}"),
            Self::Tag(name) => write!(f, "tag {name}"),
            Self::Semver(range) => write!(f, "tags {range}"),
            Self::Name(name) => f.write_str(name),
            Self::Commit(hex) => write!(f, "commit {hex}"),
            Self::Any(name) => name.fmt(f),
        }
    }
}

/// The error of a reference that is not there, with up to five that are: the nearest first.
pub(crate) fn not_found(reference: &Reference, existing: &[String]) -> Error {
    let error = Error::new(ErrorKind::NotFound, "no such reference").with("reference", reference);
    let Some((_, name)) = reference.neighbours().filter(|_| !existing.is_empty()) else { return error };
    let mut near: Vec<_> = existing.iter().map(|other| (distance(name, other), other)).collect();
    near.sort();
    let near: Vec<_> = near.into_iter().take(NEAR_MAX).map(|(_, other)| other.as_str()).collect();
    error.with("existing", near.join(" "))
}

/// The error of a name that leads to a branch that is not there, with up to five that are.
pub(crate) fn unborn(name: &str, target: &str, branches: Result<Vec<String>>) -> Error {
    let mut branches = branches.unwrap_or_default();
    if branches.is_empty() {
        return Error::new(ErrorKind::NotFound, "the branch has no commit yet").with("name", target);
    }
    branches.truncate(NEAR_MAX);
    Error::new(ErrorKind::NotFound, format!("{name} leads to a branch that is not there"))
        .with("name", target)
        .with("existing", branches.join(" "))
        .with_help("say which branch is meant")
}

fn full(prefix: &str, name: &str) -> Result<Wanted> {
    let full = format!("{prefix}{name}");
    let odd = name.is_empty() || name.starts_with('-') || name.len() > 1024;
    match gix::validate::reference::name(full.as_bytes().into()) {
        Ok(_) if !odd => Ok(Wanted::Ref(full)),
        _ => Err(invalid("not a reference name", name)),
    }
}

fn invalid(message: &'static str, name: &str) -> Error {
    Error::new(ErrorKind::Invalid, message)
        .with("reference", name.escape_debug().take(200).collect::<String>())
}

/// How many letters must change to come from one name to the other, for names of ordinary length.
fn distance(from: &str, to: &str) -> usize {
    let (from, to): (Vec<_>, Vec<_>) = (from.chars().take(100).collect(), to.chars().take(100).collect());
    let mut row: Vec<usize> = (0..=to.len()).collect();
    for (i, a) in from.iter().enumerate() {
        let mut corner = row[0];
        row[0] = i + 1;
        for (j, b) in to.iter().enumerate() {
            let changed = corner + usize::from(a != b);
            corner = row[j + 1];
            row[j + 1] = changed.min(row[j] + 1).min(corner + 1);
        }
    }
    row[to.len()]
}

#[cfg(test)]
mod tests {

    use super::*;

    fn check(reference: Reference, expected: &str) {
        let shown = match reference.wanted() {
            Ok(Wanted::Ref(name)) => name,
            Ok(Wanted::Tags(range)) => range.start(),
            Ok(Wanted::Commit(id)) => format!("commit {id}"),
            Ok(Wanted::Any(name)) => name.to_string(),
            Err(error) => error.to_string(),
        };
        assert_eq!(shown, expected);
    }

    #[test]
    fn references_are_spelled_out() {
        check(Reference::Head, "HEAD");
        check(Reference::Branch("main".into()), "refs/heads/main");
        check(Reference::Tag("v1.0".into()), "refs/tags/v1.0");
        check(Reference::Name("refs/pull/7/head".into()), "refs/pull/7/head");
        check(Reference::Commit("a".repeat(40)), &format!("commit {}", "a".repeat(40)));
    }

    #[test]
    fn odd_names_are_refused() {
        check(Reference::Branch("-x".into()), "not a reference name (reference=-x)");
        check(Reference::Branch(String::new()), "not a reference name (reference=)");
        check(Reference::Branch("a..b".into()), "not a reference name (reference=a..b)");
        check(Reference::Branch("a\nb".into()), "not a reference name (reference=a\\nb)");
        check(Reference::Name("main".into()), "a full reference name starts with refs/ (reference=main)");
        check(Reference::Commit("abc".into()), "a commit is named by 40 hexadecimal digits (reference=abc)");
    }

    #[test]
    fn the_nearest_five_are_shown() {
        let existing: Vec<String> =
            ["dev", "main", "master", "x/long/name", "man", "prod"].iter().map(ToString::to_string).collect();
        assert_eq!(
            not_found(&Reference::Branch("mian".into()), &existing).to_string(),
            "no such reference (reference=branch mian, existing=man main dev prod master)"
        );
    }
}
