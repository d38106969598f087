//! Setting one object, on a condition.

use std::time::Duration;

use http::Method;
use windlass_core::{
    Cascade, Conflict, Context, Error, ErrorKind, Expect, Live, Mode, Object, ObjectId, Owner, Result, Retry,
    Text, Value, Version, Written,
};

use crate::conflicts::{Conflicts, takes};
use crate::delete::Deletion;
use crate::discovery::Discovered;
use crate::expect::{changed, condition, meets, version_condition};
use crate::fail::{self, Status};
use crate::live::parts;
use crate::request::{Request, Response, read_json};
use crate::resource::is_made_once;
use crate::sending::{Current, NOT_SERVED_TRIES_MAX, Sending, current, get};

/// Applies of one write: one, one without what is yielded, one by force, and one for who is faster.
const APPLIES_MAX: u32 = 4;
/// Further applies while somebody else keeps writing by other means.
const AFTERWARDS_MAX: u32 = 4;
/// Tries to replace an object that somebody else keeps writing.
const REPLACES_MAX: u32 = 3;

/// How long an old object is waited for that a finalizer holds.
const HELD_WAIT: Duration = Duration::from_secs(10);
/// Finalizers that the server itself ends.
const OF_THE_SERVER: [&str; 2] = ["foregroundDeletion", "orphan"];

/// One apply.
pub(crate) struct Writing<'a> {
    pub(crate) sending: Sending<'a>,
    pub(crate) kinds: &'a Discovered,
    pub(crate) cx: &'a Context,
    pub(crate) payload: &'a Object,
    pub(crate) expect: &'a Expect,
    pub(crate) owner: &'a Owner,
    /// What the plan said of fields that others hold.
    pub(crate) conflicts: &'a [Conflict],
    pub(crate) seen: Option<Version>,
}

/// An apply that was carried out.
struct Applied {
    status: u16,
    /// What came back, with its `managedFields`.
    body: Value,
    /// What was sent in the end.
    payload: Object,
}

