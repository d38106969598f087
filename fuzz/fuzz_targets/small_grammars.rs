//! Small languages: the first byte chooses which.
#![no_main]

use std::collections::BTreeMap;
use std::fmt::Display;
use std::str::FromStr;
use std::sync::Arc;

use libfuzzer_sys::fuzz_target;
use windlass_cel::{Expression, Value as Cel};
use windlass_core::{
    Artifact, Digest, Item, Object, ObjectId, Origin, RenderInput, Rendered, Revision, Timestamp, Transform,
    TreePath, UnitId, Value,
};
use windlass_diff::{MaskRule, SchemaRef, spelling};
use windlass_fuzz::{CANARY, choice, context, texts, told, tree};
use windlass_kinds::quantity::Quantity;
use windlass_render::{Ignore, Substitute};
use windlass_semver::{Constraint, Version};

fuzz_target!(|bytes: &[u8]| {
    let Some((kind, bytes)) = choice(bytes, 6) else { return };
    match kind {
        0 => versions(bytes),
        1 => ignored(bytes),
        2 => expression(bytes),
        3 => substituted(bytes),
        4 => spellings(bytes),
        _ => words(bytes),
    }
});

fn versions(bytes: &[u8]) {
    let Some([range, one, other]) = texts(bytes) else { return };
    let _ = (Version::parse_without_zeros(one).is_ok(), Version::parse_strict(one).is_ok());
    let constraint = Constraint::parse(range);
    let (Ok(one), Ok(other)) = (Version::parse(one), Version::parse(other)) else { return };
    assert_eq!(one.compare(&other), other.compare(&one).reverse(), "versions have an order");
    assert!(Version::parse(&one.to_string()).is_ok_and(|again| again.compare(&one).is_eq()), "{one}");
    for next in [one.next_major(), one.next_minor(), one.next_patch()] {
        let _ = (
            next.to_string(),
            next.with_prerelease(other.prerelease()),
            next.with_metadata(other.metadata()),
        );
    }
    let Ok(constraint) = constraint else { return };
    for constraint in [constraint.clone(), constraint.with_prereleases()] {
        for version in [&one, &other] {
            assert_eq!(constraint.allows(version), constraint.check(version).is_ok(), "{range:?} {version}");
        }
        let _ = constraint.highest([one.original(), other.original()]).map_err(|near| near.to_string());
    }
}

fn ignored(bytes: &[u8]) {
    let Some([patterns, path]) = texts(bytes) else { return };
    let Ok(path) = TreePath::new(path) else { return };
    let (ours, git) = (Ignore::new(patterns), Ignore::git_files(&path));
    for is_folder in [false, true] {
        let _ = (ours.ignores(&path, is_folder), git.ignores(&path, is_folder));
    }
}

fn expression(bytes: &[u8]) {
    let Some([text, name]) = texts(bytes) else { return };
    let names = ["res", "req", "n", "l", "b"];
    let _ = Expression::compile_condition(text, &names).map_err(|invalid| invalid.to_string());
    let Ok(expression) = Expression::compile(text, &names) else { return };
    let list = Cel::list([Cel::Int(1), Cel::from(name), Cel::Double(0.5), Cel::Null]);
    let variables = BTreeMap::from([
        ("res", Cel::map([("name", Cel::from(name)), ("list", list.clone())])),
        ("req", Cel::from(name)),
        ("n", Cel::Int(i64::MIN)),
        ("l", list),
        ("b", Cel::Bool(true)),
    ]);
    let said = || format!("{:?}", expression.evaluate(&variables));
    assert_eq!(said(), said(), "an expression says the same again");
    let _ = expression.holds(&variables).map_err(|failure| failure.to_string());
}

/// `${…}` in a value and in a key.
fn substituted(bytes: &[u8]) {
    let Some([text, value]) = texts(bytes) else { return };
    if text.contains(CANARY) {
        return;
    }
    let body = Value::from_iter([
        ("apiVersion", Value::from("v1")),
        ("kind", "ConfigMap".into()),
        ("metadata", Value::from_iter([("name", Value::from("web"))])),
        ("data", Value::from_iter([("a", Value::from(text)), (text, "${secret}".into())])),
    ]);
    let Ok(object) = Object::new(body) else { return };
    let files = tree([]);
    let artifact = Artifact::new(Revision::new("sha1:1"), Digest::of(b"1"), Arc::new(files));
    let root = TreePath::root();
    for strict in [false, true] {
        let substitute = Substitute::new([("secret", CANARY), ("a", value), ("n", "1"), ("yes", "true")]);
        let substitute = substitute.with_strict(strict).with_checks(strict).with_always(true);
        let origin = Origin::new(TreePath::new("web.yaml").expect("it is a path"), 1, 1);
        let rendered = Rendered { items: vec![Item::new(object.clone(), origin)], ..Rendered::default() };
        match substitute.transform(&context(), &RenderInput::new(&artifact, &root), rendered) {
            Ok(rendered) => {
                let warned = rendered.warnings.iter().any(|warning| format!("{warning:?}").contains(CANARY));
                assert!(!warned, "a warning shows a value");
            }
            Err(error) => assert!(!told(&error).contains(CANARY), "an error shows a value: {}", told(&error)),
        }
    }
}

fn spellings(bytes: &[u8]) {
    let Some([one, other]) = texts(bytes) else { return };
    assert_eq!(spelling::same_quantity(one, other), spelling::same_quantity(other, one));
    assert_eq!(spelling::same_duration(one, other), spelling::same_duration(other, one));
    let (a, b) = (Value::from(one), Value::from(other));
    assert!(!spelling::same(SchemaRef::any(), Some(&a), Some(&a)), "a text is no other spelling of itself");
    let _ = (Quantity::of(&a), Quantity::of(&b));
    if let (Ok(one), Ok(other)) = (one.parse::<Quantity>(), other.parse::<Quantity>()) {
        assert_eq!(one.partial_cmp(&other), other.partial_cmp(&one).map(std::cmp::Ordering::reverse));
    }
}

/// What is read from a text is written, and reads to the same again.
fn words(bytes: &[u8]) {
    let Some([one, other]) = texts(bytes) else { return };
    again::<TreePath>(one);
    again::<UnitId>(one);
    again::<ObjectId>(one);
    again::<Digest>(one);
    again::<Timestamp>(one);
    let _ = one.parse::<MaskRule>();
    if let (Ok(path), Ok(to)) = (TreePath::new(one), TreePath::new(other)) {
        assert!(path.names().all(|name| !matches!(name, "" | "." | "..")), "a path stays inside");
        let _ = (path.join(other), path.is_under(&to), path.parent());
    }
}

fn again<T: FromStr + Display + PartialEq>(text: &str) {
    let Ok(read) = text.parse::<T>() else { return };
    let written = read.to_string();
    assert!(written.parse::<T>().is_ok_and(|again| again == read), "what was written reads: {written:?}");
}
