//! A state as it is kept: a head, and parts of the inventory beside it where it is large. Pure: no request is made here.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use windlass_core::{
    Delta, Digest, Error, ErrorKind, Limits, ObjectId, Owned, Result, Saved, UnitId, Version,
};

use super::form::{FORMAT, Head, Packed, Piece, Recent, Shard, corrupt, pack, too_large, unpack};
use super::part::{Part, hash};

/// Objects of one unit.
const STATE_OBJECTS_MAX: usize = 1_000_000;
/// Objects that are kept in the head itself, so that a save is one request. Once they are kept apart, they go back into the
/// head at half of it.
const HEAD_OBJECTS_MAX: usize = 2_000;
/// Bytes of a head with objects in its packed form; encoded for the wire they are a third more.
const HEAD_BYTES_MAX: usize = 256 << 10;
/// Objects that have changed and are kept in the head, until they are put into their parts: so a small change is one request.
const RECENT_OBJECTS_MAX: usize = 256;
/// Bytes of a head without objects: history, hooks, and the names of the parts.
const BARE_HEAD_BYTES_MAX: usize = 400 << 10;
/// Objects of one part. Two halves are joined at half of it.
const PART_OBJECTS_MAX: usize = 1_000;
/// Bytes of one part in its packed form.
const PART_BYTES_MAX: usize = 192 << 10;
/// Bytes of the names of one object.
const OBJECT_BYTES_MAX: usize = 32 << 10;
/// Bytes that a stamp takes in the packed form: 64 digits that cannot be packed, and what is around them.
const STAMP_BYTES: usize = 40;
/// Bytes that a uid takes in the packed form.
const UID_BYTES: usize = 24;
type Objects = BTreeMap<ObjectId, Owned>;

/// A whole state.
#[derive(Clone)]
pub(super) struct State {
    pub(super) saves: u64,
    /// All but the objects.
    about: Saved,
    inventory: Inventory,
    /// What has changed since the parts were written; nothing where there are none.
    recent: Recent,
    pub(super) litter: bool,
    /// The head, where it is packed already.
    packed: Option<Packed>,
}

#[derive(Clone)]
enum Inventory {
    Inside(Objects),
    Apart(BTreeMap<Part, Piece>),
}

impl State {
    /// Makes the state of a unit that was never saved.
    pub(super) fn new() -> Self {
        let about = Saved::empty(Version::new(""));
        let inventory = Inventory::Inside(Objects::new());
        Self { saves: 0, about, inventory, recent: Recent::default(), litter: false, packed: None }
    }

    /// Puts together what was read: `pieces` are the shards of the head.
    pub(super) fn of(head: Head, pieces: Vec<Piece>) -> Self {
        let Head { saves, saved: mut about, litter, mut recent, .. } = head;
        let mut objects = std::mem::take(&mut about.inventory.objects);
        let inventory = if pieces.is_empty() {
            std::mem::take(&mut recent).apply(&mut objects);
            Inventory::Inside(objects)
        } else {
            Inventory::Apart(pieces.into_iter().map(|piece| (piece.part, piece)).collect())
        };
        Self { saves, about, inventory, recent, litter, packed: None }
    }

    /// Gives the whole as the engine knows it.
    pub(super) fn into_saved(self, unit: &UnitId, version: Version) -> Result<Saved> {
        let mut saved = self.about;
        saved.version = version;
        saved.inventory.objects = match self.inventory {
            Inventory::Inside(objects) => objects,
            Inventory::Apart(pieces) => {
                let parts = pieces.values().map(|piece| piece.unpack(unit)).collect::<Result<Vec<_>>>()?;
                let mut texts = BTreeSet::new();
                let share = |(mut id, owned): (ObjectId, Owned)| {
                    id.share(&mut texts);
                    (id, owned)
                };
                let mut objects = parts.into_iter().flatten().map(share).collect();
                self.recent.apply(&mut objects);
                objects
            }
        };
        Ok(saved)
    }

    /// Gives the parts that are kept apart.
    pub(super) fn pieces(&self) -> impl Iterator<Item = &Piece> {
        self.apart().into_iter().flat_map(BTreeMap::values)
    }

