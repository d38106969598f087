//! Patterns of ignore files.
//!
//! They are those of gitignore with two differences, which are Flux's: a pattern holds for all that lies in a folder it
//! matches, and the last pattern that holds decides, so that `!` can bring back a file of an excluded folder; and
//! `a/**` holds for `a` too.

use windlass_core::TreePath;

/// What ignore files say, the least important pattern first.
#[derive(Debug, Clone, Default)]
pub(crate) struct Rules {
    patterns: Vec<Pattern>,
}

/// What the rules say of a path.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Match {
    Exclude,
    Include,
    None,
}

#[derive(Debug, Clone)]
struct Pattern {
    /// The folder of the ignore file; the pattern sees nothing else.
    folder: TreePath,
    names: Vec<String>,
    /// Whether it begins at the folder, not at any depth below.
    anchored: bool,
    folders_only: bool,
    include: bool,
}

impl Rules {
    /// Adds the lines of an ignore file that lies in `folder`.
    pub(crate) fn add(&mut self, folder: &TreePath, text: &str) {
        self.patterns.extend(text.lines().filter_map(|line| Pattern::new(folder, line)));
    }

    /// Says what the last pattern that holds says.
    pub(crate) fn of(&self, path: &TreePath, is_folder: bool) -> Match {
        let names: Vec<&str> = path.names().collect();
        let found = self.patterns.iter().rev().find(|pattern| pattern.holds(&names, is_folder));
        match found {
            Some(pattern) if pattern.include => Match::Include,
            Some(_) => Match::Exclude,
            None => Match::None,
        }
    }

    /// Says whether a folder can be passed over as a whole.
    pub(crate) fn prunes(&self, folder: &TreePath) -> bool {
        self.of(folder, true) == Match::Exclude && !self.patterns.iter().any(|pattern| pattern.include)
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.patterns.is_empty()
    }
}

impl Pattern {
    /// Reads a line; `None` for a comment and for nothing.
    fn new(folder: &TreePath, line: &str) -> Option<Self> {
        let line = without_trailing_space(line);
        if line.starts_with('#') {
            return None;
        }
        let (include, line) = line.strip_prefix('!').map_or((false, line), |rest| (true, rest));
        let (folders_only, line) = line.strip_suffix('/').map_or((false, line), |rest| (true, rest));
        let anchored = line.contains('/');
        let names: Vec<String> = line.split('/').filter(|name| !name.is_empty()).map(str::to_owned).collect();
        (!names.is_empty()).then(|| Self { folder: folder.clone(), names, anchored, folders_only, include })
    }

    /// Says whether it matches a path or a folder that the path lies in.
    fn holds(&self, path: &[&str], is_folder: bool) -> bool {
        let Some(inside) = self.inside(path) else { return false };
        (1..=inside.len()).any(|length| {
            let whole = length == inside.len();
            (!self.folders_only || !whole || is_folder) && self.matches(&inside[..length])
        })
    }

    /// Gives the path seen from the folder of the ignore file.
    fn inside<'p, 'n>(&self, path: &'p [&'n str]) -> Option<&'p [&'n str]> {
        let mut rest = path;
        for name in self.folder.names() {
            let (first, below) = rest.split_first()?;
            if *first != name {
                return None;
            }
            rest = below;
        }
        Some(rest)
    }

    fn matches(&self, path: &[&str]) -> bool {
        if self.anchored {
            return names_match(&self.names, path);
        }
        path.last().is_some_and(|name| self.names[0] == "**" || name_matches(&self.names[0], name))
    }
}

/// Trailing spaces count only behind a backslash; a line may end as Windows ends it.
fn without_trailing_space(line: &str) -> &str {
    let line = line.trim_end_matches('\r');
    let trimmed = line.trim_end_matches(' ');
    if trimmed.ends_with('\\') && trimmed.len() < line.len() { &line[..=trimmed.len()] } else { trimmed }
}

/// Matches names one by one; `**` stands for any number of them, also none, and at the end too. Every state is visited
/// once, so that no pattern takes more than its length times the depth.
fn names_match(pattern: &[String], path: &[&str]) -> bool {
    let mut reached = vec![false; path.len() + 1];
    reached[0] = true;
    for name in pattern {
        let mut next = vec![false; path.len() + 1];
        for from in (0..=path.len()).filter(|from| reached[*from]) {
            if name == "**" {
                next.iter_mut().skip(from).for_each(|reached| *reached = true);
            } else if from < path.len() && name_matches(name, path[from]) {
                next[from + 1] = true;
            }
        }
        reached = next;
    }
    reached[path.len()]
}

/// Matches one name: `*`, `?`, `[a-z]`, `[!a-z]` and a backslash before what is meant literally.
fn name_matches(pattern: &str, name: &str) -> bool {
    let (pattern, name): (Vec<char>, Vec<char>) = (pattern.chars().collect(), name.chars().collect());
    let (mut p, mut n) = (0, 0);
    let mut star: Option<(usize, usize)> = None;
    while n < name.len() {
        let step = match pattern.get(p) {
            Some('*') => {
                star = Some((p + 1, n));
                p += 1;
                continue;
            }
            Some(_) => one_matches(&pattern[p..], name[n]),
            None => None,
        };
        match (step, star) {
            (Some(length), _) => {
                p += length;
                n += 1;
            }
            (None, Some((after, from))) => {
                star = Some((after, from + 1));
                p = after;
                n = from + 1;
            }
            (None, None) => return false,
        }
    }
    pattern[p..].iter().all(|rest| *rest == '*')
}

/// Matches one character with the head of a pattern and gives the length of that head.
fn one_matches(pattern: &[char], character: char) -> Option<usize> {
    match pattern {
        ['?', ..] => Some(1),
        ['\\', literal, ..] => (*literal == character).then_some(2),
        ['[', ..] => class_matches(pattern, character),
        [literal, ..] => (*literal == character).then_some(1),
        [] => None,
    }
}

/// A class that is not closed matches nothing.
fn class_matches(pattern: &[char], character: char) -> Option<usize> {
    let not = matches!(pattern.get(1), Some('!' | '^'));
    let mut at = if not { 2 } else { 1 };
    let first = at;
    let mut found = false;
    loop {
        let mut low = *pattern.get(at)?;
        if low == ']' && at > first {
            return (found != not).then_some(at + 1);
        }
        if low == '\\' {
            at += 1;
            low = *pattern.get(at)?;
        }
        at += 1;
        let mut high = low;
        if pattern.get(at) == Some(&'-') && pattern.get(at + 1).is_some_and(|end| *end != ']') {
            high = *pattern.get(at + 1)?;
            at += 2;
        }
        found |= (low..=high).contains(&character);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// `+` is included, `-` excluded, `.` neither.
    #[track_caller]
    fn check(rules: &str, path: &str, expected: char) {
        let mut all = Rules::default();
        all.add(&TreePath::root(), rules);
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
