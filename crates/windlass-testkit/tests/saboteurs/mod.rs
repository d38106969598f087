//! Implementations that break one law each, named by the law.

// Each test binary uses one of these modules.
#![allow(dead_code)]

pub(crate) mod source;
pub(crate) mod store;

/// Comes back on the second poll.
pub(crate) async fn yield_once() {
    let mut yielded = false;
    std::future::poll_fn(|cx| {
        if std::mem::replace(&mut yielded, true) {
            return std::task::Poll::Ready(());
        }
        cx.waker().wake_by_ref();
        std::task::Poll::Pending
    })
    .await;
}
