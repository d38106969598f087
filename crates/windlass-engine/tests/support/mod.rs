//! A unit on a memory target, driven by text.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test may end by panicking")]
#![allow(dead_code, reason = "each test binary uses its own part")]

use std::sync::Arc;
use std::time::Duration;

use windlass_core::{
    Context, Digest, Error, ErrorKind, Event, EventKind, Hook, HookDeletion, Item, Mode, Object, ObjectId,
    Origin, Phase, RenderInput, Rendered, Renderer, Report, Result, TreePath,
};
use windlass_engine::Engine;
use windlass_testkit::{
    MemorySource, MemoryStore, MemoryTarget, Recorder, TestClock, config_map, files, id, unit,
};

/// Renders the file `objects`: a line each, `name=content word…`, where a word is `after:name`, `wave:n`, `keep`,
/// `once`, `anew`, `within:seconds`.
#[derive(Debug)]
pub(crate) struct Lines;

impl Renderer for Lines {
    fn fingerprint(&self) -> Digest {
        Digest::of(b"lines")
    }

    fn render(&self, cx: &Context, input: &RenderInput<'_>) -> Result<Rendered> {
        let path = TreePath::new("objects")?;
        let text = input.artifact.files().read(&path)?;
        let text = String::from_utf8_lossy(&text);
        let mut rendered = Rendered::default();
        for (line, words) in (1..).zip(text.lines()).filter(|(_, line)| !line.trim().is_empty()) {
            cx.check()?;
            let origin = Origin::new(path.clone(), 1, line);
            rendered.items.push(item(words, origin)?);
        }
        Ok(rendered)
    }
}

fn item(text: &str, origin: Origin) -> Result<Item> {
    let mut words = text.split_whitespace();
    let (name, content) = words
        .next()
        .and_then(|first| first.split_once('='))
        .ok_or_else(|| Error::new(ErrorKind::Invalid, "not name=content").with("origin", &origin))?;
    let mut item = Item::new(config_map("ns", name, content), origin);
    for word in words {
        let directives = &mut item.directives;
        match word.split_once(':').unwrap_or((word, "")) {
            ("after", name) => directives.after.push(object_id(name)),
            ("wave", wave) => directives.wave = wave.parse().unwrap(),
            ("within", seconds) => {
                directives.time_limit = Some(Duration::from_secs(seconds.parse().unwrap()))
            }
            ("keep", _) => directives.keep = true,
            ("anew", _) => directives.mode = Some(Mode::Recreate),
            ("once", _) => directives.mode = Some(Mode::CreateOnly),
            ("suspended", _) => directives.suspended = Some("the source says so".into()),
            ("transient", _) => directives.transient = true,
            ("nowait", _) => directives.no_wait = true,
            ("hook", phase) => directives.hook = Some(hook(phase)),
            ("also", phase) => directives.deletion_hook = Some(hook(phase)),
            other => panic!("unknown word {other:?}"),
        }
    }
    Ok(item)
}

/// Reads `before`, `after`, `failure`, `predelete`, `postdelete`, with `+success` or `+failed` for when it is deleted, and
/// with `+` and a number for its weight.
fn hook(text: &str) -> Hook {
    let mut words = text.split('+');
    let phase = match words.next().unwrap() {
        "before" => Phase::Before,
        "after" => Phase::After,
        "failure" => Phase::OnFailure,
        "predelete" => Phase::BeforeDelete,
        "postdelete" => Phase::AfterDelete,
        other => panic!("unknown phase {other:?}"),
    };
    let (mut deletion, mut weight) = (HookDeletion::BEFORE_NEXT, 0);
    for word in words {
        match word {
            "success" => deletion.on_success = true,
            "failed" => deletion.on_failure = true,
            other => weight = other.parse().unwrap_or_else(|_| panic!("unknown deletion {other:?}")),
        }
    }
    Hook::new(phase).with_deletion(deletion).with_weight(weight)
}

pub(crate) fn object_id(name: &str) -> ObjectId {
    id(&format!("ConfigMap/ns/{name}"))
}

pub(crate) fn object(name: &str, content: &str) -> Object {
    config_map("ns", name, content)
}

/// A unit, all in memory.
pub(crate) struct World {
    pub(crate) clock: Arc<TestClock>,
    pub(crate) cx: Context,
    pub(crate) source: MemorySource,
    pub(crate) target: MemoryTarget,
    pub(crate) store: MemoryStore,
    pub(crate) events: Recorder,
    pub(crate) engine: Engine,
}

impl World {
    pub(crate) fn new(objects: &str) -> Self {
        Self::with(objects, |target| target, |engine| engine)
    }

    pub(crate) fn predicting(objects: &str) -> Self {
        Self::with(objects, MemoryTarget::with_predict, |engine| engine)
    }

