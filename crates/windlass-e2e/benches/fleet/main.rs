//! Times many units and large ones against a real API server, beside a bare client in the same run:
//! `cargo bench -p windlass-e2e --features cluster --bench fleet [-- NAME…]`.
//!
//! Each name is one measurement, and all are made where none is given. Those of time and memory run in a process of their
//! own. `WINDLASS_BENCH_NAME` names the folder under `benches/results/`, `WINDLASS_BENCH_ROUNDS` sets how many rounds count.
#![allow(clippy::panic, reason = "a measurement that fails ends by it")]
#![allow(clippy::print_stdout, reason = "the table is what this program is for")]

mod adopt;
#[path = "../converge/bare.rs"]
mod bare;
mod engines;
mod folders;
#[path = "../../tests/support/git.rs"]
mod git;
mod large;
#[path = "../converge/machine.rs"]
mod machine;
mod process;
mod repair;
mod rows;
mod running;
mod units;

use std::path::PathBuf;
use std::process::Command;

use windlass_e2e::control_plane::{ControlPlane, Options};

use bare::{Access, Bare};
use git::Served;
use rows::Rows;

/// How many times a scenario is measured.
const ROUNDS: usize = 3;
const CHILD: &str = "child";

/// The allocator of the command.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).filter(|word| word != "--bench").collect();
    match arguments.iter().map(String::as_str).collect::<Vec<_>>().as_slice() {
        [CHILD, "units", rest @ ..] => units::child(&job(rest)),
        [CHILD, "large", rest @ ..] => large::child(&job(rest)),
        [CHILD, "folders", root] => folders::child(root.as_ref()),
        names => run(names),
    }
}

fn job(words: &[&str]) -> Job {
    let [kubeconfig, url, unit, commits @ ..] = words else { panic!("not a job: {words:?}") };
    let commits = commits.iter().map(|commit| (*commit).to_owned()).collect();
    Job { kubeconfig: kubeconfig.into(), url: (*url).into(), unit: (*unit).into(), commits }
}

/// From where to where.
pub(crate) struct Job {
    pub(crate) kubeconfig: PathBuf,
    pub(crate) url: String,
    /// The unit, where there is one alone, else what the names of the units begin with.
    pub(crate) unit: String,
    /// The commits to go through; none for the branch.
    pub(crate) commits: Vec<String>,
}

fn run(names: &[&str]) {
    let wanted = |name: &str| names.is_empty() || names.contains(&name);
    let mut rows = Rows::default();
    if wanted("folders") {
        folders::measure(&mut rows);
    }
    if ["units", "running", "large", "repair", "adopt"].into_iter().any(wanted) {
        let bench = Bench::new();
        if wanted("units") {
            units::measure(&bench, &mut rows);
        }
        if wanted("running") {
            running::measure(&bench, &mut rows);
        }
        if wanted("large") {
            large::measure(&bench, &mut rows);
        }
        if wanted("repair") {
            repair::measure(&bench, &mut rows);
        }
        if wanted("adopt") {
            adopt::measure(&bench, &mut rows);
        }
    }
    rows.finish();
}

/// The cluster and the repository.
pub(crate) struct Bench {
    pub(crate) plane: ControlPlane,
    pub(crate) access: Access,
    pub(crate) runtime: tokio::runtime::Runtime,
    pub(crate) rounds: usize,
}

impl Bench {
    fn new() -> Self {
        let options = Options::from_env()
            .expect("where to find a control plane")
            .with_apiserver_flag("--enable-priority-and-fairness=false");
        let plane = ControlPlane::start(&options).expect("the control plane must start");
        let access = access(&plane);
        let rounds = std::env::var("WINDLASS_BENCH_ROUNDS").ok().and_then(|text| text.parse().ok());
        Self { plane, access, runtime: runtime(), rounds: rounds.unwrap_or(ROUNDS) }
    }

    /// Makes an empty namespace.
    pub(crate) fn namespace(&self, name: &str) {
        let manifest = format!("{{apiVersion: v1, kind: Namespace, metadata: {{name: {name}}}}}");
        self.plane.apply(&manifest).expect("a namespace");
    }

    pub(crate) fn bare(&self) -> Bare {
        Bare::new(&self.access)
    }

    /// Names the branch of a repository as the source.
    pub(crate) fn job(&self, git: &Served) -> Job {
        let (url, unit) = (git.url.clone(), String::new());
        Job { kubeconfig: self.plane.kubeconfig().to_owned(), url, unit, commits: Vec::new() }
    }

    /// Runs a part of this program as a process of its own, which prints measures.
    pub(crate) fn child(&self, what: &str, git: &Served, rest: &[&str], mut take: impl FnMut(&str, &str)) {
        let kubeconfig = self.plane.kubeconfig().to_str().expect("a path in UTF-8");
        let words = [&[what, kubeconfig, git.url.as_str()], rest].concat();
        child(&words, &mut take);
    }
}

/// Commits files to a new repository, packed as a Git server keeps them.
pub(crate) fn serve(files: &[(String, String)]) -> Served {
    let git = Served::new();
    commit(&git, files);
    git.pack();
    git
}

/// Commits files; gives the name of the commit.
pub(crate) fn commit(git: &Served, files: &[(String, String)]) -> String {
    let files: Vec<(&str, Option<&str>)> =
        files.iter().map(|(path, text)| (path.as_str(), Some(text.as_str()))).collect();
    git.commit("a change", &files)
}

pub(crate) fn child(arguments: &[&str], take: &mut impl FnMut(&str, &str)) {
    let program = std::env::current_exe().expect("this program");
    let output = Command::new(program).arg(CHILD).args(arguments).output().expect("this program must start");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    for line in String::from_utf8_lossy(&output.stdout).lines() {
        let (measure, value) = line.split_once('=').expect("a measure and its value");
        take(measure, value);
    }
}

pub(crate) fn runtime() -> tokio::runtime::Runtime {
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

fn base64(text: &str) -> Vec<u8> {
    use base64::Engine as _;
    base64::engine::general_purpose::STANDARD.decode(text.trim()).expect("base64")
}
