//! The laws of a source, over the small server of these tests.

#![allow(clippy::unwrap_used, reason = "a test fails by it")]

mod support;

use std::sync::Arc;

use support::server::{Fault, Server};
use windlass_bucket::{BucketSource, Credentials};
use windlass_core::Source;
use windlass_testkit::source::SourceHarness;
use windlass_testkit::suite::{Bench, Check, not_applicable};

struct Bucket {
    server: Server,
    source: Arc<BucketSource>,
}

impl Bucket {
    fn new() -> Self {
        let server = Server::new();
        let source = BucketSource::new(&server.host, "fleet")
            .with_plain_http()
            .with_credentials(Credentials::new("ada", "secret-key"));
        Self { server, source: Arc::new(source) }
    }
}

impl Bench for Bucket {}

impl SourceHarness for Bucket {
    fn source(&self) -> Arc<dyn Source> {
        Arc::clone(&self.source) as Arc<dyn Source>
    }

    fn commit(&self, files: &[(&str, &[u8])]) {
        self.server.put(files);
    }

    fn commit_links(&self, _files: &[(&str, &[u8])], _links: &[(&str, &str)]) -> Check {
        not_applicable("a bucket has no links")
    }

    fn tells_case(&self) -> Check {
        Ok(())
    }

    fn cut_off(&self) -> Check {
        self.server.fault(Some(Fault::Status("503 Service Unavailable", "", "")));
        Ok(())
    }

    fn hang(&self) -> Check {
        self.server.fault(Some(Fault::Silence));
        Ok(())
    }

    fn credential(&self) -> Check<String> {
        Ok("secret-key".to_owned())
    }
}

windlass_testkit::source_suite!(Bucket::new);
