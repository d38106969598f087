//! Agreement with what Go's libraries write: recorded in `data/written.jsonl`, and asked live by `oracle/run compare`.

mod random;

use std::io::Write as _;
use std::process::{Command, Stdio};

use random::Random;
use windlass_core::Value;
use windlass_yaml::go;

const RECORDED: &str = include_str!("data/written.jsonl");

type Write = fn(&Value) -> String;

const WRITERS: [(&str, Write); 7] = [
    ("sigs.k8s.io/yaml", go::to_yaml),
    ("v3, 4", |value| go::to_yaml_v3(value, 4)),
    ("v3, 2", |value| go::to_yaml_v3(value, 2)),
    ("v3, 2, compact", |value| go::to_yaml_v3_compact(value, 2)),
    ("json", go::to_json),
    ("json without HTML escapes", go::to_json_unescaped),
    ("json, indented", |value| go::to_json_indent(value, "  ")),
];

/// Gives what differs; an answer that is an error is none, and an empty one stands for what depends on chance.
fn differences(value: &Value, answers: &Value) -> Vec<String> {
    let answers = answers.as_list().expect("the answers are a list");
    assert_eq!(answers.len(), WRITERS.len(), "there is an answer for each writer");
    let mut wrong = Vec::new();
    if go::try_to_yaml(value).is_err() != answers[0].is_null() {
        wrong.push(format!(
            "refused in only one of both, here {}: {:?}",
            go::try_to_yaml(value).is_err(),
            value.canonical()
        ));
    }
    for ((name, write), answer) in WRITERS.iter().zip(answers) {
        let ours = write(value);
        if answer.as_text().is_some_and(|answer| !answer.is_empty() && answer != ours) {
            wrong.push(format!(
                "{name}: {}\n go  {:?}\n here {ours:?}",
                value.canonical(),
                answer.as_text().unwrap_or_default()
            ));
        }
    }
    wrong
}

#[test]
fn every_recorded_value_is_written_as_in_go() {
    let mut wrong = Vec::new();
    let mut count = 0;
    for line in RECORDED.lines() {
        let case: Value = serde_json::from_str(line).expect("a line is JSON");
        let [value, answers] = case.as_list().expect("a line is a list") else {
            panic!("a line has a value and its answers")
        };
        count += 1;
        wrong.extend(differences(value, answers));
    }
    assert!(count > 300, "the recording is there");
    assert!(wrong.is_empty(), "{} differ:\n{}", wrong.len(), wrong.join("\n"));
}

#[test]
fn differential_random_values_are_written_as_in_go() {
    let Ok(oracle) = std::env::var("WINDLASS_ORACLE") else {
        println!("skipped: tests/oracle/run compare asks Go's libraries");
        return;
    };
    let number =
        |name: &str, default| std::env::var(name).ok().and_then(|text| text.parse().ok()).unwrap_or(default);
    let (documents, seed) = (number("WINDLASS_ORACLE_DOCUMENTS", 10_000), number("WINDLASS_ORACLE_SEED", 1));
    let mut random = Random::new(seed);
    let values: Vec<Value> = (0..documents).map(|_| random.document()).collect();
    let answers = ask(&oracle, &values);
    let wrong: Vec<String> =
        values.iter().zip(&answers).flat_map(|(value, answers)| differences(value, answers)).collect();
    let refused =
        answers.iter().filter(|answers| answers.as_list().is_some_and(|list| list[0].is_null())).count();
    println!("{documents} documents of seed {seed}, {refused} refused by Go, {} differences", wrong.len());
    assert_eq!(answers.len(), values.len());
    assert!(wrong.is_empty(), "{}", wrong.iter().take(20).cloned().collect::<Vec<_>>().join("\n"));
}

fn ask(oracle: &str, values: &[Value]) -> Vec<Value> {
    let mut child =
        Command::new(oracle).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().expect("the oracle starts");
    let mut input = child.stdin.take().expect("its input is a pipe");
    let questions: String = values.iter().map(|value| value.canonical() + "\n").collect();
    let writer = std::thread::spawn(move || input.write_all(questions.as_bytes()));
    let output = child.wait_with_output().expect("the oracle ends");
    writer.join().expect("the writer ends").expect("the oracle reads");
    let text = String::from_utf8(output.stdout).expect("answers are UTF-8");
    text.lines().map(|line| serde_json::from_str(line).expect("an answer is JSON")).collect()
}
