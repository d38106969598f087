//! How the answer of a server becomes a pack of the cache: within limits, whole, and on the disk before it is named.
//!
//! Invariants: an object is refused for its size before memory is taken for it, and a pack for what all of its objects
//! are together before any is put together from its parts; whoever finds a pack under its own name finds all of it.

use std::cell::{Cell, RefCell};
use std::fs::{self, File};
use std::io::{self, BufReader, BufWriter, Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

use gix::odb::pack::data::input::{
    BytesToEntriesIter, EntriesToBytesIter, Entry, EntryDataMode, LookupRefDeltaObjectsIter, Mode,
};
use gix::odb::pack::data::{self, EntryRange, entry::Header};
use gix::odb::pack::index;
use gix::zlib::{Compression, Decompress, FlushDecompress};
use windlass_core::{Error, ErrorKind, Result};
use windlass_http::Job;

use crate::disk;
use crate::options::GitLimits;

/// What a read of the pack may bring beyond one object: the buffer, and what packing adds to what cannot be packed.
const SLACK_BYTES: u64 = 1 << 20;

/// What gix needs to index one object, roughly.
const INDEXED_BYTES: usize = 128;

/// Writes a pack beside the others, under its own name only when it is complete, indexed and on the disk.
pub(super) struct PackWriter<'a> {
    pub(super) repository: &'a gix::Repository,
    pub(super) limits: &'a GitLimits,
    pub(super) job: &'a Job,
    /// Why it was not written.
    pub(super) failure: RefCell<Option<Error>>,
}

impl PackWriter<'_> {
    /// Reads the pack to its end. The error is for gix; what happened is in `failure`.
    pub(super) fn write(
        &self,
        reader: &mut dyn io::BufRead,
        progress: &mut dyn gix::DynNestedProgress,
    ) -> gix::Result<bool> {
        match self.receive(reader, progress) {
            Ok(()) => Ok(true),
            Err(error) => {
                let passed = io::Error::other(error.message().to_owned());
                self.failure.replace(Some(error));
                Err(gix::Error::from_error(passed))
            }
        }
    }

    fn receive(&self, reader: &mut dyn io::BufRead, progress: &mut dyn gix::DynNestedProgress) -> Result<()> {
        let folder = self.repository.objects.store_ref().path().join("pack");
        let (pack, index) = (Half::new(&folder, "incoming-pack")?, Half::new(&folder, "incoming-index")?);
        let watch =
            Watch { job: self.job, limits: self.limits, entry: Cell::new(0), failure: RefCell::default() };
        let indexed = self.indexed(reader, &watch, (&pack, &index), progress);
        // What was noticed on the way is the cause of what gix says.
        let outcome = match (watch.failure.take(), indexed) {
            (Some(cause), _) => return Err(cause),
            (None, indexed) => indexed.map_err(|error| self.unreadable(error))?,
        };
        if outcome.num_objects == 0 {
            return Ok(());
        }
        // The index comes last: a pack without one is not looked at.
        let name = folder.join(format!("pack-{}", outcome.data_hash));
        pack.keep(&name.with_extension("pack"))?;
        index.keep(&name.with_extension("idx"))?;
        disk::sync(&folder)
    }

    fn indexed(
        &self,
        reader: &mut dyn io::BufRead,
        watch: &Watch<'_>,
        (pack, index): (&Half, &Half),
        progress: &mut dyn gix::DynNestedProgress,
    ) -> gix::Result<index::write::Outcome> {
        let hash = self.repository.object_hash();
        let reader = BufReader::new(Watched { inner: reader, watch });
        let entries =
            BytesToEntriesIter::new_from_header(reader, Mode::Verify, EntryDataMode::KeepAndCrc32, hash)?;
        let (version, objects) = (entries.version(), entries.size_hint().0);
        watch.count(objects).map_err(|error| watch.fail(error))?;
        let entries = Weighed { entries, watch, bytes: 0, unpack: Decompress::new() };
        let known = self.repository.objects.clone();
        let entries = LookupRefDeltaObjectsIter::new(entries, known, Compression::BEST_SPEED);
        let file = pack.file.try_clone().map_err(|error| watch.fail(pack.unwritten(error)))?;
        let mut entries = EntriesToBytesIter::new(entries, Buffered(BufWriter::new(file)), version, hash);
        let mut out = BufWriter::new(&index.file);
        let packed = || data::File::at(&pack.path, hash).map_err(io::Error::other);
        let bytes_max = usize::try_from(self.limits.object_bytes_max).unwrap_or(usize::MAX);
        let outcome = self.job.watched(|| {
            index::write_data_iter_to_stream(
                index::Version::default(),
                || Ok((slice, packed()?)),
                &mut entries,
                Some(self.limits.pack_threads_max),
                progress,
                &mut out,
                self.job.stop(),
                hash,
                Some(bytes_max.max(objects.saturating_mul(INDEXED_BYTES))),
                version,
            )
        })?;
        out.flush().map_err(|error| watch.fail(index.unwritten(error)))?;
        Ok(outcome)
    }

    /// The error of a pack that gix could not take in.
    fn unreadable(&self, error: gix::Error) -> Error {
        use gix::error::{Class, ResourceExhaustionKind as Exhausted};
        if let Err(stopped) = self.job.check() {
            return stopped;
        }
        let (kind, message) = match error.dominant_class() {
            _ if disk::is_to_blame(&error) => (ErrorKind::Unavailable, "the cache cannot be written"),
            Some(Class::ResourceExhaustion(Exhausted::AllocationLimit)) => {
                let error = too_large().caused_by(error);
                return error.with("object_bytes_max", self.limits.object_bytes_max);
            }
            Some(Class::ResourceExhaustion(_)) => (ErrorKind::Unavailable, "no memory for a pack"),
            Some(Class::Unsupported) => (ErrorKind::Unsupported, "no support for the pack of the server"),
            _ => (ErrorKind::Corrupt, "the pack of the server cannot be read"),
        };
        Error::new(kind, message).caused_by(error)
    }
}

