//! What addresses of bases mean, and whether one lies below another.

use windlass_git::Reference;

use crate::spec::OciReference;

/// What an address means, by how its renderer wrote it.
pub(super) enum Meant<'a> {
    Git {
        url: &'a str,
        reference: String,
    },
    Oci {
        url: &'a str,
        version: &'a str,
    },
    /// A chart of a Helm repository.
    Chart {
        url: &'a str,
        name: &'a str,
        range: &'a str,
    },
    File(&'a str),
}

impl<'a> Meant<'a> {
    pub(super) fn read(address: &'a str) -> Self {
        if let Some(git) = address.strip_prefix("git::") {
            let (url, query) = git.split_once('?').unwrap_or((git, ""));
            let reference = query.split('&').find_map(|word| word.strip_prefix("ref="));
            return Self::Git { url, reference: reference.map(unescaped).unwrap_or_default() };
        }
        if address.starts_with("oci://") {
            let name = address.rfind('/').unwrap_or_default();
            let (url, version) = match address[name..].find(':') {
                Some(at) => (&address[..name + at], &address[name + at + 1..]),
                None => (address, ""),
            };
            return Self::Oci { url, version };
        }
        match address.split_once('#') {
            Some((url, chart)) => {
                let (name, range) = chart.split_once('@').unwrap_or((chart, ""));
                Self::Chart { url, name, range }
            }
            None => Self::File(address.split('?').next().unwrap_or_default()),
        }
    }

    pub(super) const fn place(&self) -> &'a str {
        match self {
            Self::Git { url, .. } | Self::Oci { url, .. } | Self::Chart { url, .. } => url,
            Self::File(place) => place,
        }
    }
}

