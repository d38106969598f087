//! One request: counted, timed, retried where that is safe.

use std::pin::pin;
use std::time::Duration;

use bytes::BytesMut;
use futures_util::future::{Either, select};
use http::response::Parts;
use http_body_util::{BodyExt, LengthLimitError, Limited};
use kube::client::Body;
use tokio::sync::SemaphorePermit;
use windlass_core::{Context, Error, ErrorKind, Result};

use crate::client::Numbered;
use crate::connection::Connection;
use crate::fail;
use crate::request::{Effect, Request, Response, read_json};

/// Bytes of one response. A page of 500 objects at the size limit of etcd would be more; such a page is an error, and
/// not a process that runs out of memory.
const RESPONSE_BYTES_MAX: usize = 512 << 20;
/// Bytes of one line of a watch: an object at the size limit of etcd, with what the server adds.
const LINE_BYTES_MAX: usize = 16 << 20;
/// Tries of one request that the server asks to repeat.
const TRIES_MAX: u32 = 4;
/// How long a server is waited for that itself says when to come again, such as one that prepares the storage of a new kind.
const PATIENCE: Duration = Duration::from_secs(20);
/// The longest wait between two tries, whatever the server asks for; the engine waits longer by itself.
const WAIT_MAX: Duration = Duration::from_secs(10);
const WAIT_FIRST: Duration = Duration::from_millis(250);
/// How long a request keeps its turn from others. A server that is only slow answers within that.
const TURN_MAX: Duration = Duration::from_secs(3);
/// The status of an answer to somebody whom the server does not know.
const UNKNOWN: u16 = 401;
/// The longest wait that a server may ask for.
const RETRY_AFTER_MAX: Duration = Duration::from_secs(3600);

impl Connection {
    /// Sends a request until it has an answer that is not "later", and once more where credentials were refused and there are
    /// new ones. An answer of any other status is `Ok`.
    pub(crate) async fn send(&self, cx: &Context, request: &Request) -> Result<Response> {
        let (mut patience, mut doubtful, mut renewed) = (Patience::default(), false, false);
        let in_doubt = |error: Error, doubtful| if doubtful { error.maybe_written() } else { error };
        loop {
            // Whether a write may begin is asked when its turn has come.
            let permit = cx.unless_over(self.permit(request.effect)).await;
            let permit = permit.map_err(|error| in_doubt(error, doubtful))?;
            let left = match request.effect {
                Effect::Nothing => {
                    cx.check()?;
                    cx.remaining()
                }
                Effect::Write => cx.check_write().map_err(|error| in_doubt(error, doubtful))?,
            };
            let client = self.clients().current();
            let response = in_turn(cx, permit, self.attempt(cx, request, left, &client)).await;
            let response = response.map_err(|error| in_doubt(error, doubtful))?;
            let response = Response { doubtful, ..response };
            // Who asks is asked before anything else, so nothing was done.
            if response.status == UNKNOWN && !renewed && self.clients().renew(cx, &client).await {
                renewed = true;
                continue;
            }
            doubtful |= request.effect == Effect::Write && fail::comes_from_between(&response);
            let Some(wait) = patience.wait(&response) else { return Ok(response) };
            cx.sleep(wait).await.map_err(|error| in_doubt(error, doubtful))?;
        }
    }

    /// Sends a request and turns every status but success into an error.
    pub(crate) async fn ask(&self, cx: &Context, request: &Request) -> Result<Response> {
        let response = self.send(cx, request).await?;
        if response.is_success() { Ok(response) } else { Err(fail::refused(&response, request)) }
    }

    /// Sends a request and reads the answer as JSON.
    pub(crate) async fn ask_json<T: serde::de::DeserializeOwned>(
        &self,
        cx: &Context,
        request: &Request,
    ) -> Result<T> {
        let response = self.ask(cx, request).await?;
        read_json(&response, request)
    }

