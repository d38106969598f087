//! The source: an address, a reference, and how to ask.

use std::path::{Path, PathBuf};
use std::sync::{Arc, OnceLock};

use async_trait::async_trait;
use gix::ObjectId;
use windlass_core::{
    Artifact, Context, Digest, Error, ErrorKind, Paths, Resolved, Result, Revision, Source, Timestamp,
};
use windlass_http::{Job, Workers};

use crate::any_name::AnyName;
use crate::commit::{self, Facts};
use crate::local;
use crate::location::Location;
use crate::options::{Access, THREAD};
use crate::range::TAGS;
use crate::reading::Reading;
use crate::reference::{Reference, Wanted};
use crate::references::References;
use crate::remote::{Found, Remote, Tip};
use crate::signed::Verification;
use crate::tree::Tree;
use crate::{Credentials, GitLimits};

/// A Git repository as a [`Source`]: a folder of this machine, or an address that is asked over HTTP or SSH.
///
/// A wrong address or reference is an error of the first call, so that a source can be described without `?`.
///
/// # Guarantees
/// - No program is run, and no configuration is read but that of a local repository.
/// - [`resolve`](Source::resolve) from a server lists references and fetches nothing; a commit is not even asked for.
/// - [`fetch`](Source::fetch) from a server brings one commit without history, and sends nothing if the cache has it. It
///   makes sure each time that every file and folder of the commit is there, without unpacking the files.
/// - A call ends when the deadline of its context has passed, whatever its thread is at.
///
/// - An artifact of a local repository stays readable whatever happens to the repository. Fetching it looks at every
///   file of the commit once: packs are mapped, and loose objects are copied into memory, at most
///   [`artifact_bytes_max`](windlass_core::Limits::artifact_bytes_max) of them.
///
/// # Assumptions
/// Nobody writes into a pack that exists, as Git never does; and the system keeps a removed file that is mapped, as
/// Unix does.
///
/// # Cancel safety
/// A dropped fetch stops at its next read, and leaves a cache in which the commit is either whole or absent.
#[derive(Debug, Clone)]
pub struct GitSource {
    location: Result<Location>,
    reference: Reference,
    access: Access,
    limits: GitLimits,
    cache: Option<PathBuf>,
    verification: Option<Arc<Verification>>,
    place: Arc<OnceLock<Arc<Place>>>,
    threads: Workers,
}

impl GitSource {
    /// A source at a path, a `file://`, an `http://`, an `https://` or an `ssh://` URL, or at `user@host:path`, on its default
    /// branch. SSH needs the feature `ssh`, a key (`Credentials::key`) and known hosts (`with_known_hosts`).
    ///
    /// A user and password in the URL count as credentials and are shown nowhere.
    #[must_use]
    pub fn new(url: impl AsRef<str>) -> Self {
        let (location, user) = match Location::parse(url.as_ref()) {
            Ok((location, user)) => (Ok(location), user),
            Err(error) => (Err(error), None),
        };
        let credentials = user.map(|user| Credentials::basic(user.user, user.password));
        Self {
            location,
            reference: Reference::Head,
            access: Access { credentials, ..Access::default() },
            limits: GitLimits::default(),
            cache: None,
            verification: None,
            place: Arc::default(),
            threads: Workers::new(THREAD, GitLimits::default().calls_max),
        }
    }

    /// Follows a branch.
    #[must_use]
    pub fn branch(self, name: impl Into<String>) -> Self {
        self.reference(Reference::Branch(name.into()))
    }

    /// Follows a tag.
    #[must_use]
    pub fn tag(self, name: impl Into<String>) -> Self {
        self.reference(Reference::Tag(name.into()))
    }

    /// Stays at a commit, given by its full name.
    #[must_use]
    pub fn commit(self, hex: impl Into<String>) -> Self {
        self.reference(Reference::Commit(hex.into()))
    }

    /// Follows any reference.
    #[must_use]
    pub fn reference(mut self, reference: Reference) -> Self {
        self.reference = reference;
        self
    }

    /// Shows credentials to the server: over TLS only and to no server that it redirects to, or a private key over SSH.
    #[must_use]
    pub fn with_credentials(self, credentials: Credentials) -> Self {
        self.with(|source| source.access.credentials = Some(credentials))
    }

    /// Sends credentials over plain HTTP, where everybody on the way can read them.
    #[must_use]
    pub fn with_credentials_in_clear_text(self) -> Self {
        self.with(|source| source.access.clear_text = true)
    }

