//! `.Capabilities`: what the cluster and this Helm can do.

use std::borrow::Cow;
use std::rc::Rc;

use crate::template::{GoObject, HelmVersion, List, Param, Shape, Signature, Value};

/// The groups and versions that both releases of Helm know by themselves, in their order.
pub(crate) const API_VERSIONS: &[&str] = &[
    "v1",
    "admissionregistration.k8s.io/v1",
    "admissionregistration.k8s.io/v1alpha1",
    "admissionregistration.k8s.io/v1beta1",
    "internal.apiserver.k8s.io/v1alpha1",
    "apps/v1",
    "apps/v1beta1",
    "apps/v1beta2",
    "authentication.k8s.io/v1",
    "authentication.k8s.io/v1alpha1",
    "authentication.k8s.io/v1beta1",
    "authorization.k8s.io/v1",
    "authorization.k8s.io/v1beta1",
    "autoscaling/v1",
    "autoscaling/v2",
    "batch/v1",
    "batch/v1beta1",
    "certificates.k8s.io/v1",
    "certificates.k8s.io/v1beta1",
    "certificates.k8s.io/v1alpha1",
    "coordination.k8s.io/v1alpha2",
    "coordination.k8s.io/v1beta1",
    "coordination.k8s.io/v1",
    "discovery.k8s.io/v1",
    "discovery.k8s.io/v1beta1",
    "events.k8s.io/v1",
    "events.k8s.io/v1beta1",
    "extensions/v1beta1",
    "flowcontrol.apiserver.k8s.io/v1",
    "flowcontrol.apiserver.k8s.io/v1beta1",
    "flowcontrol.apiserver.k8s.io/v1beta2",
    "flowcontrol.apiserver.k8s.io/v1beta3",
    "lifecycle.k8s.io/v1alpha1",
    "networking.k8s.io/v1",
    "networking.k8s.io/v1beta1",
    "node.k8s.io/v1",
    "node.k8s.io/v1alpha1",
    "node.k8s.io/v1beta1",
    "policy/v1",
    "policy/v1beta1",
    "rbac.authorization.k8s.io/v1",
    "rbac.authorization.k8s.io/v1beta1",
    "rbac.authorization.k8s.io/v1alpha1",
    "resource.k8s.io/v1",
    "resource.k8s.io/v1beta2",
    "resource.k8s.io/v1beta1",
    "resource.k8s.io/v1alpha3",
    "scheduling.k8s.io/v1alpha3",
    "scheduling.k8s.io/v1beta1",
    "scheduling.k8s.io/v1",
    "storage.k8s.io/v1beta1",
    "storage.k8s.io/v1",
    "storage.k8s.io/v1alpha1",
    "storagemigration.k8s.io/v1",
    "storagemigration.k8s.io/v1beta1",
    "apiextensions.k8s.io/v1beta1",
    "apiextensions.k8s.io/v1",
];

/// The version of a cluster.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct KubeVersion {
    /// As templates see it.
    pub(crate) version: String,
    /// Without what follows the numbers: what a chart's `kubeVersion` is held against.
    pub(crate) plain: String,
    pub(crate) major: String,
    pub(crate) minor: String,
}

impl KubeVersion {
    /// Reads a version: `1.34`, `v1.34.1`, `v1.34.1-eks-abc`. `None` for what is none.
    pub(crate) fn parse(text: &str, helm: HelmVersion) -> Option<Self> {
        let rest = text.trim_start();
        let rest = rest.strip_prefix('v').unwrap_or(rest);
        let end = rest.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(rest.len());
        let numbers: Vec<&str> = rest[..end].split('.').take_while(|part| !part.is_empty()).collect();
        let leading_zero = numbers.iter().any(|part| part.len() > 1 && part.starts_with('0'));
        let numbers: Vec<u64> = numbers.iter().map(|part| part.parse().ok()).collect::<Option<_>>()?;
        if numbers.len() < 2 || leading_zero {
            return None;
        }
        let joined = numbers.iter().map(u64::to_string).collect::<Vec<_>>().join(".");
        let plain = format!("v{joined}");
        let whole = if text.starts_with('v') { text.to_owned() } else { format!("v{text}") };
        let version = if helm == HelmVersion::V4 { whole } else { plain.clone() };
        Some(Self { version, plain, major: numbers[0].to_string(), minor: numbers[1].to_string() })
    }
}

impl Default for KubeVersion {
    /// That of the releases of Helm.
    fn default() -> Self {
        let version = "v1.37.0".to_owned();
        Self { plain: version.clone(), version, major: "1".into(), minor: "37".into() }
    }
}

