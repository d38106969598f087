//! The laws of targets and of state stores hold for a real cluster. Somebody else is played by `kubectl`.
#![allow(clippy::panic, reason = "a test fails by it, and says more than `expect` would")]

mod support;

use std::cell::RefCell;
use std::future::Future;
use std::pin::Pin;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use support::plane::{kubectl, kubectl_args, namespace, plane};
use support::world::run;
use windlass_core::{
    Context, ControlStore, Controls, Object, ObjectId, Result, StateStore, Target, UnitId, Value,
};
use windlass_engine::TokioClock;
use windlass_kube::{Cluster, Connect, KubeOptions, KubeStore, KubeTarget};
use windlass_testkit::control::ControlHarness;
use windlass_testkit::store::StoreHarness;
use windlass_testkit::suite::{Bench, Check};
use windlass_testkit::target::TargetHarness;

/// A namespace that nobody used before.
fn fresh() -> String {
    static COUNT: AtomicUsize = AtomicUsize::new(0);
    format!("law-{}", COUNT.fetch_add(1, Ordering::Relaxed))
}

fn connected() -> Cluster {
    run(Cluster::connect(&Connect::kubeconfig(plane().kubeconfig()))).expect("a connection")
}

/// A target with a namespace of its own. All laws speak of one unit, whose objects are found in all namespaces: so one
/// is checked at a time, and leaves nothing.
struct Stage {
    target: Arc<KubeTarget>,
    namespace: String,
    held: RefCell<Vec<ObjectId>>,
    _alone: MutexGuard<'static, ()>,
}

impl Stage {
    fn new() -> Self {
        static ALONE: Mutex<()> = Mutex::new(());
        let alone = ALONE.lock().unwrap_or_else(PoisonError::into_inner);
        let name = fresh();
        namespace(&name);
        let target = KubeTarget::new(connected(), KubeOptions::default());
        Self { target: Arc::new(target), namespace: name, held: RefCell::default(), _alone: alone }
    }

    fn patch(&self, id: &ObjectId, patch: &str) {
        let (namespace, patch) = (format!("--namespace={}", self.namespace), format!("--patch={patch}"));
        kubectl_args(&["patch", "configmap", &id.name, &namespace, "--type=merge", &patch]);
    }
}

impl Drop for Stage {
    fn drop(&mut self) {
        for id in self.held.take() {
            self.patch(&id, r#"{"metadata":{"finalizers":null}}"#);
        }
        kubectl(&format!("delete configmap --namespace={} --selector=windlass.dev/unit", self.namespace));
    }
}

impl Bench for Stage {
    fn context(&self) -> Context {
        Context::new(TokioClock::new())
    }

    fn block_on(&self, work: Pin<Box<dyn Future<Output = ()> + '_>>) {
        run(work);
    }

    fn skips(&self) -> Vec<(&'static str, &'static str)> {
        vec![
            ("a_stamp_stays_when_only_status_changes", "a ConfigMap has no status"),
            ("what_cannot_be_read_is_never_absent", "a cluster has no single object that cannot be read"),
            (
                "what_cannot_be_read_is_never_left_out_of_a_list",
                "a cluster has no single object that cannot be read",
            ),
            (
                "an_error_after_which_something_changed_says_so",
                "the answer of a real server is not lost on purpose",
            ),
        ]
    }
}

impl TargetHarness for Stage {
    fn target(&self) -> Arc<dyn Target> {
        self.target.clone()
    }

    fn object(&self, name: &str, content: &str) -> Object {
        windlass_testkit::config_map(&self.namespace, name, content)
    }

