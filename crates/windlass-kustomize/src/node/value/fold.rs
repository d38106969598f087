//! Folded texts on their way through go-yaml.

/// Writes a text as go-yaml v3 does in the style `>`, and reads it again.
pub(super) fn again(text: &str) -> String {
    read(&written(text), Chomp::of(text))
}

/// What happens to line breaks at the end.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Chomp {
    Strip,
    Clip,
    Keep,
}

impl Chomp {
    fn of(text: &str) -> Self {
        match text.strip_suffix('\n') {
            None => Self::Strip,
            Some(rest) if rest.is_empty() || rest.ends_with('\n') => Self::Keep,
            Some(_) => Self::Clip,
        }
    }
}

/// Gives the lines that are written. A break behind a line without spaces in front is doubled, whatever follows: go-yaml
/// looks at the beginning of the text where it means the next line.
fn written(text: &str) -> String {
    let doubles = !text.trim_start_matches('\n').starts_with([' ', '\t']);
    let (mut out, mut breaks, mut leading) = (String::new(), true, true);
    for letter in text.chars() {
        if letter == '\n' {
            if !breaks && !leading && doubles {
                out.push('\n');
            }
            out.push('\n');
            breaks = true;
        } else {
            if breaks {
                leading = matches!(letter, ' ' | '\t');
            }
            out.push(letter);
            breaks = false;
        }
    }
    out
}

fn read(text: &str, chomp: Chomp) -> String {
    let (mut out, mut leading_break, mut trailing, mut leading_blank) =
        (String::new(), "", String::new(), false);
    let (body, ended) = match text.strip_suffix('\n') {
        Some(body) => (body, true),
        None => (text, false),
    };
    let count = body.split('\n').count();
    for (at, line) in body.split('\n').enumerate() {
        if line.is_empty() {
            trailing.push('\n');
            continue;
        }
        let blank = line.starts_with([' ', '\t']);
        if !leading_break.is_empty() && !leading_blank && !blank {
            if trailing.is_empty() {
                out.push(' ');
            }
        } else {
            out.push_str(leading_break);
        }
        out.push_str(&std::mem::take(&mut trailing));
        leading_blank = blank;
        out.push_str(line);
        leading_break = if at + 1 < count || ended { "\n" } else { "" };
    }
    if chomp != Chomp::Strip {
        out.push_str(leading_break);
    }
    if chomp == Chomp::Keep {
        out.push_str(&trailing);
    }
    out
}
