//! Reads YAML as sigs.k8s.io/yaml does: of keys that appear twice the last counts, and errors have Go's words.

use windlass_core::Error;
use windlass_yaml::{Format, Options, Reader};

use crate::template::Value;

/// How many keys that appear twice are looked at.
const REPEATED_KEYS_MAX: usize = 200;

/// The first document of a text, or the text of Go's error.
pub(super) fn read(text: &[u8]) -> Result<Value, String> {
    let mut error = match first(text) {
        Ok(value) => return Ok(value),
        Err(error) => error,
    };
    let Ok(mut current) = String::from_utf8(text.to_vec()) else {
        return Err(problem("invalid UTF-8"));
    };
    for _ in 0..REPEATED_KEYS_MAX {
        let Some(without) = without_first(&current, &error) else {
            break;
        };
        current = without;
        error = match first(current.as_bytes()) {
            Ok(value) => return Ok(value),
            Err(error) => error,
        };
    }
    Err(words(&current, &error))
}

fn first(text: &[u8]) -> Result<Value, Error> {
    let mut reader = Reader::new(text, &Options::default().with_format(Format::Yaml))?;
    match reader.next() {
        None => Ok(Value::Null),
        Some(document) => Ok(Value::of_file(&document?.value)),
    }
}

fn number(error: &Error, key: &str) -> Option<usize> {
    error.context(key)?.parse().ok()
}

/// The text without the first of two entries of a block map that have one key, if that is all that is wrong.
fn without_first(text: &str, error: &Error) -> Option<String> {
    const TWICE: &str = "a key appears twice";
    let problem = error.problems().first().filter(|problem| problem.message() == TWICE)?;
    let (from, to) = (number(problem, "first_line")?, number(problem, "line")?);
    let column = number(problem, "column")?.checked_sub(1)?;
    let lines: Vec<&str> = text.split_inclusive('\n').collect();
    let indent = |line: &str| line.len() - line.trim_start_matches(' ').len();
    let own = lines.get(from.checked_sub(1)?)?;
    // Only in a block map are both keys in one column, each at the beginning of its line or behind dashes.
    let begins = own.get(..column)?.chars().all(|c| matches!(c, ' ' | '-' | '?'));
    let again = lines.get(to.checked_sub(1)?)?;
    if !begins || indent(again) != column || to <= from {
        return None;
    }
    let belongs = |line: &&&str| {
        let content = line.trim();
        let dash = indent(line) == column && (content == "-" || content.starts_with("- "));
        content.is_empty() || content.starts_with('#') || indent(line) > column || dash
    };
    let length = lines[from..to - 1].iter().take_while(belongs).count();
    let mut out = lines[..from - 1].concat();
    out.push_str(&own[..column]);
    out.push('\n');
    if own[..column].trim().is_empty() {
        out.truncate(out.len() - column - 1);
    }
    // The entry that takes the place of one behind a dash has to stand behind it.
    let rest = lines[from + length..].concat();
    if own[..column].trim().is_empty() {
        out.push_str(&rest);
    } else {
        out.pop();
        out.push_str(rest.get(column..)?);
    }
    Some(out)
}

fn problem(text: &str) -> String {
    format!("error converting YAML to JSON: yaml: {text}")
}

/// Where go-yaml counts a line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Counted {
    /// Not at all.
    No,
    /// From 1, but not the first: errors of the scanner.
    Scanner,
    /// From 0, but not the first: errors of the parser.
    Parser,
    /// As the parser, at the end of the text.
    AtEnd,
    /// As the scanner, a line further down.
    Next,
}

