//! Settling the `managedFields` of an object, on the server.

use windlass_core::{Error, Expect, Object, ObjectId, Result, Value, Version};

use crate::apply::Writing;
use crate::discovery::Discovered;
use crate::expect::changed;
use crate::fail;
use crate::live::{parts, version_of};
use crate::owner;
use crate::past::{Claims, Past, Settlement, Settling, all_of, fields_of, has_past};
use crate::request::{Request, Subject, read_json};
use crate::sending::Sending;

/// Tries to make our own what was set by other means, while somebody else keeps writing.
const SETTLINGS_MAX: u32 = 4;

/// What came of a change of `managedFields`.
enum Settled {
    At(Version),
    /// Somebody else wrote the object meanwhile.
    Moved,
    Gone,
}

/// Says whether the server serves a version of the kind of an object.
pub(crate) fn is_served(kinds: &Discovered, id: &ObjectId, api_version: &str) -> bool {
    let group = api_version.rsplit_once('/').map_or("", |(group, _)| group);
    *id.group == *group && kinds.exact(id, api_version).is_ok()
}

impl Sending<'_> {
    /// Settles what an object has been through, as data.
    pub(crate) fn settled(
        &self,
        kinds: &Discovered,
        id: &ObjectId,
        body: &Value,
        claims: &Claims,
    ) -> Settlement {
        let settling = Settling {
            managers: self.session.managers(),
            api_version: &self.resource.api_version(),
            is_served: &|version| is_served(kinds, id, version),
        };
        settling.settle(body, claims)
    }

    /// Reads the object as it is, with its `managedFields`; `None` where it does not exist.
    pub(crate) async fn look(&self, cx: &windlass_core::Context, id: &ObjectId) -> Result<Option<Past>> {
        let request = Request::get(self.resource.object(id)?, Subject::object(id));
        let response = self.session.connection.send(cx, &request).await?;
        if response.status == 404 {
            return Ok(None);
        }
        if !response.is_success() {
            return Err(fail::refused(&response, &request));
        }
        let body: Value = read_json(&response, &request)?;
        Ok(Some(Past { version: version_of(&body)?, body, claims: Claims::default() }))
    }
}

