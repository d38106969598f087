//! From the events of the parser to nodes.

use std::borrow::Cow;
use std::collections::HashMap;

use granit_parser::{Event, Parser, ScalarStyle, Span, StrInput, StructureStyle};
use windlass_core::{Error, ErrorKind, Limits, Result, Text};

use super::Cache;
use crate::node::{Map, Node, Rules, Scalar, Style, Tag, resolve};

/// Values that the aliases of one document may multiply.
const ALIAS_VALUES_MAX: usize = 1_000_000;

const YAML_TAGS: &str = "tag:yaml.org,2002:";

/// Reads one document.
pub(super) struct Builder<'b, 't> {
    text: &'t str,
    rules: Rules,
    parser: Parser<'t, StrInput<'t>>,
    cache: &'b mut Cache,
    anchors: HashMap<usize, (Node, usize)>,
    alias_values: usize,
    depth_max: usize,
    /// How many `{` and `[` are open.
    flow: usize,
}

enum Key {
    Name(Text),
    Merge,
}

impl<'b, 't> Builder<'b, 't> {
    pub(super) fn new(text: &'t str, rules: Rules, cache: &'b mut Cache, limits: &Limits) -> Self {
        let depth = limits.value_depth_max;
        let options = granit_parser::options! {
            emit_comments: false,
            emit_unresolved_aliases: true,
            flow_nesting_limit: depth + 1,
            block_nesting_limit: depth + 1,
        };
        let parser = Parser::new_from_str_with_options(text, options);
        Self {
            text,
            rules,
            parser,
            cache,
            anchors: HashMap::new(),
            alias_values: 0,
            depth_max: depth,
            flow: 0,
        }
    }

    /// Gives the first document and the line on which it begins; `None` for one that holds nothing.
    pub(super) fn document(&mut self) -> Result<Option<(Node, u32)>> {
        loop {
            match self.parser.next() {
                None | Some(Ok((Event::StreamEnd, _))) => return Ok(None),
                Some(Ok((Event::DocumentStart(..), _))) => break,
                Some(Ok(_)) => {}
                Some(Err(found)) => return Err(syntax(&found)),
            }
        }
        let (event, span) = self.next()?;
        let line = line_of(&span);
        let node = self.node(event, &span, 0)?;
        // What follows the document on its last line would be an error for go-yaml as well.
        match self.parser.next() {
            Some(Err(found)) => Err(syntax(&found)),
            _ if node.is_null() => Ok(None),
            _ => Ok(Some((node, line))),
        }
    }

    fn next(&mut self) -> Result<(Event<'t>, Span)> {
        match self.parser.next() {
            Some(Ok(next)) => Ok(next),
            Some(Err(found)) => Err(syntax(&found)),
            None => Err(Error::new(ErrorKind::Internal, "the parser ended inside a document")),
        }
    }

    fn node(&mut self, event: Event<'t>, span: &Span, depth: usize) -> Result<Node> {
        let (node, anchor) = match event {
            Event::Scalar(text, style, anchor, tag) => {
                let text = self.ended(written(text, span), style, span);
                (Node::Scalar(self.scalar(text, style, tag.as_deref())), anchor)
            }
            Event::SequenceStart(style, anchor, _) => {
                let flow = usize::from(style == StructureStyle::Flow);
                self.flow += flow;
                let list = self.list(span, depth)?;
                self.flow -= flow;
                (list, anchor)
            }
            Event::MappingStart(style, anchor, _) => {
                let flow = usize::from(style == StructureStyle::Flow);
                self.flow += flow;
                let map = self.map(span, depth)?;
                self.flow -= flow;
                (map, anchor)
            }
            Event::Alias(id) => return self.alias(id, span, depth),
            Event::UnresolvedAlias(_) => {
                return Err(at("unknown anchor", span).with_help("quote a text that begins with *"));
            }
            _ => return Err(at("expected a value", span)),
        };
        if anchor != 0 {
            let size = size(&node);
            self.pay(size, span)?;
            self.anchors.insert(anchor, (node.clone(), size));
        }
        Ok(node)
    }

