//! Bases that break one law each.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use windlass_core::{
    Address, Artifact, Bases, Context, Error, ErrorKind, Paths, Resolved, Result, Revision, Source,
    async_trait,
};
use windlass_testkit::bases::BasesHarness;
use windlass_testkit::suite::{Check, Harness};
use windlass_testkit::{MemorySource, files};

/// Addresses below `test:team/`, or what breaks the law named.
pub(crate) struct Stage(Arc<dyn Bases>);

impl Stage {
    pub(crate) fn honest() -> Self {
        Self::breaking("nothing")
    }

    pub(crate) fn breaking(law: &'static str) -> Self {
        let (source, asked) = (MemorySource::of(files([("a", "a")])), AtomicUsize::new(0));
        Self(Arc::new(move |address: &Address| -> Result<Arc<dyn Source>> {
            give(law, address, &source, asked.fetch_add(1, Ordering::SeqCst))
        }))
    }
}

impl Harness for Stage {}

impl BasesHarness for Stage {
    fn bases(&self) -> Arc<dyn Bases> {
        Arc::clone(&self.0)
    }

    fn allowed(&self) -> Address {
        "test:team/base".into()
    }

    fn denied(&self) -> Check<Vec<Address>> {
        Ok(vec!["test:other/base".into(), "test:team-evil/base".into(), "test:team/../other/base".into()])
    }

    fn unreadable(&self) -> Check<Vec<Address>> {
        Ok(vec!["test:team/".into()])
    }

    fn secret(&self) -> Check<(Vec<Address>, String)> {
        let addresses = ["test://ada:hunter2@team/base", "test:team/base?token=hunter2"];
        Ok((addresses.map(Address::from).to_vec(), "hunter2".into()))
    }
}

fn give(breaks: &str, address: &Address, source: &MemorySource, asked: usize) -> Result<Arc<dyn Source>> {
    let told = |kind, message: &'static str| {
        let error = Error::new(kind, message);
        match breaks {
            "no_secret_of_an_address_is_shown" => error.with("base", address.expose()),
            _ => error.with("base", address),
        }
    };
    let path = address.expose().split('?').next().unwrap_or_default();
    let begins = match breaks {
        "what_is_not_allowed_is_denied" => "test:team",
        _ => "test:team/",
    };
    if !path.starts_with(begins) || path.contains("..") {
        return Err(told(ErrorKind::Denied, "not allowed"));
    }
    if path == "test:team/" && breaks != "what_cannot_be_read_is_invalid" {
        return Err(told(ErrorKind::Invalid, "not an address"));
    }
    match breaks {
        "what_is_allowed_can_be_brought" => Ok(Arc::new(Empty)),
        "an_address_means_one_artifact" => {
            let text = asked.to_string();
            Ok(Arc::new(MemorySource::of(files([("a", text.as_str())]))))
        }
        _ => Ok(Arc::new(source.clone())),
    }
}

/// Says that it is somewhere, and has nothing.
struct Empty;

impl fmt::Debug for Empty {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Empty")
    }
}

#[async_trait]
impl Source for Empty {
    async fn resolve(&self, _cx: &Context) -> Result<Resolved> {
        Ok(Resolved::new(Revision::new("test:1")))
    }

    async fn fetch(&self, _cx: &Context, _revision: &Revision, _paths: &Paths) -> Result<Artifact> {
        Err(Error::new(ErrorKind::NotFound, "nothing here"))
    }
}
