//! The templates of a chart and of those inside it, each with the data that it sees.

use std::rc::Rc;

use super::objects::{self, Capabilities, FilesObject};
use super::options::ReleaseOptions;
use super::render::base_name;
use crate::template::{HelmVersion, Map, MapType, Value};
use crate::values::dependencies::Node;

/// A template with its data.
pub(super) struct Template {
    /// Its name among all templates: `web/charts/db/templates/a.yaml`.
    pub(super) name: String,
    /// Where it lies in the chart that was loaded.
    pub(super) place: String,
    pub(super) bytes: bytes::Bytes,
    /// What it sees; shared by the templates of its chart.
    pub(super) data: Map,
    pub(super) base: String,
}

/// The type that Helm gives to maps of values.
pub(super) fn values_type(version: HelmVersion) -> MapType {
    MapType::Named(match version {
        HelmVersion::V3 => "chartutil.Values",
        HelmVersion::V4 => "common.Values",
    })
}

/// Lists all templates in the order in which Helm parses and runs them: the deepest first, and of those the last by name.
pub(super) fn templates(root: &Node, values: &Map, options: &ReleaseOptions) -> Vec<Template> {
    let capabilities = Capabilities::new(options.version, &options.kube_version, &options.api_versions);
    let shared = Shared {
        version: options.version,
        release: Value::Map(release(options)),
        capabilities: Value::Object(Rc::new(capabilities)),
    };
    let mut found = Vec::new();
    shared.chart(root, Some(values.clone()), true, &mut found);
    let depth = |name: &str| name.matches('/').count();
    found.sort_by(|a, b| depth(&b.name).cmp(&depth(&a.name)).then_with(|| b.name.cmp(&a.name)));
    // Two charts of one name have one path; the last one read is the one that counts.
    found.dedup_by(|later, earlier| {
        let same = later.name == earlier.name;
        if same {
            std::mem::swap(later, earlier);
        }
        same
    });
    found
}

fn release(options: &ReleaseOptions) -> Map {
    [
        ("Name", Value::from(options.name.as_str())),
        ("Namespace", options.namespace.as_str().into()),
        ("IsUpgrade", options.upgrade.into()),
        ("IsInstall", (!options.upgrade).into()),
        ("Revision", Value::Int(1)),
        ("Service", "Helm".into()),
    ]
    .into_iter()
    .collect()
}

/// What all charts of a release see.
struct Shared {
    version: HelmVersion,
    release: Value,
    capabilities: Value,
}

impl Shared {
    /// Adds the templates of a chart and of those inside it; gives what its templates see.
    fn chart(&self, node: &Node, values: Option<Map>, is_root: bool, found: &mut Vec<Template>) -> Map {
        let values = values.unwrap_or_else(|| Map::typed(values_type(self.version)));
        let subcharts = Map::new();
        let data: Map = [
            ("Chart", objects::chart(&node.metadata, is_root, self.version)),
            ("Files", Value::Object(Rc::new(FilesObject::new(&node.chart.files)))),
            ("Release", self.release.clone()),
            ("Capabilities", self.capabilities.clone()),
            ("Values", Value::Map(values.clone())),
            ("Subcharts", Value::Map(subcharts.clone())),
        ]
        .into_iter()
        .collect();
        for inner in &node.inner {
            let name = &inner.metadata.name;
            let own = match values.get(name) {
                Some(Value::Map(map)) => Some(map),
                _ => None,
            };
            let seen = self.chart(inner, own, false, found);
            subcharts.set(name.as_str(), Value::Map(seen));
        }
        let path = &node.path;
        let is_library = node.metadata.kind.eq_ignore_ascii_case("library");
        for file in &node.chart.templates {
            if is_library && !base_name(&file.name).starts_with('_') {
                continue;
            }
            found.push(Template {
                name: format!("{path}/{}", file.name),
                place: node.chart.placed(&file.name),
                bytes: file.bytes.clone(),
                data: data.clone(),
                base: format!("{path}/templates"),
            });
        }
        data
    }
}
