//! Whether a delivery comes from somebody who knows the secret.

use base64::Engine as _;
use hmac::{Hmac, KeyInit as _, Mac as _};
use sha1::Sha1;
use sha2::{Sha256, Sha512};

use crate::{Kind, Refused, Request};

/// Checks what the sender shows.
pub(crate) fn check(kind: Kind, secret: &[u8], request: &Request<'_>) -> Result<(), Refused> {
    let header = |name: &'static str| request.header(name);
    match kind {
        Kind::Generic | Kind::DockerHub | Kind::Quay | Kind::Acr | Kind::CdEvents => Ok(()),
        Kind::Gcr => match header("Authorization").and_then(bearer) {
            Some(_) => Ok(()),
            None => Err(Refused::Unverified("no token is shown")),
        },
        Kind::GenericHmac => signed(secret, request.body, header("X-Signature")),
        Kind::GitHub | Kind::Bitbucket => {
            signed(secret, request.body, header("X-Hub-Signature-256").or(header("X-Hub-Signature")))
        }
        Kind::Gitea => {
            let own = header("X-Gitea-Signature").or(header("X-Gogs-Signature"));
            let own = own.map(|hex| format!("sha256={hex}"));
            signed(secret, request.body, own.as_deref().or(header("X-Hub-Signature-256")))
        }
        Kind::Nexus => {
            let shown = header("X-Nexus-Webhook-Signature").map(|hex| format!("sha1={hex}"));
            signed(secret, request.body, shown.as_deref())
        }
        Kind::GitLab => token(secret, header("X-Gitlab-Token")),
        Kind::Harbor => token(secret, header("Authorization")),
        Kind::AzureDevOps => {
            let shown = header("Authorization").and_then(|shown| shown.strip_prefix("Basic "));
            let shown = shown.and_then(|shown| base64::engine::general_purpose::STANDARD.decode(shown).ok());
            same(secret, shown.as_deref())
        }
    }
}

/// The token of `Bearer …`.
fn bearer(shown: &str) -> Option<&str> {
    let (scheme, token) = shown.split_at_checked("Bearer ".len())?;
    (scheme.eq_ignore_ascii_case("Bearer ") && !token.is_empty()).then_some(token)
}

fn token(secret: &[u8], shown: Option<&str>) -> Result<(), Refused> {
    same(secret, shown.map(str::as_bytes))
}

/// Compares in a time that says nothing of where two texts differ, nor of how long they are.
fn same(secret: &[u8], shown: Option<&[u8]>) -> Result<(), Refused> {
    let shown = shown.ok_or(Refused::Unverified("no secret is shown"))?;
    let tag = |key: &[u8]| Hmac::<Sha256>::new_from_slice(key).ok().map(|mac| mac.chain_update(key));
    let (Some(ours), Some(theirs)) = (tag(secret), tag(shown)) else { return Err(WRONG) };
    let same = ours.verify_slice(&theirs.finalize().into_bytes()).is_ok();
    if same && !secret.is_empty() { Ok(()) } else { Err(WRONG) }
}

const WRONG: Refused = Refused::Unverified("another secret is shown");
const FORGED: Refused = Refused::Unverified("the signature is not that of the body");

/// Checks `sha256=<hex>`.
fn signed(secret: &[u8], body: &[u8], shown: Option<&str>) -> Result<(), Refused> {
    let shown = shown.ok_or(Refused::Unverified("nobody signed it"))?;
    let (algorithm, digits) = shown.split_once('=').ok_or(FORGED)?;
    let tag = hex(digits).ok_or(FORGED)?;
    let holds = match algorithm {
        "sha1" => Hmac::<Sha1>::new_from_slice(secret)
            .is_ok_and(|mac| mac.chain_update(body).verify_slice(&tag).is_ok()),
        "sha256" => Hmac::<Sha256>::new_from_slice(secret)
            .is_ok_and(|mac| mac.chain_update(body).verify_slice(&tag).is_ok()),
        "sha512" => Hmac::<Sha512>::new_from_slice(secret)
            .is_ok_and(|mac| mac.chain_update(body).verify_slice(&tag).is_ok()),
        _ => return Err(Refused::Unverified("signed with an algorithm that is not known")),
    };
    if holds && !secret.is_empty() { Ok(()) } else { Err(FORGED) }
}

/// The bytes of hexadecimal digits, up to as many as a signature has.
fn hex(digits: &str) -> Option<Vec<u8>> {
    if digits.len() > 128 || digits.len() % 2 == 1 || !digits.is_ascii() {
        return None;
    }
    let pairs = (0..digits.len()).step_by(2).map(|place| digits.get(place..place + 2));
    pairs.map(|pair| u8::from_str_radix(pair.filter(|pair| !pair.contains('+'))?, 16).ok()).collect()
}
