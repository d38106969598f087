//! By what a delivery is known again.

use serde_json::Value;
use sha2::{Digest as _, Sha256};

use crate::{Kind, Request};

/// A digest of what names a delivery.
pub(crate) type Mark = [u8; 32];

/// The marks of a request that was verified. There are none where its sender names no delivery.
///
/// A signature holds the body alone, so that who has seen a delivery could send it again under another name. The body of
/// GitHub says when it happened, and is itself a mark.
pub(crate) fn of(kind: Kind, request: &Request<'_>, message: &[u8]) -> Vec<Mark> {
    let named = kind.id_headers().iter().find_map(|name| request.header(name)).map(str::to_owned);
    let id = named.or_else(|| id_within(kind, request, message)).filter(|id| !id.is_empty());
    let named = id.map(|id| mark(b"id ", id.as_bytes()));
    let body = (kind == Kind::GitHub && !request.body.is_empty()).then(|| mark(b"body ", request.body));
    named.into_iter().chain(body).collect()
}

fn mark(what: &[u8], bytes: &[u8]) -> Mark {
    Sha256::new().chain_update(what).chain_update(bytes).finalize().into()
}

/// The name that is in the body.
fn id_within(kind: Kind, request: &Request<'_>, message: &[u8]) -> Option<String> {
    let read = |bytes: &[u8]| serde_json::from_slice::<Value>(bytes).ok();
    match kind {
        Kind::AzureDevOps | Kind::Acr | Kind::Harbor => Some(read(message)?["id"].as_str()?.to_owned()),
        Kind::Gcr => Some(read(request.body)?["message"]["messageId"].as_str()?.to_owned()),
        Kind::CdEvents => {
            let context = &read(message)?["context"];
            Some(format!("{} {}", context["source"].as_str()?, context["id"].as_str()?))
        }
        _ => None,
    }
}
