//! Manifests and indexes, by the [image specification](https://github.com/opencontainers/image-spec).

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use windlass_core::{Digest, Error, ErrorKind, Result};

use crate::options::OciLimits;

/// The type of a manifest.
pub(crate) const MANIFEST: &str = "application/vnd.oci.image.manifest.v1+json";
/// The types of a manifest, the one that is written first.
pub(crate) const MANIFESTS: [&str; 2] = [MANIFEST, "application/vnd.docker.distribution.manifest.v2+json"];
/// The types of an index.
pub(crate) const INDEXES: [&str; 2] =
    ["application/vnd.oci.image.index.v1+json", "application/vnd.docker.distribution.manifest.list.v2+json"];
/// The annotation that names the file of a layer.
const TITLE: &str = "org.opencontainers.image.title";
/// The annotation by which ORAS marks a folder that it packed.
const UNPACK: &str = "io.deis.oras.content.unpack";
/// The platform that is taken where an index has several, as Flux and its libraries take it.
const PLATFORM: &str = "linux/amd64";

/// What a manifest refers to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Descriptor {
    pub(crate) media_type: String,
    pub(crate) size: u64,
    #[serde(deserialize_with = "digest")]
    pub(crate) digest: Digest,
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty", deserialize_with = "annotations")]
    pub(crate) annotations: BTreeMap<String, String>,
    #[serde(default, skip_serializing)]
    platform: Option<Platform>,
}

impl Descriptor {
    pub(crate) fn new(media_type: &str, bytes: &[u8]) -> Self {
        Self {
            media_type: media_type.to_owned(),
            size: bytes.len() as u64,
            digest: Digest::of(bytes),
            annotations: BTreeMap::new(),
            platform: None,
        }
    }

    /// The name of the file that the layer is.
    pub(crate) fn title(&self) -> Option<&str> {
        self.annotations.get(TITLE).map(String::as_str).filter(|title| !title.is_empty())
    }

    /// Whether the layer is a folder that ORAS packed.
    pub(crate) fn is_packed_folder(&self) -> bool {
        self.annotations.get(UNPACK).is_some_and(|unpack| unpack == "true")
    }
}

#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
struct Platform {
    #[serde(default)]
    os: String,
    #[serde(default)]
    architecture: String,
    #[serde(default)]
    variant: String,
}

impl Platform {
    fn name(&self) -> String {
        let names = [&self.os, &self.architecture, &self.variant];
        names.into_iter().filter(|name| !name.is_empty()).cloned().collect::<Vec<_>>().join("/")
    }
}

/// One artifact.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Manifest {
    pub(crate) schema_version: u32,
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub(crate) media_type: String,
    pub(crate) config: Descriptor,
    #[serde(default)]
    pub(crate) layers: Vec<Descriptor>,
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty", deserialize_with = "annotations")]
    pub(crate) annotations: BTreeMap<String, String>,
}

