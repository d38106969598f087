//! Names that may be a branch, a tag, a range of versions or a commit, as people and Argo CD's `targetRevision` write them.

use std::fmt;

use windlass_core::{Error, ErrorKind, Result};
use windlass_semver::{Constraint, Version};

use crate::range::TAGS;
use crate::reference::{BRANCHES, Reference};

/// How many names that are there are told where none fits.
const NEAR_MAX: usize = 5;

/// Where a short name is looked for, in Git's order: of a tag and a branch of one name, the tag counts.
const FOLDERS: [&str; 4] = [TAGS, BRANCHES, "refs/remotes/", "refs/"];

/// A name that says by itself what it is, once all references are known.
///
/// ```
/// use windlass_git::{AnyName, Reference};
///
/// assert_eq!(Reference::read("refs/heads/main"), Reference::Name("refs/heads/main".into()));
/// assert_eq!(Reference::read("HEAD"), Reference::Head);
/// assert_eq!(Reference::read("v1.*"), Reference::Any(AnyName::new("v1.*")));
/// ```
///
/// A version, such as `v1.2.3` or `1.2`, is a tag and stands for itself. A constraint, such as `v1.*` or `>= 1.2`, stands for
/// the highest tag that it allows; any other name is a tag or a branch. It is resolved as Argo CD 3.6 does it, but that Argo CD
/// takes either at random where a tag and a branch have one name, and takes a commit whose name is cut short for one that is
/// there.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct AnyName {
    text: String,
    prefix: String,
}

impl AnyName {
    /// The name as it was written.
    #[must_use]
    pub fn new(text: impl Into<String>) -> Self {
        Self { text: text.into(), prefix: String::new() }
    }

    /// Looks for versions among the tags that begin like this only.
    #[must_use]
    pub fn with_tag_prefix(mut self, prefix: impl Into<String>) -> Self {
        self.prefix = prefix.into();
        self
    }

    /// Gives the full name of the reference that is meant, among the full names of all.
    pub(crate) fn choose<'n>(&self, names: &[&'n str]) -> Result<&'n str> {
        let wanted = self.tag(names).unwrap_or_else(|| self.text.clone());
        let full = FOLDERS.iter().map(|folder| format!("{folder}{wanted}"));
        let found = std::iter::once(wanted.clone())
            .filter(|name| is_full(name))
            .chain(full)
            .find_map(|full| names.iter().find(|name| **name == full).copied());
        found.ok_or_else(|| self.not_found(names))
    }

    /// The tag that is meant, if it is a version or a constraint that some tag is in.
    fn tag(&self, names: &[&str]) -> Option<String> {
        if Version::parse(&self.text).is_ok() {
            return Some(format!("{}{}", self.prefix, self.text));
        }
        let constraint = Constraint::parse(&self.text).ok()?;
        let start = format!("{TAGS}{}", self.prefix);
        let tags = names.iter().filter_map(|name| name.strip_prefix(&start));
        let allowed =
            tags.filter_map(|tag| Version::parse(tag).ok()).filter(|version| constraint.allows(version));
        // Of `v1.0` and `v1.0.0`, the one that says more counts.
        let rank = |version: &Version| (version.original().len(), version.original().to_owned());
        let best =
            allowed.max_by(|one, other| one.compare(other).then_with(|| rank(one).cmp(&rank(other))))?;
        Some(format!("{}{}", self.prefix, best.original()))
    }

    fn not_found(&self, names: &[&str]) -> Error {
        let error = Error::new(ErrorKind::NotFound, "no such reference").with("reference", self);
        if self.text.len() >= 7 && self.text.bytes().all(|byte| byte.is_ascii_hexdigit()) {
            return error.with_help("a commit is named by 40 hexadecimal digits");
        }
        let short = |name: &str| {
            let short = name.strip_prefix(TAGS).or_else(|| name.strip_prefix(BRANCHES))?;
            short.starts_with(&self.prefix).then(|| short.to_owned())
        };
        let near: Vec<String> = names.iter().filter_map(|name| short(name)).take(NEAR_MAX).collect();
        if near.is_empty() { error } else { error.with("existing", near.join(" ")) }
    }
}

impl Reference {
    /// Reads a name as people write it: a commit by all of its digits, a full name that begins with `refs/`, nothing or `HEAD`
    /// for the default branch, and else [any name](AnyName).
    #[must_use]
    pub fn read(text: &str) -> Self {
        let is_commit = text.len() == 40 && text.bytes().all(|byte| byte.is_ascii_hexdigit());
        match text {
            "" | "HEAD" => Self::Head,
            commit if is_commit => Self::Commit(commit.to_ascii_lowercase()),
            full if is_full(full) => Self::Name(full.to_owned()),
            other => Self::Any(AnyName::new(other)),
        }
    }
}

fn is_full(name: &str) -> bool {
    name.starts_with("refs/")
}

impl fmt::Display for AnyName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}{}", self.prefix, self.text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NAMES: [&str; 10] = [
        "refs/heads/main",
        "refs/heads/v1.1.0",
        "refs/tags/v1.0",
        "refs/tags/v1.0.0",
        "refs/tags/v1.0.1",
        "refs/tags/v1.1.0",
        "refs/tags/2024-apple",
        "refs/tags/2024-banana",
        "refs/tags/prod/v2.0.0",
        "refs/pull/7/head",
    ];

    #[track_caller]
    fn check(name: &AnyName, expected: &str) {
        let chosen = name.choose(&NAMES).map_or_else(|error| error.to_string(), str::to_owned);
        assert_eq!(chosen, expected);
    }

    /// As Argo CD 3.6.0 resolves them, in its `Test_SemverTags`.
    #[test]
    fn a_version_is_a_tag_and_a_constraint_the_highest() {
        check(&AnyName::new("v1.0"), "refs/tags/v1.0");
        check(&AnyName::new("v1.0.*"), "refs/tags/v1.0.1");
        check(&AnyName::new("> v1.0.0 < v1.1.0"), "refs/tags/v1.0.1");
        check(&AnyName::new("v1.x"), "refs/tags/v1.1.0");
        check(&AnyName::new("2024-apple"), "refs/tags/2024-apple");
        check(&AnyName::new("> 2024.0.0-apple"), "refs/tags/2024-banana");
        check(&AnyName::new("v*").with_tag_prefix("prod/"), "refs/tags/prod/v2.0.0");
        check(&AnyName::new("v2.0.0").with_tag_prefix("prod/"), "refs/tags/prod/v2.0.0");
    }

    #[test]
    fn other_names_are_tags_and_branches_and_whatever_is_under_refs() {
        check(&AnyName::new("main"), "refs/heads/main");
        check(&AnyName::new("v1.1.0"), "refs/tags/v1.1.0");
        check(&AnyName::new("pull/7/head"), "refs/pull/7/head");
        check(&AnyName::new("refs/pull/7/head"), "refs/pull/7/head");
    }

    #[test]
    fn what_is_not_there_is_told_with_what_is() {
        let near = "existing=main v1.1.0 v1.0 v1.0.0 v1.0.1";
        check(&AnyName::new("v1.1"), &format!("no such reference (reference=v1.1, {near})"));
        check(&AnyName::new("> 2024-apple"), &format!("no such reference (reference=> 2024-apple, {near})"));
        check(&AnyName::new("v3.*").with_tag_prefix("dev/"), "no such reference (reference=dev/v3.*)");
        check(&AnyName::new("9d921f6"), "no such reference (reference=9d921f6)");
    }
}
