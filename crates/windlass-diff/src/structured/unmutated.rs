//! What a dry run answered, without what admission put in.

use windlass_core::{FieldPath, Limits, Segment, Value};

use super::{FieldSet, StructuredError, compare, merge, owned, remove};
use crate::SchemaRef;

/// Takes out of the answer to a dry run what somebody else than the manager put in, such as a webhook: fields that the
/// manager does not own are as they are live, and those that it gave up are gone.
///
/// `fields` is what the manager owns in the answer, by its `managedFields`. The keys of items stay, whoever owns them.
///
/// ```
/// use windlass_core::{Limits, Value};
/// use windlass_diff::SchemaRef;
/// use windlass_diff::structured::unmutated;
/// let read = |json: &str| serde_json::from_str::<Value>(json).unwrap();
/// let live = read(r#"{"image": "a:1", "old": 1}"#);
/// let answer = read(r#"{"image": "a:2", "injected": true}"#);
/// let fields = r#"{"f:image": {}}"#.parse()?;
/// let predicted = unmutated(SchemaRef::any(), &live, &answer, &fields, &Limits::default())?;
/// assert_eq!(predicted.canonical(), r#"{"image":"a:2"}"#);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// # Errors
/// [`StructuredError`] where items cannot be told apart, or a value does not have the type of the schema.
pub fn unmutated(
    schema: SchemaRef<'_>,
    live: &Value,
    answer: &Value,
    fields: &FieldSet,
    limits: &Limits,
) -> Result<Value, StructuredError> {
    let foreign = owned(schema, answer, limits)?.difference(fields).not_above(fields);
    let gone = compare(schema, live, answer, limits)?.removed.difference(&foreign);
    let foreign: FieldSet = foreign.paths().into_iter().filter(|path| !is_key(path)).collect();
    let ours = remove(schema, answer, &foreign, limits)?;
    remove(schema, &merge(schema, live, &ours, limits)?, &gone, limits)
}

/// Says whether a field tells an item on the way to it from others.
fn is_key(path: &FieldPath) -> bool {
    let Some((Segment::Field(last), above)) = path.segments().split_last() else { return false };
    above.iter().any(|step| matches!(step, Segment::Key(keys) if keys.iter().any(|(name, _)| name == last)))
}
