//! Writing: one object, on a condition.

use http::Method;
use windlass_core::{
    Cascade, Context, Error, ErrorKind, Expect, Live, Mark, Mode, Object, ObjectId, Result, Text, Value,
    Version, Write, Written,
};

use crate::discovery::View;
use crate::expect::{changed, condition, meets, version_condition};
use crate::fail::{self, Subject};
use crate::live::{metadata, parts};
use crate::observe::get;
use crate::owner;
use crate::resource::Resource;
use crate::target::KubeTarget;
use crate::wire::{APPLY, Answer, Call, METADATA, read_json};

/// Tries of a write to a kind that was just defined and is not served yet.
const NOT_SERVED_TRIES_MAX: u32 = 6;

pub(crate) async fn write(target: &KubeTarget, cx: &Context, write: &Write) -> Result<Written> {
    match write {
        Write::Apply { payload, mode, expect, mark, .. } => {
            check_size(cx, payload)?;
            let (id, api_version) = (payload.id(), payload.api_version());
            let seen = target.take_seen(id);
            let view = view_for(target, cx, |view| view.exact(id, api_version).map(|_| ())).await?;
            let sending = Sending { target, resource: view.exact(id, api_version)? };
            let writing = Writing { sending, cx, payload, expect, mark, seen };
            let written = writing.carry_out(*mode).await?;
            if !matches!(written, Written::Unchanged(_)) {
                target.cluster.note_written(payload);
            }
            Ok(written)
        }
        Write::Delete { id, api_version, expect, cascade } => {
            target.take_seen(id);
            let known = view_for(target, cx, |view| view.any(id, api_version).map(|_| ())).await;
            let view = match known {
                Ok(view) => view,
                // A kind that is not served has no objects: they went with its definition.
                Err(error) if error.kind() == ErrorKind::Undefined => return Ok(Written::Gone),
                Err(error) => return Err(error),
            };
            let resource = view.any(id, api_version)?;
            let written = delete(target, cx, resource, id, expect, *cascade).await?;
            target.cluster.note_deleted(id);
            Ok(written)
        }
        _ => Err(Error::new(ErrorKind::Unsupported, "a write that this version does not know")),
    }
}

/// Gives a view in which the kind is known, asking the server again where it is not.
async fn view_for(target: &KubeTarget, cx: &Context, find: impl Fn(&View) -> Result<()>) -> Result<View> {
    let view = target.cluster.view_as_it_is(cx).await?;
    match find(&view) {
        Ok(()) => Ok(view),
        Err(error) if view.fresh => Err(error),
        Err(_) => {
            let view = target.cluster.view_again(cx).await?;
            find(&view).map(|()| view)
        }
    }
}

fn check_size(cx: &Context, payload: &Object) -> Result<()> {
    let (size, max) = (payload.body().canonical().len(), cx.limits().object_bytes_max);
    if size <= max {
        return Ok(());
    }
    Err(Error::new(ErrorKind::Limit, "the object is too large")
        .with("object", payload.id())
        .with("bytes", size)
        .with("object_bytes_max", max))
}

/// How objects of one kind are sent.
#[derive(Clone, Copy)]
pub(crate) struct Sending<'a> {
    pub(crate) target: &'a KubeTarget,
    pub(crate) resource: &'a Resource,
}

impl Sending<'_> {
    /// Makes a server-side apply. `condition` goes into `metadata`.
    pub(crate) fn apply(
        &self,
        payload: &Object,
        mark: &Mark,
        condition: &[(&str, &str)],
        force: bool,
    ) -> Result<Call> {
        let call = self.body(Method::PATCH, payload, mark, condition)?;
        Ok(call.query("force", if force { "true" } else { "false" }).content(APPLY))
    }

    /// Makes a request with the object, its mark and the condition as its body: to the object, or by `POST` to the
    /// collection.
    pub(crate) fn body(
        &self,
        method: Method,
        payload: &Object,
        mark: &Mark,
        condition: &[(&str, &str)],
    ) -> Result<Call> {
        let id = payload.id();
        let mut body = payload.body().as_ref().clone();
        owner::set(&mut body, mark).map_err(|error| error.with("object", id))?;
        for (key, value) in condition {
            metadata(&mut body).map(|metadata| metadata.insert(*key, *value));
        }
        let path = match method {
            Method::POST => {
                self.resource.object(id)?;
                self.resource.collection(if self.resource.namespaced { &id.namespace } else { "" })?
            }
            _ => self.resource.object(id)?,
        };
        let call = Call::write(method, path, Subject::object(id), body.canonical());
        Ok(call
            .query("fieldManager", self.target.options.manager.as_str())
            .query("fieldValidation", "Strict"))
    }

    /// Reads the object that a write or its rehearsal gave back.
    pub(crate) fn read(&self, cx: &Context, answer: &Answer, call: &Call) -> Result<Live> {
        self.target.reader(cx).read(self.resource, read_json(answer, call)?)
    }
}

