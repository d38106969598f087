//! Who is asked, what they are shown, and whom to trust.

use std::fmt;
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use ureq::http::HeaderValue;

/// What errors say of the other side.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Peer {
    /// What it is called: `registry`.
    pub name: &'static str,
    /// What is said where it does not have what was asked for.
    pub missing: &'static str,
    /// What is said of an answer that nobody expects.
    pub odd: &'static str,
}

impl Peer {
    /// Says something of the other side by its name.
    pub(crate) fn says(&self, what: &str) -> String {
        format!("the {} {what}", self.name)
    }
}

/// The value of a header, which no `Debug` shows.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(String);

impl Secret {
    /// Takes a value as it is.
    #[must_use]
    pub fn new(value: impl Into<String>) -> Self {
        Self(value.into())
    }

    /// The `Authorization` of a user with a password.
    #[must_use]
    pub fn basic(user: &str, password: &str) -> Self {
        Self(format!("Basic {}", STANDARD.encode(format!("{user}:{password}"))))
    }

    /// The `Authorization` of a token.
    #[must_use]
    pub fn bearer(token: &str) -> Self {
        Self(format!("Bearer {token}"))
    }

    /// Gives the value.
    #[must_use]
    pub fn reveal(&self) -> &str {
        &self.0
    }

    /// Says whether a header can hold it.
    #[must_use]
    pub fn is_sendable(&self) -> bool {
        HeaderValue::try_from(&self.0).is_ok()
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret")
    }
}

/// Takes one line break from the end of what was written into a file as a line.
#[must_use]
pub fn line(mut secret: String) -> String {
    if secret.ends_with('\n') {
        secret.pop();
        if secret.ends_with('\r') {
            secret.pop();
        }
    }
    secret
}

/// A certificate by which a server knows its client, with the private key, both in PEM.
#[derive(Clone, PartialEq, Eq)]
pub struct ClientCertificate {
    /// The certificate, and those between it and its authority.
    pub chain: Vec<u8>,
    /// The private key.
    pub key: Vec<u8>,
}

impl fmt::Debug for ClientCertificate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ClientCertificate")
    }
}

/// The address of a proxy, which may hold a password.
#[derive(Clone, PartialEq, Eq)]
pub struct Proxy(pub String);

impl fmt::Debug for Proxy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Proxy")
    }
}

/// How a server is reached: whom to trust, what to show, and through whom.
#[derive(Debug, Clone, Default)]
pub struct Route {
    /// Authorities to trust beside those of the platform, in PEM.
    pub authorities: Vec<Vec<u8>>,
    /// What is shown to a server that asks for a certificate.
    pub certificate: Option<ClientCertificate>,
    /// Through whom is asked.
    pub proxy: Option<Proxy>,
}

/// Writes the methods by which a source says how its server is reached, once for all sources: `with_authorities`,
/// `with_client_certificate` and `with_proxy`. They change the [`Route`] at the place that is named, by the method
/// `with` of the source, which takes what changes it.
///
/// ```
/// use windlass_http::Route;
///
/// #[derive(Default)]
/// pub struct Source {
///     route: Route,
/// }
///
/// impl Source {
///     windlass_http::route_methods!(route);
///
///     fn with(mut self, change: impl FnOnce(&mut Self)) -> Self {
///         change(&mut self);
///         self
///     }
/// }
///
/// let source = Source::default().with_proxy("http://proxy.example:3128");
/// assert_eq!(source.route.proxy.map(|proxy| proxy.0).as_deref(), Some("http://proxy.example:3128"));
/// ```
#[macro_export]
macro_rules! route_methods {
    ($($place:ident).+) => {
        /// Trusts these authorities, in PEM, beside those of the platform.
        #[must_use]
        pub fn with_authorities(self, pem: impl Into<Vec<u8>>) -> Self {
            self.with(|source| source.$($place).+.authorities.push(pem.into()))
        }

        /// Shows the server a certificate, given with its private key, both in PEM.
        #[must_use]
        pub fn with_client_certificate(self, chain: impl Into<Vec<u8>>, key: impl Into<Vec<u8>>) -> Self {
            let certificate = $crate::ClientCertificate { chain: chain.into(), key: key.into() };
            self.with(|source| source.$($place).+.certificate = Some(certificate))
        }

        /// Asks through a proxy. The environment is not looked at.
        #[must_use]
        pub fn with_proxy(self, url: impl Into<String>) -> Self {
            self.with(|source| source.$($place).+.proxy = Some($crate::Proxy(url.into())))
        }
    };
}

/// How connections are made.
#[derive(Debug, Clone)]
pub struct Connection {
    /// TLS is spoken, which needs an authority to trust.
    pub secure: bool,
    /// How the server is reached.
    pub route: Route,
    /// The longest wait for a connection.
    pub connect_time_max: Duration,
    /// The longest silence of a server.
    pub idle_time_max: Duration,
    /// How many connections to one host are kept for the next request.
    pub connections_max: usize,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn headers_are_as_the_standard_shows_them() {
        let header = |user, password| Secret::basic(user, password).reveal().to_owned();
        assert_eq!(header("Aladdin", "open sesame"), "Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ==");
        assert_eq!(header("a", "b"), "Basic YTpi");
        assert_eq!(header("a", "bc"), "Basic YTpiYw==");
        assert_eq!(Secret::bearer("t").reveal(), "Bearer t");
        assert!(!Secret::bearer("a\nb").is_sendable());
    }

    #[test]
    fn a_secret_from_a_file_is_without_its_line_break() {
        let check = |text: &str, expected| assert_eq!(line(text.to_owned()), expected);
        check("t\n", "t");
        check("b\r\n", "b");
        check("t\n\n", "t\n");
    }
}
