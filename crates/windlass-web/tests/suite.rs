//! The laws of a source, for an archive and for a chart, over the small server of these tests.

#![allow(clippy::unwrap_used, reason = "a test fails by it")]

mod support;

use std::sync::Arc;

use support::server::{Fault, Server};
use support::{digest, packed};
use windlass_core::Source;
use windlass_testkit::source::SourceHarness;
use windlass_testkit::suite::{Bench, Check};
use windlass_web::{ArchiveSource, ChartSource, Credentials};

/// `ada` and the secret, as a server sees them.
const WANTED: &str = "Basic YWRhOnNlY3JldC10b2tlbg==";

struct Place {
    server: Server,
    source: Arc<dyn Source>,
}

impl Place {
    fn archive() -> Self {
        let server = Server::new();
        server.wants(WANTED);
        let source = ArchiveSource::new(server.url("/fleet.tgz"))
            .with_plain_http()
            .with_credentials(Credentials::basic("ada", "secret-token"));
        Self { server, source: Arc::new(source) }
    }

    fn chart() -> Self {
        let server = Server::new();
        server.wants(WANTED);
        let source = ChartSource::new(server.url("/charts"), "shop", "1.x")
            .with_plain_http()
            .with_credentials(Credentials::basic("ada", "secret-token"));
        Self { server, source: Arc::new(source) }
    }

    fn put(&self, files: &[(&str, &[u8])], links: &[(&str, &str)]) {
        let bytes = packed(files, links);
        let index = format!(
            "entries:\n  shop:\n  - version: 1.0.0\n    name: shop\n    digest: {}\n    urls: [shop-1.0.0.tgz]\n",
            digest(&bytes)
        );
        self.server.put("/charts/index.yaml", index);
        self.server.put("/charts/shop-1.0.0.tgz", bytes.clone());
        self.server.put("/fleet.tgz", bytes);
    }
}

impl Bench for Place {
    fn skips(&self) -> Vec<(&'static str, &'static str)> {
        vec![("names_that_differ_in_case_are_two", "an archive with such names is refused")]
    }
}

impl SourceHarness for Place {
    fn source(&self) -> Arc<dyn Source> {
        Arc::clone(&self.source)
    }

    fn commit(&self, files: &[(&str, &[u8])]) {
        self.put(files, &[]);
    }

    fn commit_links(&self, files: &[(&str, &[u8])], links: &[(&str, &str)]) -> Check {
        self.put(files, links);
        Ok(())
    }

    fn cut_off(&self) -> Check {
        self.server.fault(Some(Fault::Status("503 Service Unavailable")));
        Ok(())
    }

    fn hang(&self) -> Check {
        self.server.fault(Some(Fault::Silence));
        Ok(())
    }

    fn credential(&self) -> Check<String> {
        Ok("secret-token".to_owned())
    }
}

mod archive {
    windlass_testkit::source_suite!(super::Place::archive);
}

mod chart {
    windlass_testkit::source_suite!(super::Place::chart);
}
