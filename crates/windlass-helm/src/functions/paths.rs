//! Paths with slashes, as Go's path package.

use super::{args::bytes, table::Function};
use crate::template::{Param, Value};

const ONE: &[Param] = &[Param::Text];

pub(super) const FUNCTIONS: &[Function] = &[
    Function::new("base", ONE, |_, args| Ok(base(bytes(args, 0)).to_vec().into())),
    Function::new("dir", ONE, |_, args| Ok(dir(bytes(args, 0)).into())),
    Function::new("clean", ONE, |_, args| Ok(clean(bytes(args, 0)).into())),
    Function::new("ext", ONE, |_, args| Ok(ext(bytes(args, 0)).to_vec().into())),
    Function::new("isAbs", ONE, |_, args| Ok(Value::Bool(bytes(args, 0).starts_with(b"/")))),
    Function::new("osBase", ONE, |_, args| Ok(base(bytes(args, 0)).to_vec().into())),
    Function::new("osDir", ONE, |_, args| Ok(dir(bytes(args, 0)).into())),
    Function::new("osClean", ONE, |_, args| Ok(clean(bytes(args, 0)).into())),
    Function::new("osExt", ONE, |_, args| Ok(ext(bytes(args, 0)).to_vec().into())),
    Function::new("osIsAbs", ONE, |_, args| Ok(Value::Bool(bytes(args, 0).starts_with(b"/")))),
];

/// Go's `path.Base`.
fn base(path: &[u8]) -> &[u8] {
    if path.is_empty() {
        return b".";
    }
    let end = path.iter().rposition(|byte| *byte != b'/').map_or(0, |at| at + 1);
    if end == 0 {
        return b"/";
    }
    let start = path[..end].iter().rposition(|byte| *byte == b'/').map_or(0, |at| at + 1);
    &path[start..end]
}

fn dir(path: &[u8]) -> Vec<u8> {
    let end = path.iter().rposition(|byte| *byte == b'/').map_or(0, |at| at + 1);
    clean(&path[..end])
}

/// Go's `path.Clean`.
fn clean(path: &[u8]) -> Vec<u8> {
    let rooted = path.starts_with(b"/");
    let mut parts: Vec<&[u8]> = Vec::new();
    for part in path.split(|byte| *byte == b'/') {
        match part {
            b"" | b"." => {}
            b".." if parts.last().is_some_and(|last| *last != b"..") => {
                parts.pop();
            }
            b".." if rooted => {}
            part => parts.push(part),
        }
    }
    let joined = parts.join(&b'/');
    match (rooted, joined.is_empty()) {
        (true, _) => [b"/", joined.as_slice()].concat(),
        (false, true) => b".".to_vec(),
        (false, false) => joined,
    }
}

fn ext(path: &[u8]) -> &[u8] {
    let start = path.iter().rposition(|byte| *byte == b'/').map_or(0, |at| at + 1);
    path[start..].iter().rposition(|byte| *byte == b'.').map_or(b"", |at| &path[start + at..])
}
