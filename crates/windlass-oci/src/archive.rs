//! A folder as an archive, byte for byte as `fluxcd/pkg/tar` writes it before it is packed: entries in the order of a walk,
//! without owner and time.

use std::fs;
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};

use flate2::Compression;
use flate2::write::GzEncoder;
use sha2::{Digest as _, Sha256};
use windlass_archive::hex;
use windlass_core::{Digest, Error, ErrorKind, Limits, Result, TreePath};

const BLOCK: usize = 512;
const NAME_MAX: usize = 100;
const PREFIX_MAX: usize = 155;

/// A packed folder, ready to be pushed.
#[derive(Clone, PartialEq, Eq)]
pub struct Package {
    bytes: Vec<u8>,
    digest: Digest,
    unpacked: Digest,
    files: usize,
}

impl Package {
    /// Packs a folder, or one file.
    ///
    /// `ignored` says of a path, and whether it is a folder, that it stays out; what lies in a folder that stays out is
    /// asked for all the same, as Flux does. Links, pipes and devices stay out.
    ///
    /// # Errors
    /// [`ErrorKind::NotFound`] where there is nothing, [`ErrorKind::Limit`] for more than the limits of an artifact allow,
    /// [`ErrorKind::Invalid`] for a name that is not UTF-8, and what the disk says.
    pub fn of(path: &Path, ignored: &dyn Fn(&TreePath, bool) -> bool, limits: &Limits) -> Result<Self> {
        let found = fs::metadata(path).map_err(|error| fault(path, error))?;
        let mut tar = Tar::new(limits);
        if found.is_dir() {
            tar.walk(path, ignored)?;
        } else {
            let name = path.file_name().unwrap_or_default();
            let inside = tree_path(Path::new(name))?;
            tar.header(".", b'5', 0o700, 0)?;
            if !ignored(&inside, false) {
                tar.file(path, &inside, &found)?;
            }
        }
        tar.end()
    }

    /// The digest of the packed archive, which is that of its layer.
    #[must_use]
    pub fn digest(&self) -> Digest {
        self.digest
    }

    /// The digest of the archive before it was packed. Equal files give an equal one, whichever program packed them.
    #[must_use]
    pub fn unpacked_digest(&self) -> Digest {
        self.unpacked
    }

    /// How many files are in it.
    #[must_use]
    pub fn files(&self) -> usize {
        self.files
    }

    pub(crate) fn bytes(&self) -> &[u8] {
        &self.bytes
    }
}

impl std::fmt::Debug for Package {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Package").field("digest", &self.digest).field("files", &self.files).finish()
    }
}

/// An archive that is being written.
struct Tar<'l> {
    out: GzEncoder<Vec<u8>>,
    hash: Sha256,
    limits: &'l Limits,
    files: usize,
    bytes: u64,
}

/// What is still to be written of a walk.
struct Step {
    path: PathBuf,
    inside: TreePath,
}

impl<'l> Tar<'l> {
    fn new(limits: &'l Limits) -> Self {
        let out = GzEncoder::new(Vec::new(), Compression::default());
        Self { out, hash: Sha256::new(), limits, files: 0, bytes: 0 }
    }

    /// Writes a folder and all below it: each folder before what is in it, and names in the order of their bytes.
    fn walk(&mut self, root: &Path, ignored: &dyn Fn(&TreePath, bool) -> bool) -> Result<()> {
        let mut steps = vec![Step { path: root.to_owned(), inside: TreePath::root() }];
        while let Some(Step { path, inside }) = steps.pop() {
            // The root may be a link, as everybody names folders by links.
            let found = match inside.is_root() {
                true => fs::metadata(&path),
                false => fs::symlink_metadata(&path),
            };
            let found = found.map_err(|error| fault(&path, error))?;
            if inside.names().count() > self.limits.folder_depth_max {
                return Err(limit(
                    "the folder is too deep",
                    "folder_depth_max",
                    self.limits.folder_depth_max,
                ));
            }
            if found.is_dir() {
                if inside.is_root() || !ignored(&inside, true) {
                    let name = if inside.is_root() { "." } else { inside.as_str() };
                    self.header(name, b'5', mode(&found), 0)?;
                }
                let mut below = children(&path, &inside)?;
                below.sort_by(|one, other| other.inside.name().cmp(&one.inside.name()));
                steps.append(&mut below);
                if steps.len() > self.limits.files_max {
                    return Err(limit("the folder has too many files", "files_max", self.limits.files_max));
                }
            } else if found.is_file() && !ignored(&inside, false) {
                self.file(&path, &inside, &found)?;
            }
        }
        Ok(())
    }

