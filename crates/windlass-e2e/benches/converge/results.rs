//! Collecting numbers, and telling them: a table for a person, and a file with every number.

use std::collections::BTreeSet;
use std::path::Path;
use std::time::Duration;

use super::fleet::CONFIG_MAPS;
use super::{machine, median};

const COMMAND: &str = "cargo bench -p windlass-e2e --features cluster --bench converge";

/// Every number. Round 0 warmed up and does not count.
#[derive(Default)]
pub(crate) struct Results {
    rows: Vec<Row>,
}

struct Row {
    round: usize,
    side: &'static str,
    measure: String,
    value: String,
}

impl Results {
    pub(crate) fn add(&mut self, round: usize, side: &'static str, measure: &str, value: &str) {
        self.rows.push(Row { round, side, measure: measure.into(), value: value.into() });
    }

    pub(crate) fn add_time(&mut self, round: usize, side: &'static str, measure: &str, time: Duration) {
        self.add(round, side, &format!("{measure} ms"), &format!("{:.1}", time.as_secs_f64() * 1e3));
    }

    /// Prints the table and writes it with all numbers.
    pub(crate) fn finish(&self) {
        let name = std::env::var("WINDLASS_BENCH_NAME").unwrap_or_else(|_| "converge".into());
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../benches/results");
        let folder = root.join(format!("{}-{name}", machine::date()));
        let table = self.table();
        println!("{table}");
        std::fs::create_dir_all(&folder).expect("a folder for the results");
        std::fs::write(folder.join("raw.csv"), self.csv()).expect("the raw numbers");
        std::fs::write(folder.join("README.md"), readme(&table)).expect("the table");
    }

    fn csv(&self) -> String {
        let row = |row: &Row| format!("{},{},{},{}\n", row.round, row.side, row.measure, row.value);
        std::iter::once("round,side,measure,value\n".to_owned()).chain(self.rows.iter().map(row)).collect()
    }

    fn table(&self) -> String {
        let (bare, engine) = (self.times("bare", "converge ms"), self.times("engine", "converge ms"));
        let ratio = median(engine.clone()).as_secs_f64() / median(bare.clone()).as_secs_f64();
        let mut out = format!("| {CONFIG_MAPS} ConfigMaps | median | all rounds |\n| --- | --- | --- |\n");
        out += &line("bare client: sending alone", &bare);
        out += &line("git: clone --bare --depth 1 of the same files", &self.times("git", "clone ms"));
        out += &line("engine: from resolving the branch to the last save", &engine);
        for measure in self.stages("converge until ") {
            let times = self.times("engine", &measure);
            out += &line(&format!("engine, {}", measure.trim_end_matches(" ms")), &times);
        }
        out += &line("engine: idle pass", &self.times("engine", "idle ms"));
        out += &format!("| engine / bare client | {ratio:.2} | |\n");
        for measure in [
            "converge requests",
            "idle requests",
            "peak KB at start",
            "peak KB after the first pass",
            "peak KB",
        ] {
            out += &format!("| engine: {measure} | {} | |\n", self.distinct(measure));
        }
        for side in ["bare", "engine"] {
            for measure in self.stages("CPU of ") {
                let all: Vec<&str> = self.values(side, &measure).collect();
                out += &format!("| {side}: {measure} | {} | {} |\n", middle(&all), all.join(", "));
            }
        }
        for measure in ["converge asked: ", "idle asked: "].into_iter().flat_map(|prefix| self.stages(prefix))
        {
            out += &format!("| engine: {measure} | {} | |\n", self.distinct(&measure));
        }
        out
    }

    fn counted(&self) -> impl Iterator<Item = &Row> {
        self.rows.iter().filter(|row| row.round > 0)
    }

    fn values(&self, side: &str, measure: &str) -> impl Iterator<Item = &str> {
        let rows = self.counted().filter(move |row| row.side == side && row.measure == measure);
        rows.map(|row| row.value.as_str())
    }

    fn times(&self, side: &str, measure: &str) -> Vec<Duration> {
        self.values(side, measure)
            .filter_map(|value| value.parse().ok())
            .map(|ms: f64| Duration::from_secs_f64(ms / 1e3))
            .collect()
    }

    /// Measures of this prefix, in the order in which they were first noted.
    fn stages(&self, prefix: &str) -> Vec<String> {
        let mut seen = BTreeSet::new();
        let named = self.counted().map(|row| &row.measure).filter(|measure| measure.starts_with(prefix));
        named.filter(|measure| seen.insert(*measure)).cloned().collect()
    }

    /// The values of a number that should be the same in each round.
    fn distinct(&self, measure: &str) -> String {
        let rows = self.counted().filter(|row| row.side == "engine" && row.measure == measure);
        let values: BTreeSet<&str> = rows.map(|row| row.value.as_str()).collect();
        values.into_iter().collect::<Vec<_>>().join(", ")
    }
}

fn line(what: &str, times: &[Duration]) -> String {
    let all: Vec<String> = times.iter().map(|time| format!("{}", time.as_millis())).collect();
    format!("| {what} | {} ms | {} |\n", median(times.to_vec()).as_millis(), all.join(", "))
}

/// Gives the one in the middle of whole numbers.
fn middle(all: &[&str]) -> u64 {
    let mut numbers: Vec<u64> = all.iter().filter_map(|text| text.parse().ok()).collect();
    numbers.sort_unstable();
    numbers.get(numbers.len() / 2).copied().unwrap_or(0)
}

fn readme(table: &str) -> String {
    format!(
        "# Converging {CONFIG_MAPS} ConfigMaps\n\n- Command: `{COMMAND}`\n- Machine: {}\n- Commit: `{}`\n- All numbers: \
         `raw.csv`; round 0 warmed up and does not count. `load` is the number of processes that wanted to run\n\n{table}",
        machine::machine(),
        machine::commit(),
    )
}
