//! Text to tokens, as Go's text/template/parse cuts it.

use super::runes::{decode, describe, is_alphanumeric, is_print};
use super::{quote::quote, text::lossy};

mod literal;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    Error,
    Bool,
    Char,
    CharConstant,
    Complex,
    Assign,
    Declare,
    End,
    Field,
    Identifier,
    LeftDelim,
    LeftParen,
    Number,
    Pipe,
    RawString,
    RightDelim,
    RightParen,
    Space,
    String,
    Text,
    Variable,
    Block,
    Break,
    Continue,
    Dot,
    Define,
    Else,
    EndWord,
    If,
    Nil,
    Range,
    Template,
    With,
}

impl Kind {
    fn is_keyword(self) -> bool {
        use Kind::{Block, Break, Continue, Define, Dot, Else, EndWord, If, Nil, Range, Template, With};
        matches!(
            self,
            Block | Break | Continue | Dot | Define | Else | EndWord | If | Nil | Range | Template | With
        )
    }
}

fn keyword(word: &[u8]) -> Option<Kind> {
    Some(match word {
        b"." => Kind::Dot,
        b"block" => Kind::Block,
        b"break" => Kind::Break,
        b"continue" => Kind::Continue,
        b"define" => Kind::Define,
        b"else" => Kind::Else,
        b"end" => Kind::EndWord,
        b"if" => Kind::If,
        b"range" => Kind::Range,
        b"nil" => Kind::Nil,
        b"template" => Kind::Template,
        b"with" => Kind::With,
        _ => return None,
    })
}

/// A token: its bytes are `input[start..end]`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Token {
    pub(crate) kind: Kind,
    pub(crate) start: usize,
    pub(crate) end: usize,
    pub(crate) line: usize,
}

pub(crate) struct Lexer<'t> {
    pub(crate) input: &'t [u8],
    pos: usize,
    start: usize,
    line: usize,
    start_line: usize,
    paren_depth: usize,
    inside_action: bool,
    /// The text of the error that ended the input.
    error: Option<String>,
}

const SPACES: &[u8] = b" \t\r\n";
const TRIM_MARKER_LEN: usize = 2;

impl<'t> Lexer<'t> {
    pub(crate) fn new(input: &'t [u8]) -> Self {
        Self {
            input,
            pos: 0,
            start: 0,
            line: 1,
            start_line: 1,
            paren_depth: 0,
            inside_action: false,
            error: None,
        }
    }

    /// A token as an error shows it.
    pub(crate) fn show(&self, token: Token) -> String {
        let bytes = &self.input[token.start..token.end];
        match token.kind {
            Kind::End => "EOF".into(),
            Kind::Error => self.error.clone().unwrap_or_default(),
            kind if kind.is_keyword() => format!("<{}>", lossy(bytes)),
            _ if bytes.len() > 10 => {
                let text = lossy(bytes);
                let short: String = text.chars().take(10).collect();
                format!("{}...", quote(short.as_bytes()))
            }
            _ => quote(bytes),
        }
    }

    /// Whether the error is one that says "action" itself.
    pub(crate) fn error_names_action(&self) -> bool {
        self.error.as_deref().is_some_and(|text| text.ends_with(" action"))
    }

    pub(crate) fn next_token(&mut self) -> Token {
        if self.error.is_some() {
            return self.here(Kind::End);
        }
        if self.inside_action { self.inside_action() } else { self.text() }
    }

    fn here(&self, kind: Kind) -> Token {
        Token { kind, start: self.pos, end: self.pos, line: self.start_line }
    }

