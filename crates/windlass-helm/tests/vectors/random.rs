//! Random templates against the real engines (`record/`, built as a program).
//!
//! ```console
//! $ cd crates/windlass-helm/tests/vectors/record && go mod tidy && go build -o /somewhere/oracle .
//! $ WINDLASS_HELM_ORACLE=/somewhere/oracle WINDLASS_RANDOM=1000 \
//!     cargo test -p windlass-helm --test vectors random -- --nocapture
//! ```
//!
//! The test prints its seed, and how often it used each function and construct; `WINDLASS_SEED` repeats a run. Without the
//! oracle it says that it was skipped.

mod make;

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Write};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::time::{SystemTime, UNIX_EPOCH};

use windlass_helm::template::HelmVersion;

use crate::run::Vector;
use make::Maker;

/// Both engines as a process.
struct Oracle {
    process: Child,
    to: ChildStdin,
    from: BufReader<ChildStdout>,
}

impl Oracle {
    fn start(program: &std::ffi::OsStr) -> Self {
        let mut process = Command::new(program)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let (to, from) = (process.stdin.take().unwrap(), BufReader::new(process.stdout.take().unwrap()));
        Self { process, to, from }
    }

    /// Gives the answers; `None` where the template ends the process, as one that makes a list without end does.
    fn ask(&mut self, id: &str, template: &str, values: &serde_json::Value) -> Option<Vector> {
        let question =
            serde_json::json!({ "id": id, "group": "random", "template": template, "values": values });
        writeln!(self.to, "{question}").unwrap();
        let mut line = String::new();
        self.from.read_line(&mut line).unwrap();
        serde_json::from_str(&line).ok()
    }
}

impl Drop for Oracle {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

fn number(name: &str) -> Option<u64> {
    std::env::var(name).ok()?.parse().ok()
}

/// What came of one template.
#[derive(Default)]
struct Tally {
    misses: Vec<String>,
    other_words: Vec<String>,
    refused: usize,
    deadly: usize,
    used: BTreeMap<&'static str, usize>,
}

impl Tally {
    fn add(&mut self, vector: &Vector) {
        for version in [HelmVersion::V3, HelmVersion::V4] {
            let found = vector.render(version);
            let what = |found: &Result<String, String>| {
                format!(
                    "{} {version:?} {}\n    found    {found:?}\n    expected {:?}",
                    vector.id,
                    vector.template,
                    vector.answer(version)
                )
            };
            match (vector.answer(version), &found) {
                (Ok(expected), Ok(text)) if expected == text => {}
                (Err(expected), Err(text)) => {
                    self.refused += 1;
                    if expected != text {
                        self.other_words.push(what(&found));
                    }
                }
                _ => self.misses.push(what(&found)),
            }
        }
    }
}

#[test]
fn random_templates_give_the_bytes_of_helm() {
    let Some(program) = std::env::var_os("WINDLASS_HELM_ORACLE") else {
        println!("skipped the random templates: no oracle");
        return;
    };
    let mut oracle = Oracle::start(&program);
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_nanos();
    let seed = number("WINDLASS_SEED").unwrap_or_else(|| u64::try_from(now & u128::from(u64::MAX)).unwrap());
    let count = number("WINDLASS_RANDOM").unwrap_or(1000);
    println!("seed {seed}, {count} templates");
    let mut tally = Tally::default();
    for at in 0..count {
        let mut maker = Maker::new(seed.wrapping_add(at));
        let template = maker.template();
        maker.used.iter().for_each(|name| *tally.used.entry(name).or_default() += 1);
        let id = format!("random-{}", seed.wrapping_add(at));
        match oracle.ask(&id, &template, &make::values()) {
            Some(vector) => tally.add(&vector),
            None => {
                tally.deadly += 1;
                oracle = Oracle::start(&program);
            }
        }
    }
    println!("{} of {} renders were refused by both", tally.refused, 2 * count);
    println!("{} errors have other words", tally.other_words.len());
    println!("{} templates ended the real engine", tally.deadly);
    println!("used: {:?}", tally.used);
    if let Some(file) = std::env::var_os("WINDLASS_MISSES") {
        std::fs::write(file, [tally.misses.join("\n"), tally.other_words.join("\n")].join("\n########\n"))
            .unwrap();
    }
    let first: Vec<&String> = tally.misses.iter().take(5).collect();
    assert!(tally.misses.is_empty(), "{} differ; the first:\n{first:#?}", tally.misses.len());
}
