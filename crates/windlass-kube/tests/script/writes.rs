//! What tests of writes share: the requests of one ConfigMap, and what is told of the answers.

#![allow(clippy::panic)]

use windlass_core::{Cascade, Expect, Mode, Result, Target, Version, Write, Written};

use super::{Script, config_map, context, mark, object, status};

pub const PATCH: &str =
    "PATCH /api/v1/namespaces/a/configmaps/x?fieldManager=windlass&fieldValidation=Strict&force=true";
pub const GENTLE: &str =
    "PATCH /api/v1/namespaces/a/configmaps/x?fieldManager=windlass&fieldValidation=Strict&force=false";
pub const PUT: &str = "PUT /api/v1/namespaces/a/configmaps/x?fieldManager=windlass&fieldValidation=Strict";
pub const GET: &str = "GET /api/v1/namespaces/a/configmaps/x";
pub const DELETE: &str = "DELETE /api/v1/namespaces/a/configmaps/x";

pub fn apply(mode: Mode, expect: Expect) -> Write {
    Write::apply(object(&config_map("x", "1")), mode, expect, mark())
}

pub fn delete(expect: Expect, cascade: Cascade) -> Write {
    let payload = object(&config_map("x", "1"));
    Write::Delete { id: payload.id().clone(), api_version: "v1".into(), expect, cascade }
}

pub fn at(version: &str) -> Expect {
    Expect::At(Version::new(version))
}

/// The body as it is sent, with `condition` in its metadata.
pub fn sent(condition: &str) -> String {
    let (front, back) = match condition.split_once('|') {
        Some((front, back)) => (front, back),
        None => (condition, ""),
    };
    format!(
        r#"{{"apiVersion":"v1","data":{{"k":"1"}},"kind":"ConfigMap","metadata":{{"labels":{{"windlass.dev/installation":"windlass","windlass.dev/unit":"shop"}},"name":"x","namespace":"a"{front}{back}}}}}"#
    )
}

pub fn told(written: &Result<Written>) -> String {
    match written {
        Ok(Written::Created(live)) => format!("created {}", live.version.0),
        Ok(Written::Changed(live)) => format!("changed {}", live.version.0),
        Ok(Written::Unchanged(live)) => format!("unchanged {}", live.version.0),
        Ok(Written::Deleting(version)) => format!("deleting {}", version.0),
        Ok(Written::Gone) => "gone".into(),
        Ok(Written::Released { why }) => format!("released: {why}"),
        Err(error) => {
            let written = if error.may_have_written() { ", may have written" } else { "" };
            format!("{}{written}: {error}", error.kind().name())
        }
    }
}

pub async fn check(script: Script, write: Write, expected: &str, asked: &[String]) {
    let written = script.target().write(&context(), &write).await;
    assert_eq!(told(&written), expected);
    let log = script.log();
    let log = log.strip_prefix("GET /api\nGET /apis").unwrap_or(&log).trim_start();
    assert_eq!(log, asked.join("\n"));
}

pub fn conflict() -> String {
    let message = "Operation cannot be fulfilled on configmaps \"x\": the object has been modified";
    status(409, "Conflict", message, r#"{"name":"x","kind":"configmaps"}"#)
}
