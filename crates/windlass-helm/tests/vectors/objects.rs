//! What the templates of a vector see: values, chart, release, files, capabilities.

use std::{borrow::Cow, collections::BTreeMap, rc::Rc};

use windlass_helm::template::{
    GoObject, HelmVersion, List, ListType, Map, MapType, Param, Random, Shape, Signature, Value,
};
use windlass_yaml::go;

use crate::run::Vector;

/// Numbers that count up: renders that need randomness repeat.
#[derive(Debug)]
pub(crate) struct Counter;

impl Random for Counter {
    fn fill(&self, buffer: &mut [u8]) {
        for (index, byte) in buffer.iter_mut().enumerate() {
            *byte = u8::try_from(index * 7 % 251).unwrap_or(0);
        }
    }
}

fn values_type(version: HelmVersion) -> MapType {
    MapType::Named(if version == HelmVersion::V4 { "common.Values" } else { "chartutil.Values" })
}

/// The data of a vector.
pub(crate) fn data(vector: &Vector, version: HelmVersion) -> Map {
    let values = vector
        .values
        .clone()
        .map_or(windlass_core::Value::Null, |values| serde_json::from_value(values).unwrap());
    let values = match Value::of_file(&values) {
        Value::Map(map) => map.retyped(values_type(version)),
        _ => Map::typed(values_type(version)),
    };
    let data = Map::typed(values_type(version));
    data.set("Values", values.into());
    data.set("Chart", chart(version));
    data.set("Release", release());
    data.set("Capabilities", Value::Object(Rc::new(capabilities(version))));
    data.set("Files", Value::Object(Rc::new(Files(vector.files.clone()))));
    data.set("Subcharts", Map::new().into());
    data
}

/// Sets `.Template`, which Helm does for each file on the same map.
pub(crate) fn set_template(data: &Map, name: &str) {
    let template = Map::typed(data.kind());
    template.set("Name", name.into());
    template.set("BasePath", "vec/templates".into());
    data.set("Template", template.into());
}

fn release() -> Value {
    let map: Map = [
        ("Name", Value::from("rel")),
        ("Namespace", "ns".into()),
        ("IsUpgrade", false.into()),
        ("IsInstall", true.into()),
        ("Revision", Value::Int(1)),
        ("Service", "Helm".into()),
    ]
    .into_iter()
    .collect();
    map.into()
}

fn chart(version: HelmVersion) -> Value {
    let list = |element| match version {
        HelmVersion::V4 => Value::List(List::new(Vec::new())),
        HelmVersion::V3 => Value::List(List::nil(element)),
    };
    let fields = vec![
        ("Name", Value::from("vec")),
        ("Home", "".into()),
        ("Sources", list(ListType::Texts)),
        ("Version", "0.1.0".into()),
        ("Description", "vectors".into()),
        ("Keywords", list(ListType::Texts)),
        ("Maintainers", list(ListType::Any)),
        ("Icon", "".into()),
        ("APIVersion", "v2".into()),
        ("Condition", "".into()),
        ("Tags", "".into()),
        ("AppVersion", "1.2.3".into()),
        ("Deprecated", false.into()),
        ("Annotations", Value::Object(Rc::new(NilTexts))),
        ("KubeVersion", "".into()),
        ("Dependencies", list(ListType::Any)),
        ("Type", "".into()),
    ];
    if version == HelmVersion::V4 {
        let map: Map = fields.into_iter().chain([("IsRoot", Value::Bool(true))]).collect();
        return map.into();
    }
    let metadata = Value::Object(Rc::new(Struct { name: "chart.Metadata", fields, text: None }));
    let promoted = vec![("Metadata", metadata), ("IsRoot", true.into())];
    Value::Object(Rc::new(Struct {
        name: "struct { chart.Metadata; IsRoot bool }",
        fields: promoted,
        text: None,
    }))
}

