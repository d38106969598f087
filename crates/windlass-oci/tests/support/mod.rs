//! What the tests share: a small registry by the distribution specification, and short names for what they do all the time.
#![allow(dead_code, unreachable_pub, reason = "each test file uses a part of it")]
#![allow(clippy::unwrap_used, reason = "a test fails by it")]

use std::path::Path;

use windlass_core::{
    Artifact, Context, Digest, EntryKind, Error, Files, Limits, Paths, Result, Revision, Source, TreePath,
};
use windlass_oci::{OciSource, Package, Push, Pushed};
use windlass_testkit::{TestClock, block_on};

pub mod registry;

pub fn context() -> Context {
    TestClock::new().context()
}

pub fn resolve(source: &OciSource) -> Result<Revision> {
    block_on(source.resolve(&context())).map(|resolved| resolved.revision)
}

pub fn fetch(source: &OciSource, revision: &Revision) -> Result<Artifact> {
    block_on(source.fetch(&context(), revision, &Paths::All))
}

/// Resolves and fetches.
pub fn bring(source: &OciSource) -> Result<Artifact> {
    fetch(source, &resolve(source)?)
}

pub fn path(path: &str) -> TreePath {
    TreePath::new(path).unwrap()
}

pub fn read(artifact: &Artifact, file: &str) -> String {
    String::from_utf8(artifact.files().read(&path(file)).unwrap().to_vec()).unwrap()
}

/// Lists all files below a folder, with a `?` after what has no content.
pub fn all(files: &dyn Files) -> String {
    let (mut found, mut folders) = (Vec::new(), vec![TreePath::root()]);
    while let Some(folder) = folders.pop() {
        for entry in files.list(&folder).unwrap() {
            let path = folder.join(&entry.name).unwrap();
            match entry.kind {
                EntryKind::Folder => folders.push(path),
                EntryKind::File => found.push(path.to_string()),
                _ => found.push(format!("{path}?")),
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

pub fn package(folder: &Path) -> Package {
    Package::of(folder, &|_, _| false, &Limits::default()).unwrap()
}

pub fn push(push: &Push, folder: &Path) -> Result<Pushed> {
    block_on(push.push(&context(), package(folder)))
}

/// Writes files into a new folder.
pub fn folder(files: &[(&str, &str)]) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    for (path, content) in files {
        let path = folder.path().join(path);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, content).unwrap();
    }
    folder
}

/// An archive, packed, of entries as they come: kind, path, and content or target.
pub fn packed(entries: &[(tar::EntryType, &str, &[u8])]) -> Vec<u8> {
    let packer = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
    let mut builder = tar::Builder::new(packer);
    for (kind, path, content) in entries {
        let mut header = tar::Header::new_gnu();
        header.set_entry_type(*kind);
        header.set_mode(0o644);
        if *kind == tar::EntryType::Symlink {
            header.set_size(0);
            builder.append_link(&mut header, path, std::str::from_utf8(content).unwrap()).unwrap();
        } else {
            header.set_size(content.len() as u64);
            builder.append_data(&mut header, path, *content).unwrap();
        }
    }
    builder.into_inner().unwrap().finish().unwrap()
}

/// A layer: its type, its name, and its content.
pub struct Layer<'a> {
    pub media_type: &'a str,
    pub title: Option<&'a str>,
    pub unpack: bool,
    pub content: Vec<u8>,
}

impl<'a> Layer<'a> {
    pub fn of(media_type: &'a str, content: impl Into<Vec<u8>>) -> Self {
        Self { media_type, title: None, unpack: false, content: content.into() }
    }

    pub fn titled(mut self, title: &'a str) -> Self {
        self.title = Some(title);
        self
    }
}

/// Puts an artifact of layers into a registry, and gives its digest.
pub fn put(server: &registry::Server, repository: &str, tag: &str, layers: &[Layer<'_>]) -> Digest {
    let manifest = manifest(server, layers);
    server.put_manifest(repository, tag, "application/vnd.oci.image.manifest.v1+json", manifest.as_bytes())
}

/// Puts layers, and gives the manifest of them.
pub fn manifest(server: &registry::Server, layers: &[Layer<'_>]) -> String {
    let config = server.put_blob(b"{}");
    let layers: Vec<String> = layers
        .iter()
        .map(|layer| {
            let digest = server.put_blob(&layer.content);
            let title = layer.title.map(|title| format!(r#""org.opencontainers.image.title":"{title}""#));
            let unpack = layer.unpack.then(|| r#""io.deis.oras.content.unpack":"true""#.to_owned());
            let annotations: Vec<String> = title.into_iter().chain(unpack).collect();
            format!(
                r#"{{"mediaType":"{}","size":{},"digest":"{digest}","annotations":{{{}}}}}"#,
                layer.media_type,
                layer.content.len(),
                annotations.join(",")
            )
        })
        .collect();
    format!(
        r#"{{"schemaVersion":2,"config":{{"mediaType":"c","size":2,"digest":"{config}"}},"layers":[{}]}}"#,
        layers.join(",")
    )
}
