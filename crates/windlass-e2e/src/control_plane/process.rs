//! Programs that run, and the leash that ends them.

use std::fs::{self, File};
use std::io::{self, Write};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use super::error::Error;
use super::program::Program;

/// How much of a log an error shows.
const TAIL_LINES_MAX: usize = 20;
/// How long a leash may take to end its program, before it is killed itself.
const REAP_MAX: Duration = Duration::from_secs(5);

/// A part of the control plane that was started.
#[derive(Debug)]
pub(crate) struct Process {
    pub(crate) program: Program,
    pub(crate) log: PathBuf,
    child: Child,
}

impl Process {
    /// Starts a part. With a leash it also ends when this process does, in whatever way.
    ///
    /// It gets a process group of its own, so that Ctrl-C reaches only the process that has started it.
    pub(crate) fn spawn(
        program: Program,
        mut command: Command,
        log: PathBuf,
        leashed: bool,
    ) -> Result<Self, Error> {
        let file = File::create(&log).map_err(Error::io("create", &log))?;
        let copy = file.try_clone().map_err(Error::io("create", &log))?;
        let stdin = if leashed { Stdio::piped() } else { Stdio::null() };
        let child = command.stdin(stdin).stdout(file).stderr(copy).process_group(0).spawn();
        let child = child.map_err(Error::io("start", command.get_program()))?;
        Ok(Self { program, log, child })
    }

    /// Fails if it has ended.
    pub(crate) fn check(&mut self) -> Result<(), Error> {
        match self.child.try_wait().map_err(Error::io("look after", self.program.name()))? {
            Some(status) => Err(Error::Exited { program: self.program, status, tail: tail(&self.log) }),
            None => Ok(()),
        }
    }

    /// Tells it to end, without waiting.
    pub(crate) fn let_go(&mut self) {
        match self.child.stdin.take() {
            Some(leash) => drop(leash),
            // An error says that it has ended already.
            None => drop(self.child.kill()),
        }
    }

    /// Waits until it has ended.
    pub(crate) fn reap(&mut self) {
        let deadline = Instant::now() + REAP_MAX;
        while matches!(self.child.try_wait(), Ok(None)) {
            if Instant::now() >= deadline {
                drop(self.child.kill());
                drop(self.child.wait());
                return;
            }
            thread::sleep(Duration::from_millis(5));
        }
    }
}

/// Runs `kubectl` to its end and returns what it printed.
pub(crate) fn run(command: &mut Command, input: Option<&str>) -> Result<String, Error> {
    let stdin = if input.is_some() { Stdio::piped() } else { Stdio::null() };
    let child = command.stdin(stdin).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn();
    let output =
        child.and_then(|child| feed(child, input)).map_err(Error::io("run", command.get_program()))?;
    match output.status.success() {
        true => Ok(String::from_utf8_lossy(&output.stdout).into_owned()),
        false => Err(Error::Kubectl {
            arguments: command.get_args().map(|a| a.to_string_lossy()).collect::<Vec<_>>().join(" "),
            status: output.status,
            message: String::from_utf8_lossy(&output.stderr).trim().to_owned(),
        }),
    }
}

/// The end of a log; empty if it cannot be read, as it only illustrates an error.
pub(crate) fn tail(log: &Path) -> String {
    let text = fs::read(log).map(|bytes| String::from_utf8_lossy(&bytes).into_owned()).unwrap_or_default();
    let lines: Vec<_> = text.lines().collect();
    lines[lines.len().saturating_sub(TAIL_LINES_MAX)..].join("\n")
}

/// Writes in a thread of its own, since a program may print before it has read everything.
fn feed(mut child: Child, input: Option<&str>) -> io::Result<std::process::Output> {
    let stdin = child.stdin.take();
    thread::scope(|scope| {
        if let (Some(mut stdin), Some(input)) = (stdin, input) {
            // A program that ends before it has read everything reports why by itself.
            scope.spawn(move || drop(stdin.write_all(input.as_bytes())));
        }
        child.wait_with_output()
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_error_shows_only_the_end_of_a_log() {
        let folder = tempfile::tempdir().expect("a folder");
        let log = folder.path().join("log");
        fs::write(&log, (0..100).map(|n| format!("{n}\n")).collect::<String>()).expect("a log");
        assert_eq!(tail(&log).lines().next(), Some("80"), "the last twenty lines");
        assert_eq!(tail(&folder.path().join("none")), "", "a log that is not there is empty");
    }

    #[test]
    fn a_part_that_ended_is_reported_with_its_log() {
        let folder = tempfile::tempdir().expect("a folder");
        let command = shell("echo the data folder is missing >&2; exit 2");
        let mut process =
            Process::spawn(Program::Etcd, command, folder.path().join("log"), false).expect("it starts");
        process.reap();
        let error = process.check().expect_err("it has ended").to_string();
        assert!(
            error.starts_with("etcd ended: exit status: ") && error.contains("the data folder is missing"),
            "{error}"
        );
    }

    #[test]
    fn letting_go_ends_a_part() {
        let folder = tempfile::tempdir().expect("a folder");
        for leashed in [false, true] {
            // One ends at the end of its input, as a leash does; the other stands still until it is killed.
            let command = shell(if leashed { "while read -r line; do :; done" } else { "kill -STOP $$" });
            let mut process = Process::spawn(Program::Etcd, command, folder.path().join("log"), leashed)
                .expect("it starts");
            process.check().expect("it runs");
            process.let_go();
            process.reap();
            process.check().expect_err("it has ended");
        }
    }

    #[test]
    fn more_input_than_a_pipe_holds_is_fed() {
        let input = "x".repeat(1 << 18);
        let output = run(&mut shell("read -r line; printf %s \"$line\""), Some(&input)).expect("it runs");
        assert_eq!(output.len(), input.len(), "it prints as much as it was given");
    }

    /// A program that is there wherever Rust can link.
    fn shell(script: &str) -> Command {
        let mut command = Command::new("sh");
        command.args(["-c", script]);
        command
    }
}