    fn rest(&self) -> &'t [u8] {
        &self.input[self.pos.min(self.input.len())..]
    }

    fn peek(&self) -> Option<char> {
        decode(self.rest()).map(|(rune, _)| rune)
    }

    fn next(&mut self) -> Option<char> {
        let (rune, width) = decode(self.rest())?;
        self.pos += width;
        self.line += usize::from(rune == '\n');
        Some(rune)
    }

    fn emit(&mut self, kind: Kind) -> Token {
        let token = Token { kind, start: self.start, end: self.pos, line: self.start_line };
        self.start = self.pos;
        self.start_line = self.line;
        token
    }

    fn ignore(&mut self) {
        self.line += newlines(&self.input[self.start..self.pos]);
        self.start = self.pos;
        self.start_line = self.line;
    }

    fn fail(&mut self, text: String) -> Token {
        let token = Token { kind: Kind::Error, start: self.start, end: self.pos, line: self.start_line };
        self.error = Some(text);
        token
    }

    fn text(&mut self) -> Token {
        loop {
            let Some(at) = find(self.rest(), b"{{") else {
                return self.last_text();
            };
            if at > 0 {
                self.pos += at;
                let trims = has_left_marker(&self.input[self.pos + 2..]);
                let trim = if trims { right_trim(&self.input[self.start..self.pos]) } else { 0 };
                self.pos -= trim;
                self.line += newlines(&self.input[self.start..self.pos]);
                let token = self.emit(Kind::Text);
                self.pos += trim;
                self.ignore();
                if token.end > token.start {
                    return token;
                }
            }
            if let Some(token) = self.left_delim() {
                return token;
            }
        }
    }

    fn last_text(&mut self) -> Token {
        self.pos = self.input.len();
        if self.pos > self.start {
            self.line += newlines(&self.input[self.start..self.pos]);
            return self.emit(Kind::Text);
        }
        self.emit(Kind::End)
    }

    /// Begins an action, or skips a comment and gives nothing.
    fn left_delim(&mut self) -> Option<Token> {
        self.pos += 2;
        let after = if has_left_marker(self.rest()) { TRIM_MARKER_LEN } else { 0 };
        if self.input[self.pos + after..].starts_with(b"/*") {
            self.pos += after;
            self.ignore();
            return self.comment();
        }
        let token = self.emit(Kind::LeftDelim);
        self.inside_action = true;
        self.pos += after;
        self.ignore();
        self.paren_depth = 0;
        Some(token)
    }

    fn comment(&mut self) -> Option<Token> {
        self.pos += 2;
        let Some(at) = find(self.rest(), b"*/") else {
            return Some(self.fail("unclosed comment".into()));
        };
        self.pos += at + 2;
        let Some(trims) = self.right_delim_ahead() else {
            return Some(self.fail("comment ends before closing delimiter".into()));
        };
        self.line += newlines(&self.input[self.start..self.pos]);
        self.emit(Kind::Space);
        self.skip_right_delim(trims);
        self.ignore();
        None
    }

    fn skip_right_delim(&mut self, trims: bool) {
        self.pos += 2 + if trims { TRIM_MARKER_LEN } else { 0 };
        if trims {
            self.pos += left_trim(self.rest());
        }
    }

    /// Whether a right delimiter is next, and if so whether it trims.
    fn right_delim_ahead(&self) -> Option<bool> {
        let rest = self.rest();
        if has_right_marker(rest) && rest[TRIM_MARKER_LEN..].starts_with(b"}}") {
            return Some(true);
        }
        rest.starts_with(b"}}").then_some(false)
    }

    fn right_delim(&mut self) -> Token {
        let trims = self.right_delim_ahead() == Some(true);
        if trims {
            self.pos += TRIM_MARKER_LEN;
            self.ignore();
        }
        self.pos += 2;
        let token = self.emit(Kind::RightDelim);
        if trims {
            self.pos += left_trim(self.rest());
            self.ignore();
        }
        self.inside_action = false;
        token
    }

    fn inside_action(&mut self) -> Token {
        if self.right_delim_ahead().is_some() {
            if self.paren_depth == 0 {
                return self.right_delim();
            }
            return self.fail("unclosed left paren".into());
        }
        let Some(rune) = self.peek() else {
            return self.fail("unclosed action".into());
        };
        match rune {
            ' ' | '\t' | '\r' | '\n' => self.space(),
            '+' | '-' | '0'..='9' => self.number(),
            '.' => self.dot(),
            _ if is_alphanumeric(rune) => self.identifier(),
            _ => {
                self.next();
                self.punctuation(rune)
            }
        }
    }

    fn dot(&mut self) -> Token {
        if self.input.get(self.pos + 1).is_some_and(u8::is_ascii_digit) {
            return self.number();
        }
        self.next();
        if self.pos == self.input.len() {
            // Go reads a dot at the very end as a number, which its parser then refuses.
            return self.emit(Kind::Number);
        }
        self.field_or_variable(Kind::Field)
    }

    fn punctuation(&mut self, rune: char) -> Token {
        match rune {
            '=' => self.emit(Kind::Assign),
            ':' => match self.next() {
                Some('=') => self.emit(Kind::Declare),
                _ => self.fail("expected :=".into()),
            },
            '|' => self.emit(Kind::Pipe),
            '"' => self.quoted('"', Kind::String, "unterminated quoted string"),
            '\'' => self.quoted('\'', Kind::CharConstant, "unterminated character constant"),
            '`' => self.raw_string(),
            '$' => self.field_or_variable(Kind::Variable),
            '(' => {
                self.paren_depth += 1;
                self.emit(Kind::LeftParen)
            }
            ')' if self.paren_depth == 0 => self.fail("unexpected right paren".into()),
            ')' => {
                self.paren_depth -= 1;
                self.emit(Kind::RightParen)
            }
            _ if rune.is_ascii() && is_print(rune) => self.emit(Kind::Char),
            _ => self.fail(format!("unrecognized character in action: {}", describe(Some(rune)))),
        }
    }

    fn space(&mut self) -> Token {
        let mut count = 0;
        while let Some(' ' | '\t' | '\r' | '\n') = self.peek() {
            self.next();
            count += 1;
        }
        // The last space may belong to a trimming delimiter.
        let last = &self.input[self.pos - 1..];
        if has_right_marker(last) && last[TRIM_MARKER_LEN..].starts_with(b"}}") {
            self.pos -= 1;
            self.line -= usize::from(self.input[self.pos] == b'\n');
            if count == 1 {
                return self.right_delim();
            }
        }
        self.emit(Kind::Space)
    }

    fn identifier(&mut self) -> Token {
        while self.peek().is_some_and(is_alphanumeric) {
            self.next();
        }
        if !self.at_terminator() {
            return self.bad_character();
        }
        let kind = match &self.input[self.start..self.pos] {
            b"true" | b"false" => Kind::Bool,
            word => keyword(word).unwrap_or(Kind::Identifier),
        };
        self.emit(kind)
    }

    fn bad_character(&mut self) -> Token {
        let rune = self.peek();
        self.fail(format!("bad character {}", describe(rune)))
    }

    fn field_or_variable(&mut self, kind: Kind) -> Token {
        if self.at_terminator() {
            return self.emit(if kind == Kind::Variable { kind } else { Kind::Dot });
        }
        while self.peek().is_some_and(is_alphanumeric) {
            self.next();
        }
        if !self.at_terminator() {
            return self.bad_character();
        }
        self.emit(kind)
    }

    fn at_terminator(&self) -> bool {
        match self.peek() {
            None | Some(' ' | '\t' | '\r' | '\n' | '.' | ',' | '|' | ':' | ')' | '(') => true,
            Some(_) => self.rest().starts_with(b"}}"),
        }
    }
}

fn find(text: &[u8], part: &[u8]) -> Option<usize> {
    memchr::memmem::find(text, part)
}

fn newlines(text: &[u8]) -> usize {
    memchr::memchr_iter(b'\n', text).count()
}

fn right_trim(text: &[u8]) -> usize {
    text.iter().rev().take_while(|byte| SPACES.contains(byte)).count()
}

fn left_trim(text: &[u8]) -> usize {
    text.iter().take_while(|byte| SPACES.contains(byte)).count()
}

fn has_left_marker(text: &[u8]) -> bool {
    matches!(text, [b'-', space, ..] if SPACES.contains(space))
}

fn has_right_marker(text: &[u8]) -> bool {
    matches!(text, [space, b'-', ..] if SPACES.contains(space))
}
