//! Writing so that a crash leaves the old or the new, never a half.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};

use windlass_core::{Error, ErrorKind, Result};

use crate::fault::{fault, limit};

/// Who may read what is made.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) enum Access {
    /// The owner alone.
    #[default]
    Owner,
    /// Whoever the process lets, by its umask.
    Others,
}

/// Puts a file in place as a whole: written beside, brought to the disk, renamed, the rename brought to the disk. A file
/// that is there keeps its permissions.
///
/// `beside` is on the same file system. Only one writer uses it at a time; what a crash left there is taken away.
pub(crate) fn replace(path: &Path, beside: &Path, content: &[u8], access: Access) -> Result<()> {
    let written = write_beside(path, beside, content, access)
        .and_then(|()| fs::rename(beside, path).map_err(|error| fault("write", path, error)));
    if let Err(error) = written {
        // What is left is taken away by the next write, if not now.
        let _ = fs::remove_file(beside);
        return Err(error);
    }
    sync_folder_of(path).map_err(Error::maybe_written)
}

/// Takes a file away; one that is gone already is no error. Says whether it was there.
pub(crate) fn remove(path: &Path) -> Result<bool> {
    match fs::remove_file(path) {
        Ok(()) => sync_folder_of(path).map(|()| true).map_err(Error::maybe_written),
        Err(error) if is_absent(&error) => Ok(false),
        Err(error) => Err(fault("delete", path, error)),
    }
}

/// Makes the folders of a path below `root`, and `root` itself. None of them may be a link: it could lead elsewhere.
pub(crate) fn make_folders(root: &Path, below: &Path, access: Access) -> Result<PathBuf> {
    if !root.is_dir() {
        folder_maker(access)
            .recursive(true)
            .create(root)
            .map_err(|error| fault("make the folder", root, error))?;
        sync_folder_of(root)?;
    }
    let mut path = root.to_owned();
    for name in below.components() {
        path.push(name);
        match fs::symlink_metadata(&path) {
            Ok(about) if about.is_dir() => {}
            Ok(about) => return Err(in_the_way(&path, about.is_symlink())),
            Err(error) if is_absent(&error) => {
                folder_maker(access).create(&path).map_err(|error| fault("make the folder", &path, error))?;
                sync_folder_of(&path)?;
            }
            Err(error) => return Err(fault("make the folder", &path, error)),
        }
    }
    Ok(path)
}

/// Takes away a folder below `root` and those above it, as long as they are empty. What cannot be taken away stays:
/// an empty folder means nothing.
pub(crate) fn prune(root: &Path, folder: &Path) {
    for folder in folder.ancestors().take_while(|folder| *folder != root && folder.starts_with(root)) {
        match fs::remove_dir(folder) {
            Err(error) if !is_absent(&error) => return,
            _ => {}
        }
    }
}

/// Reads a file below `root` through no link; `None` where there is none.
pub(crate) fn read_below(root: &Path, below: &Path, bytes_max: u64) -> Result<Option<Vec<u8>>> {
    let mut path = root.to_owned();
    let mut names = below.components().peekable();
    while let Some(name) = names.next() {
        path.push(name);
        let about = match fs::symlink_metadata(&path) {
            Ok(about) => about,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(fault("read", &path, error)),
        };
        let last = names.peek().is_none();
        if about.is_symlink() || (last && !about.is_file()) || (!last && !about.is_dir()) {
            return Err(in_the_way(&path, about.is_symlink()));
        }
    }
    read(&path, bytes_max)
}

/// Reads a file; `None` where there is none.
pub(crate) fn read(path: &Path, bytes_max: u64) -> Result<Option<Vec<u8>>> {
    let file = match File::open(path) {
        Ok(file) => file,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(fault("read", path, error)),
    };
    let mut content = Vec::new();
    let room = bytes_max.saturating_add(1);
    file.take(room).read_to_end(&mut content).map_err(|error| fault("read", path, error))?;
    if content.len() as u64 > bytes_max {
        return Err(limit("the file is too large", "file_bytes_max", bytes_max).with("path", path.display()));
    }
    Ok(Some(content))
}

/// Opens a file for reading and writing, and makes it where there is none.
pub(crate) fn open(path: &Path) -> Result<File> {
    let mut options = OpenOptions::new();
    options.read(true).write(true).create(true).truncate(false);
    for_access(&mut options, Access::Owner);
    options.open(path).map_err(|error| fault("open", path, error))
}

fn write_beside(path: &Path, beside: &Path, content: &[u8], access: Access) -> Result<()> {
    remove(beside)?;
    let failed = |error| fault("write", path, error);
    let mut options = OpenOptions::new();
    for_access(options.write(true).create_new(true), access);
    let mut file = options.open(beside).map_err(failed)?;
    if let Ok(about) = fs::symlink_metadata(path)
        && about.is_file()
    {
        file.set_permissions(about.permissions()).map_err(failed)?;
    }
    file.write_all(content).map_err(failed)?;
    file.sync_all().map_err(failed)
}

fn in_the_way(path: &Path, is_link: bool) -> Error {
    let message =
        if is_link { "a link, which is not followed here" } else { "something else is in its place" };
    Error::new(ErrorKind::Invalid, message)
        .with("path", path.display())
        .with_help("put a plain file or folder there, or nothing")
}

fn is_absent(error: &io::Error) -> bool {
    error.kind() == io::ErrorKind::NotFound
}

#[cfg(unix)]
fn sync_folder_of(path: &Path) -> Result<()> {
    let folder = path.parent().unwrap_or(path);
    File::open(folder)
        .and_then(|folder| folder.sync_all())
        .map_err(|error| fault("bring the folder to the disk", folder, error))
}

/// Elsewhere a folder cannot be opened; a rename is as safe there as the system makes it.
#[cfg(not(unix))]
fn sync_folder_of(_: &Path) -> Result<()> {
    Ok(())
}

#[cfg(unix)]
fn for_access(options: &mut OpenOptions, access: Access) {
    use std::os::unix::fs::OpenOptionsExt;
    options.mode(if access == Access::Owner { 0o600 } else { 0o666 });
}

#[cfg(not(unix))]
fn for_access(_: &mut OpenOptions, _: Access) {}

#[cfg(unix)]
fn folder_maker(access: Access) -> fs::DirBuilder {
    use std::os::unix::fs::DirBuilderExt;
    let mut maker = fs::DirBuilder::new();
    maker.mode(if access == Access::Owner { 0o700 } else { 0o777 });
    maker
}

#[cfg(not(unix))]
fn folder_maker(_: Access) -> fs::DirBuilder {
    fs::DirBuilder::new()
}
