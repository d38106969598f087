//! The yardstick: server-side applies over HTTP/1.1 and TLS, 32 at once, and nothing else.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use bytes::Bytes;
use http::{Method, Request};
use http_body_util::{BodyExt, Full};
use hyper_rustls::{HttpsConnector, HttpsConnectorBuilder};
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::TokioExecutor;
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;

const APPLY: &str = "application/apply-patch+yaml";
/// As many as an engine has under way unless told otherwise.
const AT_ONCE: usize = 32;

/// A server, the token shown to it, and the authority that it is trusted by.
#[derive(Clone)]
pub(crate) struct Access {
    pub(crate) server: String,
    pub(crate) token: String,
    pub(crate) authority: String,
}

/// One server-side apply.
pub(crate) struct Body {
    /// The path of the API.
    pub(crate) path: String,
    pub(crate) json: String,
}

/// A client with a pool of connections, as the `kube` crate has one.
#[derive(Clone)]
pub(crate) struct Bare {
    pub(crate) client: Client<HttpsConnector<HttpConnector>, Full<Bytes>>,
    access: Access,
}

impl Bare {
    pub(crate) fn new(access: &Access) -> Self {
        let mut roots = rustls::RootCertStore::empty();
        for certificate in CertificateDer::pem_slice_iter(access.authority.as_bytes()) {
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
        let connector = HttpsConnectorBuilder::new()
            .with_tls_config(tls)
            .https_only()
            .enable_http1()
            .wrap_connector(http);
        let client = Client::builder(TokioExecutor::new()).build(connector);
        Self { client, access: access.clone() }
    }

    /// Applies what comes first, one after the other, and then the rest; gives the time from the first request to the last
    /// answer.
    pub(crate) async fn converge(&self, first: &[Body], rest: Vec<Body>) -> Duration {
        let began = Instant::now();
        for body in first {
            self.apply(body).await;
        }
        let (rest, next) = (Arc::new(rest), Arc::new(AtomicUsize::new(0)));
        let workers: Vec<_> = (0..AT_ONCE)
            .map(|_| {
                let (bare, rest, next) = (self.clone(), Arc::clone(&rest), Arc::clone(&next));
                tokio::spawn(async move {
                    while let Some(body) = rest.get(next.fetch_add(1, Ordering::Relaxed)) {
                        bare.apply(body).await;
                    }
                })
            })
            .collect();
        for worker in workers {
            worker.await.expect("every apply must succeed");
        }
        began.elapsed()
    }

    async fn apply(&self, body: &Body) {
        let target = format!("{}?fieldManager=bare&force=true&fieldValidation=Strict", body.path);
        let (status, answer) = self.send(Method::PATCH, &target, APPLY, body.json.clone()).await;
        assert!(matches!(status, 200 | 201), "{}: {}", body.path, String::from_utf8_lossy(&answer));
    }

    /// Sends a body of this media type; gives the status and the answer.
    pub(crate) async fn send(&self, method: Method, target: &str, kind: &str, body: String) -> (u16, Bytes) {
        let request = self.request(method, target, kind, body);
        let answer = self.client.request(request).await.expect("an answer");
        let status = answer.status().as_u16();
        (status, answer.into_body().collect().await.expect("a whole answer").to_bytes())
    }

    pub(crate) fn request(
        &self,
        method: Method,
        target: &str,
        kind: &str,
        body: String,
    ) -> Request<Full<Bytes>> {
        Request::builder()
            .method(method)
            .uri(format!("{}{target}", self.access.server))
            .header("authorization", format!("Bearer {}", self.access.token))
            .header("accept", "application/json")
            .header("content-type", kind)
            .body(Full::from(body))
            .expect("a request")
    }
}
