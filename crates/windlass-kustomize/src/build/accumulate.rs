//! Collecting resources, bases and components.

use std::sync::Arc;

use windlass_core::{Error, ErrorKind, Limits, Result, Text, Value};

use super::load::{Found, Loader};
use super::place::Place;
use super::remote::{is_missing, shown};
use super::tracking::Trail;
use super::{Build, Collected, Target, input, tracking};
use crate::config::{self, Config};
use crate::kustomization::Kind;
use crate::read::{self, Cache};
use crate::resmap::ResMap;
use crate::schema::{Schemas, cluster_scoped};

impl Build<'_> {
    /// Collects all that a kustomization stands for, into what is there.
    pub(super) fn collect(&mut self, target: &Target, collected: Collected) -> Result<Collected> {
        let file = target.kustomization();
        let here = |field: &'static str| {
            let path = target.path();
            move |error: Error| {
                let error = if error.kind() == ErrorKind::NotFound && error.help().is_none() {
                    error.with_help("check the path: it is read from the folder of the kustomization")
                } else {
                    error
                };
                let error =
                    if error.context("field").is_some() { error } else { error.with_each("field", field) };
                if error.context("kustomization").is_some() {
                    error
                } else {
                    error.with_each("kustomization", &path)
                }
            }
        };
        let collected = self.resources(target, collected, &file.resources).map_err(here("resources"));
        let mut collected = collected.map_err(|error| self.with_missing_components(target, error))?;
        self.configure(target, &mut collected).map_err(here("configurations"))?;
        self.generate(target, &mut collected).map_err(here("generators"))?;
        for path in &file.components {
            let with = self.component(target, collected, path);
            collected =
                with.map_err(|error| self.with_line(error, target, path)).map_err(here("components"))?;
        }
        self.transform(target, &mut collected).map_err(here("transformers"))?;
        self.validate(target, &mut collected).map_err(here("validators"))?;
        self.merge_vars(&file.vars, &mut collected).map_err(here("vars"))?;
        Ok(collected)
    }

    /// Adds files and folders.
    pub(super) fn resources(
        &mut self,
        target: &Target,
        mut collected: Collected,
        paths: &[Text],
    ) -> Result<Collected> {
        let mut problems = Vec::new();
        for path in paths {
            let result = match self.find(&target.loader, path) {
                Ok(Found::File(place)) => {
                    self.file(target, path, &place).and_then(|map| collected.map.append_all(map))
                }
                Ok(Found::Folder(loader)) => self.base(target, loader, path, &mut collected),
                Err(error) => Err(error),
            };
            if let Err(error) = result {
                let goes_on =
                    matches!(error.kind(), ErrorKind::Invalid | ErrorKind::NotFound | ErrorKind::Denied);
                if !goes_on && !is_missing(&error) {
                    return Err(error);
                }
                let error = self.with_line(error, target, path);
                problems.push(if error.context("path").is_some() {
                    error
                } else {
                    error.with_each("resource", shown(path))
                });
            }
        }
        Error::all(problems).map_or(Ok(collected), Err)
    }

    /// Where something was not brought, says at once which charts and components were not either.
    fn with_missing_components(&mut self, target: &Target, error: Error) -> Error {
        if !is_missing(&error) {
            return error;
        }
        let mut problems = vec![error];
        let charts = self.missing_charts(target).into_iter();
        problems.extend(charts.map(|error| error.with_each("field", "helmCharts")));
        for path in target.kustomization().components.iter() {
            if let Err(error) = self.folder(&target.loader, path)
                && is_missing(&error)
            {
                let error = self.with_line(error, target, path).with_each("field", "components");
                problems.push(error.with_each("kustomization", target.path()));
            }
        }
        Error::all(problems).unwrap_or_else(|| Error::new(ErrorKind::Internal, "a problem was lost"))
    }

    fn file(&mut self, target: &Target, path: &str, place: &Place) -> Result<ResMap> {
        let documents = self.documents(&target.loader, place)?;
        let mut map = ResMap::new(Arc::clone(&self.cluster));
        let track = self.tracking.then(|| tracking::file(&target.track.then(path)));
        for mut resource in input::resources(&documents, place)? {
            self.built_in_used |= !self.schema_is_set && !resource.gvk().is_built_in();
            if let Some(track) = &track {
                resource.track_origin(track);
            }
            map.append(resource)?;
        }
        Ok(map)
    }

    fn base(&mut self, target: &Target, loader: Loader, path: &str, collected: &mut Collected) -> Result<()> {
        let base = self.sub_target(target, loader, path)?;
        if base.kustomization().kind == Kind::Component {
            let error = Error::new(ErrorKind::Invalid, "a component cannot be a resource");
            return Err(error.with("path", base.path()).with_help("list it under components"));
        }
        let inner = self.collect(&base, self.empty())?;
        collected.map.append_all(inner.map)?;
        collected.merge_config(inner.config.as_ref())?;
        collected.vars.merge_all(inner.vars)
    }

    fn component(&mut self, target: &Target, collected: Collected, path: &str) -> Result<Collected> {
        let loader = self.folder(&target.loader, path)?;
        let component = self.sub_target(target, loader, path)?;
        if component.kustomization().kind != Kind::Component {
            let error = Error::new(ErrorKind::Invalid, "expected a component");
            return Err(error.with("path", component.path()).with_help("list it under resources"));
        }
        let mut collected = self.collect(&component, collected)?;
        collected.map.check_unique()?;
        Ok(collected)
    }

    fn sub_target(&mut self, target: &Target, loader: Loader, path: &str) -> Result<Target> {
        let track = if self.tracking { target.track.then(path) } else { Trail::default() };
        let mut sub = self.target(loader, track)?;
        sub.namespace = target.namespace().clone();
        self.set_schema(&sub, false)?;
        Ok(sub)
    }

    /// Takes the schemas of a kustomization; those of the outermost one that has any count.
    pub(super) fn set_schema(&mut self, target: &Target, reset: bool) -> Result<()> {
        let file = target.kustomization();
        let invalid = |message, field| {
            Err(Error::new(ErrorKind::Invalid, message).with("path", target.path()).with("field", field))
        };
        if self.schema_is_set && !reset {
            // The file is read all the same, and must be there.
            if let Some(path) = &file.openapi_path {
                self.load(&target.loader, path)?;
            }
            return Ok(());
        }
        match (&file.openapi_path, &file.openapi_version) {
            (Some(_), Some(_)) => {
                invalid("a built-in version and a schema of your own exclude each other", "openapi")
            }
            (None, Some(version)) if version != "v1.21.2" && !version.is_empty() => {
                invalid("the version is not built in", "openapi.version")
            }
            (Some(path), None) => {
                let document = self.openapi(target, path)?;
                self.schemas = Schemas::custom(&document, self.built_in_used)?;
                self.cluster = Arc::new(cluster_scoped(&document));
                self.schema_is_set = true;
                Ok(())
            }
            (None, Some(_)) => {
                self.schema_is_set = true;
                Ok(())
            }
            (None, None) => Ok(()),
        }
    }

    fn openapi(&mut self, target: &Target, path: &str) -> Result<Value> {
        let (file, bytes) = self.load(&target.loader, path)?;
        let value = read::config(&bytes, &mut self.cache, self.cx.limits());
        value.map_err(|error| error.with_each("path", file))
    }

    /// Adds the configuration of a kustomization.
    fn configure(&mut self, target: &Target, collected: &mut Collected) -> Result<()> {
        let file = target.kustomization();
        collected.merge_config(Some(config::built_in()))?;
        for path in file.configurations.iter() {
            let config = self.config_file(target, path, read::strict_config, config::from_file)?;
            collected.merge_config(Some(&Arc::new(config)))?;
        }
        for path in file.crds.iter() {
            let config = self.config_file(target, path, read::config, config::from_crds)?;
            collected.merge_config(Some(&Arc::new(config)))?;
        }
        Ok(())
    }

    fn config_file(
        &mut self,
        target: &Target,
        path: &str,
        parse: impl FnOnce(&[u8], &mut Cache, &Limits) -> Result<Value>,
        read: impl FnOnce(&Value) -> Result<Config>,
    ) -> Result<Config> {
        let (file, bytes) = self.load(&target.loader, path)?;
        let value = parse(&bytes, &mut self.cache, self.cx.limits());
        value.and_then(|value| read(&value)).map_err(|error| error.with_each("path", file))
    }
}

impl Collected {
    /// Adds a configuration; the built-in one is merged with itself without looking.
    pub(super) fn merge_config(&mut self, more: Option<&Arc<Config>>) -> Result<()> {
        let Some(more) = more else { return Ok(()) };
        match &mut self.config {
            None => self.config = Some(Arc::clone(more)),
            Some(have) if Arc::ptr_eq(have, more) => {}
            Some(have) => Arc::make_mut(have).merge(more)?,
        }
        Ok(())
    }

    pub(super) fn config(&self) -> Arc<Config> {
        self.config.clone().unwrap_or_default()
    }
}
