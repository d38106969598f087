//! Tokens to trees, as Go's text/template/parse builds them, with its errors.

use std::sync::Arc;

use super::{
    HelmVersion, Place, TemplateError, TemplateErrorKind,
    lexer::{Kind, Lexer, Token},
    node::{Branch, Node, Source, Template, Tree},
    quote::{quote, unquote},
    stack::Stack,
    text::lossy,
};

mod pipeline;

/// Stack that the parser may use for nested expressions and blocks.
const PARSE_STACK_BYTES_MAX: usize = 512 << 10;

/// The templates that a text defines, with that of the text itself under the name of the source.
pub(crate) fn parse(source: Arc<Source>, version: HelmVersion) -> Result<Vec<Tree>, TemplateError> {
    let mut parser = Parser {
        lexer: Lexer::new(&source.text),
        source: source.clone(),
        version,
        ahead: Vec::new(),
        current: Token { kind: Kind::End, start: 0, end: 0, line: 1 },
        names: vec!["$".into()],
        scope: vec![0],
        action_line: 0,
        range_depth: 0,
        stack: Stack::here(PARSE_STACK_BYTES_MAX),
        trees: Vec::new(),
    };
    let root = parser.file()?;
    parser.add(source.name.clone(), root)?;
    let variables: Arc<[String]> = parser.names.into();
    let tree = |(name, root)| Tree { name, source: source.clone(), root, variables: variables.clone() };
    Ok(parser.trees.into_iter().map(tree).collect())
}

struct Parser<'t> {
    lexer: Lexer<'t>,
    source: Arc<Source>,
    version: HelmVersion,
    /// Tokens that were given back, the next of them last.
    ahead: Vec<Token>,
    /// The token last read from the lexer: errors tell its line.
    current: Token,
    names: Vec<String>,
    /// Variables that are defined here, as indexes of names.
    scope: Vec<u32>,
    action_line: usize,
    range_depth: usize,
    stack: Stack,
    trees: Vec<(String, Vec<Node>)>,
}

type Parsed<T> = Result<T, TemplateError>;

/// What ended a list of nodes.
enum Ended {
    End,
    Else,
}

/// What stands next in a list.
enum Item {
    Node(Node),
    Ended(Ended),
}

