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

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::super::record::Record;
    use super::*;

    fn facts(units: &[(&str, Entry, State)]) -> Facts {
        let units = units.iter().map(|(unit, entry, state)| {
            let mut record = Record::default();
            record.state = *state;
            (UnitId::new(unit).unwrap(), (*entry, record))
        });
        Facts {
            beat: Duration::from_secs(1000),
            read: true,
            requests: 0,
            units: units.collect(),
            deliveries: BTreeMap::new(),
        }
    }

    #[test]
    fn a_loop_that_does_not_come_round_is_no_life_unless_it_is_being_stopped() {
        let facts = facts(&[]);
        let after = |seconds| facts.beat + Duration::from_secs(seconds);
        assert_eq!(health(&facts, after(120), false), Ok(()));
        assert_eq!(
            health(&facts, after(121), false),
            Err("the loop has not come round for 121 seconds".into())
        );
        assert_eq!(health(&facts, after(121), true), Ok(()));
        assert_eq!(health(&facts, Duration::ZERO, false), Ok(()), "a clock never surprises it");
    }

    #[test]
    fn whatever_was_looked_at_is_ready_however_it_is() {
        let states = State::ALL.into_iter().filter(|state| *state != State::New);
        for state in states {
            assert_eq!(readiness(&facts(&[("shop", Entry::Runs, state)]), false), Ok(()), "{state:?}");
        }
        assert_eq!(readiness(&facts(&[]), false), Ok(()));
        assert_eq!(readiness(&facts(&[("shop", Entry::Isolated, State::Failed)]), false), Ok(()));
        assert_eq!(readiness(&facts(&[]), true), Err("stopping".into()));
    }

    #[test]
    fn every_reason_is_told_and_no_more_than_ten_units_are_named() {
        let names: Vec<String> = (10..22).map(|at| format!("u{at}")).collect();
        let mut units: Vec<_> = names.iter().map(|name| (&**name, Entry::Runs, State::New)).collect();
        units.push(("base", Entry::Unmade, State::Failed));
        let expected = "1 of 13 units cannot be set up; the log says why: base\n\
                        12 of 13 units were not looked at yet: u10, u11, u12, u13, u14, u15, u16, u17, u18, u19, …";
        assert_eq!(readiness(&facts(&units), false), Err(expected.into()));
    }
}
