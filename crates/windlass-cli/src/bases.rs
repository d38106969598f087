//! Remote bases of kustomizations and dependencies of charts: which addresses may be asked, and how.

mod address;

use std::collections::BTreeMap;
use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use windlass_core::{
    Address, Artifact, Bases, Context, Error, ErrorKind, Paths, Resolved, Result, Revision, Source as Origin,
    Text, TreePath, async_trait,
};
use windlass_engine::SharedSource;
use windlass_git::{GitSource, Reference, SignedPart};

pub(crate) use address::is_beginning;
use address::{Meant, Place, on_one_server, references, version_of};

use crate::private::{PrivateFiles, private_artifact, private_chart, private_git};
use crate::sources;
use crate::spec::{Chart, Oci, ServerFiles, Source, Unit};

/// Sources of bases that are kept though nobody uses them just now.
const KEPT_MAX: usize = 256;

/// How long an answer counts for all units of the process, so that many units of one base do not all ask for it.
const FRESH: Duration = Duration::from_secs(5);

/// The bases that a unit allows.
pub(crate) struct Allowed {
    unit: Unit,
    shelf: Arc<Shelf>,
}

/// The sources of bases, shared by all units of the process that ask for them in the same way. `Debug` shows no address, which
/// may hold a password.
#[derive(Default)]
pub(crate) struct Shelf(Mutex<BTreeMap<String, Arc<dyn Origin>>>);

impl Allowed {
    pub(crate) fn by(unit: &Unit, shelf: &Arc<Shelf>) -> Arc<dyn Bases> {
        Arc::new(Self { unit: unit.clone(), shelf: Arc::clone(shelf) })
    }

    fn denied(&self, address: &Address) -> Error {
        let error = Error::new(ErrorKind::Denied, "the address is not allowed").with("base", address);
        self.unit.blame(&["spec", "bases"], error.with_help(HELP))
    }

    fn git(&self, url: &str, reference: &str) -> (String, Arc<dyn Origin>) {
        let files = self.files(url);
        let source = GitSource::new(url);
        let one = |reference: Reference| -> Arc<dyn Origin> {
            let source = source.clone().reference(reference);
            Arc::new(private_git(source, files.clone(), SignedPart::default()))
        };
        let candidates = references(reference).into_iter().map(one).collect();
        let named = Named { candidates, last: Mutex::default() };
        (format!("git {url:?} {reference:?} {files:?}"), Arc::new(named))
    }

    /// Gives the files of the unit's own repository, with credentials and known hosts, for one on the same server.
    fn files(&self, url: &str) -> PrivateFiles {
        let none = PrivateFiles::default();
        match &self.unit.source {
            Source::Git(own) if on_one_server(&own.url, url) => {
                PrivateFiles { server: own.server.clone(), known_hosts: own.known_hosts.clone(), ..none }
            }
            _ => none,
        }
    }

    fn oci(&self, url: &str, version: &str) -> (String, Arc<dyn Origin>) {
        let plain = Oci {
            url: url.to_owned(),
            at: version_of(version),
            path: TreePath::root(),
            media_type: None,
            copy: false,
            server: ServerFiles::default(),
            verify: None,
            insecure: false,
            mirrors: Vec::new(),
        };
        let oci = match &self.unit.source {
            Source::Oci(own) if on_one_server(&own.url, url) => {
                Oci { server: own.server.clone(), insecure: own.insecure, ..plain }
            }
            _ => plain,
        };
        let files = sources::files(&oci.server);
        (
            format!("oci {oci:?}"),
            Arc::new(private_artifact(sources::artifact(&oci), &oci.url, files, Vec::new())),
        )
    }

    fn chart(&self, url: &str, name: &str, range: &str) -> (String, Arc<dyn Origin>) {
        let plain = Chart {
            url: url.to_owned(),
            name: name.to_owned(),
            range: range.to_owned(),
            path: TreePath::root(),
            server: ServerFiles::default(),
            pass_credentials: false,
            // Whoever allows `http://` has written so.
            insecure: true,
            mirrors: Vec::new(),
        };
        let chart = match &self.unit.source {
            Source::Chart(own) if on_one_server(&own.url, url) => {
                Chart { server: own.server.clone(), pass_credentials: own.pass_credentials, ..plain }
            }
            _ => plain,
        };
        let files = sources::files(&chart.server);
        (format!("chart {chart:?}"), Arc::new(private_chart(sources::chart(&chart), files)))
    }
}

