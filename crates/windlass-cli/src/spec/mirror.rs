//! Further places of a source: their fields and what they mean.

use std::path::PathBuf;

use windlass_core::Value;

use super::draft::Draft;
use super::fields::{Field, Map, Shape, authority, certificate, proxy};
use super::unit::{ServerFiles, Source, address};
use super::{Archive, Bucket, Chart, Git, Oci};

const ABOUT: &str = "Further places of the same source, asked one after the other where those before them give no answer. Each has its own \
                     credentials, and is shown no other's.";

/// Further places of a source at addresses.
pub(super) const fn mirrors() -> Field {
    Field::new("mirrors", "", Shape::Items(MIRROR), ABOUT)
}

/// Further places of a repository.
pub(super) const fn git_mirrors() -> Field {
    Field::new("mirrors", "", Shape::Items(GIT_MIRROR), ABOUT)
}

/// Further places of a bucket.
pub(super) const fn bucket_mirrors() -> Field {
    Field::new("mirrors", "", Shape::Items(BUCKET_MIRROR), ABOUT)
}

const MIRROR: Map = Map::of(&[
    Field::new("url", "", Shape::Text, "The address, in the form of the source's.").required(),
    credentials(),
    authority(""),
    certificate(""),
    proxy(""),
    insecure(),
]);

const GIT_MIRROR: Map = Map::of(&[
    Field::new("url", "", Shape::Address, "The address, in the form of the source's.").required(),
    credentials(),
    Field::new("knownHostsFile", "", Shape::Path, "For SSH: a file of known hosts; read anew at each pass."),
    authority(""),
    certificate(""),
    proxy(""),
]);

const BUCKET_MIRROR: Map = Map::of(&[
    Field::new("endpoint", "", Shape::Text, "The server, in the form of the source's.").required(),
    Field::new(
        "bucketName",
        "",
        Shape::Text,
        "The name of the bucket there; that of the source unless said.",
    ),
    Field::new(
        "region",
        "",
        Shape::Text,
        "The region there; that of the endpoint, else us-east-1, unless said.",
    ),
    credentials(),
    authority(""),
    certificate(""),
    proxy(""),
    insecure(),
]);

const fn credentials() -> Field {
    let about = "A file of credentials in the form of the source's, shown to this place alone; those of the source are not shown to \
                 it. Read anew at each pass.";
    Field::new("credentialsFile", "", Shape::Path, about)
}

const fn insecure() -> Field {
    let about =
        "Ask this place over plain HTTP: whoever is on the way can read and change all; false unless said.";
    Field::new("insecure", "", Shape::Truth, about)
}

/// A further place of a source.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Mirror {
    /// The address, or the endpoint of a bucket.
    url: String,
    bucket: Option<String>,
    region: Option<String>,
    server: ServerFiles,
    known_hosts: Option<PathBuf>,
    insecure: bool,
}

impl Mirror {
    /// Reads those of a source of this kind in a draft that was checked.
    pub(super) fn read(draft: &Draft, kind: &'static str) -> Vec<Self> {
        let items = draft.value.at(&["spec", "source", kind, "mirrors"]).and_then(Value::as_list);
        let items = items.unwrap_or_default().iter().enumerate();
        items.map(|(at, item)| Self::one(draft, kind, &at.to_string(), item)).collect()
    }

    fn one(draft: &Draft, kind: &'static str, at: &str, item: &Value) -> Self {
        let word = |name: &str| item.text_at(&[name]).map(str::to_owned);
        let field = |name| ["spec", "source", kind, "mirrors", at, name];
        let file = |name| word(name).map(|file| draft.resolve(&field(name), &file));
        let url = word("url").or_else(|| word("endpoint")).unwrap_or_default();
        Self {
            url: if kind == "git" { address(draft, &field("url"), &url) } else { url },
            bucket: word("bucketName"),
            region: word("region"),
            server: ServerFiles {
                credentials: file("credentialsFile"),
                authority: file("authorityFile"),
                certificate: file("certificateFile"),
                proxy: file("proxyFile"),
            },
            known_hosts: file("knownHostsFile"),
            insecure: item.get("insecure").and_then(Value::as_bool).unwrap_or(false),
        }
    }
}

impl Source {
    /// Gives the same source at each of its further places: whatever says how a server is reached is that of the place, and what
    /// must be signed, and by whom, stays.
    pub(crate) fn mirrored(&self) -> Vec<Self> {
        match self {
            Self::Dir(_) => Vec::new(),
            Self::Git(of) => of.mirrors.iter().map(|mirror| Self::Git(Box::new(of.at(mirror)))).collect(),
            Self::Oci(of) => of.mirrors.iter().map(|mirror| Self::Oci(Box::new(of.at(mirror)))).collect(),
            Self::Bucket(of) => {
                of.mirrors.iter().map(|mirror| Self::Bucket(Box::new(of.at(mirror)))).collect()
            }
            Self::Archive(of) => {
                of.mirrors.iter().map(|mirror| Self::Archive(Box::new(of.at(mirror)))).collect()
            }
            Self::Chart(of) => of.mirrors.iter().map(|mirror| Self::Chart(Box::new(of.at(mirror)))).collect(),
        }
    }
}

impl Git {
    fn at(&self, mirror: &Mirror) -> Self {
        Self {
            url: mirror.url.clone(),
            server: mirror.server.clone(),
            known_hosts: mirror.known_hosts.clone(),
            mirrors: Vec::new(),
            ..self.clone()
        }
    }
}

impl Oci {
    fn at(&self, mirror: &Mirror) -> Self {
        Self {
            url: mirror.url.clone(),
            server: mirror.server.clone(),
            insecure: mirror.insecure,
            mirrors: Vec::new(),
            ..self.clone()
        }
    }
}

impl Bucket {
    fn at(&self, mirror: &Mirror) -> Self {
        Self {
            endpoint: mirror.url.clone(),
            name: mirror.bucket.clone().unwrap_or_else(|| self.name.clone()),
            region: mirror.region.clone(),
            server: mirror.server.clone(),
            insecure: mirror.insecure,
            mirrors: Vec::new(),
            ..self.clone()
        }
    }
}

impl Archive {
    fn at(&self, mirror: &Mirror) -> Self {
        Self {
            url: mirror.url.clone(),
            server: mirror.server.clone(),
            insecure: mirror.insecure,
            mirrors: Vec::new(),
            ..self.clone()
        }
    }
}

impl Chart {
    fn at(&self, mirror: &Mirror) -> Self {
        Self {
            url: mirror.url.clone(),
            server: mirror.server.clone(),
            pass_credentials: false,
            insecure: mirror.insecure,
            mirrors: Vec::new(),
            ..self.clone()
        }
    }
}
