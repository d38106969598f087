//! Calls into parts that others wrote: none of them can hang the engine, or bring it down.

use std::panic::AssertUnwindSafe;
use std::time::Duration;

use futures_util::FutureExt as _;
use windlass_core::{Context, Error, ErrorKind, Result};

/// Waits for a part, no longer than `limit`, than until the deadline, and not past cancellation. A panic is an error of that
/// call; its text is not passed on, since it may hold anything.
pub(crate) async fn call<T>(
    cx: &Context,
    part: &'static str,
    limit: Duration,
    work: impl Future<Output = Result<T>>,
) -> Result<T> {
    match cx.within(limit, AssertUnwindSafe(work).catch_unwind()).await {
        Ok(Ok(result)) => result,
        Ok(Err(_panic)) => Err(panicked(part)),
        Err(error) => Err(error.with("part", part)),
    }
}

/// Lets no panic out of a whole pass, wherever it comes from: a clock, a fence, a rule of order.
pub(super) async fn whole<T, E: From<Error>>(pass: impl Future<Output = Result<T, E>>) -> Result<T, E> {
    AssertUnwindSafe(pass).catch_unwind().await.unwrap_or_else(|_panic| Err(panicked("unknown").into()))
}

/// Calls a synchronous part.
pub(crate) fn caught<T>(part: &'static str, work: impl FnOnce() -> Result<T>) -> Result<T> {
    std::panic::catch_unwind(AssertUnwindSafe(work)).unwrap_or_else(|_panic| Err(panicked(part)))
}

fn panicked(part: &'static str) -> Error {
    Error::new(ErrorKind::Internal, "a part of the engine panicked")
        .with("part", part)
        .with_help("this is a defect of that part; the other units go on")
}
