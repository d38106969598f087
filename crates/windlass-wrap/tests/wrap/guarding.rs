//! A target whose reads are limited and tried again, and whose writes are not.

use std::collections::BTreeMap;

use windlass_core::{
    Cancel, ControlStore as _, Delta, Error, ErrorKind, Expect, Interest, Item, Look, Mode, ObjectId, Origin,
    Owner, Target, Version, Write,
};
use windlass_testkit::{Fault, Faults, Faulty, MemoryStore, MemoryTarget, TestClock, config_map, id, unit};
use windlass_wrap::{Backoff, GuardedTarget};

use crate::scene::{all, down, seconds};

fn backoff() -> Backoff {
    Backoff::default().with_attempts_max(3).with_first_wait(seconds(1))
}

fn interest(id: &ObjectId) -> Interest {
    Interest { unit: unit("web"), objects: BTreeMap::from([(id.clone(), Look::new("v1"))]) }
}

fn apply(name: &str) -> Write {
    Write::apply(config_map("shop", name, "1"), Mode::Apply, Expect::Any, Owner::of(&unit("web")))
}

#[test]
fn each_read_is_asked_again_as_often_as_the_limit_says() {
    let clock = TestClock::new();
    let (cx, faults) = (clock.context(), Faults::new(&clock));
    let memory = MemoryTarget::new("memory").with_predict().with_state(MemoryStore::new());
    let target = GuardedTarget::new(Faulty::new(memory, &faults))
        .with_backoff(backoff())
        .with_read_timeout(seconds(5));
    let (interest, profile, web) = (interest(&id("ConfigMap/shop/a")), target.profile(), unit("web"));
    let predict = profile.predict.unwrap();
    let item = || Item::new(config_map("shop", "a", "1"), Origin::default());
    for call in [
        "observe",
        "admit",
        "predict",
        "takes",
        "exclusions",
        "capabilities",
        "list",
        "load",
        "units",
        "control",
        "controls",
    ] {
        faults.set(call, Fault::Hangs);
        let began = cx.now().mono;
        let ended = clock.block_on(async {
            match call {
                "observe" => target.observe(&cx, &interest).await.map(drop),
                "admit" => predict.admit(&cx, vec![item()]).await.map(drop),
                "predict" => predict.predict(&cx, &[]).await.map(drop),
                "takes" => predict.takes(&cx, &[]).await.map(drop),
                "exclusions" => predict.exclusions(&cx, &[]).await.map(drop),
                "capabilities" => predict.capabilities(&cx).await.map(drop),
                "list" => {
                    let selection = windlass_core::Selection::new("v1", "ConfigMap");
                    profile.list.unwrap().list(&cx, &selection).await.map(drop)
                }
                "load" => profile.state.unwrap().load(&cx, &web).await.map(drop),
                "units" => profile.state.unwrap().units(&cx).await.map(drop),
                "control" => profile.control.unwrap().control(&cx, &web).await.map(drop),
                _ => profile.control.unwrap().controls(&cx, "windlass").await.map(drop),
            }
        });
        let error = ended.unwrap_err();
        assert_eq!(error.to_string(), "the target took too long (limit=5s, attempts=3)", "{call}");
        assert_eq!((error.kind(), faults.calls(), faults.under_way()), (ErrorKind::Timeout, 3, 0), "{call}");
        assert_eq!(cx.now().mono - began, seconds(3 * 5 + 1 + 2), "{call}");
    }
}

#[test]
fn a_read_that_fails_for_good_is_not_asked_again() {
    let (clock, memory) = (TestClock::new(), MemoryTarget::new("memory"));
    let target = GuardedTarget::new(memory.clone()).with_backoff(backoff());
    memory.fail_next_observe(Error::new(ErrorKind::Denied, "may not look"));
    let ended = clock.block_on(target.observe(&clock.context(), &interest(&id("ConfigMap/shop/a"))));
    assert_eq!(ended.unwrap_err().kind(), ErrorKind::Denied);
    assert_eq!(memory.looks(), 1);
}

#[test]
fn a_write_is_sent_once_whatever_becomes_of_it() {
    let (clock, store) = (TestClock::new(), MemoryStore::new());
    let memory = MemoryTarget::new("memory").with_state(store.clone());
    let target = GuardedTarget::new(memory.clone()).with_backoff(backoff()).with_read_timeout(seconds(5));
    let (cx, write) = (clock.context(), apply("a"));
    for error in [down(), Error::new(ErrorKind::Timeout, "no answer").maybe_written()] {
        memory.fail_next_write(&id("ConfigMap/shop/a"), error.clone());
        drop(memory.take_requests());
        assert_eq!(clock.block_on(target.write(&cx, &write)).unwrap_err().kind(), error.kind());
        assert_eq!(memory.take_requests().len(), 1, "{error}");
    }
    let state = target.profile().state.unwrap();
    for _ in 0..2 {
        store.fail_next_save(down());
    }
    let save = || clock.block_on(state.save(&cx, &unit("web"), None::<&Version>, &Delta::default()));
    assert_eq!(save().unwrap_err(), down());
    assert_eq!(save().unwrap_err(), down(), "the second error was still there: the first save was sent once");
    assert!(save().is_ok());
    assert_eq!(cx.now().mono, seconds(0), "nobody waited");
}

