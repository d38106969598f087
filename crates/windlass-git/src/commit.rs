//! What a commit says about itself.

use gix::bstr::ByteSlice;
use gix::{ObjectId, Repository};

use windlass_core::{Error, ErrorKind, Result};

use crate::disk;

/// The most letters of a title or a name that are kept.
const TEXT_MAX: usize = 256;

/// The facts of a commit that people are shown.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Facts {
    pub(crate) tree: ObjectId,
    /// Name and address, as Git writes them.
    pub(crate) author: String,
    /// When the commit was made, in seconds since 1970.
    pub(crate) time: i64,
    pub(crate) title: String,
}

/// Reads the facts of a commit.
pub(crate) fn facts(repository: &Repository, id: ObjectId) -> Result<Facts> {
    let broken = |error: gix::Error| disk::unreadable("unreadable commit", error).with("commit", id);
    let header = repository.find_header(id).map_err(broken)?;
    if header.size() > 1 << 20 {
        return Err(Error::new(ErrorKind::Limit, "a commit is too large").with("commit", id));
    }
    let commit = repository.find_commit(id).map_err(broken)?;
    let tree = commit.tree_id().map_err(broken)?.detach();
    let author = commit.author().map_err(broken)?;
    let time = commit.time().map_err(broken)?.seconds;
    let title = commit.message_raw().map_err(broken)?.lines().next().unwrap_or_default();
    let author = format!("{} <{}>", text(author.name), text(author.email));
    Ok(Facts { tree, author, time, title: text(title) })
}

/// Text that can be shown on one line.
fn text(bytes: &[u8]) -> String {
    bytes.to_str_lossy().trim().chars().filter(|c| !c.is_control()).take(TEXT_MAX).collect()
}
