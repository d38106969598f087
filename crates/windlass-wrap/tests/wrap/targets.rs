//! The suites of targets, states and controls, over the wrapper.

use std::sync::Arc;

use windlass_core::{
    Capabilities, Context, ControlStore, Controls, Error, ErrorKind, Object, ObjectId, Result, StateStore,
    Target, UnitId, Value,
};
use windlass_testkit::control::{ControlHarness, ControlOf};
use windlass_testkit::store::{StateOf, StoreHarness};
use windlass_testkit::suite::{Check, Harness};
use windlass_testkit::target::TargetHarness;
use windlass_testkit::{MemoryStore, MemoryTarget, block_on, config_map};
use windlass_wrap::{Backoff, GuardedTarget};

use crate::scene::seconds;

fn guarded(memory: &MemoryTarget) -> Arc<dyn Target> {
    let target = GuardedTarget::new(memory.clone())
        .with_read_timeout(seconds(20))
        .with_backoff(Backoff::default().with_attempts_max(2))
        .with_calls_max(1);
    Arc::new(target)
}

struct Place(MemoryTarget, Arc<dyn Target>);

impl Place {
    fn new() -> Self {
        let served = Capabilities::new("v1", ["v1", "v1/ConfigMap", "v1/Namespace"].map(Into::into));
        let memory = MemoryTarget::new("memory").with_predict().with_watch().with_capabilities(served);
        let target = guarded(&memory);
        Self(memory, target)
    }
}

impl Harness for Place {}

impl TargetHarness for Place {
    fn target(&self) -> Arc<dyn Target> {
        Arc::clone(&self.1)
    }

    fn edit(&self, id: &ObjectId, content: &str) {
        self.0.edit(id, |body| set(body, "content", content));
    }

    fn add_beside(&self, id: &ObjectId, value: &str) -> Check {
        self.0.edit(id, |body| set(body, "beside", value));
        Ok(())
    }

    fn set_status(&self, id: &ObjectId) -> Check {
        self.0.set_status(id, "busy".into());
        Ok(())
    }

    fn make_unreadable(&self, id: &ObjectId) -> Check {
        self.0.fail_look(id, Error::new(ErrorKind::Denied, "may not look"));
        Ok(())
    }

    fn unknown_kind(&self) -> Check<Object> {
        self.0.undefine("Widget");
        Ok(of_kind(&config_map("shop", "a", "one"), "Widget"))
    }

    fn hold_deletes(&self, id: &ObjectId) -> Check {
        self.0.hold_deletes(id);
        Ok(())
    }

    fn lose_next_answer(&self, id: &ObjectId) -> Check {
        self.0.lose_next_write(id, Error::new(ErrorKind::Timeout, "no answer"));
        Ok(())
    }

    fn hold_too(&self, object: &Object) -> Check {
        assert!(self.0.hold_too(object), "the object must be there");
        Ok(())
    }

    fn object_inside(&self) -> Check<(Object, Object)> {
        Ok((of_kind(&config_map("", "den", "one"), "Namespace"), config_map("den", "a", "one")))
    }

    fn invalid_object(&self, secret: &str) -> Check<Object> {
        let (object, error) = (config_map("shop", "wrong", secret), Error::new(ErrorKind::Invalid, "wrong"));
        self.0.fail_next_write(object.id(), error.clone());
        self.0.refuse(object.id(), error);
        Ok(object)
    }

    fn break_watches(&self) -> Check {
        self.0.break_watches();
        Ok(())
    }

    fn add_child(&self, of: &ObjectId) -> Check {
        self.0.put_child(of, config_map("shop", "child", "one"));
        Ok(())
    }

    fn hang(&self) -> Check {
        self.0.hang();
        Ok(())
    }

    fn requests(&self) -> Check<usize> {
        Ok(self.0.looks())
    }

    fn watched_units(&self) -> Check<usize> {
        Ok(self.0.watched_units())
    }
}

fn of_kind(object: &Object, kind: &str) -> Object {
    object.edit(|body| drop(body.as_map_mut().unwrap().insert("kind", kind))).unwrap()
}

fn set(body: &mut Value, field: &str, value: &str) {
    let data = body.as_map_mut().unwrap().get_mut("data").unwrap();
    data.as_map_mut().unwrap().insert(field, value);
}

struct Kept(MemoryStore, Arc<dyn Target>);

impl Kept {
    fn new() -> Self {
        let store = MemoryStore::new();
        let target = guarded(&MemoryTarget::new("memory").with_state(store.clone()));
        Self(store, target)
    }
}

impl Harness for Kept {}

impl StoreHarness for Kept {
    fn store(&self) -> Arc<dyn StateStore> {
        Arc::new(StateOf(Arc::clone(&self.1)))
    }

    fn many(&self) -> u32 {
        5_000
    }

    fn reopen(&self) -> Check<Arc<dyn StateStore>> {
        Ok(Arc::new(self.0.clone()))
    }

    fn damage(&self, unit: &UnitId) -> Check {
        self.0.damage(unit);
        Ok(())
    }

    fn hang(&self) -> Check {
        self.0.hang();
        Ok(())
    }
}

impl ControlHarness for Kept {
    fn store(&self) -> Arc<dyn ControlStore> {
        Arc::new(ControlOf(Arc::clone(&self.1)))
    }

    fn controls(&self, cx: &Context, installation: &str) -> Check<Result<Controls>> {
        Ok(block_on(ControlOf(Arc::clone(&self.1)).controls(cx, installation)))
    }

    fn reopen(&self) -> Check<Arc<dyn ControlStore>> {
        Ok(Arc::new(self.0.clone()))
    }

    fn damage(&self, unit: &UnitId) -> Check {
        self.0.damage_control(unit);
        Ok(())
    }

    fn state(&self) -> Check<Arc<dyn StateStore>> {
        Ok(Arc::new(StateOf(Arc::clone(&self.1))))
    }
}

mod target {
    windlass_testkit::target_suite!(super::Place::new);
}

mod state {
    windlass_testkit::store_suite!(super::Kept::new);
}

mod control {
    windlass_testkit::control_suite!(super::Kept::new);
}
