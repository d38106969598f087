//! Which keys hosts are known by: lines of `known_hosts`, as OpenSSH writes them.

use std::fmt;
use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, STANDARD_NO_PAD};
use hmac::{Hmac, KeyInit as _, Mac as _};
use sha1::Sha1;
use sha2::{Digest as _, Sha256};
use windlass_core::{Error, ErrorKind, Result};

use super::host_key::HostKeyError;
use super::pattern::HostPattern;
use crate::location::PORT;

/// The most lines that are read.
const LINES_MAX: usize = 100_000;

/// The keys that hosts are known by, as a file `known_hosts` of OpenSSH lists them.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct KnownHosts(Arc<[Line]>);

/// A key as a host shows it, or as a line has it: what it is, and the bytes of RFC 4253.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct HostKey {
    pub(crate) kind: String,
    pub(crate) bytes: Vec<u8>,
}

#[derive(Clone, PartialEq, Eq)]
struct Line {
    number: usize,
    mark: Mark,
    hosts: Hosts,
    key: HostKey,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Mark {
    None,
    Revoked,
    Authority,
}

#[derive(Clone, PartialEq, Eq)]
enum Hosts {
    Named(Vec<HostPattern>),
    Hashed { salt: Vec<u8>, hash: Vec<u8> },
}

impl KnownHosts {
    /// Reads lines of `known_hosts`. Empty lines and comments are passed over.
    ///
    /// # Errors
    /// [`ErrorKind::Invalid`] with each line that is none, by its number; [`ErrorKind::Limit`] for too many lines.
    pub(crate) fn parse(text: &str) -> Result<Self> {
        let (mut lines, mut problems) = (Vec::new(), Vec::new());
        for (at, text) in text.lines().enumerate() {
            if at >= LINES_MAX {
                let error = Error::new(ErrorKind::Limit, "there are too many known hosts");
                return Err(error.with("lines_max", LINES_MAX));
            }
            match Line::read(at + 1, text.trim()) {
                Ok(line) => lines.extend(line),
                Err(why) => problems.push(
                    Error::new(ErrorKind::Invalid, format!("not a line of known hosts: {why}"))
                        .with("line", at + 1)
                        .with_help("Write `host type key`, as `ssh-keyscan` prints it."),
                ),
            }
        }
        Error::all(problems).map_or_else(|| Ok(Self(lines.into())), Err)
    }

    /// Whether no host is known.
    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The kinds of keys that a host is known by, such as `ssh-ed25519`.
    pub(crate) fn kinds(&self, host: &str, port: u16) -> Vec<&str> {
        self.of(host, port, Mark::None).map(|line| line.key.kind.as_str()).collect()
    }

    /// Says whether a host is the one that is known, by the key that it shows.
    pub(crate) fn check(
        &self,
        host: &str,
        port: u16,
        shown: &HostKey,
    ) -> std::result::Result<(), HostKeyError> {
        let (named, key) = (name(host, port), shown.to_string());
        if self.of(host, port, Mark::Revoked).any(|line| line.key == *shown) {
            return Err(HostKeyError::Revoked { host: named, shown: key });
        }
        let mut known = self.of(host, port, Mark::None).peekable();
        if known.peek().is_none() {
            return Err(match self.of(host, port, Mark::Authority).next() {
                Some(line) => HostKeyError::Authority { host: named, shown: key, line: line.number },
                None => HostKeyError::Unknown { line: shown.line(&named), host: named, shown: key },
            });
        }
        let mut others = Vec::new();
        for line in known {
            if line.key == *shown {
                return Ok(());
            }
            others.push(format!("{} in line {}", line.key, line.number));
        }
        Err(HostKeyError::Changed { host: named, shown: key, known: others })
    }

    fn of(&self, host: &str, port: u16, mark: Mark) -> impl Iterator<Item = &Line> {
        let name = name(host, port);
        self.0.iter().filter(move |line| line.mark == mark && line.hosts.hold(&name))
    }
}

/// Shows how many keys there are: whom one knows need not be told.
impl fmt::Debug for KnownHosts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "KnownHosts({} keys)", self.0.len())
    }
}

impl HostKey {
    fn read(kind: &str, text: &str) -> std::result::Result<Self, &'static str> {
        let bytes = STANDARD.decode(text).map_err(|_| "the key is not base64")?;
        // The bytes begin with the kind once more.
        let length = bytes.first_chunk::<4>().map(|length| u32::from_be_bytes(*length) as usize);
        let inner = length.and_then(|length| bytes.get(4..)?.get(..length));
        match inner == Some(kind.as_bytes()) {
            true => Ok(Self { kind: kind.to_owned(), bytes }),
            false => Err("the key is not of the kind that the line says"),
        }
    }

    /// What a line would say to make it known.
    fn line(&self, host: &str) -> String {
        format!("{host} {} {}", self.kind, STANDARD.encode(&self.bytes))
    }
}

/// By its kind and fingerprint, as `ssh-keygen -l` shows it.
impl fmt::Display for HostKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} SHA256:{}", self.kind, STANDARD_NO_PAD.encode(Sha256::digest(&self.bytes)))
    }
}

impl Line {
    fn read(number: usize, text: &str) -> std::result::Result<Option<Self>, &'static str> {
        if text.is_empty() || text.starts_with('#') {
            return Ok(None);
        }
        let mut words = text.split_ascii_whitespace();
        let first = words.next().unwrap_or_default();
        let (mark, hosts) = match first {
            "@revoked" => (Mark::Revoked, words.next()),
            "@cert-authority" => (Mark::Authority, words.next()),
            _ if first.starts_with('@') => return Err("a mark that is neither @revoked nor @cert-authority"),
            _ => (Mark::None, Some(first)),
        };
        let (Some(hosts), Some(kind), Some(key)) = (hosts, words.next(), words.next()) else {
            return Err("it is too short");
        };
        let hosts = Hosts::read(hosts)?;
        Ok(Some(Self { number, mark, hosts, key: HostKey::read(kind, key)? }))
    }
}

impl Hosts {
    fn read(text: &str) -> std::result::Result<Self, &'static str> {
        let Some(hashed) = text.strip_prefix("|1|") else {
            let names = text.split(',').filter(|name| !name.is_empty());
            return Ok(Self::Named(names.map(HostPattern::new).collect()));
        };
        let decode = |text: &str| STANDARD.decode(text).map_err(|_| "a hashed host is not base64");
        let (salt, hash) = hashed.split_once('|').ok_or("a hashed host has no hash")?;
        Ok(Self::Hashed { salt: decode(salt)?, hash: decode(hash)? })
    }

    /// Whether a host is meant, whose name has its port unless that is the usual one.
    fn hold(&self, name: &str) -> bool {
        match self {
            Self::Named(patterns) => HostPattern::any(patterns, name),
            Self::Hashed { salt, hash } => {
                let Ok(mac) = Hmac::<Sha1>::new_from_slice(salt) else { return false };
                mac.chain_update(name).verify_slice(hash).is_ok()
            }
        }
    }
}

/// A host as `known_hosts` calls it.
pub(crate) fn name(host: &str, port: u16) -> String {
    let host = host.to_ascii_lowercase();
    if port == PORT { host } else { format!("[{host}]:{port}") }
}

#[cfg(test)]
#[path = "known_hosts_tests.rs"]
mod tests;
