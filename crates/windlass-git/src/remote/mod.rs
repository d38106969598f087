//! Repositories of a server: references are listed, and one commit is fetched into the cache.
//!
//! The calls go to the protocol layer of gix instead of its `Remote`, which would list every reference before
//! each fetch, and which speaks to a server once more only to say good-bye.

mod ask;
mod line;
mod pack;
mod words;

use std::cell::RefCell;
use std::path::Path;

use gix::error::Class;
use gix::protocol::fetch::Tags;
use gix::protocol::handshake::Ref;
use gix::protocol::ls_refs::RefPrefixes;
use gix::protocol::{Handshake, LsRefsCommand};
use gix::refs::transaction::PreviousValue;
use gix::{ObjectId, Repository, ThreadSafeRepository};
use sha2::{Digest as _, Sha256};
use windlass_core::{Error, ErrorKind, Result};
use windlass_http::Job;

use self::ask::{Depth, Exactly};
pub(crate) use self::line::Blame;
use self::line::{Conversation, Line};
use self::pack::PackWriter;
use self::words::Words;
use crate::any_name::AnyName;
use crate::cache::Cache;
use crate::commit::{self, Facts};
use crate::disk;
use crate::http::Bounds;
use crate::local;
use crate::location::Location;
use crate::options::{Access, GitLimits};
use crate::range::TagRange;
use crate::reading::Reading;
use crate::reference::{BRANCHES, Reference, Wanted, not_found, unborn};

/// How many commits of the cache a server is told about, so that it sends only what is new.
const HAVES_MAX: usize = 256;

/// A commit and the name under which it was found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Tip {
    pub(crate) commit: ObjectId,
    pub(crate) name: Option<String>,
}

/// A commit that is there with all its files.
#[derive(Debug)]
pub(crate) struct Found {
    pub(crate) reading: Reading,
    pub(crate) facts: Facts,
}

/// A repository of a server, and the cache for it.
#[derive(Debug)]
pub(crate) struct Remote {
    url: String,
    line: Line,
    limits: GitLimits,
    cache: Cache,
}

impl Remote {
    /// Describes a repository. Nobody is asked yet.
    pub(crate) fn new(location: Location, access: Access, limits: GitLimits, cache: &Path) -> Result<Self> {
        let url = location.to_string();
        let cache = Cache::new(cache, &cache_key(&url, &access));
        let line = Line::new(location, access, &limits).map_err(|error| error.with_each("url", &url))?;
        Ok(Self { url, line, limits, cache })
    }

    /// Asks what a reference stands for. A commit stands for itself and nobody is asked.
    pub(crate) fn resolve(&self, reference: &Reference, job: &Job) -> Result<Tip> {
        let name = match reference.wanted()? {
            Wanted::Commit(commit) => return Ok(Tip { commit, name: None }),
            Wanted::Tags(range) => return self.highest(&range, job),
            Wanted::Any(name) => return tip(&self.chosen(&name, job)?),
            Wanted::Ref(name) => name,
        };
        let refs = self.list(&name, job)?;
        let error = match refs.iter().find(|found| found.unpack().0 == name.as_str()) {
            Some(Ref::Unborn { target, .. }) => unborn(&name, &target.to_string(), self.names(BRANCHES, job)),
            Some(found) => return tip(found),
            None => match reference.neighbours() {
                Some((prefix, _)) => not_found(reference, &self.names(prefix, job)?),
                // A server that does not say where it leads.
                None => unborn(&name, &name, self.names(BRANCHES, job)),
            },
        };
        Err(error.with("url", &self.url))
    }

    /// Finds the highest tag of a range in one list of those that begin as it says.
    fn highest(&self, range: &TagRange, job: &Job) -> Result<Tip> {
        let start = range.start();
        let tags = self.list(&start, job)?;
        let names: Vec<String> = tags.iter().map(|tag| tag.unpack().0.to_string()).collect();
        let chosen = range.choose(names.iter().filter_map(|name| name.strip_prefix(&start)));
        let chosen = chosen.map_err(|error| error.with("url", &self.url))?;
        let place = names.iter().position(|name| *name == chosen);
        place
            .map_or_else(|| Err(not_found(&Reference::Semver(range.clone()), &[])), |place| tip(&tags[place]))
    }

