//! What the tests share: short names for what they do all the time.
#![allow(dead_code, unreachable_pub, reason = "each test file uses a part of it")]

use windlass_core::{Artifact, Context, EntryKind, Error, Paths, Result, Revision, Source, TreePath};
use windlass_git::GitSource;
use windlass_git::write::{Author, Change, Repository};
use windlass_testkit::{TestClock, block_on};

#[cfg(all(unix, feature = "ssh", feature = "git-program"))]
pub mod openssh;
pub mod served;
pub mod server;
#[cfg(feature = "ssh")]
pub mod sshd;
#[cfg(feature = "ssh")]
pub mod upload_pack;

pub fn context() -> Context {
    TestClock::new().context()
}

pub fn author() -> Author {
    Author::new("Ada", "ada@example.org", 1_700_000_000)
}

pub fn resolve(source: &GitSource) -> Result<Revision> {
    block_on(source.resolve(&context())).map(|resolved| resolved.revision)
}

pub fn fetch(source: &GitSource, revision: &Revision) -> Result<Artifact> {
    block_on(source.fetch(&context(), revision, &Paths::All))
}

/// Resolves and fetches.
pub fn bring(source: &GitSource) -> Result<Artifact> {
    fetch(source, &resolve(source)?)
}

pub fn path(path: &str) -> TreePath {
    TreePath::new(path).unwrap()
}

pub fn read(artifact: &Artifact, file: &str) -> Result<String> {
    let bytes = artifact.files().read(&path(file))?;
    Ok(String::from_utf8(bytes.to_vec()).unwrap())
}

/// Lists a folder as a person would write it down: `apps/ web.yaml`, and `?` after what has no content.
pub fn list(artifact: &Artifact, folder: &str) -> Result<String> {
    let entries = artifact.files().list(&path(folder))?;
    let shown = entries.iter().map(|entry| match entry.kind {
        EntryKind::File => entry.name.to_string(),
        EntryKind::Folder => format!("{}/", entry.name),
        _ => format!("{}?", entry.name),
    });
    Ok(shown.collect::<Vec<_>>().join(" "))
}

/// What went wrong, as `kind: message`.
pub fn shown(error: &Error) -> String {
    format!("{}: {error}", error.kind().name())
}

/// A repository with two commits on `main`, a branch and a tag.
pub struct Fleet {
    pub folder: tempfile::TempDir,
    pub repository: Repository,
    pub first: String,
    pub second: String,
}

impl Fleet {
    pub fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let repository = Repository::init(folder.path().join("fleet.git")).unwrap();
        let start = [Change::file("apps/web.yaml", "replicas: 1\n"), Change::file("README", "fleet\n")];
        let first = repository.commit("main", "start\n\nWith a body.\n", &author(), &start).unwrap();
        let grow = [Change::file("apps/web.yaml", "replicas: 2\n")];
        let second = repository.commit("main", "grow", &author(), &grow).unwrap();
        repository.point("refs/heads/old", &first).unwrap();
        repository.tag("v1", &first, &author()).unwrap();
        Self { folder, repository, first, second }
    }

    pub fn url(&self) -> String {
        self.repository.path().display().to_string()
    }

    pub fn source(&self) -> GitSource {
        GitSource::new(self.url())
    }
}
