//! The entries of a kustomization's lists.

use windlass_core::{Result, Text, Value};

use crate::config::{self, FieldSpec};
use crate::decode::{Fields, Reading};
use crate::filter::image::Image;
use crate::id::{Gvk, Id, split};
use crate::select::Selector;

/// An entry of `labels`.
#[derive(Clone, Default)]
pub(crate) struct Label {
    pub(crate) pairs: Vec<(Text, Text)>,
    pub(crate) selectors: bool,
    pub(crate) templates: bool,
    pub(crate) claim_templates: bool,
    pub(crate) fields: Vec<FieldSpec>,
}

/// An entry of `patches` or `patchesJson6902`.
#[derive(Clone, Default)]
pub(crate) struct Patch {
    pub(crate) path: Text,
    pub(crate) patch: Text,
    pub(crate) target: Option<Selector>,
    pub(crate) options: PatchOptions,
}

#[derive(Clone, Copy, Default)]
pub(crate) struct PatchOptions {
    pub(crate) name_change: bool,
    pub(crate) kind_change: bool,
}

/// An entry of `replicas`.
#[derive(Clone, Default)]
pub(crate) struct Replica {
    pub(crate) name: Text,
    pub(crate) count: i64,
}

/// An entry of `vars`.
#[derive(Clone)]
pub(crate) struct Var {
    pub(crate) name: Text,
    pub(crate) object: Id,
    pub(crate) path: Text,
}

/// The field `sortOptions`.
#[derive(Clone, Default)]
pub(crate) struct SortOptions {
    pub(crate) order: Text,
    pub(crate) legacy: Option<LegacyOrder>,
}

#[derive(Clone, Default)]
pub(crate) struct LegacyOrder {
    pub(crate) first: Vec<Text>,
    pub(crate) last: Vec<Text>,
}

impl Label {
    pub(crate) fn read(value: &Value, reading: Reading) -> Result<Self> {
        let mut fields = Fields::of(value, reading)?;
        let label = Self {
            pairs: fields.pairs("pairs")?,
            selectors: fields.truth("includeSelectors")?,
            templates: fields.truth("includeTemplates")?,
            claim_templates: fields.truth("includeVolumeClaimTemplates")?,
            fields: fields.list("fields", config::spec)?,
        };
        fields.end()?;
        Ok(label)
    }
}

impl Patch {
    pub(crate) fn read(value: &Value, reading: Reading) -> Result<Self> {
        let mut fields = Fields::of(value, reading)?;
        let patch = Self {
            path: fields.text("path")?,
            patch: fields.text("patch")?,
            target: fields.inner("target", Selector::read)?,
            options: fields.inner("options", PatchOptions::read)?.unwrap_or_default(),
        };
        fields.end()?;
        Ok(patch)
    }
}

impl PatchOptions {
    fn read(value: &Value, reading: Reading) -> Result<Self> {
        let mut fields = Fields::of(value, reading)?;
        let (name_change, kind_change) = (fields.truth("allowNameChange")?, fields.truth("allowKindChange")?);
        fields.end()?;
        Ok(Self { name_change, kind_change })
    }
}

pub(crate) fn image(value: &Value, reading: Reading) -> Result<Image> {
    let mut fields = Fields::of(value, reading)?;
    let image = Image {
        name: fields.text("name")?,
        new_name: fields.text("newName")?,
        new_tag: fields.text("newTag")?,
        tag_suffix: fields.text("tagSuffix")?,
        digest: fields.text("digest")?,
    };
    fields.end()?;
    Ok(image)
}

pub(crate) fn replica(value: &Value, reading: Reading) -> Result<Replica> {
    let mut fields = Fields::of(value, reading)?;
    let replica = Replica { name: fields.text("name")?, count: fields.int("count")? };
    fields.end()?;
    Ok(replica)
}

impl Var {
    pub(crate) fn read(value: &Value, reading: Reading) -> Result<Self> {
        let mut fields = Fields::of(value, reading)?;
        let name = fields.text("name")?;
        let object = fields.inner("objref", object)?.unwrap_or_default();
        let path = fields.inner("fieldref", |value, reading| {
            let mut fields = Fields::of(value, reading)?;
            let path = fields.text("fieldPath")?;
            fields.end()?;
            Ok(path)
        })?;
        fields.end()?;
        let path = path.filter(|path| !path.is_empty()).unwrap_or_else(|| "metadata.name".into());
        Ok(Self { name, object, path })
    }
}

fn object(value: &Value, reading: Reading) -> Result<Id> {
    let mut fields = Fields::of(value, reading)?;
    let mut gvk: Gvk = config::gvk(&mut fields)?;
    let api_version = fields.text("apiVersion")?;
    if !api_version.is_empty() {
        let (group, version) = split(&api_version);
        if !group.is_empty() {
            gvk.group = group.into();
        }
        gvk.version = version.into();
    }
    let id = Id { gvk, name: fields.text("name")?, namespace: fields.text("namespace")? };
    fields.end()?;
    Ok(id)
}

impl SortOptions {
    pub(crate) fn read(value: &Value, reading: Reading) -> Result<Self> {
        let mut fields = Fields::of(value, reading)?;
        let options = Self {
            order: fields.text("order")?,
            legacy: fields.inner("legacySortOptions", LegacyOrder::read)?,
        };
        fields.end()?;
        Ok(options)
    }
}

impl LegacyOrder {
    fn read(value: &Value, reading: Reading) -> Result<Self> {
        let mut fields = Fields::of(value, reading)?;
        let order = Self { first: fields.texts("orderFirst")?, last: fields.texts("orderLast")? };
        fields.end()?;
        Ok(order)
    }
}
