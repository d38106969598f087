//! Versions and constraints against the tables of Masterminds/semver (`source/semver` of the conformance data).

#![allow(clippy::unwrap_used, clippy::print_stdout, reason = "a test fails by it, and prints its score")]

use std::collections::BTreeSet;
use std::fmt::Debug;
use std::fs;
use std::path::{Path, PathBuf};

use serde_json::Value;
use windlass_semver::{Constraint, Version};

fn equal<T: PartialEq + Debug>(got: T, expected: T) -> Result<(), String> {
    if got == expected { Ok(()) } else { Err(format!("got {got:?}, expected {expected:?}")) }
}

fn text<'r>(row: &'r Value, field: &str) -> &'r str {
    row[field].as_str().unwrap_or_default()
}

fn version(row: &Value, field: &str) -> Result<Version, String> {
    Version::parse(text(row, field)).map_err(|error| format!("{field}: {error}"))
}

fn constraint(row: &Value, field: &str) -> Result<Constraint, String> {
    let read = Constraint::parse(text(row, field)).map_err(|error| format!("{field}: {error}"))?;
    Ok(if text(row, "test").ends_with("IncludePrerelease") { read.with_prereleases() } else { read })
}

/// What the first table of a test checks, and what the second one of it says.
fn check_constraint(row: &Value) -> Result<(), String> {
    let (constraint, version) = (constraint(row, "constraint")?, version(row, "version")?);
    let reasons = constraint.check(&version).err();
    if let Some(message) = row["msg"].as_str() {
        let reasons = reasons.ok_or("it is allowed")?;
        return equal(reasons[0].to_string().as_str(), message);
    }
    let expected = row["check"].as_bool().ok_or("no answer is known")?;
    equal((constraint.allows(&version), reasons.is_none()), (expected, expected))
}

fn new_constraint(row: &Value) -> Result<(), String> {
    let read = Constraint::parse(text(row, "input"));
    equal(read.is_err(), row["err"].as_bool().ok_or("no answer is known")?)?;
    let Ok(read) = read else { return Ok(()) };
    let shown = read.to_string();
    let groups: Vec<&str> = shown.split(" || ").collect();
    equal(groups.len() as u64, row["ors"].as_u64().unwrap_or_default())?;
    equal(groups[0].split(' ').count() as u64, row["count"].as_u64().unwrap_or_default())
}

fn normal_form(row: &Value, expected: &str) -> Result<(), String> {
    let first = constraint(row, "constraint")?.to_string();
    equal(first.as_str(), text(row, expected))?;
    equal(Constraint::parse(&first).map_err(|error| error.to_string())?.to_string(), first)
}

fn order(row: &Value) -> Result<(), String> {
    let null = [&row["v1"], &row["v2"]].map(Value::is_null);
    if null.contains(&true) {
        return equal(null == [true, true], row["expected"].as_bool().ok_or("no answer is known")?);
    }
    let order = version(row, "v1")?.compare(&version(row, "v2")?);
    match text(row, "test") {
        "TestCompare" => equal(Some(order as i64), row["expected"].as_i64()),
        "TestLessThan" => equal(Some(order.is_lt()), row["expected"].as_bool()),
        "TestLessThanEqual" => equal(Some(order.is_le()), row["expected"].as_bool()),
        "TestGreaterThan" => equal(Some(order.is_gt()), row["expected"].as_bool()),
        "TestGreaterThanEqual" => equal(Some(order.is_ge()), row["expected"].as_bool()),
        _ => equal(Some(order.is_eq()), row["expected"].as_bool()),
    }
}

fn inc(row: &Value) -> Result<(), String> {
    let from = version(row, "v1")?;
    let next = match text(row, "how") {
        "major" => from.next_major(),
        "minor" => from.next_minor(),
        _ => from.next_patch(),
    };
    equal(next.to_string().as_str(), text(row, "expected"))?;
    equal(next.original(), text(row, "expectedOriginal"))
}