    fn edit(&self, id: &ObjectId, content: &str) {
        self.patch(id, &format!(r#"{{"data":{{"content":"{content}"}}}}"#));
    }

    fn add_beside(&self, id: &ObjectId, value: &str) -> Check {
        self.patch(id, &format!(r#"{{"metadata":{{"annotations":{{"beside":"{value}"}}}}}}"#));
        Ok(())
    }

    fn unknown_kind(&self) -> Check<Object> {
        let text = format!(
            r#"{{"apiVersion":"nobody.example/v1","kind":"Unheard","metadata":{{"name":"u","namespace":"{}"}}}}"#,
            self.namespace
        );
        Ok(Object::new(serde_json::from_str(&text).expect("an object")).expect("an object"))
    }

    fn hold_deletes(&self, id: &ObjectId) -> Check {
        self.patch(id, r#"{"metadata":{"finalizers":["e2e.windlass.dev/hold"]}}"#);
        self.held.borrow_mut().push(id.clone());
        Ok(())
    }

    fn hold_too(&self, object: &Object) -> Check {
        plane().apply(&object.body().canonical()).unwrap_or_else(|error| panic!("{error}"));
        Ok(())
    }

    /// A Secret, since of other objects the server's words are passed on, but for the values that they quote.
    fn invalid_object(&self, secret: &str) -> Check<Object> {
        let text = format!(
            r#"{{"apiVersion":"v1","kind":"Secret","metadata":{{"name":"wrong","namespace":"{}","labels":{{"not":"{secret} !"}}}},
            "data":{{"token":"{secret} is not base64"}}}}"#,
            self.namespace
        );
        Ok(Object::new(serde_json::from_str(&text).expect("an object")).expect("an object"))
    }

    /// Takes out what the server sets by itself, and the labels that say who owns it.
    fn normalise(&self, body: &Value) -> Value {
        let mut body = body.clone();
        let Some(metadata) = body.as_map_mut().and_then(|body| body.get_mut("metadata")?.as_map_mut()) else {
            return body;
        };
        for field in ["uid", "resourceVersion", "generation", "creationTimestamp", "managedFields"] {
            metadata.remove(field);
        }
        let labels = metadata.get_mut("labels").and_then(Value::as_map_mut);
        let left = labels.map(|labels| {
            labels.remove("windlass.dev/unit");
            labels.remove("windlass.dev/installation");
            labels.len()
        });
        if left == Some(0) {
            metadata.remove("labels");
        }
        body
    }
}

mod target {
    use super::Stage;
    windlass_testkit::target_suite!(Stage::new);
}

/// A store in a namespace of its own.
struct Store {
    namespace: String,
    store: KubeStore,
}

impl Store {
    fn new() -> Self {
        let namespace = fresh();
        Self { store: Self::open(&namespace), namespace }
    }

    fn open(namespace: &str) -> KubeStore {
        let options = KubeOptions::default().with_state_namespace(namespace).expect("a namespace");
        KubeStore::new(connected(), &options)
    }
}

impl Bench for Store {
    fn context(&self) -> Context {
        Context::new(TokioClock::new())
    }

    fn block_on(&self, work: Pin<Box<dyn Future<Output = ()> + '_>>) {
        run(work);
    }
}

impl StoreHarness for Store {
    fn store(&self) -> Arc<dyn StateStore> {
        Arc::new(self.store.clone())
    }

    fn reopen(&self) -> Check<Arc<dyn StateStore>> {
        Ok(Arc::new(Self::open(&self.namespace)))
    }

    fn damage(&self, unit: &UnitId) -> Check {
        let (name, namespace) = (format!("windlass-{unit}"), format!("--namespace={}", self.namespace));
        let patch = r#"--patch={"binaryData":{"state.json.gz":"bm90IGd6aXA="}}"#;
        kubectl_args(&["patch", "configmap", &name, &namespace, "--type=merge", patch]);
        Ok(())
    }
}

mod store {
    use super::Store;
    windlass_testkit::store_suite!(Store::new);
}

impl ControlHarness for Store {
    fn store(&self) -> Arc<dyn ControlStore> {
        Arc::new(self.store.clone())
    }

    fn controls(&self, cx: &Context, installation: &str) -> Check<Result<Controls>> {
        Ok(run(self.store.controls(cx, installation)))
    }

    fn reopen(&self) -> Check<Arc<dyn ControlStore>> {
        Ok(Arc::new(Self::open(&self.namespace)))
    }

    fn damage(&self, unit: &UnitId) -> Check {
        let (name, namespace) =
            (format!("control.windlass-{unit}"), format!("--namespace={}", self.namespace));
        let patch = r#"--patch={"data":{"control.json":"{"}}"#;
        kubectl_args(&["patch", "configmap", &name, &namespace, "--type=merge", patch]);
        Ok(())
    }

    fn state(&self) -> Check<Arc<dyn StateStore>> {
        Ok(Arc::new(self.store.clone()))
    }
}

mod control {
    use super::Store;
    windlass_testkit::control_suite!(Store::new);
}
