//! Dialects that break one law each.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use windlass_core::{Dialect, Directives, Error, ErrorKind, Object, Result, Value};
use windlass_testkit::config_map;
use windlass_testkit::dialect::DialectHarness;
use windlass_testkit::suite::Harness;

const WAVE: &str = "own.example/wave";
const PHASE: &str = "own.example/phase";

/// A dialect of two annotations, or one that breaks the law named.
pub(crate) struct Stage(Arc<Own>);

impl Stage {
    pub(crate) fn honest() -> Self {
        Self::breaking("nothing")
    }

    pub(crate) fn breaking(breaks: &'static str) -> Self {
        Self(Arc::new(Own { breaks, read: AtomicBool::new(false) }))
    }
}

fn annotated(annotation: &str, value: &str) -> Object {
    let annotations = Value::from_iter([(annotation, Value::from(value))]);
    let set = |body: &mut Value| {
        let metadata = body.as_map_mut().unwrap().get_mut("metadata").unwrap();
        metadata.as_map_mut().unwrap().insert("annotations", annotations);
    };
    config_map("shop", "it", "").edit(set).unwrap()
}

impl Harness for Stage {}

impl DialectHarness for Stage {
    fn dialect(&self) -> Arc<dyn Dialect> {
        self.0.clone()
    }

    fn spoken(&self) -> Vec<(Object, Directives)> {
        let (mut wave, mut phase) = (Directives::default(), Directives::default());
        wave.wave = 3;
        phase.suspended = Some("before".into());
        vec![(annotated(WAVE, "3"), wave), (annotated(PHASE, "before"), phase)]
    }

    fn wrong(&self) -> Vec<(Object, String)> {
        vec![(annotated(WAVE, "third"), WAVE.into())]
    }
}

#[derive(Debug)]
struct Own {
    breaks: &'static str,
    read: AtomicBool,
}

impl Own {
    fn wave(&self, object: &Object) -> Result<Option<i32>> {
        let foreign = self.breaks == "what_others_annotate_is_not_read";
        let said = object.annotation(WAVE).or(object.annotation("nobody.example/wave").filter(|_| foreign));
        let Some(said) = said else { return Ok(None) };
        match said.parse() {
            Ok(wave) => Ok(Some(wave)),
            Err(_) if self.breaks == "a_wrong_value_names_annotation_and_object" => Ok(Some(0)),
            Err(_) => Err(Error::new(ErrorKind::Invalid, "not a whole number")
                .with("annotation", WAVE)
                .with("object", object.id())),
        }
    }
}

impl Dialect for Own {
    fn read(&self, object: &Object, into: &mut Directives) -> Result<()> {
        let wave = self.wave(object)?;
        let phase = object.annotation(PHASE).map(Into::into);
        match self.breaks {
            "what_is_not_spoken_of_stays" => into.suspended = phase,
            _ => into.suspended = phase.or_else(|| into.suspended.clone()),
        }
        into.wave = match self.breaks {
            "what_an_object_says_is_read" => wave.map_or(into.wave, |wave| wave + 1),
            _ => wave.unwrap_or(into.wave),
        };
        // The first reading is right, and each later one remembers it.
        if self.breaks == "reading_twice_gives_the_same" && wave.is_some() {
            into.keep |= self.read.swap(true, Ordering::SeqCst);
        }
        Ok(())
    }
}
