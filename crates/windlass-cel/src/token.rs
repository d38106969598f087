//! A text as tokens.

use std::iter::Peekable;
use std::str::CharIndices;

use crate::literal::{self, Quoted};
use crate::{Invalid, Value};

/// A part of a text.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Token {
    Name(String),
    Literal(Value),
    /// The digits of a whole number, whose sign comes before it.
    Whole(u64),
    Sign(&'static str),
}

/// Longer ones first.
const SIGNS: [&str; 24] = [
    "==", "!=", "<=", ">=", "&&", "||", "<", ">", "!", "+", "-", "*", "/", "%", "?", ":", ".", ",", "(", ")",
    "[", "]", "{", "}",
];

/// The tokens of a text, each with its column.
pub(crate) fn tokens(text: &str) -> Result<Vec<(Token, usize)>, Invalid> {
    let mut scan = Scan { text, rest: text.char_indices().peekable(), column: 1 };
    let mut found = Vec::new();
    loop {
        scan.skip_blanks();
        let Some(&(at, first)) = scan.rest.peek() else { return Ok(found) };
        let column = scan.column;
        found.push((scan.token(at, first)?, column));
    }
}

struct Scan<'t> {
    text: &'t str,
    rest: Peekable<CharIndices<'t>>,
    column: usize,
}

impl Scan<'_> {
    fn next(&mut self) -> Option<char> {
        self.column += 1;
        self.rest.next().map(|(_, c)| c)
    }

    fn take(&mut self, count: usize) {
        for _ in 0..count {
            self.next();
        }
    }

    fn ahead(&mut self) -> &str {
        let at = self.rest.peek().map_or(self.text.len(), |(at, _)| *at);
        &self.text[at..]
    }

    fn skip_blanks(&mut self) {
        while let Some(&(_, c)) = self.rest.peek() {
            match c {
                ' ' | '\t' | '\n' | '\r' | '\u{c}' => _ = self.next(),
                '/' if self.ahead().starts_with("//") => while self.next().is_some_and(|c| c != '\n') {},
                _ => return,
            }
        }
    }

    fn token(&mut self, at: usize, first: char) -> Result<Token, Invalid> {
        let column = self.column;
        if let Some(quoted) = Quoted::begins(&self.text[at..]) {
            let (literal, length) =
                quoted.read(&self.text[at..]).map_err(|message| Invalid::new(message, column))?;
            self.take(length);
            return Ok(Token::Literal(literal));
        }
        if first.is_ascii_digit()
            || first == '.' && self.ahead()[1..].starts_with(|c: char| c.is_ascii_digit())
        {
            let length = literal::number_length(self.ahead());
            let digits = self.ahead()[..length].to_owned();
            self.take(length);
            return literal::number(&digits)
                .ok_or_else(|| Invalid::new(format!("not a number: {digits}"), column));
        }
        if first.is_ascii_alphabetic() || first == '_' {
            let ahead = self.ahead();
            let end = ahead.find(|c: char| !c.is_ascii_alphanumeric() && c != '_').unwrap_or(ahead.len());
            let name = ahead[..end].to_owned();
            self.take(end);
            return Ok(match name.as_str() {
                "true" => Token::Literal(Value::Bool(true)),
                "false" => Token::Literal(Value::Bool(false)),
                "null" => Token::Literal(Value::Null),
                "in" => Token::Sign("in"),
                _ => Token::Name(name),
            });
        }
        let sign = SIGNS.into_iter().find(|sign| self.ahead().starts_with(sign));
        let sign = sign.ok_or_else(|| Invalid::new(format!("unexpected {first:?}"), column))?;
        self.take(sign.len());
        Ok(Token::Sign(sign))
    }
}
