//! The answers of the real tools, where the conformance data is laid out.

use std::path::{Path, PathBuf};
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

use windlass_core::Value;
use windlass_helm::template::HelmVersion;
use windlass_yaml::Options;

use crate::command;

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

/// Finds a set of the data. `None`, with a word about it, where there is no data.
fn data(set: &str) -> Option<PathBuf> {
    let folder =
        std::env::var_os("WINDLASS_GOLDENS").map_or_else(|| root().join("target/goldens"), PathBuf::from);
    if folder.is_dir() {
        return Some(folder.join(set));
    }
    let required = std::env::var_os("WINDLASS_GOLDENS_REQUIRED").is_some_and(|value| value == "1");
    assert!(!required, "the conformance data is absent");
    println!("skipped {set}: the conformance data is absent");
    None
}

/// How near an answer is.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Near {
    Bytes,
    /// Other bytes that mean the same.
    Meaning,
    Not,
}

#[test]
fn conformance_cases() {
    let Some(helm) = data("helm") else { return };
    let mut cases: Vec<PathBuf> =
        std::fs::read_dir(helm.join("cases")).unwrap().map(|entry| entry.unwrap().path()).collect();
    cases.sort();
    if let Ok(only) = std::env::var("WINDLASS_HELM_CASES") {
        cases.retain(|case| case.to_string_lossy().contains(&only));
    }
    assert!(!cases.is_empty(), "the conformance data has cases");
    let results = side_by_side(&cases, |case| check(&helm, case));
    let count = |near: Near| results.iter().filter(|(found, _)| *found <= near).count();
    let (bytes, meaning) = (count(Near::Bytes), count(Near::Meaning));
    let misses: String = results.iter().map(|(_, miss)| miss.as_str()).collect();
    println!("score helm/cases {bytes}/{}", cases.len());
    println!("helm/cases that mean the same: {meaning}/{}", cases.len());
    let file = root().join("target/misses/helm-cases.txt");
    std::fs::create_dir_all(file.parent().unwrap()).unwrap();
    std::fs::write(file, &misses).unwrap();
    assert!(bytes * 100 >= cases.len() * 95, "more than one in twenty is missed:\n{misses}");
}

/// Works on all items on all processors, and keeps their order.
fn side_by_side<T: Sync, R: Send>(items: &[T], work: impl Fn(&T) -> R + Sync) -> Vec<R> {
    let (next, found) = (AtomicUsize::new(0), Mutex::new(Vec::new()));
    let workers = std::thread::available_parallelism().map_or(1, usize::from);
    std::thread::scope(|scope| {
        for _ in 0..workers {
            scope.spawn(|| {
                loop {
                    let at = next.fetch_add(1, Ordering::Relaxed);
                    let Some(item) = items.get(at) else { break };
                    let result = work(item);
                    found.lock().unwrap().push((at, result));
                }
            });
        }
    });
    let mut found = found.into_inner().unwrap();
    found.sort_by_key(|(at, _)| *at);
    found.into_iter().map(|(_, result)| result).collect()
}

/// Renders a case with both versions, and says how near the farther answer is.
fn check(helm: &Path, case: &Path) -> (Near, String) {
    let id = case.file_name().unwrap().to_string_lossy().into_owned();
    let mut worst = Near::Bytes;
    let mut misses = String::new();
    for version in [HelmVersion::V3, HelmVersion::V4] {
        let found = run(helm, case, version);
        let (near, why) = compare(&found, expected(case, version).as_deref());
        if near != Near::Bytes {
            misses.push_str(&format!("{id} {version:?}: {why}\n"));
        }
        worst = worst.max(near);
    }
    (worst, misses)
}

/// Gives the recorded output; `None` where the tool failed.
fn expected(case: &Path, version: HelmVersion) -> Option<String> {
    let read = |name: &str| std::fs::read_to_string(case.join(name)).ok();
    if version == HelmVersion::V3 || case.join("error-v4.txt").exists() {
        let name = if version == HelmVersion::V3 { "expected-v3.txt" } else { "expected-v4.txt" };
        return read(name);
    }
    read("expected-v4.txt").or_else(|| read("expected-v3.txt"))
}

fn run(helm: &Path, case: &Path, version: HelmVersion) -> Result<String, String> {
    let args = std::fs::read(case.join("args.json")).unwrap();
    let args: Value = serde_json::from_slice(&args).unwrap();
    let texts = |field: &str| -> Vec<String> {
        let items = args.get(field).and_then(Value::as_list).unwrap_or_default();
        items.iter().filter_map(Value::as_text).map(str::to_owned).collect()
    };
    let text = |field: &str| args.text_at(&[field]).unwrap_or_default().to_owned();
    let mut line: Vec<String> = Vec::new();
    line.extend(Some(text("release")).filter(|name| !name.is_empty()));
    line.extend([text("chart"), "--namespace".to_owned(), text("namespace")]);
    line.extend(["--kube-version".to_owned(), text("kube_version")]);
    for (field, flag) in [
        ("values", "--values"),
        ("set", "--set"),
        ("set_string", "--set-string"),
        ("set_json", "--set-json"),
        ("set_file", "--set-file"),
        ("api_versions", "--api-versions"),
        ("show_only", "--show-only"),
    ] {
        line.extend(texts(field).into_iter().flat_map(|value| [flag.to_owned(), value]));
    }
    if args.get("include_crds") == Some(&Value::Bool(true)) {
        line.push("--include-crds".to_owned());
    }
    line.extend(texts("flags"));
    command::run(&line, helm, case, version)
}

fn compare(found: &Result<String, String>, expected: Option<&str>) -> (Near, String) {
    match (found, expected) {
        (Err(_), None) => (Near::Bytes, String::new()),
        (Ok(found), Some(expected)) if found == expected => (Near::Bytes, String::new()),
        (Ok(found), Some(expected))
            if documents(found).is_some() && documents(found) == documents(expected) =>
        {
            (Near::Meaning, format!("other bytes, same meaning: {}", first_difference(found, expected)))
        }
        (Ok(found), Some(expected)) => (Near::Not, first_difference(found, expected)),
        (Ok(_), None) => (Near::Not, "no error".to_owned()),
        (Err(error), Some(_)) => (Near::Not, format!("error: {error}")),
    }
}

fn documents(text: &str) -> Option<Vec<Value>> {
    let documents = windlass_yaml::read(text.as_bytes(), &Options::default()).ok()?;
    Some(documents.into_iter().map(|document| document.value).collect())
}

fn first_difference(found: &str, expected: &str) -> String {
    let lines = found.split('\n').zip(expected.split('\n')).enumerate();
    match lines.into_iter().find(|(_, (found, expected))| found != expected) {
        Some((at, (found, expected))) => format!("line {}: {found:?} is not {expected:?}", at + 1),
        None => format!("{} bytes are not {}", found.len(), expected.len()),
    }
}
