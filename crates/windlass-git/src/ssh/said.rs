//! What a server says on its standard error, and what it means.

use windlass_core::{Error, ErrorKind};

/// How much of what a server says is kept: the last of it, where it says why it gives up.
const HEARD_BYTES_MAX: usize = 8 << 10;

/// The most letters of the words of a server that are told.
const WORDS_MAX: usize = 300;

/// What Git and its hosts say of a repository that is not there, or not for this key.
const MISSING: [&str; 6] = [
    "not found",
    "not be found",
    "does not exist",
    "doesn't exist",
    "does not appear to be a git repository",
    "no such repository",
];

/// What they say where a key may not do what it asks for.
const DENIED: [&str; 4] = ["permission denied", "access denied", "not authorized", "unauthorized"];

/// What was heard of a command.
#[derive(Debug, Default)]
pub(super) struct Said {
    heard: Vec<u8>,
    pub(super) exit: Option<u32>,
}

impl Said {
    pub(super) fn hear(&mut self, bytes: &[u8]) {
        self.heard.extend_from_slice(bytes);
        if self.heard.len() > 2 * HEARD_BYTES_MAX {
            self.heard.drain(..self.heard.len() - HEARD_BYTES_MAX);
        }
    }

    /// Why the command ended before its answer was complete.
    pub(super) fn why(&self) -> Error {
        let words = shown(&String::from_utf8_lossy(&self.heard));
        let small = words.to_lowercase();
        let says = |known: &[&str]| known.iter().any(|known| small.contains(known));
        let (kind, message) = match words.as_str() {
            "" => (ErrorKind::Unavailable, "the server ends the conversation"),
            _ if says(&MISSING) => (ErrorKind::NotFound, "repository not found"),
            _ if says(&DENIED) => (ErrorKind::Denied, "the server denies access"),
            _ => (ErrorKind::Unavailable, "the server gives up"),
        };
        let error = Error::new(kind, message);
        let error = if words.is_empty() { error } else { error.with("server", words) };
        match (kind, self.exit) {
            (ErrorKind::Unavailable, Some(exit)) => error.with("exit", exit),
            _ => error,
        }
    }
}

/// Words as one line: without frames, without empty lines, without what could move a cursor.
pub(super) fn shown(text: &str) -> String {
    let line = |line: &str| {
        let line = line.trim();
        let line = line.strip_prefix("remote:").unwrap_or(line).trim();
        line.chars().any(char::is_alphanumeric).then(|| line.to_owned())
    };
    let lines: Vec<String> = text.split(['\n', '\r']).filter_map(line).collect();
    let words: Vec<char> = lines.join("; ").chars().filter(|c| !c.is_control()).collect();
    words[words.len().saturating_sub(WORDS_MAX)..].iter().collect()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test fails by it")]

    use super::*;

    fn check(words: &str, expected: &str) {
        let mut said = Said { exit: Some(128), ..Said::default() };
        said.hear(words.as_bytes());
        let error = said.why();
        assert_eq!(format!("{}: {error}", error.kind().name()), expected);
    }

    #[test]
    fn hosts_say_in_their_own_words_that_a_repository_is_missing() {
        for words in [
            "ERROR: Repository not found.",
            "ERROR: The project you were looking for could not be found or you don't have permission to view it.",
            "fatal: '/srv/a.git' does not appear to be a git repository",
            "conq: repository does not exist.",
            "Gitea: Repository does not exist or you do not have access",
        ] {
            check(
                &format!("remote: \nremote: ========\nremote: \r\nremote: {words}\nremote: \n"),
                &format!("not found: repository not found (server={words})"),
            );
        }
    }

    #[test]
    fn other_words_are_told_and_bounded() {
        check("Permission denied\n", "denied: the server denies access (server=Permission denied)");
        check("\u{1b}[31mbusy\n", "unavailable: the server gives up (server=[31mbusy, exit=128)");
        check("", "unavailable: the server ends the conversation (exit=128)");
        let mut said = Said::default();
        for _ in 0..10_000 {
            said.hear(b"endless words\n");
        }
        said.hear(b"fatal: the end\n");
        assert!(said.heard.len() <= 2 * HEARD_BYTES_MAX);
        let error = said.why();
        let words = error.context("server").unwrap();
        assert_eq!(words.chars().count(), WORDS_MAX);
        assert!(words.ends_with("fatal: the end"), "{words}");
    }
}
