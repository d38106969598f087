//! The state of units, kept in the cluster itself.

mod control;
mod follow;
mod form;
mod key;
mod maps;
mod part;
mod state;
mod sweep;

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use futures_util::{StreamExt, TryStreamExt, stream};
use windlass_core::{
    Context, Delta, Digest, Key, Result, Saved, StateStore, Text, UnitId, Value, Version, async_trait,
};

use self::form::{Packed, Piece, Shard, unpack_head};
use self::maps::{Created, Maps, Sheet, head_name, label, not_ours, outdated, packed_of, unit_of};
use self::state::State;
use crate::cluster::Cluster;
use crate::live::parts;
use crate::options::KubeOptions;

pub(crate) use self::key::Keys;
pub use self::maps::{CONTROL_LABEL, STATE_LABEL};

/// Shards read or written at once.
const SHARDS_IN_FLIGHT_MAX: usize = 8;
/// How often a head is read anew because somebody saved while its shards were read.
const READS_MAX: usize = 4;
/// What of a state a ConfigMap is, where it is not a head.
const SHARD: &str = "shard";
/// A head that says nothing yet, made so that shards can be written before the first save.
const BEGUN: &str = "begun";
/// Which life of the unit a shard belongs to, and with which save it came.
const LIFE: &str = "windlass.dev/state-life";
const SAVE: &str = "windlass.dev/state-save";

/// Keeps the state of each unit in ConfigMaps: JSON, packed with gzip, 110 to 170 bytes for each object.
///
/// A unit has a head, `windlass-<unit>`, and `windlass.<installation>.<unit>` in another installation than the default one. Up
/// to 2,000 objects are in the head itself, so that a save is one request. More are kept apart, in shards of up to 1,000
/// objects that the head names with their digests; a unit may own a million. None of these ConfigMaps comes near the limit of
/// etcd. All of them have the label [`STATE_LABEL`], whose value is the name of the unit: to delete them is to forget it.
///
/// # Guarantees
/// - A save is whole or it is not. Shards never change: new ones are written first, then the head that names them, at the
///   version that is expected; of two writers one succeeds. What the head does not name any more goes after that, and what a
///   crash left is found by a later save.
/// - A small change of a large inventory writes the head alone, which keeps up to 256 objects that have changed since the shards
///   were written. With more, those shards are written whose objects have changed: an object stays in the shard that the hash of
///   its identity tells, and a shard that becomes too large is halved by itself.
/// - What is too large is an error of kind [`Limit`](windlass_core::ErrorKind::Limit) before anything is written. A state that
///   does not grow is never refused for its number of objects.
/// - The state that earlier releases kept in one ConfigMap is read, and divided with the next save where it is large.
///
/// The key by which the digests in them are sealed is the Secret `windlass-key` beside them, and `windlass-key.<installation>`
/// in another installation than the default one. The account needs the rights to get and to create it. It is fetched once for
/// each connection and account. Who deletes it lets the next process make another one: every object is compared once then.
///
/// What it does not do: encrypt. Who may read ConfigMaps in its namespace sees which objects a unit owns, and nothing of what
/// is in them.
#[derive(Clone)]
pub struct KubeStore {
    maps: Maps,
    /// What was last loaded or saved, packed, so that a save does not load first.
    last: Arc<Mutex<BTreeMap<UnitId, Known>>>,
    /// What is asked of units, once somebody follows it; `None` where nothing is watched.
    follower: Option<follow::Follower>,
}

/// A state at one version.
#[derive(Clone)]
struct Known {
    version: Version,
    head: Packed,
    pieces: Vec<Piece>,
    /// Whether no shards lie around that no head names: known only to who has looked.
    is_tidy: bool,
}

impl Known {
    fn state(&self, unit: &UnitId) -> Result<State> {
        Ok(State::of(unpack_head(unit, &self.head)?, self.pieces.clone()))
    }
}

impl KubeStore {
    /// Makes a store in the namespace that `options` names. It reads and writes as the account of `cluster`, whichever
    /// account the objects of a unit are written with.
    #[must_use]
    pub fn new(cluster: Cluster, options: &KubeOptions) -> Self {
        let maps =
            Maps::new(cluster.into_connection(), options.state_namespace.clone(), options.manager.clone());
        Self { maps, last: Arc::default(), follower: options.watch.then(follow::Follower::default) }
    }

    /// Reads a state, packed and as it is; `None` where there is none.
    async fn read(&self, cx: &Context, unit: &UnitId) -> Result<Option<(Known, State)>> {
        let name = head_name(unit);
        for _ in 0..READS_MAX {
            let Some(map) = self.maps.get(cx, unit, &name).await? else { return Ok(None) };
            let Some(packed) = packed_head(unit, &name, &map)? else { return Ok(None) };
            let head = unpack_head(unit, &packed)?;
            let pieces = self.fetch(cx, unit, &head.shards).await?;
            if pieces.len() == head.shards.len() {
                let version = crate::live::version_of(&map)?;
                let state = State::of(head, pieces.clone());
                let known = Known { version, head: packed.into(), pieces, is_tidy: false };
                return Ok(Some((known, state)));
            }
            // Somebody saved in between and has dropped shards, or somebody has deleted one.
        }
        Err(not_ours(unit, &name, "a part of the state is missing"))
    }

