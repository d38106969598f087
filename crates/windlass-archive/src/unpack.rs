//! Archives: tar, packed with gzip or not.

use std::borrow::Cow;
use std::cell::RefCell;
use std::io::{self, BufRead, Read};
use std::rc::Rc;

use flate2::bufread::MultiGzDecoder;
use tar::{Archive, Entry, EntryType, PaxExtensions};
use windlass_core::{Error, ErrorKind, Result, TreePath};

use crate::tree::{Gathering, refused};

/// The most bytes of a header that says more of the next entry, as Go reads.
const EXTENSION_BYTES_MAX: u64 = 1 << 20;
/// The longest path, in bytes.
const PATH_BYTES_MAX: usize = 4096;
/// Where a tar says that it is one.
const MAGIC: std::ops::Range<usize> = 257..262;

/// What the first bytes of a file say that it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Form {
    /// Packed with gzip.
    Gzip,
    /// A tar, as it is.
    Tar,
    /// Packed with zstd, which is not read.
    Zstd,
    /// A zip, which is not read.
    Zip,
    /// Something else.
    Other,
}

impl Form {
    /// How many of the first bytes say what a file is: a block of a tar.
    pub const LOOK_BYTES: usize = 512;

    /// Looks at the first bytes; an empty file is no archive.
    #[must_use]
    pub fn of(first: &[u8]) -> Self {
        match first {
            [0x1f, 0x8b, ..] => Self::Gzip,
            [0x28, 0xb5, 0x2f, 0xfd, ..] => Self::Zstd,
            [b'P', b'K', 3, 4, ..] => Self::Zip,
            _ if first.get(MAGIC).is_some_and(|magic| magic == b"ustar") => Self::Tar,
            _ => Self::Other,
        }
    }
}

/// How much all archives of an artifact may still unpack to, with what is not kept.
#[derive(Debug)]
pub struct Room {
    left: u64,
    max: u64,
}

impl Room {
    /// So many bytes.
    #[must_use]
    pub fn new(unpacked_bytes_max: u64) -> Self {
        Self { left: unpacked_bytes_max, max: unpacked_bytes_max }
    }
}

/// Unpacks an archive. Reads no further than its end.
///
/// # Errors
/// [`ErrorKind::Invalid`] for what is refused, [`ErrorKind::Unsupported`] for what is not read, [`ErrorKind::Corrupt`] for a
/// damaged archive, [`ErrorKind::Limit`], and an error of ours that a read of the archive wraps.
pub fn unpack(archive: &mut dyn BufRead, form: Form, room: &mut Room, into: &mut Gathering) -> Result<()> {
    let failure = Rc::new(RefCell::new(None));
    let done = match form {
        Form::Gzip => {
            let metered = Metered { inner: MultiGzDecoder::new(archive), room, failure: Rc::clone(&failure) };
            entries(metered, into)
        }
        Form::Tar => entries(Metered { inner: archive, room, failure: Rc::clone(&failure) }, into),
        Form::Zstd | Form::Zip => {
            Err(Error::new(ErrorKind::Unsupported, "an archive of this form is not read")
                .with("form", if form == Form::Zip { "zip" } else { "zstd" })
                .with_help("give a tar packed with gzip"))
        }
        Form::Other => Err(Error::new(ErrorKind::Invalid, "not an archive")),
    };
    // What ended the reading is the cause; what the archive then lacked is not.
    match failure.borrow_mut().take() {
        Some(failure) => Err(failure),
        None => done,
    }
}

/// A stream that ends with an error where it grows too long, and keeps the first error of ours.
struct Metered<'r, R> {
    inner: R,
    room: &'r mut Room,
    failure: Rc<RefCell<Option<Error>>>,
}

impl<R: Read> Read for Metered<'_, R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let keep = |error: Error| {
            let passed = io::Error::other(error.message().to_owned());
            self.failure.borrow_mut().get_or_insert(error);
            passed
        };
        let count = self.inner.read(buffer).map_err(|error| {
            let ours = error.get_ref().and_then(|inner| inner.downcast_ref::<Error>()).cloned();
            ours.map_or(error, &keep)
        })?;
        self.room.left = self.room.left.checked_sub(count as u64).ok_or_else(|| {
            keep(
                Error::new(ErrorKind::Limit, "the archive unpacks to too much")
                    .with("unpacked_bytes_max", self.room.max),
            )
        })?;
        Ok(count)
    }
}

/// What headers in front of an entry say of it.
#[derive(Default)]
struct Said {
    path: Option<Vec<u8>>,
    target: Option<Vec<u8>>,
}

fn entries(stream: impl Read, into: &mut Gathering) -> Result<()> {
    let mut archive = Archive::new(stream);
    let mut said = Said::default();
    // Raw, since what headers say of the next entry is otherwise read into memory whatever its size.
    for entry in archive.entries().map_err(damaged)?.raw(true) {
        let mut entry = entry.map_err(damaged)?;
        match entry.header().entry_type() {
            EntryType::XHeader => extended(&mut entry, &mut said)?,
            EntryType::GNULongName => said.path = Some(long(&mut entry)?),
            EntryType::GNULongLink => said.target = Some(long(&mut entry)?),
            EntryType::XGlobalHeader => {}
            _ => one(&mut entry, &std::mem::take(&mut said), into)?,
        }
    }
    Ok(())
}

