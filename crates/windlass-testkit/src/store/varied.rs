//! A state in which there is one of everything that a state can hold.

use windlass_core::{Counts, Delta, Digest, HookRun, ObjectId, Owned, Record, Revision, Timestamp, Trigger};

use super::{map, owned};

/// Identities as they come, and as nobody would think: group, kind, namespace, name.
const IDS: [[&str; 4]; 12] = [
    ["", "ConfigMap", "shop", "a"],
    ["", "ConfigMap", "shop", "b"],
    ["apps", "Deployment", "shop", "a"],
    ["", "Namespace", "", "shop"],
    ["rbac.authorization.k8s.io", "ClusterRole", "", "system:node"],
    // Without escapes the next two would be one, and so would the two after them.
    ["", "Odd.example", "", "a"],
    ["example", "Odd", "", "a"],
    ["", "ConfigMap", "shop/inner", "a"],
    ["", "ConfigMap", "shop", "inner/a"],
    ["", "ConfigMap", "shop", "50% \"\\ \u{e9}\u{1f600}\n"],
    ["", "ConfigMap", "shop", "%2F"],
    ["", "ConfigMap", "..", "."],
];

/// Makes a delta that sets everything there is.
pub(super) fn everything() -> Delta {
    let mut delta = Delta::default();
    for ([group, kind, namespace, name], rank) in IDS.into_iter().zip(0..) {
        let known = Owned { rank, ..owned(name) };
        let owned = match rank % 3 {
            0 => known,
            1 => Owned { stamp: None, uid: None, keep: false, contest: None, ..known },
            _ => Owned { uid: None, rank: u32::MAX, api_version: "odd.example/v1beta1".into(), ..known },
        };
        delta.put.insert(ObjectId::new(group, kind, namespace, name), owned);
    }
    delta.put.insert(
        map("intent"),
        Owned { stamp: None, uid: None, keep: false, contest: None, ..owned("intent") },
    );
    let run = |of: &str, good| HookRun {
        run: Digest::of(of.as_bytes()),
        good,
        before: good.is_none().then(|| of.into()),
    };
    delta.hooks = [(map("migrate"), run("a", Some(true))), (map("of two\nlines"), run("b", None))].into();
    delta.deletion_hooks = Some([(map("backup"), Digest::of(b"backup"))].into());
    delta.default_namespace = Some("shop".into());
    delta.record = Some(pass(1, "sha1:1a2b", true));
    delta.history = Some(vec![pass(0, "sha1:0a1b", false)]);
    delta.sealed_by = Some(Digest::of(b"key"));
    delta
}

/// Makes the record of a pass that brought a revision.
pub(super) fn pass(at: u64, revision: &str, good: bool) -> Record {
    let revision = Revision::new(revision).with_reference("main").with_commit(
        "Ann <ann@example.org>",
        Timestamp::from_unix(3),
        "a line: with \"marks\"",
    );
    let mut counts = Counts::default();
    (counts.created, counts.kept, counts.failed) = (3, 2, 1);
    Record::new(Timestamp::from_unix(at), Some(revision), Digest::of(b"plan"), counts)
        .with_good(good)
        .with_trigger(Trigger::Source)
}
