//! What the tests share.
#![allow(dead_code, unreachable_pub, reason = "each test file uses a part of it")]
#![allow(clippy::unwrap_used, reason = "a test fails by it")]

use windlass_core::{Artifact, Context, EntryKind, Error, Files, Paths, Result, Revision, Source, TreePath};
use windlass_testkit::{TestClock, block_on};

pub mod server;

pub fn context() -> Context {
    TestClock::new().context()
}

pub fn resolve(source: &dyn Source) -> Result<Revision> {
    block_on(source.resolve(&context())).map(|resolved| resolved.revision)
}

pub fn fetch(source: &dyn Source, revision: &Revision) -> Result<Artifact> {
    block_on(source.fetch(&context(), revision, &Paths::All))
}

/// Resolves and fetches.
pub fn bring(source: &dyn Source) -> Result<Artifact> {
    fetch(source, &resolve(source)?)
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

/// An archive, packed, of files and links from a path to a target.
pub fn packed(files: &[(&str, &[u8])], links: &[(&str, &str)]) -> Vec<u8> {
    let packer = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
    let mut builder = tar::Builder::new(packer);
    for (path, content) in files {
        let mut header = tar::Header::new_gnu();
        header.set_mode(0o644);
        header.set_size(content.len() as u64);
        builder.append_data(&mut header, path, *content).unwrap();
    }
    for (path, target) in links {
        let mut header = tar::Header::new_gnu();
        header.set_entry_type(tar::EntryType::Symlink);
        header.set_size(0);
        builder.append_link(&mut header, path, target).unwrap();
    }
    builder.into_inner().unwrap().finish().unwrap()
}

/// The digest of an archive, without its algorithm.
pub fn digest(bytes: &[u8]) -> String {
    windlass_core::Digest::of(bytes).to_string().trim_start_matches("sha256:").to_owned()
}