#[derive(Deserialize)]
struct Index {
    manifests: Vec<Descriptor>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Kind {
    #[serde(default)]
    schema_version: u32,
    #[serde(default)]
    media_type: String,
    #[serde(default)]
    manifests: Option<serde::de::IgnoredAny>,
}

/// A document that a digest names.
#[derive(Debug)]
pub(crate) enum Document {
    Manifest(Manifest),
    /// An index, and the manifest of it that is meant.
    Index(Descriptor),
}

impl Document {
    /// Reads a manifest, or an index and chooses of it the manifest for a platform.
    pub(crate) fn read(bytes: &[u8], limits: &OciLimits, platform: Option<&str>) -> Result<Self> {
        let wrong = |error: serde_json::Error| {
            Error::new(ErrorKind::Invalid, "the manifest of the artifact cannot be read").caused_by(error)
        };
        let kind: Kind = serde_json::from_slice(bytes).map_err(wrong)?;
        if kind.schema_version != 2 {
            return Err(Error::new(ErrorKind::Unsupported, "a manifest of a version that is not read")
                .with("schemaVersion", kind.schema_version)
                .with_help("push the artifact anew with a tool of today"));
        }
        let too_many = |count: usize| {
            let error = Error::new(ErrorKind::Limit, "the artifact has too many parts");
            error.with("parts", count).with("layers_max", limits.layers_max)
        };
        if kind.manifests.is_some() || INDEXES.contains(&kind.media_type.as_str()) {
            let index: Index = serde_json::from_slice(bytes).map_err(wrong)?;
            if index.manifests.len() > limits.layers_max {
                return Err(too_many(index.manifests.len()));
            }
            return choose(index.manifests, platform).map(Self::Index);
        }
        let manifest: Manifest = serde_json::from_slice(bytes).map_err(wrong)?;
        if manifest.layers.len() > limits.layers_max {
            return Err(too_many(manifest.layers.len()));
        }
        Ok(Self::Manifest(manifest))
    }
}

/// Chooses the first manifest for the platform. One that names none counts as one for the usual platform.
fn choose(manifests: Vec<Descriptor>, platform: Option<&str>) -> Result<Descriptor> {
    let wanted = platform.unwrap_or(PLATFORM);
    let name = |of: &Descriptor| of.platform.as_ref().map_or_else(|| PLATFORM.to_owned(), Platform::name);
    let fits = |of: &Descriptor| {
        let name = name(of);
        name == wanted || name.strip_prefix(wanted).is_some_and(|rest| rest.starts_with('/'))
    };
    let there: Vec<String> =
        manifests.iter().map(|of| format!("{} {}", name(of), of.digest)).take(8).collect();
    manifests.into_iter().find(fits).ok_or_else(|| {
        Error::new(ErrorKind::NotFound, "the artifact is an index without a manifest for the platform")
            .with("platform", wanted)
            .with("there", there.join(", "))
            .with_help("name the digest of the manifest that is meant")
    })
}

/// Only SHA-256: what cannot be verified is not taken.
fn digest<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<Digest, D::Error> {
    let text = String::deserialize(deserializer)?;
    text.parse().map_err(|_| serde::de::Error::custom("a digest that is not sha256"))
}

/// Annotations that are `null` are none.
fn annotations<'de, D: serde::Deserializer<'de>>(
    deserializer: D,
) -> Result<BTreeMap<String, String>, D::Error> {
    Ok(Option::deserialize(deserializer)?.unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(index: &str, platform: Option<&str>, expected: &str) {
        let read = Document::read(index.as_bytes(), &OciLimits::default(), platform);
        let shown = match read {
            Ok(Document::Index(chosen)) => chosen.digest.to_string()[7..9].to_owned(),
            Ok(Document::Manifest(_)) => "a manifest".to_owned(),
            Err(error) => error.message().to_owned(),
        };
        assert_eq!(shown, expected, "{index}");
    }

    fn index(platforms: &[(&str, &str)]) -> String {
        let part = |at: usize, platform: &str| {
            let digest = format!("{at:02x}").repeat(32);
            format!(r#"{{"mediaType":"m","size":1,"digest":"sha256:{digest}"{platform}}}"#)
        };
        let parts: Vec<String> = platforms
            .iter()
            .enumerate()
            .map(|(at, (os, architecture))| match os.is_empty() {
                true => part(at, ""),
                false => part(at, &format!(r#","platform":{{"os":"{os}","architecture":"{architecture}"}}"#)),
            })
            .collect();
        format!(r#"{{"schemaVersion":2,"manifests":[{}]}}"#, parts.join(","))
    }

    #[test]
    fn of_an_index_the_manifest_for_the_platform_is_chosen() {
        let both = index(&[("unknown", "unknown"), ("linux", "arm64"), ("linux", "amd64")]);
        check(&both, None, "02");
        check(&both, Some("linux/arm64"), "01");
        check(&index(&[("", "")]), None, "00");
        let none = "the artifact is an index without a manifest for the platform";
        check(&both, Some("windows/amd64"), none);
        check(&index(&[]), None, none);
    }

    #[test]
    fn an_old_manifest_is_refused_by_name() {
        check(r#"{"schemaVersion":1}"#, None, "a manifest of a version that is not read");
        check("[1", None, "the manifest of the artifact cannot be read");
    }

    #[test]
    fn an_error_of_an_index_says_what_is_there() {
        let only = index(&[("linux", "arm64")]);
        let error = Document::read(only.as_bytes(), &OciLimits::default(), None).unwrap_err();
        let digest = format!("linux/arm64 sha256:{}", "00".repeat(32));
        assert_eq!(error.context("there"), Some(digest.as_str()));
    }
}