    windlass_http::route_methods!(access.route);

    /// Talks over SSH only to hosts that these lines of `known_hosts` know. No host is known otherwise, and none is learned.
    ///
    /// Lines are as OpenSSH writes them: names may be hashed, have a port, or be patterns, and a host may have several keys. A
    /// key that is marked `@revoked` is refused for its hosts. A host that only a `@cert-authority` vouches for is refused.
    #[cfg(feature = "ssh")]
    #[must_use]
    pub fn with_known_hosts(self, lines: impl AsRef<str>) -> Self {
        self.with(|source| source.access.known_hosts = Some(crate::ssh::KnownHosts::parse(lines.as_ref())))
    }

    /// Keeps what is fetched from a server in this folder instead of the user's cache folder.
    #[must_use]
    pub fn with_cache(self, folder: impl Into<PathBuf>) -> Self {
        self.with(|source| source.cache = Some(folder.into()))
    }

    /// Gives out only files of revisions that are signed by a trusted key; says by which in the revision of the artifact.
    #[must_use]
    pub fn with_verification(self, verification: Verification) -> Self {
        self.with(|source| source.verification = Some(Arc::new(verification)))
    }

    /// Replaces the limits.
    #[must_use]
    pub fn with_limits(self, limits: GitLimits) -> Self {
        self.with(|source| source.limits = limits)
    }

    fn with(mut self, change: impl FnOnce(&mut Self)) -> Self {
        change(&mut self);
        self.place = Arc::default();
        // No source works with fewer than one.
        self.threads = Workers::new(THREAD, self.limits.calls_max);
        self
    }

    /// The place, made at the first use and shared by all calls and clones for its connections.
    fn place(&self) -> Result<Arc<Place>> {
        if let Some(place) = self.place.get() {
            return Ok(Arc::clone(place));
        }
        let place = match self.location.clone()? {
            Location::Folder(path) => Place::Folder(path),
            server @ (Location::Http(_) | Location::Ssh(_)) => {
                let cache = self.cache.clone().map_or_else(users_cache, Ok)?;
                let (access, limits) = (self.access.clone(), self.limits.clone());
                Place::Remote(Box::new(Remote::new(server, access, limits, &cache)?))
            }
        };
        Ok(Arc::clone(self.place.get_or_init(|| Arc::new(place))))
    }
}

#[async_trait]
impl Source for GitSource {
    async fn resolve(&self, cx: &Context) -> Result<Resolved> {
        let (place, reference) = (self.place()?, self.reference.clone());
        self.threads.run(cx, move |job| place.resolve(&reference, job).map(Resolved::new)).await
    }

    async fn fetch(&self, cx: &Context, revision: &Revision, _paths: &Paths) -> Result<Artifact> {
        let (place, reference) = (self.place()?, self.reference.clone());
        let wish = Wish {
            revision: revision.clone(),
            links_max: self.limits.links_max,
            verification: self.verification.clone(),
        };
        self.threads.run(cx, move |job| place.fetch(&wish, &reference, job)).await
    }
}

#[derive(Debug)]
enum Place {
    Folder(PathBuf),
    Remote(Box<Remote>),
}

impl Place {
    fn resolve(&self, reference: &Reference, job: &Job) -> Result<Revision> {
        match self {
            Self::Folder(path) => {
                let repository = local::exact(&local::open(path)?);
                let tip = local::resolve(&repository, reference)
                    .map_err(|error| error.with("path", path.display()))?;
                let facts = commit::facts(&repository, tip.commit)?;
                Ok(described(named(&tip), &facts))
            }
            Self::Remote(remote) => Ok(named(&remote.resolve(reference, job)?)),
        }
    }

