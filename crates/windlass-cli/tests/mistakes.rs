//! The catalogue of mistakes: wrong inputs that people really make, through the real binary, with every word it says.
//!
//! `tests/mistakes.txt` holds the answers, and is reviewed like code: each has to say what is wrong, where, why, and
//! what to do next. `UPDATE_MISTAKES=1 cargo test -p windlass-cli --test mistakes` writes it anew.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

mod support;

mod mistakes {
    pub(crate) mod cluster;
    pub(crate) mod manifests;
    pub(crate) mod sources;
    pub(crate) mod targets;
    pub(crate) mod units;
    pub(crate) mod usage;
}

use std::fmt::Write as _;
use std::fs;
use std::path::Path;

use support::World;

/// A mistake: its name, and what makes it; the last command that ran is the one whose answer counts.
type Mistake = (&'static str, fn(&mut World));

fn all() -> Vec<(&'static str, &'static [Mistake])> {
    vec![
        ("The command line", mistakes::usage::ALL),
        ("The unit file", mistakes::units::ALL),
        ("The source", mistakes::sources::ALL),
        ("The manifests", mistakes::manifests::ALL),
        ("The target", mistakes::targets::ALL),
        ("The cluster", mistakes::cluster::ALL),
    ]
}

#[test]
fn every_mistake_says_what_where_why_and_what_next() {
    let mut page = String::new();
    let mut count = 0;
    for (chapter, mistakes) in all() {
        writeln!(page, "# {chapter}\n").unwrap();
        for (name, make) in mistakes {
            let mut world = World::new();
            make(&mut world);
            let said = world.last();
            assert_eq!(said.code, Some(1), "{name}: a mistake exits with 1\n{}", said.stderr);
            assert!(said.stderr.starts_with("error: "), "{name}: begins with what is wrong\n{}", said.stderr);
            let advice = ["help: ", "did you mean", "tip: ", "For more information"];
            let advises = |problem: &str| advice.iter().any(|words| problem.contains(words));
            assert!(
                said.stderr.split("error: ").skip(1).all(advises),
                "{name}: each problem says what to do next\n{}",
                said.stderr
            );
            assert!(!said.stderr.contains("panicked"), "{name}: never panics\n{}", said.stderr);
            let input = said.input.as_deref().map(|input| format!("{}\n", indent(input))).unwrap_or_default();
            writeln!(page, "## {name}\n\n{input}$ windlass {}\n{}", said.args, said.stderr).unwrap();
            count += 1;
        }
    }
    assert!(count >= 40, "only {count} mistakes");
    compare(&page, &Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/mistakes.txt"));
}

fn indent(input: &str) -> String {
    input.lines().map(|line| format!("    {line}\n")).collect()
}

fn compare(page: &str, file: &Path) {
    if std::env::var_os("UPDATE_MISTAKES").is_some() {
        fs::write(file, page).unwrap();
    }
    let stored = fs::read_to_string(file).unwrap_or_default();
    let differs = stored.lines().zip(page.lines()).enumerate().find(|(_, (stored, now))| stored != now);
    if let Some((line, (stored, now))) = differs {
        panic!("tests/mistakes.txt:{}\n  stored: {stored}\n  now:    {now}", line + 1);
    }
    assert_eq!(stored.lines().count(), page.lines().count(), "tests/mistakes.txt has another length");
}
