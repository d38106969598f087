//! Volumes, namespaces and what extends the API.

use windlass_core::{Health, HealthStatus};

use super::{degraded, progressing};
use crate::read::{Condition, View, shortened};

pub(super) fn claim(body: View<'_>) -> Health {
    match body.text(&["status", "phase"]) {
        Some("Bound") => Health::healthy(),
        Some("Lost") => degraded("the volume of the claim is lost"),
        _ => {
            let class = body.text(&["spec", "storageClassName"]);
            let class = class.map_or_else(String::new, |class| format!(" of class {}", shortened(class)));
            progressing(format!(
                "waiting for a volume{class}; some classes bind only once a pod uses the claim"
            ))
            .optional()
        }
    }
}

pub(super) fn volume(body: View<'_>) -> Health {
    match body.text(&["status", "phase"]) {
        Some("Available" | "Bound" | "Released") => Health::healthy(),
        Some("Failed") => {
            let said = body.text(&["status", "message"]).unwrap_or("the volume could not be reclaimed");
            degraded(shortened(said))
        }
        _ => progressing("not available yet"),
    }
}

/// A namespace can be used as soon as it exists; only one that goes cannot.
pub(super) fn namespace(body: View<'_>) -> Health {
    if body.text(&["status", "phase"]) != Some("Terminating") {
        return Health::healthy();
    }
    let held = body.conditions().find(|found| found.is_true() && found.name.starts_with("Namespace"));
    progressing(
        held.map_or_else(|| "being deleted".to_owned(), |held| format!("being deleted; {}", held.sentence())),
    )
}

pub(super) fn definition(body: View<'_>) -> Health {
    let condition = |name| body.condition(name);
    if let Some(refused) = condition("NamesAccepted").filter(Condition::is_false) {
        return degraded(refused.sentence());
    }
    if let Some(going) = condition("Terminating").filter(Condition::is_true) {
        return progressing(going.sentence());
    }
    match condition("Established") {
        Some(found) if found.is_true() => Health::healthy(),
        Some(found) if found.is_false() && found.reason != "Installing" => degraded(found.sentence()),
        _ => progressing("not established yet"),
    }
}

pub(super) fn api_service(body: View<'_>) -> Health {
    match body.condition("Available") {
        Some(found) if found.is_true() => Health::healthy(),
        Some(found) => Health::new(HealthStatus::Progressing, found.sentence()),
        None => progressing("not looked at yet by the API server"),
    }
}
