//! Who can enter the cache: its owner, who is who asks.

use std::fs;
use std::io;
use std::path::Path;

use windlass_core::Result;
#[cfg(unix)]
use windlass_core::{Error, ErrorKind};

/// Makes a folder that only its owner can enter.
pub(super) fn create(folder: &Path) -> io::Result<()> {
    let mut builder = fs::DirBuilder::new();
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.recursive(true).create(folder)
}

/// Refuses a folder that others can enter or have made: they could put files into it, which nobody would question
/// later. A folder that is not there is not refused.
pub(super) fn check(root: &Path, folder: &Path) -> Result<()> {
    #[cfg(unix)]
    check_for(rustix::process::geteuid().as_raw(), root, folder)?;
    #[cfg(not(unix))]
    let _ = (root, folder);
    Ok(())
}

#[cfg(unix)]
fn check_for(me: u32, root: &Path, folder: &Path) -> Result<()> {
    use std::os::unix::fs::MetadataExt;
    // The administrator owns what is mounted, and can enter all of it anyway; and may work in the folder of another.
    let owner = fs::metadata(root).ok().map(|known| known.uid());
    if me != 0 && owner.is_some_and(|owner| owner != me && owner != 0) {
        return Err(of_another(root));
    }
    let Ok(known) = fs::symlink_metadata(folder) else { return Ok(()) };
    if known.uid() != me {
        return Err(of_another(folder));
    }
    if !known.is_dir() || known.mode() & 0o077 != 0 {
        let error =
            Error::new(ErrorKind::Denied, "the cache is open to others").with("path", folder.display());
        return Err(error.with_help("Remove the folder, or make it accessible to its owner alone."));
    }
    Ok(())
}

#[cfg(unix)]
fn of_another(folder: &Path) -> Error {
    let error = Error::new(ErrorKind::Denied, "the cache belongs to another account");
    error.with("path", folder.display()).with_help("Remove the folder, or use another one with `with_cache`.")
}

#[cfg(all(test, unix))]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test fails by it")]

    use std::os::unix::fs::{MetadataExt, PermissionsExt};

    use super::*;

    #[test]
    fn only_what_is_mine_and_closed_to_others_is_used() {
        let place = tempfile::tempdir().unwrap();
        let (root, folder) = (place.path().join("cache"), place.path().join("cache/key"));
        create(&folder).unwrap();
        let me = fs::metadata(&root).unwrap().uid();
        let shown = |me| match check_for(me, &root, &folder) {
            Ok(()) => "used".to_owned(),
            Err(error) => format!("{}: {}", error.kind().name(), error.message()),
        };
        assert_eq!(shown(me), "used");
        assert_eq!(shown(me + 1), "denied: the cache belongs to another account");
        fs::set_permissions(&folder, fs::Permissions::from_mode(0o750)).unwrap();
        assert_eq!(shown(me), "denied: the cache is open to others");
        fs::remove_dir(&folder).unwrap();
        assert_eq!(shown(me), "used", "what is not there can be made");
        std::os::unix::fs::symlink(place.path(), &folder).unwrap();
        assert_eq!(shown(me), "denied: the cache is open to others");
    }
}
