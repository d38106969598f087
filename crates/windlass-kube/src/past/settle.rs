//! The `managedFields` as they must be before the first apply.

use windlass_core::{Conflict, Decision, FieldPath, Map, Text, Value};
use windlass_kinds::fields;

use super::fields::Fields;
use super::managers::{BEFORE_FIRST_APPLY, Managers, Standing, entries};
use super::unknown;
use crate::conflict::{ConflictRules, value_at};

/// Fields of one manager that are found to be taken or left; most of them are filled in again, and are not told.
const FOUND_MAX: usize = 1000;

/// What is decided of single fields, beside whose they are.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct Claims {
    /// They go where they are not wanted: nobody holds them, or what they belong to goes.
    pub(crate) drop: Fields,
    /// They are not ours any more, and stay.
    pub(crate) leave: Fields,
    /// Every entry that becomes ours speaks of the wanted version: the server cannot read the one that it has.
    pub(crate) moves: bool,
}

/// How `managedFields` are settled.
#[derive(Clone, Copy)]
pub(crate) struct Settling<'a> {
    pub(crate) managers: Managers<'a>,
    /// The version in which the object is wanted.
    pub(crate) api_version: &'a str,
    pub(crate) is_served: &'a dyn Fn(&str) -> bool,
}

/// `managedFields` in which all that is not anybody else's is ours, so that one apply makes the object what is wanted.
#[derive(Debug)]
pub(crate) struct Settlement {
    /// The new `managedFields`.
    pub(crate) entries: Vec<Value>,
    /// Whether they are others than those that are there.
    pub(crate) is_needed: bool,
    /// What is ours now.
    ours: Fields,
    /// What we had applied before.
    before: Fields,
    /// What others go on holding.
    others: Vec<(Text, Fields)>,
    /// From whom what was taken.
    taken: Vec<(Text, Fields)>,
}