    fn file(&mut self, path: &Path, inside: &TreePath, found: &fs::Metadata) -> Result<()> {
        let size = found.len();
        self.files += 1;
        self.bytes = self.bytes.saturating_add(size);
        if self.files > self.limits.files_max {
            return Err(limit("the folder has too many files", "files_max", self.limits.files_max));
        }
        if self.bytes > self.limits.artifact_bytes_max {
            return Err(limit(
                "the folder is too large",
                "artifact_bytes_max",
                self.limits.artifact_bytes_max,
            ));
        }
        self.header(inside.as_str(), b'0', mode(found), size)?;
        let mut file = fs::File::open(path).map_err(|error| fault(path, error))?.take(size);
        let (mut buffer, mut left) = ([0; 64 << 10], size);
        while left > 0 {
            match file.read(&mut buffer).map_err(|error| fault(path, error))? {
                0 => {
                    let error = Error::new(ErrorKind::Conflict, "a file became shorter while it was read");
                    return Err(error.with("path", path.display()));
                }
                count => {
                    self.write(&buffer[..count])?;
                    left = left.saturating_sub(count as u64);
                }
            }
        }
        self.pad(size)
    }

    /// Writes the header of an entry, and in front of it what does not fit in.
    fn header(&mut self, name: &str, kind: u8, mode: u32, size: u64) -> Result<()> {
        let split = split(name);
        if split.is_none() {
            let record = record("path", name);
            let (folder, file) = name.rsplit_once('/').unwrap_or(("", name));
            let above = if folder.is_empty() { String::new() } else { format!("{folder}/") };
            let mut special = [0; BLOCK];
            put_text(&mut special[..NAME_MAX], &ascii(&format!("{above}PaxHeaders.0/{file}")));
            numbers(&mut special, 0, record.len() as u64);
            special[156] = b'x';
            self.block(special)?;
            self.write(record.as_bytes())?;
            self.pad(record.len() as u64)?;
        }
        let mut block = [0; BLOCK];
        let plain = ascii(name);
        let (prefix, rest) = split.unwrap_or((b"", &plain));
        put_text(&mut block[..NAME_MAX], rest);
        put_text(&mut block[345..345 + PREFIX_MAX], prefix);
        numbers(&mut block, mode, size);
        block[156] = kind;
        block[329..336].copy_from_slice(b"0000000");
        block[337..344].copy_from_slice(b"0000000");
        self.block(block)
    }

    /// Marks a header as one, with its sum, and writes it.
    fn block(&mut self, mut block: [u8; BLOCK]) -> Result<()> {
        block[257..265].copy_from_slice(b"ustar\x0000");
        block[148..156].fill(b' ');
        let sum: u32 = block.iter().map(|byte| u32::from(*byte)).sum();
        block[148..155].copy_from_slice(format!("{sum:06o}\0").as_bytes());
        self.write(&block)
    }

    fn pad(&mut self, size: u64) -> Result<()> {
        let over = usize::try_from(size % BLOCK as u64).unwrap_or(0);
        if over == 0 { Ok(()) } else { self.write(&[0; BLOCK][over..]) }
    }

    fn write(&mut self, bytes: &[u8]) -> Result<()> {
        self.hash.update(bytes);
        self.out.write_all(bytes).map_err(broken)
    }

