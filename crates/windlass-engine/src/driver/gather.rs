//! Gathering facts: everything a plan needs, and nothing is written.

use std::collections::BTreeMap;
use std::pin::pin;
use std::sync::Arc;

use futures_util::future::try_join3;
use windlass_core::{
    Admitted, Artifact, Context, Control, Dialect, Error, ErrorKind, EventKind, Exclusion, Item, ObjectId,
    Observation, Observed, Owner, Paths, Prediction, Rendered, Result, Revision, Saved, Taken, Text, Want,
};

use super::Engine;
use super::guard::{call, caught};
use super::key::Sealed;
use super::pass::{Gathered, Manner, Start};
use super::voice::Voice;
use crate::facts::{Facts, Wanted};
use crate::plan::{rivalries, unsettled};

impl Engine {
    /// Says what the source is at.
    pub(super) async fn resolve(&self, cx: &Context) -> Result<Revision> {
        self.resolve_plainly(cx).await.map_err(|error| self.blame_source(error))
    }

    /// Says what the source is at, with its own errors: they are blamed on each unit that uses it.
    pub(crate) async fn resolve_plainly(&self, cx: &Context) -> Result<Revision> {
        let limit = cx.limits().request_timeout;
        Ok(call(cx, "source", limit, self.0.source.resolve(cx)).await?.revision)
    }

    pub(super) async fn fetch(&self, cx: &Context, revision: &Revision) -> Result<Artifact> {
        let fetched = self.0.source.fetch(cx, revision, &Paths::All);
        let fetched = call(cx, "source", cx.limits().fetch_timeout, fetched).await;
        fetched.map_err(|error| self.blame_source(error))
    }

    /// Gathers for a revision.
    pub(super) async fn gather(
        &self,
        cx: &Context,
        voice: &Voice<'_>,
        start: Start,
        control: &Control,
        manner: Manner,
    ) -> Result<Gathered> {
        let Start { revision, artifact } = start;
        let resolved = Some(revision.clone());
        voice.resolved(&revision);
        let rendering = async {
            let artifact = match artifact {
                Some(artifact) => artifact,
                None => self.fetch(cx, &revision).await?,
            };
            let rendered = self.render(cx, &artifact).await?;
            voice.tell(EventKind::Rendered { objects: rendered.items.len() });
            Ok((artifact, rendered))
        };
        // None waits for another: one asks the source, one the store, one the target for what it has to learn first.
        let (rendering, state, learning) = (pin!(rendering), pin!(self.load_found(cx)), pin!(self.learn(cx)));
        let ((artifact, rendered), found, ()) = try_join3(rendering, state, learning).await?;
        let reads = self.0.memo.reads(self.render_key(&artifact));
        let revision = artifact.revision().clone();
        let sealed = self.seal(cx, found, manner.make_key).await?;
        let mut facts = self.begin(cx, &sealed, control);
        facts.patient = manner.patient;
        facts.revision = Some(revision);
        facts.warnings.clone_from(&rendered.warnings);
        facts.wanted = self.admit(cx, rendered).await?;
        facts.observed = self.observe(cx, &facts).await?;
        facts.siblings = self.siblings(cx, &artifact, &facts).await?;
        facts.takes = self.takes(cx, &facts).await?;
        facts.predictions = self.predict(cx, &facts).await?;
        facts.exclusions = self.exclusions(cx, &facts).await?;
        Ok(Gathered { facts, resolved, sealed, reads })
    }

    /// Gathers for the end of the unit: nothing is wanted but the hooks around that.
    pub(super) async fn gather_for_delete(
        &self,
        cx: &Context,
        voice: &Voice<'_>,
        make_key: bool,
    ) -> Result<Gathered> {
        let sealed = self.load_sealed(cx, make_key).await?;
        let mut facts = self.begin(cx, &sealed, &Control::default());
        facts.delete_all = true;
        self.add_deletion_hooks(cx, voice, &sealed, &mut facts).await?;
        facts.observed = self.observe(cx, &facts).await?;
        facts.siblings = self.siblings_of_deleted(cx, &facts).await;
        facts.takes = self.takes(cx, &facts).await?;
        Ok(Gathered { facts, resolved: None, sealed, reads: None })
    }

    pub(super) async fn load(&self, cx: &Context) -> Result<Option<Saved>> {
        let load = self.store()?.load(cx, &self.0.unit);
        call(cx, "state store", cx.limits().request_timeout, load).await
    }

