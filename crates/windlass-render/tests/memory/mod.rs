//! Files in memory, and what a render needs around it.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use windlass_core::{
    Artifact, Bytes, Clock, Context, Digest, Entry, EntryKind, Error, ErrorKind, Files, Need, Now,
    RenderInput, Rendered, Renderer, Result, Revision, Text, TreePath, async_trait,
};

/// What stands at a path beside files: the text of a file that is none of these.
pub(crate) const LINK: &str = "-> outside";
pub(crate) const UNFETCHED: &str = "(not fetched)";

#[derive(Debug, Default)]
pub(crate) struct Memory(BTreeMap<TreePath, Bytes>);

impl Memory {
    pub(crate) fn new<B: AsRef<[u8]>>(files: &[(&str, B)]) -> Self {
        let file = |(path, bytes): &(&str, B)| {
            (TreePath::new(path).expect("a path of the test"), Bytes::copy_from_slice(bytes.as_ref()))
        };
        Self(files.iter().map(file).collect())
    }
}

impl Files for Memory {
    fn list(&self, folder: &TreePath) -> Result<Vec<Entry>> {
        if self.0.contains_key(folder) {
            return Err(Error::new(ErrorKind::Invalid, "not a folder"));
        }
        let mut entries: BTreeMap<Text, EntryKind> = BTreeMap::new();
        for (path, bytes) in self.0.iter().filter(|(path, _)| path.is_under(folder)) {
            let mut names = path.names().skip(folder.names().count());
            let Some(name) = names.next() else { continue };
            let kind = match names.next() {
                Some(_) => EntryKind::Folder,
                None if &**bytes == LINK.as_bytes() => EntryKind::Other,
                None => EntryKind::File,
            };
            entries.insert(name.into(), kind);
        }
        if entries.is_empty() && !folder.is_root() {
            return Err(Error::new(ErrorKind::NotFound, "no such folder"));
        }
        Ok(entries.into_iter().map(|(name, kind)| Entry::new(name, kind)).collect())
    }

    fn read(&self, path: &TreePath) -> Result<Bytes> {
        match self.0.get(path) {
            Some(bytes) if &**bytes == UNFETCHED.as_bytes() => {
                Err(Error::new(ErrorKind::Unfetched, "not fetched").needing([Need::File(path.clone())]))
            }
            Some(bytes) if &**bytes == LINK.as_bytes() => {
                Err(Error::new(ErrorKind::Invalid, "a link leads out of the tree"))
            }
            Some(bytes) => Ok(bytes.clone()),
            None => Err(Error::new(ErrorKind::NotFound, "no such file")),
        }
    }
}

/// Files as they look where two links lead back to the root.
#[derive(Debug)]
pub(crate) struct Circle(String);

impl Circle {
    #[allow(dead_code, reason = "this module is part of two tests")]
    pub(crate) fn new(ignore: String) -> Self {
        Self(ignore)
    }
}

impl Files for Circle {
    fn list(&self, _: &TreePath) -> Result<Vec<Entry>> {
        let file = Entry::new(".sourceignore", EntryKind::File);
        Ok(vec![file, Entry::new("a", EntryKind::Folder), Entry::new("b", EntryKind::Folder)])
    }

    fn read(&self, path: &TreePath) -> Result<Bytes> {
        match path.names().next_back() {
            Some(".sourceignore") => Ok(Bytes::from(self.0.clone())),
            _ => Err(Error::new(ErrorKind::NotFound, "no such file")),
        }
    }
}

#[derive(Debug)]
struct Still;

#[async_trait]
impl Clock for Still {
    fn now(&self) -> Now {
        Now::default()
    }
    async fn sleep(&self, _: Duration) {}
}

pub(crate) fn context() -> Context {
    Context::new(Still)
}

pub(crate) fn render_with(
    cx: &Context,
    renderer: &dyn Renderer,
    files: Memory,
    path: &str,
) -> Result<Rendered> {
    let artifact = Artifact::new(Revision::new("sha1:1"), Digest::of(b""), Arc::new(files));
    renderer.render(cx, &RenderInput::new(&artifact, &TreePath::new(path)?))
}
