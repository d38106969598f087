//! Times 1000 ConfigMaps from a commit behind HTTP to a real API server, against a bare client that only sends them:
//! `cargo bench -p windlass-e2e --features cluster --bench converge`.
//!
//! Beside them `git` clones the same files by itself, which is what fetching takes at least.
//!
//! Rounds alternate between the two sides, each on a namespace of its own and with new connections. What an idle pass
//! asks is counted by the API server. What a side has written is taken away before the other begins, so that no round
//! lists the objects of another. Peak memory is that of a process that makes a first and an idle pass, and nothing
//! else. `WINDLASS_BENCH_NAME` names the folder under `benches/results/`, `WINDLASS_BENCH_ROUNDS` sets how many rounds
//! count.
#![allow(clippy::print_stdout, reason = "the table is what this program is for")]

mod bare;
mod engine;
mod fleet;
#[path = "../../tests/support/git.rs"]
mod git;
mod machine;
mod results;
mod served;

use std::process::Command;
use std::time::{Duration, Instant};

use http::Method;
use windlass_e2e::control_plane::{ControlPlane, Options, Parts};

use bare::{Access, Bare};
use engine::{Fresh, Job, Pass};
use fleet::Fleet;
use git::Served;
use results::Results;

const ROUNDS: usize = 5;
const CHILD: &str = "measure-memory";

/// The allocator of the command.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    match arguments.as_slice() {
        [child, kubeconfig, url, unit] if child == CHILD => {
            measure_memory(&Job { kubeconfig: kubeconfig.into(), url: url.clone(), unit: unit.clone() });
        }
        _ => Bench::new().run(),
    }
}

