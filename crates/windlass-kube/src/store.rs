//! The state of units, kept in the cluster itself.

use std::collections::BTreeMap;
use std::fmt;
use std::io::{Read, Write as _};
use std::sync::{Arc, Mutex, PoisonError};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use flate2::Compression;
use flate2::read::GzDecoder;
use flate2::write::GzEncoder;
use http::Method;
use serde::{Deserialize, Serialize};
use windlass_core::{
    Context, Delta, Error, ErrorKind, ObjectId, Owned, Result, Saved, StateStore, Text, UnitId, Value,
    Version, async_trait,
};

use crate::cluster::Cluster;
use crate::connection::Connection;
use crate::fail;
use crate::list::{Listing, list};
use crate::live::parts;
use crate::options::KubeOptions;
use crate::request::{Request, Response, Subject, read_json};
use crate::resource::Resource;

/// The label of a ConfigMap that holds the state of a unit; its value is the unit.
pub const STATE_LABEL: &str = "windlass.dev/state";
/// Bytes of a state in its packed form, where a save intends more than before. A ConfigMap takes 1 MiB of data.
const STATE_BYTES_MAX: usize = 900 << 10;
/// Bytes of a state in its packed form, where a save only says how things went: it also has a record of the pass, and
/// must never fail for lack of room.
const SETTLED_BYTES_MAX: usize = 980 << 10;
/// Bytes that a stamp takes in the packed form: 64 digits that cannot be packed, and what is around them.
const STAMP_BYTES: usize = 40;
/// Bytes that a uid takes in the packed form.
const UID_BYTES: usize = 24;
/// Bytes of a state in its plain form, so that a damaged one cannot unpack without end.
const STATE_PLAIN_BYTES_MAX: u64 = 64 << 20;
const KEY: &str = "state.json.gz";
const FORMAT: u32 = 1;

/// Keeps the state of each unit in one ConfigMap: JSON, packed with gzip, about 110 bytes for each object. Some 8,000
/// objects fit; more are an error of kind [`ErrorKind::Limit`], before anything is written: what is only intended takes the
/// room that it will need once it is done.
///
/// A save is one `PUT` at the version that it expects, so two writers cannot both succeed.
#[derive(Clone)]
pub struct KubeStore {
    cluster: Connection,
    namespace: Text,
    manager: Text,
    /// What was last loaded or saved, packed, so that a save does not load first.
    last: Arc<Mutex<BTreeMap<UnitId, (Version, Packed)>>>,
}

type Packed = Arc<[u8]>;

#[derive(Serialize, Deserialize)]
struct Stored {
    format: u32,
    /// Counts saves, so that each gives a new version, also one that changes nothing else.
    saves: u64,
    saved: Saved,
}

impl KubeStore {
    /// Makes a store in the namespace that `options` names.
    #[must_use]
    pub fn new(cluster: Cluster, options: &KubeOptions) -> Self {
        let (namespace, manager) = (options.state_namespace.clone(), options.manager.clone());
        Self { cluster: cluster.into_connection(), namespace, manager, last: Arc::default() }
    }

    fn collection(&self) -> String {
        format!("/api/v1/namespaces/{}/configmaps", self.namespace)
    }

    fn path(&self, unit: &UnitId) -> String {
        format!("{}/windlass-{unit}", self.collection())
    }

    /// Reads the ConfigMap of a unit.
    async fn read(&self, cx: &Context, unit: &UnitId) -> Result<Option<(Version, Packed)>> {
        let call = Request::get(self.path(unit), Subject::new("unit", unit.as_str()));
        let answer = self.cluster.send(cx, &call).await?;
        if answer.status == 404 && !fail::is_unknown_path(&answer) {
            return Ok(None);
        }
        if !answer.is_success() {
            return Err(fail::refused(&answer, &call));
        }
        let body: Value = read_json(&answer, &call)?;
        let version = crate::live::version_of(&body)?;
        let packed = body.text_at(&["binaryData", KEY]).and_then(|text| STANDARD.decode(text).ok());
        let ours = body.text_at(&["metadata", "labels", STATE_LABEL]) == Some(unit.as_str());
        match packed.filter(|_| ours) {
            Some(packed) => Ok(Some((version, packed.into()))),
            None => Err(corrupt(unit, "the ConfigMap holds no state of this unit")),
        }
    }

    /// Gives what is stored at `expected`: what was seen last, if that is it.
    async fn at(&self, cx: &Context, unit: &UnitId, expected: &Version) -> Result<Packed> {
        if let Some((version, packed)) = self.last().get(unit)
            && version == expected
        {
            return Ok(Arc::clone(packed));
        }
        match self.read(cx, unit).await? {
            Some((version, packed)) if version == *expected => Ok(packed),
            _ => Err(outdated(unit)),
        }
    }

