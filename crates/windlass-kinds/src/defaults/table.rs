//! The table of defaults and how it is written.

use std::collections::BTreeMap;
use std::str::FromStr;

use windlass_core::Value;

/// Rules by the name of their section.
#[derive(Debug)]
pub(super) struct Table {
    pub(super) sections: BTreeMap<String, Vec<Rule>>,
}

/// One line.
#[derive(Debug)]
pub(super) struct Rule {
    pub(super) path: Vec<Step>,
    pub(super) action: Action,
    pub(super) condition: Option<Condition>,
}

#[derive(Debug, PartialEq)]
pub(super) enum Step {
    Field(String),
    /// Each item of a list.
    Items,
    /// Each value of a map.
    Values,
}

#[derive(Debug)]
pub(super) enum Action {
    /// Set this where nothing is.
    Value(Value),
    /// Set what another field has where nothing is.
    From(Vec<String>),
    /// Set the pull policy that the image beside it asks for.
    PullPolicy,
    /// Write the quantity that is there as a server does.
    Quantity,
    /// Run the rules of a section.
    Type(String),
}

#[derive(Debug)]
pub(super) struct Condition {
    pub(super) path: Vec<String>,
    /// What the field must be; `None` for anything but missing.
    pub(super) value: Option<Value>,
    /// Whether the condition must hold or must not.
    pub(super) holds: bool,
}

impl FromStr for Table {
    type Err = String;

    /// Reads a table. The error names the line.
    fn from_str(text: &str) -> Result<Self, String> {
        let mut sections: BTreeMap<String, Vec<Rule>> = BTreeMap::new();
        let mut section = String::new();
        for (at, line) in text.lines().enumerate().map(|(at, line)| (at + 1, line.trim())) {
            if line.is_empty() || line.starts_with('#') {
                continue;
            }
            if let Some(name) = line.strip_prefix('[').and_then(|line| line.strip_suffix(']')) {
                name.clone_into(&mut section);
                if sections.insert(section.clone(), Vec::new()).is_some() {
                    return Err(format!("line {at}: the section {name} is there twice"));
                }
                continue;
            }
            let rule = read_rule(line).ok_or_else(|| format!("line {at}: not a rule: {line}"))?;
            sections.get_mut(&section).ok_or_else(|| format!("line {at}: no section"))?.push(rule);
        }
        let table = Self { sections };
        table.check_types()?;
        Ok(table)
    }
}

impl Table {
    fn check_types(&self) -> Result<(), String> {
        let rules = self.sections.values().flatten();
        let unknown = rules.filter_map(|rule| match &rule.action {
            Action::Type(name) if !self.sections.contains_key(name) => Some(name),
            _ => None,
        });
        unknown.map(|name| Err(format!("no section {name}"))).next().unwrap_or(Ok(()))
    }
}

fn read_rule(line: &str) -> Option<Rule> {
    let (rule, condition) = match [(" when ", true), (" unless ", false)]
        .into_iter()
        .find_map(|(word, holds)| Some((line.split_once(word)?, holds)))
    {
        Some(((rule, condition), holds)) => (rule, Some(read_condition(condition, holds)?)),
        None => (line, None),
    };
    if let Some((path, name)) = rule.split_once(" : ") {
        return Some(Rule { path: read_path(path)?, action: Action::Type(name.into()), condition });
    }
    let (path, action) = rule.split_once(" = ")?;
    Some(Rule { path: read_path(path)?, action: read_action(action)?, condition })
}

fn read_action(text: &str) -> Option<Action> {
    match text {
        "pull policy" => Some(Action::PullPolicy),
        "quantity" => Some(Action::Quantity),
        text => match text.strip_prefix("from ") {
            Some(path) => read_fields(path).map(Action::From),
            None => serde_json::from_str(text).ok().map(Action::Value),
        },
    }
}

fn read_condition(text: &str, holds: bool) -> Option<Condition> {
    let (path, value) = match text.split_once(" is ") {
        Some((path, value)) => (path, Some(serde_json::from_str(value).ok()?)),
        None => (text, None),
    };
    Some(Condition { path: read_fields(path)?, value, holds })
}

fn read_fields(text: &str) -> Option<Vec<String>> {
    let field = |step| match step {
        Step::Field(name) => Some(name),
        Step::Items | Step::Values => None,
    };
    read_path(text)?.into_iter().map(field).collect()
}

/// Reads `a."b.c".d[].e{}`.
fn read_path(text: &str) -> Option<Vec<Step>> {
    let mut steps = Vec::new();
    let mut rest = text;
    while !rest.is_empty() {
        let (name, behind) = match rest.strip_prefix('"') {
            Some(quoted) => quoted.split_once('"')?,
            None => rest.split_at(rest.find(['.', '[', '{']).unwrap_or(rest.len())),
        };
        steps.push(Step::Field(name.into()));
        rest = behind;
        for (mark, step) in [("[]", Step::Items), ("{}", Step::Values)] {
            if let Some(behind) = rest.strip_prefix(mark) {
                steps.push(step);
                rest = behind;
            }
        }
        if !rest.is_empty() {
            rest = rest.strip_prefix('.')?;
        }
    }
    (!steps.is_empty()).then_some(steps)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_built_in_table_reads() {
        let table: Table = include_str!("built_in.defaults").parse().unwrap();
        assert!(table.sections["Container"].len() > 5);
    }

    #[test]
    fn what_is_wrong_with_a_table_is_named_with_its_line() {
        let error = |text: &str| text.parse::<Table>().unwrap_err();
        assert_eq!(error("[A]\nx 1"), "line 2: not a rule: x 1");
        assert_eq!(error("x = 1"), "line 1: no section");
        assert_eq!(error("[A]\nx : B"), "no section B");
        assert_eq!(error("[A]\n[A]"), "line 2: the section A is there twice");
    }

    #[test]
    fn a_path_may_have_quotes_items_and_values() {
        let field = |name: &str| Step::Field(name.into());
        assert_eq!(
            read_path(r#"a."b.c".d[].e{}"#).unwrap(),
            [field("a"), field("b.c"), field("d"), Step::Items, field("e"), Step::Values]
        );
        assert_eq!(read_path("a..b["), None);
    }
}
