//! An artifact in an OCI registry: its fields and what they mean.

use std::path::PathBuf;

use windlass_core::{Result, TreePath};

use super::draft::Draft;
use super::fields::{Field, Map, Shape};
use super::unit::{text, truth};

pub(super) const OCI: Map = Map::of(&[
    Field::new("url", "source-oci-url", Shape::Text, "The repository: oci://host/name, without a tag.").required(),
    Field::new("tag", "source-oci-tag", Shape::Text, "The tag to follow; latest unless said."),
    Field::new(
        "semver",
        "source-oci-semver",
        Shape::Text,
        "The range of versions whose highest tag to follow, such as `>=1.2 <2`.",
    ),
    Field::new("digest", "source-oci-digest", Shape::Text, "The digest to stay at: sha256:…"),
    Field::new(
        "path",
        "source-oci-path",
        Shape::TreePath,
        "The folder of the artifact to render, for a chart the name of the chart; the root unless said.",
    ),
    Field::new("layerSelector", "", Shape::Map(LAYER), "Which layer is taken; the first unless said."),
    Field::new(
        "provider",
        "source-oci-provider",
        Shape::Word(&["generic"]),
        "Who gives credentials: generic, which is the file of credentials; generic unless said.",
    ),
    Field::new(
        "credentialsFile",
        "source-oci-credentials-file",
        Shape::Path,
        "A file with a Docker configuration, or with `username: …` and `password: …`; read anew at each pass.",
    ),
    Field::new(
        "authorityFile",
        "source-oci-authority-file",
        Shape::Path,
        "A file of certificates in PEM of authorities to trust beside those of the system; read anew at each pass.",
    ),
    Field::new(
        "certificateFile",
        "source-oci-certificate-file",
        Shape::Path,
        "A file with a certificate and its private key, both in PEM, to show the registry; read anew at each pass.",
    ),
    Field::new(
        "insecure",
        "source-oci-insecure",
        Shape::Truth,
        "Ask over plain HTTP: whoever is on the way can read and change all, credentials too; false unless said.",
    ),
])
.with_rivals(&["tag", "semver", "digest"]);

const LAYER: Map = Map::of(&[
    Field::new("mediaType", "source-oci-media-type", Shape::Text, "The media type of the layer."),
    Field::new(
        "operation",
        "source-oci-operation",
        Shape::Word(&["extract", "copy"]),
        "Take the files of the layer, which is an archive, or the layer as one file; extract unless said.",
    ),
]);

/// An artifact in an OCI registry.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Oci {
    pub(crate) url: String,
    pub(crate) at: OciReference,
    pub(crate) path: TreePath,
    pub(crate) media_type: Option<String>,
    pub(crate) copy: bool,
    pub(crate) credentials: Option<PathBuf>,
    pub(crate) authority: Option<PathBuf>,
    pub(crate) certificate: Option<PathBuf>,
    pub(crate) insecure: bool,
}

/// What of a repository of artifacts is meant.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum OciReference {
    Tag(String),
    Semver(String),
    Digest(String),
}

impl Oci {
    /// Reads the fields of a draft that was checked.
    pub(super) fn read(draft: &Draft) -> Result<Self> {
        let field = |name| ["spec", "source", "oci", name];
        let word = |name| text(draft, &field(name));
        let layer = |name| text(draft, &["spec", "source", "oci", "layerSelector", name]);
        let file = |name| word(name).map(|path| draft.resolve(&field(name), &path));
        Ok(Self {
            url: word("url").unwrap_or_default(),
            at: match (word("tag"), word("semver"), word("digest")) {
                (_, Some(range), _) => OciReference::Semver(range),
                (.., Some(digest)) => OciReference::Digest(digest),
                (tag, ..) => OciReference::Tag(tag.unwrap_or_else(|| "latest".to_owned())),
            },
            path: word("path").map_or_else(|| Ok(TreePath::root()), |path| TreePath::new(&path))?,
            media_type: layer("mediaType"),
            copy: layer("operation").as_deref() == Some("copy"),
            credentials: file("credentialsFile"),
            authority: file("authorityFile"),
            certificate: file("certificateFile"),
            insecure: truth(draft, &field("insecure")).unwrap_or(false),
        })
    }
}
