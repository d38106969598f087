//! Files in memory.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::fmt;
use std::sync::Arc;

use windlass_core::{
    Artifact, Bytes, Digest, Entry, EntryKind, Error, ErrorKind, Files, Limits, Need, Paths, Result,
    Revision, Text, TreePath,
};

/// How many links one path may go through.
const LINKS_MAX: usize = 16;

/// Makes files from pairs of path and content.
///
/// ```
/// use windlass_core::{Files, TreePath};
/// let files = windlass_testkit::files([("apps/web.yaml", "kind: Service"), ("README.md", "")]);
/// assert_eq!(files.read(&TreePath::new("apps/web.yaml")?)?, "kind: Service");
/// # Ok::<(), windlass_core::Error>(())
/// ```
///
/// # Panics
/// As [`MemoryFiles::with`].
pub fn files<'a>(files: impl IntoIterator<Item = (&'a str, &'a str)>) -> MemoryFiles {
    files.into_iter().fold(MemoryFiles::new(), |made, (path, content)| made.with(path, content.as_bytes()))
}

/// Files and links in memory. Cheap to clone.
#[derive(Clone)]
pub struct MemoryFiles {
    nodes: Arc<BTreeMap<TreePath, Node>>,
    fetched: Paths,
    file_bytes_max: u64,
}

#[derive(Clone)]
enum Node {
    File(Bytes),
    Link(Text),
}

impl MemoryFiles {
    /// Makes an empty root.
    #[must_use]
    pub fn new() -> Self {
        Self { nodes: Arc::default(), fetched: Paths::All, file_bytes_max: Limits::default().file_bytes_max }
    }

    /// Adds a file, or replaces it.
    ///
    /// # Panics
    /// Where `path` is not a path of a file inside the root.
    #[must_use]
    pub fn with(self, path: &str, content: impl AsRef<[u8]>) -> Self {
        self.put(path, Node::File(Bytes::copy_from_slice(content.as_ref())))
    }

    /// Adds a link. `target` is relative to the folder of the link, and may point anywhere.
    ///
    /// # Panics
    /// As [`MemoryFiles::with`].
    #[must_use]
    pub fn with_link(self, path: &str, target: &str) -> Self {
        self.put(path, Node::Link(target.into()))
    }

    /// Lets only what is at or under `paths` be there; the rest is [`Unfetched`](ErrorKind::Unfetched).
    #[must_use]
    pub fn fetched(mut self, paths: &Paths) -> Self {
        self.fetched = paths.clone();
        self
    }

    /// Refuses to read larger files.
    #[must_use]
    pub const fn with_file_bytes_max(mut self, bytes: u64) -> Self {
        self.file_bytes_max = bytes;
        self
    }

    /// Digests all there is, fetched or not.
    #[must_use]
    pub fn digest(&self) -> Digest {
        Digest::of_parts(self.nodes.iter().flat_map(|(path, node)| {
            let (kind, content): (&[u8], &[u8]) = match node {
                Node::File(content) => (b"file", content),
                Node::Link(target) => (b"link", target.as_bytes()),
            };
            [path.as_str().as_bytes(), kind, content]
        }))
    }

    /// Makes an artifact of them, at a revision named by their digest.
    #[must_use]
    pub fn artifact(&self) -> Artifact {
        let digest = self.digest();
        Artifact::new(Revision::new(digest.to_string()), digest, Arc::new(self.clone()))
    }

    fn put(mut self, path: &str, node: Node) -> Self {
        let path = TreePath::new(path).expect("the path must lie inside the root");
        assert!(!path.is_root(), "the root is a folder");
        Arc::make_mut(&mut self.nodes).insert(path, node);
        self
    }

    /// Follows the links of a path, never past the root.
    fn follow(&self, path: &TreePath) -> Result<TreePath> {
        let mut names: VecDeque<Text> = path.names().map(Text::from).collect();
        let (mut at, mut links) = (TreePath::root(), 0);
        while let Some(name) = names.pop_front() {
            let next = at.join(&name)?;
            let Some(Node::Link(target)) = self.nodes.get(&next) else {
                at = next;
                continue;
            };
            links += 1;
            let target = (links <= LINKS_MAX && !target.starts_with('/')).then(|| at.join(target).ok());
            let target = target.flatten().ok_or_else(|| {
                Error::new(ErrorKind::NotFound, "a link that leads nowhere").with("path", path)
            })?;
            target.names().rev().for_each(|name| names.push_front(name.into()));
            at = TreePath::root();
        }
        Ok(at)
    }

