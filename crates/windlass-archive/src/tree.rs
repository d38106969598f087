//! The files of an artifact, in memory.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::fmt;
use std::mem;
use std::ops::Range;

use bytes::Bytes;
use sha2::{Digest as _, Sha256};
use windlass_core::{Digest, Entry, EntryKind, Error, ErrorKind, Files, Limits, Result, Text, TreePath};

/// What lies at a path.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Node {
    Folder(BTreeSet<Text>),
    /// Where its bytes are in those of the gathering, and their digest.
    File {
        at: Range<usize>,
        digest: Text,
    },
    /// A file with bytes of its own, which others may share.
    Shared {
        bytes: Bytes,
        digest: Text,
    },
    /// A file over the limit, which is known by its size and digest alone.
    Large {
        size: u64,
        digest: Text,
    },
    Link(Text),
}

/// Files as they are gathered.
///
/// Invariant: every parent of a node is a folder that lists it.
#[derive(Debug)]
pub struct Gathering {
    nodes: BTreeMap<TreePath, Node>,
    /// Every path by its form without upper and lower case.
    folded: BTreeMap<String, TreePath>,
    bytes: Vec<u8>,
    /// How many bytes there are, those of shared files too.
    kept: u64,
    files: usize,
    tells_case: bool,
    limits: Limits,
}

impl Gathering {
    /// Begins with an empty root.
    #[must_use]
    pub fn new(limits: &Limits) -> Self {
        let nodes = BTreeMap::from([(TreePath::root(), Node::Folder(BTreeSet::new()))]);
        Self {
            nodes,
            folded: BTreeMap::new(),
            bytes: Vec::new(),
            kept: 0,
            files: 0,
            tells_case: false,
            limits: limits.clone(),
        }
    }

    /// Takes names that differ in upper and lower case alone for two, as the place they come from does.
    #[must_use]
    pub fn telling_case(mut self) -> Self {
        self.tells_case = true;
        self
    }

    /// Makes a folder, and those above it.
    ///
    /// # Errors
    /// [`ErrorKind::Invalid`] for a path that is something else or leads through it, [`ErrorKind::Limit`].
    pub fn folder(&mut self, path: &TreePath) -> Result<()> {
        self.above(path)?;
        match self.nodes.get(path) {
            Some(Node::Folder(_)) => Ok(()),
            Some(_) => Err(refused("the artifact has a path that is a folder and something else", path)),
            None => self.put(path, Node::Folder(BTreeSet::new())),
        }
    }

