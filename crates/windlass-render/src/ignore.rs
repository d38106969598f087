//! Patterns of ignore files.
//!
//! They are those of gitignore with two differences, which are Flux's: a pattern holds for all that lies in a folder it
//! matches, and the last pattern that holds decides, so that `!` can bring back a file of an excluded folder; and
//! `a/**` holds for `a` too.

mod glob;

use std::rc::Rc;

use windlass_core::TreePath;

use glob::{Glob, Name};

/// What ignore files say of one folder: those of the folder itself, then those of the folders around it. Cheap to clone.
#[derive(Debug, Clone, Default)]
pub(crate) struct Rules(Option<Rc<Scope>>);

/// Patterns that say of paths that they stay out, read as Flux reads an ignore file.
///
/// ```
/// use windlass_core::TreePath;
/// use windlass_render::Ignore;
///
/// let ignore = Ignore::new(".git/\n*.zip\n!keep.zip");
/// assert!(ignore.ignores(&TreePath::new("a/b.zip")?, false));
/// assert!(!ignore.ignores(&TreePath::new("a/keep.zip")?, false));
/// # Ok::<(), windlass_core::Error>(())
/// ```
#[derive(Debug, Clone)]
pub struct Ignore(Rules);

impl Ignore {
    /// Reads patterns, one a line.
    #[must_use]
    pub fn new(patterns: &str) -> Self {
        Self(Rules::default().with(&TreePath::root(), Pattern::all(patterns).collect()))
    }

    /// The files by which Git keeps a repository, in a folder and below it, which Flux leaves out of every source:
    /// `.git`, `.gitignore`, `.gitmodules` and `.gitattributes`.
    #[must_use]
    pub fn git_files(folder: &TreePath) -> Self {
        Self(Rules::default().with(folder, Pattern::all(GIT_FILES).collect()))
    }

    /// Says whether a path stays out.
    #[must_use]
    pub fn ignores(&self, path: &TreePath, is_folder: bool) -> bool {
        self.0.of(path, is_folder) == Match::Exclude
    }
}

/// What the rules say of a path.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Match {
    Exclude,
    Include,
    None,
}

#[derive(Debug)]
struct Scope {
    /// Asked where no pattern of this one holds.
    outer: Rules,
    /// The folder of the ignore file; its patterns see nothing else.
    folder: TreePath,
    patterns: Vec<Pattern>,
    /// Whether a pattern here or further out begins with `!`.
    includes: bool,
}

#[derive(Debug)]
pub(crate) struct Pattern {
    names: Vec<Glob>,
    /// Whether it begins at the folder, not at any depth below.
    anchored: bool,
    folders_only: bool,
    include: bool,
}

const GIT_FILES: &str = ".git/\n.gitignore\n.gitmodules\n.gitattributes\n";

/// What Flux leaves out of every source, as far as it has names that a render would look at: the files of build services,
/// pictures and archives. What is hidden is left out anyway.
const DEFAULTS: &str = "*.jpg\n*.jpeg\n*.gif\n*.png\n*.wmv\n*.flv\n*.tar.gz\n*.zip\n\
    appveyor.yml\ncloudbuild.yaml\ncodeship-services.yml\ncodeship-steps.yml\n";

impl Rules {
    /// The rules around all ignore files, which any of them can take back.
    pub(crate) fn defaults() -> Self {
        Self::default().with(&TreePath::root(), Pattern::all(DEFAULTS).collect())
    }

    /// Adds the patterns of an ignore file that lies in `folder`; they are more important than all before.
    #[must_use]
    pub(crate) fn with(&self, folder: &TreePath, patterns: Vec<Pattern>) -> Self {
        if patterns.is_empty() {
            return self.clone();
        }
        let includes = self.includes() || patterns.iter().any(|pattern| pattern.include);
        Self(Some(Rc::new(Scope { outer: self.clone(), folder: folder.clone(), patterns, includes })))
    }

    /// Says what the last pattern that holds says.
    pub(crate) fn of(&self, path: &TreePath, is_folder: bool) -> Match {
        if self.is_empty() {
            return Match::None;
        }
        let names: Vec<Name<'_>> = path.names().map(Name::new).collect();
        let mut scope = self.0.as_deref();
        while let Some(Scope { outer, folder, patterns, .. }) = scope {
            let inside = inside(folder, &names).unwrap_or_default();
            match patterns.iter().rev().find(|pattern| pattern.holds(inside, is_folder)) {
                Some(pattern) if pattern.include => return Match::Include,
                Some(_) => return Match::Exclude,
                None => scope = outer.0.as_deref(),
            }
        }
        Match::None
    }

    /// Says whether a folder can be passed over as a whole.
    pub(crate) fn prunes(&self, folder: &TreePath) -> bool {
        !self.includes() && self.of(folder, true) == Match::Exclude
    }

    pub(crate) const fn is_empty(&self) -> bool {
        self.0.is_none()
    }

    fn includes(&self) -> bool {
        self.0.as_ref().is_some_and(|scope| scope.includes)
    }
}

