//! Paths of replacements and variables: names, indexes, `[key=value]` and `*`.

use regex::Regex;
use windlass_core::{Error, ErrorKind, Limits, Result};

use crate::config::split_path;
use crate::node::{Map, Node, Rules, Scalar, Style, Tag, resolve, set_field, wrong_kind};
use crate::pattern;
use crate::read::{self, Cache};

/// What is made where nothing is.
#[derive(Clone, Copy)]
pub(crate) enum Make {
    Scalar,
    List,
    Map,
}

impl Make {
    pub(crate) const fn like(node: &Node) -> Self {
        match node {
            Node::Scalar(_) => Self::Scalar,
            Node::List(_) => Self::List,
            Node::Map(_) => Self::Map,
        }
    }

    fn node(self) -> Node {
        match self {
            Self::Scalar => Node::plain(""),
            Self::List => Node::List(Vec::new()),
            Self::Map => Node::Map(Map::new()),
        }
    }

    /// What a step makes depends on the one after it.
    fn before(self, next: Option<&String>) -> Self {
        match next {
            None => self,
            Some(next) if next.is_empty() => self,
            Some(next) if is_list_step(next) || index(next).is_some_and(|at| at >= 0) => Self::List,
            Some(_) => Self::Map,
        }
    }
}

/// Cuts a path at dots that are neither escaped nor in brackets.
pub(crate) fn split(path: &str) -> Vec<String> {
    let mut parts = split_path(path, '.').into_iter();
    let mut out = Vec::new();
    while let Some(part) = parts.next() {
        if !part.starts_with('[') || part.ends_with(']') {
            out.push(part);
            continue;
        }
        let mut joined = part;
        for more in parts.by_ref() {
            joined = joined + "." + &more;
            if more.ends_with(']') {
                break;
            }
        }
        let keep = joined.contains('=');
        out.push(if keep { joined } else { joined.trim_matches(['[', ']']).to_owned() });
    }
    out
}

fn is_list_step(step: &str) -> bool {
    step.starts_with('[') && step.ends_with(']')
}

fn index(step: &str) -> Option<i64> {
    let digits = step.strip_prefix(['+', '-']).unwrap_or(step);
    let number = !digits.is_empty() && digits.bytes().all(|digit| digit.is_ascii_digit());
    number.then(|| step.parse().ok())?
}

fn key_and_value(step: &str) -> Result<(&str, &str)> {
    let inner = step.strip_suffix(']').unwrap_or(step);
    let inner = inner.strip_prefix('[').unwrap_or(inner);
    inner.split_once('=').ok_or_else(|| invalid("a step in brackets needs the form [key=value]"))
}

fn invalid(message: &str) -> Error {
    Error::new(ErrorKind::Invalid, message)
}

/// Follows a path to one node.
pub(crate) fn lookup<'n>(node: &'n Node, path: &[String]) -> Result<Option<&'n Node>> {
    let mut node = node;
    for step in path.iter().map(|step| step.trim()).filter(|step| !step.is_empty()) {
        match at(node, step)? {
            Some(next) => node = next,
            None => return Ok(None),
        }
    }
    Ok(Some(node))
}

fn at<'n>(node: &'n Node, step: &str) -> Result<Option<&'n Node>> {
    if step == "*" {
        return Err(invalid("a source cannot have a wildcard"));
    }
    if index(step).is_none() && step != "-" && !is_list_step(step) {
        return match node {
            Node::Map(map) => Ok(map.get(step)),
            node if node.is_null() => Ok(None),
            node => Err(wrong_kind("map", node)),
        };
    }
    let items = match node {
        Node::List(items) => items.as_slice(),
        node if node.is_null() => &[],
        node => return Err(wrong_kind("list", node)),
    };
    match index(step) {
        Some(at) if at < 0 => Err(invalid("an index cannot be negative")),
        Some(at) => Ok(usize::try_from(at).ok().and_then(|at| items.get(at))),
        None if step == "-" => Ok(items.last()),
        None => {
            key_and_value(step)?;
            Ok(lookup_position(items, step).and_then(|at| items.get(at)))
        }
    }
}

/// Calls `set` for every node that a path leads to.
pub(crate) struct Matcher<'m> {
    pub(crate) make: Option<Make>,
    pub(crate) set: &'m mut dyn FnMut(&mut Node) -> Result<()>,
    pub(crate) cache: &'m mut Cache,
    pub(crate) limits: &'m Limits,
}