    fn last(&self) -> std::sync::MutexGuard<'_, BTreeMap<UnitId, (Version, Packed)>> {
        self.last.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn body(&self, unit: &UnitId, packed: &[u8], expected: Option<&Version>) -> String {
        let mut metadata = vec![
            ("name", Value::from(format!("windlass-{unit}"))),
            ("namespace", self.namespace.clone().into()),
            ("labels", Value::from_iter([(STATE_LABEL, Value::from(unit.as_str()))])),
        ];
        if let Some(version) = expected {
            let (version, uid) = parts(version);
            metadata.push(("resourceVersion", version.into()));
            metadata.extend(uid.map(|uid| ("uid", Value::from(uid))));
        }
        let body = Value::from_iter([
            ("apiVersion", Value::from("v1")),
            ("kind", "ConfigMap".into()),
            ("metadata", metadata.into_iter().collect()),
            ("binaryData", Value::from_iter([(KEY, Value::from(STANDARD.encode(packed)))])),
        ]);
        body.canonical()
    }

    async fn send(
        &self,
        cx: &Context,
        unit: &UnitId,
        packed: &[u8],
        expected: Option<&Version>,
    ) -> Result<Version> {
        let (method, path) = match expected {
            Some(_) => (Method::PUT, self.path(unit)),
            None => (Method::POST, self.collection()),
        };
        let subject = Subject::new("unit", unit.as_str());
        let call = Request::write(method, path, subject, self.body(unit, packed, expected))
            .query("fieldManager", self.manager.as_str());
        let mut answer = self.cluster.send(cx, &call).await?;
        if expected.is_none() && lacks_namespace(&answer) {
            self.make_namespace(cx).await?;
            answer = self.cluster.send(cx, &call).await?;
        }
        match answer.status {
            404 if expected.is_some() => Err(outdated(unit)),
            409 => Err(fail::refused(&answer, &call).with_help("somebody else saved in between; load again")),
            _ if answer.is_success() => crate::live::version_of(&read_json(&answer, &call)?),
            _ => Err(fail::refused(&answer, &call)),
        }
    }

    async fn make_namespace(&self, cx: &Context) -> Result<()> {
        let body = Value::from_iter([
            ("apiVersion", Value::from("v1")),
            ("kind", "Namespace".into()),
            ("metadata", Value::from_iter([("name", Value::from(self.namespace.clone()))])),
        ]);
        let subject = Subject::new("namespace", self.namespace.clone());
        let call = Request::write(Method::POST, "/api/v1/namespaces", subject, body.canonical())
            .query("fieldManager", self.manager.as_str());
        let answer = self.cluster.send(cx, &call).await?;
        // Another process may have made it in between.
        if answer.is_success() || answer.status == 409 { Ok(()) } else { Err(fail::refused(&answer, &call)) }
    }

    async fn forget(&self, cx: &Context, unit: &UnitId, expected: Option<&Version>) -> Result<Version> {
        let Some(expected) = expected else {
            return match self.read(cx, unit).await? {
                None => Ok(Version::new("forgotten")),
                Some(_) => Err(outdated(unit)),
            };
        };
        let (version, uid) = parts(expected);
        let uid = uid.map(|uid| ("uid", Value::from(uid)));
        let preconditions: Value =
            std::iter::once(("resourceVersion", Value::from(version))).chain(uid).collect();
        let body = Value::from_iter([("preconditions", preconditions)]);
        let subject = Subject::new("unit", unit.as_str());
        let call = Request::write(Method::DELETE, self.path(unit), subject, body.canonical());
        let answer = self.cluster.send(cx, &call).await?;
        // A try whose answer was lost may have deleted it, and then it is as it should be.
        let gone = answer.status == 404 && answer.doubtful && !fail::is_unknown_path(&answer);
        if answer.status == 404 && !gone {
            return Err(outdated(unit));
        }
        if !gone && !answer.is_success() {
            return Err(fail::refused(&answer, &call));
        }
        self.last().remove(unit);
        Ok(Version::new(format!("{}-forgotten", expected.0)))
    }
}

#[async_trait]
impl StateStore for KubeStore {
    async fn load(&self, cx: &Context, unit: &UnitId) -> Result<Option<Saved>> {
        let Some((version, packed)) = self.read(cx, unit).await? else {
            self.last().remove(unit);
            return Ok(None);
        };
        let stored = unpack(unit, &packed)?;
        self.last().insert(unit.clone(), (version.clone(), packed));
        Ok(Some(with_version(stored.saved, version)))
    }