impl Writing<'_> {
    /// Settles what is known to have a past, and gives the condition on which to apply then.
    pub(crate) async fn settle_first(&self, expect: &Expect) -> Result<Expect> {
        let past = self.sending.session.pasts.take(self.id());
        let past = past.filter(|past| match expect {
            Expect::Any => true,
            Expect::At(version) => *version == past.version,
            Expect::Uid(uid) => parts(&past.version).1 == Some(uid),
            _ => false,
        });
        match past {
            Some(past) => self.settle(past, expect).await,
            None => Ok(expect.clone()),
        }
    }

    /// Writes settled `managedFields`. At the version that the plan has seen the plan says what is taken; at any other, each
    /// field that others hold is looked at again.
    pub(crate) async fn settle(&self, mut past: Past, expect: &Expect) -> Result<Expect> {
        let planned = past.version.clone();
        for _ in 0..SETTLINGS_MAX {
            let settlement = self.sending.settled(self.kinds, self.id(), &past.body, &past.claims);
            if !settlement.is_needed {
                return Ok(expect.clone());
            }
            match self.send_settled(&past.version, settlement.entries).await? {
                Settled::At(version) if past.version == planned => return Ok(Expect::At(version)),
                Settled::At(version) => return Ok(of_version(&version)),
                Settled::Gone => return Ok(expect.clone()),
                Settled::Moved => {
                    let Some(now) = self.sending.look(self.cx, self.id()).await? else {
                        return Ok(expect.clone());
                    };
                    if parts(&now.version).1 != parts(&planned).1 {
                        return Err(changed(self.id(), "it was deleted and created anew"));
                    }
                    past = Past { claims: past.claims, ..now };
                }
            }
        }
        Err(changed(self.id(), "somebody else keeps writing it"))
    }

    /// Settles an object whose apply was refused, where there is anything to settle: nobody could say so before, as the
    /// server did not know its kind yet, or it was written since.
    pub(crate) async fn unlock(&self, refused: &Error, payload: &Object) -> Result<Option<Expect>> {
        let Some(mut past) = self.sending.look(self.cx, self.id()).await? else { return Ok(None) };
        past.claims.moves = refused.context("status") == Some("500");
        let mut wanted = payload.body().as_ref().clone();
        owner::set(&mut wanted, self.owner)?;
        let settlement = self.sending.settled(self.kinds, self.id(), &past.body, &past.claims);
        let fields = all_of(&wanted);
        past.claims.drop = settlement.hanging(&fields).union(&vanishing(&past.body, &wanted, &settlement));
        let settlement = self.sending.settled(self.kinds, self.id(), &past.body, &past.claims);
        if !settlement.is_needed {
            return Ok(None);
        }
        match self.send_settled(&past.version, settlement.entries).await? {
            Settled::At(version) => Ok(Some(of_version(&version))),
            Settled::Moved | Settled::Gone => Ok(None),
        }
    }

    /// Settles what came back from an apply, where former managers still hold what is not wanted: they wrote meanwhile.
    pub(crate) async fn settle_after(&self, body: &Value) -> Result<Option<Expect>> {
        let managers = self.sending.session.managers();
        if !has_past(managers, body) {
            return Ok(None);
        }
        let applied = crate::past::entries(body).iter().find(|entry| managers.is_applied(entry));
        // A server that keeps no such entries has nothing to settle.
        let Some(wanted) = applied.map(fields_of) else { return Ok(None) };
        let settlement = self.sending.settled(self.kinds, self.id(), body, &Claims::default());
        if !settlement.is_needed || settlement.leaving(&wanted).found_in(body).is_empty() {
            return Ok(None);
        }
        let version = version_of(body)?;
        match self.send_settled(&version, settlement.entries).await? {
            Settled::At(version) => Ok(Some(Expect::At(version))),
            Settled::Moved => Ok(Some(of_version(&version))),
            Settled::Gone => Err(changed(self.id(), "it is gone")),
        }
    }

    async fn send_settled(&self, version: &Version, entries: Vec<Value>) -> Result<Settled> {
        let replace = |op: &str, path: &str, value: Value| {
            Value::from_iter([("op", Value::from(op)), ("path", path.into()), ("value", value)])
        };
        // To replace the version is to name it: one that is not the present one is a conflict.
        let patch = Value::List(vec![
            replace("add", "/metadata/managedFields", Value::List(entries)),
            replace("replace", "/metadata/resourceVersion", parts(version).0.into()),
        ]);
        let request = self.sending.json_patch(self.id(), &patch)?;
        let response = self.send(&request).await?;
        match response.status {
            409 => Ok(Settled::Moved),
            404 if !fail::is_unknown_path(&response) => Ok(Settled::Gone),
            _ if response.is_success() => version_of(&read_json(&response, &request)?).map(Settled::At),
            _ => Err(fail::refused(&response, &request)),
        }
    }
}

fn of_version(version: &Version) -> Expect {
    parts(version).1.map_or(Expect::Any, |uid| Expect::Uid(uid.into()))
}

/// Gives what cannot stay beside what is wanted, by the merge rules of the kind, and that nobody else holds: the other branch
/// of a union.
pub(crate) fn vanishing(body: &Value, wanted: &Value, settlement: &Settlement) -> crate::past::Fields {
    let Some(merged) = windlass_kinds::fields::merged(wanted, body) else {
        return crate::past::Fields::default();
    };
    let gone = all_of(body).leaving(&all_of(&merged));
    settlement.held(&gone).into_iter().fold(gone, |gone, (_, held)| gone.without(&held))
}