fn capabilities(version: HelmVersion) -> Struct {
    let package = if version == HelmVersion::V4 { "common" } else { "chartutil" };
    let leak = |text: String| -> &'static str { text.leak() };
    let kube = Struct {
        name: leak(format!("{package}.KubeVersion")),
        fields: vec![("Version", "v1.34.0".into()), ("Major", "1".into()), ("Minor", "34".into())],
        text: Some("v1.34.0"),
    };
    let helm = if version == HelmVersion::V4 { "v4.3" } else { "v3.22" };
    let mut build = Struct {
        name: if version == HelmVersion::V4 { "version.BuildInfo" } else { "helmversion.BuildInfo" },
        fields: vec![
            ("Version", helm.into()),
            ("GitCommit", "".into()),
            ("GitTreeState", "".into()),
            ("GoVersion", "go1.26.8".into()),
        ],
        text: None,
    };
    if version == HelmVersion::V4 {
        build.fields.push(("KubeClientVersion", "v1.37".into()));
    }
    Struct {
        name: leak(format!("*{package}.Capabilities")),
        fields: vec![
            ("KubeVersion", Value::Object(Rc::new(kube))),
            (
                "APIVersions",
                Value::Object(Rc::new(ApiVersions { name: leak(format!("{package}.VersionSet")) })),
            ),
            ("HelmVersion", Value::Object(Rc::new(build))),
        ],
        text: None,
    }
}

/// A `map[string]string` that was never made.
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

/// A struct of Go.
#[derive(Debug)]
struct Struct {
    name: &'static str,
    fields: Vec<(&'static str, Value)>,
    /// What `String` and `GitVersion` give.
    text: Option<&'static str>,
}

impl Struct {
    /// The names that fields have in JSON, where that leaves out empty ones.
    fn json_name(&self, name: &'static str) -> Option<&'static str> {
        Some(match (self.name, name) {
            (kind, "IsRoot" | "Metadata") if kind.starts_with("struct") => name,
            (kind, _) if kind.contains("chart.Metadata") => match name {
                "APIVersion" => "apiVersion",
                "AppVersion" => "appVersion",
                "KubeVersion" => "kubeVersion",
                "Name" => "name",
                "Version" => "version",
                "Description" => "description",
                _ => "",
            },
            (kind, "Version") if kind.ends_with("BuildInfo") => "version",
            (kind, "GoVersion") if kind.ends_with("BuildInfo") => "go_version",
            (kind, "KubeClientVersion") if kind.ends_with("BuildInfo") => "kube_client_version",
            (kind, _) if kind.ends_with("BuildInfo") => "",
            _ => return None,
        })
    }
}

impl GoObject for Struct {
    fn type_name(&self) -> Cow<'_, str> {
        self.name.into()
    }

    fn shape(&self) -> Shape {
        if self.name.starts_with('*') {
            Shape::Pointer(self.fields.clone())
        } else {
            Shape::Struct(self.fields.clone())
        }
    }

    fn field(&self, name: &str) -> Option<Value> {
        if let (Some("Metadata"), Some((_, Value::Object(inner)))) = (self.embedded(), self.fields.first())
            && !matches!(name, "Metadata" | "IsRoot")
        {
            return inner.field(name);
        }
        self.fields.iter().find(|(field, _)| *field == name).map(|(_, value)| value.clone())
    }

    fn json_fields(&self) -> Option<Vec<(&'static str, Value)>> {
        let mut out = Vec::new();
        for (name, value) in &self.fields {
            match (value, self.json_name(name)) {
                (Value::Object(inner), Some("Metadata")) => out.extend(inner.json_fields()?),
                (Value::Text(text), Some(json)) if !text.is_empty() => out.push((json, value.clone())),
                (Value::Bool(_), Some("IsRoot")) => out.push((*name, value.clone())),
                (_, None) => out.push((*name, value.clone())),
                _ => {}
            }
        }
        Some(out)
    }

