//! Regular expressions with the results of Go's regexp package.

use std::rc::Rc;

use regex::bytes::{Captures, Regex, RegexBuilder};
use windlass_regex::translate;

use super::{
    args::{bytes, int},
    table::{Caches, Function},
};
use crate::template::{
    List, ListType, Param, Text, Value,
    failure::{Failure, Run},
    quote::quote,
    runes::decode,
    shared::Shared,
};

const TWO: &[Param] = &[Param::Text, Param::Text];
const THREE: &[Param] = &[Param::Text, Param::Text, Param::Text];
const COUNTED: &[Param] = &[Param::Text, Param::Text, Param::Int];

pub(super) const FUNCTIONS: &[Function] = &[
    Function::new("regexMatch", TWO, |shared, args| {
        Ok(Value::Bool(compiled(shared, args)?.is_ok_and(|regex| regex.is_match(bytes(args, 1)))))
    }),
    Function::new("mustRegexMatch", TWO, |shared, args| {
        Ok(Value::Bool(may(shared, args)?.is_match(bytes(args, 1))))
    }),
    Function::new("regexFind", TWO, |shared, args| Ok(find(&*must(shared, args)?, args))),
    Function::new("mustRegexFind", TWO, |shared, args| Ok(find(&*may(shared, args)?, args))),
    Function::new("regexFindAll", COUNTED, |shared, args| Ok(find_all(&*must(shared, args)?, args))),
    Function::new("mustRegexFindAll", COUNTED, |shared, args| Ok(find_all(&*may(shared, args)?, args))),
    Function::new("regexReplaceAll", THREE, |shared, args| {
        let regex = must(shared, args)?;
        replace(shared, &regex, args, expand)
    }),
    Function::new("mustRegexReplaceAll", THREE, |shared, args| {
        let regex = may(shared, args)?;
        replace(shared, &regex, args, expand)
    }),
    Function::new("regexReplaceAllLiteral", THREE, |shared, args| {
        let regex = must(shared, args)?;
        replace(shared, &regex, args, literal)
    }),
    Function::new("mustRegexReplaceAllLiteral", THREE, |shared, args| {
        let regex = may(shared, args)?;
        replace(shared, &regex, args, literal)
    }),
    Function::new("regexSplit", COUNTED, |shared, args| Ok(split(&*must(shared, args)?, args))),
    Function::new("mustRegexSplit", COUNTED, |shared, args| Ok(split(&*may(shared, args)?, args))),
    Function::new("regexQuoteMeta", &[Param::Text], |_, args| Ok(quote_meta(bytes(args, 0)).into())),
];

/// How many expressions a session keeps, and how many bytes of them: a thousand large ones would take gigabytes.
const KEPT_MAX: usize = 1000;
const KEPT_BYTES_MAX: usize = 256 << 20;
/// The most bytes of an expression once it is compiled: nearly all take the first, classes with counts the last.
const COMPILED_BYTES: [usize; 3] = [64 << 10, 1 << 20, 10 << 20];
/// The most bytes of all that a session compiles, each with the most that it may take: so much also bounds the time.
const ALL_BYTES_MAX: usize = 2 << 30;

/// The compiled expression, or the text of Go's error.
fn compiled(shared: &mut Shared<'_>, args: &[Value]) -> Run<Result<Rc<Regex>, String>> {
    let pattern = bytes(args, 0);
    let caches: &mut Caches = &mut shared.caches;
    if let Some(known) = caches.regexes.get(pattern) {
        return Ok(known.clone());
    }
    let (result, size) = compile(pattern);
    caches.count(size)?;
    let result = result.map(Rc::new);
    caches.regexes.insert(pattern.to_vec(), result.clone());
    Ok(result)
}

