//! Units whose inventory is kept apart.

use windlass_core::Limits;

use super::*;

const PATH: &str = "/api/v1/namespaces/windlass-system/configmaps";

/// The ConfigMaps that there are: heads, shards and whatever else.
fn maps_of(maps: &Maps) -> (usize, usize) {
    let inner = maps.0.lock().unwrap();
    let shards = inner.maps.keys().filter(|name| name.starts_with("shard.")).count();
    (inner.maps.len() - shards, shards)
}

fn change(at: u32) -> Delta {
    let (id, mut owned) = owned(at);
    owned.rank += 1_000_000;
    let mut delta = Delta::default();
    delta.put.insert(id, owned);
    delta
}

/// More than what is kept beside the shards.
fn changes(count: u32) -> Delta {
    let mut delta = Delta::default();
    delta.put.extend((0..count).flat_map(|at| change(at).put));
    delta
}

fn dropping(range: std::ops::Range<u32>) -> Delta {
    let mut delta = Delta::default();
    delta.drop = range.map(|at| owned(at).0).collect();
    delta
}

async fn objects(maps: &Maps, cx: &Context) -> usize {
    maps.store().load(cx, &unit()).await.unwrap().unwrap().inventory.objects.len()
}

#[tokio::test(start_paused = true)]
async fn a_large_unit_grows_shrinks_and_goes_and_leaves_nothing() {
    let (maps, cx) = (Maps::default(), context());
    let store = maps.store();
    let mut version = None;
    for (delta, count) in [
        (put(1_500), 1_500),
        (put(4_000), 4_000),
        (put(10_000), 10_000),
        (dropping(4_000..10_000), 4_000),
        (dropping(700..4_000), 700),
        (put(3_000), 3_000),
    ] {
        version = Some(store.save(&cx, &unit(), version.as_ref(), &delta).await.unwrap());
        let saved = maps.store().load(&cx, &unit()).await.unwrap().unwrap();
        assert_eq!(Some(&saved.version), version.as_ref());
        assert!(saved.inventory.objects == put(count).put, "{count} objects");
        let (heads, shards) = maps_of(&maps);
        let expected = if count <= 2_000 { 0..=0 } else { count as usize / 1_000..=count as usize / 250 };
        assert!(heads == 1 && expected.contains(&shards), "{count} objects are in {shards} shards");
    }
    let largest = maps.0.lock().unwrap().largest;
    assert!((150_000..400_000).contains(&largest), "no request comes near the limit of etcd: {largest}");
    store.save(&cx, &unit(), version.as_ref(), &forget()).await.unwrap();
    assert_eq!(maps_of(&maps), (0, 0));
}

#[tokio::test(start_paused = true)]
async fn an_object_takes_as_much_room_as_the_docs_say() {
    let (maps, cx) = (Maps::default(), context());
    maps.store().save(&cx, &unit(), None, &put(5_000)).await.unwrap();
    let inner = maps.0.lock().unwrap();
    let encoded = inner.maps.values().map(|map| map.text_at(&["binaryData", "state.json.gz"]).unwrap().len());
    let bytes = encoded.sum::<usize>() * 3 / 4 / 5_000;
    assert!((100..=180).contains(&bytes), "{bytes} bytes for each object");
}

#[tokio::test(start_paused = true)]
async fn a_small_change_of_a_large_inventory_writes_the_head_alone() {
    let (maps, cx) = (Maps::default(), context());
    maps.store().save(&cx, &unit(), None, &put(5_000)).await.unwrap();
    let store = maps.store();
    let saved = store.load(&cx, &unit()).await.unwrap().unwrap();
    let first = store.save(&cx, &unit(), Some(&saved.version), &change(7)).await.unwrap();
    maps.log();
    let second = store.save(&cx, &unit(), Some(&first), &change(8)).await.unwrap();
    assert_eq!(maps.log(), format!("PUT {PATH}/windlass-shop"));
    let mut nothing = Delta::default();
    nothing.record = Some(Record::new(Timestamp::from_unix(1), None, Digest::of(b""), Counts::default()));
    store.save(&cx, &unit(), Some(&second), &nothing).await.unwrap();
    assert_eq!(maps.log(), format!("PUT {PATH}/windlass-shop"), "and so does a record");
}

