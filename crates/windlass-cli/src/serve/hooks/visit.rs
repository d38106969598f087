//! A delivery over HTTP: read within limits, and answered with a status alone.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http::header::CONTENT_ENCODING;
use http::{HeaderMap, Method, Request, Response, StatusCode};
use http_body_util::{BodyExt as _, Full, LengthLimitError, Limited};
use hyper::body::{Body as _, Incoming};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::timeout;
use windlass_receiver::{BODY_BYTES_MAX, Request as Delivered};

use super::hook::Hook;
use super::{Came, Hooks};
use crate::serve::http::{Visit, only};

/// How long a body may take to come, with the wait for room.
const BODY_WAIT: Duration = Duration::from_secs(10);
/// Bodies that are held at once, in KiB. Who comes when these are taken waits.
const BODIES_KIB_MAX: usize = 16 * 1024;
/// Deliveries that are verified and read at once.
const DECISIONS_MAX: usize = 4;

/// What all deliveries share.
#[derive(Debug)]
pub(super) struct Room {
    bodies: Arc<Semaphore>,
    decisions: Arc<Semaphore>,
}

impl Default for Room {
    fn default() -> Self {
        let (bodies, decisions) = (Semaphore::new(BODIES_KIB_MAX), Semaphore::new(DECISIONS_MAX));
        Self { bodies: Arc::new(bodies), decisions: Arc::new(decisions) }
    }
}

/// One connection.
pub(super) struct Call(Arc<Hooks>);

impl Call {
    pub(super) fn of(hooks: &Arc<Hooks>) -> Self {
        Self(Arc::clone(hooks))
    }

    /// Reads a delivery and decides on it. Nothing of the body is read before path, method and headers are right.
    async fn take(&self, hook: &Arc<Hook>, request: Request<Incoming>) -> Came {
        if request.method() != Method::POST {
            return Came::Method;
        }
        let packed = request.headers().get(CONTENT_ENCODING);
        if packed.is_some_and(|how| !how.as_bytes().eq_ignore_ascii_case(b"identity")) {
            return Came::MediaType;
        }
        let (parts, body) = request.into_parts();
        let (body, room) = match timeout(BODY_WAIT, self.body(body)).await {
            Ok(Ok(both)) => both,
            Ok(Err(came)) => return came,
            Err(_) => return Came::Slow,
        };
        let Ok(turn) = Arc::clone(&self.0.room.decisions).acquire_owned().await else { return Came::Failed };
        let hook = Arc::clone(hook);
        let decision = move || {
            let came = hook.take(&Delivered { headers: &texts(&parts.headers), body: &body });
            drop((turn, room));
            came
        };
        tokio::task::spawn_blocking(decision).await.unwrap_or(Came::Failed)
    }

    /// Reads a body once there is room for it.
    async fn body(&self, body: Incoming) -> Result<(Bytes, OwnedSemaphorePermit), Came> {
        let told = body.size_hint().upper().unwrap_or(BODY_BYTES_MAX as u64);
        let size = usize::try_from(told).ok().filter(|size| *size <= BODY_BYTES_MAX).ok_or(Came::TooLarge)?;
        let kib = u32::try_from(size.div_ceil(1024)).map_err(|_| Came::TooLarge)?;
        let room = Arc::clone(&self.0.room.bodies).acquire_many_owned(kib).await.map_err(|_| Came::Failed)?;
        let read = Limited::new(body, BODY_BYTES_MAX)
            .collect()
            .await
            .map_err(|error| if error.is::<LengthLimitError>() { Came::TooLarge } else { Came::Malformed })?;
        Ok((read.to_bytes(), room))
    }
}

impl Visit for Call {
    async fn answer(&self, request: Request<Incoming>) -> Response<Full<Bytes>> {
        let Some(hook) = self.0.at(request.uri().path()) else {
            self.0.board.came("", Came::UnknownPath);
            return silent(Came::UnknownPath.status());
        };
        let came = self.take(&hook, request).await;
        self.0.count(&hook, came);
        let response = silent(came.status());
        if came == Came::Method { only(response, "POST") } else { response }
    }
}

/// The headers that are texts.
fn texts(headers: &HeaderMap) -> Vec<(&str, &str)> {
    headers.iter().filter_map(|(name, value)| Some((name.as_str(), value.to_str().ok()?))).collect()
}

fn silent(status: StatusCode) -> Response<Full<Bytes>> {
    let mut response = Response::new(Full::default());
    *response.status_mut() = status;
    response
}
