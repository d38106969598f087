//! From chart and values to documents.

use std::collections::BTreeMap;
use std::fmt;

use windlass_core::{Context, Error, ErrorKind, Limits, Result};

use super::head::{Head, Wrong};
use super::hooks::{Hook, Role, role};
use super::options::ReleaseOptions;
use super::tree::{Template, templates, values_type};
use super::{order, schema, split};
use crate::chart::{Chart, Missing, invalid};
use crate::template::{Env, HelmVersion, Map, TemplateError, TemplateErrorKind, Value, with_stack};
use crate::values::Values;
use crate::values::coalesce::Rules;
use crate::values::dependencies::{Failure, Node, is_compatible};

/// One document of a release.
#[derive(Clone)]
#[non_exhaustive]
pub struct Manifest {
    /// What `# Source:` names: the path of the template, with the names of charts.
    pub source: String,
    /// Where the template lies in the chart that was loaded.
    pub file: String,
    /// The line of the rendered file on which the document begins, from 1.
    pub line: u32,
    /// Which document of the rendered file it is, from 1.
    pub document: u32,
    /// The document as the templates wrote it.
    pub text: String,
    /// Its kind; empty where it has none.
    pub kind: String,
    /// What makes it a hook, if it is one.
    pub hook: Option<Hook>,
}

impl fmt::Debug for Manifest {
    /// Without the text: it may be a secret.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Manifest({} of {})", self.kind, self.source)
    }
}

/// What a render of a chart gives.
#[derive(Debug, Clone, Default)]
#[non_exhaustive]
pub struct Manifests {
    /// The files of `crds/`, as they are.
    pub crds: Vec<Manifest>,
    /// The documents that are no hooks, in the order in which Helm installs them.
    pub documents: Vec<Manifest>,
    /// The hooks, in the order in which Helm prints them; [`Hook::weight`] says in which order they run.
    pub hooks: Vec<Manifest>,
    /// What NOTES.txt says.
    pub notes: String,
    /// What is worth saying, such as a hook of a kind that nobody knows.
    pub warnings: Vec<String>,
}

/// Renders a chart as `helm template` does.
///
/// The same input gives the same output, byte for byte: time and randomness come from `options`.
///
/// # Errors
/// [`ErrorKind::Invalid`] with Helm's own text for whatever Helm refuses: values that do not fit their schema, templates
/// that fail, documents that are no YAML. [`ErrorKind::NotFound`] for dependencies that are not there, all of them named.
/// [`ErrorKind::Limit`], [`ErrorKind::Cancelled`]. Helm stops at the first problem; here all are told, and the first of
/// [`Error::problems`] is Helm's.
pub fn render(cx: &Context, chart: &Chart, values: &Values, options: &ReleaseOptions) -> Result<Manifests> {
    let (manifests, problems) = render_partly(cx, chart, values, options)?;
    Error::all(problems).map_or(Ok(manifests), Err)
}

/// As [`render`], and gives what is right beside what is wrong.
pub(crate) fn render_partly(
    cx: &Context,
    chart: &Chart,
    values: &Values,
    options: &ReleaseOptions,
) -> Result<(Manifests, Vec<Error>)> {
    cx.check()?;
    check(chart, options.version)?;
    let limits = options.limits;
    with_stack(limits.stack_bytes_max.saturating_add(STACK_SPARE), || rendered(cx, chart, values, options))
}

/// Stack beside that of templates.
const STACK_SPARE: usize = 8 << 20;

fn check(chart: &Chart, version: HelmVersion) -> Result<()> {
    let metadata = &chart.0.metadata;
    match (version, metadata.api_version.as_str()) {
        (HelmVersion::V3, _) | (HelmVersion::V4, "v1" | "v2") => {}
        (HelmVersion::V4, "v3") => return Err(invalid("invalid chart apiVersion")),
        (HelmVersion::V4, _) => return Err(invalid("unsupported chart version")),
    }
    if metadata.kind == "library" {
        return Err(invalid("library charts are not installable"));
    }
    let missing = chart.missing();
    if missing.is_empty() {
        return Ok(());
    }
    let names: Vec<&str> = missing.iter().map(|need: &Missing| need.name.as_str()).collect();
    let (opening, quote) = if version == HelmVersion::V3 { ("An", '`') } else { ("an", '\'') };
    let message = format!(
        "{opening} error occurred while checking for chart dependencies. You may need to run {quote}helm dependency \
         build{quote} to fetch missing dependencies: found in Chart.yaml, but missing in charts/ directory: {}",
        names.join(", ")
    );
    Err(Error::new(ErrorKind::NotFound, message))
}

