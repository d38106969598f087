//! Runs the nodes of a template.

use super::{
    List, Map, Place, Shape, Value,
    failure::{Failure, Run},
    fmt::plain_text,
    node::{Branch, Node, Spot, Template, Tree},
    quote::quote,
    shared::Shared,
    truth::is_true,
};

/// One template that runs: its variables and the node it is at.
pub(crate) struct Frame<'t, 's, 'e> {
    pub(crate) shared: &'s mut Shared<'e>,
    pub(crate) tree: &'t Tree,
    pub(crate) vars: Vec<Variable>,
    pub(crate) at: Option<Spot<'t>>,
}

/// A variable: the index of its name and its value.
pub(crate) struct Variable {
    pub(crate) name: u32,
    pub(crate) value: Value,
    /// Whether Go has the value inside an interface, which error texts show.
    pub(crate) boxed: bool,
}

/// The value of `.`, and whether Go has it inside an interface.
#[derive(Clone, Copy)]
pub(crate) struct Dot<'v> {
    pub(crate) value: &'v Value,
    pub(crate) boxed: bool,
}

/// How a list of nodes ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Flow {
    Next,
    Break,
    Continue,
}

/// The index of `$` in every tree.
const DOLLAR: u32 = 0;

/// Runs a template with its data, appending to the shared output.
pub(crate) fn execute(shared: &mut Shared<'_>, tree: &Tree, data: &Value) -> Run<()> {
    // A nil comes out of its interface on the way into a template.
    let data = if data.is_nil() { &Value::Nil } else { data };
    let vars = vec![Variable { name: DOLLAR, value: data.clone(), boxed: false }];
    let mut frame = Frame { shared, tree, vars, at: None };
    if frame.shared.is_too_deep() {
        let mut failure = frame.fail("exceeded maximum template depth");
        failure.kind = super::TemplateErrorKind::Limit;
        return Err(failure);
    }
    frame.list(Dot { value: data, boxed: false }, &tree.root).map(|_| ())
}

impl<'t> Frame<'t, '_, '_> {
    /// A failure at the node that the frame is at.
    #[cold]
    pub(crate) fn fail(&self, message: impl AsRef<str>) -> Box<Failure> {
        self.wrap(Failure::message(message.as_ref()))
    }

    /// Puts the place of this frame before a failure's text.
    #[cold]
    pub(crate) fn wrap(&self, failure: Box<Failure>) -> Box<Failure> {
        let name = &self.tree.name;
        let Some(at) = self.at else {
            return failure.placed(&format!("template: {name}: "), None);
        };
        let (line, column) = self.tree.line_and_column(at.pos());
        let file = &self.tree.source.name;
        let shown = at.show(self.tree);
        // Go prints the name of the template with its quotes, and the node as it is.
        let before =
            format!("template: {file}:{line}:{column}: executing {} at <{shown}>: ", quote(name.as_bytes()));
        failure.placed(&before, Some(Place { template: file.clone(), line, column: Some(column) }))
    }

    fn list(&mut self, dot: Dot<'_>, nodes: &'t [Node]) -> Run<Flow> {
        for node in nodes {
            let flow = self.node(dot, node)?;
            if flow != Flow::Next {
                return Ok(flow);
            }
        }
        Ok(Flow::Next)
    }

    fn node(&mut self, dot: Dot<'_>, node: &'t Node) -> Run<Flow> {
        if let Node::Text { start, end } = node {
            self.shared.out.extend_from_slice(&self.tree.source.text[*start..*end]);
            return Ok(Flow::Next);
        }
        self.shared.step()?;
        self.at = Some(Spot::Node(node));
        match node {
            Node::Text { .. } => {}
            Node::Action(pipe) => {
                let value = self.pipeline(dot, pipe)?;
                if pipe.declared.is_empty() {
                    plain_text(&value, &mut self.shared.out).map_err(|failure| self.wrap(failure))?;
                }
            }
            Node::If(branch) => return self.choose(dot, branch, false),
            Node::With(branch) => return self.choose(dot, branch, true),
            Node::Range(branch) => return self.range(dot, branch),
            Node::Template(template) => self.template(dot, template)?,
            Node::Break => return Ok(Flow::Break),
            Node::Continue => return Ok(Flow::Continue),
        }
        Ok(Flow::Next)
    }

    fn choose(&mut self, dot: Dot<'_>, branch: &'t Branch, with: bool) -> Run<Flow> {
        let mark = self.vars.len();
        let value = self.pipeline(dot, &branch.pipe)?;
        let flow = if is_true(&value) {
            let inner = Dot { value: &value, boxed: false };
            self.list(if with { inner } else { dot }, &branch.list)?
        } else if let Some(list) = &branch.otherwise {
            self.list(dot, list)?
        } else {
            Flow::Next
        };
        self.vars.truncate(mark);
        Ok(flow)
    }

    fn template(&mut self, dot: Dot<'_>, template: &'t Template) -> Run<()> {
        let Some(tree) = self.shared.template(&template.name) else {
            return Err(self.fail(format!("template {} not defined", quote(template.name.as_bytes()))));
        };
        let data = match &template.pipe {
            Some(pipe) => self.pipeline(dot, pipe)?,
            None => Value::Nil,
        };
        execute(self.shared, &tree, &data)
    }

