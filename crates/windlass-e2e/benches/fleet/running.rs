//! What a commit to one unit takes while others fail for ever, beside what it takes alone.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use tokio::sync::mpsc::{UnboundedSender, unbounded_channel};
use windlass_core::{Event, EventKind, Outcome};
use windlass_engine::Fleet;

use super::engines::Common;
use super::rows::{Rows, milliseconds};
use super::units;
use super::{Bench, serve};

const SCENARIO: &str = "a commit to one unit of a fleet that runs";
const GOOD: usize = 700;
const BAD: usize = 300;
const COMMITS: usize = 20;
/// How often the source is asked.
const INTERVAL: Duration = Duration::from_secs(1);

pub(crate) fn measure(bench: &Bench, rows: &mut Rows) {
    bench.namespace("running");
    let alone = commits(bench, &units::names("running")[..1], 0);
    let names: Vec<String> = units::names("running").into_iter().take(GOOD).collect();
    let among = commits(bench, &names, BAD);
    for (what, mut times) in [("alone", alone), ("among 700 good units and 300 that fail", among)] {
        times.sort_unstable();
        rows.add(
            SCENARIO,
            1,
            &format!("{what}: median of {COMMITS}, ms"),
            &milliseconds(times[times.len() / 2]),
        );
        rows.add(SCENARIO, 1, &format!("{what}: longest, ms"), &milliseconds(times[times.len() - 1]));
    }
}

/// Runs a fleet, and commits changes of one unit; gives the times until each was written.
fn commits(bench: &Bench, good: &[String], bad: usize) -> Vec<Duration> {
    let mut files = units::files(good, "running");
    let bad: Vec<String> = (0..bad).map(|number| format!("bad-{number:04}")).collect();
    files.extend(bad.iter().map(|unit| (format!("{unit}/all.yaml"), "kind: {\n".to_owned())));
    let git = serve(&files);
    let cache = tempfile::tempdir().expect("a temporary folder");
    bench.runtime.block_on(async {
        let common = Common::new(&bench.job(&git), cache.path()).await;
        let (tell, mut told) = unbounded_channel();
        let all = good.iter().chain(&bad).map(|unit| {
            let first = unit == &good[0];
            common.engine(unit, INTERVAL).with_events(watcher(first, &tell))
        });
        let fleet = Fleet::of(all).expect("names that differ");
        let settled = Arc::new(Mutex::new(BTreeSet::new()));
        let (cx, seen) = (common.cx.clone(), settled.clone());
        let running = tokio::spawn(async move {
            let mut see = |unit: &windlass_core::UnitId, _: &windlass_core::Result<windlass_core::Report>| {
                seen.lock().expect("nobody panics here").insert(unit.clone());
            };
            fleet.run_seeing(&cx, &mut see).await
        });
        while settled.lock().expect("nobody panics here").len() < good.len() + bad.len() {
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
        tokio::time::sleep(Duration::from_secs(5)).await;
        let mut times = Vec::new();
        for number in 0..COMMITS {
            while told.try_recv().is_ok() {}
            let text =
                units::files(&good[..1], "running").remove(0).1.replace("hello", &format!("hello {number}"));
            git.commit("a change", &[(&format!("{}/all.yaml", good[0]), Some(&text))]);
            let began = Instant::now();
            let end: Instant = told.recv().await.expect("the fleet runs");
            times.push(end.saturating_duration_since(began));
        }
        common.cx.cancel().cancel();
        running.await.expect("no panic").expect("a run ends well");
        times
    })
}

/// Tells when the first unit has changed an object.
fn watcher(first: bool, tell: &UnboundedSender<Instant>) -> impl Fn(&Event) + Send + Sync + 'static {
    let tell = tell.clone();
    move |event: &Event| {
        if first && matches!(event.what, EventKind::Object { outcome: Outcome::Changed, .. }) {
            // Nobody may be waiting any more.
            let _ = tell.send(Instant::now());
        }
    }
}
