//! Releases as Helm stores them in a cluster.

mod take_over;

use std::fmt;
use std::io::{Read, Write};

use base64::Engine;
use base64::engine::general_purpose::STANDARD as BASE64;
use flate2::Compression;
use flate2::read::GzDecoder;
use flate2::write::GzEncoder;
use windlass_core::{Error, ErrorKind, Limits, Object, Result, Value};

use crate::values::read::documents_as_written;

pub use take_over::TakeOver;

/// The type of a Secret that holds a release.
const SECRET_TYPE: &str = "helm.sh/release.v1";
/// The largest release, unpacked, in bytes. A Secret has at most 1 MiB, of which what is packed can be three quarters.
const RELEASE_BYTES_MAX: u64 = 32 << 20;
/// How anything begins that gzip packed. What Helm stored before it did so has no such beginning.
const GZIP: [u8; 3] = [0x1f, 0x8b, 0x08];

/// One revision of a release, as Helm 3 and Helm 4 store it in a Secret `sh.helm.release.v1.NAME.vREVISION`.
///
/// Nothing that Helm wrote is lost: [`secret`](Self::secret) gives back each field, also those that are not known here.
/// `Debug` shows the name and no more, as values may be secret.
///
/// ```
/// use windlass_core::{Limits, Value};
/// use windlass_helm::StoredRelease;
///
/// let body: Value = serde_json::from_str(r#"{
///     "name": "web", "namespace": "shop", "version": 3, "info": {"status": "deployed"},
///     "manifest": "---\napiVersion: v1\nkind: ConfigMap\nmetadata: {name: web}\n"
/// }"#)?;
/// let release = StoredRelease::new(body)?;
/// let secret = release.secret()?;
/// assert_eq!(&*secret.id().name, "sh.helm.release.v1.web.v3");
/// assert_eq!(secret.label("status"), Some("deployed"));
///
/// let read = StoredRelease::from_secret(&secret, &Limits::default())?;
/// assert_eq!(read, release);
/// assert_eq!(&*read.objects(&Limits::default())?[0].id().name, "web");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, PartialEq)]
pub struct StoredRelease {
    /// Invariant: it has a name, a revision from 1 and a status.
    body: Value,
}

impl StoredRelease {
    /// Takes what the JSON of a release says.
    ///
    /// # Errors
    /// [`ErrorKind::Invalid`] where it has no name, no revision or no status.
    pub fn new(body: Value) -> Result<Self> {
        let missing = |field| Error::new(ErrorKind::Invalid, "not a release of Helm").with("missing", field);
        let revision = body.at(&["version"]).and_then(Value::as_int);
        if body.text_at(&["name"]).is_none_or(str::is_empty) {
            return Err(missing("name"));
        }
        if revision.is_none_or(|revision| revision < 1) {
            return Err(missing("version"));
        }
        if body.text_at(&["info", "status"]).is_none() {
            return Err(missing("info.status"));
        }
        Ok(Self { body })
    }

    /// Reads a Secret.
    ///
    /// # Errors
    /// [`ErrorKind::Invalid`] for a Secret of another type, and for what is no release; nothing of what it holds is told.
    /// [`ErrorKind::Limit`] for a release that is too large.
    pub fn from_secret(secret: &Object, limits: &Limits) -> Result<Self> {
        let body = secret.body();
        let read = || {
            if body.text_at(&["type"]) != Some(SECRET_TYPE) {
                return Err(Error::new(ErrorKind::Invalid, "not a Secret of Helm").with("type", SECRET_TYPE));
            }
            let data = body.text_at(&["data", "release"]).ok_or_else(|| damaged("it has no data.release"))?;
            // Once by Kubernetes, as all data of a Secret, and once by Helm.
            let stored = BASE64.decode(data).map_err(|_| damaged("not base64"))?;
            let packed = BASE64.decode(stored).map_err(|_| damaged("not base64 in base64"))?;
            decode(&packed, limits)
        };
        read().and_then(Self::new).map_err(|error| error.with_each("secret", secret.id()))
    }

