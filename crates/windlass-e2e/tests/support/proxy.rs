//! A proxy between the engine and the API server that does harm by rules. Its front is plain HTTP, its back HTTPS.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use bytes::Bytes;
use futures_util::StreamExt;
use http::header::{AUTHORIZATION, CONTENT_TYPE, HOST, HeaderValue, RETRY_AFTER};
use http::{Request, Response, Uri};
use http_body_util::combinators::UnsyncBoxBody;
use http_body_util::{BodyExt, Full, StreamBody};
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_rustls::{HttpsConnector, HttpsConnectorBuilder};
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::{TokioExecutor, TokioIo};
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;
use serde_json::{Value, json};
use tokio::net::TcpListener;
use tokio::sync::broadcast;

use super::plane::kubectl;
use super::world::run;

/// A count of times that has no end.
pub(crate) const ALWAYS: usize = usize::MAX;
/// What happens to open watches that nobody has read yet.
const ILLS_MAX: usize = 64;

type Failure = Box<dyn std::error::Error + Send + Sync>;
type Body = UnsyncBoxBody<Bytes, Failure>;

/// What is done to a request that a rule is for.
#[derive(Debug, Clone)]
pub(crate) enum Fault {
    /// It gets this answer of the API server, and never reaches it.
    Refused(Refusal),
    /// It gets this answer of something in between, such as a load balancer, and never reaches the server.
    Between(u16),
    /// It never reaches the server, and there is no answer.
    Stalled,
    /// It reaches the server, and its answer is never given.
    Unanswered,
    /// It reaches the server, and the connection is cut in the place of the answer.
    Lost,
    /// The connection is cut before it reaches the server.
    Cut,
    /// A watch tells this in the place of what the server says, and ends.
    Told(Refusal),
    /// It reaches the server with one text of its query replaced by another.
    Rewritten(&'static str, &'static str),
    /// Who asks with this token is not known.
    Unknown(String),
}

/// A `Status` of the API server.
#[derive(Debug, Clone)]
pub(crate) struct Refusal {
    pub(crate) code: u16,
    pub(crate) reason: &'static str,
    pub(crate) message: &'static str,
    pub(crate) retry_after: Option<u32>,
}

/// What happens to watches that are open.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Ill {
    /// Their connections break.
    Broken,
    /// They stay open and say nothing any more.
    Silent,
}

/// Which requests a rule is for, and how often it has hit.
#[derive(Debug)]
pub(crate) struct Rule {
    verb: &'static str,
    path: String,
    left: AtomicUsize,
    hits: AtomicUsize,
    fault: Fault,
}

/// A request as it was asked.
#[derive(Debug, Clone)]
pub(crate) struct Asked {
    /// The method; `WATCH` for a watch, and `DRY-RUN` for a write that is none.
    pub(crate) verb: String,
    /// The path with its query.
    pub(crate) uri: String,
    /// What the server said, where it was reached.
    pub(crate) status: Option<u16>,
    /// The version of the object that was written.
    pub(crate) version: Option<String>,
}

/// A proxy that runs until the test ends.
pub(crate) struct Proxy {
    pub(crate) url: String,
    shared: Arc<Shared>,
}

struct Shared {
    rules: Mutex<Vec<Arc<Rule>>>,
    log: Mutex<Vec<Asked>>,
    ills: broadcast::Sender<(String, Ill)>,
    server: String,
    client: Client<HttpsConnector<HttpConnector>, Full<Bytes>>,
}

impl Refusal {
    pub(crate) const fn new(code: u16, reason: &'static str, message: &'static str) -> Self {
        Self { code, reason, message, retry_after: None }
    }

    pub(crate) const fn after(self, seconds: u32) -> Self {
        Self { retry_after: Some(seconds), ..self }
    }

    fn status(&self) -> Value {
        json!({
            "kind": "Status", "apiVersion": "v1", "metadata": {}, "status": "Failure",
            "message": self.message, "reason": self.reason, "code": self.code,
        })
    }
}

impl Rule {
    pub(crate) fn hits(&self) -> usize {
        self.hits.load(Ordering::SeqCst)
    }

    /// Hits nothing any more.
    pub(crate) fn end(&self) {
        self.left.store(0, Ordering::SeqCst);
    }

    fn takes(&self, asked: &Asked, token: &str) -> bool {
        let fits = (self.verb == "*" || self.verb == asked.verb) && asked.uri.contains(&self.path);
        let fits = fits && !matches!(&self.fault, Fault::Unknown(unknown) if !token.ends_with(unknown));
        let less = |left: usize| if left == ALWAYS { Some(left) } else { left.checked_sub(1) };
        let hit = fits && self.left.fetch_update(Ordering::SeqCst, Ordering::SeqCst, less).is_ok();
        self.hits.fetch_add(hit.into(), Ordering::SeqCst);
        hit
    }
}

