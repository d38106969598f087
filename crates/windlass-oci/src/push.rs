//! Publishing a folder as an artifact that Flux reads.

use std::collections::BTreeMap;

use serde::Serialize;
use windlass_core::{Context, Digest, Error, ErrorKind, Result, Timestamp};
use windlass_http::{Job, Workers};

use crate::address::{Address, Parsed};
use crate::manifest::{Descriptor, MANIFEST, Manifest};
use crate::options::{Access, THREAD};
use crate::registry::Registry;
use crate::{Credentials, OciLimits, Package};

/// The type of the configuration of an artifact of Flux.
const CONFIG: &str = "application/vnd.cncf.flux.config.v1+json";
/// The type of the layer of an artifact of Flux.
const CONTENT: &str = "application/vnd.cncf.flux.content.v1.tar+gzip";

/// A push of a folder to `oci://host/repository:tag`, as `flux push artifact` makes it.
///
/// # Guarantees
/// - The manifest comes last, so that a tag never names what is not whole.
/// - What the registry has already is not sent again.
/// - The same files, annotations and time give the same digest, on any machine.
///
/// # Cancel safety
/// A dropped push may leave layers that no manifest names, which a registry collects.
#[derive(Debug, Clone)]
pub struct Push {
    address: Result<Address>,
    tag: String,
    annotations: BTreeMap<String, String>,
    created: Option<Timestamp>,
    access: Access,
    limits: OciLimits,
}

/// What was pushed.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Pushed {
    /// The repository: `host/repository`.
    pub repository: String,
    /// The tag that names it now.
    pub tag: String,
    /// The digest of the manifest.
    pub digest: Digest,
}

impl Push {
    /// A push to `oci://host/repository:tag`, to the tag `latest` where none is said.
    #[must_use]
    pub fn to(url: impl AsRef<str>) -> Self {
        let (address, tag) = match Address::parse(url.as_ref()) {
            Ok(Parsed { address, tag }) => (Ok(address), tag),
            Err(error) => (Err(error), None),
        };
        Self {
            address,
            tag: tag.unwrap_or_else(|| "latest".to_owned()),
            annotations: BTreeMap::new(),
            created: None,
            access: Access::default(),
            limits: OciLimits::default(),
        }
    }

    /// Says where the files come from, such as the address of a Git repository.
    #[must_use]
    pub fn with_source(self, source: impl Into<String>) -> Self {
        self.with_annotation("org.opencontainers.image.source", source)
    }

    /// Says which revision of that they are, such as `main@sha1:…`.
    #[must_use]
    pub fn with_revision(self, revision: impl Into<String>) -> Self {
        self.with_annotation("org.opencontainers.image.revision", revision)
    }

    /// Adds an annotation of the manifest, or replaces it.
    #[must_use]
    pub fn with_annotation(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.annotations.insert(name.into(), value.into());
        self
    }

    /// Says when the artifact was made; the time of the push unless said. A fixed time gives a fixed digest.
    #[must_use]
    pub fn with_created(mut self, created: Timestamp) -> Self {
        self.created = Some(created);
        self
    }

    /// Shows credentials, as [`OciSource::with_credentials`](crate::OciSource::with_credentials) does.
    #[must_use]
    pub fn with_credentials(mut self, credentials: Credentials) -> Self {
        self.access.credentials = Some(credentials);
        self
    }

    /// Asks over plain HTTP, where everybody on the way can read and change what is sent, credentials too.
    #[must_use]
    pub fn with_plain_http(mut self) -> Self {
        self.access.plain_http = true;
        self
    }

    windlass_http::route_methods!(access.route);

    /// Replaces the limits.
    #[must_use]
    pub fn with_limits(mut self, limits: OciLimits) -> Self {
        self.limits = limits;
        self
    }

    fn with(mut self, change: impl FnOnce(&mut Self)) -> Self {
        change(&mut self);
        self
    }

    /// Pushes.
    ///
    /// # Errors
    /// [`ErrorKind::Invalid`] for a wrong address or annotation, [`ErrorKind::Denied`], [`ErrorKind::Unavailable`],
    /// [`ErrorKind::Timeout`], [`ErrorKind::Cancelled`].
    pub async fn push(&self, cx: &Context, package: Package) -> Result<Pushed> {
        let registry = Registry::new(self.address.clone()?, self.access.clone(), self.limits.clone())?;
        let (tag, annotations, created) = (self.tag.clone(), self.annotations.clone(), self.created);
        let work = move |job: &Job| {
            let job = job.within(registry.limits.fetch_time_max);
            push(&registry, &job, &tag, annotations, created, &package)
        };
        Workers::new(THREAD, 1).run(cx, work).await
    }
}

fn push(
    registry: &Registry,
    job: &Job,
    tag: &str,
    annotations: BTreeMap<String, String>,
    created: Option<Timestamp>,
    package: &Package,
) -> Result<Pushed> {
    let annotations = complete(annotations, created.unwrap_or_else(|| job.now()))?;
    let config = written(&Config::of(&annotations["org.opencontainers.image.created"], package))?;
    let manifest = Manifest {
        schema_version: 2,
        media_type: MANIFEST.to_owned(),
        config: Descriptor::new(CONFIG, &config),
        layers: vec![Descriptor::new(CONTENT, package.bytes())],
        annotations,
    };
    let bytes = written(&manifest)?;
    registry.upload(job, package.digest(), package.bytes())?;
    registry.upload(job, manifest.config.digest, &config)?;
    registry.put_manifest(job, tag, MANIFEST, &bytes)?;
    let repository = registry.address().to_string();
    Ok(Pushed { repository, tag: tag.to_owned(), digest: Digest::of(&bytes) })
}

/// Adds what Flux writes of every artifact, and refuses a time that Flux cannot read.
fn complete(
    mut annotations: BTreeMap<String, String>,
    created: Timestamp,
) -> Result<BTreeMap<String, String>> {
    for name in ["source", "revision"] {
        annotations.entry(format!("org.opencontainers.image.{name}")).or_default();
    }
    let time = annotations.entry("org.opencontainers.image.created".to_owned()).or_default();
    if time.is_empty() {
        *time = created.to_string();
    }
    time.parse::<Timestamp>()
        .map_err(|error| error.with("annotation", "org.opencontainers.image.created"))?;
    Ok(annotations)
}

/// The configuration that Flux writes, field by field.
#[derive(Serialize)]
struct Config<'a> {
    architecture: &'static str,
    created: &'a str,
    history: [History; 1],
    os: &'static str,
    rootfs: Rootfs,
    config: BTreeMap<String, String>,
}

#[derive(Serialize)]
struct History {
    created: &'static str,
}

#[derive(Serialize)]
struct Rootfs {
    r#type: &'static str,
    diff_ids: [Digest; 1],
}

impl<'a> Config<'a> {
    fn of(created: &'a str, package: &Package) -> Self {
        Self {
            architecture: "",
            created,
            history: [History { created: "0001-01-01T00:00:00Z" }],
            os: "",
            rootfs: Rootfs { r#type: "layers", diff_ids: [package.unpacked_digest()] },
            config: BTreeMap::new(),
        }
    }
}

fn written(document: &impl Serialize) -> Result<Vec<u8>> {
    serde_json::to_vec(document).map_err(|error| {
        Error::new(ErrorKind::Internal, "a document of the artifact cannot be written").caused_by(error)
    })
}
