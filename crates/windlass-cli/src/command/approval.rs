//! Plans that wait for a person.

use std::fmt::Write as _;

use windlass_core::{Context, Error, Plan, Policy, Release, Result, Verdict, async_trait};
use windlass_engine::{Approvals, Engine};

use super::Scene;
use crate::spec::{Asked, Unit};

/// Holds the plans of a unit as its file asks, and says how to let one go on.
#[derive(Debug)]
struct Held {
    approvals: Approvals,
    /// The command but for the plan.
    command: String,
}

#[async_trait]
impl Policy for Held {
    async fn review(&self, cx: &Context, plan: &Plan) -> Result<Verdict> {
        Ok(match self.approvals.review(cx, plan).await? {
            Verdict::Hold(why) => {
                let Self { command, .. } = self;
                Verdict::Hold(format!("{why}; to let it: {command} --plan {}", plan.digest).into())
            }
            other => other,
        })
    }
}

/// Adds to an engine what holds the plans of its unit.
pub(super) fn holding(scene: &Scene, unit: &Unit, engine: Engine) -> Engine {
    match unit.approve {
        Some(approvals) => engine.with_policy(Held { approvals, command: command(&scene.asked, unit) }),
        None => engine,
    }
}

/// Says why a plan would not be carried out, where that is so.
///
/// # Errors
/// What the control store says.
pub(super) async fn why_held(cx: &Context, engine: &Engine, plan: &Plan) -> Result<Option<String>> {
    let against = engine.verdicts(cx, plan).await?.into_iter().find_map(|verdict| match verdict {
        Verdict::Hold(why) => Some(why.to_string()),
        Verdict::Allow | Verdict::Deny(_) => None,
    });
    Ok(against)
}

/// Says whether nothing is wrong but that a plan waits.
pub(super) fn is_held(error: &Error) -> bool {
    error.problems().iter().all(|problem| matches!(problem.release(), Some(Release::Approval { .. })))
}

/// Adds what a person may do about a plan that waits.
pub(super) fn advised(error: Error) -> Error {
    if is_held(&error) {
        return error.with_help(
            "`windlass plan` shows it; a yes is for this plan alone, and any change makes another",
        );
    }
    error
}

/// Writes the command that approves a plan of the unit, for the folder in which this one runs.
fn command(asked: &Asked, unit: &Unit) -> String {
    let mut command = "windlass approve".to_owned();
    let mut say = |flag: &str, value: &str| {
        // A text takes whatever is written.
        let _ = write!(command, " {flag} {}", quoted(value));
    };
    asked.files.iter().for_each(|file| say("-f", &file.to_string_lossy()));
    for setting in asked.settings.iter().filter(|setting| is_needed(&setting.path)) {
        let value = &setting.value;
        say(
            &format!("--{}", setting.flag),
            &value.as_text().map_or_else(|| value.canonical(), str::to_owned),
        );
    }
    if let Some(name) = unit.draft.name_in_file().filter(|_| !asked.files.is_empty()) {
        say("--unit", &name);
    }
    command
}

/// Says whether a flag tells which unit is meant and where it is kept.
fn is_needed(path: &[&str]) -> bool {
    matches!(path, ["metadata", ..] | ["spec", "source" | "target" | "installation", ..])
}

/// Quotes what a shell would take apart.
fn quoted(text: &str) -> String {
    let is_plain = |c: char| c.is_ascii_alphanumeric() || "_-./:=@%+,".contains(c);
    if !text.is_empty() && text.chars().all(is_plain) {
        return text.to_owned();
    }
    format!("'{}'", text.replace('\'', r"'\''"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_shell_would_take_apart_is_quoted() {
        for (text, expected) in
            [("units/a.yaml", "units/a.yaml"), ("my unit", "'my unit'"), ("it's", r"'it'\''s'"), ("", "''")]
        {
            assert_eq!(quoted(text), expected);
        }
    }
}
