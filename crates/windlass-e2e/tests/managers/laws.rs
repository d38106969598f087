//! What must hold of each object after a pass.

use std::fmt::Write as _;

use serde_json::Value;
use windlass_core::{Action, Decision, FieldPath, Outcome, Segment};

use super::model::Expected;
use super::shape::{Leaves, Path, Step, content, is_the_engines, is_the_servers};

/// Fields of one holder that a plan names.
const NAMED_MAX: usize = 20;

pub(crate) struct Before<'a> {
    pub(crate) body: Option<&'a Value>,
    pub(crate) expected: &'a Expected,
    /// What the server makes of what is expected, as a new object.
    pub(crate) made: &'a Result<Value, String>,
}

pub(crate) struct After<'a> {
    pub(crate) body: Option<&'a Value>,
    pub(crate) action: Option<&'a Action>,
    pub(crate) outcome: Option<Outcome>,
    /// What the pass after that says.
    pub(crate) again: Option<Outcome>,
    /// All writes, and those that were applies.
    pub(crate) writes: (usize, usize),
    /// The writes of the pass after that.
    pub(crate) repeated: usize,
}

/// Tells what does not hold, a line each.
pub(crate) fn judge(before: &Before<'_>, after: &After<'_>) -> String {
    let mut wrong = String::new();
    let made = match before.made {
        Ok(made) => made,
        // What nobody could make, the pass must not say that it made.
        Err(why) if matches!(after.outcome, Some(Outcome::Failed { .. })) => return String::new(),
        Err(why) => {
            return format!("the server would not make this, {why}, but the pass says {:?}\n", after.outcome);
        }
    };
    let Some(body) = after.body else { return format!("there is no object: {:?}\n", after.outcome) };
    if !matches!(after.outcome, Some(Outcome::Created | Outcome::Changed | Outcome::Unchanged)) {
        let _ = writeln!(wrong, "the pass ends with {:?}", after.outcome);
    }
    let (is, was) = (content(body), before.body.map(content).unwrap_or_default());
    // No new object has a status. That of a live one stays.
    let is_status = |path: &Path| path.starts_with(&["status"]);
    let mut expected: Leaves = content(made).into_iter().filter(|(path, _)| !is_status(path)).collect();
    expected.extend(
        was.iter().filter(|(path, _)| is_status(path)).map(|(path, value)| (path.clone(), value.clone())),
    );
    what_is(&expected, &is, &mut wrong);
    costs(before, after, body, &mut wrong);
    if let Some(action) = after.action {
        told(action, &was, &is, before, &mut wrong);
    } else {
        let _ = writeln!(wrong, "the plan does not name the object");
    }
    wrong
}

/// Live equals what Git says beside what others hold.
fn what_is(expected: &Leaves, is: &Leaves, wrong: &mut String) {
    for (path, value) in expected {
        match is.get(path) {
            Some(have) if have == value => {}
            Some(have) => drop(writeln!(wrong, "{path} is {have} and should be {value}")),
            None => drop(writeln!(wrong, "{path} is not there and should be {value}")),
        }
    }
    for (path, have) in is.iter().filter(|(path, _)| !expected.contains_key(path) && !is_the_engines(path)) {
        let _ = writeln!(wrong, "{path} is {have} and should not be there");
    }
}

/// One write of what it is, at most one of the list of fields before it, one rollout, and nothing in the pass after that.
fn costs(before: &Before<'_>, after: &After<'_>, body: &Value, wrong: &mut String) {
    let (all, applies) = after.writes;
    let most = if before.body.is_none() { 1 } else { 2 };
    if applies > 1 || all > most {
        let _ = writeln!(wrong, "it took {all} writes, of which {applies} applies");
    }
    if after.outcome == Some(Outcome::Unchanged) && all > 0 {
        let _ = writeln!(wrong, "it is unchanged, and was written {all} times");
    }
    let generation = |body: &Value| body["metadata"]["generation"].as_i64().unwrap_or_default();
    let rolls = before.body.map(|before| generation(body) - generation(before));
    if rolls.is_some_and(|rolls| rolls > 1) {
        let _ = writeln!(wrong, "its generation went up by {rolls:?}");
    }
    if after.repeated > 0 || after.again != Some(Outcome::Unchanged) {
        let _ = writeln!(
            wrong,
            "the pass after that wrote {} times and ended with {:?}",
            after.repeated, after.again
        );
    }
}

/// The plan named each field that changed, no other, and whose it was.
fn told(action: &Action, was: &Leaves, is: &Leaves, before: &Before<'_>, wrong: &mut String) {
    if before.body.is_some() {
        let all = was.keys().chain(is.keys());
        let changed: Vec<&Path> = all.filter(|path| was.get(path) != is.get(path)).collect();
        let named: Vec<Path> = action
            .changes
            .iter()
            .filter(|change| !is_a_node_port(&change.path))
            .map(|change| path_of(&change.path))
            .collect();
        let named: Vec<Path> = named.into_iter().filter(|path| !is_the_servers(path)).collect();
        let near = |one: &Path, other: &Path| one.is_under(other) || other.is_under(one);
        for path in &changed {
            if !named.iter().any(|named| near(named, path)) {
                let _ = writeln!(wrong, "{path} changed, and the plan did not say so");
            }
        }
        for named in named.iter().filter(|named| !changed.iter().any(|path| near(named, path))) {
            let _ = writeln!(wrong, "the plan says that {named} changes, and it did not");
        }
    }
    let says = |path: &Path, holder: &str, decision: Decision| {
        action.conflicts.iter().any(|conflict| {
            let named = path_of(&conflict.path);
            path.is_under(&named) && conflict.holder.starts_with(holder) && conflict.decision == decision
        })
    };
    let gone = before.expected.taken.iter().filter(|(path, _)| !is.contains_key(path));
    // Where several held it, one is enough. Of each holder the plan names so many, and no more.
    let named =
        |holder: &str| action.conflicts.iter().filter(|conflict| conflict.holder.starts_with(holder)).count();
    for (path, holder) in gone {
        if !says(path, "", Decision::Take) && named(holder) < NAMED_MAX {
            let _ = writeln!(wrong, "{path} was taken from {holder}, and the plan did not say so");
        }
    }
    for (path, holder) in &before.expected.left {
        if !says(path, holder, Decision::Yield) {
            let _ = writeln!(wrong, "{path} left Git and stays for {holder}, and the plan did not say so");
        }
    }
    if !wrong.is_empty() {
        let _ = writeln!(wrong, "the plan: {}", action.verb.name());
        for change in &action.changes {
            let _ = writeln!(wrong, "  {} {:?} -> {:?}", change.path, change.before, change.after);
        }
        for conflict in &action.conflicts {
            let _ = writeln!(wrong, "  {} {} {}", conflict.path, conflict.holder, conflict.decision.name());
        }
    }
}

/// The server chooses it, anew for each dry run.
fn is_a_node_port(path: &FieldPath) -> bool {
    matches!(path.segments().last(), Some(Segment::Field(name)) if name.as_str() == "nodePort")
}

/// The path as far as it leads through fields and keys.
fn path_of(path: &FieldPath) -> Path {
    let steps = path.segments().iter().map_while(|segment| match segment {
        Segment::Field(name) => Some(Step::Field(name.to_string())),
        Segment::Key(keys) => Some(Step::Item(
            keys.iter()
                .map(|(key, value)| {
                    (key.to_string(), value.as_text().map_or_else(|| value.canonical(), ToOwned::to_owned))
                })
                .collect(),
        )),
        Segment::Item(value) => Some(Step::Member(value.canonical())),
        _ => None,
    });
    Path(steps.collect())
}
