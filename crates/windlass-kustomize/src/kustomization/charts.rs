//! `helmCharts` and `helmGlobals`, and their older form.

use windlass_core::{Error, ErrorKind, Map, Result, Text, Value};

use crate::decode::{Fields, Reading};

/// A chart and the release that it becomes.
#[derive(Clone, Default)]
pub(crate) struct Chart {
    pub(crate) name: Text,
    pub(crate) version: Text,
    pub(crate) repo: Text,
    pub(crate) release: Text,
    pub(crate) namespace: Text,
    pub(crate) name_template: Text,
    /// The file instead of the chart's own `values.yaml`.
    pub(crate) values_file: Text,
    pub(crate) more_values_files: Vec<Text>,
    pub(crate) values: Map,
    pub(crate) merge: Precedence,
    pub(crate) crds: bool,
    pub(crate) skip_hooks: bool,
    pub(crate) skip_tests: bool,
    pub(crate) api_versions: Vec<Text>,
    pub(crate) kube_version: Text,
    pub(crate) devel: bool,
}

/// What becomes of the values in the kustomization and of those in the file.
#[derive(Clone, Copy, Default, PartialEq, Eq)]
pub(crate) enum Precedence {
    /// Those in the kustomization go over those in the file.
    #[default]
    Override,
    /// Those in the file go over those in the kustomization.
    Merge,
    /// Those in the file do not count.
    Replace,
}

/// Where charts are.
#[derive(Clone, Default)]
pub(crate) struct Globals {
    pub(crate) chart_home: Text,
    /// The settings of a program; nothing here reads them.
    config_home: Text,
}

impl Chart {
    pub(crate) fn read(value: &Value, reading: Reading) -> Result<Self> {
        let mut fields = Fields::of(value, reading)?;
        let chart = Self::of(&mut fields)?;
        fields.end()?;
        Ok(chart)
    }

    /// Takes the fields of a chart.
    pub(crate) fn of(fields: &mut Fields<'_>) -> Result<Self> {
        fields.truth("debug")?;
        Ok(Self {
            name: fields.text("name")?,
            version: fields.text("version")?,
            repo: fields.text("repo")?,
            release: fields.text("releaseName")?,
            namespace: fields.text("namespace")?,
            name_template: fields.text("nameTemplate")?,
            values_file: fields.text("valuesFile")?,
            more_values_files: fields.texts("additionalValuesFiles")?,
            values: map(fields, "valuesInline")?,
            merge: Precedence::read(fields)?,
            crds: fields.truth("includeCRDs")?,
            skip_hooks: fields.truth("skipHooks")?,
            skip_tests: fields.truth("skipTests")?,
            api_versions: fields.texts("apiVersions")?,
            kube_version: fields.text("kubeVersion")?,
            devel: fields.truth("devel")?,
        })
    }

    /// Reads the older form of a chart, in which the globals stand beside.
    pub(crate) fn read_old(value: &Value, reading: Reading) -> Result<(Self, Globals)> {
        let mut fields = Fields::of(value, reading)?;
        for unused in ["chartRepoName", "helmBin", "releaseNamespace"] {
            fields.text(unused)?;
        }
        fields.texts("extraArgs")?;
        let globals =
            Globals { chart_home: fields.text("chartHome")?, config_home: fields.text("helmHome")? };
        let chart = Self {
            name: fields.text("chartName")?,
            version: fields.text("chartVersion")?,
            repo: fields.text("chartRepoUrl")?,
            release: fields.text("releaseName")?,
            values_file: fields.text("values")?,
            values: map(&mut fields, "valuesLocal")?,
            merge: Precedence::read(&mut fields)?,
            ..Self::default()
        };
        fields.end()?;
        Ok((chart, globals))
    }

    /// Checks what can be told without looking for the chart.
    pub(crate) fn check(&self) -> Result<()> {
        let wrong = |message, field| Err(Error::new(ErrorKind::Invalid, message).with("field", field));
        if self.name.is_empty() {
            return wrong("the name of a chart cannot be empty", "name");
        }
        for (word, field) in [(&self.release, "releaseName"), (&self.name, "name")] {
            if word.starts_with('-') {
                return wrong("a name cannot begin with a dash", field);
            }
        }
        Ok(())
    }
}

impl Precedence {
    fn read(fields: &mut Fields<'_>) -> Result<Self> {
        match fields.text("valuesMerge")?.as_str() {
            "" | "override" => Ok(Self::Override),
            "merge" => Ok(Self::Merge),
            "replace" => Ok(Self::Replace),
            _ => {
                let error = Error::new(ErrorKind::Invalid, "expected merge, override or replace");
                Err(error.with("field", "valuesMerge"))
            }
        }
    }
}

impl Globals {
    pub(crate) fn read(value: &Value, reading: Reading) -> Result<Self> {
        let mut fields = Fields::of(value, reading)?;
        let globals = Self::of(&mut fields)?;
        fields.end()?;
        Ok(globals)
    }

    /// Takes the fields of the globals.
    pub(crate) fn of(fields: &mut Fields<'_>) -> Result<Self> {
        Ok(Self { chart_home: fields.text("chartHome")?, config_home: fields.text("configHome")? })
    }

    /// Takes what other globals say.
    pub(crate) fn extend(&mut self, more: Self) {
        for (have, new) in
            [(&mut self.chart_home, more.chart_home), (&mut self.config_home, more.config_home)]
        {
            if !new.is_empty() {
                *have = new;
            }
        }
    }
}

fn map(fields: &mut Fields<'_>, name: &'static str) -> Result<Map> {
    let value = fields.take(name);
    let wrong = || Error::new(ErrorKind::Invalid, "expected a map").with("field", name);
    value.map_or(Ok(Map::default()), |value| value.as_map().cloned().ok_or_else(wrong))
}
