//! One unit, as it is meant.

use std::fmt;
use std::path::PathBuf;
use std::time::Duration;

use windlass_core::{Error, ErrorKind, Result, TreePath, UnitId, Value};
use windlass_engine::{Adoption, Approvals, Prune};
use windlass_git::SignedPart;

use super::bucket::Bucket;
use super::check::{check, time};
use super::draft::Draft;
use super::helm::Helm;
use super::kustomize::Kustomize;
use super::mirror::Mirror;
use super::oci::Oci;
use super::web::{Archive, Chart};

/// A unit: where its objects come from, where they go, and on what terms.
#[derive(Debug, Clone)]
pub(crate) struct Unit {
    pub(crate) id: UnitId,
    pub(crate) source: Source,
    pub(crate) target: Target,
    pub(crate) helm: Helm,
    pub(crate) kustomize: Kustomize,
    /// How the addresses begin from which bases may come.
    pub(crate) bases: Vec<String>,
    pub(crate) prune: Prune,
    pub(crate) adoption: Adoption,
    /// Which plans wait for a person; none where it is `None`.
    pub(crate) approve: Option<Approvals>,
    pub(crate) interval: Duration,
    pub(crate) timeout: Duration,
    pub(crate) depends_on: Vec<UnitId>,
    /// What it was made from, for errors that say where.
    pub(crate) draft: Draft,
}

/// Where the manifests come from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Source {
    Dir(PathBuf),
    Git(Box<Git>),
    Oci(Box<Oci>),
    Bucket(Box<Bucket>),
    Archive(Box<Archive>),
    Chart(Box<Chart>),
}

/// Shows where the manifests come from, without a user or a password.
impl fmt::Display for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Dir(folder) => folder.display().fmt(f),
            Self::Git(git) => without_user(&git.url, f),
            Self::Oci(oci) => without_user(&oci.url, f),
            Self::Archive(archive) => without_user(&archive.url, f),
            Self::Chart(chart) => {
                without_user(&chart.url, f)?;
                write!(f, " chart {}", chart.name)
            }
            Self::Bucket(bucket) => {
                without_user(&bucket.endpoint, f)?;
                write!(f, "/{}", bucket.name)
            }
        }
    }
}

fn without_user(url: &str, f: &mut fmt::Formatter<'_>) -> fmt::Result {
    // A query may be a signature.
    let url = url.split_once('?').map_or(url, |(place, _)| place);
    let (scheme, rest) = url.split_once("://").unwrap_or(("", url));
    let place = rest.rsplit_once('@').map_or(rest, |(_, place)| place);
    if scheme.is_empty() { f.write_str(place) } else { write!(f, "{scheme}://{place}") }
}

/// The files that say how a server is reached, for every kind of source that has one.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct ServerFiles {
    pub(crate) credentials: Option<PathBuf>,
    pub(crate) authority: Option<PathBuf>,
    pub(crate) certificate: Option<PathBuf>,
    pub(crate) proxy: Option<PathBuf>,
}

impl ServerFiles {
    /// Reads the fields of a source of this kind in a draft that was checked.
    pub(super) fn read(draft: &Draft, kind: &'static str) -> Self {
        let file = |name| named(draft, kind, name);
        Self {
            credentials: file("credentialsFile"),
            authority: file("authorityFile"),
            certificate: file("certificateFile"),
            proxy: file("proxyFile"),
        }
    }
}

/// Gives the file that a field of a source names.
fn named(draft: &Draft, kind: &'static str, name: &'static str) -> Option<PathBuf> {
    let field = ["spec", "source", kind, name];
    text(draft, &field).map(|file| draft.resolve(&field, &file))
}

/// A Git repository.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Git {
    pub(crate) url: String,
    pub(crate) at: GitReference,
    pub(crate) path: TreePath,
    pub(crate) server: ServerFiles,
    pub(crate) known_hosts: Option<PathBuf>,
    pub(crate) verify: Option<Verify>,
    pub(crate) mirrors: Vec<Mirror>,
}

/// Which signatures a revision must bear.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Verify {
    pub(crate) part: SignedPart,
    /// The file of the keys that are trusted.
    pub(crate) keys: PathBuf,
}

/// What of a repository is meant.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum GitReference {
    Default,
    Branch(String),
    Tag(String),
    Semver { range: String, prefix: String },
    Commit(String),
}

/// Where the objects go.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Target {
    Dir(PathBuf),
    Kubernetes(Kubernetes),
}

impl Target {
    /// Gives the namespace of what says none.
    pub(crate) fn namespace(&self) -> Option<String> {
        match self {
            Self::Dir(_) => None,
            Self::Kubernetes(kubernetes) => kubernetes.namespace.clone(),
        }
    }
}

