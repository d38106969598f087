//! Files below a folder: through no link, and so that a crash leaves the old or the new, never a half.

use std::fs::{self, File, Metadata, OpenOptions};
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};

use windlass_core::{Error, ErrorKind, Result};

use crate::fault::{fault, limit};

/// How often to look anew at a file that others make and take away meanwhile.
const TRIES_MAX: usize = 16;

/// Who may read what is made.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) enum Access {
    /// The owner alone.
    #[default]
    Owner,
    /// Whoever the process lets, by its umask.
    Others,
}

/// A folder below which no link is followed: one that came with a checkout could lead anywhere. The folder itself may
/// be one, for that is what somebody asked for.
#[derive(Debug, Clone)]
pub(crate) struct Root(PathBuf);

impl Root {
    pub(crate) const fn new(folder: PathBuf) -> Self {
        Self(folder)
    }

    /// Gives the folder itself.
    pub(crate) fn folder(&self) -> &Path {
        &self.0
    }

    /// Gives the whole path, to be shown.
    pub(crate) fn path(&self, below: &Path) -> PathBuf {
        if below.as_os_str().is_empty() { self.0.clone() } else { self.0.join(below) }
    }

    /// Says whether nothing lies there.
    pub(crate) fn is_absent(&self, below: &Path) -> Result<bool> {
        Ok(self.about(below)?.is_none())
    }

    /// Says what lies there, without a look into it.
    pub(crate) fn metadata(&self, below: &Path) -> Result<Option<Metadata>> {
        self.about(below)
    }

    /// Says whether `file` still is what lies there.
    pub(crate) fn is_at(&self, below: &Path, file: &File) -> Result<bool> {
        let held = file.metadata().map_err(|error| fault("look at", &self.path(below), error))?;
        Ok(self.about(below)?.is_some_and(|about| is_same_file(&about, &held)))
    }

    /// Reads a file; `None` where there is none.
    pub(crate) fn read(&self, below: &Path, bytes_max: u64) -> Result<Option<Vec<u8>>> {
        if !self.is_file(below)? {
            return Ok(None);
        }
        let path = self.path(below);
        let file = match File::open(&path) {
            Ok(file) => file,
            Err(error) if is_absent(&error) => return Ok(None),
            Err(error) => return Err(fault("read", &path, error)),
        };
        let mut content = Vec::new();
        let room = bytes_max.saturating_add(1);
        file.take(room).read_to_end(&mut content).map_err(|error| fault("read", &path, error))?;
        if content.len() as u64 > bytes_max {
            return Err(
                limit("the file is too large", "file_bytes_max", bytes_max).with("path", path.display())
            );
        }
        Ok(Some(content))
    }

    /// Lists the names in a folder; none where there is no folder. Names that are not UTF-8 are nobody's here.
    pub(crate) fn names(&self, below: &Path) -> Result<Vec<String>> {
        match self.about(below)? {
            Some(about) if about.is_symlink() => return Err(in_the_way(&self.path(below), true)),
            Some(about) if about.is_dir() => {}
            _ => return Ok(Vec::new()),
        }
        let path = self.path(below);
        let failed = |error| fault("list the folder", &path, error);
        let entries = match fs::read_dir(&path) {
            Err(error) if is_absent(&error) => return Ok(Vec::new()),
            entries => entries.map_err(failed)?,
        };
        let mut names = Vec::new();
        for entry in entries {
            names.extend(entry.map_err(failed)?.file_name().into_string());
        }
        Ok(names)
    }

    /// Puts a file in place as a whole: written beside, brought to the disk, renamed, the rename brought to the disk.
    /// A file that is there keeps its permissions.
    ///
    /// `beside` is on the same file system and nobody else's. What an earlier call left there is taken away.
    pub(crate) fn put(&self, below: &Path, beside: &Path, content: &[u8], access: Access) -> Result<()> {
        self.make_folders(below.parent().unwrap_or(below), access)?;
        self.remove(beside)?;
        let (path, beside) = (self.path(below), self.path(beside));
        let written = write_beside(&path, &beside, content, access)
            .and_then(|()| fs::rename(&beside, &path).map_err(|error| fault("write", &path, error)));
        if let Err(error) = written {
            // What is left is taken away by the next write, if not now.
            let _ = fs::remove_file(&beside);
            return Err(error);
        }
        sync_folder_of(&path).map_err(Error::maybe_written)
    }

    /// Makes an empty file where there is none. It is not brought to the disk: for what can be made anew.
    pub(crate) fn touch(&self, below: &Path) -> Result<()> {
        if self.is_file(below)? {
            return Ok(());
        }
        self.folders(below.parent().unwrap_or(below), Access::Owner, |_| Ok(()))?;
        self.open(below).map(drop)
    }

    /// Takes away what [`touch`](Self::touch) has made, and empty folders up to `top`.
    pub(crate) fn untouch(&self, top: &Path, below: &Path) -> Result<()> {
        self.unlink(below)?;
        self.prune(top, below);
        Ok(())
    }

    /// Takes a file away; one that is gone already is no error. Says whether it was there.
    pub(crate) fn remove(&self, below: &Path) -> Result<bool> {
        let was_there = self.unlink(below)?;
        if was_there {
            sync_folder_of(&self.path(below)).map_err(Error::maybe_written)?;
        }
        Ok(was_there)
    }

