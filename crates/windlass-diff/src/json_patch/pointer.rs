//! JSON Pointer, RFC 6901.

use windlass_core::Value;

use super::PatchReason;

/// A pointer as its unescaped names.
#[derive(PartialEq)]
pub(super) struct Pointer(Vec<String>);

impl Pointer {
    pub(super) fn read(text: &str) -> Result<Self, PatchReason> {
        if text.is_empty() {
            return Ok(Self(Vec::new()));
        }
        let names = text.strip_prefix('/').ok_or(PatchReason::NotAPointer)?.split('/');
        names.map(unescape).collect::<Result<_, _>>().map(Self)
    }

    pub(super) fn len(&self) -> usize {
        self.0.len()
    }

    pub(super) fn is_below(&self, other: &Self) -> bool {
        self.0.len() > other.0.len() && self.0.starts_with(&other.0)
    }

    pub(super) fn get<'v>(&self, value: &'v Value) -> Result<&'v Value, PatchReason> {
        self.0.iter().try_fold(value, |value, name| match value {
            Value::Map(map) => map.get(name).ok_or(PatchReason::Nothing),
            Value::List(items) => items.get(place(name)?).ok_or(PatchReason::NoPlace),
            _ => Err(PatchReason::Nothing),
        })
    }

    pub(super) fn get_mut<'v>(&self, value: &'v mut Value) -> Result<&'v mut Value, PatchReason> {
        follow(&self.0, value)
    }

    pub(super) fn add(&self, value: &mut Value, new: Value) -> Result<(), PatchReason> {
        let Some((last, front)) = self.0.split_last() else {
            *value = new;
            return Ok(());
        };
        match follow(front, value)? {
            Value::Map(map) => {
                map.insert(last.as_str(), new);
            }
            Value::List(items) => {
                let at = if last == "-" { items.len() } else { place(last)? };
                if at > items.len() {
                    return Err(PatchReason::NoPlace);
                }
                items.insert(at, new);
            }
            _ => return Err(PatchReason::Nothing),
        }
        Ok(())
    }

    pub(super) fn remove(&self, value: &mut Value) -> Result<Value, PatchReason> {
        let Some((last, front)) = self.0.split_last() else {
            return Ok(std::mem::take(value));
        };
        match follow(front, value)? {
            Value::Map(map) => map.remove(last).ok_or(PatchReason::Nothing),
            Value::List(items) => {
                let at = place(last)?;
                if at < items.len() { Ok(items.remove(at)) } else { Err(PatchReason::NoPlace) }
            }
            _ => Err(PatchReason::Nothing),
        }
    }
}

fn follow<'v>(names: &[String], value: &'v mut Value) -> Result<&'v mut Value, PatchReason> {
    names.iter().try_fold(value, |value, name| match value {
        Value::Map(map) => map.get_mut(name).ok_or(PatchReason::Nothing),
        Value::List(items) => items.get_mut(place(name)?).ok_or(PatchReason::NoPlace),
        _ => Err(PatchReason::Nothing),
    })
}

fn place(name: &str) -> Result<usize, PatchReason> {
    let digits = !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_digit());
    if !digits || (name.len() > 1 && name.starts_with('0')) {
        return Err(PatchReason::NoPlace);
    }
    name.parse().map_err(|_| PatchReason::NoPlace)
}

fn unescape(name: &str) -> Result<String, PatchReason> {
    let mut out = String::with_capacity(name.len());
    let mut rest = name.chars();
    while let Some(character) = rest.next() {
        match character {
            '~' => out.push(match rest.next() {
                Some('0') => '~',
                Some('1') => '/',
                _ => return Err(PatchReason::NotAPointer),
            }),
            other => out.push(other),
        }
    }
    Ok(out)
}
