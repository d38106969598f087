//! Health of custom kinds by rules that are data.
//!
//! The files in `rules` hold one rule for each kind, or for several that are alike: steps, of which the first that has an
//! answer decides. What many kinds have in common is a family with arguments.
//!
//! | step | does |
//! | --- | --- |
//! | `healthy "message" if TEST …` | answers where all tests hold; so do `degraded`, `progressing`, `suspended`, `unknown`, `missing` |
//! | `lagging "message" if TEST …` | `degraded` for Argo CD, and nothing that waiting cannot mend |
//! | `when TEST …` to `end` | runs a block where all tests hold |
//! | `each PATH` to `end` | runs a block for each element of a list or a map |
//! | `let NAME count/first/last/least/sum/less/join/before/after/text/value …` | keeps what an expression gives |
//! | `use FAMILY "argument" …` | runs the steps of a family, with `%1`, `%2`, … filled in |
//!
//! A path is `status.phase`, `.reason` of the element of the loop, `$i` for its place from one, `$name.field` of what `let` kept, `#list` for a number of
//! elements, `list[1]`, `list[last]`, `sha:7` cut short, `path?otherwise`. A test is a path that exists, `!path`,
//! `path=a|b`, `path!=a|b`, `<`, `<=`, `>`, `>=`, `^=` for a start, `!$=` for another end, `~=` for a part; `@path` on its right side is another
//! path. In a loop over conditions, `Ready=True` is short for `.type=Ready .status=True`.
//!
//! The work of a rule grows only with the lists that it walks.

mod evaluate;
mod language;
mod parse;

use std::collections::BTreeMap;
use std::sync::LazyLock;

use windlass_core::Value;

use crate::argo::Assessment;
use crate::read::View;

/// The files of rules; families of the first serve all.
const FILES: [&str; 9] = [
    include_str!("rules/families.rules"),
    include_str!("rules/a.rules"),
    include_str!("rules/b-c.rules"),
    include_str!("rules/d-g.rules"),
    include_str!("rules/h-k.rules"),
    include_str!("rules/l-n.rules"),
    include_str!("rules/o-p.rules"),
    include_str!("rules/promoter.rules"),
    include_str!("rules/q-z.rules"),
];

static RULES: LazyLock<Rules> =
    LazyLock::new(|| Rules::read(&FILES).expect("a test of this crate reads the same text"));

/// Assesses by the rule of the kind, if there is one.
pub(crate) fn assess(body: &Value) -> Option<Assessment> {
    let view = View(body);
    evaluate::run(RULES.of(view.group(), view.kind())?, body)
}

/// All rules, by what they are for.
struct Rules {
    steps: Vec<Vec<language::Step>>,
    /// Where the steps are, by group and kind; a kind of `*` is any.
    exact: BTreeMap<Box<str>, BTreeMap<Box<str>, usize>>,
    /// Where the steps are, by the end of the group.
    wild: Vec<(Box<str>, usize)>,
}

impl Rules {
    fn read(files: &[&str]) -> Result<Self, String> {
        let mut families = parse::Families::new();
        let mut rules = Self { steps: Vec::new(), exact: BTreeMap::new(), wild: Vec::new() };
        for file in files {
            for rule in parse::parse(file, &mut families)? {
                rules.add(rule)?;
            }
        }
        Ok(rules)
    }

    fn add(&mut self, rule: parse::Rule) -> Result<(), String> {
        let at = self.steps.len();
        for name in rule.kinds {
            let (group, kind) = name.split_once('/').ok_or_else(|| format!("no kind: {name}"))?;
            let twice = match group.strip_prefix('*') {
                Some(end) => {
                    self.wild.push((end.into(), at));
                    false
                }
                None => self.exact.entry(group.into()).or_default().insert(kind.into(), at).is_some(),
            };
            if twice {
                return Err(format!("two rules for {name}"));
            }
        }
        self.steps.push(rule.steps);
        Ok(())
    }

    /// Names what there are rules for, as `group/Kind`.
    #[cfg(test)]
    fn names(&self) -> Vec<String> {
        let exact = self.exact.iter().flat_map(|(group, kinds)| {
            kinds.keys().map(move |kind| format!("{group}/{}", if &**kind == "*" { "Any" } else { kind }))
        });
        exact.chain(self.wild.iter().map(|(end, _)| format!("some{end}/Any"))).collect()
    }

    /// An own rule wins over one for a whole group, and that over one for all groups with the same end.
    fn of(&self, group: &str, kind: &str) -> Option<&[language::Step]> {
        let exact = |kind: &str| self.exact.get(group)?.get(kind);
        let wild = || self.wild.iter().find(|(end, _)| group.ends_with(&**end)).map(|(_, at)| at);
        let at = exact(kind).or_else(|| exact("*")).or_else(wild)?;
        self.steps.get(*at).map(Vec::as_slice)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_rule_can_be_read() {
        let rules = Rules::read(&FILES).map(|rules| rules.steps.len());
        assert!(rules.as_ref().is_ok_and(|count| *count > 200), "{rules:?}");
    }

    #[test]
    fn what_is_no_rule_is_refused_with_its_line() {
        let check = |text: &str, why: &str| {
            let found = Rules::read(&[text]).err();
            assert!(found.as_deref().is_some_and(|found| found.contains(why)), "{text}: {found:?}");
        };
        check("healthy \"\"", "outside of rules");
        check("rule a/B\nhappy \"\"", "no such step: happy");
        check("rule a/B\nhealthy \"", "a quote is open");
        check("rule a/B\nhealthy \"{status\"", "a brace is open");
        check("rule a/B\nhealthy \"\" when x", "expected if, found when");
        check("rule a/B\neach status.list\nhealthy \"\"", "no end of: each status.list");
        check("rule a/B\nuse none", "no family none");
        check("rule a/B\nlet x most y", "no such expression: most");
        check("rule a/B\nhealthy \"\"\nrule a/B\nhealthy \"\"", "two rules for a/B");
        check("family f\nuse f\nrule a/B\nuse f", "nested deeper");
    }

    /// Bodies that follow no schema, for every rule.
    #[test]
    fn no_rule_panics_and_each_answers_always() {
        let odd = [
            "null",
            "7",
            r#""text""#,
            "[1, null, {}]",
            r#"{"conditions": 3, "status": [], "phase": {}}"#,
            r#"{"conditions": [null, 1, "x", [], {"type": 1}], "parents": {"a": 1}, "state": 1.5}"#,
            r#"{"conditions": {"a": {"type": "Ready", "status": "True"}}, "replicas": "many"}"#,
        ];
        for name in RULES.names() {
            let (group, kind) = name.split_once('/').unwrap_or_default();
            for status in odd {
                let text = format!(
                    r#"{{"apiVersion": "{group}/v1", "kind": "{kind}", "metadata": {{"name": "x"}}, "spec": {status}, "status": {status}}}"#
                );
                let body: Value = serde_json::from_str(&text).unwrap_or_default();
                assert!(assess(&body).is_some(), "{name} has no answer for {status}");
            }
        }
    }
}
