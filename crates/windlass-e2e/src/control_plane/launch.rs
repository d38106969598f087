//! Starts the parts in their order and waits for each.

use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::thread;
use std::time::{Duration, Instant};

use tempfile::TempDir;

use super::build::build_leash;
use super::error::Error;
use super::options::{Options, Parts};
use super::process::{Process, run, tail};
use super::program::{Program, Programs};
use super::secrets::{ADMIN_KUBECONFIG, GUEST_KUBECONFIG, write_all, write_private};

/// How often a start is tried where another process took a port between the choice and its use.
const STARTS_MAX: usize = 3;
/// The wait between two looks at a part that is not ready.
const POLL: Duration = Duration::from_millis(25);
/// The node, and whether it is ready for pods: `True` without a taint.
const NODE: &str = "windlass-0";
const NODE_STATE: &str = r#"jsonpath={.status.conditions[?(@.type=="Ready")].status}{.spec.taints}"#;

/// The parts that run, and their folder, which goes away with them.
#[derive(Debug)]
pub(crate) struct Running {
    processes: Vec<Process>,
    server: String,
    data: TempDir,
}

impl Running {
    pub(crate) fn kubeconfig(&self) -> PathBuf {
        self.file(ADMIN_KUBECONFIG)
    }

    pub(crate) fn guest_kubeconfig(&self) -> PathBuf {
        self.file(GUEST_KUBECONFIG)
    }

    pub(crate) fn server(&self) -> &str {
        &self.server
    }

    pub(crate) fn log(&self, program: Program) -> Option<PathBuf> {
        self.processes.iter().find(|process| process.program == program).map(|process| process.log.clone())
    }

    pub(crate) fn check(&mut self) -> Result<(), Error> {
        self.processes.iter_mut().try_for_each(Process::check)
    }

    /// A `kubectl` that knows nothing of the user's own configuration and leaves nothing in the user's home.
    pub(crate) fn kubectl(&self, program: &Path, kubeconfig: &Path) -> Command {
        let mut command = self.isolated(program);
        command.env("KUBECONFIG", kubeconfig);
        command
    }

    fn file(&self, name: &str) -> PathBuf {
        self.data.path().join(name)
    }

    fn isolated(&self, program: &Path) -> Command {
        let mut command = Command::new(program);
        command.env_clear().env("HOME", self.data.path());
        if let Some(path) = std::env::var_os("PATH") {
            command.env("PATH", path);
        }
        command
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        self.processes.iter_mut().for_each(Process::let_go);
        self.processes.iter_mut().for_each(Process::reap);
    }
}

/// Starts the parts and waits until they can be used.
pub(crate) fn launch(programs: &Programs, options: &Options) -> Result<Running, Error> {
    let mut left = STARTS_MAX;
    loop {
        left -= 1;
        match Launch::new(programs, options)?.go() {
            Err(Error::Exited { tail, .. }) if left > 0 && tail.contains("address already in use") => {}
            outcome => return outcome,
        }
    }
}

struct Launch<'a> {
    programs: &'a Programs,
    options: &'a Options,
    leash: Option<PathBuf>,
    ports: [u16; 3],
    deadline: Instant,
    running: Running,
}

impl<'a> Launch<'a> {
    fn new(programs: &'a Programs, options: &'a Options) -> Result<Self, Error> {
        let data = tempfile::Builder::new()
            .prefix("windlass-control-plane-")
            .tempdir()
            .map_err(Error::io("create a folder in", std::env::temp_dir()))?;
        let leash = match programs.leash() {
            Some(leash) => Some(leash),
            None => build_leash(&data.path().join("leash"))?,
        };
        let ports = free_ports().map_err(Error::io("find free ports on", "127.0.0.1"))?;
        let server = format!("https://127.0.0.1:{}", ports[2]);
        let running = Running { processes: Vec::new(), server, data };
        Ok(Self { programs, options, leash, ports, deadline: Instant::now() + options.start_max, running })
    }

    fn go(mut self) -> Result<Running, Error> {
        write_all(self.running.data.path(), &self.running.server)?;
        self.etcd()?;
        self.apiserver()?;
        if self.options.parts == Parts::All {
            self.controllers()?;
        }
        Ok(self.running)
    }

    fn etcd(&mut self) -> Result<(), Error> {
        let [client, peer, _] = self.ports.map(|port| format!("http://127.0.0.1:{port}"));
        let flags = vec![
            format!("--data-dir={}", self.path("etcd")),
            format!("--listen-client-urls={client}"),
            format!("--advertise-client-urls={client}"),
            format!("--listen-peer-urls={peer}"),
            format!("--initial-advertise-peer-urls={peer}"),
            format!("--initial-cluster=default={peer}"),
            // Nothing here has to survive a power cut.
            "--unsafe-no-fsync".into(),
        ];
        self.spawn(Program::Etcd, &flags)?;
        let port = self.ports[0];
        self.until(Program::Etcd, "etcd", |_| listens(port))
    }

