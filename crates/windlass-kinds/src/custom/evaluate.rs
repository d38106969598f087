//! Running a rule on a body.

use std::borrow::Cow;
use std::cmp::Ordering;

use windlass_core::Value;

use super::language::{Expression, Field, Operand, Operator, Path, Piece, Root, Step, Template, Test};
use crate::argo::Assessment;
use crate::read::shortened;

/// Gives the answer of the first step that has one.
pub(super) fn run<'a>(steps: &'a [Step], body: &'a Value) -> Option<Assessment> {
    Scope { body, names: Vec::new() }.block(steps, None)
}

/// What a path leads to.
#[derive(Clone)]
enum Got<'a> {
    Nothing,
    Value(&'a Value),
    Int(i64),
    Text(Cow<'a, str>),
}

/// The element of a loop and its place, from one.
type Item<'a> = Option<(&'a Value, i64)>;

struct Scope<'a> {
    body: &'a Value,
    names: Vec<(&'a str, Got<'a>)>,
}

impl<'a> Scope<'a> {
    fn block(&mut self, steps: &'a [Step], item: Item<'a>) -> Option<Assessment> {
        steps.iter().find_map(|step| self.step(step, item))
    }

    fn step(&mut self, step: &'a Step, item: Item<'a>) -> Option<Assessment> {
        match step {
            Step::Answer { status, may_pass, message, tests } => self.all(tests, item).then(|| Assessment {
                status: *status,
                message: shortened(&self.filled(message, item)).into(),
                may_pass: *may_pass,
            }),
            Step::When(tests, steps) if self.all(tests, item) => self.block(steps, item),
            Step::When(..) => None,
            Step::Each(list, steps) => {
                self.elements(list, item).find_map(|found| self.block(steps, Some(found)))
            }
            Step::Let(name, expression) => {
                let value = self.value(expression, item);
                self.names.retain(|(known, _)| *known != &**name);
                self.names.push((name, value));
                None
            }
        }
    }

    fn value(&self, expression: &'a Expression, item: Item<'a>) -> Got<'a> {
        let found = match expression {
            Expression::Count(list, tests) => {
                let count = self.passing(list, tests, item).count();
                return Got::Int(i64::try_from(count).unwrap_or(i64::MAX));
            }
            Expression::Sum(list, field) => {
                let numbers = self.elements(list, item).map(|found| self.int(field, Some(found)));
                return Got::Int(numbers.fold(0, i64::saturating_add));
            }
            Expression::Less(left, right) => {
                return Got::Int(self.int(left, item).saturating_sub(self.int(right, item)));
            }
            Expression::Join { list, each, between, tests } => {
                let texts = self.passing(list, tests, item).map(|found| self.filled(each, Some(found)));
                return Got::Text(texts.collect::<Vec<_>>().join(between).into());
            }
            Expression::Before(path, mark) => return self.part(path, mark, item, |(before, _)| before),
            Expression::After(path, mark) => return self.part(path, mark, item, |(_, after)| after),
            Expression::Text(template) => return Got::Text(shortened(&self.filled(template, item)).into()),
            Expression::Value(path) => return self.got(path, item),
            Expression::First(list, tests) => self.passing(list, tests, item).next(),
            Expression::Last(list, tests) => self.passing(list, tests, item).last(),
            Expression::Least(list, field, tests) => self
                .passing(list, tests, item)
                .min_by_key(|found| self.got(field, Some(*found)).text().map(Cow::into_owned)),
        };
        found.map_or(Got::Nothing, |(found, _)| Got::Value(found))
    }

    fn part(
        &self,
        path: &'a Path,
        mark: &str,
        item: Item<'a>,
        which: for<'x> fn((&'x str, &'x str)) -> &'x str,
    ) -> Got<'a> {
        let text = self.got(path, item).text().unwrap_or_default();
        text.split_once(mark).map_or(Got::Nothing, |parts| Got::Text(which(parts).to_owned().into()))
    }

    fn elements(&self, path: &'a Path, item: Item<'a>) -> impl Iterator<Item = (&'a Value, i64)> + use<'a> {
        let value = match self.got(path, item) {
            Got::Value(value) => Some(value),
            _ => None,
        };
        let list = value.and_then(Value::as_list).unwrap_or_default().iter();
        let map =
            value.and_then(Value::as_map).into_iter().flat_map(|map| map.iter().map(|(_, value)| value));
        list.chain(map).zip(1..)
    }

    fn passing<'s>(
        &'s self,
        list: &'a Path,
        tests: &'a [Test],
        item: Item<'a>,
    ) -> impl Iterator<Item = (&'a Value, i64)> + use<'a, 's> {
        self.elements(list, item).filter(|found| self.all(tests, Some(*found)))
    }

    fn all(&self, tests: &'a [Test], item: Item<'a>) -> bool {
        tests.iter().all(|test| self.holds(test, item))
    }

    fn holds(&self, test: &'a Test, item: Item<'a>) -> bool {
        let left = self.got(&test.left, item);
        let any =
            |fits: &dyn Fn(&Got<'a>, &'a Operand) -> bool| test.right.iter().any(|right| fits(&left, right));
        let compare = |fits: fn(Ordering) -> bool| {
            any(&|left, right| left.order(&self.operand(right, item)).is_some_and(fits))
        };
        let has_part = |fits: fn(&str, &str) -> bool| {
            any(&|left, right| match (left.text(), right) {
                (Some(text), Operand::Literal(part)) => fits(&text, part),
                _ => false,
            })
        };
        match test.operator {
            Operator::Exists => !matches!(left, Got::Nothing),
            Operator::Absent => matches!(left, Got::Nothing),
            Operator::Is => any(&|left, right| self.equal(left, right, item)),
            Operator::IsNot => !any(&|left, right| self.equal(left, right, item)),
            Operator::Below => compare(Ordering::is_lt),
            Operator::Above => compare(Ordering::is_gt),
            Operator::AtMost => compare(Ordering::is_le),
            Operator::AtLeast => compare(Ordering::is_ge),
            Operator::StartsWith => has_part(|text, start| text.starts_with(start)),
            Operator::EndsUnlike => !has_part(|text, end| text.ends_with(end)),
            Operator::Contains => has_part(|text, part| text.to_lowercase().contains(part)),
        }
    }

    fn operand(&self, operand: &'a Operand, item: Item<'a>) -> Got<'a> {
        match operand {
            Operand::Literal(text) => Got::Text(Cow::Borrowed(text)),
            Operand::Path(path) => self.got(path, item),
        }
    }

    fn equal(&self, left: &Got<'a>, right: &'a Operand, item: Item<'a>) -> bool {
        match right {
            Operand::Literal(text) => left.is_literal(text),
            Operand::Path(path) => left.is_same(&self.got(path, item)),
        }
    }

    fn int(&self, path: &'a Path, item: Item<'a>) -> i64 {
        self.got(path, item).int().unwrap_or(0)
    }

    fn got(&self, path: &'a Path, item: Item<'a>) -> Got<'a> {
        let start = match &path.root {
            Root::Body => Got::Value(self.body),
            Root::Item => item.map_or(Got::Nothing, |(value, _)| Got::Value(value)),
            Root::Index => item.map_or(Got::Nothing, |(_, at)| Got::Int(at)),
            Root::Name(name) => {
                let known = self.names.iter().find(|(known, _)| *known == &**name);
                known.map_or(Got::Nothing, |(_, value)| value.clone())
            }
        };
        let end = if path.fields.is_empty() { start } else { start.below(&path.fields) };
        let end = if path.length { Got::Int(end.length()) } else { end };
        match (end, &path.otherwise) {
            (Got::Nothing, Some(text)) => Got::Text(Cow::Borrowed(text)),
            (Got::Value(value), None) if value.is_null() => Got::Nothing,
            (end, _) => end,
        }
    }

    fn filled(&self, template: &'a Template, item: Item<'a>) -> Cow<'a, str> {
        if let [Piece::Text(text)] = template.0.as_slice() {
            return Cow::Borrowed(text);
        }
        let mut filled = String::new();
        for piece in &template.0 {
            match piece {
                Piece::Text(text) => filled.push_str(text),
                Piece::Path(path) => {
                    let text = self.got(path, item).text().unwrap_or_default();
                    let end = path.cut.and_then(|cut| text.char_indices().nth(cut));
                    filled.push_str(end.map_or(&*text, |(end, _)| &text[..end]));
                }
            }
        }
        filled.into()
    }
}

