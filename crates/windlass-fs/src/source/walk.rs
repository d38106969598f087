//! Reading a folder, once, and no more of it than the limits allow.

use std::collections::BTreeMap;
use std::ffi::{OsStr, OsString};
use std::fs::{self, File, Metadata};
use std::io::{self, Read};
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use windlass_core::{Bytes, Context, Digest, Error, ErrorKind, Paths, Result, Retry, Text, TreePath};

use super::tree::{Content, Node};
use crate::disk::{identity, is_same_file};
use crate::fault::{fault, limit};

/// What is never part of the state of a folder.
pub(super) const LEFT_OUT: [&str; 2] = [".git", ".windlass"];

/// A file of more bytes than this counts by its length and the time of its last change. No limit of the context, so that a
/// revision means the same to a fetch with other limits.
const DIGESTED_BYTES_MAX: u64 = 16 << 20;

/// A file is digested in pieces of this size, so that it need not be held.
const PIECE: u64 = 1 << 20;

/// Which contents to keep. All that make the revision are read.
#[derive(Clone, Copy)]
pub(super) enum Wanted<'a> {
    /// Not even what makes the revision, only the outline.
    Outline,
    Nothing,
    At(&'a Paths),
}

/// What was read of a folder.
pub(super) struct Walked {
    pub(super) nodes: BTreeMap<TreePath, Node>,
    pub(super) digest: Digest,
    /// Made of names, sizes and times alone. Another one says that something may have changed; the same says nothing for sure
    /// of what changed within the grain of the clock of the file system.
    pub(super) outline: Digest,
}

/// Reads a folder: what is in it, and the digests of that.
pub(super) fn walk(cx: &Context, root: &Path, wanted: Wanted<'_>) -> Result<Walked> {
    cx.check()?;
    let found = fs::metadata(root).map_err(|error| fault("read the folder", root, error))?;
    if !found.is_dir() {
        return Err(Error::new(ErrorKind::Invalid, "not a folder").with("path", root.display()));
    }
    let mut walk = Walk { cx, wanted, nodes: BTreeMap::new(), problems: Vec::new(), bytes: 0, entries: 0 };
    walk.all(root)?;
    match Error::all(walk.problems) {
        Some(problems) => Err(problems),
        None => {
            let (digest, outline) = (digest(&walk.nodes), outline(&walk.nodes));
            let nodes = walk.nodes.into_iter().map(|(path, found)| (path, found.node)).collect();
            Ok(Walked { nodes, digest, outline })
        }
    }
}

struct Walk<'a> {
    cx: &'a Context,
    wanted: Wanted<'a>,
    nodes: BTreeMap<TreePath, Found>,
    problems: Vec<Error>,
    bytes: u64,
    entries: usize,
}

struct Found {
    node: Node,
    /// What the revision is made from, beside the path and the kind.
    print: Vec<u8>,
    /// What the file system tells of a file, so that one state differs from another.
    stat: [i64; 5],
}

impl Found {
    const fn new(node: Node, print: Vec<u8>) -> Self {
        Self { node, print, stat: [0; 5] }
    }
}

/// A name in a folder.
struct Name {
    real: OsString,
    /// As it is listed: with U+FFFD for what no path can hold.
    listed: Text,
}

struct Folder {
    path: PathBuf,
    tree: TreePath,
    depth: usize,
}