#[tokio::test(start_paused = true)]
async fn small_changes_are_put_into_the_shards_together_and_none_is_lost() {
    let (maps, cx) = (Maps::default(), context());
    let mut expected = put(3_000).put;
    let store = maps.store();
    let mut version = store.save(&cx, &unit(), None, &put(3_000)).await.unwrap();
    maps.log();
    let (mut posts, mut deletes) = (0, 0);
    for round in 0..40 {
        let mut delta = Delta::default();
        for at in 0..20 {
            let number = (round * 7_919 + at * 104_729) % 3_600;
            match (round + at) % 3 {
                0 => delta.drop.push(owned(number).0),
                _ => delta.put.extend(change(number).put),
            }
        }
        // What is dropped and put by one change is there.
        delta.drop.push(owned(round).0);
        delta.put.extend(change(round).put);
        delta.drop.iter().for_each(|id| drop(expected.remove(id)));
        expected.extend(delta.put.clone());
        version = store.save(&cx, &unit(), Some(&version), &delta).await.unwrap();
        let log = maps.log();
        posts += log.matches("POST").count();
        deletes += log.matches("DELETE").count();
        let found = maps.store().load(&cx, &unit()).await.unwrap().unwrap();
        assert!(found.inventory.objects == expected, "after {} changes", round + 1);
        maps.log();
    }
    assert!((6..=20).contains(&posts) && deletes == posts, "{posts} shards were written, {deletes} went");
    let (heads, shards) = maps_of(&maps);
    assert!(heads == 1 && shards <= 6, "{shards} shards are left");
}

#[tokio::test(start_paused = true)]
async fn a_load_reads_only_shards_that_it_does_not_know() {
    let (maps, cx) = (Maps::default(), context());
    let version = maps.store().save(&cx, &unit(), None, &put(5_000)).await.unwrap();
    let store = maps.store();
    store.load(&cx, &unit()).await.unwrap();
    maps.log();
    store.load(&cx, &unit()).await.unwrap();
    assert_eq!(maps.log(), format!("GET {PATH}/windlass-shop"));
    maps.store().save(&cx, &unit(), Some(&version), &change(7)).await.unwrap();
    maps.log();
    let saved = store.load(&cx, &unit()).await.unwrap().unwrap();
    assert_eq!(maps.log(), format!("GET {PATH}/windlass-shop"), "it tells what somebody else changed");
    assert_eq!(saved.inventory.objects[&owned(7).0], change(7).put[&owned(7).0]);
    maps.store().save(&cx, &unit(), Some(&saved.version), &changes(300)).await.unwrap();
    maps.log();
    let saved = store.load(&cx, &unit()).await.unwrap().unwrap();
    let shards = maps_of(&maps).1;
    assert_eq!(maps.log().lines().count(), 1 + shards, "the head, and the shards that somebody else wrote");
    assert_eq!(saved.inventory.objects[&owned(299).0], change(299).put[&owned(299).0]);
}

/// What a state of 2,100 objects may become by one save.
fn steps() -> [(u32, Delta); 4] {
    // From the head into shards, beside the shards, from shards to shards, and back into the head.
    let mut grow = put(2_100);
    grow.put.retain(|id, _| *id != owned(0).0);
    [(1, grow), (2_100, change(3)), (2_100, changes(300)), (2_100, dropping(900..2_100))]
}