    /// Names the parts that are not written yet, and gives them.
    pub(super) fn name_pieces(&mut self, head: &str, life: &str) -> Vec<Piece> {
        let mut new = Vec::new();
        if let Inventory::Apart(pieces) = &mut self.inventory {
            for piece in pieces.values_mut().filter(|piece| piece.name.is_none()) {
                let (saves, part, digest) = (self.saves, piece.part, piece.digest.short());
                piece.name = Some(format!("shard.{head}.{life}-{saves}-p{part}-{digest}").into());
                new.push(piece.clone());
            }
        }
        new
    }

    pub(super) fn is_apart(&self) -> bool {
        self.apart().is_some()
    }

    fn apart(&self) -> Option<&BTreeMap<Part, Piece>> {
        match &self.inventory {
            Inventory::Inside(_) => None,
            Inventory::Apart(pieces) => Some(pieces),
        }
    }

    /// Counts the objects; where they are kept apart, as they were when the parts were written.
    fn len(&self) -> usize {
        match &self.inventory {
            Inventory::Inside(objects) => objects.len(),
            Inventory::Apart(pieces) => count(pieces),
        }
    }

    /// Makes the change. Parts that it does not touch stay what they are, to the byte. `is_tidy`: no shards lie around that
    /// no head names.
    ///
    /// # Errors
    /// [`ErrorKind::Limit`] for a state that grows beyond what can be kept. One that does not grow is never refused for its
    /// number of objects.
    pub(super) fn after(&self, unit: &UnitId, delta: &Delta, limits: &Limits, is_tidy: bool) -> Result<Self> {
        check_names(unit, delta)?;
        let mut recent = self.recent.clone();
        recent.add(delta);
        if let Some(next) = self.with_recent(unit, delta, &recent, limits, is_tidy)? {
            return Ok(next);
        }
        let mut touched = self.touched(unit, &recent)?;
        let mut about = self.about.clone();
        about.inventory.objects = std::mem::take(&mut touched.objects);
        self.recent.clone().apply(&mut about.inventory.objects);
        delta.apply(&mut about, limits);
        let objects = std::mem::take(&mut about.inventory.objects);
        let rest = count(&touched.rest);
        let now = objects.len().saturating_add(rest);
        check_number(unit, now, self.len())?;
        let saves = self.saves.saturating_add(1);
        let whole = HEAD_OBJECTS_MAX / if self.is_apart() { 2 } else { 1 };
        let (inventory, litter) = (Inventory::Inside(objects), self.is_apart() || self.litter && !is_tidy);
        let mut next = Self { saves, about, inventory, recent: Recent::default(), litter, packed: None };
        if now <= whole {
            next.take_in(unit, touched.rest)?;
            if next.has_room(unit)? {
                return Ok(next);
            }
            touched = Touched::default();
        }
        let Inventory::Inside(objects) = next.inventory else { return Ok(next) };
        next.inventory = Inventory::Apart(touched.divide(unit, objects)?);
        Ok(next)
    }

    /// Makes the change in the head alone, where the parts are written and what has changed since is little; else `None`.
    fn with_recent(
        &self,
        unit: &UnitId,
        delta: &Delta,
        recent: &Recent,
        limits: &Limits,
        is_tidy: bool,
    ) -> Result<Option<Self>> {
        let Some(pieces) = self.apart() else { return Ok(None) };
        let apart = count(pieces);
        let goes_back = apart.saturating_sub(recent.drop.len()) <= HEAD_OBJECTS_MAX / 2;
        let may_be_too_many = apart.saturating_add(recent.put.len()) > STATE_OBJECTS_MAX;
        let is_written = pieces.values().all(|piece| piece.name.is_some());
        if recent.len() > RECENT_OBJECTS_MAX || goes_back || may_be_too_many || !is_written {
            return Ok(None);
        }
        let mut about = self.about.clone();
        delta.apply(&mut about, limits);
        about.inventory.objects.clear();
        let mut next = Self {
            saves: self.saves.saturating_add(1),
            about,
            inventory: self.inventory.clone(),
            recent: recent.clone(),
            litter: self.litter && !is_tidy,
            packed: None,
        };
        let packed = pack(unit, &next.head()?)?;
        let has_room = packed.len() + still_to_come(&recent.put) <= HEAD_BYTES_MAX;
        next.packed = Some(packed);
        Ok(has_room.then_some(next))
    }

