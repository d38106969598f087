//! Secrets in the lines of a text: `password: hunter2`, `--token=abc`, and what goes on below such a line.

use std::collections::BTreeSet;

use super::KindMask;
use crate::text::Shown;

/// A line with what belongs to it.
struct Part<'t> {
    /// What may be shown of it.
    front: &'t str,
    /// All of it.
    whole: &'t str,
    secret: bool,
}

impl KindMask<'_> {
    /// Masks what the lines of a text call a secret. `older` is what the text was, where it is the newer one.
    pub(super) fn redact(&self, text: &str, older: Option<&str>) -> String {
        if self.names.is_empty() || !text.contains([':', '=']) {
            return text.to_owned();
        }
        let older: Option<BTreeSet<&str>> =
            older.map(|older| self.parts(older).iter().map(|part| part.whole).collect());
        let shown = self.parts(text).into_iter().map(|part| {
            if !part.secret {
                return part.whole.to_owned();
            }
            let changed = older.as_ref().is_some_and(|older| !older.contains(part.whole));
            let gap = if part.front.ends_with(':') { " " } else { "" };
            format!("{}{gap}{}", part.front, Shown::Secret { changed }.word())
        });
        shown.collect::<Vec<_>>().join("\n")
    }

    /// Cuts a text into its lines, where a line that names a secret takes along what is written under it.
    fn parts<'t>(&self, text: &'t str) -> Vec<Part<'t>> {
        let mut parts = Vec::new();
        let mut rest = Some(text);
        while let Some(text) = rest {
            let line = text.split('\n').next().unwrap_or_default();
            let named = self.named_in(line);
            let below = named.map_or(0, |_| below(line, &text[line.len()..]));
            let whole = &text[..line.len() + below];
            let value = named.map_or("", |front| &whole[front.len()..]);
            let secret = !value.trim().trim_matches(['"', '\'', ',']).is_empty();
            parts.push(Part { front: named.unwrap_or(line), whole, secret });
            rest = text[whole.len()..].strip_prefix('\n');
        }
        parts
    }

    /// Gives the part of a line up to the value that its name makes a secret.
    fn named_in<'t>(&self, line: &'t str) -> Option<&'t str> {
        let at = line.find([':', '='])?;
        let (name, value) = (&line[..at], &line[at + 1..]);
        self.is_named(name).then(|| &line[..line.len() - value.trim_start().len()])
    }
}

/// Counts the bytes of the lines that belong to the value of `line`: those that are indented deeper, as a block scalar, a
/// text that goes on, or a map is, and the items of a list, which may stand in the column of its key. Empty lines count
/// only in between.
fn below(line: &str, rest: &str) -> usize {
    let column = column(line);
    let is_open = line.trim_end().ends_with(':');
    let (mut end, mut at) = (0, 0);
    for next in rest.split('\n').skip(1) {
        at += 1 + next.len();
        let white = next.len() - next.trim_start().len();
        let is_item =
            is_open && white == column && (next[white..].starts_with("- ") || &next[white..] == "-");
        if white > column || is_item {
            if white < next.len() {
                end = at;
            }
        } else if white < next.len() {
            break;
        }
    }
    end
}

/// Counts the bytes in front of the key of a line; the dash of a list is one of them.
fn column(line: &str) -> usize {
    let mut key = line.trim_start();
    while let Some(item) = key.strip_prefix("- ") {
        key = item.trim_start();
    }
    line.len() - key.len()
}

#[cfg(test)]
mod tests {
    use crate::Mask;

    #[track_caller]
    fn check(text: &str, expected: &str) {
        assert_eq!(Mask::default().kind("", "ConfigMap").redact(text, None), expected);
    }

    #[test]
    fn a_value_ends_with_its_line() {
        check("user=a\npassword=b\nport=1\n", "user=a\npassword=<secret>\nport=1\n");
        check("- token: a\n  user: b\n- c", "- token: <secret>\n  user: b\n- c");
        check("password:\nuser: a", "password:\nuser: a");
        check("password: \"\",\nuser: a", "password: \"\",\nuser: a");
    }

    #[test]
    fn a_value_takes_along_what_is_indented_under_it() {
        check("a:\n  password: |\n    x\n\n    y\n  user: b\n", "a:\n  password: <secret>\n  user: b\n");
        check("password: >-\n  x\n", "password: <secret>\n");
        check("password:\n  x\nuser: a", "password: <secret>\nuser: a");
        check("password: x\n  y\nuser: a", "password: <secret>\nuser: a");
        check("- password: |\n    x\n  user: a", "- password: <secret>\n  user: a");
        check("{\n  \"tokens\": [\n    \"x\"\n  ]\n}", "{\n  \"tokens\": <secret>\n  ]\n}");
    }

    #[test]
    fn items_of_a_list_may_stand_in_the_column_of_its_key() {
        check("passwords:\n- x\n-\n  y\nuser: a", "passwords: <secret>\nuser: a");
        check("- passwords:\n- user: a", "- passwords:\n- user: a");
    }

    #[test]
    fn a_change_under_a_name_is_told_without_it() {
        let redact =
            |older| Mask::default().kind("", "ConfigMap").redact("token: |\n  x\n  y\n", Some(older));
        assert_eq!(redact("token: |\n  x\n  y\n"), "token: <secret>\n");
        assert_eq!(redact("token: |\n  x\n"), "token: <secret, changed>\n");
    }
}