    /// Finds what a name stands for, in one list of all references.
    fn chosen(&self, name: &AnyName, job: &Job) -> Result<Ref> {
        let refs = self.list("refs/", job)?;
        let names: Vec<String> = refs.iter().map(|found| found.unpack().0.to_string()).collect();
        let chosen = name.choose(&names.iter().map(String::as_str).collect::<Vec<_>>());
        let chosen = chosen.map_err(|error| error.with("url", &self.url))?;
        let found = refs.iter().find(|found| found.unpack().0 == chosen);
        found.cloned().ok_or_else(|| not_found(&Reference::Any(name.clone()), &[]))
    }

    /// The full name of the reference that a name stands for.
    pub(crate) fn full_name(&self, name: &AnyName, job: &Job) -> Result<String> {
        self.chosen(name, job).map(|found| found.unpack().0.to_string())
    }

    /// The names that begin with `prefix`, without it.
    fn names(&self, prefix: &str, job: &Job) -> Result<Vec<String>> {
        let refs = self.list(prefix, job)?;
        let names = refs.iter().map(|found| found.unpack().0.to_string());
        Ok(names.filter_map(|name| name.strip_prefix(prefix).map(str::to_owned)).collect())
    }

    /// Brings a commit into the cache unless it is there, and opens the cache.
    ///
    /// `name` is where the commit was seen, for servers that give out only what a reference points to.
    pub(crate) fn fetch(&self, commit: ObjectId, name: Option<&str>, job: &Job) -> Result<Found> {
        let job = &job.within(self.limits.fetch_time_max);
        match self.cached(commit, job) {
            Ok(Some(found)) => return Ok(found),
            Err(error) if !is_damage(&error) => return Err(error),
            _ => {}
        }
        let held = self.cache.hold(|| self.may_wait(job))?;
        let generation = match self.cached(commit, job) {
            Ok(Some(found)) => return Ok(found),
            Ok(None) => held.writable(self.limits.cache_packs_max)?,
            Err(error) if is_damage(&error) => held.renewed()?,
            Err(error) => return Err(error),
        };
        match self.fetch_into(&generation.repository, commit, name, job) {
            // What the server sends may build on something that is damaged here, where there was anything.
            Err(error) if is_damage(&error) && !generation.is_new => {
                self.fetch_into(&held.renewed()?.repository, commit, name, job)?;
            }
            done => done?,
        }
        let unseen =
            || Error::new(ErrorKind::Internal, "what was fetched is not there").with("commit", commit);
        let found = self.cached(commit, job)?.ok_or_else(unseen)?;
        drop(held);
        // The commit is there, whatever becomes of other caches.
        let _ = self.cache.sweep_others(job.now(), self.limits.cache_age_max);
        Ok(found)
    }

    /// Brings the object of an annotated tag, unless the cache has it; `None` for a tag without one.
    pub(crate) fn tag(&self, name: &str, job: &Job) -> Result<Option<Vec<u8>>> {
        let job = &job.within(self.limits.fetch_time_max);
        let refs = self.list(name, job)?;
        let tag = refs.iter().find_map(|found| match found {
            Ref::Peeled { full_ref_name, tag, .. } if full_ref_name == name => Some(*tag),
            _ => None,
        });
        let Some(tag) = tag else { return Ok(None) };
        if let Some(reading) = self.cache.newest()?
            && let Some(raw) = local::tag_object(&reading.open(), tag)?
        {
            return Ok(Some(raw));
        }
        let held = self.cache.hold(|| self.may_wait(job))?;
        let generation = held.writable(self.limits.cache_packs_max)?;
        self.receive(&generation.repository, tag, &Depth::One, job)?;
        local::tag_object(&local::open(generation.repository.path())?.to_thread_local(), tag)
    }

    /// Opens the cache if the commit was fetched, and looks whether it is still whole: a loss of power can leave the
    /// mark without what it stands for.
    fn cached(&self, commit: ObjectId, job: &Job) -> Result<Option<Found>> {
        let Some(reading) = self.cache.newest()? else { return Ok(None) };
        let repository = reading.open();
        if repository.try_find_reference(mark(commit).as_str()).map_err(broken_cache)?.is_none() {
            return Ok(None);
        }
        let facts = commit::facts(&repository, commit)?;
        local::check_whole(&repository, commit, job)?;
        self.cache.touch(job.now());
        Ok(Some(Found { reading, facts }))
    }
}

