//! `helm template` as a command: its arguments in, what it prints out. Files, time and randomness come from the caller.

mod flags;

use std::sync::Arc;

use windlass_core::{Context, Error, ErrorKind, Result};

use crate::chart::{Chart, invalid};
use crate::release::{Manifest, Manifests, Print, ReleaseOptions, name_of_template, render};
use crate::template::{HelmVersion, Random, Time};
use crate::values::Values;

/// What `helm template` is asked: `[NAME] CHART` and its flags.
///
/// Flags that speak of a cluster or of an install are taken and mean nothing, as for Helm; those that would have to reach a
/// cluster, a repository or a plugin (`--validate`, `--dry-run=server`, `--enable-dns`, `--repo`, `--verify`,
/// `--post-renderer`) are refused. Where a chart comes from is the caller's: [`chart`](Self::chart) says what was asked for.
///
/// ```
/// use windlass_core::Limits;
/// # use windlass_core::{Clock, Context, Now, async_trait};
/// # #[derive(Debug)] struct Never;
/// # #[async_trait] impl Clock for Never {
/// #     fn now(&self) -> Now { Now::default() }
/// #     async fn sleep(&self, _: std::time::Duration) {}
/// # }
/// # let cx = Context::new(Never);
/// use windlass_helm::{Chart, TemplateCommand};
///
/// let command = TemplateCommand::parse(["web", "./chart", "--set", "a=1", "-n", "shop"])?;
/// assert_eq!(command.chart(), "./chart");
/// let chart = Chart::from_files(
///     [
///         ("Chart.yaml", "{apiVersion: v2, name: c, version: 1.0.0}"),
///         ("templates/a.yaml", "a: {{ .Values.a }} of {{ .Release.Name }}"),
///     ],
///     &Limits::default(),
/// )?;
/// let output = command.run(&cx, &chart, &|_| unreachable!("no flag names a file"))?;
/// assert_eq!(output.text, "---\n# Source: c/templates/a.yaml\na: 1 of web\n");
/// # Ok::<(), windlass_core::Error>(())
/// ```
#[derive(Debug, Clone, Default)]
pub struct TemplateCommand {
    names: Vec<String>,
    version: HelmVersion,
    namespace: String,
    kubeconfig: Option<String>,
    kube_context: Option<String>,
    generate_name: bool,
    values: Vec<String>,
    set: Vec<String>,
    set_string: Vec<String>,
    set_json: Vec<String>,
    set_file: Vec<String>,
    set_literal: Vec<String>,
    api_versions: Vec<String>,
    kube_version: Option<String>,
    name_template: Option<String>,
    upgrade: bool,
    skip_schema: bool,
    no_hooks: bool,
    skip_tests: bool,
    crds: bool,
    show_only: Vec<String>,
    output_dir: Option<String>,
    release_in_path: bool,
    chance: Chance,
}

/// Which cluster the flags speak of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub struct Cluster<'a> {
    /// The kubeconfig, where a flag says it.
    pub kubeconfig: Option<&'a str>,
    /// The context in it, where a flag says it.
    pub context: Option<&'a str>,
}

/// Time and randomness of a command.
#[derive(Clone, Default)]
struct Chance {
    now: Time,
    random: Option<Arc<dyn Random + Send + Sync>>,
}

impl std::fmt::Debug for Chance {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Chance({:?})", self.now)
    }
}

/// What a command prints and writes.
#[derive(Clone, Default)]
#[non_exhaustive]
pub struct Output {
    /// What goes to standard output.
    pub text: String,
    /// What is written with `--output-dir`: path and text, in order; of one path the texts follow one another.
    pub files: Vec<(String, String)>,
    /// What is worth saying on standard error.
    pub warnings: Vec<String>,
}

impl std::fmt::Debug for Output {
    /// Without the text: it may hold secrets.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Output({} bytes, {} files)", self.text.len(), self.files.len())
    }
}

impl TemplateCommand {
    /// Reads arguments, those behind `helm template`.
    ///
    /// # Errors
    /// [`ErrorKind::Invalid`] for what `helm template` does not take, [`ErrorKind::Unsupported`] for what needs a cluster or
    /// a plugin.
    pub fn parse<A: Into<String>>(args: impl IntoIterator<Item = A>) -> Result<Self> {
        let command = flags::parse(args.into_iter().map(Into::into))?;
        match (command.names.len(), &command.name_template) {
            (0, _) => Err(invalid("\"helm template\" requires at least 1 argument")),
            (2, _) if command.generate_name => {
                Err(invalid("cannot set --generate-name and also specify a name"))
            }
            (1, _) | (2, None) => Ok(command),
            (2, Some(_)) => Err(invalid("cannot set --name-template and also specify a name")),
            _ => Err(invalid(format!(
                "expected at most two arguments, unexpected arguments: {}",
                command.names[2..].join(", ")
            ))),
        }
    }

    /// Follows Helm 3 or Helm 4.
    #[must_use]
    pub fn with_version(mut self, version: HelmVersion) -> Self {
        self.version = version;
        self
    }

