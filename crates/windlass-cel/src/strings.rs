//! The functions of texts. Places count characters from zero.

use crate::evaluate::Run;
use crate::{Failure, Value};

type Found = Result<Value, Failure>;

pub(crate) fn call(run: &mut Run<'_>, name: &str, values: &[Value]) -> Found {
    let unfit = || Failure::NoOverload(name.to_owned());
    let (text, arguments) = match values {
        [Value::List(items), arguments @ ..] if name == "join" => return join(run, items, arguments),
        [Value::Text(text), arguments @ ..] => (&**text, arguments),
        _ => return Err(unfit()),
    };
    match (name, arguments) {
        ("contains", [Value::Text(part)]) => Ok(Value::Bool(text.contains(&**part))),
        ("startsWith", [Value::Text(part)]) => Ok(Value::Bool(text.starts_with(&**part))),
        ("endsWith", [Value::Text(part)]) => Ok(Value::Bool(text.ends_with(&**part))),
        ("matches", [Value::Text(pattern)]) => Ok(Value::Bool(run.pattern(pattern)?.is_match(text))),
        ("lowerAscii", []) => Ok(Value::from(text.to_ascii_lowercase())),
        ("upperAscii", []) => Ok(Value::from(text.to_ascii_uppercase())),
        ("trim", []) => Ok(Value::from(text.trim())),
        ("reverse", []) => Ok(Value::from(text.chars().rev().collect::<String>())),
        ("charAt", [Value::Int(at)]) => match place(text, *at)? {
            bytes if bytes == text.len() => Ok(Value::from("")),
            bytes => Ok(Value::from(text[bytes..].chars().next().map(String::from).unwrap_or_default())),
        },
        ("indexOf" | "lastIndexOf", [Value::Text(part), from @ ..]) => index(name, text, part, from),
        ("substring", [Value::Int(from)]) => Ok(Value::from(&text[place(text, *from)?..])),
        ("substring", [Value::Int(from), Value::Int(to)]) => {
            let (from, to) = (place(text, *from)?, place(text, *to)?);
            text.get(from..to).map(Value::from).ok_or_else(|| Failure::NoPlace(format!("{from}..{to}")))
        }
        ("split", [Value::Text(at)]) => split(run, text, at, -1),
        ("split", [Value::Text(at), Value::Int(most)]) => split(run, text, at, *most),
        ("replace", [Value::Text(old), Value::Text(new)]) => replace(run, text, old, new, -1),
        ("replace", [Value::Text(old), Value::Text(new), Value::Int(most)]) => {
            replace(run, text, old, new, *most)
        }
        _ => Err(unfit()),
    }
}

/// Where a character begins; the end of the text counts too.
fn place(text: &str, at: i64) -> Result<usize, Failure> {
    let mut places = text.char_indices().map(|(place, _)| place).chain([text.len()]);
    let found = usize::try_from(at).ok().and_then(|at| places.nth(at));
    found.ok_or_else(|| Failure::NoPlace(at.to_string()))
}

fn index(name: &str, text: &str, part: &str, from: &[Value]) -> Found {
    let found = match (name, from) {
        ("indexOf", []) => text.find(part),
        ("indexOf", [Value::Int(from)]) => {
            let start = place(text, *from)?;
            text[start..].find(part).map(|found| start + found)
        }
        ("lastIndexOf", []) => text.rfind(part),
        ("lastIndexOf", [Value::Int(from)]) => {
            let last = place(text, *from)?;
            let end = (last + part.len()).min(text.len());
            text.get(..end).and_then(|text| text.rfind(part)).filter(|found| *found <= last)
        }
        _ => return Err(Failure::NoOverload(name.to_owned())),
    };
    let characters =
        found.map_or(-1, |found| i64::try_from(text[..found].chars().count()).unwrap_or(i64::MAX));
    Ok(Value::Int(characters))
}

/// As Go's `strings.SplitN`: with an empty separator, into characters.
fn split(run: &mut Run<'_>, text: &str, at: &str, most: i64) -> Found {
    let most = usize::try_from(most).unwrap_or(usize::MAX);
    run.takes(if at.is_empty() { text.len() } else { text.matches(at).count() }.min(most))?;
    Ok(parts(text, at, most))
}

fn parts(text: &str, at: &str, most: usize) -> Value {
    match (most, at.is_empty()) {
        (0, _) => Value::list([]),
        (most, false) => Value::list(text.splitn(most, at).map(Value::from)),
        (most, true) => {
            let cut = text.char_indices().map(|(place, _)| place).nth(most - 1).unwrap_or(text.len());
            let last = Some(&text[cut..]).filter(|last| !last.is_empty()).map(Value::from);
            Value::list(text[..cut].chars().map(|c| Value::from(c.to_string())).chain(last))
        }
    }
}

fn replace(run: &mut Run<'_>, text: &str, old: &str, new: &str, most: i64) -> Found {
    let most = usize::try_from(most).unwrap_or(usize::MAX);
    let times = text.matches(old).take(most).count();
    run.takes_bytes(times.saturating_mul(new.len()))?;
    Ok(Value::from(text.replacen(old, new, most)))
}

fn join(run: &mut Run<'_>, items: &[Value], arguments: &[Value]) -> Found {
    let between = match arguments {
        [] => "",
        [Value::Text(between)] => &**between,
        _ => return Err(Failure::NoOverload("join".into())),
    };
    let texts: Option<Vec<&str>> = items
        .iter()
        .map(|item| match item {
            Value::Text(text) => Some(&**text),
            _ => None,
        })
        .collect();
    let texts = texts.ok_or_else(|| Failure::NoOverload("join".into()))?;
    run.takes_bytes(texts.iter().map(|text| text.len() + between.len()).sum())?;
    run.takes(texts.len())?;
    Ok(Value::from(texts.join(between)))
}