    /// Takes out the parts that a change touches.
    fn touched(&self, unit: &UnitId, change: &Recent) -> Result<Touched> {
        let pieces = match &self.inventory {
            Inventory::Inside(objects) => return Ok(Touched::of(objects.clone())),
            Inventory::Apart(pieces) => pieces,
        };
        let mut touched = Touched { parts: Vec::new(), rest: pieces.clone(), ..Touched::default() };
        for id in change.ids() {
            let hash = hash(id);
            let found = pieces.range(..=Part::at(hash)).next_back().filter(|(part, _)| part.holds(hash));
            let Some((part, piece)) = found else {
                return Err(corrupt(unit, "a part of the inventory is missing"));
            };
            if touched.rest.remove(part).is_some() {
                touched.objects.extend(piece.unpack(unit)?);
                touched.parts.push(*part);
                touched.before.insert(*part, piece.clone());
            }
        }
        Ok(touched)
    }

    fn take_in(&mut self, unit: &UnitId, pieces: BTreeMap<Part, Piece>) -> Result<()> {
        if let Inventory::Inside(objects) = &mut self.inventory {
            for piece in pieces.into_values() {
                objects.extend(piece.unpack(unit)?);
            }
        }
        Ok(())
    }

    /// Packs the head with its objects, and says whether it may stay like that.
    fn has_room(&mut self, unit: &UnitId) -> Result<bool> {
        let Inventory::Inside(objects) = &self.inventory else { return Ok(false) };
        let (is_empty, to_come) = (objects.is_empty(), still_to_come(objects));
        let packed = pack(unit, &self.head()?)?;
        let has_room = is_empty || packed.len() + to_come <= HEAD_BYTES_MAX;
        self.packed = Some(packed).filter(|_| has_room);
        Ok(has_room)
    }

    /// Gives the head. All parts have their names.
    fn head(&self) -> Result<Head> {
        let mut saved = self.about.clone();
        let mut shards = Vec::new();
        match &self.inventory {
            Inventory::Inside(objects) => saved.inventory.objects.clone_from(objects),
            Inventory::Apart(pieces) => {
                for Piece { part, name, digest, objects, .. } in pieces.values() {
                    let nameless = || Error::new(ErrorKind::Internal, "a part of the inventory has no name");
                    let name = name.clone().ok_or_else(nameless)?;
                    shards.push(Shard { part: *part, name, digest: *digest, objects: *objects });
                }
            }
        }
        let recent = self.recent.clone();
        Ok(Head { format: FORMAT, saves: self.saves, saved, shards, recent, litter: self.litter })
    }

    /// Packs the head.
    ///
    /// # Errors
    /// [`ErrorKind::Limit`] where what is beside the objects does not fit: names of parts, records, hooks.
    pub(super) fn pack_head(&self, unit: &UnitId) -> Result<Packed> {
        let packed = match &self.packed {
            Some(packed) => Arc::clone(packed),
            None => pack(unit, &self.head()?)?,
        };
        let (size, max) = (packed.len(), BARE_HEAD_BYTES_MAX);
        if size <= max {
            return Ok(packed);
        }
        Err(too_large(unit, "history and hooks of the unit do not fit into a ConfigMap", size, max)
            .with("records", self.about.history.len())
            .with("hooks", self.about.hooks.len()))
    }
}

/// What a change touches of an inventory.
struct Touched {
    objects: Objects,
    parts: Vec<Part>,
    /// How these parts were.
    before: BTreeMap<Part, Piece>,
    /// The parts that it does not touch.
    rest: BTreeMap<Part, Piece>,
}

impl Default for Touched {
    fn default() -> Self {
        Self::of(Objects::new())
    }
}

impl Touched {
    /// Touches everything.
    fn of(objects: Objects) -> Self {
        Self { objects, parts: vec![Part::WHOLE], before: BTreeMap::new(), rest: BTreeMap::new() }
    }

    /// Divides objects among the touched parts, and joins and halves these where they are too small or too large.
    fn divide(mut self, unit: &UnitId, objects: Objects) -> Result<BTreeMap<Part, Piece>> {
        let mut parts: BTreeMap<Part, Objects> =
            self.parts.iter().map(|part| (*part, Objects::new())).collect();
        for (id, owned) in objects {
            let hash = hash(&id);
            if let Some((_, objects)) = parts.range_mut(..=Part::at(hash)).next_back() {
                objects.insert(id, owned);
            }
        }
        self.join(unit, &mut parts)?;
        let mut pieces = std::mem::take(&mut self.rest);
        let mut open: Vec<(Part, Objects)> = parts.into_iter().collect();
        while let Some((part, objects)) = open.pop() {
            let piece =
                if objects.len() <= PART_OBJECTS_MAX { Some(Piece::of(unit, part, &objects)?) } else { None };
            match piece.filter(|piece| piece.packed.len() + still_to_come(&objects) <= PART_BYTES_MAX) {
                Some(piece) => drop(pieces.insert(part, self.unless_as_before(piece))),
                None => open.extend(halve(unit, part, objects)?),
            }
        }
        Ok(pieces)
    }

