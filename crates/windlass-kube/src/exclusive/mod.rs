//! Objects that the server does not take side by side.
//!
//! Two of a kind exclude one another where both ask for the same node port or cluster address, where a quota has no room for
//! both, or where admission lets only one of them be, such as one Ingress for a host. The first is seen in the objects and the
//! second in the server's words. Of admission nobody can say more than that it refused. Whether the other object is why is
//! tried by dry runs: the same content in the place of the other is taken, and a third name is refused as well.
//!
//! An object is excluded, too, by a rule that leaves in the same pass: a webhook that is dead or refuses it, a policy of the
//! server, a quota, a limit range. The server names the rule.
//!
//! What a schema or a validation refuses is a mistake of the object alone: they see no other object.

mod holder;
mod rule;
mod words;

use std::collections::BTreeSet;

use futures_util::future::join_all;
use windlass_core::{
    Context, Digest, Error, ErrorKind, Exclusion, Live, Object, ObjectId, Observation, Result, Rivalry, Want,
};

use crate::discovery::Discovered;
use crate::fail;
use crate::live::metadata;
use crate::request::Request;
use crate::resource::{is_definition, is_namespace};
use crate::search::AT_ONCE;
use crate::sending::Sending;
use crate::session::Session;
pub(crate) use holder::explain;
use words::{Refusal, fixed, is_word, named, refusal, release};

/// Objects that one refusal is tried against.
const TRIED_MAX: usize = 8;
/// Characters of the name by which a third object is rehearsed, before its ending.
const PROBE_NAME_MAX: usize = 50;

/// Says which writes are refused because of objects that are about to be deleted.
pub(crate) async fn exclusions(
    session: &Session,
    cx: &Context,
    rivalries: &[Rivalry<'_>],
) -> Result<Vec<Option<Exclusion>>> {
    let kinds = session.connection.discovered(cx).await?;
    let all = rivalries.first().map(|rivalry| &*rivalry.all_leaving).unwrap_or_default();
    let rules: Vec<&Live> = all.iter().copied().filter(|live| rule::is_rule(&live.id)).collect();
    let trials = rivalries.iter().map(|rivalry| Trial { session, cx, kinds: &kinds, rivalry, rules: &rules });
    let trials: Vec<Trial<'_>> = trials.collect();
    let mut refusals = Vec::with_capacity(trials.len());
    for some in trials.chunks(AT_ONCE) {
        refusals.extend(join_all(some.iter().map(Trial::refused)).await);
    }
    // One by one, as no two make the same object go where there is another.
    let (mut used, mut all) = (BTreeSet::new(), Vec::with_capacity(trials.len()));
    for (trial, refused) in trials.iter().zip(refusals) {
        let found = match refused {
            Some(refused) => trial.run(refused, &used).await,
            None => None,
        };
        used.extend(found.iter().flat_map(|found| found.by.iter().cloned()));
        all.push(found);
    }
    cx.check()?;
    Ok(all)
}

/// ConfigMaps and Secrets exclude nothing, and get new names with each change of their content. What holds data is not deleted
/// on a guess: the new one would not have it.
fn may_exclude(id: &ObjectId) -> bool {
    let plain = ["ConfigMap", "Secret", "PersistentVolumeClaim", "PersistentVolume"];
    let is_plain = id.group.is_empty() && plain.contains(&id.kind.as_str());
    let has_claims = id.group == "apps" && id.kind == "StatefulSet";
    !is_plain && !has_claims && !is_definition(id) && !is_namespace(id)
}

/// One wanted object beside what leaves.
struct Trial<'a> {
    session: &'a Session,
    cx: &'a Context,
    kinds: &'a Discovered,
    rivalry: &'a Rivalry<'a>,
    /// What is about to be deleted and may refuse objects of other kinds.
    rules: &'a [&'a Live],
}

