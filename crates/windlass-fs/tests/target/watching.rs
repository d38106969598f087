//! Changes in a folder that is watched.

use std::collections::BTreeSet;
use std::time::Duration;

use windlass_core::UnitId;

use super::*;

/// Looks at `web` and `db` for the unit `web`, and gives who is named after a change.
fn named_after(place: &Place, clock: &TestClock, change: impl FnOnce(&Place)) -> Vec<String> {
    place.observe_at(clock, &["ConfigMap/shop/web", "ConfigMap/shop/db"]);
    assert_eq!(place.changed(clock), BTreeSet::new(), "nothing changed yet");
    change(place);
    let named = place.changed(clock);
    assert_eq!(place.changed(clock), BTreeSet::new(), "a change is told once");
    named.iter().map(ToString::to_string).collect()
}

impl Place {
    fn observe_at(&self, clock: &TestClock, names: &[&str]) {
        block_on(self.target.observe(&clock.context(), &interest(names))).unwrap();
    }

    /// Gives who is named within some polls.
    fn changed(&self, clock: &TestClock) -> BTreeSet<UnitId> {
        let cx = clock.context().with_timeout(Duration::from_secs(5));
        let watch = self.target.profile().watch.unwrap();
        match clock.block_on(watch.changed(&cx)) {
            Ok(units) => units,
            Err(error) => {
                assert_eq!(error.kind(), ErrorKind::Timeout);
                BTreeSet::new()
            }
        }
    }
}

#[test]
fn what_is_done_by_hand_names_the_unit() {
    type ByHand = fn(&Place);
    let changes: [(&str, ByHand); 6] = [
        ("as long as before, at once", |place| {
            place.put(WEB, place.read(WEB).replace("content: a", "content: b"))
        }),
        ("deleted", |place| fs::remove_file(place.path(WEB)).unwrap()),
        ("made", |place| place.put("shop/ConfigMap/db.yaml", place.read(WEB).replace("web", "db"))),
        ("broken", |place| place.put(WEB, "a: [")),
        ("owned by another", |place| place.put(MARK, place.read(MARK).replace("\"web\"", "\"dns\""))),
        ("not owned any more", |place| fs::remove_file(place.path(MARK)).unwrap()),
    ];
    for (what, change) in changes {
        assert_eq!(named_after(&Place::with_web(), &TestClock::new(), change), ["web"], "{what}");
    }
}

#[test]
fn what_carries_the_mark_though_nobody_asked_names_the_unit() {
    let orphan = |place: &Place| {
        let (payload, owner) = (config_map("shop", "orphan", "a"), Owner::of(&unit("web")));
        // By another process, since what this one writes for the unit is no news.
        let other = DirTarget::open(place.folder.path()).unwrap();
        block_on(other.write(&context(), &Write::apply(payload, Mode::Apply, Expect::Any, owner))).unwrap();
    };
    assert_eq!(named_after(&Place::new(), &TestClock::new(), orphan), ["web"]);
}

#[test]
fn its_own_writes_name_nobody_and_those_of_another_unit_do() {
    let (place, clock) = (Place::with_web(), TestClock::new());
    let own = |place: &Place| {
        place.write(&apply(&web("b"))).unwrap();
        place.write(&delete("ConfigMap/shop/web")).unwrap();
        place.write(&apply(&web("c"))).unwrap();
    };
    assert_eq!(named_after(&place, &clock, own), [""; 0]);
    let theirs = |place: &Place| drop(place.write(&owned_by(apply(&web("d")), "dns")).unwrap());
    assert_eq!(named_after(&place, &clock, theirs), ["web"]);
}

#[test]
fn a_file_that_lay_still_for_long_is_told_of_when_it_changes() {
    let (place, clock) = (Place::with_web(), TestClock::new());
    // Later than whenever this runs, so that times of files are believed.
    clock.advance(Duration::from_secs(3_000_000_000));
    let change = |place: &Place| place.put(WEB, place.read(WEB).replace("content: a", "content: longer"));
    assert_eq!(named_after(&place, &clock, change), ["web"]);
    let replaced = |place: &Place| {
        let beside = place.path("beside");
        fs::write(&beside, place.read(WEB).replace("longer", "sooner")).unwrap();
        fs::rename(beside, place.path(WEB)).unwrap();
    };
    assert_eq!(named_after(&place, &clock, replaced), ["web"]);
}

#[test]
fn a_released_unit_is_named_no_more() {
    let (place, clock) = (Place::with_web(), TestClock::new());
    place.observe_at(&clock, &["ConfigMap/shop/web"]);
    place.target.profile().watch.unwrap().release(&unit("web"));
    fs::remove_file(place.path(WEB)).unwrap();
    assert_eq!(place.changed(&clock), BTreeSet::new());
}