    fn apiserver(&mut self) -> Result<(), Error> {
        let mut flags = vec![
            format!("--etcd-servers=http://127.0.0.1:{}", self.ports[0]),
            "--bind-address=127.0.0.1".into(),
            "--advertise-address=127.0.0.1".into(),
            format!("--secure-port={}", self.ports[2]),
            format!("--cert-dir={}", self.path("apiserver")),
            format!("--tls-cert-file={}", self.path("apiserver.crt")),
            format!("--tls-private-key-file={}", self.path("apiserver.key")),
            format!("--token-auth-file={}", self.path("tokens.csv")),
            "--authorization-mode=RBAC".into(),
            "--service-account-issuer=https://kubernetes.default.svc".into(),
            format!("--service-account-key-file={}", self.path("accounts.pub")),
            format!("--service-account-signing-key-file={}", self.path("accounts.key")),
            // What the server sends to a Service, such as a webhook, stays on this machine and is refused at once.
            "--service-cluster-ip-range=127.96.0.0/16".into(),
            // The loopback is no valid endpoint, of which a reconciler would complain for ever.
            "--endpoint-reconciler-type=none".into(),
            "--allow-privileged=true".into(),
            // A pod is admitted at once, also where the account of its namespace was not made yet.
            "--disable-admission-plugins=ServiceAccount".into(),
        ];
        flags.extend(self.options.apiserver_flags.iter().cloned());
        self.spawn(Program::Apiserver, &flags)?;
        let (port, kubectl) = (self.ports[2], self.programs.path(Program::Kubectl));
        self.until(Program::Apiserver, "kube-apiserver", |_| listens(port))?;
        self.until(Program::Apiserver, "/readyz", |running| {
            answers(running, &kubectl, &["get", "--raw", "/readyz"])
        })
    }

    fn controllers(&mut self) -> Result<(), Error> {
        let kubeconfig = format!("--kubeconfig={}", self.path(ADMIN_KUBECONFIG));
        // The parts have no port of their own, and no limit but that of the API server.
        let common = [
            &kubeconfig,
            "--leader-elect=false",
            "--secure-port=0",
            "--kube-api-qps=500",
            "--kube-api-burst=1000",
        ];
        let mut flags: Vec<String> = common.map(String::from).into();
        self.spawn(Program::Scheduler, &flags)?;
        flags.push(format!("--service-account-private-key-file={}", self.path("accounts.key")));
        flags.push(format!("--root-ca-file={}", self.path("ca.crt")));
        // kwok declares the node ready once, and never again a pod that was declared not ready with its node.
        flags.push("--node-monitor-grace-period=8760h".into());
        // Otherwise an autoscaler is looked at only every fifteen seconds.
        flags.push("--horizontal-pod-autoscaler-sync-period=2s".into());
        // It would create a folder of the system.
        flags.push(format!("--flex-volume-plugin-dir={}", self.path("volume-plugins")));
        self.spawn(Program::ControllerManager, &flags)?;
        self.node(kubeconfig)?;

        let kubectl = self.programs.path(Program::Kubectl);
        self.until(Program::ControllerManager, "the service account of the namespace default", |running| {
            answers(running, &kubectl, &["get", "serviceaccount", "default", "--namespace=default"])
        })?;
        self.until(Program::Kwok, "the node", |running| {
            let mut command = running.kubectl(&kubectl, &running.kubeconfig());
            run(command.args(["get", "node", NODE, "-o", NODE_STATE]), None)
                .is_ok_and(|state| state == "True")
        })
    }

    fn node(&mut self, kubeconfig: String) -> Result<(), Error> {
        write_private(&self.running.file("kwok.yaml"), include_str!("kwok.yaml"))?;
        let config = format!("--config={}", self.path("kwok.yaml"));
        let flags = [kubeconfig, config, "--manage-all-nodes=true".into(), "--node-port=0".into()];
        self.spawn(Program::Kwok, &flags)?;
        let mut kubectl =
            self.running.kubectl(&self.programs.path(Program::Kubectl), &self.running.kubeconfig());
        run(kubectl.args(["create", "-f", "-"]), Some(include_str!("node.yaml"))).map(drop)
    }

    fn spawn(&mut self, program: Program, flags: &[String]) -> Result<(), Error> {
        let path = self.programs.path(program);
        let mut command = self.running.isolated(self.leash.as_ref().unwrap_or(&path));
        if self.leash.is_some() {
            // Whoever is killed cannot remove the folder, so the leash of the part that fills it does.
            if program == Program::Etcd {
                command.arg("-remove").arg(self.running.data.path());
            }
            command.arg(path);
        }
        command.args(flags).current_dir(self.running.data.path());
        let log = self.running.file(&format!("{program}.log"));
        self.running.processes.push(Process::spawn(program, command, log, self.leash.is_some())?);
        Ok(())
    }

    /// Waits until `done`, as long as all parts run and the limit of the start is not reached.
    fn until(
        &mut self,
        program: Program,
        what: &'static str,
        done: impl Fn(&Running) -> bool,
    ) -> Result<(), Error> {
        while !done(&self.running) {
            self.running.check()?;
            if Instant::now() >= self.deadline {
                let tail = self.running.log(program).map(|log| tail(&log)).unwrap_or_default();
                return Err(Error::Late { what, program, start_max: self.options.start_max, tail });
            }
            thread::sleep(POLL);
        }
        Ok(())
    }

    fn path(&self, name: &str) -> String {
        self.running.file(name).display().to_string()
    }
}

/// Three ports that are free now. They are all held before any is let go, so that they differ.
fn free_ports() -> std::io::Result<[u16; 3]> {
    let listen = || TcpListener::bind((Ipv4Addr::LOCALHOST, 0));
    let held = [listen()?, listen()?, listen()?];
    let [one, two, three] = &held;
    Ok([one.local_addr()?.port(), two.local_addr()?.port(), three.local_addr()?.port()])
}

fn listens(port: u16) -> bool {
    TcpStream::connect_timeout(&SocketAddr::from((Ipv4Addr::LOCALHOST, port)), Duration::from_secs(1)).is_ok()
}

fn answers(running: &Running, kubectl: &Path, arguments: &[&str]) -> bool {
    run(running.kubectl(kubectl, &running.kubeconfig()).args(arguments), None).is_ok()
}
