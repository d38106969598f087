//! What a kubelet asks: whether the process should be started anew, and whether it has begun to do its work.

use std::fmt::Write as _;
use std::time::Duration;

use windlass_core::UnitId;

use super::board::{Entry, Facts};
use super::record::State;

/// The longest time in which the loop has to come round. It does so every five seconds, and is held up where a
/// kubeconfig asks another program or a folder does not answer.
const SILENCE_MAX: Duration = Duration::from_secs(120);
/// So many units are named in one answer.
const NAMES_MAX: usize = 10;

/// Says whether the loop makes progress, and else why not. A run that is being stopped ends by itself.
pub(super) fn health(facts: &Facts, now: Duration, stopping: bool) -> Result<(), String> {
    let silent = now.saturating_sub(facts.beat);
    if stopping || silent <= SILENCE_MAX {
        return Ok(());
    }
    Err(format!("the loop has not come round for {} seconds", silent.as_secs()))
}

/// Says whether the unit files are read and every unit was looked at, and else why not.
pub(super) fn readiness(facts: &Facts, stopping: bool) -> Result<(), String> {
    if stopping {
        return Err("stopping".into());
    }
    if !facts.read {
        return Err("the unit files cannot be read; the log says why".into());
    }
    let all = facts.units.len();
    let unmade = facts.units.iter().filter(|(_, (entry, _))| *entry == Entry::Unmade);
    let new = facts.units.iter().filter(|(_, (_, record))| record.state == State::New);
    let mut reasons = String::new();
    for (units, what) in [
        (unmade.map(|(unit, _)| unit).collect::<Vec<_>>(), "cannot be set up; the log says why"),
        (new.map(|(unit, _)| unit).collect::<Vec<_>>(), "were not looked at yet"),
    ] {
        if !units.is_empty() {
            // A String takes whatever is written to it.
            let _ = writeln!(reasons, "{} of {all} units {what}: {}", units.len(), named(&units));
        }
    }
    if reasons.is_empty() { Ok(()) } else { Err(reasons.trim_end().to_owned()) }
}

fn named(units: &[&UnitId]) -> String {
    let names: Vec<String> = units.iter().take(NAMES_MAX).map(ToString::to_string).collect();
    let more = if units.len() > NAMES_MAX { ", …" } else { "" };
    format!("{}{more}", names.join(", "))
}
