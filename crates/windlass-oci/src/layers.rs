//! Which layers of an artifact are its files, and how.

use std::io::{self, BufRead, BufReader, Read};

use sha2::{Digest as _, Sha256};
use windlass_archive::{Form, Gathering, Room, hex, path, unpack};
use windlass_core::{Error, ErrorKind, Result, TreePath};
use windlass_http::{Job, unwrapped};

use crate::manifest::{Descriptor, Manifest};
use crate::registry::Registry;

/// The limit of a layer, which is the size that the manifest says.
const LAYER_BYTES: &str = "layer_bytes";

/// Which layer of an artifact is taken, and what becomes of it.
///
/// Unless a media type is said, the first layer is taken, as Flux does. Where that is no archive, but ORAS named the files
/// of the layers, all layers are taken, each under its name.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct LayerSelector {
    media_type: Option<String>,
    operation: Operation,
}

/// What becomes of the chosen layer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub enum Operation {
    /// It is an archive, whose files are taken.
    #[default]
    Extract,
    /// It is one file: of the name that ORAS gave it, or else `layer`, and `layer.tar.gz` where it is packed.
    Copy,
}

impl LayerSelector {
    /// Takes the first layer, if it is of this type.
    #[must_use]
    pub fn media_type(media_type: impl Into<String>) -> Self {
        Self { media_type: Some(media_type.into()), operation: Operation::Extract }
    }

    /// Says what becomes of the layer.
    #[must_use]
    pub fn with_operation(mut self, operation: Operation) -> Self {
        self.operation = operation;
        self
    }

    /// Chooses the first layer that fits.
    fn choose<'m>(&self, manifest: &'m Manifest) -> Result<&'m Descriptor> {
        let fits =
            |layer: &&Descriptor| self.media_type.as_ref().is_none_or(|wanted| *wanted == layer.media_type);
        manifest.layers.iter().find(fits).ok_or_else(|| {
            let there: Vec<&str> =
                manifest.layers.iter().map(|layer| layer.media_type.as_str()).take(8).collect();
            let error = Error::new(ErrorKind::NotFound, "the artifact has no such layer");
            let error = match &self.media_type {
                Some(wanted) => error.with("mediaType", wanted.escape_debug()),
                None => error,
            };
            error.with("there", there.join(", ").escape_debug().take(400).collect::<String>())
        })
    }
}

/// Brings the files of an artifact.
pub(crate) fn gather(
    registry: &Registry,
    job: &Job,
    manifest: &Manifest,
    selector: &LayerSelector,
) -> Result<Gathering> {
    let first = selector.choose(manifest)?;
    let room = Room::new(registry.limits.unpacked_bytes_max);
    let into = Gathering::new(job.limits());
    let mut fetch = Fetch { registry, job, room, left: registry.limits.layer_bytes_max, into };
    match (selector.operation, &selector.media_type) {
        (Operation::Copy, _) => fetch.layer(first, How::Copy)?,
        (Operation::Extract, Some(_)) => fetch.layer(first, How::Extract)?,
        (Operation::Extract, None) => {
            if fetch.layer(first, How::Whichever)? == Became::Files {
                for layer in manifest.layers.iter().skip(1).filter(|layer| layer.title().is_some()) {
                    let how = if layer.is_packed_folder() { How::Extract } else { How::Copy };
                    fetch.layer(layer, how)?;
                }
            }
            return Ok(fetch.into);
        }
    };
    Ok(fetch.into)
}

/// How a layer is taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum How {
    Extract,
    Copy,
    /// As an archive, or else as a file where it has a name.
    Whichever,
}

/// What a layer turned out to be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Became {
    /// An archive.
    Archive,
    /// One of the files that ORAS named.
    Files,
}

struct Fetch<'a> {
    registry: &'a Registry,
    job: &'a Job,
    room: Room,
    left: u64,
    into: Gathering,
}