/// A cluster.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct Kubernetes {
    pub(crate) context: Option<String>,
    pub(crate) namespace: Option<String>,
    pub(crate) kubeconfig: Option<PathBuf>,
    pub(crate) account: Option<String>,
    pub(crate) allow_exec_credentials: bool,
    pub(crate) allow_unverified_tls: bool,
    pub(crate) allow_plain_http: bool,
}

const INTERVAL: Duration = Duration::from_secs(60);
const TIMEOUT: Duration = Duration::from_secs(300);

const SOURCE: [&str; 2] = ["spec", "source"];
const TARGET: [&str; 2] = ["spec", "target"];
const LIMITS: [&str; 2] = ["spec", "pruneLimits"];

impl Unit {
    /// Reads a draft.
    ///
    /// # Errors
    /// [`ErrorKind::Invalid`] with every problem of the draft, each with its field and place.
    pub(crate) fn read(draft: Draft) -> Result<Self> {
        if let Some(error) = Error::all(check(&draft)) {
            return Err(error);
        }
        let word = |path: &[&str]| text(&draft, path);
        Ok(Self {
            id: UnitId::new(&word(&["metadata", "name"]).unwrap_or_default())?
                .of_installation(
                    &word(&["spec", "installation"])
                        .unwrap_or_else(|| UnitId::DEFAULT_INSTALLATION.to_owned()),
                )
                .map_err(|error| draft.blame(&["spec", "installation"], error))?,
            helm: Helm::read(&draft)?,
            kustomize: Kustomize::read(
                &draft,
                draft.value.text_at(&[TARGET[0], TARGET[1], "kubernetes", "namespace"]),
            )?,
            bases: texts(&draft, &["spec", "bases"]),
            source: source(&draft)?,
            target: target(&draft)?,
            prune: prune(&draft),
            adoption: match word(&["spec", "adoption"]).as_deref() {
                Some("never") => Adoption::Never,
                Some("always") => Adoption::Always,
                _ => Adoption::IfUnmarked,
            },
            approve: match word(&["spec", "approve"]).as_deref() {
                Some("always") => Some(Approvals::always()),
                Some("deletions") => Some(Approvals::deletions()),
                _ => None,
            },
            interval: word(&["spec", "interval"]).and_then(|text| time(&text)).unwrap_or(INTERVAL),
            timeout: word(&["spec", "timeout"]).and_then(|text| time(&text)).unwrap_or(TIMEOUT),
            depends_on: names(&draft)?,
            draft,
        })
    }

    /// Says whether a field was written.
    pub(crate) fn says(&self, field: &[&str]) -> bool {
        self.draft.value.at(field).is_some()
    }

    /// Adds to an error that came from a part of the unit which field names that part, and where it is written.
    pub(crate) fn blame(&self, field: &[&str], error: Error) -> Error {
        let problems = error.problems().iter().map(|problem| {
            let help = advice(problem.kind(), &self.draft.said_by(field));
            let problem = self.draft.blame(field, problem.clone()).with("unit", &self.id);
            if has_help(&problem) { problem } else { problem.with_help(help) }
        });
        Error::all(problems).unwrap_or(error)
    }
}

/// Says what to do where the part itself had no advice.
fn advice(kind: ErrorKind, field: &str) -> String {
    match kind {
        ErrorKind::NotFound => format!("correct {field}, or make what it names"),
        ErrorKind::Unavailable | ErrorKind::Timeout => {
            "check the address, the network and the server, then repeat the command".to_owned()
        }
        ErrorKind::Denied => format!("check the rights and credentials of what {field} names"),
        _ => format!("correct {field}"),
    }
}

fn has_help(error: &Error) -> bool {
    let causes = std::iter::successors(std::error::Error::source(error), |cause| cause.source());
    error.help().is_some()
        || causes.filter_map(|cause| cause.downcast_ref::<Error>()).any(|error| error.help().is_some())
}

fn source(draft: &Draft) -> Result<Source> {
    if let Some(dir) = text(draft, &[SOURCE[0], SOURCE[1], "dir"]) {
        return Ok(Source::Dir(draft.resolve(&[SOURCE[0], SOURCE[1], "dir"], &dir)));
    }
    if draft.value.at(&["spec", "source", "oci"]).is_some() {
        return Oci::read(draft).map(|oci| Source::Oci(Box::new(oci)));
    }
    if draft.value.at(&["spec", "source", "bucket"]).is_some() {
        return Bucket::read(draft).map(|bucket| Source::Bucket(Box::new(bucket)));
    }
    if draft.value.at(&["spec", "source", "archive"]).is_some() {
        return Archive::read(draft).map(|archive| Source::Archive(Box::new(archive)));
    }
    if draft.value.at(&["spec", "source", "helm"]).is_some() {
        return Chart::read(draft).map(|chart| Source::Chart(Box::new(chart)));
    }
    let git = |name: &str| text(draft, &["spec", "source", "git", name]);
    let at = match (git("branch"), git("tag"), git("semver"), git("commit")) {
        (Some(branch), ..) => GitReference::Branch(branch),
        (_, Some(tag), ..) => GitReference::Tag(tag),
        (_, _, Some(range), _) => {
            GitReference::Semver { range, prefix: git("tagPrefix").unwrap_or_default() }
        }
        (.., Some(commit)) => GitReference::Commit(commit),
        _ => GitReference::Default,
    };
    let path = git("path").map_or_else(|| Ok(TreePath::root()), |path| TreePath::new(&path))?;
    let server = ServerFiles::read(draft, "git");
    let known_hosts = named(draft, "git", "knownHostsFile");
    let url = address(draft, &["spec", "source", "git", "url"], &git("url").unwrap_or_default());
    let (verify, mirrors) = (verify(draft), Mirror::read(draft, "git"));
    Ok(Source::Git(Box::new(Git { url, at, path, server, known_hosts, verify, mirrors })))
}

