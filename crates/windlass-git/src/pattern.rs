//! Patterns of files, as the Git generators of Argo CD's ApplicationSets read them.

use windlass_core::{Error, ErrorKind, Result};

/// The most bytes of a pattern.
const PATTERN_BYTES_MAX: usize = 4096;

/// The most patterns that one with alternatives stands for.
const ALTERNATIVES_MAX: usize = 256;

/// A pattern of files in a repository.
///
/// ```
/// use windlass_git::FilePattern;
///
/// let glob = FilePattern::glob("apps/*/{config,values}.json")?;
/// assert!(glob.matches("apps/web/config.json") && !glob.matches("apps/web/eu/config.json"));
/// let pathspec = FilePattern::pathspec("apps/*/config.json")?;
/// assert!(pathspec.matches("apps/web/eu/config.json"), "a star of Git's goes over slashes");
/// # Ok::<(), windlass_core::Error>(())
/// ```
#[derive(Debug, Clone)]
pub struct FilePattern(Form);

#[derive(Debug, Clone)]
enum Form {
    /// Alternatives, each a list of names; an empty name is `**`.
    Glob(Vec<Vec<Option<Vec<Piece>>>>),
    /// The text before the first star and the like, and the whole.
    Pathspec { text: String, pieces: Vec<Piece> },
}

/// A part of a pattern.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Piece {
    Char(char),
    /// Any one character.
    One,
    /// Any number of them.
    Many,
    /// One of these ranges, or none of them.
    Set {
        not: bool,
        ranges: Vec<(char, char)>,
    },
}

impl FilePattern {
    /// A pattern in which `*` stays within a name and `**` stands for any folders, with `{a,b}`, `?` and `[a-z]`: Argo CD's
    /// with `applicationsetcontroller.enable.new.git.file.globbing`.
    ///
    /// # Errors
    /// [`ErrorKind::Invalid`] for a bracket or a brace that does not end, [`ErrorKind::Limit`] for too long a pattern.
    pub fn glob(pattern: &str) -> Result<Self> {
        bounded(pattern)?;
        let names = |pattern: &String| {
            let name = |name: &str| if name == "**" { Ok(None) } else { pieces(name).map(Some) };
            pattern.split('/').filter(|name| !name.is_empty() && *name != ".").map(name).collect()
        };
        let forms = alternatives(pattern)?.iter().map(names).collect::<Result<_>>()?;
        Ok(Self(Form::Glob(forms)))
    }

    /// A pattern as `git ls-files` reads it, which is Argo CD's usual one: `*` goes over slashes, and a folder stands for all
    /// that is in it. Its words in `:(…)` are not there.
    ///
    /// # Errors
    /// [`ErrorKind::Unsupported`] for a pattern that begins with a colon, and as [`glob`](Self::glob).
    pub fn pathspec(pattern: &str) -> Result<Self> {
        bounded(pattern)?;
        if pattern.starts_with(':') {
            return Err(wrong(ErrorKind::Unsupported, "no support for magic words of a pathspec", pattern));
        }
        let text = pattern.strip_prefix("./").unwrap_or(pattern).trim_end_matches('/').to_owned();
        let pieces = pieces(&text)?;
        Ok(Self(Form::Pathspec { text, pieces }))
    }

    /// Says whether it matches the path of a file from the root of the repository, without a slash in front.
    #[must_use]
    pub fn matches(&self, path: &str) -> bool {
        match &self.0 {
            Form::Glob(forms) => {
                let names: Vec<&str> = path.split('/').collect();
                forms.iter().any(|form| names_match(form, &names))
            }
            Form::Pathspec { text, pieces } => {
                let below = path.strip_prefix(text.as_str()).is_some_and(|rest| rest.starts_with('/'));
                text.is_empty() || path == text || below || pieces_match(pieces, path)
            }
        }
    }
}

fn bounded(pattern: &str) -> Result<()> {
    if pattern.len() <= PATTERN_BYTES_MAX {
        return Ok(());
    }
    let error = wrong(ErrorKind::Limit, "the pattern is too long", pattern);
    Err(error.with("pattern_bytes_max", PATTERN_BYTES_MAX))
}

fn wrong(kind: ErrorKind, message: &'static str, pattern: &str) -> Error {
    Error::new(kind, message).with("pattern", pattern.escape_debug().take(200).collect::<String>())
}

/// The patterns that one with braces stands for. The first braces are opened, until none is left.
fn alternatives(pattern: &str) -> Result<Vec<String>> {
    let (mut open, mut done) = (vec![pattern.to_owned()], Vec::new());
    while let Some(next) = open.pop() {
        let Some((start, ends)) = braces(&next)? else {
            done.push(next);
            continue;
        };
        for pair in ends.windows(2) {
            let (before, after) = (&next[..start], &next[ends[ends.len() - 1] + 1..]);
            open.push(format!("{before}{}{after}", &next[pair[0] + 1..pair[1]]));
        }
        if open.len() + done.len() > ALTERNATIVES_MAX {
            let error = wrong(ErrorKind::Limit, "the pattern has too many alternatives", pattern);
            return Err(error.with("alternatives_max", ALTERNATIVES_MAX));
        }
    }
    Ok(done)
}

/// Where the first braces begin, and where each of their alternatives is parted from the next.
fn braces(pattern: &str) -> Result<Option<(usize, Vec<usize>)>> {
    let (mut depth, mut marks) = (0_usize, Vec::new());
    let mut chars = pattern.char_indices();
    while let Some((at, c)) = chars.next() {
        match c {
            '\\' => _ = chars.next(),
            '{' => {
                depth += 1;
                if depth == 1 {
                    marks.push(at);
                }
            }
            ',' if depth == 1 => marks.push(at),
            '}' if depth > 0 => {
                depth -= 1;
                if depth == 0 {
                    marks.push(at);
                    return Ok(Some((marks[0], marks)));
                }
            }
            _ => {}
        }
    }
    if depth > 0 { Err(wrong(ErrorKind::Invalid, "a brace does not end", pattern)) } else { Ok(None) }
}

