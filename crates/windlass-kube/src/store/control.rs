//! What people ask of units, kept beside their state.

use windlass_core::{
    Context, Control, ControlStore, Controls, Error, ErrorKind, Followed, Result, UnitId, Value, Version,
    async_trait,
};

use super::KubeStore;
use super::maps::{CONTROL_LABEL, Created, Sheet, head_name, name_of, not_ours, unit_of};
use crate::owner::INSTALLATION_LABEL;

/// The key of what is asked for, as indented JSON that a person can read.
const KEY: &str = "control.json";
/// The version that a document replaced: a server gives no new version to what is equal, so that this makes each differ.
const REPLACES: &str = "windlass.dev/replaces";
/// Bytes of what is asked of one unit.
const CONTROL_BYTES_MAX: usize = 400 << 10;

#[async_trait]
impl ControlStore for KubeStore {
    async fn control(&self, cx: &Context, unit: &UnitId) -> Result<Option<(Version, Control)>> {
        let map = self.maps.get(cx, unit, &name(unit)).await?;
        map.map(|map| read(unit, &map)).transpose()
    }

    async fn controls(&self, cx: &Context, installation: &str) -> Result<Controls> {
        let selector = format!("{CONTROL_LABEL},{INSTALLATION_LABEL}={installation}");
        let maps = self.maps.list(cx, &selector).await?;
        let of = maps.iter().filter_map(|map| Some((document_of(map)?, map)));
        Ok(of.map(|(unit, map)| (unit.clone(), read(&unit, map))).collect())
    }

    async fn follow(&self, cx: &Context, installation: &str, since: Option<u64>) -> Result<Option<Followed>> {
        let Some(follower) = &self.follower else { return Ok(None) };
        follower.follow(cx, &self.maps, installation, since).await
    }

    async fn set_control(
        &self,
        cx: &Context,
        unit: &UnitId,
        expected: Option<&Version>,
        control: &Control,
    ) -> Result<Version> {
        let sheet = Sheet {
            unit,
            name: name(unit),
            label: CONTROL_LABEL,
            part: None,
            annotations: expected.map(|version| (REPLACES, version.0.clone().into())).into_iter().collect(),
            data: Some(("data", Value::from_iter([(KEY, Value::from(spell(unit, control)?))]))),
        };
        match expected {
            Some(version) => self.maps.replace(cx, &sheet, version).await,
            None => match self.maps.create(cx, &sheet).await? {
                Created::At(version) => Ok(version),
                Created::Exists(error) => Err(error),
            },
        }
    }
}

/// Gives the unit of which a ConfigMap says what is asked.
pub(super) fn document_of(map: &Value) -> Option<UnitId> {
    let unit = unit_of(map, CONTROL_LABEL)?;
    (name_of(map)? == name(&unit)).then_some(unit)
}

/// No head and no shard begins like this.
fn name(unit: &UnitId) -> String {
    format!("control.{}", head_name(unit))
}

fn spell(unit: &UnitId, control: &Control) -> Result<String> {
    let mut text = serde_json::to_string_pretty(control).map_err(|_| {
        Error::new(ErrorKind::Internal, "what is asked for cannot be written").with("unit", unit)
    })?;
    text.push('\n');
    if text.len() <= CONTROL_BYTES_MAX {
        return Ok(text);
    }
    Err(Error::new(ErrorKind::Limit, "too much is asked of the unit")
        .with("unit", unit)
        .with("bytes", text.len())
        .with("control_bytes_max", CONTROL_BYTES_MAX)
        .with_help("let go of objects that are held, or drop approvals that are over"))
}

/// Reads a document, which a person may have edited.
pub(super) fn read(unit: &UnitId, map: &Value) -> Result<(Version, Control)> {
    let wrong = |what| not_ours(unit, &name(unit), what);
    let text = map.text_at(&["data", KEY]).filter(|_| unit_of(map, CONTROL_LABEL).as_ref() == Some(unit));
    let text = text.ok_or_else(|| wrong("the ConfigMap does not say what is asked of this unit"))?;
    let control = serde_json::from_str(text).map_err(|error| {
        wrong("what is asked of the unit cannot be read")
            .with("line", error.line())
            .with_help("put it right, or delete the ConfigMap, and nothing is asked of the unit")
            .caused_by(error)
    })?;
    Ok((crate::live::version_of(map)?, control))
}
