//! Addresses of repositories as people write them, over SSH too.

use std::borrow::Cow;

use crate::location::PORT;

/// An address of a repository, looked at and not changed.
///
/// ```
/// use windlass_git::RepositoryUrl;
///
/// let ssh = RepositoryUrl::new("git@example.org:shop/web.git");
/// assert!(ssh.is_ssh());
/// assert_eq!(ssh.user(), Some("git"));
/// assert_eq!(ssh.known_host().as_deref(), Some("example.org:22"));
/// assert_eq!(RepositoryUrl::new("https://token@example.org/shop/web").without_user(), "https://example.org/shop/web");
/// ```
///
/// A name without `://` is one of SSH if it has a user and a path behind a colon, as `git@example.org:shop/web`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RepositoryUrl<'t> {
    text: &'t str,
    scheme: Option<&'t str>,
    user: Option<&'t str>,
    /// What follows the user: a host, perhaps a port, and a path.
    rest: &'t str,
}

impl<'t> RepositoryUrl<'t> {
    /// Looks at an address. Any text is one, since whether it leads anywhere is not known from it.
    #[must_use]
    pub fn new(text: &'t str) -> Self {
        let scheme = text.split_once("://").filter(|(scheme, _)| is_scheme(scheme));
        let (scheme, after) = scheme.map_or((None, text), |(scheme, after)| (Some(scheme), after));
        let end = after.find(['/', '?', '#']).unwrap_or(after.len());
        // A password may hold an `@`, so that the last one counts.
        let at = after[..end].rfind('@');
        let (user, rest) = at.map_or((None, after), |at| (Some(&after[..at]), &after[at + 1..]));
        Self { text, scheme, user, rest }
    }

    /// Whether it is reached over SSH.
    #[must_use]
    pub fn is_ssh(&self) -> bool {
        match self.scheme {
            Some(scheme) => ["ssh", "git+ssh", "ssh+git"].iter().any(|ssh| scheme.eq_ignore_ascii_case(ssh)),
            None => self.user.is_some_and(|user| !user.contains(':')) && self.rest.contains(':'),
        }
    }

    /// Who it names before the host, without a password.
    #[must_use]
    pub fn user(&self) -> Option<&'t str> {
        self.user.map(|user| user.split_once(':').map_or(user, |(user, _)| user))
    }

    /// The host and the port of an address over SSH, as a file of known hosts is asked for them; 22 where it has none. `None`
    /// for any other address, and for one whose port is no number.
    #[must_use]
    pub fn known_host(&self) -> Option<String> {
        if !self.is_ssh() {
            return None;
        }
        let authority = self.rest.split('/').next().unwrap_or_default();
        let (host, behind) = match authority.strip_prefix('[').and_then(|rest| rest.split_once(']')) {
            Some((host, behind)) => (format!("[{host}]"), behind.strip_prefix(':').unwrap_or(behind)),
            None => {
                let (host, behind) = authority.split_once(':').unwrap_or((authority, ""));
                (host.to_owned(), behind)
            }
        };
        // Without a scheme, a path follows the colon, which may have a port before it.
        let port = match self.scheme {
            Some(_) => Some(behind).filter(|port| !port.is_empty()),
            None => behind.split_once(':').map(|(port, _)| port),
        };
        let port = port.map_or(Some(PORT), |port| port.parse().ok())?;
        (!host.is_empty()).then(|| format!("{host}:{port}"))
    }

    /// The address without user and password, for people to see. One of SSH without a scheme stays: its user is no secret.
    #[must_use]
    pub fn without_user(&self) -> Cow<'t, str> {
        match (self.scheme, self.user) {
            (Some(scheme), Some(_)) => Cow::Owned(format!("{scheme}://{}", self.rest)),
            _ => Cow::Borrowed(self.text),
        }
    }
}

fn is_scheme(text: &str) -> bool {
    text.starts_with(|c: char| c.is_ascii_alphabetic())
        && text.chars().all(|c| c.is_ascii_alphanumeric() || "+-.".contains(c))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// As Argo CD 3.6.0 has it, in `TestIsSSHURLUserName` and `TestSSHHostWithPort`.
    #[test]
    fn addresses_over_ssh_are_told_apart_with_user_and_host() {
        let told = |text| {
            let url = RepositoryUrl::new(text);
            (url.is_ssh(), url.user(), url.known_host())
        };
        let host = |host: &str| Some(host.to_owned());
        for text in ["ssh://john@john-server.org:29418/project", "ssh://john@john-server.org:29418"] {
            assert_eq!(told(text), (true, Some("john"), host("john-server.org:29418")), "{text}");
        }
        for text in ["john@doe.org@john-server.org:project", "ssh://john@doe.org@john-server.org/project"] {
            assert_eq!(told(text), (true, Some("john@doe.org"), host("john-server.org:22")), "{text}");
        }
        assert_eq!(told("git@[::1]:project"), (true, Some("git"), host("[::1]:22")));
        assert_eq!(told("ssh://git@host:shop/web"), (true, Some("git"), None), "the port is no number");
        for text in ["https://ada@example.org/a", "git://example.org/a", "/srv/a@b/c", "", "ada:pass@host:a"]
        {
            let url = RepositoryUrl::new(text);
            assert_eq!((url.is_ssh(), url.known_host()), (false, None), "{text}");
        }
    }
}
