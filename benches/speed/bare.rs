//! The least that can be done: the same bodies by server-side apply, over the same protocol and TLS, and nothing else.

use std::path::Path;
use std::sync::Arc;

use futures_util::stream::{self, StreamExt};
use http::Request;
use http_body_util::{BodyExt, Full};
use hyper_rustls::{HttpsConnector, HttpsConnectorBuilder};
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::TokioExecutor;
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;
use rustls::{ClientConfig, RootCertStore};
use windlass_core::Bytes;

/// A client of hyper alone. It speaks HTTP/1.1, as `kube` does.
pub(crate) struct Bare {
    client: Client<HttpsConnector<HttpConnector>, Full<Bytes>>,
    server: String,
    token: String,
}

impl Bare {
    /// Connects as the kubeconfig of the bench's own control plane says.
    pub(crate) fn new(kubeconfig: &Path) -> Self {
        let text = std::fs::read_to_string(kubeconfig).expect("a kubeconfig");
        let field = |name: &str| {
            let line = text.lines().find_map(|line| line.trim().strip_prefix(name));
            line.expect("a field").trim().trim_matches('"').to_owned()
        };
        let authority = CertificateDer::from_pem_file(field("certificate-authority:")).expect("an authority");
        let mut roots = RootCertStore::empty();
        roots.add(authority).expect("an authority");
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let tls = ClientConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .expect("versions of TLS")
            .with_root_certificates(roots)
            .with_no_client_auth();
        let https = HttpsConnectorBuilder::new().with_tls_config(tls).https_only().enable_http1().build();
        let client = Client::builder(TokioExecutor::new()).build(https);
        Self { client, server: field("server:"), token: field("token:") }
    }

    /// Applies the first body, and after it all others, `at_once` at a time.
    pub(crate) async fn apply(&self, bodies: &[(String, String)], at_once: usize) {
        self.send(&bodies[0]).await;
        stream::iter(&bodies[1..]).map(|body| self.send(body)).buffer_unordered(at_once).collect::<Vec<_>>().await;
    }

    async fn send(&self, (path, body): &(String, String)) {
        let uri = format!("{}{path}?fieldManager=bare&fieldValidation=Strict&force=true", self.server);
        let request = Request::patch(uri)
            .header("authorization", format!("Bearer {}", self.token))
            .header("content-type", "application/apply-patch+yaml")
            .header("accept", "application/json")
            .body(Full::new(Bytes::from(body.clone())))
            .expect("a request");
        let answer = self.client.request(request).await.expect("an answer");
        let status = answer.status();
        let body = answer.into_body().collect().await.expect("a body").to_bytes();
        assert!(status.is_success(), "{path}: {status}: {}", String::from_utf8_lossy(&body));
    }
}