    /// Begins a file, which [`Growing::add`] fills. A later one of the same path takes its place.
    ///
    /// # Errors
    /// As [`Gathering::folder`].
    pub fn file(&mut self, path: &TreePath, size: u64) -> Result<Growing<'_>> {
        let is_kept = self.count(path, size)?;
        let start = self.bytes.len();
        Ok(Growing { path: path.clone(), size, is_kept, start, hash: Sha256::new(), gathering: self })
    }

    /// Adds a whole file, whose bytes are shared and not copied.
    ///
    /// # Errors
    /// As [`Gathering::folder`].
    pub fn put_file(&mut self, path: &TreePath, bytes: Bytes) -> Result<()> {
        let size = bytes.len() as u64;
        let is_kept = self.count(path, size)?;
        let digest: Text = hex(&Sha256::digest(&bytes)).into();
        let node = if is_kept { Node::Shared { bytes, digest } } else { Node::Large { size, digest } };
        self.put(path, node)
    }

    /// Adds a file that is too large to be kept: `size` in bytes, and `content`, a name that is another for other bytes.
    ///
    /// # Errors
    /// As [`Gathering::folder`].
    pub fn put_large(&mut self, path: &TreePath, size: u64, content: &str) -> Result<()> {
        self.count(path, size.max(self.limits.file_bytes_max.saturating_add(1)))?;
        self.put(path, Node::Large { size, digest: content.into() })
    }

    /// Counts a file. Says whether its bytes are kept.
    fn count(&mut self, path: &TreePath, size: u64) -> Result<bool> {
        self.above(path)?;
        self.check_place(path)?;
        self.files += 1;
        if self.files > self.limits.files_max {
            return Err(Error::new(ErrorKind::Limit, "the artifact has too many files")
                .with("files_max", self.limits.files_max));
        }
        if size > self.limits.file_bytes_max {
            return Ok(false);
        }
        self.kept = self.kept.saturating_add(size);
        if self.kept > self.limits.artifact_bytes_max {
            return Err(Error::new(ErrorKind::Limit, "the artifact is too large")
                .with("artifact_bytes_max", self.limits.artifact_bytes_max));
        }
        Ok(true)
    }

    /// Notes a link.
    ///
    /// # Errors
    /// As [`Gathering::folder`].
    pub fn link(&mut self, path: &TreePath, target: &str) -> Result<()> {
        self.above(path)?;
        self.check_place(path)?;
        self.put(path, Node::Link(target.into()))
    }

    fn check_place(&self, path: &TreePath) -> Result<()> {
        match self.nodes.get(path) {
            Some(Node::Folder(_)) => {
                Err(refused("the artifact has a path that is a folder and something else", path))
            }
            Some(Node::Link(_)) => Err(refused("the artifact writes through a link", path)),
            _ => Ok(()),
        }
    }

    /// Makes the folders above a path, and refuses to lead through anything else.
    fn above(&mut self, path: &TreePath) -> Result<()> {
        if path.names().count() > self.limits.folder_depth_max {
            return Err(Error::new(ErrorKind::Limit, "the artifact has folders too deep inside one another")
                .with("folder_depth_max", self.limits.folder_depth_max));
        }
        let mut missing = Vec::new();
        let mut at = path.parent();
        while let Some(folder) = at {
            match self.nodes.get(&folder) {
                Some(Node::Folder(_)) => break,
                Some(Node::Link(_)) => return Err(refused("the artifact writes through a link", path)),
                Some(_) => {
                    return Err(refused(
                        "the artifact has a path that is a folder and something else",
                        &folder,
                    ));
                }
                None => missing.push(folder.clone()),
            }
            at = folder.parent();
        }
        missing.iter().rev().try_for_each(|folder| self.put(folder, Node::Folder(BTreeSet::new())))
    }

    fn put(&mut self, path: &TreePath, node: Node) -> Result<()> {
        if self.nodes.len() > self.limits.files_max.saturating_mul(2) {
            return Err(Error::new(ErrorKind::Limit, "the artifact has too many files")
                .with("files_max", self.limits.files_max));
        }
        if !self.tells_case {
            let folded = path.as_str().to_lowercase();
            let other = self.folded.entry(folded).or_insert_with(|| path.clone());
            if other != path {
                let error =
                    refused("the artifact has two paths that differ in upper and lower case alone", path);
                return Err(error.with("other", other));
            }
        }
        if let (Some(folder), Some(name)) = (path.parent(), path.name())
            && let Some(Node::Folder(names)) = self.nodes.get_mut(&folder)
        {
            names.insert(name.into());
        }
        self.nodes.insert(path.clone(), node);
        Ok(())
    }

    /// Ends the gathering. To read one path, at most `links_max` links are followed.
    #[must_use]
    pub fn done(mut self, links_max: u32) -> Tree {
        let all = Bytes::from(mem::take(&mut self.bytes));
        for node in self.nodes.values_mut() {
            if let Node::File { at, digest } = node {
                let shared = Node::Shared { bytes: all.slice(at.clone()), digest: digest.clone() };
                *node = shared;
            }
        }
        let content = self.nodes.iter().flat_map(|(path, node)| {
            let (kind, content): (&[u8], &[u8]) = match node {
                Node::Folder(_) => (b"folder", b""),
                Node::File { digest, .. } | Node::Shared { digest, .. } | Node::Large { digest, .. } => {
                    (b"file", digest.as_bytes())
                }
                Node::Link(target) => (b"link", target.as_bytes()),
            };
            [path.as_str().as_bytes(), kind, content]
        });
        let digest = Digest::of_parts(content);
        let file_bytes_max = self.limits.file_bytes_max;
        Tree { nodes: self.nodes, digest, links_max, file_bytes_max }
    }
}

