//! The fields of a unit file, in one table: the reader, the flags and the JSON Schema are all made from it.

use std::time::Duration;

use super::bucket::BUCKET;
use super::helm::HELM;
use super::kustomize::KUSTOMIZE;
use super::mirror::git_mirrors;
use super::oci::OCI;
use super::web::{ARCHIVE, CHART};

/// The `apiVersion` of a unit file.
pub(crate) const API_VERSION: &str = "windlass.dev/v1alpha1";
/// The `kind` of a unit file.
pub(crate) const KIND: &str = "Unit";

/// One field.
#[derive(Debug)]
pub(crate) struct Field {
    pub(crate) name: &'static str,
    /// The flag that sets it, without dashes; none where it is empty.
    pub(crate) flag: &'static str,
    pub(crate) shape: Shape,
    pub(crate) required: bool,
    pub(crate) about: &'static str,
}

/// What a field may hold.
#[derive(Debug)]
pub(crate) enum Shape {
    /// This one text.
    Constant(&'static str),
    /// The name of a unit.
    Name,
    /// Names of units.
    Names,
    /// Any text that is not empty.
    Text,
    /// A path, relative to the file that says it.
    Path,
    /// The address of a repository: a URL, or a path as in [`Shape::Path`].
    Address,
    /// A path inside the source.
    TreePath,
    /// A service account: `namespace/name`.
    Account,
    /// One of these words.
    Word(&'static [&'static str]),
    /// A time such as `90s` or `1h30m`, no shorter than this.
    Time(Duration),
    /// `true` or `false`.
    Truth,
    /// A whole number in this range.
    Whole(i64, i64),
    /// Texts that are not empty.
    Texts,
    /// How addresses of other artifacts begin.
    Beginnings,
    /// A map of texts, which may be empty.
    Pairs,
    /// A map of whatever its reader takes.
    Any,
    /// A list of maps of fields.
    Items(Map),
    /// A map of fields.
    Map(Map),
}

/// A map of fields.
#[derive(Debug)]
pub(crate) struct Map {
    pub(crate) fields: &'static [Field],
    /// Fields of which only one may be said.
    pub(crate) rivals: &'static [&'static str],
    /// One of the rivals must be said.
    pub(crate) choose: bool,
}

const SECOND: Duration = Duration::from_secs(1);

/// A unit.
pub(crate) const UNIT: Map = Map::of(&[
    Field::new("apiVersion", "", Shape::Constant(API_VERSION), "The version of this format.").required(),
    Field::new("kind", "", Shape::Constant(KIND), "What this document is.").required(),
    Field::new("metadata", "", Shape::Map(METADATA), "What the unit is called.").required(),
    Field::new("spec", "", Shape::Map(SPEC), "What the unit does.").required(),
]);

const METADATA: Map = Map::of(&[Field::new(
    "name",
    "name",
    Shape::Name,
    "The name of the unit; what it owns is marked with it.",
)
.required()]);

const SPEC: Map = Map::of(&[
    Field::new("source", "", Shape::Map(SOURCE), "Where the manifests come from.").required(),
    Field::new("target", "", Shape::Map(TARGET), "Where the objects go.").required(),
    Field::new("helm", "", Shape::Map(HELM), "How a chart is rendered, where the folder is one."),
    Field::new(
        "kustomize",
        "",
        Shape::Map(KUSTOMIZE),
        "What is changed in what the folder gives, whatever it holds: the fields of Flux's Kustomization.",
    ),
    Field::new(
        "bases",
        "bases",
        Shape::Beginnings,
        "How the addresses begin from which remote bases of kustomizations and dependencies of charts may come, such as \
         https://example.org/team/; they come from nowhere unless said.",
    ),
    Field::new(
        "installation",
        "installation",
        Shape::Name,
        "The installation that the unit belongs to: two on one cluster never touch one another's objects; windlass unless said.",
    ),
    Field::new(
        "prune",
        "prune",
        Shape::Truth,
        "Delete what the unit owns and what is not wanted any more; true unless said.",
    ),
    Field::new("pruneLimits", "", Shape::Map(PRUNE_LIMITS), "How far pruning may go in one pass."),
    Field::new(
        "adoption",
        "adoption",
        Shape::Word(&["never", "ifUnmarked", "always"]),
        "Which objects that are there already may be taken over: none, those that nobody owns, or all; ifUnmarked \
         unless said.",
    ),
    Field::new(
        "approve",
        "approve",
        Shape::Word(&["never", "deletions", "always"]),
        "Which plans wait until a person approves them with `windlass approve`: none, those that delete an object, or all \
         that write; never unless said.",
    ),
    Field::new(
        "interval",
        "interval",
        Shape::Time(SECOND),
        "The time between two passes of `run`; 1m unless said.",
    ),
    Field::new(
        "timeout",
        "timeout",
        Shape::Time(SECOND),
        "How long an object may take to become healthy, and a deleted one to be gone; 5m unless said.",
    ),
    Field::new(
        "dependsOn",
        "depends-on",
        Shape::Names,
        "Units that must be applied and healthy before this one begins.",
    ),
]);

