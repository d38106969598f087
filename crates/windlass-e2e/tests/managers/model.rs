//! Who holds what after all that was done to an object, by what was done, and not by the `managedFields` that the server
//! wrote of it. What docs/adopting.md says of each holder decides what stays.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};

use super::history::{Act, FORMER, Means};
use super::shape::{Leaves, Path, Step, content, is_the_engines, leaves, put};

/// Our own name.
pub(crate) const OURS: &str = "windlass";

/// Somebody who wrote, and by which means: the same name by another means is somebody else.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Holder {
    pub(crate) manager: String,
    pub(crate) applies: bool,
    pub(crate) subresource: bool,
    /// The version in which somebody updated; an applier is the same in each.
    version: usize,
}

impl Holder {
    fn ours() -> Self {
        Self { manager: OURS.into(), applies: true, subresource: false, version: 0 }
    }

    fn of(act: &Act) -> Self {
        let applies = act.means == Means::Apply;
        let subresource = matches!(act.means, Means::Scale | Means::Status);
        let version = if applies { 0 } else { act.version };
        Self { manager: act.manager.into(), applies, subresource, version }
    }
}

/// What becomes of what somebody holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Fate {
    Ours,
    OursButMarks,
    Stays,
}

fn fate(holder: &Holder, adopts: bool) -> Fate {
    if holder.subresource {
        return Fate::Stays;
    }
    match holder.manager.as_str() {
        OURS
        | FORMER
        | "before-first-apply"
        | "helm"
        | "argocd-controller"
        | "kustomize-controller"
        | "kapp-controller" => Fate::Ours,
        "kubectl-client-side-apply" | "kubectl-create" | "kubectl-replace" => Fate::Ours,
        "kubectl" | "kubectl-edit" | "kubectl-patch" | "kubectl-set" if adopts => Fate::Ours,
        "kubectl-edit" | "kubectl-patch" | "kubectl-set" => Fate::OursButMarks,
        _ => Fate::Stays,
    }
}

/// What the server or a controller fills in, and nobody can tell whose it is once the list is wiped.
fn is_filled_in(path: &Path) -> bool {
    path.starts_with(&["spec", "replicas"])
}

/// Who holds what of one object.
#[derive(Debug, Clone, Default)]
pub(crate) struct Model {
    held: BTreeMap<Holder, BTreeSet<Path>>,
    /// Nothing is told of anybody: the list was wiped, and nobody applied since.
    wiped: bool,
}

/// What is to be of an object after a pass.
pub(crate) struct Expected {
    /// What is asked for: what Git says, and what others hold beside it.
    pub(crate) asked: Value,
    /// What goes, by whom it was held: the plan names each.
    pub(crate) taken: Vec<(Path, String)>,
    /// What has left Git and stays, by who holds it.
    pub(crate) left: Vec<(Path, String)>,
}

impl Model {
    /// Takes note of a write that the server took.
    pub(crate) fn note(&mut self, act: &Act, before: Option<&Value>, after: &Value) {
        let (old, new) = (before.map(content).unwrap_or_default(), content(after));
        match act.means {
            Means::Wipe => {
                self.held.clear();
                self.wiped = true;
            }
            Means::Lose => drop(self.held.remove(&Holder::ours())),
            Means::Absent => {}
            Means::Apply => self.apply(act, &old, &new),
            _ if self.wiped && before.is_some() => {}
            _ => self.update(Holder::of(act), &old, &new),
        }
        self.tidy(&new);
        // Controllers have entries of the status, of which nothing is told here.
        if self.held.is_empty() && after["metadata"]["managedFields"].is_null() {
            self.wiped = true;
        }
    }

    fn apply(&mut self, act: &Act, old: &Leaves, new: &Leaves) {
        if self.wiped && !old.is_empty() {
            let first = Holder {
                manager: "before-first-apply".into(),
                applies: false,
                subresource: false,
                version: act.version,
            };
            let all = old.keys().filter(|path| !path.starts_with(&["status"])).cloned().collect();
            self.held.insert(first, all);
        }
        self.wiped = false;
        let said: BTreeSet<Path> =
            leaves(&act.body).into_keys().filter(|path| new.contains_key(path)).collect();
        self.lose(&said, old, new);
        self.held.insert(Holder::of(act), said);
    }

    fn update(&mut self, who: Holder, old: &Leaves, new: &Leaves) {
        let changed: BTreeSet<Path> = new
            .iter()
            .filter(|(path, value)| old.get(path) != Some(value))
            .map(|(path, _)| path.clone())
            .collect();
        self.lose(&changed, old, new);
        self.held.entry(who).or_default().extend(changed);
    }

    /// Whoever held what is another value now holds it no more.
    fn lose(&mut self, written: &BTreeSet<Path>, old: &Leaves, new: &Leaves) {
        for held in self.held.values_mut() {
            held.retain(|path| !written.contains(path) || old.get(path) == new.get(path));
        }
    }

    fn tidy(&mut self, new: &Leaves) {
        for held in self.held.values_mut() {
            held.retain(|path| new.contains_key(path));
        }
        self.held.retain(|_, held| !held.is_empty());
    }