impl Caches {
    /// Counts an expression that was compiled and is about to be kept.
    fn count(&mut self, size: usize) -> Run<()> {
        self.compiled = self.compiled.saturating_add(size);
        if self.compiled > ALL_BYTES_MAX {
            return Err(Failure::limit("too many large regular expressions"));
        }
        self.kept += size;
        if self.regexes.len() >= KEPT_MAX || self.kept > KEPT_BYTES_MAX {
            self.regexes.clear();
            self.kept = size;
        }
        Ok(())
    }
}

/// Compiles an expression, and says how many bytes it may take.
fn compile(pattern: &[u8]) -> (Result<Regex, String>, usize) {
    let [small, ..] = COMPILED_BYTES;
    let Ok(pattern) = std::str::from_utf8(pattern) else {
        return (Err("error parsing regexp: invalid UTF-8".into()), small);
    };
    let translated = match translate(pattern) {
        Ok(translated) => translated,
        Err(error) => return (Err(error.to_string()), small),
    };
    let mut taken = small;
    for size in COMPILED_BYTES {
        taken = size;
        match RegexBuilder::new(&translated).size_limit(size).build() {
            Ok(regex) => return (Ok(regex), size),
            Err(regex::Error::CompiledTooBig(_)) => {}
            Err(_) => break,
        }
    }
    (Err(format!("error parsing regexp: invalid expression: `{pattern}`")), taken)
}

/// For Go's `MustCompile`, which names the expression.
fn must(shared: &mut Shared<'_>, args: &[Value]) -> Run<Rc<Regex>> {
    compiled(shared, args)?.map_err(|error| {
        let pattern = bytes(args, 0);
        let shown =
            if pattern.contains(&b'`') { quote(pattern) } else { format!("`{}`", Text::from(pattern)) };
        Failure::message(format!("regexp: Compile({shown}): {error}"))
    })
}

fn may(shared: &mut Shared<'_>, args: &[Value]) -> Run<Rc<Regex>> {
    compiled(shared, args)?.map_err(Failure::message)
}

fn find(regex: &Regex, args: &[Value]) -> Value {
    Value::Text(regex.find(bytes(args, 1)).map_or(b"".as_slice(), |found| found.as_bytes()).into())
}

/// All matches as Go counts them: none that is empty right behind another.
fn matches(regex: &Regex, text: &[u8], count: i64) -> Vec<(usize, usize)> {
    let count = usize::try_from(count).unwrap_or(usize::MAX);
    let mut found = Vec::new();
    let (mut at, mut last_end) = (0, None);
    while found.len() < count && at <= text.len() {
        let Some(matched) = regex.find_at(text, at) else {
            break;
        };
        let (start, end) = (matched.start(), matched.end());
        let mut accept = true;
        if end == at {
            accept = Some(start) != last_end;
            at += decode(&text[at..]).map_or(1, |(_, width)| width);
        } else {
            at = end;
        }
        last_end = Some(end);
        if accept {
            found.push((start, end));
        }
    }
    found
}

fn find_all(regex: &Regex, args: &[Value]) -> Value {
    let text = bytes(args, 1);
    let found = matches(regex, text, int(args, 2));
    if found.is_empty() {
        return List::nil(ListType::Texts).into();
    }
    List::texts(found.into_iter().map(|(start, end)| &text[start..end])).into()
}

