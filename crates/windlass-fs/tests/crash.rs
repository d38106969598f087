//! A process that is killed in the middle of its writes.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test that cannot go on has failed")]
#![allow(clippy::print_stdout, reason = "how the writer tells its parent how far it is")]

use std::collections::BTreeSet;
use std::io::{BufRead, BufReader, Write as _};
use std::path::Path;
use std::process::{Command, Stdio};

use tempfile::TempDir;
use windlass_core::{
    Cascade, Context, Delta, Expect, Interest, Look, Mode, Object, Observation, Owner, Target, Write,
};
use windlass_fs::DirTarget;
use windlass_testkit::{TestClock, block_on, config_map, unit};

/// Says to a copy of this test in which folder to write until it is killed.
const FOLDER: &str = "WINDLASS_FS_TEST_WRITES";
const NAMES: [&str; 3] = ["a", "b", "c"];
const CONTENTS: [&str; 3] = ["one", "two", "three"];

fn context() -> Context {
    TestClock::new().context()
}

fn object(name: &str, content: &str) -> Object {
    // Long enough for several pages, so that a half could be seen.
    config_map("shop", name, &content.repeat(4000))
}

fn apply(payload: Object) -> Write {
    Write::apply(payload, Mode::Apply, Expect::Any, Owner::of(&unit("web")))
}

fn delete(name: &str) -> Write {
    let id = object(name, "").id().clone();
    Write::Delete { id, api_version: "v1".into(), expect: Expect::Any, cascade: Cascade::Background }
}

/// Writes, deletes and saves for ever, and says so after each.
fn work(folder: &Path) {
    let target = DirTarget::open(folder).unwrap();
    let (cx, state) = (context(), target.profile().state.unwrap());
    let mut version = block_on(state.load(&cx, &unit("web"))).unwrap().map(|saved| saved.version);
    for round in 0.. {
        for name in NAMES {
            block_on(target.write(&cx, &apply(object(name, CONTENTS[round % 3])))).unwrap();
            println!("\nwrote");
            version =
                Some(block_on(state.save(&cx, &unit("web"), version.as_ref(), &Delta::default())).unwrap());
            println!("\nsaved");
        }
        block_on(target.write(&cx, &delete(NAMES[round % 3]))).unwrap();
        std::io::stdout().flush().unwrap();
    }
}

/// Started a second time, with a folder, this test is the process that is killed.
#[test]
fn a_killed_writer_leaves_whole_objects_with_their_owner_and_whole_state() {
    if let Some(folder) = std::env::var_os(FOLDER) {
        return work(Path::new(&folder));
    }
    let folder = TempDir::new().unwrap();
    for lines in [1, 2, 3, 5, 8, 13, 21] {
        kill_after(lines, folder.path());
        check(folder.path());
    }
}

fn kill_after(lines: usize, folder: &Path) {
    let mut child = Command::new(std::env::current_exe().unwrap())
        .args([
            "--exact",
            "a_killed_writer_leaves_whole_objects_with_their_owner_and_whole_state",
            "--nocapture",
        ])
        .env(FOLDER, folder)
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let said = BufReader::new(child.stdout.take().unwrap()).lines().map_while(Result::ok);
    let seen = said.filter(|line| line == "wrote" || line == "saved").take(lines).count();
    child.kill().unwrap();
    child.wait().unwrap();
    assert_eq!(seen, lines, "the writer must get so far");
}

fn check(folder: &Path) {
    let (target, cx) = (DirTarget::open(folder).unwrap(), context());
    let possible: BTreeSet<_> =
        NAMES.iter().flat_map(|name| CONTENTS.map(|content| object(name, content).digest())).collect();
    let objects = NAMES.map(|name| (object(name, "").id().clone(), Look::new("v1"))).into();
    let observed = block_on(target.observe(&cx, &Interest { unit: unit("web"), objects })).unwrap();
    for (id, observation) in observed.observations {
        match observation {
            Observation::Absent => {}
            Observation::Live(live) => {
                assert!(live.body.is_some_and(|body| possible.contains(&body.digest())), "{id} is a half");
                assert_eq!(live.owner, Some(Owner::of(&unit("web"))), "{id} has lost its owner");
            }
            other => panic!("{id}: {other:?}"),
        }
    }
    let state = target.profile().state.unwrap();
    let version = block_on(state.load(&cx, &unit("web"))).unwrap().map(|saved| saved.version);
    block_on(state.save(&cx, &unit("web"), version.as_ref(), &Delta::default())).unwrap();
    block_on(target.write(&cx, &apply(object("a", "one")))).unwrap();
}