impl Fetch<'_> {
    fn layer(&mut self, layer: &Descriptor, how: How) -> Result<Became> {
        let max = self.registry.limits.layer_bytes_max;
        self.left = self.left.checked_sub(layer.size).ok_or_else(|| {
            Error::new(ErrorKind::Limit, "the layers of the artifact are too large")
                .with("layer_bytes_max", max)
        })?;
        let answer = self.registry.blob(self.job, layer.digest)?;
        let reader = answer.reader(self.job, (LAYER_BYTES, layer.size));
        let checked = Checked { inner: reader, hash: Sha256::new(), count: 0, failure: None };
        let mut checked = BufReader::with_capacity(64 << 10, checked);
        let named = |error: Error| error.with("layer", layer.digest);
        let result = self.take(&mut checked, layer, how).map_err(named);
        if result.as_ref().is_err_and(|error| error.kind() == ErrorKind::Limit)
            && checked.get_ref().failure.is_none()
        {
            return result;
        }
        // A layer that is not what the manifest says is to blame for whatever was found in it.
        let _ = io::copy(&mut checked, &mut io::sink());
        checked.into_inner().verify(layer).map_err(named)?;
        result
    }

    fn take(
        &mut self,
        layer: &mut BufReader<Checked<impl Read>>,
        of: &Descriptor,
        how: How,
    ) -> Result<Became> {
        let form = Form::of(look(layer)?);
        let is_named_file = of.title().is_some() && !matches!(form, Form::Gzip);
        if how == How::Copy || how == How::Whichever && is_named_file {
            return self.copy(layer, of, form).map(|()| Became::Files);
        }
        match form {
            Form::Zstd => Err(Error::new(ErrorKind::Unsupported, "a layer packed with zstd is not read")
                .with_help("push it packed with gzip")),
            Form::Gzip | Form::Tar => {
                unpack(layer, form, &mut self.room, &mut self.into).map(|()| Became::Archive)
            }
            _ => Err(Error::new(ErrorKind::Invalid, "the layer is no archive")
                .with_help("with layerSelector.operation copy it is taken as one file")),
        }
    }

    fn copy(&mut self, layer: &mut impl Read, of: &Descriptor, form: Form) -> Result<()> {
        let name = of.title().unwrap_or(if form == Form::Gzip { "layer.tar.gz" } else { "layer" });
        let path = path(name.as_bytes())?;
        let path = path.unwrap_or_else(TreePath::root);
        if path.is_root() {
            return Err(Error::new(ErrorKind::Invalid, "the artifact has a file without a name"));
        }
        let mut file = self.into.file(&path, of.size)?;
        let mut buffer = [0; 16 << 10];
        loop {
            let count = layer.read(&mut buffer).map_err(unwrapped)?;
            if count == 0 {
                return file.end();
            }
            file.add(&buffer[..count]);
        }
    }
}

/// Looks at the first bytes of a layer, of which a read may give fewer than there are.
fn look(layer: &mut BufReader<impl Read>) -> Result<&[u8]> {
    layer.fill_buf().map_err(unwrapped)?;
    Ok(&layer.buffer()[..layer.buffer().len().min(Form::LOOK_BYTES)])
}

/// A layer that is verified when it was read to its end.
struct Checked<R> {
    inner: R,
    hash: Sha256,
    count: u64,
    /// What ended the reading.
    failure: Option<Error>,
}

impl<R: Read> Read for Checked<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        // Whoever asks for a block gets one, unless the layer ends.
        let mut filled = 0;
        while filled < buffer.len().min(Form::LOOK_BYTES) {
            match self.inner.read(&mut buffer[filled..]) {
                Ok(0) => break,
                Ok(count) => filled += count,
                Err(error) => {
                    let failure = self.failure.get_or_insert(unwrapped(error));
                    return Err(io::Error::other(failure.clone()));
                }
            }
        }
        self.hash.update(&buffer[..filled]);
        self.count += filled as u64;
        Ok(filled)
    }
}

impl<R> Checked<R> {
    fn verify(self, layer: &Descriptor) -> Result<()> {
        let wrong = |message: &'static str| Err(Error::new(ErrorKind::Corrupt, message));
        match self.failure {
            Some(failure) if failure.context(LAYER_BYTES).is_some() => {
                return wrong("a layer is longer than the manifest says");
            }
            Some(failure) => return Err(failure),
            None => {}
        }
        if self.count != layer.size {
            return wrong("a layer is shorter than the manifest says");
        }
        if format!("sha256:{}", hex(&self.hash.finalize())) != layer.digest.to_string() {
            return wrong("a layer is not the one that the manifest names");
        }
        Ok(())
    }
}