impl Remote {
    fn fetch_into(
        &self,
        repository: &ThreadSafeRepository,
        commit: ObjectId,
        name: Option<&str>,
        job: &Job,
    ) -> Result<()> {
        self.receive_somehow(repository, commit, name, job)?;
        let repository = local::open(repository.path())?.to_thread_local();
        if !local::holds(&repository, commit)? {
            return Err(no_such_commit(commit).with("url", &self.url));
        }
        local::check_whole(&repository, commit, job)?;
        set_mark(&repository, commit)
    }

    /// Receives the commit alone, or with the history of its reference from a server that gives out only tips.
    fn receive_somehow(
        &self,
        repository: &ThreadSafeRepository,
        commit: ObjectId,
        name: Option<&str>,
        job: &Job,
    ) -> Result<()> {
        let refused = match self.receive(repository, commit, &Depth::One, job) {
            Err(error) if error.kind() == ErrorKind::NotFound => error,
            done => return done,
        };
        let Some(name) = name else { return Err(refused) };
        let refs = self.list(name, job)?;
        let Some(found) = refs.iter().find(|found| found.unpack().0 == name) else { return Err(refused) };
        self.receive(repository, tip(found)?.commit, &Depth::Whole, job)
    }

    /// Receives one pack into the cache.
    fn receive(
        &self,
        repository: &ThreadSafeRepository,
        want: ObjectId,
        depth: &Depth,
        job: &Job,
    ) -> Result<()> {
        let local = repository.to_thread_local();
        let bounds = self.bounds(("pack_bytes_max", self.limits.pack_bytes_max));
        let Conversation { mut transport, mut handshake, blame } = self.converse(&bounds, job)?;
        if !can_be_shallow(&handshake) {
            let error = Error::new(ErrorKind::Unsupported, "the server gives no commit without its history");
            return Err(error.with("url", &self.url));
        }
        let shallow_file = local.shallow_file().map_err(broken_cache)?;
        let haves = local.shallow_commits().map_err(broken_cache)?;
        let haves = haves.iter().flat_map(|known| known.iter()).copied();
        let haves = haves.filter(|have| local.has_object(have)).take(HAVES_MAX).collect();
        let (limits, failure) = (&self.limits, RefCell::default());
        let pack = PackWriter { repository: &local, limits, job, failure };
        let words = Words::default();
        let received = gix::protocol::fetch(
            &mut Exactly { want, haves },
            |reader, progress, _interrupt| pack.write(reader, progress),
            words.clone(),
            job.stop(),
            gix::protocol::fetch::Context {
                handshake: &mut handshake,
                transport: &mut transport,
                user_agent: user_agent(),
                trace_packetlines: false,
            },
            gix::protocol::fetch::Options {
                shallow_file,
                shallow: &depth.shallow(),
                tags: Tags::None,
                reject_shallow_remote: false,
            },
        );
        let Err(error) = received else { return Ok(()) };
        let gave_up =
            |said: String| Error::new(ErrorKind::Unavailable, "the server gives up").with("server", said);
        let cause = words.take().map(gave_up).or_else(|| pack.failure.take());
        Err(failed(&*blame, cause, error).with("url", &self.url).with("commit", want))
    }

    /// Lists the references whose names begin with `prefix`.
    fn list(&self, prefix: &str, job: &Job) -> Result<Vec<Ref>> {
        let job = &job.within(job.limits().request_timeout);
        let bounds = self.bounds(("list_bytes_max", self.limits.list_bytes_max));
        let Conversation { mut transport, mut handshake, blame } = self.converse(&bounds, job)?;
        let refs = match handshake.refs.take() {
            Some(refs) => refs,
            None => {
                let mut prefixes = RefPrefixes::new();
                prefixes.extend([prefix.into()]);
                let list = LsRefsCommand::new(Some(prefixes), &handshake.capabilities, user_agent());
                let refs = list.invoke_blocking(&mut transport, &mut gix::progress::Discard, false);
                refs.map_err(|error| failed(&*blame, None, error).with("url", &self.url))?
            }
        };
        Ok(refs.into_iter().filter(|found| found.unpack().0.starts_with(prefix.as_bytes())).collect())
    }