/// A file that is not complete yet, and is removed unless it is kept.
struct Half {
    path: PathBuf,
    file: File,
    kept: Cell<bool>,
}

impl Half {
    fn new(folder: &Path, name: &str) -> Result<Self> {
        let path = folder.join(name);
        let file = File::options().create(true).truncate(true).read(true).write(true).open(&path);
        let file = file.map_err(|error| disk::broken("the cache cannot be written", &path, error))?;
        Ok(Self { path, file, kept: Cell::new(false) })
    }

    /// Gives the file its own name, once all of it is on the disk.
    fn keep(&self, path: &Path) -> Result<()> {
        let kept = self.file.sync_all().and_then(|()| fs::rename(&self.path, path));
        kept.map_err(|error| self.unwritten(error))?;
        self.kept.set(true);
        Ok(())
    }

    fn unwritten(&self, error: io::Error) -> Error {
        disk::broken("the cache cannot be written", &self.path, error)
    }
}

impl Drop for Half {
    fn drop(&mut self) {
        if !self.kept.get() {
            // Where it stays, the next fetch overwrites it.
            let _ = fs::remove_file(&self.path);
        }
    }
}

/// What is noticed while a pack is read: how much of one entry came, and the first thing that went wrong.
struct Watch<'a> {
    job: &'a Job,
    limits: &'a GitLimits,
    entry: Cell<u64>,
    failure: RefCell<Option<Error>>,
}

impl Watch<'_> {
    fn fail(&self, error: Error) -> gix::Error {
        gix::Error::from_error(self.refuse(error))
    }

    /// Keeps the first failure, and gives something to pass on.
    fn refuse(&self, error: Error) -> io::Error {
        let passed = io::Error::other(error.message().to_owned());
        self.failure.borrow_mut().get_or_insert(error);
        passed
    }

    fn count(&self, objects: usize) -> Result<()> {
        if objects <= self.limits.objects_max {
            return Ok(());
        }
        let error = Error::new(ErrorKind::Limit, "the pack of the server has too many objects");
        Err(error.with("objects", objects).with("objects_max", self.limits.objects_max))
    }

    /// Looks at what came of one entry, packed.
    fn came(&self, bytes: u64) -> Result<()> {
        self.job.check()?;
        self.entry.set(self.entry.get() + bytes);
        self.object(self.entry.get().saturating_sub(SLACK_BYTES))
    }

    fn object(&self, bytes: u64) -> Result<()> {
        let max = self.limits.object_bytes_max;
        if bytes <= max { Ok(()) } else { Err(too_large().with("object_bytes_max", max)) }
    }

    fn all(&self, bytes: u64) -> Result<()> {
        let max = self.limits.unpacked_bytes_max;
        if bytes <= max {
            return Ok(());
        }
        let error = Error::new(ErrorKind::Limit, "the pack of the server unpacks to too much");
        Err(error
            .with("unpacked_bytes_max", max)
            .with_help("raise this limit of the source, or give it a smaller repository"))
    }
}

