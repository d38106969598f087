//! What the tests share.
#![allow(dead_code, unreachable_pub, reason = "each test file uses a part of it")]
#![allow(clippy::unwrap_used, reason = "a test fails by it")]

use windlass_bucket::BucketSource;
use windlass_core::{Artifact, Context, EntryKind, Error, Files, Paths, Result, Revision, Source, TreePath};
use windlass_testkit::{TestClock, block_on};

pub mod server;

pub fn context() -> Context {
    TestClock::new().context()
}

pub fn resolve_in(cx: &Context, source: &BucketSource) -> Result<Revision> {
    block_on(source.resolve(cx)).map(|resolved| resolved.revision)
}

pub fn fetch_in(cx: &Context, source: &BucketSource, revision: &Revision) -> Result<Artifact> {
    block_on(source.fetch(cx, revision, &Paths::All))
}

/// Resolves and fetches.
pub fn bring_in(cx: &Context, source: &BucketSource) -> Result<Artifact> {
    fetch_in(cx, source, &resolve_in(cx, source)?)
}

pub fn bring(source: &BucketSource) -> Result<Artifact> {
    bring_in(&context(), source)
}

pub fn read(artifact: &Artifact, file: &str) -> String {
    let bytes = artifact.files().read(&TreePath::new(file).unwrap()).unwrap();
    String::from_utf8(bytes.to_vec()).unwrap()
}

/// Lists all files below the root.
pub fn all(files: &dyn Files) -> String {
    let (mut found, mut folders) = (Vec::new(), vec![TreePath::root()]);
    while let Some(folder) = folders.pop() {
        for entry in files.list(&folder).unwrap() {
            let path = folder.join(&entry.name).unwrap();
            match entry.kind {
                EntryKind::Folder => folders.push(path),
                _ => found.push(path.to_string()),
            }
        }
    }
    found.sort();
    found.join(" ")
}

/// What went wrong, as `kind: message`.
pub fn shown<T>(result: Result<T>) -> String {
    match result {
        Ok(_) => "no error".to_owned(),
        Err(error) => format!("{}: {}", error.kind().name(), error.message()),
    }
}

/// All that an error says to anybody.
pub fn whole(error: &Error) -> String {
    format!("{error} {error:?} {} {:?}", error.explain(), std::error::Error::source(error))
}
