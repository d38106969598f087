//! The laws of [`Dialect`].

use std::sync::Arc;
use std::time::Duration;

use windlass_core::{Dialect, Directives, ErrorKind, Map, Mode, Object, Value};

use crate::suite::{Check, Findings, Harness, Unmet, ensure, exposed, fails, ok, run_all};

/// A dialect, and objects that speak it.
pub trait DialectHarness: Harness {
    /// Gives the dialect.
    fn dialect(&self) -> Arc<dyn Dialect>;

    /// Makes objects that say something, each with what is read where nothing was said before.
    fn spoken(&self) -> Vec<(Object, Directives)>;

    /// Makes objects with a value that cannot be read, each with the name of the annotation.
    fn wrong(&self) -> Vec<(Object, String)>;
}

crate::__dialect_laws!(__law_table(DialectHarness));

/// Checks every law, each on a harness of its own.
pub fn check_all<H: DialectHarness + 'static>(make: impl Fn() -> H) -> Findings {
    run_all::<dyn DialectHarness>(LAWS, || Box::new(make()))
}

/// Reads into what is there, where it must be read.
fn read(harness: &dyn DialectHarness, object: &Object, mut into: Directives) -> Check<Directives> {
    ok(harness.dialect().read(object, &mut into), &format!("reading {}", object.id()))?;
    Ok(into)
}

/// What others have said of everything.
fn filled() -> Directives {
    let mut filled = Directives::default();
    filled.suspended = Some("somebody's".into());
    (filled.wave, filled.keep) = (-77, true);
    filled.mode = Some(Mode::Replace);
    filled.after = vec![crate::id("ConfigMap/shop/of-somebody")];
    filled.time_limit = Some(Duration::from_secs(77));
    filled
}

/// Gives the object with these annotations and no others.
fn annotated(object: &Object, annotations: &[(&str, &str)]) -> Check<Object> {
    let annotations: Value = annotations.iter().map(|(name, value)| (*name, Value::from(*value))).collect();
    let set = |body: &mut Value| {
        let metadata = body.as_map_mut().map(|body| body.entry("metadata", || Value::Map(Map::new())));
        metadata.and_then(Value::as_map_mut).map(|metadata| metadata.insert("annotations", annotations));
    };
    object.edit(set).map_err(Unmet::broken)
}

/// What an object says is read.
///
/// # Errors
/// Where it does not hold.
pub fn what_an_object_says_is_read(harness: &dyn DialectHarness) -> Check {
    let spoken = harness.spoken();
    ensure!(!spoken.is_empty(), "the harness must have objects that say something");
    for (object, expected) in spoken {
        let found = read(harness, &object, Directives::default())?;
        ensure!(found == expected, "{} says {expected:?}, and {found:?} is read", object.id());
    }
    Ok(())
}

/// Reading twice gives the same.
///
/// # Errors
/// Where it does not hold.
pub fn reading_twice_gives_the_same(harness: &dyn DialectHarness) -> Check {
    for (object, _) in harness.spoken() {
        let first = read(harness, &object, Directives::default())?;
        let second = read(harness, &object, Directives::default())?;
        ensure!(first == second, "of {} {first:?} is read, and then {second:?}", object.id());
    }
    Ok(())
}

/// What an object does not speak of stays as others have said it.
///
/// # Errors
/// Where it does not hold.
pub fn what_is_not_spoken_of_stays(harness: &dyn DialectHarness) -> Check {
    for (object, said) in harness.spoken() {
        let silent = annotated(&object, &[])?;
        let found = read(harness, &silent, filled())?;
        ensure!(found == filled(), "an object without annotations made {:?} into {found:?}", filled());
        let found = read(harness, &object, filled())?;
        let stays = [
            ("suspended", said.suspended.is_some() || found.suspended == filled().suspended),
            ("mode", said.mode.is_some() || found.mode == filled().mode),
            ("after", found.after.starts_with(&filled().after)),
            ("time limit", said.time_limit.is_some() || found.time_limit == filled().time_limit),
        ];
        let lost = stays.iter().find(|(_, stays)| !stays);
        ensure!(lost.is_none(), "{} does not speak of {lost:?}, but made {found:?}", object.id());
    }
    Ok(())
}

/// What others annotate is not read.
///
/// # Errors
/// Where it does not hold.
pub fn what_others_annotate_is_not_read(harness: &dyn DialectHarness) -> Check {
    let foreign = [
        ("nobody.example/wave", "7"),
        ("nobody.example/sync-wave", "x"),
        ("nobody.example/prune", "disabled"),
        ("nobody.example/resource-policy", "keep"),
        ("wave", "7"),
    ];
    for (object, _) in harness.spoken() {
        let found = read(harness, &annotated(&object, &foreign)?, Directives::default())?;
        ensure!(found == Directives::default(), "of what others annotate {found:?} is read");
    }
    Ok(())
}

/// A value that cannot be read is `Invalid`, never a default, and the error names annotation and object.
///
/// # Errors
/// Where it does not hold.
pub fn a_wrong_value_names_annotation_and_object(harness: &dyn DialectHarness) -> Check {
    let wrong = harness.wrong();
    ensure!(!wrong.is_empty(), "the harness must have objects with values that cannot be read");
    for (object, annotation) in wrong {
        let done = harness.dialect().read(&object, &mut Directives::default());
        let text = exposed(&done);
        fails(done, &[ErrorKind::Invalid], &format!("a wrong value of {annotation}"))?;
        let named = text.contains(&annotation) && text.contains(&object.id().to_string());
        ensure!(named, "the error does not name {annotation} and {}: {text}", object.id());
    }
    Ok(())
}