#[test]
fn no_write_is_cut_off() {
    let clock = TestClock::new();
    let (cx, faults) = (clock.context(), Faults::new(&clock));
    let target = GuardedTarget::new(Faulty::new(MemoryTarget::new("memory"), &faults))
        .with_backoff(backoff())
        .with_read_timeout(seconds(5));
    faults.set("apply", Fault::IsLate(seconds(60)));
    assert!(clock.block_on(target.write(&cx, &apply("a"))).is_ok());
    assert_eq!((cx.now().mono, faults.calls()), (seconds(60), 1));
}

#[test]
fn so_many_calls_are_under_way_at_once_writes_among_them() {
    let clock = TestClock::new();
    let memory = MemoryTarget::new("memory").with_latency(seconds(10));
    let target = GuardedTarget::new(memory.clone()).with_calls_max(2);
    let (cx, writes) = (clock.context(), ["a", "b", "c", "d", "e"].map(apply));
    let done = all(&clock, writes.iter().map(|write| target.write(&cx, write)).collect());
    assert!(done.iter().all(Result::is_ok));
    assert_eq!(memory.writes_in_flight_max(), 2);
}

#[test]
fn a_write_that_is_cancelled_while_it_waits_for_its_turn_writes_nothing() {
    let clock = TestClock::new();
    let memory = MemoryTarget::new("memory").with_latency(seconds(10));
    let target = GuardedTarget::new(memory.clone()).with_calls_max(1);
    let cancel = Cancel::new();
    cancel.cancel();
    let contexts = [clock.context(), clock.context().with_cancel(cancel)];
    let writes = ["a", "b"].map(apply);
    let both = contexts.iter().zip(&writes).map(|(cx, write)| target.write(cx, write)).collect();
    let done = all(&clock, both);
    assert!(done[0].is_ok());
    let error = done[1].as_ref().unwrap_err();
    assert_eq!((error.kind(), error.may_have_written()), (ErrorKind::Cancelled, false));
    assert_eq!(memory.ids(), [id("ConfigMap/shop/a")]);
}

#[test]
fn a_save_never_waits_behind_reads() {
    let clock = TestClock::new();
    let faults = Faults::new(&clock);
    let memory = MemoryTarget::new("memory").with_state(MemoryStore::new());
    let target = GuardedTarget::new(Faulty::new(memory, &faults)).with_calls_max(1);
    faults.set("observe", Fault::IsLate(seconds(100)));
    let (cx, interest, web, delta) =
        (clock.context(), interest(&id("ConfigMap/shop/a")), unit("web"), Delta::default());
    let state = target.profile().state.unwrap();
    type Work<'a> = std::pin::Pin<Box<dyn Future<Output = u64> + 'a>>;
    let reads: Work<'_> = Box::pin(async {
        target.observe(&cx, &interest).await.unwrap();
        cx.now().mono.as_secs()
    });
    let saves: Work<'_> = Box::pin(async {
        state.save(&cx, &web, None, &delta).await.unwrap();
        cx.now().mono.as_secs()
    });
    assert_eq!(all(&clock, vec![reads, saves]), [100, 0]);
}

#[test]
fn every_ability_is_handed_on_and_none_is_made_up() {
    let bare = GuardedTarget::new(MemoryTarget::new("here"));
    let profile = bare.profile();
    assert_eq!(profile.place, "here");
    assert!(profile.predict.is_none() && profile.watch.is_none());
    assert!(profile.state.is_none() && profile.control.is_none());
    let able = MemoryTarget::new("here").with_predict().with_watch().with_state(MemoryStore::new());
    let able = GuardedTarget::new(able);
    let profile = able.profile();
    assert!(profile.predict.is_some() && profile.watch.is_some());
    assert!(profile.state.is_some() && profile.control.is_some());
    let cx = TestClock::new().context();
    let refused = windlass_testkit::block_on(bare.control(&cx, &unit("web"))).unwrap_err();
    assert_eq!(refused.kind(), ErrorKind::Unsupported, "whoever asks all the same");
}
