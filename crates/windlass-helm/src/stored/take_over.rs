//! Taking over what a release owns that is not rendered any more.

use std::collections::{BTreeMap, BTreeSet};

use windlass_core::{
    Context, Digest, Error, ErrorKind, Item, Need, Object, ObjectId, Origin, Provided, RenderInput, Rendered,
    Result, Selection, Text, Transform, Value, Warning,
};

use super::StoredRelease;
use crate::renderer::of_list;

/// Objects that the warning names.
const SHOWN_MAX: usize = 5;

/// Takes over from Helm what the last deployed revision of a release owns and what is not rendered any more.
///
/// A unit deletes only what it owns. So such an object is wanted once more, as the release has it, until it bears the label
/// by which the target marks what is owned. From then on it is not wanted, and the engine prunes it with all its guards.
/// A warning names what was found.
///
/// Left alone is what asks to be kept by `helm.sh/resource-policy: keep`, in the release or live; what is not there; what
/// does not name the release in Helm's annotations; and what bears the label of any owner. Hooks and files of `crds/` are
/// not part of a release's manifest.
///
/// It needs the Secrets of the release and lists of the kinds in question, by the rights of the unit.
#[derive(Debug, Clone)]
pub struct TakeOver {
    release: String,
    namespace: String,
    label: String,
}

impl TakeOver {
    /// Takes over the release of this name in this namespace. `label`: what an object bears that some unit owns.
    pub fn new(release: impl Into<String>, namespace: impl Into<String>, label: impl Into<String>) -> Self {
        Self { release: release.into(), namespace: namespace.into(), label: label.into() }
    }

    /// Finds the revision that was deployed last.
    fn deployed(&self, cx: &Context, asked: &mut Asked<'_>) -> Result<Option<StoredRelease>> {
        let secrets = Selection::new("v1", "Secret")
            .in_namespace(&*self.namespace)
            .with_label("owner", "helm")
            .with_label("name", &*self.release)
            .with_label("status", "deployed");
        let mut found = Vec::new();
        for secret in asked.list(secrets) {
            cx.check()?;
            found.push(StoredRelease::from_secret(secret, cx.limits())?);
        }
        Ok(found.into_iter().max_by_key(StoredRelease::revision))
    }

    /// Tells what an object is, seen from the release. One without a namespace may be in that of the release.
    fn key(&self, id: &ObjectId) -> (Text, Text, Text, Text) {
        let namespace =
            if id.namespace.is_empty() { Text::from(&*self.namespace) } else { id.namespace.clone() };
        (id.group.clone(), id.kind.clone(), namespace, id.name.clone())
    }

    /// Finds the live object, if it is one to take over.
    fn live<'o>(&self, left: &Object, listed: &'o [Object]) -> Option<&'o Object> {
        let is_it =
            |live: &&Object| live.id().name == left.id().name && self.key(live.id()) == self.key(left.id());
        let live = listed.iter().find(is_it)?;
        let names = |annotation: &str, value: &str| live.annotation(annotation) == Some(value);
        let is_of_release = names("meta.helm.sh/release-name", &self.release)
            && names("meta.helm.sh/release-namespace", &self.namespace);
        (is_of_release && live.label(&self.label).is_none() && !is_kept(live)).then_some(live)
    }
}

impl Transform for TakeOver {
    fn fingerprint(&self) -> Digest {
        let parts = ["windlass-helm take over 1", &*self.release, &*self.namespace, &*self.label];
        Digest::of_parts(parts.map(str::as_bytes))
    }

    fn transform(&self, cx: &Context, input: &RenderInput<'_>, mut rendered: Rendered) -> Result<Rendered> {
        let mut asked = Asked::new(input.provided);
        let release = self.deployed(cx, &mut asked)?;
        asked.check()?;
        let Some(release) = release else {
            rendered.reads.extend(asked.reads);
            return Ok(rendered);
        };
        let wanted: BTreeSet<_> = rendered.items.iter().map(|item| self.key(item.id())).collect();
        let mut left = release.objects(cx.limits())?;
        left.retain(|object| !wanted.contains(&self.key(object.id())) && !is_kept(object));
        let mut taken = Vec::new();
        for object in &left {
            cx.check()?;
            let id = object.id();
            if !asked.serves(object) {
                continue;
            }
            let kind = Selection::new(object.api_version().clone(), id.kind.clone())
                .in_namespace(self.key(id).2)
                .with_label("app.kubernetes.io/managed-by", "Helm");
            if let Some(live) = self.live(object, asked.list(kind)) {
                taken.push(placed(object, &live.id().namespace)?);
            }
        }
        asked.check()?;
        rendered.reads.extend(asked.reads);
        if !taken.is_empty() {
            let names: Vec<Text> = taken.iter().map(|object| object.id().to_string().into()).collect();
            let names = Text::first(&names, SHOWN_MAX);
            rendered.warnings.push(Warning::new(format!(
                "the release {release} owns what is not rendered any more; it is taken over now and pruned by the next pass: {names}"
            )));
        }
        let mut origin = Origin::new(input.path.join("Chart.yaml")?, 1, 1);
        origin.transformers.push(format!("the release {release}").into());
        rendered.items.extend(taken.into_iter().map(|object| {
            let mut item = Item::new(object, origin.clone());
            item.directives.no_wait = true;
            item
        }));
        Ok(rendered)
    }
}

/// Says whether an object asks Helm to be kept.
fn is_kept(object: &Object) -> bool {
    let policy = object.annotation("helm.sh/resource-policy");
    policy.is_some_and(|policy| policy.trim().eq_ignore_ascii_case("keep"))
}

/// Gives an object of the release the namespace in which it is live.
fn placed(object: &Object, namespace: &Text) -> Result<Object> {
    if object.id().namespace == *namespace {
        return Ok(object.clone());
    }
    object.edit(|body| {
        let metadata = body.as_map_mut().and_then(|body| body.get_mut("metadata"));
        if let Some(metadata) = metadata.and_then(Value::as_map_mut) {
            metadata.insert("namespace", namespace.as_str());
        }
    })
}

/// What was brought, and what was asked of it.
struct Asked<'p> {
    provided: &'p Provided,
    reads: BTreeMap<Need, Digest>,
    missing: BTreeSet<Need>,
}

impl<'p> Asked<'p> {
    fn new(provided: &'p Provided) -> Self {
        Self { provided, reads: BTreeMap::new(), missing: BTreeSet::new() }
    }

    fn list(&mut self, selection: Selection) -> &'p [Object] {
        let need = Need::Objects(selection);
        let Some(objects) = self.provided.lists.get(&need) else {
            self.missing.insert(need);
            return &[];
        };
        self.reads.entry(need).or_insert_with(|| of_list(objects));
        objects
    }

    /// Says whether the target serves the kind. Nobody can be asked for objects of a kind that is gone.
    fn serves(&mut self, object: &Object) -> bool {
        let Some(served) = &self.provided.capabilities else {
            self.missing.insert(Need::Capabilities);
            return false;
        };
        served.apis.contains(&Text::from(format!("{}/{}", object.api_version(), object.id().kind)))
    }

    /// Fails where something was asked for that has to be brought first.
    fn check(&mut self) -> Result<()> {
        let missing = std::mem::take(&mut self.missing);
        if missing.is_empty() {
            return Ok(());
        }
        let message = "what a release of Helm owns is asked of the target, and nobody has asked it yet";
        Err(Error::new(ErrorKind::Unfetched, message).needing(missing))
    }
}
