//! What a delivery says that changed.

use serde_json::Value;

use crate::marks::Mark;
use crate::{Kind, Refused, payload, same_repository};

/// The most names of each sort that are taken from a delivery.
pub const NAMES_MAX: usize = 1000;

/// What changed.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Delivery {
    /// What happened, in the words of the sender; empty where it has none.
    pub event: String,
    /// The addresses of the repository, or the names of images without tags.
    pub places: Vec<String>,
    /// The branches and tags that changed, by their short or full names; empty where nothing is said of them.
    pub references: Vec<String>,
    /// Whether the default branch of the repository is among them, where the delivery says which one that is.
    pub is_default_branch: Option<bool>,
    /// By what it is known again, if the sender gives anything.
    marks: Vec<Mark>,
}

/// Where the senders keep addresses, names, references and default branches. `*` is each item of a list.
const PLACES: &[&[&str]] = &[
    &["repository", "clone_url"],
    &["repository", "html_url"],
    &["repository", "ssh_url"],
    &["repository", "links", "html", "href"],
    &["repository", "links", "clone", "*", "href"],
    &["repository", "homepage"],
    &["repository", "repo_url"],
    &["repository", "repo_name"],
    &["project", "git_http_url"],
    &["project", "git_ssh_url"],
    &["project", "web_url"],
    &["resource", "repository", "remoteUrl"],
    &["docker_url"],
    &["event_data", "resources", "*", "resource_url"],
    &["context", "source"],
    &["subject", "content", "repository", "source"],
];
const IMAGES: &[&[&str]] = &[&["digest"], &["tag"]];
const HARBOR: &[&[&str]] = &[&["event_data", "resources", "*", "resource_url"]];
const REFERENCES: &[&[&str]] = &[
    &["ref"],
    &["push", "changes", "*", "new", "name"],
    &["changes", "*", "refId"],
    &["changes", "*", "ref", "id"],
    &["resource", "refUpdates", "*", "name"],
    &["push_data", "tag"],
    &["updated_tags", "*"],
    &["target", "tag"],
    &["event_data", "resources", "*", "tag"],
];
const DEFAULTS: &[&[&str]] = &[
    &["repository", "default_branch"],
    &["project", "default_branch"],
    &["repository", "mainbranch", "name"],
    &["resource", "repository", "defaultBranch"],
];

impl Delivery {
    /// Reads a body that was verified. One that is empty or no object says nothing but that something happened.
    pub(crate) fn read(kind: Kind, event: &str, body: &[u8]) -> Result<Self, Refused> {
        let event = event.to_owned();
        if body.is_empty() || matches!(kind, Kind::Generic | Kind::GenericHmac) {
            return Ok(Self { event, ..Self::default() });
        }
        let body: Value = serde_json::from_slice(body).map_err(|_| Refused::Malformed)?;
        if !payload::is_of(kind, &body) {
            return Err(Refused::Malformed);
        }
        let mut places = texts(&body, PLACES);
        places.extend(images(kind, &body));
        places.sort();
        places.dedup();
        let references = texts(&body, REFERENCES);
        let defaults = texts(&body, DEFAULTS);
        let is_default_branch = (!defaults.is_empty()).then(|| contains(&references, &defaults));
        Ok(Self { event, places, references, is_default_branch, marks: Vec::new() })
    }

    pub(crate) fn with_marks(self, marks: Vec<Mark>) -> Self {
        Self { marks, ..self }
    }

    pub(crate) fn marks(&self) -> &[Mark] {
        &self.marks
    }

    /// Says what the default branch is, for a sender that does not, such as Bitbucket.
    #[must_use]
    pub fn with_default_branch(self, name: &str) -> Self {
        let is_default_branch = Some(contains(&self.references, &[name]));
        Self { is_default_branch, ..self }
    }

    /// Says whether a source should look again. `reference` is the branch or tag that it follows; without one, it follows
    /// the default branch. Where the delivery says too little to tell, it should.
    #[must_use]
    pub fn concerns(&self, url: &str, reference: Option<&str>) -> bool {
        let place = self.places.is_empty() || self.places.iter().any(|place| same_repository(place, url));
        let named = self.references.is_empty()
            || match reference {
                Some(reference) => self.references.iter().any(|one| short(one) == short(reference)),
                None => self.is_default_branch.unwrap_or(true),
            };
        place && named
    }
}

/// Whether one of the references is one of these names.
fn contains<N: AsRef<str>>(references: &[String], names: &[N]) -> bool {
    references.iter().any(|one| names.iter().any(|name| short(one) == short(name.as_ref())))
}

/// The names of images without tags, with their registry, for senders that do not keep them so.
fn images(kind: Kind, body: &Value) -> Vec<String> {
    let text = |path: &[&str]| texts(body, &[path]).into_iter().next();
    match kind {
        Kind::Gcr => texts(body, IMAGES).iter().map(|name| without_tag(name).to_owned()).collect(),
        Kind::Harbor => texts(body, HARBOR).iter().map(|name| without_tag(name).to_owned()).collect(),
        Kind::DockerHub => {
            text(&["repository", "repo_name"]).map(|name| format!("docker.io/{name}")).into_iter().collect()
        }
        Kind::Acr => {
            let (host, name) = (text(&["request", "host"]), text(&["target", "repository"]));
            host.zip(name).map(|(host, name)| format!("{host}/{name}")).into_iter().collect()
        }
        _ => Vec::new(),
    }
}

fn short(reference: &str) -> &str {
    let short = reference.strip_prefix("refs/heads/").or_else(|| reference.strip_prefix("refs/tags/"));
    short.unwrap_or(reference)
}

fn without_tag(image: &str) -> &str {
    let image = image.split('@').next().unwrap_or_default();
    let name = image.rfind('/').map_or(0, |slash| slash + 1);
    image[name..].find(':').map_or(image, |colon| &image[..name + colon])
}

/// The texts at these paths, in their order.
fn texts(body: &Value, paths: &[&[&str]]) -> Vec<String> {
    let mut found = Vec::new();
    for path in paths {
        let mut values = vec![body];
        for name in *path {
            let inner = values.into_iter().flat_map(|value| match (*name, value) {
                ("*", Value::Array(items)) => items.iter().take(NAMES_MAX).collect(),
                (name, value) => value.get(name).into_iter().collect::<Vec<_>>(),
            });
            values = inner.collect();
        }
        found.extend(values.into_iter().filter_map(Value::as_str).map(str::to_owned));
    }
    found.truncate(NAMES_MAX);
    found
}
