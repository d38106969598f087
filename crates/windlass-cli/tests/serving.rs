//! What a run tells by HTTP.

#![cfg(unix)]
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

mod support;

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::process::ChildStderr;
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process};
use support::{World, unit};

/// The longest time until something is as it should be.
const WAIT_MAX: Duration = Duration::from_secs(30);

/// A run that listens.
struct Run {
    address: String,
    stderr: BufReader<ChildStderr>,
    pid: Pid,
}

/// What was answered: the first line, the headers and the body.
#[derive(Debug)]
struct Answer {
    status: u16,
    headers: String,
    body: String,
}

impl Run {
    fn start(world: &mut World, args: &str) -> Self {
        let child = world.start(&format!("run {args} --listen 127.0.0.1:0"));
        let pid = Pid::from_child(child);
        let mut stderr = BufReader::new(child.stderr.take().unwrap());
        let mut line = String::new();
        stderr.read_line(&mut line).unwrap();
        let address = line.trim().strip_prefix("listening on ").unwrap_or_else(|| panic!("{line}"));
        Self { address: address.into(), stderr, pid }
    }

    fn get(&self, path: &str) -> Answer {
        self.say(&format!("GET {path} HTTP/1.1\r\nHost: it\r\n\r\n"))
    }

    fn say(&self, request: &str) -> Answer {
        let mut stream = TcpStream::connect(&self.address).unwrap();
        stream.write_all(request.as_bytes()).unwrap();
        let mut said = String::new();
        stream.read_to_string(&mut said).unwrap();
        let (head, body) = said.split_once("\r\n\r\n").unwrap_or_else(|| panic!("{said}"));
        let (first, headers) = head.split_once("\r\n").unwrap();
        let status = first.split(' ').nth(1).unwrap().parse().unwrap();
        Answer { status, headers: headers.into(), body: body.into() }
    }

    /// Asks until the answer is as it should be.
    fn until(&self, path: &str, is_right: impl Fn(&Answer) -> bool) -> Answer {
        let began = Instant::now();
        loop {
            let answer = self.get(path);
            if is_right(&answer) {
                return answer;
            }
            assert!(began.elapsed() < WAIT_MAX, "{path} never is as it should be: {answer:#?}");
            std::thread::sleep(Duration::from_millis(20));
        }
    }

    /// Waits until `/metrics` has this line.
    fn until_metric(&self, line: &str) -> String {
        self.until("/metrics", |answer| answer.body.lines().any(|have| have == line)).body
    }
}

/// A unit from a folder of this name to one of its own, which looks every second.
fn of_folder(name: &str) -> String {
    unit(name, &format!("  source: {{dir: ../{name}}}\n  target: {{dir: ../live-{name}}}\n  interval: 1s\n"))
}

fn state(unit: &str, state: &str) -> String {
    format!("windlass_unit_state{{installation=\"windlass\",unit=\"{unit}\",state=\"{state}\"}} 1")
}

#[test]
fn a_run_that_has_looked_at_every_unit_is_alive_and_ready() {
    let mut world = World::new();
    let run = Run::start(&mut world, "-f unit.yaml");
    let alive = run.get("/healthz");
    assert_eq!((alive.status, alive.body.as_str()), (200, "ok\n"));
    let ready = run.until("/readyz", |answer| answer.status == 200);
    assert_eq!(ready.body, "ok\n");
    assert!(ready.headers.contains("content-type: text/plain; charset=utf-8"), "{ready:?}");
}

