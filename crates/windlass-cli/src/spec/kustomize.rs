//! What a unit file says beside a folder: the fields of Flux's Kustomization.

use std::path::PathBuf;

use windlass_core::{Map as Fields, Result, Text, TreePath, Value};
use windlass_kustomize::Restrict;
use windlass_render::{Substitute, VariablesFrom, VariablesKind};

use super::draft::Draft;
use super::fields::{Field, Map, Shape};
use super::unit::texts;

const HERE: [&str; 2] = ["spec", "kustomize"];

/// The fields.
pub(super) const KUSTOMIZE: Map = Map::of(&[
    Field::new(
        "targetNamespace",
        "kustomize-target-namespace",
        Shape::Text,
        "The namespace that all objects get.",
    ),
    Field::new(
        "namePrefix",
        "kustomize-name-prefix",
        Shape::Text,
        "What comes in front of the names of all objects.",
    ),
    Field::new(
        "nameSuffix",
        "kustomize-name-suffix",
        Shape::Text,
        "What comes behind the names of all objects.",
    ),
    Field::new("patches", "", Shape::Items(PATCH), "Patches, behind those of the kustomization."),
    Field::new("images", "", Shape::Items(IMAGE), "Images to exchange, over those of the kustomization."),
    Field::new(
        "components",
        "kustomize-components",
        Shape::Texts,
        "Folders of components, seen from the folder that is rendered, behind those of the kustomization.",
    ),
    Field::new(
        "commonMetadata",
        "",
        Shape::Map(METADATA),
        "Labels and annotations of all objects, but not of their templates and selectors.",
    ),
    Field::new(
        "loadRestrictor",
        "kustomize-load-restrictor",
        Shape::Word(&["none", "rootOnly"]),
        "From where a kustomization may read files: none is from the whole source, as in Flux; rootOnly, from its own \
         folder and those below, unless said.",
    ),
    Field::new(
        "enableHelm",
        "kustomize-enable-helm",
        Shape::Truth,
        "Render the charts of `helmCharts`, as `kustomize build --enable-helm` does; false unless said. No program is \
         started. Charts that are not in the source are fetched where `bases` allows it.",
    ),
    Field::new("postBuild", "", Shape::Map(POST_BUILD), "Variables that are put into all objects."),
    Field::new("decryption", "", Shape::Map(DECRYPTION), "Keys for files that SOPS encrypted."),
]);

/// What one of `postRenderers` of a chart says: a part of the fields of Flux's HelmRelease.
pub(super) const POST_RENDERER: Map = Map::of(&[Field::new(
    "kustomize",
    "",
    Shape::Map(Map::of(&[
        Field::new("patches", "", Shape::Items(PATCH), "Patches of what the chart gives."),
        Field::new("images", "", Shape::Items(IMAGE), "Images to exchange in what the chart gives."),
    ])),
    "The fields of a kustomization whose one resource is what the chart gives.",
)
.required()]);

const PATCH: Map = Map::of(&[
    Field::new(
        "patch",
        "",
        Shape::Text,
        "A strategic merge patch, or a list of operations of a JSON patch, as a text.",
    )
    .required(),
    Field::new("target", "", Shape::Map(TARGET), "Which objects it is for; those that it names unless said."),
]);

const TARGET: Map = Map::of(&[
    Field::new("group", "", Shape::Text, "A group."),
    Field::new("version", "", Shape::Text, "A version."),
    Field::new("kind", "", Shape::Text, "A kind."),
    Field::new("name", "", Shape::Text, "A name, as a regular expression for the whole of it."),
    Field::new("namespace", "", Shape::Text, "A namespace, as a regular expression for the whole of it."),
    Field::new("labelSelector", "", Shape::Text, "A selector of labels."),
    Field::new("annotationSelector", "", Shape::Text, "A selector of annotations."),
]);

const IMAGE: Map = Map::of(&[
    Field::new("name", "", Shape::Text, "The image as it is written, without tag and digest.").required(),
    Field::new("newName", "", Shape::Text, "The image to take instead."),
    Field::new("newTag", "", Shape::Text, "Its tag."),
    Field::new("digest", "", Shape::Text, "Its digest, which goes before a tag."),
]);

const METADATA: Map = Map::of(&[
    Field::new("labels", "", Shape::Pairs, "Labels."),
    Field::new("annotations", "", Shape::Pairs, "Annotations."),
]);

const POST_BUILD: Map = Map::of(&[
    Field::new("substitute", "", Shape::Pairs, "Variables with their values, over those of objects."),
    Field::new(
        "substituteFrom",
        "",
        Shape::Items(FROM),
        "Objects of the target whose data are variables, the later ones over the earlier. `render` and `validate` ask \
         no target and cannot do it.",
    ),
    Field::new(
        "substituteStrategy",
        "kustomize-substitute-strategy",
        Shape::Word(&["Always", "WithVariables"]),
        "Whether expressions are replaced where there is no variable at all; WithVariables unless said.",
    ),
    Field::new(
        "strict",
        "kustomize-strict",
        Shape::Truth,
        "Refuse a variable that has neither a value nor a default, as Flux does with StrictPostBuildSubstitutions.",
    ),
    Field::new(
        "checks",
        "kustomize-checks",
        Shape::Truth,
        "Refuse what Flux lets through: variables without a value, and texts that become something else where only a \
         text may be.",
    ),
]);

