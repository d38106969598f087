//! The laws of clocks hold for the real one. It cannot be hurried: the suite sleeps some milliseconds.

#![cfg(feature = "tokio")]

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;

use tokio::runtime::{Builder, Runtime};
use windlass_core::Clock;
use windlass_engine::TokioClock;
use windlass_testkit::suite::Bench;
use windlass_testkit::time::ClockHarness;

struct Desk {
    runtime: Runtime,
    clock: Arc<TokioClock>,
}

impl Desk {
    fn new() -> Self {
        let runtime = Builder::new_current_thread().enable_time().build().expect("a runtime");
        Self { runtime, clock: Arc::new(TokioClock::new()) }
    }
}

impl Bench for Desk {
    fn block_on(&self, work: Pin<Box<dyn Future<Output = ()> + '_>>) {
        self.runtime.block_on(work);
    }
}

impl ClockHarness for Desk {
    fn clock(&self) -> Arc<dyn Clock> {
        self.clock.clone()
    }
}

windlass_testkit::clock_suite!(Desk::new);
