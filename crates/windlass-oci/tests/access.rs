//! Who is let in: credentials, tokens, redirects, certificates; and that no credential is shown to anybody else.

#![allow(clippy::unwrap_used, reason = "a test fails by it")]

mod support;

use std::sync::Arc;

use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, IsCa, KeyPair};
use rustls::pki_types::PrivateKeyDer;
use rustls::server::WebPkiClientVerifier;
use rustls::{RootCertStore, ServerConfig};
use support::registry::{Door, Fault, Server, TOKEN};
use support::{Layer, bring, packed, put, read, resolve, shown, whole};
use windlass_core::Result;
use windlass_oci::{Credentials, OciSource};

/// `ada` and `canary-password`, as a server sees them.
const BASIC: &str = "Basic YWRhOmNhbmFyeS1wYXNzd29yZA==";

fn ada() -> Credentials {
    Credentials::basic("ada", "canary-password")
}

fn filled(server: &Server) {
    let layer = packed(&[(tar::EntryType::Regular, "web.yaml", b"a")]);
    put(server, "fleet/shop", "latest", &[Layer::of("application/vnd.cncf.flux.content.v1.tar+gzip", layer)]);
}

fn source(server: &Server) -> OciSource {
    OciSource::new(server.url("fleet/shop")).with_plain_http()
}

#[test]
fn a_user_is_shown_when_asked_for_and_from_then_on_at_once() {
    let server = Server::new(Door::Basic(BASIC));
    filled(&server);
    let source = source(&server).with_credentials(ada());
    assert_eq!(read(&bring(&source).unwrap(), "web.yaml"), "a");
    let shown: Vec<bool> = server.asked().iter().map(|asked| asked.authorization.is_some()).collect();
    assert_eq!(shown, [false, true, true, true]);
    resolve(&source).unwrap();
    assert_eq!(server.asked().len(), 1, "a poll is one request");
}

#[test]
fn a_token_is_asked_for_once_and_used_until_it_ends() {
    for credentials in [None, Some(ada())] {
        let server = Server::new(Door::Token(None));
        filled(&server);
        let source = match credentials.clone() {
            Some(credentials) => source(&server).with_credentials(credentials),
            None => source(&server),
        };
        assert_eq!(read(&bring(&source).unwrap(), "web.yaml"), "a");
        let asked = server.asked();
        let token = asked.iter().find(|asked| asked.line.contains("/token")).unwrap();
        assert_eq!(token.line, "GET /token?service=registry&scope=repository%3Afleet%2Fshop%3Apull");
        assert_eq!(token.authorization.as_deref(), credentials.as_ref().map(|_| BASIC));
        let bearer = format!("Bearer {TOKEN}");
        let last = asked.last().unwrap();
        assert_eq!((asked.len(), last.authorization.as_deref()), (5, Some(bearer.as_str())));
        resolve(&source).unwrap();
        assert_eq!(server.asked().len(), 1, "a poll is one request");
    }
}

#[test]
fn an_identity_token_is_given_for_a_token_in_a_form() {
    let server = Server::new(Door::Token(None));
    filled(&server);
    resolve(&source(&server).with_credentials(Credentials::identity("canary/identity"))).unwrap();
    let asked = server.asked();
    let token = asked.iter().find(|asked| asked.line.contains("/token")).unwrap();
    assert_eq!(token.line, "POST /token");
    assert_eq!(
        token.body,
        "grant_type=refresh_token&client_id=windlass&refresh_token=canary%2Fidentity&service=registry&\
         scope=repository%3Afleet%2Fshop%3Apull"
    );
}

#[test]
fn a_bearer_token_is_shown_at_once() {
    let server = Server::new(Door::Token(None));
    filled(&server);
    resolve(&source(&server).with_credentials(Credentials::bearer(TOKEN))).unwrap();
    assert_eq!(server.lines(), ["HEAD /v2/fleet/shop/manifests/latest"]);
}

