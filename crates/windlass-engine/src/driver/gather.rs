//! Gathering facts: everything a plan needs, and nothing is written.

use std::collections::BTreeMap;

use windlass_core::{
    Admitted, Context, Dialect, Error, ErrorKind, EventKind, Item, ObjectId, Observed, Owner, Paths,
    Prediction, Rendered, Result, Revision, Saved, Want,
};

use super::Engine;
use super::pass::Gathered;
use crate::facts::{Facts, Wanted};
use crate::plan::unsettled;

impl Engine {
    /// Gathers for a revision, or for what the source is now.
    pub(super) async fn gather(&self, cx: &Context, revision: Option<Revision>) -> Result<Gathered> {
        let revision = match revision {
            Some(revision) => revision,
            None => self.0.source.resolve(cx).await?.revision,
        };
        let resolved = Some(revision.clone());
        self.tell(EventKind::Resolved { revision: revision.clone() });
        let artifact = self.0.source.fetch(cx, &revision, &Paths::All).await?;
        let revision = artifact.revision().clone();
        let rendered = self.render(cx, artifact).await?;
        self.tell(EventKind::Rendered { objects: rendered.items.len() });

        let saved = self.store()?.load(cx, &self.0.unit).await?;
        let mut facts = self.begin(saved.as_ref());
        facts.revision = Some(revision);
        facts.warnings.clone_from(&rendered.warnings);
        facts.wanted = self.admit(cx, rendered).await?;
        facts.observed = self.observe(cx, &facts).await?;
        facts.predictions = self.predict(cx, &facts).await?;
        Ok(Gathered { facts, resolved, saved })
    }

    /// Gathers for the end of the unit: nothing is wanted.
    pub(super) async fn gather_for_delete(&self, cx: &Context) -> Result<Gathered> {
        let saved = self.store()?.load(cx, &self.0.unit).await?;
        let mut facts = self.begin(saved.as_ref());
        facts.delete_all = true;
        facts.observed = self.observe(cx, &facts).await?;
        Ok(Gathered { facts, resolved: None, saved })
    }

    pub(super) fn begin(&self, saved: Option<&Saved>) -> Facts {
        let inventory = saved.map(|saved| saved.inventory.clone()).unwrap_or_default();
        Facts::new(self.0.unit.clone(), self.0.target.profile().place, inventory)
    }

    /// Reads what annotations ask for, and lets the target complete identities.
    async fn admit(&self, cx: &Context, rendered: Rendered) -> Result<Vec<Wanted>> {
        let profile = self.0.target.profile();
        let (items, mut wanted): (Vec<Item>, Vec<Wanted>) = split(rendered.items, self.dialects());
        let count = items.len();
        let Some(predict) = profile.predict else {
            wanted.extend(items.into_iter().map(Wanted::new));
            return Ok(wanted);
        };
        let admitted = predict.admit(cx, items).await?;
        same_count("admit", count, admitted.len())?;
        wanted.extend(admitted.into_iter().map(|admitted| match admitted {
            Admitted::Item(item) => Wanted::new(item),
            Admitted::Later { item, until } => Wanted { until: Some(until), ..Wanted::new(item) },
            Admitted::Refused(item, error) => Wanted { refused: Some(error), ..Wanted::new(item) },
        }));
        Ok(wanted)
    }

    async fn observe(&self, cx: &Context, facts: &Facts) -> Result<Observed> {
        let interest = facts.interest();
        if interest.objects.is_empty() {
            return Ok(Observed::default());
        }
        self.look(cx, interest).await
    }

    async fn predict(&self, cx: &Context, facts: &Facts) -> Result<Option<BTreeMap<ObjectId, Prediction>>> {
        let Some(predict) = self.0.target.profile().predict else { return Ok(None) };
        let owner = Owner::of(&self.0.unit);
        let rules = self.rules(cx);
        let wants: Vec<Want<'_>> = unsettled(facts, &rules)
            .into_iter()
            .map(|(wanted, observation)| Want { item: &wanted.item, observation, owner: &owner })
            .collect();
        if wants.is_empty() {
            return Ok(Some(BTreeMap::new()));
        }
        let predictions = predict.predict(cx, &wants).await?;
        same_count("predict", wants.len(), predictions.len())?;
        Ok(Some(wants.iter().map(|want| want.item.id().clone()).zip(predictions).collect()))
    }
}

/// Items whose annotations could be read, and those whose could not.
fn split(items: Vec<Item>, dialects: &[std::sync::Arc<dyn Dialect>]) -> (Vec<Item>, Vec<Wanted>) {
    let (mut read, mut refused) = (Vec::with_capacity(items.len()), Vec::new());
    for mut item in items {
        let problems: Vec<Error> = dialects
            .iter()
            .filter_map(|dialect| dialect.read(&item.object, &mut item.directives).err())
            .collect();
        match Error::all(problems) {
            None => read.push(item),
            Some(error) => {
                let error = error.with_each("origin", &item.origin);
                refused.push(Wanted { refused: Some(error), ..Wanted::new(item) });
            }
        }
    }
    (read, refused)
}

fn same_count(call: &str, asked: usize, answered: usize) -> Result<()> {
    if asked == answered {
        return Ok(());
    }
    Err(Error::new(ErrorKind::Internal, "the target did not answer for every object")
        .with("call", call)
        .with("asked", asked)
        .with("answered", answered))
}