/// Gives a path seen from a folder that it lies in.
fn inside<'p, 'n>(folder: &TreePath, path: &'p [Name<'n>]) -> Option<&'p [Name<'n>]> {
    let mut rest = path;
    for name in folder.names() {
        let (first, below) = rest.split_first()?;
        if first.text != name {
            return None;
        }
        rest = below;
    }
    Some(rest)
}

impl Pattern {
    /// Reads the lines of an ignore file.
    pub(crate) fn all(text: &str) -> impl Iterator<Item = Self> {
        text.lines().filter_map(Self::new)
    }

    /// Reads a line; `None` for a comment and for nothing.
    fn new(line: &str) -> Option<Self> {
        let line = without_trailing_space(line);
        if line.starts_with('#') {
            return None;
        }
        let (include, line) = line.strip_prefix('!').map_or((false, line), |rest| (true, rest));
        let (folders_only, line) = line.strip_suffix('/').map_or((false, line), |rest| (true, rest));
        let anchored = line.contains('/');
        let names: Vec<Glob> = line.split('/').filter(|name| !name.is_empty()).map(Glob::new).collect();
        (!names.is_empty()).then_some(Self { names, anchored, folders_only, include })
    }

    /// Says whether it matches a path, seen from its folder, or a folder that the path lies in.
    fn holds(&self, path: &[Name<'_>], is_folder: bool) -> bool {
        (1..=path.len()).any(|length| {
            let whole = length == path.len();
            (!self.folders_only || !whole || is_folder) && self.matches(&path[..length])
        })
    }

    fn matches(&self, path: &[Name<'_>]) -> bool {
        if self.anchored {
            return glob::names_match(&self.names, path);
        }
        path.last().is_some_and(|name| self.names[0].matches(name))
    }
}

/// Trailing spaces count only behind a backslash; a line may end as Windows ends it.
fn without_trailing_space(line: &str) -> &str {
    let line = line.trim_end_matches('\r');
    let trimmed = line.trim_end_matches(' ');
    if trimmed.ends_with('\\') && trimmed.len() < line.len() { &line[..=trimmed.len()] } else { trimmed }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// `+` is included, `-` excluded, `.` neither.
    #[track_caller]
    fn check(rules: &str, path: &str, expected: char) {
        let all = Rules::default().with(&TreePath::root(), Pattern::all(rules).collect());
        let is_folder = path.ends_with('/');
        let got = match all.of(&TreePath::new(path).unwrap(), is_folder) {
            Match::Exclude => '-',
            Match::Include => '+',
            Match::None => '.',
        };
        assert_eq!(got, expected, "{path} by {rules:?}");
    }

    #[test]
    fn a_name_holds_at_any_depth_and_for_what_lies_inside() {
        check("tmp", "tmp", '-');
        check("tmp", "a/tmp/b/c.yaml", '-');
        check("tmp", "a/tmpx", '.');
        check("*.json", "a/b.json", '-');
    }

    #[test]
    fn a_slash_anchors() {
        check("/tmp", "tmp/a", '-');
        check("/tmp", "a/tmp", '.');
        check("a/b", "x/a/b", '.');
        check("a/*", "a/b/c", '-');
    }

    #[test]
    fn a_slash_at_the_end_means_folders() {
        check("a/", "a", '.');
        check("a/", "a/", '-');
        check("a/", "a/b", '-');
    }

    #[test]
    fn two_stars_stand_for_any_folders() {
        check("**/a", "x/y/a", '-');
        check("**/a", "a", '-');
        check("a/**/b", "a/b", '-');
        check("a/**/b", "a/x/y/b", '-');
        check("a/**", "a", '-');
        check("a/**", "a/x", '-');
    }

    #[test]
    fn the_last_pattern_that_holds_decides() {
        check("/*\n!/deploy", "deploy/a.yaml", '+');
        check("/*\n!/deploy", "other.yaml", '-');
        check("a/\n!a/b", "a/b", '+');
        check("!a\na", "a", '-');
    }

    #[test]
    fn escapes_comments_and_spaces_are_those_of_git() {
        check("# a", "# a", '.');
        check("\\#a", "#a", '-');
        check("\\!a", "!a", '-');
        check("a  ", "a", '-');
        check("a\\ ", "a ", '-');
        check("a\r", "a", '-');
        check("\n\n/\n", "a", '.');
    }

    #[test]
    fn classes_and_wildcards_match_one_name() {
        check("[a-c]x", "bx", '-');
        check("[!a-c]x", "bx", '.');
        check("[]]", "]", '-');
        check("[", "[", '.');
        check("a?c", "abc", '-');
        check("a*c*e", "abcde", '-');
        check("a*c", "a/c", '.');
    }

    #[test]
    fn a_hostile_pattern_takes_no_longer_than_its_length() {
        let pattern = "*a".repeat(200);
        check(&pattern, &"a".repeat(199), '.');
        check(&"**/a/".repeat(50), &"a/".repeat(49), '.');
    }
}
