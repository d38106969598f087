//! Calls functions and methods: checks arguments against parameters as Go does.

use smallvec::SmallVec;

use super::{
    Param, Signature, Value,
    eval::Args,
    failure::{Failure, Run},
    frame::{Dot, Frame},
    node::{Expr, ExprKind, Spot},
    truth::is_true,
};
use crate::functions::{Body, Function};

/// Arguments of a call; most have few.
pub(crate) type Values = SmallVec<[Value; 4]>;

impl<'t> Frame<'t, '_, '_> {
    pub(crate) fn call_function(
        &mut self,
        dot: Dot<'_>,
        function: &'static Function,
        spot: Spot<'t>,
        args: Args<'t>,
    ) -> Run<Value> {
        match function.body {
            Body::And => self.shortcut(dot, function, args, false),
            Body::Or => self.shortcut(dot, function, args, true),
            Body::Call => {
                let named = args.exprs.first().map(|expr| Spot::Expr(expr).show(self.tree));
                let values = self.arguments(dot, function.name, function.signature, args)?;
                self.called(
                    Err(no_function(named, values.first().unwrap_or(&Value::Nil))),
                    function.name,
                    spot,
                )
            }
            Body::Plain(body) => {
                let values = self.arguments(dot, function.name, function.signature, args)?;
                let result = body(self.shared, &values).and_then(|value| self.shared.counted(value));
                self.called(result, function.name, spot)
            }
        }
    }

    /// Puts the name and the place of a function before its failure.
    pub(crate) fn called(&mut self, result: Run<Value>, name: &str, spot: Spot<'t>) -> Run<Value> {
        result.map_err(|failure| {
            self.at = Some(spot);
            self.wrap(failure.wrapped(&format!("error calling {name}: ")))
        })
    }

    /// `and` and `or`: arguments after the one that decides are not evaluated.
    fn shortcut(&mut self, dot: Dot<'_>, function: &Function, args: Args<'t>, stops_at: bool) -> Run<Value> {
        self.check_count(function.name, function.signature, &args)?;
        let mut value = Value::Nil;
        for expr in args.exprs {
            value = self.argument(dot, Param::Reflect, expr)?;
            if is_true(&value) == stops_at {
                return Ok(value);
            }
        }
        Ok(args.piped.unwrap_or(value))
    }

    fn check_count(&self, name: &str, signature: Signature, args: &Args<'_>) -> Run<()> {
        let given = args.exprs.len() + usize::from(args.piped.is_some());
        let params = signature.params.len();
        if signature.variadic {
            if given + 1 < params {
                let (want, got) = (params - 1, args.exprs.len());
                return Err(
                    self.fail(format!("wrong number of args for {name}: want at least {want} got {got}"))
                );
            }
        } else if given != params {
            return Err(self.fail(format!("wrong number of args for {name}: want {params} got {given}")));
        }
        Ok(())
    }

    /// Evaluates all arguments of a call.
    pub(crate) fn arguments(
        &mut self,
        dot: Dot<'_>,
        name: &str,
        signature: Signature,
        args: Args<'t>,
    ) -> Run<Values> {
        self.check_count(name, signature, &args)?;
        let param = |index: usize| {
            let last = signature.params.len().saturating_sub(1);
            signature.params.get(index.min(last)).copied().unwrap_or(Param::Any)
        };
        let mut values = Values::new();
        for (index, expr) in args.exprs.iter().enumerate() {
            values.push(self.argument(dot, param(index), expr)?);
        }
        if let Some(piped) = args.piped {
            let value = self.checked(piped, param(values.len()))?;
            values.push(value);
        }
        Ok(values)
    }

    fn argument(&mut self, dot: Dot<'_>, param: Param, expr: &'t Expr) -> Run<Value> {
        match &expr.kind {
            ExprKind::Nil => {
                self.at = Some(Spot::Expr(expr));
                if param.takes_nil() {
                    return Ok(Value::Nil);
                }
                Err(self.fail(format!("cannot assign nil to {}", param.name())))
            }
            ExprKind::Bool(_) | ExprKind::Number(_) | ExprKind::Text { .. } => {
                self.at = Some(Spot::Expr(expr));
                self.literal_for(param, expr)
            }
            _ => {
                let found = self.operand(dot, expr)?;
                self.checked(found.value, param)
            }
        }
    }

    /// The value of a literal as a parameter's type wants it.
    fn literal_for(&mut self, param: Param, expr: &'t Expr) -> Run<Value> {
        let value = match (param, &expr.kind) {
            (Param::Any | Param::Reflect, _) => return self.literal(expr),
            (Param::Bool, ExprKind::Bool(truth)) => Some(Value::Bool(*truth)),
            (Param::Text, ExprKind::Text { text, .. }) => Some(Value::Text((&**text).into())),
            (Param::Int, ExprKind::Number(number)) => number.int.map(Value::Int),
            (Param::Int64, ExprKind::Number(number)) => number.int.map(Value::Int64),
            (Param::Duration, ExprKind::Number(number)) => number.int.map(Value::Duration),
            (Param::Uint32, ExprKind::Number(number)) => number.uint.map(|n| Value::Uint64(n & 0xffff_ffff)),
            (Param::Float, ExprKind::Number(number)) => number.float.map(Value::Float),
            _ => None,
        };
        value.ok_or_else(|| {
            let shown = Spot::Expr(expr).show(self.tree);
            match param.literal_word() {
                Some(word) => self.fail(format!("expected {word}; found {shown}")),
                None => self.fail(format!("can't handle {shown} for arg of type {}", param.name())),
            }
        })
    }

    /// Checks that a value may be given for a parameter.
    fn checked(&self, value: Value, param: Param) -> Run<Value> {
        if param.takes(&value) {
            return Ok(value);
        }
        Err(match value {
            Value::Nil => self.fail(format!("invalid value; expected {}", param.name())),
            value => {
                let (want, got) = (param.name(), value.type_name());
                self.fail(format!("wrong type for value; expected {want}; got {got}"))
            }
        })
    }
}

/// What `call` says of a value, which is no function; a piped one has no words of its own.
fn no_function(named: Option<String>, value: &Value) -> Box<Failure> {
    if value.is_nil() {
        return Failure::message("call of nil");
    }
    let kind = value.type_name();
    let name = named.unwrap_or_else(|| match value {
        Value::Text(text) => text.to_string(),
        _ => format!("<{kind} Value>"),
    });
    Failure::message(format!("non-function {name} of type {kind}"))
}
