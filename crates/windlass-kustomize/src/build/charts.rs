//! Charts: found or brought, and rendered by what the caller gives.

use std::collections::BTreeMap;
use std::sync::Arc;

use windlass_core::{
    Address, Bytes, Digest, Entry, EntryKind, Error, ErrorKind, Files, Need, Origin, Result, Text, TreePath,
};

use super::place::Place;
use super::remote::is_missing;
use super::{Build, Target, input};
use crate::helm::{Charts, HelmTemplate};
use crate::kustomization::{Chart, Globals};
use crate::read;
use crate::resmap::ResMap;
use crate::resource::Resource;

/// The name of the generator, as an object and in what `buildMetadata` tells.
pub(super) const GENERATOR: &str = "HelmChartInflationGenerator";

/// Where charts are unless something else is said.
const HOME: &str = "charts";

/// A chart that was found.
pub(super) struct Located {
    /// Where it is.
    pub(super) place: Place,
    /// Where kustomize has it: in the folder of charts, also where it was brought.
    pub(super) home: Place,
}

impl Build<'_> {
    /// Renders the charts of a kustomization. All that were not brought are reported.
    pub(super) fn charts(&mut self, target: &Target) -> Result<Vec<Resource>> {
        let file = Arc::clone(&target.file);
        let (mut made, mut problems) = (Vec::new(), Vec::new());
        for (at, chart) in file.0.charts.iter().enumerate() {
            let mut chart = chart.clone();
            if chart.namespace.is_empty() {
                chart.namespace.clone_from(target.namespace());
            }
            let rendered = self.chart(target, &file.0.chart_globals, &chart);
            match rendered.map_err(|error| error.with_each("field", format!("helmCharts[{at}]"))) {
                Ok(resources) => made.extend(resources),
                Err(error) if is_missing(&error) || error.kind() == ErrorKind::Invalid => {
                    problems.push(error)
                }
                Err(error) => return Err(error),
            }
        }
        Error::all(problems).map_or(Ok(made), Err)
    }

    /// Says which charts of a kustomization were not brought.
    pub(super) fn missing_charts(&mut self, target: &Target) -> Vec<Error> {
        if self.options.charts.is_none() {
            return Vec::new();
        }
        let file = Arc::clone(&target.file);
        let found = file.0.charts.iter().map(|chart| self.locate(target, &file.0.chart_globals, chart));
        found.filter_map(Result::err).filter(is_missing).collect()
    }

    /// Renders a chart.
    pub(super) fn chart(
        &mut self,
        target: &Target,
        globals: &Globals,
        chart: &Chart,
    ) -> Result<Vec<Resource>> {
        let Some(charts) = &self.options.charts else {
            let error = Error::new(ErrorKind::Unsupported, "Helm charts are not rendered here");
            return Err(error.with("chart", &chart.name).with("option", "helm"));
        };
        chart.check()?;
        let found = self.locate(target, globals, chart)?;
        let values = self.values(target, chart, &found)?;
        let files = self.gather(&found.place)?;
        let args = self.args(charts, chart, &found.place, values.iter().map(|(name, _)| name))?;
        let printed = charts.helm.template(self.cx, &HelmTemplate { args, chart: &files, values });
        let here = |error: Error| error.with_each("chart", &found.place);
        self.printed(&printed.map_err(here)?, &found.place, &files).map_err(here)
    }

    /// Finds a chart in the folder of charts, or among what was brought.
    fn locate(&mut self, target: &Target, globals: &Globals, chart: &Chart) -> Result<Located> {
        let home = if globals.chart_home.is_empty() { HOME } else { &globals.chart_home };
        let mut home = target.loader.path(home, self.options.absolute_paths)?;
        if !chart.version.is_empty() && !chart.repo.is_empty() {
            home = home.join(&format!("{}-{}", chart.name, chart.version))?;
        }
        let home = home.join(&chart.name)?;
        let place = self.real(home.clone());
        match place.files(self.files).list(&place.path) {
            Ok(_) => return Ok(Located { place, home }),
            Err(error) if error.kind() == ErrorKind::Unfetched => return Err(error),
            Err(_) => {}
        }
        if chart.repo.is_empty() {
            let error = Error::new(ErrorKind::NotFound, "no such chart, and no repository to get it from");
            return Err(error.with("path", &home).with("chart", &chart.name));
        }
        let place = self.brought(chart)?;
        Ok(Located { place, home })
    }

    /// Gives the chart that was brought from its repository.
    fn brought(&mut self, chart: &Chart) -> Result<Place> {
        let address = address(chart);
        self.check_allowed(&address)?;
        let base = self.base_at(&address, Address::new(address.clone()), false)?;
        let entries = base.artifact.files().list(&TreePath::root())?;
        if entries.iter().any(|entry| entry.name == "Chart.yaml") {
            return Ok(Place { path: TreePath::root(), base: Some(base) });
        }
        let mut folders = entries.iter().filter(|entry| entry.kind == EntryKind::Folder);
        match (folders.next(), folders.next()) {
            (Some(folder), None) => Ok(Place { path: TreePath::new(&folder.name)?, base: Some(base) }),
            _ => {
                let error = Error::new(ErrorKind::Invalid, "what is at the address is not one chart");
                Err(error.with("base", &base.address))
            }
        }
    }

    /// Reads all files of a chart.
    fn gather(&mut self, root: &Place) -> Result<Gathered> {
        let limits = self.cx.limits();
        let mut gathered = Gathered::default();
        let mut folders = vec![(TreePath::root(), 0)];
        while let Some((folder, depth)) = folders.pop() {
            if depth > limits.folder_depth_max || gathered.files.len() > limits.files_max {
                let error = Error::new(ErrorKind::Limit, "a chart has too many files, or too deep");
                return Err(error.with("path", root));
            }
            let place = root.join(folder.as_str())?;
            let entries = place.files(self.files).list(&place.path).map_err(|error| place.named(error))?;
            if place.base.is_none() {
                let names: Vec<String> =
                    entries.iter().map(|entry| format!("{:?} {}", entry.kind, entry.name)).collect();
                let digest = Digest::of_parts(names.iter().map(String::as_bytes));
                self.reads.insert(Need::File(place.path.clone()), digest);
            }
            for entry in &entries {
                let path = folder.join(&entry.name)?;
                match entry.kind {
                    EntryKind::Folder => folders.push((path, depth + 1)),
                    EntryKind::File => {
                        let bytes = self.read_file(&place.join(&entry.name)?)?;
                        gathered.files.insert(path, bytes);
                    }
                    _ => {}
                }
            }
            gathered.folders.insert(folder, entries);
        }
        Ok(gathered)
    }

    /// Writes the arguments as kustomize writes them.
    fn args<'n>(
        &mut self,
        charts: &Charts,
        chart: &Chart,
        place: &Place,
        values: impl Iterator<Item = &'n String>,
    ) -> Result<Vec<String>> {
        let (kube_version, api_versions) = self.cluster(charts, chart)?;
        let release = if chart.release.is_empty() { "--generate-name" } else { &chart.release };
        let mut args = vec![release.to_owned(), format!("./{place}")];
        let mut flag = |name: &str, value: &str| {
            if !value.is_empty() {
                args.extend([name.to_owned(), value.to_owned()]);
            }
        };
        flag("--namespace", &chart.namespace);
        flag("--name-template", &chart.name_template);
        values.for_each(|name| flag("--values", name));
        api_versions.iter().for_each(|version| flag("--api-versions", version));
        flag("--kube-version", &kube_version);
        let switches = [
            ("--include-crds", chart.crds),
            ("--skip-tests", chart.skip_tests),
            ("--no-hooks", chart.skip_hooks),
        ];
        args.extend(switches.into_iter().filter(|(_, on)| *on).map(|(name, _)| name.to_owned()));
        Ok(args)
    }

    /// Tells the cluster that a chart is rendered for: what the chart says, else the options, else the target.
    fn cluster(&mut self, charts: &Charts, chart: &Chart) -> Result<(String, Vec<String>)> {
        let version =
            if chart.kube_version.is_empty() { &charts.kube_version } else { chart.kube_version.as_str() };
        let said: Vec<String> = chart.api_versions.iter().map(Text::to_string).collect();
        let apis = if said.is_empty() { charts.api_versions.clone() } else { said };
        let served = match self.served {
            Some(served) if version.is_empty() => served,
            _ => return Ok((version.to_owned(), apis)),
        };
        let Some(served) = served else {
            let message = "a chart can ask what the cluster serves, and nobody has asked the cluster yet";
            return Err(Error::new(ErrorKind::Unfetched, message).needing([Need::Capabilities]));
        };
        let parts: Vec<&[u8]> =
            std::iter::once(&served.version).chain(&served.apis).map(|text| text.as_bytes()).collect();
        self.reads.insert(Need::Capabilities, Digest::of_parts(parts));
        let apis = if apis.is_empty() { served.apis.iter().map(Text::to_string).collect() } else { apis };
        Ok((served.version.to_string(), apis))
    }

    /// Makes resources of what was printed.
    fn printed(&mut self, text: &str, chart: &Place, files: &Gathered) -> Result<Vec<Resource>> {
        let documents = read::documents(text.as_bytes(), &mut self.cache, self.cx.limits())?;
        let sources = Sources::of(text);
        let mut map = ResMap::new(Arc::clone(&self.cluster));
        for mut resource in input::resources(&documents, chart)? {
            self.built_in_used |= !self.schema_is_set && !resource.gvk().is_built_in();
            resource.origin = Arc::new(sources.origin(&resource.origin, chart, files));
            resource.mark_of_chart();
            resource.changed(GENERATOR);
            map.append(resource)?;
        }
        Ok(map.list)
    }
}