fn one(entry: &mut Entry<'_, impl Read>, said: &Said, into: &mut Gathering) -> Result<()> {
    let name = said.path.clone().unwrap_or_else(|| entry.path_bytes().into_owned());
    let kind = entry.header().entry_type();
    let Some(path) = path(&name)? else {
        // The folder of the archive itself.
        return if kind.is_dir() {
            Ok(())
        } else {
            Err(odd("the archive has an entry without a name", &name))
        };
    };
    match kind {
        EntryType::Regular | EntryType::Continuous if name.ends_with(b"/") => into.folder(&path),
        EntryType::Regular | EntryType::Continuous => file(entry, &path, into),
        EntryType::Directory => into.folder(&path),
        EntryType::Symlink => {
            let target = said.target.clone().or_else(|| entry.link_name_bytes().map(Cow::into_owned));
            let target = String::from_utf8(target.unwrap_or_default());
            into.link(&path, &target.map_err(|_| refused("the archive has a link that is not UTF-8", &path))?)
        }
        EntryType::Link => Err(refused("the archive has a hard link", &path)),
        EntryType::Char | EntryType::Block => Err(refused("the archive has a device", &path)),
        EntryType::Fifo => Err(refused("the archive has a pipe", &path)),
        _ => Err(refused("the archive has an entry that is neither file nor folder", &path)),
    }
}

fn file(entry: &mut Entry<'_, impl Read>, path: &TreePath, into: &mut Gathering) -> Result<()> {
    let size = entry.header().entry_size().map_err(damaged)?;
    let mut file = into.file(path, size)?;
    let (mut buffer, mut left) = ([0; 16 << 10], size);
    loop {
        let count = entry.read(&mut buffer).map_err(damaged)?;
        if count == 0 {
            break;
        }
        left = left.saturating_sub(count as u64);
        file.add(&buffer[..count]);
    }
    if left > 0 {
        return Err(refused("the archive ends within a file", path));
    }
    file.end()
}

/// Reads a name as GNU's tar writes long ones.
fn long(entry: &mut Entry<'_, impl Read>) -> Result<Vec<u8>> {
    let mut bytes = extension(entry)?;
    if let Some(end) = bytes.iter().position(|byte| *byte == 0) {
        bytes.truncate(end);
    }
    Ok(bytes)
}

/// Reads what POSIX' tar says of the next entry.
fn extended(entry: &mut Entry<'_, impl Read>, said: &mut Said) -> Result<()> {
    let bytes = extension(entry)?;
    for pair in PaxExtensions::new(&bytes) {
        let pair = pair.map_err(damaged)?;
        match pair.key_bytes() {
            b"path" => said.path = Some(pair.value_bytes().to_vec()),
            b"linkpath" => said.target = Some(pair.value_bytes().to_vec()),
            // The next header could then be read from within a file.
            key if key == b"size" || key.starts_with(b"GNU.sparse") => {
                return Err(Error::new(
                    ErrorKind::Unsupported,
                    "the archive has a sparse file or one that is too large",
                ));
            }
            _ => {}
        }
    }
    Ok(())
}

fn extension(entry: &mut Entry<'_, impl Read>) -> Result<Vec<u8>> {
    let mut bytes = Vec::new();
    entry.by_ref().take(EXTENSION_BYTES_MAX + 1).read_to_end(&mut bytes).map_err(damaged)?;
    if bytes.len() as u64 > EXTENSION_BYTES_MAX {
        return Err(Error::new(ErrorKind::Limit, "the archive has a header that is too large")
            .with("extension_bytes_max", EXTENSION_BYTES_MAX));
    }
    Ok(bytes)
}

/// Reads the path of an entry; `None` for the folder of the archive itself.
///
/// # Errors
/// [`ErrorKind::Invalid`] for one that is absolute, leads upwards, is not UTF-8 or cannot be the path of a file,
/// [`ErrorKind::Limit`] for one that is too long.
pub fn path(name: &[u8]) -> Result<Option<TreePath>> {
    let text =
        std::str::from_utf8(name).map_err(|_| odd("the archive has a path that is not UTF-8", name))?;
    if text.len() > PATH_BYTES_MAX {
        return Err(Error::new(ErrorKind::Limit, "the archive has a path that is too long")
            .with("path_bytes_max", PATH_BYTES_MAX));
    }
    if text.starts_with('/') {
        return Err(odd("the archive has an absolute path", name));
    }
    if text.split('/').any(|name| name == "..") {
        return Err(odd("the archive has a path that leads upwards", name));
    }
    let path =
        TreePath::new(text).map_err(|_| odd("the archive has a path with a NUL or a backslash", name))?;
    Ok((!path.is_root()).then_some(path))
}

fn odd(message: &'static str, name: &[u8]) -> Error {
    let shown: String = String::from_utf8_lossy(name).escape_debug().take(200).collect();
    Error::new(ErrorKind::Invalid, message).with("path", shown)
}

fn damaged(error: io::Error) -> Error {
    Error::new(ErrorKind::Corrupt, "the archive is damaged").caused_by(error)
}

#[cfg(test)]
mod tests;
