//! The same for a fleet: killed while objects change hands, while a hook runs, and while a unit is suspended.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use windlass_core::Value;

use super::support::dice::Dice;
use super::support::git::Served;
use super::support::plane::{kubectl_args, namespace, plane};
use super::support::process::{Ended, Moment, windlass};

const KILLS: usize = 20;
const NAMESPACE: &str = "hands";
/// Units: two between which objects move, the first with a hook, and one that is suspended.
const UNITS: [&str; 3] = ["hands-left", "hands-right", "hands-still"];
/// Objects that move.
const MOVED: usize = 8;
/// As long as an undisturbed pass takes or longer, and about as many lines as it tells.
const PACE: (Duration, usize) = (Duration::from_secs(3), 70);

#[test]
fn killed_while_objects_change_hands_a_hook_runs_and_a_unit_is_suspended_nothing_is_lost_or_made_anew() {
    let began = Instant::now();
    let mut trial = Trial::new();
    println!("WINDLASS_SEED={}", trial.dice.seed);
    trial.converge();
    trial.ask("suspend");
    let (first, still) = (trial.uids(), trial.live()["still"].clone());
    let mut kills = 0;
    while kills < KILLS {
        if trial.converged || trial.dice.below(3) == 0 {
            trial.turn();
        }
        let moment = trial.moment();
        let ended = trial.apply(moment);
        match ended.code {
            Some(_) => trial.check(&ended),
            None => kills += 1,
        }
        assert_eq!(trial.uids(), first, "what moves is never deleted\n{}", trial.last);
        assert_eq!(trial.live()["still"], still, "a suspended unit is left alone\n{}", trial.last);
        trial.check_owned();
        if trial.dice.below(3) == 0 {
            trial.converge();
        }
    }
    trial.converge();
    trial.ask("resume");
    trial.suspended = false;
    trial.converge();
    assert_eq!(trial.uids(), first, "what moves is never deleted\n{}", trial.last);
    println!("{kills} kills in {:?}", began.elapsed());
}

/// An object as it is: whose it is, what it says, and its uid.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Seen {
    unit: String,
    says: String,
    uid: String,
}

struct Trial {
    dice: Dice,
    git: Served,
    home: tempfile::TempDir,
    unit_file: String,
    /// How many commits there are. Objects that move are with the left unit after an odd one.
    commits: usize,
    converged: bool,
    suspended: bool,
    last: String,
}

impl Trial {
    fn new() -> Self {
        namespace(NAMESPACE);
        let (git, home) = (Served::new(), tempfile::tempdir().expect("a temporary folder"));
        let file = home.path().join("units.yaml");
        let units = UNITS.map(|unit| {
            format!(
                "---\napiVersion: windlass.dev/v1alpha1\nkind: Unit\nmetadata: {{name: {unit}}}\nspec:\n  \
                 source: {{git: {{url: '{}', branch: main, path: {unit}}}}}\n  \
                 target: {{kubernetes: {{kubeconfig: '{}'}}}}\n  timeout: 20s\n  pruneLimits: {{alwaysAllowed: 100}}\n",
                git.url,
                plane().kubeconfig().display()
            )
        });
        std::fs::write(&file, units.concat()).expect("a unit file");
        let unit_file = file.to_str().expect("a path in UTF-8").to_owned();
        let mut trial = Self {
            dice: Dice::from_env(),
            git,
            home,
            unit_file,
            commits: 0,
            converged: false,
            suspended: true,
            last: String::new(),
        };
        trial.turn();
        trial.suspended = false;
        trial
    }

    /// Commits the other side: what moves is with the other unit, and every unit has something else to say.
    fn turn(&mut self) {
        self.commits += 1;
        self.converged = false;
        let says = self.commits.to_string();
        let moved: String = (0..MOVED).map(|number| map(&format!("moved-{number}"), &says, "")).collect();
        let hook = map("hook", &says, "argocd.argoproj.io/hook: PreSync");
        let [left, right] = if self.commits.is_multiple_of(2) { ["", &*moved] } else { [&*moved, ""] };
        let files = [
            ("hands-left/all.yaml", format!("{}{hook}{left}", map("left", &says, ""))),
            ("hands-right/all.yaml", format!("{}{right}", map("right", &says, ""))),
            ("hands-still/all.yaml", map("still", &says, "")),
        ];
        let files: Vec<(&str, Option<&str>)> =
            files.iter().map(|(path, text)| (*path, Some(text.as_str()))).collect();
        self.git.commit("a turn", &files);
    }

