//! What Argo CD hides of Secrets: the same fields differ, and no value of them shows.
//!
//! There the text of a value is a row of `+`, a longer one for another value; here it is `<secret>`. What both must agree on
//! is which fields differ and which of them are hidden.

use std::collections::BTreeMap;

use windlass_core::{FieldPath, Segment, Value};
use windlass_diff::{Facts, Mask, SchemaRef, compare};

/// By side and field, whether a value that differs is hidden.
type Hidden = BTreeMap<String, bool>;

pub(super) fn row(row: &Value) -> Result<(), String> {
    let mut mask = Mask::default();
    for (name, _) in
        row.get("hide_annotations").and_then(Value::as_map).into_iter().flat_map(windlass_core::Map::iter)
    {
        let rule = format!("* metadata.annotations[\"{name}\"]");
        mask = mask.with_path(rule.parse().map_err(|error| format!("{error}"))?);
    }
    let (expected, found) = (theirs(row), ours(row, &mask));
    if expected == found { Ok(()) } else { Err(format!("{found:?} is not {expected:?}")) }
}

/// The answers have the fields of `stringData` in `data`.
fn place(path: &[Segment]) -> String {
    let names = path.iter().map(|segment| match segment {
        Segment::Field(name) if name == "stringData" => "data".to_owned(),
        Segment::Field(name) => name.to_string(),
        other => format!("{other:?}"),
    });
    names.collect::<Vec<_>>().join("/")
}

fn theirs(row: &Value) -> Hidden {
    let (live, target) = (side(row, "live_out"), side(row, "target_out"));
    let changes = compare(SchemaRef::any(), Some(&live), Some(&target), &Facts::new());
    let before: Vec<_> = ["live", "target"]
        .iter()
        .flat_map(|name| leaves(row.get(name), &FieldPath::root()).into_iter().map(move |leaf| (*name, leaf)))
        .collect();
    let mut hidden = Hidden::new();
    for change in changes {
        for (name, value) in [("live", &change.before), ("target", &change.after)] {
            for (path, value) in leaves(value.as_ref(), &change.path) {
                // A value may look as one that is hidden.
                let looks = value.as_text().is_some_and(|text| text.contains("++++++++"));
                let field = format!("{name} {path}");
                let is_hidden = looks && !before.contains(&(name, (path, value)));
                hidden.insert(field, is_hidden);
            }
        }
    }
    hidden
}

fn ours(row: &Value, mask: &Mask) -> Hidden {
    let mask = mask.kind("", "Secret");
    let (live, target) = (side(row, "live"), side(row, "target"));
    let changes = compare(SchemaRef::any(), Some(&live), Some(&target), &Facts::new());
    let mut hidden = Hidden::new();
    for change in changes {
        let shown = change.masked(&mask);
        let sides = [("live", &change.before, shown.before), ("target", &change.after, shown.after)];
        for (side, value, shown) in sides {
            let shown = shown.unwrap_or_default();
            for (path, value) in leaves(value.as_ref(), &change.path) {
                hidden.insert(format!("{side} {path}"), !shown.contains(&value.canonical()));
            }
        }
    }
    hidden
}

/// Gives a side of a row. One that is absent has no fields, so that each field differs for itself: the text of a whole object
/// is cut where it is long.
fn side(row: &Value, field: &str) -> Value {
    let side = row.get(field).filter(|value| !value.is_null());
    side.cloned().unwrap_or_else(|| Value::Map(windlass_core::Map::new()))
}

fn leaves(value: Option<&Value>, path: &FieldPath) -> Vec<(String, Value)> {
    let mut out = Vec::new();
    if let Some(value) = value {
        collect(value, path.segments().to_vec(), &mut out);
    }
    out
}

fn collect(value: &Value, path: Vec<Segment>, out: &mut Vec<(String, Value)>) {
    match value {
        Value::Map(map) if !map.is_empty() => {
            for (name, value) in map.iter() {
                collect(value, [path.as_slice(), &[Segment::Field(name.clone())]].concat(), out);
            }
        }
        Value::Map(_) | Value::Null => {}
        other => out.push((place(&path), other.clone())),
    }
}
