//! Where a repository is: a folder of this machine, or an address that is asked over HTTP or SSH.

mod ssh;

use std::fmt;
use std::path::PathBuf;

use http::Uri;
use windlass_core::{Error, ErrorKind, Result};
use windlass_http::Origin;

pub(crate) use ssh::{PORT, SshAddress};

/// A place of a repository, parsed once. Its `Display` never shows a user or a password.
#[derive(Clone, PartialEq, Eq)]
pub(crate) enum Location {
    Folder(PathBuf),
    Http(Address),
    Ssh(SshAddress),
}

/// An `http` or `https` address without its user information.
///
/// Invariant: `text` starts with `origin`, and holds no user, query or fragment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Address {
    text: String,
    origin: Origin,
}

/// What an address said about its reader before it was stripped.
pub(crate) struct UserInfo {
    pub(crate) user: String,
    pub(crate) password: String,
}

impl Location {
    /// Parses a path or a URL, and gives back the user information that the URL carried.
    pub(crate) fn parse(text: &str) -> Result<(Self, Option<UserInfo>)> {
        if text.is_empty() {
            return Err(Error::new(ErrorKind::Invalid, "the repository has no address"));
        }
        if text.chars().any(char::is_control) {
            return Err(invalid("the address holds a line break or another control character", text));
        }
        if text.starts_with('-') {
            return Err(invalid("the address could be mistaken for an option", text));
        }
        match scheme(text) {
            Scheme::Http => Address::parse(text).map(|(address, user)| (Self::Http(address), user)),
            Scheme::Ssh(rest) => SshAddress::of_url(rest, text).map(|address| (Self::Ssh(address), None)),
            Scheme::Scp => SshAddress::of_scp(text).map(|address| (Self::Ssh(address), None)),
            Scheme::File => folder_of_file_url(text).map(|folder| (Self::Folder(folder), None)),
            Scheme::Other(name) => Err(Error::new(ErrorKind::Unsupported, "no transport for this scheme")
                .with("scheme", name)
                .with("url", redacted(text))
                .with_help("use https://, http://, ssh://, file:// or a path")),
            Scheme::Mistyped => Err(invalid("the address looks like a URL without a scheme", text)
                .with_help("Begin it with https://, or with file:// if it is a folder.")),
            Scheme::None => Ok((Self::Folder(PathBuf::from(text)), None)),
        }
    }
}

impl Address {
    /// Parses an absolute `http` or `https` address.
    pub(crate) fn parse(text: &str) -> Result<(Self, Option<UserInfo>)> {
        let uri: Uri = text.parse().map_err(|_| invalid("not an address", text))?;
        if uri.query().is_some() || text.contains('#') {
            return Err(invalid("the address of a repository has no query and no fragment", text));
        }
        let place = uri.authority().map(http::uri::Authority::as_str).unwrap_or_default();
        let place = place.rsplit_once('@').map_or(place, |(_, place)| place);
        let origin = Origin::of(&format!("{}://{place}", uri.scheme_str().unwrap_or_default()));
        let origin = origin.ok_or_else(|| invalid("not an address", text))?;
        let user = match uri.authority().and_then(|authority| authority.as_str().rsplit_once('@')) {
            Some((user, _)) => Some(user_info(user, text)?),
            None => None,
        };
        let text = format!("{origin}{}", uri.path().trim_end_matches('/'));
        Ok((Self { text, origin }, user))
    }

    pub(crate) fn as_str(&self) -> &str {
        &self.text
    }

    pub(crate) fn origin(&self) -> &Origin {
        &self.origin
    }
}

impl fmt::Display for Location {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Folder(path) => path.display().fmt(f),
            Self::Http(address) => f.write_str(&address.text),
            Self::Ssh(address) => address.fmt(f),
        }
    }
}

impl fmt::Debug for Location {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "\"{self}\"")
    }
}

enum Scheme<'a> {
    Http,
    File,
    /// With what follows it.
    Ssh(&'a str),
    /// `user@host:path`.
    Scp,
    Other(&'a str),
    /// What may hold a password, and was hardly meant as the name of a folder.
    Mistyped,
    None,
}

fn scheme(text: &str) -> Scheme<'_> {
    if let Some((name, rest)) = text.split_once("://").filter(|(name, _)| is_word(name)) {
        return match name.to_ascii_lowercase().as_str() {
            "http" | "https" => Scheme::Http,
            "file" => Scheme::File,
            "ssh" | "git+ssh" | "ssh+git" => Scheme::Ssh(rest),
            _ => Scheme::Other(name),
        };
    }
    if let Some((name, _)) = text.split_once("::").filter(|(name, _)| is_word(name)) {
        return Scheme::Other(name);
    }
    let first = text.split('/').next().unwrap_or_default();
    if is_mistyped(text, first) {
        return Scheme::Mistyped;
    }
    match first.split_once(':') {
        Some((drive, _)) if cfg!(windows) && drive.len() == 1 => Scheme::None,
        Some(_) => Scheme::Scp,
        None => Scheme::None,
    }
}

