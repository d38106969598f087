//! Collecting numbers, and telling them: a table for a person, and a file with every number.

use std::fmt::Display;
use std::path::Path;
use std::time::Duration;

use super::machine;

const COMMAND: &str = "cargo bench -p windlass-e2e --features cluster --bench fleet";

/// Every number, in the order in which they came. Round 0 warmed up and does not count.
#[derive(Default)]
pub(crate) struct Rows(Vec<Row>);

struct Row {
    scenario: &'static str,
    measure: String,
    round: usize,
    value: String,
}

impl Rows {
    pub(crate) fn add(&mut self, scenario: &'static str, round: usize, measure: &str, value: &dyn Display) {
        let value = value.to_string();
        println!("{scenario}: round {round}: {measure} = {value}");
        self.0.push(Row { scenario, measure: measure.into(), round, value });
    }

    pub(crate) fn add_time(&mut self, scenario: &'static str, round: usize, measure: &str, time: Duration) {
        self.add(scenario, round, &format!("{measure}, ms"), &milliseconds(time));
        self.add(scenario, round, "processes that wanted to run", &machine::load());
    }

    /// Prints the table and writes it with all numbers.
    pub(crate) fn finish(&self) {
        let name = std::env::var("WINDLASS_BENCH_NAME").unwrap_or_else(|_| "fleet".into());
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../benches/results");
        let folder = root.join(format!("{}-{name}", machine::date()));
        let table = self.table();
        println!("{table}");
        std::fs::create_dir_all(&folder).expect("a folder for the results");
        std::fs::write(folder.join("raw.csv"), self.csv()).expect("the raw numbers");
        std::fs::write(folder.join("README.md"), readme(&table)).expect("the table");
    }

    fn csv(&self) -> String {
        let row = |row: &Row| format!("{},{},\"{}\",{}\n", row.scenario, row.round, row.measure, row.value);
        std::iter::once("scenario,round,measure,value\n".to_owned()).chain(self.0.iter().map(row)).collect()
    }

    fn table(&self) -> String {
        let mut out = "| scenario | measure | median | all rounds |\n| --- | --- | --- | --- |\n".to_owned();
        let mut told: Vec<(&str, &str)> = Vec::new();
        for row in self.0.iter().filter(|row| row.round > 0) {
            let key = (row.scenario, row.measure.as_str());
            if told.contains(&key) {
                continue;
            }
            told.push(key);
            let counted =
                self.0.iter().filter(|row| row.round > 0 && (row.scenario, row.measure.as_str()) == key);
            let all: Vec<&str> = counted.map(|row| row.value.as_str()).collect();
            out +=
                &format!("| {} | {} | {} | {} |\n", row.scenario, row.measure, median(&all), all.join(", "));
        }
        out
    }
}

/// Writes a time as benches print it.
pub(crate) fn milliseconds(time: Duration) -> String {
    format!("{:.1}", time.as_secs_f64() * 1e3)
}

fn median(all: &[&str]) -> String {
    let mut numbers: Vec<(f64, &str)> =
        all.iter().filter_map(|text| Some((text.parse().ok()?, *text))).collect();
    numbers.sort_by(|a, b| a.0.total_cmp(&b.0));
    numbers.get(numbers.len() / 2).map_or_else(String::new, |(_, text)| (*text).to_owned())
}

fn readme(table: &str) -> String {
    format!(
        "# Many units and large ones\n\n- Command: `{COMMAND}`\n- Machine: {}\n- Commit: `{}`\n- All numbers: `raw.csv`; \
         round 0 warmed up and does not count\n\n{table}",
        machine::machine(),
        machine::commit(),
    )
}
