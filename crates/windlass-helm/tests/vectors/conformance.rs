//! The answers of Helm, where the conformance data is laid out.

use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
};

use windlass_helm::template::HelmVersion;

use crate::run::Vector;

const SET: &str = "helm/vectors";

#[test]
fn conformance_vectors() {
    let Some(folder) = folder() else {
        assert!(
            std::env::var_os("WINDLASS_GOLDENS_REQUIRED").is_none_or(|v| v != "1"),
            "the conformance data is absent"
        );
        println!("skipped {SET}: the conformance data is absent");
        return;
    };
    let text = std::fs::read_to_string(folder.join(SET).with_extension("jsonl")).unwrap();
    let vectors: Vec<Vector> = text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert!(!vectors.is_empty(), "the conformance data has vectors");
    let mut misses = Vec::new();
    let mut groups: BTreeMap<&str, (usize, usize)> = BTreeMap::new();
    for vector in &vectors {
        let count = groups.entry(&vector.group).or_default();
        count.1 += 1;
        match check(vector) {
            Ok(()) => count.0 += 1,
            Err(why) => misses.push(format!("{} {} {why}", vector.id, vector.group)),
        }
    }
    for (group, (passed, total)) in groups.iter().filter(|(_, (passed, total))| passed < total) {
        println!("{group} {passed}/{total}");
    }
    let words: Vec<bool> = vectors.iter().filter_map(same_words).collect();
    println!(
        "{SET}: errors in the same words {}/{}",
        words.iter().filter(|same| **same).count(),
        words.len()
    );
    println!("score {SET} {}/{}", vectors.len() - misses.len(), vectors.len());
    let file = root().join("target/misses").join(format!("{}.txt", SET.replace('/', "-")));
    std::fs::create_dir_all(file.parent().unwrap()).unwrap();
    std::fs::write(file, misses.join("\n")).unwrap();
    assert!(misses.len() * 100 <= vectors.len() * 10, "more than a tenth is missed");
}

/// Whether Helm 4's error has the words that were recorded; nothing where there is none.
fn same_words(vector: &Vector) -> Option<bool> {
    let expected = vector.answer(HelmVersion::V4).err()?;
    let found = vector.render(HelmVersion::V4).err()?;
    if std::env::var_os("WINDLASS_SHOW_WORDS").is_some() && found != expected {
        println!("{} {:?}\n  found    {found:?}\n  expected {expected:?}", vector.id, vector.template);
    }
    Some(found == expected)
}

/// Both versions give the bytes that were recorded, or an error where there was one.
fn check(vector: &Vector) -> Result<(), String> {
    for version in [HelmVersion::V3, HelmVersion::V4] {
        let found = vector.render(version);
        match (vector.answer(version), &found) {
            (Ok(expected), Ok(found)) if expected == found => {}
            (Err(_), Err(_)) => {}
            (expected, _) => {
                let template = &vector.template;
                return Err(format!(
                    "{version:?} {template:?}\n    found    {found:?}\n    expected {expected:?}"
                ));
            }
        }
    }
    Ok(())
}

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

fn folder() -> Option<PathBuf> {
    let folder =
        std::env::var_os("WINDLASS_GOLDENS").map_or_else(|| root().join("target/goldens"), PathBuf::from);
    folder.is_dir().then_some(folder)
}