impl Settling<'_> {
    pub(crate) fn settle(&self, body: &Value, claims: &Claims) -> Settlement {
        let all = entries(body);
        let before = union(all.iter().filter(|entry| self.managers.is_applied(entry)));
        let adopts = !all.iter().any(|entry| self.managers.is_applied(entry));
        let mut parts = Parts { kept: Vec::new(), taken: Vec::new(), others: Vec::new() };
        for entry in all {
            let taken = self.taken(entry, adopts, &before, body);
            self.part(entry, taken, claims, &mut parts);
        }
        let mut ours = parts.taken.iter().fold(before.clone(), |ours, (_, fields)| ours.union(fields));
        if self.managers.lost(body) {
            let held = parts.others.iter().fold(Fields::default(), |held, (_, fields)| held.union(fields));
            ours = ours.union(&unknown::claimed(body).without(&held));
        }
        let ours = ours.union(&claims.drop).without(&claims.leave);
        let version = self.version(all, claims);
        let mut settled: Vec<Value> = Vec::new();
        if !ours.is_empty() {
            settled.push(self.entry(all, &version, &ours));
        }
        settled.extend(parts.kept);
        Settlement {
            is_needed: !same(all, &settled),
            entries: settled,
            ours,
            before,
            others: parts.others,
            taken: parts.taken,
        }
    }

    /// Says what of an entry becomes ours.
    fn taken(&self, entry: &Value, adopts: bool, before: &Fields, body: &Value) -> Fields {
        let fields = fields_of(entry);
        let standing = self.managers.standing(entry);
        match standing {
            Standing::Ours => fields,
            Standing::Author if entry.text_at(&["manager"]) == Some(BEFORE_FIRST_APPLY) => {
                fields.drop_step(&["f:status"]).without(&unknown::kept(body))
            }
            Standing::Author => fields.drop_step(&["f:status"]),
            Standing::Editor | Standing::Applier if adopts => fields.drop_step(&["f:status"]),
            Standing::Editor => {
                let common = fields.intersection(before);
                fields.drop_step(&["f:status"]).drop_step(&["f:metadata"]).union(&common)
            }
            Standing::Applier | Standing::Living => Fields::default(),
        }
    }

    /// Parts one entry into what is taken and what stays.
    fn part(&self, entry: &Value, taken: Fields, claims: &Claims, parts: &mut Parts) {
        let manager = Text::from(entry.text_at(&["manager"]).unwrap_or_default());
        let fields = fields_of(entry);
        let rest = fields.without(&taken);
        let dropped = if entry.get("subresource").is_some() {
            Fields::default()
        } else {
            rest.intersection(&claims.drop)
        };
        let rest = rest.without(&dropped);
        let taken = taken.union(&dropped);
        if !taken.is_empty() && self.managers.standing(entry) != Standing::Ours {
            parts.taken.push((manager.clone(), taken));
        } else if !self.managers.is_applied(entry) && !taken.is_empty() {
            parts.taken.push((Text::default(), taken));
        }
        if rest.is_empty() {
            return;
        }
        let mut kept = entry.as_map().cloned().unwrap_or_default();
        let version = entry.text_at(&["apiVersion"]).unwrap_or_default();
        let moves = claims.moves && version != self.api_version;
        if version.is_empty() || moves || !(self.is_served)(version) {
            kept.insert("apiVersion", self.api_version);
        }
        kept.insert("fieldsV1", rest.write());
        parts.kept.push(Value::Map(kept));
        parts.others.push((manager, rest));
    }

    /// Chooses the version that our entry speaks of: the server translates it as long as it serves it.
    fn version(&self, all: &[Value], claims: &Claims) -> Text {
        let version = |entry: &Value| Text::from(entry.text_at(&["apiVersion"]).unwrap_or_default());
        let applied = all.iter().find(|entry| self.managers.is_applied(entry)).map(version);
        let chosen = applied.or_else(|| {
            let taken = all.iter().filter(|entry| self.managers.standing(entry) != Standing::Living);
            let mut versions: Vec<Text> = taken.map(version).collect();
            versions.dedup();
            if let [one] = versions.as_slice() { Some(one.clone()) } else { None }
        });
        chosen
            .filter(|version| !claims.moves && !version.is_empty() && (self.is_served)(version))
            .unwrap_or_else(|| self.api_version.into())
    }

    fn entry(&self, all: &[Value], version: &Text, ours: &Fields) -> Value {
        let applied = all.iter().find(|entry| self.managers.is_applied(entry));
        let like = applied
            .or_else(|| all.iter().find(|entry| self.managers.standing(entry) != Standing::Living))
            .and_then(Value::as_map);
        let mut entry = Map::new();
        if let Some(time) = like.and_then(|like| like.get("time")) {
            entry.insert("time", time.clone());
        }
        entry.insert("manager", self.managers.manager);
        entry.insert("operation", "Apply");
        entry.insert("apiVersion", version.clone());
        entry.insert("fieldsType", "FieldsV1");
        entry.insert("fieldsV1", ours.write());
        Value::Map(entry)
    }
}

struct Parts {
    kept: Vec<Value>,
    taken: Vec<(Text, Fields)>,
    others: Vec<(Text, Fields)>,
}

impl Settlement {
    /// Gives what an apply of `wanted` takes out of the object.
    pub(crate) fn leaving(&self, wanted: &Fields) -> Fields {
        let held = self.others.iter().fold(Fields::default(), |held, (_, fields)| held.union(fields));
        self.ours.leaving(wanted).not_held(&held)
    }

    /// Gives what goes with it: [`Settlement::leaving`], and what nobody holds in maps that become empty by that.
    pub(crate) fn going(&self, wanted: &Fields) -> Fields {
        let kept = self.others.iter().fold(wanted.clone(), |kept, (_, fields)| kept.union(fields));
        self.leaving(wanted).with_emptied(&kept)
    }

    /// Gives what hangs below an item of ours that is not wanted any more and whose holder does not hold the item itself.
    pub(crate) fn hanging(&self, wanted: &Fields) -> Fields {
        let held = self.others.iter().fold(Fields::default(), |held, (_, fields)| held.union(fields));
        hanging(&self.ours, wanted, &held)
    }

