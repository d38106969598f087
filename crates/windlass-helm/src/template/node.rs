//! The parsed form of templates. Nodes print themselves as Go does, for errors.

use std::{fmt, sync::Arc};

use super::{number::Number, quote::quote, text::lossy};
use crate::functions::Function;

/// A parsed text: where its templates say that errors stand.
#[derive(Debug)]
pub(crate) struct Source {
    pub(crate) name: String,
    pub(crate) text: Vec<u8>,
}

impl Source {
    /// Whether nodes of this text are white space alone.
    pub(crate) fn is_blank(&self, nodes: &[Node]) -> bool {
        nodes.iter().all(|node| match node {
            Node::Text { start, end } => lossy(&self.text[*start..*end]).chars().all(char::is_whitespace),
            _ => false,
        })
    }
}

/// One template: a file, or a definition in it.
#[derive(Debug)]
pub(crate) struct Tree {
    pub(crate) name: String,
    pub(crate) source: Arc<Source>,
    pub(crate) root: Vec<Node>,
    /// Names of variables, which nodes refer to by index.
    pub(crate) variables: Arc<[String]>,
}

impl Tree {
    /// Whether the template is blank: Go then keeps an earlier definition of its name.
    pub(crate) fn is_blank(&self) -> bool {
        self.source.is_blank(&self.root)
    }

    /// Line from 1, column from 0 in bytes.
    pub(crate) fn line_and_column(&self, pos: usize) -> (usize, usize) {
        let before = &self.source.text[..pos.min(self.source.text.len())];
        let line_start = memchr::memrchr(b'\n', before).map_or(0, |at| at + 1);
        (1 + memchr::memchr_iter(b'\n', before).count(), before.len() - line_start)
    }
}

#[derive(Debug)]
pub(crate) enum Node {
    Text { start: usize, end: usize },
    Action(Pipe),
    If(Box<Branch>),
    With(Box<Branch>),
    Range(Box<Branch>),
    Template(Box<Template>),
    Break,
    Continue,
}

#[derive(Debug)]
pub(crate) struct Branch {
    pub(crate) pipe: Pipe,
    pub(crate) list: Vec<Node>,
    pub(crate) otherwise: Option<Vec<Node>>,
}

#[derive(Debug)]
pub(crate) struct Template {
    pub(crate) pos: usize,
    pub(crate) name: String,
    pub(crate) pipe: Option<Pipe>,
}

#[derive(Debug)]
pub(crate) struct Pipe {
    pub(crate) pos: usize,
    pub(crate) assigns: bool,
    /// Indexes of names in [`Tree::variables`].
    pub(crate) declared: Vec<u32>,
    pub(crate) commands: Vec<Command>,
}

#[derive(Debug)]
pub(crate) struct Command {
    pub(crate) pos: usize,
    pub(crate) args: Vec<Expr>,
}

#[derive(Debug)]
pub(crate) struct Expr {
    pub(crate) pos: usize,
    pub(crate) kind: ExprKind,
}

pub(crate) type Fields = Box<[Box<str>]>;

