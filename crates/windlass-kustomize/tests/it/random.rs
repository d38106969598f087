//! Random kustomizations against the real library (`tests/oracle`).

mod make;

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Write};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::time::{SystemTime, UNIX_EPOCH};

use windlass_core::{Context, TreePath, Value};
use windlass_kustomize::{Options, build};
use windlass_testkit::{MemoryFiles, TestClock};

use make::Maker;

/// The real library as a process.
struct Oracle {
    process: Child,
    to: ChildStdin,
    from: BufReader<ChildStdout>,
}

impl Oracle {
    fn start(program: &std::ffi::OsStr) -> Self {
        let mut process = Command::new(program).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
        let (to, from) = (process.stdin.take().unwrap(), BufReader::new(process.stdout.take().unwrap()));
        Self { process, to, from }
    }

    /// Gives the output; `None` where the build fails.
    fn ask(&mut self, files: &BTreeMap<String, String>, path: &str) -> Result<String, String> {
        let files: Value =
            files.iter().map(|(name, text)| (name.as_str(), Value::from(text.as_str()))).collect();
        let question = Value::from_iter([("path", Value::from(path)), ("files", files)]);
        writeln!(self.to, "{}", question.canonical()).unwrap();
        let mut line = String::new();
        self.from.read_line(&mut line).unwrap();
        let answer: Value = serde_json::from_str(&line).unwrap();
        match answer.text_at(&["error"]).unwrap() {
            "" => Ok(answer.text_at(&["output"]).unwrap().to_owned()),
            error => Err(error.to_owned()),
        }
    }
}

impl Drop for Oracle {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

fn ours(files: &BTreeMap<String, String>, path: &str) -> Result<String, String> {
    let memory = files.iter().fold(MemoryFiles::new(), |memory, (name, text)| memory.with(name, text));
    let cx = Context::new(TestClock::new());
    let built = build(&cx, &memory, &TreePath::new(path).unwrap(), &Options::default());
    built.map(|built| built.text).map_err(|error| error.to_string())
}

fn number(name: &str) -> Option<u64> {
    std::env::var(name).ok()?.parse().ok()
}

#[test]
fn random_kustomizations_give_the_bytes_of_kustomize() {
    let Some(program) = std::env::var_os("WINDLASS_KUSTOMIZE_ORACLE") else {
        println!("skipped the random kustomizations: no oracle");
        return;
    };
    let mut oracle = Oracle::start(&program);
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_nanos();
    let seed = number("WINDLASS_SEED").unwrap_or(now as u64);
    let count = number("WINDLASS_RANDOM").unwrap_or(500);
    println!("seed {seed}, {count} kustomizations");
    let mut used: BTreeMap<&'static str, usize> = BTreeMap::new();
    let (mut misses, mut refused) = (Vec::new(), 0);
    for at in 0..count {
        let mut maker = Maker::new(seed.wrapping_add(at));
        let path = maker.tree();
        maker.used.iter().for_each(|feature| *used.entry(feature).or_default() += 1);
        let (ours, theirs) = (ours(&maker.files, &path), oracle.ask(&maker.files, &path));
        refused += usize::from(theirs.is_err());
        let same = match (&ours, &theirs) {
            (Ok(ours), Ok(theirs)) => ours == theirs,
            (Err(_), Err(_)) => true,
            _ => false,
        };
        if !same {
            let files: String =
                maker.files.iter().map(|(name, text)| format!("==== file {name}\n{text}")).collect();
            misses.push(format!(
                "seed {}\n==== build {path}\n{files}ours: {ours:#?}\ntheirs: {theirs:#?}\n",
                seed + at
            ));
        }
    }
    println!("{refused} were refused by both; features used: {used:?}");
    if let (false, Some(folder)) = (misses.is_empty(), std::env::var_os("WINDLASS_MISSES")) {
        std::fs::write(folder, misses.join("\n########\n")).unwrap();
    }
    assert!(
        misses.is_empty(),
        "{} of {count} differ; the first:\n{}",
        misses.len(),
        misses[0].replace("\\n", "\n")
    );
}
