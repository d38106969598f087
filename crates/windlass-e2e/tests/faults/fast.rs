//! A unit in this process whose clock runs fast, for what takes minutes.

use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant, SystemTime};

use windlass_core::{Cancel, Clock, Context, Event, Now, Timestamp, async_trait};
use windlass_engine::Fleet;

use crate::stage::{config_map, proxied};
use crate::support::proxy::Proxy;
use crate::support::running::{WAIT_MAX, until};
use crate::support::world::{World, run};

/// How many seconds pass in one.
const SPEED: u32 = 15;

#[derive(Debug)]
struct FastClock(Instant);

#[async_trait]
impl Clock for FastClock {
    fn now(&self) -> Now {
        let wall = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
        Now { wall: Timestamp::from_unix(wall.as_secs()), mono: self.0.elapsed() * SPEED }
    }

    async fn sleep(&self, wait: Duration) {
        tokio::time::sleep(wait / SPEED).await;
    }
}

/// A fleet of one unit, with the ConfigMap `a`, until it is dropped.
pub(crate) struct Fast {
    pub(crate) proxy: Proxy,
    told: Arc<Mutex<Vec<String>>>,
    cancel: Cancel,
    work: Option<std::thread::JoinHandle<()>>,
}

impl Fast {
    pub(crate) fn new(name: &'static str) -> Self {
        let (proxy, told, cancel) = (Proxy::new(), Arc::<Mutex<Vec<String>>>::default(), Cancel::new());
        let (cluster, tell, cx) = (proxied(&proxy, name), Arc::clone(&told), cancel.clone());
        let cx = Context::new(FastClock(Instant::now())).with_cancel(cx);
        let work = std::thread::spawn(move || {
            let world = World::new(name);
            world.write(&[("a.yaml", config_map("a", "1"))]);
            let sink = move |event: &Event| tell.lock().expect("no panic under it").push(event.to_string());
            let engine = world.engine_on(cluster, 15).with_events(sink);
            let fleet = Fleet::of([engine]).expect("one unit");
            run(fleet.run(&cx)).expect("a fleet runs until it is cancelled");
        });
        Self { proxy, told, cancel, work: Some(work) }
    }

    pub(crate) fn log(&self) -> Vec<String> {
        self.told.lock().expect("no panic under it").clone()
    }

    /// Waits until a pass had nothing to do.
    pub(crate) fn until_synced(&self) {
        until("a pass has nothing to do", WAIT_MAX, || {
            let log = self.log();
            let finished: Vec<_> = log.iter().filter(|line| line.contains("pass finished")).collect();
            (finished.len() > 1).then_some(())
        });
    }
}

impl Drop for Fast {
    fn drop(&mut self) {
        self.cancel.cancel();
        if let Some(work) = self.work.take() {
            let _ = work.join();
        }
    }
}
