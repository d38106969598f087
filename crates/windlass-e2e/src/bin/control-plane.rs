//! Builds the control plane, or brings one up for a developer to work against.
#![allow(clippy::print_stdout, clippy::print_stderr, reason = "a command speaks to its user")]

use std::process::ExitCode;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use signal_hook::consts::{SIGINT, SIGTERM};
use windlass_e2e::control_plane::{ControlPlane, Error, Options, Parts, Release, build, cache_folder};

const USAGE: &str = "usage: control-plane build       build the programs and print their folder
       control-plane up          bring a control plane up until Ctrl-C
       control-plane up --api    the same with etcd and kube-apiserver alone
WINDLASS_KUBERNETES=1.34.4 takes that release of Kubernetes instead of 1.37.2";

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let outcome = match arguments.iter().map(String::as_str).collect::<Vec<_>>().as_slice() {
        ["build"] => make(),
        ["up"] => up(Parts::All),
        ["up", "--api"] => up(Parts::Api),
        _ => {
            eprintln!("{USAGE}");
            return ExitCode::from(2);
        }
    };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("control-plane: {error}");
            ExitCode::FAILURE
        }
    }
}

fn make() -> Result<(), Error> {
    let (cache, release) = (cache_folder()?, Release::from_env()?);
    eprintln!("building Kubernetes {release} unless it is there; the first build takes minutes");
    let started = Instant::now();
    let folder = build(&cache, release)?;
    eprintln!("ready after {:.1}s", started.elapsed().as_secs_f64());
    println!("{}", folder.display());
    Ok(())
}

fn up(parts: Parts) -> Result<(), Error> {
    let stop = stop_flag()?;
    let options = Options::from_env()?.with_parts(parts);
    eprintln!("starting; where the programs have to be built first, that takes minutes");
    let started = Instant::now();
    let mut plane = ControlPlane::start(&options)?;
    eprintln!("ready after {:.1}s", started.elapsed().as_secs_f64());
    let kubeconfig = plane.kubeconfig().display();
    println!("{kubeconfig}");
    println!("export KUBECONFIG={kubeconfig}");
    match plane.server() {
        Some(server) => eprintln!("{server}, with logs beside the kubeconfig, until Ctrl-C"),
        None => eprintln!("this cluster was there before, and stays after Ctrl-C"),
    }
    while !stop.load(Ordering::Relaxed) {
        plane.check()?;
        thread::sleep(Duration::from_millis(100));
    }
    Ok(())
}

/// A flag that Ctrl-C and a request to terminate raise.
fn stop_flag() -> Result<Arc<AtomicBool>, Error> {
    let stop = Arc::new(AtomicBool::new(false));
    for signal in [SIGINT, SIGTERM] {
        signal_hook::flag::register(signal, Arc::clone(&stop)).map_err(|source| Error::Io {
            doing: "handle",
            path: "signals".into(),
            source,
        })?;
    }
    Ok(stop)
}
