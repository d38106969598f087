//! The laws of a store.

use std::future::Future;
use std::pin::Pin;

use windlass_core::ControlStore;
use windlass_core::Controls;
use windlass_testkit::control::ControlHarness;

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

impl ControlHarness for Harness {
    fn store(&self) -> Arc<dyn ControlStore> {
        self.store.clone()
    }

    fn controls(&self, cx: &Context, installation: &str) -> Check<windlass_core::Result<Controls>> {
        Ok(self.runtime.block_on(self.store.controls(cx, installation)))
    }

    fn reopen(&self) -> Check<Arc<dyn ControlStore>> {
        Ok(Arc::new(self.runtime.block_on(async { self.maps.store() })))
    }

    fn damage(&self, unit: &UnitId) -> Check {
        self.maps.edit(&format!("control.windlass-{unit}"), |map| {
            let data = Value::from_iter([("control.json", Value::from("{"))]);
            map.as_map_mut().unwrap().insert("data", data);
        });
        Ok(())
    }

    fn state(&self) -> Check<Arc<dyn StateStore>> {
        Ok(self.store.clone())
    }
}

mod state {
    windlass_testkit::store_suite!(super::Harness::new);
}

mod control {
    windlass_testkit::control_suite!(super::Harness::new);
}
