//! The release that a unit with a chart says.

use std::sync::Arc;

use windlass_core::{Context, Digest, RenderInput, Rendered, Renderer, Result, Transform, Value};
use windlass_helm::template::HelmVersion;
use windlass_helm::{HelmChart, TakeOver, Values};
use windlass_kube::UNIT_LABEL;

use crate::over::PostRenderer;
use crate::parts::KUBERNETES_VERSION;
use crate::spec::{Target, Unit};

/// Gives the name and the namespace of the release that a unit says.
pub(crate) fn release(unit: &Unit) -> (String, String) {
    let release = unit.helm.release.clone().unwrap_or_else(|| unit.id.as_str().to_owned());
    let namespace = unit.helm.namespace.clone().or_else(|| unit.target.namespace());
    (release, namespace.unwrap_or_else(|| "default".to_owned()))
}

/// A folder has no releases of Helm.
pub(crate) fn takes_over(unit: &Unit) -> bool {
    unit.helm.take_over && matches!(unit.target, Target::Kubernetes(_))
}

/// Takes over from Helm what it installed and what `renderer` does not give any more.
pub(crate) fn taking_over(unit: &Unit, renderer: Arc<dyn Renderer>) -> Arc<dyn Renderer> {
    let (release, namespace) = release(unit);
    Arc::new(After { renderer, transform: TakeOver::new(release, namespace, UNIT_LABEL) })
}

/// A renderer, and what is done to all that it gives.
#[derive(Debug)]
struct After {
    renderer: Arc<dyn Renderer>,
    transform: TakeOver,
}

impl Renderer for After {
    fn fingerprint(&self) -> Digest {
        let parts = [self.renderer.fingerprint().to_string(), self.transform.fingerprint().to_string()];
        Digest::of_parts(parts.iter().map(String::as_bytes))
    }

    fn render(&self, cx: &Context, input: &RenderInput<'_>) -> Result<Rendered> {
        let rendered = self.renderer.render(cx, input)?;
        self.transform.transform(cx, input, rendered)
    }
}

/// A chart, with the release that the unit says.
#[derive(Debug)]
pub(crate) struct Chart {
    unit: Unit,
    /// There is a target that can be asked for what is live.
    asks: bool,
}

impl Chart {
    pub(crate) fn new(unit: &Unit, asks: bool) -> Self {
        Self { unit: unit.clone(), asks }
    }

    fn renderer(&self) -> Result<HelmChart> {
        let (unit, helm) = (&self.unit, &self.unit.helm);
        let (release, namespace) = release(unit);
        let blame = |error| unit.blame(&["spec", "helm", "releaseName"], error);
        let mut chart = HelmChart::new(release, namespace).map_err(blame)?;
        if let Some(values) = helm.values.as_ref().and_then(Value::as_map) {
            chart = chart.with_values(Values::new().with_map(values.clone()));
        }
        if helm.as_helm_3 {
            chart = chart.with_version(HelmVersion::V3);
        }
        if matches!(unit.target, Target::Dir(_)) {
            chart = chart.with_cluster(KUBERNETES_VERSION, [] as [String; 0]);
        }
        let is_cluster = matches!(unit.target, Target::Kubernetes(_));
        chart = chart.with_lookup(self.asks && helm.lookup.unwrap_or(is_cluster));
        let renderers = helm.post_renderers.iter().map(|fields| Arc::new(PostRenderer::new(fields)) as _);
        chart = chart.with_post_renderers(renderers, helm.post_render_strategy);
        Ok(chart.with_value_files(helm.values_files.clone()))
    }
}

impl Renderer for Chart {
    fn fingerprint(&self) -> Digest {
        self.renderer()
            .map_or_else(|error| Digest::of(error.to_string().as_bytes()), |chart| chart.fingerprint())
    }

    fn render(&self, cx: &Context, input: &RenderInput<'_>) -> Result<Rendered> {
        self.renderer()?.render(cx, input)
    }
}
