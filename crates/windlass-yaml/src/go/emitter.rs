//! Writes scalars and indicators, and knows where in a line it is: libyaml's emitter for what values need.

use super::Version;
use super::analyze::{Allowed, analyze, is_break, is_printable, is_simple};

/// How a document is laid out.
#[derive(Debug, Clone, Copy)]
pub(super) struct Layout {
    pub(super) version: Version,
    pub(super) indent: usize,
    /// The column behind which a text goes on in the next line.
    pub(super) width: usize,
    /// Version 3: the dash of a list in a map counts as its indentation.
    pub(super) compact: bool,
}

/// What a node stands for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Place {
    Root,
    Item,
    /// A key in front of its colon.
    Key,
    /// A key behind a question mark.
    LongKey,
    Value,
}

/// How a text is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Style {
    /// Without quotes.
    Plain,
    /// In single quotes.
    Single,
    /// In double quotes.
    Double,
    /// As a literal block.
    Literal,
}

pub(super) struct Emitter {
    pub(super) out: String,
    layout: Layout,
    /// Characters in the line.
    column: usize,
    /// `None` outside the root.
    indent: Option<usize>,
    /// The last character was white space, or none is needed behind it.
    whitespace: bool,
    /// The line has only indentation and dashes so far.
    indention: bool,
}

impl Emitter {
    pub(super) fn new(layout: Layout) -> Self {
        let out = String::with_capacity(1024);
        Self { out, layout, column: 0, indent: None, whitespace: true, indention: true }
    }

    pub(super) const fn layout(&self) -> Layout {
        self.layout
    }

    /// Ends the document.
    pub(super) fn finish(mut self) -> String {
        self.write_indent();
        self.out
    }

    /// Indents the fields of a map, and gives the indentation before.
    pub(super) fn enter_map(&mut self, place: Place) -> Option<usize> {
        let before = self.indent;
        self.indent = Some(self.deeper(place, 0));
        before
    }

    /// Indents the items of a list, and gives the indentation before.
    pub(super) fn enter_list(&mut self, place: Place) -> Option<usize> {
        let before = self.indent;
        let in_map = matches!(place, Place::Key | Place::LongKey | Place::Value);
        self.indent = Some(match self.layout.version {
            Version::V2 if in_map && !self.indention => self.indent.unwrap_or(0),
            Version::V2 => self.deeper(place, 0),
            Version::V3 => {
                let compact = self.layout.compact && in_map && (self.column == 0 || !self.indention);
                self.deeper(place, 0).saturating_sub(if compact { 2 } else { 0 })
            }
        });
        before
    }

    /// Goes back to the indentation before.
    pub(super) const fn leave(&mut self, before: Option<usize>) {
        self.indent = before;
    }

    fn deeper(&self, place: Place, outermost: usize) -> usize {
        let step = self.layout.indent;
        match (self.indent, self.layout.version) {
            (None, _) => outermost,
            (Some(indent), Version::V2) => indent + step,
            (Some(indent), Version::V3) if place == Place::Item => indent + 2,
            (Some(indent), Version::V3) => (indent + step) / step * step,
        }
    }

    /// Begins a line at the indentation, if this is not one.
    pub(super) fn write_indent(&mut self) {
        let indent = self.indent.unwrap_or(0);
        if !self.indention || self.column > indent || (self.column == indent && !self.whitespace) {
            self.put_break();
        }
        if let Some(missing) = indent.checked_sub(self.column) {
            self.out.extend(std::iter::repeat_n(' ', missing));
            self.column = indent;
        }
        self.whitespace = true;
        self.indention = true;
    }

    /// Writes the dash of an item, or the question mark or colon of a long key.
    pub(super) fn line_indicator(&mut self, indicator: char) {
        self.put_space();
        self.put(indicator);
        self.whitespace = false;
    }

    /// Writes the colon behind a short key.
    pub(super) fn colon(&mut self) {
        self.put(':');
        self.whitespace = false;
        self.indention = false;
    }

    /// Writes a word that is no text: a number, `null`, `[]`.
    pub(super) fn word(&mut self, word: &str) {
        self.put_space();
        self.put_all(word);
        self.whitespace = false;
        self.indention = false;
    }

    /// Says whether a key fits in front of a colon.
    pub(super) fn is_short_key(&self, key: &str) -> bool {
        const SHORT: usize = 128;
        key.len() <= SHORT && !key.contains(is_break)
    }

    /// Writes a text. `plain`: without quotes it would be read as text.
    pub(super) fn text(&mut self, text: &str, plain: bool, place: Place) {
        if plain && is_simple(text) {
            return self.word(text);
        }
        let style = style(text, plain, place, analyze(text, self.layout.version));
        let before = self.indent;
        self.indent = Some(self.deeper(place, self.layout.indent));
        self.styled(text, style, place != Place::Key);
        self.indent = before;
    }

    /// Writes a text as the value of a field, whose further lines are indented by `indent`.
    pub(super) fn value(mut self, text: &str, plain: bool, indent: usize) -> String {
        self.indent = Some(indent);
        let style = style(text, plain, Place::Value, analyze(text, self.layout.version));
        self.styled(text, style, true);
        self.out
    }

    /// Writes a text in one line.
    pub(super) fn line(mut self, text: &str, style: Style) -> String {
        let style = if style == Style::Literal { Style::Double } else { style };
        self.styled(text, style, false);
        self.out
    }

