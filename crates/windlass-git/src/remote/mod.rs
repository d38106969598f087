//! Repositories behind HTTP: references are listed, and one commit is fetched into the cache.
//!
//! The calls go to the protocol layer of gix instead of its `Remote`, which would list every reference before
//! each fetch, and which speaks to a server once more only to say good-bye.

mod agent;
mod pack;

use std::path::Path;
use std::sync::{Arc, OnceLock};
use std::time::Instant;

use gix::protocol::fetch::Tags;
use gix::protocol::handshake::Ref;
use gix::protocol::ls_refs::RefPrefixes;
use gix::protocol::{Handshake, LsRefsCommand};
use gix::refs::transaction::PreviousValue;
use gix::{ObjectId, ThreadSafeRepository};
use gix_transport::client::blocking_io::http::Transport;
use sha2::{Digest as _, Sha256};
use ureq::Agent;
use windlass_core::{Error, ErrorKind, Result};

use self::pack::{Depth, Exactly, PackWriter};
use crate::cache::Cache;
use crate::http::{Bounds, Call, Client};
use crate::job::Job;
use crate::local;
use crate::location::Address;
use crate::options::{Access, GitLimits};
use crate::reading::Reading;
use crate::reference::{Reference, Wanted, not_found};

/// How many commits of the cache a server is told about, so that it sends only what is new.
const HAVES_MAX: usize = 256;

/// A commit and the name under which it was found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Tip {
    pub(crate) commit: ObjectId,
    pub(crate) name: Option<String>,
}

/// A repository behind HTTP, and the cache for it.
#[derive(Debug)]
pub(crate) struct Remote {
    address: Address,
    access: Access,
    limits: GitLimits,
    cache: Cache,
    agent: OnceLock<Agent>,
}

impl Remote {
    pub(crate) fn new(address: Address, access: Access, limits: GitLimits, cache: &Path) -> Result<Self> {
        if access.credentials.is_some() && !address.origin().is_secure() && !access.clear_text {
            let error = Error::new(ErrorKind::Denied, "credentials are not sent in clear text");
            return Err(error.with("url", address.as_str()).with_help("use https://"));
        }
        let cache = Cache::new(cache, &cache_key(&address, &access));
        Ok(Self { address, access, limits, cache, agent: OnceLock::new() })
    }

    /// Asks what a reference stands for. A commit stands for itself and nobody is asked.
    pub(crate) fn resolve(&self, reference: &Reference, job: &Job) -> Result<Tip> {
        let name = match reference.wanted()? {
            Wanted::Commit(commit) => return Ok(Tip { commit, name: None }),
            Wanted::Ref(name) => name,
        };
        let refs = self.list(&name, job)?;
        if let Some(found) = refs.iter().find(|found| found.unpack().0 == name.as_str()) {
            return tip(found);
        }
        let Some((prefix, _)) = reference.neighbours() else {
            return Err(Error::new(ErrorKind::NotFound, "the repository has no commit yet")
                .with("url", self.address.as_str()));
        };
        let near = self.list(prefix, job)?;
        let near = near.iter().map(|found| found.unpack().0.to_string());
        let near: Vec<_> = near.filter_map(|name| name.strip_prefix(prefix).map(str::to_owned)).collect();
        Err(not_found(reference, &near).with("url", self.address.as_str()))
    }

    /// Brings a commit into the cache unless it is there, and opens the cache.
    ///
    /// `name` is where the commit was seen, for servers that give out only what a reference points to.
    pub(crate) fn fetch(&self, commit: ObjectId, name: Option<&str>, job: &Job) -> Result<Reading> {
        if let Some(reading) = self.cached(commit)? {
            return Ok(reading);
        }
        let deadline = job.deadline(self.limits.fetch_time_max);
        let held = self.cache.hold(|| self.may_wait(deadline, job))?;
        if let Some(reading) = self.cached(commit)? {
            return Ok(reading);
        }
        let repository = held.writable(self.limits.cache_packs_max)?;
        match self.fetch_into(&repository, commit, name, deadline, job) {
            // What the server sends may build on something that is damaged here.
            Err(error) if error.kind() == ErrorKind::Corrupt => {
                self.fetch_into(&held.renewed()?, commit, name, deadline, job)?;
            }
            done => done?,
        }
        let unseen =
            || Error::new(ErrorKind::Internal, "what was fetched is not there").with("commit", commit);
        let reading = self.cached(commit)?.ok_or_else(unseen)?;
        drop(held);
        Ok(reading)
    }