#[derive(Debug)]
pub(crate) enum ExprKind {
    Function(&'static Function),
    Dot,
    Nil,
    Variable(u32, Fields),
    Field(Fields),
    Chain(Box<Expr>, Fields),
    Pipe(Box<Pipe>),
    Bool(bool),
    Number(Box<Number>),
    Text { quoted: Box<[u8]>, text: Arc<[u8]> },
}

/// What an error points at.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Spot<'t> {
    Node(&'t Node),
    Pipe(&'t Pipe),
    Command(&'t Command),
    Expr(&'t Expr),
}

impl Spot<'_> {
    pub(crate) fn pos(self) -> usize {
        match self {
            Self::Node(node) => match node {
                Node::Text { start, .. } => *start,
                Node::Action(pipe) => pipe.pos,
                Node::If(branch) | Node::With(branch) | Node::Range(branch) => branch.pipe.pos,
                Node::Template(template) => template.pos,
                Node::Break | Node::Continue => 0,
            },
            Self::Pipe(pipe) => pipe.pos,
            Self::Command(command) => command.pos,
            Self::Expr(expr) => expr.pos,
        }
    }

    /// The source of the node as Go prints it.
    pub(crate) fn show(self, tree: &Tree) -> String {
        match self {
            Self::Node(node) => Shown { tree, item: node }.to_string(),
            Self::Pipe(pipe) => Shown { tree, item: pipe }.to_string(),
            Self::Command(command) => Shown { tree, item: command }.to_string(),
            Self::Expr(expr) => Shown { tree, item: expr }.to_string(),
        }
    }
}

/// A node together with the tree that has its names.
struct Shown<'t, T> {
    tree: &'t Tree,
    item: &'t T,
}

impl<'t, T> Shown<'t, T> {
    fn other<U>(&self, item: &'t U) -> Shown<'t, U> {
        Shown { tree: self.tree, item }
    }
}

impl fmt::Display for Shown<'_, Expr> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.item.kind {
            ExprKind::Function(function) => f.write_str(function.name),
            ExprKind::Dot => f.write_str("."),
            ExprKind::Nil => f.write_str("nil"),
            ExprKind::Variable(name, fields) => {
                f.write_str(&self.tree.variables[*name as usize])?;
                show_fields(f, fields)
            }
            ExprKind::Field(fields) => show_fields(f, fields),
            ExprKind::Chain(expr, fields) => {
                match &expr.kind {
                    ExprKind::Pipe(pipe) => write!(f, "({})", self.other(&**pipe))?,
                    _ => write!(f, "{}", self.other(&**expr))?,
                }
                show_fields(f, fields)
            }
            ExprKind::Pipe(pipe) => write!(f, "{}", self.other(&**pipe)),
            ExprKind::Bool(truth) => write!(f, "{truth}"),
            ExprKind::Number(number) => f.write_str(&number.text),
            ExprKind::Text { quoted, .. } => f.write_str(&lossy(quoted)),
        }
    }
}

fn show_fields(f: &mut fmt::Formatter<'_>, fields: &Fields) -> fmt::Result {
    fields.iter().try_for_each(|field| write!(f, ".{field}"))
}

impl fmt::Display for Shown<'_, Command> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, arg) in self.item.args.iter().enumerate() {
            if index > 0 {
                f.write_str(" ")?;
            }
            match &arg.kind {
                ExprKind::Pipe(pipe) => write!(f, "({})", self.other(&**pipe))?,
                _ => write!(f, "{}", self.other(arg))?,
            }
        }
        Ok(())
    }
}

impl fmt::Display for Shown<'_, Pipe> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, name) in self.item.declared.iter().enumerate() {
            f.write_str(if index > 0 { ", " } else { "" })?;
            f.write_str(&self.tree.variables[*name as usize])?;
        }
        if !self.item.declared.is_empty() {
            f.write_str(if self.item.assigns { " = " } else { " := " })?;
        }
        for (index, command) in self.item.commands.iter().enumerate() {
            f.write_str(if index > 0 { " | " } else { "" })?;
            write!(f, "{}", self.other(command))?;
        }
        Ok(())
    }
}

impl fmt::Display for Shown<'_, Node> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.item {
            Node::Text { start, end } => f.write_str(&lossy(&self.tree.source.text[*start..*end])),
            Node::Action(pipe) => write!(f, "{{{{{}}}}}", self.other(pipe)),
            Node::If(branch) => self.branch(f, "if", branch),
            Node::With(branch) => self.branch(f, "with", branch),
            Node::Range(branch) => self.branch(f, "range", branch),
            Node::Template(template) => {
                write!(f, "{{{{template {}", quote(template.name.as_bytes()))?;
                if let Some(pipe) = &template.pipe {
                    write!(f, " {}", self.other(pipe))?;
                }
                f.write_str("}}")
            }
            Node::Break => f.write_str("{{break}}"),
            Node::Continue => f.write_str("{{continue}}"),
        }
    }
}

impl Shown<'_, Node> {
    fn branch(&self, f: &mut fmt::Formatter<'_>, word: &str, branch: &Branch) -> fmt::Result {
        write!(f, "{{{{{word} {}}}}}", self.other(&branch.pipe))?;
        for node in &branch.list {
            write!(f, "{}", self.other(node))?;
        }
        if let Some(list) = &branch.otherwise {
            f.write_str("{{else}}")?;
            for node in list {
                write!(f, "{}", self.other(node))?;
            }
        }
        f.write_str("{{end}}")
    }
}