fn verify(draft: &Draft) -> Option<Verify> {
    let field = |name| ["spec", "source", "git", "verify", name];
    let keys = text(draft, &field("keysFile")).map(|file| draft.resolve(&field("keysFile"), &file))?;
    let part = match text(draft, &field("mode")).as_deref() {
        Some("Tag") => SignedPart::Tag,
        Some("TagAndHEAD") => SignedPart::TagAndHead,
        _ => SignedPart::Head,
    };
    Some(Verify { part, keys })
}

/// A path such as `fleet.git` is relative to the file that says it. What has a scheme or names a host, as `scp` does, is
/// none.
pub(super) fn address(draft: &Draft, field: &[&str], url: &str) -> String {
    let names_host = url.split_once(':').is_some_and(|(host, _)| !host.contains('/'));
    // A mistyped URL with a token in it stays as it is, for windlass-git to refuse without showing it.
    let first = url.split('/').next().unwrap_or_default().to_ascii_lowercase();
    let is_mistyped = matches!(first.as_str(), "http" | "https") && url.contains('@');
    if url.contains("://") || names_host || is_mistyped {
        return url.to_owned();
    }
    draft.resolve(field, url).to_string_lossy().into_owned()
}

fn target(draft: &Draft) -> Result<Target> {
    if let Some(dir) = text(draft, &[TARGET[0], TARGET[1], "dir"]) {
        return Ok(Target::Dir(draft.resolve(&[TARGET[0], TARGET[1], "dir"], &dir)));
    }
    let path = |name| [TARGET[0], TARGET[1], "kubernetes", name];
    let kubernetes = draft.value.at(&path("")[..3]);
    kubernetes.ok_or_else(|| Error::new(ErrorKind::Internal, "a checked unit has no target"))?;
    Ok(Target::Kubernetes(Kubernetes {
        context: text(draft, &path("context")),
        namespace: text(draft, &path("namespace")),
        kubeconfig: text(draft, &path("kubeconfig")).map(|file| draft.resolve(&path("kubeconfig"), &file)),
        account: text(draft, &path("account")),
        allow_exec_credentials: truth(draft, &path("allowExecCredentials")).unwrap_or(false),
        allow_unverified_tls: truth(draft, &path("allowUnverifiedTls")).unwrap_or(false),
        allow_plain_http: truth(draft, &path("allowPlainHttp")).unwrap_or(false),
    }))
}

fn prune(draft: &Draft) -> Prune {
    if truth(draft, &["spec", "prune"]) == Some(false) {
        return Prune::off();
    }
    let limit = |name| draft.value.at(&[LIMITS[0], LIMITS[1], name]).and_then(Value::as_int);
    let mut prune = Prune::default();
    if truth(draft, &[LIMITS[0], LIMITS[1], "allowEmpty"]) == Some(true) {
        prune = prune.allowing_empty();
    }
    if let Some(percent) = limit("sharePercentMax").and_then(|percent| u8::try_from(percent).ok()) {
        prune = prune.with_share_percent_max(percent);
    }
    if let Some(count) = limit("alwaysAllowed").and_then(|count| usize::try_from(count).ok()) {
        prune = prune.with_always_allowed(count);
    }
    prune
}

fn names(draft: &Draft) -> Result<Vec<UnitId>> {
    let list = draft.value.at(&["spec", "dependsOn"]).and_then(Value::as_list).unwrap_or_default();
    list.iter().filter_map(Value::as_text).map(UnitId::new).collect()
}

pub(super) fn texts(draft: &Draft, path: &[&str]) -> Vec<String> {
    let items = draft.value.at(path).and_then(Value::as_list).unwrap_or_default();
    items.iter().filter_map(Value::as_text).map(str::to_owned).collect()
}

pub(super) fn text(draft: &Draft, path: &[&str]) -> Option<String> {
    draft.value.text_at(path).map(str::to_owned)
}

pub(super) fn truth(draft: &Draft, path: &[&str]) -> Option<bool> {
    draft.value.at(path).and_then(Value::as_bool)
}
