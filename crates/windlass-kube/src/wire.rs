//! One request: counted, timed, retried where that is safe.

use std::pin::pin;
use std::time::Duration;

use bytes::Bytes;
use futures_util::future::{Either, select};
use http::Method;
use http_body_util::{BodyExt, LengthLimitError, Limited};
use kube::client::Body;
use windlass_core::{Context, Error, ErrorKind, Result, Text};

use crate::cluster::Cluster;
use crate::fail::{self, Subject};

/// Bytes of one answer. A page of 500 objects at the size limit of etcd would be more; such a page is an error, and
/// not a process that runs out of memory.
pub(crate) const ANSWER_BYTES_MAX: usize = 512 << 20;
/// Tries of one request that the server asks to repeat.
const TRIES_MAX: u32 = 4;
/// The longest wait between two tries, whatever the server asks for; the engine waits longer by itself.
const WAIT_MAX: Duration = Duration::from_secs(10);
const WAIT_FIRST: Duration = Duration::from_millis(250);
/// The longest wait that a server may ask for.
const RETRY_AFTER_MAX: Duration = Duration::from_secs(3600);

pub(crate) const JSON: &str = "application/json";
pub(crate) const APPLY: &str = "application/apply-patch+yaml";
pub(crate) const JSON_PATCH: &str = "application/json-patch+json";
/// Names, labels and annotations only; a server that does not know the form answers with whole objects.
pub(crate) const METADATA: &str =
    "application/json;as=PartialObjectMetadata;g=meta.k8s.io;v=v1,application/json";
pub(crate) const METADATA_LIST: &str =
    "application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1,application/json";

/// What a request may do to the cluster.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Effect {
    Nothing,
    Write,
}

/// One request. `Debug` is left out: the body may hold a secret.
#[derive(Clone)]
pub(crate) struct Call {
    pub(crate) method: Method,
    pub(crate) path: String,
    pub(crate) query: Vec<(&'static str, String)>,
    pub(crate) body: Bytes,
    pub(crate) content: &'static str,
    pub(crate) accept: &'static str,
    pub(crate) effect: Effect,
    pub(crate) subject: Subject,
}

impl Call {
    pub(crate) fn get(path: impl Into<String>, subject: Subject) -> Self {
        Self {
            method: Method::GET,
            path: path.into(),
            query: Vec::new(),
            body: Bytes::new(),
            content: JSON,
            accept: JSON,
            effect: Effect::Nothing,
            subject,
        }
    }

    pub(crate) fn write(method: Method, path: impl Into<String>, subject: Subject, body: String) -> Self {
        Self { method, body: body.into(), effect: Effect::Write, ..Self::get(path, subject) }
    }

    pub(crate) fn query(mut self, key: &'static str, value: impl Into<String>) -> Self {
        self.query.push((key, value.into()));
        self
    }

    pub(crate) fn accept(mut self, accept: &'static str) -> Self {
        self.accept = accept;
        self
    }

    pub(crate) fn content(mut self, content: &'static str) -> Self {
        self.content = content;
        self
    }

    /// Turns a write into its rehearsal.
    pub(crate) fn dry_run(mut self) -> Self {
        self.effect = Effect::Nothing;
        self.query("dryRun", "All")
    }

    fn uri(&self) -> String {
        let mut uri = self.path.clone();
        for (at, (key, value)) in self.query.iter().enumerate() {
            uri.push(if at == 0 { '?' } else { '&' });
            uri.push_str(key);
            uri.push('=');
            uri.push_str(&encode(value));
        }
        uri
    }
}

/// What came back, whatever the status.
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) retry_after: Option<Duration>,
    pub(crate) body: Bytes,
    /// Who answered.
    pub(crate) from: Place,
    /// Whether an earlier try of the same write may have been carried out although its answer said otherwise.
    pub(crate) doubtful: bool,
}

/// Which cluster, and by which context of the kubeconfig.
#[derive(Debug, Clone)]
pub(crate) struct Place {
    pub(crate) server: Text,
    pub(crate) context: Option<Text>,
}

impl Answer {
    pub(crate) fn is_success(&self) -> bool {
        (200..300).contains(&self.status)
    }
}

impl Cluster {
    /// Sends a request until it has an answer that is not "later". An answer of any other status is `Ok`.
    pub(crate) async fn send(&self, cx: &Context, call: &Call) -> Result<Answer> {
        let (mut wait, mut doubtful) = (WAIT_FIRST, false);
        let in_doubt = |error: Error, doubtful| if doubtful { error.maybe_written() } else { error };
        for attempt in 1.. {
            let left = match call.effect {
                Effect::Nothing => {
                    cx.check()?;
                    cx.remaining()
                }
                Effect::Write => cx.check_write().map_err(|error| in_doubt(error, doubtful))?,
            };
            let answer = self.attempt(cx, call, left).await.map_err(|error| in_doubt(error, doubtful))?;
            let answer = Answer { doubtful, ..answer };
            doubtful |= call.effect == Effect::Write && fail::comes_from_between(&answer);
            if attempt >= TRIES_MAX || !fail::asks_to_repeat(&answer) {
                return Ok(answer);
            }
            let slept = cx.sleep(answer.retry_after.unwrap_or(wait).min(WAIT_MAX)).await;
            slept.map_err(|error| in_doubt(error, doubtful))?;
            wait *= 2;
        }
        Err(Error::new(ErrorKind::Internal, "a request without an end"))
    }

