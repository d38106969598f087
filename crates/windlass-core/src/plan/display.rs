//! How a plan reads.

use std::collections::BTreeMap;
use std::fmt;

use super::{Action, Cause, Change, Plan, Verb};

/// One line for the unit, one for each object that is not as it should be, its fields below it, and a line of counts.
/// No colour, no time: the same plan, the same text.
impl fmt::Display for Plan {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} -> {}", self.unit, self.place)?;
        if let Some(revision) = &self.revision {
            write!(f, "  {}", revision.short())?;
        }
        writeln!(f)?;
        for action in self.actions.iter().filter(|action| action.verb != Verb::Unchanged) {
            write!(f, "{action}")?;
        }
        for problem in &self.problems {
            writeln!(f, "! {}", problem.to_string().replace('\n', "\n  "))?;
        }
        for warning in &self.warnings {
            writeln!(f, "? {}", warning.message)?;
        }
        writeln!(f, "{}", counts(self))
    }
}

impl fmt::Display for Action {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {:<7} {}", sign(&self.verb), self.verb.name(), self.id)?;
        if let Some(origin) = &self.origin {
            write!(f, "  {origin}")?;
        }
        let note = self.note();
        if !note.is_empty() {
            write!(f, "  {note}")?;
        }
        match &self.verb {
            Verb::Keep { why } | Verb::Skip { why } => write!(f, "  {why}")?,
            Verb::Refuse { error } => write!(f, "\n    {}", error.to_string().replace('\n', "\n    "))?,
            _ => {}
        }
        writeln!(f)?;
        for conflict in &self.conflicts {
            writeln!(f, "    {} held by {}: {}", conflict.path, conflict.holder, conflict.decision.name())?;
        }
        self.changes.iter().try_for_each(|change| writeln!(f, "    {change}"))
    }
}

impl fmt::Display for Change {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (&self.before, &self.after) {
            (Some(before), Some(after)) => write!(f, "{}: {before} -> {after}", self.path)?,
            (None, Some(after)) => write!(f, "+ {}: {after}", self.path)?,
            (Some(before), None) => write!(f, "- {}: {before}", self.path)?,
            (None, None) => write!(f, "{}", self.path)?,
        }
        match self.cause {
            Cause::Wanted => Ok(()),
            Cause::Drifted => f.write_str("  (drifted)"),
            Cause::Foreign => f.write_str("  (someone else's)"),
            Cause::Defaulted => f.write_str("  (defaulted)"),
            Cause::Spelling => f.write_str("  (spelling)"),
        }
    }
}

const fn sign(verb: &Verb) -> char {
    match verb {
        Verb::Unchanged => '=',
        Verb::Create => '+',
        Verb::Change | Verb::Apply => '~',
        Verb::Delete => '-',
        Verb::Keep { .. } | Verb::Skip { .. } => '.',
        Verb::Refuse { .. } => '!',
    }
}

fn counts(plan: &Plan) -> String {
    let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
    for action in &plan.actions {
        *counts.entry(action.verb.name()).or_default() += 1;
    }
    let order = ["create", "change", "apply", "delete", "keep", "skip", "refuse", "unchanged"];
    let parts: Vec<String> =
        order.iter().filter_map(|name| counts.get(name).map(|count| format!("{count} {name}"))).collect();
    if parts.is_empty() { "nothing wanted, nothing owned".into() } else { parts.join(", ") }
}
