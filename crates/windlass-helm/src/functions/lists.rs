//! Lists: Sprig's functions on slices. Each gives a new list, but for the sort of a `[]string`.

use super::{
    args::{NIL_POINTER, fail, int, value},
    cast::{to_int, to_text},
    defaults::is_empty,
    go::slice_of,
    reflect::deep_equal,
    table::Function,
};
use crate::template::{List, ListType, Param, Text, Value, failure::Run, shared::Shared};

const ONE: &[Param] = &[Param::Any];
const TWO: &[Param] = &[Param::Any, Param::Any];
const SIZED: &[Param] = &[Param::Int, Param::Any];

pub(super) const FUNCTIONS: &[Function] = &[
    Function::variadic("list", ONE, |_, args| Ok(List::new(args.to_vec()).into())),
    Function::variadic("tuple", ONE, |_, args| Ok(List::new(args.to_vec()).into())),
    Function::new("append", TWO, push),
    Function::new("mustAppend", TWO, push),
    Function::new("push", TWO, push),
    Function::new("mustPush", TWO, push),
    Function::new("prepend", TWO, prepend),
    Function::new("mustPrepend", TWO, prepend),
    Function::new("first", ONE, first),
    Function::new("mustFirst", ONE, first),
    Function::new("last", ONE, last),
    Function::new("mustLast", ONE, last),
    Function::new("rest", ONE, rest),
    Function::new("mustRest", ONE, rest),
    Function::new("initial", ONE, initial),
    Function::new("mustInitial", ONE, initial),
    Function::new("reverse", ONE, reverse),
    Function::new("mustReverse", ONE, reverse),
    Function::new("uniq", ONE, unique),
    Function::new("mustUniq", ONE, unique),
    Function::new("compact", ONE, compact),
    Function::new("mustCompact", ONE, compact),
    Function::variadic("without", TWO, without),
    Function::variadic("mustWithout", TWO, without),
    Function::new("has", TWO, has),
    Function::new("mustHas", TWO, has),
    Function::variadic("slice", TWO, slice),
    Function::variadic("mustSlice", TWO, slice),
    Function::new("chunk", SIZED, chunk),
    Function::new("mustChunk", SIZED, chunk),
    Function::variadic("concat", ONE, concat),
    Function::new("sortAlpha", ONE, sort_alpha),
];

/// The items of a list, or the failure of a function that was given none.
fn items(list: &Value, problem: &str) -> Run<Vec<Value>> {
    match slice_of(list) {
        Some(list) => Ok(list.items()),
        None if list.is_nil() => fail(NIL_POINTER),
        None => fail(format!("{problem} {}", list.kind_name())),
    }
}

fn push(_: &mut Shared<'_>, args: &[Value]) -> Run<Value> {
    let mut items = items(value(args, 0), "Cannot push on type")?;
    // Go's growth: twice the size.
    let capacity = (items.len() * 2).max(1);
    items.push(value(args, 1).clone());
    Ok(List::with_capacity(items, capacity).into())
}

fn prepend(_: &mut Shared<'_>, args: &[Value]) -> Run<Value> {
    let mut items = items(value(args, 0), "Cannot prepend on type")?;
    items.insert(0, value(args, 1).clone());
    Ok(List::new(items).into())
}

fn first(_: &mut Shared<'_>, args: &[Value]) -> Run<Value> {
    let items = items(value(args, 0), "Cannot find first on type")?;
    Ok(items.into_iter().next().unwrap_or_default())
}

fn last(_: &mut Shared<'_>, args: &[Value]) -> Run<Value> {
    let items = items(value(args, 0), "Cannot find last on type")?;
    Ok(items.into_iter().next_back().unwrap_or_default())
}

fn rest(_: &mut Shared<'_>, args: &[Value]) -> Run<Value> {
    let items = items(value(args, 0), "Cannot find rest on type")?;
    Ok(part(items, |items| {
        items.remove(0);
    }))
}

fn initial(_: &mut Shared<'_>, args: &[Value]) -> Run<Value> {
    let items = items(value(args, 0), "Cannot find initial on type")?;
    Ok(part(items, |items| {
        items.pop();
    }))
}

/// A list without one item; of an empty one, the nil list.
fn part(mut items: Vec<Value>, take: impl FnOnce(&mut Vec<Value>)) -> Value {
    if items.is_empty() {
        return List::nil(ListType::Any).into();
    }
    take(&mut items);
    List::new(items).into()
}

fn reverse(_: &mut Shared<'_>, args: &[Value]) -> Run<Value> {
    let mut items = items(value(args, 0), "Cannot find reverse on type")?;
    items.reverse();
    Ok(List::new(items).into())
}

fn unique(_: &mut Shared<'_>, args: &[Value]) -> Run<Value> {
    let items = items(value(args, 0), "Cannot find uniq on type")?;
    let mut out: Vec<Value> = Vec::new();
    let mut texts = std::collections::HashSet::new();
    for item in items {
        let known = match &item {
            Value::Text(text) => !texts.insert(text.clone()),
            item => contains(&out, item)?,
        };
        if !known {
            out.push(item);
        }
    }
    Ok(List::new(out).into())
}

