//! Errors of the file system, told as ours.

use std::io;
use std::path::Path;

use windlass_core::{Error, ErrorKind};

/// Says what kept us from `doing` something with a path: `read`, `write`, `list the folder`.
pub(crate) fn fault(doing: &str, path: &Path, error: io::Error) -> Error {
    let (kind, message) = meaning(error.kind(), doing);
    let help = help(error.kind());
    let found = Error::new(kind, message).with("path", path.display()).caused_by(error);
    if let Some(help) = help { found.with_help(help) } else { found }
}

/// A named limit was reached.
pub(crate) fn limit(message: &str, name: &str, max: impl std::fmt::Display) -> Error {
    Error::new(ErrorKind::Limit, message).with("limit", name).with("max", max)
}

fn meaning(kind: io::ErrorKind, doing: &str) -> (ErrorKind, String) {
    use io::ErrorKind as Io;
    match kind {
        Io::NotFound => (ErrorKind::NotFound, "no such file or folder".into()),
        Io::PermissionDenied => (ErrorKind::Denied, format!("no permission to {doing}")),
        Io::ReadOnlyFilesystem => (ErrorKind::Denied, "the file system is read-only".into()),
        Io::StorageFull | Io::QuotaExceeded => (ErrorKind::Unavailable, "no space is left".into()),
        Io::InvalidFilename => (ErrorKind::Invalid, "the name is too long, or not allowed here".into()),
        Io::NotADirectory => (ErrorKind::Invalid, "a file stands where a folder is needed".into()),
        Io::IsADirectory => (ErrorKind::Invalid, "a folder stands where a file is needed".into()),
        Io::CrossesDevices => {
            (ErrorKind::Unsupported, "a part of the folder lies on another file system".into())
        }
        Io::Unsupported => (ErrorKind::Unsupported, format!("the file system cannot {doing}")),
        _ => (ErrorKind::Unavailable, format!("the file system could not {doing}")),
    }
}

/// No right helps where nobody may write.
fn help(kind: io::ErrorKind) -> Option<&'static str> {
    match kind {
        io::ErrorKind::PermissionDenied => Some("give this user the right, or run as a user who has it"),
        io::ErrorKind::ReadOnlyFilesystem => {
            Some("mount it so that it can be written to, or use another folder")
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(kind: io::ErrorKind, expected: &str) {
        let error = fault("write", Path::new("/srv/out"), kind.into());
        assert_eq!(format!("[{}] {error}", error.kind().name()), expected);
    }

    #[test]
    fn an_error_says_what_kept_us_from_doing_what_and_where() {
        check(io::ErrorKind::PermissionDenied, "[denied] no permission to write (path=/srv/out)");
        check(io::ErrorKind::ReadOnlyFilesystem, "[denied] the file system is read-only (path=/srv/out)");
        check(io::ErrorKind::StorageFull, "[unavailable] no space is left (path=/srv/out)");
        check(
            io::ErrorKind::NotADirectory,
            "[invalid] a file stands where a folder is needed (path=/srv/out)",
        );
        check(io::ErrorKind::TimedOut, "[unavailable] the file system could not write (path=/srv/out)");
    }

    #[test]
    fn a_denial_says_what_to_do() {
        let help = |kind: io::ErrorKind| {
            fault("write", Path::new("/srv/out"), kind.into()).help().unwrap_or_default().to_owned()
        };
        let denied = help(io::ErrorKind::PermissionDenied);
        assert_eq!(denied, "give this user the right, or run as a user who has it");
        let read_only = help(io::ErrorKind::ReadOnlyFilesystem);
        assert_eq!(read_only, "mount it so that it can be written to, or use another folder");
    }
}
