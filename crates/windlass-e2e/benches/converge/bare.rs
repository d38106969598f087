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

use super::fleet::{Body, Fleet};

/// As many as an engine has under way unless told otherwise.
const AT_ONCE: usize = 32;

/// A server, the token shown to it, and the authority that it is trusted by.
#[derive(Clone)]
pub(crate) struct Access {
    pub(crate) server: String,
    pub(crate) token: String,
    pub(crate) authority: String,
}

/// A client with a pool of connections, as the `kube` crate has one.
#[derive(Clone)]
pub(crate) struct Bare {
    client: Client<HttpsConnector<HttpConnector>, Full<Bytes>>,
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

    /// Applies the namespace and then everything in it; gives the time from the first request to the last answer.
    pub(crate) async fn converge(&self, fleet: &Fleet) -> Duration {
        let (namespace, maps) = fleet.bodies();
        let began = Instant::now();
        self.apply(&namespace).await;
        let (maps, next) = (Arc::new(maps), Arc::new(AtomicUsize::new(0)));
        let workers: Vec<_> = (0..AT_ONCE)
            .map(|_| {
                let (bare, maps, next) = (self.clone(), Arc::clone(&maps), Arc::clone(&next));
                tokio::spawn(async move {
                    while let Some(body) = maps.get(next.fetch_add(1, Ordering::Relaxed)) {
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
        let (status, answer) = self.send(Method::PATCH, &target, body.json.clone()).await;
        assert_eq!(status, 201, "{}: {}", body.path, String::from_utf8_lossy(&answer));
    }

    pub(crate) async fn get(&self, path: &str) -> String {
        let (status, answer) = self.send(Method::GET, path, String::new()).await;
        assert_eq!(status, 200, "{path}");
        String::from_utf8_lossy(&answer).into_owned()
    }

    async fn send(&self, method: Method, target: &str, body: String) -> (u16, Bytes) {
        let request = Request::builder()
            .method(method)
            .uri(format!("{}{target}", self.access.server))
            .header("authorization", format!("Bearer {}", self.access.token))
            .header("accept", "application/json")
            .header("content-type", "application/apply-patch+yaml")
            .body(Full::from(body))
            .expect("a request");
        let answer = self.client.request(request).await.expect("an answer");
        let status = answer.status().as_u16();
        (status, answer.into_body().collect().await.expect("a whole answer").to_bytes())
    }
}
