//! Go's fmt: how values become text.

mod float;
mod methods;
mod pad;
mod printer;
mod printf;

use super::{Value, failure::Run};
use printer::Printer;

pub(crate) use float::format_float;
pub(crate) use printf::sprintf;

/// Appends what an action prints: `%v`, and `<no value>` for nothing.
pub(crate) fn plain_text(value: &Value, out: &mut Vec<u8>) -> Run<()> {
    match value {
        Value::Text(text) => out.extend_from_slice(text),
        Value::Nil => out.extend_from_slice(b"<no value>"),
        _ => return Printer::new(out).arg(value, 'v'),
    }
    Ok(())
}

/// A value as `%v` prints it.
pub(crate) fn text_of(value: &Value) -> Run<Vec<u8>> {
    let mut out = Vec::new();
    Printer::new(&mut out).arg(value, 'v')?;
    Ok(out)
}

/// A value as `%v` prints it in the text of an error.
pub(crate) fn shown(value: &Value) -> String {
    text_of(value).map(|text| super::text::lossy(&text).into_owned()).unwrap_or_default()
}

/// Go's `fmt.Sprint`: a space between two of which neither is a string.
pub(crate) fn sprint(args: &[Value]) -> Run<Vec<u8>> {
    let mut out = Vec::new();
    let mut after_text = false;
    for (index, arg) in args.iter().enumerate() {
        let is_text = arg.kind_name() == "string";
        if index > 0 && !is_text && !after_text {
            out.push(b' ');
        }
        Printer::new(&mut out).arg(arg, 'v')?;
        after_text = is_text;
    }
    Ok(out)
}

/// Go's `fmt.Sprintln`: spaces between all, and a line break.
pub(crate) fn sprintln(args: &[Value]) -> Run<Vec<u8>> {
    let mut out = Vec::new();
    for (index, arg) in args.iter().enumerate() {
        if index > 0 {
            out.push(b' ');
        }
        Printer::new(&mut out).arg(arg, 'v')?;
    }
    out.push(b'\n');
    Ok(out)
}