fn rendered(
    cx: &Context,
    chart: &Chart,
    values: &Values,
    options: &ReleaseOptions,
) -> Result<(Manifests, Vec<Error>)> {
    let version = options.version;
    let mut root = Node::new(&chart.0, version)?;
    let user = language_value(&values.map);
    root.decide(&user, version).map_err(failed_dependencies)?;
    let all = user.retyped(values_type(version));
    Rules { version, merge: false }.coalesce(&root, &all).map_err(|wrong| mismatch(&wrong.0, &wrong.1))?;
    if options.check_schema {
        let problems = schema::problems(&root, &all);
        if !problems.is_empty() {
            return Err(invalid(format!(
                "values don't meet the specifications of the schema(s) in the following chart(s):\n{problems}"
            )));
        }
    }
    check_kube_version(&root, options)?;
    let templates = templates(&root, &all, options);
    let mut problems = Vec::new();
    let files = run(cx, &root, &templates, options, &mut problems)?;
    let mut manifests = collect(cx, &root, files, &templates, options, &mut problems)?;
    crds(&root, &mut manifests.crds);
    Ok((manifests, problems))
}

/// Makes values of the language: integers of a flag or of the cluster are int64.
pub(crate) fn language_value(map: &windlass_core::Map) -> Map {
    use windlass_core::Value as Plain;
    fn of(value: &Plain) -> Value {
        match value {
            Plain::Int(number) => Value::Int64(*number),
            Plain::List(items) => Value::List(crate::template::List::new(items.iter().map(of).collect())),
            Plain::Map(map) => Value::Map(language_value(map)),
            other => Value::of_file(other),
        }
    }
    map.iter().map(|(key, value)| (&**key, of(value))).collect()
}

fn mismatch(name: &str, kind: &str) -> Error {
    invalid(format!("type mismatch on {name}: values for a chart are a map, not {kind}"))
}

fn failed_dependencies(failure: Failure) -> Error {
    match failure {
        Failure::Mismatch(wrong) => invalid(format!(
            "chart dependencies processing failed: {}",
            mismatch(&wrong.0, &wrong.1).message()
        )),
        Failure::Chart(error) => error,
    }
}

fn check_kube_version(root: &Node, options: &ReleaseOptions) -> Result<()> {
    let wanted = &root.metadata.kube_version;
    let have = &options.kube_version;
    if wanted.is_empty() || is_compatible(wanted, &have.plain) {
        return Ok(());
    }
    Err(invalid(format!(
        "chart requires kubeVersion: {wanted} which is incompatible with Kubernetes {}",
        have.version
    )))
}

/// Rendered files by the names of their templates, with the places of those in the list.
type Rendered = BTreeMap<String, (String, usize)>;

/// Runs all templates but those that only define others.
fn run(
    cx: &Context,
    root: &Node,
    templates: &[Template],
    options: &ReleaseOptions,
    problems: &mut Vec<Error>,
) -> Result<Rendered> {
    let texts: Vec<_> = templates.iter().map(|template| (template.name.as_str(), &template.bytes)).collect();
    let engine = root.chart.engines.compiled(options.version, &texts).map_err(|error| failed(&error))?;
    let env = Env {
        now: options.now,
        random: options.random.as_deref().map(|random| random as _),
        lookup: options.lookup.as_deref().map(|lookup| lookup as _),
        limits: options.limits,
        ..Env::default()
    };
    let mut session = engine.session(&env);
    let mut files = BTreeMap::new();
    for (at, template) in templates.iter().enumerate() {
        cx.check()?;
        if base_name(&template.name).starts_with('_') {
            continue;
        }
        let own = Map::typed(values_type(options.version));
        own.set("Name", template.name.as_str().into());
        own.set("BasePath", template.base.as_str().into());
        template.data.set("Template", Value::Map(own));
        match session.render(&template.name, &Value::Map(template.data.clone())) {
            Ok(bytes) => {
                let text = String::from_utf8(bytes)
                    .unwrap_or_else(|error| String::from_utf8_lossy(error.as_bytes()).into_owned());
                files.insert(template.name.clone(), (text, at));
            }
            Err(error) => {
                let is_last = error.kind() == TemplateErrorKind::Limit;
                problems.push(failed(&error).with("file", &template.place));
                if is_last || problems.len() >= cx.limits().problems_max {
                    break;
                }
            }
        }
    }
    Ok(files)
}

