//! Pods.

use windlass_core::{Health, Value};

use super::{degraded, progressing};
use crate::read::{Condition, View, shortened};

/// How long a Pod may wait for a node before waiting counts as vain, in seconds.
const SCHEDULE_SECONDS_MAX: u64 = 15;

/// `age`: of the Pod, where it is known; of unknown age it is still new.
pub(super) fn pod(body: View<'_>, age: Option<u64>) -> Health {
    match body.text(&["status", "phase"]).unwrap_or_default() {
        "Succeeded" => Health::healthy(),
        "Failed" => degraded(failure(body)),
        "Running" if body.has_condition("Ready", "True") => Health::healthy(),
        phase => stuck(body).unwrap_or_else(|| waiting(body, phase, age)),
    }
}

fn failure(body: View<'_>) -> String {
    let said = body.text(&["status", "message"]).or_else(|| body.text(&["status", "reason"]));
    let said = said.map(str::to_owned).or_else(|| containers(body).find_map(ended_badly));
    shortened(&said.unwrap_or_else(|| "the pod failed".to_owned()))
}

fn containers(body: View<'_>) -> impl Iterator<Item = &Value> {
    ["initContainerStatuses", "containerStatuses"]
        .into_iter()
        .flat_map(move |field| body.list(&["status", field]))
}

fn ended_badly(container: &Value) -> Option<String> {
    let ended = ending(container, "state")?;
    Some(format!("container {} {ended}", View(container).text(&["name"]).unwrap_or("?")))
}

/// Tells how a container ended, now (`state`) or the last time (`lastState`), if it ended badly.
fn ending(container: &Value, state: &str) -> Option<String> {
    let ended = View(container.at(&[state, "terminated"])?);
    let code = ended.int(&["exitCode"]).filter(|code| *code != 0)?;
    let why = ended.text(&["reason"]).filter(|reason| *reason != "Error");
    let why = why.map_or_else(String::new, |why| format!(" ({why})"));
    Some(format!("ended with code {code}{why}"))
}

/// A container that waits for something that waiting does not bring.
fn stuck(body: View<'_>) -> Option<Health> {
    containers(body).find_map(|container| {
        let waiting = View(container.at(&["state", "waiting"])?);
        let reason = waiting.text(&["reason"]).filter(|reason| is_vain(reason))?;
        let name = View(container).text(&["name"]).unwrap_or("?");
        let said = waiting.text(&["message"]).map_or_else(String::new, |text| format!(": {text}"));
        let last = ending(container, "lastState").map_or_else(String::new, |last| format!("; it {last}"));
        Some(degraded(shortened(&format!("container {name} is in {reason}{said}{last}"))))
    })
}

/// `CrashLoopBackOff`, `ErrImagePull`, `CreateContainerConfigError`, `InvalidImageName`, …
fn is_vain(reason: &str) -> bool {
    reason.ends_with("BackOff")
        || reason.ends_with("Error")
        || reason.starts_with("Err")
        || reason == "InvalidImageName"
}

/// Says whether no node takes it, for however long.
pub(super) fn is_unschedulable(body: View<'_>) -> bool {
    let found = body.condition("PodScheduled").filter(Condition::is_false);
    found.is_some_and(|found| found.reason == "Unschedulable")
}

fn waiting(body: View<'_>, phase: &str, age: Option<u64>) -> Health {
    let unscheduled = body.condition("PodScheduled").filter(Condition::is_false);
    if let Some(found) = unscheduled {
        let vain = found.reason == "Unschedulable" && age.is_some_and(|age| age >= SCHEDULE_SECONDS_MAX);
        return if vain { degraded(found.sentence()) } else { progressing(found.sentence()) };
    }
    match (phase, body.condition("Ready").filter(|ready| !ready.is_true())) {
        ("", _) => progressing("not looked at yet"),
        ("Running", Some(ready)) if !ready.message.is_empty() => progressing(ready.sentence()),
        ("Running", _) => progressing("running and not ready"),
        ("Pending", _) => progressing(pending(body)),
        (other, _) => {
            Health::new(windlass_core::HealthStatus::Unknown, shortened(&format!("the phase is {other}")))
        }
    }
}

fn pending(body: View<'_>) -> String {
    let reason = containers(body).find_map(|container| {
        let reason = container.text_at(&["state", "waiting", "reason"])?;
        Some(format!("container {} is in {reason}", View(container).text(&["name"]).unwrap_or("?")))
    });
    shortened(&reason.unwrap_or_else(|| "pending".to_owned()))
}
