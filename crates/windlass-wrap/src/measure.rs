//! How much an artifact holds.

use std::future::poll_fn;
use std::task::Poll;

use windlass_core::{Context, EntryKind, Error, ErrorKind, Files, Paths, Result, TreePath};

/// How many entries are looked at before others get their turn.
const STRIDE: usize = 64;

/// How much files hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Size {
    pub(crate) files: usize,
    pub(crate) bytes: u64,
}

/// How much files may hold.
#[derive(Debug, Clone, Copy)]
pub(crate) struct SizeMax {
    pub(crate) files: usize,
    pub(crate) bytes: u64,
}

/// Reads all files that were fetched, one after the other, and counts. What was not fetched, or is too large to be read, holds
/// nothing. A folder behind a link is counted where it lies.
///
/// # Errors
/// [`ErrorKind::Limit`] as soon as it is more than `max`, and of the depth of folders; what the files say; those of the context.
pub(crate) async fn measure(cx: &Context, files: &dyn Files, paths: &Paths, max: SizeMax) -> Result<Size> {
    let (mut size, mut entries) = (Size::default(), 0);
    let mut left = roots(paths);
    while let Some(path) = left.pop() {
        entries += 1;
        if entries % STRIDE == 0 {
            cx.check()?;
            yield_now().await;
        }
        // Links to folders may lead around in circles.
        if entries > cx.limits().files_max.saturating_mul(2) {
            return Err(too_much("files_max", cx.limits().files_max));
        }
        match look(cx, files, &path)? {
            Look::Folder(inside) => left.extend(inside),
            Look::File(bytes) => {
                size.files += 1;
                size.bytes = size.bytes.saturating_add(bytes);
            }
            Look::Nothing => {}
        }
        if size.files > max.files {
            return Err(too_much("files_max", max.files));
        }
        if size.bytes > max.bytes {
            return Err(too_much("artifact_bytes_max", max.bytes));
        }
    }
    Ok(size)
}

/// What lies at a path.
enum Look {
    Folder(Vec<TreePath>),
    File(u64),
    Nothing,
}

fn look(cx: &Context, files: &dyn Files, path: &TreePath) -> Result<Look> {
    if path.names().count() > cx.limits().folder_depth_max {
        return Err(too_much("folder_depth_max", cx.limits().folder_depth_max).with("path", path));
    }
    match files.list(path) {
        Ok(entries) => {
            let inside = entries.iter().filter(|entry| entry.kind != EntryKind::Other);
            let inside = inside.map(|entry| path.join(&entry.name)).collect::<Result<Vec<_>>>()?;
            let is_here = |path: &TreePath| files.real(path).is_ok_and(|real| real == *path);
            return Ok(Look::Folder(inside.into_iter().filter(is_here).collect()));
        }
        Err(error) if error.kind() == ErrorKind::Invalid => {}
        Err(error) if is_nothing(&error) => return Ok(Look::Nothing),
        Err(error) => return Err(error),
    }
    match files.read(path) {
        Ok(bytes) => Ok(Look::File(bytes.len() as u64)),
        Err(error) if is_nothing(&error) => Ok(Look::Nothing),
        Err(error) if error.kind() == ErrorKind::Limit => Ok(Look::File(0)),
        Err(error) => Err(error),
    }
}

fn is_nothing(error: &Error) -> bool {
    matches!(error.kind(), ErrorKind::Unfetched | ErrorKind::NotFound)
}

/// The paths that were asked for, without those that lie in others of them.
fn roots(paths: &Paths) -> Vec<TreePath> {
    let Paths::Under(asked) = paths else { return vec![TreePath::root()] };
    let mut roots: Vec<TreePath> = Vec::new();
    for path in asked {
        if !roots.iter().any(|root| path.is_under(root)) {
            roots.retain(|root| !root.is_under(path));
            roots.push(path.clone());
        }
    }
    roots
}

fn too_much(limit: &'static str, max: impl ToString) -> Error {
    Error::new(ErrorKind::Limit, "the artifact is too large").with(limit, max)
}

async fn yield_now() {
    let mut yielded = false;
    poll_fn(|cx| {
        if std::mem::replace(&mut yielded, true) {
            return Poll::Ready(());
        }
        cx.waker().wake_by_ref();
        Poll::Pending
    })
    .await;
}
