//! Where the numbers come from: the machine, the commit, and this process.

use std::fs;
use std::process::Command;

/// Reads the peak of this process's resident memory, in KB.
pub(crate) fn peak_kb() -> u64 {
    field("/proc/self/status", "VmHWM").and_then(|text| text.split(' ').next()?.parse().ok()).unwrap_or(0)
}

/// Reads how many processes wanted to run during the last minute.
pub(crate) fn load() -> String {
    let text = fs::read_to_string("/proc/loadavg").unwrap_or_default();
    text.split(' ').next().unwrap_or_default().to_owned()
}

/// Describes the machine: processors, memory, model.
pub(crate) fn machine() -> String {
    let cores = std::thread::available_parallelism().map_or(0, usize::from);
    let memory = field("/proc/meminfo", "MemTotal").unwrap_or_default();
    let model = field("/proc/cpuinfo", "model name").unwrap_or_default();
    format!("{cores} cores of {model}, {memory} of memory")
}

/// Names the commit, with a mark where files have changed since.
pub(crate) fn commit() -> String {
    output("git", &["describe", "--always", "--dirty", "--exclude=*"])
}

/// Gives today's date.
pub(crate) fn date() -> String {
    output("date", &["-u", "+%Y-%m-%d"])
}

fn output(program: &str, arguments: &[&str]) -> String {
    let output = Command::new(program).args(arguments).output();
    output.map(|output| String::from_utf8_lossy(&output.stdout).trim().to_owned()).unwrap_or_default()
}

fn field(path: &str, name: &str) -> Option<String> {
    let text = fs::read_to_string(path).ok()?;
    let value = text.lines().find_map(|line| line.strip_prefix(name)?.split_once(':'))?.1;
    Some(value.trim().to_owned())
}