#[test]
fn a_unit_that_nobody_has_looked_at_yet_is_named_by_readyz_and_another_that_fails_is_not() {
    let mut world = World::new();
    // A server that takes every connection and says nothing.
    let silent = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}/fleet.git", silent.local_addr().unwrap());
    world.put("units/a.yaml", &of_folder("broken"));
    world.put("broken/it.yaml", "kind: ConfigMap\n");
    world.put(
        "units/b.yaml",
        &unit("slow", &format!("  source: {{git: {{url: \"{url}\"}}}}\n  target: {{dir: ../live}}\n")),
    );
    let run = Run::start(&mut world, "-f units");
    run.until_metric(&state("broken", "failed"));
    let unready = run.get("/readyz");
    assert_eq!(unready.status, 503);
    assert_eq!(unready.body, "1 of 2 units were not looked at yet: slow\n");
    run.until_metric(&state("slow", "new"));
    assert_eq!(run.get("/healthz").status, 200, "a source that is silent is no reason to start anew");
}

/// Takes out what differs from run to run.
fn steady(metrics: &str) -> String {
    let differs = |line: &str| {
        ["_bucket{", "_sum{", "_timestamp_seconds{", "_build_info{"].iter().any(|part| line.contains(part))
    };
    let masked = metrics.lines().map(|line| match line.rsplit_once(' ') {
        Some((name, _)) if !line.starts_with('#') && differs(line) => format!("{name} …\n"),
        _ => format!("{line}\n"),
    });
    masked.collect::<String>().replace(env!("CARGO_PKG_VERSION"), "<VERSION>")
}

#[test]
fn metrics_tell_of_each_unit_how_it_is_and_what_was_done() {
    let mut world = World::new();
    let text = std::fs::read_to_string(world.path("unit.yaml")).unwrap();
    // One pass and no other.
    world.put("unit.yaml", &format!("{text}  interval: 1h\n"));
    let run = Run::start(&mut world, "-f unit.yaml");
    run.until_metric(&state("shop", "ready"));
    let answer = run.get("/metrics");
    let content = "content-type: application/openmetrics-text; version=1.0.0; charset=utf-8";
    assert!(answer.headers.contains(content), "{}", answer.headers);
    insta::assert_snapshot!(steady(&answer.body));
}

#[test]
fn an_object_that_somebody_changed_counts_as_drift_and_its_repair_as_a_write() {
    let mut world = World::new();
    world.put("units/shop.yaml", &of_folder("shop"));
    world.put("shop/web.yaml", support::WEB);
    let live = world.path("live-shop/shop/ConfigMap/web.yaml");
    let run = Run::start(&mut world, "-f units");
    run.until_metric(&state("shop", "ready"));
    std::fs::write(live, support::WEB.replace("hello", "bonjour")).unwrap();
    let metrics = run.until_metric(
        "windlass_unit_writes_total{installation=\"windlass\",unit=\"shop\",verb=\"change\"} 1",
    );
    let drift = "windlass_unit_drifts_total{installation=\"windlass\",unit=\"shop\"} 1\n";
    assert!(metrics.contains(drift), "{metrics}");
}

#[test]
fn a_suspended_unit_is_told_as_suspended_and_leaves_the_run_ready() {
    let mut world = World::new();
    world.good("suspend -f unit.yaml --reason audit");
    let run = Run::start(&mut world, "-f unit.yaml");
    let metrics = run.until_metric(&state("shop", "suspended"));
    let withheld =
        "windlass_unit_passes_total{installation=\"windlass\",unit=\"shop\",result=\"withheld\"} 1\n";
    assert!(metrics.contains(withheld), "{metrics}");
    assert!(!metrics.contains("windlass_unit_revision_info"), "nothing was applied: {metrics}");
    assert_eq!(run.get("/readyz").status, 200);
}

#[test]
fn a_unit_that_depends_on_one_that_fails_is_told_as_waiting() {
    let mut world = World::new();
    world.put("units/a.yaml", &of_folder("database"));
    world.put("units/b.yaml", &format!("{}  dependsOn: [database]\n", of_folder("shop")));
    world.put("database/it.yaml", "kind: ConfigMap\n");
    world.put("shop/web.yaml", support::WEB);
    let run = Run::start(&mut world, "-f units");
    run.until_metric(&state("shop", "waiting"));
    assert_eq!(run.until("/readyz", |answer| answer.status == 200).body, "ok\n");
}

