//! The key of an installation, in a Secret beside the state.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use http::Method;
use windlass_core::{Context, Error, ErrorKind, Key, Result, Text, UnitId, Value};

use super::maps::{Maps, PART_LABEL, lacks_namespace};
use crate::fail;
use crate::owner::INSTALLATION_LABEL;
use crate::request::{METADATA, Request, Response, Subject, read_json};

/// What of a state the Secret is.
const KEY: &str = "key";
/// Under what the Secret keeps the bytes.
const DATA: &str = "key";

/// The keys that were fetched over a connection, each by one request however many ask for it at once.
#[derive(Default)]
pub(crate) struct Keys(Mutex<BTreeMap<Whose, Arc<Slot>>>);

/// A key once it is known. Who asks for it first holds the lock until it is.
type Slot = tokio::sync::Mutex<Option<Key>>;

/// The account that may read the key, the namespace, and the installation.
type Whose = (Option<String>, Text, String);

impl Keys {
    fn slot(&self, whose: Whose) -> Arc<Slot> {
        let mut slots = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        Arc::clone(slots.entry(whose).or_default())
    }
}

impl Maps {
    /// Gives the key of an installation, and makes it where there is none and it is to be made.
    pub(super) async fn key(&self, cx: &Context, installation: &str, make: bool) -> Result<Option<Key>> {
        let account = self.cluster.account().map(str::to_owned);
        let slot = self.cluster.keys().slot((account, self.namespace.clone(), installation.to_owned()));
        let mut known = cx.unless_over(slot.lock()).await?;
        if known.is_none() {
            *known = self.stored(cx, installation).await?;
        }
        if known.is_none() && make {
            *known = Some(self.made(cx, installation).await?);
        }
        Ok(known.clone())
    }

    /// Reads the Secret; `None` where there is none.
    async fn stored(&self, cx: &Context, installation: &str) -> Result<Option<Key>> {
        let request = Request::get(self.secret(installation), self.about(installation));
        let response = self.cluster.send(cx, &request).await?;
        if response.status == 404 && !fail::is_unknown_path(&response) {
            return Ok(None);
        }
        if !response.is_success() {
            return Err(self.refused("get", installation, &response, &request));
        }
        let secret: Value = read_json(&response, &request)?;
        let bytes = secret.text_at(&["data", DATA]).and_then(|text| STANDARD.decode(text).ok());
        let bytes = bytes.and_then(|bytes| <[u8; Key::BYTES]>::try_from(bytes).ok());
        bytes.map(|bytes| Some(Key::new(bytes))).ok_or_else(|| {
            let error = Error::new(ErrorKind::Corrupt, "the Secret holds no key for digests").with_help(
                "put it back from a backup; without one, delete it: every object is compared once, and hooks run once more",
            );
            request.subject.on(error)
        })
    }

    /// Makes the Secret, and the namespace with it. Who finds that somebody else was faster takes theirs.
    async fn made(&self, cx: &Context, installation: &str) -> Result<Key> {
        let mut bytes = [0; Key::BYTES];
        getrandom::fill(&mut bytes).map_err(|error| {
            Error::new(ErrorKind::Unavailable, "the system gives no random bytes").caused_by(error)
        })?;
        let key = Key::new(bytes);
        let (path, body) = (self.secrets(), self.secret_body(installation, &key));
        let request = Request::write(Method::POST, path, self.about(installation), body)
            .query("fieldManager", self.manager.as_str())
            .accept(METADATA);
        let mut response = self.cluster.send(cx, &request).await?;
        if lacks_namespace(&response) {
            self.make_namespace(cx).await?;
            response = self.cluster.send(cx, &request).await?;
        }
        match response.status {
            409 if !fail::asks_to_repeat(&response) => {
                let refused = fail::refused(&response, &request);
                self.stored(cx, installation).await?.ok_or(refused)
            }
            _ if response.is_success() => Ok(key),
            _ => Err(self.refused("create", installation, &response, &request)),
        }
    }

    /// Says which right is missing, where one is.
    fn refused(&self, verb: &str, installation: &str, response: &Response, request: &Request) -> Error {
        let refused = fail::refused(response, request);
        if refused.kind() != ErrorKind::Denied || response.status != 403 {
            return refused;
        }
        let message = format!("the account may not {verb} the Secret that keeps the key for digests");
        let right = format!("{verb} secrets/{} in namespace {}", secret_name(installation), self.namespace);
        let error = Error::new(ErrorKind::Denied, message).with("right", right);
        let error = error.with("server", self.cluster.server()).with_help(
            "let the account that keeps the state get and create Secrets in this namespace; `get` may be limited to this name",
        );
        match self.cluster.account() {
            Some(account) => error.with("account", account),
            None => error,
        }
        .caused_by(refused)
    }

    fn secret_body(&self, installation: &str, key: &Key) -> String {
        let labels =
            [(INSTALLATION_LABEL, Value::from(installation.to_owned())), (PART_LABEL, Value::from(KEY))];
        let metadata = [
            ("name", Value::from(secret_name(installation))),
            ("namespace", self.namespace.clone().into()),
            ("labels", labels.into_iter().collect()),
        ];
        let body = [
            ("apiVersion", Value::from("v1")),
            ("kind", "Secret".into()),
            ("type", "Opaque".into()),
            ("metadata", metadata.into_iter().collect()),
            ("data", Value::from_iter([(DATA, Value::from(STANDARD.encode(key.expose())))])),
        ];
        body.into_iter().collect::<Value>().canonical()
    }

    fn secrets(&self) -> String {
        format!("/api/v1/namespaces/{}/secrets", self.namespace)
    }

    fn secret(&self, installation: &str) -> String {
        format!("{}/{}", self.secrets(), secret_name(installation))
    }

    fn about(&self, installation: &str) -> Subject {
        let name = format!("{}/{}", self.namespace, secret_name(installation));
        Subject { secret: true, ..Subject::new("secret", name) }
    }
}

fn secret_name(installation: &str) -> String {
    if installation == UnitId::DEFAULT_INSTALLATION {
        "windlass-key".into()
    } else {
        format!("windlass-key.{installation}")
    }
}
