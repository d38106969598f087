//! The laws of a source, over the small registry of these tests.

#![allow(clippy::unwrap_used, reason = "a test fails by it")]

mod support;

use std::sync::Arc;

use support::registry::{Door, Fault, Server};
use support::{Layer, packed, put};
use tar::EntryType;
use windlass_core::Source;
use windlass_oci::{Credentials, OciSource};
use windlass_testkit::source::SourceHarness;
use windlass_testkit::suite::{Bench, Check};

/// `ada` and the secret, as a server sees them.
const WANTED: &str = "Basic YWRhOnNlY3JldC10b2tlbg==";

struct Registry {
    server: Server,
    source: Arc<OciSource>,
}

impl Registry {
    fn new() -> Self {
        let server = Server::new(Door::Basic(WANTED));
        let source = OciSource::new(server.url("fleet/shop"))
            .tag("main")
            .with_plain_http()
            .with_credentials(Credentials::basic("ada", "secret-token"));
        Self { server, source: Arc::new(source) }
    }

    fn put(&self, files: &[(&str, &[u8])], links: &[(&str, &str)]) {
        let files = files.iter().map(|(path, content)| (EntryType::Regular, *path, *content));
        let links = links.iter().map(|(path, target)| (EntryType::Symlink, *path, target.as_bytes()));
        let entries: Vec<_> = files.chain(links).collect();
        let layer = Layer::of("application/vnd.cncf.flux.content.v1.tar+gzip", packed(&entries));
        put(&self.server, "fleet/shop", "main", &[layer]);
    }
}

impl Bench for Registry {
    fn skips(&self) -> Vec<(&'static str, &'static str)> {
        vec![("names_that_differ_in_case_are_two", "an archive with such names is refused")]
    }
}

impl SourceHarness for Registry {
    fn source(&self) -> Arc<dyn Source> {
        Arc::clone(&self.source) as Arc<dyn Source>
    }

    fn commit(&self, files: &[(&str, &[u8])]) {
        self.put(files, &[]);
    }

    fn commit_links(&self, files: &[(&str, &[u8])], links: &[(&str, &str)]) -> Check {
        self.put(files, links);
        Ok(())
    }

    fn cut_off(&self) -> Check {
        self.server.fault(Fault::Status("503 Service Unavailable", String::new()));
        Ok(())
    }

    fn hang(&self) -> Check {
        self.server.fault(Fault::Silence);
        Ok(())
    }

    fn credential(&self) -> Check<String> {
        Ok("secret-token".to_owned())
    }
}

windlass_testkit::source_suite!(Registry::new);
