//! `.Chart`: a struct in Helm 3, a map with the names of its fields in Helm 4.

use std::borrow::Cow;
use std::rc::Rc;

use crate::chart::{Dependency, Maintainer, Metadata};
use crate::template::{GoObject, HelmVersion, List, ListType, Map, MapType, Shape, Value};

/// Makes `.Chart`.
pub(crate) fn chart(metadata: &Rc<Metadata>, is_root: bool, helm: HelmVersion) -> Value {
    match helm {
        HelmVersion::V3 => Value::Object(Rc::new(ChartObject { metadata: Rc::clone(metadata), is_root })),
        HelmVersion::V4 => {
            let fields = fields(metadata, helm).into_iter().map(|field| (field.name, field.value));
            Value::Map(fields.chain([("IsRoot", is_root.into())]).collect())
        }
    }
}

/// A field of a struct: its name in Go, its name in JSON and its value.
struct Field {
    name: &'static str,
    json: &'static str,
    value: Value,
    /// JSON leaves it out where it is empty.
    empty: bool,
}

fn text(name: &'static str, json: &'static str, value: &str) -> Field {
    Field { name, json, value: value.into(), empty: value.is_empty() }
}

fn flag(name: &'static str, json: &'static str, value: bool) -> Field {
    Field { name, json, value: value.into(), empty: !value }
}

fn list(
    name: &'static str,
    json: &'static str,
    items: Option<Vec<Value>>,
    element: ListType,
    helm: HelmVersion,
) -> Field {
    let empty = items.as_ref().is_none_or(Vec::is_empty);
    let list = match (items, helm) {
        (items, HelmVersion::V4) => List::new(items.unwrap_or_default()),
        (Some(items), HelmVersion::V3) => List::typed(element, items),
        (None, HelmVersion::V3) => List::nil(element),
    };
    Field { name, json, value: list.into(), empty }
}

fn texts(items: Option<&Vec<String>>) -> Option<Vec<Value>> {
    items.map(|items| items.iter().map(|text| text.as_str().into()).collect())
}

/// The fields of the metadata in the order of the Go struct.
fn fields(metadata: &Metadata, helm: HelmVersion) -> Vec<Field> {
    let maintainers = metadata.maintainers.as_ref();
    let maintainers = maintainers.map(|all| all.iter().flatten().map(|one| maintainer(one, helm)).collect());
    let needs = metadata.dependencies.as_ref();
    let needs = needs.map(|all| all.iter().flatten().map(|one| dependency(one, helm)).collect());
    vec![
        text("Name", "name", &metadata.name),
        text("Home", "home", &metadata.home),
        list("Sources", "sources", texts(metadata.sources.as_ref()), ListType::Texts, helm),
        text("Version", "version", &metadata.version),
        text("Description", "description", &metadata.description),
        list("Keywords", "keywords", texts(metadata.keywords.as_ref()), ListType::Texts, helm),
        list("Maintainers", "maintainers", maintainers, ListType::Any, helm),
        text("Icon", "icon", &metadata.icon),
        text("APIVersion", "apiVersion", &metadata.api_version),
        text("Condition", "condition", &metadata.condition),
        text("Tags", "tags", &metadata.tags),
        text("AppVersion", "appVersion", &metadata.app_version),
        flag("Deprecated", "deprecated", metadata.deprecated),
        annotations(metadata),
        text("KubeVersion", "kubeVersion", &metadata.kube_version),
        list("Dependencies", "dependencies", needs, ListType::Any, helm),
        text("Type", "type", &metadata.kind),
    ]
}

fn annotations(metadata: &Metadata) -> Field {
    let value = match &metadata.annotations {
        None => Value::Object(Rc::new(NilTexts)),
        Some(all) => {
            let map = Map::typed(MapType::Texts);
            all.iter().for_each(|(key, value)| map.set(key.as_str(), value.as_str().into()));
            map.into()
        }
    };
    Field {
        name: "Annotations",
        json: "annotations",
        value,
        empty: metadata.annotations.iter().all(Vec::is_empty),
    }
}

fn maintainer(maintainer: &Maintainer, helm: HelmVersion) -> Value {
    let fields = vec![
        text("Name", "name", &maintainer.name),
        text("Email", "email", &maintainer.email),
        text("URL", "url", &maintainer.url),
    ];
    pointer("*chart.Maintainer", fields, helm)
}

