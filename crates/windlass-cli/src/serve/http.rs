//! The server: three paths, to be read, by few at once and for a short time each.

use std::convert::Infallible;
use std::pin::pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use bytes::Bytes;
use http::header::{ALLOW, CONTENT_TYPE};
use http::{HeaderValue, Method, Request, Response, StatusCode};
use http_body_util::Full;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use windlass_core::{Cancel, Error, ErrorKind};

use super::{Board, Listen, metrics, probes};

/// Connections at once. Further ones wait for the end of one of these.
const CONNECTIONS_MAX: u32 = 64;
/// How long a client may take to say what it wants.
const HEADERS_WAIT: Duration = Duration::from_secs(5);
/// The longest time of one connection, which is that of one request.
const CONNECTION_WAIT: Duration = Duration::from_secs(30);
/// The longest request, in bytes; hyper takes no smaller limit.
const REQUEST_BYTES_MAX: usize = 8 * 1024;
/// Headers of one request.
const HEADERS_MAX: usize = 64;
/// Metrics that are written or sent at once, each of some kilobytes for each unit.
const SCRAPES_MAX: usize = 4;
/// How long what is being answered may take at the end.
const GRACE: Duration = Duration::from_secs(2);
/// How long nobody is let in after the system refused a connection, such as for want of files.
const PAUSE: Duration = Duration::from_millis(100);

const PLAIN: HeaderValue = HeaderValue::from_static("text/plain; charset=utf-8");

/// A server that answers from a board until it is stopped.
#[derive(Debug)]
pub(crate) struct Server {
    stop: Cancel,
    slots: Arc<Semaphore>,
    address: String,
}

impl Server {
    /// Begins to listen and to answer, on a task of its own.
    ///
    /// # Errors
    /// [`ErrorKind::Unavailable`] where the address cannot be listened at.
    pub(crate) async fn start(listen: Listen, board: &Arc<Board>) -> Result<Self, Error> {
        let unavailable = |error| {
            Error::new(ErrorKind::Unavailable, "cannot listen")
                .with("flag", "--listen")
                .with("address", listen)
                .with_help("choose an address of this machine and a port that is free")
                .caused_by(error)
        };
        let listener = listen.bind().await.map_err(unavailable)?;
        let address = listener.local_addr().map_err(unavailable)?.to_string();
        let slots = Arc::new(Semaphore::new(CONNECTIONS_MAX as usize));
        let stop = Cancel::new();
        let door = Door {
            board: Arc::clone(board),
            slots: Arc::clone(&slots),
            scrapes: Arc::new(Semaphore::new(SCRAPES_MAX)),
            stop: stop.clone(),
        };
        tokio::spawn(async move { door.stop.until(door.open(listener)).await });
        Ok(Self { stop, slots, address })
    }

    /// The address that it listens at.
    pub(crate) fn address(&self) -> &str {
        &self.address
    }

    /// Lets nobody in any more, and waits for a short time until everybody is answered.
    pub(crate) async fn stop(self) {
        self.stop.cancel();
        // Who is slower than that is cut off with the process.
        let _ = tokio::time::timeout(GRACE, self.slots.acquire_many(CONNECTIONS_MAX)).await;
    }
}

/// Where connections come in.
struct Door {
    board: Arc<Board>,
    slots: Arc<Semaphore>,
    scrapes: Arc<Semaphore>,
    stop: Cancel,
}

impl Door {
    async fn open(&self, listener: TcpListener) {
        while let Ok(slot) = Arc::clone(&self.slots).acquire_owned().await {
            let Ok((stream, _)) = listener.accept().await else {
                tokio::time::sleep(PAUSE).await;
                continue;
            };
            let visit = Visit {
                board: Arc::clone(&self.board),
                scrapes: Arc::clone(&self.scrapes),
                scrape: Mutex::default(),
            };
            let stop = self.stop.clone();
            tokio::spawn(async move {
                // How a client leaves is its own affair.
                let _ = tokio::time::timeout(CONNECTION_WAIT, talk(stream, &visit, &stop)).await;
                drop(slot);
            });
        }
    }
}

/// Answers the one request of a connection.
async fn talk(stream: TcpStream, visit: &Visit, stop: &Cancel) {
    let service = service_fn(async |request| Ok::<_, Infallible>(visit.answer(&request).await));
    let connection = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(HEADERS_WAIT)
        .max_buf_size(REQUEST_BYTES_MAX)
        .max_headers(HEADERS_MAX)
        .keep_alive(false)
        .serve_connection(TokioIo::new(stream), service);
    let mut connection = pin!(connection);
    if stop.until(connection.as_mut()).await.is_none() {
        connection.as_mut().graceful_shutdown();
        let _ = connection.await;
    }
}

/// One connection, and what it holds while it lasts.
struct Visit {
    board: Arc<Board>,
    scrapes: Arc<Semaphore>,
    scrape: Mutex<Option<OwnedSemaphorePermit>>,
}

impl Visit {
    async fn answer(&self, request: &Request<Incoming>) -> Response<Full<Bytes>> {
        let path = request.uri().path();
        if !matches!(path, "/healthz" | "/readyz" | "/metrics") {
            return plain(StatusCode::NOT_FOUND, "there are /healthz, /readyz and /metrics");
        }
        if !matches!(*request.method(), Method::GET | Method::HEAD) {
            let mut response = plain(StatusCode::METHOD_NOT_ALLOWED, "this can only be read");
            response.headers_mut().insert(ALLOW, HeaderValue::from_static("GET, HEAD"));
            return response;
        }
        let cx = self.board.cx();
        let (now, stopping) = (cx.now().mono, cx.cancel().is_cancelled());
        match path {
            "/healthz" => probe(self.board.look(|facts| probes::health(facts, now, stopping))),
            "/readyz" => probe(self.board.look(|facts| probes::readiness(facts, stopping))),
            _ => self.metrics().await,
        }
    }

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

fn response(status: StatusCode, content: HeaderValue, text: String) -> Response<Full<Bytes>> {
    let mut response = Response::new(Full::new(Bytes::from(text)));
    *response.status_mut() = status;
    response.headers_mut().insert(CONTENT_TYPE, content);
    response
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
            || Visit { board: Arc::clone(&board), scrapes: Arc::clone(&scrapes), scrape: Mutex::default() };
        let (first, second) = (visit(), visit());
        assert_eq!(first.metrics().await.status(), StatusCode::OK);
        assert_eq!(second.metrics().await.status(), StatusCode::SERVICE_UNAVAILABLE);
        drop(first);
        assert_eq!(second.metrics().await.status(), StatusCode::OK);
    }
}