pub(super) fn base_name(path: &str) -> &str {
    path.rsplit('/').next().unwrap_or(path)
}

fn failed(error: &TemplateError) -> Error {
    let kind = match error.kind() {
        TemplateErrorKind::Limit => ErrorKind::Limit,
        _ => ErrorKind::Invalid,
    };
    let mut out = Error::new(kind, error.to_string());
    if let Some(place) = error.place() {
        out = out.with("template", &place.template).with("line", place.line);
        if let Some(column) = place.column {
            out = out.with("column", column);
        }
    }
    out
}

const NOTES: &str = "NOTES.txt";

/// Cuts rendered files into documents and puts them in order.
fn collect(
    cx: &Context,
    root: &Node,
    mut files: Rendered,
    templates: &[Template],
    options: &ReleaseOptions,
    problems: &mut Vec<Error>,
) -> Result<Manifests> {
    let mut out = Manifests::default();
    let own_notes = format!("{}/templates/{NOTES}", root.metadata.name);
    if let Some((notes, _)) = files.remove(&own_notes) {
        out.notes = notes;
    }
    for (name, (text, at)) in files {
        cx.check()?;
        if name.ends_with(NOTES) || text.trim().is_empty() {
            continue;
        }
        let file = File { name: &name, place: &templates[at].place, text: &text, version: options.version };
        file.add(&mut out, cx.limits(), problems);
        if problems.len() >= cx.limits().problems_max {
            break;
        }
    }
    let compare = |a: &Manifest, b: &Manifest| order::compare(&a.kind, &b.kind, options.version);
    out.documents.sort_by(compare);
    out.hooks.sort_by(compare);
    Ok(out)
}

/// A rendered file and where it comes from.
struct File<'f> {
    name: &'f str,
    place: &'f str,
    text: &'f str,
    version: HelmVersion,
}

impl File<'_> {
    /// Adds the documents of the file; one that is wrong is a problem.
    fn add(&self, out: &mut Manifests, limits: &Limits, problems: &mut Vec<Error>) {
        for (document, (text, line)) in (1..).zip(split::documents(self.text, self.version)) {
            let head = match Head::read(text, limits, self.version) {
                Ok(head) => head,
                Err(wrong) => {
                    problems.extend(wrong.into_iter().map(|wrong| self.wrong(wrong, line)));
                    continue;
                }
            };
            let role = role(&head);
            let manifest = |hook| Manifest {
                source: self.name.to_owned(),
                file: self.place.to_owned(),
                line,
                document,
                text: text.to_owned(),
                kind: head.kind.clone(),
                hook,
            };
            match role {
                Role::Plain => out.documents.push(manifest(None)),
                Role::Hook(hook) => out.hooks.push(manifest(Some(hook))),
                Role::Unknown(names) => out
                    .warnings
                    .push(format!("{} has a hook that is not known and is left out: {names}", self.name)),
            }
        }
    }

    fn wrong(&self, wrong: Wrong, line: u32) -> Error {
        let message = format!("YAML parse error on {}: {}", self.name, wrong.message);
        let line = line.saturating_add(wrong.line.saturating_sub(1));
        Error::new(wrong.kind, message).with("file", self.place).with("line", line)
    }
}

/// Collects the files of `crds/` of a chart, then those of the charts inside.
fn crds(node: &Node, out: &mut Vec<Manifest>) {
    let is_manifest = |name: &str| {
        let ending = base_name(name).rsplit_once('.').map_or("", |(_, ending)| ending);
        ["yaml", "yml", "json"].iter().any(|known| ending.eq_ignore_ascii_case(known))
    };
    for file in
        node.chart.files.iter().filter(|file| file.name.starts_with("crds/") && is_manifest(&file.name))
    {
        out.push(Manifest {
            source: format!("{}/{}", node.path, file.name),
            file: node.chart.placed(&file.name),
            line: 1,
            document: 1,
            text: String::from_utf8_lossy(&file.bytes).into_owned(),
            kind: "CustomResourceDefinition".to_owned(),
            hook: None,
        });
    }
    node.inner.iter().for_each(|inner| crds(inner, out));
}