    fn range(&mut self, dot: Dot<'_>, branch: &'t Branch) -> Run<Flow> {
        let mark = self.vars.len();
        let over = self.pipeline(dot, &branch.pipe)?;
        let inner = self.vars.len();
        let mut turn = Turn { frame: self, branch, mark: inner, ran: false };
        let flow = turn.all(&over)?;
        let ran = turn.ran;
        debug_assert_eq!(flow, Flow::Next, "a range takes break and continue for itself");
        let flow = match &branch.otherwise {
            // The variables of the range still hold the whole there.
            Some(list) if !ran => self.list(dot, list)?,
            _ => Flow::Next,
        };
        self.vars.truncate(mark);
        Ok(flow)
    }
}

/// The turns of a range.
struct Turn<'f, 't, 's, 'e> {
    frame: &'f mut Frame<'t, 's, 'e>,
    branch: &'t Branch,
    mark: usize,
    ran: bool,
}

impl Turn<'_, '_, '_, '_> {
    fn all(&mut self, over: &Value) -> Run<Flow> {
        match over {
            Value::Nil | Value::Null => Ok(Flow::Next),
            Value::List(list) => self.items(list, list.element() == super::ListType::Any),
            Value::Bytes(bytes) => {
                let items = bytes.iter().map(|byte| Value::Uint8(*byte)).collect();
                self.items(&List::new(items), false)
            }
            Value::Map(map) => self.entries(map),
            Value::Int(count) => self.count(over, i128::from(*count), |n| Value::Int(n as i64)),
            Value::Int64(count) => self.count(over, i128::from(*count), |n| Value::Int64(n as i64)),
            Value::Duration(count) => self.count(over, i128::from(*count), |n| Value::Duration(n as i64)),
            Value::Uint8(count) => self.count(over, i128::from(*count), |n| Value::Uint8(n as u8)),
            Value::Uint64(count) => self.count(over, i128::from(*count), |n| Value::Uint64(n as u64)),
            Value::Object(object) => match object.shape() {
                Shape::Map(map) => self.entries(&map),
                Shape::List(list) => self.items(&list, false),
                Shape::Scalar(value) => self.all(&value),
                _ => Err(self.refuse(over)),
            },
            _ => Err(self.refuse(over)),
        }
    }

    fn refuse(&self, over: &Value) -> Box<Failure> {
        self.frame.fail(format!("range can't iterate over {}", super::fmt::shown(over)))
    }

    fn items(&mut self, list: &List, boxed: bool) -> Run<Flow> {
        for (index, item) in list.items().into_iter().enumerate() {
            let index = Value::Int(i64::try_from(index).unwrap_or(i64::MAX));
            if self.once(index, item, boxed)? == Flow::Break {
                break;
            }
        }
        Ok(Flow::Next)
    }

    fn entries(&mut self, map: &Map) -> Run<Flow> {
        let boxed = map.kind() != super::MapType::Texts;
        for (key, value) in map.entries() {
            if self.once(Value::Text(key), value, boxed)? == Flow::Break {
                break;
            }
        }
        Ok(Flow::Next)
    }

    fn count(&mut self, over: &Value, count: i128, make: impl Fn(i128) -> Value) -> Run<Flow> {
        if self.branch.pipe.declared.len() > 1 {
            let shown = super::fmt::shown(over);
            return Err(self.frame.fail(format!("can't use {shown} to iterate over more than one variable")));
        }
        let mut turn = 0;
        while turn < count {
            if self.once(Value::Nil, make(turn), false)? == Flow::Break {
                break;
            }
            turn += 1;
        }
        Ok(Flow::Next)
    }

    fn once(&mut self, index: Value, item: Value, boxed: bool) -> Run<Flow> {
        self.ran = true;
        self.frame.shared.step()?;
        // A nil inside a list or a map is an interface that holds nil.
        let item = if boxed && item.is_nil() { Value::Null } else { item };
        self.set_variables(index, &item, boxed)?;
        let flow = self.frame.list(Dot { value: &item, boxed }, &self.branch.list)?;
        self.frame.vars.truncate(self.mark);
        Ok(flow)
    }

    fn set_variables(&mut self, index: Value, item: &Value, boxed: bool) -> Run<()> {
        let pipe = &self.branch.pipe;
        let (first, second) = (pipe.declared.first(), pipe.declared.get(1));
        if pipe.assigns {
            match (first, second) {
                (Some(key), Some(value)) => {
                    self.frame.set_variable(*key, index, false)?;
                    self.frame.set_variable(*value, item.clone(), boxed)?;
                }
                (Some(value), None) => self.frame.set_variable(*value, item.clone(), boxed)?,
                _ => {}
            }
            return Ok(());
        }
        if first.is_some() {
            self.set_top(1, item.clone(), boxed);
        }
        if second.is_some() {
            self.set_top(2, index, false);
        }
        Ok(())
    }

    fn set_top(&mut self, from_end: usize, value: Value, boxed: bool) {
        let at = self.frame.vars.len().checked_sub(from_end);
        if let Some(variable) = at.and_then(|at| self.frame.vars.get_mut(at)) {
            (variable.value, variable.boxed) = (value, boxed);
        }
    }
}
