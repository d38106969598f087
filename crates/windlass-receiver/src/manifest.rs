//! Receivers as Flux describes them: who may send, and which objects a delivery wakes.

use std::collections::BTreeMap;
use std::fmt;

use serde_json::Value;

use crate::filter::Filter;
use crate::receive::check_size;
use crate::{Delivery, Kind, Receiver, Refused, Request, payload};

/// The most objects that a manifest names.
pub const TARGETS_MAX: usize = 1000;

/// A `Receiver` of `notification.toolkit.fluxcd.io`, as it is in a cluster.
///
/// ```
/// use serde_json::json;
/// use windlass_receiver::{Manifest, Request, Which};
///
/// let manifest = Manifest::read(&json!({
///     "metadata": {"name": "web", "namespace": "shop"},
///     "spec": {
///         "type": "generic",
///         "secretRef": {"name": "web-token"},
///         "resources": [{"kind": "GitRepository", "name": "web"}],
///         "resourceFilter": "req.branch == 'main'",
///     },
///     "status": {"conditions": [{"type": "Ready", "status": "True"}]},
/// }))?;
/// let headers = [("Content-Type", "application/json")];
/// let request = Request { headers: &headers, body: br#"{"branch": "main"}"# };
/// let accepted = manifest.receive(Some(b"token"), &request)?;
/// let target = accepted.targets[0].as_ref().unwrap();
/// assert_eq!(target.to_string(), "source.toolkit.fluxcd.io/v1 GitRepository shop/web");
///
/// let object = json!({"apiVersion": "source.toolkit.fluxcd.io/v1", "kind": "GitRepository",
///     "metadata": {"name": "web", "namespace": "shop"}});
/// assert!(target.selects(&object) && accepted.wakes(&object)?);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone)]
pub struct Manifest {
    namespace: String,
    type_name: String,
    events: Vec<String>,
    secret: String,
    is_ready: bool,
    targets: Vec<Reference>,
    filter: String,
    own_namespace: bool,
    /// The sender, where it is not the type that says it.
    kind: Option<Kind>,
}

/// An entry of `spec.resources`, as it is written.
#[derive(Debug, Clone)]
struct Reference {
    api_version: String,
    kind: String,
    namespace: String,
    name: String,
    labels: Option<BTreeMap<String, String>>,
}

/// A delivery that a receiver took.
#[derive(Debug, Clone)]
pub struct Accepted {
    /// What it says.
    pub delivery: Delivery,
    /// What is to be woken, entry by entry of the manifest. Flux answers 500 where one cannot be looked for, and wakes the
    /// others.
    pub targets: Vec<Result<Target, Unaddressed>>,
    filter: Option<Filter>,
}

/// Where to look for objects.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Target {
    /// `group/version`.
    pub api_version: String,
    /// The kind.
    pub kind: String,
    /// The namespace.
    pub namespace: String,
    /// Which of the kind.
    pub which: Which,
}

/// Which objects of a kind in a namespace.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Which {
    /// The one of this name. Flux answers 500 where it is not there.
    Named(String),
    /// All that have these labels; there may be none.
    Labelled(BTreeMap<String, String>),
}

/// Why objects of an entry cannot be looked for.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Unaddressed {
    /// No version is given for a kind that is not one of Flux's.
    NoApiVersion(String),
    /// All names are asked for, without labels.
    NoLabels(String),
    /// It is in another namespace, where receivers may only name objects of their own.
    OtherNamespace(String),
}

/// A field of a manifest that is not what it should be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unreadable(&'static str);

