//! The words of the server, without the values that they quote.
//!
//! Go's validation says `Invalid value: core.PodTemplateSpec{… Value:"hunter2" …}: field is immutable`: it prints what it
//! was given. What is passed on is the sort of the mistake and what is said after the value.

/// Characters of one cause that are passed on.
const CAUSE_MAX: usize = 400;
/// Characters of a message as a whole that are passed on.
const MESSAGE_MAX: usize = 2_000;
/// Characters of a name that a cause may quote.
const NAME_MAX: usize = 63;

/// The sorts of `field.Error` that are followed by a value. Names are quoted: a word out of a fixed list, a key, the name of
/// something else.
const QUOTING: [(&str, Quoted); 4] = [
    ("Invalid value", Quoted::Anything),
    ("Duplicate value", Quoted::Name),
    ("Unsupported value", Quoted::Name),
    ("Not found", Quoted::Name),
];

#[derive(Clone, Copy, PartialEq, Eq)]
enum Quoted {
    Anything,
    Name,
}

/// Gives one cause: the sort, a value that cannot be a secret, and the detail.
pub(crate) fn cause(message: &str) -> String {
    // What follows a line break is a comparison of whole objects.
    let message = message.lines().next().unwrap_or_default().trim_end();
    let found = QUOTING.iter().find_map(|(sort, quoted)| {
        let value = message.strip_prefix(sort)?.strip_prefix(": ")?;
        Some((sort, quoted, value))
    });
    let Some((sort, quoted, text)) = found else {
        return cut(message, CAUSE_MAX).to_owned();
    };
    let (value, detail) = split(text);
    let mut out = (*sort).to_owned();
    if is_plain(value) || (*quoted == Quoted::Name && is_name(value)) {
        out = format!("{out}: {value}");
    }
    if let Some(detail) = detail {
        out = format!("{out}: {detail}");
    }
    cut(&out, CAUSE_MAX).to_owned()
}

/// Gives a message as a whole, up to the first value that it quotes.
pub(crate) fn message(message: &str) -> String {
    let values =
        QUOTING.iter().filter_map(|(sort, _)| Some(message.find(&format!("{sort}: "))? + sort.len()));
    // A decoder goes on with a piece of the text that it read, a validation with a comparison of whole objects. Other
    // lines are of people: webhooks write several.
    let piece = message.find(", error found in #");
    let invalid = message.find(" is invalid: ");
    let comparison = invalid.and_then(|at| Some(at + message[at..].find('\n')?));
    let end = values.chain(piece).chain(comparison).min().unwrap_or(message.len());
    let text = without_what_was_got(&message[..end]);
    cut(&text, MESSAGE_MAX).trim_end_matches('.').to_owned()
}

/// Ends each line where it prints the value that it got instead of what it expected: server-side apply lists one mistake
/// a line, each with its path in front. A line without one may be the rest of a value.
fn without_what_was_got(text: &str) -> String {
    let (mut lines, mut printing) = (Vec::new(), false);
    for line in text.lines() {
        if printing && !line.starts_with("  .") {
            continue;
        }
        let got = line.find(", got ");
        printing = got.is_some();
        lines.push(&line[..got.unwrap_or(line.len())]);
    }
    lines.join("\n")
}

fn cut(text: &str, max: usize) -> &str {
    let end = text.char_indices().nth(max).map_or(text.len(), |(at, _)| at);
    &text[..end]
}

/// Splits the printed value from what is said of it. Where the value is a structure and it is not certain where it
/// ends, nothing is said of it.
fn split(text: &str) -> (&str, Option<&str>) {
    let Some(end) = end_of_value(text) else { return (text, None) };
    let value = &text[..end];
    let detail = text[end..].strip_prefix(": ").filter(|detail| !detail.is_empty());
    let structure = value.contains(['{', '[', '(']) && !value.starts_with('"');
    let certain = |detail: &&str| !structure || !detail.contains(['{', '}']);
    (value, detail.filter(certain))
}

/// Finds where a value ends that Go or JSON has printed: at the first `: ` or the end, outside of quotes and brackets.
fn end_of_value(text: &str) -> Option<usize> {
    let (mut depth, mut quoted, mut escaped) = (0_usize, false, false);
    for (at, c) in text.char_indices() {
        match c {
            _ if escaped => escaped = false,
            '\\' if quoted => escaped = true,
            '"' => quoted = !quoted,
            _ if quoted => {}
            '{' | '[' | '(' => depth += 1,
            '}' | ']' | ')' => depth = depth.checked_sub(1)?,
            ':' if depth == 0 && text[at..].starts_with(": ") => return Some(at),
            _ => {}
        }
    }
    (depth == 0 && !quoted).then_some(text.len())
}