    fn is_folder(&self, path: &TreePath) -> bool {
        path.is_root() || self.nodes.keys().any(|file| file != path && file.is_under(path))
    }

    fn kind_of(&self, path: &TreePath) -> EntryKind {
        match self.follow(path) {
            Ok(real) if matches!(self.nodes.get(&real), Some(Node::File(_))) => EntryKind::File,
            Ok(real) if self.is_folder(&real) => EntryKind::Folder,
            _ => EntryKind::Other,
        }
    }

    /// Says that a path that exists was not fetched.
    fn check_fetched(&self, path: &TreePath, real: &TreePath) -> Result<()> {
        if self.fetched.wants(real) {
            return Ok(());
        }
        Err(Error::new(ErrorKind::Unfetched, "the path was not fetched")
            .with("path", path)
            .needing([Need::File(path.clone())]))
    }
}

impl Default for MemoryFiles {
    fn default() -> Self {
        Self::new()
    }
}

impl fmt::Debug for MemoryFiles {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "MemoryFiles({} files)", self.nodes.len())
    }
}

impl Files for MemoryFiles {
    fn list(&self, folder: &TreePath) -> Result<Vec<Entry>> {
        let real = self.follow(folder)?;
        if self.nodes.contains_key(&real) {
            return Err(Error::new(ErrorKind::Invalid, "a file, not a folder").with("path", folder));
        }
        if !self.is_folder(&real) {
            return Err(missing(folder));
        }
        self.check_fetched(folder, &real)?;
        let depth = real.names().count();
        let below = self.nodes.keys().filter(|path| path.is_under(&real));
        let names: BTreeSet<&str> = below.filter_map(|path| path.names().nth(depth)).collect();
        names.into_iter().map(|name| Ok(Entry::new(name, self.kind_of(&real.join(name)?)))).collect()
    }

    fn read(&self, path: &TreePath) -> Result<Bytes> {
        let real = self.follow(path)?;
        let content = match self.nodes.get(&real) {
            Some(Node::File(content)) => content,
            _ if self.is_folder(&real) => {
                return Err(Error::new(ErrorKind::Invalid, "a folder, not a file").with("path", path));
            }
            _ => return Err(missing(path)),
        };
        self.check_fetched(path, &real)?;
        if content.len() as u64 > self.file_bytes_max {
            return Err(Error::new(ErrorKind::Limit, "the file is too large")
                .with("path", path)
                .with("file_bytes_max", self.file_bytes_max));
        }
        Ok(content.clone())
    }
}

fn missing(path: &TreePath) -> Error {
    Error::new(ErrorKind::NotFound, "no such path").with("path", path)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sample() -> MemoryFiles {
        files([("a/b.yaml", "b"), ("a/c/d.yaml", "d"), ("e", "e")])
            .with_link("to-a", "a")
            .with_link("a/up", "../e")
            .with_link("out", "../../etc/passwd")
            .with_link("abs", "/e")
            .with_link("loop", "loop")
    }

    #[track_caller]
    fn check(path: &str, expected: &str) {
        let path = TreePath::new(path).unwrap();
        let read = sample().read(&path).map(|bytes| String::from_utf8(bytes.to_vec()).unwrap());
        assert_eq!(read.unwrap_or_else(|error| error.kind().name().into()), expected, "{path}");
    }

    #[test]
    fn links_are_followed_inside_the_root_and_nowhere_else() {
        check("a/b.yaml", "b");
        check("to-a/c/d.yaml", "d");
        check("to-a/up", "e");
        check("out", "not found");
        check("abs", "not found");
        check("loop", "not found");
        check("to-a", "invalid");
        check("a/x", "not found");
    }

    #[test]
    fn a_listing_says_what_each_entry_is() {
        let entries = sample().list(&TreePath::root()).unwrap();
        let text: Vec<String> =
            entries.iter().map(|entry| format!("{} {:?}", entry.name, entry.kind)).collect();
        assert_eq!(
            text,
            ["a Folder", "abs Other", "e File", "loop Other", "out Other", "to-a Folder"],
            "sorted, each once"
        );
    }

    #[test]
    fn what_was_not_fetched_is_not_missing() {
        let a = TreePath::new("a").unwrap();
        let part = sample().fetched(&Paths::Under(vec![a.clone()]));
        assert!(part.read(&a.join("b.yaml").unwrap()).is_ok());
        let error = part.read(&TreePath::new("e").unwrap()).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Unfetched);
        assert_eq!(error.needs(), [Need::File(TreePath::new("e").unwrap())]);
        assert_eq!(part.read(&TreePath::new("x").unwrap()).unwrap_err().kind(), ErrorKind::NotFound);
    }
}