impl Manifest {
    /// Reads a receiver. What is absent is empty; a server has checked it before.
    ///
    /// # Errors
    /// The first field that has another shape than the definition of the kind says, and more targets than [`TARGETS_MAX`].
    pub fn read(manifest: &Value) -> Result<Self, Unreadable> {
        let spec = &manifest["spec"];
        let resources = list(&spec["resources"], "spec.resources")?;
        if resources.len() > TARGETS_MAX {
            return Err(Unreadable("spec.resources"));
        }
        let events = list(&spec["events"], "spec.events")?;
        Ok(Self {
            namespace: text(&manifest["metadata"]["namespace"], "metadata.namespace")?,
            type_name: text(&spec["type"], "spec.type")?,
            events: events.iter().map(|event| text(event, "spec.events")).collect::<Result<_, _>>()?,
            secret: text(&spec["secretRef"]["name"], "spec.secretRef.name")?,
            is_ready: spec["suspend"] != true && is_ready(manifest),
            targets: resources.iter().map(Reference::read).collect::<Result<_, _>>()?,
            filter: text(&spec["resourceFilter"], "spec.resourceFilter")?,
            own_namespace: false,
            kind: None,
        })
    }

    /// Takes deliveries of this sender, whatever `spec.type` says: Flux has no name for some.
    #[must_use]
    pub fn of_kind(self, kind: Kind) -> Self {
        Self { kind: Some(kind), ..self }
    }

    /// Says whether the filter can be read, where there is one.
    ///
    /// # Errors
    /// Why it cannot.
    pub fn check_filter(&self) -> Result<(), String> {
        if self.filter.is_empty() { Ok(()) } else { Filter::new(&self.filter, None).map(drop) }
    }

    /// Wakes only objects of its own namespace, as Flux does with `--no-cross-namespace-refs`.
    #[must_use]
    pub fn in_own_namespace(self) -> Self {
        Self { own_namespace: true, ..self }
    }

    /// The Secret, in the namespace of the receiver, whose `token` a sender must know.
    #[must_use]
    pub fn secret_name(&self) -> &str {
        &self.secret
    }

    /// Says what a request is about and what it is to wake. `token` is that of the secret, if there is one.
    ///
    /// # Errors
    /// Why it is refused; [`Refused::status`] is what to answer.
    pub fn receive(&self, token: Option<&[u8]>, request: &Request<'_>) -> Result<Accepted, Refused> {
        if !self.is_ready {
            return Err(Refused::NotReady);
        }
        check_size(request)?;
        let token = token.ok_or(Refused::NoSecret)?;
        let named = || Kind::of_flux(&self.type_name);
        let kind = self.kind.or_else(named).ok_or_else(|| Refused::UnknownType(self.type_name.clone()))?;
        let receiver = Receiver::new(kind, token).with_events(self.events.iter().cloned());
        let delivery = receiver.receive(request)?;
        let filter = match self.filter.as_str() {
            "" => None,
            text => {
                let message = payload::of(kind, request)?;
                Some(
                    Filter::new(text, payload::is_json(request).then_some(&*message))
                        .map_err(Refused::Filter)?,
                )
            }
        };
        let targets =
            self.targets.iter().map(|target| target.target(&self.namespace, self.own_namespace)).collect();
        Ok(Accepted { delivery, targets, filter })
    }
}

impl Accepted {
    /// Says whether an object that a target names is to be woken: what the filter says of it, which sees its
    /// `apiVersion`, `kind` and `metadata` as `res` and the message as `req`.
    ///
    /// # Errors
    /// Why the filter says nothing of it; Flux then answers 500.
    pub fn wakes(&self, object: &Value) -> Result<bool, windlass_cel::Failure> {
        self.filter.as_ref().map_or(Ok(true), |filter| filter.takes(object))
    }
}

impl Target {
    /// Says whether an object is one of those. Of the version, only the group counts.
    #[must_use]
    pub fn selects(&self, object: &Value) -> bool {
        let group = |version: &str| version.rsplit_once('/').map_or("", |(group, _)| group).to_owned();
        let metadata = &object["metadata"];
        let same = |value: &Value, text: &str| value.as_str().unwrap_or_default() == text;
        group(object["apiVersion"].as_str().unwrap_or_default()) == group(&self.api_version)
            && same(&object["kind"], &self.kind)
            && same(&metadata["namespace"], &self.namespace)
            && match &self.which {
                Which::Named(name) => same(&metadata["name"], name),
                Which::Labelled(labels) => {
                    labels.iter().all(|(name, value)| metadata["labels"][name].as_str() == Some(value))
                }
            }
    }
}

