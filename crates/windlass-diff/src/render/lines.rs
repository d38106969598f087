//! The lines of one change.

use windlass_core::Change;

use super::{Colour, Style, cause};
use crate::text::visible;

/// Lines of a text on both sides together for which the longest common part is looked for; more are shown side after side.
const ALIGNED_MAX: usize = 64;

pub(super) fn write(change: &Change, style: Style) -> String {
    let path = visible(&change.path.to_string());
    let why = style.paint_if(Colour::Dim, cause(change.cause));
    if let Some(lines) = of_texts(change) {
        return several(&path, &why, &lines, style);
    }
    let (before, after) = (change.before.as_deref().map(visible), change.after.as_deref().map(visible));
    let (sign, colour, values) = match (&before, &after) {
        (Some(before), Some(after)) => (' ', None, format!(": {before} -> {after}")),
        (None, Some(after)) => ('+', Some(Colour::Green), format!(": {after}")),
        (Some(before), None) => ('-', Some(Colour::Red), format!(": {before}")),
        (None, None) => (' ', None, String::new()),
    };
    let line = format!("  {sign} {path}{values}");
    let width = line.chars().count() + cause(change.cause).chars().count();
    if style.width.is_some_and(|max| width > max) {
        let side = |sign, text: Option<String>| text.map(|text| (sign, text));
        let lines: Vec<(char, String)> = side('-', before).into_iter().chain(side('+', after)).collect();
        return several(&path, &why, &lines, style);
    }
    let line = colour.map_or_else(|| line.clone(), |colour| style.paint(colour, &line));
    format!("{line}{why}\n")
}

fn several(path: &str, why: &str, lines: &[(char, String)], style: Style) -> String {
    let mut out = format!("    {path}:{why}\n");
    for (sign, text) in lines {
        let line = format!("      {sign} {text}");
        out += &match sign {
            '+' => style.paint(Colour::Green, &line),
            '-' => style.paint(Colour::Red, &line),
            _ => line.trim_end().to_owned(),
        };
        out.push('\n');
    }
    out
}

/// Gives the lines where a side is a text of several.
fn of_texts(change: &Change) -> Option<Vec<(char, String)>> {
    let (before, after) = (unquote(change.before.as_deref()), unquote(change.after.as_deref()));
    if ![&before, &after].iter().any(|side| side.as_ref().is_some_and(|text| text.contains('\n'))) {
        return None;
    }
    if (before.is_none() && change.before.is_some()) || (after.is_none() && change.after.is_some()) {
        return None;
    }
    let split = |text: &Option<String>| -> Vec<String> {
        let text = text.as_deref().unwrap_or_default();
        let text = text.strip_suffix('\n').unwrap_or(text);
        if text.is_empty() { Vec::new() } else { text.split('\n').map(visible).collect() }
    };
    let lines = aligned(&split(&before), &split(&after));
    // What is left is a line break at the end, which lines do not show.
    lines.iter().any(|(sign, _)| *sign != ' ').then_some(lines)
}

fn aligned(before: &[String], after: &[String]) -> Vec<(char, String)> {
    if before.len() + after.len() > ALIGNED_MAX {
        let gone = before.iter().map(|line| ('-', line.clone()));
        return gone.chain(after.iter().map(|line| ('+', line.clone()))).collect();
    }
    let common = common(before, after);
    let (mut a, mut b, mut lines) = (0, 0, Vec::new());
    while a < before.len() || b < after.len() {
        if a < before.len() && b < after.len() && before[a] == after[b] {
            lines.push((' ', before[a].clone()));
            (a, b) = (a + 1, b + 1);
        } else if a < before.len() && (b == after.len() || common[a + 1][b] >= common[a][b + 1]) {
            lines.push(('-', before[a].clone()));
            a += 1;
        } else {
            lines.push(('+', after[b].clone()));
            b += 1;
        }
    }
    lines
}

/// Gives the length of the longest common part from each pair of places on.
fn common(before: &[String], after: &[String]) -> Vec<Vec<usize>> {
    let mut table = vec![vec![0; after.len() + 1]; before.len() + 1];
    for a in (0..before.len()).rev() {
        for b in (0..after.len()).rev() {
            table[a][b] = if before[a] == after[b] {
                table[a + 1][b + 1] + 1
            } else {
                table[a + 1][b].max(table[a][b + 1])
            };
        }
    }
    table
}

/// Reads a JSON text; `None` for anything else.
fn unquote(json: Option<&str>) -> Option<String> {
    let inner = json?.strip_prefix('"')?.strip_suffix('"')?;
    let mut text = String::with_capacity(inner.len());
    let mut rest = inner.chars();
    while let Some(character) = rest.next() {
        match character {
            '"' => return None,
            '\\' => text.push(escaped(&mut rest)?),
            other => text.push(other),
        }
    }
    Some(text)
}

fn escaped(rest: &mut std::str::Chars<'_>) -> Option<char> {
    Some(match rest.next()? {
        'n' => '\n',
        't' => '\t',
        'r' => '\r',
        'b' => '\u{8}',
        'f' => '\u{c}',
        'u' => {
            let hex: String = rest.take(4).collect();
            char::from_u32(u32::from_str_radix(&hex, 16).ok()?)?
        }
        other => other,
    })
}
