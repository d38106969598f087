//! What `windlass validate` says of receivers.

use serde::Serialize;
use windlass_core::{ApiVersion, Result};

use super::{Ending, Scene};
use crate::following::followed;
use crate::serve::secret_path;
use crate::spec::{Receiver, Unit};
use crate::term::{Term, Tone};
use crate::words::visible;

/// What is known of a receiver.
#[derive(Serialize)]
#[serde(rename_all = "camelCase", tag = "kind", rename = "ReceiverValidation")]
struct Findings<'a> {
    api_version: ApiVersion,
    receiver: &'a str,
    /// Where its sender calls; whoever knows it may do so where nothing is signed.
    #[serde(skip_serializing_if = "Option::is_none")]
    path: Option<String>,
    /// The units that it may wake.
    units: Vec<&'a str>,
    /// Those that it never wakes, since they stay at one revision.
    pinned: Vec<&'a str>,
}

/// Checks each receiver, and says at which path it awaits deliveries.
pub(super) fn validate(scene: &Scene) -> Result<Ending> {
    let mut ending = Ending::Good;
    for receiver in scene.fleet.receivers() {
        let (findings, error) = match secret_path(receiver) {
            Ok((_, path)) => (Findings::new(scene, receiver, Some(path)), None),
            Err(error) => (Findings::new(scene, receiver, None), Some(error)),
        };
        scene.term.result(|| findings.text(&scene.term, receiver), &findings, error.as_ref())?;
        if let Some(error) = error {
            scene.term.error(&error);
            ending = Ending::Failed;
        }
    }
    Ok(ending)
}

impl<'a> Findings<'a> {
    fn new(scene: &'a Scene, receiver: &'a Receiver, path: Option<String>) -> Self {
        let is_pinned = |unit: &&Unit| followed(unit).is_pinned();
        let (pinned, woken): (Vec<&Unit>, Vec<&Unit>) =
            receiver.may_wake(&scene.fleet).into_iter().partition(is_pinned);
        let names = |units: Vec<&'a Unit>| units.into_iter().map(|unit| unit.id.as_str()).collect();
        let (units, pinned) = (names(woken), names(pinned));
        Self { api_version: ApiVersion, receiver: &receiver.name, path, units, pinned }
    }

    fn text(&self, term: &Term, receiver: &Receiver) -> String {
        let line = |check: &str, result: &str, note: &str| {
            let tone = if result == "failed" { Tone::Bad } else { Tone::Good };
            let line = format!("  {check:<12} {result:<8} {note}");
            format!("{}\n", term.paint(tone, visible(&line).trim_end()))
        };
        let mut out = format!("receiver {}\n", self.receiver);
        out += &line("unit file", "passed", &receiver.draft.shown());
        out += &line("secret", if self.path.is_some() { "passed" } else { "failed" }, "");
        let wakes = if receiver.units.is_some() { "" } else { " by the address in a delivery" };
        if let Some(path) = &self.path {
            out += &format!("  path: {path}\n");
        }
        out += &format!("  wakes{wakes}: {}\n", listed(&self.units));
        if !self.pinned.is_empty() {
            out += &format!("  never wakes, at one revision: {}\n", listed(&self.pinned));
        }
        out
    }
}

fn listed(names: &[&str]) -> String {
    if names.is_empty() { "none".to_owned() } else { names.join(", ") }
}