impl Writing<'_> {
    pub(crate) async fn carry_out(self, mode: Mode) -> Result<Written> {
        match mode {
            Mode::Apply => self.apply(self.expect).await,
            Mode::Replace => self.replace().await,
            Mode::Recreate => self.recreate(false).await,
            Mode::Renew => self.recreate(true).await,
            Mode::CreateOnly => self.create_only().await,
            _ => Err(Error::new(ErrorKind::Unsupported, "a mode that this version does not know")),
        }
    }

    pub(crate) fn id(&self) -> &ObjectId {
        self.payload.id()
    }

    async fn apply(&self, expect: &Expect) -> Result<Written> {
        let before = match expect {
            Expect::At(version) => Some(version.clone()),
            Expect::Absent => None,
            _ => match &self.seen {
                Some(version) => Some(version.clone()),
                None => self.current().await?,
            },
        };
        let applied = self.apply_settled(expect).await?;
        let status = applied.status;
        let body = self.settle_rest(applied).await?;
        let live = self.sending.session.reader(self.cx).read(self.sending.resource, body)?;
        Ok(result(status, live, before.as_ref()))
    }

    /// Applies, and takes over only the fields that the plan lists.
    async fn apply_without_conflict(&self, payload: &Object, expect: &Expect) -> Result<Applied> {
        let mut payload = payload.clone();
        // An object expected to be absent has no conflicting fields. At the planned version, the plan already lists every
        // field that we take over.
        let known = matches!(expect, Expect::At(_)) && takes(self.conflicts).next().is_some();
        let mut force = *expect == Expect::Absent || known;
        for _ in 0..APPLIES_MAX {
            let request = self.sending.apply(&payload, self.owner, &condition(expect)?, force)?;
            let response = self.send(&request).await?;
            if response.is_success() {
                let body = read_json(&response, &request)?;
                return Ok(Applied { status: response.status, body, payload });
            }
            let causes = Status::of(&response).field_conflicts();
            if response.status != 409 || causes.is_empty() {
                return Err(self.explain(fail::refused(&response, &request), expect));
            }
            let options = &self.sending.session.options;
            let conflicts = Conflicts::of(&causes, &payload, &options.rules, &options.manager);
            conflicts.check(self.conflicts, self.id())?;
            payload = conflicts.without_yielded(&payload)?;
            force = conflicts.needs_force();
        }
        Err(changed(self.id(), "others keep taking fields of it"))
    }

    /// Applies again while former managers still hold what is not wanted: somebody wrote by other means meanwhile.
    async fn settle_rest(&self, mut applied: Applied) -> Result<Value> {
        for _ in 0..AFTERWARDS_MAX {
            let expect = self.settle_after(&applied.body).await.map_err(Error::maybe_written)?;
            let Some(expect) = expect else { return Ok(applied.body) };
            let again = self.apply_without_conflict(&applied.payload, &expect).await;
            applied = again.map_err(Error::maybe_written)?;
        }
        Err(changed(self.id(), "somebody else keeps writing it").maybe_written())
    }

    /// Settles and applies. What is refused for what the object has been through is settled anew; where the definition of the
    /// kind was written a moment ago, it is tried until the server reads objects by it.
    async fn apply_settled(&self, expect: &Expect) -> Result<Applied> {
        let mut settled = self.settle_first(expect).await?;
        let is_new = self.sending.session.connection.is_defined_here(self.id());
        for attempt in 1..=NOT_SERVED_TRIES_MAX {
            let refused = match self.apply_without_conflict(self.payload, &settled).await {
                Err(error) if may_be_its_past(&error) => error,
                // A controller may answer to the new list at once. What it wrote is looked at as anybody else's.
                Err(error) if settled != *expect && is_overtaken(&error) => match anew(&settled) {
                    Some(condition) => {
                        settled = condition;
                        continue;
                    }
                    None => return Err(error.maybe_written()),
                },
                other => return other.map_err(|error| written_if(settled != *expect, error)),
            };
            let unlocked = match expect {
                Expect::Absent => None,
                _ => self.unlock(&refused, self.payload).await.ok().flatten(),
            };
            let is_last = attempt == NOT_SERVED_TRIES_MAX;
            match unlocked {
                Some(condition) if !is_last => settled = condition,
                _ if is_new && !is_last => self.cx.sleep(fail::pause(attempt - 1)).await?,
                _ => return Err(written_if(settled != *expect, refused)),
            }
        }
        Err(Error::new(ErrorKind::Internal, "an apply without an end"))
    }

    /// Sends a write; a kind that was just defined may need a moment until it is served.
    pub(crate) async fn send(&self, request: &Request) -> Result<Response> {
        let connection = &self.sending.session.connection;
        for attempt in 1.. {
            let response = connection.send(self.cx, request).await?;
            if !fail::is_unknown_path(&response) {
                return Ok(response);
            }
            connection.note_outdated();
            if attempt >= NOT_SERVED_TRIES_MAX {
                return Ok(response);
            }
            self.cx.sleep(fail::pause(attempt - 1)).await?;
        }
        Err(Error::new(ErrorKind::Internal, "a write without an end"))
    }

    fn explain(&self, error: Error, expect: &Expect) -> Error {
        match (error.kind(), expect) {
            (ErrorKind::Conflict, Expect::Absent) if says_it_exists(&error) => {
                changed(self.id(), "it exists already")
            }
            (ErrorKind::Conflict, Expect::At(version)) => error.with_each("expected", &version.0),
            (ErrorKind::Conflict, Expect::Uid(uid)) => error.with_each("expected", uid),
            _ => error,
        }
    }

    /// Gives the version of the object as it is. A kind that is not served yet has no objects; if it never is, the write
    /// finds out.
    async fn current(&self) -> Result<Option<Version>> {
        let Sending { session, resource } = self.sending;
        match current(session, self.cx, resource, self.id()).await? {
            Current::At { version, .. } => Ok(Some(version)),
            Current::Absent | Current::Unserved => Ok(None),
        }
    }

    async fn create_only(&self) -> Result<Written> {
        match self.apply(&Expect::Absent).await {
            Err(error) if error.kind() == ErrorKind::Conflict && *self.expect != Expect::Absent => {
                let live = get(self.sending.session, self.cx, self.sending.resource, self.id()).await?;
                live.map(Written::Unchanged).ok_or(error)
            }
            other => other,
        }
    }

    async fn replace(&self) -> Result<Written> {
        for attempt in 1.. {
            let before = match self.expect {
                Expect::At(version) => Some(version.clone()),
                Expect::Absent => None,
                _ => self.current().await?,
            };
            match (&before, self.expect) {
                (None, Expect::Uid(_)) => return Err(changed(self.id(), "it is gone")),
                (Some(version), Expect::Uid(uid)) if parts(version).1 != Some(uid) => {
                    return Err(changed(self.id(), "it was deleted and created anew"));
                }
                (None, _) => return self.create_whole().await,
                _ => {}
            }
            let replaced = self.replace_at(before.as_ref()).await;
            let again = attempt < REPLACES_MAX && !matches!(self.expect, Expect::At(_));
            match replaced {
                Err(error) if again && error.kind() == ErrorKind::Conflict => {}
                other => return other,
            }
        }
        Err(Error::new(ErrorKind::Internal, "a replace without an end"))
    }

    /// Creates the object as it is written, without the rules of an apply.
    async fn create_whole(&self) -> Result<Written> {
        let request = self.sending.create(self.payload, self.owner)?;
        let response = self.send(&request).await?;
        if !response.is_success() {
            return Err(self.explain(fail::refused(&response, &request), &Expect::Absent));
        }
        let live = self.sending.read(self.cx, &response, &request)?;
        Ok(result(response.status, live, None))
    }

    async fn replace_at(&self, before: Option<&Version>) -> Result<Written> {
        let condition = before.map(version_condition).unwrap_or_default();
        let request = self.sending.body(Method::PUT, self.payload, self.owner, &condition)?;
        let response = self.send(&request).await?;
        if response.status == 404 && !fail::is_unknown_path(&response) {
            return Err(changed(self.id(), "it is gone"));
        }
        if !response.is_success() {
            return Err(self.explain(fail::refused(&response, &request), self.expect));
        }
        let live = self.sending.read(self.cx, &response, &request)?;
        Ok(result(response.status, live, before))
    }

    /// Deletes the object, waits until it is gone, and creates it; one that is as wanted only where it is to be renewed.
    async fn recreate(&self, renew: bool) -> Result<Written> {
        let Sending { session, resource } = self.sending;
        let live = get(session, self.cx, resource, self.id()).await?;
        meets(self.expect, live.as_ref(), self.id())?;
        let Some(live) = live else {
            return self.apply(&Expect::Absent).await;
        };
        if !renew && self.is_as_wanted(&live).await? {
            return Ok(Written::Unchanged(live));
        }
        is_made_once(self.id())?;
        let uid = live.uid.clone().map_or(Expect::At(live.version.clone()), Expect::Uid);
        let deletion =
            Deletion { session, cx: self.cx, id: self.id(), expect: &uid, cascade: Cascade::Foreground };
        deletion.by(resource).await?.ok_or_else(|| crate::discovery::unserved(self.id()))?;
        let anew = async {
            self.gone(live.uid.as_ref()).await?;
            self.apply(&Expect::Absent).await
        };
        anew.await.map_err(|error| {
            error.with_help("the old object was deleted, the new one is not there yet").maybe_written()
        })
    }

    /// Rehearses an apply. Whatever would change leads on to a delete, in place or not: whoever says recreate has decided
    /// that. Any mistake but a field that cannot be changed does not: the new object would have it too, and nothing would
    /// be left.
    async fn is_as_wanted(&self, live: &Live) -> Result<bool> {
        let request = self.sending.apply(self.payload, self.owner, &[], true)?.dry_run();
        let response = self.sending.session.connection.send(self.cx, &request).await?;
        if response.is_success() {
            return Ok(self.sending.read(self.cx, &response, &request)?.stamp == live.stamp);
        }
        if response.status == 422 && fail::is_immutable(&Status::of(&response)) {
            return Ok(false);
        }
        Err(fail::refused(&response, &request))
    }

    /// Waits until the old object is gone. What somebody's finalizer holds may stay for days: that is told soon, and not waited
    /// for again in this pass.
    async fn gone(&self, uid: Option<&Text>) -> Result<()> {
        let Sending { session, resource } = self.sending;
        let begun = self.cx.now().mono;
        for attempt in 0.. {
            let (version, held_by) = match current(session, self.cx, resource, self.id()).await? {
                Current::At { version, held_by } => (version, held_by),
                Current::Absent | Current::Unserved => return Ok(()),
            };
            if parts(&version).1 != uid.map(Text::as_str) {
                return Ok(());
            }
            let held = held_by.iter().map(Text::as_str);
            let held: Vec<&str> = held.filter(|by| !OF_THE_SERVER.contains(by)).collect();
            let wait = session.options.recreate_wait;
            let wait = if held.is_empty() { wait } else { wait.min(HELD_WAIT) };
            if self.cx.now().mono.saturating_sub(begun) >= wait {
                let error = Error::new(ErrorKind::Timeout, "the old object does not go")
                    .with("object", self.id())
                    .with("waited", format!("{}s", wait.as_secs()));
                let error = if held.is_empty() { error } else { error.with("held_by", held.join(", ")) };
                return Err(error.retrying(Retry::Never));
            }
            self.cx.sleep(fail::pause(attempt)).await?;
        }
        Ok(())
    }
}

