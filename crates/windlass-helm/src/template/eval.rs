//! Evaluates pipelines, commands, fields and variables.

use super::{
    MapType, Shape, Value,
    failure::{Failure, Run},
    frame::{Dot, Frame, Variable},
    methods,
    node::{Command, Expr, ExprKind, Pipe, Spot},
    number::Number,
    quote::quote,
};

/// A value and whether Go has it inside an interface.
pub(crate) struct Boxed {
    pub(crate) value: Value,
    pub(crate) boxed: bool,
}

impl Boxed {
    fn plain(value: Value) -> Self {
        Self { value, boxed: false }
    }
}

/// Arguments of a field or a function, without the word itself, and the value piped in.
pub(crate) struct Args<'t> {
    pub(crate) exprs: &'t [Expr],
    pub(crate) piped: Option<Value>,
}

impl Args<'_> {
    pub(crate) fn none() -> Self {
        Self { exprs: &[], piped: None }
    }

    fn any(&self) -> bool {
        !self.exprs.is_empty() || self.piped.is_some()
    }
}

impl<'t> Frame<'t, '_, '_> {
    pub(crate) fn pipeline(&mut self, dot: Dot<'_>, pipe: &'t Pipe) -> Run<Value> {
        self.at = Some(Spot::Pipe(pipe));
        let mut value = None;
        for command in &pipe.commands {
            let result = self.command(dot, command, value.take())?;
            // A value comes out of its interface after each command; of a nil one, nothing is left.
            value = Some(if matches!(result, Value::Null) { Value::Nil } else { result });
        }
        let value = value.unwrap_or_default();
        for name in &pipe.declared {
            if pipe.assigns {
                self.set_variable(*name, value.clone(), false)?;
            } else {
                self.vars.push(Variable { name: *name, value: value.clone(), boxed: false });
            }
        }
        Ok(value)
    }

    pub(crate) fn set_variable(&mut self, name: u32, value: Value, boxed: bool) -> Run<()> {
        match self.vars.iter_mut().rev().find(|variable| variable.name == name) {
            Some(variable) => {
                (variable.value, variable.boxed) = (value, boxed);
                Ok(())
            }
            None => Err(self.undefined(name)),
        }
    }

    fn undefined(&self, name: u32) -> Box<Failure> {
        self.fail(format!("undefined variable: {}", self.tree.variables[name as usize]))
    }

    fn command(&mut self, dot: Dot<'_>, command: &'t Command, piped: Option<Value>) -> Run<Value> {
        let Some((first, rest)) = command.args.split_first() else {
            return Ok(Value::Nil);
        };
        let args = Args { exprs: rest, piped };
        match &first.kind {
            ExprKind::Field(fields) => {
                self.at = Some(Spot::Expr(first));
                let start = Boxed { value: dot.value.clone(), boxed: dot.boxed };
                self.fields(dot, start, first, fields, args).map(|found| found.value)
            }
            ExprKind::Chain(..) => self.chain(dot, first, args).map(|found| found.value),
            ExprKind::Variable(..) => self.variable(dot, first, args, &command.args).map(|found| found.value),
            ExprKind::Function(function) => {
                self.at = Some(Spot::Expr(first));
                self.call_function(dot, function, Spot::Command(command), args)
            }
            ExprKind::Pipe(pipe) => {
                self.not_a_function(&args, first)?;
                self.pipeline(dot, pipe)
            }
            _ => {
                self.at = Some(Spot::Expr(first));
                self.not_a_function(&args, first)?;
                self.constant(dot, first)
            }
        }
    }

    fn constant(&mut self, dot: Dot<'_>, expr: &'t Expr) -> Run<Value> {
        match &expr.kind {
            ExprKind::Dot => Ok(dot.value.clone()),
            ExprKind::Nil => Err(self.fail("nil is not a command")),
            _ => self.literal(expr),
        }
    }

