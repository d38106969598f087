//! How a state is spelled: heads, shards, and their packed form.

use std::collections::{BTreeMap, BTreeSet};
use std::io::{Read, Write as _};
use std::sync::Arc;

use flate2::Compression;
use flate2::read::GzDecoder;
use flate2::write::GzEncoder;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use windlass_core::{Delta, Digest, Error, ErrorKind, ObjectId, Owned, Result, Saved, Text, UnitId};

use super::part::Part;

/// Bytes of a head or a part in its plain form, so that a damaged one cannot unpack without end.
const PLAIN_BYTES_MAX: u64 = 64 << 20;
/// The layout of a state in one ConfigMap, which is still read.
const FORMAT_OF_ONE: u32 = 1;
/// The layout of a head that says nothing of its own about objects that are kept apart.
const FORMAT_OF_PARTS: u32 = 2;
pub(super) const FORMAT: u32 = 3;

pub(super) type Packed = Arc<[u8]>;
/// What the head of a unit says: all but the objects, and those too unless they are kept apart.
#[derive(Serialize, Deserialize)]
pub(super) struct Head {
    pub(super) format: u32,
    /// Counts saves, so that each gives a new version, also one that changes nothing else.
    pub(super) saves: u64,
    pub(super) saved: Saved,
    /// The parts of the inventory, in order, where it is kept apart.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(super) shards: Vec<Shard>,
    /// What has changed since these were written.
    #[serde(default, skip_serializing_if = "Recent::is_empty")]
    pub(super) recent: Recent,
    /// There may be shards that no head names any more.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub(super) litter: bool,
}

/// What has changed of an inventory since its parts were written.
#[derive(Clone, Default, Serialize, Deserialize)]
#[serde(default)]
pub(super) struct Recent {
    pub(super) put: BTreeMap<ObjectId, Owned>,
    pub(super) drop: BTreeSet<ObjectId>,
}

impl Recent {
    pub(super) fn is_empty(&self) -> bool {
        self.len() == 0
    }

    pub(super) fn len(&self) -> usize {
        self.put.len() + self.drop.len()
    }

    /// Adds what a later change says.
    pub(super) fn add(&mut self, delta: &Delta) {
        // As a delta is applied: what it drops and puts is there.
        for id in &delta.drop {
            self.put.remove(id);
            self.drop.insert(id.clone());
        }
        for (id, owned) in &delta.put {
            self.drop.remove(id);
            self.put.insert(id.clone(), owned.clone());
        }
    }

    /// Names the objects that it says something of.
    pub(super) fn ids(&self) -> impl Iterator<Item = &ObjectId> {
        self.put.keys().chain(&self.drop)
    }

    /// Makes the change.
    pub(super) fn apply(self, objects: &mut BTreeMap<ObjectId, Owned>) {
        for id in &self.drop {
            objects.remove(id);
        }
        objects.extend(self.put);
    }
}

/// One part of the inventory, in a ConfigMap of its own that never changes.
#[derive(Clone, Serialize, Deserialize)]
pub(super) struct Shard {
    pub(super) part: Part,
    /// The ConfigMap.
    pub(super) name: Text,
    /// Over its packed form.
    pub(super) digest: Digest,
    pub(super) objects: usize,
}

impl Shard {
    /// Joins it with its packed form.
    ///
    /// # Errors
    /// [`ErrorKind::Corrupt`] where that is not what was written.
    pub(super) fn with(&self, unit: &UnitId, packed: Packed) -> Result<Piece> {
        if Digest::of(&packed) != self.digest {
            return Err(corrupt(unit, "a part of the state is not what was written").with("name", &self.name));
        }
        let Self { part, name, digest, objects } = self.clone();
        Ok(Piece { part, name: Some(name), digest, packed, objects })
    }
}

/// A part with its packed form. It has no name before it is written.
#[derive(Clone)]
pub(super) struct Piece {
    pub(super) part: Part,
    pub(super) name: Option<Text>,
    pub(super) digest: Digest,
    pub(super) packed: Packed,
    pub(super) objects: usize,
}

pub(super) fn pack(unit: &UnitId, what: &impl Serialize) -> Result<Packed> {
    let internal = |message: &'static str| Error::new(ErrorKind::Internal, message).with("unit", unit);
    let plain = serde_json::to_vec(what).map_err(|_| internal("the state cannot be written"))?;
    let mut packer = GzEncoder::new(Vec::new(), Compression::fast());
    let packed = packer.write_all(&plain).and_then(|()| packer.finish());
    packed.map(Into::into).map_err(|_| internal("the state cannot be packed"))
}

pub(super) fn unpack<T: DeserializeOwned>(unit: &UnitId, packed: &[u8]) -> Result<T> {
    let mut plain = Vec::new();
    GzDecoder::new(packed)
        .take(PLAIN_BYTES_MAX)
        .read_to_end(&mut plain)
        .map_err(|_| corrupt(unit, "the state cannot be unpacked"))?;
    serde_json::from_slice(&plain)
        .map_err(|error| corrupt(unit, "the state is not what was written").caused_by(error))
}

/// Reads a head, also one that has all in one ConfigMap as earlier releases wrote it.
pub(super) fn unpack_head(unit: &UnitId, packed: &[u8]) -> Result<Head> {
    let head: Head = unpack(unit, packed)?;
    if matches!(head.format, FORMAT_OF_ONE | FORMAT_OF_PARTS | FORMAT) {
        return Ok(head);
    }
    Err(corrupt(unit, "the state is of a format that this version does not know").with("format", head.format))
}

pub(super) fn corrupt(unit: &UnitId, what: &str) -> Error {
    Error::new(ErrorKind::Corrupt, what).with("unit", unit)
}

pub(super) fn too_large(unit: &UnitId, what: &str, bytes: usize, max: usize) -> Error {
    Error::new(ErrorKind::Limit, what).with("unit", unit).with("bytes", bytes).with("bytes_max", max)
}
