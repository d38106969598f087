//! Names, addresses and patterns against the tables of Argo CD's tests (`source/argo_git_tables` of the conformance data).

#![allow(clippy::unwrap_used, clippy::print_stdout, reason = "a test fails by it, and prints its score")]

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Debug;
use std::fs;
use std::path::{Path, PathBuf};

use serde_json::Value;
use windlass_core::Source as _;
use windlass_git::write::{Author, Repository};
use windlass_git::{AnyName, FilePattern, GitSource, Reference, RepositoryUrl};
use windlass_receiver::same_repository;

fn equal<T: PartialEq + Debug>(got: T, expected: T) -> Result<(), String> {
    if got == expected { Ok(()) } else { Err(format!("got {got:?}, expected {expected:?}")) }
}

fn text<'r>(row: &'r Value, field: &str) -> &'r str {
    row[field].as_str().unwrap_or_default()
}

/// What the rows of all tables have: the tags and the files of the repositories that Argo CD's tests make.
struct Shop {
    folder: tempfile::TempDir,
    /// Tags and their commits, by table.
    tags: BTreeMap<(String, String), String>,
    files: BTreeSet<String>,
    /// The rows with patterns of files.
    patterns: Vec<Value>,
}

fn listed(row: &Value) -> BTreeSet<&str> {
    row["expected"].as_array().into_iter().flatten().filter_map(Value::as_str).collect()
}

fn finds(row: &Value, file: &str) -> bool {
    let read = if row["isNewGlobbingEnabled"] == true { FilePattern::glob } else { FilePattern::pathspec };
    read(text(row, "pattern")).unwrap().matches(file)
}

impl Shop {
    fn new(rows: &[Value]) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let (mut tags, mut files) = (BTreeMap::new(), BTreeSet::new());
        for row in rows {
            let test = text(row, "test");
            if test.starts_with("Test_SemverTags") {
                let repository = Repository::init(folder.path().join(test))
                    .or_else(|_| Repository::open(folder.path().join(test)))
                    .unwrap();
                let Some(tag) = row["value"].as_str() else { continue };
                let author = Author::new("Ada", "ada@example.org", 1_700_000_000);
                let commit = repository.commit("main", tag, &author, &[]).unwrap();
                repository.point(&format!("refs/tags/{tag}"), &commit).unwrap();
                tags.insert((test.to_owned(), tag.to_owned()), commit);
            }
            if test.starts_with("TestLsFiles") {
                files.extend(row["value"].as_str().map(str::to_owned));
                files.extend(listed(row).into_iter().map(str::to_owned));
            }
        }
        let patterns = rows.iter().filter(|row| row.get("pattern").is_some()).cloned().collect();
        Self { folder, tags, files, patterns }
    }

    /// Resolves a name in the repository of a table.
    fn resolve(&self, test: &str, name: AnyName) -> Result<String, String> {
        let source = GitSource::new(self.folder.path().join(test).to_string_lossy());
        let source = source.reference(Reference::Any(name));
        let cx = windlass_testkit::TestClock::new().context();
        let resolved = windlass_testkit::block_on(source.resolve(&cx)).map_err(|error| error.to_string())?;
        Ok(resolved.revision.id.trim_start_matches("sha1:").to_owned())
    }

    /// A row is a tag, which stands for its own commit whatever else is there, as Argo CD's test says of pinned versions, with
    /// and without the part before its last slash as a prefix; or a name, and whether it resolves to nothing.
    fn tag(&self, row: &Value) -> Result<(), String> {
        let test = text(row, "test");
        let Some(tag) = row["value"].as_str() else {
            let name = AnyName::new(text(row, "ref")).with_tag_prefix(text(row, "tagPrefix"));
            return equal(Some(self.resolve(test, name).is_err()), row["error"].as_bool());
        };
        let commit = &self.tags[&(test.to_owned(), tag.to_owned())];
        equal(&self.resolve(test, AnyName::new(tag))?, commit)?;
        let (prefix, version) = tag.split_at(tag.rfind('/').map_or(0, |slash| slash + 1));
        let name = AnyName::new(version).with_tag_prefix(prefix);
        equal(&self.resolve(test, name)?, commit)
    }

    /// A row is a pattern with the files that it finds, or a file, which is to be found by exactly the patterns that say so.
    fn files(&self, row: &Value) -> Result<(), String> {
        let Some(file) = row["value"].as_str() else {
            let found = self.files.iter().map(String::as_str).filter(|file| finds(row, file)).collect();
            return equal::<BTreeSet<&str>>(found, listed(row));
        };
        let patterns = self.patterns.iter().filter(|row| finds(row, file) != listed(row).contains(file));
        equal(patterns.map(|row| text(row, "name")).collect::<Vec<_>>(), Vec::new())
    }

    fn check(&self, row: &Value) -> Result<(), String> {
        // The empty text is written as Go shows it.
        let name = text(row, "name").trim_matches('"');
        let url = RepositoryUrl::new(name);
        match text(row, "test") {
            "Test_SemverTags" | "Test_SemverTagsWithPrefix" => self.tag(row),
            "TestLsFilesForGitFileGeneratorGlobbingPatterns" => self.files(row),
            "TestSameURL" => equal(same_repository(name, text(row, "value")), true),
            "TestIsSSHURL" => equal(Some(url.is_ssh()), row["value"].as_bool()),
            "TestSSHHostWithPort" => equal(url.known_host().unwrap_or_default().as_str(), text(row, "value")),
            "TestSanitizeRepoURL" => {
                equal(&*RepositoryUrl::new(text(row, "in")).without_user(), text(row, "want"))
            }
            "TestIsShortRef" => {
                let is_full = matches!(Reference::read(text(row, "revision")), Reference::Name(_));
                equal(Some(!is_full), row["expected"].as_bool())
            }
            other => Err(format!("nothing here does that: {other}")),
        }
    }
}

#[test]
fn conformance_argo_git_tables() {
    let workspace = Path::new(env!("CARGO_MANIFEST_DIR")).ancestors().nth(2).unwrap();
    let root =
        std::env::var_os("WINDLASS_GOLDENS").map_or_else(|| workspace.join("target/goldens"), PathBuf::from);
    let Ok(text) = fs::read_to_string(root.join("source/argo_git_tables.jsonl")) else {
        let required = std::env::var_os("WINDLASS_GOLDENS_REQUIRED").is_some_and(|set| set == "1");
        assert!(!required, "the data of source/argo_git_tables is required and absent");
        println!("skipped source/argo_git_tables: the conformance data is absent");
        return;
    };
    let rows: Vec<Value> = text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let shop = Shop::new(&rows);
    let misses: Vec<String> = rows
        .iter()
        .filter_map(|row| shop.check(row).err().map(|why| format!("{}: {why}", row["id"])))
        .collect();
    println!("score source/argo_git_tables {}/{}", rows.len() - misses.len(), rows.len());
    fs::create_dir_all(workspace.join("target/misses")).unwrap();
    fs::write(workspace.join("target/misses/source-argo_git_tables.txt"), misses.join("\n")).unwrap();
    let wrong: Vec<&String> = misses.iter().filter(|miss| !miss.contains("nothing here does that")).collect();
    assert!(wrong.is_empty(), "{wrong:#?}");
}
