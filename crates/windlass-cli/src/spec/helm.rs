//! What a unit file says of a chart.

use windlass_core::{Result, TreePath, Value};
use windlass_helm::PostRenderStrategy;

use super::draft::Draft;
use super::fields::{Field, Map, Shape};
use super::kustomize::{POST_RENDERER, tree_paths};
use super::unit::{text, truth};

/// The fields.
pub(super) const HELM: Map = Map::of(&[
    Field::new(
        "releaseName",
        "helm-release-name",
        Shape::Text,
        "The name of the release; that of the unit unless said.",
    ),
    Field::new(
        "namespace",
        "helm-namespace",
        Shape::Text,
        "The namespace of the release; that of the target, else `default`, unless said.",
    ),
    Field::new(
        "valuesFile",
        "helm-values-file",
        Shape::TreePath,
        "A file of values in the source, over those of the chart.",
    ),
    Field::new(
        "valuesFiles",
        "helm-values-files",
        Shape::Texts,
        "More files of values in the source, each over those before it.",
    ),
    Field::new("values", "", Shape::Any, "Values over those of the chart and of the file."),
    Field::new(
        "version",
        "helm-version",
        Shape::Word(&["3", "4"]),
        "Render as this version of Helm does; 4 unless said.",
    ),
    Field::new(
        "lookup",
        "helm-lookup",
        Shape::Truth,
        "Let `lookup` find what is live, by the rights of the unit, as `helm install` does; unless said true for a cluster and \
         false for a folder. `render` and `validate` find nothing, as `helm template`.",
    ),
    Field::new(
        "postRenderers",
        "",
        Shape::Items(POST_RENDERER),
        "What changes the objects of the chart, in this order: the field of Flux's HelmRelease.",
    ),
    Field::new(
        "postRenderStrategy",
        "helm-post-render-strategy",
        Shape::Word(&["combined", "nohooks", "separate"]),
        "Whether post-renderers see hooks together with the other objects, not at all, or for themselves; combined unless said, \
         and nohooks with version 3.",
    ),
    Field::new(
        "takeOverRelease",
        "helm-take-over-release",
        Shape::Truth,
        "Take over, in a cluster, what Helm installed as the release of this name and namespace, also what the chart does not \
         render any more; that is pruned by the pass after. Needs the right to list Secrets there; false unless said.",
    ),
]);

/// How a chart is rendered.
#[derive(Debug, Clone, Default)]
pub(crate) struct Helm {
    pub(crate) release: Option<String>,
    pub(crate) namespace: Option<String>,
    pub(crate) values_files: Vec<TreePath>,
    pub(crate) values: Option<Value>,
    pub(crate) as_helm_3: bool,
    /// `lookup` finds objects; unless said where the target is a cluster.
    pub(crate) lookup: Option<bool>,
    /// The fields of the kustomization that each post-renderer is.
    pub(crate) post_renderers: Vec<Value>,
    pub(crate) post_render_strategy: PostRenderStrategy,
    /// What Helm installed becomes the unit's.
    pub(crate) take_over: bool,
}

impl Helm {
    /// Reads the fields of a draft that was checked.
    ///
    /// # Errors
    /// A path that leaves the source.
    pub(super) fn read(draft: &Draft) -> Result<Self> {
        let word = |name| text(draft, &["spec", "helm", name]);
        let as_helm_3 = word("version").as_deref() == Some("3");
        let renderers = draft.value.at(&["spec", "helm", "postRenderers"]).and_then(Value::as_list);
        Ok(Self {
            release: word("releaseName"),
            namespace: word("namespace"),
            values_files: values_files(draft)?,
            values: draft.value.at(&["spec", "helm", "values"]).cloned(),
            as_helm_3,
            lookup: truth(draft, &["spec", "helm", "lookup"]),
            post_renderers: renderers
                .unwrap_or_default()
                .iter()
                .filter_map(|renderer| renderer.get("kustomize").cloned())
                .collect(),
            post_render_strategy: match word("postRenderStrategy").as_deref() {
                Some("separate") => PostRenderStrategy::Separate,
                Some("nohooks") => PostRenderStrategy::NoHooks,
                None if as_helm_3 => PostRenderStrategy::NoHooks,
                _ => PostRenderStrategy::Combined,
            },
            take_over: truth(draft, &["spec", "helm", "takeOverRelease"]).unwrap_or(false),
        })
    }
}

fn values_files(draft: &Draft) -> Result<Vec<TreePath>> {
    let first = text(draft, &["spec", "helm", "valuesFile"]).map(|path| TreePath::new(&path)).transpose()?;
    let more = tree_paths(draft.value.at(&["spec", "helm", "valuesFiles"]))
        .map_err(|error| draft.blame(&["spec", "helm", "valuesFiles"], error))?;
    Ok(first.into_iter().chain(more).collect())
}
