//! The commands on a terminal, which is a pseudo-terminal here: colour, progress, questions and Ctrl-C.

#![cfg(unix)]
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

mod support;

use std::fs::{File, OpenOptions};
use std::io::{Read, Write};
use std::process::{Child, Command, Stdio};

use rustix::process::{Pid, Signal, kill_process};
use rustix::pty::{OpenptFlags, grantpt, openpt, ptsname, unlockpt};
use support::{World, config_map};

const ESCAPE: char = '\u{1b}';

/// A command with all its streams on a terminal.
struct Session {
    screen: File,
    child: Child,
    seen: String,
}

impl Session {
    fn start(mut command: Command) -> Self {
        let screen = openpt(OpenptFlags::RDWR | OpenptFlags::NOCTTY).unwrap();
        grantpt(&screen).unwrap();
        unlockpt(&screen).unwrap();
        let name = ptsname(&screen, Vec::new()).unwrap().into_string().unwrap();
        let line = || OpenOptions::new().read(true).write(true).open(&name).unwrap();
        let child = command.stdin(line()).stdout(line()).stderr(line()).spawn().unwrap();
        Self { screen: File::from(screen), child, seen: String::new() }
    }

    /// Reads until the screen shows these words.
    fn wait_for(&mut self, words: &str) {
        while !self.seen.contains(words) {
            assert!(self.read(), "never saw {words:?} in\n{}", self.seen);
        }
    }

    fn type_in(&mut self, text: &str) {
        self.screen.write_all(text.as_bytes()).unwrap();
    }

    /// Gives all that was shown, and the exit code.
    fn end(mut self) -> (String, Option<i32>) {
        while self.read() {}
        (self.seen.replace("\r\n", "\n"), self.child.wait().unwrap().code())
    }

    /// Reads what comes next; where nobody holds the other side any more, there is nothing.
    fn read(&mut self) -> bool {
        let mut some = [0; 4096];
        let Ok(count @ 1..) = self.screen.read(&mut some) else { return false };
        self.seen += &String::from_utf8_lossy(&some[..count]);
        true
    }
}

fn interrupt(child: &Child) {
    kill_process(Pid::from_child(child), Signal::INT).unwrap();
}

#[test]
fn colour_is_for_terminals_unless_said_otherwise() {
    let world = World::new();
    let shown = |args: &str, no_color: &str| {
        let mut command = world.command(args);
        command.env("NO_COLOR", no_color);
        Session::start(command).end().0
    };
    assert!(shown("plan -f unit.yaml", "").contains(ESCAPE), "on a terminal there is colour");
    assert!(!shown("plan -f unit.yaml", "1").contains(ESCAPE), "NO_COLOR is honoured");
    assert!(!shown("plan -f unit.yaml --color never", "").contains(ESCAPE), "and so is the flag");
    assert!(shown("plan -f unit.yaml --color always", "1").contains(ESCAPE), "which is stronger");
    let piped = world.command("plan -f unit.yaml").output().unwrap();
    assert!(!String::from_utf8_lossy(&piped.stdout).contains(ESCAPE), "a pipe gets none");
}

#[test]
fn progress_is_shown_on_a_terminal_and_not_said_again() {
    let mut world = World::new();
    let (shown, _) = Session::start(world.command("apply -f unit.yaml")).end();
    let plain = shown.replace("\u{1b}[32m", "").replace("\u{1b}[0m", "");
    let after = plain.split_once("1 create\n").expect("the plan comes first").1;
    assert_eq!(after, "shop: created ConfigMap/shop/web\nshop: 1 created\n");
    world.put("deploy/web.yaml", &config_map("web", "2"));
    let piped = world.good("apply -f unit.yaml");
    assert_eq!(piped.stderr, "", "without a terminal there is no progress");
    assert!(piped.stdout.ends_with("changed   ConfigMap/shop/web\nshop: 1 changed\n"), "{}", piped.stdout);
}

#[test]
fn delete_asks_and_goes_by_the_answer() {
    let mut world = World::new();
    world.good("apply -f unit.yaml");
    let live = world.path("live/shop/ConfigMap/web.yaml");
    for no in ["n\n", "\n", "what?\n"] {
        let mut session = Session::start(world.command("delete -f unit.yaml"));
        session.wait_for("- delete");
        session.wait_for("[y/N] ");
        session.type_in(no);
        let (shown, code) = session.end();
        assert!(shown.contains("not deleted: the answer was no"), "{shown}");
        assert_eq!(code, Some(1), "{shown}");
        assert!(live.exists(), "after {no:?} everything is still there");
    }
    let mut session = Session::start(world.command("delete -f unit.yaml"));
    session.wait_for("Delete 1 object of shop");
    session.type_in("y\n");
    let (shown, code) = session.end();
    assert_eq!(code, Some(0), "{shown}");
    assert!(!live.exists(), "after a yes it is gone");
}

#[test]
fn delete_shows_what_would_go_also_where_the_result_is_for_a_machine() {
    let mut world = World::new();
    world.good("apply -f unit.yaml");
    let mut session = Session::start(world.command("delete -f unit.yaml -o json"));
    session.wait_for("[y/N] ");
    let plain = session.seen.replace(ESCAPE, "");
    let (plan, _) = plain.split_once("Delete 1 object").expect("the question");
    assert!(plan.contains("ConfigMap/shop/web"), "{plan}");
    session.type_in("n\n");
    session.end();
}

#[test]
fn ctrl_c_at_the_question_deletes_nothing() {
    let mut world = World::new();
    world.good("apply -f unit.yaml");
    let mut session = Session::start(world.command("delete -f unit.yaml"));
    session.wait_for("[y/N] ");
    interrupt(&session.child);
    let (shown, code) = session.end();
    assert!(shown.contains("stopped before all was done"), "{shown}");
    assert_eq!(code, Some(1), "{shown}");
    assert!(world.path("live/shop/ConfigMap/web.yaml").exists());
}

#[test]
fn a_second_ctrl_c_stops_at_once() {
    let world = World::new();
    let long = "x".repeat(200_000);
    world.put("deploy/long.yaml", &config_map("long", &long));
    // Nobody reads what is rendered, so the command cannot come to an end by itself.
    let mut command = world.command("render -f unit.yaml");
    let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let mut first = [0];
    child.stdout.as_mut().unwrap().read_exact(&mut first).unwrap();
    interrupt(&child);
    let mut told = vec![0; "stopping".len()];
    child.stderr.as_mut().unwrap().read_exact(&mut told).unwrap();
    assert_eq!(String::from_utf8_lossy(&told), "stopping");
    assert!(child.try_wait().unwrap().is_none(), "the first is waited for");
    interrupt(&child);
    assert_eq!(child.wait().unwrap().code(), Some(130), "the second is not");
}