impl Trial<'_> {
    /// How the server refuses the write: `Some(None)` where it does not, `None` where the question is void or has no answer.
    async fn refused(&self) -> Option<Option<Error>> {
        let has_rivals = !self.rivalry.leaving.is_empty() && may_exclude(self.id());
        if !has_rivals && self.rules.is_empty() {
            return None;
        }
        match self.rivalry.refused {
            Some(error) => Some(Some(error.clone())),
            None => self.rehearse_create().await.ok(),
        }
    }

    async fn run(&self, refused: Option<Error>, used: &BTreeSet<ObjectId>) -> Option<Exclusion> {
        let held = self.held();
        let Some(error) = refused else {
            // A dry run takes no address, and need not see that it is taken.
            let (by, value) = (held.first()?, self.shared(held.first()?)?);
            let error = Error::new(ErrorKind::Conflict, format!("{value} is allocated already"));
            return Some(Exclusion { by: vec![by.id.clone()], error: error.with("object", self.id()) });
        };
        let text = error.to_string();
        // The server names it, so that nothing has to be tried.
        let rules = self.rules.iter().filter(|live| {
            let body = live.body.as_ref().map(|object| object.body().as_ref());
            rule::refuses(&live.id, body, &text, self.id())
        });
        let rules: Vec<ObjectId> = rules.map(|live| live.id.clone()).collect();
        if !rules.is_empty() {
            return Some(Exclusion { by: rules, error });
        }
        if !may_exclude(self.id()) {
            return None;
        }
        let by: Vec<ObjectId> = match refusal(&error) {
            // What is refused may be another of the values, which somebody else holds.
            Refusal::Allocated
                if held.iter().any(|live| self.is_named(live, &error)) && self.is_taken_without().await =>
            {
                held.into_iter().map(|live| live.id.clone()).collect()
            }
            Refusal::Quota(count) => self.freed(count, used),
            Refusal::Admission => self.tried(&error, used).await.into_iter().collect(),
            _ => Vec::new(),
        };
        (!by.is_empty()).then_some(Exclusion { by, error })
    }

    fn id(&self) -> &ObjectId {
        self.rivalry.want.item.id()
    }

    fn sending(&self) -> Result<Sending<'_>> {
        let Want { item, .. } = self.rivalry.want;
        let resource = self.kinds.exact(item.id(), item.object.api_version())?;
        Ok(Sending { session: self.session, resource })
    }

    /// What leaves and holds a port or an address that is wanted.
    fn held(&self) -> Vec<&Live> {
        self.rivalry.leaving.iter().copied().filter(|live| self.shared(live).is_some()).collect()
    }

    fn shared(&self, live: &Live) -> Option<String> {
        self.all_shared(live).into_iter().next()
    }

    fn all_shared(&self, live: &Live) -> BTreeSet<String> {
        let wanted = fixed(self.rivalry.want.item.object.body());
        let held = live.body.as_ref().map(|body| fixed(body.body())).unwrap_or_default();
        wanted.intersection(&held).cloned().collect()
    }

    /// Says whether a refusal names one of the values that a live object holds.
    fn is_named(&self, live: &Live, error: &Error) -> bool {
        let text = error.to_string();
        self.all_shared(live).iter().any(|value| is_word(&text, value.rsplit(' ').next().unwrap_or(value)))
    }

    /// As many of what leaves in the namespace as have to go for the quota.
    fn freed(&self, count: usize, used: &BTreeSet<ObjectId>) -> Vec<ObjectId> {
        let near = self.rivalry.leaving.iter().filter(|live| live.id.namespace == self.id().namespace);
        let free: Vec<ObjectId> =
            near.map(|live| live.id.clone()).filter(|id| !used.contains(id)).take(count).collect();
        if free.len() == count { free } else { Vec::new() }
    }

    /// The one of what leaves without which the object would be taken, as far as dry runs can tell. One that the server names
    /// comes first, then one that makes way for nothing else.
    async fn tried(&self, error: &Error, used: &BTreeSet<ObjectId>) -> Option<ObjectId> {
        let mut leaving: Vec<&Live> = self.rivalry.leaving.to_vec();
        let text = error.to_string();
        let near = |live: &Live| live.id.namespace == self.id().namespace;
        leaving.sort_by_cached_key(|live| {
            (!named(&text, &live.id), used.contains(&live.id), !near(live), live.id.clone())
        });
        for live in leaving.into_iter().take(TRIED_MAX) {
            let renamed = self.renamed(&live.id.name, &live.id.namespace).ok()?;
            if self.is_taken_in_place(&renamed).await && self.is_refused_by_any_name(&live.id).await {
                return Some(live.id.clone());
            }
        }
        None
    }

    /// Rehearses what is wanted without its ports and addresses. The server allocates before it validates, so that a mistake
    /// shows only then.
    async fn is_taken_without(&self) -> bool {
        let free = self.rivalry.want.item.object.edit(release);
        let request = free.and_then(|free| self.sending()?.apply(&free, self.rivalry.want.owner, &[], true));
        matches!(self.dry_run(request).await, Ok(None))
    }

    /// Rehearses what is wanted in the place of another object, which then is not beside it.
    async fn is_taken_in_place(&self, renamed: &Object) -> bool {
        let sending = self.sending();
        let request = sending.and_then(|sending| sending.apply(renamed, self.rivalry.want.owner, &[], true));
        matches!(self.dry_run(request).await, Ok(None))
    }

    /// Rehearses what is wanted by a name that is like the other's. Where that is taken it is the name that is refused.
    async fn is_refused_by_any_name(&self, other: &ObjectId) -> bool {
        if *self.rivalry.want.observation != Observation::Absent {
            // It is there by its name already.
            return true;
        }
        let renamed = self.renamed(&probe_name(other, self.id()), &self.id().namespace);
        let request = self.sending().and_then(|sending| sending.create(&renamed?, self.rivalry.want.owner));
        let refused = self.dry_run(request).await;
        matches!(refused, Ok(Some(error)) if refusal(&error) == Refusal::Admission)
    }

    async fn rehearse_create(&self) -> Result<Option<Error>> {
        let sending = self.sending()?;
        let object = &self.rivalry.want.item.object;
        self.dry_run(sending.apply(object, self.rivalry.want.owner, &[], true)).await
    }

    /// Gives how the server refuses a request; `None` where it does not.
    async fn dry_run(&self, request: Result<Request>) -> Result<Option<Error>> {
        let request = request?.dry_run();
        let response = self.session.connection.send(self.cx, &request).await?;
        Ok((!response.is_success()).then(|| fail::refused(&response, &request)))
    }

    fn renamed(&self, name: &str, namespace: &str) -> Result<Object> {
        self.rivalry.want.item.object.edit(|body| {
            if let Some(metadata) = metadata(body) {
                metadata.insert("name", name);
                if !namespace.is_empty() {
                    metadata.insert("namespace", namespace);
                }
            }
        })
    }
}

fn probe_name(other: &ObjectId, wanted: &ObjectId) -> String {
    let digest = Digest::of(format!("{other} {wanted}").as_bytes()).to_string();
    let head: String = other.name.chars().take(PROBE_NAME_MAX).collect();
    format!("{}-{}", head.trim_end_matches(['-', '.']), &digest[digest.len() - 6..])
}
