//! What a release is told.

use std::fmt;
use std::sync::Arc;

use windlass_core::{Error, Result};

use super::objects::KubeVersion;
use crate::chart::invalid;
use crate::template::{Engine, Env, HelmVersion, Limits, Lookup, Random, Time, Value};

/// Name, namespace, cluster and version of Helm of a release, and what a render is given from outside.
#[derive(Clone)]
#[non_exhaustive]
pub struct ReleaseOptions {
    pub(crate) name: String,
    pub(crate) namespace: String,
    pub(crate) version: HelmVersion,
    pub(crate) kube_version: KubeVersion,
    pub(crate) api_versions: Vec<String>,
    pub(crate) upgrade: bool,
    pub(crate) check_schema: bool,
    pub(crate) now: Time,
    pub(crate) random: Option<Arc<dyn Random + Send + Sync>>,
    pub(crate) lookup: Option<Arc<dyn Lookup + Send + Sync>>,
    pub(crate) limits: Limits,
}

const NAME_BYTES_MAX: usize = 53;

impl ReleaseOptions {
    /// Makes the options of an install with Helm 4, for the cluster that Helm 4.3 takes for granted.
    ///
    /// # Errors
    /// [`ErrorKind::Invalid`](windlass_core::ErrorKind::Invalid) for a name that Helm does not take.
    pub fn new(name: impl Into<String>, namespace: impl Into<String>) -> Result<Self> {
        let name = name.into();
        check_name(&name)?;
        Ok(Self {
            name,
            namespace: namespace.into(),
            version: HelmVersion::V4,
            kube_version: KubeVersion::default(),
            api_versions: Vec::new(),
            upgrade: false,
            check_schema: true,
            now: Time::default(),
            random: None,
            lookup: None,
            limits: Limits::default(),
        })
    }

    /// Follows Helm 3 or Helm 4. Set it before [`with_kube_version`](Self::with_kube_version), which the two read
    /// differently.
    #[must_use]
    pub fn with_version(mut self, version: HelmVersion) -> Self {
        self.version = version;
        self
    }

    /// Sets the version of the cluster, such as `1.34.0`.
    ///
    /// # Errors
    /// [`ErrorKind::Invalid`](windlass_core::ErrorKind::Invalid) for what is no version.
    pub fn with_kube_version(mut self, text: &str) -> Result<Self> {
        self.kube_version = KubeVersion::parse(text, self.version).ok_or_else(|| wrong_version(text))?;
        Ok(self)
    }

    /// Adds groups, versions and kinds of the cluster to those that Helm takes for granted: `cert-manager.io/v1`,
    /// `monitoring.coreos.com/v1/ServiceMonitor`.
    #[must_use]
    pub fn with_api_versions<T: Into<String>>(mut self, versions: impl IntoIterator<Item = T>) -> Self {
        self.api_versions.extend(versions.into_iter().map(Into::into));
        self
    }

    /// Says that the release is upgraded, not installed.
    #[must_use]
    pub fn with_upgrade(mut self, upgrade: bool) -> Self {
        self.upgrade = upgrade;
        self
    }

    /// Says whether values are held against `values.schema.json`.
    #[must_use]
    pub fn with_schema_check(mut self, check: bool) -> Self {
        self.check_schema = check;
        self
    }

    /// Sets the time that `now` tells.
    #[must_use]
    pub fn with_now(mut self, now: Time) -> Self {
        self.now = now;
        self
    }

    /// Gives randomness to the functions that need some. Without it they are an error.
    #[must_use]
    pub fn with_random(mut self, random: Arc<dyn Random + Send + Sync>) -> Self {
        self.random = Some(random);
        self
    }

    /// Gives a cluster to `lookup`. Without it, `lookup` finds nothing.
    #[must_use]
    pub fn with_lookup(mut self, lookup: Arc<dyn Lookup + Send + Sync>) -> Self {
        self.lookup = Some(lookup);
        self
    }

    /// Sets the limits of templates.
    #[must_use]
    pub fn with_limits(mut self, limits: Limits) -> Self {
        self.limits = limits;
        self
    }
}

/// Makes the name of a release from a template (`--name-template`), which has all functions and no values.
///
/// # Errors
/// [`ErrorKind::Invalid`](windlass_core::ErrorKind::Invalid) with Helm's text for what is no template, or fails.
pub fn name_of_template(template: &str, random: Option<&dyn Random>) -> Result<String> {
    let wrong = |error: crate::template::TemplateError| invalid(error.to_string());
    let engine = Engine::compile(HelmVersion::V4, [("name-template", template)]).map_err(wrong)?;
    let env = Env { random, ..Env::default() };
    let name = engine.render("name-template", &Value::Nil, &env).map_err(wrong)?;
    Ok(String::from_utf8_lossy(&name).into_owned())
}

impl fmt::Debug for ReleaseOptions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ReleaseOptions")
            .field("name", &self.name)
            .field("namespace", &self.namespace)
            .field("version", &self.version)
            .field("kube_version", &self.kube_version.version)
            .field("api_versions", &self.api_versions)
            .field("upgrade", &self.upgrade)
            .finish_non_exhaustive()
    }
}

fn wrong_version(text: &str) -> Error {
    invalid(format!("invalid kube version '{text}': could not parse {text:?} as version"))
}

/// Names of releases are names of Kubernetes, and leave room for what charts append.
fn check_name(name: &str) -> Result<()> {
    let plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit();
    let part = |part: &str| {
        part.starts_with(plain) && part.ends_with(plain) && part.chars().all(|c| plain(c) || c == '-')
    };
    if name.is_empty() {
        return Err(invalid("release name \"\": no name provided"));
    }
    if name.len() > NAME_BYTES_MAX || !name.split('.').all(part) {
        return Err(invalid(format!(
            "release name {name:?}: invalid release name, must match regex \
             ^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$ and the length must not be longer than 53"
        )));
    }
    Ok(())
}
