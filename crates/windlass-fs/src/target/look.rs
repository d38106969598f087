//! Looking at objects.

use std::collections::BTreeMap;

use windlass_core::{
    Context, Digest, Error, ErrorKind, Interest, Live, Look, Object, ObjectId, Observation, Observed, Result,
    Stamp, UnitId, Version,
};
use windlass_yaml::Options;

use super::Folder;
use super::marks::Mark;
use crate::fault::fault;
use crate::name;

/// An object's file, with its owner.
pub(super) struct Seen {
    pub(super) bytes: Vec<u8>,
    pub(super) object: Object,
    pub(super) owner: Option<Mark>,
}

impl Seen {
    pub(super) fn live(&self, folder: &Folder) -> Live {
        let stamp = Stamp(self.object.digest());
        folder.live(self.object.id(), &self.bytes, stamp, self.owner.as_ref())
    }
}

impl Folder {
    pub(super) fn observe(&self, cx: &Context, interest: &Interest) -> Result<Observed> {
        cx.check()?;
        if !self.is_there()? {
            let observations = interest.objects.keys().map(|id| (id.clone(), Observation::Absent)).collect();
            return Ok(Observed { observations, orphans: Vec::new() });
        }
        let mut observations = BTreeMap::new();
        for (id, look) in &interest.objects {
            cx.check()?;
            observations.insert(id.clone(), self.observation(cx, id, look));
        }
        let orphans = self.orphans(cx, &interest.unit, &interest.objects)?;
        Ok(Observed { observations, orphans })
    }

    /// Reads an object and its mark; `None` where there is no file.
    pub(super) fn look(&self, cx: &Context, id: &ObjectId) -> Result<Option<Seen>> {
        let below = name::path_of(id, "yaml")?;
        let Some(bytes) = self.root.read(&below, cx.limits().file_bytes_max)? else {
            return Ok(None);
        };
        let object = parse(cx, id, &bytes).map_err(|error| {
            error
                .with("path", self.root.path(&below).display())
                .with_help("mend the file, or delete it and let it be made anew")
        })?;
        Ok(Some(Seen { bytes, object, owner: self.owner(id)? }))
    }

    /// A folder that is not there is empty; one that cannot be listed is an error for all objects at once.
    fn is_there(&self) -> Result<bool> {
        match std::fs::read_dir(self.root.folder()) {
            Ok(_) => Ok(true),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(false),
            Err(error) => Err(fault("list the folder", self.root.folder(), error)),
        }
    }

    fn observation(&self, cx: &Context, id: &ObjectId, look: &Look) -> Observation {
        match self.look(cx, id) {
            Ok(None) => Observation::Absent,
            Err(error) => Observation::Unreadable(error),
            Ok(Some(seen)) => {
                let mut live = seen.live(self);
                if !look.knows(live.stamp) {
                    live.body = Some(seen.object);
                }
                Observation::Live(live)
            }
        }
    }

    /// Finds what carries the mark of a unit and was not asked for. A mark that cannot be read says nothing of a unit,
    /// and one without a file says that the file was taken away by hand.
    fn orphans(&self, cx: &Context, unit: &UnitId, asked: &BTreeMap<ObjectId, Look>) -> Result<Vec<Live>> {
        let mut orphans = Vec::new();
        for id in self.listed(cx, &unit.to_string())? {
            cx.check()?;
            if asked.contains_key(&id) {
                continue;
            }
            if let Ok(Some(owner)) = self.owner(&id)
                && owner.owner().is_of(unit)
            {
                orphans.extend(self.orphan(cx, &id, &owner));
            }
        }
        Ok(orphans)
    }

    /// An orphan has no body, so that a file which is no object any more is one too, stamped by its bytes.
    fn orphan(&self, cx: &Context, id: &ObjectId, mark: &Mark) -> Option<Live> {
        let below = name::path_of(id, "yaml").ok()?;
        let bytes = self.root.read(&below, cx.limits().file_bytes_max).ok()??;
        let stamp = parse(cx, id, &bytes).map_or_else(|_| Digest::of(&bytes), |object| object.digest());
        Some(self.live(id, &bytes, Stamp(stamp), Some(mark)))
    }

    fn live(&self, id: &ObjectId, bytes: &[u8], stamp: Stamp, owner: Option<&Mark>) -> Live {
        let parts = owner.into_iter().flat_map(Mark::parts);
        let version = self.versions.seal(Digest::of_parts([bytes].into_iter().chain(parts)));
        Live {
            id: id.clone(),
            version: Version::new(version.to_string()),
            stamp,
            uid: None,
            owner: owner.map(Mark::owner),
            deletion: None,
            health: None,
            body: None,
        }
    }
}

/// Reads the one object of a file.
pub(super) fn parse(cx: &Context, id: &ObjectId, bytes: &[u8]) -> Result<Object> {
    let wrong = |message: String| Error::new(ErrorKind::Invalid, message).with("object", id);
    let mut documents = windlass_yaml::read(bytes, &Options::from(cx.limits()))?;
    let document = match (documents.pop(), documents.len()) {
        (Some(document), 0) => document,
        (None, _) => return Err(wrong("the file holds no object".into())),
        (_, more) => return Err(wrong(format!("the file holds {} objects, not one", more + 1))),
    };
    let line = document.line;
    let object = Object::new(document.value).map_err(|error| error.with("line", line))?;
    if object.id() != id {
        return Err(wrong("the file holds another object".into())
            .with("found", object.id())
            .with("line", line));
    }
    Ok(object)
}
