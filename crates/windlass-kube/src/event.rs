//! What a watch says, line by line.

use serde::Deserialize;
use windlass_core::{Error, ErrorKind, Text, Value};

/// The annotation of the bookmark that ends the initial events.
const INITIAL_EVENTS_END: &[&str] = &["metadata", "annotations", "k8s.io/initial-events-end"];

/// One line of a watch.
pub(crate) enum Event {
    /// An object is there, or was changed.
    Put(Value),
    /// An object is gone, or does not fit the selector any more.
    Remove(Value),
    /// Everything up to this version was told; `initial` where that is the whole list.
    Bookmark { version: Text, initial: bool },
}

#[derive(Deserialize)]
struct Line {
    r#type: String,
    object: Value,
}

/// Reads one line.
///
/// # Errors
/// What the server says of the watch, with the status; and [`ErrorKind::Unavailable`] for what is no event.
pub(crate) fn read(line: &[u8], kind: &str) -> Result<Event, Error> {
    // The text of a parser may quote the line, so it is not passed on.
    let odd = || {
        Error::new(ErrorKind::Unavailable, "the watch gave something else than an event").with("kind", kind)
    };
    let line: Line = serde_json::from_slice(line).map_err(|_| odd())?;
    match line.r#type.as_str() {
        "ADDED" | "MODIFIED" => Ok(Event::Put(line.object)),
        "DELETED" => Ok(Event::Remove(line.object)),
        "BOOKMARK" => {
            let version = line.object.text_at(&["metadata", "resourceVersion"]).ok_or_else(odd)?;
            let initial = line.object.text_at(INITIAL_EVENTS_END) == Some("true");
            Ok(Event::Bookmark { version: version.into(), initial })
        }
        "ERROR" => Err(said(&line.object, kind)),
        _ => Err(odd()),
    }
}

fn said(status: &Value, kind: &str) -> Error {
    let message = status.text_at(&["message"]).unwrap_or("the watch ended with an error");
    let error = Error::new(ErrorKind::Unavailable, crate::words::message(message)).with("kind", kind);
    match status.at(&["code"]) {
        Some(code) => error.with("status", code.canonical()),
        None => error,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(line: &str, expected: &str) {
        let told = match read(line.as_bytes(), "foos.x.io") {
            Ok(Event::Put(object)) => format!("put {}", object.canonical()),
            Ok(Event::Remove(object)) => format!("remove {}", object.canonical()),
            Ok(Event::Bookmark { version, initial }) => format!("bookmark {version} {initial}"),
            Err(error) => error.to_string(),
        };
        assert_eq!(told, expected);
    }

    #[test]
    fn events_are_read_and_what_is_none_is_an_error_without_its_text() {
        check(r#"{"type":"ADDED","object":{"a":1}}"#, r#"put {"a":1}"#);
        check(r#"{"type":"DELETED","object":{}}"#, "remove {}");
        check(r#"{"type":"BOOKMARK","object":{"metadata":{"resourceVersion":"7"}}}"#, "bookmark 7 false");
        check(
            r#"{"type":"BOOKMARK","object":{"metadata":{"resourceVersion":"7","annotations":{"k8s.io/initial-events-end":"true"}}}}"#,
            "bookmark 7 true",
        );
        check(
            r#"{"type":"ERROR","object":{"kind":"Status","message":"too old resource version: 1 (9)","code":410}}"#,
            "too old resource version: 1 (9) (kind=foos.x.io, status=410)",
        );
        let odd = "the watch gave something else than an event (kind=foos.x.io)";
        check(r#"{"type":"BOOKMARK","object":{}}"#, odd);
        check(r#"{"type":"LATER","object":{"token":"sesame"}}"#, odd);
        check(r#"{"type":"ADDED","obj"#, odd);
    }
}
