//! When a cache was used last, and what becomes of those that nobody uses any more.
//!
//! A token that is renewed without a named identity leaves its cache behind each time. What stays of one that was swept
//! is an empty folder and its lock: whoever waits for that must not end up with a lock that others cannot see.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use windlass_core::{Result, Timestamp};

use super::{Held, files, generations, lock_file, path, private};

/// The file of a cache that says when it was used, in seconds since 1970.
const STAMP: &str = "used";

/// How old a stamp is before it is worth a write.
const STAMP_STEP: u64 = 3600;

/// How many caches one sweep looks at.
const SWEPT_MAX: usize = 10_000;

/// Says that a cache is used now.
pub(super) fn touch(folder: &Path, now: Timestamp) {
    if stamp(folder).is_none_or(|used| used.unix().abs_diff(now.unix()) >= STAMP_STEP) {
        // A stamp that stays old costs no more than another download.
        let _ = fs::write(folder.join(STAMP), now.unix().to_string());
    }
}

/// Removes what nobody has used for so long and nobody reads from or writes to, except in `own`.
pub(super) fn sweep(root: &Path, own: &Path, now: Timestamp, age_max: Duration) -> Result<()> {
    let is_key = |path: &Path| {
        let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
        name.len() == 32 && name.bytes().all(|byte| byte.is_ascii_hexdigit())
    };
    let caches = files(root)?.into_iter().filter(|path| is_key(path) && path != own);
    for folder in caches.take(SWEPT_MAX) {
        // What cannot be removed takes up room, stands in nobody's way, and is tried again by the next sweep.
        let _ = empty(root, folder, now, age_max);
    }
    Ok(())
}

/// Removes what one cache holds, if it is old and ours and nobody is at it.
fn empty(root: &Path, folder: PathBuf, now: Timestamp, age_max: Duration) -> Result<()> {
    private::check(root, &folder)?;
    if !is_old(&folder, now, age_max) {
        return Ok(());
    }
    let lock = lock_file(&folder.join("lock"))?;
    // It may have been used since it was looked at.
    if lock.try_lock().is_err() || !is_old(&folder, now, age_max) {
        return Ok(());
    }
    let held = Held { folder, _lock: lock };
    for generation in generations(&held.folder)? {
        held.remove_unused(&path(&held.folder, generation))?;
    }
    Ok(())
}

/// Whether a cache was not used for so long. One without a stamp begins to age now.
fn is_old(folder: &Path, now: Timestamp, age_max: Duration) -> bool {
    match stamp(folder) {
        Some(used) => now.unix().saturating_sub(used.unix()) > age_max.as_secs(),
        None => {
            touch(folder, now);
            false
        }
    }
}

fn stamp(folder: &Path) -> Option<Timestamp> {
    let text = fs::read_to_string(folder.join(STAMP)).ok()?;
    text.trim().parse().ok().map(Timestamp::from_unix)
}
