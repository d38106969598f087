//! TLS by rustls and ring.

use std::sync::Arc;

use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::sign::CertifiedKey;
use ureq::tls::{Certificate, ClientCert, PemItem, PrivateKey, RootCerts, TlsConfig, TlsProvider};
use windlass_core::{Error, ErrorKind, Result};

use crate::access::{ClientCertificate, Connection};

/// Whom to trust, and what to show.
pub(crate) fn tls(connection: &Connection) -> Result<TlsConfig> {
    let roots = roots(&connection.route.authorities)?;
    if connection.secure && roots.is_empty() {
        return Err(Error::new(
            ErrorKind::Unavailable,
            "the platform trusts no authority and none was given",
        ));
    }
    let certificate = connection.route.certificate.as_ref().map(client).transpose();
    Ok(TlsConfig::builder()
        .provider(TlsProvider::Rustls)
        .unversioned_rustls_crypto_provider(Arc::new(rustls::crypto::ring::default_provider()))
        .root_certs(RootCerts::new_with_certs(&roots))
        .client_cert(certificate.map_err(|error| error.with("option", "client_certificate"))?)
        .build())
}

/// The authorities of the platform and those that were given.
fn roots(extra: &[Vec<u8>]) -> Result<Vec<Certificate<'static>>> {
    let platform = rustls_native_certs::load_native_certs();
    let mut roots: Vec<_> =
        platform.certs.iter().map(|root| Certificate::from_der(root).to_owned()).collect();
    for pem in extra {
        roots.append(&mut certificates(pem).map_err(|error| error.with("option", "authorities"))?);
    }
    Ok(roots)
}

fn certificates(pem: &[u8]) -> Result<Vec<Certificate<'static>>> {
    let wrong = || Error::new(ErrorKind::Invalid, "not a certificate in PEM");
    let mut found = Vec::new();
    for item in ureq::tls::parse_pem(pem) {
        if let PemItem::Certificate(certificate) = item.map_err(|_| wrong())? {
            found.push(certificate);
        }
    }
    if found.is_empty() { Err(wrong()) } else { Ok(found) }
}

fn client(certificate: &ClientCertificate) -> Result<ClientCert> {
    let chain = certificates(&certificate.chain)?;
    let wrong = |message: &'static str| Error::new(ErrorKind::Invalid, message);
    let key = PrivateKey::from_pem(&certificate.key).map_err(|_| wrong("not a private key in PEM"))?;
    // The client would panic over a pair that does not fit.
    let ders = chain.iter().map(|one| CertificateDer::from(one.der().to_vec())).collect();
    let key_der =
        PrivateKeyDer::from_pem_slice(&certificate.key).map_err(|_| wrong("not a private key in PEM"))?;
    CertifiedKey::from_der(ders, key_der, &rustls::crypto::ring::default_provider())
        .map_err(|error| wrong("the certificate and its private key do not fit").caused_by(error))?;
    Ok(ClientCert::new_with_certs(&chain, key))
}