#[test]
fn a_redirect_to_another_server_takes_no_credentials_along() {
    for door in [Door::Basic(BASIC), Door::Token(None)] {
        let (server, other) = (Server::new(door), Server::new(Door::Open));
        filled(&server);
        filled(&other);
        server.fault(Fault::BlobsAt(other.origin.clone()));
        let artifact = bring(&source(&server).with_credentials(ada())).unwrap();
        assert_eq!(read(&artifact, "web.yaml"), "a");
        let asked = other.asked();
        assert_eq!(asked.len(), 1);
        assert_eq!(asked[0].authorization, None, "{:?}", asked[0]);
    }
}

#[test]
fn redirects_come_to_an_end() {
    let server = Server::new(Door::Open);
    filled(&server);
    server.fault(Fault::BlobsAt(server.origin.clone()));
    assert_eq!(shown(bring(&source(&server))), "limit: too many redirects");
}

#[test]
fn a_server_of_tokens_is_not_shown_credentials_in_clear_text_on_another_host() {
    let elsewhere = Server::new(Door::Open);
    let realm = elsewhere.origin.replace("127.0.0.1", "localhost");
    let server = Server::new(Door::Token(Some(format!("{realm}/token"))));
    filled(&server);
    let refused = resolve(&source(&server).with_credentials(ada()));
    assert_eq!(shown(refused), "denied: the registry names a server of tokens without TLS on another host");
    assert_eq!(elsewhere.lines(), Vec::<String>::new());
}

#[test]
fn what_is_not_let_in_is_told() {
    let server = Server::new(Door::Basic(BASIC));
    filled(&server);
    assert_eq!(shown(resolve(&source(&server))), "denied: the registry asks for credentials");
    let wrong = source(&server).with_credentials(Credentials::basic("ada", "other"));
    assert_eq!(shown(resolve(&wrong)), "denied: the registry does not accept the credentials");
    let server = Server::new(Door::Token(None));
    filled(&server);
    let wrong = source(&server).with_credentials(Credentials::basic("ada", "other"));
    assert_eq!(shown(resolve(&wrong)), "denied: the registry does not accept the credentials");
}

#[test]
fn no_credential_is_in_any_error_or_debug() {
    let planted = [
        ada(),
        Credentials::bearer("canary-bearer"),
        Credentials::identity("canary-identity"),
        Credentials::basic("ada", "canary-\"quote\n\n"),
    ];
    let echo =
        r#"{"errors":[{"code":"canary","message":"Basic YWRhOmNhbmFyeS1wYXNzd29yZA== canary-bearer"}]}"#;
    for credentials in planted {
        for door in [
            Door::Open,
            Door::Basic("Basic none"),
            Door::Token(None),
            Door::Token(Some("http://canary@/".into())),
        ] {
            let server = Server::new(door);
            filled(&server);
            let source = source(&server).with_credentials(credentials.clone());
            for status in ["401 Unauthorized", "403 Forbidden", "500 Oh", "200 OK"] {
                for result in [resolve(&source).map(|_| ()), bring(&source).map(|_| ())] {
                    assert_clean(result, &source);
                }
                server.fault(Fault::Status(status, echo.to_owned()));
            }
            server.fault(Fault::BlobsAt("https://127.0.0.1:1".to_owned()));
            assert_clean(bring(&source).map(|_| ()), &source);
        }
    }
}

fn assert_clean(result: Result<()>, source: &OciSource) {
    let said = result.err().map(|error| whole(&error)).unwrap_or_default();
    let said = format!("{said} {source:?}");
    for secret in ["canary", "YWRhOmNhbmFyeS1wYXNzd29yZA"] {
        assert!(!said.contains(secret), "{said}");
    }
}

/// An authority, a certificate of a server that it vouches for, and one of a client.
struct Authority {
    pem: String,
    server: Arc<ServerConfig>,
    client: (String, String),
}