    async fn save(
        &self,
        cx: &Context,
        unit: &UnitId,
        expected: Option<&Version>,
        delta: &Delta,
    ) -> Result<Version> {
        if delta.forget {
            return self.forget(cx, unit, expected).await;
        }
        let mut stored = match expected {
            Some(version) => unpack(unit, &self.at(cx, unit, version).await?)?,
            None => Stored { format: FORMAT, saves: 0, saved: Saved::empty(Version::new("")) },
        };
        let before = still_to_come(&stored);
        delta.apply(&mut stored.saved, cx.limits());
        stored.saves += 1;
        let max = if still_to_come(&stored) > before { STATE_BYTES_MAX } else { SETTLED_BYTES_MAX };
        let packed: Packed = pack(unit, &stored, max)?.into();
        let version = self.send(cx, unit, &packed, expected).await?;
        self.last().insert(unit.clone(), (version.clone(), packed));
        Ok(version)
    }

    async fn units(&self, cx: &Context) -> Result<Vec<UnitId>> {
        let resource = config_maps();
        let listing = Listing { resource: &resource, namespace: &self.namespace, selector: STATE_LABEL };
        let maps = list(&self.cluster, cx, &listing).await?;
        let named = |map: &Value| {
            let unit = map.text_at(&["metadata", "labels", STATE_LABEL])?;
            (map.text_at(&["metadata", "name"])? == format!("windlass-{unit}"))
                .then(|| UnitId::new(unit).ok())?
        };
        let mut units: Vec<UnitId> = maps.iter().filter_map(named).collect();
        units.sort();
        Ok(units)
    }
}

/// Shows the place, never the state.
impl fmt::Debug for KubeStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("KubeStore")
            .field("cluster", self.cluster.server())
            .field("namespace", &self.namespace)
            .finish()
    }
}

fn config_maps() -> Resource {
    let id = ObjectId::new("", "ConfigMap", "", "");
    Resource {
        group: id.group,
        version: "v1".into(),
        plural: "configmaps".into(),
        kind: id.kind,
        namespaced: true,
        listable: true,
        watchable: false,
    }
}

fn lacks_namespace(answer: &Response) -> bool {
    answer.status == 404
        && fail::Status::of(answer).details.is_some_and(|details| details.kind == "namespaces")
}

fn with_version(mut saved: Saved, version: Version) -> Saved {
    saved.version = version;
    saved
}

fn outdated(unit: &UnitId) -> Error {
    Error::new(ErrorKind::Conflict, "the stored state is not the one that was expected")
        .with("unit", unit)
        .with_help("somebody else saved in between; load again")
}

fn corrupt(unit: &UnitId, what: &str) -> Error {
    Error::new(ErrorKind::Corrupt, what).with("unit", unit).with("name", format!("windlass-{unit}"))
}

fn pack(unit: &UnitId, stored: &Stored, max: usize) -> Result<Vec<u8>> {
    let internal = |_| Error::new(ErrorKind::Internal, "the state cannot be packed").with("unit", unit);
    let plain = serde_json::to_vec(stored)
        .map_err(|_| Error::new(ErrorKind::Internal, "the state cannot be written").with("unit", unit))?;
    let mut packer = GzEncoder::new(Vec::new(), Compression::default());
    packer.write_all(&plain).map_err(internal)?;
    let packed = packer.finish().map_err(internal)?;
    let size = packed.len() + still_to_come(stored);
    if size <= max {
        return Ok(packed);
    }
    Err(Error::new(ErrorKind::Limit, "the state of the unit does not fit into a ConfigMap")
        .with("unit", unit)
        .with("bytes", size)
        .with("state_bytes_max", max)
        .with("objects", stored.saved.inventory.objects.len())
        .with_help("split the unit into smaller ones, or keep state elsewhere"))
}

/// Gives the room for what a confirmed write adds to an intended one, so that whatever could be intended can be settled.
fn still_to_come(stored: &Stored) -> usize {
    let of = |owned: &Owned| {
        let stamp = if owned.stamp.is_none() { STAMP_BYTES } else { 0 };
        stamp + if owned.uid.is_none() { UID_BYTES } else { 0 }
    };
    stored.saved.inventory.objects.values().map(of).sum()
}

fn unpack(unit: &UnitId, packed: &[u8]) -> Result<Stored> {
    let mut plain = Vec::new();
    GzDecoder::new(packed)
        .take(STATE_PLAIN_BYTES_MAX)
        .read_to_end(&mut plain)
        .map_err(|_| corrupt(unit, "the state cannot be unpacked"))?;
    let stored: Stored = serde_json::from_slice(&plain)
        .map_err(|error| corrupt(unit, "the state is not what was written").caused_by(error))?;
    if stored.format == FORMAT {
        return Ok(stored);
    }
    Err(corrupt(unit, "the state is of a format that this version does not know")
        .with("format", stored.format))
}
