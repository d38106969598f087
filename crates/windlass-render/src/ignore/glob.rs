//! One name against a pattern, and names against patterns.

/// A pattern of one name: `*`, `?`, `[a-z]`, `[!a-z]` and a backslash before what is meant literally.
#[derive(Debug)]
pub(super) enum Glob {
    /// `**`: any name, and in a path any number of them.
    Any,
    Literal(String),
    Wild(Vec<char>),
}

/// A name of a path, taken apart once for all patterns.
#[derive(Debug)]
pub(super) struct Name<'n> {
    pub(super) text: &'n str,
    characters: Vec<char>,
}

impl<'n> Name<'n> {
    pub(super) fn new(text: &'n str) -> Self {
        Self { text, characters: text.chars().collect() }
    }
}

impl Glob {
    pub(super) fn new(pattern: &str) -> Self {
        match pattern {
            "**" => Self::Any,
            wild if wild.contains(['*', '?', '[', '\\']) => Self::Wild(wild.chars().collect()),
            literal => Self::Literal(literal.to_owned()),
        }
    }

    pub(super) fn matches(&self, name: &Name<'_>) -> bool {
        match self {
            Self::Any => true,
            Self::Literal(literal) => literal == name.text,
            Self::Wild(pattern) => wild_matches(pattern, &name.characters),
        }
    }
}

/// Matches names one by one; `**` stands for any number of them, also none, and at the end too. Every state is visited
/// once, so that no pattern takes more than its length times the depth.
pub(super) fn names_match(pattern: &[Glob], path: &[Name<'_>]) -> bool {
    if !pattern.iter().any(|name| matches!(name, Glob::Any)) {
        let matches = |(pattern, name): (&Glob, &Name<'_>)| pattern.matches(name);
        return pattern.len() == path.len() && pattern.iter().zip(path).all(matches);
    }
    let mut reached = vec![false; path.len() + 1];
    reached[0] = true;
    for name in pattern {
        let mut next = vec![false; path.len() + 1];
        for from in (0..=path.len()).filter(|from| reached[*from]) {
            if matches!(name, Glob::Any) {
                next.iter_mut().skip(from).for_each(|reached| *reached = true);
            } else if from < path.len() && name.matches(&path[from]) {
                next[from + 1] = true;
            }
        }
        reached = next;
    }
    reached[path.len()]
}

fn wild_matches(pattern: &[char], name: &[char]) -> bool {
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
