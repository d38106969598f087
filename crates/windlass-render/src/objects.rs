//! From documents to items.

use windlass_core::{
    Context, Error, ErrorKind, FieldPath, Item, Limits, Object, ObjectId, Origin, Result, TreePath, Value,
};
use windlass_yaml::Document;

use crate::manifests::limit;
use crate::size::canonical_bytes;

/// What to do about an object without its identity.
const EVERY_OBJECT: &str = "every object has apiVersion, kind and metadata.name, all of them texts";

/// Makes items of the documents of one file.
pub(crate) struct Objects<'f> {
    path: &'f TreePath,
    text: &'f [u8],
    limits: &'f Limits,
    /// Fields whose lines were looked up, which reads the text each time.
    located: usize,
}

/// Where an object stands, and what it takes over from its list.
struct Spot<'d> {
    value: &'d Value,
    line: u32,
    /// Its path in the document.
    at: FieldPath,
    /// `apiVersion` and `kind` of an item that has no kind, from a list such as `ConfigMapList`.
    given: Given<'d>,
}

impl<'f> Objects<'f> {
    pub(crate) fn new(path: &'f TreePath, text: &'f [u8], limits: &'f Limits) -> Self {
        Self { path, text, limits, located: 0 }
    }

    /// Gives the items of a document: one, or those of a list.
    pub(crate) fn of(&mut self, cx: &Context, document: Document) -> Result<Vec<Item>> {
        let mut spots = Vec::new();
        self.flatten(&document, &mut spots)?;
        let mut problems = Vec::new();
        for spot in &spots {
            cx.check()?;
            problems.extend(self.check(&document, spot));
        }
        if let Some(error) = Error::all(problems) {
            return Err(error);
        }
        let lines: Vec<u32> = spots.iter().map(|spot| spot.line).collect();
        let index = document.index;
        let mut values = Vec::with_capacity(lines.len());
        take_objects(document.value, &mut values);
        if values.len() != lines.len() {
            return Err(Error::new(ErrorKind::Internal, "the objects of a list were not all found"));
        }
        values.into_iter().zip(lines).map(|(value, line)| self.item(value, index, line)).collect()
    }

    fn item(&self, value: Value, document: u32, line: u32) -> Result<Item> {
        let origin = Origin::new(self.path.clone(), document, line);
        Object::new(value).map(|object| Item::new(object, origin))
    }

    /// Finds the objects of a document. An item of a list within a list has the line of its list.
    fn flatten<'d>(&mut self, document: &'d Document, spots: &mut Vec<Spot<'d>>) -> Result<()> {
        let root = Spot { value: &document.value, line: document.line, at: FieldPath::root(), given: None };
        let Some(items) = items_of(&document.value, None) else {
            spots.push(root);
            return Ok(());
        };
        if let Items::Wrong(other) = items {
            let found = format!("must be a list, not {}", other.type_name());
            let field = FieldPath::root().field("items");
            let line = self.line_of(document, &field).unwrap_or(document.line);
            let error = Error::new(ErrorKind::Invalid, found).with("field", field).with("line", line);
            return Err(error.with("document", document.index));
        }
        let places = document.locate_items(self.text, &FieldPath::root().field("items"));
        let lines: Vec<u32> = places.unwrap_or_default().iter().map(|place| place.line).collect();
        for (at, mut spot) in children(root).into_iter().enumerate() {
            spot.line = lines.get(at).copied().unwrap_or(document.line);
            descend(spot, spots);
        }
        Ok(())
    }

    /// Gives everything that keeps a value from being an object.
    fn check(&mut self, document: &Document, spot: &Spot<'_>) -> Option<Error> {
        if is_named(spot) {
            let max = self.limits.object_bytes_max;
            return canonical_bytes(spot.value, max).is_none().then(|| {
                limit("an object is too large", "object_bytes_max", max)
                    .with("line", spot.line)
                    .with("document", document.index)
            });
        }
        let whole = complete(spot.value.clone(), spot.given);
        if whole.as_map().is_some() && whole.get("apiVersion").is_none() && whole.get("kind").is_none() {
            return Some(self.placed(document, spot, not_an_object()));
        }
        let error = ObjectId::of(&whole).err()?;
        let problems: Vec<Error> = error
            .problems()
            .iter()
            .map(|problem| self.placed(document, spot, explained(problem, &whole)))
            .collect();
        Error::all(problems)
    }

    /// Adds the line of the field where it is there, else that of the object.
    fn placed(&mut self, document: &Document, spot: &Spot<'_>, problem: Error) -> Error {
        let field =
            problem.context("field").map(|field| field.split('.').fold(spot.at.clone(), FieldPath::field));
        let line = field.and_then(|field| self.line_of(document, &field)).unwrap_or(spot.line);
        problem.with("line", line).with("document", document.index)
    }

    fn line_of(&mut self, document: &Document, field: &FieldPath) -> Option<u32> {
        self.located += 1;
        if self.located > self.limits.problems_max {
            return None;
        }
        document.locate(self.text, field).map(|place| place.line)
    }
}