/// Whether a path names somebody at a host, as `https//ada:secret@host/a` does.
fn is_mistyped(text: &str, first: &str) -> bool {
    let http = ["http", "http:", "https", "https:"].iter().any(|name| first.eq_ignore_ascii_case(name));
    let path = match text.as_bytes() {
        [_, b':', b'\\' | b'/', ..] if cfg!(windows) => text.get(2..).unwrap_or_default(),
        _ => text,
    };
    let users = path.split(['/', '\\']).filter_map(|name| name.split_once('@').map(|(user, _)| user));
    let mut users = users.filter(|user| http || text.starts_with("//") || user.contains(':'));
    users.next().is_some() || first.ends_with(':') && http
}

fn is_word(text: &str) -> bool {
    !text.is_empty() && text.chars().all(|c| c.is_ascii_alphanumeric() || "+-._".contains(c))
}

fn folder_of_file_url(text: &str) -> Result<PathBuf> {
    let rest = &text["file://".len()..];
    match rest.strip_prefix("localhost").unwrap_or(rest) {
        path if path.starts_with('/') => Ok(PathBuf::from(path)),
        _ => Err(invalid("a file URL names a host", text)),
    }
}

fn user_info(user: &str, text: &str) -> Result<UserInfo> {
    let (user, password) = user.split_once(':').unwrap_or((user, ""));
    match (decoded(user), decoded(password)) {
        (Some(user), Some(password)) => Ok(UserInfo { user, password }),
        _ => Err(invalid("the user in the address is not percent-encoded text", text)),
    }
}

fn decoded(text: &str) -> Option<String> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let [first, tail @ ..] = rest {
        rest = tail;
        if *first != b'%' {
            bytes.push(*first);
            continue;
        }
        let hex = std::str::from_utf8(rest.get(..2)?).ok()?;
        bytes.push(u8::from_str_radix(hex, 16).ok()?);
        rest = &rest[2..];
    }
    String::from_utf8(bytes).ok()
}

fn invalid(message: &'static str, text: &str) -> Error {
    Error::new(ErrorKind::Invalid, message).with("url", redacted(text))
}

/// What may be shown of an address that could not be read: nothing before its last `@`, because an odd
/// password can hold any character.
fn redacted(text: &str) -> String {
    let (scheme, rest) = text.split_once("://").unwrap_or(("", text));
    let rest = rest.rsplit_once('@').map_or(rest, |(_, host)| host);
    let rest = rest.split(['?', '#']).next().unwrap_or_default();
    let shown: String = rest.chars().filter(|c| !c.is_control()).take(200).collect();
    if scheme.is_empty() { shown } else { format!("{scheme}://{shown}") }
}

#[cfg(test)]
mod tests {

    use super::*;

    fn check(input: &str, expected: &str) {
        let shown = match Location::parse(input) {
            Ok((Location::Folder(path), _)) => format!("folder {}", path.display()),
            Ok((Location::Http(address), None)) => format!("http {}", address.as_str()),
            Ok((Location::Http(address), Some(user))) => {
                format!("http {} as {}:{}", address.as_str(), user.user, user.password)
            }
            Ok((Location::Ssh(address), _)) => {
                format!("ssh {address} as {} at {}:{}", address.user, address.host, address.port)
            }
            Err(error) => format!("{error}"),
        };
        assert_eq!(shown, expected, "{input}");
    }

    #[test]
    fn paths_and_file_urls_are_folders() {
        check("/srv/fleet.git", "folder /srv/fleet.git");
        check("./fleet", "folder ./fleet");
        check("file:///srv/fleet.git", "folder /srv/fleet.git");
        check("file://localhost/srv/fleet.git", "folder /srv/fleet.git");
        check("file://other/srv", "a file URL names a host (url=file://other/srv)");
    }

    #[test]
    fn addresses_are_normal_and_bare_of_users() {
        check("https://Example.org/fleet.git/", "http https://example.org/fleet.git");
        check("https://example.org:443/a", "http https://example.org/a");
        check("http://[::1]:8080/a", "http http://[::1]:8080/a");
        check("https://u:p%40ss@example.org/a", "http https://example.org/a as u:p@ss");
        check("https://token@example.org/a", "http https://example.org/a as token:");
        check("https://example.org/@scope/a", "http https://example.org/@scope/a");
    }

