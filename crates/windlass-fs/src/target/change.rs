//! Writing objects.

use std::path::Path;

use windlass_core::{
    Context, Error, ErrorKind, Expect, Mode, Object, ObjectId, Result, Retry, Write, Written,
};

use super::Folder;
use super::look::{Seen, parse};
use super::marks::Mark;
use crate::fault::limit;
use crate::keeper::Turn;
use crate::name;

impl Folder {
    /// Writes one object.
    pub(super) fn write(&self, cx: &Context, write: &Write, turn: &Turn<'_>) -> Result<Written> {
        let id = write.id();
        let seen = self.look(cx, id)?;
        match write {
            Write::Apply { payload, mode, expect, owner, .. } => {
                self.check(id, expect, seen.as_ref())?;
                let owner = Mark::new(owner, &turn.number)?;
                match seen {
                    None => self.create(cx, payload, owner, turn),
                    Some(seen) if *mode == Mode::CreateOnly => Ok(Written::Unchanged(seen.live(self))),
                    Some(seen) => self.change(cx, seen, payload, owner, turn),
                }
            }
            Write::Delete { id, expect, .. } => {
                if seen.is_some() {
                    self.check(id, expect, seen.as_ref())?;
                }
                self.delete(cx, id)
            }
            _ => Err(Error::new(ErrorKind::Unsupported, "a write of an unknown sort").with("object", id)),
        }
    }

    /// The mark comes first, so that a crash in between leaves no object without its owner. A mark without an object
    /// means nothing.
    fn create(&self, cx: &Context, payload: &Object, mark: Mark, turn: &Turn<'_>) -> Result<Written> {
        let bytes = spell(cx, payload)?;
        cx.check_write()?;
        self.put_owner(payload.id(), &mark, turn)?;
        self.put_object(payload.id(), &bytes, turn)?;
        let seen = Seen { bytes, object: payload.clone(), owner: Some(mark) };
        Ok(Written::Created(seen.live(self)))
    }

    /// Changes what differs, the mark first: an object that is ours and not yet as wanted is written again, one that
    /// is as wanted and not ours would be left to somebody else. The mark carries the number, so it always changes.
    fn change(
        &self,
        cx: &Context,
        mut seen: Seen,
        payload: &Object,
        mark: Mark,
        turn: &Turn<'_>,
    ) -> Result<Written> {
        let id = payload.id();
        let same_object = seen.object == *payload;
        if same_object && seen.owner.as_ref().is_some_and(|have| have.owner() == mark.owner()) {
            return Ok(Written::Unchanged(seen.live(self)));
        }
        let bytes = if same_object { None } else { Some(spell(cx, payload)?) };
        cx.check_write()?;
        self.put_owner(id, &mark, turn)?;
        seen.owner = Some(mark);
        if let Some(bytes) = bytes {
            self.put_object(id, &bytes, turn).map_err(Error::maybe_written)?;
            (seen.bytes, seen.object) = (bytes, payload.clone());
        }
        Ok(Written::Changed(seen.live(self)))
    }

    /// The mark goes last, so that a crash in between leaves no object without its owner.
    fn delete(&self, cx: &Context, id: &ObjectId) -> Result<Written> {
        cx.check_write()?;
        let was_there = self.root.remove_with_folders(Path::new(""), &name::path_of(id, "yaml")?)?;
        let unmarked = self.remove_owner(id);
        unmarked.map_err(|error| if was_there { error.maybe_written() } else { error })?;
        Ok(Written::Gone)
    }

    fn put_object(&self, id: &ObjectId, bytes: &[u8], turn: &Turn<'_>) -> Result<()> {
        self.root.put(&name::path_of(id, "yaml")?, &turn.beside, bytes, self.access)
    }

    fn check(&self, id: &ObjectId, expect: &Expect, seen: Option<&Seen>) -> Result<()> {
        let found = seen.map(|seen| seen.live(self).version);
        let conflict = |message: &str| {
            Error::new(ErrorKind::Conflict, message)
                .with("object", id)
                .with("found", found.as_ref().map_or("absent", |version| &version.0))
        };
        match expect {
            Expect::Any => Ok(()),
            Expect::Absent if found.is_none() => Ok(()),
            Expect::Absent => Err(conflict("the object is there already")),
            Expect::At(version) if found.as_ref() == Some(version) => Ok(()),
            Expect::At(_) => Err(conflict("the object is not at the expected version")),
            Expect::Uid(_) => Err(conflict("a file has no identity beyond its name").retrying(Retry::Never)),
            _ => Err(Error::new(ErrorKind::Unsupported, "an unknown condition").with("object", id)),
        }
    }
}

/// Spells an object as people read it. Where YAML would give something else back, such as `1` for `1.0`, it is JSON,
/// which any reader of YAML reads too. What would not be read back at all is not written.
fn spell(cx: &Context, object: &Object) -> Result<Vec<u8>> {
    let canonical = object.body().canonical();
    let max = cx.limits().object_bytes_max;
    if canonical.len() > max {
        return Err(limit("the object is too large", "object_bytes_max", max).with("object", object.id()));
    }
    let yaml = windlass_yaml::to_yaml(object.body());
    for text in [yaml, canonical + "\n"] {
        match parse(cx, object.id(), text.as_bytes()) {
            Ok(back) if back == *object => return Ok(text.into_bytes()),
            Err(error) if error.kind() == ErrorKind::Limit => return Err(error.with("object", object.id())),
            _ => {}
        }
    }
    Err(Error::new(ErrorKind::Invalid, "the object cannot be written so that it reads back")
        .with("object", object.id()))
}
