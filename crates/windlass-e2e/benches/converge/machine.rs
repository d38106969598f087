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

/// Reads how long all processes of this name have been on a processor, to a hundredth of a second; this one for `None`.
pub(crate) fn cpu_ms(name: Option<&str>) -> u64 {
    let own = std::process::id().to_string();
    let processes = fs::read_dir("/proc").into_iter().flatten().flatten();
    let ticks = processes.filter_map(|process| {
        let text = fs::read_to_string(process.path().join("stat")).ok()?;
        // The name of a program may hold anything, so the fields are counted from behind it.
        let (program, fields) = text.rsplit_once(')')?;
        let is_meant = match name {
            Some(name) => program.split_once('(')?.1 == name,
            None => process.file_name().to_str() == Some(&own),
        };
        let mut fields = fields.split_whitespace().skip(11).map(str::parse::<u64>);
        let used = fields.next()?.ok()? + fields.next()?.ok()?;
        is_meant.then_some(used)
    });
    ticks.sum::<u64>() * 10
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