    /// Opens a stream of lines, as a watch gives them. Any status but success is an error; who is `patient` waits as [`send`]
    /// does while the server says "later".
    ///
    /// [`send`]: Self::send
    pub(crate) async fn open(&self, cx: &Context, request: &Request, patient: bool) -> Result<Lines> {
        let (mut patience, mut renewed) = (Patience::default(), false);
        loop {
            cx.check()?;
            let client = self.clients().current();
            let begun = self.in_time(cx, request, cx.remaining(), async {
                let (parts, body) = self.begin(request, &client).await?;
                if parts.status.is_success() {
                    return Ok(Ok(body));
                }
                self.finish(request, parts, body).await.map(Err)
            });
            let response = match begun.await? {
                Ok(body) => return Ok(Lines { body, buffer: BytesMut::new(), searched: 0 }),
                Err(response) => response,
            };
            if response.status == UNKNOWN && !renewed && self.clients().renew(cx, &client).await {
                renewed = true;
                continue;
            }
            match patience.wait(&response).filter(|_| patient) {
                Some(wait) => cx.sleep(wait).await?,
                None => return Err(fail::refused(&response, request)),
            }
        }
    }

    async fn attempt(
        &self,
        cx: &Context,
        request: &Request,
        left: Option<Duration>,
        client: &Numbered,
    ) -> Result<Response> {
        let work = async {
            let (parts, body) = self.begin(request, client).await?;
            self.finish(request, parts, body).await
        };
        self.in_time(cx, request, left, work).await
    }

    /// Waits for a response, no longer than a request may take and than what is `left`.
    async fn in_time<T>(
        &self,
        cx: &Context,
        request: &Request,
        left: Option<Duration>,
        work: impl Future<Output = Result<T>>,
    ) -> Result<T> {
        let limit = cx.limits().request_timeout;
        let limit = left.map_or(limit, |left| left.min(limit));
        let (work, timer) = (pin!(work), pin!(cx.clock().sleep(limit)));
        let raced = cx.cancel().until(select(work, timer)).await;
        let failed =
            |kind, message: &str| Err(fail::unanswered(Error::new(kind, message), self.server(), request));
        match raced {
            Some(Either::Left((done, _))) => done,
            Some(Either::Right(_)) => failed(ErrorKind::Timeout, "no answer in time"),
            None => failed(ErrorKind::Cancelled, "cancelled while waiting for an answer"),
        }
    }

    async fn begin(&self, request: &Request, client: &Numbered) -> Result<(Parts, Body)> {
        let sent = self.request(request)?;
        self.count();
        let response = client.client.send(sent).await;
        response
            .map(http::Response::into_parts)
            .map_err(|error| fail::transport(&error, self.server(), request))
    }

    async fn finish(&self, request: &Request, parts: Parts, body: Body) -> Result<Response> {
        let retry_after = parts.headers.get(http::header::RETRY_AFTER).and_then(|value| value.to_str().ok());
        let retry_after = retry_after.and_then(wait_of);
        let body = Limited::new(body, RESPONSE_BYTES_MAX).collect().await.map_err(|error| {
            if error.is::<LengthLimitError>() {
                let error =
                    Error::new(ErrorKind::Limit, "the answer is too large").with("limit", RESPONSE_BYTES_MAX);
                return fail::unanswered(error, self.server(), request);
            }
            fail::transport(&*error, self.server(), request)
        })?;
        let (status, body) = (parts.status.as_u16(), body.to_bytes());
        Ok(Response { status, retry_after, body, from: self.place().clone(), doubtful: false })
    }

    fn request(&self, request: &Request) -> Result<http::Request<Body>> {
        let wrong = |error: http::Error| Error::new(ErrorKind::Invalid, "not a request").caused_by(error);
        let mut built = http::Request::builder()
            .method(request.method.clone())
            .uri(request.uri())
            .header(http::header::ACCEPT, request.accept);
        if !request.body.is_empty() {
            built = built.header(http::header::CONTENT_TYPE, request.content);
        }
        for (name, value) in self.identity_headers() {
            built = built.header(name, value);
        }
        built.body(Body::from(request.body.clone())).map_err(wrong)
    }
}