const FROM: Map = Map::of(&[
    Field::new("kind", "", Shape::Word(&["ConfigMap", "Secret"]), "The kind of the object.").required(),
    Field::new("name", "", Shape::Text, "Its name.").required(),
    Field::new("namespace", "", Shape::Text, "Its namespace; that of the target, else default, unless said."),
    Field::new("optional", "", Shape::Truth, "Whether it may be absent; false unless said."),
]);

const DECRYPTION: Map = Map::of(&[
    Field::new(
        "ageKeyFile",
        "kustomize-age-key-file",
        Shape::Path,
        "A file of private age keys, one a line; read anew at each render.",
    ),
    Field::new(
        "openpgpKeyFile",
        "kustomize-openpgp-key-file",
        Shape::Path,
        "A file of armored private OpenPGP keys; read anew at each render.",
    ),
]);

/// What is changed in what a folder gives.
#[derive(Debug, Clone, Default)]
pub(crate) struct Kustomize {
    pub(crate) restrict: Restrict,
    /// Resources may be elsewhere.
    pub(crate) remote: bool,
    /// Charts are rendered.
    pub(crate) helm: bool,
    /// What is added to the kustomization, if anything is.
    pub(crate) more: Option<Value>,
    pub(crate) labels: Pairs,
    pub(crate) annotations: Pairs,
    pub(crate) substitute: Option<Substitute>,
    pub(crate) age_keys: Option<PathBuf>,
    pub(crate) openpgp_keys: Option<PathBuf>,
}

pub(crate) type Pairs = Vec<(Text, Text)>;

impl Kustomize {
    /// Reads the fields. `namespace`: that of the target.
    pub(super) fn read(draft: &Draft, namespace: Option<&str>) -> Result<Self> {
        let word = |path: &[&str]| draft.value.text_at(&[&HERE[..], path].concat()).map(str::to_owned);
        let pairs = |path: &[&str]| pairs(draft.value.at(&[&HERE[..], path].concat()));
        let file = |name: &str| {
            let field = [&HERE[..], &["decryption", name]].concat();
            draft.value.text_at(&field).map(|file| draft.resolve(&field, file))
        };
        let restrict = match word(&["loadRestrictor"]).as_deref() {
            Some("none") => Restrict::None,
            _ => Restrict::RootOnly,
        };
        Ok(Self {
            restrict,
            remote: !texts(draft, &["spec", "bases"]).is_empty(),
            helm: draft.value.at(&[&HERE[..], &["enableHelm"]].concat()).and_then(Value::as_bool)
                == Some(true),
            more: draft.value.at(&HERE).and_then(more),
            labels: pairs(&["commonMetadata", "labels"]),
            annotations: pairs(&["commonMetadata", "annotations"]),
            substitute: draft
                .value
                .at(&[&HERE[..], &["postBuild"]].concat())
                .map(|said| substitute(said, namespace)),
            age_keys: file("ageKeyFile"),
            openpgp_keys: file("openpgpKeyFile"),
        })
    }

    /// Says whether there are keys.
    pub(crate) const fn decrypts(&self) -> bool {
        self.age_keys.is_some() || self.openpgp_keys.is_some()
    }
}

/// Gives the fields that go into the kustomization, under the names that they have there.
fn more(said: &Value) -> Option<Value> {
    const NAMES: [(&str, &str); 6] = [
        ("targetNamespace", "namespace"),
        ("namePrefix", "namePrefix"),
        ("nameSuffix", "nameSuffix"),
        ("patches", "patches"),
        ("images", "images"),
        ("components", "components"),
    ];
    let said = NAMES.iter().filter_map(|(ours, theirs)| Some((Text::from(*theirs), said.get(ours)?.clone())));
    let more: Fields = said.collect();
    (!more.is_empty()).then_some(Value::Map(more))
}

fn substitute(said: &Value, namespace: Option<&str>) -> Substitute {
    let is = |name: &str| said.get(name).and_then(Value::as_bool) == Some(true);
    let substitute = Substitute::new(pairs(said.get("substitute")))
        .with_strict(is("strict"))
        .with_checks(is("checks"))
        .with_always(said.text_at(&["substituteStrategy"]) == Some("Always"));
    let from = said.get("substituteFrom").and_then(Value::as_list).unwrap_or_default();
    from.iter().fold(substitute, |substitute, from| {
        let word = |name: &str| from.text_at(&[name]);
        let kind = match word("kind") {
            Some("Secret") => VariablesKind::Secret,
            _ => VariablesKind::ConfigMap,
        };
        let namespace = word("namespace").or(namespace).unwrap_or("default");
        let optional = from.get("optional").and_then(Value::as_bool) == Some(true);
        substitute.with_source(
            VariablesFrom::new(kind, namespace, word("name").unwrap_or_default()).with_optional(optional),
        )
    })
}

fn pairs(map: Option<&Value>) -> Pairs {
    let fields = map.and_then(Value::as_map).into_iter().flat_map(Fields::iter);
    fields.filter_map(|(name, value)| Some((name.clone(), value.as_text()?.into()))).collect()
}

/// Reads paths of files of the source.
pub(super) fn tree_paths(value: Option<&Value>) -> Result<Vec<TreePath>> {
    let items = value.and_then(Value::as_list).unwrap_or_default();
    items.iter().filter_map(Value::as_text).map(TreePath::new).collect()
}