/// The error in the words of go-yaml, as far as they are known.
fn words(text: &str, error: &Error) -> String {
    let error = error.problems().first().unwrap_or(error);
    let line = number(error, "line").unwrap_or(1);
    let found = rest_at(text, line, number(error, "column").unwrap_or(1));
    let message = error.message();
    if message.starts_with("JSON has no infinity") {
        let shown = match found.as_bytes() {
            [b'-', ..] => "-Inf",
            [b'.', b'n' | b'N', ..] => "NaN",
            _ => "+Inf",
        };
        return format!("error converting YAML to JSON: json: unsupported value: {shown}");
    }
    if message == "unknown anchor" {
        let name: String = found
            .trim_start_matches('*')
            .chars()
            .take_while(|c| c.is_alphanumeric() || matches!(c, '-' | '_'))
            .collect();
        return problem(&format!("unknown anchor '{name}' referenced"));
    }
    let Some((words, counted)) = known(text, message) else {
        return problem(message);
    };
    let last = text.lines().count();
    let shown = match counted {
        Counted::No => 0,
        Counted::Scanner if line > 1 => line,
        Counted::Scanner => 0,
        Counted::Parser => line - 1,
        Counted::AtEnd => last,
        Counted::Next => line + 1,
    };
    if shown > 0 { problem(&format!("line {shown}: {words}")) } else { problem(words) }
}

/// What stands at a line and a column, both from 1.
fn rest_at(text: &str, line: usize, column: usize) -> &str {
    let line = text.lines().nth(line.saturating_sub(1)).unwrap_or_default();
    let at = line.char_indices().nth(column.saturating_sub(1)).map_or(line.len(), |(at, _)| at);
    &line[at..]
}

fn known(text: &str, message: &str) -> Option<(&'static str, Counted)> {
    const NO_CONTENT: &str = "did not find expected node content";
    const NO_TOKEN: &str = "found character that cannot start any token";
    let starts = |prefix: &str| message.starts_with(prefix);
    Some(match message {
        "a tab where YAML indents" => (NO_TOKEN, Counted::Scanner),
        "a colon where no key can be" => ("mapping values are not allowed in this context", Counted::Scanner),
        "a key may not stand here" => ("mapping keys are not allowed in this context", Counted::Scanner),
        "a list item may not stand here" => {
            ("block sequence entries are not allowed in this context", Counted::Scanner)
        }
        "a key without a colon" => ("could not find expected ':'", Counted::Next),
        "a bracket is closed that was not opened" => (NO_CONTENT, Counted::Parser),
        "expected a key of the map" => ("did not find expected key", Counted::Parser),
        "expected an item of the list" => ("did not find expected '-' indicator", Counted::Parser),
        "a quote is not closed" => ("found unexpected end of stream", Counted::AtEnd),
        "unknown escape in double quotes" => ("found unknown escape character", Counted::Scanner),
        _ if starts("a text may not begin with") => (NO_TOKEN, Counted::Scanner),
        _ if starts("the character") || starts("not a text: a NUL") => {
            ("control characters are not allowed", Counted::No)
        }
        _ if starts("\"-\" is only valid inside a block") => (NO_CONTENT, Counted::Parser),
        _ if starts("unexpected EOF while parsing") => (NO_CONTENT, Counted::Parser),
        _ if message.ends_with("is not closed") => {
            let last = text.trim_end().chars().next_back().unwrap_or(' ');
            let words = match (last, message.starts_with("'['")) {
                ('[' | '{' | ',', _) => NO_CONTENT,
                (_, true) => "did not find expected ',' or ']'",
                (_, false) => "did not find expected ',' or '}'",
            };
            (words, Counted::AtEnd)
        }
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::read;
    use crate::template::fmt::shown;

    #[track_caller]
    fn check(text: &str, expected: &str) {
        assert_eq!(
            read(text.as_bytes()).map_or_else(|error| error, |value| shown(&value)),
            expected,
            "{text:?}"
        );
    }

    #[test]
    fn of_keys_that_appear_twice_the_last_counts() {
        check("a: 1\na: 2", "map[a:2]");
        check("a:\n  b: 1\n  c: 2\nd: 3\na: 4\n", "map[a:4 d:3]");
        check("x:\n- a: 1\n  b: 2\n  a: 3\n", "map[x:[map[a:3 b:2]]]");
        check("a:\n- 1\n- 2\nb: 1\na: [3]\n", "map[a:[3] b:1]");
    }

    #[test]
    fn errors_have_the_words_of_go() {
        check("a: *x", "error converting YAML to JSON: yaml: unknown anchor 'x' referenced");
        check("{", "error converting YAML to JSON: yaml: line 1: did not find expected node content");
        check("a: .inf", "error converting YAML to JSON: json: unsupported value: +Inf");
        check("\tx: 1", "error converting YAML to JSON: yaml: found character that cannot start any token");
    }
}
