//! One object, written, replaced and read again.

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};

use windlass_core::{Error, ErrorKind, FieldPath, Limits, Object, Result, Text, Value};
use windlass_yaml::{Format, Options, go, read};

use super::checks;
use crate::envsubst::{Lookup, Wrong, evaluate, parse};

const SWITCH: &str = "kustomize.toolkit.fluxcd.io/substitute";

/// What is put into objects.
pub(super) struct Substitution<'c> {
    pub(super) variables: &'c BTreeMap<Text, Text>,
    pub(super) strict: bool,
    pub(super) limits: &'c Limits,
}

/// What became of an object.
pub(super) enum Outcome {
    Same,
    Changed {
        object: Object,
        /// What is probably not meant.
        doubts: Vec<Error>,
    },
}

impl Substitution<'_> {
    pub(super) fn of(&self, object: &Object) -> Result<Outcome> {
        let is_off = |value: Option<&str>| value == Some("disabled");
        if is_off(object.label(SWITCH)) || is_off(object.annotation(SWITCH)) || !has_dollar(object.body()) {
            return Ok(Outcome::Same);
        }
        let text = go::try_to_yaml(object.body())?;
        let unset = RefCell::new(BTreeSet::new());
        let new = self.replaced(&text, &unset).map_err(|wrong| self.explained(&wrong, object.body()))?;
        if new == text {
            return Ok(Outcome::Same);
        }
        let new = Object::new(self.read_again(&new)?)?;
        let mut doubts: Vec<Error> = unset.into_inner().into_iter().map(not_set).collect();
        doubts.extend(checks::no_texts(object.body(), new.body()).into_iter().map(no_text));
        Ok(Outcome::Changed { object: new, doubts })
    }

    fn replaced(&self, text: &str, unset: &RefCell<BTreeSet<String>>) -> Result<String, Wrong> {
        evaluate(&parse(text)?, &|name| match self.variables.get(name) {
            Some(value) => Lookup::Set(value),
            None if self.strict => Lookup::Missing,
            None => {
                unset.borrow_mut().insert(name.to_owned());
                Lookup::Unset
            }
        })
    }

    fn read_again(&self, text: &str) -> Result<Value> {
        let options = Options::from(self.limits).with_format(Format::Yaml);
        let wrong = || Error::new(ErrorKind::Invalid, "with its variables the object is no YAML any more");
        let mut documents = read(text.as_bytes(), &options)
            .map_err(|error| wrong().with("problem", error.message()).with_help("quote the expression"))?;
        match (documents.pop(), documents.is_empty()) {
            (Some(document), true) => Ok(document.value),
            _ => Err(wrong()),
        }
    }

    /// Says what is wrong and in which field: the first text that is wrong alone. Where a pattern reaches over the end of
    /// a field, there is none.
    fn explained(&self, wrong: &Wrong, body: &Value) -> Error {
        let kind = if matches!(wrong, Wrong::Limit { .. }) { ErrorKind::Limit } else { ErrorKind::Invalid };
        let mut error = Error::new(kind, wrong.message());
        let is_wrong = |text: &str| self.replaced(text, &RefCell::default()).is_err();
        if let Some(field) = checks::first_text(body, &is_wrong) {
            error = error.with("field", field);
        }
        match wrong {
            Wrong::NotSet(name) => error
                .with("variable", name)
                .with_help("give it a value, or write a default: ${name:-default}"),
            Wrong::Limit { what, max } => error.with("limit", what).with("max", max),
            _ => error.with_help(
                "write $${ for text that is no expression, or annotate the object with ".to_owned()
                    + SWITCH
                    + ": disabled",
            ),
        }
    }
}

/// Only what has a dollar can change.
fn has_dollar(value: &Value) -> bool {
    match value {
        Value::Text(text) => text.contains('$'),
        Value::List(items) => items.iter().any(has_dollar),
        Value::Map(map) => map.iter().any(|(key, value)| key.contains('$') || has_dollar(value)),
        _ => false,
    }
}

fn not_set(name: String) -> Error {
    Error::new(ErrorKind::Invalid, "a variable is not set and counts as empty").with("variable", name)
}

fn no_text(field: FieldPath) -> Error {
    Error::new(ErrorKind::Invalid, "a text became something else where only a text may be")
        .with("field", field)
        .with_help("put quotes into the value of the variable")
}