/// `.Capabilities`.
#[derive(Debug)]
pub(crate) struct Capabilities {
    helm: HelmVersion,
    kube_version: Value,
    api_versions: Value,
    helm_version: Value,
}

impl Capabilities {
    /// Makes the object for a cluster that has `more` groups and versions beside those that Helm knows.
    pub(crate) fn new(helm: HelmVersion, kube: &KubeVersion, more: &[String]) -> Self {
        let names = API_VERSIONS.iter().map(|name| (*name).to_owned()).chain(more.iter().cloned());
        Self {
            helm,
            kube_version: Value::Object(Rc::new(Kube { helm, version: kube.clone() })),
            api_versions: Value::Object(Rc::new(ApiVersions { helm, names: names.collect() })),
            helm_version: Value::Object(Rc::new(Build { helm })),
        }
    }
}

fn package(helm: HelmVersion) -> &'static str {
    match helm {
        HelmVersion::V3 => "chartutil",
        HelmVersion::V4 => "common",
    }
}

impl GoObject for Capabilities {
    fn type_name(&self) -> Cow<'_, str> {
        format!("*{}.Capabilities", package(self.helm)).into()
    }

    fn shape(&self) -> Shape {
        Shape::Pointer(vec![
            ("KubeVersion", self.kube_version.clone()),
            ("APIVersions", self.api_versions.clone()),
            ("HelmVersion", self.helm_version.clone()),
        ])
    }
}

#[derive(Debug)]
struct Kube {
    helm: HelmVersion,
    version: KubeVersion,
}

impl GoObject for Kube {
    fn type_name(&self) -> Cow<'_, str> {
        format!("{}.KubeVersion", package(self.helm)).into()
    }

    fn shape(&self) -> Shape {
        let text = |text: &String| Value::from(text.as_str());
        Shape::Struct(vec![
            ("Version", text(&self.version.version)),
            ("Major", text(&self.version.major)),
            ("Minor", text(&self.version.minor)),
        ])
    }

    fn method(&self, name: &str) -> Option<Signature> {
        matches!(name, "String" | "GitVersion").then_some(Signature { params: &[], variadic: false })
    }

    fn call(&self, name: &str, _: &[Value]) -> Result<Value, String> {
        Ok(Value::from(if name == "String" {
            self.version.plain.as_str()
        } else {
            self.version.version.as_str()
        }))
    }

    fn text(&self) -> Option<String> {
        Some(self.version.plain.clone())
    }
}

#[derive(Debug)]
struct ApiVersions {
    helm: HelmVersion,
    names: Vec<String>,
}

impl GoObject for ApiVersions {
    fn type_name(&self) -> Cow<'_, str> {
        format!("{}.VersionSet", package(self.helm)).into()
    }

    fn shape(&self) -> Shape {
        Shape::List(List::texts(self.names.iter().map(String::as_str)))
    }

    fn method(&self, name: &str) -> Option<Signature> {
        (name == "Has").then_some(Signature { params: &[Param::Text], variadic: false })
    }

    fn call(&self, _: &str, args: &[Value]) -> Result<Value, String> {
        let Some(Value::Text(wanted)) = args.first() else { return Ok(false.into()) };
        Ok(self.names.iter().any(|name| name.as_bytes() == &**wanted).into())
    }
}

/// What the release of Helm says of itself.
#[derive(Debug)]
struct Build {
    helm: HelmVersion,
}

impl Build {
    fn fields(&self) -> Vec<(&'static str, &'static str, &'static str)> {
        let (version, client) = match self.helm {
            HelmVersion::V3 => ("v3.22.0", None),
            HelmVersion::V4 => ("v4.3.2", Some(("KubeClientVersion", "kube_client_version", "v1.37"))),
        };
        let mut fields = vec![
            ("Version", "version", version),
            ("GitCommit", "git_commit", ""),
            ("GitTreeState", "git_tree_state", ""),
            ("GoVersion", "go_version", "go1.26.8"),
        ];
        fields.extend(client);
        fields
    }
}

impl GoObject for Build {
    fn type_name(&self) -> Cow<'_, str> {
        "version.BuildInfo".into()
    }

    fn shape(&self) -> Shape {
        Shape::Struct(self.fields().into_iter().map(|(name, _, value)| (name, value.into())).collect())
    }

    fn json_fields(&self) -> Option<Vec<(&'static str, Value)>> {
        let fields = self.fields().into_iter().filter(|(_, _, value)| !value.is_empty());
        Some(fields.map(|(_, name, value)| (name, Value::from(value))).collect())
    }
}
