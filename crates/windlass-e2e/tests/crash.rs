//! Crash safety: the real `windlass` process, killed with SIGKILL at random moments and started again.
//!
//! The cluster is listed with `kubectl`, and the stored state is read from its ConfigMap: the engine is asked nothing.
//! The same `WINDLASS_SEED` draws the same moments.
#![allow(clippy::panic, reason = "a test fails by it, and says more than `expect` would")]
#![allow(clippy::print_stdout, reason = "how far a long test has come")]

#[path = "crash/fleet.rs"]
mod fleet;
mod support;

use std::collections::{BTreeMap, BTreeSet};
use std::io::Write;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use support::dice::Dice;
use support::git::Served;
use support::plane::plane;
use support::process::{Ended, Moment, windlass};
use support::seesaw::{Objects, Side, id};
use windlass_e2e::control_plane::Error;

const KILLS: usize = 40;
/// How many of them fall into the very first passes, in which the namespace of the state is made.
const FIRST_KILLS: usize = 4;
/// Twice source, render and plan, and the inventory.
const LINES_BEFORE_WRITES: usize = 7;
const UNIT: &str = "seesaw";

#[test]
fn killed_at_any_moment_it_converges_and_its_inventory_names_all_that_it_created() {
    let began = Instant::now();
    let mut trial = Trial::new();
    println!("WINDLASS_SEED={}", trial.dice.seed);
    while trial.kills.len() < FIRST_KILLS {
        trial.kill();
    }
    trial.converge();
    trial.measure();
    while trial.kills.len() < KILLS {
        trial.kill();
        if trial.dice.below(2) == 0 {
            trial.converge();
        }
    }
    trial.converge();
    println!("{} kills in {:?}\n{}", trial.kills.len(), began.elapsed(), trial.tally());
}

/// What an undisturbed pass is like.
#[derive(Debug, Clone, Copy)]
struct Pace {
    took: Duration,
    lines: usize,
}

struct Trial {
    dice: Dice,
    git: Served,
    home: tempfile::TempDir,
    unit_file: String,
    wanted: Side,
    converged: bool,
    /// Undisturbed passes to each side.
    paces: BTreeMap<Side, Pace>,
    /// The phase of each kill.
    kills: Vec<String>,
    /// The last that was done, for the messages of assertions.
    last: String,
}

impl Trial {
    fn new() -> Self {
        let (git, home) = (Served::new(), tempfile::tempdir().expect("a temporary folder"));
        let kubeconfig = plane().kubeconfig().to_owned();
        let file = home.path().join("unit.yaml");
        let unit = format!(
            "apiVersion: windlass.dev/v1alpha1\nkind: Unit\nmetadata: {{name: {UNIT}}}\nspec:\n  \
             source: {{git: {{url: '{}', branch: main}}}}\n  target: {{kubernetes: {{kubeconfig: '{}'}}}}\n  \
             timeout: 20s\n  pruneLimits: {{alwaysAllowed: 100}}\n",
            git.url,
            kubeconfig.display()
        );
        std::fs::write(&file, unit).expect("a unit file");
        let guess = Pace { took: Duration::from_millis(1500), lines: 60 };
        let trial = Self {
            dice: Dice::from_env(),
            git,
            home,
            unit_file: file.to_str().expect("a path in UTF-8").to_owned(),
            wanted: Side::Left,
            converged: false,
            paces: [(Side::Left, guess), (Side::Right, guess)].into(),
            kills: Vec::new(),
            last: String::new(),
        };
        trial.commit();
        trial
    }

    fn commit(&self) {
        self.git.commit(self.wanted.name(), &[("all.yaml", Some(&self.wanted.text()))]);
    }

    fn turn(&mut self) {
        self.wanted = self.wanted.other();
        self.converged = false;
        self.commit();
    }

    fn apply(&mut self, moment: Moment) -> Ended {
        let ended = windlass(&["apply", "-v", "-f", &self.unit_file], self.home.path(), moment);
        self.last = format!(
            "WINDLASS_SEED={}, after {} kills, to the {}, killed {moment:?}, code {:?}, told:\n{}",
            self.dice.seed,
            self.kills.len(),
            self.wanted.name(),
            ended.code,
            ended.lines.join("\n")
        );
        ended
    }

    /// Takes the pace of an undisturbed pass to each side.
    fn measure(&mut self) {
        for _ in 0..2 {
            self.turn();
            let ended = self.apply(Moment::Never);
            self.check_converged(&ended);
            println!("to the {}: {:?}, {} lines", self.wanted.name(), ended.took, ended.lines.len());
            self.paces.insert(self.wanted, Pace { took: ended.took, lines: ended.lines.len() });
        }
    }

    /// Starts a pass towards one side, kills it, and looks at what it left. One that was faster than its killer has to
    /// have converged.
    fn kill(&mut self) {
        if self.converged || self.dice.below(3) == 0 {
            self.turn();
        }
        let moment = self.moment();
        let ended = self.apply(moment);
        if ended.code.is_some() {
            return self.check_converged(&ended);
        }
        let inventory = self.check_inventory();
        self.kills.push(phase(&ended.lines, &inventory));
    }

    /// One moment of three is drawn from the time that a pass takes. The others are drawn from what it tells, all of it
    /// or what comes before the first write, so that what takes little time is hit as well.
    fn moment(&mut self) -> Moment {
        let pace = self.paces[&self.wanted];
        let lines = match self.kills.len() % 3 {
            0 => return Moment::After(self.dice.time(pace.took.mul_f64(1.05))),
            1 => LINES_BEFORE_WRITES,
            _ => pace.lines,
        };
        Moment::Told(self.dice.below(lines), self.dice.time(Duration::from_millis(5)))
    }

