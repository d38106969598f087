//! News of a source.

use std::fmt;

use async_trait::async_trait;

use crate::{Context, Result};

/// Tells when a source may be at another revision, so that nobody has to ask again and again.
///
/// For an implementor:
/// - After a [`resolve`](crate::Source::resolve) every further change lets [`moved`](SourceWatch::moved) come back, however
///   long nobody waited, until the next `resolve`. What could have been missed counts as a change.
/// - While nothing has changed since the last `resolve`, `moved` waits.
/// - Changes that come close together may be told as one, a moment later.
///
/// It is written as [`Source`](crate::Source) is, with `#[async_trait]` above the `impl`, and given by
/// [`Source::watch`](crate::Source::watch): `Some(self)`.
///
/// # Cancel safety
/// Dropping `moved` loses nothing: what it would have told is told by the next.
#[async_trait]
pub trait SourceWatch: fmt::Debug + Send + Sync + 'static {
    /// Waits until the source may be at another revision than the last `resolve` said.
    ///
    /// # Errors
    /// [`Cancelled`](crate::ErrorKind::Cancelled) and [`Timeout`](crate::ErrorKind::Timeout) of the context. Nothing else ends
    /// a watch: what keeps it from seeing is told by `resolve`.
    async fn moved(&self, cx: &Context) -> Result<()>;
}