/// The address of a chart, as windlass-helm writes those of dependencies.
fn address(chart: &Chart) -> String {
    let (name, repository) = (&chart.name, chart.repo.trim_end_matches('/'));
    let version = match chart.version.as_str() {
        "" if chart.devel => ">0.0.0-0",
        version => version,
    };
    if repository.starts_with("oci://") {
        format!("{repository}/{name}:{version}")
    } else {
        format!("{repository}#{name}@{version}")
    }
}

/// The files of a chart, which is their root.
#[derive(Debug, Default)]
struct Gathered {
    folders: BTreeMap<TreePath, Vec<Entry>>,
    files: BTreeMap<TreePath, Bytes>,
}

impl Files for Gathered {
    fn list(&self, folder: &TreePath) -> Result<Vec<Entry>> {
        match self.folders.get(folder) {
            Some(entries) => Ok(entries.clone()),
            None if self.files.contains_key(folder) => {
                Err(Error::new(ErrorKind::Invalid, "not a folder").with("path", folder))
            }
            None => Err(Error::new(ErrorKind::NotFound, "no such folder").with("path", folder)),
        }
    }

    fn read(&self, path: &TreePath) -> Result<Bytes> {
        match self.files.get(path) {
            Some(bytes) => Ok(bytes.clone()),
            None if self.folders.contains_key(path) => {
                Err(Error::new(ErrorKind::Invalid, "a folder, not a file").with("path", path))
            }
            None => Err(Error::new(ErrorKind::NotFound, "no such file").with("path", path)),
        }
    }
}

/// The lines of what was printed that say which template printed what follows.
struct Sources<'t>(Vec<(u32, &'t str)>);

impl<'t> Sources<'t> {
    fn of(text: &'t str) -> Self {
        let lines = (1..).zip(text.lines());
        Self(lines.filter_map(|(at, line)| Some((at, line.strip_prefix("# Source: ")?))).collect())
    }

    /// Gives the template that printed an object. Where it is in no file of the chart, because a chart inside goes by another
    /// name or is an archive, that is the chart.
    fn origin(&self, printed: &Origin, chart: &Place, files: &Gathered) -> Origin {
        let after = self.0.partition_point(|(line, _)| *line <= printed.line);
        let source = after.checked_sub(1).map(|at| self.0[at].1);
        let path = source.and_then(|source| TreePath::new(source.split_once('/')?.1).ok());
        let found = path.filter(|path| files.files.contains_key(path));
        let file = found.as_ref().map_or("Chart.yaml", |path| path.as_str());
        chart.join(file).map_or_else(|_| printed.clone(), |place| place.origin(1, 1))
    }
}