const SOURCE: Map = Map::of(&[
    Field::new("git", "", Shape::Map(GIT), "A Git repository."),
    Field::new(
        "oci",
        "",
        Shape::Map(OCI),
        "An artifact in an OCI registry: of Flux, of ORAS, or a Helm chart; the fields of Flux's OCIRepository.",
    ),
    Field::new(
        "bucket",
        "",
        Shape::Map(BUCKET),
        "A bucket of S3, MinIO, R2, Google or another server of that protocol; the fields of Flux's Bucket.",
    ),
    Field::new("archive", "", Shape::Map(ARCHIVE), "A tar at an address, packed with gzip or not."),
    Field::new("helm", "", Shape::Map(CHART), "A chart of a Helm repository over HTTP; one in a registry is `oci`."),
    Field::new("dir", "source-dir", Shape::Path, "A folder of this machine."),
])
.choosing(&["git", "oci", "bucket", "archive", "helm", "dir"]);

/// Whom to trust beside the system.
pub(super) const fn authority(flag: &'static str) -> Field {
    let help = "A file of certificates in PEM of authorities to trust beside those of the system; read anew at each pass.";
    Field::new("authorityFile", flag, Shape::Path, help)
}

/// What to show a server that asks for a certificate.
pub(super) const fn certificate(flag: &'static str) -> Field {
    let help = "A file with a certificate and its private key, both in PEM, to show the server; read anew at each pass.";
    Field::new("certificateFile", flag, Shape::Path, help)
}

/// Through whom to ask.
pub(super) const fn proxy(flag: &'static str) -> Field {
    let help = "A file with the address of a proxy to ask through, alone or as `address`, `username` and `password`, or a Secret \
                with these as a folder; read anew at each pass.";
    Field::new("proxyFile", flag, Shape::Path, help)
}

const GIT: Map = Map::of(&[
    Field::new(
        "url",
        "source-git-url",
        Shape::Address,
        "The repository: https://, http://, ssh:// or user@host:path, file://, or a path.",
    )
    .required(),
    Field::new(
        "branch",
        "source-git-branch",
        Shape::Text,
        "The branch to follow; the default branch unless said.",
    ),
    Field::new("tag", "source-git-tag", Shape::Text, "The tag to follow."),
    Field::new(
        "semver",
        "source-git-semver",
        Shape::Text,
        "The range of versions whose highest tag to follow, such as `>=1.2 <2`.",
    ),
    Field::new(
        "tagPrefix",
        "source-git-tag-prefix",
        Shape::Text,
        "With semver: how the names of the tags begin, in front of the version.",
    ),
    Field::new("commit", "source-git-commit", Shape::Text, "The commit to stay at, by its full name."),
    Field::new(
        "path",
        "path",
        Shape::TreePath,
        "The folder of the repository to render; the root unless said.",
    ),
    Field::new(
        "credentialsFile",
        "source-git-credentials-file",
        Shape::Path,
        "A file with a token, or with `username: …` and `password: …`, or with a private key for SSH, alone or in the form of \
         Flux's Secret; or such a Secret as a folder; read anew at each pass.",
    ),
    Field::new(
        "knownHostsFile",
        "source-git-known-hosts-file",
        Shape::Path,
        "For SSH: a file of known hosts, as ssh-keyscan prints them; no host is trusted unless it is known here, or beside the \
         private key; read anew at each pass.",
    ),
    git_mirrors(),
    authority("source-git-authority-file"),
    certificate("source-git-certificate-file"),
    proxy("source-git-proxy-file"),
    Field::new(
        "verify",
        "",
        Shape::Map(VERIFY),
        "Which signatures a revision must bear before anything of it is rendered.",
    ),
])
.with_rivals(&["branch", "tag", "semver", "commit"]);