#[tokio::test(start_paused = true)]
async fn a_save_that_breaks_off_anywhere_is_whole_or_not_at_all_and_leaves_no_litter() {
    let cx = context();
    for (count, delta) in steps() {
        let begun = Maps::default();
        let first = begun.store().save(&cx, &unit(), None, &put(count)).await.unwrap();
        let old = begun.store().load(&cx, &unit()).await.unwrap().unwrap();
        let mut new = old.clone();
        delta.apply(&mut new, &Limits::default());
        for (at, fault) in (0..).flat_map(|at| [(at, Fault::Down), (at, Fault::Lost)]) {
            let maps = begun.fork();
            let store = maps.store();
            store.load(&cx, &unit()).await.unwrap();
            maps.log();
            maps.0.lock().unwrap().fault = Some((at, fault));
            let done = store.save(&cx, &unit(), Some(&first), &delta).await;
            let through = maps.0.lock().unwrap().log.len() <= at;
            maps.0.lock().unwrap().fault = None;
            let found = maps.store().load(&cx, &unit()).await.unwrap().unwrap();
            let is_new = found.inventory == new.inventory;
            assert!(is_new || found == old, "{count} objects, broken off after {at} requests");
            assert!(done.is_err() || (is_new && done.as_ref() == Ok(&found.version)), "{count}, {at}");
            // Another process goes on, and puts things in order.
            let next = maps.store();
            let last = next.save(&cx, &unit(), Some(&found.version), &put(2_100)).await.unwrap();
            assert_eq!(maps_of(&maps), (1, 4), "{count} objects, broken off after {at} requests");
            next.save(&cx, &unit(), Some(&last), &forget()).await.unwrap();
            assert_eq!(maps_of(&maps), (0, 0));
            if through {
                break;
            }
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_first_save_that_breaks_off_leaves_nothing_to_load_and_can_be_repeated() {
    let cx = context();
    for at in 0.. {
        let maps = Maps::default();
        maps.0.lock().unwrap().fault = Some((at, Fault::Down));
        let done = maps.store().save(&cx, &unit(), None, &put(2_100)).await;
        let through = maps.0.lock().unwrap().log.len() <= at;
        maps.0.lock().unwrap().fault = None;
        let loaded = maps.store().load(&cx, &unit()).await.unwrap();
        let Some(loaded) = loaded else {
            assert!(done.is_err() && names(&maps.store(), &cx).await.is_empty(), "after {at} requests");
            // A small state takes the place of one that was begun, and so does a large one.
            let count = if at % 2 == 0 { 5 } else { 2_200 };
            let version = maps.store().save(&cx, &unit(), None, &put(count)).await.unwrap();
            assert_eq!(objects(&maps, &cx).await, count as usize);
            maps.store().save(&cx, &unit(), Some(&version), &forget()).await.unwrap();
            assert_eq!(maps_of(&maps), (0, 0), "after {at} requests");
            continue;
        };
        assert_eq!(loaded.inventory.objects.len(), 2_100);
        if through {
            break;
        }
    }
}

#[tokio::test(start_paused = true)]
async fn of_two_who_save_a_large_unit_one_has_a_conflict_and_spoils_nothing() {
    let (maps, cx) = (Maps::default(), context());
    let version = maps.store().save(&cx, &unit(), None, &put(5_000)).await.unwrap();
    let (one, two) = (maps.store(), maps.store());
    one.load(&cx, &unit()).await.unwrap();
    two.load(&cx, &unit()).await.unwrap();
    // Both write the same shard, which has the same name.
    let first = one.save(&cx, &unit(), Some(&version), &change(7)).await.unwrap();
    let late = two.save(&cx, &unit(), Some(&version), &change(7)).await.unwrap_err();
    assert_eq!(late.kind(), ErrorKind::Conflict);
    let found = maps.store().load(&cx, &unit()).await.unwrap().unwrap();
    assert_eq!(found.version, first);
    two.load(&cx, &unit()).await.unwrap();
    two.save(&cx, &unit(), Some(&first), &change(8)).await.unwrap();
    assert_eq!(objects(&maps, &cx).await, 5_000);
}

#[tokio::test(start_paused = true)]
async fn a_shard_that_is_missing_or_is_not_what_was_written_is_corrupt() {
    let cx = context();
    for missing in [true, false] {
        let maps = Maps::default();
        maps.store().save(&cx, &unit(), None, &put(5_000)).await.unwrap();
        let shards: Vec<String> = {
            let inner = maps.0.lock().unwrap();
            inner.maps.keys().filter(|name| name.starts_with("shard.")).cloned().collect()
        };
        let other = maps.0.lock().unwrap().maps[&shards[1]].at(&["binaryData"]).unwrap().clone();
        if missing {
            maps.0.lock().unwrap().maps.remove(&shards[0]);
        } else {
            maps.edit(&shards[0], |map| drop(map.as_map_mut().unwrap().insert("binaryData", other)));
        }
        let error = maps.store().load(&cx, &unit()).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Corrupt, "{error}");
    }
}

#[tokio::test(start_paused = true)]
async fn what_does_not_fit_is_refused_before_anything_is_sent_and_all_else_goes_on() {
    let (maps, cx) = (Maps::default(), context());
    let store = maps.store();
    let version = store.save(&cx, &unit(), None, &put(2_100)).await.unwrap();
    maps.log();
    // Digests of other digests: nothing that could be packed.
    let noise = |from: u32, bytes: usize| {
        (from..).map(|at| Digest::of(&at.to_be_bytes()).to_string()).take(bytes / 71).collect::<String>()
    };
    let mut large = Delta::default();
    large.put.insert(ObjectId::new("", "ConfigMap", "shop", noise(0, 40_000)), owned(1).1);
    let error = store.save(&cx, &unit(), Some(&version), &large).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Limit, "{error}");
    let error = store.save(&cx, &UnitId::new("other").unwrap(), None, &large).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Limit, "{error}");
    let mut hooks = put(1);
    let run = windlass_core::HookRun { run: Digest::of(b""), good: Some(true), before: None };
    hooks.hooks.insert(ObjectId::new("", "Job", "shop", noise(0, 1_500_000)), run);
    for (unit, expected) in [(unit(), Some(&version)), (UnitId::new("other").unwrap(), None)] {
        let error = store.save(&cx, &unit, expected, &hooks).await.unwrap_err();
        assert_eq!((error.kind(), error.context("hooks")), (ErrorKind::Limit, Some("1")), "{error}");
    }
    assert_eq!(maps.log(), "");
    let version = store.save(&cx, &unit(), Some(&version), &dropping(5..2_100)).await.unwrap();
    store.save(&cx, &unit(), Some(&version), &forget()).await.unwrap();
    assert_eq!(maps_of(&maps), (0, 0));
}