fn pieces(pattern: &str) -> Result<Vec<Piece>> {
    let mut made = Vec::new();
    let mut chars = pattern.chars().peekable();
    while let Some(c) = chars.next() {
        made.push(match c {
            '*' => Piece::Many,
            '?' => Piece::One,
            '\\' => Piece::Char(chars.next().unwrap_or('\\')),
            '[' => {
                let not = chars.next_if(|c| matches!(c, '!' | '^')).is_some();
                let mut ranges = Vec::new();
                loop {
                    let ended = || wrong(ErrorKind::Invalid, "a bracket does not end", pattern);
                    let first = match chars.next().ok_or_else(ended)? {
                        ']' if !ranges.is_empty() => break,
                        '\\' => chars.next().ok_or_else(ended)?,
                        first => first,
                    };
                    // A dash before the end of the bracket is only a dash.
                    let mut ahead = chars.clone();
                    let range = ahead.next() == Some('-') && ahead.peek().is_some_and(|last| *last != ']');
                    let last = if range { chars.nth(1).ok_or_else(ended)? } else { first };
                    ranges.push((first, last));
                }
                Piece::Set { not, ranges }
            }
            c => Piece::Char(c),
        });
    }
    // Several stars are as one.
    made.dedup_by(|next, last| *next == Piece::Many && *last == Piece::Many);
    Ok(made)
}

impl Piece {
    fn takes(&self, c: char) -> bool {
        match self {
            Self::Char(own) => *own == c,
            Self::One => true,
            Self::Many => false,
            Self::Set { not, ranges } => {
                ranges.iter().any(|(first, last)| (*first..=*last).contains(&c)) != *not
            }
        }
    }
}

/// Whether the pieces make up the whole text. After a mismatch, only the last star has to take more.
fn pieces_match(pieces: &[Piece], text: &str) -> bool {
    let text: Vec<char> = text.chars().collect();
    let (mut at, mut piece, mut star) = (0, 0, None);
    while at < text.len() {
        match pieces.get(piece) {
            Some(Piece::Many) => {
                star = Some((piece, at));
                piece += 1;
            }
            Some(own) if own.takes(text[at]) => (at, piece) = (at + 1, piece + 1),
            _ => {
                let Some((place, from)) = star else { return false };
                star = Some((place, from + 1));
                (at, piece) = (from + 1, place + 1);
            }
        }
    }
    pieces[piece..].iter().all(|piece| *piece == Piece::Many)
}

/// Whether the names of a pattern make up the names of a path, in the same way.
fn names_match(form: &[Option<Vec<Piece>>], names: &[&str]) -> bool {
    let (mut at, mut own, mut star) = (0, 0, None);
    while at < names.len() {
        match form.get(own) {
            Some(None) => {
                star = Some((own, at));
                own += 1;
            }
            Some(Some(pieces)) if pieces_match(pieces, names[at]) => (at, own) = (at + 1, own + 1),
            _ => {
                let Some((place, from)) = star else { return false };
                star = Some((place, from + 1));
                (at, own) = (from + 1, place + 1);
            }
        }
    }
    form[own..].iter().all(Option::is_none)
}

#[cfg(test)]
mod tests {
    use super::*;

    const FILES: [&str; 5] =
        ["a/config.json", "a/b/config.json", "a/b/c/config.json", "a/b/values.yaml", "p[1]/config.json"];

    #[track_caller]
    fn check(pattern: Result<FilePattern>, expected: &[&str]) {
        let pattern = pattern.unwrap();
        let found: Vec<&str> = FILES.into_iter().filter(|file| pattern.matches(file)).collect();
        assert_eq!(found, expected);
    }

    /// As doublestar 4 reads them, which Argo CD 3.6.0 uses.
    #[test]
    fn a_star_of_a_glob_stays_within_a_name() {
        check(FilePattern::glob("a/*/config.json"), &["a/b/config.json"]);
        check(FilePattern::glob("a/**/config.json"), &FILES[..3]);
        check(FilePattern::glob("**/b/*.{yaml,json}"), &["a/b/config.json", "a/b/values.yaml"]);
        check(FilePattern::glob("a/{b/c,x}/*"), &["a/b/c/config.json"]);
        check(FilePattern::glob("[a-b]/config.jso?"), &["a/config.json"]);
        check(FilePattern::glob("p\\[1]/config.json"), &["p[1]/config.json"]);
    }

    /// As `git ls-files` of Git 2.47 reads them.
    #[test]
    fn a_star_of_a_pathspec_goes_over_slashes() {
        check(FilePattern::pathspec("a/*/config.json"), &["a/b/config.json", "a/b/c/config.json"]);
        check(FilePattern::pathspec("a/b"), &["a/b/config.json", "a/b/c/config.json", "a/b/values.yaml"]);
        check(FilePattern::pathspec("*.yaml"), &["a/b/values.yaml"]);
        check(FilePattern::pathspec("[!p]/config.json"), &["a/config.json"]);
    }

    #[test]
    fn what_does_not_end_is_told() {
        let told = |pattern| FilePattern::glob(pattern).unwrap_err().to_string();
        assert_eq!(told("a/[b"), "a bracket does not end (pattern=[b)");
        assert_eq!(told("a/{b"), "a brace does not end (pattern=a/{b)");
        let many = "{a,b}".repeat(20);
        assert!(told(&many).starts_with("the pattern has too many alternatives"));
        assert!(FilePattern::pathspec(":(glob)a").is_err());
    }
}
