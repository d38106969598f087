//! One table: a header, blocks of references, much that is not read here, and a footer.

use windlass_core::{Error, ErrorKind, Result};

use super::block::{Cursor, Record, damaged};

const MAGIC: &[u8] = b"REFT";

/// The bytes of a table.
///
/// Invariant: `refs` ends before what follows the blocks of references, `start` lies in it, and the footer is sound.
#[derive(Debug)]
pub(super) struct Table {
    bytes: Vec<u8>,
    /// Where the first block begins, behind the header.
    start: usize,
    /// Where the blocks of references end at the latest.
    end: usize,
    /// The size to which blocks are filled up; 0 where they are not.
    block_bytes: usize,
    hash_bytes: usize,
}

impl Table {
    /// Reads header and footer.
    pub(super) fn new(bytes: Vec<u8>) -> Result<Self> {
        if !bytes.starts_with(MAGIC) {
            return Err(damaged());
        }
        let (header, hash_bytes) = match (bytes.get(4), bytes.get(24..28)) {
            (Some(1), _) => (24, 20),
            (Some(2), Some(b"sha1")) => (28, 20),
            (Some(2), Some(b"s256")) => (28, 32),
            (Some(2), _) | (None, _) => return Err(damaged()),
            (Some(version), _) => {
                let error = Error::new(ErrorKind::Unsupported, "no support for this version of reftable");
                return Err(error.with("version", version));
            }
        };
        let footer = header + 5 * 8 + 4;
        let end = bytes.len().checked_sub(footer).filter(|end| *end >= header).ok_or_else(damaged)?;
        let foot = &bytes[end..];
        if foot[..header] != bytes[..header] || crc32(&foot[..footer - 4]).to_be_bytes() != foot[footer - 4..]
        {
            return Err(damaged());
        }
        // Of these, what is there stands in this order: index of the references, objects, their index, log.
        let places = [long(foot, header), long(foot, header + 8) >> 5, long(foot, header + 24)];
        let next = places.into_iter().filter(|place| *place > 0).min();
        let end = match next.map(usize::try_from) {
            None => end,
            Some(Ok(next)) if next <= end && next >= header => next,
            Some(_) => return Err(damaged()),
        };
        let block_bytes = number(&bytes[5..8]);
        Ok(Self { start: header, end, block_bytes, hash_bytes, bytes })
    }

    /// The records, in the order of their names.
    pub(super) fn records(&self) -> Records<'_> {
        Records {
            table: self,
            next: 0,
            cursor: Cursor::new(&[], self.hash_bytes),
            last: Vec::new(),
            over: false,
        }
    }

    /// Gives the records of the block at a place and where the next block begins; `None` behind the last one.
    fn block(&self, at: usize) -> Result<Option<(&[u8], usize)>> {
        // The header of the table is part of its first block.
        let begin = if at == 0 { self.start } else { at };
        if begin >= self.end || self.bytes[begin] != b'r' {
            return Ok(None);
        }
        let length = number(self.bytes.get(begin + 1..begin + 4).ok_or_else(damaged)?);
        let end = at.checked_add(length).filter(|end| *end <= self.end).ok_or_else(damaged)?;
        let restarts = end.checked_sub(2).filter(|at| *at >= begin + 4).ok_or_else(damaged)?;
        let count = number(&self.bytes[restarts..end]);
        let records = restarts.checked_sub(3 * count).filter(|end| *end >= begin + 4).ok_or_else(damaged)?;
        Ok(Some((&self.bytes[begin + 4..records], self.behind(at, end))))
    }

    /// Where the next block begins: blocks are filled up to their size, but for the last one, and where none is.
    fn behind(&self, at: usize, end: usize) -> usize {
        let filled = at + self.block_bytes;
        let packed = self.bytes.get(end).is_some_and(|byte| *byte != 0);
        if filled <= end || filled > self.end || packed { end } else { filled }
    }
}

/// The records of a table, until the first error.
pub(super) struct Records<'a> {
    table: &'a Table,
    next: usize,
    cursor: Cursor<'a>,
    last: Vec<u8>,
    over: bool,
}

impl Records<'_> {
    fn read(&mut self) -> Result<Option<Record>> {
        loop {
            if let Some(record) = self.cursor.record(&self.last)? {
                if !self.last.is_empty() && record.name <= self.last {
                    return Err(damaged());
                }
                self.last.clone_from(&record.name);
                return Ok(Some(record));
            }
            let Some((records, next)) = self.table.block(self.next)? else { return Ok(None) };
            if records.is_empty() || next <= self.next {
                return Err(damaged());
            }
            self.next = next;
            self.cursor = Cursor::new(records, self.table.hash_bytes);
        }
    }
}

impl Iterator for Records<'_> {
    type Item = Result<Record>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.over {
            return None;
        }
        let read = self.read().transpose();
        self.over = !matches!(read, Some(Ok(_)));
        read
    }
}

fn number(bytes: &[u8]) -> usize {
    bytes.iter().fold(0, |number, byte| number << 8 | usize::from(*byte))
}

fn long(bytes: &[u8], at: usize) -> u64 {
    bytes[at..at + 8].iter().fold(0, |number, byte| number << 8 | u64::from(*byte))
}

/// The checksum of zlib, bit by bit: a footer is short.
fn crc32(bytes: &[u8]) -> u32 {
    let mut sum = u32::MAX;
    for byte in bytes {
        sum ^= u32::from(*byte);
        for _ in 0..8 {
            sum = if sum & 1 == 1 { sum >> 1 ^ 0xedb8_8320 } else { sum >> 1 };
        }
    }
    !sum
}
