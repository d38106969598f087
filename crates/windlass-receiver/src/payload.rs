//! What of a request is the message of its sender, and whether it has the shape of one.

use std::borrow::Cow;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};

use crate::{Kind, Refused, Request};

/// The message of a request that was verified: GitHub may put it into a form, and Pub/Sub into an envelope.
pub(crate) fn of<'r>(kind: Kind, request: &Request<'r>) -> Result<Cow<'r, [u8]>, Refused> {
    match kind {
        Kind::GitHub | Kind::Bitbucket | Kind::Gitea => match media_type(request).as_deref() {
            None | Some("application/json") => Ok(Cow::Borrowed(request.body)),
            Some("application/x-www-form-urlencoded") => field(request.body, b"payload").map(Cow::Owned),
            Some(_) => Err(Refused::MediaType),
        },
        Kind::Gcr => unwrapped(request.body).map(Cow::Owned).ok_or(Refused::Malformed),
        _ => Ok(Cow::Borrowed(request.body)),
    }
}

/// Whether the sender says that the body is JSON.
pub(crate) fn is_json(request: &Request<'_>) -> bool {
    media_type(request).as_deref() == Some("application/json")
}

fn media_type(request: &Request<'_>) -> Option<String> {
    let header = request.header("Content-Type")?;
    Some(header.split(';').next().unwrap_or_default().trim().to_ascii_lowercase())
}

/// The value of a field of a form; empty where there is none.
fn field(form: &[u8], name: &[u8]) -> Result<Vec<u8>, Refused> {
    for pair in form.split(|byte| *byte == b'&') {
        let mut halves = pair.splitn(2, |byte| *byte == b'=');
        if decoded(halves.next().unwrap_or_default()).as_deref() == Some(name) {
            return decoded(halves.next().unwrap_or_default()).ok_or(Refused::Malformed);
        }
    }
    Ok(Vec::new())
}

fn decoded(text: &[u8]) -> Option<Vec<u8>> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text;
    while let [first, tail @ ..] = rest {
        rest = tail;
        match first {
            b'+' => bytes.push(b' '),
            b'%' => {
                let digits =
                    std::str::from_utf8(rest.get(..2)?).ok().filter(|digits| !digits.starts_with('+'))?;
                bytes.push(u8::from_str_radix(digits, 16).ok()?);
                rest = &rest[2..];
            }
            other => bytes.push(*other),
        }
    }
    Some(bytes)
}

/// The event in an envelope of Pub/Sub, with the fields that Flux keeps.
fn unwrapped(body: &[u8]) -> Option<Vec<u8>> {
    let envelope: Value = serde_json::from_slice(body).ok()?;
    let data = STANDARD.decode(envelope.get("message")?.get("data")?.as_str()?).ok()?;
    let event: Value = serde_json::from_slice(&data).ok()?;
    let text = |name: &str| match event.get(name) {
        None | Some(Value::Null) => Some(""),
        Some(value) => value.as_str(),
    };
    let event = json!({"action": text("action")?, "digest": text("digest")?, "tag": text("tag")?});
    Some(event.to_string().into_bytes())
}

/// Whether a body has what its sender always sends, in the shape in which it does.
pub(crate) fn is_of(kind: Kind, body: &Value) -> bool {
    let texts: &[&[&str]] = match kind {
        Kind::DockerHub => &[&["push_data", "tag"], &["repository", "repo_url"]],
        Kind::Quay => &[&["docker_url"]],
        Kind::Nexus => &[&["action"], &["repositoryName"]],
        Kind::Acr => &[&["action"], &["target", "repository"], &["target", "tag"]],
        Kind::CdEvents => return is_cd_event(body),
        _ => return true,
    };
    let tags = body.get("updated_tags").filter(|_| kind == Kind::Quay);
    let are_texts = |tags: &Value| match tags {
        Value::Null => true,
        Value::Array(tags) => tags.iter().all(|tag| tag.is_string() || tag.is_null()),
        _ => false,
    };
    texts.iter().all(|path| may_be_text(body, path)) && tags.is_none_or(are_texts)
}

/// Whether there is a text at the path, or nothing.
fn may_be_text(body: &Value, path: &[&str]) -> bool {
    let mut value = body;
    for name in path {
        value = match value {
            Value::Null => return true,
            Value::Object(fields) => fields.get(*name).unwrap_or(&Value::Null),
            _ => return false,
        };
    }
    value.is_string() || value.is_null()
}

/// A CloudEvent names itself, its source and its type, and a subject.
fn is_cd_event(body: &Value) -> bool {
    let text = |part: &str, name: &str| body[part][name].as_str().filter(|text| !text.is_empty());
    let known = text("context", "type").is_some_and(|name| name.starts_with("dev.cdevents."));
    known
        && ["id", "source", "version"].iter().all(|name| text("context", name).is_some())
        && text("subject", "id").is_some()
}
