//! Units of one source on one target, on virtual time.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use windlass_core::{Error, Event, TreePath};
use windlass_engine::{Engine, Fleet};
use windlass_testkit::{LinesRenderer, MemorySource, MemoryStore, MemoryTarget, TestClock, files, id, unit};

pub(crate) struct Scene {
    pub(crate) clock: Arc<TestClock>,
    pub(crate) cx: windlass_core::Context,
    pub(crate) source: MemorySource,
    pub(crate) shared: Arc<dyn windlass_core::Source>,
    pub(crate) target: MemoryTarget,
    pub(crate) place: Arc<dyn windlass_core::Target>,
    pub(crate) store: MemoryStore,
    pub(crate) told: Arc<Mutex<Vec<String>>>,
}

impl Scene {
    pub(crate) fn new(shape: impl FnOnce(MemoryTarget) -> MemoryTarget) -> Self {
        let clock = Arc::new(TestClock::new());
        let store = MemoryStore::new();
        let target = shape(MemoryTarget::new("memory").with_state(store.clone()));
        let source = MemorySource::new();
        Self {
            cx: clock.context(),
            clock,
            shared: Arc::new(source.clone()),
            source,
            place: Arc::new(target.clone()),
            target,
            store,
            told: Arc::default(),
        }
    }

    pub(crate) fn commit(&self, lines: &[(&str, &str)]) {
        let all: Vec<(String, String)> = lines
            .iter()
            .map(|(unit, text)| (format!("{unit}/{unit}.lines"), text.replace("; ", "\n")))
            .collect();
        self.source.commit(files(all.iter().map(|(name, text)| (name.as_str(), text.as_str()))));
    }

    /// A unit of the one source, rendered from the folder of its name.
    pub(crate) fn engine(&self, name: &str) -> Engine {
        let told = Arc::clone(&self.told);
        let tell = move |event: &Event| told.lock().unwrap().push(event.to_string());
        let renderer = Arc::new(LinesRenderer::new());
        Engine::of(unit(name), Arc::clone(&self.shared), renderer, Arc::clone(&self.place))
            .with_path(TreePath::new(name).unwrap())
            .with_source_name("the one source")
            .with_interval(Duration::from_secs(60))
            .with_events(tell)
    }

    pub(crate) fn apply(&self, fleet: &Fleet) -> BTreeMap<String, String> {
        let reports = self.clock.block_on(fleet.apply(&self.cx)).unwrap();
        let short = |result: Result<windlass_core::Report, Error>| match result {
            Ok(report) => report.counts().to_string(),
            Err(error) => error.to_string(),
        };
        reports.into_iter().map(|(unit, result)| (unit.to_string(), short(result))).collect()
    }

    /// Runs, and does this meanwhile; then stops.
    pub(crate) fn run(&self, fleet: &Fleet, meanwhile: impl AsyncFnOnce()) {
        let both = async {
            meanwhile().await;
            self.cx.cancel().cancel();
        };
        self.clock.block_on(futures_util::future::join(fleet.run(&self.cx), both)).0.unwrap();
    }

    pub(crate) async fn sleep(&self, seconds: u64) {
        self.cx.sleep(Duration::from_secs(seconds)).await.unwrap();
    }

    pub(crate) fn content(&self, name: &str) -> Option<String> {
        let object = self.target.get(&id(&format!("ConfigMap/ns/{name}")))?;
        object.body().text_at(&["data", "v"]).map(str::to_owned)
    }

    pub(crate) fn requests(&self, word: &str) -> usize {
        self.target.requests().iter().filter(|request| request.starts_with(word)).count()
    }
}