/// The server refuses what is not valid beside what is there, and cannot read entries of versions that are gone.
fn may_be_its_past(error: &Error) -> bool {
    let is_unreadable = error.context("status") == Some("500") && !error.message().contains("webhook");
    error.kind() == ErrorKind::Invalid || is_unreadable
}

/// Somebody wrote the object since the version that was expected.
fn is_overtaken(error: &Error) -> bool {
    error.kind() == ErrorKind::Conflict && error.message().contains("the object has been modified")
}

/// Expects the same object at whatever version, where it was expected at one.
fn anew(expect: &Expect) -> Option<Expect> {
    match expect {
        Expect::At(version) => parts(version).1.map(|uid| Expect::Uid(uid.into())),
        _ => None,
    }
}

fn written_if(written: bool, error: Error) -> Error {
    if written { error.maybe_written() } else { error }
}

/// A quota that was counted at the same time is a conflict as well.
fn says_it_exists(error: &Error) -> bool {
    ["the object has been modified", "already exists"].iter().any(|words| error.message().contains(words))
}

/// Kubernetes keeps the version where a write changed nothing.
fn result(status: u16, live: Live, before: Option<&Version>) -> Written {
    if status == 201 {
        Written::Created(live)
    } else if before == Some(&live.version) {
        Written::Unchanged(live)
    } else {
        Written::Changed(live)
    }
}