fn unescaped(text: &str) -> String {
    let (mut bytes, mut rest) = (Vec::with_capacity(text.len()), text.as_bytes());
    while let [first, tail @ ..] = rest {
        let hex = tail.get(..2).filter(|_| *first == b'%').and_then(|hex| std::str::from_utf8(hex).ok());
        match hex.and_then(|hex| u8::from_str_radix(hex, 16).ok()) {
            Some(byte) => {
                bytes.push(byte);
                rest = &tail[2..];
            }
            None => {
                bytes.push(*first);
                rest = tail;
            }
        }
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

/// What an address or the beginning of one leads to, as far as that decides whether it is allowed.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Place<'a> {
    scheme: String,
    host: String,
    path: Vec<&'a str>,
}

impl<'a> Place<'a> {
    /// Reads an address; `None` for one that may lead elsewhere than it looks.
    pub(super) fn read(address: &'a str) -> Option<Self> {
        let odd = |c: char| c.is_control() || c.is_whitespace() || matches!(c, '\\' | '%' | '?' | '#');
        if address.contains(odd) {
            return None;
        }
        let (scheme, authority, path) = match address.split_once("://") {
            Some((scheme, rest)) => {
                let (authority, path) = rest.split_at(rest.find('/').unwrap_or(rest.len()));
                (scheme.to_ascii_lowercase(), authority, path)
            }
            None => {
                let (host, path) = address.split_once(':').filter(|(host, _)| !host.contains('/'))?;
                ("ssh".to_owned(), host, path)
            }
        };
        let host = authority.rsplit_once('@').map_or(authority, |(_, host)| host).to_ascii_lowercase();
        let usual = match scheme.as_str() {
            "https" | "oci" => ":443",
            "http" => ":80",
            "ssh" => ":22",
            "file" if host.is_empty() && path.starts_with('/') => "",
            _ => return None,
        };
        let host = host.strip_suffix(usual).unwrap_or(&host).to_owned();
        if host.is_empty() && scheme != "file" {
            return None;
        }
        let mut path: Vec<&str> = path.split('/').filter(|name| !name.is_empty()).collect();
        if path.iter().any(|name| matches!(*name, "." | "..")) {
            return None;
        }
        if let Some(last) = path.last_mut() {
            *last = last.strip_suffix(".git").unwrap_or(last);
        }
        Some(Self { scheme, host, path })
    }

    /// Says whether another place is this one or lies below it.
    pub(super) fn holds(&self, other: &Self) -> bool {
        self.scheme == other.scheme && self.host == other.host && other.path.starts_with(&self.path)
    }
}

/// Says whether a text is the beginning of addresses.
pub(crate) fn is_beginning(text: &str) -> bool {
    Place::read(text).is_some()
}

/// Says whether what is shown to the server of one address may be shown to that of another.
pub(super) fn on_one_server(one: &str, other: &str) -> bool {
    let server = |address| {
        Place::read(address).filter(|place| !place.host.is_empty()).map(|place| (place.scheme, place.host))
    };
    server(one).is_some_and(|one| server(other) == Some(one))
}

/// What a name may mean, as `git fetch` looks for it.
pub(super) fn references(name: &str) -> Vec<Reference> {
    let is_commit = name.len() == 40 && name.bytes().all(|byte| byte.is_ascii_hexdigit());
    match name {
        "" | "HEAD" => vec![Reference::Head],
        _ if is_commit => vec![Reference::Commit(name.to_ascii_lowercase())],
        _ if name.starts_with("refs/") => vec![Reference::Name(name.to_owned())],
        _ => {
            let whole = name.contains('/').then(|| Reference::Name(format!("refs/{name}")));
            let short = [Reference::Tag(name.to_owned()), Reference::Branch(name.to_owned())];
            whole.into_iter().chain(short).collect()
        }
    }
}

/// A version is a tag, and a range is the highest tag in it. In a tag `_` stands for the `+` of a version.
pub(super) fn version_of(version: &str) -> OciReference {
    let (core, rest) = version.split_at(version.find(['-', '+']).unwrap_or(version.len()));
    let is_number = |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
    let is_whole = core.split('.').count() == 3 && core.split('.').all(is_number);
    let is_plain = rest.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-+._".contains(&byte));
    match (is_whole && is_plain, version) {
        (true, _) => OciReference::Tag(version.replace('+', "_")),
        (false, "") => OciReference::Semver("*".to_owned()),
        (false, _) => OciReference::Semver(version.to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(beginning: &str, address: &str, allowed: bool) {
        let meant = Meant::read(address);
        let place = Place::read(meant.place());
        let found = Place::read(beginning).unwrap();
        assert_eq!(place.is_some_and(|place| found.holds(&place)), allowed, "{beginning} {address}");
    }

    #[test]
    fn what_lies_below_a_beginning_is_allowed() {
        for (beginning, address) in [
            ("https://example.org/", "git::https://example.org/a/b?ref=v1"),
            ("https://example.org", "git::https://EXAMPLE.org:443/a/b"),
            ("https://example.org/a", "git::https://me@example.org/a/b.git"),
            ("https://example.org/a/b", "git::https://example.org/a/b.git"),
            ("https://example.org/a/b.git", "git::https://example.org/a/b"),
            ("git@example.org:a/", "git::ssh://git@example.org/a/b"),
            ("file:///srv/", "git::file:///srv/base?ref=main"),
            ("oci://registry.example/charts/", "oci://registry.example/charts/db:1.2.x"),
            ("oci://registry.example/charts/db", "oci://registry.example/charts/db:>=1.2 <2"),
            ("https://charts.example.org", "https://charts.example.org#db@>=1 <2"),
        ] {
            check(beginning, address, true);
        }
    }

    #[test]
    fn nothing_else_is_allowed_however_it_is_written() {
        for address in [
            "git::https://example.org/team-evil/b",
            "git::https://example.org/b",
            "git::https://example.org.evil/team/b",
            "git::https://example.org@evil.example/team/b",
            "git::https://example.org/team/../b",
            "git::https://example.org/team/%2e%2e/b",
            "git::https://evil.example\\@example.org/team/b",
            "git::https://example.org/team\n/b",
            "git::http://example.org/team/b",
            "git::https://example.org:8443/team/b",
            "git::ssh://example.org/team/b",
            "git::git@example.org:team/b",
            "git::/srv/team/b",
            "oci://example.org/team/b:1.0.0",
            "",
        ] {
            check("https://example.org/team/", address, false);
        }
    }

    #[test]
    fn a_beginning_has_a_scheme_and_a_host() {
        for text in [
            "",
            "/srv",
            "example.org/a",
            "https://",
            "https:///a",
            "https://example.org/..",
            "ftp://example.org",
        ] {
            assert!(!is_beginning(text), "{text}");
        }
    }

    #[test]
    fn credentials_are_for_one_server() {
        assert!(on_one_server("https://me@example.org/a", "https://example.org:443/b"));
        for other in
            ["https://example.org:8443/a", "http://example.org/a", "https://other.example/a", "file:///a"]
        {
            assert!(!on_one_server("https://example.org/a", other), "{other}");
        }
        assert!(!on_one_server("file:///a", "file:///a"));
    }

    #[test]
    fn a_name_is_looked_for_as_git_does() {
        let names =
            |name: &str| references(name).iter().map(ToString::to_string).collect::<Vec<_>>().join(", ");
        assert_eq!(names(""), "HEAD");
        assert_eq!(names("v1"), "tag v1, branch v1");
        assert_eq!(names("heads/main"), "refs/heads/main, tag heads/main, branch heads/main");
        assert_eq!(names("refs/pull/1/head"), "refs/pull/1/head");
        assert_eq!(names(&"A1".repeat(20)), format!("commit {}", "a1".repeat(20)));
    }

    #[test]
    fn a_version_is_a_tag_and_a_range_is_none() {
        for (version, expected) in [
            ("1.2.3", OciReference::Tag("1.2.3".into())),
            ("1.2.3-rc.1+build", OciReference::Tag("1.2.3-rc.1_build".into())),
            ("1.2.x", OciReference::Semver("1.2.x".into())),
            ("1.2", OciReference::Semver("1.2".into())),
            ("1.2.3 - 2.0.0", OciReference::Semver("1.2.3 - 2.0.0".into())),
            ("", OciReference::Semver("*".into())),
        ] {
            assert_eq!(version_of(version), expected, "{version}");
        }
    }

    #[test]
    fn a_reference_comes_back_as_it_was() {
        let Meant::Git { url, reference } =
            Meant::read("git::https://example.org/a?ref=a%26b/%C3%A4&submodules=false")
        else {
            panic!("a repository");
        };
        assert_eq!((url, reference.as_str()), ("https://example.org/a", "a&b/ä"));
    }
}