    /// The value that a literal has of its own accord.
    pub(crate) fn literal(&mut self, expr: &'t Expr) -> Run<Value> {
        match &expr.kind {
            ExprKind::Bool(truth) => Ok(Value::Bool(*truth)),
            ExprKind::Text { text, .. } => Ok(Value::Text((&**text).into())),
            ExprKind::Number(number) => {
                self.at = Some(Spot::Expr(expr));
                self.number(number)
            }
            _ => {
                let shown = Spot::Expr(expr).show(self.tree);
                Err(self.fail(format!("can't handle assignment of {shown} to empty interface argument")))
            }
        }
    }

    fn number(&self, number: &Number) -> Run<Value> {
        match number {
            Number { complex: Some((real, imaginary)), .. } => Ok(Value::Complex(*real, *imaginary)),
            Number { float: Some(float), .. } if number.looks_like_float() => Ok(Value::Float(*float)),
            Number { int: Some(int), .. } => Ok(Value::Int(*int)),
            _ => Err(self.fail(format!("{} overflows int", number.text))),
        }
    }

    fn not_a_function(&self, args: &Args<'_>, first: &'t Expr) -> Run<()> {
        if !args.any() {
            return Ok(());
        }
        let shown = match &first.kind {
            ExprKind::Pipe(pipe) => Spot::Pipe(pipe).show(self.tree),
            _ => Spot::Expr(first).show(self.tree),
        };
        Err(self.fail(format!("can't give argument to non-function {shown}")))
    }

    fn variable(&mut self, dot: Dot<'_>, expr: &'t Expr, args: Args<'t>, all: &'t [Expr]) -> Run<Boxed> {
        let ExprKind::Variable(name, fields) = &expr.kind else {
            return Ok(Boxed::plain(Value::Nil));
        };
        self.at = Some(Spot::Expr(expr));
        let Some(variable) = self.vars.iter().rev().find(|variable| variable.name == *name) else {
            return Err(self.undefined(*name));
        };
        let start = Boxed { value: variable.value.clone(), boxed: variable.boxed };
        if fields.is_empty() {
            self.not_a_function(&args, all.first().unwrap_or(expr))?;
            return Ok(start);
        }
        self.fields(dot, start, expr, fields, args)
    }

    fn chain(&mut self, dot: Dot<'_>, expr: &'t Expr, args: Args<'t>) -> Run<Boxed> {
        let ExprKind::Chain(inner, fields) = &expr.kind else {
            return Ok(Boxed::plain(Value::Nil));
        };
        self.at = Some(Spot::Expr(expr));
        if matches!(inner.kind, ExprKind::Nil) {
            let shown = Spot::Expr(expr).show(self.tree);
            return Err(self.fail(format!("indirection through explicit nil in {shown}")));
        }
        self.at = Some(Spot::Expr(inner));
        let start = match &inner.kind {
            ExprKind::Pipe(pipe) => Boxed::plain(self.pipeline(dot, pipe)?),
            ExprKind::Function(function) => {
                self.at = Some(Spot::Expr(inner));
                Boxed::plain(self.call_function(dot, function, Spot::Expr(inner), Args::none())?)
            }
            _ => self.operand(dot, inner)?,
        };
        self.fields(dot, start, expr, fields, args)
    }

    /// The value of a field, a variable, a pipeline or a function as an argument.
    pub(crate) fn operand(&mut self, dot: Dot<'_>, expr: &'t Expr) -> Run<Boxed> {
        self.at = Some(Spot::Expr(expr));
        match &expr.kind {
            ExprKind::Dot => Ok(Boxed { value: dot.value.clone(), boxed: dot.boxed }),
            ExprKind::Field(fields) => {
                let start = Boxed { value: dot.value.clone(), boxed: dot.boxed };
                self.fields(dot, start, expr, fields, Args::none())
            }
            ExprKind::Variable(..) => self.variable(dot, expr, Args::none(), std::slice::from_ref(expr)),
            ExprKind::Pipe(pipe) => self.pipeline(dot, pipe).map(Boxed::plain),
            ExprKind::Function(function) => {
                self.call_function(dot, function, Spot::Expr(expr), Args::none()).map(Boxed::plain)
            }
            ExprKind::Chain(..) => self.chain(dot, expr, Args::none()),
            _ => self.literal(expr).map(Boxed::plain),
        }
    }

