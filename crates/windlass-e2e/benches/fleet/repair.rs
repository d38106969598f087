//! How soon an edit by hand is undone: a hundred edits a second for a minute, by another client, which also watches.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use http::Method;
use http_body_util::BodyExt;
use serde_json::{Value, json};

use super::bare::Bare;
use super::engines::Common;
use super::rows::{Rows, milliseconds};
use super::{Bench, Job, serve};

const SCENARIO: &str = "100 edits by hand a second for a minute";
const OBJECTS: usize = 3000;
const EDITS: usize = 6000;
const BETWEEN: Duration = Duration::from_millis(10);

/// Since when each object is edited, and how long each edit stood.
#[derive(Default)]
struct Told {
    edited: BTreeMap<String, Instant>,
    undone: Vec<Duration>,
}

pub(crate) fn measure(bench: &Bench, rows: &mut Rows) {
    bench.namespace("repair");
    let git = serve(&[("repair/all.yaml".to_owned(), (0..OBJECTS).map(text).collect())]);
    let job = bench.job(&git);
    let cache = tempfile::tempdir().expect("a temporary folder");
    let told = bench.runtime.block_on(edit(bench, &job, cache.path()));
    let mut times = told.undone;
    times.sort_unstable();
    let at = |part: usize| times[(times.len() - 1) * part / 100];
    rows.add(SCENARIO, 1, "edits", &EDITS);
    rows.add(SCENARIO, 1, "undone", &times.len());
    rows.add(SCENARIO, 1, "still standing at the end", &told.edited.len());
    for (name, part) in [("median", 50), ("95th percentile", 95), ("99th percentile", 99), ("longest", 100)] {
        rows.add(SCENARIO, 1, &format!("{name}, ms"), &milliseconds(at(part)));
    }
}

async fn edit(bench: &Bench, job: &Job, cache: &std::path::Path) -> Told {
    let common = Common::new(job, cache).await;
    let fleet = common.fleet(&["repair".to_owned()], Duration::from_secs(60));
    let first = common.engine("repair", Duration::from_secs(60)).reconcile(&common.cx).await.expect("a pass");
    assert!(first.is_success(), "{first}");
    let cx = common.cx.clone();
    let running = tokio::spawn(async move { fleet.run(&cx).await });
    let told = Arc::new(Mutex::new(Told::default()));
    let (bare, heard) = (bench.bare(), told.clone());
    let watching = tokio::spawn(async move {
        let path = "/api/v1/namespaces/repair/configmaps?watch=1&resourceVersion=0";
        watch(&bare, path, |line| hear(line, &heard)).await;
    });
    tokio::time::sleep(Duration::from_secs(5)).await;
    let bare = bench.bare();
    let began = Instant::now();
    for number in 0..EDITS {
        let due = BETWEEN * u32::try_from(number).expect("a small number");
        tokio::time::sleep(due.saturating_sub(began.elapsed())).await;
        let (bare, told, name) = (bare.clone(), told.clone(), name(number % OBJECTS));
        tokio::spawn(async move {
            told.lock().expect("nobody panics here").edited.insert(name.clone(), Instant::now());
            let path = format!("/api/v1/namespaces/repair/configmaps/{name}?fieldManager=by-hand");
            let patch = json!({"data": {"word": "edited"}}).to_string();
            let (status, answer) =
                bare.send(Method::PATCH, &path, "application/merge-patch+json", patch).await;
            assert_eq!(status, 200, "{path}: {}", String::from_utf8_lossy(&answer));
        });
    }
    tokio::time::sleep(Duration::from_secs(5)).await;
    common.cx.cancel().cancel();
    watching.abort();
    running.await.expect("no panic").expect("a run ends well");
    std::mem::take(&mut told.lock().expect("nobody panics here"))
}

/// Watches until the server ends it, and hands over each line.
async fn watch(bare: &Bare, path: &str, mut hear: impl FnMut(&str)) {
    let request = bare.request(Method::GET, path, "application/json", String::new());
    let mut body = bare.client.request(request).await.expect("an answer").into_body();
    let mut rest = Vec::new();
    while let Some(frame) = body.frame().await {
        let Ok(data) = frame.expect("a watch that goes on").into_data() else { continue };
        rest.extend_from_slice(&data);
        while let Some(end) = rest.iter().position(|byte| *byte == b'\n') {
            let line: Vec<u8> = rest.drain(..=end).collect();
            hear(&String::from_utf8_lossy(&line));
        }
    }
}

/// Hears of an object that is as wanted again after an edit.
fn hear(line: &str, told: &Mutex<Told>) {
    let Ok(event) = serde_json::from_str::<Value>(line) else { return };
    let text = |path: &str| event.pointer(path).and_then(Value::as_str).unwrap_or_default();
    let mut told = told.lock().expect("nobody panics here");
    // The edit itself comes first: only what was seen edited can be undone.
    if text("/object/data/word") == "wanted"
        && text("/type") == "MODIFIED"
        && let Some(since) = told.edited.remove(text("/object/metadata/name"))
    {
        told.undone.push(since.elapsed());
    }
}

fn name(number: usize) -> String {
    format!("config-{number:04}")
}

fn text(number: usize) -> String {
    let object = json!({"apiVersion": "v1", "kind": "ConfigMap", "data": {"word": "wanted"},
        "metadata": {"name": name(number), "namespace": "repair"}});
    format!("---\n{object}\n")
}
