//! Connections: time limits, a proxy, and TLS by rustls and ring.

use std::sync::Arc;
use std::time::Duration;

use ureq::Agent;
use ureq::tls::{Certificate, PemItem, RootCerts, TlsConfig, TlsProvider};
use windlass_core::{Error, ErrorKind, Result};

use crate::options::{Access, GitLimits};

/// Makes the client for one origin, with its time limits and the authorities that it trusts.
pub(super) fn connect(access: &Access, limits: &GitLimits, secure: bool) -> Result<Agent> {
    let proxy = match &access.proxy {
        Some(proxy) => {
            let proxy = ureq::Proxy::new(&proxy.0);
            Some(proxy.map_err(|_| Error::new(ErrorKind::Invalid, "not the address of a proxy"))?)
        }
        None => None,
    };
    let roots = roots(&access.authorities)?;
    if secure && roots.is_empty() {
        return Err(Error::new(
            ErrorKind::Unavailable,
            "the platform trusts no authority and none was given",
        ));
    }
    let tls = TlsConfig::builder()
        .provider(TlsProvider::Rustls)
        .unversioned_rustls_crypto_provider(Arc::new(rustls::crypto::ring::default_provider()))
        .root_certs(RootCerts::new_with_certs(&roots))
        .build();
    let config = Agent::config_builder()
        .http_status_as_error(false)
        .max_redirects(0)
        .proxy(proxy)
        .timeout_connect(Some(limits.connect_time_max))
        .timeout_per_read(Some(limits.idle_time_max))
        .timeout_per_write(Some(limits.idle_time_max))
        .max_idle_connections_per_host(1)
        .max_idle_age(Duration::from_secs(10))
        .tls_config(tls)
        .build();
    Ok(Agent::new_with_config(config))
}

/// The authorities of the platform and those of the options.
fn roots(extra: &[Vec<u8>]) -> Result<Vec<Certificate<'static>>> {
    let platform = rustls_native_certs::load_native_certs();
    let mut roots: Vec<_> =
        platform.certs.iter().map(|root| Certificate::from_der(root).to_owned()).collect();
    for pem in extra {
        for item in ureq::tls::parse_pem(pem) {
            match item {
                Ok(PemItem::Certificate(root)) => roots.push(root),
                Ok(_) => {}
                Err(_) => return Err(Error::new(ErrorKind::Invalid, "not a certificate in PEM")),
            }
        }
    }
    Ok(roots)
}
