//! Running generators.

use std::sync::Arc;

use windlass_core::{Error, Result};

use super::load::Loader;
use super::{Build, Collected, Target, charts, tracking};
use crate::generate::{Args, Kind, Options, kv};
use crate::resource::Resource;

impl Build<'_> {
    /// Runs the generators of a kustomization.
    pub(super) fn generate(&mut self, target: &Target, collected: &mut Collected) -> Result<()> {
        let file = target.kustomization();
        let all = file.generator_options.as_ref();
        for (kind, list) in [(Kind::ConfigMap, &file.config_maps), (Kind::Secret, &file.secrets)] {
            let track = self.tracking.then(|| tracking::built_in(target, kind.generator()));
            let mut made = Vec::with_capacity(list.len());
            for args in list {
                let args = Args { options: Options::with(args.options.as_ref(), all), ..args.clone() };
                let resource = self.make(target, &args, kind);
                made.push(resource.map_err(|error| error.with_each("generator", &args.name))?);
            }
            for mut resource in made {
                if let Some(track) = &track {
                    resource.track_origin(track);
                }
                collected.map.absorb(resource)?;
            }
        }
        let track = self.tracking.then(|| tracking::built_in(target, charts::GENERATOR));
        let made = self.charts(target)?.into_iter().map(|made| (made, track.clone()));
        for (mut resource, track) in made.chain(self.plugin_generators(target)?) {
            if let Some(track) = &track {
                resource.track_origin(track);
            }
            collected.map.absorb(resource)?;
        }
        Ok(())
    }

    /// Makes a ConfigMap or a Secret.
    pub(super) fn make(&mut self, target: &Target, args: &Args, kind: Kind) -> Result<Resource> {
        let pairs = self.pairs(&target.loader, args)?;
        let origin = Arc::new(target.path().origin(1, 1));
        let mut resource = args.make(kind, pairs, origin)?;
        resource.changed(kind.generator());
        Ok(resource)
    }

    /// Reads env files, literals and files, in this order.
    fn pairs(&mut self, loader: &Loader, args: &Args) -> Result<Vec<kv::Pair>> {
        let (mut pairs, mut problems) = (Vec::new(), Vec::new());
        for path in &args.envs {
            let read = self.load(loader, path).and_then(|(_, bytes)| kv::env_file(&bytes));
            match read.map_err(|error| error.with_each("field", "envs").with_each("source", path)) {
                Ok(more) => pairs.extend(more),
                Err(error) => problems.push(error),
            }
        }
        for literal in &args.literals {
            match kv::literal(literal) {
                Ok(pair) => pairs.push(pair),
                Err(error) => problems.push(error.with_each("field", "literals")),
            }
        }
        for source in &args.files {
            let read = kv::file_source(source).and_then(|(key, path)| {
                let (_, bytes) = self.load(loader, path)?;
                Ok(kv::Pair { key: key.into(), value: bytes.to_vec() })
            });
            match read.map_err(|error| error.with_each("field", "files").with_each("source", source)) {
                Ok(pair) => pairs.push(pair),
                Err(error) => problems.push(error),
            }
        }
        if let Some(error) = Error::all(problems) {
            return Err(error);
        }
        kv::check_unique(&pairs, &args.name)?;
        Ok(pairs)
    }
}
