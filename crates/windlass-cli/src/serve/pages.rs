//! What a run tells of itself: three paths, to be read.

use std::sync::{Arc, Mutex, PoisonError};

use bytes::Bytes;
use http::{HeaderValue, Method, Request, Response, StatusCode};
use http_body_util::Full;
use hyper::body::Incoming;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use windlass_core::Error;

use super::http::{Visit, only, response};
use super::{Board, Listen, Server, metrics, probes};

/// Metrics that are written or sent at once, each of some kilobytes for each unit.
const SCRAPES_MAX: usize = 4;

const PLAIN: HeaderValue = HeaderValue::from_static("text/plain; charset=utf-8");

/// Begins to tell what is on a board.
///
/// # Errors
/// As [`Server::start`].
pub(crate) async fn tell(listen: Listen, board: &Arc<Board>) -> Result<Server, Error> {
    let board = Arc::clone(board);
    let scrapes = Arc::new(Semaphore::new(SCRAPES_MAX));
    let visits =
        move || Page { board: Arc::clone(&board), scrapes: Arc::clone(&scrapes), scrape: Mutex::default() };
    Server::start(listen, "--listen", visits).await
}

/// One connection, and what it holds while it lasts.
struct Page {
    board: Arc<Board>,
    scrapes: Arc<Semaphore>,
    scrape: Mutex<Option<OwnedSemaphorePermit>>,
}

impl Visit for Page {
    async fn answer(&self, request: Request<Incoming>) -> Response<Full<Bytes>> {
        let path = request.uri().path();
        if !matches!(path, "/healthz" | "/readyz" | "/metrics") {
            return plain(StatusCode::NOT_FOUND, "there are /healthz, /readyz and /metrics");
        }
        if !matches!(*request.method(), Method::GET | Method::HEAD) {
            return only(plain(StatusCode::METHOD_NOT_ALLOWED, "this can only be read"), "GET, HEAD");
        }
        let cx = self.board.cx();
        let (now, stopping) = (cx.now().mono, cx.cancel().is_cancelled());
        match path {
            "/healthz" => probe(self.board.look(|facts| probes::health(facts, now, stopping))),
            "/readyz" => probe(self.board.look(|facts| probes::readiness(facts, stopping))),
            _ => self.metrics().await,
        }
    }
}

impl Page {
    /// Writes the metrics on a thread that nobody waits for, unless that is done for enough others.
    async fn metrics(&self) -> Response<Full<Bytes>> {
        let Ok(scrape) = Arc::clone(&self.scrapes).try_acquire_owned() else {
            return plain(StatusCode::SERVICE_UNAVAILABLE, "enough others read the metrics; try again");
        };
        // It is given back with the connection, when all is sent.
        *self.scrape.lock().unwrap_or_else(PoisonError::into_inner) = Some(scrape);
        let board = Arc::clone(&self.board);
        match tokio::task::spawn_blocking(move || metrics::text(board.known())).await {
            Ok(Ok(text)) => response(StatusCode::OK, HeaderValue::from_static(metrics::CONTENT_TYPE), text),
            _ => plain(StatusCode::INTERNAL_SERVER_ERROR, "the metrics cannot be written"),
        }
    }
}

fn probe(result: Result<(), String>) -> Response<Full<Bytes>> {
    match result {
        Ok(()) => plain(StatusCode::OK, "ok"),
        Err(why) => plain(StatusCode::SERVICE_UNAVAILABLE, &why),
    }
}

fn plain(status: StatusCode, text: &str) -> Response<Full<Bytes>> {
    response(status, PLAIN, format!("{text}\n"))
}

#[cfg(test)]
mod tests {
    use windlass_core::Context;
    use windlass_engine::TokioClock;

    use super::*;

    #[tokio::test]
    async fn metrics_are_held_by_few_connections_at_once_and_by_others_after_them() {
        let board = Arc::new(Board::new(&Context::new(TokioClock::new()), || 7));
        let scrapes = Arc::new(Semaphore::new(1));
        let visit =
            || Page { board: Arc::clone(&board), scrapes: Arc::clone(&scrapes), scrape: Mutex::default() };
        let (first, second) = (visit(), visit());
        assert_eq!(first.metrics().await.status(), StatusCode::OK);
        assert_eq!(second.metrics().await.status(), StatusCode::SERVICE_UNAVAILABLE);
        drop(first);
        assert_eq!(second.metrics().await.status(), StatusCode::OK);
    }
}
