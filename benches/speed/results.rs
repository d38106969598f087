//! The figures, for people and to be kept.

use std::fmt;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use crate::fleet::OBJECTS;
use crate::pass::Timing;

#[derive(Debug, Default)]
pub(crate) struct Results {
    pub(crate) bare: Vec<Duration>,
    pub(crate) windlass: Vec<Timing>,
    /// By a process that goes on, and by one that has just begun.
    pub(crate) requests: [u64; 2],
    /// Kilobytes: when everything is new, and when nothing is.
    pub(crate) memory: [u64; 2],
}

fn median(mut times: Vec<Duration>) -> Duration {
    times.sort();
    times[times.len() / 2]
}

impl Results {
    fn of(&self, part: fn(&Timing) -> Duration) -> Duration {
        median(self.windlass.iter().map(part).collect())
    }

    /// Writes the raw figures down, and gives the file.
    pub(crate) fn save(&self) -> PathBuf {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).ancestors().nth(2).expect("a workspace");
        let folder = root.join(format!("benches/results/{}-speed", output("date", &["-u", "+%Y-%m-%d"])));
        std::fs::create_dir_all(&folder).expect("a folder");
        let file = folder.join("raw.txt");
        std::fs::write(&file, format!("{}\n\n{self}\n{self:#?}\n", machine())).expect("a file");
        file
    }
}

/// What it was measured on.
fn machine() -> String {
    let memory = std::fs::read_to_string("/proc/meminfo").unwrap_or_default();
    let memory = memory.lines().next().unwrap_or_default().to_owned();
    let processors = std::thread::available_parallelism().map_or(0, std::num::NonZero::get);
    format!(
        "commit: {}\nprocessors: {processors}\n{memory}\nload when it ended: {}",
        output("git", &["describe", "--always", "--dirty"]),
        std::fs::read_to_string("/proc/loadavg").unwrap_or_default().trim(),
    )
}

fn output(program: &str, arguments: &[&str]) -> String {
    let output = Command::new(program).args(arguments).output().expect("a program that is everywhere");
    String::from_utf8_lossy(&output.stdout).trim().to_owned()
}

impl fmt::Display for Results {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (bare, last) = (median(self.bare.clone()), self.of(|timing| timing.last));
        let row = |f: &mut fmt::Formatter<'_>, name: &str, time: Duration| {
            writeln!(f, "| {name} | {:.0} ms |", time.as_secs_f64() * 1e3)
        };
        writeln!(f, "{OBJECTS} ConfigMaps of 2 KB, median of {} runs\n\n| what | time |\n| --- | --- |", self.bare.len())?;
        row(f, "bare client, all applied", bare)?;
        row(f, "Windlass, from the start of the fetch to the last object confirmed", last)?;
        writeln!(f, "| ratio | {:.2} |", last.as_secs_f64() / bare.as_secs_f64())?;
        row(f, "to: branch resolved", self.of(|timing| timing.resolved))?;
        row(f, "to: fetched and rendered", self.of(|timing| timing.rendered))?;
        row(f, "to: observed and planned", self.of(|timing| timing.planned))?;
        row(f, "to: intent saved, first object confirmed", self.of(|timing| timing.first))?;
        row(f, "to: state saved, pass ended", self.of(|timing| timing.ended))?;
        let [warm, cold] = self.requests;
        let [new, same] = self.memory;
        writeln!(f, "\n| what | count |\n| --- | --- |")?;
        writeln!(f, "| requests of a pass when all is there | {warm} |")?;
        writeln!(f, "| the same by a process that has just begun | {cold} |")?;
        writeln!(f, "| peak memory of a process when all is new | {:.1} MB |", new as f64 / 1024.0)?;
        writeln!(f, "| peak memory of a process when all is there | {:.1} MB |", same as f64 / 1024.0)
    }
}
