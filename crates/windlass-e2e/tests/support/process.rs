//! The `windlass` command as a process that can be killed.

use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::OnceLock;
use std::sync::mpsc::{RecvTimeoutError, channel};
use std::time::{Duration, Instant};

/// The longest time that a process may take; one that hangs is killed, and has no exit code.
const TIME_MAX: Duration = Duration::from_secs(60);

/// When to kill a process.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Moment {
    Never,
    /// This long after its start.
    After(Duration),
    /// This long after it told this many lines of progress.
    Told(usize, Duration),
}

/// What became of a process.
#[derive(Debug)]
pub(crate) struct Ended {
    /// The exit code; nothing if it was killed.
    pub(crate) code: Option<i32>,
    /// Its progress and its errors.
    pub(crate) lines: Vec<String>,
    pub(crate) took: Duration,
}

/// Runs `windlass`, and kills it with SIGKILL at a moment, unless it has ended by then.
pub(crate) fn windlass(arguments: &[&str], home: &Path, moment: Moment) -> Ended {
    // Its build takes no time of it.
    let program = program();
    let began = Instant::now();
    let mut child = Command::new(program)
        .args(arguments)
        .env_clear()
        .env("HOME", home)
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()
        .expect("windlass must start");
    let progress = child.stderr.take().expect("a pipe");
    let (tell, told) = channel();
    std::thread::spawn(move || {
        BufReader::new(progress).lines().map_while(Result::ok).try_for_each(|line| tell.send(line))
    });
    let mut lines = Vec::new();
    let mut due = due(moment, began, 0).unwrap_or(began + TIME_MAX);
    loop {
        match told.recv_timeout(due.saturating_duration_since(Instant::now())) {
            Ok(line) => lines.push(line),
            Err(RecvTimeoutError::Timeout) => break child.kill().expect("a process can be killed"),
            Err(RecvTimeoutError::Disconnected) => break,
        }
        due = self::due(moment, began, lines.len()).unwrap_or(due);
    }
    let code = child.wait().expect("a child can be waited for").code();
    lines.extend(told);
    Ended { code, lines, took: began.elapsed() }
}

/// The time to kill, as soon as it is known.
fn due(moment: Moment, began: Instant, told: usize) -> Option<Instant> {
    match moment {
        Moment::After(wait) => Some(began + wait),
        Moment::Told(lines, wait) if lines == told => Some(Instant::now() + wait),
        Moment::Told(..) | Moment::Never => None,
    }
}

/// The command of this very workspace, built once by the cargo that built the test.
pub(crate) fn program() -> &'static Path {
    static PROGRAM: OnceLock<PathBuf> = OnceLock::new();
    PROGRAM.get_or_init(|| {
        let output = Command::new(env!("CARGO"))
            .args(["build", "--locked", "--package=windlass-cli", "--message-format=json"])
            .current_dir(env!("CARGO_MANIFEST_DIR"))
            .stderr(Stdio::inherit())
            .output()
            .expect("cargo must start");
        assert!(output.status.success(), "windlass must build");
        let artifact = |line: &str| {
            let message: serde_json::Value = serde_json::from_str(line).ok()?;
            Some(PathBuf::from(message["executable"].as_str()?))
        };
        String::from_utf8_lossy(&output.stdout)
            .lines()
            .find_map(artifact)
            .expect("cargo must name the program")
    })
}
