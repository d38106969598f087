//! Small templates with the answers of Helm 3.22.0 and 4.3.2, texts of errors included. `record/` asks them anew.

use windlass_helm::template::HelmVersion;

use crate::run::Vector;

#[test]
fn templates_give_the_bytes_and_the_errors_of_both_versions() {
    let vectors: Vec<Vector> =
        include_str!("recorded.jsonl").lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert!(!vectors.is_empty(), "there are recorded templates");
    let mut misses = Vec::new();
    for vector in &vectors {
        for version in [HelmVersion::V3, HelmVersion::V4] {
            let found = vector.render(version);
            let found = found.as_deref().map_err(String::as_str);
            let expected = vector.answer(version);
            if found != expected {
                let template = &vector.template;
                misses.push(format!(
                    "{} {version:?} {template}\n    found    {found:?}\n    expected {expected:?}",
                    vector.id
                ));
            }
        }
    }
    assert!(misses.is_empty(), "{} of {} differ:\n{}", misses.len(), vectors.len() * 2, misses.join("\n"));
}
