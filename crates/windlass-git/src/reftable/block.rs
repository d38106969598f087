//! Numbers and records of a block.

use gix::ObjectId;
use windlass_core::{Error, ErrorKind, Result};

use super::Value;

/// The most bytes of a name or of the target of a symbolic reference.
const NAME_BYTES_MAX: u64 = 64 << 10;

/// A name and what it stands for.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Record {
    pub(super) name: Vec<u8>,
    pub(super) value: Value,
}

/// Reads a block of references from its first record to its last.
#[derive(Debug)]
pub(super) struct Cursor<'a> {
    bytes: &'a [u8],
    hash_bytes: usize,
}

impl<'a> Cursor<'a> {
    /// `bytes` are the records alone.
    pub(super) fn new(bytes: &'a [u8], hash_bytes: usize) -> Self {
        Self { bytes, hash_bytes }
    }

    /// Reads the next record, whose name shares its start with the last one.
    pub(super) fn record(&mut self, last: &[u8]) -> Result<Option<Record>> {
        if self.bytes.is_empty() {
            return Ok(None);
        }
        let shared = self.number()?;
        let suffix = self.number()?;
        let (length, kind) = (suffix >> 3, suffix & 7);
        let start = usize::try_from(shared).ok().and_then(|shared| last.get(..shared)).ok_or_else(damaged)?;
        if shared + length > NAME_BYTES_MAX {
            return Err(damaged());
        }
        let name = [start, self.take(length)?].concat();
        self.number()?;
        let value = match kind {
            0 => Value::Deleted,
            1 => Value::Object(self.object()?),
            2 => {
                let object = self.object()?;
                self.object()?;
                Value::Object(object)
            }
            3 => Value::Symbolic(self.text()?),
            _ => return Err(damaged()),
        };
        Ok(Some(Record { name, value }))
    }

    fn object(&mut self) -> Result<ObjectId> {
        let bytes = self.take(self.hash_bytes as u64)?;
        ObjectId::try_from(bytes).map_err(|_| damaged())
    }

    fn text(&mut self) -> Result<String> {
        let length = self.number()?;
        let text = self.take(length)?;
        String::from_utf8(text.to_vec()).map_err(|_| damaged())
    }

    fn take(&mut self, length: u64) -> Result<&'a [u8]> {
        let length = usize::try_from(length).map_err(|_| damaged())?;
        let (taken, rest) = self.bytes.split_at_checked(length).ok_or_else(damaged)?;
        self.bytes = rest;
        Ok(taken)
    }

    /// A number as the offsets in a pack are written: seven bits in each byte, and each further byte adds one.
    fn number(&mut self) -> Result<u64> {
        let mut value = 0_u64;
        let mut first = true;
        loop {
            let (byte, rest) = self.bytes.split_first().ok_or_else(damaged)?;
            self.bytes = rest;
            if !first {
                value = value.checked_add(1).filter(|value| *value < 1 << 56).ok_or_else(damaged)?;
            }
            value = value << 7 | u64::from(byte & 0x7f);
            if byte & 0x80 == 0 {
                return Ok(value);
            }
            first = false;
        }
    }
}

/// The error of a table that is not what it should be.
pub(super) fn damaged() -> Error {
    Error::new(ErrorKind::Corrupt, "damaged reftable")
}
