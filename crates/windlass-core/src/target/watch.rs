//! News of what is live.

use std::fmt;
use std::pin::Pin;

use async_trait::async_trait;
use futures_core::Stream;

use crate::{Context, Error, Interest, Live, ObjectId, Result, Version};

/// News of a watch.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub enum Notice {
    /// An object is there, or has changed.
    Seen(Live),
    /// An object is gone.
    Gone(ObjectId, Version),
    /// All that is there has been told.
    Synced,
    /// Something may have been missed: observe again.
    Gap(Error),
}

/// The news of a watch, in the order in which things happened to each object.
pub type NoticeStream = Pin<Box<dyn Stream<Item = Notice> + Send>>;

/// Tells of changes.
///
/// For an implementor: every object of the interest that exists is told once, then [`Notice::Synced`], then each
/// change; whatever could have been missed is a [`Notice::Gap`], never silence. Dropping the stream ends the watch.
#[async_trait]
pub trait Watch: fmt::Debug + Send + Sync + 'static {
    /// Begins to watch.
    ///
    /// # Errors
    /// [`Unavailable`](crate::ErrorKind::Unavailable), [`Denied`](crate::ErrorKind::Denied).
    async fn watch(&self, cx: &Context, interest: &Interest) -> Result<NoticeStream>;
}
