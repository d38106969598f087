//! The `windlass` command as a process.

use std::io::{Read, Write};
use std::path::PathBuf;
use std::process::{Command, Output, Stdio};
use std::time::Duration;

use windlass_core::Value;

use crate::support::plane::plane;

/// A unit that a process of its own reconciles, each time anew.
pub(crate) struct Windlass {
    program: PathBuf,
    folder: tempfile::TempDir,
}

impl Windlass {
    pub(crate) fn new(unit: &str, url: &str) -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let kubeconfig = plane().kubeconfig().display();
        let text = format!(
            "apiVersion: windlass.dev/v1alpha1\nkind: Unit\nmetadata: {{name: {unit}}}\nspec:\n  source: {{git: {{url: '{url}', branch: main}}}}\n  \
             target: {{kubernetes: {{kubeconfig: '{kubeconfig}', namespace: {unit}}}}}\n  timeout: 60s\n"
        );
        std::fs::write(folder.path().join("unit.yaml"), text).expect("a unit file");
        Self { program: build(), folder }
    }

    fn command(&self, word: &str) -> Command {
        let mut command = Command::new(&self.program);
        command.arg(word).arg("-f").arg(self.folder.path().join("unit.yaml"));
        command.env("XDG_CACHE_HOME", self.folder.path()).env("HOME", self.folder.path());
        command
    }

    /// Runs `windlass apply` to its end, which is a success.
    pub(crate) fn converges(&self) {
        succeeds("apply", self.command("apply").output());
    }

    /// Runs `windlass plan`, which says so if anything is left to do.
    pub(crate) fn is_in_sync(&self) {
        succeeds("plan", self.command("plan").output());
    }

    /// Starts `windlass apply`, kills it after this time, and gives the last that it said: where it was.
    pub(crate) fn killed_after(&self, delay: Duration) -> String {
        let mut command = self.command("apply");
        let mut child = command.stdout(Stdio::null()).stderr(Stdio::piped()).spawn().expect("it starts");
        let mut stderr = child.stderr.take().expect("it is piped");
        std::thread::sleep(delay);
        child.kill().expect("it is killed, if it has not ended");
        let status = child.wait().expect("it ended");
        let mut told = String::new();
        stderr.read_to_string(&mut told).expect("what it said");
        match status.code() {
            Some(code) => format!("it had ended with {code}"),
            None => moment(told.lines().last().unwrap_or("it had said nothing")),
        }
    }
}

/// Takes names and numbers out of a line, so that equal moments are counted as one.
fn moment(line: &str) -> String {
    let words = line.split_whitespace().filter(|word| !word.contains(['/', '@', ':']));
    words.filter(|word| !word.starts_with(|c: char| c.is_ascii_digit())).collect::<Vec<_>>().join(" ")
}

fn succeeds(word: &str, output: std::io::Result<Output>) {
    let output = output.expect("windlass runs");
    let [out, err] = [&output.stdout, &output.stderr].map(|bytes| String::from_utf8_lossy(bytes).into_owned());
    assert!(output.status.success(), "windlass {word}: {}\n{out}\n{err}", output.status);
}

/// Builds the command, unless it is built, and gives its path.
fn build() -> PathBuf {
    let mut command = Command::new(env!("CARGO"));
    command.args(["build", "--quiet", "-p", "windlass-cli", "--bin", "windlass", "--message-format=json"]);
    let output = command.current_dir(env!("CARGO_MANIFEST_DIR")).stderr(Stdio::inherit()).output();
    let output = output.expect("cargo runs");
    assert!(output.status.success(), "windlass-cli builds");
    let lines = String::from_utf8(output.stdout).expect("text");
    let executable = lines.lines().find_map(|line| {
        let message: Value = serde_json::from_str(line).ok()?;
        let name = message.text_at(&["target", "name"])?;
        (name == "windlass").then(|| message.text_at(&["executable"]).map(PathBuf::from))?
    });
    executable.expect("cargo says where the program is")
}

/// Reads JSON in gzip in base64, by the programs that everybody has.
pub(crate) fn unpacked(text: &str) -> Value {
    let packed = piped("base64", &["--decode"], text.as_bytes());
    serde_json::from_slice(&piped("gzip", &["--decompress", "--stdout"], &packed)).expect("JSON")
}

fn piped(program: &str, arguments: &[&str], input: &[u8]) -> Vec<u8> {
    let mut child = Command::new(program)
        .args(arguments)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap_or_else(|error| panic!("{program}: {error}"));
    let (mut stdin, input) = (child.stdin.take().expect("it is piped"), input.to_owned());
    let writer = std::thread::spawn(move || stdin.write_all(&input));
    let output = child.wait_with_output().expect("it ends");
    writer.join().expect("it ends").expect("it reads its input");
    assert!(output.status.success(), "{program}: {}", output.status);
    output.stdout
}
