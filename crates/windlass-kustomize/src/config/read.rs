//! Configuration as it is written in files.

use windlass_core::{Result, Value};

use super::{Config, FieldSpec, Referred, defaults};
use crate::decode::{Fields, Reading};
use crate::id::Gvk;

/// Reads a file of `configurations`.
pub(crate) fn from_file(value: &Value) -> Result<Config> {
    let mut config = Config::default();
    let mut fields = Fields::of(value, Reading::Strict)?;
    const LISTS: [&str; 11] = [
        "namePrefix",
        "nameSuffix",
        "namespace",
        "commonLabels",
        "labels",
        "templateLabels",
        "volumeClaimTemplateLabels",
        "commonAnnotations",
        "varReference",
        "images",
        "replicas",
    ];
    for name in LISTS {
        let read = fields.list(name, spec)?;
        if let Some(list) = defaults::list(&mut config, name) {
            *list = read;
        }
    }
    config.name_reference = fields.list("nameReference", referred)?;
    fields.end()?;
    config.sort();
    Ok(config)
}

/// Reads the field `fieldSpecs` of a transformer that is written as a file.
pub(crate) fn specs(fields: &mut Fields<'_>, name: &'static str) -> Result<Vec<FieldSpec>> {
    fields.list(name, |value, _| spec(value, Reading::Lenient))
}

pub(crate) fn spec(value: &Value, reading: Reading) -> Result<FieldSpec> {
    let mut fields = Fields::of(value, reading)?;
    let gvk = gvk(&mut fields)?;
    let spec = FieldSpec::new(gvk, fields.text("path")?, fields.truth("create")?);
    fields.end()?;
    Ok(spec)
}

pub(crate) fn gvk(fields: &mut Fields<'_>) -> Result<Gvk> {
    Ok(Gvk { group: fields.text("group")?, version: fields.text("version")?, kind: fields.text("kind")? })
}

fn referred(value: &Value, reading: Reading) -> Result<Referred> {
    let mut fields = Fields::of(value, reading)?;
    let referred = Referred { gvk: gvk(&mut fields)?, from: fields.list("fieldSpecs", spec)? };
    fields.end()?;
    Ok(referred)
}
