//! The set `kustomize` of the conformance data: folders with the bytes that kustomize 5.8.3 printed.

use std::fs;
use std::path::{Path, PathBuf};

use windlass_core::{Context, TreePath, Value};
use windlass_kustomize::{Options, Restrict, build};
use windlass_testkit::TestClock;

use super::folder;

const SET: &str = "kustomize/cases";

fn workspace() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR")).ancestors().nth(2).unwrap()
}

fn root() -> PathBuf {
    let goldens = std::env::var_os("WINDLASS_GOLDENS")
        .map_or_else(|| workspace().join("target/goldens"), PathBuf::from);
    goldens.join("kustomize")
}

/// Builds a case and says what is wrong with the result.
fn check(case: &Path) -> Result<(), String> {
    let read = |name: &str| fs::read_to_string(case.join(name)).ok();
    let path = read("build").unwrap();
    let text = read("options.json").unwrap_or_else(|| "{}".to_owned());
    let wanted: Value = serde_json::from_str(&text).unwrap();
    let mut options = Options::default();
    if wanted.text_at(&["load_restrictor"]) == Some("LoadRestrictionsNone") {
        options = options.with_restrict(Restrict::None);
    }
    let cx = Context::new(TestClock::new());
    let path = TreePath::new(path.trim()).unwrap();
    let built = build(&cx, &folder::read(&case.join("in")), &path, &options);
    match (built, read("expected.yaml")) {
        (Ok(built), Some(expected)) if built.text == expected => Ok(()),
        (Ok(built), Some(expected)) => Err(first_difference(&built.text, &expected)),
        (Ok(_), None) => {
            Err(format!("built what kustomize refuses: {}", read("error.txt").unwrap_or_default()))
        }
        (Err(error), Some(_)) => Err(format!("refused: {}", error.to_string().replace('\n', " | "))),
        (Err(_), None) => Ok(()),
    }
}

fn first_difference(ours: &str, theirs: &str) -> String {
    let mut lines = ours.lines().zip(theirs.lines()).enumerate();
    match lines.find(|(_, (ours, theirs))| ours != theirs) {
        Some((at, (ours, theirs))) => format!("line {}: ours `{ours}`, theirs `{theirs}`", at + 1),
        None => format!("{} lines instead of {}", ours.lines().count(), theirs.lines().count()),
    }
}

#[test]
fn conformance_cases() {
    let Ok(entries) = fs::read_dir(root()) else {
        let required = std::env::var_os("WINDLASS_GOLDENS_REQUIRED").is_some_and(|set| set == "1");
        assert!(!required, "the data of {SET} is required and absent");
        println!("skipped {SET}: the conformance data is absent");
        return;
    };
    let mut cases: Vec<PathBuf> =
        entries.map(|entry| entry.unwrap().path()).filter(|path| path.join("build").exists()).collect();
    cases.sort();
    assert!(!cases.is_empty(), "the data of {SET} holds no case");
    let mut misses = String::new();
    let mut passed = 0;
    for case in &cases {
        match check(case) {
            Ok(()) => passed += 1,
            Err(why) => misses.push_str(&format!("{}: {why}\n", case.file_name().unwrap().to_str().unwrap())),
        }
    }
    let folder = workspace().join("target/misses");
    fs::create_dir_all(&folder).unwrap();
    fs::write(folder.join("kustomize-cases.txt"), &misses).unwrap();
    println!("score {SET} {passed}/{}", cases.len());
    assert!(passed * 100 >= cases.len() * 99, "{passed} of {} passed\n{misses}", cases.len());
}
