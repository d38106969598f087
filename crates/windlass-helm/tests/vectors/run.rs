//! Runs one vector as the engine of Helm does: the templates of a chart `vec`, rendered for one file.

use std::collections::BTreeMap;

use serde::Deserialize;
use windlass_helm::template::{Engine, Env, HelmVersion, Text, Time, Value, with_stack};

use crate::objects;

/// A template with its values and the answers.
#[derive(Debug, Clone, Deserialize)]
pub(crate) struct Vector {
    pub(crate) id: String,
    pub(crate) group: String,
    pub(crate) template: String,
    #[serde(default)]
    pub(crate) values: Option<serde_json::Value>,
    #[serde(default)]
    pub(crate) templates: BTreeMap<String, String>,
    #[serde(default)]
    pub(crate) files: BTreeMap<String, String>,
    pub(crate) expected: Option<String>,
    pub(crate) error: Option<String>,
    pub(crate) expected_v4: Option<String>,
    pub(crate) error_v4: Option<String>,
}

/// The file that a vector renders.
const FILE: &str = "vec/templates/t.yaml";
const STACK_BYTES: usize = 64 << 20;

impl Vector {
    /// What a version answers: a text, or an error.
    pub(crate) fn answer(&self, version: HelmVersion) -> Result<&str, &str> {
        let own = (self.expected_v4.as_deref(), self.error_v4.as_deref());
        match (version, own) {
            (HelmVersion::V4, (Some(text), _)) => Ok(text),
            (HelmVersion::V4, (None, Some(error))) => Err(error),
            _ => match (&self.expected, &self.error) {
                (Some(text), _) => Ok(text),
                (None, error) => Err(error.as_deref().unwrap_or_default()),
            },
        }
    }

    /// Renders the vector.
    pub(crate) fn render(&self, version: HelmVersion) -> Result<String, String> {
        with_stack(STACK_BYTES, || self.render_here(version))
    }

    fn render_here(&self, version: HelmVersion) -> Result<String, String> {
        // Values were given as JSON in ASCII, and YAML takes no escapes of two halves.
        let values = self.values.as_ref().map(ToString::to_string).unwrap_or_default();
        if values.chars().any(|rune| rune > '\u{ffff}') {
            return Err(
                "error converting YAML to JSON: yaml: found invalid Unicode character escape code".into()
            );
        }
        let mut texts: Vec<(String, &str)> = self
            .templates
            .iter()
            .map(|(name, text)| (format!("vec/templates/{name}"), text.as_str()))
            .collect();
        texts.push((FILE.into(), &self.template));
        // Helm parses the deepest files first, and those of one depth from the last name to the first.
        texts.sort_by(|(a, _), (b, _)| {
            let depth = |name: &str| name.matches('/').count();
            depth(b).cmp(&depth(a)).then_with(|| b.cmp(a))
        });
        let engine = Engine::compile(version, texts.iter().map(|(name, text)| (name.clone(), *text)))
            .map_err(|error| error.to_string())?;
        let mut env = Env { now: Time { seconds: 1_700_000_000, ..Time::default() }, ..Env::default() };
        env.random = Some(&objects::Counter);
        env.limits.stack_bytes_max = STACK_BYTES - (4 << 20);
        let mut session = engine.session(&env);
        let data = objects::data(self, version);
        // Every file is rendered, since one that fails ends the whole.
        let mut rendered = None;
        for (name, _) in &texts {
            if name.rsplit('/').next().is_some_and(|base| base.starts_with('_')) {
                continue;
            }
            objects::set_template(&data, name);
            let text = session.render(name, &Value::Map(data.clone())).map_err(|error| error.to_string())?;
            if name == FILE {
                rendered = Some(text);
            }
        }
        Ok(Text::from(rendered.unwrap_or_default()).to_string())
    }
}