/// A pack while it is read.
struct Watched<'a> {
    inner: &'a mut dyn io::BufRead,
    watch: &'a Watch<'a>,
}

impl Read for Watched<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let count = self.inner.read(buffer)?;
        if count == 0 {
            // Nobody reads beyond the checksum at the end of a pack.
            let error = Error::new(ErrorKind::Unavailable, "the answer of the server ends too early");
            return Err(self.watch.refuse(error));
        }
        self.watch.came(count as u64).map_err(|error| self.watch.refuse(error))?;
        Ok(count)
    }
}

/// The entries of a pack, each with what it will be once it is unpacked.
struct Weighed<'a, R> {
    entries: BytesToEntriesIter<R>,
    watch: &'a Watch<'a>,
    bytes: u64,
    unpack: Decompress,
}

impl<R: io::BufRead> Weighed<'_, R> {
    fn weigh(&mut self, entry: &Entry) -> Result<()> {
        let bytes = match entry.header {
            Header::OfsDelta { .. } | Header::RefDelta { .. } => self.size_of_result(entry)?,
            _ => entry.decompressed_size,
        };
        self.watch.object(bytes)?;
        // A delta is held beside what it makes.
        self.watch.object(entry.decompressed_size)?;
        self.bytes = self.bytes.saturating_add(bytes);
        self.watch.all(self.bytes)
    }

    /// The size that a delta says its result has: the second number of its head.
    fn size_of_result(&mut self, entry: &Entry) -> Result<u64> {
        let mut head = [0; 20];
        self.unpack.reset();
        let packed = entry.compressed.as_deref().unwrap_or_default();
        let unpacked = self.unpack.decompress(packed, &mut head, FlushDecompress::None);
        let broken = || Error::new(ErrorKind::Corrupt, "the pack of the server cannot be read");
        unpacked.map_err(|error| broken().caused_by(error))?;
        let came = usize::try_from(self.unpack.total_out()).unwrap_or(usize::MAX);
        let head = head.get(..came).unwrap_or_default();
        let second = number(head).and_then(|(_, rest)| number(rest));
        second.map(|(size, _)| size).ok_or_else(broken)
    }
}

impl<R: io::BufRead> Iterator for Weighed<'_, R> {
    type Item = gix::Result<Entry>;

    fn next(&mut self) -> Option<Self::Item> {
        let entry = self.entries.next()?;
        self.watch.entry.set(0);
        let weighed = entry.and_then(|entry| match self.weigh(&entry) {
            Ok(()) => Ok(entry),
            Err(error) => Err(self.watch.fail(error)),
        });
        Some(weighed)
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        self.entries.size_hint()
    }
}

fn slice(range: EntryRange, packed: &data::File) -> Option<&[u8]> {
    packed.entry_slice(range)
}

/// A number as deltas write it, seven bits a byte, the low ones first.
fn number(bytes: &[u8]) -> Option<(u64, &[u8])> {
    let mut number = 0_u64;
    for (place, byte) in bytes.iter().enumerate().take(10) {
        number |= u64::from(byte & 0x7f).checked_shl(7 * u32::try_from(place).ok()?)?;
        if byte & 0x80 == 0 {
            return Some((number, &bytes[place + 1..]));
        }
    }
    None
}

/// A file that is written in large parts, and read for its checksum.
struct Buffered(BufWriter<File>);

impl Write for Buffered {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.0.flush()
    }
}

impl Read for Buffered {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        self.0.flush()?;
        self.0.get_mut().read(buffer)
    }
}

impl Seek for Buffered {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        self.0.seek(to)
    }
}

fn too_large() -> Error {
    Error::new(ErrorKind::Limit, "an object of the pack is too large")
}
