//! One request, and the errors that come back in place of an answer.

use std::io;

use windlass_core::{Error, ErrorKind};
use windlass_http::{Answer, Ask, Http, Origin};

use super::{Call, Headers};

/// Sends a request. It may be sent twice: all that is asked here only reads.
pub(super) fn send(
    http: &Http,
    call: &Call,
    url: &str,
    headers: &Headers,
    body: Option<&[u8]>,
) -> io::Result<Answer> {
    let origin =
        Origin::of(url).ok_or_else(|| call.fail(Error::new(ErrorKind::Invalid, "not an address to ask")))?;
    let ask = Ask {
        method: if body.is_some() { "POST" } else { "GET" },
        url: url.to_owned(),
        called: Some(call.address.as_str().to_owned()),
        headers: headers.clone(),
        authorization: call.authorization_for(&origin).cloned(),
        body,
    };
    http.send(&call.job, &ask).map_err(|error| call.fail(error))
}

/// The error that a server sends as the first line of an answer, in place of the answer.
pub(crate) fn refused(start: &[u8]) -> Option<Error> {
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
pub(super) fn refusal(answer: &Answer, url: &str, call: &Call) -> Error {
    let is_withheld =
        |asked: &Origin| call.authorization.is_some() && call.authorization_for(asked).is_none();
    if let (401, Some(asked)) = (answer.status(), Origin::of(url).filter(is_withheld)) {
        let error =
            Error::new(ErrorKind::Denied, "a redirect led to a server that was not shown the credentials");
        let help = "Give the address that the redirect leads to, if the credentials are meant for it.";
        return error.with("status", 401).with("asked", asked).with_help(help);
    }
    answer.refusal(call.authorization.is_some())
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
