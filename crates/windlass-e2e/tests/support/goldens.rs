//! Projects among the conformance data: what the real kustomize made of real repositories.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use windlass_core::{Object, Value};

/// What one real repository installs.
pub(crate) struct Project {
    /// `owner/name`.
    pub(crate) repository: String,
    pub(crate) case: String,
    pub(crate) documents: Vec<Document>,
}

/// One object, as it is written down.
pub(crate) struct Document {
    pub(crate) file: String,
    pub(crate) text: String,
    pub(crate) object: Object,
}

/// Why a repository is passed over.
pub(crate) struct PassedOver {
    pub(crate) repository: String,
    pub(crate) why: &'static str,
}

/// Takes the repositories of the set `kustomize` in alphabetical order, of each the case with the most objects, until
/// there are `count` that install something.
pub(crate) fn projects(count: usize) -> Option<(Vec<Project>, Vec<PassedOver>)> {
    let root = folder()?;
    let (mut taken, mut passed_over) = (Vec::new(), Vec::new());
    for (_, (repository, case)) in largest_cases(&root) {
        if taken.len() == count {
            break;
        }
        let documents = documents(&root, &case);
        match reason_to_pass_over(&documents) {
            Some(why) => passed_over.push(PassedOver { repository, why }),
            None => taken.push(Project { repository, case, documents }),
        }
    }
    Some((taken, passed_over))
}

/// Something runs, or kinds, rights or admission are set up; else it is an example of objects that a project
/// understands, and no installation of one.
fn reason_to_pass_over(documents: &[Document]) -> Option<&'static str> {
    const INSTALLS: [&str; 4] = ["apps", "batch", "apiextensions.k8s.io", "admissionregistration.k8s.io"];
    let installs = documents.iter().any(|document| {
        let id = document.object.id();
        INSTALLS.contains(&id.group.as_str())
            || id.group == "rbac.authorization.k8s.io"
            || (id.group.is_empty() && id.kind == "Pod")
    });
    (!installs).then_some("no workload, and no definition, admission or RBAC")
}

/// By repository without regard to case: the case with the most objects, the first by name of equal ones.
fn largest_cases(root: &Path) -> BTreeMap<String, (String, String)> {
    let index = std::fs::read(root.join("INDEX.json")).expect("an index");
    let index: Value = serde_json::from_slice(&index).expect("an index");
    let mut largest: BTreeMap<String, (i64, std::cmp::Reverse<String>, String)> = BTreeMap::new();
    for row in index.as_list().unwrap_or_default() {
        let case = row.text_at(&["case"]).unwrap_or_default();
        if !case.starts_with("real-") || row.text_at(&["kind"]) != Some("ok") {
            continue;
        }
        let repository = repository(root, case);
        let objects = row.get("n_resources").and_then(Value::as_int).unwrap_or_default();
        let found = (objects, std::cmp::Reverse(case.to_owned()), repository.clone());
        let best = largest.entry(repository.to_lowercase()).or_insert_with(|| found.clone());
        *best = found.max(best.clone());
    }
    largest.into_iter().map(|(key, (_, case, repository))| (key, (repository, case.0))).collect()
}

fn repository(root: &Path, case: &str) -> String {
    let meta = std::fs::read(root.join(case).join("meta.json")).expect("where the case is from");
    let meta: Value = serde_json::from_slice(&meta).expect("where the case is from");
    let url = meta.text_at(&["source_repo"]).expect("the repository");
    url.trim_start_matches("https://github.com/").to_owned()
}

fn documents(root: &Path, case: &str) -> Vec<Document> {
    let text = std::fs::read_to_string(root.join(case).join("expected.yaml")).expect("the output");
    let mut files = BTreeSet::new();
    let documents = text.split("\n---\n").enumerate().map(|(at, text)| {
        let read = windlass_yaml::read(text.as_bytes(), &windlass_yaml::Options::default());
        let mut read = read.unwrap_or_else(|error| panic!("{case}: {error}"));
        assert_eq!(read.len(), 1, "{case}: document {at} is one");
        let object = Object::new(read.remove(0).value).expect("an object");
        let file = format!("{at:03}-{}.yaml", object.id().kind.to_lowercase());
        assert!(files.insert(file.clone()), "each document has a file of its own");
        Document { file, text: format!("{text}\n"), object }
    });
    documents.collect()
}

/// The data, or nothing where it is absent and not required, which is said.
#[allow(clippy::print_stdout, reason = "a check that did not happen is said")]
fn folder() -> Option<PathBuf> {
    let workspace = Path::new(env!("CARGO_MANIFEST_DIR")).ancestors().nth(2).expect("a workspace");
    let goldens =
        std::env::var_os("WINDLASS_GOLDENS").map_or_else(|| workspace.join("target/goldens"), PathBuf::from);
    let folder = goldens.join("kustomize");
    if folder.join("INDEX.json").is_file() {
        return Some(folder);
    }
    let required = std::env::var_os("WINDLASS_GOLDENS_REQUIRED").is_some_and(|set| set == "1");
    assert!(!required, "the data of the set kustomize is required and absent");
    println!("no data of the set kustomize: set WINDLASS_GOLDENS to check real projects");
    None
}
