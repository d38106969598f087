//! One request and its response, as data.

use std::time::Duration;

use bytes::Bytes;
use http::Method;
use windlass_core::{Error, ErrorKind, ObjectId, Result, Text};

use crate::resource::is_definition;

pub(crate) const JSON: &str = "application/json";
pub(crate) const APPLY: &str = "application/apply-patch+yaml";
pub(crate) const JSON_PATCH: &str = "application/json-patch+json";
/// Names, labels and annotations only; a server that does not know the form answers with whole objects.
pub(crate) const METADATA: &str =
    "application/json;as=PartialObjectMetadata;g=meta.k8s.io;v=v1,application/json";
pub(crate) const METADATA_LIST: &str =
    "application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1,application/json";

/// What a request may do to the cluster.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Effect {
    Nothing,
    Write,
}

/// One request. `Debug` is left out: the body may hold a secret.
#[derive(Clone)]
pub(crate) struct Request {
    pub(crate) method: Method,
    pub(crate) path: String,
    pub(crate) query: Vec<(&'static str, String)>,
    pub(crate) body: Bytes,
    pub(crate) content: &'static str,
    pub(crate) accept: &'static str,
    pub(crate) effect: Effect,
    pub(crate) subject: Subject,
}

impl Request {
    pub(crate) fn get(path: impl Into<String>, subject: Subject) -> Self {
        Self {
            method: Method::GET,
            path: path.into(),
            query: Vec::new(),
            body: Bytes::new(),
            content: JSON,
            accept: JSON,
            effect: Effect::Nothing,
            subject,
        }
    }

    pub(crate) fn write(method: Method, path: impl Into<String>, subject: Subject, body: String) -> Self {
        Self { method, body: body.into(), effect: Effect::Write, ..Self::get(path, subject) }
    }

    pub(crate) fn query(mut self, key: &'static str, value: impl Into<String>) -> Self {
        self.query.push((key, value.into()));
        self
    }

    pub(crate) fn accept(mut self, accept: &'static str) -> Self {
        self.accept = accept;
        self
    }

    pub(crate) fn content(mut self, content: &'static str) -> Self {
        self.content = content;
        self
    }

    /// Turns a write into a dry run.
    pub(crate) fn dry_run(mut self) -> Self {
        self.effect = Effect::Nothing;
        self.query("dryRun", "All")
    }

    pub(crate) fn uri(&self) -> String {
        let mut uri = self.path.clone();
        for (at, (key, value)) in self.query.iter().enumerate() {
            uri.push(if at == 0 { '?' } else { '&' });
            uri.push_str(key);
            uri.push('=');
            uri.push_str(&encode(value));
        }
        uri
    }
}

/// What came back, whatever the status.
pub(crate) struct Response {
    pub(crate) status: u16,
    pub(crate) retry_after: Option<Duration>,
    pub(crate) body: Bytes,
    /// Who answered.
    pub(crate) from: Place,
    /// Whether an earlier try of the same write may have been carried out although its answer said otherwise.
    pub(crate) doubtful: bool,
}

/// Which cluster, and by which context of the kubeconfig.
#[derive(Debug, Clone)]
pub(crate) struct Place {
    pub(crate) server: Text,
    pub(crate) context: Option<Text>,
}

impl Response {
    pub(crate) fn is_success(&self) -> bool {
        (200..300).contains(&self.status)
    }
}

/// What a request was about, for its errors.
#[derive(Debug, Clone)]
pub(crate) struct Subject {
    /// The key of the context: `object`, `kind`, `unit`.
    pub(crate) what: &'static str,
    pub(crate) name: Text,
    /// Whether the server's words may quote what must not be quoted.
    pub(crate) secret: bool,
    /// Whether it holds what would go with it.
    pub(crate) data: bool,
}

impl Subject {
    pub(crate) fn object(id: &ObjectId) -> Self {
        Self {
            what: "object",
            name: id.to_string().into(),
            secret: id.group.is_empty() && id.kind == "Secret",
            data: is_definition(id)
                || id.group.is_empty()
                    && matches!(&*id.kind, "Namespace" | "PersistentVolume" | "PersistentVolumeClaim"),
        }
    }

    pub(crate) fn new(what: &'static str, name: impl Into<Text>) -> Self {
        Self { what, name: name.into(), secret: false, data: false }
    }

    pub(crate) fn on(&self, error: Error) -> Error {
        error.with_each(self.what, &self.name)
    }
}

pub(crate) fn read_json<T: serde::de::DeserializeOwned>(answer: &Response, request: &Request) -> Result<T> {
    serde_json::from_slice(&answer.body).map_err(|error| {
        // The text of the error may quote the body, so only its place is told.
        let place = format!("{}:{}", error.line(), error.column());
        let told =
            Error::new(ErrorKind::Unavailable, "the server answered with something else than expected");
        let told = request.subject.on(told).with("at", place);
        if request.effect == Effect::Write { told.maybe_written() } else { told }
    })
}

/// Encodes what may not stand plainly in a path segment or a query value.
pub(crate) fn encode(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for byte in text.bytes() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' | b':' | b'/' => {
                out.push(char::from(byte));
            }
            other => out.push_str(&format!("%{other:02X}")),
        }
    }
    out
}