    fn converge(&mut self) {
        let ended = self.apply(Moment::Never);
        self.check_converged(&ended);
    }

    /// All that carries our mark is in the inventory. The inventory is read first: whatever the dead process had sent
    /// and is only carried out now has to be in it already.
    fn check_inventory(&self) -> BTreeMap<String, u64> {
        let inventory = inventory(UNIT);
        let lost: Vec<String> = live().into_keys().filter(|id| !inventory.contains_key(id)).collect();
        assert!(lost.is_empty(), "not in the inventory: {lost:?}\n{}", self.last);
        inventory
    }

    /// Exactly what is wanted is there and in the inventory.
    fn check_converged(&mut self, ended: &Ended) {
        assert_eq!(ended.code, Some(0), "a pass that is not killed succeeds\n{}", self.last);
        let (wanted, live) = (self.wanted.objects(), live());
        assert_eq!(live, wanted, "exactly what is wanted is in the cluster\n{}", self.last);
        let owned: BTreeSet<String> = self.check_inventory().into_keys().collect();
        assert_eq!(owned, wanted.into_keys().collect(), "exactly what is wanted is owned\n{}", self.last);
        self.converged = true;
    }

    fn tally(&self) -> String {
        let mut tally: BTreeMap<&str, usize> = BTreeMap::new();
        for phase in &self.kills {
            *tally.entry(phase).or_default() += 1;
        }
        tally.iter().map(|(phase, kills)| format!("{kills:>3} {phase}\n")).collect()
    }
}

/// What a process was about when it died, by what it told. `apply` looks twice: for the plan it shows, and to see
/// whether it would still be the same.
fn phase(lines: &[String], inventory: &BTreeMap<String, u64>) -> String {
    let told: Vec<&str> =
        lines.iter().filter_map(|line| line.split_once(": ").map(|(_, what)| what)).collect();
    let count = |word: &str| told.iter().filter(|what| what.contains(word)).count();
    let (resolved, rendered, planned) = (count("source is at"), count(" rendered"), count("plan "));
    let written = told.iter().rev().find_map(|what| {
        let id = what.strip_prefix("created ").or_else(|| what.strip_prefix("changed "))?;
        inventory.get(id)
    });
    match (count("state saved"), count("delet")) {
        _ if count("pass finished") > 0 => "9 end".into(),
        (_, 1..) => "8 prune, last inventory".into(),
        (2.., _) => "7 inventory saved after the stages".into(),
        (1, _) => {
            written.map_or("5 inventory saved before the stages".into(), |rank| format!("6 stage {rank}"))
        }
        _ if resolved == 0 => "1 start, resolve".into(),
        _ if resolved > rendered => format!("2 fetch, render (look {resolved})"),
        _ if rendered > planned => format!("3 observe, predict, plan (look {rendered})"),
        _ => format!("4 planned, not saved (look {planned})"),
    }
}

/// What the stored state says is owned, with the rank of each object.
fn inventory(unit: &str) -> BTreeMap<String, u64> {
    let template = "-o=go-template={{index .binaryData \"state.json.gz\" | base64decode}}";
    let name = format!("windlass-{unit}");
    let packed = plane()
        .kubectl()
        .args(["get", "configmap", "-n", "windlass-system", "--ignore-not-found", &name, template])
        .output()
        .expect("kubectl must start");
    assert!(packed.status.success(), "{}", String::from_utf8_lossy(&packed.stderr));
    if packed.stdout.is_empty() {
        return BTreeMap::new();
    }
    let stored: serde_json::Value =
        serde_json::from_slice(&unpack(&packed.stdout)).expect("the state is JSON");
    let objects = stored["saved"]["inventory"].as_object().expect("an inventory");
    objects.iter().map(|(id, owned)| (id.clone(), owned["rank"].as_u64().expect("a rank"))).collect()
}

fn unpack(packed: &[u8]) -> Vec<u8> {
    let mut gzip = Command::new("gzip")
        .arg("-dc")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .expect("this test needs gzip");
    // A state is smaller than the buffer of a pipe on either side only by luck; so one thread feeds and one reads.
    let mut input = gzip.stdin.take().expect("a pipe");
    let packed = packed.to_owned();
    let feeding = std::thread::spawn(move || input.write_all(&packed));
    let output = gzip.wait_with_output().expect("gzip must end");
    feeding.join().expect("no panic").expect("gzip must read its input");
    assert!(output.status.success(), "the state is whole");
    output.stdout
}

/// All objects of all kinds that carry the mark of the unit, but for what controllers copied it to.
fn live() -> Objects {
    // A kind that has just been deleted is still named for a moment, and cannot be listed any more.
    let listed = (0..20).find_map(|_| list().ok()).expect("kubectl must list all kinds");
    let object = |line: &str| {
        let words: Vec<&str> = line.split('|').collect();
        let [api_version, kind, namespace, name, side] = words[..] else { panic!("an odd line: {line}") };
        (id(api_version, kind, namespace, name), side.to_owned())
    };
    listed.lines().map(object).collect()
}

fn list() -> Result<String, Error> {
    let plane = plane();
    let kinds = plane.kubectl_run(&["api-resources", "--verbs=list", "-o=name"])?;
    let kinds: Vec<&str> = kinds.lines().filter(|kind| !kind.starts_with("endpoint")).collect();
    let columns = ".apiVersion .kind .metadata.namespace .metadata.name .metadata.annotations.side";
    let fields: Vec<String> = columns.split(' ').map(|field| format!("{{{field}}}")).collect();
    let form = format!("-o=jsonpath={{range .items[*]}}{}{{'\\n'}}{{end}}", fields.join("|"));
    plane.kubectl_run(&["get", "-A", "-l", &format!("windlass.dev/unit={UNIT}"), &kinds.join(","), &form])
}
