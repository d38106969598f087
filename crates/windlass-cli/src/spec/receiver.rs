//! Receivers of webhooks, beside the units, in the form of Flux's `Receiver`.

use std::path::PathBuf;

use serde_json::{Value as Json, json};
use windlass_core::{Error, ErrorKind, Result, Value};
use windlass_receiver::{Kind, Manifest};

use super::check::{check, nearest};
use super::draft::Draft;
use super::fields::{API_VERSION, Field, KIND, Map, Shape};
use super::fleet::Fleet;
use super::unit::{Unit, text, texts, truth};

/// The `kind` of a receiver.
pub(crate) const RECEIVER_KIND: &str = "Receiver";

/// A receiver.
pub(crate) const RECEIVER: Map = Map::of(&[
    Field::new("apiVersion", "", Shape::Constant(API_VERSION), "The version of this format.").required(),
    Field::new("kind", "", Shape::Constant(RECEIVER_KIND), "What this document is.").required(),
    Field::new("metadata", "", Shape::Map(METADATA), "What the receiver is called.").required(),
    Field::new("spec", "", Shape::Map(SPEC), "Whose deliveries it takes, and whom they wake.").required(),
]);

const METADATA: Map = Map::of(&[
    Field::new("name", "", Shape::Name, "The name of the receiver, which is a part of its path.").required(),
    Field::new(
        "namespace",
        "",
        Shape::Name,
        "A part of the path as well: that of a receiver of Flux whose path is to stay.",
    ),
]);

const SPEC: Map = Map::of(&[
    Field::new("type", "", Shape::Word(&Kind::NAMES), "Who sends the deliveries.").required(),
    Field::new(
        "secretFile",
        "",
        Shape::Path,
        "A file with the secret that the sender knows, or a mounted Secret as a folder with the file `token`; of azuredevops \
         `user:password`; read anew every five seconds.",
    )
    .required(),
    Field::new(
        "events",
        "",
        Shape::Texts,
        "The events that count, in the words of the sender, such as `push`; all unless said.",
    ),
    Field::new(
        "resources",
        "",
        Shape::Items(RESOURCE),
        "The units that are woken, by whatever address the sender knows their source; unless said those whose source has the \
         address in the delivery.",
    ),
    Field::new(
        "resourceFilter",
        "",
        Shape::Text,
        "An expression of CEL that is true for the units to wake; it sees the delivery as `req` and a unit as `res`.",
    ),
    Field::new("suspend", "", Shape::Truth, "Take no deliveries; false unless said."),
]);

const RESOURCE: Map = Map::of(&[
    Field::new("apiVersion", "", Shape::Constant(API_VERSION), "The version of unit files."),
    Field::new("kind", "", Shape::Constant(KIND), "What is woken.").required(),
    Field::new("name", "", Shape::Name, "The name of the unit.").required(),
]);

/// A receiver: whose deliveries it takes, and whom they wake.
#[derive(Debug, Clone)]
pub(crate) struct Receiver {
    pub(crate) name: String,
    /// What a part of the path is made from, beside name and secret.
    pub(crate) namespace: String,
    pub(crate) manifest: Manifest,
    pub(crate) secret: PathBuf,
    /// The units that are named; `None` where the address in a delivery says which are meant.
    pub(crate) units: Option<Vec<String>>,
    pub(crate) draft: Draft,
}

impl Receiver {
    /// Says whether a document is meant for a receiver.
    pub(super) fn is_one(draft: &Draft) -> bool {
        draft.value.text_at(&["kind"]) == Some(RECEIVER_KIND)
    }

    /// Reads a draft.
    ///
    /// # Errors
    /// [`ErrorKind::Invalid`] with every problem of the draft, each with its field and place.
    pub(super) fn read(draft: Draft) -> Result<Self> {
        if let Some(error) = Error::all(check(&draft)) {
            return Err(error);
        }
        let word = |path: &[&str]| text(&draft, path).unwrap_or_default();
        let listed = draft.value.at(&["spec", "resources"]).and_then(Value::as_list);
        let units = listed.map(|items| {
            items.iter().filter_map(|item| item.text_at(&["name"])).map(str::to_owned).collect()
        });
        let secret = draft.resolve(&["spec", "secretFile"], &word(&["spec", "secretFile"]));
        let manifest = manifest(&draft)?;
        let (name, namespace) = (word(&["metadata", "name"]), word(&["metadata", "namespace"]));
        Ok(Self { name, namespace, manifest, secret, units, draft })
    }

    /// Says which units it names that are not there.
    pub(super) fn unknown(&self, units: &[Unit]) -> Vec<Error> {
        let here: Vec<&str> = units.iter().map(|unit| unit.id.as_str()).collect();
        let named = self.units.iter().flatten().enumerate();
        let unknown = named.filter(|(_, name)| !here.contains(&name.as_str())).map(|(at, name)| {
            let hint =
                nearest(name, &here).map(|near| format!(", did you mean `{near}`?")).unwrap_or_default();
            let field = ["spec", "resources", &at.to_string(), "name"];
            self.draft
                .wrong(&field, format!("wakes the unit `{name}`, which is not here{hint}"))
                .with_help("name the file of that unit with another -f, or take it out of the receiver")
        });
        unknown.collect()
    }

    /// Lists the units that deliveries may wake.
    pub(crate) fn may_wake<'f>(&self, fleet: &'f Fleet) -> Vec<&'f Unit> {
        let named = |unit: &&Unit| {
            self.units.as_ref().is_none_or(|names| names.iter().any(|name| name == unit.id.as_str()))
        };
        fleet.units().filter(named).filter(|unit| fleet.isolation(&unit.id).is_none()).collect()
    }

    /// Adds to an error which field of the receiver it is about.
    pub(crate) fn blame(&self, field: &[&str], error: Error) -> Error {
        self.draft.blame(field, error).with_each("receiver", &self.name)
    }

    /// Two receivers of one name are one too many.
    pub(super) fn twins(receivers: &[Self]) -> Vec<Error> {
        let twin = |(at, one): (usize, &Self)| {
            let first = receivers[..at].iter().find(|first| first.name == one.name)?;
            let error =
                one.draft.wrong(&["metadata", "name"], format!("two receivers are called `{}`", one.name));
            Some(error.with("first", first.draft.shown()).with_help("give each receiver a name of its own"))
        };
        receivers.iter().enumerate().filter_map(twin).collect()
    }
}

/// Puts into the form of Flux what decides on deliveries there as well.
fn manifest(draft: &Draft) -> Result<Manifest> {
    let spec = |name: &str| text(draft, &["spec", name]);
    let mut fields = json!({
        "events": texts(draft, &["spec", "events"]),
        "suspend": truth(draft, &["spec", "suspend"]).unwrap_or(false),
    });
    fields["resourceFilter"] = spec("resourceFilter").map_or(Json::Null, Json::from);
    let ready = json!({"conditions": [{"type": "Ready", "status": "True"}]});
    let unread = |error| Error::new(ErrorKind::Internal, "a checked receiver is none").caused_by(error);
    let manifest = Manifest::read(&json!({"spec": fields, "status": ready})).map_err(unread)?;
    manifest.check_filter().map_err(|why| {
        draft.wrong(&["spec", "resourceFilter"], format!("not an expression: {why}")).with_help(
            "write an expression of CEL that is true or false, such as req.ref == 'refs/heads/main'",
        )
    })?;
    let kind = spec("type").and_then(|name| Kind::named(&name));
    let kind = kind.ok_or_else(|| Error::new(ErrorKind::Internal, "a checked receiver has no type"))?;
    Ok(manifest.of_kind(kind))
}