    pub(crate) fn with(
        objects: &str,
        shape: impl FnOnce(MemoryTarget) -> MemoryTarget,
        options: impl FnOnce(Engine) -> Engine,
    ) -> Self {
        let clock = Arc::new(TestClock::new());
        let cx = clock.context();
        let (source, store, events) = (MemorySource::new(), MemoryStore::new(), Recorder::new());
        let target = shape(MemoryTarget::new("memory").with_state(store.clone()));
        let engine =
            Engine::new(unit("web"), source.clone(), Lines, target.clone()).with_events(events.clone());
        let world = Self { clock, cx, source, target, store, events, engine: options(engine) };
        world.commit(objects);
        world
    }

    pub(crate) fn commit(&self, objects: &str) {
        let text = objects.replace("; ", "\n");
        self.source.commit(files([("objects", text.as_str())]));
    }

    pub(crate) fn try_pass(&self) -> Result<Report> {
        self.clock.block_on(self.engine.reconcile(&self.cx))
    }

    pub(crate) fn pass(&self) -> Report {
        self.try_pass().expect("the pass must not fail as a whole")
    }

    /// Makes passes until `count` of them have ended, and gives the waits in between.
    pub(crate) fn run(&self, engine: &Engine, count: usize) -> Vec<Duration> {
        let (cancel, waits) = (self.cx.cancel().clone(), Arc::new(std::sync::Mutex::new(Vec::new())));
        let seen = Arc::clone(&waits);
        let engine = engine.clone().with_events(move |event: &Event| {
            if let EventKind::Waiting { wait } = event.what {
                seen.lock().unwrap().push(wait);
                if seen.lock().unwrap().len() == count {
                    cancel.cancel();
                }
            }
        });
        self.clock.block_on(engine.run(&self.cx)).unwrap();
        std::mem::take(&mut *waits.lock().unwrap())
    }

    /// Does something once, when an object was written.
    pub(crate) fn when_written(
        &self,
        name: &str,
        work: impl Fn(&MemoryTarget) + Send + Sync + 'static,
    ) -> Engine {
        let (id, target) = (object_id(name), self.target.clone());
        self.engine.clone().with_events(move |event: &Event| match &event.what {
            EventKind::Object { id: of, outcome } if *of == id && outcome.name() != "failed" => work(&target),
            _ => {}
        })
    }

    pub(crate) fn pass_of(&self, engine: &Engine) -> Report {
        self.clock.block_on(engine.reconcile(&self.cx)).expect("the pass must not fail as a whole")
    }

    /// Makes an engine that knows nothing of what the first one did, as after a restart.
    pub(crate) fn another_engine(&self) -> Engine {
        Engine::new(unit("web"), self.source.clone(), Lines, self.target.clone())
            .with_events(self.events.clone())
    }

    /// Polls some work so often, with time going on in between, and drops it; says whether it had ended.
    pub(crate) fn kill_after<T>(&self, polls: usize, work: impl Future<Output = T>) -> bool {
        let mut work = Box::pin(work);
        for _ in 0..polls {
            if windlass_testkit::block_on(windlass_testkit::poll_once(work.as_mut())).is_some() {
                return true;
            }
            self.clock.advance(Duration::from_millis(100));
        }
        false
    }

    pub(crate) fn try_delete_with(&self, engine: &Engine) -> Result<Report> {
        self.clock.block_on(async {
            let plan = engine.plan_delete(&self.cx).await?;
            engine.delete(&self.cx, &plan).await
        })
    }

    /// Deletes the unit.
    pub(crate) fn delete(&self) -> Report {
        self.try_delete_with(&self.engine).expect("the deletion must not fail as a whole")
    }

    pub(crate) fn elapsed(&self) -> Duration {
        self.clock.context().now().mono
    }

    /// The events since the last time, as text.
    pub(crate) fn told(&self) -> Vec<String> {
        let events = self.events.take();
        let lines = events.iter().map(|event| event.what.to_string().replace("ConfigMap/ns/", ""));
        lines.collect()
    }

    pub(crate) fn plan_text(&self) -> String {
        self.clock.block_on(self.engine.plan(&self.cx)).expect("the plan must be made").to_string()
    }

    /// Makes a pass and gives what it wrote, by bare names.
    pub(crate) fn writes(&self) -> String {
        self.pass();
        self.take_writes()
    }

    pub(crate) fn take_writes(&self) -> String {
        self.target.take_writes().join(", ").replace("ConfigMap/ns/", "")
    }

    pub(crate) fn owned(&self) -> String {
        let saved = self.store.peek(&unit("web"));
        let ids = saved.iter().flat_map(|saved| saved.inventory.objects.keys());
        ids.map(|id| id.name.to_string()).collect::<Vec<_>>().join(" ")
    }

    /// The outcome of each object, by bare names.
    pub(crate) fn outcomes(report: &Report) -> String {
        let one =
            |object: &windlass_core::ObjectReport| format!("{}: {}", object.id.name, object.outcome.name());
        report.objects.iter().map(one).collect::<Vec<_>>().join(", ")
    }
}