    /// Opens the cache if the commit was fetched and found whole.
    fn cached(&self, commit: ObjectId) -> Result<Option<Reading>> {
        let Some(reading) = self.cache.newest()? else { return Ok(None) };
        let repository = reading.open();
        let marked = repository.try_find_reference(mark(commit).as_str()).map_err(broken_cache)?.is_some();
        Ok(marked.then_some(reading))
    }
}

impl Remote {
    fn fetch_into(
        &self,
        repository: &ThreadSafeRepository,
        commit: ObjectId,
        name: Option<&str>,
        deadline: Instant,
        job: &Job,
    ) -> Result<()> {
        self.receive_somehow(repository, commit, name, deadline, job)?;
        let repository = local::open(repository.path())?.to_thread_local();
        if !local::holds(&repository, commit)? {
            return Err(no_such_commit(commit).with("url", self.address.as_str()));
        }
        local::check_whole(&repository, commit, job.stop())?;
        let marked = repository.reference(mark(commit).as_str(), commit, PreviousValue::Any, "fetched");
        marked.map(drop).map_err(broken_cache)
    }

    /// Receives the commit alone, or with the history of its reference from a server that gives out only tips.
    fn receive_somehow(
        &self,
        repository: &ThreadSafeRepository,
        commit: ObjectId,
        name: Option<&str>,
        deadline: Instant,
        job: &Job,
    ) -> Result<()> {
        let refused = match self.receive(repository, commit, &Depth::One, deadline, job) {
            Err(error) if error.kind() == ErrorKind::NotFound => error,
            done => return done,
        };
        let Some(name) = name else { return Err(refused) };
        let refs = self.list(name, job)?;
        let Some(found) = refs.iter().find(|found| found.unpack().0 == name) else { return Err(refused) };
        self.receive(repository, tip(found)?.commit, &Depth::Whole, deadline, job)
    }