impl Walk<'_> {
    fn all(&mut self, root: &Path) -> Result<()> {
        let mut folders = vec![Folder { path: root.to_owned(), tree: TreePath::root(), depth: 0 }];
        while let Some(folder) = folders.pop() {
            let listed = self.names(&folder.path).or_else(|error| self.note(error).map(|()| Vec::new()))?;
            let mut known = Vec::with_capacity(listed.len());
            for name in listed {
                self.cx.check()?;
                match self.entry(&folder, &name) {
                    Ok(inner) => folders.extend(inner),
                    Err(error) => self.note(error)?,
                }
                known.push(name.listed);
            }
            self.nodes.insert(folder.tree, Found::new(Node::Folder(known), Vec::new()));
        }
        Ok(())
    }

    /// Keeps a problem, so that all are told at once; what concerns the whole walk ends it.
    fn note(&mut self, error: Error) -> Result<()> {
        let whole = matches!(error.kind(), ErrorKind::Limit | ErrorKind::Cancelled | ErrorKind::Timeout);
        self.problems.push(error);
        if whole || self.problems.len() >= self.cx.limits().problems_max {
            return Error::all(self.problems.drain(..)).map_or(Ok(()), Err);
        }
        Ok(())
    }

    /// Lists a folder, sorted, and counts what is in it.
    fn names(&mut self, folder: &Path) -> Result<Vec<Name>> {
        let failed = |error| unread("list the folder", folder, error);
        let mut names = Vec::new();
        for entry in fs::read_dir(folder).map_err(failed)? {
            let real = entry.map_err(failed)?.file_name();
            if !LEFT_OUT.iter().any(|name| real == *name) {
                self.count()?;
                names.push(Name { listed: listed(&real), real });
            }
        }
        names.sort_by(|one, other| (&one.listed, &one.real).cmp(&(&other.listed, &other.real)));
        match names.windows(2).find(|two| two[0].listed == two[1].listed) {
            Some(two) => Err(Error::new(ErrorKind::Invalid, "two entries are listed under one name")
                .with("path", folder.join(&two[0].real).display())
                .with_help("rename them, to UTF-8 without backslashes")),
            None => Ok(names),
        }
    }

    fn count(&mut self) -> Result<()> {
        self.entries += 1;
        let max = self.cx.limits().files_max;
        if self.entries > max {
            return Err(limit("too many files in the folder", "files_max", max));
        }
        Ok(())
    }

    /// Takes one entry in; gives it back where it is a folder.
    fn entry(&mut self, folder: &Folder, name: &Name) -> Result<Option<Folder>> {
        let (path, tree) = (folder.path.join(&name.real), folder.tree.join(&name.listed)?);
        if name.real != *name.listed {
            let print = name.real.as_encoded_bytes().to_vec();
            self.nodes.insert(tree, Found::new(Node::Unnameable, print));
            return Ok(None);
        }
        let about = fs::symlink_metadata(&path).map_err(|error| unread("read", &path, error))?;
        if about.is_dir() {
            return self.deeper(path, tree, folder.depth).map(Some);
        }
        let found = if about.is_file() {
            self.file(&path, &tree, &about)?
        } else if about.is_symlink() {
            link(&path)?
        } else {
            Found::new(Node::Other, Vec::new())
        };
        self.nodes.insert(tree, found);
        Ok(None)
    }

    fn deeper(&self, path: PathBuf, tree: TreePath, depth: usize) -> Result<Folder> {
        let max = self.cx.limits().folder_depth_max;
        if depth >= max {
            let error = limit("too many folders inside one another", "folder_depth_max", max);
            return Err(error.with("path", path.display()));
        }
        Ok(Folder { path, tree, depth: depth + 1 })
    }

    fn file(&mut self, path: &Path, tree: &TreePath, about: &Metadata) -> Result<Found> {
        if matches!(self.wanted, Wanted::Outline) {
            return Ok(Found { stat: stat(about), ..Found::new(Node::File(Content::Unfetched), Vec::new()) });
        }
        let wanted = matches!(self.wanted, Wanted::At(paths) if paths.wants(tree));
        let kept = wanted && about.len() <= self.cx.limits().file_bytes_max;
        let digested = about.len() <= DIGESTED_BYTES_MAX;
        let mut content = if wanted { Content::TooLarge } else { Content::Unfetched };
        let mut print = unread_print(about);
        if kept || digested {
            self.take_in(path, about.len())?;
            let (digest, bytes) = read(self.cx, path, about, kept)?;
            content = bytes.map_or(content, Content::Kept);
            if digested {
                print = digest.to_string().into();
            }
        }
        Ok(Found { stat: stat(about), ..Found::new(Node::File(content), print) })
    }

    /// Counts what is about to be read.
    fn take_in(&mut self, path: &Path, bytes: u64) -> Result<()> {
        self.bytes = self.bytes.saturating_add(bytes);
        let max = self.cx.limits().artifact_bytes_max;
        if self.bytes > max {
            return Err(limit("the files of the folder are too large together", "artifact_bytes_max", max)
                .with("path", path.display())
                .with_help("use a folder that holds little else than what is wanted"));
        }
        Ok(())
    }
}

/// Tells the states of a file apart that is too large to be read for that.
fn unread_print(about: &Metadata) -> Vec<u8> {
    let since = |time: SystemTime| match time.duration_since(SystemTime::UNIX_EPOCH) {
        Ok(after) => ("", after),
        Err(before) => ("-", before.duration()),
    };
    let (sign, modified) = about.modified().map_or(("", Duration::ZERO), since);
    format!("{} bytes, {sign}{}", about.len(), modified.as_nanos()).into()
}

