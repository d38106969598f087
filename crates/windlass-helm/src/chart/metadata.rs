//! Chart.yaml.

use windlass_core::Value;

use crate::decode::{Fields, Mismatch};
use crate::template::runes::is_print;
use windlass_semver::Version;

/// What Chart.yaml says.
#[derive(Debug, Clone, Default)]
pub(crate) struct Metadata {
    pub(crate) name: String,
    pub(crate) home: String,
    pub(crate) sources: Option<Vec<String>>,
    pub(crate) version: String,
    pub(crate) description: String,
    pub(crate) keywords: Option<Vec<String>>,
    pub(crate) maintainers: Option<Vec<Option<Maintainer>>>,
    pub(crate) icon: String,
    pub(crate) api_version: String,
    pub(crate) condition: String,
    pub(crate) tags: String,
    pub(crate) app_version: String,
    pub(crate) deprecated: bool,
    pub(crate) annotations: Option<Vec<(String, String)>>,
    pub(crate) kube_version: String,
    pub(crate) dependencies: Option<Vec<Option<Dependency>>>,
    pub(crate) kind: String,
}

/// Who maintains a chart.
#[derive(Debug, Clone, Default)]
pub(crate) struct Maintainer {
    pub(crate) name: String,
    pub(crate) email: String,
    pub(crate) url: String,
}

/// A chart that this one needs.
#[derive(Debug, Clone, Default)]
pub(crate) struct Dependency {
    pub(crate) name: String,
    pub(crate) version: String,
    pub(crate) repository: String,
    pub(crate) condition: String,
    pub(crate) tags: Option<Vec<String>>,
    pub(crate) enabled: bool,
    pub(crate) import_values: Option<Vec<Value>>,
    pub(crate) alias: String,
}

impl Metadata {
    /// Takes what a document says over what was said before, as Go decodes into a struct that has values.
    pub(crate) fn read(&mut self, value: &Value) -> Result<(), Mismatch> {
        if value.is_null() {
            return Ok(());
        }
        let fields = Fields::of(value, "chart.Metadata")?;
        for (name, into) in [
            ("name", &mut self.name),
            ("home", &mut self.home),
            ("version", &mut self.version),
            ("description", &mut self.description),
            ("icon", &mut self.icon),
            ("apiVersion", &mut self.api_version),
            ("condition", &mut self.condition),
            ("tags", &mut self.tags),
            ("appVersion", &mut self.app_version),
            ("kubeVersion", &mut self.kube_version),
            ("type", &mut self.kind),
        ] {
            fields.text(name, into)?;
        }
        fields.texts("sources", &mut self.sources)?;
        fields.texts("keywords", &mut self.keywords)?;
        fields.flag("deprecated", &mut self.deprecated)?;
        self.annotations = fields.text_map("annotations")?.or(self.annotations.take());
        if let Some(items) = fields.items("maintainers", "[]*chart.Maintainer")? {
            self.maintainers = Some(items.iter().map(maintainer).collect::<Result<_, _>>()?);
        }
        if let Some(items) = fields.items("dependencies", "[]*chart.Dependency")? {
            self.dependencies = Some(items.iter().map(dependency).collect::<Result<_, _>>()?);
        }
        Ok(())
    }

    /// Makes texts printable and says what Helm would refuse.
    pub(crate) fn check(&mut self) -> Result<(), String> {
        self.make_printable();
        let version_is_wrong = Version::parse(&self.version).is_err();
        if self.api_version.is_empty() {
            return Err("chart.metadata.apiVersion is required".into());
        }
        match self.name.as_str() {
            "" => return Err("chart.metadata.name is required".into()),
            "." | ".." => return Err(format!("chart.metadata.name {:?} is not allowed", self.name)),
            name if name.contains('/') => return Err(format!("chart.metadata.name {name:?} is invalid")),
            _ => {}
        }
        match self.version.as_str() {
            "" => return Err("chart.metadata.version is required".into()),
            version if version_is_wrong => {
                return Err(format!("chart.metadata.version {version:?} is invalid"));
            }
            _ => {}
        }
        if !matches!(self.kind.as_str(), "" | "application" | "library") {
            return Err("chart.metadata.type must be application or library".into());
        }
        if self.maintainers.iter().flatten().any(Option::is_none) {
            return Err("maintainers must not contain empty or null nodes".into());
        }
        check_dependencies(self.dependencies.as_deref().unwrap_or_default())
    }

    fn make_printable(&mut self) {
        let texts = [
            &mut self.name,
            &mut self.description,
            &mut self.home,
            &mut self.icon,
            &mut self.condition,
            &mut self.tags,
            &mut self.app_version,
            &mut self.kube_version,
        ];
        texts.into_iter().for_each(printable);
        self.sources.iter_mut().flatten().for_each(printable);
        self.keywords.iter_mut().flatten().for_each(printable);
        for maintainer in self.maintainers.iter_mut().flatten().flatten() {
            [&mut maintainer.name, &mut maintainer.email, &mut maintainer.url]
                .into_iter()
                .for_each(printable);
        }
        for need in self.dependencies.iter_mut().flatten().flatten() {
            [&mut need.name, &mut need.version, &mut need.repository, &mut need.condition]
                .into_iter()
                .for_each(printable);
            need.tags.iter_mut().flatten().for_each(printable);
        }
    }
}

fn maintainer(value: &Value) -> Result<Option<Maintainer>, Mismatch> {
    if value.is_null() {
        return Ok(None);
    }
    let fields = Fields::of(value, "chart.Maintainer")?;
    let mut maintainer = Maintainer::default();
    fields.text("name", &mut maintainer.name)?;
    fields.text("email", &mut maintainer.email)?;
    fields.text("url", &mut maintainer.url)?;
    Ok(Some(maintainer))
}

fn dependency(value: &Value) -> Result<Option<Dependency>, Mismatch> {
    if value.is_null() {
        return Ok(None);
    }
    let fields = Fields::of(value, "chart.Dependency")?;
    let mut need = Dependency::default();
    for (name, into) in [
        ("name", &mut need.name),
        ("version", &mut need.version),
        ("repository", &mut need.repository),
        ("condition", &mut need.condition),
        ("alias", &mut need.alias),
    ] {
        fields.text(name, into)?;
    }
    fields.texts("tags", &mut need.tags)?;
    fields.flag("enabled", &mut need.enabled)?;
    need.import_values = fields.items("import-values", "[]interface {}")?.map(<[Value]>::to_vec);
    Ok(Some(need))
}

fn check_dependencies(dependencies: &[Option<Dependency>]) -> Result<(), String> {
    let mut keys: Vec<&str> = Vec::new();
    for need in dependencies {
        let Some(need) = need else {
            return Err("dependencies must not contain empty or null nodes".into());
        };
        let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-');
        if !need.alias.chars().all(plain) {
            return Err(format!("dependency {:?} has disallowed characters in the alias", need.name));
        }
        let key = if need.alias.is_empty() { &need.name } else { &need.alias };
        if keys.contains(&key.as_str()) {
            return Err(format!("more than one dependency with name or alias {key:?}"));
        }
        keys.push(key);
    }
    Ok(())
}

/// Makes every white space a blank and takes out what cannot be printed.
fn printable(text: &mut String) {
    let strange = |c: char| c != ' ' && (c.is_whitespace() || !is_print(c));
    if text.contains(strange) {
        let blank = |c: char| if c.is_whitespace() { ' ' } else { c };
        *text = text.chars().map(blank).filter(|c| *c == ' ' || is_print(*c)).collect();
    }
}
