//! The disk as files of a render: read as they are asked for, and no more than the limits allow.

use std::fs::{self, File};
use std::io::{self, Read};
use std::path::{Component, Path, PathBuf};

use windlass_core::{Bytes, Entry, EntryKind, Error, ErrorKind, Files, Limits, Result, Text, TreePath};

/// All that lies on a disk, seen from its root.
#[derive(Debug, Clone)]
pub(super) struct Disk {
    root: PathBuf,
    file_bytes_max: u64,
    files_max: usize,
}

impl Disk {
    /// Finds what lies at a path, links followed: the disk, and the place on it.
    ///
    /// # Errors
    /// [`ErrorKind::NotFound`], [`ErrorKind::Denied`], [`ErrorKind::Unavailable`]; [`ErrorKind::Invalid`] for a path that is
    /// not UTF-8.
    pub(super) fn at(path: &Path, limits: &Limits) -> Result<(Self, TreePath)> {
        let real = fs::canonicalize(path).map_err(|error| fault(path, &error))?;
        let root = real.ancestors().last().unwrap_or(&real).to_owned();
        let disk = Self { root, file_bytes_max: limits.file_bytes_max, files_max: limits.files_max };
        let place = disk.place(&real)?;
        Ok((disk, place))
    }

    fn path(&self, path: &TreePath) -> PathBuf {
        self.root.join(path.as_str())
    }

    /// Gives the place of a path without links.
    fn place(&self, real: &Path) -> Result<TreePath> {
        let names = real.components().filter_map(|component| match component {
            Component::Normal(name) => Some(name.to_str()),
            _ => None,
        });
        let names: Option<Vec<&str>> = names.collect();
        let wrong = || Error::new(ErrorKind::Invalid, "the path is not UTF-8").with("path", real.display());
        TreePath::root().join(&names.ok_or_else(wrong)?.join("/"))
    }
}

impl Files for Disk {
    fn list(&self, folder: &TreePath) -> Result<Vec<Entry>> {
        let path = self.path(folder);
        let failed = |error: io::Error| match error.kind() {
            io::ErrorKind::NotADirectory => wrong("not a folder", &path),
            _ => fault(&path, &error),
        };
        let mut entries = Vec::new();
        for entry in fs::read_dir(&path).map_err(failed)? {
            if entries.len() >= self.files_max {
                let error = Error::new(ErrorKind::Limit, "too many files in the folder");
                return Err(error.with("files_max", self.files_max).with("path", path.display()));
            }
            let entry = entry.map_err(failed)?;
            let name = entry.file_name().into_string();
            let name = name.map_err(|_| wrong("a name in the folder is not UTF-8", &path))?;
            entries.push(Entry::new(Text::from(name), kind(&entry.path())));
        }
        entries.sort();
        Ok(entries)
    }

    fn read(&self, path: &TreePath) -> Result<Bytes> {
        let path = self.path(path);
        let file = File::open(&path).map_err(|error| fault(&path, &error))?;
        if file.metadata().map_err(|error| fault(&path, &error))?.is_dir() {
            return Err(wrong("a folder, not a file", &path));
        }
        bounded(file, self.file_bytes_max, &path).map(Bytes::from)
    }

    fn real(&self, path: &TreePath) -> Result<TreePath> {
        let path = self.path(path);
        self.place(&fs::canonicalize(&path).map_err(|error| fault(&path, &error))?)
    }
}

/// Reads a stream to its end, or as far as the limit goes.
///
/// # Errors
/// [`ErrorKind::Limit`], and as [`fault`].
pub(super) fn bounded(from: impl Read, bytes_max: u64, path: &Path) -> Result<Vec<u8>> {
    let mut bytes = Vec::new();
    let room = bytes_max.saturating_add(1);
    from.take(room).read_to_end(&mut bytes).map_err(|error| fault(path, &error))?;
    if bytes.len() as u64 > bytes_max {
        let error = Error::new(ErrorKind::Limit, "the file is too large");
        return Err(error.with("file_bytes_max", bytes_max).with("path", path.display()));
    }
    Ok(bytes)
}

/// What lies there, links followed.
fn kind(path: &Path) -> EntryKind {
    match fs::metadata(path) {
        Ok(about) if about.is_dir() => EntryKind::Folder,
        Ok(about) if about.is_file() => EntryKind::File,
        _ => EntryKind::Other,
    }
}

fn wrong(message: &str, path: &Path) -> Error {
    Error::new(ErrorKind::Invalid, message).with("path", path.display())
}

/// Says what the system says of a path.
pub(super) fn fault(path: &Path, error: &io::Error) -> Error {
    use io::ErrorKind::{NotADirectory, NotFound, PermissionDenied};
    let (kind, message) = match error.kind() {
        NotFound | NotADirectory => (ErrorKind::NotFound, "no such file or folder".to_owned()),
        PermissionDenied => (ErrorKind::Denied, "it may not be read or written".to_owned()),
        _ => (ErrorKind::Unavailable, format!("it cannot be read or written: {error}")),
    };
    Error::new(kind, message).with("path", path.display())
}

/// Spells the places of an error as paths of the disk: relative where they lie below the current folder.
pub(super) fn located(error: &Error) -> Error {
    const PLACES: [&str; 5] = ["path", "root", "base", "visited", "kustomization"];
    let current = std::env::current_dir().and_then(fs::canonicalize).unwrap_or_default();
    let spelled = |text: &str| {
        let whole = Path::new("/").join(text);
        let below = whole.strip_prefix(&current).ok().filter(|below| !below.as_os_str().is_empty());
        below.unwrap_or(&whole).display().to_string()
    };
    let problems = error.problems().iter().map(|problem| {
        let new = Error::new(problem.kind(), problem.message());
        let new = problem.contexts().fold(new, |new, (key, value)| {
            if PLACES.contains(&key) { new.with(key, spelled(value)) } else { new.with(key, value) }
        });
        problem.help().into_iter().fold(new, Error::with_help)
    });
    Error::all(problems).unwrap_or_else(|| error.clone())
}