fn contains(items: &[Value], item: &Value) -> Run<bool> {
    for other in items {
        if deep_equal(item, other)? {
            return Ok(true);
        }
    }
    Ok(false)
}

fn compact(_: &mut Shared<'_>, args: &[Value]) -> Run<Value> {
    let mut items = items(value(args, 0), "Cannot compact on type")?;
    items.retain(|item| !is_empty(item));
    Ok(List::new(items).into())
}

fn without(_: &mut Shared<'_>, args: &[Value]) -> Run<Value> {
    let items = items(value(args, 0), "Cannot find without on type")?;
    let mut out = Vec::new();
    for item in items {
        if !contains(&args[1..], &item)? {
            out.push(item);
        }
    }
    Ok(List::new(out).into())
}

fn has(_: &mut Shared<'_>, args: &[Value]) -> Run<Value> {
    if value(args, 1).is_nil() {
        return Ok(Value::Bool(false));
    }
    let items = items(value(args, 1), "Cannot find has on type")?;
    contains(&items, value(args, 0)).map(Value::Bool)
}

fn slice(_: &mut Shared<'_>, args: &[Value]) -> Run<Value> {
    let given = value(args, 0);
    let Some(list) = slice_of(given) else {
        if given.is_nil() {
            return fail(NIL_POINTER);
        }
        return fail(format!("list should be type of slice or array but {}", given.kind_name()));
    };
    if list.is_empty() {
        return Ok(Value::Nil);
    }
    let start = args.get(1).map_or(0, to_int);
    let end = args.get(2).map_or(list.len() as i64, to_int);
    let bounds = (usize::try_from(start), usize::try_from(end));
    let (Ok(start), Ok(end)) = bounds else {
        return fail("reflect.Value.Slice: slice index out of bounds");
    };
    if start > end || end > list.capacity() {
        return fail("reflect.Value.Slice: slice index out of bounds");
    }
    let mut items = list.items();
    items.resize(items.len().max(end), Value::Null);
    Ok(List::typed(list.element(), items[start..end].to_vec()).into())
}

fn chunk(_: &mut Shared<'_>, args: &[Value]) -> Run<Value> {
    let items = items(value(args, 1), "Cannot chunk type")?;
    let size = int(args, 0);
    let all = match usize::try_from(size) {
        Ok(0) => None,
        Ok(size) => Some(items.chunks(size).collect()),
        Err(_) => chunks_below_zero(&items, size.unsigned_abs()),
    };
    let Some(all) = all else { return fail("runtime error: makeslice: len out of range") };
    let chunks = all.into_iter().map(|chunk| List::new(chunk.to_vec()).into()).collect();
    Ok(List::typed(ListType::Lists, chunks).into())
}

/// What Sprig's sums make of chunks of fewer than no items; `None` where they ask for a list of such a length.
fn chunks_below_zero(items: &[Value], size: u64) -> Option<Vec<&[Value]>> {
    match items.len() as u64 {
        0 => None,
        1 => (size > 1).then(|| vec![items]),
        length => (length - 1 <= size).then(Vec::new),
    }
}

fn concat(_: &mut Shared<'_>, args: &[Value]) -> Run<Value> {
    let mut out = Vec::new();
    for arg in args {
        match slice_of(arg) {
            Some(list) => out.extend(list.items()),
            None if arg.is_nil() => return fail(NIL_POINTER),
            None => return fail(format!("Cannot concat type {} as list", arg.kind_name())),
        }
    }
    Ok(if out.is_empty() { List::nil(ListType::Any) } else { List::new(out) }.into())
}

/// Sprig's `strslice`: the texts of a list without its nils, of anything else its own text.
pub(super) fn texts_of(given: &Value) -> Run<List> {
    if let Value::List(list) = given
        && list.element() == ListType::Texts
    {
        return Ok(list.clone());
    }
    let Some(list) = slice_of(given) else {
        if given.is_nil() {
            return Ok(List::texts(Vec::<Vec<u8>>::new()));
        }
        return Ok(List::texts([to_text(given)?]));
    };
    let mut texts: Vec<Text> = Vec::with_capacity(list.len());
    for item in list.items().into_iter().filter(|item| !item.is_nil()) {
        texts.push(match item {
            Value::Text(text) => text,
            other => to_text(&other)?.into(),
        });
    }
    Ok(List::texts(texts))
}

fn sort_alpha(_: &mut Shared<'_>, args: &[Value]) -> Run<Value> {
    if value(args, 0).is_nil() {
        return Ok(List::texts(["<nil>"]).into());
    }
    let texts = texts_of(value(args, 0))?;
    if slice_of(value(args, 0)).is_some() {
        // A []string is sorted where it is, which others that hold it see.
        texts.sort_texts();
    }
    Ok(texts.into())
}
