//! What an expression gives for values of its variables.

use std::cmp::Ordering;
use std::collections::BTreeMap;
use std::sync::Arc;

use regex::{Regex, RegexBuilder};

use crate::compare::{have_order, order};
use crate::tree::{Operator, Tree, Walk};
use crate::{Failure, Key, Value, check, functions};

/// The most steps of an evaluation: one for each part that is evaluated, for each item that is looked at or made, and for each 16
/// bytes of text.
pub const WORK_MAX: usize = 1_000_000;

/// How many bytes of text are a step.
const STEP_BYTES: usize = 16;

/// The most bytes of a regular expression once it is compiled, and the steps that one counts for.
const PATTERN_BYTES_MAX: usize = 1 << 20;
const PATTERN_STEPS: usize = 10_000;

type Found = Result<Value, Failure>;

/// One evaluation.
pub(crate) struct Run<'v> {
    variables: &'v BTreeMap<&'v str, Value>,
    /// The variables of macros, the innermost last.
    own: Vec<(&'v str, Value)>,
    patterns: BTreeMap<Arc<str>, Regex>,
    work: usize,
}

impl<'v> Run<'v> {
    pub(crate) fn new(variables: &'v BTreeMap<&'v str, Value>) -> Self {
        Self { variables, own: Vec::new(), patterns: BTreeMap::new(), work: 0 }
    }

    /// Counts work before it is done.
    pub(crate) fn takes(&mut self, steps: usize) -> Result<(), Failure> {
        self.work = self.work.saturating_add(steps);
        if self.work > WORK_MAX { Err(Failure::TooMuchWork) } else { Ok(()) }
    }

    /// Counts bytes of text before they are read or written.
    pub(crate) fn takes_bytes(&mut self, bytes: usize) -> Result<(), Failure> {
        self.takes(bytes / STEP_BYTES)
    }

    /// A regular expression, compiled once for each evaluation.
    pub(crate) fn pattern(&mut self, text: &Arc<str>) -> Result<Regex, Failure> {
        if let Some(known) = self.patterns.get(text) {
            return Ok(known.clone());
        }
        self.takes(PATTERN_STEPS)?;
        let built = RegexBuilder::new(text).size_limit(PATTERN_BYTES_MAX).build();
        let built = built.map_err(|error| Failure::Pattern(error.to_string()))?;
        self.patterns.insert(Arc::clone(text), built.clone());
        Ok(built)
    }

    pub(crate) fn value(&mut self, tree: &'v Tree) -> Found {
        self.takes(1)?;
        match tree {
            Tree::Constant(value) => Ok(value.clone()),
            Tree::Name(name, _) => self.variable(name),
            Tree::Field { of, name, optional } => {
                let of = self.value(of)?;
                chained(
                    of,
                    *optional,
                    |of| field(of, &Key::Text(name.as_str().into())),
                    || Failure::NoKey(name.clone()),
                )
            }
            Tree::Has { of, name } => self.has(of, name),
            Tree::Index { of, at, optional } => {
                let (of, at) = (self.value(of)?, self.value(at)?);
                chained(of, *optional, |of| place(of, &at), || missing(&at))
            }
            Tree::Call { target, function, arguments, .. } => {
                let mut values = Vec::with_capacity(arguments.len() + 1);
                for part in target.as_deref().into_iter().chain(arguments) {
                    values.push(self.value(part)?);
                }
                functions::call(self, function, &values)
            }
            Tree::List(items) => self.list(items),
            Tree::Map(entries) => self.map(entries),
            Tree::Not(inner) => match self.value(inner)? {
                Value::Bool(value) => Ok(Value::Bool(!value)),
                _ => Err(Failure::NoOverload("!_".into())),
            },
            Tree::Negative(inner) => match self.value(inner)? {
                Value::Int(value) => {
                    value.checked_neg().map(Value::Int).ok_or(Failure::Arithmetic("integer overflow"))
                }
                Value::Double(value) => Ok(Value::Double(-value)),
                _ => Err(Failure::NoOverload("-_".into())),
            },
            Tree::Binary(operator, left, right) => {
                let (left, right) = (self.value(left)?, self.value(right)?);
                self.binary(*operator, &left, &right)
            }
            Tree::All(parts) => self.decided(parts, false),
            Tree::Any(parts) => self.decided(parts, true),
            Tree::If(parts) => {
                let [condition, yes, no] = &**parts;
                match self.value(condition)? {
                    Value::Bool(true) => self.value(yes),
                    Value::Bool(false) => self.value(no),
                    _ => Err(Failure::NoOverload("_?_:_".into())),
                }
            }
            Tree::Each { walk, of, variable, parts } => self.each(*walk, of, variable, parts),
            Tree::OptMap { of, variable, body, flat } => match self.value(of)? {
                Value::Optional(None) => Ok(Value::Optional(None)),
                Value::Optional(Some(inner)) => {
                    let made = self.with(variable, (*inner).clone(), body)?;
                    match (flat, made) {
                        (false, made) => Ok(Value::some(made)),
                        (true, made @ Value::Optional(_)) => Ok(made),
                        (true, _) => Err(Failure::NoOverload("optFlatMap".into())),
                    }
                }
                _ => Err(Failure::NoOverload("optMap".into())),
            },
        }
    }