/// One apply.
struct Writing<'a> {
    sending: Sending<'a>,
    cx: &'a Context,
    payload: &'a Object,
    expect: &'a Expect,
    mark: &'a Mark,
    seen: Option<Version>,
}

impl Writing<'_> {
    async fn carry_out(self, mode: Mode) -> Result<Written> {
        match mode {
            Mode::Apply => self.apply(self.expect).await,
            Mode::Replace => self.replace().await,
            Mode::Recreate => self.recreate().await,
            Mode::CreateOnly => self.create_only().await,
            _ => Err(Error::new(ErrorKind::Unsupported, "a mode that this version does not know")),
        }
    }

    fn id(&self) -> &ObjectId {
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
        let call = self.sending.apply(self.payload, self.mark, &condition(expect)?, true)?;
        let answer = self.send(&call).await?;
        if !answer.is_success() {
            return Err(self.explain(fail::refused(&answer, &call), expect));
        }
        let live = self.sending.read(self.cx, &answer, &call)?;
        Ok(result(answer.status, live, before.as_ref()))
    }

    /// Sends a write; a kind that was just defined may need a moment until it is served.
    async fn send(&self, call: &Call) -> Result<Answer> {
        for attempt in 1.. {
            let answer = self.sending.target.cluster.send(self.cx, call).await?;
            if attempt >= NOT_SERVED_TRIES_MAX || !fail::is_unknown_path(&answer) {
                return Ok(answer);
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

    /// Gives the version of the object as it is, by its metadata alone.
    async fn current(&self) -> Result<Option<Version>> {
        current(self.sending, self.cx, self.id()).await
    }

    async fn create_only(&self) -> Result<Written> {
        match self.post().await? {
            Ok(live) => Ok(Written::Created(live)),
            Err(error) if error.kind() != ErrorKind::Conflict || *self.expect == Expect::Absent => Err(error),
            Err(error) => {
                let live = get(self.sending.target, self.cx, self.sending.resource, self.id()).await?;
                live.map(Written::Unchanged).ok_or(error)
            }
        }
    }

    /// Creates the object; the inner error is the server's.
    async fn post(&self) -> Result<Result<Live>> {
        let call = self.sending.body(Method::POST, self.payload, self.mark, &[])?;
        let answer = self.send(&call).await?;
        if !answer.is_success() {
            return Ok(Err(self.explain(fail::refused(&answer, &call), self.expect)));
        }
        self.sending.read(self.cx, &answer, &call).map(Ok)
    }

    async fn replace(&self) -> Result<Written> {
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
            (None, _) => return self.post().await?.map(Written::Created),
            _ => {}
        }
        let condition = before.as_ref().map(version_condition).unwrap_or_default();
        let call = self.sending.body(Method::PUT, self.payload, self.mark, &condition)?;
        let answer = self.send(&call).await?;
        if answer.status == 404 && !fail::is_unknown_path(&answer) {
            return Err(changed(self.id(), "it is gone"));
        }
        if !answer.is_success() {
            return Err(self.explain(fail::refused(&answer, &call), self.expect));
        }
        let live = self.sending.read(self.cx, &answer, &call)?;
        Ok(result(answer.status, live, before.as_ref()))
    }

    /// Deletes the object, waits until it is gone, and creates it, unless it is as wanted.
    async fn recreate(&self) -> Result<Written> {
        let Sending { target, resource } = self.sending;
        let live = get(target, self.cx, resource, self.id()).await?;
        meets(self.expect, live.as_ref(), self.id())?;
        let Some(live) = live else {
            return self.apply(&Expect::Absent).await;
        };
        if self.is_as_wanted(&live).await? {
            return Ok(Written::Unchanged(live));
        }
        let uid = live.uid.clone().map_or(Expect::At(live.version.clone()), Expect::Uid);
        delete(target, self.cx, resource, self.id(), &uid, Cascade::Foreground).await?;
        let anew = async {
            self.gone(live.uid.as_ref()).await?;
            self.apply(&Expect::Absent).await
        };
        anew.await.map_err(|error| {
            error.with_help("the old object was deleted, the new one is not there yet").maybe_written()
        })
    }

    async fn is_as_wanted(&self, live: &Live) -> Result<bool> {
        let call = self.sending.apply(self.payload, self.mark, &[], true)?.dry_run();
        let answer = self.sending.target.cluster.send(self.cx, &call).await?;
        if !answer.is_success() {
            return if answer.status == 422 { Ok(false) } else { Err(fail::refused(&answer, &call)) };
        }
        Ok(self.sending.read(self.cx, &answer, &call)?.stamp == live.stamp)
    }

    async fn gone(&self, uid: Option<&Text>) -> Result<()> {
        let wait = self.sending.target.options.recreate_wait;
        let end = self.cx.now().mono.saturating_add(wait);
        for attempt in 0.. {
            let current = self.current().await?;
            if current.is_none_or(|version| parts(&version).1 != uid.map(Text::as_str)) {
                return Ok(());
            }
            if self.cx.now().mono >= end {
                break;
            }
            self.cx.sleep(fail::pause(attempt)).await?;
        }
        Err(Error::new(ErrorKind::Timeout, "the old object does not go")
            .with("object", self.id())
            .with("waited", format!("{}s", wait.as_secs())))
    }
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

async fn current(sending: Sending<'_>, cx: &Context, id: &ObjectId) -> Result<Option<Version>> {
    let call = Call::get(sending.resource.object(id)?, Subject::object(id)).accept(METADATA);
    let answer = sending.target.cluster.send(cx, &call).await?;
    match answer.status {
        404 => Ok(None),
        _ if answer.is_success() => crate::live::version_of(&read_json(&answer, &call)?).map(Some),
        _ => Err(fail::refused(&answer, &call)),
    }
}

async fn delete(
    target: &KubeTarget,
    cx: &Context,
    resource: &Resource,
    id: &ObjectId,
    expect: &Expect,
    cascade: Cascade,
) -> Result<Written> {
    if *expect == Expect::Absent {
        let current = current(Sending { target, resource }, cx, id).await?;
        return if current.is_none() { Ok(Written::Gone) } else { Err(changed(id, "it exists")) };
    }
    let preconditions: Value =
        condition(expect)?.into_iter().map(|(key, value)| (key, Value::from(value))).collect();
    let mut options = vec![("propagationPolicy", Value::from(propagation(cascade)?))];
    if *expect != Expect::Any {
        options.push(("preconditions", preconditions));
    }
    let options: Value = options.into_iter().collect();
    let call = Call::write(Method::DELETE, resource.object(id)?, Subject::object(id), options.canonical());
    let answer = target.cluster.send(cx, &call).await?;
    if answer.status == 404 {
        return Ok(Written::Gone);
    }
    if !answer.is_success() {
        return Err(fail::refused(&answer, &call));
    }
    let left: Value = read_json(&answer, &call)?;
    let holds = left.at(&["metadata", "deletionTimestamp"]).is_some();
    if holds { crate::live::version_of(&left).map(Written::Deleting) } else { Ok(Written::Gone) }
}

fn propagation(cascade: Cascade) -> Result<&'static str> {
    match cascade {
        Cascade::Background => Ok("Background"),
        Cascade::Foreground => Ok("Foreground"),
        Cascade::Orphan => Ok("Orphan"),
        _ => Err(Error::new(ErrorKind::Unsupported, "a cascade that this version does not know")),
    }
}
