//! Values as short text.

use windlass_core::{Text, Value};

/// Characters of one value that are shown; of a longer one, those around the first difference.
pub const VALUE_CHARS_MAX: usize = 160;

/// Lines of one side of a text of several lines that are shown.
pub const LINES_MAX: usize = 12;

/// Characters shown in front of the first difference of a long value.
const LEAD: usize = 24;

/// Stands behind what differs beyond what is shown of it.
const CHANGED: &str = " (changed)";

/// A value that may be shown.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Shown {
    Value(Value),
    Secret { changed: bool },
}

impl Shown {
    pub(crate) const SECRET: &'static str = "<secret>";
    const CHANGED: &'static str = "<secret, changed>";

    pub(crate) fn into_value(self) -> Value {
        match self {
            Self::Value(value) => value,
            secret => secret.word().into(),
        }
    }

    /// Gives what stands for a secret; nothing for a value.
    pub(crate) const fn word(&self) -> &'static str {
        match self {
            Self::Value(_) => "",
            Self::Secret { changed: false } => Self::SECRET,
            Self::Secret { changed: true } => Self::CHANGED,
        }
    }

    fn whole(&self) -> String {
        match self {
            Self::Value(value) => visible(&value.canonical()),
            secret => secret.word().into(),
        }
    }
}

/// Writes both values of a change: compact JSON, long ones cut so that their difference shows.
///
/// Of texts with several lines, those that differ and one around them; as a text, so that a reader may lay it out.
pub(crate) fn pair(before: Option<&Shown>, after: Option<&Shown>) -> (Option<Text>, Option<Text>) {
    if let (Some(Shown::Value(Value::Text(a))), Some(Shown::Value(Value::Text(b)))) = (before, after)
        && (a.contains('\n') || b.contains('\n'))
    {
        let (a, b) = hunk(a, b);
        return (Some(quoted(&a)), Some(quoted(&b)));
    }
    let one = |shown: Option<&Shown>| {
        shown.map(|shown| match shown {
            Shown::Value(Value::Text(text)) if text.contains('\n') => visible(&json(&lines(text))),
            other => other.whole(),
        })
    };
    let (before, after) = (one(before), one(after));
    let start = match (&before, &after) {
        (Some(a), Some(b)) => common(a, b).saturating_sub(LEAD),
        _ => 0,
    };
    let cut = |text: &Option<String>| text.as_deref().map(|text| cut(text, start));
    let (short_before, mut short_after) = (cut(&before), cut(&after));
    if before != after && short_before == short_after {
        short_after = short_after.map(|text| text + CHANGED);
    }
    (short_before.map(Text::from), short_after.map(Text::from))
}