    /// Sets the time that `now` tells, and gives randomness to the functions that need some.
    #[must_use]
    pub fn with_chance(mut self, now: Time, random: Arc<dyn Random + Send + Sync>) -> Self {
        self.chance = Chance { now, random: Some(random) };
        self
    }

    /// Says which chart is asked for, as it was written.
    #[must_use]
    pub fn chart(&self) -> &str {
        self.names.last().map_or("", String::as_str)
    }

    /// Sets the namespace where no flag says one: Helm takes that of the kubeconfig.
    #[must_use]
    pub fn or_namespace(mut self, namespace: impl FnOnce(Cluster<'_>) -> Option<String>) -> Self {
        if self.namespace.is_empty() {
            let asked =
                Cluster { kubeconfig: self.kubeconfig.as_deref(), context: self.kube_context.as_deref() };
            self.namespace = namespace(asked).unwrap_or_default();
        }
        self
    }

    /// Renders the chart. `read` gives the files that `--values` and `--set-file` name.
    ///
    /// # Errors
    /// Those of [`render`], with Helm's text as their message; those of `read`.
    pub fn run(&self, cx: &Context, chart: &Chart, read: &dyn Fn(&str) -> Result<Vec<u8>>) -> Result<Output> {
        let options = self.options()?;
        let values = self.all_values(cx, read)?;
        let manifests = render(cx, chart, &values, &options)?;
        let mut output = self.output(&manifests, &options.name)?;
        output.warnings.clone_from(&manifests.warnings);
        if chart.is_deprecated() {
            output.warnings.insert(0, "this chart is deprecated".to_owned());
        }
        Ok(output)
    }

    fn options(&self) -> Result<ReleaseOptions> {
        let name = match (&self.name_template, self.names.as_slice()) {
            (Some(template), _) => {
                name_of_template(template, self.chance.random.as_deref().map(|random| random as _))?
            }
            (None, [name, _]) => name.clone(),
            _ => "release-name".to_owned(),
        };
        let namespace = if self.namespace.is_empty() { "default" } else { &self.namespace };
        let mut options = ReleaseOptions::new(name, namespace)?
            .with_version(self.version)
            .with_api_versions(self.api_versions.clone())
            .with_upgrade(self.upgrade)
            .with_schema_check(!self.skip_schema)
            .with_now(self.chance.now);
        if let Some(random) = &self.chance.random {
            options = options.with_random(Arc::clone(random));
        }
        match &self.kube_version {
            Some(version) => options.with_kube_version(version),
            None => Ok(options),
        }
    }

    /// Puts the values together in Helm's order, whatever that of the flags.
    fn all_values(&self, cx: &Context, read: &dyn Fn(&str) -> Result<Vec<u8>>) -> Result<Values> {
        let mut values = Values::new().with_version(self.version);
        for file in &self.values {
            values = values.with_file(file, &read(file)?, cx.limits())?;
        }
        for text in &self.set_json {
            values = values.with_set_json(text)?;
        }
        for text in &self.set {
            values = values.with_set(text)?;
        }
        for text in &self.set_string {
            values = values.with_set_string(text)?;
        }
        for text in &self.set_file {
            values = values.with_set_file(text, read)?;
        }
        for text in &self.set_literal {
            values = values.with_set_literal(text)?;
        }
        Ok(values)
    }

    fn print(&self) -> Print {
        Print {
            crds: self.crds,
            no_hooks: self.no_hooks,
            skip_tests: self.skip_tests,
            show_only: self.show_only.clone(),
            version: self.version,
        }
    }

    fn output(&self, manifests: &Manifests, release: &str) -> Result<Output> {
        let print = self.print();
        let Some(folder) = &self.output_dir else {
            return Ok(Output { text: manifests.print(&print)?, ..Output::default() });
        };
        // Helm looks for the templates in what it prints, and with a folder it prints none.
        if let Some(path) = self.show_only.first() {
            return Err(invalid(format!("could not find template {path} in chart")));
        }
        let named = if self.release_in_path { format!("{folder}/{release}") } else { folder.clone() };
        let mut output = Output::default();
        let mut write = |folder: &str, manifest: &Manifest| {
            let path = format!("{folder}/{}", manifest.source);
            output.text.push_str(&format!("wrote {path}\n"));
            output.files.push((path, manifest.printed()));
        };
        // Files of crds/ are written without the name of the release, whatever the flags.
        manifests.crds.iter().filter(|_| self.crds).for_each(|manifest| write(folder, manifest));
        manifests.documents.iter().for_each(|manifest| write(&named, manifest));
        print.hooks(manifests).for_each(|manifest| write(&named, manifest));
        output.text.push('\n');
        Ok(output)
    }
}

/// A flag cannot be followed here.
fn unsupported(flag: &str) -> Error {
    Error::new(
        ErrorKind::Unsupported,
        format!("{flag} is not supported: nothing here reaches a cluster, a repository or a plugin"),
    )
}