impl Proxy {
    /// Starts one in front of the control plane of the tests.
    pub(crate) fn new() -> Self {
        let config: Value = serde_json::from_str(&kubectl("config view --raw --minify --flatten -o json"))
            .expect("a kubeconfig");
        let cluster = &config["clusters"][0]["cluster"];
        let server = cluster["server"].as_str().expect("a server").to_owned();
        let authority = cluster["certificate-authority-data"].as_str().expect("an authority");
        let client = Client::builder(TokioExecutor::new()).build(connector(authority));
        let shared = Shared {
            rules: Mutex::default(),
            log: Mutex::default(),
            ills: broadcast::channel(ILLS_MAX).0,
            server,
            client,
        };
        let shared = Arc::new(shared);
        let listener = run(TcpListener::bind("127.0.0.1:0")).expect("a free port");
        let url = format!("http://{}", listener.local_addr().expect("an address"));
        run(async { drop(tokio::spawn(serve(listener, Arc::clone(&shared)))) });
        Self { url, shared }
    }

    /// Does harm to the next `times` requests with this verb (see [`Asked::verb`]; `*` for any) whose path and query
    /// contain a text.
    pub(crate) fn rule(&self, verb: &'static str, path: &str, times: usize, fault: Fault) -> Arc<Rule> {
        let rule = Arc::new(Rule { verb, path: path.into(), left: times.into(), hits: 0.into(), fault });
        self.shared.rules.lock().expect("no panic under it").push(Arc::clone(&rule));
        rule
    }

    /// Does harm to the open watches whose path and query contain a text.
    pub(crate) fn harm_watches(&self, path: &str, ill: Ill) {
        let _ = self.shared.ills.send((path.into(), ill));
    }

    /// Counts the requests with this verb whose path and query contain a text.
    pub(crate) fn asked(&self, verb: &str, path: &str) -> usize {
        let log = self.shared.log.lock().expect("no panic under it");
        log.iter().filter(|asked| asked.verb == verb && asked.uri.contains(path)).count()
    }

    /// Lists the writes in a namespace that changed something on the server, in order: `PATCH configmaps/a`. A repeated
    /// apply of what is there is none: the server keeps the version.
    pub(crate) fn written(&self, namespace: &str) -> Vec<String> {
        let log = self.shared.log.lock().expect("no panic under it");
        let inside = format!("/namespaces/{namespace}/");
        let (mut versions, mut written) = (BTreeMap::new(), Vec::new());
        for asked in
            log.iter().filter(|asked| asked.is_write() && asked.status.is_some_and(|code| code < 300))
        {
            let Some((_, path)) = asked.uri.split_once(&inside) else { continue };
            let path = path.split('?').next().unwrap_or_default();
            let before = versions.insert(path, &asked.version);
            if asked.version.is_none() || before != Some(&asked.version) {
                written.push(format!("{} {path}", asked.verb));
            }
        }
        written
    }

    /// Everything that was asked, for the messages of assertions.
    pub(crate) fn log(&self) -> String {
        let log = self.shared.log.lock().expect("no panic under it");
        log.iter().map(|asked| format!("{} {} {:?}\n", asked.verb, asked.uri, asked.status)).collect()
    }
}

fn connector(authority: &str) -> HttpsConnector<HttpConnector> {
    use base64::Engine as _;
    let pem = base64::engine::general_purpose::STANDARD.decode(authority).expect("base64");
    let mut roots = rustls::RootCertStore::empty();
    for certificate in CertificateDer::pem_slice_iter(&pem) {
        roots.add(certificate.expect("a certificate")).expect("an authority");
    }
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let tls = rustls::ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .expect("ring has the default versions")
        .with_root_certificates(roots)
        .with_no_client_auth();
    let mut http = HttpConnector::new();
    http.enforce_http(false);
    http.set_nodelay(true);
    HttpsConnectorBuilder::new().with_tls_config(tls).https_only().enable_http1().wrap_connector(http)
}

async fn serve(listener: TcpListener, shared: Arc<Shared>) {
    while let Ok((stream, _)) = listener.accept().await {
        let _ = stream.set_nodelay(true);
        let shared = Arc::clone(&shared);
        let answer = service_fn(move |request| {
            let shared = Arc::clone(&shared);
            async move { shared.answer(request).await }
        });
        // An error of the service cuts the connection, which is what some faults want.
        tokio::spawn(http1::Builder::new().serve_connection(TokioIo::new(stream), answer));
    }
}

