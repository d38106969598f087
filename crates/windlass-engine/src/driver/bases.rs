//! Other artifacts that a render needs: resolved in each pass, and fetched where they have moved.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use futures_util::future::join_all;
use windlass_core::{
    Address, Artifact, Bases, Context, Error, ErrorKind, Need, Paths, Provided, Rendered, Result, Revision,
    Source, Text,
};

use super::guard::{call, caught};

/// Another artifact, as it was brought.
#[derive(Debug, Clone)]
pub(super) struct Base {
    /// The revision that its source was at.
    resolved: Text,
    artifact: Artifact,
}

/// Other artifacts by their address.
pub(super) type Held = BTreeMap<Address, Base>;

/// Where a source is now.
#[derive(Clone)]
struct Tip {
    source: Arc<dyn Source>,
    revision: Revision,
}

/// What is known of other artifacts in the course of one render.
pub(super) struct Pantry<'a> {
    bases: Option<&'a dyn Bases>,
    /// Those of an earlier render.
    held: Held,
    /// Where each is in this pass, or why nobody knows.
    tips: BTreeMap<Address, Result<Tip>>,
}

impl<'a> Pantry<'a> {
    /// Asks where those of an earlier render are now, all side by side. Whether that matters is seen when one is needed.
    pub(super) async fn open(cx: &Context, bases: Option<&'a dyn Bases>, held: Held) -> Self {
        let mut pantry = Self { bases, held, tips: BTreeMap::new() };
        if let Some(bases) = bases {
            let asked = pantry
                .held
                .keys()
                .map(|address| async move { (address.clone(), tip(cx, bases, address).await) });
            pantry.tips = join_all(asked).await.into_iter().collect();
        }
        pantry
    }

    /// Gives those that are where they were.
    pub(super) fn unmoved(&self) -> BTreeMap<Address, Artifact> {
        let unmoved = |(address, base): (&Address, &Base)| match self.tips.get(address) {
            Some(Ok(tip)) if tip.revision.id == base.resolved => {
                Some((address.clone(), base.artifact.clone()))
            }
            _ => None,
        };
        self.held.iter().filter_map(unmoved).collect()
    }

    /// Brings what a render needs, all side by side.
    pub(super) async fn bring(&mut self, cx: &Context, error: &Error, provided: &mut Provided) -> Result<()> {
        let wanted: BTreeSet<&Address> = error.needs().iter().filter_map(address).collect();
        if wanted.is_empty() {
            return Ok(());
        }
        // What was brought and is needed all the same is beyond help.
        let bases =
            self.bases.filter(|_| wanted.iter().all(|address| !provided.bases.contains_key(*address)));
        let bases = bases.ok_or_else(|| error.clone())?;
        let max = cx.limits().bases_max;
        if provided.bases.len() + wanted.len() > max {
            let error = Error::new(ErrorKind::Limit, "the render needs too many other artifacts");
            return Err(error.with("bases_max", max));
        }
        let asked = wanted.iter().map(|address| self.one(cx, bases, address));
        let (mut brought, mut problems) = (Vec::new(), Vec::new());
        for (address, result) in wanted.iter().zip(join_all(asked).await) {
            match result {
                Ok((tip, base)) => brought.push(((*address).clone(), tip, base)),
                Err(why) => problems.push(blamed(why, address, error)),
            }
        }
        if let Some(error) = Error::all(problems) {
            return Err(error);
        }
        for (address, tip, base) in brought {
            provided.bases.insert(address.clone(), base.artifact.clone());
            self.tips.insert(address.clone(), Ok(tip));
            self.held.insert(address, base);
        }
        Ok(())
    }

    async fn one(&self, cx: &Context, bases: &dyn Bases, address: &Address) -> Result<(Tip, Base)> {
        let tip = match self.tips.get(address) {
            Some(known) => known.clone()?,
            None => tip(cx, bases, address).await?,
        };
        if let Some(base) = self.held.get(address).filter(|base| base.resolved == tip.revision.id) {
            return Ok((tip, base.clone()));
        }
        let fetched = tip.source.fetch(cx, &tip.revision, &Paths::All);
        let artifact = call(cx, "base", cx.limits().fetch_timeout, fetched).await?;
        let resolved = tip.revision.id.clone();
        Ok((tip, Base { resolved, artifact }))
    }

    /// Gives what a render has read, to be kept for the next one.
    pub(super) fn read_by(mut self, rendered: &Rendered) -> Held {
        self.held.retain(|address, _| rendered.reads.contains_key(&Need::Base(address.clone())));
        self.held
    }
}

/// Brings the other artifacts that a render needs, as an [`Engine`](crate::Engine) does, for whoever renders without one.
///
/// # Errors
/// What `bases` and the sources say, each with the address; [`ErrorKind::Limit`] for more than
/// [`bases_max`](windlass_core::Limits::bases_max). `error` itself where it needs something that was brought already.
///
/// # Cancel safety
/// Nothing is provided then.
pub async fn bring_bases(
    cx: &Context,
    bases: &dyn Bases,
    error: &Error,
    provided: &mut Provided,
) -> Result<()> {
    let mut pantry = Pantry { bases: Some(bases), held: Held::new(), tips: BTreeMap::new() };
    pantry.bring(cx, error, provided).await
}

/// Says whether others are where they were when they were read.
pub(super) async fn stand_still(cx: &Context, bases: &dyn Bases, held: &Held) -> Result<bool> {
    let asked = held.keys().map(|address| tip(cx, bases, address));
    let (mut still, mut problems) = (true, Vec::new());
    for ((address, base), tip) in held.iter().zip(join_all(asked).await) {
        match tip {
            Ok(tip) => still &= tip.revision.id == base.resolved,
            Err(error) => problems.push(error.with_each("base", address)),
        }
    }
    Error::all(problems).map_or(Ok(still), Err)
}

/// Asks where a base is now.
async fn tip(cx: &Context, bases: &dyn Bases, address: &Address) -> Result<Tip> {
    let source = caught("bases", || bases.source(address))?;
    let resolved = call(cx, "base", cx.limits().request_timeout, source.resolve(cx)).await?;
    Ok(Tip { source, revision: resolved.revision })
}

fn address(need: &Need) -> Option<&Address> {
    match need {
        Need::Base(address) => Some(address),
        _ => None,
    }
}

/// Says which base it is about, and where the renderer found that it is needed.
fn blamed(why: Error, address: &Address, asked: &Error) -> Error {
    let by = |problem: &&Error| {
        problem.needs().iter().any(|need| matches!(need, Need::Base(base) if base == address))
    };
    let why = why.with_each("base", address);
    let place = asked.problems().iter().find(by).into_iter().flat_map(Error::contexts);
    place.fold(why, |why, (key, value)| why.with_each(key, value))
}
