//! Brings a folder of manifests to the cluster of the current kubeconfig, and takes it away again.
//!
//! ```console
//! $ cargo run -p example-kubernetes --example kubernetes -- examples/kubernetes/deploy
//! $ cargo run -p example-kubernetes --example kubernetes -- examples/kubernetes/deploy delete
//! ```
//!
//! It writes to the cluster that `kubectl` would write to: the objects of the folder, and in the namespace
//! `windlass-system` what the unit `example` owns.

use std::env;
use std::io::{self, Write};
use std::process::ExitCode;

use windlass::fs::DirSource;
use windlass::kube::{Cluster, Connect, KubeOptions, KubeTarget};
use windlass::{Context, Engine, Error, ErrorKind, Result, TokioClock, UnitId, kubernetes};

fn main() -> ExitCode {
    let args: Vec<String> = env::args().skip(1).collect();
    let args: Vec<&str> = args.iter().map(String::as_str).collect();
    match run(&args, &mut io::stdout().lock()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            drop(writeln!(io::stderr(), "{}", error.explain()));
            ExitCode::FAILURE
        }
    }
}

fn run(args: &[&str], out: &mut impl Write) -> Result<()> {
    let (folder, deleting) = match *args {
        [folder] => (folder, false),
        [folder, "delete"] => (folder, true),
        _ => return Err(Error::new(ErrorKind::Invalid, "expected <folder of manifests> [delete]")),
    };
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    let runtime = runtime.map_err(|error| Error::new(ErrorKind::Internal, "no runtime").caused_by(error))?;
    runtime.block_on(pass(folder, deleting, out))
}

async fn pass(folder: &str, deleting: bool, out: &mut impl Write) -> Result<()> {
    let cx = Context::new(TokioClock::new());
    let cluster = Cluster::connect(&Connect::environment()).await?;
    let target = KubeTarget::new(cluster.clone(), KubeOptions::default());
    let engine = Engine::new(UnitId::new("example")?, DirSource::new(folder), windlass::auto(), target)
        .with_explain(kubernetes::explain());

    let plan = if deleting { engine.plan_delete(&cx).await? } else { engine.plan(&cx).await? };
    said(write!(out, "{plan}"))?;
    let report = if deleting { engine.delete(&cx, &plan).await? } else { engine.apply(&cx, &plan).await? };
    said(write!(out, "{report}"))?;
    said(writeln!(out, "{} requests to {}", cluster.requests(), cluster.server()))?;
    report.error().map_or(Ok(()), Err)
}

fn said(written: io::Result<()>) -> Result<()> {
    written.map_err(|error| Error::new(ErrorKind::Unavailable, "cannot write the output").caused_by(error))
}
