//! What the server says when it says no.

use std::error::Error as StdError;
use std::time::Duration;

use serde::Deserialize;
use windlass_core::{Error, ErrorKind, Retry, Text};

use crate::request::{Effect, Request, Response};
use crate::words;

/// A `Status` of the API, as far as it matters.
#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub(crate) struct Status {
    pub(crate) kind: String,
    message: String,
    reason: String,
    pub(crate) details: Option<Details>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub(crate) struct Details {
    pub(crate) name: String,
    pub(crate) kind: String,
    #[serde(deserialize_with = "null_is_empty")]
    pub(crate) causes: Vec<Cause>,
}

#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub(crate) struct Cause {
    pub(crate) reason: String,
    pub(crate) message: String,
    pub(crate) field: String,
}

fn null_is_empty<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<Vec<Cause>, D::Error> {
    Ok(Option::<Vec<Cause>>::deserialize(deserializer)?.unwrap_or_default())
}

impl Status {
    pub(crate) fn of(response: &Response) -> Self {
        serde_json::from_slice(&response.body).unwrap_or_default()
    }

    fn causes(&self) -> &[Cause] {
        self.details.as_ref().map_or(&[], |details| &details.causes)
    }

    fn has_cause(&self, reason: &str) -> bool {
        self.causes().iter().any(|cause| cause.reason == reason)
    }

    /// The fields that other managers hold, where that is what stands in the way.
    pub(crate) fn field_conflicts(&self) -> Vec<Cause> {
        self.causes().iter().filter(|cause| cause.reason == "FieldManagerConflict").cloned().collect()
    }

    /// The fields that are not valid.
    pub(crate) fn invalid_fields(&self) -> Vec<String> {
        let fields = self.causes().iter().map(|cause| cause.field.clone());
        fields.filter(|field| !field.is_empty()).collect()
    }

    /// What the server says, as it says it.
    pub(crate) fn words(&self) -> &str {
        &self.message
    }

    fn message(&self) -> String {
        words::message(&self.message)
    }
}

/// Says whether the same request may help in a moment: the server is busy, or counts its quota at the same time.
pub(crate) fn asks_to_repeat(response: &Response) -> bool {
    match response.status {
        429 | 503 => true,
        409 => Status::of(response).details.is_some_and(|details| details.kind == "resourcequotas"),
        _ => false,
    }
}

/// Says whether the server does not know the path at all, as opposed to not having the object.
pub(crate) fn is_unknown_path(response: &Response) -> bool {
    response.status == 404 && Status::of(response).details.is_none_or(|details| details.name.is_empty())
}

/// Turns an answer that is not a success into an error.
pub(crate) fn refused(response: &Response, request: &Request) -> Error {
    let status = Status::of(response);
    let error = match response.status {
        400 => invalid(&status, request),
        401 => told(ErrorKind::Denied, &status, "the server does not know who asks")
            .with_help("the token or certificate is wrong or has expired: log in again, or use another user"),
        403 => denied(&status),
        404 => not_found(response, &status),
        405 | 406 | 415 => told(ErrorKind::Unsupported, &status, "the server does not do that"),
        409 if response.doubtful && status.field_conflicts().is_empty() => maybe_our_own(),
        409 => conflict(&status),
        410 => told(ErrorKind::Conflict, &status, "too old"),
        413 => told(ErrorKind::Limit, &status, "too large for the server"),
        422 => invalid(&status, request),
        429 => told(ErrorKind::Unavailable, &status, "the server is busy"),
        504 => told(ErrorKind::Timeout, &status, "the server took too long"),
        500 if is_misread(&status) => misread(&status, request),
        500..600 => told(ErrorKind::Unavailable, &status, "the server is in trouble"),
        _ => told(ErrorKind::Unsupported, &status, "an answer that nobody expected"),
    };
    let error = match response.retry_after {
        Some(wait) if error.kind() == ErrorKind::Unavailable => error.retrying(Retry::After(wait)),
        _ => error,
    };
    // A 503 and a 429 of the API server itself come before it writes; any other 5xx may come after.
    let own = response.status == 503 && !comes_from_between(response);
    let behind = response.status >= 500 && !own && error.kind() != ErrorKind::Invalid;
    let reached = request.effect == Effect::Write && (behind || response.doubtful);
    let error = request.subject.on(error).with_each("status", response.status);
    let error = if matches!(error.kind(), ErrorKind::Denied) { answered_by(error, response) } else { error };
    if reached { error.maybe_written() } else { error }
}

