//! Writes nodes in their order, as go-yaml v3 does below kyaml.

use windlass_core::Value;
use windlass_yaml::go;

use crate::node::{DEPTH_MAX, Map, Node, Rules, Scalar, Style, Tag, resolve};

/// Writes a document: two spaces for each level, lists not indented under their key.
pub(crate) fn document(node: &Node) -> String {
    let mut out = String::new();
    match node {
        Node::Scalar(value) => {
            out.push_str(&inline(value, 0));
            out.push('\n');
        }
        node => block(node, 0, &mut out, DEPTH_MAX),
    }
    out
}

/// Writes a text as a value.
pub(crate) fn scalar(text: &str) -> String {
    go::to_yaml_v3_compact(&Value::from(text), 2).trim_end_matches('\n').to_owned()
}

fn block(node: &Node, indent: usize, out: &mut String, depth: usize) {
    let Some(below) = depth.checked_sub(1) else { return };
    match node {
        Node::Map(map) => fields(map, indent, out, below, true),
        Node::List(items) => {
            for item in items {
                pad(indent, out);
                out.push_str("- ");
                self::item(item, indent, out, below);
            }
        }
        Node::Scalar(_) => {}
    }
}

/// Writes fields, the first of them behind what stands on its line already.
fn fields(map: &Map, indent: usize, out: &mut String, depth: usize, pad_first: bool) {
    for (at, (key, value)) in map.iter().enumerate() {
        if at > 0 || pad_first {
            pad(indent, out);
        }
        out.push_str(&plain(key));
        out.push(':');
        match value {
            Node::Scalar(value) => {
                let text = inline(value, indent + 2);
                if !text.is_empty() {
                    out.push(' ');
                }
                out.push_str(&text);
                out.push('\n');
            }
            Node::Map(inner) if inner.is_empty() => out.push_str(" {}\n"),
            Node::List(items) if items.is_empty() => out.push_str(" []\n"),
            Node::Map(_) => {
                out.push('\n');
                block(value, indent + 2, out, depth);
            }
            Node::List(_) => {
                out.push('\n');
                block(value, indent, out, depth);
            }
        }
    }
}

fn item(node: &Node, indent: usize, out: &mut String, depth: usize) {
    match node {
        Node::Scalar(value) => {
            out.push_str(&inline(value, indent + 2));
            out.push('\n');
        }
        Node::Map(map) if map.is_empty() => out.push_str("{}\n"),
        Node::List(items) if items.is_empty() => out.push_str("[]\n"),
        Node::Map(map) => fields(map, indent + 2, out, depth, false),
        Node::List(items) => {
            let Some(below) = depth.checked_sub(1) else { return };
            for (at, inner) in items.iter().enumerate() {
                if at > 0 {
                    pad(indent + 2, out);
                }
                out.push_str("- ");
                item(inner, indent + 2, out, below);
            }
        }
    }
}

fn inline(value: &Scalar, indent: usize) -> String {
    let text = value.text.as_str();
    match value.style {
        Style::Single if !text.contains('\n') => format!("'{}'", text.replace('\'', "''")),
        Style::Double => go::to_json_unescaped(&Value::from(text)),
        Style::Literal => literal(text, indent),
        _ if text.contains('\n') => literal(text, indent),
        _ if matches!(value.tag, Tag::Str | Tag::Other) && resolve(text, Rules::V3).tag() != Tag::Str => {
            go::to_json_unescaped(&Value::from(text))
        }
        _ => match (value.tag, resolve(text, Rules::V3).tag()) {
            (Tag::Int, Tag::Str) => format!("!!int {}", plain(text)),
            (Tag::Bool, Tag::Str) => format!("!!bool {}", plain(text)),
            (_, Tag::Str) => plain(text),
            _ => text.to_owned(),
        },
    }
}

/// Writes a text that was written without quotes; those that only YAML 1.1 needs are left out.
fn plain(text: &str) -> String {
    let written = scalar(text);
    if written.strip_prefix('"').and_then(|inner| inner.strip_suffix('"')) == Some(text) {
        return text.to_owned();
    }
    written
}

fn literal(text: &str, indent: usize) -> String {
    let body = text.trim_end_matches('\n');
    let hint = match text.len() - body.len() {
        0 => "-",
        1 => "",
        _ => "+",
    };
    let first = if text.starts_with([' ', '\n']) { "2" } else { "" };
    let lines = text.strip_suffix('\n').unwrap_or(text).split('\n');
    lines.fold(format!("|{first}{hint}"), |mut out, line| {
        out.push('\n');
        if !line.is_empty() {
            pad(indent, &mut out);
        }
        out + line
    })
}

fn pad(indent: usize, out: &mut String) {
    out.extend(std::iter::repeat_n(' ', indent));
}
