//! Expressions with the values that cel-go gives them, and what bounds them.

#![allow(clippy::unwrap_used, reason = "a test fails by it")]

use std::collections::BTreeMap;

use windlass_cel::{DEPTH_MAX, Expression, Failure, TEXT_BYTES_MAX, Value};

/// What the expressions are about. Flux reads every number of a message as one of floating point.
fn variables() -> BTreeMap<&'static str, Value> {
    let labels = Value::map([("app.kubernetes.io/name", Value::from("web"))]);
    let metadata = Value::map([("name", Value::from("web")), ("labels", labels)]);
    let res = [("apiVersion", Value::from("v1")), ("kind", Value::from("Web")), ("metadata", metadata)];
    let req = [
        ("tag", Value::from("shop/web:v1.2")),
        ("number", Value::Double(3.0)),
        ("tags", Value::list(["latest", "v1.2"].map(Value::from))),
        ("nothing", Value::Null),
    ];
    BTreeMap::from([("res", Value::map(res)), ("req", Value::map(req))])
}

fn shown(value: &Value) -> String {
    let text = |value: &Value| {
        let text = Expression::compile("string(x)", &["x"]).unwrap();
        match text.evaluate(&BTreeMap::from([("x", value.clone())])).unwrap() {
            Value::Text(text) => text.to_string(),
            other => format!("{other:?}"),
        }
    };
    match value {
        Value::Null => "null".to_owned(),
        Value::Bool(_) | Value::Int(_) => text(value),
        Value::Uint(_) => format!("{}u", text(value)),
        Value::Double(_) => format!("double({})", text(value)),
        Value::Text(text) => serde_json::to_string(&**text).unwrap(),
        Value::Bytes(bytes) => {
            format!("bytes({})", bytes.iter().map(|byte| format!("{byte:02x}")).collect::<String>())
        }
        Value::List(items) => format!("[{}]", items.iter().map(shown).collect::<Vec<_>>().join(", ")),
        Value::Map(entries) => {
            let entry = |(key, value): (&windlass_cel::Key, &Value)| {
                format!("{}: {}", serde_json::to_string(&key.to_string()).unwrap(), shown(value))
            };
            format!("{{{}}}", entries.iter().map(entry).collect::<Vec<_>>().join(", "))
        }
        Value::Optional(None) => "none".to_owned(),
        Value::Optional(Some(inner)) => format!("some({})", shown(inner)),
        Value::Type(name) => format!("type({name})"),
        other => format!("{other:?}"),
    }
}

fn outcome(text: &str) -> String {
    match Expression::compile(text, &["res", "req"]) {
        Err(_) => "invalid".to_owned(),
        Ok(expression) => {
            expression.evaluate(&variables()).map_or_else(|_| "failure".to_owned(), |value| shown(&value))
        }
    }
}

#[test]
fn expressions_have_the_values_that_cel_go_gives_them() {
    let recorded: Vec<&str> =
        include_str!("recorded.txt").lines().filter(|line| !line.starts_with('#')).collect();
    let mut wrong = Vec::new();
    for pair in recorded.chunks(2) {
        let (text, expected, found) = (pair[0], pair[1].trim(), outcome(pair[0]));
        // A constant that has no value does not compile with cel-go, which evaluates it at once.
        if found != expected && (expected, found.as_str()) != ("invalid", "failure") {
            wrong.push(format!("{text}: {found}, not {expected}"));
        }
    }
    assert!(recorded.len() > 200 && wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn kinds_of_items_are_not_checked() {
    assert_eq!(outcome("1 in [1.0, 2.0]"), "true");
    assert_eq!(outcome("[1, 'a']"), "[1, \"a\"]");
}

#[test]
fn a_filter_gives_a_condition() {
    let told =
        |text| Expression::compile_condition(text, &["req"]).map(drop).map_err(|error| error.to_string());
    assert_eq!(told("req.value == 'test'"), Ok(()));
    // As Flux says it.
    assert_eq!(
        told("'test'"),
        Err("CEL expression output type mismatch: expected bool, got string (column=1)".into())
    );
    assert_eq!(
        told("req.flag"),
        Err("CEL expression output type mismatch: expected bool, got dyn (column=1)".into())
    );
    assert_eq!(told("requrest.body"), Err("undeclared reference to 'requrest' (column=1)".into()));
}

#[test]
fn failures_say_what_is_missing() {
    let told = |text| {
        Expression::compile(text, &["res", "req"]).unwrap().evaluate(&variables()).unwrap_err().to_string()
    };
    assert_eq!(told("res.name"), "no such key: name");
    assert_eq!(told("req.tags[7]"), "index out of bounds: 7");
    assert_eq!(told("1 / 0"), "division by zero");
    assert_eq!(told("req.?missing.value()"), "optional.none() dereference");
}

#[test]
fn depth_length_and_work_have_limits() {
    let told = |text: &str| Expression::compile(text, &[]).unwrap_err().to_string();
    let deep = |count: usize| format!("{}1{}", "(".repeat(count), ")".repeat(count));
    assert!(Expression::compile(&deep(DEPTH_MAX - 1), &[]).is_ok());
    assert!(told(&deep(DEPTH_MAX + 1)).starts_with("the expression is too deep"));
    assert!(told(&vec!["1"; DEPTH_MAX + 5].join(" + ")).starts_with("the expression is too deep"));
    assert!(told(&" ".repeat(TEXT_BYTES_MAX + 1)).starts_with("the expression is too long"));
    assert!(told(&"[".repeat(TEXT_BYTES_MAX)).starts_with("the expression is too deep"));
    assert!(told(&"-".repeat(TEXT_BYTES_MAX)).starts_with("the expression ends"));
    let list = format!("[{}]", vec!["1"; 200].join(","));
    let much = format!("{list}.all(a, {list}.all(b, {list}.all(c, a + b + c > 0)))");
    let failure = Expression::compile(&much, &[]).unwrap().evaluate(&BTreeMap::new()).unwrap_err();
    assert_eq!(failure, Failure::TooMuchWork);
    let grown = format!("{:?}", "x".repeat(10_000));
    let grown = (0..10).fold(grown, |text, _| format!("[{text}].map(x, x + x)[0]"));
    let failure = Expression::compile(&grown, &[]).unwrap().evaluate(&BTreeMap::new()).unwrap_err();
    assert_eq!(failure, Failure::TooMuchWork);
}