/// Replaces what a terminal would act on, or what would turn the text around.
pub(crate) fn visible(text: &str) -> String {
    let is_odd = |c: char| {
        (c.is_control() && c != '\t')
            || matches!(c, '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
    };
    if !text.contains(is_odd) {
        return text.to_owned();
    }
    text.chars().map(|c| if is_odd(c) { format!("\\u{:04x}", u32::from(c)) } else { c.into() }).collect()
}

fn json(text: &str) -> String {
    Value::from(text).canonical()
}

fn quoted(text: &str) -> Text {
    visible(&json(text)).into()
}

/// Counts the characters that two texts begin with in common.
fn common(a: &str, b: &str) -> usize {
    a.chars().zip(b.chars()).take_while(|(a, b)| a == b).count()
}

fn cut(text: &str, start: usize) -> String {
    let length = text.chars().count();
    if length <= VALUE_CHARS_MAX {
        return text.to_owned();
    }
    let start = start.min(length.saturating_sub(VALUE_CHARS_MAX));
    let shown: String = text.chars().skip(start).take(VALUE_CHARS_MAX).collect();
    let (front, back) = (if start > 0 { "…" } else { "" }, start + VALUE_CHARS_MAX < length);
    if back { format!("{front}{shown}… ({} bytes)", text.len()) } else { format!("{front}{shown}") }
}

/// Gives the lines that differ, with one line around them. Lines across from one another are cut around their difference.
fn hunk(a: &str, b: &str) -> (String, String) {
    let (a, b): (Vec<&str>, Vec<&str>) = (a.split('\n').collect(), b.split('\n').collect());
    let front = a.iter().zip(&b).take_while(|(a, b)| a == b).count();
    let rest = a.len().min(b.len()) - front;
    let back = a.iter().rev().zip(b.iter().rev()).take(rest).take_while(|(a, b)| a == b).count();
    let front = front.saturating_sub(1);
    let part = |lines: &[&str]| front..(lines.len() - back + 1).min(lines.len());
    let (a_part, b_part) = (&a[part(&a)], &b[part(&b)]);
    let a_shown = limited(a_part, b_part);
    let mut b_shown = limited(b_part, a_part);
    tell_apart((a_part, &a_shown), (b_part, &mut b_shown));
    let whole = |lines: &[&str], shown: Vec<String>| {
        let mut all: Vec<String> = (front > 0).then(|| "…".to_owned()).into_iter().collect();
        all.extend(shown);
        all.extend((part(lines).end < lines.len()).then(|| "…".to_owned()));
        all.join("\n")
    };
    (whole(&a, a_shown), whole(&b, b_shown))
}

/// Marks the lines of the newer side that differ from one of the older side and were cut to the same text.
fn tell_apart(older: (&[&str], &[String]), newer: (&[&str], &mut [String])) {
    for (line, shown) in newer.0.iter().zip(newer.1) {
        if older.0.iter().zip(older.1).any(|(was, shown_was)| shown_was == shown && was != line) {
            shown.push_str(CHANGED);
        }
    }
}

fn lines(text: &str) -> String {
    limited(&text.split('\n').collect::<Vec<_>>(), &[]).join("\n")
}

/// Cuts lines, each around where it begins to differ from the one at its place in `others`.
fn limited(lines: &[&str], others: &[&str]) -> Vec<String> {
    let start = |(at, line): (usize, &&str)| match others.get(at) {
        Some(other) if other != line => common(line, other).saturating_sub(LEAD),
        _ => 0,
    };
    let shown = lines.iter().enumerate().take(LINES_MAX);
    let mut shown: Vec<String> = shown.map(|line| cut(line.1, start(line))).collect();
    if lines.len() > LINES_MAX {
        shown.push(format!("… {} more lines", lines.len() - LINES_MAX));
    }
    shown
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(before: &str, after: &str, expected: (&str, &str)) {
        let shown = |text: &str| Shown::Value(text.into());
        let (before, after) = pair(Some(&shown(before)), Some(&shown(after)));
        assert_eq!((before.unwrap().as_str(), after.unwrap().as_str()), expected);
    }

    #[test]
    fn short_texts_are_quoted() {
        check("nginx:1.26", "nginx:1.27", (r#""nginx:1.26""#, r#""nginx:1.27""#));
    }

    #[test]
    fn what_differs_far_in_a_long_text_still_shows() {
        let long = "x".repeat(1000);
        let (a, b) = pair(
            Some(&Shown::Value(format!("{long}a").into())),
            Some(&Shown::Value(format!("{long}b").into())),
        );
        let (a, b) = (a.unwrap(), b.unwrap());
        assert!(a.ends_with("a\"") && b.ends_with("b\""), "{a} {b}");
        assert!(a.chars().count() < 200);
    }

    #[test]
    fn of_many_lines_those_that_differ_show() {
        check("a\nb\nc\nd\ne\n", "a\nb\nC\nd\ne\n", (r#""…\nb\nc\nd\n…""#, r#""…\nb\nC\nd\n…""#));
        check("a\n", "a\nb\n", (r#""a\n""#, r#""a\nb\n""#));
    }

    #[test]
    fn a_long_line_is_cut_around_its_difference() {
        let (front, back) = ("a".repeat(300), "z".repeat(300));
        let text = |middle: &str| Shown::Value(format!("{front}{middle}{back}\n").into());
        let (a, b) = pair(Some(&text("1")), Some(&text("2")));
        let (a, b) = (a.unwrap(), b.unwrap());
        assert!(a.contains("a1z") && b.contains("a2z"), "{a} {b}");
        assert!(a.chars().count() < 200, "{a}");
    }

    #[test]
    fn what_differs_never_shows_as_the_same() {
        let x = |count: usize| "x".repeat(count);
        for (a, b) in [
            (x(1000), x(1001)),
            (x(1000) + "\n", x(1001) + "\n"),
            (format!("1\n{}a\n", x(300)), format!("{}b\n", x(300))),
            (format!("1\n2\n{}a", x(300)), format!("{}b\n3", x(300))),
        ] {
            let (a, b) = pair(Some(&Shown::Value(a.into())), Some(&Shown::Value(b.into())));
            let (a, b) = (a.unwrap(), b.unwrap());
            assert_ne!(a, b);
            let same =
                a.split("\\n").any(|line| line.len() > 99 && b.split("\\n").any(|other| other == line));
            assert!(!same, "{a} {b}");
        }
    }

    #[test]
    fn what_a_terminal_acts_on_is_spelled_out() {
        check("a\u{9b}31m", "a\u{202e}b\u{1b}", (r#""a\u009b31m""#, r#""a\u202eb\u001b""#));
    }
}
