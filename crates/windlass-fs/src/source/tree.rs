//! What was read of a folder, as the files of an artifact.

use std::collections::{BTreeMap, VecDeque};
use std::fmt;

use windlass_core::{Bytes, Entry, EntryKind, Error, ErrorKind, Files, Need, Result, Text, TreePath};

use crate::fault::limit;

/// How many links one path may go through, as Linux counts.
const LINKS_MAX: usize = 40;

/// What lies at a path.
pub(super) enum Node {
    /// A folder with the names in it, sorted.
    Folder(Vec<Text>),
    File(Content),
    /// A link with its target as written.
    Link(Text),
    /// What no path can name. It is listed under another name.
    Unnameable,
    Other,
}

pub(super) enum Content {
    Kept(Bytes),
    TooLarge,
    Unfetched,
}

/// All entries of a folder, and those of its contents that were wanted.
pub(super) struct Tree {
    nodes: BTreeMap<TreePath, Node>,
    file_bytes_max: u64,
}

impl Tree {
    pub(super) fn new(nodes: BTreeMap<TreePath, Node>, file_bytes_max: u64) -> Self {
        Self { nodes, file_bytes_max }
    }

    /// Follows the links of a path as a file system would, but never past the root.
    fn follow(&self, path: &TreePath) -> Result<TreePath> {
        let mut names: VecDeque<Text> = path.names().map(Text::from).collect();
        let (mut at, mut links) = (TreePath::root(), 0);
        while let Some(name) = names.pop_front() {
            if name == ".." {
                at = at.parent().ok_or_else(|| leaves(path))?;
                continue;
            }
            let next = at.join(&name)?;
            match self.nodes.get(&next) {
                Some(Node::Link(target)) => {
                    links += 1;
                    enter(path, target, links, &mut names)?;
                }
                Some(Node::Folder(_)) => at = next,
                Some(_) if names.is_empty() => at = next,
                _ => return Err(missing(path, links)),
            }
        }
        Ok(at)
    }

    fn node(&self, path: &TreePath) -> Result<(TreePath, &Node)> {
        let real = self.follow(path)?;
        let node = self.nodes.get(&real).ok_or_else(|| missing(path, 0))?;
        Ok((real, node))
    }

    fn kind_of(&self, path: &TreePath) -> EntryKind {
        match self.node(path) {
            Ok((_, Node::File(_))) => EntryKind::File,
            Ok((_, Node::Folder(_))) => EntryKind::Folder,
            _ => EntryKind::Other,
        }
    }
}

impl Files for Tree {
    fn list(&self, folder: &TreePath) -> Result<Vec<Entry>> {
        let (real, node) = self.node(folder)?;
        let Node::Folder(names) = node else {
            return Err(Error::new(ErrorKind::Invalid, "not a folder").with("path", folder));
        };
        names.iter().map(|name| Ok(Entry::new(name, self.kind_of(&real.join(name)?)))).collect()
    }

    fn read(&self, path: &TreePath) -> Result<Bytes> {
        let wrong = |kind, message| Err(Error::new(kind, message).with("path", path));
        let (real, node) = self.node(path)?;
        match node {
            Node::File(Content::Kept(bytes)) => Ok(bytes.clone()),
            Node::File(Content::TooLarge) => {
                Err(limit("the file is too large", "file_bytes_max", self.file_bytes_max).with("path", path))
            }
            Node::File(Content::Unfetched) => {
                Err(Error::new(ErrorKind::Unfetched, "the file was not fetched")
                    .with("path", path)
                    .needing([Need::File(real)]))
            }
            Node::Folder(_) => wrong(ErrorKind::Invalid, "a folder, not a file"),
            Node::Unnameable => Err(Error::new(ErrorKind::Invalid, "no path can hold the name of this file")
                .with("path", path)
                .with_help("rename it, to UTF-8 without backslashes")),
            Node::Link(_) | Node::Other => {
                wrong(ErrorKind::Invalid, "not a file but a socket, a pipe, a device or an unreadable link")
            }
        }
    }
}

impl fmt::Debug for Tree {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Tree({} entries)", self.nodes.len())
    }
}

/// Puts the names of a link's target in front of those that are still to go.
fn enter(path: &TreePath, target: &Text, links: usize, names: &mut VecDeque<Text>) -> Result<()> {
    if links > LINKS_MAX {
        return Err(limit("too many links, perhaps in a cycle", "links_max", LINKS_MAX).with("path", path));
    }
    if std::path::Path::new(target.as_str()).is_absolute() || target.starts_with('/') {
        return Err(leaves(path));
    }
    let inner = target.split('/').filter(|name| !matches!(*name, "" | "."));
    inner.rev().for_each(|name| names.push_front(name.into()));
    Ok(())
}

fn leaves(path: &TreePath) -> Error {
    Error::new(ErrorKind::Invalid, "the link leaves the folder")
        .with("path", path)
        .with_help("link to something inside, by a relative path, or put a copy there")
}

fn missing(path: &TreePath, links: usize) -> Error {
    let message = if links > 0 { "the link leads to what is not there" } else { "no such path" };
    Error::new(ErrorKind::NotFound, message).with("path", path)
}
