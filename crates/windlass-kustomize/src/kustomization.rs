//! `kustomization.yaml`, with every field and deprecated form.

mod charts;
mod more;
mod parts;

use windlass_core::{Error, ErrorKind, Map, Result, Text, Value};

pub(crate) use charts::{Chart, Globals, Precedence};
pub(crate) use parts::{Label, Patch, Replica, SortOptions, Var, image, replica};

use crate::decode::{Fields, Reading, as_text};
use crate::filter::image::Image;
use crate::filter::replacement::Entry;
use crate::generate;

/// What a file is.
#[derive(Clone, Copy, PartialEq, Eq, Default)]
pub(crate) enum Kind {
    #[default]
    Kustomization,
    Component,
}

/// A kustomization or component.
#[derive(Clone, Default)]
pub(crate) struct Kustomization {
    pub(crate) kind: Kind,
    pub(crate) openapi_path: Option<Text>,
    pub(crate) openapi_version: Option<Text>,
    pub(crate) name_prefix: Text,
    pub(crate) name_suffix: Text,
    pub(crate) namespace: Text,
    pub(crate) common_labels: Vec<(Text, Text)>,
    pub(crate) labels: Vec<Label>,
    pub(crate) common_annotations: Vec<(Text, Text)>,
    pub(crate) patches_strategic: Vec<Text>,
    pub(crate) patches_json: Vec<Patch>,
    pub(crate) patches: Vec<Patch>,
    pub(crate) images: Vec<Image>,
    pub(crate) replacements: Vec<Entry>,
    pub(crate) replicas: Vec<Replica>,
    pub(crate) vars: Vec<Var>,
    pub(crate) sort: Option<SortOptions>,
    pub(crate) resources: Vec<Text>,
    pub(crate) components: Vec<Text>,
    pub(crate) crds: Vec<Text>,
    pub(crate) config_maps: Vec<generate::Args>,
    pub(crate) secrets: Vec<generate::Args>,
    pub(crate) generator_options: Option<generate::Options>,
    pub(crate) configurations: Vec<Text>,
    pub(crate) generators: Vec<Text>,
    pub(crate) transformers: Vec<Text>,
    pub(crate) validators: Vec<Text>,
    pub(crate) build_metadata: Vec<Text>,
    pub(crate) charts: Vec<Chart>,
    pub(crate) chart_globals: Globals,
    pub(crate) warnings: Vec<String>,
}

const EDIT: &str = "Run 'kustomize edit fix' to update your Kustomization automatically.";

impl Kustomization {
    /// Reads a file; all unknown fields are reported.
    pub(crate) fn read(value: &Value) -> Result<Self> {
        let mut fields = Fields::of(value, Reading::Strict)?;
        let (kind, api_version) = (fields.text("kind")?, fields.text("apiVersion")?);
        let mut file = Self { kind: kind_of(&kind, &api_version)?, ..Self::default() };
        let mut problems = Vec::new();
        problems.extend(file.meta(&mut fields).err());
        problems.extend(file.transformers(&mut fields).err());
        problems.extend(file.sources(&mut fields).err());
        problems.extend(file.deprecated(&mut fields).err());
        if problems.is_empty() {
            problems.extend(fields.end().err());
        }
        if problems.is_empty() && is_empty(value) {
            problems.push(Error::new(ErrorKind::Invalid, "the kustomization is empty"));
        }
        Error::all(problems).map_or(Ok(file), Err)
    }

    fn meta(&mut self, fields: &mut Fields<'_>) -> Result<()> {
        fields.inner("metadata", |value, reading| {
            let mut meta = Fields::of(value, reading)?;
            meta.text("name")?;
            meta.text("namespace")?;
            meta.pairs("labels")?;
            meta.pairs("annotations")?;
            meta.end()
        })?;
        for (key, value) in fields.pairs("openapi")? {
            match key.as_str() {
                "path" => self.openapi_path = Some(value),
                "version" => self.openapi_version = Some(value),
                _ => {}
            }
        }
        self.build_metadata = fields.texts("buildMetadata")?;
        self.sort = fields.inner("sortOptions", SortOptions::read)?;
        Ok(())
    }

    fn transformers(&mut self, fields: &mut Fields<'_>) -> Result<()> {
        self.name_prefix = fields.text("namePrefix")?;
        self.name_suffix = fields.text("nameSuffix")?;
        self.namespace = fields.text("namespace")?;
        self.labels = fields.list("labels", Label::read)?;
        self.common_annotations = fields.pairs("commonAnnotations")?;
        self.patches = fields.list("patches", Patch::read)?;
        self.images = fields.list("images", image)?;
        self.replacements = fields.list("replacements", Entry::read)?;
        self.replicas = fields.list("replicas", replica)?;
        self.configurations = fields.texts("configurations")?;
        self.transformers = fields.texts("transformers")?;
        self.validators = fields.texts("validators")?;
        Ok(())
    }

