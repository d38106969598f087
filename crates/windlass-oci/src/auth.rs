//! Who asks: what a registry wants to be shown, and the tokens that another server gives for it.
//!
//! The flow is that of the [distribution project](https://distribution.github.io/distribution/spec/auth/token/): a refusal
//! names a server of tokens, which is shown the credentials and gives a token for one repository.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};

use serde::Deserialize;
use windlass_core::{Error, ErrorKind, Result};
use windlass_http::{Answer, Ask, Http, Job, Origin, Secret, shown};

use crate::Credentials;
use crate::challenge::{Challenge, parse};
use crate::options::Access;
use crate::registry::refusal;

/// The most bytes of the answer of a server of tokens.
const TOKEN_BYTES_MAX: u64 = 1 << 20;
/// How long a token holds that does not say it, in seconds.
const TOKEN_SECONDS: u64 = 60;
/// A token that ends sooner is not used any more, in seconds.
const MARGIN_SECONDS: u64 = 5;
/// The most different tokens that are kept.
const TOKENS_MAX: usize = 16;

/// What is known of how to be let in. Shared by all calls of a source.
#[derive(Debug, Default)]
pub(crate) struct Keeper(Mutex<Known>);

#[derive(Debug, Default)]
struct Known {
    is_basic: bool,
    /// By scope, with the second when it ends.
    tokens: BTreeMap<String, (Secret, u64)>,
}

impl Keeper {
    /// Gives what is shown without being asked, because it was asked for before.
    pub(crate) fn known(&self, access: &Access, scope: &str, now: u64) -> Option<Secret> {
        if let Some(bearer) = access.credentials.as_ref().and_then(Credentials::bearer_header) {
            return Some(bearer);
        }
        let known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if known.is_basic {
            return access.credentials.as_ref().and_then(Credentials::basic_header);
        }
        known.tokens.get(scope).filter(|(_, ends)| *ends > now).map(|(token, _)| token.clone())
    }

    /// Gives what answers a refusal; `None` where there is nothing more to show.
    pub(crate) fn answer(&self, door: &Door<'_>, refusal: &Answer) -> Result<Option<Secret>> {
        match refusal.headers("www-authenticate").find_map(parse) {
            Some(Challenge::Basic) => {
                let header = door.access.credentials.as_ref().and_then(Credentials::basic_header);
                self.0.lock().unwrap_or_else(PoisonError::into_inner).is_basic = header.is_some();
                Ok(header)
            }
            Some(Challenge::Bearer { realm, service }) => {
                let (token, seconds) = door.token(&realm, service.as_deref())?;
                let ends = door.job.now().unix().saturating_add(seconds.saturating_sub(MARGIN_SECONDS));
                let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
                if known.tokens.len() >= TOKENS_MAX {
                    known.tokens.clear();
                }
                known.tokens.insert(door.scope.to_owned(), (token.clone(), ends));
                Ok(Some(token))
            }
            None => Ok(None),
        }
    }
}

/// What is needed to be let in.
pub(crate) struct Door<'a> {
    pub(crate) http: &'a Http,
    pub(crate) access: &'a Access,
    pub(crate) origin: &'a Origin,
    pub(crate) scope: &'a str,
    pub(crate) job: &'a Job,
}

#[derive(Deserialize)]
struct Given {
    #[serde(default)]
    token: String,
    #[serde(default)]
    access_token: String,
    #[serde(default)]
    expires_in: Option<u64>,
}

impl Door<'_> {
    /// Asks the server of tokens.
    fn token(&self, realm: &str, service: Option<&str>) -> Result<(Secret, u64)> {
        self.check(realm)?;
        let asked = match self.access.credentials.as_ref().and_then(|given| given.identity_token()) {
            Some(identity) => self.by_identity(realm, service, identity),
            None => self.by_password(realm, service),
        };
        let answer = asked?;
        if !matches!(answer.status(), 200..=299) {
            let error = refusal(answer, self.job, self.access.credentials.is_some());
            return Err(error.with("tokens", shown(realm)));
        }
        let bytes = answer.bytes(self.job, ("token_bytes_max", TOKEN_BYTES_MAX))?;
        // What serde says may hold a part of the token.
        let given: Option<Given> = serde_json::from_slice(&bytes).ok();
        let given = given.map(|given| (given.expires_in, [given.token, given.access_token]));
        let (seconds, token) = given
            .and_then(|(seconds, tokens)| Some((seconds, tokens.into_iter().find(|token| is_token(token))?)))
            .ok_or_else(|| {
                Error::new(ErrorKind::Invalid, "the server of tokens gives none").with("tokens", shown(realm))
            })?;
        Ok((Secret::bearer(&token), seconds.unwrap_or(TOKEN_SECONDS).max(TOKEN_SECONDS)))
    }

    /// A server of tokens is shown the credentials: over TLS, or where all is plain, on the host that was named.
    fn check(&self, realm: &str) -> Result<()> {
        let wrong = |why: &'static str| Err(Error::new(ErrorKind::Denied, why).with("tokens", shown(realm)));
        let Some(origin) = Origin::of(realm) else {
            return Err(Error::new(
                ErrorKind::Denied,
                "the registry names a server of tokens that is no address",
            ));
        };
        match origin.is_secure() {
            true => Ok(()),
            false if self.origin.is_secure() => wrong("the registry names a server of tokens without TLS"),
            false if origin.host() != self.origin.host() => {
                wrong("the registry names a server of tokens without TLS on another host")
            }
            false => Ok(()),
        }
    }

    fn by_password(&self, realm: &str, service: Option<&str>) -> Result<Answer> {
        let pairs = service.map(|service| ("service", service)).into_iter().chain([("scope", self.scope)]);
        let mark = if realm.contains('?') { '&' } else { '?' };
        let mut ask = Ask::get(format!("{realm}{mark}{}", form(pairs)));
        ask.authorization = self.access.credentials.as_ref().and_then(Credentials::basic_header);
        self.http.send(self.job, &ask)
    }

    fn by_identity(&self, realm: &str, service: Option<&str>, identity: &str) -> Result<Answer> {
        let pairs = [("grant_type", "refresh_token"), ("client_id", "windlass"), ("refresh_token", identity)];
        let service = service.map(|service| ("service", service));
        let body = form(pairs.into_iter().chain(service).chain([("scope", self.scope)]));
        let mut ask = Ask::get(realm).with_header("content-type", "application/x-www-form-urlencoded");
        (ask.method, ask.body) = ("POST", Some(body.as_bytes()));
        self.http.send(self.job, &ask)
    }
}

/// What can be the value of a header.
fn is_token(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_graphic())
}

/// Pairs as a form or a query writes them.
fn form<'p>(pairs: impl IntoIterator<Item = (&'p str, &'p str)>) -> String {
    let escaped = |text: &str| {
        let mut out = String::with_capacity(text.len());
        for byte in text.bytes() {
            match byte {
                b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' => {
                    out.push(char::from(byte))
                }
                _ => out.push_str(&format!("%{byte:02X}")),
            }
        }
        out
    };
    let pairs = pairs.into_iter().map(|(name, value)| format!("{name}={}", escaped(value)));
    pairs.collect::<Vec<_>>().join("&")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_stands_in_a_query_is_escaped() {
        assert_eq!(
            form([("scope", "repository:a/b:pull,push"), ("x", "ä&")]),
            "scope=repository%3Aa%2Fb%3Apull%2Cpush&x=%C3%A4%26"
        );
    }
}