impl Matcher<'_> {
    /// Gives how many there were.
    pub(crate) fn visit(&mut self, node: &mut Node, path: &[String]) -> Result<usize> {
        let Some((step, rest)) = path.split_first() else {
            (self.set)(node)?;
            return Ok(1);
        };
        match index(step) {
            Some(at) if at >= 0 => self.item(node, usize::try_from(at).unwrap_or(usize::MAX), rest),
            _ if is_list_step(step) => self.items(node, step, rest),
            _ if step == "*" => {
                let mut count = 0;
                for item in list_of(node)? {
                    count += self.visit(item, rest)?;
                }
                Ok(count)
            }
            _ => self.field(node, step, rest),
        }
    }

    fn field(&mut self, node: &mut Node, step: &str, rest: &[String]) -> Result<usize> {
        let map = match node {
            Node::Map(map) => map,
            node if node.is_null() => return Ok(0),
            node => return Err(wrong_kind("map", node)),
        };
        if map.get(step).is_none() {
            let Some(make) = self.make else { return Ok(0) };
            set_field(map, step, make.before(rest.first()).node());
        }
        match map.get_mut(step) {
            None => Ok(0),
            // What is inside a text is changed in a copy, and lost: kustomize does so too.
            Some(Node::Scalar(scalar)) if !rest.is_empty() => {
                let text = scalar.text.clone();
                let inner = read::document(&text, Rules::V3, self.cache, self.limits)?;
                self.visit(&mut inner.unwrap_or_else(Node::null), rest)
            }
            Some(field) => self.visit(field, rest),
        }
    }

    fn item(&mut self, node: &mut Node, at: usize, rest: &[String]) -> Result<usize> {
        let items = match node {
            Node::List(items) => items,
            node => return Err(wrong_kind("list", node)),
        };
        if let (true, Some(make)) = (items.len() == at, self.make) {
            items.push(make.before(rest.first()).node());
        }
        let count = items.len();
        let found = items.get_mut(at);
        let missing =
            || invalid("the index is beyond the end of the list").with("index", at).with("length", count);
        self.visit(found.ok_or_else(missing)?, rest)
    }

    fn items(&mut self, node: &mut Node, step: &str, rest: &[String]) -> Result<usize> {
        let (key, value) = key_and_value(step)?;
        let pattern = Pattern::new(value)?;
        let count = self.matching(node, key, &pattern, rest)?;
        if count > 0 || self.make.is_none() {
            return Ok(count);
        }
        let made = Node::Scalar(Scalar::new(value, Tag::None, Style::Plain));
        let made = if key.is_empty() { made } else { Node::Map(Map::of(vec![(key.into(), made)])) };
        match node {
            Node::List(items) => items.push(made),
            node => return Err(wrong_kind("list", node)),
        }
        self.matching(node, key, &pattern, rest)
    }

    fn matching(
        &mut self,
        node: &mut Node,
        key: &str,
        pattern: &Pattern<'_>,
        rest: &[String],
    ) -> Result<usize> {
        let mut count = 0;
        for item in list_of(node)? {
            if key.is_empty() {
                if pattern.takes(printed(item).trim()) {
                    (self.set)(item)?;
                    count += 1;
                }
            } else if item.get(key).is_some_and(|value| pattern.takes(printed(value).trim())) {
                count += self.visit(item, rest)?;
            }
        }
        Ok(count)
    }
}

/// The value of a step in brackets, which may stand anywhere in what an item has.
enum Pattern<'p> {
    Plain(&'p str),
    Regex(Regex),
}

impl<'p> Pattern<'p> {
    fn new(text: &'p str) -> Result<Self> {
        if pattern::is_plain(text) {
            return Ok(Self::Plain(text));
        }
        let wrong = || invalid("not a regular expression").with("pattern", text);
        Ok(Self::Regex(pattern::compile(text).ok_or_else(wrong)?))
    }

    fn takes(&self, text: &str) -> bool {
        match self {
            Self::Plain(wanted) => pattern::is_in(text, wanted),
            Self::Regex(pattern) => pattern.is_match(text),
        }
    }
}

fn list_of(node: &mut Node) -> Result<&mut [Node]> {
    match node {
        Node::List(items) => Ok(items),
        node if node.is_null() => Ok(&mut []),
        node => Err(wrong_kind("list", node)),
    }
}

/// Gives a scalar as it is printed, with its quotes.
fn printed(node: &Node) -> String {
    let Node::Scalar(scalar) = node else { return String::new() };
    let text = &scalar.text;
    match scalar.style {
        Style::Double => format!("\"{text}\""),
        Style::Single => format!("'{text}'"),
        Style::Plain if scalar.tag == Tag::Str && resolve(text, Rules::V3).tag() != Tag::Str => {
            format!("\"{text}\"")
        }
        _ => text.to_string(),
    }
}

/// Says which item of a list a step leads to.
pub(super) fn lookup_position(items: &[Node], step: &str) -> Option<usize> {
    match index(step) {
        Some(at) => usize::try_from(at).ok(),
        None if step == "-" => items.len().checked_sub(1),
        None => {
            let (key, value) = key_and_value(step).ok()?;
            items.iter().position(|item| match item {
                Node::Map(map) => map.get(key).is_some_and(|node| node.spelling() == value),
                item => key.is_empty() && item.spelling() == value,
            })
        }
    }
}