    /// Gives what others hold of these fields.
    pub(crate) fn held(&self, fields: &Fields) -> Vec<(Text, Fields)> {
        let held = self.others.iter().map(|(manager, held)| (manager.clone(), held.intersection(fields)));
        held.filter(|(_, held)| !held.is_empty()).collect()
    }

    /// Names what others hold of what is wanted, where it is wanted otherwise than it is: an apply takes it from them.
    pub(crate) fn contested(&self, wanted: &Value, body: &Value, rules: &ConflictRules) -> Vec<Conflict> {
        let all = all_of(wanted);
        let held = self.others.iter().flat_map(|(manager, fields)| {
            fields.touched(&all).paths(FOUND_MAX).into_iter().map(move |path| (manager, path))
        });
        let differs = |path: &FieldPath| value_at(wanted, path) != value_at(body, path);
        held.filter(|(manager, path)| !manager.is_empty() && differs(path))
            .map(|(manager, path)| Conflict {
                path,
                holder: manager.clone(),
                decision: rules.decide(manager, None),
            })
            .collect()
    }

    pub(crate) fn ours(&self) -> &Fields {
        &self.ours
    }

    /// Names what is taken from whom, among what is there before and goes, and what is there after because somebody else holds
    /// it.
    pub(crate) fn conflicts(&self, wanted: &Fields, before: &Value, after: &Value) -> Vec<Conflict> {
        let leaving = self.leaving(wanted).found_in(before);
        let taken = self.taken.iter().filter(|(manager, _)| !manager.is_empty());
        let taken = taken.map(|(manager, fields)| (manager, fields.intersection(&leaving), Decision::Take));
        let left = self.before.leaving(wanted).found_in(after);
        let stays = self.others.iter().filter(|(manager, _)| !manager.is_empty());
        let stays = stays.map(|(manager, fields)| (manager, fields.intersection(&left), Decision::Yield));
        let mut conflicts: Vec<Conflict> = Vec::new();
        for (manager, fields, decision) in taken.chain(stays) {
            conflicts.extend(fields.paths(FOUND_MAX).into_iter().map(|path| Conflict {
                path,
                holder: manager.clone(),
                decision,
            }));
        }
        conflicts
    }
}

fn hanging(ours: &Fields, wanted: &Fields, held: &Fields) -> Fields {
    let none = Fields::default();
    let mut hanging = Fields::default();
    for (step, fields) in ours.steps() {
        let Some(others) = held.get(step) else { continue };
        let left = wanted.get(step).is_none() && step.starts_with("k:");
        let below = if left && fields.has_itself() && !others.has_itself() {
            others.clone()
        } else {
            self::hanging(fields, wanted.get(step).unwrap_or(&none), others)
        };
        if !below.is_empty() {
            hanging = hanging.union(&below.under(step));
        }
    }
    hanging
}

pub(crate) fn fields_of(entry: &Value) -> Fields {
    entry.get("fieldsV1").map(Fields::read).unwrap_or_default()
}

pub(crate) fn union<'a>(all: impl Iterator<Item = &'a Value>) -> Fields {
    all.fold(Fields::default(), |union, entry| union.union(&fields_of(entry)))
}

/// Compares but for times and order.
fn same(one: &[Value], other: &[Value]) -> bool {
    let told = |entries: &[Value]| {
        let mut told: Vec<String> = entries.iter().map(tell).collect();
        told.sort();
        told
    };
    told(one) == told(other)
}

fn tell(entry: &Value) -> String {
    let text = |key| entry.text_at(&[key]).unwrap_or_default();
    let keys = ["manager", "operation", "apiVersion", "subresource"].map(text);
    format!("{} {}", keys.join(" "), fields_of(entry).write().canonical())
}

/// Gives the fields of an object as if it had been applied.
pub(crate) fn all_of(body: &Value) -> Fields {
    Fields::read(&fields::of(body))
}