impl Reference {
    fn read(entry: &Value) -> Result<Self, Unreadable> {
        let labels = match &entry["matchLabels"] {
            Value::Null => None,
            Value::Object(labels) => Some(labels),
            _ => return Err(Unreadable("spec.resources.matchLabels")),
        };
        let labels = labels.map(|labels| {
            let pair = |(name, value): (&String, &Value)| {
                text(value, "spec.resources.matchLabels").map(|value| (name.clone(), value))
            };
            labels.iter().map(pair).collect::<Result<_, _>>()
        });
        Ok(Self {
            api_version: text(&entry["apiVersion"], "spec.resources.apiVersion")?,
            kind: text(&entry["kind"], "spec.resources.kind")?,
            namespace: text(&entry["namespace"], "spec.resources.namespace")?,
            name: text(&entry["name"], "spec.resources.name")?,
            labels: labels.transpose()?,
        })
    }

    fn target(&self, own: &str, only_own: bool) -> Result<Target, Unaddressed> {
        let namespace = if self.namespace.is_empty() { own } else { &self.namespace };
        if only_own && namespace != own {
            return Err(Unaddressed::OtherNamespace(namespace.to_owned()));
        }
        let api_version = match self.api_version.as_str() {
            "" => usual_version(&self.kind).ok_or_else(|| Unaddressed::NoApiVersion(self.kind.clone()))?,
            given => given,
        };
        let which = match (self.name.as_str(), &self.labels) {
            ("*", None) => return Err(Unaddressed::NoLabels(self.kind.clone())),
            ("*", Some(labels)) => Which::Labelled(labels.clone()),
            (name, _) => Which::Named(name.to_owned()),
        };
        let (api_version, namespace) = (api_version.to_owned(), namespace.to_owned());
        Ok(Target { api_version, kind: self.kind.clone(), namespace, which })
    }
}

/// The versions of Flux's own kinds, which an entry may leave out.
fn usual_version(kind: &str) -> Option<&'static str> {
    match kind {
        "Bucket" | "GitRepository" | "HelmChart" | "HelmRepository" | "OCIRepository" => {
            Some("source.toolkit.fluxcd.io/v1")
        }
        "ImageRepository" => Some("image.toolkit.fluxcd.io/v1"),
        _ => None,
    }
}

fn is_ready(manifest: &Value) -> bool {
    let conditions = manifest["status"]["conditions"].as_array();
    let mut ready = conditions.into_iter().flatten().filter(|condition| condition["type"] == "Ready");
    ready.next().is_some_and(|condition| condition["status"] == "True")
}

fn text(value: &Value, field: &'static str) -> Result<String, Unreadable> {
    match value {
        Value::Null => Ok(String::new()),
        Value::String(text) => Ok(text.clone()),
        _ => Err(Unreadable(field)),
    }
}

fn list<'v>(value: &'v Value, field: &'static str) -> Result<&'v [Value], Unreadable> {
    match value {
        Value::Null => Ok(&[]),
        Value::Array(items) => Ok(items),
        _ => Err(Unreadable(field)),
    }
}

impl fmt::Display for Target {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {} {}/", self.api_version, self.kind, self.namespace)?;
        match &self.which {
            Which::Named(name) => f.write_str(name),
            Which::Labelled(labels) => {
                let labels: Vec<_> = labels.iter().map(|(name, value)| format!("{name}={value}")).collect();
                write!(f, "*[{}]", labels.join(","))
            }
        }
    }
}

impl fmt::Display for Unaddressed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoApiVersion(kind) => write!(f, "apiVersion must be given for this kind (kind={kind})"),
            Self::NoLabels(kind) => write!(f, "the name * needs matchLabels (kind={kind})"),
            Self::OtherNamespace(name) => {
                write!(f, "objects of other namespaces are not allowed (namespace={name})")
            }
        }
    }
}

impl fmt::Display for Unreadable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "not a receiver of Flux (field={})", self.0)
    }
}

impl std::error::Error for Unaddressed {}
impl std::error::Error for Unreadable {}