/// Says whose rights are missing: of several clusters in one kubeconfig it is often the wrong one that was asked.
fn answered_by(error: Error, response: &Response) -> Error {
    let error = error.with_each("server", &response.from.server);
    match &response.from.context {
        Some(context) => error.with_each("context", context),
        None => error,
    }
}

/// Says whether something between us and the API server gave the answer: a proxy that lost its upstream says 503 as
/// well, perhaps after the upstream has done what was asked. The API server itself answers with a `Status`.
pub(crate) fn comes_from_between(response: &Response) -> bool {
    response.status == 503 && Status::of(response).kind != "Status"
}

/// A write that was repeated stands in its own way where the first try was carried out after all.
fn maybe_our_own() -> Error {
    Error::new(
        ErrorKind::Unavailable,
        "an answer was lost, and the write may have been carried out before it",
    )
    .with_help("look at the object: the next pass does")
}

fn told(kind: ErrorKind, status: &Status, otherwise: &str) -> Error {
    let message = status.message();
    Error::new(kind, if message.is_empty() { otherwise.to_owned() } else { message })
}

/// How the server says that a namespace is being deleted, among the causes of a 403.
pub(crate) const TERMINATING: &str = "NamespaceTerminating";

fn denied(status: &Status) -> Error {
    if status.has_cause(TERMINATING) {
        return Error::new(ErrorKind::Conflict, "the namespace is being deleted")
            .with("reason", TERMINATING)
            .with_help("wait until it is gone, then it can be made anew; what holds it has to let go first");
    }
    let error = told(ErrorKind::Denied, status, "no rights");
    if RULES.iter().any(|words| status.message.contains(words)) {
        return error.with_help(
            "a rule of the cluster is against it, whoever asks: change the object, or the rule that is named",
        );
    }
    error.with_help("have the right granted to this account, or use another account or context")
}

/// How admission says with a 403 that the object breaks a rule, which has nothing to do with the rights of an account: quotas,
/// limit ranges, webhooks, policies, pod security.
const RULES: [&str; 7] = [
    "exceeded quota: ",
    "failed quota: ",
    " usage per ",
    " limit to request ratio per ",
    " denied the request",
    " denied request",
    "violates PodSecurity",
];

fn not_found(response: &Response, status: &Status) -> Error {
    if is_unknown_path(response) {
        return Error::new(ErrorKind::Undefined, "the server does not serve this kind");
    }
    told(ErrorKind::NotFound, status, "not found")
}

fn conflict(status: &Status) -> Error {
    let fields = status.field_conflicts();
    if fields.is_empty() {
        return told(ErrorKind::Conflict, status, "somebody else was faster");
    }
    let held = fields.iter().map(|cause| {
        Error::new(ErrorKind::Conflict, words::cause(&cause.message))
            .with("field", cause.field.trim_start_matches('.'))
    });
    Error::all(held).unwrap_or_else(|| Error::new(ErrorKind::Conflict, "fields are held by others"))
}