    fn adopts(&self) -> bool {
        !self.held.contains_key(&Holder::ours())
    }

    /// What others hold on purpose, and by whom.
    fn staying(&self) -> Vec<(Path, String)> {
        let adopts = self.adopts();
        let mut staying = Vec::new();
        for (holder, held) in &self.held {
            let fate = fate(holder, adopts);
            let is_mark = |path: &&Path| path.starts_with(&["metadata"]);
            let held = held.iter().filter(|path| match fate {
                Fate::Ours => false,
                Fate::OursButMarks => {
                    is_mark(path) && !self.held.get(&Holder::ours()).is_some_and(|ours| ours.contains(path))
                }
                Fate::Stays => true,
            });
            staying.extend(held.map(|path| (path.clone(), holder.manager.clone())));
        }
        staying
    }

    /// What Git makes of an object as it is.
    pub(crate) fn expect(&self, git: &Value, live: Option<&Value>) -> Expected {
        let live = live.map(content).unwrap_or_default();
        let wanted: BTreeSet<Path> = leaves(git).into_keys().collect();
        let staying = self.staying();
        let stays: BTreeSet<&Path> = staying.iter().map(|(path, _)| path).collect();
        let items: BTreeSet<Path> = wanted.iter().flat_map(Path::items).collect();
        // An item is there where Git has it, or where somebody holds the item itself and not only a part of it.
        let is_there = |path: &Path| path.items().all(|item| items.contains(&item) || holds(&stays, &item));
        let covered = |path: &Path| wanted.iter().any(|have| path.is_under(have) || have.is_under(path));
        let mut asked = git.clone();
        let mut kept = BTreeSet::new();
        let unknown = self.wiped || self.held.keys().any(|holder| holder.manager == "before-first-apply");
        for (path, value) in &live {
            let filled = unknown && is_filled_in(path);
            if !covered(path) && is_there(path) && (stays.contains(path) || filled) {
                put(&mut asked, &path.0, value);
                kept.insert(path.clone());
            }
        }
        let ours = self.held.get(&Holder::ours());
        let was_ours = |path: &Path| ours.is_some_and(|ours| ours.contains(path));
        let left =
            staying.iter().filter(|(path, _)| kept.contains(path) && was_ours(path) && !is_the_engines(path));
        let left = left.cloned().collect();
        let goes = |path: &Path| live.contains_key(path) && !kept.contains(path) && !covered(path);
        let taken =
            self.held.iter().filter(|(holder, _)| holder.manager != OURS).flat_map(|(holder, held)| {
                held.iter().filter(|path| goes(path)).map(|path| (path.clone(), holder.manager.clone()))
            });
        Expected { asked, taken: taken.collect(), left }
    }

    /// Takes note of a pass: what is not anybody else's is ours.
    pub(crate) fn passed(&mut self, git: &Value, before: Option<&Value>, after: &Value) {
        let (old, new) = (before.map(content).unwrap_or_default(), content(after));
        let adopts = self.adopts();
        let said: BTreeSet<Path> =
            leaves(git).into_keys().chain(new.keys().filter(|path| is_the_engines(path)).cloned()).collect();
        let staying: BTreeSet<Path> = self.staying().into_iter().map(|(path, _)| path).collect();
        for (holder, held) in &mut self.held {
            if fate(holder, adopts) == Fate::Stays {
                continue;
            }
            held.retain(|path| {
                staying.contains(path) || (holder.manager == "before-first-apply" && is_filled_in(path))
            });
        }
        self.wiped = false;
        self.lose(&said, &old, &new);
        self.held
            .insert(Holder::ours(), said.iter().filter(|path| new.contains_key(path)).cloned().collect());
        self.tidy(&new);
    }

    /// Who holds what, for people.
    pub(crate) fn tell(&self) -> String {
        let told = self.held.iter().map(|(holder, held)| {
            let paths: Vec<String> = held.iter().map(ToString::to_string).collect();
            format!(
                "  {} {}{}: {}\n",
                holder.manager,
                if holder.applies { "applies" } else { "updates" },
                if holder.subresource { " by a subresource" } else { "" },
                paths.join(" ")
            )
        });
        let wiped = if self.wiped { "  (wiped)\n" } else { "" };
        told.collect::<String>() + wiped
    }
}

/// Whoever holds all keys of an item holds the item.
fn holds(stays: &BTreeSet<&Path>, item: &Path) -> bool {
    let Some(Step::Item(keys)) = item.0.last() else { return false };
    keys.keys().all(|key| {
        let mut path = item.clone();
        path.0.push(Step::Field(key.clone()));
        stays.contains(&path)
    })
}

/// The object that a server would make of what is asked for.
pub(crate) fn anew(api_version: &str, kind: &str, name: &str, asked: &Value) -> Value {
    let mut body = asked.clone();
    put(&mut body, &[Step::Field("apiVersion".into())], &json!(api_version));
    put(&mut body, &[Step::Field("kind".into())], &json!(kind));
    put(&mut body, &[Step::Field("metadata".into()), Step::Field("name".into())], &json!(name));
    body
}
