//! References kept as a reftable, which gix does not read.
//!
//! A stack of tables, each sorted by name; where two tables say something of one name, the later one holds. Written
//! after [the format](https://git-scm.com/docs/reftable), versions 1 and 2. Tables are read from front to back, without
//! their indexes: a name is found in one pass over the tables, and the pass stops behind it.
//!
//! Invariants: nothing is believed before the checksum of the footer was compared; a record that leaves its block, or a
//! name out of order, is an error; no block is read twice.

mod block;
mod table;

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use gix::ObjectId;
use windlass_core::{Error, ErrorKind, Result};

use self::table::Table;

/// How often the list of tables is read again because a table of it has gone: Git rewrites them while we read.
const TRIES_MAX: usize = 5;

/// The most tables of a stack, and the most bytes of all of them.
const TABLES_MAX: usize = 4096;
const TABLES_BYTES_MAX: u64 = 1 << 30;

/// What a name stands for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Value {
    /// The name is no more.
    Deleted,
    Object(ObjectId),
    Symbolic(String),
}

/// The tables of one folder, the newest first.
#[derive(Debug)]
pub(crate) struct Stack {
    tables: Vec<Table>,
}

impl Stack {
    /// Reads the tables that `tables.list` in this folder names.
    pub(crate) fn open(folder: &Path) -> Result<Self> {
        for _ in 1..TRIES_MAX {
            match read_all(folder) {
                Err(Failure::Gone) => {}
                Err(Failure::Other(error)) => return Err(error),
                Ok(tables) => return Ok(Self { tables }),
            }
        }
        read_all(folder).map(|tables| Self { tables }).map_err(|failure| match failure {
            Failure::Gone => {
                Error::new(ErrorKind::Unavailable, "the tables of the references change all the time")
                    .with("reftable", folder.display())
            }
            Failure::Other(error) => error,
        })
    }

    /// Finds what a name stands for.
    pub(crate) fn find(&self, name: &str) -> Result<Option<Value>> {
        for table in &self.tables {
            for record in table.records() {
                let record = record?;
                if *record.name < *name.as_bytes() {
                    continue;
                }
                if *record.name == *name.as_bytes() {
                    return Ok(Some(record.value).filter(|value| *value != Value::Deleted));
                }
                break;
            }
        }
        Ok(None)
    }

    /// Lists up to `max` names that begin with `prefix`, without it.
    pub(crate) fn names(&self, prefix: &str, max: usize) -> Result<Vec<String>> {
        let mut found: BTreeMap<String, bool> = BTreeMap::new();
        for table in &self.tables {
            let mut taken = 0;
            for record in table.records() {
                let record = record?;
                let Some(rest) = record.name.strip_prefix(prefix.as_bytes()) else {
                    if *record.name < *prefix.as_bytes() {
                        continue;
                    }
                    break;
                };
                if taken >= max {
                    break;
                }
                taken += 1;
                let name = String::from_utf8_lossy(rest).into_owned();
                found.entry(name).or_insert(record.value != Value::Deleted);
            }
        }
        Ok(found.into_iter().filter(|(_, there)| *there).map(|(name, _)| name).take(max).collect())
    }
}

/// Why a stack could not be read.
enum Failure {
    /// A table has gone since the list was read.
    Gone,
    Other(Error),
}

fn read_all(folder: &Path) -> std::result::Result<Vec<Table>, Failure> {
    let list = folder.join("tables.list");
    let text = read(&list, TABLES_BYTES_MAX).map_err(|error| Failure::Other(unread(&list, error)))?;
    let text = String::from_utf8_lossy(&text);
    let names: Vec<&str> = text.lines().filter(|line| !line.is_empty()).collect();
    if names.len() > TABLES_MAX {
        let error = Error::new(ErrorKind::Limit, "too many tables of references");
        return Err(Failure::Other(error.with("tables_max", TABLES_MAX).with("path", list.display())));
    }
    let mut left = TABLES_BYTES_MAX;
    let mut tables = Vec::with_capacity(names.len());
    for name in names.into_iter().rev() {
        let path = place(folder, name).map_err(Failure::Other)?;
        let bytes = match read(&path, left) {
            Ok(bytes) => bytes,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Err(Failure::Gone),
            Err(error) => return Err(Failure::Other(unread(&path, error))),
        };
        left -= bytes.len() as u64;
        tables.push(Table::new(bytes).map_err(|error| Failure::Other(error.with("path", path.display())))?);
    }
    Ok(tables)
}

/// The path of a table, which lies in the folder of its list.
fn place(folder: &Path, name: &str) -> Result<PathBuf> {
    if name.contains(['/', '\\']) || name == ".." {
        let error = Error::new(ErrorKind::Corrupt, "a table of references lies elsewhere");
        return Err(error.with("path", folder.join("tables.list").display()));
    }
    Ok(folder.join(name))
}

fn read(path: &Path, max: u64) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    File::open(path)?.take(max.saturating_add(1)).read_to_end(&mut bytes)?;
    if bytes.len() as u64 > max {
        return Err(io::Error::from(io::ErrorKind::FileTooLarge));
    }
    Ok(bytes)
}

fn unread(path: &Path, error: io::Error) -> Error {
    let kind = match error.kind() {
        io::ErrorKind::NotFound => ErrorKind::Corrupt,
        io::ErrorKind::PermissionDenied => ErrorKind::Denied,
        io::ErrorKind::FileTooLarge => ErrorKind::Limit,
        _ => ErrorKind::Unavailable,
    };
    Error::new(kind, "unreadable reftable").with("path", path.display()).caused_by(error)
}
