//! Holds a draft against the table of fields, and names every problem.

use std::time::Duration;

use windlass_core::{Error, TreePath, UnitId, Value};

use crate::bases::is_beginning;

use super::draft::Draft;
use super::fields::{API_VERSION, Field, KIND, Map, Shape, UNIT};
use super::receiver::{RECEIVER, RECEIVER_KIND, Receiver};

/// Lists all that is wrong with a draft.
pub(crate) fn check(draft: &Draft) -> Vec<Error> {
    if let Some(error) = is_no_unit(draft) {
        return vec![error];
    }
    let table = if Receiver::is_one(draft) { &RECEIVER } else { &UNIT };
    let mut check = Check { draft, problems: Vec::new() };
    check.map(&mut Vec::new(), table, &draft.value);
    check.problems
}

/// Reads a time such as `90s` or `1h30m`.
pub(crate) fn time(text: &str) -> Option<Duration> {
    humantime::parse_duration(text).ok()
}

/// What is another kind of document altogether is said so, instead of every field of it.
fn is_no_unit(draft: &Draft) -> Option<Error> {
    if draft.value.as_map().is_none() {
        let found = draft.value.type_name();
        return Some(draft.wrong(&[], format!("a unit must be a map, not {found}")).with_help(SHAPE));
    }
    let said = |name: &str| draft.value.get(name).and_then(Value::as_text).unwrap_or_default();
    let (version, kind) = (said("apiVersion"), said("kind"));
    let ours = version.starts_with("windlass") || nearest(kind, &[KIND, RECEIVER_KIND]).is_some();
    let foreign = !version.is_empty() && !kind.is_empty() && !ours;
    foreign.then(|| {
        draft
            .wrong(&["kind"], "not a unit")
            .with("kind", kind)
            .with("apiVersion", version)
            .with_help("-f takes unit files; manifests belong into the folder that spec.source names")
    })
}

const SHAPE: &str =
    "begin with `apiVersion: windlass.dev/v1alpha1` and `kind: Unit`; `windlass help plan` shows a whole one";

const TIME_HELP: &str = "write a number with a unit, such as 30s, 5m or 1h30m";

struct Check<'a> {
    draft: &'a Draft,
    problems: Vec<Error>,
}

impl<'a> Check<'a> {
    fn map(&mut self, path: &mut Vec<&'a str>, map: &Map, value: &'a Value) {
        let Some(fields) = value.as_map() else {
            return self.wrong_type(path, "a map", value);
        };
        for (name, value) in fields.iter() {
            path.push(name);
            match map.field(name) {
                Some(field) => self.field(path, field, value),
                None => self.unknown(path, map, name),
            }
            path.pop();
        }
        for field in map.fields.iter().filter(|field| field.required && !fields.contains(field.name)) {
            self.missing(path, field, fields.iter().map(|(name, _)| name.as_str()));
        }
        self.rivals(path, map, value);
    }

    fn field(&mut self, path: &mut Vec<&'a str>, field: &Field, value: &'a Value) {
        match &field.shape {
            Shape::Map(map) => self.map(path, map, value),
            Shape::Names => self.names(path, value),
            Shape::Texts => self.texts(path, &Shape::Text, value),
            Shape::Beginnings => self.texts(path, &Shape::Beginnings, value),
            Shape::Pairs => self.pairs(path, value),
            Shape::Items(map) => self.items(path, map, value),
            Shape::Any if value.as_map().is_none() => self.wrong_type(path, "a map", value),
            Shape::Any => {}
            Shape::Truth if value.as_bool().is_none() => self.wrong_type(path, "true or false", value),
            Shape::Truth => {}
            Shape::Whole(min, max) => match value.as_int() {
                Some(number) if (*min..=*max).contains(&number) => {}
                Some(number) => self.wrong(
                    path,
                    format!("{number} is not between {min} and {max}"),
                    "choose a number in that range",
                ),
                None => self.wrong_type(path, "a whole number", value),
            },
            shape => match value.as_text() {
                Some(text) => self.text(path, shape, text),
                None if matches!(shape, Shape::Time(_)) => {
                    self.wrong(path, format!("must be a time, not {}", value.type_name()), TIME_HELP);
                }
                None => match shape {
                    // Quotes would only lead to the next problem.
                    Shape::Word(words) if !words.contains(&value.canonical().as_str()) => {
                        let message = format!("must be a word, not {}", value.type_name());
                        self.wrong(path, message, &format!("write {}", words.join(", ")));
                    }
                    _ => self.wrong_type(path, "a text", value),
                },
            },
        }
    }

