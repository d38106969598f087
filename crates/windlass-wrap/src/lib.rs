//! Wrappers for the sources and targets of a GitOps engine: each adds one thing, and is a source or a target as what it wraps.
//!
//! ```
//! use std::time::Duration;
//! use windlass_core::{Error, ErrorKind, Source};
//! use windlass_testkit::{MemorySource, TestClock, files};
//! use windlass_wrap::{Backoff, MirroredSource, RetryingSource};
//!
//! let (clock, origin) = (TestClock::new(), MemorySource::of(files([("web.yaml", "kind: Service")])));
//! let mirror = MemorySource::of(files([("web.yaml", "kind: Service")]));
//! origin.go_down(Error::new(ErrorKind::Unavailable, "no route to host"));
//!
//! let source = RetryingSource::new(MirroredSource::new(origin.clone()).with_mirror(mirror.clone()))
//!     .with_backoff(Backoff::default().with_first_wait(Duration::from_secs(1)));
//! let cx = clock.context();
//! assert!(clock.block_on(source.resolve(&cx)).is_ok(), "the mirror answers");
//!
//! mirror.go_down(Error::new(ErrorKind::Unavailable, "no route to host"));
//! let error = clock.block_on(source.resolve(&cx)).unwrap_err();
//! assert_eq!(error.problems().len(), 2, "what each of them said");
//! assert_eq!(origin.requests().len(), 1 + 4, "each attempt asks both");
//! ```
//!
//! | wrapper | adds |
//! | --- | --- |
//! | [`TimedSource`] | a time-out of its own for each call |
//! | [`RetryingSource`] | further attempts after errors that may pass by themselves |
//! | [`CachedSource`] | artifacts that are kept and shared, within limits |
//! | [`MirroredSource`] | the first that answers of several places |
//! | [`LimitedSource`] | limits for calls at once, and for the files and bytes of an artifact |
//! | [`VerifiedSource`] | a check that an artifact must pass |
//! | [`GuardedTarget`] | for a target: time-outs and further attempts of reads, a limit for calls at once |
//!
//! # Order
//!
//! The outermost works first. These orders are right:
//!
//! - `RetryingSource` around `TimedSource`: each attempt has its own limit. The other way round, one limit ends all attempts.
//! - `CachedSource` around `VerifiedSource`: what is kept was verified. The other way round, it is verified again each time.
//! - `MirroredSource` around one `TimedSource` for each place: one that hangs costs no more than its limit.
//! - `LimitedSource` inside of `RetryingSource`: nobody holds a place while it waits for its next attempt.
//!
//! # Invariants
//!
//! - A wrapper passes the conformance suite of what it wraps: it hands on what watches, every ability of a profile, every kind
//!   of error. What it adds to an error is context.
//! - Time, waits and random numbers are injected: the clock of the [`Context`](windlass_core::Context), and
//!   [`Backoff::with_jitter`].
//! - A wait ends with the deadline and the cancellation of the context.
//! - No write is repeated, or cut off.
//!
//! What it does not do: hang an engine up, or save it. An engine limits and catches every call of its parts by itself.

mod backoff;
mod cached;
mod guarded;
mod limited;
mod measure;
mod mirrored;
mod places;
mod retrying;
mod shelf;
mod timed;
mod verified;

pub use backoff::Backoff;
pub use cached::CachedSource;
pub use guarded::GuardedTarget;
pub use limited::LimitedSource;
pub use mirrored::MirroredSource;
pub use retrying::RetryingSource;
pub use timed::TimedSource;
pub use verified::VerifiedSource;