fn set(row: &Value, field: &str) -> Result<(), String> {
    let from = version(row, "v1")?;
    let part = text(row, field);
    let next = if field == "metadata" { from.with_metadata(part) } else { from.with_prerelease(part) };
    let error = next.as_ref().err().map(ToString::to_string);
    equal(error.as_deref(), row["expectedErr"].as_str())?;
    let next = next.unwrap_or(from);
    equal(next.to_string().as_str(), text(row, "expectedVersion"))?;
    equal(next.original(), text(row, "expectedOriginal"))?;
    let (got, expected) = match field {
        "metadata" => (next.metadata(), "expectedMetadata"),
        _ => (next.prerelease(), "expectedPrerelease"),
    };
    equal(got, text(row, expected))
}

fn validate(row: &Value, field: &str) -> Result<(), String> {
    let plain = Version::parse("1.2.3").unwrap();
    let part = text(row, field);
    let made = if field == "meta" { plain.with_metadata(part) } else { plain.with_prerelease(part) };
    equal(made.err().map(|error| error.to_string()).as_deref(), row["expected"].as_str())
}

fn check(row: &Value) -> Result<(), String> {
    let fails = || row["err"].as_bool().ok_or("no answer is known".to_owned());
    match text(row, "test") {
        "TestNewConstraint" => new_constraint(row),
        "TestConstraintString" => normal_form(row, "st"),
        "TestTextMarshalConstraints" | "TestTextUnmarshalConstraints" => normal_form(row, "want"),
        "TestNewVersion" => equal(Version::parse_without_zeros(text(row, "version")).is_err(), fails()?),
        "TestStrictNewVersion" => equal(Version::parse_strict(text(row, "version")).is_err(), fails()?),
        "TestNewVersionCheckError" => {
            let error =
                Version::parse_without_zeros(text(row, "version")).err().map(|error| error.to_string());
            equal(error.as_deref(), row["wantErr"].as_str())
        }
        "TestCoerceString" => equal(version(row, "version")?.to_string().as_str(), text(row, "expected")),
        "TestOriginalVPrefix" => equal(
            if version(row, "version")?.original().starts_with('v') { "v" } else { "" },
            text(row, "vprefix"),
        ),
        "TestInc" => inc(row),
        "TestSetPrerelease" => set(row, "prerelease"),
        "TestSetMetadata" => set(row, "metadata"),
        "TestValidatePrerelease" => validate(row, "pre"),
        "TestValidateMetadata" => validate(row, "meta"),
        _ if row.get("constraint").is_some() => check_constraint(row),
        _ if row.get("v1").is_some() => order(row),
        other => Err(format!("no such test: {other}")),
    }
}

#[test]
fn conformance_semver() {
    let workspace = Path::new(env!("CARGO_MANIFEST_DIR")).ancestors().nth(2).unwrap();
    let root =
        std::env::var_os("WINDLASS_GOLDENS").map_or_else(|| workspace.join("target/goldens"), PathBuf::from);
    let Ok(text) = fs::read_to_string(root.join("source/semver.jsonl")) else {
        let required = std::env::var_os("WINDLASS_GOLDENS_REQUIRED").is_some_and(|set| set == "1");
        assert!(!required, "the data of source/semver is required and absent");
        println!("skipped source/semver: the conformance data is absent");
        return;
    };
    let rows: Vec<Value> = text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let misses: Vec<String> = rows
        .iter()
        .filter_map(|row| check(row).err().map(|why| format!("{}: {why} {row}", row["id"])))
        .collect();
    println!("score source/semver {}/{}", rows.len() - misses.len(), rows.len());
    fs::create_dir_all(workspace.join("target/misses")).unwrap();
    fs::write(workspace.join("target/misses/source-semver.txt"), misses.join("\n")).unwrap();
    // Two tables of one name, for two settings that the rows do not tell, give some versions both answers.
    let said: BTreeSet<(&str, &str, bool)> = rows.iter().filter_map(verdict).collect();
    let twofold = |row: &Value| {
        verdict(row).is_some_and(|(test, version, fails)| said.contains(&(test, version, !fails)))
    };
    let wrong: Vec<&Value> = rows.iter().filter(|row| check(row).is_err() && !twofold(row)).collect();
    assert!(wrong.is_empty(), "{wrong:?}");
}

/// A row that says of a version alone whether it is one.
fn verdict(row: &Value) -> Option<(&str, &str, bool)> {
    let text = |key| row.get(key).and_then(Value::as_str);
    Some((text("test")?, text("version")?, row.get("err")?.as_bool()?))
        .filter(|_| row.get("constraint").is_none())
}