fn is_plain(value: &str) -> bool {
    matches!(value, "true" | "false" | "null") || (value.len() <= NAME_MAX && value.parse::<f64>().is_ok())
}

fn is_name(value: &str) -> bool {
    value.len() <= NAME_MAX + 2 && value.starts_with('"')
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, expected: &str) {
        assert_eq!(cause(text), expected, "{text}");
    }

    #[test]
    fn of_a_structure_only_what_is_said_of_it_is_passed_on() {
        let printed = r#"core.PodTemplateSpec{ObjectMeta:v1.ObjectMeta{Name:"", CreationTimestamp:time.Date(1, time.January, 1, 0, 0, 0, 0, time.UTC)}, Spec:core.PodSpec{Containers:[]core.Container{core.Container{Name:"m", Env:[]core.EnvVar{core.EnvVar{Name:"DB_PASSWORD", Value:"hun\"}: ter2", ValueFrom:(*core.EnvVarSource)(nil)}}}}, RestartPolicy:"Never"}}"#;
        check(&format!("Invalid value: {printed}: field is immutable"), "Invalid value: field is immutable");
        check(
            r#"Invalid value: ["None"]: may not change once set"#,
            "Invalid value: may not change once set",
        );
        check(r#"Invalid value: {"a":"b: c"}: must be small"#, "Invalid value: must be small");
        check("Invalid value: (*int32)(nil): must be set", "Invalid value: must be set");
    }

    #[test]
    fn where_a_structure_does_not_end_as_it_should_nothing_more_is_said() {
        check("Invalid value: EnvVar{Name:a,Value:x}: hunter2,}: odd", "Invalid value");
        check("Invalid value: Odd{Value:\"hunter2: field is immutable", "Invalid value");
        check("Invalid value: }hunter2", "Invalid value");
        check("Invalid value: hunter2", "Invalid value");
    }

    #[test]
    fn texts_are_not_quoted_but_numbers_and_names_are() {
        check(r#"Invalid value: "hunter2": must be longer"#, "Invalid value: must be longer");
        check("Invalid value: 7: must be less than 5", "Invalid value: 7: must be less than 5");
        check("Invalid value: true", "Invalid value: true");
        check(
            r#"Unsupported value: "Allways": supported values: "Always", "Never""#,
            r#"Unsupported value: "Allways": supported values: "Always", "Never""#,
        );
        check(r#"Duplicate value: "http""#, r#"Duplicate value: "http""#);
        check(r#"Duplicate value: {"name":"hunter2"}"#, "Duplicate value");
        check(&format!("Not found: \"{}\"", "h".repeat(64)), "Not found");
        check("Required value", "Required value");
    }

    #[test]
    fn a_comparison_below_the_first_line_is_left_out_and_each_cause_has_an_end() {
        let text = "Forbidden: pod updates may not change fields other than `spec.tolerations`\n core.PodSpec{\n+ hunter2";
        check(text, "Forbidden: pod updates may not change fields other than `spec.tolerations`");
        assert_eq!(cause(&"é".repeat(9_000)).chars().count(), CAUSE_MAX);
    }

    #[test]
    fn a_message_ends_where_it_begins_to_quote() {
        let says = |text, expected: &str| assert_eq!(message(text), expected);
        says(
            r#"Job.batch "m" is invalid: spec.template: Invalid value: core.X{Value:"hunter2"}: field is immutable"#,
            r#"Job.batch "m" is invalid: spec.template: Invalid value"#,
        );
        says("cannot read, error found in #9 byte of ...|hunter2|...", "cannot read");
        says(
            "Pod \"m\" is invalid: spec: Forbidden: no\n+hunter2",
            "Pod \"m\" is invalid: spec: Forbidden: no",
        );
        says(
            "failed to create typed patch object (a/x; apps/v1, Kind=Deployment): errors:\n  .spec.env[name=\"PIN\"].value: expected string, got &value.valueUnstructured{Value:12345}\n  .spec.key: expected map, got &{hunter2\nhunter3}\n  .spec.port: expected numeric (int or float), got hunter4\n  .spec.odd: field not declared in schema",
            "failed to create typed patch object (a/x; apps/v1, Kind=Deployment): errors:\n  .spec.env[name=\"PIN\"].value: expected string\n  .spec.key: expected map\n  .spec.port: expected numeric (int or float)\n  .spec.odd: field not declared in schema",
        );
        says(".value: expected string, got &{hunter2}", ".value: expected string");
        says("a webhook denied it:\n- set limits", "a webhook denied it:\n- set limits");
        says("no rights.", "no rights");
    }
}
