//! A project with two revisions, each of which adds, changes and removes some of some forty objects of several stages.

use std::collections::BTreeMap;

/// The namespace of all objects that have one.
const NAMESPACE: &str = "seesaw";

/// One of the two revisions.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Side {
    Left,
    Right,
}

/// Objects by identity (`Kind.group/namespace/name`), each with the side that it says it is of; nothing for one that is
/// the same on both.
pub(crate) type Objects = BTreeMap<String, String>;

impl Side {
    pub(crate) const fn other(self) -> Self {
        match self {
            Self::Left => Self::Right,
            Self::Right => Self::Left,
        }
    }

    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Left => "left",
            Self::Right => "right",
        }
    }

    /// The objects that are wanted.
    pub(crate) fn objects(self) -> Objects {
        self.things().into_iter().map(|thing| (thing.id, thing.side)).collect()
    }

    /// The manifests.
    pub(crate) fn text(self) -> String {
        self.things().into_iter().map(|thing| format!("---\n{}\n", thing.text)).collect()
    }

    fn things(self) -> Vec<Thing> {
        let mut things = vec![thing("v1 Namespace", NAMESPACE, "", "", ""), definition("Widget")];
        things.extend((0..6).map(|n| config_map(&format!("still-{n}"), "", n % 3)));
        things.extend((0..8).map(|n| config_map(&format!("both-{n}"), self.name(), n % 3)));
        things.extend((0..6).map(|n| config_map(&format!("{}-{n}", self.name()), self.name(), n % 3)));
        things.push(deployment("db", "", ""));
        things.push(deployment("web", self.name(), "windlass.dev/depends-on: Deployment.apps/seesaw/db"));
        things.push(deployment(self.name(), self.name(), "argocd.argoproj.io/sync-wave: '1'"));
        things.push(thing("v1 Service", "web", "", "", "spec: {selector: {app: web}, ports: [{port: 80}]}"));
        things.push(thing("v1 ServiceAccount", self.name(), self.name(), "", ""));
        things.extend((0..2).map(|n| self.secret(n)));
        things.extend((0..4).map(|n| self.custom("Widget", &format!("both-{n}"))));
        things.extend((0..3).map(|n| self.custom("Widget", &format!("{}-{n}", self.name()))));
        if self == Self::Right {
            things.push(definition("Gadget"));
            things.extend((0..3).map(|n| self.custom("Gadget", &format!("right-{n}"))));
        }
        things
    }

    fn secret(self, n: usize) -> Thing {
        let name = format!("{}-{n}", self.name());
        thing("v1 Secret", &name, self.name(), "", &format!("stringData: {{word: {name}}}"))
    }

    fn custom(self, kind: &str, name: &str) -> Thing {
        let size = name.len() + self.name().len();
        thing(
            &format!("seesaw.windlass.dev/v1 {kind}"),
            name,
            self.name(),
            "",
            &format!("spec: {{size: {size}}}"),
        )
    }
}

struct Thing {
    id: String,
    side: String,
    text: String,
}

/// `kind`: such as `apps/v1 Deployment`. `note`: one more annotation.
fn thing(kind: &str, name: &str, side: &str, note: &str, rest: &str) -> Thing {
    let (api_version, kind) = kind.split_once(' ').expect("an apiVersion and a kind");
    let namespace = if ["Namespace", "CustomResourceDefinition"].contains(&kind) { "" } else { NAMESPACE };
    let place = if namespace.is_empty() { String::new() } else { format!(", namespace: {namespace}") };
    let told = if side.is_empty() { String::new() } else { format!("side: {side}, ") };
    let text = format!(
        "apiVersion: {api_version}\nkind: {kind}\nmetadata: {{name: {name}{place}, annotations: {{{told}{note}}}}}\n{rest}"
    );
    Thing { id: id(api_version, kind, namespace, name), side: side.into(), text }
}

/// An identity as the stored inventory writes it.
pub(crate) fn id(api_version: &str, kind: &str, namespace: &str, name: &str) -> String {
    match api_version.split_once('/') {
        Some((group, _)) => format!("{kind}.{group}/{namespace}/{name}"),
        None => format!("{kind}/{namespace}/{name}"),
    }
}

fn config_map(name: &str, side: &str, wave: usize) -> Thing {
    let note = format!("argocd.argoproj.io/sync-wave: '{wave}'");
    thing("v1 ConfigMap", name, side, &note, &format!("data: {{side: '{side}'}}"))
}

fn deployment(name: &str, side: &str, note: &str) -> Thing {
    let pod = format!("{{name: {name}, image: example.org/{name}, env: [{{name: SIDE, value: '{side}'}}]}}");
    let rest = format!(
        "spec:\n  selector: {{matchLabels: {{app: {name}}}}}\n  template: {{metadata: {{labels: {{app: {name}}}}}, \
         spec: {{terminationGracePeriodSeconds: 0, containers: [{pod}]}}}}"
    );
    thing("apps/v1 Deployment", name, side, note, &rest)
}

fn definition(kind: &str) -> Thing {
    let singular = kind.to_lowercase();
    let rest = format!(
        "spec:\n  group: seesaw.windlass.dev\n  scope: Namespaced\n  names: {{kind: {kind}, plural: {singular}s}}\n  \
         versions: [{{name: v1, served: true, storage: true, schema: {{openAPIV3Schema: {{type: object, properties: \
         {{spec: {{type: object, properties: {{size: {{type: integer}}}}}}}}}}}}}}]"
    );
    let name = format!("{singular}s.seesaw.windlass.dev");
    thing("apiextensions.k8s.io/v1 CustomResourceDefinition", &name, "", "", &rest)
}
