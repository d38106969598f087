//! `kill -9` at any moment: the real `windlass` process, started again, brings the cluster where it should be, and loses
//! track of nothing. What is in the cluster is told by `kubectl`.
#![allow(clippy::panic, reason = "a test fails by it, and says more than `expect` would")]

mod process;
mod support;

use std::collections::{BTreeMap, BTreeSet};
use std::time::{Duration, Instant, SystemTime};

use process::Windlass;
use support::git::Served;
use support::plane::{Kinds, kubectl, namespace};

const UNIT: &str = "crash";
const KILLS: u32 = 40;
const LABEL: &str = "windlass.dev/unit=crash";

#[test]
fn a_process_killed_at_any_moment_orphans_nothing_and_converges_when_it_is_started_again() {
    namespace(UNIT);
    let git = Served::new();
    let windlass = Windlass::new(UNIT, &git.url);
    let mut random = Random::seeded();
    let mut fleet = Fleet { git, revision: 0, wanted: BTreeSet::new() };

    fleet.advance();
    windlass.converges();
    let kinds = Kinds::listed();
    assert_eq!(kinds.labelled(LABEL), fleet.wanted, "kubectl sees what the revision wants");
    let whole = fleet.measure(&windlass);
    println!("a pass that nobody interrupts takes {:.2}s", whole.as_secs_f64());

    let mut moments: BTreeMap<String, u32> = BTreeMap::new();
    for kill in 0..KILLS {
        fleet.advance();
        let delay = whole.mul_f64(random.fraction());
        let moment = windlass.killed_after(delay);
        let there = kinds.labelled(LABEL);
        let owned = inventory();
        let lost: Vec<&String> = there.difference(&owned).collect();
        assert!(lost.is_empty(), "kill {kill} after {delay:?} ({moment}): not in the inventory: {lost:?}");
        *moments.entry(moment).or_default() += 1;
        if kill % 2 == 1 {
            // What the next process finds is then wanted by nobody any more.
            fleet.advance();
        }
        windlass.converges();
        assert_eq!(kinds.labelled(LABEL), fleet.wanted, "kill {kill} after {delay:?}: all is as wanted");
    }
    println!("killed {KILLS} times: {moments:#?}");
    assert!(moments.len() > 3, "the moments are spread over the pass: {moments:?}");
    windlass.is_in_sync();
}

/// A repository whose revisions add objects and remove others.
struct Fleet {
    git: Served,
    revision: usize,
    wanted: BTreeSet<String>,
}

impl Fleet {
    /// Commits the next revision. Every second one swaps one half of the objects for another.
    fn advance(&mut self) {
        let (add, remove) = if self.revision.is_multiple_of(2) { ("even", "odd") } else { ("odd", "even") };
        let mut files = steady(self.revision);
        files.extend(set(add));
        let gone: Vec<String> = if self.revision == 0 { Vec::new() } else { set(remove).into_iter().map(|file| file.0).collect() };
        self.wanted = files.iter().map(|(_, id, _)| id.clone()).collect();
        let mut changes: Vec<(&str, Option<&str>)> =
            files.iter().map(|(path, _, text)| (path.as_str(), Some(text.as_str()))).collect();
        changes.extend(gone.iter().map(|path| (path.as_str(), None)));
        self.git.commit("the next", &changes);
        self.revision += 1;
    }

    /// The mean of four passes that nobody interrupts.
    fn measure(&mut self, windlass: &Windlass) -> Duration {
        let mut all = Duration::ZERO;
        for _ in 0..4 {
            self.advance();
            let began = Instant::now();
            windlass.converges();
            all += began.elapsed();
        }
        all / 4
    }
}

/// Path, identity and text.
type File = (String, String, String);

fn file(group: &str, kind: &str, name: &str, rest: &str) -> File {
    let version = if group.is_empty() { "v1".into() } else { format!("{group}/v1") };
    let kind_group = if group.is_empty() { kind.to_owned() } else { format!("{kind}.{group}") };
    let scoped = if kind == "CustomResourceDefinition" { "" } else { UNIT };
    let text = format!("apiVersion: {version}\nkind: {kind}\nmetadata: {{name: {name}}}\n{rest}\n");
    (format!("{kind}-{name}.yaml").to_lowercase(), format!("{kind_group}/{scoped}/{name}"), text)
}

/// What every revision has; some of it changes each time.
fn steady(revision: usize) -> Vec<File> {
    let schema = "{type: object, properties: {spec: {type: object, properties: {load: {type: integer}}}}}";
    let definition = format!(
        "spec:\n  group: crash.windlass.dev\n  scope: Namespaced\n  names: {{kind: Winch, listKind: WinchList, plural: winches, singular: winch}}\n  \
         versions: [{{name: v1, served: true, storage: true, schema: {{openAPIV3Schema: {schema}}}}}]"
    );
    let mut files = vec![file("apiextensions.k8s.io", "CustomResourceDefinition", "winches.crash.windlass.dev", &definition)];
    for at in 0..20 {
        files.push(file("", "ConfigMap", &format!("steady-{at}"), &format!("data: {{revision: \"{revision}\"}}")));
    }
    for at in 0..5 {
        files.push(file("crash.windlass.dev", "Winch", &format!("steady-{at}"), &format!("spec: {{load: {revision}}}")));
    }
    files.push(deployment("steady"));
    files
}

/// What only every second revision has, over several kinds.
fn set(name: &str) -> Vec<File> {
    let mut files = Vec::new();
    for at in 0..5 {
        let name = format!("{name}-{at}");
        files.push(file("", "ConfigMap", &name, "data: {a: b}"));
        files.push(file("", "Secret", &name, "stringData: {a: b}"));
        files.push(file("", "ServiceAccount", &name, ""));
        files.push(file("crash.windlass.dev", "Winch", &name, "spec: {load: 1}"));
    }
    files.push(file("rbac.authorization.k8s.io", "Role", name, "rules: []"));
    files.push(deployment(name));
    files
}

fn deployment(name: &str) -> File {
    let spec = format!(
        "spec:\n  replicas: 1\n  selector: {{matchLabels: {{app: {name}}}}}\n  template:\n    metadata: {{labels: {{app: {name}}}}}\n    \
         spec: {{containers: [{{name: web, image: nginx}}]}}"
    );
    file("apps", "Deployment", name, &spec)
}

/// What the stored state says is owned, read without Windlass: JSON in gzip in base64 in a ConfigMap.
fn inventory() -> BTreeSet<String> {
    let packed = kubectl("get configmap windlass-crash --namespace=windlass-system -o jsonpath={.binaryData.state\\.json\\.gz}");
    let state = process::unpacked(&packed);
    let objects = state.at(&["saved", "inventory"]).and_then(|objects| objects.as_map().cloned());
    objects.expect("an inventory").iter().map(|(id, _)| id.to_string()).collect()
}

/// Random fractions from a seed that is printed.
struct Random(u64);

impl Random {
    fn seeded() -> Self {
        let given = std::env::var("WINDLASS_SEED").ok().map(|seed| seed.parse().expect("a number"));
        let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).expect("a time after 1970").as_nanos();
        let seed = given.unwrap_or(now as u64 | 1);
        println!("WINDLASS_SEED={seed}");
        Self(seed)
    }

    /// From 0 to 1: splitmix64.
    fn fraction(&mut self) -> f64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        ((mixed ^ (mixed >> 31)) >> 11) as f64 / (1_u64 << 53) as f64
    }
}