    fn fields(
        &mut self,
        dot: Dot<'_>,
        start: Boxed,
        expr: &'t Expr,
        fields: &'t [Box<str>],
        args: Args<'t>,
    ) -> Run<Boxed> {
        let Some((last, path)) = fields.split_last() else {
            return Ok(start);
        };
        let mut receiver = start;
        for field in path {
            receiver = self.field(dot, field, expr, Args::none(), receiver)?;
        }
        self.field(dot, last, expr, args, receiver)
    }

    fn field(
        &mut self,
        dot: Dot<'_>,
        name: &'t str,
        expr: &'t Expr,
        args: Args<'t>,
        receiver: Boxed,
    ) -> Run<Boxed> {
        match &receiver.value {
            Value::Nil if self.shared.env.strict => {
                Err(self.fail(format!("nil data; no entry for key {}", quote(name.as_bytes()))))
            }
            Value::Nil => Ok(Boxed::plain(Value::Nil)),
            Value::Null => Err(self.fail(format!("nil pointer evaluating interface {{}}.{name}"))),
            Value::Map(map) => {
                if args.any() {
                    return Err(self.fail(format!("{name} is not a method but has arguments")));
                }
                self.entry(map.get(name), map.kind(), name)
            }
            Value::Object(object) => match object.method(name) {
                Some(signature) => {
                    let object = object.clone();
                    let values = self.arguments(dot, name, signature, args)?;
                    let result = object.call(name, &values).map_err(Failure::message);
                    self.called(result, name, Spot::Expr(expr)).map(Boxed::plain)
                }
                None => self.object_field(name, &args, &receiver),
            },
            value => match methods::signature(value, name) {
                Some(signature) => {
                    let values = self.arguments(dot, name, signature, args)?;
                    let result = methods::call(&receiver.value, name, &values);
                    self.called(result, name, Spot::Expr(expr)).map(Boxed::plain)
                }
                None => Err(self.no_field(name, &receiver)),
            },
        }
    }

    fn object_field(&mut self, name: &str, args: &Args<'_>, receiver: &Boxed) -> Run<Boxed> {
        let Value::Object(object) = &receiver.value else {
            return Err(self.no_field(name, receiver));
        };
        if let Some(value) = object.field(name) {
            if args.any() {
                return Err(self.fail(format!("{name} has arguments but cannot be invoked as function")));
            }
            return Ok(Boxed { boxed: matches!(value, Value::Null), value });
        }
        match object.shape() {
            Shape::Map(_) if args.any() => {
                Err(self.fail(format!("{name} is not a method but has arguments")))
            }
            Shape::Map(map) => self.entry(map.get(name), map.kind(), name),
            _ => Err(self.no_field(name, receiver)),
        }
    }

    /// The entry of a map, or what a missing one is.
    fn entry(&self, found: Option<Value>, kind: MapType, name: &str) -> Run<Boxed> {
        let boxed = kind != MapType::Texts;
        match found {
            Some(Value::Nil) => Ok(Boxed { value: Value::Null, boxed }),
            Some(value) => Ok(Boxed { value, boxed }),
            None if self.shared.env.strict => {
                Err(self.fail(format!("map has no entry for key {}", quote(name.as_bytes()))))
            }
            None if boxed => Ok(Boxed { value: Value::Null, boxed }),
            None => Ok(Boxed::plain("".into())),
        }
    }

    fn no_field(&self, name: &str, receiver: &Boxed) -> Box<Failure> {
        let kind = if receiver.boxed { "interface {}".into() } else { receiver.value.type_name() };
        self.fail(format!("can't evaluate field {name} in type {kind}"))
    }
}
