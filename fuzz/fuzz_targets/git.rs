//! What is read of Git and SSH by readers of our own: addresses, known hosts, patterns, names, reftables. The readers that
//! are not public are compiled in as they stand.
#![no_main]
#![allow(dead_code, unused_imports, reason = "of the readers, only those that read are called")]

use flate2::Crc;
use libfuzzer_sys::fuzz_target;
use windlass_fuzz::{CANARY, choice, texts, told};

#[path = "../../crates/windlass-git/src"]
mod git {
    pub(crate) mod address;
    pub(crate) mod location;
    pub(crate) mod pattern;
    pub(crate) mod ssh {
        pub(crate) mod host_key;
        pub(crate) mod known_hosts;
        pub(crate) mod pattern;
    }
    pub(crate) mod reftable {
        mod block;
        mod table;

        use gix::ObjectId;

        /// What a name stands for.
        #[derive(Debug, Clone, PartialEq, Eq)]
        pub(crate) enum Value {
            Deleted,
            Object(ObjectId),
            Symbolic(String),
        }

        /// Counts the references of a table.
        pub(crate) fn count(bytes: &[u8]) -> windlass_core::Result<usize> {
            let table = table::Table::new(bytes.to_vec())?;
            let mut count = 0;
            for record in table.records() {
                let _ = record?;
                count += 1;
            }
            Ok(count)
        }
    }
}

use git::address::RepositoryUrl;
use git::location::{self, Location};
use git::pattern::FilePattern;
use git::ssh::known_hosts::{HostKey, KnownHosts};

fuzz_target!(|bytes: &[u8]| {
    let Some((kind, bytes)) = choice(bytes, 5) else { return };
    match kind {
        0 => addresses(bytes),
        1 => hosts(bytes),
        2 => patterns(bytes),
        3 => drop(git::reftable::count(bytes)),
        _ => drop(git::reftable::count(&with_checksum(bytes))),
    }
});

fn addresses(bytes: &[u8]) {
    let Some([text]) = texts(bytes) else { return };
    // An address is shown without control characters, and its host in lower case.
    let plain: String = text.to_lowercase().chars().filter(|c| !c.is_control()).collect();
    if plain.contains(CANARY) {
        return;
    }
    let secret = format!("https://ada:{CANARY}@{text}");
    for text in [text, &secret] {
        let url = RepositoryUrl::new(text);
        let _ = (url.is_ssh(), url.user(), url.known_host(), url.without_user());
        let shown = match Location::parse(text) {
            Ok((location, _)) => location.to_string(),
            Err(error) => told(&error),
        };
        assert!(text != secret || !shown.contains(CANARY), "a password is shown: {shown}");
    }
}

/// Lines, and a host with its port.
fn hosts(bytes: &[u8]) {
    let Some([lines, host, port]) = texts(bytes) else { return };
    let Ok(known) = KnownHosts::parse(lines) else { return };
    let port = port.parse().unwrap_or(22);
    let kinds = known.kinds(host, port);
    let key =
        HostKey { kind: kinds.first().copied().unwrap_or("ssh-ed25519").to_owned(), bytes: b"key".to_vec() };
    assert!(known.check(host, port, &key).is_err(), "a key that no line has is not known");
}

fn patterns(bytes: &[u8]) {
    let Some([pattern, path]) = texts(bytes) else { return };
    for pattern in [FilePattern::glob(pattern), FilePattern::pathspec(pattern)] {
        let _ = pattern.map(|pattern| pattern.matches(path));
    }
}

/// Puts right the checksum at the end of a table, and the header that its footer repeats.
fn with_checksum(bytes: &[u8]) -> Vec<u8> {
    let mut table = bytes.to_vec();
    let header = match table.get(4) {
        Some(1) => 24,
        _ => 28,
    };
    let footer = header + 5 * 8 + 4;
    let Some(at) = table.len().checked_sub(footer).filter(|at| *at >= header) else { return table };
    table.copy_within(..header, at);
    let mut sum = Crc::new();
    sum.update(&table[at..at + footer - 4]);
    let end = table.len() - 4;
    table[end..].copy_from_slice(&sum.sum().to_be_bytes());
    table
}
