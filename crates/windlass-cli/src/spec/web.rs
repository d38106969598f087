//! What lies at plain addresses, an archive or a chart of a Helm repository: the fields and what they mean.

use windlass_core::{Result, TreePath};

use super::draft::Draft;
use super::fields::{Field, Map, Shape, authority, certificate, proxy};
use super::mirror::{Mirror, mirrors};
use super::unit::{ServerFiles, text, truth};

pub(super) const ARCHIVE: Map = Map::of(&[
    Field::new("url", "source-archive-url", Shape::Text, "The archive: https://host/name.tar.gz.").required(),
    Field::new(
        "digest",
        "source-archive-digest",
        Shape::Text,
        "The digest of the archive, sha256:…; whatever lies at the address unless said.",
    ),
    Field::new(
        "path",
        "source-archive-path",
        Shape::TreePath,
        "The folder of the archive to render; the root unless said.",
    ),
    Field::new(
        "credentialsFile",
        "source-archive-credentials-file",
        Shape::Path,
        "A file with a token, or with `username: …` and `password: …`; read anew at each pass.",
    ),
    mirrors(),
    authority("source-archive-authority-file"),
    certificate("source-archive-certificate-file"),
    proxy("source-archive-proxy-file"),
    Field::new(
        "insecure",
        "source-archive-insecure",
        Shape::Truth,
        "Let the address be http://: whoever is on the way can read and change all, credentials too; false unless said.",
    ),
]);

pub(super) const CHART: Map = Map::of(&[
    Field::new(
        "url",
        "source-helm-url",
        Shape::Text,
        "The repository: https://host/path, where its index.yaml is.",
    )
    .required(),
    Field::new("chart", "source-helm-chart", Shape::Text, "The name of the chart.").required(),
    Field::new(
        "version",
        "source-helm-version",
        Shape::Text,
        "The version, or the range whose highest version to follow, such as `>=1.2 <2`; all that are no prereleases unless \
         said.",
    ),
    Field::new(
        "credentialsFile",
        "source-helm-credentials-file",
        Shape::Path,
        "A file with a token, or with `username: …` and `password: …`; read anew at each pass.",
    ),
    Field::new(
        "passCredentials",
        "source-helm-pass-credentials",
        Shape::Truth,
        "Show the credentials to whatever server the index names for an archive too; false unless said.",
    ),
    mirrors(),
    authority("source-helm-authority-file"),
    certificate("source-helm-certificate-file"),
    proxy("source-helm-proxy-file"),
    Field::new(
        "insecure",
        "source-helm-insecure",
        Shape::Truth,
        "Let addresses be http://: whoever is on the way can read and change all, credentials too; false unless said.",
    ),
]);

/// An archive at an address.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Archive {
    pub(crate) url: String,
    pub(crate) digest: Option<String>,
    pub(crate) path: TreePath,
    pub(crate) server: ServerFiles,
    pub(crate) insecure: bool,
    pub(crate) mirrors: Vec<Mirror>,
}

/// A chart of a Helm repository.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Chart {
    pub(crate) url: String,
    pub(crate) name: String,
    pub(crate) range: String,
    /// The folder of the chart in its archive.
    pub(crate) path: TreePath,
    pub(crate) server: ServerFiles,
    pub(crate) pass_credentials: bool,
    pub(crate) insecure: bool,
    pub(crate) mirrors: Vec<Mirror>,
}

impl Archive {
    /// Reads the fields of a draft that was checked.
    pub(super) fn read(draft: &Draft) -> Result<Self> {
        let field = |name| ["spec", "source", "archive", name];
        let word = |name| text(draft, &field(name));
        Ok(Self {
            url: word("url").unwrap_or_default(),
            digest: word("digest"),
            path: word("path").map_or_else(|| Ok(TreePath::root()), |path| TreePath::new(&path))?,
            server: ServerFiles::read(draft, "archive"),
            insecure: truth(draft, &field("insecure")).unwrap_or(false),
            mirrors: Mirror::read(draft, "archive"),
        })
    }
}

impl Chart {
    /// Reads the fields of a draft that was checked.
    pub(super) fn read(draft: &Draft) -> Result<Self> {
        let field = |name| ["spec", "source", "helm", name];
        let word = |name| text(draft, &field(name));
        let name = word("chart").unwrap_or_default();
        let path = TreePath::new(&name).map_err(|error| draft.blame(&field("chart"), error))?;
        Ok(Self {
            url: word("url").unwrap_or_default(),
            name,
            range: word("version").unwrap_or_default(),
            path,
            server: ServerFiles::read(draft, "helm"),
            pass_credentials: truth(draft, &field("passCredentials")).unwrap_or(false),
            insecure: truth(draft, &field("insecure")).unwrap_or(false),
            mirrors: Mirror::read(draft, "helm"),
        })
    }
}
