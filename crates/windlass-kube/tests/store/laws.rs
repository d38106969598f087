//! The laws of a store.

use std::future::Future;
use std::pin::Pin;

use super::*;

struct Harness {
    runtime: tokio::runtime::Runtime,
    maps: Maps,
    store: Arc<KubeStore>,
}

impl Harness {
    fn new() -> Self {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_time().start_paused(true).build();
        let (runtime, maps) = (runtime.unwrap(), Maps::default());
        let store = Arc::new(runtime.block_on(async { maps.store() }));
        Self { runtime, maps, store }
    }
}

impl Bench for Harness {
    fn context(&self) -> Context {
        self.runtime.block_on(async { script::context() })
    }

    fn block_on(&self, work: Pin<Box<dyn Future<Output = ()> + '_>>) {
        self.runtime.block_on(work);
    }
}

impl StoreHarness for Harness {
    fn store(&self) -> Arc<dyn StateStore> {
        self.store.clone()
    }

    fn reopen(&self) -> Check<Arc<dyn StateStore>> {
        Ok(Arc::new(self.runtime.block_on(async { self.maps.store() })))
    }

    fn damage(&self, unit: &UnitId) -> Check {
        self.maps.edit(&format!("windlass-{unit}"), |map| {
            let data = Value::from_iter([("state.json.gz", Value::from("aGVsbG8="))]);
            map.as_map_mut().unwrap().insert("binaryData", data);
        });
        Ok(())
    }
}

windlass_testkit::store_suite!(Harness::new);