    pub(super) fn begin(&self, cx: &Context, sealed: &Sealed, control: &Control) -> Facts {
        let saved = sealed.saved.as_ref();
        let inventory = saved.map(|saved| saved.inventory.clone()).unwrap_or_default();
        let place = self.0.target.profile().place;
        let mut facts = Facts::new(self.0.unit.clone(), place, inventory, sealed.key.clone());
        facts.default_namespace = saved.and_then(|saved| saved.default_namespace.clone());
        facts.since = saved.and_then(|saved| saved.since);
        facts.hooks = saved.map(|saved| saved.hooks.clone()).unwrap_or_default();
        let now = cx.now().wall;
        let held = control.objects.iter().filter(|(_, suspension)| suspension.holds_at(now));
        facts.now = now;
        facts.held = held.map(|(id, suspension)| (id.clone(), suspension.to_string().into())).collect();
        facts
    }

    /// Lets the target find out what it needs for any object, such as which kinds there are. What fails here is told by the
    /// question that needs it.
    async fn learn(&self, cx: &Context) -> Result<()> {
        if let Some(predict) = self.0.target.profile().predict {
            drop(call(cx, "target", cx.limits().gather_timeout, predict.admit(cx, Vec::new())).await);
        }
        Ok(())
    }

    /// Reads what annotations ask for, and lets the target complete identities.
    pub(super) async fn admit(&self, cx: &Context, rendered: Rendered) -> Result<Vec<Wanted>> {
        let profile = self.0.target.profile();
        let (items, mut wanted): (Vec<Item>, Vec<Wanted>) = split(rendered.items, self.dialects())?;
        let count = items.len();
        let Some(predict) = profile.predict else {
            wanted.extend(items.into_iter().map(Wanted::new));
            return Ok(wanted);
        };
        let named: Vec<bool> = items.iter().map(|item| !item.id().namespace.is_empty()).collect();
        let admitted = call(cx, "target", cx.limits().gather_timeout, predict.admit(cx, items)).await?;
        same_count("admit", count, admitted.len())?;
        wanted.extend(admitted.into_iter().zip(named).map(|(admitted, named)| {
            let mut wanted = match admitted {
                Admitted::Item(item) => Wanted::new(item),
                Admitted::Later { item, until } => Wanted { until: Some(until), ..Wanted::new(item) },
                Admitted::Refused(item, error) => Wanted { refused: Some(error), ..Wanted::new(item) },
            };
            let namespace: &Text = &wanted.item.id().namespace;
            wanted.placed = (!named && !namespace.is_empty()).then(|| namespace.clone());
            wanted
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

    /// What else would go with what is not wanted any more.
    async fn takes(&self, cx: &Context, facts: &Facts) -> Result<BTreeMap<ObjectId, Vec<Taken>>> {
        let Some(predict) = self.0.target.profile().predict else { return Ok(BTreeMap::new()) };
        let there = |id: &&ObjectId| matches!(facts.observed.observations.get(*id), Some(Observation::Live(live)) if live.deletion.is_none());
        let ids: Vec<ObjectId> = facts.unwanted().into_iter().filter(there).cloned().collect();
        if ids.is_empty() {
            return Ok(BTreeMap::new());
        }
        call(cx, "target", cx.limits().gather_timeout, predict.takes(cx, &ids)).await
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
        let predictions = call(cx, "target", cx.limits().gather_timeout, predict.predict(cx, &wants)).await?;
        same_count("predict", wants.len(), predictions.len())?;
        Ok(Some(wants.iter().map(|want| want.item.id().clone()).zip(predictions).collect()))
    }
}

impl Engine {
    /// Which writes are refused because of what is about to be deleted.
    async fn exclusions(&self, cx: &Context, facts: &Facts) -> Result<BTreeMap<ObjectId, Exclusion>> {
        let Some(predict) = self.0.target.profile().predict else { return Ok(BTreeMap::new()) };
        let owner = Owner::of(&self.0.unit);
        let rules = self.rules(cx);
        let rivalries = rivalries(facts, &rules, &owner);
        if rivalries.is_empty() {
            return Ok(BTreeMap::new());
        }
        let said = predict.exclusions(cx, &rivalries);
        let said = call(cx, "target", cx.limits().gather_timeout, said).await?;
        same_count("exclusions", rivalries.len(), said.len())?;
        let ids = rivalries.iter().map(|rivalry| rivalry.want.item.id().clone());
        Ok(ids.zip(said).filter_map(|(id, said)| Some((id, said?))).collect())
    }
}

/// Items whose annotations could be read, and those whose could not.
fn split(items: Vec<Item>, dialects: &[Arc<dyn Dialect>]) -> Result<(Vec<Item>, Vec<Wanted>)> {
    let (mut read, mut refused) = (Vec::with_capacity(items.len()), Vec::new());
    for mut item in items {
        let problems: Vec<Error> = caught("dialect", || {
            Ok(dialects
                .iter()
                .filter_map(|dialect| dialect.read(&item.object, &mut item.directives).err())
                .collect())
        })?;
        match Error::all(problems) {
            None => read.push(item),
            Some(error) => {
                let error = error.with_each("origin", &item.origin);
                refused.push(Wanted { refused: Some(error), ..Wanted::new(item) });
            }
        }
    }
    Ok((read, refused))
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
