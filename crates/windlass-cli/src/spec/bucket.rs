//! A bucket: its fields and what they mean.

use windlass_core::{Result, TreePath};

use super::draft::Draft;
use super::fields::{Field, Map, Shape, authority, certificate, proxy};
use super::mirror::{Mirror, bucket_mirrors};
use super::unit::{ServerFiles, text, truth};

pub(super) const BUCKET: Map = Map::of(&[
    Field::new("bucketName", "source-bucket-name", Shape::Text, "The name of the bucket.").required(),
    Field::new(
        "endpoint",
        "source-bucket-endpoint",
        Shape::Text,
        "The server, as host or host:port, such as s3.amazonaws.com or minio.example:9000.",
    )
    .required(),
    Field::new(
        "region",
        "source-bucket-region",
        Shape::Text,
        "The region of the bucket; that of the endpoint, else us-east-1, unless said.",
    ),
    Field::new(
        "prefix",
        "source-bucket-prefix",
        Shape::Text,
        "How the keys of the objects begin that are taken; all unless said. Their paths are whole keys all the same.",
    ),
    Field::new(
        "path",
        "source-bucket-path",
        Shape::TreePath,
        "The folder to render, as part of the keys; the root unless said.",
    ),
    Field::new(
        "provider",
        "source-bucket-provider",
        Shape::Word(&["generic"]),
        "Who gives credentials: generic, which is the file of credentials; generic unless said.",
    ),
    Field::new(
        "style",
        "source-bucket-style",
        Shape::Word(&["auto", "path", "host"]),
        "Where the name of the bucket stands in an address: in the path, or as a host; auto, which is as a host at AWS and \
         Google, unless said.",
    ),
    Field::new(
        "credentialsFile",
        "source-bucket-credentials-file",
        Shape::Path,
        "A file with `accesskey: …` and `secretkey: …`, or with a profile called default as AWS's tools keep it; read anew at \
         each pass.",
    ),
    bucket_mirrors(),
    authority("source-bucket-authority-file"),
    certificate("source-bucket-certificate-file"),
    proxy("source-bucket-proxy-file"),
    Field::new(
        "insecure",
        "source-bucket-insecure",
        Shape::Truth,
        "Ask over plain HTTP: whoever is on the way can read and change all but the secret key; false unless said.",
    ),
]);

/// A bucket.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Bucket {
    pub(crate) name: String,
    pub(crate) endpoint: String,
    pub(crate) region: Option<String>,
    pub(crate) prefix: Option<String>,
    pub(crate) path: TreePath,
    pub(crate) style: BucketStyle,
    pub(crate) server: ServerFiles,
    pub(crate) insecure: bool,
    pub(crate) mirrors: Vec<Mirror>,
}

/// Where the name of a bucket stands in an address.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum BucketStyle {
    Auto,
    Path,
    Host,
}

impl Bucket {
    /// Reads the fields of a draft that was checked.
    pub(super) fn read(draft: &Draft) -> Result<Self> {
        let field = |name| ["spec", "source", "bucket", name];
        let word = |name| text(draft, &field(name));
        Ok(Self {
            name: word("bucketName").unwrap_or_default(),
            endpoint: word("endpoint").unwrap_or_default(),
            region: word("region"),
            prefix: word("prefix"),
            path: word("path").map_or_else(|| Ok(TreePath::root()), |path| TreePath::new(&path))?,
            style: match word("style").as_deref() {
                Some("path") => BucketStyle::Path,
                Some("host") => BucketStyle::Host,
                _ => BucketStyle::Auto,
            },
            server: ServerFiles::read(draft, "bucket"),
            insecure: truth(draft, &field("insecure")).unwrap_or(false),
            mirrors: Mirror::read(draft, "bucket"),
        })
    }
}
