//! Implementations that break one law each, named by the law.

pub(crate) mod control;
pub(crate) mod dialect;
pub(crate) mod fence;
pub(crate) mod health;
pub(crate) mod order;
pub(crate) mod renderer;
pub(crate) mod source;
pub(crate) mod store;
pub(crate) mod target;
pub(crate) mod time;

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