    /// Joins parts with their other halves as long as both are small.
    fn join(&mut self, unit: &UnitId, parts: &mut BTreeMap<Part, Objects>) -> Result<()> {
        let mut open: Vec<Part> = parts.keys().copied().collect();
        while let Some(part) = open.pop() {
            let Some((other, whole)) = part.family() else { continue };
            let Some(here) = parts.get(&part).map(BTreeMap::len) else { continue };
            let there =
                parts.get(&other).map(BTreeMap::len).or(self.rest.get(&other).map(|piece| piece.objects));
            if there.is_none_or(|there| here.saturating_add(there) > PART_OBJECTS_MAX / 2) {
                continue;
            }
            let mut objects = parts.remove(&part).unwrap_or_default();
            objects.extend(parts.remove(&other).unwrap_or_default());
            if let Some(piece) = self.rest.remove(&other) {
                objects.extend(piece.unpack(unit)?);
            }
            parts.insert(whole, objects);
            open.push(whole);
        }
        Ok(())
    }

    /// A part that is as it was keeps its ConfigMap.
    fn unless_as_before(&self, piece: Piece) -> Piece {
        self.before.get(&piece.part).filter(|before| before.digest == piece.digest).cloned().unwrap_or(piece)
    }
}

impl Piece {
    fn of(unit: &UnitId, part: Part, objects: &Objects) -> Result<Self> {
        let packed = pack(unit, objects)?;
        Ok(Self { part, name: None, digest: Digest::of(&packed), packed, objects: objects.len() })
    }

    fn unpack(&self, unit: &UnitId) -> Result<Objects> {
        unpack(unit, &self.packed)
    }
}

/// What does not grow is never too much: else it could not shrink.
fn check_number(unit: &UnitId, now: usize, before: usize) -> Result<()> {
    if now <= before.max(STATE_OBJECTS_MAX) {
        return Ok(());
    }
    Err(Error::new(ErrorKind::Limit, "the unit owns too many objects")
        .with("unit", unit)
        .with("objects", now)
        .with("state_objects_max", STATE_OBJECTS_MAX)
        .with_help("split the unit into smaller ones, or keep state elsewhere"))
}

/// A name that no target takes could make a part too large to be halved.
fn check_names(unit: &UnitId, delta: &Delta) -> Result<()> {
    for (id, owned) in &delta.put {
        let texts = [&id.group, &id.kind, &id.namespace, &id.name, &owned.api_version];
        let uid = owned.uid.as_ref().map_or(0, |uid| uid.len());
        let bytes = texts.iter().map(|text| text.len()).sum::<usize>() + uid;
        if bytes > OBJECT_BYTES_MAX {
            return Err(too_large(unit, "the names of an object are too long", bytes, OBJECT_BYTES_MAX));
        }
    }
    Ok(())
}

/// Counts objects as the head does, which may say anything.
fn count(pieces: &BTreeMap<Part, Piece>) -> usize {
    pieces.values().fold(0, |sum, piece| sum.saturating_add(piece.objects))
}

fn halve(unit: &UnitId, part: Part, objects: Objects) -> Result<Vec<(Part, Objects)>> {
    let Some([low, high]) = part.halves() else {
        let what = "the objects of a part do not fit into a ConfigMap";
        return Err(
            too_large(unit, what, still_to_come(&objects), PART_BYTES_MAX).with("objects", objects.len())
        );
    };
    let (upper, lower) = objects.into_iter().partition(|(id, _)| high.holds(hash(id)));
    Ok(vec![(high, upper), (low, lower)])
}

/// Gives the room for what a confirmed write adds to an intended one, so that parts are not halved again by it.
fn still_to_come(objects: &Objects) -> usize {
    let of = |owned: &Owned| {
        let stamp = if owned.stamp.is_none() { STAMP_BYTES } else { 0 };
        stamp + if owned.uid.is_none() { UID_BYTES } else { 0 }
    };
    objects.values().map(of).sum()
}