/// Gives a name as it is listed: itself where a path can hold it.
fn listed(name: &OsStr) -> Text {
    let text = name.to_string_lossy();
    if text.contains('\\') { text.replace('\\', "\u{fffd}").into() } else { Text::from(&*text) }
}

fn link(path: &Path) -> Result<Found> {
    let target = fs::read_link(path).map_err(|error| unread("read the link", path, error))?;
    let print = target.as_os_str().as_encoded_bytes().to_vec();
    let node = target.to_str().map_or(Node::Other, |target| Node::Link(target.into()));
    Ok(Found::new(node, print))
}

/// Reads a file to its end, and makes sure that it is the one that was listed and did not change meanwhile.
fn read(cx: &Context, path: &Path, listed: &Metadata, keep: bool) -> Result<(Digest, Option<Bytes>)> {
    let failed = |error| unread("read", path, error);
    let mut file = File::open(path).map_err(failed)?;
    let before = file.metadata().map_err(failed)?;
    if !is_same(listed, &before) {
        return Err(changing(path));
    }
    let (mut pieces, mut kept, mut piece) = (Vec::new(), Vec::new(), Vec::new());
    let mut length = 0;
    loop {
        cx.check()?;
        piece.clear();
        // One byte more than it should have tells that it has grown.
        let room = PIECE.min(before.len() - length + 1);
        let read = (&mut file).take(room).read_to_end(&mut piece).map_err(failed)? as u64;
        length += read;
        if length > before.len() {
            return Err(changing(path));
        }
        if read == 0 {
            break;
        }
        pieces.push(Digest::of(&piece).to_string());
        if keep {
            kept.extend_from_slice(&piece);
        }
    }
    let after = file.metadata().map_err(failed)?;
    if length != before.len() || !is_same(&before, &after) {
        return Err(changing(path));
    }
    let digest = Digest::of_parts(pieces.iter().map(String::as_bytes));
    Ok((digest, keep.then(|| kept.into())))
}

/// What was listed a moment ago and is gone has changed; the folder as such is still there.
fn unread(doing: &str, path: &Path, error: io::Error) -> Error {
    if error.kind() == io::ErrorKind::NotFound { changing(path) } else { fault(doing, path, error) }
}

fn changing(path: &Path) -> Error {
    Error::new(ErrorKind::Unavailable, "it changed while it was read")
        .with("path", path.display())
        .retrying(Retry::Backoff)
}

fn is_same(one: &Metadata, other: &Metadata) -> bool {
    is_same_file(one, other)
        && one.is_file() == other.is_file()
        && one.len() == other.len()
        && one.modified().ok() == other.modified().ok()
}

fn digest(nodes: &BTreeMap<TreePath, Found>) -> Digest {
    Digest::of_parts(
        nodes.iter().flat_map(|(path, found)| [path.as_str().as_bytes(), kind(&found.node), &found.print]),
    )
}

fn outline(nodes: &BTreeMap<TreePath, Found>) -> Digest {
    let about = |found: &Found| match &found.node {
        Node::File(_) => found.stat.iter().flat_map(|number| number.to_be_bytes()).collect(),
        _ => found.print.clone(),
    };
    let abouts: Vec<Vec<u8>> = nodes.values().map(about).collect();
    Digest::of_parts(
        nodes
            .iter()
            .zip(&abouts)
            .flat_map(|((path, found), about)| [path.as_str().as_bytes(), kind(&found.node), about]),
    )
}

const fn kind(node: &Node) -> &'static [u8] {
    match node {
        Node::Folder(_) => b"folder",
        Node::File(_) => b"file",
        Node::Link(_) => b"link",
        Node::Other | Node::Unnameable => b"other",
    }
}

/// Gives size, time and what else tells a file from the one that was there before.
fn stat(about: &Metadata) -> [i64; 5] {
    let modified = about.modified().ok().and_then(|time| time.duration_since(SystemTime::UNIX_EPOCH).ok());
    let modified = modified.map_or(0, |since| i64::try_from(since.as_nanos()).unwrap_or(i64::MAX));
    let [number, changed, nanos] = identity(about);
    [i64::try_from(about.len()).unwrap_or(i64::MAX), modified, number, changed, nanos]
}
