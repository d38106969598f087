//! The laws of a source, for repositories of this machine, with `ssh` for repositories behind SSH and, with `git-program`, for
//! repositories behind HTTP.

#![allow(clippy::unwrap_used, reason = "a test fails by it")]

mod support;

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex};

use support::author;
use tempfile::TempDir;
use windlass_core::Source;
use windlass_git::GitSource;
use windlass_git::write::{Change, Repository};
use windlass_testkit::source::SourceHarness;
use windlass_testkit::suite::{Bench, Check};

/// A repository whose commits hold just what is asked for.
struct Origin {
    folder: TempDir,
    repository: Repository,
    names: Mutex<BTreeSet<String>>,
}

impl Origin {
    fn new() -> Self {
        let folder = TempDir::new().unwrap();
        let repository = Repository::init(folder.path().join("fleet.git")).unwrap();
        Self { folder, repository, names: Mutex::default() }
    }

    fn commit(&self, files: &[(&str, &[u8])], links: &[(&str, &str)]) {
        let mut names = self.names.lock().unwrap();
        let mut changes: Vec<_> = names.iter().map(Change::remove).collect();
        changes.extend(files.iter().map(|(path, bytes)| Change::file(*path, *bytes)));
        changes.extend(links.iter().map(|(path, target)| Change::link(*path, *target)));
        self.repository.commit("main", "a state", &author(), &changes).unwrap();
        let paths = files.iter().map(|(path, _)| *path).chain(links.iter().map(|(path, _)| *path));
        *names = paths.map(|path| path.split('/').next().unwrap().to_owned()).collect();
    }

    fn cut_off(&self) {
        std::fs::rename(self.repository.path(), self.folder.path().join("away")).unwrap();
    }
}

mod folder {
    use super::*;

    struct Folder(Origin);

    impl Folder {
        fn new() -> Self {
            Self(Origin::new())
        }
    }

    impl Bench for Folder {
        fn skips(&self) -> Vec<(&'static str, &'static str)> {
            vec![("no_credential_is_shown", "a folder needs no credential")]
        }
    }

    impl SourceHarness for Folder {
        fn source(&self) -> Arc<dyn Source> {
            Arc::new(GitSource::new(self.0.repository.path().to_string_lossy()).branch("main"))
        }

        fn commit(&self, files: &[(&str, &[u8])]) {
            self.0.commit(files, &[]);
        }

        fn commit_links(&self, files: &[(&str, &[u8])], links: &[(&str, &str)]) -> Check {
            self.0.commit(files, links);
            Ok(())
        }

        fn tells_case(&self) -> Check {
            Ok(())
        }

        fn cut_off(&self) -> Check {
            self.0.cut_off();
            Ok(())
        }
    }

    windlass_testkit::source_suite!(Folder::new);
}

#[cfg(feature = "git-program")]
mod http {
    use super::support::server::{Answer, Server};
    use super::*;
    use windlass_git::Credentials;

    /// `ada` and the secret, as a server sees them.
    const WANTED: &str = "Basic YWRhOnNlY3JldC10b2tlbg==";

    struct Far {
        origin: Origin,
        source: Arc<GitSource>,
        _server: Server,
    }

    impl Far {
        fn new() -> Self {
            let origin = Origin::new();
            let server = Server::new(origin.folder.path(), Answer::For(WANTED));
            let source = GitSource::new(format!("{}/fleet.git", server.origin))
                .branch("main")
                .with_credentials(Credentials::basic("ada", "secret-token"))
                .with_credentials_in_clear_text()
                .with_cache(origin.folder.path().join("cache"));
            Self { origin, source: Arc::new(source), _server: server }
        }
    }

    impl Bench for Far {}

    impl SourceHarness for Far {
        fn source(&self) -> Arc<dyn Source> {
            Arc::clone(&self.source) as Arc<dyn Source>
        }

        fn commit(&self, files: &[(&str, &[u8])]) {
            self.origin.commit(files, &[]);
        }

        fn commit_links(&self, files: &[(&str, &[u8])], links: &[(&str, &str)]) -> Check {
            self.origin.commit(files, links);
            Ok(())
        }

        fn tells_case(&self) -> Check {
            Ok(())
        }

        fn cut_off(&self) -> Check {
            self.origin.cut_off();
            Ok(())
        }

        fn credential(&self) -> Check<String> {
            Ok("secret-token".to_owned())
        }
    }

    windlass_testkit::source_suite!(Far::new);
}

#[cfg(feature = "ssh")]
mod ssh {
    use super::support::sshd::{Command, ED25519, Sshd, key, text};
    use super::*;
    use windlass_git::Credentials;

    struct Far {
        origin: Origin,
        source: Arc<GitSource>,
        secret: String,
        server: Sshd,
    }

    impl Far {
        fn new() -> Self {
            let origin = Origin::new();
            let client = key(ED25519);
            let server = Sshd::new(origin.folder.path(), vec![key(ED25519)], &client, Command::Git);
            let text = text(&client);
            let source = GitSource::new(server.url("fleet.git"))
                .branch("main")
                .with_credentials(Credentials::key(&text))
                .with_known_hosts(server.known_hosts())
                .with_cache(origin.folder.path().join("cache"));
            // A line of the key, which has its secret part in it.
            let secret = text.lines().nth(3).unwrap().to_owned();
            Self { origin, source: Arc::new(source), secret, server }
        }
    }

    impl Bench for Far {}

    impl SourceHarness for Far {
        fn source(&self) -> Arc<dyn Source> {
            Arc::clone(&self.source) as Arc<dyn Source>
        }

        fn commit(&self, files: &[(&str, &[u8])]) {
            self.origin.commit(files, &[]);
        }

        fn commit_links(&self, files: &[(&str, &[u8])], links: &[(&str, &str)]) -> Check {
            self.origin.commit(files, links);
            Ok(())
        }

        fn tells_case(&self) -> Check {
            Ok(())
        }

        fn cut_off(&self) -> Check {
            self.origin.cut_off();
            Ok(())
        }

        fn hang(&self) -> Check {
            self.server.does(Command::Silence);
            Ok(())
        }

        fn credential(&self) -> Check<String> {
            Ok(self.secret.clone())
        }
    }

    windlass_testkit::source_suite!(Far::new);
}