    fn scalar(&mut self, text: Cow<'t, str>, style: ScalarStyle, tag: Option<&granit_parser::Tag>) -> Scalar {
        let style = style_of(style);
        let explicit = tag.is_some();
        let tag = match tag.map(|tag| tag.suffix_in_namespace(YAML_TAGS)) {
            None if style != Style::Plain => Tag::Str,
            None => resolve(&text, self.rules).tag(),
            Some(None) => Tag::Other,
            Some(Some(name)) => match &*name {
                "str" => Tag::Str,
                "int" => Tag::Int,
                "float" => Tag::Float,
                "bool" => Tag::Bool,
                "null" => Tag::Null,
                "timestamp" => Tag::Time,
                "binary" => Tag::Binary,
                _ => Tag::Other,
            },
        };
        let nothing = text.is_empty() && style == Style::Plain && tag == Tag::Null;
        let style = if nothing && self.flow > 0 && self.rules == Rules::V3 { Style::Empty } else { style };
        // A tag that is written counts whatever the quotes.
        let style = if explicit && tag != Tag::Str { Style::Plain } else { style };
        Scalar::new(self.cache.share(&text), tag, style)
    }

    fn list(&mut self, span: &Span, depth: usize) -> Result<Node> {
        self.check_depth(depth, span)?;
        let mut items = Vec::new();
        loop {
            let (event, span) = self.next()?;
            if matches!(event, Event::SequenceEnd) {
                items.shrink_to_fit();
                return Ok(Node::List(items));
            }
            items.push(self.node(event, &span, depth + 1)?);
        }
    }

    fn map(&mut self, span: &Span, depth: usize) -> Result<Node> {
        self.check_depth(depth, span)?;
        let (mut fields, mut merged) = (Vec::new(), None);
        loop {
            let (event, span) = self.next()?;
            if matches!(event, Event::MappingEnd) {
                break;
            }
            let key = self.key(event, &span, depth)?;
            let (event, value_span) = self.next()?;
            let value = self.node(event, &value_span, depth + 1)?;
            match key {
                Key::Name(name) => fields.push((name, value)),
                Key::Merge if merged.is_some() => return Err(at("duplicate merge key", &span)),
                Key::Merge => merged = Some((value, span)),
            }
        }
        fields.shrink_to_fit();
        let mut map = Map::of(fields);
        if let Some((value, span)) = merged {
            merge(&mut map, value, &span)?;
        }
        Ok(Node::Map(map))
    }

    fn key(&mut self, event: Event<'t>, span: &Span, depth: usize) -> Result<Key> {
        let scalar = match event {
            Event::Scalar(text, style, anchor, tag) => {
                let text = written(text, span);
                let scalar = self.scalar(text, style, tag.as_deref());
                if anchor != 0 {
                    self.anchors.insert(anchor, (Node::Scalar(scalar.clone()), 1));
                }
                scalar
            }
            other => match self.node(other, span, depth + 1)? {
                Node::Scalar(scalar) => scalar,
                _ => return Err(at("a key must be text", span)),
            },
        };
        match (self.rules, scalar.tag) {
            (_, Tag::Merge) => Ok(Key::Merge),
            (_, Tag::Str | Tag::Other) => Ok(Key::Name(scalar.text)),
            (Rules::V3, _) if depth == 0 => Ok(Key::Name(scalar.text)),
            (Rules::V3, _) => Err(at("a key must be text", span)),
            (Rules::V2, tag) => Ok(Key::Name(self.key_of(&scalar, tag))),
        }
    }

    /// Gives the text that a key becomes on its way to JSON.
    fn key_of(&mut self, scalar: &Scalar, tag: Tag) -> Text {
        match (tag, resolve(&scalar.text, self.rules)) {
            (Tag::Bool, crate::node::Resolved::Bool(truth)) => truth.to_string().into(),
            (Tag::Int, crate::node::Resolved::Int(number)) => number.to_string().into(),
            (Tag::Null, _) => self.cache.share("null"),
            _ => scalar.text.clone(),
        }
    }

    fn alias(&mut self, id: usize, span: &Span, depth: usize) -> Result<Node> {
        let Some((node, size)) = self.anchors.get(&id).cloned() else {
            return Err(at("an anchor contains itself", span));
        };
        self.pay(size, span)?;
        self.check_depth(depth + deep(&node, self.depth_max), span)?;
        Ok(node)
    }