#[tokio::test(start_paused = true)]
async fn what_was_intended_is_settled_in_the_same_shards() {
    let (maps, cx) = (Maps::default(), context());
    let mut intent = put(6_000);
    for owned in intent.put.values_mut() {
        (owned.stamp, owned.uid) = (None, None);
    }
    let store = maps.store();
    let version = store.save(&cx, &unit(), None, &intent).await.unwrap();
    let shards = maps_of(&maps).1;
    store.save(&cx, &unit(), Some(&version), &put(6_000)).await.unwrap();
    assert_eq!(maps_of(&maps), (1, shards));
}

#[tokio::test(start_paused = true)]
async fn two_installations_with_one_unit_do_not_meet() {
    let (maps, cx) = (Maps::default(), context());
    let other = unit().of_installation("staging").unwrap();
    let store = maps.store();
    let mine = store.save(&cx, &unit(), None, &put(2_100)).await.unwrap();
    let theirs = store.save(&cx, &other, None, &put(2_300)).await.unwrap();
    assert_eq!(names(&store, &cx).await, ["shop", "staging/shop"]);
    for map in maps.0.lock().unwrap().maps.values() {
        let label = |name: &str| map.text_at(&["metadata", "labels", name]);
        assert_eq!(label("windlass.dev/state"), Some("shop"), "one label removes all state");
        assert!(matches!(label("windlass.dev/installation"), Some("windlass" | "staging")));
    }
    store.save(&cx, &other, Some(&theirs), &forget()).await.unwrap();
    assert_eq!(names(&store, &cx).await, ["shop"]);
    assert_eq!(objects(&maps, &cx).await, 2_100);
    store.save(&cx, &unit(), Some(&mine), &forget()).await.unwrap();
    assert_eq!(maps_of(&maps), (0, 0));
}

/// A ConfigMap as release 0.1 wrote it: all objects of a unit in one.
fn map_of_the_former_format(objects: &Delta) -> Value {
    use std::io::Write;
    let entries = objects.put.iter().map(|(id, owned)| {
        let (stamp, uid) = (owned.stamp.unwrap(), owned.uid.as_ref().unwrap());
        let (wanted, rank, api_version) = (owned.wanted, owned.rank, &owned.api_version);
        format!(
            r#""{id}":{{"apiVersion":"{api_version}","rank":{rank},"wanted":"{wanted}","stamp":"{stamp}","uid":"{uid}"}}"#
        )
    });
    let entries: Vec<String> = entries.collect();
    let text = format!(
        r#"{{"format":1,"saves":3,"saved":{{"version":"","inventory":{{{}}},"history":[{{"at":"2026-01-01T00:00:00Z","plan":"{}","counts":{{"created":1,"changed":0,"unchanged":0,"deleted":0,"deleting":0,"kept":0,"skipped":0,"failed":0}},"good":true,"passes":2}}],"holds":[{{"reason":"x","by":"ann","since":"2026-01-01T00:00:00Z"}}],"approvals":[]}}}}"#,
        entries.join(","),
        Digest::of(b"plan")
    );
    let mut packer = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
    packer.write_all(text.as_bytes()).unwrap();
    let packed = base64::Engine::encode(&base64::engine::general_purpose::STANDARD, packer.finish().unwrap());
    serde_json::from_str(&format!(
        r#"{{"apiVersion":"v1","kind":"ConfigMap","metadata":{{"name":"windlass-shop","namespace":"windlass-system","labels":{{"windlass.dev/state":"shop"}},"resourceVersion":"900","uid":"u-old"}},"binaryData":{{"state.json.gz":"{packed}"}}}}"#
    ))
    .unwrap()
}

#[tokio::test(start_paused = true)]
async fn a_state_of_the_former_format_is_read_and_divided_with_the_next_save() {
    for count in [3, 5_000] {
        let (maps, cx) = (Maps::default(), context());
        let map = map_of_the_former_format(&put(count));
        maps.0.lock().unwrap().maps.insert("windlass-shop".into(), map);
        let store = maps.store();
        assert_eq!(names(&store, &cx).await, ["shop"]);
        let saved = store.load(&cx, &unit()).await.unwrap().unwrap();
        assert!(saved.inventory.objects == put(count).put);
        assert_eq!(
            saved.last_good().map(|record| record.at.to_string()).as_deref(),
            Some("2026-01-01T00:00:00Z")
        );
        store.save(&cx, &unit(), Some(&saved.version), &change(1)).await.unwrap();
        let found = maps.store().load(&cx, &unit()).await.unwrap().unwrap();
        assert_eq!(found.inventory.objects.len(), count as usize);
        assert_eq!(found.inventory.objects[&owned(1).0], change(1).put[&owned(1).0]);
        let shards = maps_of(&maps).1;
        assert!(if count == 3 { shards == 0 } else { shards > 4 }, "{count} objects in {shards} shards");
    }
}
