//! Repositories of this machine, read in place: nothing is fetched, copied or run.

use std::collections::HashSet;
use std::path::Path;

use gix::{ObjectId, Repository, ThreadSafeRepository};
use windlass_core::{Error, ErrorKind, Result};
use windlass_http::Job;

use crate::any_name::AnyName;
use crate::disk;
use crate::range::TagRange;
use crate::reference::{BRANCHES, Reference, Wanted, not_found, unborn};
use crate::references::References;
use crate::reftable::Value;
use crate::remote::Tip;

/// How many references lead to one another at most, as Git has it.
const SYMBOLIC_MAX: usize = 5;

/// How many references are looked at to find a name that was meant.
const NEIGHBOURS_MAX: usize = 10_000;

/// How many tags are looked at to find the highest.
const TAGS_MAX: usize = 1 << 20;

/// Opens a repository without looking at any configuration but its own.
pub(crate) fn open(path: &Path) -> Result<ThreadSafeRepository> {
    if let Err(error) = path.metadata() {
        let kind = match error.kind() {
            std::io::ErrorKind::NotFound | std::io::ErrorKind::NotADirectory => ErrorKind::NotFound,
            std::io::ErrorKind::PermissionDenied => ErrorKind::Denied,
            _ => ErrorKind::Unavailable,
        };
        return Err(Error::new(kind, "repository not found").with("path", path.display()).caused_by(error));
    }
    gix::open::Options::isolated().open(path).map_err(|error| {
        let known = error.is_not_found();
        let failed = Error::new(ErrorKind::Invalid, "not a Git repository").with("path", path.display());
        if known { failed } else { failed.caused_by(error) }
    })
}

/// The repository for one thread, in which a name stands for itself: `refs/replace` would give other content under the
/// name of a commit.
pub(crate) fn exact(repository: &ThreadSafeRepository) -> Repository {
    let mut repository = repository.to_thread_local();
    repository.objects.ignore_replacements = true;
    repository
}

/// Makes an empty bare repository in a folder that is new or empty.
pub(crate) fn create(path: &Path) -> Result<ThreadSafeRepository> {
    let (kind, options) = (gix::create::Kind::Bare, gix::create::Options::default());
    let made = ThreadSafeRepository::init_opts(path, kind, options, gix::open::Options::isolated());
    made.map_err(|error| {
        Error::new(ErrorKind::Unavailable, "no new repository").with("path", path.display()).caused_by(error)
    })
}

/// Finds the commit that a reference stands for now.
pub(crate) fn resolve(repository: &Repository, reference: &Reference) -> Result<Tip> {
    match reference.wanted()? {
        Wanted::Commit(id) => match kind_of(repository, id)? {
            Some(gix::objs::Kind::Commit) => Ok(Tip { commit: id, name: None }),
            Some(kind) => {
                Err(Error::new(ErrorKind::Invalid, "not a commit").with("object", id).with("is", kind))
            }
            None => Err(Error::new(ErrorKind::NotFound, "no such commit").with("commit", id)),
        },
        Wanted::Ref(name) => resolve_name(&References::of(repository)?, repository, reference, &name),
        Wanted::Tags(range) => {
            let refs = References::of(repository)?;
            let name = highest(&refs, &range)?;
            resolve_name(&refs, repository, reference, &name)
        }
        Wanted::Any(name) => {
            let refs = References::of(repository)?;
            let chosen = chosen(&refs, &name)?;
            resolve_name(&refs, repository, reference, &chosen)
        }
    }
}

/// Finds the full name of the reference that a name stands for.
pub(crate) fn chosen(refs: &References<'_>, name: &AnyName) -> Result<String> {
    let names = refs.names("refs/", TAGS_MAX)?;
    if names.len() == TAGS_MAX {
        return Err(Error::new(ErrorKind::Limit, "too many references").with("references_max", TAGS_MAX));
    }
    let full: Vec<String> = names.iter().map(|name| format!("refs/{name}")).collect();
    name.choose(&full.iter().map(String::as_str).collect::<Vec<_>>()).map(str::to_owned)
}

/// The object of an annotated tag by its full name; `None` where there is no tag, or one without an object of its own.
pub(crate) fn tag(repository: &Repository, name: &str) -> Result<Option<Vec<u8>>> {
    let Some(Value::Object(id)) = References::of(repository)?.find(name)? else { return Ok(None) };
    tag_object(repository, id)
}