    fn pay(&mut self, size: usize, span: &Span) -> Result<()> {
        self.alias_values += size;
        if self.alias_values <= ALIAS_VALUES_MAX {
            return Ok(());
        }
        let error = Error::new(ErrorKind::Limit, "aliases make too many values").with("line", line_of(span));
        Err(error.with("alias_values_max", ALIAS_VALUES_MAX))
    }

    fn check_depth(&self, depth: usize, span: &Span) -> Result<()> {
        if depth < self.depth_max {
            return Ok(());
        }
        let error = Error::new(ErrorKind::Limit, "lists and maps are nested too deeply");
        Err(error.with("value_depth_max", self.depth_max).with("line", line_of(span)))
    }

    /// Takes the line break away that the parser gives a block scalar at the end of a text that has none there.
    fn ended(&self, text: Cow<'t, str>, style: ScalarStyle, span: &Span) -> Cow<'t, str> {
        let is_block = matches!(style, ScalarStyle::Literal | ScalarStyle::Folded);
        let end = span.end.byte_offset().unwrap_or_default();
        if !is_block || end < self.text.len() || self.text.ends_with(['\n', '\r']) {
            return text;
        }
        let Some(without) = text.strip_suffix('\n') else { return text };
        let last = self.text.rsplit('\n').next().unwrap_or_default().trim_start_matches(' ');
        if last.is_empty() || !without.ends_with(last) {
            return text;
        }
        Cow::Owned(without.to_owned())
    }
}

/// Adds the fields of merged maps that the map does not have itself; of several maps the first counts.
fn merge(map: &mut Map, value: Node, span: &Span) -> Result<()> {
    let sources = match value {
        Node::Map(source) => vec![source],
        Node::List(items) => items
            .into_iter()
            .map(|item| match item {
                Node::Map(source) => Ok(source),
                _ => Err(at("a merge needs a map or a list of maps", span)),
            })
            .collect::<Result<_>>()?,
        Node::Scalar(_) => return Err(at("a merge needs a map or a list of maps", span)),
    };
    for (key, value) in sources.into_iter().flat_map(Map::into_fields) {
        if map.get(&key).is_none() {
            map.push(key, value);
        }
    }
    Ok(())
}

fn style_of(style: ScalarStyle) -> Style {
    match style {
        ScalarStyle::SingleQuoted => Style::Single,
        ScalarStyle::DoubleQuoted => Style::Double,
        ScalarStyle::Literal => Style::Literal,
        ScalarStyle::Folded => Style::Folded,
        _ => Style::Plain,
    }
}

/// Gives the text as it was written: the parser makes `~` of a value that is not there.
fn written<'t>(text: Cow<'t, str>, span: &Span) -> Cow<'t, str> {
    if text == "~" && span.start.index() == span.end.index() { Cow::Borrowed("") } else { text }
}

fn size(node: &Node) -> usize {
    match node {
        Node::Scalar(_) => 1,
        Node::List(items) => 1 + items.iter().map(size).sum::<usize>(),
        Node::Map(map) => 1 + map.iter().map(|(_, value)| size(value)).sum::<usize>(),
    }
}

/// Counts lists and maps inside one another, up to `max`.
fn deep(node: &Node, max: usize) -> usize {
    let Some(below) = max.checked_sub(1) else { return 0 };
    match node {
        Node::Scalar(_) => 0,
        Node::List(items) => 1 + items.iter().map(|item| deep(item, below)).max().unwrap_or_default(),
        Node::Map(map) => 1 + map.iter().map(|(_, value)| deep(value, below)).max().unwrap_or_default(),
    }
}

fn line_of(span: &Span) -> u32 {
    u32::try_from(span.start.line()).unwrap_or(u32::MAX)
}

fn at(message: &str, span: &Span) -> Error {
    let error = Error::new(ErrorKind::Invalid, message).with("line", line_of(span));
    error.with("column", span.start.col() + 1)
}

fn syntax(found: &granit_parser::ScanError) -> Error {
    let marker = found.marker();
    let kind = match found.kind() {
        granit_parser::ErrorKind::RecursionLimitExceeded => ErrorKind::Limit,
        _ => ErrorKind::Invalid,
    };
    let line = u32::try_from(marker.line()).unwrap_or(u32::MAX);
    Error::new(kind, "malformed YAML").with("line", line).with("column", marker.col() + 1)
}