    fn embedded(&self) -> Option<&'static str> {
        self.name.starts_with("struct").then_some("Metadata")
    }

    fn method(&self, name: &str) -> Option<Signature> {
        self.text?;
        matches!(name, "String" | "GitVersion").then_some(Signature { params: &[], variadic: false })
    }

    fn call(&self, _: &str, _: &[Value]) -> Result<Value, String> {
        Ok(self.text.unwrap_or_default().into())
    }

    fn text(&self) -> Option<String> {
        self.text.map(Into::into)
    }
}

/// The groups and versions that both releases of Helm know by themselves, in their order.
const API_VERSIONS: &str = "v1 admissionregistration.k8s.io/v1 admissionregistration.k8s.io/v1alpha1 \
    admissionregistration.k8s.io/v1beta1 internal.apiserver.k8s.io/v1alpha1 apps/v1 apps/v1beta1 apps/v1beta2 \
    authentication.k8s.io/v1 authentication.k8s.io/v1alpha1 authentication.k8s.io/v1beta1 authorization.k8s.io/v1 \
    authorization.k8s.io/v1beta1 autoscaling/v1 autoscaling/v2 batch/v1 batch/v1beta1 certificates.k8s.io/v1 \
    certificates.k8s.io/v1beta1 certificates.k8s.io/v1alpha1 coordination.k8s.io/v1alpha2 \
    coordination.k8s.io/v1beta1 coordination.k8s.io/v1 discovery.k8s.io/v1 discovery.k8s.io/v1beta1 \
    events.k8s.io/v1 events.k8s.io/v1beta1 extensions/v1beta1 flowcontrol.apiserver.k8s.io/v1 \
    flowcontrol.apiserver.k8s.io/v1beta1 flowcontrol.apiserver.k8s.io/v1beta2 flowcontrol.apiserver.k8s.io/v1beta3 \
    lifecycle.k8s.io/v1alpha1 networking.k8s.io/v1 networking.k8s.io/v1beta1 node.k8s.io/v1 node.k8s.io/v1alpha1 \
    node.k8s.io/v1beta1 policy/v1 policy/v1beta1 rbac.authorization.k8s.io/v1 rbac.authorization.k8s.io/v1beta1 \
    rbac.authorization.k8s.io/v1alpha1 resource.k8s.io/v1 resource.k8s.io/v1beta2 resource.k8s.io/v1beta1 \
    resource.k8s.io/v1alpha3 scheduling.k8s.io/v1alpha3 scheduling.k8s.io/v1beta1 scheduling.k8s.io/v1 \
    storage.k8s.io/v1beta1 storage.k8s.io/v1 storage.k8s.io/v1alpha1 storagemigration.k8s.io/v1 \
    storagemigration.k8s.io/v1beta1 apiextensions.k8s.io/v1beta1 apiextensions.k8s.io/v1";

#[derive(Debug)]
struct ApiVersions {
    name: &'static str,
}

impl GoObject for ApiVersions {
    fn type_name(&self) -> Cow<'_, str> {
        self.name.into()
    }

    fn shape(&self) -> Shape {
        Shape::List(List::texts(API_VERSIONS.split_whitespace()))
    }

    fn method(&self, name: &str) -> Option<Signature> {
        (name == "Has").then_some(Signature { params: &[Param::Text], variadic: false })
    }

    fn call(&self, _: &str, args: &[Value]) -> Result<Value, String> {
        let Shape::List(list) = self.shape() else { return Err("not a list".into()) };
        let wanted = text(args);
        Ok(list
            .items()
            .iter()
            .any(|name| matches!(name, Value::Text(name) if name.to_str() == wanted))
            .into())
    }
}

fn text(args: &[Value]) -> String {
    match args.first() {
        Some(Value::Text(text)) => text.to_string(),
        _ => String::new(),
    }
}

/// `.Files`.
#[derive(Debug)]
struct Files(BTreeMap<String, String>);

