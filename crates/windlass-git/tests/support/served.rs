//! A repository behind a server of this machine.

use windlass_git::GitSource;

use super::server::{Answer, Server};
use super::{Fleet, bring, shown};

/// A fleet behind a server, and a cache that starts empty.
pub struct Served {
    pub fleet: Fleet,
    pub server: Server,
    pub cache: tempfile::TempDir,
}

impl Served {
    pub fn new(answer: Answer) -> Self {
        let fleet = Fleet::new();
        let server = Server::new(fleet.folder.path(), answer);
        Self { fleet, server, cache: tempfile::tempdir().unwrap() }
    }

    pub fn source(&self) -> GitSource {
        self.source_at(&self.server)
    }

    pub fn source_at(&self, server: &Server) -> GitSource {
        GitSource::new(format!("{}/fleet.git", server.origin)).with_cache(self.cache.path())
    }

    /// The bare repositories of the cache.
    pub fn copies(&self) -> Vec<std::path::PathBuf> {
        let sub = |path: &std::path::Path| -> Vec<_> {
            std::fs::read_dir(path).unwrap().map(|entry| entry.unwrap().path()).collect()
        };
        let copies = sub(self.cache.path()).into_iter().flat_map(|folder| sub(&folder));
        let mut copies: Vec<_> =
            copies.filter(|path| path.extension().is_some_and(|end| end == "git")).collect();
        copies.sort();
        copies
    }

    pub fn check_fails(&self, source: &GitSource, expected: &str) {
        let error = bring(source).unwrap_err();
        let shown = shown(&error).replace(&self.server.origin, "SERVER");
        let shown = shown.replace(&self.fleet.second, "COMMIT");
        assert_eq!(shown, expected, "{error:?}");
        let whole = format!("{error:?} {}", error.explain());
        assert!(!whole.contains("secret"), "a credential is shown: {whole}");
    }
}
