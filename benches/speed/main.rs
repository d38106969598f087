//! How fast 1000 ConfigMaps go from a Git server to a control plane, beside a bare HTTP client; how many requests a pass
//! over them costs once they are there; how much memory it takes.
//!
//! ```console
//! $ cargo bench -p windlass-e2e --features cluster --bench speed
//! ```
//!
//! The figures, and what they were measured on, are in `docs/benchmarks.md`; the raw ones in `benches/results`.
#![allow(clippy::print_stdout, clippy::panic, missing_docs, reason = "a bench prints, and has no caller to return to")]

mod bare;
mod fleet;
#[path = "../../crates/windlass-e2e/tests/support/git.rs"]
#[allow(dead_code, reason = "a bench uses a part of it")]
mod git;
mod pass;
mod results;

use std::path::Path;
use std::time::{Duration, Instant};

use tokio::runtime::Runtime;
use windlass_e2e::control_plane::{ControlPlane, Options};

use bare::Bare;
use pass::{Pass, Timing};
use results::Results;

/// Runs of each side, one after the other in turn.
const RUNS: usize = 5;
/// Objects under way at once, on both sides.
const AT_ONCE: usize = 32;

fn main() {
    let arguments: Vec<String> = std::env::args().collect();
    if let [_, word, kubeconfig, url, unit] = arguments.as_slice()
        && word == "pass"
    {
        return pass::child(Path::new(kubeconfig), url, unit);
    }
    let options = Options::from_env()
        .expect("where to find a control plane")
        .with_apiserver_flag("--enable-priority-and-fairness=false");
    let plane = ControlPlane::start(&options).unwrap_or_else(|error| panic!("no control plane: {error}"));
    let results = measure(plane.kubeconfig());
    print!("{results}");
    println!("raw figures: {}", results.save().display());
}

fn measure(kubeconfig: &Path) -> Results {
    let runtime = runtime();
    let mut results = Results::default();
    // One of each first, which does not count: the server has much to warm up.
    for run in 0..=RUNS {
        let bare = time_bare(&runtime, kubeconfig, &format!("bare-{run}"));
        let pass = time_pass(&runtime, kubeconfig, &format!("windlass-{run}"));
        if run > 0 {
            results.bare.push(bare);
            results.windlass.push(pass);
        }
    }
    results.requests = requests(&runtime, kubeconfig);
    results.memory = memory(kubeconfig);
    results
}

fn runtime() -> Runtime {
    tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().expect("a runtime")
}

fn time_bare(runtime: &Runtime, kubeconfig: &Path, name: &str) -> Duration {
    let bodies = fleet::bodies(name);
    let bare = Bare::new(kubeconfig);
    let began = Instant::now();
    runtime.block_on(bare.apply(&bodies, AT_ONCE));
    began.elapsed()
}

fn time_pass(runtime: &Runtime, kubeconfig: &Path, name: &str) -> Timing {
    let served = fleet::served(name);
    runtime.block_on(async { Pass::new(kubeconfig, &served.url, name).await.timed().await })
}

/// Requests of a second pass by the same process, and of one by a process that has just begun.
fn requests(runtime: &Runtime, kubeconfig: &Path) -> [u64; 2] {
    let served = fleet::served("requests");
    runtime.block_on(async {
        let pass = Pass::new(kubeconfig, &served.url, "requests").await;
        pass.timed().await;
        let warm = pass.requests_of_a_converged_pass().await;
        let cold = Pass::new(kubeconfig, &served.url, "requests").await.requests_of_a_converged_pass().await;
        [warm, cold]
    })
}

/// The most memory that a process took in its life: one that brings everything there, and one that finds it there.
fn memory(kubeconfig: &Path) -> [u64; 2] {
    let served = fleet::served("memory");
    let program = std::env::current_exe().expect("this program");
    [(); 2].map(|()| {
        let mut command = std::process::Command::new(&program);
        let output = command.arg("pass").arg(kubeconfig).args([&served.url, "memory"]).output().expect("a process");
        let text = String::from_utf8_lossy(&output.stdout).into_owned();
        text.trim().parse().unwrap_or_else(|_| panic!("{text}{}", String::from_utf8_lossy(&output.stderr)))
    })
}
