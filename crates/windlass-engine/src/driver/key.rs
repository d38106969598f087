//! The key by which the digests of a pass are sealed.

use std::hash::{BuildHasher, RandomState};
use std::pin::pin;

use futures_util::future::try_join;
use windlass_core::{Context, Delta, Error, ErrorKind, Key, Result, Saved};

use super::Engine;
use super::guard::call;

impl Engine {
    /// Gives the key of the installation, which is asked for once. Where there is none yet and none may be made, it is one that
    /// goes with this engine: nothing was saved that could be compared with it, and nothing by it ever is.
    pub(super) async fn key(&self, cx: &Context, make: bool) -> Result<Key> {
        if let Some(key) = self.0.memo.key() {
            return Ok(key);
        }
        let found = self.store()?.key(cx, self.0.unit.installation(), make);
        match call(cx, "state store", cx.limits().request_timeout, found).await? {
            Some(key) => {
                self.0.memo.remember_key(&key);
                Ok(key)
            }
            None if make => Err(Error::new(ErrorKind::Internal, "the state store made no key")),
            None => Ok(self.0.memo.passing_key(ephemeral)),
        }
    }

    /// Gives what is remembered of the unit, the key by which it is sealed, and what sealing has changed.
    pub(super) async fn load_sealed(&self, cx: &Context, make: bool) -> Result<Sealed> {
        let found = self.load_found(cx).await?;
        self.seal(cx, found, make).await
    }

    /// Gives what is remembered of the unit, and looks for the key. Writes nothing.
    pub(super) async fn load_found(&self, cx: &Context) -> Result<Found> {
        let (load, key) = (pin!(self.load(cx)), pin!(self.key(cx, false)));
        Ok(Found { saved: try_join(load, key).await?.0 })
    }

    /// Seals what was found by the key, which is made where there is none and `make` says so.
    pub(super) async fn seal(&self, cx: &Context, found: Found, make: bool) -> Result<Sealed> {
        let Found { mut saved } = found;
        let key = self.key(cx, make).await?;
        let resealed = saved.as_mut().and_then(|saved| saved.seal(&key));
        Ok(Sealed { saved, key, resealed })
    }
}

/// A state as it was found.
pub(super) struct Found {
    saved: Option<Saved>,
}

/// A state whose digests are sealed.
pub(super) struct Sealed {
    pub(super) saved: Option<Saved>,
    pub(super) key: Key,
    /// What has to be saved because an earlier release saved it unsealed.
    pub(super) resealed: Option<Delta>,
}

/// Makes a key of what the standard library seeds its hash maps with, which the system chose at random: good enough for what is
/// shown once and never kept.
fn ephemeral() -> Key {
    let mut bytes = [0; Key::BYTES];
    for (at, part) in bytes.chunks_exact_mut(size_of::<u64>()).enumerate() {
        part.copy_from_slice(&RandomState::new().hash_one(at).to_ne_bytes());
    }
    Key::new(bytes)
}
