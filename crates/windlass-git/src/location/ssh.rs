//! Addresses over SSH, in both forms that Git takes: `ssh://user@host:port/path` and `user@host:path`.

use std::fmt;

use windlass_core::Result;

use super::{decoded, invalid};

/// Who asks where an address names nobody: the account that every Git server has.
const USER: &str = "git";

/// The port where an address names none.
pub(crate) const PORT: u16 = 22;

/// A repository of a server over SSH.
///
/// Invariant: `host` is a name in small letters or an IP address, and `path` is not empty and could not be mistaken for an
/// option.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct SshAddress {
    pub(crate) user: String,
    pub(crate) host: String,
    pub(crate) port: u16,
    /// As the server is asked for it: absolute, or relative to what the server calls home.
    pub(crate) path: String,
}

impl SshAddress {
    /// Parses what follows the scheme of a URL: `user@host:port/path`.
    pub(super) fn of_url(rest: &str, text: &str) -> Result<Self> {
        if rest.contains(['?', '#']) {
            return Err(invalid("the address of a repository has no query and no fragment", text));
        }
        let (place, path) = rest.split_at(rest.find('/').unwrap_or(rest.len()));
        let (user, place) = split_user(place);
        let (host, port) = host_and_port(place, text)?;
        let unreadable = || invalid("the address is not percent-encoded text", text);
        let path = decoded(path).ok_or_else(unreadable)?;
        let user = user.map(|user| decoded(user).ok_or_else(unreadable)).transpose()?;
        // A home of the server is asked for without the slash that a URL needs.
        let path = if path.starts_with("/~") { path[1..].to_owned() } else { path };
        Self::new(user.as_deref(), host, port, &path, text)
    }

    /// Parses `user@host:path`, as `scp` has it. A host in brackets may be an IP address, or have a port.
    pub(super) fn of_scp(text: &str) -> Result<Self> {
        let (user, rest) = match text.split_once(':') {
            Some((before, _)) if before.contains('@') => split_user_at(text, before.rfind('@')),
            _ => (None, text),
        };
        let (place, path) = match rest.strip_prefix('[').and_then(|rest| rest.split_once("]:")) {
            Some((inner, path)) if inner.matches(':').count() == 1 => (inner.to_owned(), path),
            Some((inner, path)) => (format!("[{inner}]"), path),
            None => rest.split_once(':').map(|(host, path)| (host.to_owned(), path)).unwrap_or_default(),
        };
        let (host, port) = host_and_port(&place, text)?;
        Self::new(user, host, port, path, text)
    }

    fn new(user: Option<&str>, host: String, port: u16, path: &str, text: &str) -> Result<Self> {
        let user = user.unwrap_or(USER);
        if user.contains(':') {
            return Err(invalid("an address over SSH holds no password", text)
                .with_help("Take the password out: SSH shows a private key."));
        }
        let is_odd = |text: &str| text.is_empty() || text.chars().any(char::is_control);
        if is_odd(user) || user.starts_with('-') {
            return Err(invalid("the address names no user", text));
        }
        let path = path.trim_end_matches('/');
        if is_odd(path) || path.starts_with('-') {
            return Err(invalid("the address names no repository", text));
        }
        Ok(Self { user: user.to_owned(), host, port, path: path.to_owned() })
    }
}

fn split_user(place: &str) -> (Option<&str>, &str) {
    split_user_at(place, place.rfind('@'))
}

fn split_user_at(text: &str, at: Option<usize>) -> (Option<&str>, &str) {
    at.map_or((None, text), |at| (Some(&text[..at]), &text[at + 1..]))
}

fn host_and_port(place: &str, text: &str) -> Result<(String, u16)> {
    let (host, port) = match place.strip_prefix('[').and_then(|rest| rest.split_once(']')) {
        Some((host, port)) => (host, port.strip_prefix(':').unwrap_or(port)),
        None => place.split_once(':').unwrap_or((place, "")),
    };
    let port = if port.is_empty() { Ok(PORT) } else { port.parse() };
    let port = port.ok().filter(|port| *port != 0);
    let port = port.ok_or_else(|| invalid("the port in the address is none", text))?;
    if !is_host(host) {
        return Err(invalid("the address names no host", text));
    }
    Ok((host.to_ascii_lowercase(), port))
}

fn is_host(text: &str) -> bool {
    !text.is_empty()
        && !text.starts_with('-')
        && text.chars().all(|c| c.is_ascii_alphanumeric() || "-._:%".contains(c))
}

/// As a URL, or as `scp` has it where the path is relative. The user is no secret.
impl fmt::Display for SshAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { user, host, port, path } = self;
        let bracketed = if host.contains(':') { format!("[{host}]") } else { host.clone() };
        let behind = if *port == PORT { String::new() } else { format!(":{port}") };
        match path.chars().next() {
            Some('/') => write!(f, "ssh://{user}@{bracketed}{behind}{path}"),
            Some('~') => write!(f, "ssh://{user}@{bracketed}{behind}/{path}"),
            _ if *port == PORT => write!(f, "{user}@{bracketed}:{path}"),
            _ => write!(f, "{user}@[{host}{behind}]:{path}"),
        }
    }
}