    /// Two moments of three are drawn from what a pass tells, so that what takes little time is hit as well.
    fn moment(&mut self) -> Moment {
        match self.dice.below(3) {
            0 => Moment::After(self.dice.time(PACE.0)),
            _ => Moment::Told(self.dice.below(PACE.1), self.dice.time(Duration::from_millis(5))),
        }
    }

    fn apply(&mut self, moment: Moment) -> Ended {
        let ended = windlass(&["apply", "-v", "-f", &self.unit_file], self.home.path(), moment);
        self.last = format!(
            "WINDLASS_SEED={}, commit {}, killed {moment:?}, code {:?}, told:\n{}",
            self.dice.seed,
            self.commits,
            ended.code,
            ended.lines.join("\n")
        );
        ended
    }

    fn ask(&mut self, what: &str) {
        let ended = windlass(&[what, "-f", &self.unit_file, "-u", UNITS[2]], self.home.path(), Moment::Never);
        assert_eq!(ended.code, Some(0), "{what}: {}", ended.lines.join("\n"));
        self.suspended = what == "suspend";
    }

    fn converge(&mut self) {
        let ended = self.apply(Moment::Never);
        self.check(&ended);
    }

    /// Every object says what the last commit says, and belongs to the unit that it is with now.
    fn check(&mut self, ended: &Ended) {
        // What is suspended is told as an error, and is the only one.
        let errors: Vec<&String> = ended.lines.iter().filter(|line| line.starts_with("error:")).collect();
        let only = errors.iter().all(|line| self.suspended && line.contains("the unit is suspended"));
        assert!(ended.code == Some(i32::from(self.suspended)) && only, "a pass succeeds\n{}", self.last);
        let holder = if self.commits % 2 == 1 { UNITS[0] } else { UNITS[1] };
        for (name, seen) in self.live() {
            let unit = match name.as_str() {
                "left" | "hook" => UNITS[0],
                "right" => UNITS[1],
                "still" if self.suspended => continue,
                "still" => UNITS[2],
                _ => holder,
            };
            let wanted = (unit, self.commits.to_string());
            assert_eq!((seen.unit.as_str(), seen.says), wanted, "{name}\n{}", self.last);
        }
        self.converged = true;
    }

    /// What carries the label of a unit is in the inventory of one of them. That is read first: whatever the dead process
    /// had sent and is only carried out now has to be in it already.
    fn check_owned(&self) {
        let owned: Vec<String> = UNITS.iter().flat_map(|unit| super::inventory(unit).into_keys()).collect();
        for name in self.live().keys() {
            let id = format!("ConfigMap/{NAMESPACE}/{name}");
            assert!(owned.contains(&id), "{id} is in no inventory\n{}", self.last);
        }
    }

    fn uids(&self) -> BTreeMap<String, String> {
        let moved = self.live().into_iter().filter(|(name, _)| name.starts_with("moved-"));
        let uids: BTreeMap<String, String> = moved.map(|(name, seen)| (name, seen.uid)).collect();
        assert_eq!(uids.len(), MOVED, "nothing is missing\n{}", self.last);
        uids
    }

    fn live(&self) -> BTreeMap<String, Seen> {
        let list =
            kubectl_args(&["get", "configmaps", "-n", NAMESPACE, "-l", "windlass.dev/unit", "-o", "json"]);
        let list: Value = serde_json::from_str(&list).expect("a list");
        let items = list.get("items").and_then(Value::as_list).unwrap_or_default();
        let seen = |item: &Value| {
            let text = |path: &[&str]| item.text_at(path).unwrap_or_default().to_owned();
            let unit = text(&["metadata", "labels", "windlass.dev/unit"]);
            let (says, uid) = (text(&["data", "says"]), text(&["metadata", "uid"]));
            (text(&["metadata", "name"]), Seen { unit, says, uid })
        };
        items.iter().map(seen).collect()
    }
}

fn map(name: &str, says: &str, note: &str) -> String {
    format!(
        "---\napiVersion: v1\nkind: ConfigMap\nmetadata: {{name: {name}, namespace: {NAMESPACE}, annotations: {{{note}}}}}\n\
         data: {{says: '{says}'}}\n"
    )
}
