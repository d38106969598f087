//! `helm template` over this crate: the flags that the cases use.

use std::path::Path;
use std::sync::Arc;

use windlass_core::{Context, Error, ErrorKind, Limits, Now, Result, async_trait};
use windlass_helm::template::{HelmVersion, Random};
use windlass_helm::{Chart, Manifests, Print, ReleaseOptions, Values, name_of_template, render};

/// What `helm template` is asked.
#[derive(Debug, Clone, Default)]
pub(crate) struct Command {
    pub(crate) release: Option<String>,
    pub(crate) namespace: String,
    pub(crate) values: Vec<String>,
    pub(crate) set: Vec<String>,
    pub(crate) set_string: Vec<String>,
    pub(crate) set_json: Vec<String>,
    pub(crate) set_file: Vec<String>,
    pub(crate) set_literal: Vec<String>,
    pub(crate) api_versions: Vec<String>,
    pub(crate) kube_version: Option<String>,
    pub(crate) name_template: Option<String>,
    pub(crate) upgrade: bool,
    pub(crate) skip_schema: bool,
    pub(crate) print: Print,
}

impl Command {
    /// Takes flags as the command line has them.
    pub(crate) fn with_flags(mut self, flags: &[String]) -> Result<Self> {
        let mut flags = flags.iter().map(String::as_str);
        while let Some(flag) = flags.next() {
            let mut value = || {
                flags
                    .next()
                    .map(str::to_owned)
                    .ok_or_else(|| Error::new(ErrorKind::Invalid, "a flag has no value"))
            };
            match flag {
                "--skip-tests" => self.print.skip_tests = true,
                "--no-hooks" => self.print.no_hooks = true,
                "--include-crds" => self.print.crds = true,
                "--is-upgrade" => self.upgrade = true,
                "--skip-schema-validation" => self.skip_schema = true,
                "--namespace" | "-n" => self.namespace = value()?,
                "--set" => self.set.push(value()?),
                "--set-string" => self.set_string.push(value()?),
                "--set-json" => self.set_json.push(value()?),
                "--set-file" => self.set_file.push(value()?),
                "--set-literal" => self.set_literal.push(value()?),
                "--values" | "-f" => self.values.push(value()?),
                "--show-only" | "-s" => self.print.show_only.push(value()?),
                "--api-versions" | "-a" => self.api_versions.extend(value()?.split(',').map(str::to_owned)),
                "--kube-version" => self.kube_version = Some(value()?),
                "--name-template" => self.name_template = Some(value()?),
                "--description" => drop(value()?),
                other => return Err(Error::new(ErrorKind::Invalid, format!("unknown flag: {other}"))),
            }
        }
        Ok(self)
    }

    /// Renders a chart; paths of files are seen from `folder`.
    pub(crate) fn run(&self, chart: &Chart, folder: &Path, version: HelmVersion) -> Result<String> {
        let manifests = self.manifests(chart, folder, version)?;
        let mut print = self.print.clone();
        print.version = version;
        manifests.print(&print)
    }

    fn manifests(&self, chart: &Chart, folder: &Path, version: HelmVersion) -> Result<Manifests> {
        let name = match (&self.name_template, &self.release) {
            (Some(_), Some(_)) => {
                let message = "cannot set --name-template and also specify a name";
                return Err(Error::new(ErrorKind::Invalid, message));
            }
            (Some(template), None) => name_of_template(template, Some(&Chance))?,
            (None, Some(name)) => name.clone(),
            (None, None) => "release-name".to_owned(),
        };
        let mut options = ReleaseOptions::new(name, &self.namespace)?
            .with_version(version)
            .with_api_versions(self.api_versions.clone())
            .with_upgrade(self.upgrade)
            .with_schema_check(!self.skip_schema)
            .with_random(Arc::new(Chance));
        if let Some(kube_version) = &self.kube_version {
            options = options.with_kube_version(kube_version)?;
        }
        let values = self.all_values(folder, version)?;
        render(&context(), chart, &values, &options)
    }

    fn all_values(&self, folder: &Path, version: HelmVersion) -> Result<Values> {
        let read = |path: &str| {
            std::fs::read(folder.join(path))
                .map_err(|error| Error::new(ErrorKind::NotFound, error.to_string()))
        };
        let mut values = Values::new().with_version(version);
        for file in &self.values {
            values = values.with_file(file, &read(file)?, &Limits::default())?;
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
            values = values.with_set_file(text, &read)?;
        }
        for text in &self.set_literal {
            values = values.with_set_literal(text)?;
        }
        Ok(values)
    }
}

#[derive(Debug)]
struct Still;

#[async_trait]
impl windlass_core::Clock for Still {
    fn now(&self) -> Now {
        Now::default()
    }
    async fn sleep(&self, _: std::time::Duration) {}
}

pub(crate) fn context() -> Context {
    Context::new(Still)
}

/// Bytes that are the same every time: no case prints what is random.
pub(crate) struct Chance;

impl Random for Chance {
    fn fill(&self, buffer: &mut [u8]) {
        let mut state = 0x9e37_79b9_7f4a_7c15_u64;
        for byte in buffer {
            state ^= state << 13;
            state ^= state >> 7;
            state ^= state << 17;
            *byte = state.to_le_bytes()[0];
        }
    }
}
