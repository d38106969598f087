//! From the documents of a release to items.

use std::collections::BTreeMap;

use windlass_core::{
    Context, Error, ErrorKind, Hook as RunHook, HookDeletion, Item, Object, ObjectId, Origin, Phase, Result,
    TreePath, Value, Warning,
};

use crate::release::{Hook, HookEvent, Manifest, Manifests};
use crate::values::read;

/// What is wanted beside the plain documents.
#[derive(Debug, Clone, Copy)]
pub(super) struct Wanted {
    pub(super) crds: bool,
    pub(super) hooks: bool,
    pub(super) tests: bool,
}

/// The items of a release.
#[derive(Debug, Default)]
pub(super) struct Items {
    /// Those of `crds/`.
    pub(super) crds: Vec<Item>,
    pub(super) documents: Vec<Item>,
    pub(super) hooks: Vec<Item>,
}

/// Makes items of all documents; with any problem there are none.
pub(super) fn items(
    cx: &Context,
    manifests: &Manifests,
    chart: &TreePath,
    wanted: Wanted,
    problems: Vec<Error>,
    warnings: &mut Vec<Warning>,
) -> Result<Items> {
    let mut all = All { cx, chart, items: Vec::new(), seen: BTreeMap::new(), problems };
    let crds = if wanted.crds { manifests.crds.as_slice() } else { &[] };
    for manifest in crds {
        all.add(manifest, (None, None))?;
    }
    let documents_from = all.items.len();
    for manifest in &manifests.documents {
        all.add(manifest, (None, None))?;
    }
    let hooks_from = all.items.len();
    for manifest in &manifests.hooks {
        let Some(hook) = manifest.hook.as_ref().filter(|_| wanted.hooks) else { continue };
        let [ordinary, at_deletion] = phases(hook, wanted.tests);
        for several in [&ordinary, &at_deletion].into_iter().filter(|phases| phases.len() > 1) {
            warnings.push(Warning::new(format!(
                "a hook of {} has several phases and runs in the first alone: {}",
                manifest.source,
                several.iter().map(|phase| phase.name()).collect::<Vec<_>>().join(", ")
            )));
        }
        let first = |phases: &[Phase]| phases.first().map(|phase| run(hook, *phase));
        let moments = (first(&ordinary), first(&at_deletion));
        if moments != (None, None) {
            all.add(manifest, moments)?;
        }
    }
    if let Some(error) = Error::all(all.problems) {
        return Err(error);
    }
    let hooks = all.items.split_off(hooks_from);
    let documents = all.items.split_off(documents_from);
    Ok(Items { crds: all.items, documents, hooks })
}

/// Names the file of a problem as the artifact has it.
pub(super) fn placed(problem: Error, chart: &TreePath) -> Error {
    let path = problem.context("file").and_then(|file| chart.join(file).ok());
    path.map_or(problem.clone(), |path| problem.with("path", path))
}

/// When an object runs: in ordinary passes, and when the unit is deleted.
type Moments = (Option<RunHook>, Option<RunHook>);

/// Tells when a hook runs in ordinary passes, and when in the deletion of the unit. What Helm runs before an install or an
/// upgrade runs before each revision.
fn phases(hook: &Hook, tests: bool) -> [Vec<Phase>; 2] {
    let phase = |event: &HookEvent| match event {
        HookEvent::PreInstall | HookEvent::PreUpgrade => Some(Phase::Before),
        HookEvent::PostInstall | HookEvent::PostUpgrade => Some(Phase::After),
        HookEvent::PreDelete => Some(Phase::BeforeDelete),
        HookEvent::PostDelete => Some(Phase::AfterDelete),
        HookEvent::Test => tests.then_some(Phase::After),
        HookEvent::PreRollback | HookEvent::PostRollback => None,
    };
    let mut phases: Vec<Phase> = hook.events.iter().filter_map(phase).collect();
    phases.sort();
    phases.dedup();
    let (at_deletion, ordinary) = phases.into_iter().partition(|phase| phase.is_of_deletion());
    [ordinary, at_deletion]
}

fn run(hook: &Hook, phase: Phase) -> RunHook {
    let weight = i32::try_from(hook.weight).unwrap_or(if hook.weight < 0 { i32::MIN } else { i32::MAX });
    let has = |policy: &str| hook.delete_policies.iter().any(|one| one == policy);
    let mut deletion = HookDeletion::BEFORE_NEXT;
    if !hook.delete_policies.is_empty() {
        deletion.before_next = has("before-hook-creation");
        deletion.on_success = has("hook-succeeded");
        deletion.on_failure = has("hook-failed");
    }
    RunHook::new(phase).with_weight(weight).with_deletion(deletion)
}

/// Items under way.
struct All<'a> {
    cx: &'a Context,
    chart: &'a TreePath,
    items: Vec<Item>,
    seen: BTreeMap<ObjectId, usize>,
    problems: Vec<Error>,
}

impl All<'_> {
    fn add(&mut self, manifest: &Manifest, moments: Moments) -> Result<()> {
        self.cx.check()?;
        let origin = Origin::new(self.chart.join(&manifest.file)?, manifest.document, manifest.line);
        let values = match read::documents_as_written(manifest.text.as_bytes(), self.cx.limits()) {
            Ok(values) => values,
            Err(error) => {
                self.wrong(error.with_each("path", &origin.file));
                return Ok(());
            }
        };
        for value in values {
            self.object(value, &origin, moments, 0)?;
        }
        Ok(())
    }

    /// Adds an object, or those of a list.
    fn object(&mut self, value: Value, origin: &Origin, moments: Moments, depth: usize) -> Result<()> {
        let is_list = value.text_at(&["kind"]) == Some("List") && depth < self.cx.limits().value_depth_max;
        if let (true, Some(items)) = (is_list, value.get("items").and_then(Value::as_list)) {
            return items.iter().try_for_each(|item| self.object(item.clone(), origin, moments, depth + 1));
        }
        match Object::new(value) {
            Ok(object) => self.keep(object, origin, moments),
            Err(error) => {
                self.wrong(error.with_each("path", &origin.file).with_each("line", origin.line));
                Ok(())
            }
        }
    }

    fn keep(&mut self, object: Object, origin: &Origin, moments: Moments) -> Result<()> {
        let max = self.cx.limits().objects_max;
        if self.items.len() >= max {
            let error = Error::new(ErrorKind::Limit, "too many objects").with("limit", "objects_max");
            return Err(error.with("max", max));
        }
        if let Some(first) = self.seen.get(object.id()) {
            let error = Error::new(ErrorKind::Invalid, "an object is written twice")
                .with("id", object.id())
                .with("first", &self.items[*first].origin)
                .with("again", origin);
            self.wrong(error);
            return Ok(());
        }
        self.seen.insert(object.id().clone(), self.items.len());
        let mut item = Item::new(object, origin.clone());
        item.directives.run_at(moments.0, moments.1);
        self.items.push(item);
        Ok(())
    }

    fn wrong(&mut self, error: Error) {
        if self.problems.len() < self.cx.limits().problems_max {
            self.problems.push(error);
        }
    }
}