fn dependency(need: &Dependency, helm: HelmVersion) -> Value {
    let imports = need.import_values.as_ref();
    let imports = imports.map(|all| all.iter().map(Value::of_file).collect());
    let always = |field: Field| Field { empty: false, ..field };
    let fields = vec![
        always(text("Name", "name", &need.name)),
        text("Version", "version", &need.version),
        always(text("Repository", "repository", &need.repository)),
        text("Condition", "condition", &need.condition),
        list("Tags", "tags", texts(need.tags.as_ref()), ListType::Texts, helm),
        flag("Enabled", "enabled", need.enabled),
        list("ImportValues", "import-values", imports, ListType::Any, helm),
        text("Alias", "alias", &need.alias),
    ];
    pointer("*chart.Dependency", fields, helm)
}

/// A pointer to a struct in Helm 3, a map in Helm 4.
fn pointer(name: &'static str, fields: Vec<Field>, helm: HelmVersion) -> Value {
    match helm {
        HelmVersion::V3 => Value::Object(Rc::new(Pointer { name, fields })),
        HelmVersion::V4 => Value::Map(fields.into_iter().map(|field| (field.name, field.value)).collect()),
    }
}

/// Gives the fields that JSON has.
fn json(fields: impl IntoIterator<Item = Field>) -> Vec<(&'static str, Value)> {
    fields.into_iter().filter(|field| !field.empty).map(|field| (field.json, field.value)).collect()
}

struct Pointer {
    name: &'static str,
    fields: Vec<Field>,
}

impl std::fmt::Debug for Pointer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.name)
    }
}

impl GoObject for Pointer {
    fn type_name(&self) -> Cow<'_, str> {
        self.name.into()
    }

    fn shape(&self) -> Shape {
        Shape::Pointer(self.fields.iter().map(|field| (field.name, field.value.clone())).collect())
    }

    fn json_fields(&self) -> Option<Vec<(&'static str, Value)>> {
        let fields = self.fields.iter().filter(|field| !field.empty);
        Some(fields.map(|field| (field.json, field.value.clone())).collect())
    }
}

/// `struct { chart.Metadata; IsRoot bool }`.
#[derive(Debug)]
struct ChartObject {
    metadata: Rc<Metadata>,
    is_root: bool,
}

impl GoObject for ChartObject {
    fn type_name(&self) -> Cow<'_, str> {
        "struct { chart.Metadata; IsRoot bool }".into()
    }

    fn shape(&self) -> Shape {
        let metadata = Value::Object(Rc::new(MetadataObject(Rc::clone(&self.metadata))));
        Shape::Struct(vec![("Metadata", metadata), ("IsRoot", self.is_root.into())])
    }

    fn field(&self, name: &str) -> Option<Value> {
        match name {
            "IsRoot" => Some(self.is_root.into()),
            "Metadata" => Some(Value::Object(Rc::new(MetadataObject(Rc::clone(&self.metadata))))),
            "Name" => Some(self.metadata.name.as_str().into()),
            "Version" => Some(self.metadata.version.as_str().into()),
            "AppVersion" => Some(self.metadata.app_version.as_str().into()),
            name => {
                let mut fields = fields(&self.metadata, HelmVersion::V3).into_iter();
                fields.find(|field| field.name == name).map(|field| field.value)
            }
        }
    }

    fn json_fields(&self) -> Option<Vec<(&'static str, Value)>> {
        let mut fields = json(fields(&self.metadata, HelmVersion::V3));
        fields.push(("IsRoot", self.is_root.into()));
        Some(fields)
    }

    fn embedded(&self) -> Option<&'static str> {
        Some("Metadata")
    }
}

#[derive(Debug)]
struct MetadataObject(Rc<Metadata>);

impl GoObject for MetadataObject {
    fn type_name(&self) -> Cow<'_, str> {
        "chart.Metadata".into()
    }

    fn shape(&self) -> Shape {
        let fields = fields(&self.0, HelmVersion::V3).into_iter();
        Shape::Struct(fields.map(|field| (field.name, field.value)).collect())
    }

    fn json_fields(&self) -> Option<Vec<(&'static str, Value)>> {
        Some(json(fields(&self.0, HelmVersion::V3)))
    }
}

/// A `map[string]string` that was never made: empty, and null in JSON.
#[derive(Debug)]
struct NilTexts;

impl GoObject for NilTexts {
    fn type_name(&self) -> Cow<'_, str> {
        "map[string]string".into()
    }

    fn shape(&self) -> Shape {
        Shape::Map(Map::typed(MapType::Texts))
    }

    fn json(&self) -> Value {
        Value::Null
    }
}
