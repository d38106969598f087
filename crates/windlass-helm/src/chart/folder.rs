//! Charts that are folders.

use bytes::Bytes;
use windlass_core::{Context, EntryKind, Error, ErrorKind, Files, Result, TreePath};

use super::ChartFile;
use super::ignore::Ignore;

const BOM: &[u8] = b"\xef\xbb\xbf";

/// Reads all files of a chart, in the order in which Helm walks them, but for those that `.helmignore` leaves out.
pub(super) fn read(cx: &Context, files: &dyn Files, root: &TreePath) -> Result<Vec<ChartFile>> {
    let ignore = ignore(files, root)?;
    let mut walk = Walk { cx, files, root, ignore, found: Vec::new(), bytes: 0 };
    walk.folder("", 0)?;
    Ok(walk.found)
}

fn ignore(files: &dyn Files, root: &TreePath) -> Result<Ignore> {
    let path = root.join(".helmignore")?;
    let text = match files.read(&path) {
        Ok(bytes) => String::from_utf8_lossy(&bytes).into_owned(),
        Err(error) if error.kind() == ErrorKind::NotFound => String::new(),
        Err(error) => return Err(error),
    };
    Ignore::parse(&text).map_err(|wrong| Error::new(ErrorKind::Invalid, wrong).with("path", &path))
}

struct Walk<'w> {
    cx: &'w Context,
    files: &'w dyn Files,
    root: &'w TreePath,
    ignore: Ignore,
    found: Vec<ChartFile>,
    bytes: u64,
}

impl Walk<'_> {
    fn folder(&mut self, folder: &str, depth: usize) -> Result<()> {
        let max = self.cx.limits().folder_depth_max;
        if depth > max {
            return Err(limit("folders lie too deep inside one another", "folder_depth_max", max));
        }
        for entry in self.files.list(&self.root.join(folder)?)? {
            self.cx.check()?;
            let path =
                if folder.is_empty() { entry.name.to_string() } else { format!("{folder}/{}", entry.name) };
            let is_folder = entry.kind == EntryKind::Folder;
            if self.ignore.ignores(&path, is_folder) {
                continue;
            }
            match entry.kind {
                EntryKind::Folder => self.folder(&path, depth + 1)?,
                EntryKind::File => self.file(path)?,
                _ => {
                    let message = "a chart has something that is neither a file nor a folder";
                    return Err(Error::new(ErrorKind::Invalid, message).with("path", path));
                }
            }
        }
        Ok(())
    }

    fn file(&mut self, path: String) -> Result<()> {
        let limits = self.cx.limits();
        if self.found.len() >= limits.files_max {
            return Err(limit("a chart has too many files", "files_max", limits.files_max));
        }
        let bytes = self.files.read(&self.root.join(&path)?)?;
        self.bytes = self.bytes.saturating_add(bytes.len() as u64);
        if self.bytes > limits.artifact_bytes_max {
            return Err(limit("a chart is too large", "artifact_bytes_max", limits.artifact_bytes_max));
        }
        self.found.push(ChartFile { name: path, bytes: without_bom(bytes) });
        Ok(())
    }
}

pub(super) fn without_bom(bytes: Bytes) -> Bytes {
    if bytes.starts_with(BOM) { bytes.slice(BOM.len()..) } else { bytes }
}

pub(super) fn limit(message: &str, name: &str, max: impl ToString) -> Error {
    Error::new(ErrorKind::Limit, message).with("limit", name).with("max", max)
}
