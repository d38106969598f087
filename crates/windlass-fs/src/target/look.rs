//! Looking at objects.

use std::collections::BTreeMap;

use windlass_core::{
    Context, Digest, Error, ErrorKind, Interest, Live, Look, Object, ObjectId, Observed, Result, Sight,
    Stamp, UnitId, Version,
};
use windlass_yaml::Options;

use super::Folder;
use super::marks::Owner;
use crate::fault::fault;
use crate::name;

/// An object's file, with its owner.
pub(super) struct Seen {
    pub(super) bytes: Vec<u8>,
    pub(super) object: Object,
    pub(super) owner: Option<Owner>,
}

impl Seen {
    pub(super) fn live(&self) -> Live {
        let stamp = Stamp(self.object.digest());
        live(self.object.id(), &self.bytes, stamp, self.owner.as_ref())
    }
}

impl Folder {
    pub(super) fn observe(&self, cx: &Context, interest: &Interest) -> Result<Observed> {
        cx.check()?;
        if !self.is_there()? {
            let sights = interest.objects.keys().map(|id| (id.clone(), Sight::Absent)).collect();
            return Ok(Observed { sights, strays: Vec::new() });
        }
        let mut sights = BTreeMap::new();
        for (id, look) in &interest.objects {
            cx.check()?;
            sights.insert(id.clone(), self.sight(cx, id, look));
        }
        let strays = self.strays(cx, &interest.unit, &interest.objects)?;
        Ok(Observed { sights, strays })
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

    fn sight(&self, cx: &Context, id: &ObjectId, look: &Look) -> Sight {
        match self.look(cx, id) {
            Ok(None) => Sight::Absent,
            Err(error) => Sight::Unreadable(error),
            Ok(Some(seen)) => {
                let mut live = seen.live();
                if look.known != Some(live.stamp) {
                    live.body = Some(seen.object);
                }
                Sight::Live(live)
            }
        }
    }

    /// Finds what carries the mark of a unit and was not asked for. A mark that cannot be read says nothing of a unit,
    /// and one without a file says that the file was taken away by hand.
    fn strays(&self, cx: &Context, unit: &UnitId, asked: &BTreeMap<ObjectId, Look>) -> Result<Vec<Live>> {
        let mut strays = Vec::new();
        for id in self.listed(cx, unit.as_str())? {
            cx.check()?;
            if asked.contains_key(&id) {
                continue;
            }
            if let Ok(Some(owner)) = self.owner(&id)
                && owner.mark().is_of(unit)
            {
                strays.extend(self.stray(cx, &id, &owner));
            }
        }
        Ok(strays)
    }

    /// A stray has no body, so that a file which is no object any more is one too, stamped by its bytes.
    fn stray(&self, cx: &Context, id: &ObjectId, owner: &Owner) -> Option<Live> {
        let below = name::path_of(id, "yaml").ok()?;
        let bytes = self.root.read(&below, cx.limits().file_bytes_max).ok()??;
        let stamp = parse(cx, id, &bytes).map_or_else(|_| Digest::of(&bytes), |object| object.digest());
        Some(live(id, &bytes, Stamp(stamp), Some(owner)))
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

fn live(id: &ObjectId, bytes: &[u8], stamp: Stamp, owner: Option<&Owner>) -> Live {
    let parts = owner.into_iter().flat_map(Owner::parts);
    let version = Digest::of_parts([bytes].into_iter().chain(parts));
    Live {
        id: id.clone(),
        version: Version::new(version.to_string()),
        stamp,
        uid: None,
        mark: owner.map(Owner::mark),
        health: None,
        body: None,
    }
}