/// Lists every field that is wrong. Of a Secret only the fields are named, since the words may quote the values.
fn invalid(status: &Status, request: &Request) -> Error {
    if let Some(cause) = status.causes().iter().find(|cause| cause.field == "metadata.uid") {
        let other = Error::new(ErrorKind::Conflict, "the object was deleted and created anew");
        return other.with("field", &cause.field);
    }
    let immutable = is_immutable(status);
    let causes = status.causes().iter().map(|cause| {
        let said = if request.subject.secret { "not valid".into() } else { words::cause(&cause.message) };
        Error::new(ErrorKind::Invalid, said).with("field", &cause.field)
    });
    let whole = || {
        if request.subject.secret {
            return Error::new(ErrorKind::Invalid, "the server refuses the Secret; its words are left out");
        }
        told(ErrorKind::Invalid, status, "the server refuses it")
    };
    let error = Error::all(dedup(causes.collect())).unwrap_or_else(whole);
    match immutable {
        true if request.subject.data => error.with_help(
            "the field cannot be changed in place, and what the object holds would go with it: make another one beside it",
        ),
        true => error.with_help(
            "the field cannot be changed in place; the mode recreate deletes the object and creates it anew",
        ),
        false => error,
    }
}

fn dedup(mut errors: Vec<Error>) -> Vec<Error> {
    errors.dedup();
    errors
}

/// Server-side apply answers with 500 where the object does not follow its schema.
fn is_misread(status: &Status) -> bool {
    let beginnings = ["failed to create typed patch object", "failed to convert new object"];
    beginnings.iter().any(|beginning| status.message.starts_with(beginning))
}

fn misread(status: &Status, request: &Request) -> Error {
    if request.subject.secret {
        return Error::new(
            ErrorKind::Invalid,
            "the Secret does not follow its schema; the server's words are left out",
        );
    }
    told(ErrorKind::Invalid, status, "the object does not follow its schema")
}

/// How Kubernetes says that a field keeps the value it was created with. The words are those of its validation:
/// `field is immutable` nearly everywhere, `updates to provisioner are forbidden.` of a StorageClass, `updates to statefulset
/// spec for fields other than … are forbidden`, `pod updates may not change fields other than`, `may not change once set`
/// of a Service, `may not be changed in an update.` of a PriorityClass, `cannot change roleRef`.
const IMMUTABLE: [&[&str]; 8] = [
    &["immutable"],
    &["updates to ", " are forbidden"],
    &["updates may not change"],
    &["may not change once set"],
    &["may not be changed"],
    &["cannot change"],
    &["cannot be changed"],
    &["can not be unset"],
];

/// Says whether the object would have to be made anew for the change.
pub(crate) fn is_immutable(status: &Status) -> bool {
    let says = |text: &str| IMMUTABLE.iter().any(|words| words.iter().all(|words| text.contains(words)));
    let causes = status.causes();
    // Only what is said of a value counts, as the value itself may say anything.
    !causes.is_empty() && causes.iter().all(|cause| says(&words::cause(&cause.message)))
        || status.reason == "Invalid" && causes.is_empty() && says(&status.message())
}

/// An error for a request that got no answer: a write may have happened.
pub(crate) fn unanswered(error: Error, server: &Text, request: &Request) -> Error {
    let error = request.subject.on(error).with("server", server);
    if request.effect == Effect::Write { error.maybe_written() } else { error }
}

/// An error of the connection. Its innermost words are passed on: the outer ones only say that something failed.
pub(crate) fn transport(error: &(dyn StdError + 'static), server: &Text, request: &Request) -> Error {
    let (mut chain, mut next) = (Vec::new(), Some(error));
    while let Some(error) = next {
        chain.push(error);
        next = error.source();
    }
    let words = chain.last().map(ToString::to_string).unwrap_or_default();
    let connecting = chain.iter().any(|error| {
        error
            .downcast_ref::<hyper_util::client::legacy::Error>()
            .is_some_and(hyper_util::client::legacy::Error::is_connect)
    });
    if connecting {
        let error = Error::new(ErrorKind::Unavailable, format!("cannot connect: {words}"))
            .with_help("check that the server runs and that the kubeconfig has its address");
        return request.subject.on(error).with("server", server);
    }
    unanswered(Error::new(ErrorKind::Unavailable, format!("the connection broke: {words}")), server, request)
}

/// How long a caller that got `error` should wait at most before it asks again by itself.
pub(crate) fn pause(attempt: u32) -> Duration {
    Duration::from_millis(100 << attempt.min(5))
}
