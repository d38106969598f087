//! One request, and the errors that come back in place of an answer.

use std::io;
use std::time::Duration;

use ureq::http::{Request, Response, Uri};
use ureq::{Agent, Body};
use windlass_core::{Error, ErrorKind, Retry};

use super::{Call, Headers};
use crate::location::Origin;

/// The longest wait that a server may ask for.
const RETRY_SECONDS_MAX: u64 = 3600;

/// Sends a request. A connection that was kept from before and is closed by now is tried anew, once: all that is
/// asked here only reads.
pub(super) fn send(
    agent: &Agent,
    call: &Call,
    url: &str,
    headers: &Headers,
    body: Option<&[u8]>,
) -> io::Result<Response<Body>> {
    match send_once(agent, call, url, headers, body)? {
        Err(ureq::Error::Io(error)) if is_closed(error.kind()) => send_once(agent, call, url, headers, body)?,
        answer => answer,
    }
    .map_err(|error| call.fail(broken(error)))
}

fn send_once(
    agent: &Agent,
    call: &Call,
    url: &str,
    headers: &Headers,
    body: Option<&[u8]>,
) -> io::Result<Result<Response<Body>, ureq::Error>> {
    let odd = || call.fail(Error::new(ErrorKind::Invalid, "not an address to ask"));
    let uri: Uri = url.parse().map_err(|_| odd())?;
    let origin = Origin::of(&uri).ok_or_else(odd)?;
    let mut request = Request::builder().uri(uri).method(if body.is_some() { "POST" } else { "GET" });
    for (name, value) in headers {
        request = request.header(name, value);
    }
    if let Some(authorization) = call.authorization_for(&origin) {
        request = request.header("authorization", authorization);
    }
    let left = call.time_left()?;
    let sent = match body {
        None => request
            .body(())
            .map_err(ureq::Error::from)
            .and_then(|request| agent.run(agent.configure_request(request).timeout_global(left).build())),
        Some(body) => request
            .body(body)
            .map_err(ureq::Error::from)
            .and_then(|request| agent.run(agent.configure_request(request).timeout_global(left).build())),
    };
    Ok(sent)
}

fn is_closed(kind: io::ErrorKind) -> bool {
    use io::ErrorKind::{BrokenPipe, ConnectionAborted, ConnectionReset, UnexpectedEof};
    matches!(kind, BrokenPipe | ConnectionAborted | ConnectionReset | UnexpectedEof)
}

/// The error that a server sends as the first line of an answer, in place of the answer.
pub(super) fn refused(start: &[u8]) -> Option<Error> {
    let length = usize::from_str_radix(std::str::from_utf8(start.get(..4)?).ok()?, 16).ok()?;
    let said = start.get(4..length.min(start.len()))?.strip_prefix(b"ERR ")?;
    let said: String = String::from_utf8_lossy(said).chars().filter(|c| !c.is_control()).take(300).collect();
    let unknown = ["not our ref", "unadvertised object"].iter().any(|known| said.contains(known));
    // JGit's words: `want <commit> not valid`.
    let unknown = unknown || said.contains("want ") && said.contains(" not valid");
    let (kind, message) = match unknown {
        true => (ErrorKind::NotFound, "no such commit"),
        false => (ErrorKind::Unavailable, "the server refuses"),
    };
    Some(Error::new(kind, message).with("server", said))
}

/// The error of an answer other than 200, from who was asked in the end.
pub(super) fn refusal(response: &Response<Body>, url: &str, call: &Call) -> Error {
    let asked = url.parse().ok().and_then(|uri: Uri| Origin::of(&uri));
    let withheld =
        asked.filter(|asked| call.authorization.is_some() && call.authorization_for(asked).is_none());
    if let (401, Some(asked)) = (response.status().as_u16(), withheld) {
        let error =
            Error::new(ErrorKind::Denied, "a redirect led to a server that was not shown the credentials");
        let help = "Give the address that the redirect leads to, if the credentials are meant for it.";
        return error.with("status", 401).with("asked", asked).with_help(help);
    }
    let (kind, message) = match response.status().as_u16() {
        401 if call.authorization.is_some() => {
            (ErrorKind::Denied, "the server does not accept the credentials")
        }
        401 => (ErrorKind::Denied, "the server asks for credentials"),
        403 => (ErrorKind::Denied, "the server denies access"),
        404 | 410 => (ErrorKind::NotFound, "repository not found"),
        407 => (ErrorKind::Denied, "the proxy asks for credentials"),
        408 | 429 | 500..=599 => (ErrorKind::Unavailable, "the server cannot answer now"),
        _ => (ErrorKind::Invalid, "the server gives an answer that Git does not know"),
    };
    let error = Error::new(kind, message).with("status", response.status().as_u16());
    let wait = response.headers().get("retry-after").and_then(|value| value.to_str().ok()?.parse().ok());
    match wait.filter(|_| kind == ErrorKind::Unavailable) {
        Some(seconds) => {
            error.retrying(Retry::After(Duration::from_secs(u64::min(seconds, RETRY_SECONDS_MAX))))
        }
        None => error,
    }
}

/// The error of a connection that did not come about or broke.
pub(super) fn broken(error: ureq::Error) -> Error {
    match error {
        ureq::Error::Io(error)
            if error.get_ref().and_then(|inner| inner.downcast_ref::<rustls::Error>()).is_some() =>
        {
            Error::new(ErrorKind::Unavailable, "no trusted connection to the server").caused_by(error)
        }
        ureq::Error::Timeout(phase) => {
            Error::new(ErrorKind::Timeout, "the server took too long").with("while", phase)
        }
        ureq::Error::HostNotFound => Error::new(ErrorKind::Unavailable, "no such host"),
        ureq::Error::Io(error) if error.kind() == io::ErrorKind::TimedOut => {
            Error::new(ErrorKind::Timeout, "the server took too long")
        }
        ureq::Error::Tls(_) | ureq::Error::Rustls(_) => {
            Error::new(ErrorKind::Unavailable, "no trusted connection to the server").caused_by(error)
        }
        error => Error::new(ErrorKind::Unavailable, "the server cannot be reached").caused_by(error),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_commit_that_a_server_does_not_give_out_is_not_found_in_the_words_of_each() {
        let check = |said: &str, expected| {
            let line = format!("{:04x}ERR {said}", said.len() + 8);
            assert_eq!(refused(line.as_bytes()).map(|error| error.kind()), Some(expected), "{said}");
        };
        check("upload-pack: not our ref 1234", ErrorKind::NotFound);
        check("Server does not allow request for unadvertised object 1234", ErrorKind::NotFound);
        check("want 1234 not valid", ErrorKind::NotFound);
        check("access denied or repository not exported", ErrorKind::Unavailable);
    }
}