    fn variable(&self, name: &str) -> Found {
        let own = self.own.iter().rev().find(|(own, _)| *own == name).map(|(_, value)| value);
        if let Some(value) = own.or_else(|| self.variables.get(name)) {
            return Ok(value.clone());
        }
        check::type_named(name).map(Value::Type).ok_or_else(|| Failure::NoVariable(name.to_owned()))
    }

    fn with(&mut self, variable: &'v str, value: Value, body: &'v Tree) -> Found {
        self.own.push((variable, value));
        let made = self.value(body);
        self.own.pop();
        made
    }

    fn has(&mut self, of: &'v Tree, name: &str) -> Found {
        let key = Key::Text(name.into());
        let has = |value: &Value| matches!(value, Value::Map(entries) if entries.contains_key(&key));
        Ok(Value::Bool(match self.value(of)? {
            Value::Optional(inner) => inner.is_some_and(|inner| has(&inner)),
            value => has(&value),
        }))
    }

    fn list(&mut self, items: &'v [(Tree, bool)]) -> Found {
        let mut made = Vec::with_capacity(items.len());
        for (item, optional) in items {
            match (self.value(item)?, optional) {
                (item, false) => made.push(item),
                (Value::Optional(item), true) => made.extend(item.as_deref().cloned()),
                (_, true) => return Err(Failure::NoOverload("[?]".into())),
            }
        }
        Ok(Value::List(Arc::new(made)))
    }

    fn map(&mut self, entries: &'v [(Tree, Tree, bool)]) -> Found {
        let mut made = BTreeMap::new();
        for (key, value, optional) in entries {
            let key = self.value(key)?;
            let key = key
                .key()
                .ok_or_else(|| Failure::NoOverload(format!("unsupported key type: {}", key.kind())))?;
            let value = match (self.value(value)?, optional) {
                (value, false) => value,
                (Value::Optional(Some(value)), true) => (*value).clone(),
                (Value::Optional(None), true) => continue,
                (_, true) => return Err(Failure::NoOverload("{?}".into())),
            };
            made.insert(key, value);
        }
        Ok(Value::Map(Arc::new(made)))
    }

    /// `&&` and `||`: the first part that decides; without one, the first error; else the other answer.
    fn decided(&mut self, parts: &'v [Tree], decides: bool) -> Found {
        let mut failed = None;
        for part in parts {
            match self.value(part) {
                Ok(Value::Bool(value)) if value == decides => return Ok(Value::Bool(decides)),
                Ok(Value::Bool(_)) => {}
                Ok(_) => {
                    _ = failed.get_or_insert(Failure::NoOverload(if decides { "||" } else { "&&" }.into()))
                }
                Err(Failure::TooMuchWork) => return Err(Failure::TooMuchWork),
                Err(failure) => _ = failed.get_or_insert(failure),
            }
        }
        failed.map_or(Ok(Value::Bool(!decides)), Err)
    }

    fn each(&mut self, walk: Walk, of: &'v Tree, variable: &'v str, parts: &'v [Tree]) -> Found {
        let items: Vec<Value> = match self.value(of)? {
            Value::List(items) => items.to_vec(),
            Value::Map(entries) => entries.keys().map(Key::value).collect(),
            _ => return Err(Failure::NoOverload("a macro over what is no list and no map".into())),
        };
        self.takes(items.len())?;
        let mut state = Walked { kept: Vec::new(), count: 0, failed: None };
        for item in items {
            if let Some(decided) = self.step(walk, item, variable, parts, &mut state)? {
                return Ok(decided);
            }
        }
        match (walk, state.failed) {
            (Walk::Filter | Walk::Map, _) => Ok(Value::List(Arc::new(state.kept))),
            (_, Some(failure)) => Err(failure),
            (Walk::All, None) => Ok(Value::Bool(true)),
            (Walk::ExistsOne, None) => Ok(Value::Bool(state.count == 1)),
            (_, None) => Ok(Value::Bool(false)),
        }
    }

    fn step(
        &mut self,
        walk: Walk,
        item: Value,
        variable: &'v str,
        parts: &'v [Tree],
        state: &mut Walked,
    ) -> Result<Option<Value>, Failure> {
        let [first, rest @ ..] = parts else { return Ok(None) };
        let told = self.with(variable, item.clone(), first);
        match (walk, told) {
            (_, Err(Failure::TooMuchWork)) => return Err(Failure::TooMuchWork),
            (Walk::All, Ok(Value::Bool(false))) => return Ok(Some(Value::Bool(false))),
            (Walk::Exists, Ok(Value::Bool(true))) => return Ok(Some(Value::Bool(true))),
            (Walk::All | Walk::Exists, Ok(Value::Bool(_))) => {}
            (Walk::All | Walk::Exists, Ok(_)) => {
                _ = state.failed.get_or_insert(Failure::NoOverload("a condition of a macro".into()));
            }
            (Walk::All | Walk::Exists, Err(failure)) => _ = state.failed.get_or_insert(failure),
            (Walk::ExistsOne, told) => state.count += usize::from(condition(told?)?),
            (Walk::Filter, told) => state.kept.extend(condition(told?)?.then_some(item)),
            (Walk::Map, told) => match rest.first() {
                None => state.kept.push(told?),
                Some(body) => {
                    if condition(told?)? {
                        state.kept.push(self.with(variable, item, body)?);
                    }
                }
            },
        }
        Ok(None)
    }

