//! Patterns as Go's `filepath.Match` reads them: `*` and `?` stay inside a name, `[a-z]` is one character.

/// A pattern.
#[derive(Debug, Clone)]
pub(crate) struct Glob {
    tokens: Vec<Token>,
}

/// The pattern is not one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct BadPattern;

#[derive(Debug, Clone)]
enum Token {
    Char(char),
    Any,
    Star,
    Class { negated: bool, ranges: Vec<(char, char)> },
}

impl Glob {
    /// Reads a pattern.
    pub(crate) fn parse(text: &str) -> Result<Self, BadPattern> {
        let mut chars = text.chars().peekable();
        let mut tokens = Vec::new();
        while let Some(c) = chars.next() {
            tokens.push(match c {
                '*' => Token::Star,
                '?' => Token::Any,
                '\\' => Token::Char(chars.next().ok_or(BadPattern)?),
                '[' => class(&mut chars)?,
                c => Token::Char(c),
            });
        }
        Ok(Self { tokens })
    }

    /// Says whether the whole of `path` matches. Goes back to the last star only: what lies before it has matched as
    /// early as it can, and no star goes over a `/`.
    pub(crate) fn matches(&self, path: &str) -> bool {
        let path: Vec<char> = path.chars().collect();
        let (mut token, mut at) = (0, 0);
        let mut star: Option<(usize, usize)> = None;
        loop {
            match self.tokens.get(token) {
                None if at == path.len() => return true,
                Some(Token::Star) => {
                    star = Some((token + 1, at));
                    token += 1;
                    continue;
                }
                Some(one) if path.get(at).is_some_and(|c| one.takes(*c)) => {
                    (token, at) = (token + 1, at + 1);
                    continue;
                }
                _ => {}
            }
            let Some((after, from)) = star else { return false };
            if path.get(from).is_none_or(|c| *c == '/') {
                return false;
            }
            star = Some((after, from + 1));
            (token, at) = (after, from + 1);
        }
    }
}

impl Token {
    fn takes(&self, c: char) -> bool {
        match self {
            Self::Char(own) => *own == c,
            Self::Any => c != '/',
            Self::Star => false,
            Self::Class { negated, ranges } => {
                c != '/' && ranges.iter().any(|(low, high)| (*low..=*high).contains(&c)) != *negated
            }
        }
    }
}

fn class(chars: &mut std::iter::Peekable<std::str::Chars<'_>>) -> Result<Token, BadPattern> {
    let negated = chars.next_if_eq(&'^').is_some();
    let mut ranges = Vec::new();
    loop {
        if chars.peek() == Some(&']') && !ranges.is_empty() {
            chars.next();
            return Ok(Token::Class { negated, ranges });
        }
        let low = class_char(chars)?;
        let high = if chars.next_if_eq(&'-').is_some() { class_char(chars)? } else { low };
        ranges.push((low, high));
    }
}

fn class_char(chars: &mut std::iter::Peekable<std::str::Chars<'_>>) -> Result<char, BadPattern> {
    match chars.next() {
        None | Some('-' | ']') => Err(BadPattern),
        Some('\\') => chars.next().ok_or(BadPattern),
        Some(c) => Ok(c),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(pattern: &str, path: &str) -> Option<bool> {
        Glob::parse(pattern).ok().map(|glob| glob.matches(path))
    }

    #[test]
    fn patterns_mean_what_go_makes_of_them() {
        for (pattern, path, expected) in [
            ("abc", "abc", Some(true)),
            ("*", "abc", Some(true)),
            ("*c", "abc", Some(true)),
            ("a*", "ab/c", Some(false)),
            ("a*/b", "a/c/b", Some(false)),
            ("a*b*c*d*e*/f", "axbxcxdxexxx/f", Some(true)),
            ("a*b?c*x", "abxbbxdbxebxczzy", Some(false)),
            ("ab[c]", "abc", Some(true)),
            ("ab[^b-d]", "abc", Some(false)),
            ("a[!b]", "a!", Some(true)),
            ("a\\*b", "a*b", Some(true)),
            ("a?b", "a/b", Some(false)),
            ("a[^a]b", "a/b", Some(false)),
            ("[]a]", "]", None),
            ("[-]", "-", None),
            ("[a-b-c]", "a", None),
            ("[", "a", None),
            ("a[", "a", None),
            ("a\\", "a", None),
            ("[\\]]", "]", Some(true)),
            ("[x\\-]", "-", Some(true)),
            ("*x", "xxx", Some(true)),
            ("", "", Some(true)),
        ] {
            assert_eq!(check(pattern, path), expected, "{pattern} of {path}");
        }
    }
}