    fn text(&mut self, path: &[&str], shape: &Shape, text: &str) {
        match shape {
            _ if text.is_empty() => {
                self.wrong(path, "must not be empty".into(), "give it a value, or take the field out")
            }
            Shape::Constant(word) if text != *word => self.constant(path, word, text),
            Shape::Word(words) if !words.contains(&text) => {
                let hint =
                    nearest(text, words).map(|word| format!(", did you mean `{word}`?")).unwrap_or_default();
                self.wrong(
                    path,
                    format!("unknown word `{text}`{hint}"),
                    &format!("write {}", words.join(", ")),
                );
            }
            Shape::Name => self.name(path, text),
            Shape::Time(min) => self.time(path, *min, text),
            Shape::Account if !is_account(text) => {
                self.wrong(path, format!("`{text}` is not a service account"), "write namespace/name");
            }
            Shape::Beginnings if !is_beginning(text) => {
                let help = "write a scheme, a host and as much of the path as is meant, such as https://example.org/team/";
                self.wrong(path, "not the beginning of an address".into(), help);
            }
            Shape::TreePath => {
                if let Err(error) = TreePath::new(text) {
                    let help = "write the path from the root of the repository, such as deploy/production";
                    self.wrong(path, format!("{} (`{text}`)", error.message()), help);
                }
            }
            _ => {}
        }
    }

    fn constant(&mut self, path: &[&str], word: &str, text: &str) {
        let help = match word {
            API_VERSION => format!("this windlass reads {API_VERSION}"),
            word => format!("write `{word}`"),
        };
        self.wrong(path, format!("unknown {} `{text}`", path.last().unwrap_or(&"value")), &help);
    }

    fn time(&mut self, path: &[&str], min: Duration, text: &str) {
        match time(text) {
            None if text.trim_start().starts_with('-') => {
                self.wrong(path, format!("a time cannot be negative (`{text}`)"), TIME_HELP);
            }
            None => self.wrong(path, format!("`{text}` is not a time"), TIME_HELP),
            Some(found) if found < min => {
                let min = humantime::format_duration(min);
                self.wrong(path, format!("{text} is too short"), &format!("{min} is the shortest"));
            }
            Some(_) => {}
        }
    }

    fn texts(&mut self, path: &[&str], shape: &Shape, value: &Value) {
        let Some(items) = value.as_list() else { return self.wrong_type(path, "a list of texts", value) };
        for (at, item) in items.iter().enumerate() {
            let at = at.to_string();
            let path: Vec<&str> = path.iter().copied().chain([at.as_str()]).collect();
            match item.as_text() {
                Some(text) => self.text(&path, shape, text),
                None => self.wrong_type(&path, "a text", item),
            }
        }
    }

    fn pairs(&mut self, path: &[&str], value: &Value) {
        let Some(fields) = value.as_map() else { return self.wrong_type(path, "a map of texts", value) };
        for (name, value) in fields.iter().filter(|(_, value)| value.as_text().is_none()) {
            let path: Vec<&str> = path.iter().copied().chain([name.as_str()]).collect();
            self.wrong_type(&path, "a text", value);
        }
    }

    fn items(&mut self, path: &[&str], map: &Map, value: &Value) {
        let Some(items) = value.as_list() else { return self.wrong_type(path, "a list of maps", value) };
        for (at, item) in items.iter().enumerate() {
            let at = at.to_string();
            let mut path: Vec<&str> = path.iter().copied().chain([at.as_str()]).collect();
            // The path of an item lives as long as its check.
            let mut check = Check { draft: self.draft, problems: Vec::new() };
            check.map(&mut path, map, item);
            self.problems.append(&mut check.problems);
        }
    }

    fn names(&mut self, path: &[&str], value: &Value) {
        let Some(items) = value.as_list() else {
            return self.wrong_type(path, "a list of unit names", value);
        };
        for (at, item) in items.iter().enumerate() {
            let at = at.to_string();
            let path: Vec<&str> = path.iter().copied().chain([at.as_str()]).collect();
            match item.as_text() {
                Some(text) => self.name(&path, text),
                None => self.wrong_type(&path, "the name of a unit", item),
            }
        }
    }

    fn name(&mut self, path: &[&str], text: &str) {
        if let Err(error) = UnitId::new(text) {
            self.wrong(path, format!("`{text}` is {}", error.message()), error.help().unwrap_or_default());
        }
    }