impl Files {
    fn as_yaml(&self, content: impl Fn(&str) -> String) -> Value {
        let mut map = windlass_core::Map::new();
        for (name, text) in &self.0 {
            map.insert(name.rsplit('/').next().unwrap_or_default(), content(text));
        }
        let yaml = go::to_yaml(&windlass_core::Value::Map(map));
        yaml.strip_suffix('\n').unwrap_or(&yaml).into()
    }
}

impl GoObject for Files {
    fn type_name(&self) -> Cow<'_, str> {
        "engine.files".into()
    }

    fn shape(&self) -> Shape {
        Shape::Map(
            self.0.iter().map(|(name, text)| (name.as_str(), Value::Bytes(text.as_bytes().into()))).collect(),
        )
    }

    fn field(&self, name: &str) -> Option<Value> {
        Some(Value::Bytes(self.0.get(name).map_or("", String::as_str).as_bytes().into()))
    }

    fn method(&self, name: &str) -> Option<Signature> {
        let params: &'static [Param] = match name {
            "Get" | "GetBytes" | "Glob" | "Lines" => &[Param::Text],
            "AsConfig" | "AsSecrets" => &[],
            _ => return None,
        };
        Some(Signature { params, variadic: false })
    }

    fn call(&self, name: &str, args: &[Value]) -> Result<Value, String> {
        let wanted = text(args);
        let content = self.0.get(&wanted).map_or("", String::as_str);
        Ok(match name {
            "Get" => content.into(),
            "GetBytes" => Value::Bytes(content.as_bytes().into()),
            "Lines" if content.is_empty() => List::texts(Vec::<String>::new()).into(),
            "Lines" => List::texts(content.strip_suffix('\n').unwrap_or(content).split('\n')).into(),
            "Glob" => {
                let found = self.0.iter().filter(|(name, _)| glob(wanted.as_bytes(), name.as_bytes()));
                Value::Object(Rc::new(Files(
                    found.map(|(name, text)| (name.clone(), text.clone())).collect(),
                )))
            }
            "AsConfig" => self.as_yaml(str::to_string),
            _ => self.as_yaml(|text| {
                use base64::Engine as _;
                base64::engine::general_purpose::STANDARD.encode(text)
            }),
        })
    }
}

/// The patterns of the vectors: `*`, `**`, `?`, `[a-b]`, `[!a]`, `{a,b}`.
fn glob(pattern: &[u8], name: &[u8]) -> bool {
    match pattern {
        [] => name.is_empty(),
        [b'*', b'*', rest @ ..] => (0..=name.len()).any(|at| glob(rest, &name[at..])),
        [b'*', rest @ ..] => {
            (0..=name.len()).take_while(|at| !name[..*at].contains(&b'/')).any(|at| glob(rest, &name[at..]))
        }
        [b'?', rest @ ..] => name.first().is_some_and(|byte| *byte != b'/') && glob(rest, &name[1..]),
        [b'[', rest @ ..] => {
            let end = rest.iter().position(|byte| *byte == b']').unwrap_or(rest.len());
            let (negated, set) = match &rest[..end] {
                [b'!', set @ ..] => (true, set),
                set => (false, set),
            };
            let Some(byte) = name.first() else { return false };
            let found = match set {
                [low, b'-', high] => (low..=high).contains(&byte),
                set => set.contains(byte),
            };
            found != negated && glob(rest.get(end + 1..).unwrap_or_default(), &name[1..])
        }
        [b'{', rest @ ..] => {
            let end = rest.iter().position(|byte| *byte == b'}').unwrap_or(rest.len());
            let after = rest.get(end + 1..).unwrap_or_default();
            rest[..end].split(|byte| *byte == b',').any(|choice| glob(&[choice, after].concat(), name))
        }
        [byte, rest @ ..] => name.first() == Some(byte) && glob(rest, &name[1..]),
    }
}
