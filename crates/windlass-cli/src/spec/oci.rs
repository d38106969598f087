//! An artifact in an OCI registry: its fields and what they mean.

use std::path::PathBuf;

use windlass_core::{Error, Result, TreePath, Value};
use windlass_verify::sigstore::Identity;

use super::draft::Draft;
use super::fields::{Field, Map, Shape, authority, certificate, proxy};
use super::mirror::{Mirror, mirrors};
use super::unit::{ServerFiles, text, truth};

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
    mirrors(),
    authority("source-oci-authority-file"),
    certificate("source-oci-certificate-file"),
    proxy("source-oci-proxy-file"),
    Field::new(
        "verify",
        "",
        Shape::Map(VERIFY),
        "Whose signature the artifact must bear before anything of it is rendered.",
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

const VERIFY: Map = Map::of(&[
    Field::new(
        "provider",
        "source-oci-verify-provider",
        Shape::Word(&["cosign"]),
        "Whose form of signatures is meant; cosign unless said.",
    ),
    Field::new(
        "keysFile",
        "source-oci-verify-keys-file",
        Shape::Path,
        "A file of public keys in PEM, of which one must have signed, or a Secret with entries like cosign.pub; read anew at each \
         pass.",
    ),
    Field::new(
        "trustedRootFile",
        "source-oci-verify-trusted-root-file",
        Shape::Path,
        "A trusted_root.json of Sigstore, or a Secret with that entry, against which signatures without a key of their own are \
         verified; read anew at each pass.",
    ),
    Field::new(
        "matchOIDCIdentity",
        "",
        Shape::Items(IDENTITY),
        "With trustedRootFile: who must have signed, of whom one is enough.",
    ),
])
.choosing(&["keysFile", "trustedRootFile"]);

const IDENTITY: Map = Map::of(&[
    Field::new(
        "issuer",
        "",
        Shape::Text,
        "An expression for who vouched, such as ^https://token\\.actions\\.githubusercontent\\.com$",
    )
    .required(),
    Field::new(
        "subject",
        "",
        Shape::Text,
        "An expression for whom the certificate names, such as ^https://github\\.com/example/fleet/.*$",
    )
    .required(),
]);

/// An artifact in an OCI registry.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Oci {
    pub(crate) url: String,
    pub(crate) at: OciReference,
    pub(crate) path: TreePath,
    pub(crate) media_type: Option<String>,
    pub(crate) copy: bool,
    pub(crate) server: ServerFiles,
    pub(crate) verify: Option<OciVerify>,
    pub(crate) insecure: bool,
    pub(crate) mirrors: Vec<Mirror>,
}

/// Whose signature an artifact must bear: that of a key, or of an identity that a root vouches for.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct OciVerify {
    pub(crate) keys: Option<PathBuf>,
    pub(crate) root: Option<PathBuf>,
    /// Expressions for an issuer and a subject.
    pub(crate) identities: Vec<(String, String)>,
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
            server: ServerFiles::read(draft, "oci"),
            verify: verify(draft)?,
            insecure: truth(draft, &field("insecure")).unwrap_or(false),
            mirrors: Mirror::read(draft, "oci"),
        })
    }
}

fn verify(draft: &Draft) -> Result<Option<OciVerify>> {
    let field = |name| ["spec", "source", "oci", "verify", name];
    let Some(said) = draft.value.at(&field("")[..4]) else { return Ok(None) };
    let file = |name| text(draft, &field(name)).map(|path| draft.resolve(&field(name), &path));
    let list = said.get("matchOIDCIdentity").and_then(Value::as_list).unwrap_or_default();
    let word = |item: &Value, name: &str| item.text_at(&[name]).unwrap_or_default().to_owned();
    let verify = OciVerify {
        keys: file("keysFile"),
        root: file("trustedRootFile"),
        identities: list.iter().map(|item| (word(item, "issuer"), word(item, "subject"))).collect(),
    };
    let wrong = |message: &str, help: &str| {
        Err(draft.wrong(&field("matchOIDCIdentity"), message.to_owned()).with_help(help))
    };
    match (&verify.root, verify.identities.is_empty()) {
        (Some(_), true) => wrong(
            "a root needs identities: whoever it vouches for would count",
            "add `matchOIDCIdentity` with an issuer and a subject",
        ),
        (None, false) => wrong("a key has no identity", "name a trustedRootFile, or take the field out"),
        _ => identities(draft, verify).map(Some),
    }
}

/// Reads each expression, so that a wrong one is told with its place.
fn identities(draft: &Draft, verify: OciVerify) -> Result<OciVerify> {
    let mut problems = Vec::new();
    for (at, (issuer, subject)) in verify.identities.iter().enumerate() {
        for (name, expression) in [("issuer", issuer), ("subject", subject)] {
            if let Err(why) = Identity::matching(expression, "") {
                let at = at.to_string();
                let path = ["spec", "source", "oci", "verify", "matchOIDCIdentity", &at, name];
                let error = draft.wrong(&path, why.to_string().lines().collect::<Vec<_>>().join(" "));
                problems.push(error.with_help("write a regular expression as Go and Rust have them"));
            }
        }
    }
    Error::all(problems).map_or(Ok(verify), Err)
}