    /// Receives one pack into the cache.
    fn receive(
        &self,
        repository: &ThreadSafeRepository,
        want: ObjectId,
        depth: &Depth,
        deadline: Instant,
        job: &Job,
    ) -> Result<()> {
        let local = repository.to_thread_local();
        let bounds = self.bounds(deadline, ("pack_bytes_max", self.limits.pack_bytes_max));
        let (call, mut transport, mut handshake) = self.converse(&bounds, job)?;
        let shallow_file = local.shallow_file().map_err(broken_cache)?;
        let haves = local.shallow_commits().map_err(broken_cache)?;
        let haves = haves.iter().flat_map(|known| known.iter()).copied();
        let haves = haves.filter(|have| local.has_object(have)).take(HAVES_MAX).collect();
        let pack = PackWriter { repository: &local, object_bytes_max: self.limits.pack_bytes_max };
        let received = gix::protocol::fetch(
            &mut Exactly { want, haves },
            |reader, progress, interrupt| pack.write(reader, progress, interrupt),
            gix::progress::Discard,
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
        match received {
            Ok(_) => Ok(()),
            Err(error) => Err(failed(&call, error).with("commit", want)),
        }
    }

    /// Lists the references whose names begin with `prefix`.
    fn list(&self, prefix: &str, job: &Job) -> Result<Vec<Ref>> {
        let deadline = job.deadline(job.limits().request_timeout);
        let bounds = self.bounds(deadline, ("list_bytes_max", self.limits.list_bytes_max));
        let (call, mut transport, mut handshake) = self.converse(&bounds, job)?;
        let refs = match handshake.refs.take() {
            Some(refs) => refs,
            None => {
                let mut prefixes = RefPrefixes::new();
                prefixes.extend([prefix.into()]);
                let list = LsRefsCommand::new(Some(prefixes), &handshake.capabilities, user_agent());
                let refs = list.invoke_blocking(&mut transport, &mut gix::progress::Discard, false);
                refs.map_err(|error| failed(&call, error))?
            }
        };
        Ok(refs.into_iter().filter(|found| found.unpack().0.starts_with(prefix.as_bytes())).collect())
    }

    /// Opens a conversation with the server.
    fn converse(&self, bounds: &Bounds, job: &Job) -> Result<(Arc<Call>, Transport<Client>, Handshake)> {
        let authorization = self.access.credentials.as_ref().map(crate::Credentials::header);
        let call = Call::new(&self.address, authorization, bounds, job.stop());
        let url = gix::url::parse(self.address.as_str());
        let url = url.map_err(|error| Error::new(ErrorKind::Invalid, "not an address").caused_by(error))?;
        let client = Client::new(self.agent()?.clone(), Arc::clone(&call));
        let version = gix_transport::Protocol::V2;
        let mut transport = Transport::new_http(client, url, version, false);
        let handshake = gix::protocol::handshake(
            &mut transport,
            gix_transport::Service::UploadPack,
            |_action| Ok(None),
            Vec::new(),
            &mut gix::progress::Discard,
        );
        let handshake = handshake.map_err(|error| failed(&call, error))?;
        match handshake
            .capabilities
            .capability("object-format")
            .and_then(|format| format.value().map(ToOwned::to_owned))
        {
            Some(format) if format != "sha1" => {
                Err(Error::new(ErrorKind::Unsupported, "no support for the hash of this repository")
                    .with("hash", format)
                    .with("url", self.address.as_str()))
            }
            _ => Ok((call, transport, handshake)),
        }
    }

    fn bounds(&self, deadline: Instant, bytes_max: (&'static str, u64)) -> Bounds {
        Bounds { deadline, bytes_max, redirects_max: self.limits.redirects_max }
    }

    fn may_wait(&self, deadline: Instant, job: &Job) -> Result<()> {
        if job.is_stopped() {
            return Err(Error::new(ErrorKind::Cancelled, "cancelled while another fetch uses the cache"));
        }
        if Instant::now() < deadline {
            return Ok(());
        }
        Err(Error::new(ErrorKind::Timeout, "another fetch uses the cache").with("url", self.address.as_str()))
    }

    /// The connections of this source, with the roots of trust loaded once.
    fn agent(&self) -> Result<&Agent> {
        if self.agent.get().is_none() {
            let made = agent::connect(&self.access, &self.limits, self.address.origin().is_secure())?;
            return Ok(self.agent.get_or_init(|| made));
        }
        Ok(self.agent.get().expect("it is set"))
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

/// The error of a conversation: what HTTP or the server said, or else what gix says.
fn failed(call: &Call, error: gix::Error) -> Error {
    call.take_failure().unwrap_or_else(|| {
        let kind = if error.is_cancelled() { ErrorKind::Cancelled } else { ErrorKind::Corrupt };
        let broken = Error::new(kind, "the conversation with the server broke");
        broken.with("url", call.address().as_str()).caused_by(error)
    })
}

/// The reference of the cache that says that a commit is there with all its files.
fn mark(commit: ObjectId) -> String {
    format!("refs/windlass/{commit}")
}

fn no_such_commit(commit: ObjectId) -> Error {
    Error::new(ErrorKind::NotFound, "no such commit").with("commit", commit)
}

fn broken_cache(error: gix::Error) -> Error {
    Error::new(ErrorKind::Corrupt, "the cache cannot be read").caused_by(error)
}

fn user_agent() -> gix::protocol::command::Feature {
    ("agent", Some(concat!("windlass/", env!("CARGO_PKG_VERSION")).to_owned()))
}

/// Names the cache by the address and by who asks, so that nobody reads what another was allowed to fetch.
fn cache_key(address: &Address, access: &Access) -> String {
    let mut hash = Sha256::new();
    hash.update(format!("windlass-git cache\0{}\0", address.as_str()));
    if let Some(credentials) = &access.credentials {
        credentials.identify(&mut hash);
    }
    hash.finalize().iter().take(16).map(|byte| format!("{byte:02x}")).collect()
}
