//! From a text to tokens.

/// What a token may be, besides the characters it accepts.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Mode {
    /// Characters that are accepted.
    pub(super) text: bool,
    /// `${`.
    pub(super) open: bool,
    /// `}`.
    pub(super) close: bool,
    /// `$$` stands for a dollar.
    pub(super) dollars: bool,
    /// `\/` and `\\` stand for their second character.
    pub(super) slashes: bool,
}

/// A token.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Token {
    Text(String),
    Open,
    Close,
    End,
    /// Nothing that is allowed here.
    Illegal,
}

/// Which characters belong to a text: the character, and how many bytes the text has with it.
pub(super) type Accept = fn(char, usize) -> bool;

/// Reads tokens. A NUL is the end, as in envsubst.
#[derive(Debug)]
pub(super) struct Scanner<'t> {
    rest: &'t str,
}

impl<'t> Scanner<'t> {
    pub(super) fn new(text: &'t str) -> Self {
        Self { rest: text.split('\0').next().unwrap_or_default() }
    }

    /// Gives the next character without taking it.
    pub(super) fn peek(&self) -> Option<char> {
        self.rest.chars().next()
    }

    /// Gives the character behind the next one.
    pub(super) fn peek_second(&self) -> Option<char> {
        self.rest.chars().nth(1)
    }

    pub(super) fn scan(&mut self, mode: Mode, accept: Accept) -> Token {
        let Some(first) = self.peek() else { return Token::End };
        if mode.open && self.rest.starts_with("${") {
            self.rest = &self.rest[2..];
            return Token::Open;
        }
        if mode.close && first == '}' {
            self.rest = &self.rest[1..];
            return Token::Close;
        }
        if !mode.text {
            return Token::Illegal;
        }
        let text = self.text(mode, accept);
        if text.is_empty() { Token::Illegal } else { Token::Text(text) }
    }

    fn text(&mut self, mode: Mode, accept: Accept) -> String {
        let mut text = String::new();
        while let Some(c) = self.peek() {
            if mode.open && self.rest.starts_with("${") {
                break;
            }
            if self.is_escape(mode) {
                self.rest = &self.rest[1..];
                // What was escaped is part of the text, whatever it is.
                text.extend(self.next());
                continue;
            }
            if !accept(c, text.len() + c.len_utf8()) {
                break;
            }
            text.extend(self.next());
        }
        text
    }

    fn next(&mut self) -> Option<char> {
        let c = self.peek()?;
        self.rest = &self.rest[c.len_utf8()..];
        Some(c)
    }

    fn is_escape(&self, mode: Mode) -> bool {
        mode.dollars && self.rest.starts_with("$$")
            || mode.slashes && (self.rest.starts_with("\\/") || self.rest.starts_with("\\\\"))
    }
}