    fn sources(&mut self, fields: &mut Fields<'_>) -> Result<()> {
        self.resources = fields.texts("resources")?;
        self.components = fields.texts("components")?;
        self.crds = fields.texts("crds")?;
        self.config_maps = fields.list("configMapGenerator", generate::Args::config_map)?;
        self.secrets = fields.list("secretGenerator", generate::Args::secret)?;
        self.generator_options = fields.inner("generatorOptions", generate::Options::read)?;
        self.generators = fields.texts("generators")?;
        self.charts(fields)
    }

    /// Reads charts. What their older form says of where they are counts where nothing else says it.
    fn charts(&mut self, fields: &mut Fields<'_>) -> Result<()> {
        self.charts = fields.list("helmCharts", Chart::read)?;
        let globals = fields.inner("helmGlobals", Globals::read)?;
        let mut old_globals = Globals::default();
        for (chart, globals) in fields.list("helmChartInflationGenerator", Chart::read_old)? {
            self.charts.push(chart);
            old_globals.extend(globals);
        }
        self.chart_globals = globals.unwrap_or(old_globals);
        Ok(())
    }

    fn deprecated(&mut self, fields: &mut Fields<'_>) -> Result<()> {
        let bases = fields.texts_if("bases")?;
        self.warn(bases.is_some(), "bases", "resources", "");
        self.resources.extend(bases.unwrap_or_default());
        let labels = fields.pairs_if("commonLabels")?;
        self.warn(labels.is_some(), "commonLabels", "labels", "");
        self.common_labels = labels.unwrap_or_default();
        let images = fields.list_if("imageTags", image)?;
        self.warn(images.is_some(), "imageTags", "images", "");
        self.images.extend(images.unwrap_or_default());
        let json = fields.list_if("patchesJson6902", Patch::read)?;
        self.warn(json.is_some(), "patchesJson6902", "patches", "");
        self.patches_json = json.unwrap_or_default();
        let strategic = fields.list_if("patchesStrategicMerge", |value, _| as_text(value))?;
        self.warn(strategic.is_some(), "patchesStrategicMerge", "patches", "");
        self.patches_strategic = strategic.unwrap_or_default();
        let vars = fields.list_if("vars", Var::read)?;
        self.warn(vars.is_some(), "vars", "replacements", "[EXPERIMENTAL] ");
        self.vars = vars.unwrap_or_default();
        Ok(())
    }

    fn warn(&mut self, used: bool, old: &str, new: &str, mark: &str) {
        if used {
            let warning =
                format!("# Warning: '{old}' is deprecated. Please use '{new}' instead. {mark}{EDIT}");
            self.warnings.push(warning);
        }
    }

    /// Says whether `buildMetadata` asks for something.
    pub(crate) fn wants(&self, option: &str) -> bool {
        self.build_metadata.iter().any(|have| have.as_str() == option)
    }
}

fn kind_of(kind: &Text, api_version: &Text) -> Result<Kind> {
    let wrong = |field, wanted: &str| {
        Error::new(ErrorKind::Invalid, format!("expected {wanted}")).with("field", field)
    };
    let (kind, wanted) = match kind.as_str() {
        "" | "Kustomization" => (Kind::Kustomization, "kustomize.config.k8s.io/v1beta1"),
        "Component" => (Kind::Component, "kustomize.config.k8s.io/v1alpha1"),
        _ => return Err(wrong("kind", "Kustomization or Component")),
    };
    if api_version.is_empty() || api_version == wanted { Ok(kind) } else { Err(wrong("apiVersion", wanted)) }
}

/// Says whether nothing but kind and version is said.
fn is_empty(value: &Value) -> bool {
    let fields = value.as_map().into_iter().flat_map(Map::iter);
    let mut said = fields.filter(|(key, value)| match value {
        Value::Null => false,
        Value::Text(text) => {
            !text.is_empty() && !["kind", "apiVersion"].iter().any(|name| key.eq_ignore_ascii_case(name))
        }
        Value::List(items) => {
            !items.is_empty() || !["bases", "imageTags"].iter().any(|name| key.eq_ignore_ascii_case(name))
        }
        _ => true,
    });
    said.next().is_none()
}