/// The bytes of a tag that is not too large; `None` for an object of another kind, or none.
pub(crate) fn tag_object(repository: &Repository, id: ObjectId) -> Result<Option<Vec<u8>>> {
    let unreadable = |error: gix::Error| disk::unreadable("unreadable object", error).with("id", id);
    let header = repository.try_find_header(id).map_err(unreadable)?;
    let Some(header) = header.filter(|header| header.kind() == gix::objs::Kind::Tag) else { return Ok(None) };
    if header.size() > windlass_verify::OBJECT_BYTES_MAX as u64 {
        return Err(Error::new(ErrorKind::Limit, "a tag is too large").with("id", id));
    }
    Ok(Some(std::mem::take(&mut repository.find_object(id).map_err(unreadable)?.data)))
}

/// Whether the repository holds this commit.
pub(crate) fn holds(repository: &Repository, commit: ObjectId) -> Result<bool> {
    Ok(kind_of(repository, commit)? == Some(gix::objs::Kind::Commit))
}

/// Checks that every file and folder of a commit is there, as `git fetch` does before it believes a server. Looks at
/// the head of each file where it is packed, since an index can outlive its pack.
pub(crate) fn check_whole(repository: &Repository, commit: ObjectId, job: &Job) -> Result<()> {
    let corrupt = |error: gix::Error| disk::unreadable("unreadable object", error);
    let root = repository.find_commit(commit).and_then(|commit| commit.tree_id().map(gix::Id::detach));
    let mut folders = vec![root.map_err(corrupt)?];
    let mut seen = HashSet::new();
    while let Some(folder) = folders.pop() {
        let tree = repository.find_tree(folder).map_err(corrupt)?;
        for entry in tree.iter() {
            job.check()?;
            let entry = entry.map_err(corrupt)?;
            let id = entry.object_id();
            if entry.mode().is_commit() || !seen.insert(id) {
                continue;
            }
            if entry.mode().is_tree() {
                folders.push(id);
            } else if kind_of(repository, id)?.is_none() {
                return Err(Error::new(ErrorKind::Corrupt, "an object is missing").with("id", id));
            }
        }
    }
    Ok(())
}

/// Finds the full name of the highest tag of a range.
fn highest(refs: &References<'_>, range: &TagRange) -> Result<String> {
    let start = range.start();
    // Of files, only whole folders can be listed.
    let (folder, prefix) = start.split_at(start.rfind('/').map_or(0, |slash| slash + 1));
    let names = refs.names(folder, TAGS_MAX)?;
    if names.len() == TAGS_MAX {
        return Err(Error::new(ErrorKind::Limit, "too many tags").with("tags_max", TAGS_MAX));
    }
    range.choose(names.iter().filter_map(|name| name.strip_prefix(prefix)))
}

fn resolve_name(
    refs: &References<'_>,
    repository: &Repository,
    reference: &Reference,
    name: &str,
) -> Result<Tip> {
    let Some(found) = refs.find(name)? else {
        return Err(not_found(reference, &neighbours(refs, reference)?));
    };
    let first = match &found {
        Value::Symbolic(target) => target.clone(),
        _ => name.to_owned(),
    };
    let mut value = found;
    for _ in 0..SYMBOLIC_MAX {
        let Value::Symbolic(target) = value else { break };
        value =
            refs.find(&target)?.ok_or_else(|| unborn(name, &target, refs.names(BRANCHES, NEIGHBOURS_MAX)))?;
    }
    let Value::Object(id) = value else {
        return Err(Error::new(ErrorKind::Invalid, "references lead to one another").with("name", name));
    };
    let name = first;
    if kind_of(repository, id)?.is_none() {
        return Err(Error::new(ErrorKind::Corrupt, "the object of a reference is missing").with("name", name));
    }
    let peeled = repository.find_object(id).and_then(gix::Object::peel_tags_to_end);
    let object = peeled.map_err(|error| disk::unreadable("unreadable object", error).with("id", id))?;
    match object.kind {
        gix::objs::Kind::Commit => Ok(Tip { commit: object.id, name: Some(name) }),
        kind => Err(Error::new(ErrorKind::Invalid, "not a commit").with("name", name).with("is", kind)),
    }
}

fn neighbours(refs: &References<'_>, reference: &Reference) -> Result<Vec<String>> {
    reference.neighbours().map_or_else(|| Ok(Vec::new()), |(prefix, _)| refs.names(prefix, NEIGHBOURS_MAX))
}

fn kind_of(repository: &Repository, id: ObjectId) -> Result<Option<gix::objs::Kind>> {
    let header = repository.try_find_header(id);
    let header = header.map_err(|error| disk::unreadable("unreadable object", error).with("id", id))?;
    Ok(header.map(|header| header.kind()))
}