/// Carries out a request that has its turn. One that gets no answer for long lets the next begin, so that what stalls for
/// one unit holds up no other.
async fn in_turn<T>(cx: &Context, turn: Option<SemaphorePermit<'_>>, work: impl Future<Output = T>) -> T {
    let (work, timer) = (pin!(work), pin!(cx.clock().sleep(TURN_MAX)));
    match select(work, timer).await {
        Either::Left((done, _)) => done,
        Either::Right(((), work)) => {
            drop(turn);
            work.await
        }
    }
}

/// How often and how long a server was waited for.
#[derive(Default)]
struct Patience {
    tries: u32,
    waited: Duration,
}

impl Patience {
    /// Gives how long to wait before the request is sent again; `None` where the response stands.
    fn wait(&mut self, response: &Response) -> Option<Duration> {
        let doubled = WAIT_FIRST * (1 << self.tries.min(TRIES_MAX));
        let wait = response.retry_after.unwrap_or(doubled).clamp(WAIT_FIRST, WAIT_MAX);
        self.tries += 1;
        let is_expected = response.retry_after.is_some() && self.waited + wait <= PATIENCE;
        if !fail::asks_to_repeat(response) || (self.tries >= TRIES_MAX && !is_expected) {
            return None;
        }
        self.waited += wait;
        Some(wait)
    }
}

/// A response that comes line by line.
pub(crate) struct Lines {
    body: Body,
    buffer: BytesMut,
    /// How much of the buffer was searched for an end of line already.
    searched: usize,
}

impl Lines {
    /// Gives the next line as [`next`](Self::next) does; `None` where nothing comes within `silence`.
    ///
    /// # Errors
    /// As [`next`](Self::next).
    pub(crate) async fn next_within(
        &mut self,
        cx: &Context,
        silence: Duration,
    ) -> Option<Result<Option<BytesMut>>> {
        let (next, timer) = (pin!(self.next()), pin!(cx.clock().sleep(silence)));
        match select(next, timer).await {
            Either::Left((line, _)) => Some(line),
            Either::Right(_) => None,
        }
    }

    /// Gives the next line that is not empty; `None` where the stream has ended in order. Dropping the future loses nothing.
    ///
    /// # Errors
    /// What broke the stream, in its own words.
    pub(crate) async fn next(&mut self) -> Result<Option<BytesMut>> {
        loop {
            if let Some(end) = self.buffer[self.searched..].iter().position(|byte| *byte == b'\n') {
                let line = self.buffer.split_to(self.searched + end + 1);
                self.searched = 0;
                if line.len() > 1 {
                    return Ok(Some(line));
                }
                continue;
            }
            self.searched = self.buffer.len();
            if self.searched > LINE_BYTES_MAX {
                return Err(Error::new(ErrorKind::Limit, "a line of the watch is too long")
                    .with("limit", LINE_BYTES_MAX));
            }
            match self.body.frame().await {
                Some(Ok(frame)) => self.buffer.extend_from_slice(&frame.into_data().unwrap_or_default()),
                Some(Err(error)) => {
                    let words = format!("the watch broke: {error}");
                    return Err(Error::new(ErrorKind::Unavailable, words));
                }
                None => return Ok(None),
            }
        }
    }
}

/// Reads a wait in seconds. A date in its place is not read: it would need the clock of the server.
fn wait_of(text: &str) -> Option<Duration> {
    let digits = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    // Digits that are no number are too many of them.
    digits.then(|| text.parse().map_or(RETRY_AFTER_MAX, Duration::from_secs).min(RETRY_AFTER_MAX))
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