impl Parser<'_> {
    fn next(&mut self) -> Token {
        self.ahead.pop().unwrap_or_else(|| self.lex())
    }

    fn lex(&mut self) -> Token {
        self.current = self.lexer.next_token();
        self.current
    }

    fn back(&mut self, token: Token) {
        self.ahead.push(token);
    }

    fn peek(&mut self) -> Token {
        let token = self.next();
        self.back(token);
        token
    }

    fn next_non_space(&mut self) -> Token {
        loop {
            let token = self.next();
            if token.kind != Kind::Space {
                return token;
            }
        }
    }

    fn peek_non_space(&mut self) -> Token {
        let token = self.next_non_space();
        self.back(token);
        token
    }

    fn bytes(&self, token: Token) -> &[u8] {
        &self.source.text[token.start..token.end]
    }

    fn text(&self, token: Token) -> String {
        lossy(self.bytes(token)).into_owned()
    }

    fn fail<T>(&self, message: impl AsRef<str>) -> Parsed<T> {
        let line = self.current.line;
        let place = Place { template: self.source.name.clone(), line, column: None };
        let text = format!("template: {}:{line}: {}", self.source.name, message.as_ref());
        Err(TemplateError::new(TemplateErrorKind::Parse, text, Some(place)))
    }

    fn expect(&mut self, kinds: &[Kind], context: &str) -> Parsed<Token> {
        let token = self.next_non_space();
        if kinds.contains(&token.kind) { Ok(token) } else { self.unexpected(token, context) }
    }

    fn unexpected<T>(&self, token: Token, context: &str) -> Parsed<T> {
        let shown = self.lexer.show(token);
        if token.kind != Kind::Error {
            return self.fail(format!("unexpected {shown} in {context}"));
        }
        if self.action_line == 0 || self.action_line == token.line {
            return self.fail(shown);
        }
        let action = if self.lexer.error_names_action() { "" } else { " in action" };
        self.fail(format!("{shown}{action} started at {}:{}", self.source.name, self.action_line))
    }

    /// Adds a template unless its name already has one that is not blank.
    fn add(&mut self, name: String, root: Vec<Node>) -> Parsed<()> {
        let Some(at) = self.trees.iter().position(|(other, _)| *other == name) else {
            self.trees.push((name, root));
            return Ok(());
        };
        if self.source.is_blank(&self.trees[at].1) {
            self.trees[at].1 = root;
        } else if !self.source.is_blank(&root) {
            return self
                .fail(format!("template: multiple definition of template {}", quote(name.as_bytes())));
        }
        Ok(())
    }

    fn file(&mut self) -> Parsed<Vec<Node>> {
        let mut root = Vec::new();
        while self.peek().kind != Kind::End {
            if self.peek().kind == Kind::LeftDelim {
                let delim = self.next();
                let token = self.next_non_space();
                if token.kind == Kind::Define {
                    self.definition()?;
                    continue;
                }
                self.back(token);
                self.back(delim);
            }
            match self.text_or_action()? {
                Item::Node(node) => root.push(node),
                Item::Ended(Ended::End) => return self.fail("unexpected {{end}}"),
                Item::Ended(Ended::Else) => return self.fail("unexpected {{else}}"),
            }
        }
        Ok(root)
    }

    fn definition(&mut self) -> Parsed<()> {
        const CONTEXT: &str = "define clause";
        let token = self.expect(&[Kind::String, Kind::RawString], CONTEXT)?;
        let name = self.unquoted(token)?;
        self.expect(&[Kind::RightDelim], CONTEXT)?;
        let root = self.own_scope(CONTEXT)?;
        self.add(name, root)
    }

    /// Parses the body of a template of its own, which sees no variable from outside.
    fn own_scope(&mut self, context: &str) -> Parsed<Vec<Node>> {
        let scope = std::mem::replace(&mut self.scope, vec![0]);
        let range_depth = std::mem::take(&mut self.range_depth);
        let action_line = std::mem::take(&mut self.action_line);
        let (root, ended) = self.list()?;
        if let Ended::Else = ended {
            return self.fail(format!("unexpected {{{{else}}}} in {context}"));
        }
        (self.scope, self.range_depth, self.action_line) = (scope, range_depth, action_line);
        Ok(root)
    }

    fn unquoted(&self, token: Token) -> Parsed<String> {
        match unquote(self.bytes(token)) {
            Ok(name) => Ok(lossy(&name).into_owned()),
            Err(_) => self.fail("invalid syntax"),
        }
    }

    fn list(&mut self) -> Parsed<(Vec<Node>, Ended)> {
        let mut list = Vec::new();
        while self.peek_non_space().kind != Kind::End {
            match self.text_or_action()? {
                Item::Node(node) => list.push(node),
                Item::Ended(ended) => return Ok((list, ended)),
            }
        }
        self.fail("unexpected EOF")
    }

    fn text_or_action(&mut self) -> Parsed<Item> {
        let token = self.next_non_space();
        match token.kind {
            Kind::Text => Ok(Item::Node(Node::Text { start: token.start, end: token.end })),
            Kind::LeftDelim => {
                self.action_line = token.line;
                let item = self.action()?;
                self.action_line = 0;
                Ok(item)
            }
            _ => self.unexpected(token, "input"),
        }
    }

    fn action(&mut self) -> Parsed<Item> {
        let token = self.next_non_space();
        let node = match token.kind {
            Kind::Block => self.block()?,
            Kind::Break => self.leave(Node::Break, "{{break}}")?,
            Kind::Continue => self.leave(Node::Continue, "{{continue}}")?,
            Kind::Else => return self.otherwise(),
            Kind::EndWord => {
                self.expect(&[Kind::RightDelim], "end")?;
                return Ok(Item::Ended(Ended::End));
            }
            Kind::If => Node::If(self.branch("if")?),
            Kind::Range => Node::Range(self.branch("range")?),
            Kind::Template => self.template()?,
            Kind::With => Node::With(self.branch("with")?),
            _ => {
                self.back(token);
                Node::Action(self.pipeline("command", Kind::RightDelim)?)
            }
        };
        Ok(Item::Node(node))
    }

    fn leave(&mut self, node: Node, word: &str) -> Parsed<Node> {
        let token = self.next_non_space();
        if token.kind != Kind::RightDelim {
            return self.unexpected(token, word);
        }
        if self.range_depth == 0 {
            return self.fail(format!("{word} outside {{{{range}}}}"));
        }
        Ok(node)
    }

    /// `{{else}}`, `{{else if`, `{{else with`: the last two leave their word for the branch to see.
    fn otherwise(&mut self) -> Parsed<Item> {
        if !matches!(self.peek_non_space().kind, Kind::If | Kind::With) {
            self.expect(&[Kind::RightDelim], "else")?;
        }
        Ok(Item::Ended(Ended::Else))
    }

    fn branch(&mut self, word: &str) -> Parsed<Box<Branch>> {
        self.check_stack()?;
        let defined = self.scope.len();
        let pipe = self.pipeline(word, Kind::RightDelim)?;
        self.range_depth += usize::from(word == "range");
        let (list, ended) = self.list()?;
        self.range_depth -= usize::from(word == "range");
        let otherwise = match ended {
            Ended::End => None,
            Ended::Else => Some(self.else_list(word)?),
        };
        self.scope.truncate(defined);
        Ok(Box::new(Branch { pipe, list, otherwise }))
    }

    fn else_list(&mut self, word: &str) -> Parsed<Vec<Node>> {
        match (word, self.peek().kind) {
            ("if", Kind::If) => {
                self.next();
                Ok(vec![Node::If(self.branch("if")?)])
            }
            ("with", Kind::With) => {
                self.next();
                Ok(vec![Node::With(self.branch("with")?)])
            }
            _ => match self.list()? {
                (list, Ended::End) => Ok(list),
                (_, Ended::Else) => self.fail("expected end; found {{else}}"),
            },
        }
    }

    fn block(&mut self) -> Parsed<Node> {
        const CONTEXT: &str = "block clause";
        let token = self.next_non_space();
        let name = self.template_name(token, CONTEXT)?;
        let pipe = self.pipeline(CONTEXT, Kind::RightDelim)?;
        self.check_stack()?;
        let root = self.own_scope(CONTEXT)?;
        self.add(name.clone(), root)?;
        Ok(Node::Template(Box::new(Template { pos: token.start, name, pipe: Some(pipe) })))
    }

    fn template(&mut self) -> Parsed<Node> {
        const CONTEXT: &str = "template clause";
        let token = self.next_non_space();
        let name = self.template_name(token, CONTEXT)?;
        let next = self.next_non_space();
        let pipe = if next.kind == Kind::RightDelim {
            None
        } else {
            self.back(next);
            Some(self.pipeline(CONTEXT, Kind::RightDelim)?)
        };
        Ok(Node::Template(Box::new(Template { pos: token.start, name, pipe })))
    }

    fn template_name(&self, token: Token, context: &str) -> Parsed<String> {
        match token.kind {
            Kind::String | Kind::RawString => self.unquoted(token),
            _ => self.unexpected(token, context),
        }
    }

    fn check_stack(&self) -> Parsed<()> {
        if self.stack.is_spent() { self.fail("max expression depth exceeded") } else { Ok(()) }
    }
}
