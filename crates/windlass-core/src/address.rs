//! The address of another artifact.

use std::borrow::Borrow;
use std::fmt;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::Text;

/// How many characters of an address are shown.
const SHOWN_MAX: usize = 400;
/// What stands for something that is not shown.
const HIDDEN: &str = "…";
/// The words behind a `?` whose values say what of a repository is meant. Any other may be a token.
const PLAIN_WORDS: [&str; 4] = ["ref", "version", "submodules", "timeout"];

/// The address of another artifact, as a renderer wrote it: `git::https://example.org/base.git?ref=v1`.
///
/// Somebody may have written a password or a token into it. So it is shown without user, and with no value behind a `?` but
/// those that say which revision is meant. That is also what is left of it where it is written down.
///
/// ```
/// use windlass_core::Address;
/// let address = Address::new("git::https://ada:secret@example.org/base.git?ref=v1&token=secret");
/// assert_eq!(address.to_string(), "git::https://example.org/base.git?ref=v1&token=…");
/// assert!(address.expose().contains("secret"));
/// ```
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Address(Text);

impl Address {
    /// Takes an address.
    pub fn new(address: impl Into<Text>) -> Self {
        Self(address.into())
    }

    /// Gives the whole address: to whoever asks there, and to nobody else.
    #[must_use]
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl From<&str> for Address {
    fn from(address: &str) -> Self {
        Self::new(address)
    }
}

impl From<String> for Address {
    fn from(address: String) -> Self {
        Self::new(address)
    }
}

impl Borrow<str> for Address {
    fn borrow(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&shown(&self.0))
    }
}

impl fmt::Debug for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&shown(&self.0), f)
    }
}

impl Serialize for Address {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Address {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer).map(Self::from)
    }
}

fn shown(address: &str) -> String {
    let (forced, rest) = address.split_at(if address.starts_with("git::") { 5 } else { 0 });
    let (scheme, rest) = rest.split_at(rest.find("://").map_or(0, |at| at + 3));
    let (rest, fragment) = cut(rest, '#');
    let (place, query) = cut(rest, '?');
    let (authority, path) = place.split_at(place.find('/').unwrap_or(place.len()));
    let mut out = format!("{forced}{scheme}");
    match host(scheme, authority) {
        Some(host) => {
            out += host;
            out += path;
        }
        // An odd password holds what ends an address anywhere else.
        None => return out + HIDDEN,
    }
    if let Some(query) = query {
        let words: Vec<String> = query.split('&').map(word).collect();
        out = out + "?" + &words.join("&");
    }
    if let Some(fragment) = fragment {
        out = out + "#" + if is_chart(fragment) { fragment } else { HIDDEN };
    }
    let plain = |c: char| if c.is_control() { char::REPLACEMENT_CHARACTER } else { c };
    let mut shown: String = out.chars().map(plain).take(SHOWN_MAX).collect();
    if out.chars().nth(SHOWN_MAX).is_some() {
        shown += HIDDEN;
    }
    shown
}

fn cut(text: &str, at: char) -> (&str, Option<&str>) {
    text.split_once(at).map_or((text, None), |(before, after)| (before, Some(after)))
}

/// The host of an address without its user; `None` where it could be part of a password. The user `git` is everybody.
fn host<'a>(scheme: &str, authority: &'a str) -> Option<&'a str> {
    let by_ssh = matches!(scheme, "" | "ssh://");
    let host = match authority.rsplit_once('@') {
        Some(("git", _)) if by_ssh => authority,
        Some((_, host)) => host,
        None => authority,
    };
    let (name, port) = host.rsplit_once(':').unwrap_or((host, ""));
    let is_port = port.bytes().all(|byte| byte.is_ascii_digit());
    (scheme.is_empty() || host.starts_with('[') || is_port && !name.contains(':')).then_some(host)
}

fn word(word: &str) -> String {
    match word.split_once('=') {
        Some((name, _)) if PLAIN_WORDS.contains(&name) => word.to_owned(),
        Some((name, _)) => format!("{name}={HIDDEN}"),
        None => HIDDEN.to_owned(),
    }
}

/// Says whether it is the name of a chart with a version: `db@1.2.x`.
fn is_chart(fragment: &str) -> bool {
    let (name, version) = fragment.split_once('@').unwrap_or((fragment, ""));
    name.chars().all(|c| c.is_ascii_alphanumeric() || "._-".contains(c)) && !version.contains(['/', '@', ':'])
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(address: &str, expected: &str) {
        let address = Address::new(address);
        assert_eq!(address.to_string(), expected);
        assert_eq!(format!("{address:?}"), format!("{expected:?}"));
        assert_eq!(serde_json::to_string(&address).unwrap(), serde_json::to_string(expected).unwrap());
    }

    #[test]
    fn an_address_without_secrets_is_shown_as_it_is() {
        for address in [
            "git::https://example.org/base.git?ref=v1&submodules=false",
            "git::git@example.org:team/base.git",
            "git::ssh://git@example.org:22/team/base",
            "git::file:///srv/base",
            "https://example.org:8443/@team/all.yaml",
            "oci://registry.example/charts/db:1.2.x",
            "https://charts.example.org#db@>=1.2 <2",
            "https://[::1]:8080/a",
        ] {
            check(address, address);
        }
    }

    #[test]
    fn no_secret_of_an_address_is_shown() {
        check("https://ada:secret@example.org/a", "https://example.org/a");
        check("https://secret@example.org/a", "https://example.org/a");
        check("git::https://ada:secret@example.org/a?ref=v1", "git::https://example.org/a?ref=v1");
        check("https://example.org/a?sig=secret&ref=v1&secret", "https://example.org/a?sig=…&ref=v1&…");
        check("https://ada:se/cret@example.org/a", "https://…");
        check("https://ada:se#cret@example.org/a", "https://…");
        check("https://ada:se?cret@example.org/a", "https://…");
        check("https://example.org/a#access_token=secret", "https://example.org/a#…");
        check("ada:secret@example.org/a", "example.org/a");
    }

    #[test]
    fn nothing_in_an_address_breaks_a_line_or_fills_a_page() {
        check("https://example.org/a\nb", "https://example.org/a\u{fffd}b");
        assert!(Address::new("a".repeat(100_000)).to_string().len() < 500);
    }
}