/// What allows an address.
pub(crate) const HELP: &str = "allow its beginning with spec.bases or --bases, such as https://example.org/team/, or bring the files into the source";

/// Says what would help where a remote resource is refused.
pub(crate) fn of_remote(error: Error, help: &'static str) -> Error {
    of_option(error, "remote", help)
}

/// Says what would help where a chart is refused.
pub(crate) fn of_helm(error: Error, help: &'static str) -> Error {
    of_option(error, "helm", help)
}

/// Says what would help where an option of windlass-kustomize is off.
fn of_option(error: Error, option: &str, help: &'static str) -> Error {
    let is_refused = |problem: &Error| problem.context("option") == Some(option);
    if !error.problems().iter().any(is_refused) {
        return error;
    }
    let advised = |problem: Error| if is_refused(&problem) { problem.with_help(help) } else { problem };
    Error::all(error.clone().into_problems().into_iter().map(advised)).unwrap_or(error)
}

impl Bases for Allowed {
    fn source(&self, address: &Address) -> Result<Arc<dyn Origin>> {
        let meant = Meant::read(address.expose());
        let place = Place::read(meant.place());
        let is_allowed = |place: &Place<'_>| {
            self.unit
                .bases
                .iter()
                .filter_map(|beginning| Place::read(beginning))
                .any(|allowed| allowed.holds(place))
        };
        if !place.as_ref().is_some_and(is_allowed) {
            return Err(self.denied(address));
        }
        let (key, source) = match meant {
            Meant::Git { url, reference } => self.git(url, &reference),
            Meant::Oci { url, version } => self.oci(url, version),
            Meant::Chart { url, name, range } => self.chart(url, name, range),
            Meant::File(_) => return Err(cannot("files over HTTP are not brought", address)),
        };
        Ok(self.shelf.shared(key, source))
    }
}

fn cannot(message: &'static str, address: &Address) -> Error {
    Error::new(ErrorKind::Unsupported, message)
        .with("base", address)
        .with_help("bring the files into the source, or take them from a Git repository or an OCI registry")
}

impl fmt::Debug for Shelf {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Shelf({} sources)", self.0.lock().unwrap_or_else(PoisonError::into_inner).len())
    }
}

impl Shelf {
    fn shared(&self, key: String, source: Arc<dyn Origin>) -> Arc<dyn Origin> {
        let mut sources = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if sources.len() >= KEPT_MAX {
            sources.retain(|_, source| Arc::strong_count(source) > 1);
        }
        let shared = || {
            let source = Arc::new(SharedSource::new(source));
            Arc::new(Lately { source, last: tokio::sync::Mutex::default() }) as Arc<dyn Origin>
        };
        Arc::clone(sources.entry(key).or_insert_with(shared))
    }
}

/// A repository at what a name means: the first of several that is there.
#[derive(Debug)]
struct Named {
    candidates: Vec<Arc<dyn Origin>>,
    /// Which of them gave which revision.
    last: Mutex<Option<(Text, usize)>>,
}

#[async_trait]
impl Origin for Named {
    async fn resolve(&self, cx: &Context) -> Result<Resolved> {
        let mut missing = None;
        for (at, candidate) in self.candidates.iter().enumerate() {
            match candidate.resolve(cx).await {
                Err(error) if error.kind() == ErrorKind::NotFound => missing = Some(error),
                Err(error) => return Err(error),
                Ok(resolved) => {
                    let last = Some((resolved.revision.id.clone(), at));
                    *self.last.lock().unwrap_or_else(PoisonError::into_inner) = last;
                    return Ok(resolved);
                }
            }
        }
        Err(missing.unwrap_or_else(|| Error::new(ErrorKind::NotFound, "no such reference")))
    }

    async fn fetch(&self, cx: &Context, revision: &Revision, paths: &Paths) -> Result<Artifact> {
        let last = self.last.lock().unwrap_or_else(PoisonError::into_inner).clone();
        let known = last.filter(|(id, _)| *id == revision.id).and_then(|(_, at)| self.candidates.get(at));
        match known.or_else(|| self.candidates.last()) {
            Some(candidate) => candidate.fetch(cx, revision, paths).await,
            None => Err(Error::new(ErrorKind::NotFound, "no such reference")),
        }
    }
}