/// What is put in the place of a match.
type Insert = fn(&mut Vec<u8>, &Captures<'_>, &[u8]);

fn replace(shared: &mut Shared<'_>, regex: &Regex, args: &[Value], insert: Insert) -> Run<Value> {
    let (text, template) = (bytes(args, 1), bytes(args, 2));
    let mut out = Vec::with_capacity(text.len());
    let (mut at, mut last_end) = (0, 0);
    while at <= text.len() {
        let Some(captures) = regex.captures_at(text, at) else {
            break;
        };
        let Some(whole) = captures.get(0) else {
            break;
        };
        out.extend_from_slice(&text[last_end..whole.start()]);
        if whole.end() > last_end || whole.start() == 0 {
            insert(&mut out, &captures, template);
        }
        last_end = whole.end();
        let width = decode(&text[at..]).map_or(1, |(_, width)| width);
        at = if at + width > whole.end() { at + width } else { whole.end() };
        if out.len() > shared.env.limits.output_bytes_max {
            shared.reserve(out.len())?;
        }
    }
    out.extend_from_slice(&text[last_end..]);
    Ok(out.into())
}

fn literal(out: &mut Vec<u8>, _: &Captures<'_>, template: &[u8]) {
    out.extend_from_slice(template);
}

/// Go's `Expand`: `$1`, `${name}`, `$$`.
fn expand(out: &mut Vec<u8>, captures: &Captures<'_>, template: &[u8]) {
    let mut rest = template;
    while let Some(at) = memchr::memchr(b'$', rest) {
        out.extend_from_slice(&rest[..at]);
        rest = &rest[at..];
        if rest.starts_with(b"$$") {
            out.push(b'$');
            rest = &rest[2..];
            continue;
        }
        match reference(rest) {
            Some((name, length)) => {
                out.extend_from_slice(group(captures, name));
                rest = &rest[length..];
            }
            None => {
                out.push(b'$');
                rest = &rest[1..];
            }
        }
    }
    out.extend_from_slice(rest);
}

/// The name behind a dollar and the length of the whole.
fn reference(text: &[u8]) -> Option<(&str, usize)> {
    let braced = text.get(1) == Some(&b'{');
    let start = if braced { 2 } else { 1 };
    let rest = text[start..].utf8_chunks().next().map_or("", |chunk| chunk.valid());
    let end = rest.find(|c: char| !crate::template::runes::is_alphanumeric(c)).unwrap_or(rest.len());
    if end == 0 || (braced && !rest[end..].starts_with('}')) {
        return None;
    }
    Some((&rest[..end], start + end + usize::from(braced)))
}

fn group<'t>(captures: &Captures<'t>, name: &str) -> &'t [u8] {
    let found = if name.bytes().all(|byte| byte.is_ascii_digit()) {
        name.parse().ok().and_then(|number| captures.get(number))
    } else {
        captures.name(&format!("_{name}"))
    };
    found.map_or(b"", |found| found.as_bytes())
}

/// Go's `Regexp.Split`.
fn split(regex: &Regex, args: &[Value]) -> Value {
    let (text, count) = (bytes(args, 1), int(args, 2));
    if count == 0 {
        return List::nil(ListType::Texts).into();
    }
    if !bytes(args, 0).is_empty() && text.is_empty() {
        return List::texts([""]).into();
    }
    let mut parts: Vec<&[u8]> = Vec::new();
    let (mut start, mut end) = (0, 0);
    for (from, to) in matches(regex, text, count) {
        if count > 0 && parts.len() as i64 == count - 1 {
            break;
        }
        end = from;
        if to != 0 {
            parts.push(&text[start..end]);
        }
        start = to;
    }
    if end != text.len() {
        parts.push(&text[start..]);
    }
    List::texts(parts).into()
}

fn quote_meta(text: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(text.len());
    for byte in text {
        if br"\.+*?()|[]{}^$".contains(byte) {
            out.push(b'\\');
        }
        out.push(*byte);
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn expressions_count_by_how_large_they_are() {
        let size = |pattern: &str| compile(pattern.as_bytes()).1;
        assert_eq!(size("^[a-z]+(-[0-9]{1,3})?$"), COMPILED_BYTES[0]);
        assert!(size(r"\pL{100}") > COMPILED_BYTES[0]);
        assert!(compile(br"\pL{100}").0.is_ok());
    }

    #[test]
    fn expressions_of_one_session_are_bounded_together() {
        let mut caches = Caches::default();
        let large = COMPILED_BYTES[2];
        for _ in 0..ALL_BYTES_MAX / large {
            assert!(caches.count(large).is_ok());
            assert!(caches.kept <= KEPT_BYTES_MAX);
        }
        assert!(caches.count(large).is_err_and(|failure| failure.text.contains("regular expressions")));
    }
}