    fn end(mut self) -> Result<Package> {
        self.write(&[0; 2 * BLOCK])?;
        let bytes = self.out.finish().map_err(broken)?;
        let unpacked = format!("sha256:{}", hex(&self.hash.finalize())).parse()?;
        Ok(Package { digest: Digest::of(&bytes), bytes, unpacked, files: self.files })
    }
}

/// Cuts a name in two where it is too long for its field; `None` where that does not help.
fn split(name: &str) -> Option<(&[u8], &[u8])> {
    if !name.is_ascii() {
        return None;
    }
    if name.len() <= NAME_MAX {
        return Some((b"", name.as_bytes()));
    }
    let end = name.len().min(PREFIX_MAX + 1);
    let at = name[..end].rfind('/').filter(|at| *at > 0)?;
    let (prefix, rest) = (&name[..at], &name[at + 1..]);
    (!rest.is_empty() && rest.len() <= NAME_MAX).then_some((prefix.as_bytes(), rest.as_bytes()))
}

/// One record of what does not fit into a header: its own length, in decimal, and a pair.
fn record(key: &str, value: &str) -> String {
    let rest = format!(" {key}={value}\n");
    let mut length = rest.len() + rest.len().to_string().len();
    if rest.len() + length.to_string().len() != length {
        length = rest.len() + length.to_string().len();
    }
    format!("{length}{rest}")
}

fn ascii(text: &str) -> Vec<u8> {
    text.bytes().filter(u8::is_ascii).collect()
}

fn put_text(field: &mut [u8], text: &[u8]) {
    let length = text.len().min(field.len());
    field[..length].copy_from_slice(&text[..length]);
}

/// Mode, owner, size and time.
fn numbers(block: &mut [u8; BLOCK], mode: u32, size: u64) {
    block[100..107].copy_from_slice(format!("{mode:07o}").as_bytes());
    block[108..115].copy_from_slice(b"0000000");
    block[116..123].copy_from_slice(b"0000000");
    // A size above 8 GiB would need another form, and no artifact may be so large.
    block[124..135].copy_from_slice(format!("{:011o}", size.min(0o777_7777_7777)).as_bytes());
    block[136..147].copy_from_slice(b"00000000000");
}

fn children(path: &Path, inside: &TreePath) -> Result<Vec<Step>> {
    let mut below = Vec::new();
    for entry in fs::read_dir(path).map_err(|error| fault(path, error))? {
        let entry = entry.map_err(|error| fault(path, error))?;
        let name = entry.file_name();
        let name = name.to_str().ok_or_else(|| not_text(&entry.path()))?;
        // `join` reads a name as a path: one with a backslash is refused.
        let inside = inside.join(name).map_err(|error| error.with("path", entry.path().display()))?;
        below.push(Step { path: entry.path(), inside });
    }
    Ok(below)
}

fn tree_path(path: &Path) -> Result<TreePath> {
    TreePath::new(path.to_str().ok_or_else(|| not_text(path))?)
}

fn not_text(path: &Path) -> Error {
    Error::new(ErrorKind::Invalid, "a name that is not UTF-8").with("path", path.display())
}

#[cfg(unix)]
fn mode(found: &fs::Metadata) -> u32 {
    use std::os::unix::fs::PermissionsExt;
    found.permissions().mode() & 0o7777
}

#[cfg(not(unix))]
fn mode(found: &fs::Metadata) -> u32 {
    if found.is_dir() { 0o755 } else { 0o644 }
}

fn limit(message: &'static str, name: &'static str, value: impl ToString) -> Error {
    Error::new(ErrorKind::Limit, message).with(name, value)
}

fn fault(path: &Path, error: io::Error) -> Error {
    let kind = match error.kind() {
        io::ErrorKind::NotFound => ErrorKind::NotFound,
        io::ErrorKind::PermissionDenied => ErrorKind::Denied,
        _ => ErrorKind::Unavailable,
    };
    Error::new(kind, "it cannot be read").with("path", path.display()).caused_by(error)
}

fn broken(error: io::Error) -> Error {
    Error::new(ErrorKind::Internal, "the archive cannot be packed").caused_by(error)
}