    /// Makes the Secret. The same release gives the same bytes.
    ///
    /// # Errors
    /// [`ErrorKind::Invalid`] for a name that no object can have.
    pub fn secret(&self) -> Result<Object> {
        let text = |text: &str| Value::from(text.to_owned());
        let labels = [
            ("name", text(self.name())),
            ("owner", text("helm")),
            ("status", text(self.status())),
            ("version", Value::from(self.revision().to_string())),
        ];
        let metadata = [
            ("labels", Value::from_iter(labels)),
            ("name", Value::from(format!("sh.helm.release.v1.{}.v{}", self.name(), self.revision()))),
            ("namespace", text(self.namespace())),
        ];
        Object::new(Value::from_iter([
            ("apiVersion", text("v1")),
            ("kind", text("Secret")),
            ("type", text(SECRET_TYPE)),
            ("metadata", Value::from_iter(metadata)),
            ("data", Value::from_iter([("release", Value::from(BASE64.encode(self.encode()?)))])),
        ]))
    }

    /// Gives the name.
    #[must_use]
    pub fn name(&self) -> &str {
        self.body.text_at(&["name"]).unwrap_or_default()
    }

    /// Gives the namespace; empty where none is written.
    #[must_use]
    pub fn namespace(&self) -> &str {
        self.body.text_at(&["namespace"]).unwrap_or_default()
    }

    /// Gives the number of the revision, from 1.
    #[must_use]
    pub fn revision(&self) -> i64 {
        self.body.at(&["version"]).and_then(Value::as_int).unwrap_or_default()
    }

    /// Gives the status, such as `deployed` and `superseded`.
    #[must_use]
    pub fn status(&self) -> &str {
        self.body.text_at(&["info", "status"]).unwrap_or_default()
    }

    /// Gives what Helm rendered for it, without hooks and without the files of `crds/`.
    #[must_use]
    pub fn manifest(&self) -> &str {
        self.body.text_at(&["manifest"]).unwrap_or_default()
    }

    /// Reads the objects of the manifest; those of a list one by one.
    ///
    /// # Errors
    /// [`ErrorKind::Invalid`] for a manifest that is not what Helm rendered; [`ErrorKind::Limit`].
    pub fn objects(&self, limits: &Limits) -> Result<Vec<Object>> {
        let named = |error: Error| error.with_each("release", self);
        let mut objects = Vec::new();
        for value in documents_as_written(self.manifest().as_bytes(), limits).map_err(named)? {
            let items = value.get("items").and_then(Value::as_list);
            match items.filter(|_| value.text_at(&["kind"]).is_some_and(|kind| kind.ends_with("List"))) {
                Some(items) => objects.extend(items.iter().cloned()),
                None if value.is_null() => {}
                None => objects.push(value),
            }
            if objects.len() > limits.objects_max {
                let error = Error::new(ErrorKind::Limit, "too many objects").with("limit", "objects_max");
                return Err(named(error.with("max", limits.objects_max)));
            }
        }
        objects.into_iter().map(|value| Object::new(value).map_err(named)).collect()
    }

    fn encode(&self) -> Result<String> {
        let failed = |error: std::io::Error| {
            Error::new(ErrorKind::Internal, "a release cannot be packed").caused_by(error)
        };
        let json = serde_json::to_vec(&self.body).map_err(|error| failed(error.into()))?;
        let mut packer = GzEncoder::new(Vec::new(), Compression::best());
        packer.write_all(&json).map_err(failed)?;
        Ok(BASE64.encode(packer.finish().map_err(failed)?))
    }
}

/// Unpacks and reads the JSON, whose depth its reader limits to 128.
fn decode(packed: &[u8], limits: &Limits) -> Result<Value> {
    let max = RELEASE_BYTES_MAX.min(limits.artifact_bytes_max);
    let mut json = Vec::new();
    if packed.starts_with(&GZIP) {
        let unpacked = GzDecoder::new(packed).take(max.saturating_add(1)).read_to_end(&mut json);
        unpacked.map_err(|_| damaged("not gzip"))?;
    } else {
        json.extend_from_slice(packed);
    }
    if json.len() as u64 > max {
        return Err(Error::new(ErrorKind::Limit, "a stored release is too large").with("max", max));
    }
    // The error of the reader may show what is there.
    serde_json::from_slice(&json).map_err(|_| damaged("not JSON"))
}

fn damaged(why: &'static str) -> Error {
    Error::new(ErrorKind::Invalid, "a stored release cannot be read").with("why", why)
}

/// Shows the name and the revision: `web.v3`.
impl fmt::Display for StoredRelease {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.v{}", self.name(), self.revision())
    }
}

impl fmt::Debug for StoredRelease {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "StoredRelease({self} {})", self.status())
    }
}