/// What the field `items` of a list holds.
enum Items<'v> {
    Some(&'v [Value]),
    Wrong(&'v Value),
}

/// What an item without a kind takes over from its list: `v1` and `ConfigMap`.
type Given<'v> = Option<(&'v str, &'v str)>;

/// Gives the items where a value is a list of objects: of kind `List`, or of a kind that ends so and has a list there.
fn items_of<'v>(value: &'v Value, given: Given<'v>) -> Option<Items<'v>> {
    let kind = type_of(value, given).1?.strip_suffix("List")?;
    match value.get("items") {
        Some(Value::List(items)) => Some(Items::Some(items)),
        None | Some(Value::Null) if kind.is_empty() => Some(Items::Some(&[])),
        Some(other) if kind.is_empty() => Some(Items::Wrong(other)),
        _ => None,
    }
}

/// Gives `apiVersion` and `kind` as they are once [`complete`].
fn type_of<'v>(value: &'v Value, given: Given<'v>) -> (Option<&'v str>, Option<&'v str>) {
    match given {
        Some((version, kind)) if takes_over(value) => (Some(version), Some(kind)),
        _ => (value.text_at(&["apiVersion"]), value.text_at(&["kind"])),
    }
}

fn takes_over(item: &Value) -> bool {
    item.as_map().is_some() && !has_text(item, "kind")
}

/// Gives the items of a list, with what they take over from it.
fn children(list: Spot<'_>) -> Vec<Spot<'_>> {
    let Some(Items::Some(items)) = items_of(list.value, list.given) else { return Vec::new() };
    let given = given(list.value, list.given);
    let at = list.at.field("items");
    let spot = |(index, value)| Spot { value, line: list.line, at: at.clone().index(index), given };
    items.iter().enumerate().map(spot).collect()
}

/// Says what the items of a list take over: `v1` and `ConfigMap` from a `ConfigMapList`, nothing from a `List`.
fn given<'v>(list: &'v Value, given: Given<'v>) -> Given<'v> {
    let (version, kind) = type_of(list, given);
    Some((version?, kind?.strip_suffix("List").filter(|kind| !kind.is_empty())?))
}

/// The depth of values is limited, and with it that of lists in lists.
fn descend<'d>(spot: Spot<'d>, spots: &mut Vec<Spot<'d>>) {
    match items_of(spot.value, spot.given) {
        Some(Items::Some(_)) => children(spot).into_iter().for_each(|child| descend(child, spots)),
        _ => spots.push(spot),
    }
}

/// Takes the objects out of a document, in the order of `descend`.
fn take_objects(value: Value, objects: &mut Vec<Value>) {
    if !matches!(items_of(&value, None), Some(Items::Some(_))) {
        objects.push(value);
        return;
    }
    let given = given(&value, None).map(|(version, kind)| (version.to_owned(), kind.to_owned()));
    let given = given.as_ref().map(|(version, kind)| (version.as_str(), kind.as_str()));
    let Value::Map(mut list) = value else { return };
    let Some(Value::List(items)) = list.remove("items") else { return };
    items.into_iter().for_each(|item| take_objects(complete(item, given), objects));
}

fn complete(mut item: Value, given: Given<'_>) -> Value {
    if let (Some((version, kind)), true, Some(map)) = (given, takes_over(&item), item.as_map_mut()) {
        map.insert("apiVersion", version);
        map.insert("kind", kind);
    }
    item
}

fn has_text(value: &Value, field: &str) -> bool {
    value.text_at(&[field]).is_some_and(|text| !text.is_empty())
}

/// Says whether a value is sure to be an object, without making one.
fn is_named(spot: &Spot<'_>) -> bool {
    let typed = has_text(spot.value, "kind") && has_text(spot.value, "apiVersion");
    let typed = typed || (spot.given.is_some() && takes_over(spot.value));
    let named = spot.value.text_at(&["metadata", "name"]).is_some_and(|name| !name.is_empty());
    let namespace = spot.value.at(&["metadata", "namespace"]);
    typed && named && namespace.is_none_or(|namespace| matches!(namespace, Value::Null | Value::Text(_)))
}

fn not_an_object() -> Error {
    Error::new(ErrorKind::Invalid, "not a Kubernetes object: it has neither apiVersion nor kind")
        .with_help("add both, or leave the file out with .windlassignore")
}

/// Adds what to do about a problem of an identity.
fn explained(problem: &Error, object: &Value) -> Error {
    let field = problem.context("field").unwrap_or_default();
    let generated = object.at(&["metadata", "generateName"]).is_some();
    match field {
        "" if matches!(object, Value::List(_)) => {
            problem.clone().with_help("write one document for each object, or a `kind: List` with `items`")
        }
        "" => problem.clone().with_help("leave the file out with .windlassignore if it is no manifest"),
        "metadata.name" if generated && object.at(&["metadata", "name"]).is_none() => {
            Error::new(ErrorKind::Invalid, "an object has generateName and no name")
                .with("field", "metadata.generateName")
                .with_help("give it a name: what is named anew each time can be neither compared nor deleted")
        }
        _ if problem.message().starts_with("must be a text") => {
            problem.clone().with_help("put the value in quotes")
        }
        _ => problem.clone().with_help(EVERY_OBJECT),
    }
}