const VERIFY: Map = Map::of(&[
    Field::new(
        "mode",
        "source-git-verify-mode",
        Shape::Word(&["HEAD", "Tag", "TagAndHEAD"]),
        "What must be signed: the commit, the tag that is followed, or both, as with Flux; HEAD unless said.",
    ),
    Field::new(
        "keysFile",
        "source-git-verify-keys-file",
        Shape::Path,
        "A file of the keys that are trusted: OpenPGP in armor, lines of authorized_keys, or allowed signers of Git; read anew at \
         each pass.",
    )
    .required(),
]);

const TARGET: Map = Map::of(&[
    Field::new("dir", "target-dir", Shape::Path, "A folder of this machine."),
    Field::new("kubernetes", "kubernetes", Shape::Map(KUBERNETES), "A Kubernetes cluster."),
])
.choosing(&["dir", "kubernetes"]);

const KUBERNETES: Map = Map::of(&[
    Field::new(
        "context",
        "kubernetes-context",
        Shape::Text,
        "The context of the kubeconfig; its current one unless said.",
    ),
    Field::new(
        "namespace",
        "kubernetes-namespace",
        Shape::Text,
        "The namespace of objects that name none; that of the context unless said.",
    ),
    Field::new(
        "kubeconfig",
        "kubeconfig",
        Shape::Path,
        "The kubeconfig; unless said what kubectl would read, and in a Pod without any its own account.",
    ),
    Field::new(
        "account",
        "kubernetes-account",
        Shape::Account,
        "The service account to act as, as namespace/name; that of the connection unless said.",
    ),
    Field::new(
        "allowExecCredentials",
        "kubernetes-allow-exec-credentials",
        Shape::Truth,
        "Let the kubeconfig name a program that prints credentials: whoever writes it can run programs as you.",
    ),
    Field::new(
        "allowUnverifiedTls",
        "kubernetes-allow-unverified-tls",
        Shape::Truth,
        "Let the kubeconfig switch the verification of the server off: whoever is on the way can read and change all.",
    ),
    Field::new(
        "allowPlainHttp",
        "kubernetes-allow-plain-http",
        Shape::Truth,
        "Let the server be reached by plain HTTP: whoever is on the way can read and change all.",
    ),
]);

const PRUNE_LIMITS: Map = Map::of(&[
    Field::new(
        "allowEmpty",
        "prune-allow-empty",
        Shape::Truth,
        "Let a render without any object delete everything; false unless said.",
    ),
    Field::new(
        "sharePercentMax",
        "prune-share-percent-max",
        Shape::Whole(0, 100),
        "The largest share of what is owned that one pass may delete, in percent; 50 unless said.",
    ),
    Field::new(
        "alwaysAllowed",
        "prune-always-allowed",
        Shape::Whole(0, 1_000_000),
        "So many deletions are never too large a share; 5 unless said.",
    ),
]);

impl Field {
    pub(super) const fn new(
        name: &'static str,
        flag: &'static str,
        shape: Shape,
        about: &'static str,
    ) -> Self {
        Self { name, flag, shape, required: false, about }
    }

    pub(super) const fn required(self) -> Self {
        // A constructor of constants cannot use `..self`: it would have to drop the rest of `self`.
        let mut field = self;
        field.required = true;
        field
    }
}

impl Map {
    pub(super) const fn of(fields: &'static [Field]) -> Self {
        Self { fields, rivals: &[], choose: false }
    }

    pub(super) const fn with_rivals(mut self, rivals: &'static [&'static str]) -> Self {
        self.rivals = rivals;
        self
    }

    pub(super) const fn choosing(self, rivals: &'static [&'static str]) -> Self {
        let mut map = self.with_rivals(rivals);
        map.choose = true;
        map
    }

    /// Gives a field.
    pub(crate) fn field(&self, name: &str) -> Option<&'static Field> {
        self.fields.iter().find(|field| field.name == name)
    }
}

/// Goes through all fields that a flag sets, each with the names that lead to it.
pub(crate) fn flagged() -> Vec<(Vec<&'static str>, &'static Field)> {
    let mut found = Vec::new();
    collect(&UNIT, &[], &mut found);
    found
}

fn collect(map: &Map, above: &[&'static str], found: &mut Vec<(Vec<&'static str>, &'static Field)>) {
    for field in map.fields {
        let path: Vec<&'static str> = above.iter().copied().chain([field.name]).collect();
        if let Shape::Map(inner) = &field.shape {
            collect(inner, &path, found);
        }
        if !field.flag.is_empty() {
            found.push((path, field));
        }
    }
}
