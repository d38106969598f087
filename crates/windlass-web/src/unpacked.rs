//! An archive that was brought, as an artifact.

use std::sync::Arc;

use windlass_archive::{Form, Gathering, Room, unpack};
use windlass_core::{Artifact, Error, ErrorKind, Result, Retry, Revision};
use windlass_http::Job;

use crate::client::Brought;
use crate::options::WebLimits;

/// Unpacks an archive.
pub(crate) fn artifact(
    job: &Job,
    copy: &Brought,
    revision: &Revision,
    limits: &WebLimits,
) -> Result<Artifact> {
    let mut into = Gathering::new(job.limits());
    let look = &copy.bytes[..copy.bytes.len().min(Form::LOOK_BYTES)];
    let mut archive = Timed { inner: &copy.bytes, job };
    unpack(&mut archive, Form::of(look), &mut Room::new(limits.unpacked_bytes_max), &mut into)?;
    let tree = into.done(limits.links_max);
    Ok(Artifact::new(revision.clone(), tree.digest(), Arc::new(tree)))
}

/// The error of an address that gives something else than was resolved.
pub(crate) fn changed() -> Error {
    Error::new(ErrorKind::NotFound, "what lies at the address has changed since it was resolved")
        .with_help("resolve it again; an address keeps no earlier states")
        .retrying(Retry::Backoff)
}

/// Bytes that are given only as long as there is time.
struct Timed<'a> {
    inner: &'a [u8],
    job: &'a Job,
}

impl std::io::Read for Timed<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        self.job.check().map_err(std::io::Error::other)?;
        self.inner.read(buffer)
    }
}

impl std::io::BufRead for Timed<'_> {
    fn fill_buf(&mut self) -> std::io::Result<&[u8]> {
        self.job.check().map_err(std::io::Error::other)?;
        // No more at once than what is looked at between two looks at the time.
        Ok(&self.inner[..self.inner.len().min(64 << 10)])
    }

    fn consume(&mut self, amount: usize) {
        self.inner = &self.inner[amount..];
    }
}