/// A server that asks for a certificate of its client, where `asks`.
fn authority(asks: bool) -> Authority {
    let mut params = CertificateParams::new(Vec::new()).unwrap();
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    let issuer = CertifiedIssuer::self_signed(params, KeyPair::generate().unwrap()).unwrap();
    let key = KeyPair::generate().unwrap();
    let own = CertificateParams::new(vec!["127.0.0.1".to_owned()]).unwrap().signed_by(&key, &issuer).unwrap();
    let client_key = KeyPair::generate().unwrap();
    let client = CertificateParams::new(vec!["client".to_owned()]).unwrap();
    let client = client.signed_by(&client_key, &issuer).unwrap();
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let builder =
        ServerConfig::builder_with_provider(Arc::clone(&provider)).with_safe_default_protocol_versions();
    let builder = builder.unwrap();
    let mut roots = RootCertStore::empty();
    roots.add(issuer.der().clone()).unwrap();
    let builder = match asks {
        true => {
            let verifier =
                WebPkiClientVerifier::builder_with_provider(Arc::new(roots), provider).build().unwrap();
            builder.with_client_cert_verifier(verifier)
        }
        false => builder.with_no_client_auth(),
    };
    let key_der = PrivateKeyDer::try_from(key.serialize_der()).unwrap();
    let config = builder.with_single_cert(vec![own.der().clone()], key_der).unwrap();
    Authority {
        pem: issuer.pem(),
        server: Arc::new(config),
        client: (client.pem(), client_key.serialize_pem()),
    }
}

#[test]
fn an_authority_of_ones_own_is_trusted_and_no_other() {
    let authority = authority(false);
    let server = Server::secure(Door::Basic(BASIC), Arc::clone(&authority.server));
    filled(&server);
    let source = OciSource::new(server.url("fleet/shop")).with_credentials(ada());
    assert_eq!(shown(resolve(&source)), "unavailable: no trusted connection to the registry");
    assert!(server.asked().is_empty(), "nothing was shown to it");
    let trusting = source.with_authorities(authority.pem);
    assert_eq!(read(&bring(&trusting).unwrap(), "web.yaml"), "a");
}

#[test]
fn a_registry_that_asks_for_a_certificate_is_shown_it() {
    let authority = authority(true);
    let server = Server::secure(Door::Open, Arc::clone(&authority.server));
    filled(&server);
    let source = OciSource::new(server.url("fleet/shop")).with_authorities(authority.pem);
    assert!(resolve(&source).is_err());
    let (chain, key) = authority.client;
    let known = source.clone().with_client_certificate(chain.clone(), key.clone());
    assert_eq!(read(&bring(&known).unwrap(), "web.yaml"), "a");
    let one_file = source.clone().with_client_certificate(format!("{chain}{key}"), format!("{chain}{key}"));
    assert!(resolve(&one_file).is_ok(), "both may stand in one file");
    let with = |chain: &str, key: &str| shown(resolve(&source.clone().with_client_certificate(chain, key)));
    assert_eq!(with("canary", &key), "invalid: not a certificate in PEM");
    assert_eq!(with(&chain, &chain), "invalid: not a private key in PEM");
    let other = KeyPair::generate().unwrap().serialize_pem();
    assert_eq!(with(&chain, &other), "invalid: the certificate and its private key do not fit");
}

#[test]
fn a_redirect_from_tls_to_none_is_refused() {
    let authority = authority(false);
    let server = Server::secure(Door::Open, Arc::clone(&authority.server));
    let plain = Server::new(Door::Open);
    filled(&server);
    filled(&plain);
    server.fault(Fault::BlobsAt(plain.origin.clone()));
    let source = OciSource::new(server.url("fleet/shop")).with_authorities(authority.pem);
    assert_eq!(shown(bring(&source)), "denied: the registry leads from https to http");
    assert!(plain.asked().is_empty());
}
