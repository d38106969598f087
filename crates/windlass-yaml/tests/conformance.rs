//! What kustomize printed reads and writes back to the same bytes (`kustomize/*/expected.yaml` of the conformance data).

use std::fs;
use std::path::{Path, PathBuf};

use windlass_yaml::{Format, Options, go, read};

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

fn goldens() -> PathBuf {
    std::env::var_os("WINDLASS_GOLDENS").map_or_else(|| root().join("target/goldens"), PathBuf::from)
}

fn expected() -> Vec<PathBuf> {
    let Ok(folder) = fs::read_dir(goldens().join("kustomize")) else { return Vec::new() };
    let mut files: Vec<PathBuf> =
        folder.flatten().map(|case| case.path().join("expected.yaml")).filter(|file| file.exists()).collect();
    files.sort();
    files
}

/// Reads a text and writes it again, or says why that cannot be.
fn again(text: &str) -> String {
    let options = Options::default().with_format(Format::Yaml);
    match read(text.as_bytes(), &options) {
        Ok(documents) => {
            let texts: Vec<String> = documents.iter().map(|document| go::to_yaml(&document.value)).collect();
            texts.join("---\n")
        }
        Err(error) => error.to_string(),
    }
}

fn first_difference(text: &str, again: &str) -> String {
    let lines = text.lines().zip(again.lines()).zip(1..);
    lines
        .filter(|((a, b), _)| a != b)
        .map(|((a, b), line)| format!("{line}: {a:?}, here {b:?}"))
        .next()
        .unwrap_or_else(|| format!("{} bytes, here {}", text.len(), again.len()))
}

#[test]
fn conformance_what_kustomize_printed_is_written_again() {
    let files = expected();
    if files.is_empty() {
        let required = std::env::var_os("WINDLASS_GOLDENS_REQUIRED").is_some_and(|set| set == "1");
        assert!(!required, "the conformance data is required");
        println!("skipped kustomize: the conformance data is absent");
        return;
    }
    let mut misses = Vec::new();
    for file in &files {
        let text = fs::read_to_string(file).expect("an expected text is UTF-8");
        let written = again(&text);
        if written != text {
            misses.push(format!("{}: {}", file.display(), first_difference(&text, &written)));
        }
    }
    println!("score kustomize/expected {}/{}", files.len() - misses.len(), files.len());
    if !misses.is_empty() {
        fs::create_dir_all(root().join("target/misses")).expect("a folder for misses");
        fs::write(root().join("target/misses/kustomize-expected.txt"), misses.join("\n"))
            .expect("a file of misses");
    }
    assert!(misses.is_empty(), "{}", misses.join("\n"));
}
