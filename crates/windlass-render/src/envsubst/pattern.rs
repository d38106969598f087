//! Shell patterns: Go's `path.Match`, where `*` and `?` take slashes too.

use super::Wrong;

/// Steps of all matches of one text, so that a long value and a pattern of many stars end in bounded time.
const STEPS_MAX: u64 = 50_000_000;

/// Why a pattern did not match.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Stop {
    /// The pattern is none.
    Bad,
    /// It took too many steps.
    Steps,
}

/// Counts steps.
#[derive(Debug)]
pub(super) struct Matcher {
    left: u64,
}

impl Matcher {
    pub(super) const fn new() -> Self {
        Self { left: STEPS_MAX }
    }

    /// Gives how many bytes of a text the pattern takes from its beginning: the fewest, or the most. 0 for none, and for a
    /// pattern that is none.
    pub(super) fn prefix(&mut self, pattern: &[u8], text: &[u8], longest: bool) -> Result<usize, Wrong> {
        let mut lengths = 1..=text.len();
        loop {
            let Some(length) = (if longest { lengths.next_back() } else { lengths.next() }) else {
                return Ok(0);
            };
            match self.matches(pattern, &text[..length]) {
                Ok(true) => return Ok(length),
                Ok(false) => {}
                Err(Stop::Bad) => return Ok(0),
                Err(Stop::Steps) => return Err(Wrong::Limit { what: "steps", max: STEPS_MAX }),
            }
        }
    }

    fn matches(&mut self, mut pattern: &[u8], mut name: &[u8]) -> Result<bool, Stop> {
        while !pattern.is_empty() {
            let (star, chunk, rest) = split_chunk(pattern);
            pattern = rest;
            if star && chunk.is_empty() {
                return Ok(true);
            }
            let here = self.chunk(chunk, name)?.filter(|after| after.is_empty() || !pattern.is_empty());
            let found = match here {
                Some(after) => Some(after),
                None if star => self.later(chunk, name, pattern.is_empty())?,
                None => None,
            };
            let Some(after) = found else { return Ok(false) };
            name = after;
        }
        Ok(name.is_empty())
    }

    /// Looks for a chunk behind a star.
    fn later<'n>(&mut self, chunk: &[u8], name: &'n [u8], last: bool) -> Result<Option<&'n [u8]>, Stop> {
        for at in 0..name.len() {
            match self.chunk(chunk, &name[at + 1..])? {
                Some(after) if after.is_empty() || !last => return Ok(Some(after)),
                _ => {}
            }
        }
        Ok(None)
    }

    /// Matches the beginning of a name and gives what follows.
    fn chunk<'n>(&mut self, mut chunk: &[u8], mut name: &'n [u8]) -> Result<Option<&'n [u8]>, Stop> {
        while let Some(first) = chunk.first() {
            self.left = self.left.checked_sub(1).ok_or(Stop::Steps)?;
            if name.is_empty() {
                return Ok(None);
            }
            match first {
                b'[' => {
                    let (c, width) = first_char(name);
                    let (is_in, rest) = class(&chunk[1..], c)?;
                    if !is_in {
                        return Ok(None);
                    }
                    (chunk, name) = (rest, &name[width..]);
                }
                b'?' => (chunk, name) = (&chunk[1..], &name[first_char(name).1..]),
                _ => {
                    let literal = if *first == b'\\' { &chunk[1..] } else { chunk };
                    let wanted = literal.first().ok_or(Stop::Bad)?;
                    if *wanted != name[0] {
                        return Ok(None);
                    }
                    (chunk, name) = (&literal[1..], &name[1..]);
                }
            }
        }
        Ok(Some(name))
    }
}

/// Splits off what reaches to the next star, and says whether stars stand before it.
fn split_chunk(pattern: &[u8]) -> (bool, &[u8], &[u8]) {
    let stars = pattern.iter().take_while(|byte| **byte == b'*').count();
    let pattern = &pattern[stars..];
    let (mut at, mut in_class) = (0, false);
    while at < pattern.len() {
        match pattern[at] {
            b'\\' if at + 1 < pattern.len() => at += 1,
            b'[' => in_class = true,
            b']' => in_class = false,
            b'*' if !in_class => break,
            _ => {}
        }
        at += 1;
    }
    (stars > 0, &pattern[..at], &pattern[at..])
}

/// Reads a class behind its bracket and says whether a character is in it.
fn class(pattern: &[u8], c: u32) -> Result<(bool, &[u8]), Stop> {
    let negated = pattern.first() == Some(&b'^');
    let mut rest = if negated { &pattern[1..] } else { pattern };
    let (mut found, mut ranges) = (false, 0);
    loop {
        if rest.first() == Some(&b']') && ranges > 0 {
            return Ok((found != negated, &rest[1..]));
        }
        let (low, after) = class_char(rest)?;
        let (high, after) = match after.strip_prefix(b"-") {
            Some(after) => class_char(after)?,
            None => (low, after),
        };
        found |= (low..=high).contains(&c);
        rest = after;
        ranges += 1;
    }
}

/// Reads a character of a class, behind which something has to stand.
fn class_char(pattern: &[u8]) -> Result<(u32, &[u8]), Stop> {
    let pattern = match pattern.first() {
        None | Some(b'-' | b']') => return Err(Stop::Bad),
        Some(b'\\') => &pattern[1..],
        Some(_) => pattern,
    };
    if pattern.is_empty() {
        return Err(Stop::Bad);
    }
    let (c, width) = first_char(pattern);
    let is_broken = c == u32::from(char::REPLACEMENT_CHARACTER) && width == 1;
    let rest = &pattern[width..];
    if is_broken || rest.is_empty() { Err(Stop::Bad) } else { Ok((c, rest)) }
}

/// Gives the first character and its bytes; a byte that is none is U+FFFD. The text is not empty.
pub(super) fn first_char(text: &[u8]) -> (u32, usize) {
    let head = &text[..text.len().min(4)];
    let valid = match std::str::from_utf8(head) {
        Ok(valid) => valid,
        Err(error) => std::str::from_utf8(&head[..error.valid_up_to()]).unwrap_or_default(),
    };
    valid.chars().next().map_or((u32::from(char::REPLACEMENT_CHARACTER), 1), |c| (u32::from(c), c.len_utf8()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(pattern: &str, text: &str, shortest: usize, longest: usize) {
        let find = |long| Matcher::new().prefix(pattern.as_bytes(), text.as_bytes(), long);
        assert_eq!((find(false), find(true)), (Ok(shortest), Ok(longest)), "{pattern} in {text}");
    }

    #[test]
    fn a_pattern_takes_the_fewest_or_the_most_bytes() {
        check("*.", "a.b.c", 2, 4);
        check("*/", "/x/y", 1, 3);
        check("a?c", "aécd", 4, 4);
        check("[a-c]*", "bxy", 1, 3);
        check("[^a]", "b", 1, 1);
        check("\\*", "*a", 1, 1);
        check("b", "abc", 0, 0);
    }

    #[test]
    fn what_is_no_pattern_takes_nothing() {
        for pattern in ["[", "[]a]", "[a", "[-]", "a\\"] {
            check(pattern, "abc", 0, 0);
        }
    }

    #[test]
    fn a_long_text_and_many_stars_end() {
        let found = Matcher::new().prefix(b"*a*b*c*d", &[b'a'; 100_000], true);
        assert!(matches!(found, Err(Wrong::Limit { .. })));
    }
}