/// A file that is being filled.
#[derive(Debug)]
pub struct Growing<'g> {
    gathering: &'g mut Gathering,
    path: TreePath,
    size: u64,
    is_kept: bool,
    start: usize,
    hash: Sha256,
}

impl Growing<'_> {
    /// Adds bytes.
    pub fn add(&mut self, bytes: &[u8]) {
        self.hash.update(bytes);
        if self.is_kept {
            self.gathering.bytes.extend_from_slice(bytes);
        }
    }

    /// Ends the file.
    ///
    /// # Errors
    /// As [`Gathering::folder`].
    pub fn end(self) -> Result<()> {
        let digest: Text = hex(&self.hash.finalize()).into();
        let node = match self.is_kept {
            true => Node::File { at: self.start..self.gathering.bytes.len(), digest },
            false => Node::Large { size: self.size, digest },
        };
        self.gathering.put(&self.path, node)
    }
}

/// Spells bytes in hexadecimal.
#[must_use]
pub fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// Refuses a path of an artifact.
#[must_use]
pub fn refused(message: &'static str, path: &TreePath) -> Error {
    Error::new(ErrorKind::Invalid, message).with("path", path.as_str().escape_debug())
}

/// The files of one artifact.
///
/// Invariant: every file has bytes of its own, or is over the limit.
pub struct Tree {
    nodes: BTreeMap<TreePath, Node>,
    digest: Digest,
    links_max: u32,
    file_bytes_max: u64,
}

impl Tree {
    /// Digests paths and contents.
    #[must_use]
    pub fn digest(&self) -> Digest {
        self.digest
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
            let target = (links <= self.links_max && !target.starts_with('/')).then(|| at.join(target).ok());
            let target = target.flatten().ok_or_else(|| {
                Error::new(ErrorKind::NotFound, "a link that leads to nothing in the artifact")
                    .with("path", path)
            })?;
            target.names().rev().for_each(|name| names.push_front(name.into()));
            at = TreePath::root();
        }
        Ok(at)
    }

    fn kind(&self, path: &TreePath) -> EntryKind {
        match self.follow(path).ok().and_then(|real| self.nodes.get(&real)) {
            Some(Node::File { .. } | Node::Shared { .. } | Node::Large { .. }) => EntryKind::File,
            Some(Node::Folder(_)) => EntryKind::Folder,
            _ => EntryKind::Other,
        }
    }
}

impl fmt::Debug for Tree {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Tree({} paths)", self.nodes.len())
    }
}

impl Files for Tree {
    fn list(&self, folder: &TreePath) -> Result<Vec<Entry>> {
        let real = self.follow(folder)?;
        match self.nodes.get(&real) {
            Some(Node::Folder(names)) => {
                names.iter().map(|name| Ok(Entry::new(name.clone(), self.kind(&real.join(name)?)))).collect()
            }
            Some(_) => Err(Error::new(ErrorKind::Invalid, "a file, not a folder").with("path", folder)),
            None => Err(missing(folder)),
        }
    }

    fn read(&self, path: &TreePath) -> Result<Bytes> {
        let real = self.follow(path)?;
        match self.nodes.get(&real) {
            Some(Node::Shared { bytes, .. }) => Ok(bytes.clone()),
            Some(Node::Large { size, .. }) => Err(Error::new(ErrorKind::Limit, "the file is too large")
                .with("path", path)
                .with("bytes", size)
                .with("file_bytes_max", self.file_bytes_max)),
            Some(_) => Err(Error::new(ErrorKind::Invalid, "a folder, not a file").with("path", path)),
            None => Err(missing(path)),
        }
    }

    fn real(&self, path: &TreePath) -> Result<TreePath> {
        let real = self.follow(path)?;
        if self.nodes.contains_key(&real) { Ok(real) } else { Err(missing(path)) }
    }
}

fn missing(path: &TreePath) -> Error {
    Error::new(ErrorKind::NotFound, "no such path").with("path", path)
}