    /// Opens a conversation with the server.
    fn converse(&self, bounds: &Bounds, job: &Job) -> Result<Conversation> {
        let opened = self.line.converse(bounds, job).map_err(|error| error.with("url", &self.url))?;
        let format = opened.handshake.capabilities.capability("object-format");
        match format.and_then(|format| format.value().map(ToOwned::to_owned)) {
            Some(format) if format != "sha1" => {
                Err(Error::new(ErrorKind::Unsupported, "no support for the hash of this repository")
                    .with("hash", format)
                    .with("url", &self.url))
            }
            _ => Ok(opened),
        }
    }

    fn bounds(&self, bytes_max: (&'static str, u64)) -> Bounds {
        Bounds { bytes_max, redirects_max: self.limits.redirects_max }
    }

    fn may_wait(&self, job: &Job) -> Result<()> {
        job.check().map_err(|error| match error.kind() {
            ErrorKind::Cancelled => {
                Error::new(ErrorKind::Cancelled, "cancelled while another fetch uses the cache")
            }
            kind => Error::new(kind, "another fetch uses the cache").with("url", &self.url),
        })
    }
}

fn tip(found: &Ref) -> Result<Tip> {
    let unborn = || Error::new(ErrorKind::NotFound, "the branch has no commit yet");
    let (name, commit) = match found {
        Ref::Peeled { full_ref_name, object, .. } | Ref::Direct { full_ref_name, object } => {
            (full_ref_name, object)
        }
        Ref::Symbolic { target, object, .. } => (target, object),
        Ref::Unborn { target, .. } => return Err(unborn().with("name", target)),
    };
    Ok(Tip { commit: *commit, name: Some(name.to_string()) })
}

/// The error of a conversation: what the line or the server said, or what else is known, or what gix says. None of these
/// is about what is stored, unless `cause` is.
fn failed(blame: &dyn Blame, cause: Option<Error>, error: gix::Error) -> Error {
    let ended = blame.last_words();
    // What a server that went away did not send is not damaged.
    let cause = cause.filter(|cause| ended.is_none() || !is_damage(cause));
    blame.take_failure().or(cause).or(ended).unwrap_or_else(|| {
        let kind = match error.dominant_class() {
            Some(Class::Cancelled) => ErrorKind::Cancelled,
            Some(Class::Unsupported) => ErrorKind::Unsupported,
            _ => ErrorKind::Unavailable,
        };
        Error::new(kind, "the conversation with the server broke").caused_by(error)
    })
}

/// Whether the server can leave out history, in the words of either version of the protocol.
fn can_be_shallow(handshake: &Handshake) -> bool {
    let fetch = handshake.capabilities.capability("fetch");
    fetch.is_some_and(|fetch| fetch.supports("shallow").unwrap_or(false))
        || handshake.capabilities.contains("shallow")
}

/// Whether the cache is to blame, and a new one would help.
fn is_damage(error: &Error) -> bool {
    error.kind() == ErrorKind::Corrupt
}

/// Says that a commit is there with all its files, once its packs are on the disk.
fn set_mark(repository: &Repository, commit: ObjectId) -> Result<()> {
    let unwritten = |error: gix::Error| {
        Error::new(ErrorKind::Unavailable, "the cache cannot be written").caused_by(error)
    };
    repository.reference(mark(commit).as_str(), commit, PreviousValue::Any, "fetched").map_err(unwritten)?;
    let refs = repository.common_dir().join("refs");
    let marks = refs.join("windlass");
    disk::sync(&marks.join(commit.to_string()))?;
    disk::sync(&marks)?;
    disk::sync(&refs)
}

/// The reference of the cache that says that a commit is there with all its files.
fn mark(commit: ObjectId) -> String {
    format!("refs/windlass/{commit}")
}

fn no_such_commit(commit: ObjectId) -> Error {
    Error::new(ErrorKind::NotFound, "no such commit").with("commit", commit)
}

fn broken_cache(error: gix::Error) -> Error {
    disk::unreadable("the cache cannot be read", error)
}

fn user_agent() -> gix::protocol::command::Feature {
    ("agent", Some(concat!("windlass/", env!("CARGO_PKG_VERSION")).to_owned()))
}

/// Names the cache by the address and by who asks, so that nobody reads what another was allowed to fetch.
fn cache_key(url: &str, access: &Access) -> String {
    let mut hash = Sha256::new();
    hash.update(format!("windlass-git cache\0{url}\0"));
    if let Some(credentials) = &access.credentials {
        credentials.identify(&mut hash);
    }
    hash.finalize().iter().take(16).map(|byte| format!("{byte:02x}")).collect()
}