impl Shared {
    async fn answer(&self, request: Request<Incoming>) -> Result<Response<Body>, Failure> {
        let asked = Asked::of(&request);
        let token =
            request.headers().get(AUTHORIZATION).and_then(|value| value.to_str().ok()).unwrap_or_default();
        let rules = self.rules.lock().expect("no panic under it").clone();
        let fault = rules.iter().find(|rule| rule.takes(&asked, token)).map(|rule| rule.fault.clone());
        let no = {
            let mut log = self.log.lock().expect("no panic under it");
            log.push(asked);
            log.len() - 1
        };
        match fault {
            None => self.pass(request, no, |uri| uri).await,
            Some(Fault::Rewritten(from, to)) => self.pass(request, no, |uri| uri.replace(from, to)).await,
            Some(Fault::Refused(refusal)) => Ok(refused(&refusal)),
            Some(Fault::Unknown(_)) => Ok(refused(&Refusal::new(401, "Unauthorized", "Unauthorized"))),
            Some(Fault::Between(code)) => {
                Ok(Response::builder().status(code).body(whole("<h1>no server is available</h1>".into()))?)
            }
            Some(Fault::Told(refusal)) => {
                let line = json!({"type": "ERROR", "object": refusal.status()});
                Ok(Response::new(whole(format!("{line}\n"))))
            }
            Some(Fault::Cut) => Err("cut".into()),
            Some(Fault::Stalled) => std::future::pending().await,
            Some(Fault::Lost) => {
                self.pass(request, no, |uri| uri).await?.into_body().collect().await?;
                Err("cut".into())
            }
            Some(Fault::Unanswered) => {
                self.pass(request, no, |uri| uri).await?.into_body().collect().await?;
                std::future::pending().await
            }
        }
    }

    /// Passes a request on, and what the server says back, as it comes.
    async fn pass(
        &self,
        request: Request<Incoming>,
        no: usize,
        rewrite: impl FnOnce(String) -> String,
    ) -> Result<Response<Body>, Failure> {
        let ills = self.ills.subscribe();
        let asked = Asked::of(&request);
        let (mut parts, body) = request.into_parts();
        parts.uri = format!("{}{}", self.server, rewrite(asked.uri.clone())).parse::<Uri>()?;
        parts.headers.remove(HOST);
        let body = Full::new(body.collect().await?.to_bytes());
        let (parts, body) = self.client.request(Request::from_parts(parts, body)).await?.into_parts();
        self.log.lock().expect("no panic under it")[no].status = Some(parts.status.as_u16());
        if asked.verb == "WATCH" {
            return Ok(Response::from_parts(parts, watched(body, asked.uri, ills)));
        }
        if !asked.is_write() {
            return Ok(Response::from_parts(parts, body.map_err(Failure::from).boxed_unsync()));
        }
        let body = body.collect().await?.to_bytes();
        let said: Value = serde_json::from_slice(&body).unwrap_or_default();
        let version = said["metadata"]["resourceVersion"].as_str().map(str::to_owned);
        self.log.lock().expect("no panic under it")[no].version = version;
        Ok(Response::from_parts(parts, Full::new(body).map_err(|never| match never {}).boxed_unsync()))
    }
}

impl Asked {
    fn is_write(&self) -> bool {
        !["GET", "WATCH", "DRY-RUN"].contains(&&*self.verb)
    }

    fn of(request: &Request<Incoming>) -> Self {
        let uri = request.uri().path_and_query().map_or_else(String::new, ToString::to_string);
        let verb = match request.method().as_str() {
            "GET" if uri.contains("watch=true") => "WATCH",
            method if method != "GET" && uri.contains("dryRun=All") => "DRY-RUN",
            method => method,
        };
        Self { verb: verb.into(), uri, status: None, version: None }
    }
}

/// What a watch says, until something happens to it.
fn watched(body: Incoming, uri: String, ills: broadcast::Receiver<(String, Ill)>) -> Body {
    let lines = futures_util::stream::unfold(Some((body, ills)), move |state| {
        let uri = uri.clone();
        async move {
            let (mut body, mut ills) = state?;
            loop {
                tokio::select! {
                    frame = body.frame() => {
                        return Some((frame?.map_err(Failure::from), Some((body, ills))));
                    }
                    ill = ills.recv() => match ill {
                        Ok((path, Ill::Broken)) if uri.contains(&path) => return Some((Err("cut".into()), None)),
                        Ok((path, Ill::Silent)) if uri.contains(&path) => std::future::pending().await,
                        Ok(_) => {}
                        Err(_) => return None,
                    },
                }
            }
        }
    });
    StreamBody::new(lines.boxed()).boxed_unsync()
}

fn refused(refusal: &Refusal) -> Response<Body> {
    let mut response = Response::new(whole(refusal.status().to_string()));
    *response.status_mut() = http::StatusCode::from_u16(refusal.code).expect("a status");
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    if let Some(seconds) = refusal.retry_after {
        response.headers_mut().insert(RETRY_AFTER, HeaderValue::from(seconds));
    }
    response
}

fn whole(text: String) -> Body {
    Full::new(Bytes::from(text)).map_err(|never| match never {}).boxed_unsync()
}