    /// Gives the shards of a head, those that are known without a request. What is not there is left out.
    async fn fetch(&self, cx: &Context, unit: &UnitId, shards: &[Shard]) -> Result<Vec<Piece>> {
        let known: BTreeMap<Text, Packed> = {
            let last = self.last();
            let pieces = last.get(unit).into_iter().flat_map(|known| &known.pieces);
            pieces.filter_map(|piece| Some((piece.name.clone()?, Arc::clone(&piece.packed)))).collect()
        };
        let mut reads = Vec::new();
        for shard in shards {
            reads.push(self.fetch_one(cx, unit, shard, known.get(&shard.name).cloned()));
        }
        let found: Vec<_> = stream::iter(reads).buffered(SHARDS_IN_FLIGHT_MAX).try_collect().await?;
        Ok(found.into_iter().flatten().collect())
    }

    async fn fetch_one(
        &self,
        cx: &Context,
        unit: &UnitId,
        shard: &Shard,
        known: Option<Packed>,
    ) -> Result<Option<Piece>> {
        if let Some(packed) = known {
            return shard.with(unit, packed).map(Some);
        }
        let Some(map) = self.maps.get(cx, unit, &shard.name).await? else { return Ok(None) };
        let packed = packed_of(&map);
        let packed =
            packed.ok_or_else(|| not_ours(unit, &shard.name, "the ConfigMap holds no part of a state"))?;
        shard.with(unit, packed.into()).map(Some)
    }

    /// Gives what is stored at `expected`: what was seen last, if that is it.
    async fn at(&self, cx: &Context, unit: &UnitId, expected: &Version) -> Result<(Known, State)> {
        let last = self.last().get(unit).filter(|known| known.version == *expected).cloned();
        if let Some(known) = last {
            let state = known.state(unit)?;
            return Ok((known, state));
        }
        let found = self.read(cx, unit).await?.filter(|(known, _)| known.version == *expected);
        found.ok_or_else(|| outdated(unit))
    }

    fn last(&self) -> MutexGuard<'_, BTreeMap<UnitId, Known>> {
        self.last.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Writes a state: the shards, then the head. Nothing is sent of one that does not fit.
    async fn write(
        &self,
        cx: &Context,
        unit: &UnitId,
        expected: Option<&Version>,
        next: &mut State,
    ) -> Result<(Version, Packed)> {
        let name = head_name(unit);
        let mut begun = None;
        if next.is_apart() && expected.is_none() {
            let mut draft = next.clone();
            draft.name_pieces(&name, &life_of(&Version::new("")));
            draft.pack_head(unit)?;
            begun = Some(self.begin(cx, unit).await?);
        }
        let at = expected.or(begun.as_ref());
        let life = at.map(life_of).unwrap_or_default();
        let new = next.name_pieces(&name, &life);
        let packed = next.pack_head(unit)?;
        self.write_shards(cx, unit, &new, &life, next.saves).await?;
        let sheet = head_sheet(unit, Some(&packed));
        let version = match at {
            Some(at) => self.maps.replace(cx, &sheet, at).await?,
            None => match self.maps.create(cx, &sheet).await? {
                Created::At(version) => version,
                Created::Exists(error) => {
                    let begun = self.begun(cx, unit, error).await?;
                    self.maps.replace(cx, &sheet, &begun).await?
                }
            },
        };
        Ok((version, packed))
    }

    /// Makes a head that says nothing, for the identity that its shards bear.
    async fn begin(&self, cx: &Context, unit: &UnitId) -> Result<Version> {
        match self.maps.create(cx, &head_sheet(unit, None)).await? {
            Created::At(version) => Ok(version),
            Created::Exists(error) => self.begun(cx, unit, error).await,
        }
    }

    /// Gives the version of a head that says nothing, which somebody made who did not get further; `error` where it says
    /// something.
    async fn begun(&self, cx: &Context, unit: &UnitId, error: windlass_core::Error) -> Result<Version> {
        match self.maps.get(cx, unit, &head_name(unit)).await? {
            Some(map) if is_begun(unit, &map) => crate::live::version_of(&map),
            _ => Err(error),
        }
    }

    async fn write_shards(
        &self,
        cx: &Context,
        unit: &UnitId,
        new: &[Piece],
        life: &str,
        save: u64,
    ) -> Result<()> {
        let mut writes = Vec::new();
        for piece in new {
            writes.push(self.write_shard(cx, unit, piece, life, save));
        }
        stream::iter(writes).buffer_unordered(SHARDS_IN_FLIGHT_MAX).try_collect().await
    }

