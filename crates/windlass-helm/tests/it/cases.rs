//! Our own cases: small charts with the bytes that both real tools print for them. `tests/cases/record` says how they are
//! written, and records them anew.

use std::collections::BTreeMap;
use std::path::Path;

use windlass_helm::template::HelmVersion;

use crate::command;

/// A case with the files of its chart and the answers of both versions.
#[derive(Debug, Default, Clone)]
struct Case {
    name: String,
    args: Vec<String>,
    files: BTreeMap<String, String>,
    answers: BTreeMap<char, (Answer, String)>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Answer {
    Printed,
    /// An error in these words.
    Failed,
    /// An error, whatever its words.
    FailedSomehow,
}

/// Where the lines that come belong.
enum Body {
    Nowhere,
    Shared(String),
    File(String),
    Answers(String),
}

fn read(text: &str) -> Vec<Case> {
    let mut shared = BTreeMap::<String, String>::new();
    let mut cases: Vec<Case> = Vec::new();
    let mut body = Body::Nowhere;
    for line in text.split_inclusive('\n') {
        let (mark, rest) = line.split_at_checked(4).unwrap_or((line, ""));
        let rest = rest.trim_end_matches('\n');
        match (mark, cases.last_mut()) {
            ("=== ", _) => {
                without_last_line(&mut shared, cases.last_mut(), &body);
                let (name, args) = rest.split_once(':').unwrap();
                let (name, args) = (name.to_owned(), words(args));
                cases.push(Case { name, args, files: shared.clone(), ..Case::default() });
                body = Body::Nowhere;
            }
            (">>> ", None) => body = Body::Shared(rest.trim().to_owned()),
            (">>> ", Some(case)) => {
                case.files.insert(rest.trim().to_owned(), String::new());
                body = Body::File(rest.trim().to_owned());
            }
            ("<<< " | "!!! " | "??? ", Some(case)) => {
                let answer = match mark {
                    "<<< " => Answer::Printed,
                    "!!! " => Answer::Failed,
                    _ => Answer::FailedSomehow,
                };
                for version in rest.chars().filter(char::is_ascii_digit) {
                    case.answers.insert(version, (answer, String::new()));
                }
                body = Body::Answers(rest.to_owned());
            }
            (_, case) => add(&mut shared, case, &body, line),
        }
    }
    cases
}

fn add(shared: &mut BTreeMap<String, String>, case: Option<&mut Case>, body: &Body, line: &str) {
    match (body, case) {
        (Body::Shared(path), _) => shared.entry(path.clone()).or_default().push_str(line),
        (Body::File(path), Some(case)) => case.files.entry(path.clone()).or_default().push_str(line),
        (Body::Answers(versions), Some(case)) => {
            case.answers
                .iter_mut()
                .filter(|(version, _)| versions.contains(**version))
                .for_each(|(_, (_, text))| text.push_str(line));
        }
        _ => {}
    }
}

/// The empty line before a case is not part of what comes before it.
fn without_last_line(shared: &mut BTreeMap<String, String>, case: Option<&mut Case>, body: &Body) {
    let text: Vec<&mut String> = match (body, case) {
        (Body::Shared(path), _) => shared.get_mut(path).into_iter().collect(),
        (Body::File(path), Some(case)) => case.files.get_mut(path).into_iter().collect(),
        (Body::Answers(versions), Some(case)) => {
            let answers = case.answers.iter_mut().filter(|(version, _)| versions.contains(**version));
            answers.map(|(_, (_, text))| text).collect()
        }
        _ => Vec::new(),
    };
    for text in text.into_iter().filter(|text| text.ends_with("\n\n") || *text == "\n") {
        text.pop();
    }
}

/// Splits arguments as a shell does, with single quotes.
fn words(text: &str) -> Vec<String> {
    let (mut words, mut word, mut quoted, mut any) = (Vec::new(), String::new(), false, false);
    for c in text.chars() {
        match c {
            '\'' => (quoted, any) = (!quoted, true),
            c if c.is_whitespace() && !quoted => {
                if any {
                    words.push(std::mem::take(&mut word));
                }
                any = false;
            }
            c => {
                word.push(c);
                any = true;
            }
        }
    }
    if any {
        words.push(word);
    }
    words
}

fn run(case: &Case, version: HelmVersion) -> Result<String, String> {
    let folder = tempfile::tempdir().unwrap();
    for (path, text) in &case.files {
        let path = folder.path().join(path);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    }
    let mut args: Vec<String> =
        ["rel", "c", "-n", "ns", "--kube-version", "1.34.0"].map(str::to_owned).into();
    args.extend(case.args.iter().cloned());
    command::run(&args, folder.path(), folder.path(), version)
}

/// Holds every case of a file against both answers.
fn check(file: &str) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/cases").join(file);
    let mut wrong = Vec::new();
    let cases = read(&std::fs::read_to_string(path).unwrap());
    assert!(!cases.is_empty(), "{file} has cases");
    for case in cases {
        assert_eq!(case.answers.len(), 2, "{} has an answer of each version", case.name);
        for (digit, (answer, expected)) in &case.answers {
            let version = if *digit == '3' { HelmVersion::V3 } else { HelmVersion::V4 };
            let right = match (run(&case, version), answer) {
                (Ok(found), Answer::Printed) if found == *expected => continue,
                (Err(_), Answer::FailedSomehow) => continue,
                (Err(found), Answer::Failed) if found.trim_end() == expected.trim_end() => continue,
                (found, _) => found,
            };
            wrong.push(format!("{} ({digit}): {right:#?}\nis not {answer:?} {expected}", case.name));
        }
    }
    assert!(wrong.is_empty(), "{} of {file} are wrong:\n{}", wrong.len(), wrong.join("\n\n"));
}

#[test]
fn charts_are_read_as_both_versions_read_them() {
    check("chart.txt");
}

#[test]
fn dependencies_take_part_as_in_both_versions() {
    check("dependencies.txt");
}

#[test]
fn files_and_objects_are_those_of_both_versions() {
    check("files.txt");
}

#[test]
fn output_has_the_bytes_of_both_versions() {
    check("output.txt");
}

#[test]
fn schemas_refuse_what_both_versions_refuse() {
    check("schema.txt");
}

#[test]
fn flags_set_what_they_set_in_both_versions() {
    check("set.txt");
}

#[test]
fn values_become_what_they_become_in_both_versions() {
    check("values.txt");
}