    /// Writes a text in a style. `breaks`: it may go on in the next line.
    fn styled(&mut self, text: &str, style: Style, breaks: bool) {
        match style {
            Style::Plain => self.plain(text, breaks),
            Style::Single => self.single(text, breaks),
            Style::Double => self.double(text, breaks),
            Style::Literal => self.literal(text),
        }
    }

    fn plain(&mut self, text: &str, breaks: bool) {
        self.put_space();
        let mut rest = text;
        while let Some(space) = rest.find(' ') {
            self.put_all(&rest[..space]);
            rest = &rest[space..];
            let spaces = rest.len() - rest.trim_start_matches(' ').len();
            if breaks && spaces == 1 && self.column > self.layout.width {
                self.indention = false;
                self.write_indent();
            } else {
                self.put_all(&rest[..spaces]);
            }
            rest = &rest[spaces..];
        }
        self.put_all(rest);
        self.whitespace = false;
        self.indention = false;
    }

    fn single(&mut self, text: &str, breaks: bool) {
        self.word("'");
        let (mut spaces, mut after_break) = (false, false);
        for (at, c) in text.char_indices() {
            if c == ' ' {
                let inside = at > 0 && !text[at + 1..].is_empty() && !text[at + 1..].starts_with(' ');
                if breaks && !spaces && inside && self.column > self.layout.width {
                    self.write_indent();
                } else {
                    self.put(' ');
                }
                spaces = true;
            } else if is_break(c) {
                if !after_break && c == '\n' {
                    self.put_break();
                }
                self.write_break(c);
                after_break = true;
            } else {
                if after_break {
                    self.write_indent();
                }
                if c == '\'' {
                    self.put('\'');
                }
                self.put(c);
                self.indention = false;
                (spaces, after_break) = (false, false);
            }
        }
        self.put('\'');
        self.whitespace = false;
        self.indention = false;
    }

    fn double(&mut self, text: &str, breaks: bool) {
        self.word("\"");
        // go-yaml looks for the mark at the beginning of the text, not at the character.
        let escape_all = text.starts_with('\u{feff}');
        let mut spaces = false;
        for (at, c) in text.char_indices() {
            let after = &text[at + c.len_utf8()..];
            if escape_all || !is_printable(c) || is_break(c) || matches!(c, '"' | '\\') {
                self.escape(c);
                spaces = false;
            } else if c == ' ' {
                let inside = at > 0 && !after.is_empty();
                if breaks && !spaces && inside && self.column > self.layout.width {
                    self.write_indent();
                    if after.starts_with(' ') {
                        self.put('\\');
                    }
                } else {
                    self.put(' ');
                }
                spaces = true;
            } else {
                self.put(c);
                spaces = false;
            }
        }
        self.put('"');
        self.whitespace = false;
        self.indention = false;
    }

    fn escape(&mut self, c: char) {
        let code = u32::from(c);
        let short = match c {
            '\0' => '0',
            '\u{7}' => 'a',
            '\u{8}' => 'b',
            '\t' => 't',
            '\n' => 'n',
            '\u{b}' => 'v',
            '\u{c}' => 'f',
            '\r' => 'r',
            '\u{1b}' => 'e',
            '"' | '\\' => c,
            '\u{85}' => 'N',
            '\u{a0}' => '_',
            '\u{2028}' => 'L',
            '\u{2029}' => 'P',
            _ if code <= 0xff => return self.put_all(&format!("\\x{code:02X}")),
            _ if code <= 0xffff => return self.put_all(&format!("\\u{code:04X}")),
            _ => return self.put_all(&format!("\\U{code:08X}")),
        };
        self.put('\\');
        self.put(short);
    }

    fn literal(&mut self, text: &str) {
        self.word("|");
        if text.starts_with(|c: char| c == ' ' || is_break(c)) {
            self.put_all(&self.layout.indent.to_string());
        }
        let mut backwards = text.chars().rev();
        match (backwards.next().is_some_and(is_break), backwards.next().is_none_or(is_break)) {
            (false, _) => self.put('-'),
            (true, true) => self.put('+'),
            (true, false) => {}
        }
        self.put_break();
        self.indention = true;
        self.whitespace = true;
        for line in text.split_inclusive(is_break) {
            let content = line.trim_end_matches(is_break);
            if !content.is_empty() {
                self.write_indent();
                self.put_all(content);
                self.indention = false;
            }
            if let Some(end) = line[content.len()..].chars().next() {
                self.write_break(end);
            }
        }
    }

    fn write_break(&mut self, c: char) {
        self.out.push(c);
        self.column = 0;
        self.indention = true;
    }

    fn put_break(&mut self) {
        self.out.push('\n');
        self.column = 0;
        self.indention |= self.layout.version == Version::V3;
    }

    fn put_space(&mut self) {
        if !self.whitespace {
            self.put(' ');
        }
    }

    fn put(&mut self, c: char) {
        self.out.push(c);
        self.column += 1;
    }

    fn put_all(&mut self, text: &str) {
        self.out.push_str(text);
        self.column += text.chars().count();
    }
}

/// Chooses the style that go-yaml wants, or the next that the text allows.
fn style(text: &str, plain: bool, place: Place, allowed: Allowed) -> Style {
    let is_key = place == Place::Key;
    let quoted = if allowed.single { Style::Single } else { Style::Double };
    if text.contains('\n') {
        return if allowed.block && !is_key { Style::Literal } else { Style::Double };
    }
    match plain {
        false => Style::Double,
        true if is_key && allowed.multiline => Style::Double,
        true if allowed.plain => Style::Plain,
        true => quoted,
    }
}