    fn fetch(&self, wish: &Wish, reference: &Reference, job: &Job) -> Result<Artifact> {
        let commit = commit_of(&wish.revision)?;
        let name = match reference.wanted()? {
            Wanted::Ref(name) => Some(name),
            Wanted::Tags(_) => wish.revision.reference.as_ref().map(|tag| format!("{TAGS}{tag}")),
            Wanted::Commit(_) => None,
            Wanted::Any(name) => Some(self.full_name(&name, job)?),
        };
        let Found { reading, facts } = match self {
            Self::Folder(path) => {
                let reading = held(path, commit, job)?;
                let facts = commit::facts(&reading.open(), commit)?;
                Found { reading, facts }
            }
            Self::Remote(remote) => remote.fetch(commit, name.as_deref(), job)?,
        };
        let mut revision = described(wish.revision.clone(), &facts);
        if let Some(verification) = &wish.verification {
            let name = name.filter(|name| verification.wants_tag() && name.starts_with(TAGS));
            let tag = name.map(|name| self.tag(&name, job).map(|raw| (name, raw))).transpose()?;
            let tag = tag.as_ref().and_then(|(name, raw)| Some((name.as_str(), raw.as_deref()?)));
            revision.signer = Some(verification.check(&reading.open(), commit, tag)?.into());
        }
        let tree = Tree::new(reading, facts.tree, wish.links_max, job.limits().file_bytes_max);
        Ok(Artifact::new(revision, digest(facts.tree), Arc::new(tree)))
    }

    /// The full name of the reference that a name stands for now.
    fn full_name(&self, name: &AnyName, job: &Job) -> Result<String> {
        match self {
            Self::Folder(path) => {
                let repository = local::exact(&local::open(path)?);
                local::chosen(&References::of(&repository)?, name)
            }
            Self::Remote(remote) => remote.full_name(name, job),
        }
    }

    /// The object of an annotated tag; `None` for a tag without one.
    fn tag(&self, name: &str, job: &Job) -> Result<Option<Vec<u8>>> {
        match self {
            Self::Folder(path) => local::tag(&local::exact(&local::open(path)?), name),
            Self::Remote(remote) => remote.tag(name, job),
        }
    }
}

/// What is wanted of a fetch.
struct Wish {
    revision: Revision,
    links_max: u32,
    verification: Option<Arc<Verification>>,
}

/// The digest of a tree: Git's own name of it, which is equal exactly for equal content.
fn digest(tree: ObjectId) -> Digest {
    Digest::of_parts([b"git tree sha1".as_slice(), tree.as_slice()])
}

/// Holds a commit of a folder. Where Git repacks meanwhile, an object may be in neither place that was looked at; a
/// second look then finds it in the new pack.
fn held(path: &Path, commit: ObjectId, job: &Job) -> Result<Reading> {
    match hold(path, commit, job) {
        Ok((reading, false)) => Ok(reading),
        Err(error) if error.kind() != ErrorKind::Corrupt => Err(error),
        _ => hold(path, commit, job).map(|(reading, _missing)| reading),
    }
}

fn hold(path: &Path, commit: ObjectId, job: &Job) -> Result<(Reading, bool)> {
    let repository = local::open(path)?;
    if !local::holds(&local::exact(&repository), commit)? {
        let missing = Error::new(ErrorKind::NotFound, "no such commit");
        return Err(missing.with("commit", commit).with("path", path.display()));
    }
    Reading::of_folder(repository, commit, job).map_err(|error| error.with("path", path.display()))
}

fn named(tip: &Tip) -> Revision {
    let revision = Revision::new(format!("sha1:{}", tip.commit));
    match &tip.name {
        Some(name) => {
            let short = name.strip_prefix("refs/heads/").or_else(|| name.strip_prefix("refs/tags/"));
            revision.with_reference(short.unwrap_or(name))
        }
        None => revision,
    }
}

fn described(revision: Revision, facts: &Facts) -> Revision {
    let time = Timestamp::from_unix(u64::try_from(facts.time).unwrap_or(0));
    revision.with_commit(facts.author.as_str(), time, facts.title.as_str())
}

fn commit_of(revision: &Revision) -> Result<ObjectId> {
    let hex = revision.id.strip_prefix("sha1:").and_then(|hex| ObjectId::from_hex(hex.as_bytes()).ok());
    hex.ok_or_else(|| {
        Error::new(ErrorKind::Invalid, "not the revision of a Git repository").with("revision", &revision.id)
    })
}

fn users_cache() -> Result<PathBuf> {
    let set = std::env::var_os("XDG_CACHE_HOME").map(PathBuf::from).filter(|path| path.is_absolute());
    let folder = set.or_else(|| std::env::home_dir().map(|home| home.join(".cache")));
    let folder = folder.filter(|folder| folder.is_absolute());
    let none =
        || Error::new(ErrorKind::Invalid, "no folder for the cache").with_help("Give one with `with_cache`.");
    Ok(folder.ok_or_else(none)?.join("windlass").join("git"))
}