    /// A shard that is there already has this very content: its name has the digest.
    async fn write_shard(
        &self,
        cx: &Context,
        unit: &UnitId,
        piece: &Piece,
        life: &str,
        save: u64,
    ) -> Result<()> {
        let sheet = Sheet {
            unit,
            name: piece.name.as_deref().unwrap_or_default().to_owned(),
            label: STATE_LABEL,
            part: Some(SHARD),
            annotations: vec![(LIFE, life.into()), (SAVE, save.to_string().into())],
            data: Some(maps::binary(&piece.packed)),
        };
        self.maps.create(cx, &sheet).await.map(drop)
    }

    async fn forget(&self, cx: &Context, unit: &UnitId, expected: Option<&Version>) -> Result<Version> {
        let Some(expected) = expected else {
            return match self.read(cx, unit).await? {
                None => Ok(Version::new("forgotten")),
                Some(_) => Err(outdated(unit)),
            };
        };
        if !self.maps.delete(cx, unit, &head_name(unit), Some(expected)).await? {
            return Err(outdated(unit));
        }
        self.last().remove(unit);
        self.sweep_forgotten(cx, unit).await;
        Ok(Version::new(format!("{}-forgotten", expected.0)))
    }
}

#[async_trait]
impl StateStore for KubeStore {
    async fn load(&self, cx: &Context, unit: &UnitId) -> Result<Option<Saved>> {
        let Some((mut known, state)) = self.read(cx, unit).await? else {
            self.last().remove(unit);
            return Ok(None);
        };
        let saved = state.into_saved(unit, known.version.clone())?;
        let mut last = self.last();
        known.is_tidy = last.get(unit).is_some_and(|last| last.version == known.version && last.is_tidy);
        last.insert(unit.clone(), known);
        Ok(Some(saved))
    }

    async fn save(
        &self,
        cx: &Context,
        unit: &UnitId,
        expected: Option<&Version>,
        delta: &Delta,
    ) -> Result<Version> {
        if delta.forget {
            return self.forget(cx, unit, expected).await;
        }
        let (was_tidy, before) = match expected {
            Some(version) => {
                let (known, state) = self.at(cx, unit, version).await?;
                (known.is_tidy, state)
            }
            None => (false, State::new()),
        };
        let mut next = before.after(unit, delta, cx.limits(), was_tidy)?;
        let written = self.write(cx, unit, expected, &mut next).await;
        let (version, head) = written.inspect_err(|_| {
            // Shards may have been written that nobody will name.
            if let Some(known) = self.last().get_mut(unit) {
                known.is_tidy = false;
            }
        })?;
        let named = names(&next);
        let dropped: Vec<Text> = names(&before).difference(&named).cloned().collect();
        let is_tidy = self.tidy(cx, unit, &version, &next, &dropped, was_tidy).await;
        let pieces = next.pieces().cloned().collect();
        self.last().insert(unit.clone(), Known { version: version.clone(), head, pieces, is_tidy });
        Ok(version)
    }

    async fn units(&self, cx: &Context) -> Result<Vec<UnitId>> {
        let maps = self.maps.list_metadata(cx, &format!("{STATE_LABEL},!{}", maps::PART_LABEL)).await?;
        let named = |map: &Value| {
            let unit = unit_of(map, STATE_LABEL)?;
            (maps::name_of(map)? == head_name(&unit)).then_some(unit)
        };
        let units: BTreeSet<UnitId> = maps.iter().filter_map(named).collect();
        Ok(units.into_iter().collect())
    }

    async fn key(&self, cx: &Context, installation: &str, make: bool) -> Result<Option<Key>> {
        self.maps.key(cx, installation, make).await
    }
}

/// Shows the place, never the state.
impl fmt::Debug for KubeStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("KubeStore").field("maps", &self.maps).finish()
    }
}

/// Gives what a head holds; `None` where it says nothing yet.
fn packed_head(unit: &UnitId, name: &str, map: &Value) -> Result<Option<Vec<u8>>> {
    if is_begun(unit, map) {
        return Ok(None);
    }
    let ours = unit_of(map, STATE_LABEL).as_ref() == Some(unit) && label(map, maps::PART_LABEL).is_none();
    let packed = packed_of(map).filter(|_| ours);
    packed.map(Some).ok_or_else(|| not_ours(unit, name, "the ConfigMap holds no state of this unit"))
}

fn is_begun(unit: &UnitId, map: &Value) -> bool {
    unit_of(map, STATE_LABEL).as_ref() == Some(unit) && label(map, maps::PART_LABEL) == Some(BEGUN)
}

fn head_sheet<'a>(unit: &'a UnitId, packed: Option<&[u8]>) -> Sheet<'a> {
    Sheet {
        unit,
        name: head_name(unit),
        label: STATE_LABEL,
        part: packed.is_none().then_some(BEGUN),
        annotations: Vec::new(),
        data: packed.map(maps::binary),
    }
}

fn names(state: &State) -> BTreeSet<Text> {
    state.pieces().filter_map(|piece| piece.name.clone()).collect()
}

/// Tells one life of a unit from another: the uid of its head, which no later head has.
fn life_of(version: &Version) -> String {
    Digest::of(parts(version).1.unwrap_or_default().as_bytes()).short()
}
