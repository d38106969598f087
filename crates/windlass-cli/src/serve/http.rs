//! The server: one request for each connection, few connections at once, and each for a short time.

use std::convert::Infallible;
use std::future::Future;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http::header::{ALLOW, CONTENT_TYPE};
use http::{HeaderValue, Request, Response, StatusCode};
use http_body_util::Full;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Semaphore;
use windlass_core::{Cancel, Error, ErrorKind};

use super::Listen;

/// Connections at once. Further ones wait for the end of one of these.
const CONNECTIONS_MAX: u32 = 64;
/// How long a client may take to say what it wants.
const HEADERS_WAIT: Duration = Duration::from_secs(5);
/// The longest time of one connection, which is that of one request.
const CONNECTION_WAIT: Duration = Duration::from_secs(30);
/// The longest request without its body, in bytes; hyper takes no smaller limit.
const REQUEST_BYTES_MAX: usize = 8 * 1024;
/// Headers of one request.
const HEADERS_MAX: usize = 64;
/// How long what is being answered may take at the end.
const GRACE: Duration = Duration::from_secs(2);
/// How long nobody is let in after the system refused a connection, such as for want of files.
const PAUSE: Duration = Duration::from_millis(100);

/// What answers the one request of a connection, and holds what the connection needs while it lasts.
pub(super) trait Visit: Send + Sync + 'static {
    fn answer(&self, request: Request<Incoming>) -> impl Future<Output = Response<Full<Bytes>>> + Send;
}

/// A server that answers until it is stopped.
#[derive(Debug)]
pub(crate) struct Server {
    stop: Cancel,
    slots: Arc<Semaphore>,
    address: String,
}

impl Server {
    /// Begins to listen, where a flag says, and to answer, on a task of its own.
    ///
    /// # Errors
    /// [`ErrorKind::Unavailable`] where the address cannot be listened at.
    pub(super) async fn start<V: Visit>(
        listen: Listen,
        flag: &'static str,
        visits: impl Fn() -> V + Send + Sync + 'static,
    ) -> Result<Self, Error> {
        let unavailable = |error| {
            Error::new(ErrorKind::Unavailable, "cannot listen")
                .with("flag", flag)
                .with("address", listen)
                .with_help("choose an address of this machine and a port that is free")
                .caused_by(error)
        };
        let listener = listen.bind().await.map_err(unavailable)?;
        let address = listener.local_addr().map_err(unavailable)?.to_string();
        let slots = Arc::new(Semaphore::new(CONNECTIONS_MAX as usize));
        let stop = Cancel::new();
        let door = Door { visits, slots: Arc::clone(&slots), stop: stop.clone() };
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
struct Door<F> {
    visits: F,
    slots: Arc<Semaphore>,
    stop: Cancel,
}

impl<V: Visit, F: Fn() -> V> Door<F> {
    async fn open(&self, listener: TcpListener) {
        while let Ok(slot) = Arc::clone(&self.slots).acquire_owned().await {
            let Ok((stream, _)) = listener.accept().await else {
                tokio::time::sleep(PAUSE).await;
                continue;
            };
            let (visit, stop) = ((self.visits)(), self.stop.clone());
            tokio::spawn(async move {
                // How a client leaves is its own affair.
                let _ = tokio::time::timeout(CONNECTION_WAIT, talk(stream, &visit, &stop)).await;
                drop(slot);
            });
        }
    }
}

/// Answers the one request of a connection.
async fn talk(stream: TcpStream, visit: &impl Visit, stop: &Cancel) {
    let service = service_fn(async |request| Ok::<_, Infallible>(visit.answer(request).await));
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

pub(super) fn response(status: StatusCode, content: HeaderValue, text: String) -> Response<Full<Bytes>> {
    let mut response = Response::new(Full::new(Bytes::from(text)));
    *response.status_mut() = status;
    response.headers_mut().insert(CONTENT_TYPE, content);
    response
}

/// Says that a path does not take a method, but these.
pub(super) fn only(response: Response<Full<Bytes>>, methods: &'static str) -> Response<Full<Bytes>> {
    let mut response = response;
    response.headers_mut().insert(ALLOW, HeaderValue::from_static(methods));
    response
}