    fn binary(&mut self, operator: Operator, left: &Value, right: &Value) -> Found {
        let unfit = || Failure::NoOverload(operator.sign().to_owned());
        let compared = |holds: fn(Ordering) -> bool| match order(left, right) {
            Some(order) => Ok(Value::Bool(holds(order))),
            None if have_order(left, right) => Ok(Value::Bool(false)),
            None => Err(unfit()),
        };
        self.takes(weight(left).saturating_add(weight(right)))?;
        match operator {
            Operator::Equal => Ok(Value::Bool(left == right)),
            Operator::NotEqual => Ok(Value::Bool(left != right)),
            Operator::Less => compared(Ordering::is_lt),
            Operator::LessOrEqual => compared(Ordering::is_le),
            Operator::Greater => compared(Ordering::is_gt),
            Operator::GreaterOrEqual => compared(Ordering::is_ge),
            Operator::In => match right {
                Value::List(items) => {
                    self.takes(items.len().saturating_mul(weight(left)))?;
                    Ok(Value::Bool(items.contains(left)))
                }
                Value::Map(entries) => {
                    Ok(Value::Bool(left.key().is_some_and(|key| entries.contains_key(&key))))
                }
                _ => Err(unfit()),
            },
            Operator::Add => self.sum(left, right),
            _ => functions::arithmetic(operator, left, right),
        }
    }

    fn sum(&mut self, left: &Value, right: &Value) -> Found {
        match (left, right) {
            (Value::Text(left), Value::Text(right)) => {
                self.takes_bytes(left.len() + right.len())?;
                Ok(Value::from(format!("{left}{right}")))
            }
            (Value::Bytes(left), Value::Bytes(right)) => {
                self.takes_bytes(left.len() + right.len())?;
                Ok(Value::Bytes([&left[..], &right[..]].concat().into()))
            }
            (Value::List(left), Value::List(right)) => {
                self.takes(left.len() + right.len())?;
                Ok(Value::list(left.iter().chain(right.iter()).cloned()))
            }
            _ => functions::arithmetic(Operator::Add, left, right),
        }
    }
}

/// What a macro has of the items so far.
struct Walked {
    kept: Vec<Value>,
    count: usize,
    failed: Option<Failure>,
}

/// How much there is of a value to look at.
pub(crate) fn weight(value: &Value) -> usize {
    match value {
        Value::Text(text) => 1 + text.len() / STEP_BYTES,
        Value::Bytes(bytes) => 1 + bytes.len() / STEP_BYTES,
        Value::List(items) => 1 + items.iter().map(weight).sum::<usize>(),
        Value::Map(entries) => 1 + entries.values().map(weight).sum::<usize>() + entries.len(),
        Value::Optional(Some(inner)) => weight(inner),
        _ => 1,
    }
}

fn condition(value: Value) -> Result<bool, Failure> {
    match value {
        Value::Bool(value) => Ok(value),
        _ => Err(Failure::NoOverload("a condition of a macro".into())),
    }
}

/// Looks into a value that may be optional, or may miss what is looked for.
fn chained(
    of: Value,
    optional: bool,
    look: impl Fn(&Value) -> Result<Option<Value>, Failure>,
    missing: impl Fn() -> Failure,
) -> Found {
    match of {
        Value::Optional(None) => Ok(Value::Optional(None)),
        Value::Optional(Some(inner)) => look(&inner).map(|found| Value::Optional(found.map(Arc::new))),
        of if optional => look(&of).map(|found| Value::Optional(found.map(Arc::new))),
        of => look(&of)?.ok_or_else(missing),
    }
}

fn field(of: &Value, key: &Key) -> Result<Option<Value>, Failure> {
    match of {
        Value::Map(entries) => Ok(entries.get(key).cloned()),
        _ => Err(Failure::NoOverload(format!("no field {key} of {}", of.kind()))),
    }
}

fn place(of: &Value, at: &Value) -> Result<Option<Value>, Failure> {
    match (of, at.key()) {
        (Value::Map(entries), Some(key)) => Ok(entries.get(&key).cloned()),
        (Value::List(items), Some(Key::Int(at))) => {
            Ok(usize::try_from(at).ok().and_then(|at| items.get(at)).cloned())
        }
        (Value::List(_), Some(Key::Uint(_))) => Ok(None),
        _ => Err(Failure::NoOverload(format!("[] of {} with {}", of.kind(), at.kind()))),
    }
}

fn missing(at: &Value) -> Failure {
    match at {
        Value::Text(key) => Failure::NoKey(key.to_string()),
        at => Failure::NoPlace(at.key().map_or_else(|| at.kind().to_owned(), |key| key.to_string())),
    }
}