#[test]
fn a_unit_that_is_taken_out_leaves_the_metrics_and_unit_files_that_cannot_be_read_make_the_run_unready() {
    let mut world = World::new();
    for name in ["one", "two"] {
        world.put(&format!("units/{name}.yaml"), &of_folder(name));
        world.put(&format!("{name}/web.yaml"), support::WEB);
    }
    let second = world.path("units/two.yaml");
    let run = Run::start(&mut world, "-f units");
    assert!(run.until_metric(&state("two", "ready")).contains("unit=\"one\""));
    std::fs::remove_file(&second).unwrap();
    let left = run.until("/metrics", |answer| !answer.body.contains("unit=\"two\""));
    assert!(left.body.contains("unit=\"one\""), "{left:?}");
    std::fs::write(&second, "kind: Unit\nsecret: hunter2\n").unwrap();
    let unready = run.until("/readyz", |answer| answer.status == 503);
    assert_eq!(unready.body, "the unit files cannot be read; the log says why\n");
    assert!(run.get("/metrics").body.contains("\nwindlass_unit_files_read 0\n"));
}

#[test]
fn only_three_paths_are_there_and_only_to_be_read() {
    let mut world = World::new();
    let run = Run::start(&mut world, "-f unit.yaml");
    assert_eq!(run.get("/").status, 404);
    assert_eq!(run.get("/metrics/../etc/passwd").status, 404);
    for method in ["POST", "PUT", "DELETE", "OPTIONS"] {
        let refused =
            run.say(&format!("{method} /metrics HTTP/1.1\r\nHost: it\r\nContent-Length: 0\r\n\r\n"));
        assert_eq!(refused.status, 405, "{method}");
        assert!(refused.headers.contains("allow: GET, HEAD"), "{refused:?}");
    }
    let head = run.say("HEAD /healthz HTTP/1.1\r\nHost: it\r\n\r\n");
    assert_eq!((head.status, head.body.as_str()), (200, ""));
    let many = "X: y\r\n".repeat(100);
    assert_eq!(run.say(&format!("GET /healthz HTTP/1.1\r\n{many}\r\n")).status, 431);
    let long = "y".repeat(20_000);
    assert!(matches!(run.say(&format!("GET /healthz?{long} HTTP/1.1\r\n\r\n")).status, 400 | 414 | 431));
}

#[test]
fn clients_that_say_nothing_keep_neither_others_from_an_answer_nor_the_run_from_its_end() {
    let mut world = World::new();
    let mut run = Run::start(&mut world, "-f unit.yaml");
    // As many as are let in at once.
    let silent: Vec<TcpStream> = (0..64).map(|_| TcpStream::connect(&run.address).unwrap()).collect();
    assert_eq!(run.get("/healthz").status, 200, "those who say nothing are sent away");
    drop(silent);
    let _silent = TcpStream::connect(&run.address).unwrap();
    let began = Instant::now();
    kill_process(run.pid, Signal::TERM).unwrap();
    run.stderr.read_to_string(&mut String::new()).unwrap();
    assert!(began.elapsed() < Duration::from_secs(4), "{:?}", began.elapsed());
    assert!(TcpStream::connect(&run.address).is_err(), "nobody listens any more");
}

#[test]
fn an_address_that_cannot_be_listened_at_ends_the_run_with_a_reason() {
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap();
    let said = World::new().run(&format!("run -f unit.yaml --listen {address}"));
    assert_eq!(said.code, Some(1));
    let expected =
        "error: cannot listen (flag=--listen, address=127.0.0.1:<PORT>)\n  because: Address already in use";
    assert!(said.stderr.starts_with(expected), "{}", said.stderr);
    assert!(said.stderr.contains("\n  help: choose an address of this machine and a port that is free\n"));
    let said = World::new().run("run -f unit.yaml --listen 8080");
    assert!(said.stderr.contains("a port alone, such as :8080"), "{}", said.stderr);
}