    /// Sends a request and turns every status but success into an error.
    pub(crate) async fn ask(&self, cx: &Context, call: &Call) -> Result<Answer> {
        let answer = self.send(cx, call).await?;
        if answer.is_success() { Ok(answer) } else { Err(fail::refused(&answer, call)) }
    }

    /// Sends a request and reads the answer as JSON.
    pub(crate) async fn ask_json<T: serde::de::DeserializeOwned>(
        &self,
        cx: &Context,
        call: &Call,
    ) -> Result<T> {
        let answer = self.ask(cx, call).await?;
        read_json(&answer, call)
    }

    async fn attempt(&self, cx: &Context, call: &Call, left: Option<Duration>) -> Result<Answer> {
        let _permit = match call.effect {
            Effect::Nothing => Some(self.permit().await),
            Effect::Write => None,
        };
        let limit = cx.limits().request_timeout;
        let limit = left.map_or(limit, |left| left.min(limit));
        let work = pin!(self.exchange(call));
        let timer = pin!(cx.clock().sleep(limit));
        let raced = cx.cancel().until(select(work, timer)).await;
        let failed = |kind, message: &str| Err(fail::unanswered(Error::new(kind, message), self, call));
        match raced {
            Some(Either::Left((answer, _))) => answer,
            Some(Either::Right(_)) => failed(ErrorKind::Timeout, "no answer in time"),
            None => failed(ErrorKind::Cancelled, "cancelled while waiting for an answer"),
        }
    }

    async fn exchange(&self, call: &Call) -> Result<Answer> {
        let request = self.request(call)?;
        self.count();
        let response =
            self.client().send(request).await.map_err(|error| fail::transport(&error, self, call))?;
        let (parts, body) = response.into_parts();
        let retry_after = parts.headers.get(http::header::RETRY_AFTER).and_then(|value| value.to_str().ok());
        let retry_after = retry_after.and_then(wait_of);
        let body = Limited::new(body, ANSWER_BYTES_MAX).collect().await.map_err(|error| {
            if error.is::<LengthLimitError>() {
                let error =
                    Error::new(ErrorKind::Limit, "the answer is too large").with("limit", ANSWER_BYTES_MAX);
                return fail::unanswered(error, self, call);
            }
            fail::transport(&*error, self, call)
        })?;
        let (status, body) = (parts.status.as_u16(), body.to_bytes());
        Ok(Answer { status, retry_after, body, from: self.place().clone(), doubtful: false })
    }

    fn request(&self, call: &Call) -> Result<http::Request<Body>> {
        let wrong = |error: http::Error| Error::new(ErrorKind::Invalid, "not a request").caused_by(error);
        let mut request = http::Request::builder()
            .method(call.method.clone())
            .uri(call.uri())
            .header(http::header::ACCEPT, call.accept);
        if !call.body.is_empty() {
            request = request.header(http::header::CONTENT_TYPE, call.content);
        }
        for (name, value) in self.identity_headers() {
            request = request.header(name, value);
        }
        request.body(Body::from(call.body.to_vec())).map_err(wrong)
    }
}

/// Reads a wait in seconds. A date in its place is not read: it would need the clock of the server.
fn wait_of(text: &str) -> Option<Duration> {
    let digits = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    // Digits that are no number are too many of them.
    digits.then(|| text.parse().map_or(RETRY_AFTER_MAX, Duration::from_secs).min(RETRY_AFTER_MAX))
}

pub(crate) fn read_json<T: serde::de::DeserializeOwned>(answer: &Answer, call: &Call) -> Result<T> {
    serde_json::from_slice(&answer.body).map_err(|error| {
        // The text of the error may quote the body, so only its place is told.
        let place = format!("{}:{}", error.line(), error.column());
        let told =
            Error::new(ErrorKind::Unavailable, "the server answered with something else than expected");
        let told = call.subject.on(told).with("at", place);
        if call.effect == Effect::Write { told.maybe_written() } else { told }
    })
}

/// Encodes what may not stand plainly in a path segment or a query value.
pub(crate) fn encode(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for byte in text.bytes() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' | b':' | b'/' => {
                out.push(char::from(byte));
            }
            other => out.push_str(&format!("%{other:02X}")),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_wait_has_an_end_whatever_the_server_says() {
        let seconds = |text| wait_of(text).map(|wait| wait.as_secs());
        assert_eq!(seconds("2"), Some(2));
        assert_eq!(seconds("18446744073709551615"), Some(3600));
        assert_eq!(seconds("99999999999999999999999"), Some(3600));
        assert_eq!(seconds("Wed, 21 Oct 2026 07:28:00 GMT"), None);
        assert_eq!((seconds("-1"), seconds("")), (None, None));
    }
}