/// A source that is asked where it is once in a while, however many units need it.
#[derive(Debug)]
struct Lately {
    source: Arc<SharedSource>,
    /// When it was asked, and what it said.
    last: tokio::sync::Mutex<Option<(Duration, Resolved)>>,
}

#[async_trait]
impl Origin for Lately {
    async fn resolve(&self, cx: &Context) -> Result<Resolved> {
        let mut last = cx.unless_over(self.last.lock()).await?;
        let now = cx.now().mono;
        if let Some((asked, resolved)) = &*last
            && now.saturating_sub(*asked) < FRESH
        {
            return Ok(resolved.clone());
        }
        let resolved = self.source.resolve(cx).await.map_err(helped)?;
        *last = Some((now, resolved.clone()));
        Ok(resolved)
    }

    async fn fetch(&self, cx: &Context, revision: &Revision, paths: &Paths) -> Result<Artifact> {
        self.source.fetch(cx, revision, paths).await.map_err(helped)
    }
}

/// Says what to do where the source itself had no advice.
fn helped(error: Error) -> Error {
    let help = match error.kind() {
        _ if error.help().is_some() => return error,
        ErrorKind::NotFound => "correct the address where it is written, or make what it names",
        ErrorKind::Unavailable | ErrorKind::Timeout => {
            "check the address, the network and the server, then repeat the command"
        }
        ErrorKind::Denied => {
            "only the server of the unit's own source is shown the unit's file of credentials"
        }
        _ => return error,
    };
    error.with_help(help)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A unit that allows one folder, with a repository in it.
    struct Desk {
        folder: tempfile::TempDir,
        unit: Unit,
    }

    impl Desk {
        fn new() -> Self {
            let folder = tempfile::tempdir().unwrap();
            std::fs::create_dir(folder.path().join("team")).unwrap();
            let author = windlass_git::write::Author::new("Ada", "ada@example.org", 1_700_000_000);
            let change = windlass_git::write::Change::file("a", "a");
            let repository =
                windlass_git::write::Repository::init(folder.path().join("team/base.git")).unwrap();
            repository.commit("main", "start", &author, &[change]).unwrap();
            let text = format!(
                "{{apiVersion: windlass.dev/v1alpha1, kind: Unit, metadata: {{name: a}}, spec: {{source: {{dir: a}}, target: \
                 {{dir: b}}, bases: ['file://{}/team', 'https://example.org/team']}}}}",
                folder.path().display()
            );
            let text: Arc<[u8]> = text.as_bytes().into();
            let mut read = windlass_yaml::read(&text, &windlass_yaml::Options::default()).unwrap();
            let draft = crate::spec::Draft::of_file(std::path::Path::new("unit.yaml"), text, read.remove(0));
            Self { folder, unit: Unit::read(draft).unwrap() }
        }

        fn address(&self, rest: &str) -> Address {
            format!("git::file://{}/{rest}", self.folder.path().display()).into()
        }
    }

    impl windlass_testkit::suite::Harness for Desk {
        fn block_on(&self, work: std::pin::Pin<Box<dyn Future<Output = ()> + '_>>) {
            tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(work);
        }
    }

    impl windlass_testkit::bases::BasesHarness for Desk {
        fn bases(&self) -> Arc<dyn Bases> {
            Allowed::by(&self.unit, &Arc::default())
        }

        fn allowed(&self) -> Address {
            self.address("team/base.git?ref=main")
        }

        fn denied(&self) -> windlass_testkit::suite::Check<Vec<Address>> {
            Ok(vec![
                self.address("other/base.git"),
                self.address("team/../team/base.git"),
                "git::/srv".into(),
            ])
        }

        fn unreadable(&self) -> windlass_testkit::suite::Check<Vec<Address>> {
            Ok(vec!["https://example.org/team/a.yaml".into(), "https://example.org/team/b.json".into()])
        }

        fn secret(&self) -> windlass_testkit::suite::Check<(Vec<Address>, String)> {
            let addresses =
                ["git::https://ada:hunter2@example.org/team/a", "git::https://ada:hunter2@example.org/b"];
            Ok((addresses.map(Address::from).to_vec(), "hunter2".into()))
        }
    }

    windlass_testkit::bases_suite!(Desk::new);
}