impl<'a> Got<'a> {
    fn below(self, fields: &[Field]) -> Self {
        let Self::Value(value) = self else { return Self::Nothing };
        let found = fields.iter().try_fold(value, |value, field| match field {
            Field::Key(key) => value.get(key),
            Field::First => value.as_list().and_then(<[Value]>::first),
            Field::Last => value.as_list().and_then(<[Value]>::last),
        });
        found.filter(|found| !found.is_null()).map_or(Self::Nothing, Self::Value)
    }

    fn length(&self) -> i64 {
        let length = match self {
            Self::Value(Value::List(list)) => list.len(),
            Self::Value(Value::Map(map)) => map.len(),
            _ => 0,
        };
        i64::try_from(length).unwrap_or(i64::MAX)
    }

    fn int(&self) -> Option<i64> {
        match self {
            Self::Nothing => None,
            Self::Int(number) => Some(*number),
            Self::Text(text) => text.parse().ok(),
            Self::Value(value) => value.as_int().or_else(|| value.as_text()?.parse().ok()),
        }
    }

    /// Numbers as numbers, everything else, such as times, as text.
    fn order(&self, other: &Self) -> Option<Ordering> {
        match (self.int(), other.int()) {
            (Some(left), Some(right)) => Some(left.cmp(&right)),
            _ => Some(self.text()?.cmp(&other.text()?)),
        }
    }

    /// Gives what it says in a message; `None` for what is absent or has elements.
    fn text(&self) -> Option<Cow<'a, str>> {
        Some(match self {
            Self::Text(text) => text.clone(),
            Self::Int(number) | Self::Value(Value::Int(number)) => number.to_string().into(),
            Self::Value(Value::Text(text)) => Cow::Borrowed(text),
            Self::Value(Value::Bool(truth)) => Cow::Borrowed(if *truth { "true" } else { "false" }),
            Self::Value(Value::Float(number)) => number.to_string().into(),
            Self::Value(Value::Null | Value::List(_) | Value::Map(_)) | Self::Nothing => return None,
        })
    }

    fn is_literal(&self, literal: &str) -> bool {
        match self {
            Self::Nothing => false,
            Self::Value(Value::Text(text)) => &**text == literal,
            Self::Text(text) => text == literal,
            Self::Value(Value::Bool(truth)) => literal == if *truth { "true" } else { "false" },
            other => other.int().is_some_and(|number| literal.parse() == Ok(number)),
        }
    }

    fn is_same(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Nothing, Self::Nothing) => true,
            (Self::Value(left), Self::Value(right)) if left == right => true,
            (Self::Nothing, _) | (_, Self::Nothing) => false,
            (left, right) => left.text().is_some_and(|left| right.text() == Some(left)),
        }
    }
}