    /// Takes a file away, and then the folders above it up to `top`, as long as they are empty.
    pub(crate) fn remove_with_folders(&self, top: &Path, below: &Path) -> Result<bool> {
        let was_there = self.remove(below)?;
        self.prune(top, below);
        Ok(was_there)
    }

    /// Makes the folders of a path, and the one below which they are.
    pub(crate) fn make_folders(&self, below: &Path, access: Access) -> Result<()> {
        self.folders(below, access, sync_folder_of)
    }

    /// Opens a file for reading and writing, and makes it where there is none. Its content stays as it is.
    pub(crate) fn open(&self, below: &Path) -> Result<File> {
        use io::ErrorKind::{AlreadyExists, NotFound};
        let path = self.path(below);
        for _ in 0..TRIES_MAX {
            let mut options = OpenOptions::new();
            // To make a file follows no link, and one that is there was looked at.
            for_access(options.read(true).write(true).create_new(!self.is_file(below)?), Access::Owner);
            match options.open(&path) {
                Err(error) if matches!(error.kind(), AlreadyExists | NotFound) => {}
                opened => return opened.map_err(|error| fault("open", &path, error)),
            }
        }
        Err(Error::new(ErrorKind::Unavailable, "the file is made and deleted all the time")
            .with("path", path.display()))
    }

    fn folders(&self, below: &Path, access: Access, sync: fn(&Path) -> Result<()>) -> Result<()> {
        let failed = |path: &Path, error| fault("make the folder", path, error);
        if !self.0.is_dir() {
            folder_maker(access).recursive(true).create(&self.0).map_err(|error| failed(&self.0, error))?;
            sync(&self.0)?;
        }
        let mut path = self.0.clone();
        for name in below.components() {
            path.push(name);
            match about(&path)? {
                Some(about) if about.is_dir() => {}
                Some(about) => return Err(in_the_way(&path, about.is_symlink())),
                None => {
                    folder_maker(access).create(&path).map_err(|error| failed(&path, error))?;
                    sync(&path)?;
                }
            }
        }
        Ok(())
    }

    fn unlink(&self, below: &Path) -> Result<bool> {
        if self.is_absent(below)? {
            return Ok(false);
        }
        let path = self.path(below);
        match fs::remove_file(&path) {
            Ok(()) => Ok(true),
            Err(error) if is_absent(&error) => Ok(false),
            Err(error) => Err(fault("delete", &path, error)),
        }
    }

    /// A folder that cannot be taken away stays: an empty one means nothing.
    fn prune(&self, top: &Path, below: &Path) {
        for folder in below.ancestors().skip(1).take_while(|folder| *folder != top && folder.starts_with(top))
        {
            match fs::remove_dir(self.path(folder)) {
                Err(error) if !is_absent(&error) => break,
                _ => {}
            }
        }
    }

    /// Says whether a plain file lies there; anything else in its place is an error.
    fn is_file(&self, below: &Path) -> Result<bool> {
        match self.about(below)? {
            None => Ok(false),
            Some(about) if about.is_file() => Ok(true),
            Some(about) => Err(in_the_way(&self.path(below), about.is_symlink())),
        }
    }

    /// Says what lies there, if anything does. What stands in the place of a folder on the way is an error.
    fn about(&self, below: &Path) -> Result<Option<Metadata>> {
        let mut path = self.0.clone();
        let Some(folder) = below.parent() else {
            return fs::metadata(&path).map(Some).or_else(|error| absent_or(&path, error));
        };
        for name in folder.components() {
            path.push(name);
            match about(&path)? {
                None => return Ok(None),
                Some(about) if about.is_dir() => {}
                Some(about) => return Err(in_the_way(&path, about.is_symlink())),
            }
        }
        about(&self.path(below))
    }
}

/// Says whether two files are one.
#[cfg(unix)]
pub(crate) fn is_same_file(one: &Metadata, other: &Metadata) -> bool {
    use std::os::unix::fs::MetadataExt;
    (one.dev(), one.ino()) == (other.dev(), other.ino())
}

/// Elsewhere std does not tell; but there nobody deletes a file that is open.
#[cfg(not(unix))]
pub(crate) fn is_same_file(_: &Metadata, _: &Metadata) -> bool {
    true
}

/// Tells a file from one that was there before: one that was put in its place has another number, and was changed then,
/// whenever it was written.
#[cfg(unix)]
pub(crate) fn identity(about: &Metadata) -> [i64; 3] {
    use std::os::unix::fs::MetadataExt;
    [about.ino() as i64, about.ctime(), about.ctime_nsec()]
}

#[cfg(not(unix))]
pub(crate) fn identity(_: &Metadata) -> [i64; 3] {
    [0; 3]
}

fn about(path: &Path) -> Result<Option<Metadata>> {
    fs::symlink_metadata(path).map(Some).or_else(|error| absent_or(path, error))
}

fn absent_or<T>(path: &Path, error: io::Error) -> Result<Option<T>> {
    if is_absent(&error) { Ok(None) } else { Err(fault("read", path, error)) }
}

fn write_beside(path: &Path, beside: &Path, content: &[u8], access: Access) -> Result<()> {
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
