//! Patterns of `.Files.Glob`, as gobwas/glob reads them with `/` between names: `*` stays inside a name, `**` does not,
//! `?` is one character but `/`, `[a-c]` and `[!abc]` are one character, `{a,b}` is one of several.

/// A pattern, compiled to steps that are followed all at once: a name is read once, whatever the pattern.
#[derive(Debug)]
pub(super) struct Glob {
    steps: Vec<Step>,
}

#[derive(Debug)]
enum Step {
    Char(char),
    /// One character, or one that is no `/`.
    Any {
        slash: bool,
    },
    Class {
        negated: bool,
        of: Class,
    },
    /// Goes on at both places.
    Fork(usize, usize),
    Jump(usize),
}

#[derive(Debug)]
enum Class {
    Range(char, char),
    List(Vec<char>),
}

const BRACES_MAX: usize = 32;

struct Parser<'t> {
    text: std::iter::Peekable<std::str::Chars<'t>>,
    steps: Vec<Step>,
}

impl Glob {
    /// Reads a pattern; one that is wrong matches everything, as in Helm.
    pub(super) fn new(pattern: &str) -> Self {
        Self::parse(pattern).unwrap_or_else(|| Self { steps: many(Step::Any { slash: true }, 0).into() })
    }

    fn parse(pattern: &str) -> Option<Self> {
        let mut parser = Parser { text: pattern.chars().peekable(), steps: Vec::new() };
        parser.sequence(0)?;
        Some(Self { steps: parser.steps })
    }

    /// Says whether the whole of a name matches.
    pub(super) fn matches(&self, name: &str) -> bool {
        let mut at = self.reachable([0]);
        for c in name.chars() {
            let next = at.iter().enumerate().filter(|(_, on)| **on);
            let next: Vec<usize> = next
                .filter(|(step, _)| self.steps.get(*step).is_some_and(|step| step.takes(c)))
                .map(|(step, _)| step + 1)
                .collect();
            at = self.reachable(next);
        }
        at[self.steps.len()]
    }

    /// Marks the steps that can be reached without reading anything.
    fn reachable(&self, from: impl IntoIterator<Item = usize>) -> Vec<bool> {
        let mut on = vec![false; self.steps.len() + 1];
        let mut rest: Vec<usize> = from.into_iter().collect();
        while let Some(at) = rest.pop() {
            if std::mem::replace(&mut on[at], true) {
                continue;
            }
            match self.steps.get(at) {
                Some(Step::Fork(one, other)) => rest.extend([*one, *other]),
                Some(Step::Jump(to)) => rest.push(*to),
                _ => {}
            }
        }
        on
    }
}

impl Step {
    fn takes(&self, c: char) -> bool {
        match self {
            Self::Char(own) => *own == c,
            Self::Any { slash } => *slash || c != '/',
            Self::Class { negated, of } => of.has(c) != *negated,
            Self::Fork(..) | Self::Jump(_) => false,
        }
    }
}

impl Class {
    fn has(&self, c: char) -> bool {
        match self {
            Self::Range(low, high) => (*low..=*high).contains(&c),
            Self::List(chars) => chars.contains(&c),
        }
    }
}

/// One step, any number of times, from the place `at` on.
fn many(step: Step, at: usize) -> [Step; 3] {
    [Step::Fork(at + 1, at + 3), step, Step::Jump(at)]
}

impl Parser<'_> {
    /// Reads up to the end, or up to `,` or `}` inside braces.
    fn sequence(&mut self, braces: usize) -> Option<()> {
        while let Some(c) = self.text.peek().copied() {
            if braces > 0 && matches!(c, ',' | '}') {
                return Some(());
            }
            self.text.next();
            match c {
                '*' => {
                    let slash = self.text.next_if_eq(&'*').is_some();
                    self.steps.extend(many(Step::Any { slash }, self.steps.len()));
                }
                '?' => self.steps.push(Step::Any { slash: false }),
                '[' => self.class()?,
                '{' => self.braces(braces + 1)?,
                '\\' => {
                    let escaped = self.text.next()?;
                    self.steps.push(Step::Char(escaped));
                }
                c => self.steps.push(Step::Char(c)),
            }
        }
        (braces == 0).then_some(())
    }

    fn braces(&mut self, depth: usize) -> Option<()> {
        if depth > BRACES_MAX {
            return None;
        }
        let mut ends = Vec::new();
        loop {
            let fork = self.steps.len();
            self.steps.push(Step::Fork(fork + 1, fork + 1));
            self.sequence(depth)?;
            ends.push(self.steps.len());
            self.steps.push(Step::Jump(0));
            if self.text.next()? == '}' {
                break;
            }
            let next = self.steps.len();
            self.steps[fork] = Step::Fork(fork + 1, next);
        }
        let after = self.steps.len();
        ends.into_iter().for_each(|end| self.steps[end] = Step::Jump(after));
        Some(())
    }

    fn class(&mut self) -> Option<()> {
        let negated = self.text.next_if_eq(&'!').is_some();
        let first = self.text.next()?;
        let of = if self.text.next_if_eq(&'-').is_some() {
            let high = self.text.next()?;
            (self.text.next()? == ']' && high >= first).then_some(Class::Range(first, high))?
        } else {
            Class::List(self.list(first)?)
        };
        self.steps.push(Step::Class { negated, of });
        Some(())
    }

    fn list(&mut self, first: char) -> Option<Vec<char>> {
        let mut chars = Vec::new();
        let mut c = first;
        loop {
            match c {
                ']' => return (!chars.is_empty()).then_some(chars),
                '\\' => chars.push(self.text.next()?),
                c => chars.push(c),
            }
            c = self.text.next()?;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns_mean_what_gobwas_makes_of_them() {
        for (pattern, name, expected) in [
            ("*", "a", true),
            ("*", "a/b", false),
            ("**", "a/b", true),
            ("**.txt", "a/b.txt", true),
            ("a/**", "a/b/c", true),
            ("a/**/c", "a/c", false),
            ("?.txt", "a.txt", true),
            ("?", "/", false),
            ("[a-c]", "b", true),
            ("[!abc]", "d", true),
            ("[!abc]", "/", true),
            ("{a,b*}.txt", "bcd.txt", true),
            ("{a,b}", "c", false),
            ("{a,{b,c}d}", "cd", true),
            ("", "a", false),
            ("[", "anything/at/all", true),
            ("\\*", "*", true),
        ] {
            assert_eq!(Glob::new(pattern).matches(name), expected, "{pattern} of {name}");
        }
    }
}
