//! Layers that are archives: tar, packed with gzip or not. Nothing is written to a disk, and what is refused is refused as a
//! whole.

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

/// What the first bytes of a layer say that it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Form {
    Gzip,
    Tar,
    Zstd,
    Other,
}

impl Form {
    /// Looks at the first bytes; an empty layer is no archive.
    pub(crate) fn of(first: &[u8]) -> Self {
        match first {
            [0x1f, 0x8b, ..] => Self::Gzip,
            [0x28, 0xb5, 0x2f, 0xfd, ..] => Self::Zstd,
            _ if first.get(MAGIC).is_some_and(|magic| magic == b"ustar") => Self::Tar,
            _ => Self::Other,
        }
    }
}

/// How much all layers may still unpack to.
#[derive(Debug)]
pub(crate) struct Room {
    pub(crate) left: u64,
    pub(crate) max: u64,
}

/// Unpacks a layer below a folder. Reads no further than the end of the archive.
pub(crate) fn unpack(
    layer: &mut dyn BufRead,
    form: Form,
    room: &mut Room,
    into: &mut Gathering,
) -> Result<()> {
    let failure = Rc::new(RefCell::new(None));
    let done = match form {
        Form::Gzip => {
            let metered = Metered { inner: MultiGzDecoder::new(layer), room, failure: Rc::clone(&failure) };
            entries(metered, into)
        }
        Form::Tar => entries(Metered { inner: layer, room, failure: Rc::clone(&failure) }, into),
        Form::Zstd => Err(Error::new(ErrorKind::Unsupported, "a layer packed with zstd is not read")
            .with_help("push it packed with gzip")),
        Form::Other => Err(Error::new(ErrorKind::Invalid, "the layer is no archive")
            .with_help("with layerSelector.operation copy it is taken as one file")),
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
                Error::new(ErrorKind::Limit, "the layer unpacks to too much")
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
            let target =
                said.target.clone().or_else(|| entry.link_name_bytes().map(|target| target.into_owned()));
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
pub(crate) fn path(name: &[u8]) -> Result<Option<TreePath>> {
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
mod tests {
    use windlass_core::{Files, Limits};

    use super::*;
    use crate::tree::Tree;

    /// One entry: its kind, its path, and its content or the target of its link.
    pub(super) type Made<'a> = (EntryType, &'a str, &'a str);

    fn archive(entries: &[Made<'_>]) -> Vec<u8> {
        let mut builder = tar::Builder::new(Vec::new());
        for (kind, path, content) in entries {
            let mut header = tar::Header::new_gnu();
            header.set_entry_type(*kind);
            header.set_mode(0o644);
            // The library refuses to write what is hostile.
            header.as_old_mut().name[..path.len()].copy_from_slice(path.as_bytes());
            let content = match kind {
                EntryType::Symlink | EntryType::Link => {
                    header.as_old_mut().linkname[..content.len()].copy_from_slice(content.as_bytes());
                    ""
                }
                _ => content,
            };
            header.set_size(content.len() as u64);
            header.set_cksum();
            builder.append(&header, content.as_bytes()).unwrap();
        }
        builder.into_inner().unwrap()
    }

    fn unpacked(bytes: &[u8], limits: &Limits) -> Result<Tree> {
        let mut into = Gathering::new(limits);
        let mut room = Room { left: 1 << 20, max: 1 << 20 };
        unpack(&mut &bytes[..], Form::of(bytes), &mut room, &mut into)?;
        Ok(into.done(16))
    }

    #[track_caller]
    fn check(entries: &[Made<'_>], expected: &str) {
        let mut limits = Limits::default();
        (limits.files_max, limits.folder_depth_max) = (4, 3);
        (limits.file_bytes_max, limits.artifact_bytes_max) = (20, 30);
        let shown = match unpacked(&archive(entries), &limits) {
            Ok(tree) => format!("{tree:?}"),
            Err(error) => error.to_string(),
        };
        assert_eq!(shown, expected);
    }

    const FILE: EntryType = EntryType::Regular;
    const LINK: EntryType = EntryType::Symlink;

    #[test]
    fn what_leads_out_of_the_archive_is_refused() {
        check(&[(FILE, "/etc/passwd", "")], "the archive has an absolute path (path=/etc/passwd)");
        check(&[(FILE, "../a", "")], "the archive has a path that leads upwards (path=../a)");
        check(&[(FILE, "a/../b", "")], "the archive has a path that leads upwards (path=a/../b)");
        check(&[(FILE, "a/..", "")], "the archive has a path that leads upwards (path=a/..)");
        check(&[(FILE, "a\\b", "")], "the archive has a path with a NUL or a backslash (path=a\\\\b)");
        check(&[(FILE, "./", "")], "the archive has an entry without a name (path=./)");
    }

    #[test]
    fn what_is_written_through_a_link_is_refused() {
        check(
            &[(LINK, "a", "/etc"), (FILE, "a/passwd", "")],
            "the artifact writes through a link (path=a/passwd)",
        );
        check(&[(LINK, "a", "/etc/passwd"), (FILE, "a", "")], "the artifact writes through a link (path=a)");
        check(
            &[(LINK, "a", "b"), (EntryType::Directory, "a/c", "")],
            "the artifact writes through a link (path=a/c)",
        );
    }

    #[test]
    fn what_is_no_file_is_refused() {
        check(&[(EntryType::Link, "a", "/etc/passwd")], "the archive has a hard link (path=a)");
        check(&[(EntryType::Char, "a", "")], "the archive has a device (path=a)");
        check(&[(EntryType::Block, "a", "")], "the archive has a device (path=a)");
        check(&[(EntryType::Fifo, "a", "")], "the archive has a pipe (path=a)");
        check(
            &[(EntryType::GNUSparse, "a", "")],
            "the archive has an entry that is neither file nor folder (path=a)",
        );
    }

    #[test]
    fn paths_that_stand_in_one_another_s_way_are_refused() {
        let both = "the artifact has a path that is a folder and something else (path=a)";
        check(&[(FILE, "a", ""), (FILE, "a/b", "")], both);
        check(&[(FILE, "a/b", ""), (FILE, "a", "")], both);
        check(
            &[(FILE, "a/B", ""), (FILE, "A/b", "")],
            "the artifact has two paths that differ in upper and lower case alone (path=A, other=a)",
        );
    }

    #[test]
    fn too_much_is_refused_by_the_name_of_the_limit() {
        let many: Vec<Made<'_>> = ["a", "b", "c", "d", "e"].map(|path| (FILE, path, "")).into();
        check(&many, "the artifact has too many files (files_max=4)");
        check(
            &[(FILE, "a/b/c/d", "")],
            "the artifact has folders too deep inside one another (folder_depth_max=3)",
        );
        let half = "x".repeat(16);
        check(&[(FILE, "a", &half), (FILE, "b", &half)], "the artifact is too large (artifact_bytes_max=30)");
        let folders: Vec<String> = (0..20).map(|at| format!("f{at}/")).collect();
        let folders: Vec<Made<'_>> =
            folders.iter().map(|path| (EntryType::Directory, path.as_str(), "")).collect();
        check(&folders, "the artifact has too many files (files_max=4)");
    }

    #[test]
    fn a_file_that_is_too_large_is_refused_when_it_is_read_and_hides_no_other() {
        let mut limits = Limits::default();
        limits.file_bytes_max = 3;
        let tree = unpacked(&archive(&[(FILE, "large", "1234"), (FILE, "small", "123")]), &limits).unwrap();
        let read = |path: &str| tree.read(&TreePath::new(path).unwrap());
        assert_eq!(read("small").unwrap(), "123");
        assert_eq!(read("large").unwrap_err().kind(), ErrorKind::Limit);
    }

    #[test]
    fn a_bomb_ends_at_the_limit() {
        let zeros = vec![0; 2 << 20];
        let mut builder =
            tar::Builder::new(flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best()));
        let mut header = tar::Header::new_gnu();
        header.set_size(zeros.len() as u64);
        builder.append_data(&mut header, "zeros", &zeros[..]).unwrap();
        let bytes = builder.into_inner().unwrap().finish().unwrap();
        let mut limits = Limits::default();
        limits.file_bytes_max = 10;
        let error = unpacked(&bytes, &limits).unwrap_err();
        assert_eq!(error.to_string(), "the layer unpacks to too much (unpacked_bytes_max=1048576)");
    }

    #[test]
    fn a_header_that_says_more_than_is_kept_is_refused() {
        let long = "x".repeat(100);
        let long: String = std::iter::repeat_n(long.as_str(), 11_000).collect();
        let mut limits = Limits::default();
        limits.file_bytes_max = 1 << 20;
        for kind in [EntryType::GNULongName, EntryType::XHeader] {
            let mut into = Gathering::new(&limits);
            let bytes = archive(&[(kind, "a", &long), (FILE, "b", "")]);
            let mut room = Room { left: 1 << 30, max: 1 << 30 };
            let error = unpack(&mut &bytes[..], Form::Tar, &mut room, &mut into).unwrap_err();
            assert_eq!(error.kind(), ErrorKind::Limit, "{error}");
        }
    }

    #[test]
    fn names_that_headers_in_front_say_are_the_names() {
        let long = format!("{}/{}", "d".repeat(120), "f".repeat(120));
        let mut builder = tar::Builder::new(Vec::new());
        let mut header = tar::Header::new_gnu();
        header.set_size(1);
        builder.append_data(&mut header, &long, &b"1"[..]).unwrap();
        builder.append_pax_extensions([("path", "päx/a".as_bytes())]).unwrap();
        let mut header = tar::Header::new_ustar();
        header.set_size(1);
        builder.append_data(&mut header, "other", &b"2"[..]).unwrap();
        builder.append_pax_extensions([("path", "../a".as_bytes())]).unwrap();
        let good = unpacked(&builder.get_ref().clone(), &Limits::default());
        // The last header is about nothing.
        let good = good.unwrap();
        assert_eq!(good.read(&TreePath::new(&long).unwrap()).unwrap(), "1");
        assert_eq!(good.read(&TreePath::new("päx/a").unwrap()).unwrap(), "2");
        builder.append_data(&mut header, "other", &b"2"[..]).unwrap();
        let error = unpacked(&builder.into_inner().unwrap(), &Limits::default()).unwrap_err();
        assert_eq!(error.to_string(), "the archive has a path that leads upwards (path=../a)");
    }

    #[test]
    fn a_damaged_archive_is_corrupt_wherever_it_ends() {
        let whole = archive(&[(FILE, "a", "content"), (FILE, "b", "content")]);
        for end in [1, 300, 513, 600, 1025] {
            let mut into = Gathering::new(&Limits::default());
            let mut room = Room { left: 1 << 20, max: 1 << 20 };
            let result = unpack(&mut &whole[..end], Form::Tar, &mut room, &mut into);
            assert!(result.is_err(), "cut at {end}");
        }
    }
}
