//! The state of units in ConfigMaps, and what is asked of them, against a server that keeps them.

#![allow(clippy::unwrap_used, clippy::panic)]

mod control;
mod key;
mod large;
mod laws;
#[path = "../script/mod.rs"]
mod script;
mod server;
mod small;

use std::sync::Arc;

use script::{Script, absent, context, status, unit};
use server::{Fault, Maps};
use windlass_core::{
    Context, Counts, Delta, Digest, ErrorKind, ObjectId, Owned, Record, StateStore, Timestamp, UnitId, Value,
    Version,
};
use windlass_kube::{KubeOptions, KubeStore};
use windlass_testkit::store::StoreHarness;
use windlass_testkit::suite::{Bench, Check};

fn owned(at: u32) -> (ObjectId, Owned) {
    let hex = Digest::of(format!("uid {at}").as_bytes()).to_string();
    let uid = format!("{}-{}-{}-{}-{}", &hex[7..15], &hex[15..19], &hex[19..23], &hex[23..27], &hex[27..39]);
    let id = ObjectId::new("apps", "Deployment", format!("team-{}", at % 50), format!("workload-{at}"));
    let owned = Owned {
        api_version: "apps/v1".into(),
        rank: at,
        wanted: Digest::of(format!("wanted {at}").as_bytes()),
        stamp: Some(Digest::of(format!("stamp {at}").as_bytes())),
        uid: Some(uid.into()),
        keep: false,
        transient: false,
        contest: None,
    };
    (id, owned)
}

fn put(count: u32) -> Delta {
    let mut delta = Delta::default();
    delta.put = (0..count).map(owned).collect();
    delta
}

fn forget() -> Delta {
    let mut delta = Delta::default();
    delta.forget = true;
    delta
}

async fn names(store: &KubeStore, cx: &Context) -> Vec<String> {
    store.units(cx).await.unwrap().iter().map(ToString::to_string).collect()
}