    #[test]
    fn addresses_over_ssh_are_read_in_both_forms() {
        let check = |input, shown, user, host| check(input, &format!("ssh {shown} as {user} at {host}"));
        check("ssh://git@Example.org/a/b.git/", "ssh://git@example.org/a/b.git", "git", "example.org:22");
        check("ssh://git@example.org:22/a", "ssh://git@example.org/a", "git", "example.org:22");
        check("git+ssh://ada@example.org:2222/a", "ssh://ada@example.org:2222/a", "ada", "example.org:2222");
        check("ssh://example.org/a%20b", "ssh://git@example.org/a b", "git", "example.org:22");
        check(
            "ssh://a@b.org@example.org/~ada/a",
            "ssh://a@b.org@example.org/~ada/a",
            "a@b.org",
            "example.org:22",
        );
        check("ssh://git@[::1]:2222/a", "ssh://git@[::1]:2222/a", "git", "::1:2222");
        check("git@example.org:a/b.git", "git@example.org:a/b.git", "git", "example.org:22");
        check("git@example.org:/srv/a", "ssh://git@example.org/srv/a", "git", "example.org:22");
        check("example.org:a", "git@example.org:a", "git", "example.org:22");
        check("ada@[::1]:a", "ada@[::1]:a", "ada", "::1:22");
        check("ada@[example.org:2222]:a", "ada@[example.org:2222]:a", "ada", "example.org:2222");
    }

    #[test]
    fn an_address_over_ssh_names_a_host_and_a_repository() {
        check("ssh://git@example.org", "the address names no repository (url=ssh://example.org)");
        check("ssh://git@example.org/", "the address names no repository (url=ssh://example.org/)");
        check("ssh://git@/a", "the address names no host (url=ssh:///a)");
        check("git@:a", "the address names no host (url=:a)");
        check("ssh://git@example.org:x/a", "the port in the address is none (url=ssh://example.org:x/a)");
    }

    #[test]
    fn passwords_are_shown_in_no_error() {
        check("https://u:se/cret@example.org/a", "not an address (url=https://example.org/a)");
        check(
            "https://u:secret@example.org/a?b=secret",
            "the address of a repository has no query and no fragment (url=https://example.org/a)",
        );
        check(
            "ssh://u:secret@example.org/a",
            "an address over SSH holds no password (url=ssh://example.org/a)",
        );
    }

    #[test]
    fn what_looks_like_a_url_is_no_folder() {
        let refused = |shown| format!("the address looks like a URL without a scheme (url={shown})");
        for text in [
            "https//ada:secret@host/a",
            "//ada:secret@host/a",
            "//secret@host/a",
            "https:/ada:secret@host/a",
            "HTTPS/secret@host/a",
            "/srv/ada:secret@host/a",
            "./ada:secret@host/a",
            "ada:secret@host/a",
        ] {
            check(text, &refused("host/a"));
        }
        check("file:///srv/ada:x@host/a", "folder /srv/ada:x@host/a");
        check("//srv/fleet.git", "folder //srv/fleet.git");
        check("./me@home/fleet.git", "folder ./me@home/fleet.git");
        check("/srv/12:30/fleet.git", "folder /srv/12:30/fleet.git");
    }

    #[test]
    fn an_address_from_a_file_with_a_line_break_is_told_apart() {
        let expected = "the address holds a line break or another control character (url=https://host/a)";
        check("https://host/a\n", expected);
        check("https://ada:secret@host/a\r\n", expected);
    }

    #[test]
    fn what_could_run_a_program_is_refused() {
        check(
            "--upload-pack=/bin/sh",
            "the address could be mistaken for an option (url=--upload-pack=/bin/sh)",
        );
        check("ext::sh -c id", "no transport for this scheme (scheme=ext, url=ext::sh -c id)");
        check("git@example.org:-x", "the address names no repository (url=example.org:-x)");
        check("ssh://-oProxyCommand=id/a", "the address names no host (url=ssh://-oProxyCommand=id/a)");
        check("ftp://example.org/a", "no transport for this scheme (scheme=ftp, url=ftp://example.org/a)");
    }

    proptest::proptest! {
        #[test]
        fn an_address_over_ssh_is_the_same_when_it_is_read_again(
            user in "[a-z][a-z0-9@.]{0,6}",
            host in "[a-z0-9][a-z0-9.-]{0,9}|\\[[0-9a-f:]{2,9}\\]",
            port in proptest::option::of(1u16..),
            path in "(~[a-z]{1,3}/)?[a-z][a-z0-9./ -]{0,12}[a-z]",
        ) {
            let port = port.map_or_else(String::new, |port| format!(":{port}"));
            if let Ok((Location::Ssh(first), _)) = Location::parse(&format!("ssh://{user}@{host}{port}/{path}")) {
                let again = Location::parse(&first.to_string());
                assert_eq!(again.map(|(location, _)| location), Ok(Location::Ssh(first)));
            }
        }

        #[test]
        fn any_text_is_an_address_or_refused_without_its_password(text in "[a-z:/@\\[\\].~%?# -]{0,30}") {
            let _ = Location::parse(&text);
            let with_password = format!("ssh://ada:hunter2@{text}");
            match Location::parse(&with_password) {
                Ok((location, _)) => assert!(!location.to_string().contains("hunter2"), "{location}"),
                Err(error) => assert!(!format!("{error:?}").contains("hunter2"), "{error:?}"),
            }
        }
    }
}