    fn unknown(&mut self, path: &[&str], map: &Map, name: &str) {
        let names: Vec<&str> = map.fields.iter().map(|field| field.name).collect();
        let (hint, help) = match nearest(name, &names) {
            Some(near) => (format!(", did you mean `{near}`?"), String::new()),
            None => (String::new(), format!("known here: {}", names.join(", "))),
        };
        self.wrong(path, format!("unknown field `{name}`{hint}"), &help);
    }

    fn missing<'n>(&mut self, path: &[&str], field: &Field, mut have: impl Iterator<Item = &'n str>) {
        // A misspelt field is reported as unknown; saying that it is missing as well would only be noise.
        if have.any(|have| have != field.name && nearest(have, &[field.name]).is_some()) {
            return;
        }
        let whole: Vec<&str> = path.iter().copied().chain([field.name]).collect();
        let error = self.draft.wrong(&whole, "missing field");
        self.problems.push(error.with_help(match &field.shape {
            Shape::Constant(word) => format!("add `{}: {word}`", field.name),
            _ => {
                let flags: Vec<String> = flags(field).iter().map(|flag| format!("--{flag}")).collect();
                let about = field.about.trim_end_matches('.');
                let add = format!("add `{}` ({about})", field.name);
                if flags.is_empty() { add } else { format!("{add}, or use {}", flags.join(" or ")) }
            }
        }));
    }

    fn rivals(&mut self, path: &[&str], map: &Map, value: &'a Value) {
        let said: Vec<&str> = map.rivals.iter().copied().filter(|name| value.get(name).is_some()).collect();
        let all = map.rivals.join(" or ");
        if said.len() > 1 {
            let whole: Vec<&str> = path.iter().copied().chain(said.last().copied()).collect();
            let message = format!("{} cannot be said together", said.join(" and "));
            let error = self.draft.wrong(&whole, message).with_help(format!("keep one of them: {all}"));
            self.problems.push(error);
        } else if said.is_empty() && map.choose && !self.has_typo(map, value) {
            let error = self.draft.wrong(path, format!("neither {} is said", map.rivals.join(" nor ")));
            self.problems.push(error.with_help(format!("add {all}; `windlass help plan` shows an example")));
        }
    }

    fn has_typo(&self, map: &Map, value: &Value) -> bool {
        let names = value.as_map().map(|fields| fields.iter().map(|(name, _)| name.as_str()));
        names.into_iter().flatten().any(|name| nearest(name, map.rivals).is_some())
    }

    fn wrong_type(&mut self, path: &[&str], wanted: &str, value: &Value) {
        let wants_text = matches!(wanted, "a text" | "the name of a unit");
        let is_scalar = !value.is_null() && value.as_list().is_none() && value.as_map().is_none();
        let help = match value {
            _ if wants_text && is_scalar => "put it in quotes",
            Value::Text(text) if matches!(text.as_str(), "true" | "false") => "take the quotes away",
            Value::Null => "give it a value, or take the field out",
            _ => "",
        };
        let help = if help.is_empty() { format!("write {wanted}") } else { help.to_owned() };
        self.wrong(path, format!("must be {wanted}, not {}", value.type_name()), &help);
    }

    fn wrong(&mut self, path: &[&str], message: String, help: &str) {
        let error = self.draft.wrong(path, message);
        self.problems.push(if help.is_empty() { error } else { error.with_help(help) });
    }
}

fn is_account(text: &str) -> bool {
    let fits = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || matches!(c, '-' | '.');
    let is_name = |name: &str| !name.is_empty() && name.chars().all(fits);
    text.split_once('/').is_some_and(|(namespace, name)| is_name(namespace) && is_name(name))
}

/// The flags that say a field: its own, or of a map those of its alternatives and of what it needs.
pub(super) fn flags(field: &Field) -> Vec<&'static str> {
    match &field.shape {
        _ if !field.flag.is_empty() => vec![field.flag],
        Shape::Map(map) => {
            let needed = |inner: &&Field| inner.required || map.choose && map.rivals.contains(&inner.name);
            map.fields.iter().filter(needed).flat_map(flags).collect()
        }
        _ => Vec::new(),
    }
}

/// Finds what somebody may have meant.
pub(crate) fn nearest<'n>(text: &str, names: &[&'n str]) -> Option<&'n str> {
    let near = |name: &&&str| {
        let distance = strsim::damerau_levenshtein(&text.to_lowercase(), &name.to_lowercase());
        (distance <= 1 + name.len() / 5).then_some(distance)
    };
    let mut found: Vec<(usize, &'n str)> =
        names.iter().filter_map(|name| near(&name).map(|distance| (distance, *name))).collect();
    found.sort_unstable();
    found.first().map(|(_, name)| *name)
}
