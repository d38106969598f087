//! Whether two addresses are of one repository.

/// Says whether two addresses are of one repository, however they are written: over HTTP or SSH, with or without user, port
/// and `.git`, in any case.
///
/// ```
/// use windlass_receiver::same_repository;
///
/// assert!(same_repository("https://example.com/org/repo", "git@EXAMPLE.com:org/repo.git"));
/// assert!(same_repository("ssh://git@ssh.example.com:443/org/repo", "https://ada@example.com/org/repo"));
/// assert!(!same_repository("https://example.com/org/repo", "https://example.com/org/repo-2"));
/// ```
#[must_use]
pub fn same_repository(one: &str, other: &str) -> bool {
    let (one, other) = (Place::of(one), Place::of(other));
    one.is_some() && one == other
}

/// Says whether two addresses are of one server that is asked over HTTP, as a host's own API is: with or without user and
/// port, in any case. An address with a path, or over SSH, is that of no server.
///
/// ```
/// use windlass_receiver::same_server;
///
/// assert!(same_server("https://example.com/", "http://ada@EXAMPLE.com:8080"));
/// assert!(!same_server("https://example.com/", "ssh://example.com/"));
/// assert!(!same_server("https://example.com/", "https://example.com/org/repo"));
/// ```
#[must_use]
pub fn same_server(one: &str, other: &str) -> bool {
    let is_web = |url: &str| url.trim().get(..4).is_some_and(|scheme| scheme.eq_ignore_ascii_case("http"));
    let place = |url| Place::of(url).filter(|place| is_web(url) && place.path.is_empty());
    place(one).is_some() && place(one) == place(other)
}

/// Host and path, in small letters.
#[derive(PartialEq, Eq)]
struct Place {
    host: String,
    path: String,
}

const DOCKER: [&str; 4] = ["docker.io", "index.docker.io", "registry-1.docker.io", "registry.hub.docker.com"];

impl Place {
    fn of(url: &str) -> Option<Self> {
        let url = url.trim().to_lowercase();
        let (scheme, rest) =
            url.split_once("://").map_or((None, url.as_str()), |(scheme, rest)| (Some(scheme), rest));
        let end = rest.find('/').unwrap_or(rest.len());
        let (authority, path) = rest.split_at(end);
        let (user, authority) = authority.rsplit_once('@').unwrap_or(("", authority));
        // `host:22:org/repo`, `host:org/repo` and `host:22/org/repo`.
        let (host, behind) = authority.split_once(':').unwrap_or((authority, ""));
        let is_web = matches!(scheme, Some("http" | "https"));
        let is_port = is_number(behind) && (is_web || !path.is_empty());
        let (port, start) =
            behind.split_once(':').unwrap_or(if is_port { (behind, "") } else { ("", behind) });
        // No name begins with a dash; it could be taken for an option.
        let odd = host.is_empty() || host.starts_with('-') || user.starts_with('-');
        if odd || !is_number(port) || is_web && !start.is_empty() {
            return None;
        }
        let host = host.strip_prefix("ssh.").or_else(|| host.strip_prefix("altssh.")).unwrap_or(host);
        // The registry of Docker answers by several names.
        let host = if DOCKER.contains(&host) { DOCKER[0] } else { host };
        let path = format!("{start}{path}");
        let path = path.trim_matches('/');
        let path = path.strip_suffix(".git").unwrap_or(path);
        Some(Self { host: host.to_owned(), path: path.to_owned() })
    }
}

/// Whether there are only digits, or nothing.
fn is_number(text: &str) -> bool {
    text.bytes().all(|byte| byte.is_ascii_digit())
}
