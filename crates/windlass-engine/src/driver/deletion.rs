//! The hooks around the deletion of a unit, and where they come from.

use std::collections::BTreeSet;

use windlass_core::{
    Context, Error, ErrorKind, EventKind, ObjectId, Rendered, Result, Revision, Saved, Warning,
};

use super::Engine;
use super::key::Sealed;
use super::voice::Voice;
use crate::facts::{Facts, Wanted, run_of_deletion};

/// Hooks that a message names.
const SHOWN_MAX: usize = 5;

impl Engine {
    /// Wants the hooks around the deletion. Where the unit has none, or all of them have run, nobody asks the source.
    pub(super) async fn add_deletion_hooks(
        &self,
        cx: &Context,
        voice: &Voice<'_>,
        sealed: &Sealed,
        facts: &mut Facts,
    ) -> Result<()> {
        let Some(saved) = sealed.saved.as_ref().filter(|_| self.0.options.deletion_hooks) else {
            return Ok(());
        };
        let run = run_of_deletion(&sealed.key);
        let ended = |id: &ObjectId| saved.hooks.get(id).filter(|ran| ran.run == run).and_then(|ran| ran.good);
        if saved.deletion_hooks.keys().all(|id| ended(id) == Some(true)) {
            return Ok(());
        }
        let failed = saved.deletion_hooks.keys().any(|id| ended(id) == Some(false));
        let (revision, rendered) = self
            .render_for_deletion(cx, voice, saved, failed)
            .await
            .map_err(|error| not_rendered(saved, error))?;
        voice.tell(EventKind::Rendered { objects: rendered.items.len() });
        facts.revision = Some(revision);
        facts.warnings.clone_from(&rendered.warnings);
        for wanted in self.admit(cx, rendered).await? {
            take_in(wanted, facts);
        }
        facts.warnings.extend(differences(saved, facts));
        Ok(())
    }

    /// Renders what was carried out last, else what the source is at. After a hook has failed it is the other way round, so
    /// that a commit can mend it.
    async fn render_for_deletion(
        &self,
        cx: &Context,
        voice: &Voice<'_>,
        saved: &Saved,
        failed: bool,
    ) -> Result<(Revision, Rendered)> {
        let last = saved.history.iter().rev().find_map(|record| record.revision.clone());
        let mut places = vec![last.map(Some), Some(None)];
        if failed {
            places.reverse();
        }
        let mut missing = None;
        for place in places.into_iter().flatten() {
            match self.render_at(cx, voice, place).await {
                Err(error) if error.kind() == ErrorKind::NotFound => missing = Some(error),
                found => return found,
            }
        }
        Err(missing.unwrap_or_else(|| Error::new(ErrorKind::NotFound, "there is no revision to render")))
    }

    async fn render_at(
        &self,
        cx: &Context,
        voice: &Voice<'_>,
        revision: Option<Revision>,
    ) -> Result<(Revision, Rendered)> {
        let revision = match revision {
            Some(revision) => revision,
            None => self.resolve(cx).await?,
        };
        voice.resolved(&revision);
        let artifact = self.fetch(cx, &revision).await?;
        let rendered = self.render(cx, &artifact).await?;
        Ok((artifact.revision().clone(), rendered))
    }
}

/// A hook of the deletion is wanted as that, and as nothing else; whatever else was rendered only tells what hooks need.
fn take_in(mut wanted: Wanted, facts: &mut Facts) {
    let hook = wanted.item.directives.hook_at_deletion();
    (wanted.item.directives.hook, wanted.item.directives.deletion_hook) = (hook, None);
    if hook.is_some() {
        return facts.wanted.push(wanted);
    }
    let is_owned = facts.inventory.objects.contains_key(wanted.item.id());
    if let Some(error) = wanted.refused.as_ref().filter(|_| !is_owned) {
        let why = format!("{} does not run, if it is a hook: {error}", wanted.item.id());
        facts.warnings.push(Warning::new(why));
    } else {
        facts.beside_hooks.push(wanted.item);
    }
}

/// Says that the hooks are others than those of the last pass, which somebody who deletes should know.
fn differences(saved: &Saved, facts: &Facts) -> Option<Warning> {
    let (before, now) = (&saved.deletion_hooks, facts.deletion_hooks());
    let other = |id: &&ObjectId| before.get(*id) != now.get(*id);
    let ids: BTreeSet<&ObjectId> = before.keys().chain(now.keys()).filter(other).collect();
    let ids: Vec<&ObjectId> = ids.into_iter().collect();
    let message = "the hooks around the deletion are others than when the unit was applied";
    (!ids.is_empty()).then(|| Warning::new(format!("{message}: {}", shown(&ids))))
}

fn not_rendered(saved: &Saved, error: Error) -> Error {
    Error::new(error.kind(), "the hooks around the deletion cannot be rendered, and nothing was deleted")
        .with("hooks", shown(&saved.deletion_hooks.keys().collect::<Vec<_>>()))
        .retrying(error.retry())
        .with_help("mend what they are rendered from, or delete the unit without its hooks")
        .caused_by(error)
}

fn shown(ids: &[&ObjectId]) -> String {
    let more = ids.len().saturating_sub(SHOWN_MAX);
    let shown = ids.iter().take(SHOWN_MAX).map(ToString::to_string).collect::<Vec<_>>().join(", ");
    if more == 0 { shown } else { format!("{shown} and {more} more") }
}
