//! Who answers an address, and where links lead.

use std::fmt;

use ureq::http::Uri;

/// Who answers an address: scheme, host and port. Credentials are for one origin and no other.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Origin {
    secure: bool,
    host: String,
    port: u16,
}

impl Origin {
    /// Gives the origin of an absolute address, or `None` for what is not HTTP or names a user.
    #[must_use]
    pub fn of(address: &str) -> Option<Self> {
        let uri: Uri = address.parse().ok()?;
        let secure = match uri.scheme_str()? {
            "https" => true,
            "http" => false,
            _ => return None,
        };
        let host = uri.host().filter(|host| !host.is_empty())?;
        let port = match uri.authority()?.as_str().strip_prefix(host)? {
            "" if secure => 443,
            "" => 80,
            port => port.strip_prefix(':')?.parse().ok()?,
        };
        Some(Self { secure, host: host.to_ascii_lowercase(), port })
    }

    /// Says whether nobody between here and there can read what is sent.
    #[must_use]
    pub fn is_secure(&self) -> bool {
        self.secure
    }

    /// Gives the host, in lower case and without the port.
    #[must_use]
    pub fn host(&self) -> &str {
        &self.host
    }
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let scheme = if self.secure { "https" } else { "http" };
        let usual = if self.secure { 443 } else { 80 };
        write!(f, "{scheme}://{}", self.host)?;
        if self.port == usual { Ok(()) } else { write!(f, ":{}", self.port) }
    }
}

/// Says where a link or a redirect leads: to another address, or to another path of the same origin. `None` for what is
/// neither.
#[must_use]
pub fn follow(from: &str, to: &str) -> Option<String> {
    if to.contains("://") {
        return Origin::of(to).map(|_| to.to_owned());
    }
    let origin = Origin::of(from)?;
    (to.starts_with('/') && !to.starts_with("//")).then(|| format!("{origin}{to}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_origin_is_scheme_host_and_port() {
        let shown = |text: &str| Origin::of(text).map(|origin| origin.to_string()).unwrap_or_default();
        assert_eq!(shown("https://A.example:443/x?y"), "https://a.example");
        assert_eq!(shown("http://a.example:443"), "http://a.example:443");
        assert_eq!(shown("https://[::1]:5000/"), "https://[::1]:5000");
        for odd in [
            "",
            "a.example",
            "ftp://a.example/",
            "https://ada:secret@a.example/",
            "https://a:b/",
            "https:///x",
        ] {
            assert_eq!(shown(odd), "", "{odd}");
        }
    }

    #[test]
    fn a_link_stays_at_its_origin_unless_it_names_another() {
        let from = "https://a.example:444/v2/x?y";
        assert_eq!(follow(from, "/z?q").as_deref(), Some("https://a.example:444/z?q"));
        assert_eq!(follow(from, "https://b.example/z").as_deref(), Some("https://b.example/z"));
        for odd in ["//b.example/z", "z", "file:///etc/passwd", "https://ada:secret@b.example/", ""] {
            assert_eq!(follow(from, odd), None, "{odd}");
        }
    }
}
