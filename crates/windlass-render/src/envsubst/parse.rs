//! From tokens to expressions.

use super::Wrong;
use super::scan::{Accept, Mode, Scanner, Token};

/// Expressions inside one another.
const NESTING_MAX: usize = 100;

/// A piece of a text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Node {
    /// As it is.
    Text(String),
    /// `${name}`, or with an operator and its arguments.
    Expression { name: String, operator: String, arguments: Vec<Node> },
}

/// Reads a text.
pub(crate) fn parse(text: &str) -> Result<Vec<Node>, Wrong> {
    let mut parser = Parser { scanner: Scanner::new(text), depth: 0 };
    let mode = Mode { text: true, open: true, dollars: true, ..Mode::default() };
    let mut nodes = Vec::new();
    loop {
        match parser.scanner.scan(mode, |_, _| true) {
            Token::Text(text) => nodes.push(Node::Text(text)),
            Token::Open => nodes.push(parser.expression()?),
            Token::End => return Ok(nodes),
            Token::Close | Token::Illegal => return Err(Wrong::BadSubstitution),
        }
    }
}

struct Parser<'t> {
    scanner: Scanner<'t>,
    depth: usize,
}

const TEXT: Mode = Mode { text: true, open: false, close: false, dollars: false, slashes: false };
const CLOSE: Mode = Mode { text: false, open: false, close: true, dollars: false, slashes: false };

fn is_name(c: char, _: usize) -> bool {
    c.is_alphabetic() || c.is_numeric() || c == '_'
}

impl Parser<'_> {
    /// Reads what follows `${`, with its closing brace.
    fn expression(&mut self) -> Result<Node, Wrong> {
        self.depth += 1;
        if self.depth > NESTING_MAX {
            return Err(Wrong::Limit { what: "nesting", max: NESTING_MAX as u64 });
        }
        let node = if self.scanner.peek() == Some('#') { self.length() } else { self.named() };
        self.depth -= 1;
        node
    }

    /// `${#name}`
    fn length(&mut self) -> Result<Node, Wrong> {
        let operator = self.operator(|c, bytes| c == '#' && bytes == 1)?;
        let name = self.operator(is_name)?;
        self.close(Node::Expression { name, operator, arguments: Vec::new() })
    }

    fn named(&mut self) -> Result<Node, Wrong> {
        let Token::Text(name) = self.scanner.scan(TEXT, is_name) else { return Err(Wrong::VariableName) };
        match self.scanner.peek() {
            Some(':') if matches!(self.scanner.peek_second(), Some('=' | '-' | '?' | '+')) => {
                self.default(name)
            }
            Some(':') => self.substring(name),
            Some('=') => self.default(name),
            Some(',' | '^') => {
                let operator = self.operator(|c, bytes| matches!(c, ',' | '^') && bytes < 3)?;
                self.close(Node::Expression { name, operator, arguments: Vec::new() })
            }
            Some('/') => self.replace(name),
            Some('#') => self.remove(name, |c, bytes| c == '#' && bytes < 3),
            Some('%') => self.remove(name, |c, bytes| c == '%' && bytes < 3),
            _ if self.scanner.scan(CLOSE, is_name) == Token::Close => {
                Ok(Node::Expression { name, operator: String::new(), arguments: Vec::new() })
            }
            _ => Err(Wrong::MissingClosingBrace),
        }
    }

    /// `${name:=a}`, `${name:-a}`, `${name:?a}`, `${name:+a}`, `${name=a}`
    fn default(&mut self, name: String) -> Result<Node, Wrong> {
        let accept: Accept = match self.scanner.peek() {
            Some('=') => |c, bytes| c == '=' && bytes == 1,
            _ => |c, bytes| match bytes {
                1 => c == ':',
                2 => matches!(c, '=' | '-' | '?' | '+'),
                _ => false,
            },
        };
        let Token::Text(operator) = self.scanner.scan(TEXT, accept) else {
            return Err(Wrong::DefaultFunction);
        };
        let mut arguments = Vec::new();
        while self.scanner.peek() != Some('}') {
            arguments.push(self.argument(TEXT, |c, _| c != '}')?);
        }
        self.close(Node::Expression { name, operator, arguments })
    }

    /// `${name:offset}`, `${name:offset:length}`
    fn substring(&mut self, name: String) -> Result<Node, Wrong> {
        let operator = self.operator(|c, bytes| c == ':' && bytes == 1)?;
        let mut arguments = vec![self.argument(TEXT, |c, _| c != ':' && c != '}')?];
        match self.scanner.scan(Mode { close: true, ..TEXT }, |c, _| c == ':') {
            Token::Close => return Ok(Node::Expression { name, operator, arguments }),
            Token::Text(_) => arguments.push(self.argument(TEXT, |c, _| c != '}')?),
            _ => return Err(Wrong::BadSubstitution),
        }
        self.close(Node::Expression { name, operator, arguments })
    }

    /// `${name#a}`, `${name##a}`, `${name%a}`, `${name%%a}`
    fn remove(&mut self, name: String, accept: Accept) -> Result<Node, Wrong> {
        let operator = self.operator(accept)?;
        let arguments = vec![self.argument(TEXT, |c, _| c != '}')?];
        self.close(Node::Expression { name, operator, arguments })
    }

    /// `${name/a/b}`, `${name//a/b}`, `${name/#a/b}`, `${name/%a/b}`
    fn replace(&mut self, name: String) -> Result<Node, Wrong> {
        let operator = self.operator(|c, bytes| match bytes {
            1 => c == '/',
            2 => matches!(c, '/' | '#' | '%'),
            _ => false,
        })?;
        let escaped = Mode { dollars: true, slashes: true, ..TEXT };
        let mut arguments = vec![self.argument(escaped, |c, _| c != '/')?];
        self.operator(|c, _| c == '/')?;
        if self.scanner.peek() != Some('}') {
            arguments.push(self.argument(escaped, |c, _| c != '}')?);
        }
        self.close(Node::Expression { name, operator, arguments })
    }

    fn operator(&mut self, accept: Accept) -> Result<String, Wrong> {
        match self.scanner.scan(TEXT, accept) {
            Token::Text(text) => Ok(text),
            _ => Err(Wrong::BadSubstitution),
        }
    }

    fn argument(&mut self, mode: Mode, accept: Accept) -> Result<Node, Wrong> {
        match self.scanner.scan(Mode { open: true, ..mode }, accept) {
            Token::Open => self.expression(),
            Token::Text(text) => Ok(Node::Text(text)),
            _ => Err(Wrong::Argument),
        }
    }

    fn close(&mut self, node: Node) -> Result<Node, Wrong> {
        match self.scanner.scan(CLOSE, |_, _| false) {
            Token::Close => Ok(node),
            _ => Err(Wrong::BadSubstitution),
        }
    }
}