/// How long who takes part was on a processor.
struct Used([(&'static str, u64); 3]);

impl Used {
    fn now() -> Self {
        let of = |name| machine::cpu_ms(Some(name));
        Self([
            ("the client", machine::cpu_ms(None)),
            ("the API server", of("kube-apiserver")),
            ("etcd", of("etcd")),
        ])
    }

    fn since(&self) -> Self {
        let mut used = Self::now();
        used.0.iter_mut().zip(self.0).for_each(|((_, now), (_, before))| *now -= before);
        used
    }
}

/// What both sides share: the cluster and the repository.
struct Bench {
    plane: ControlPlane,
    access: Access,
    git: Served,
    results: Results,
    runtime: tokio::runtime::Runtime,
}

impl Bench {
    fn new() -> Self {
        let options = Options::from_env()
            .expect("where to find a control plane")
            .with_parts(Parts::Api)
            .with_apiserver_flag("--enable-priority-and-fairness=false");
        let plane = ControlPlane::start(&options).expect("the control plane must start");
        let access = access(&plane);
        Self { plane, access, git: Served::new(), results: Results::default(), runtime: runtime() }
    }

    fn run(mut self) {
        let rounds = std::env::var("WINDLASS_BENCH_ROUNDS").ok().and_then(|text| text.parse().ok());
        for round in 0..=rounds.unwrap_or(ROUNDS) {
            // The first round warms the server up. Who begins changes, so that neither gains by its place.
            if round % 2 == 0 {
                self.bare(round);
                self.engine(round);
            } else {
                self.engine(round);
                self.bare(round);
            }
        }
        self.memory();
        self.results.finish();
    }

    fn bare(&mut self, round: usize) {
        let fleet = Fleet { namespace: format!("bare-{round}") };
        let bare = Bare::new(&self.access);
        let (namespace, maps) = fleet.bodies();
        let used = Used::now();
        let took = self.runtime.block_on(bare.converge(&namespace, maps));
        let used = used.since();
        self.results.add_time(round, "bare", "converge", took);
        self.used(round, "bare", &used);
        self.results.add(round, "bare", "load", &machine::load());
        self.runtime.block_on(clear(&bare, &fleet.namespace));
    }

    fn engine(&mut self, round: usize) {
        let unit = format!("engine-{round}");
        let job = self.job(&unit);
        let cache = tempfile::tempdir().expect("a temporary folder");
        self.git_alone(round, &job.url);
        let bare = Bare::new(&self.access);
        let (first, used, idle, asked) = self.runtime.block_on(async {
            let fresh = Fresh::new(&job, cache.path()).await;
            let begun = served::counts(&metrics(&bare).await);
            let used = Used::now();
            let first = fresh.converge().await;
            let used = used.since();
            let before = served::counts(&metrics(&bare).await);
            let idle = fresh.idle().await;
            let after = served::counts(&metrics(&bare).await);
            (first, used, idle, [served::since(&begun, &before), served::since(&before, &after)])
        });
        self.used(round, "engine", &used);
        self.note(round, "converge", &first);
        self.note(round, "idle", &idle);
        for (pass, asked) in ["converge", "idle"].into_iter().zip(asked) {
            for (what, count) in asked {
                self.results.add(round, "engine", &format!("{pass} asked: {what}"), &count.to_string());
            }
        }
        self.results.add(round, "engine", "load", &machine::load());
        self.runtime.block_on(clear(&bare, &unit));
    }

    /// Times what fetching alone takes: `git` itself, asked for the same commit of the same server.
    fn git_alone(&mut self, round: usize, url: &str) {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let began = Instant::now();
        let status = Command::new("git")
            .args(["clone", "--quiet", "--bare", "--depth", "1", "--branch", "main", url])
            .arg(folder.path().join("clone"))
            .status()
            .expect("git must start");
        assert!(status.success(), "git must clone {url}");
        self.results.add_time(round, "git", "clone", began.elapsed());
    }

    fn used(&mut self, round: usize, side: &'static str, used: &Used) {
        for (who, milliseconds) in used.0 {
            self.results.add(round, side, &format!("CPU of {who}, ms"), &milliseconds.to_string());
        }
    }

    fn note(&mut self, round: usize, pass: &str, measured: &Pass) {
        self.results.add_time(round, "engine", pass, measured.took);
        self.results.add(round, "engine", &format!("{pass} requests"), &measured.requests.to_string());
        for (stage, end) in &measured.stages {
            self.results.add_time(round, "engine", &format!("{pass} until {stage}"), *end);
        }
    }

    /// Commits the files of a namespace, packed as a Git server keeps them.
    fn job(&self, unit: &str) -> Job {
        let files = Fleet { namespace: unit.to_owned() }.files();
        let files: Vec<(&str, Option<&str>)> =
            files.iter().map(|(path, text)| (path.as_str(), Some(text.as_str()))).collect();
        self.git.commit(unit, &files);
        self.git.pack();
        Job {
            kubeconfig: self.plane.kubeconfig().to_owned(),
            url: self.git.url.clone(),
            unit: unit.to_owned(),
        }
    }

    fn memory(&mut self) {
        let job = self.job("memory");
        let program = std::env::current_exe().expect("this program");
        let output = Command::new(program)
            .arg(CHILD)
            .arg(&job.kubeconfig)
            .args([&job.url, &job.unit])
            .output()
            .expect("this program must start");
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        for line in String::from_utf8_lossy(&output.stdout).lines() {
            let (measure, value) = line.split_once('=').expect("a measure and its value");
            self.results.add(1, "engine", measure, value);
        }
    }
}

/// Makes a first and an idle pass and prints the peak of memory after each.
fn measure_memory(job: &Job) {
    let cache = tempfile::tempdir().expect("a temporary folder");
    runtime().block_on(async {
        println!("peak KB at start={}", machine::peak_kb());
        let fresh = Fresh::new(job, cache.path()).await;
        fresh.converge().await;
        println!("peak KB after the first pass={}", machine::peak_kb());
        fresh.idle().await;
        println!("peak KB={}", machine::peak_kb());
    });
}

/// Deletes what a side has written into its namespace.
async fn clear(bare: &Bare, namespace: &str) {
    let path = format!("/api/v1/namespaces/{namespace}/configmaps");
    let (status, answer) = bare.send(Method::DELETE, &path, "application/json", String::new()).await;
    assert_eq!(status, 200, "{path}: {}", String::from_utf8_lossy(&answer));
}

async fn metrics(bare: &Bare) -> String {
    let (status, answer) = bare.send(Method::GET, "/metrics", "text/plain", String::new()).await;
    assert_eq!(status, 200, "the API server tells its metrics");
    String::from_utf8_lossy(&answer).into_owned()
}

fn runtime() -> tokio::runtime::Runtime {
    let mut builder = tokio::runtime::Builder::new_multi_thread();
    builder.worker_threads(2).enable_all().build().expect("a runtime")
}

fn access(plane: &ControlPlane) -> Access {
    let read = |path: &str| {
        let output = format!("jsonpath={{{path}}}");
        plane.kubectl_run(&["config", "view", "--raw", "--flatten", "-o", &output]).expect("a kubeconfig")
    };
    let authority = read(".clusters[0].cluster.certificate-authority-data");
    Access {
        server: read(".clusters[0].cluster.server"),
        token: read(".users[0].user.token"),
        authority: String::from_utf8(base64(&authority)).expect("PEM"),
    }
}

/// Decodes the standard alphabet.
fn base64(text: &str) -> Vec<u8> {
    use base64::Engine as _;
    base64::engine::general_purpose::STANDARD.decode(text.trim()).expect("base64")
}

/// Gives the one in the middle.
fn median(mut times: Vec<Duration>) -> Duration {
    times.sort_unstable();
    times[times.len() / 2]
}
