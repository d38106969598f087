//! Transforms that break one law each.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use windlass_core::{
    Cancel, Context, Digest, Error, ErrorKind, Need, Origin, RenderInput, Rendered, Renderer, Result,
    Transform, TreePath,
};
use windlass_testkit::renderer::Place;
use windlass_testkit::suite::{Check, Harness};
use windlass_testkit::transform::{Given, TransformHarness};
use windlass_testkit::{LinesRenderer, MemoryFiles, TestClock, ValuesTransform, files};

const SECRET: &str = "canary-77aa";

/// The transform of values behind a wrapper that breaks the law named, if any.
pub(crate) struct Stage {
    breaks: &'static str,
    transform: Arc<Saboteur>,
}

impl Stage {
    pub(crate) fn honest() -> Self {
        Self::breaking("nothing")
    }

    pub(crate) fn breaking(law: &'static str) -> Self {
        Self { breaks: law, transform: Arc::new(Saboteur::new(values("app/values"), law)) }
    }
}

fn values(path: &str) -> ValuesTransform {
    ValuesTransform::new(TreePath::new(path).unwrap())
}

/// Renders lines that take their values from elsewhere.
fn given(lines: &str, values: &str) -> Given {
    let files = files([("app/a.lines", lines), ("app/values", values)]);
    let (artifact, path) = (files.artifact(), TreePath::new("app").unwrap());
    let input = RenderInput::new(&artifact, &path);
    let rendered = LinesRenderer::new().render(&TestClock::new().context(), &input).unwrap();
    Given::new(files, rendered)
}

const GOOD: &str =
    "ConfigMap/shop/a color=${color}\nConfigMap/shop/b color=blue\nConfigMap/shop/c size=${size}\n";

impl Harness for Stage {}

impl TransformHarness for Stage {
    fn transform(&self) -> Arc<dyn Transform> {
        self.transform.clone()
    }

    fn variants(&self) -> Vec<Arc<dyn Transform>> {
        [values("other"), values("app/values").with_prefix("SHOP_")]
            .map(|inner| Arc::new(Saboteur::new(inner, self.breaks)) as _)
            .into()
    }

    fn name(&self) -> String {
        "values".into()
    }

    fn path(&self) -> TreePath {
        TreePath::new("app").unwrap()
    }

    fn good(&self) -> Given {
        given(GOOD, "color=red\nsize=2\n")
    }

    fn wrong(&self) -> (Given, Vec<Place>) {
        let places =
            vec![Place::new("app/values", 2), Place::new("app/a.lines", 1), Place::new("app/a.lines", 3)];
        (given(GOOD, "# nothing\nnonsense\n"), places)
    }

    fn twice(&self) -> Check<(Given, [Place; 2])> {
        let given = given("ConfigMap/shop/a\nConfigMap/shop/${x}\n", "x=a\n");
        Ok((given, [Place::new("app/a.lines", 1), Place::new("app/a.lines", 2)]))
    }

    fn missing(&self) -> Check<(Given, Vec<Need>)> {
        let mut given = self.good();
        given.files = MemoryFiles::new().with("app/a.lines", GOOD);
        Ok((given, vec![Need::File(TreePath::new("app/values").unwrap())]))
    }

    fn indiscreet(&self) -> (Given, String) {
        (given(&format!("Secret/shop/db password={SECRET}${{x}}\n"), SECRET), SECRET.into())
    }
}

#[derive(Debug)]
struct Saboteur {
    inner: ValuesTransform,
    breaks: &'static str,
    calls: AtomicUsize,
}

impl Saboteur {
    fn new(inner: ValuesTransform, breaks: &'static str) -> Self {
        Self { inner, breaks, calls: AtomicUsize::new(0) }
    }

    fn good(&self, mut after: Rendered) -> Rendered {
        let call = self.calls.fetch_add(1, Ordering::SeqCst);
        let changed = |origin: &Origin| origin.transformers.last().is_some_and(|last| *last == "values");
        match self.breaks {
            "transforming_twice_gives_the_same" => after.items.rotate_left(call % 2),
            "each_identity_is_there_once" => after.items.extend_from_within(..1),
            "what_the_render_said_stays" => after.warnings.clear(),
            "what_was_read_is_among_the_reads" => {
                after.reads.retain(|need, _| !matches!(need, Need::File(_)))
            }
            "a_change_of_what_was_read_changes_the_reads" => {
                let file = |need: &Need| matches!(need, Need::File(_));
                after
                    .reads
                    .iter_mut()
                    .filter(|(need, _)| file(need))
                    .for_each(|(_, digest)| *digest = Digest::of(b""));
            }
            _ => {}
        }
        for item in &mut after.items {
            let names = &mut Arc::make_mut(&mut item.origin);
            match self.breaks {
                "what_was_changed_names_the_transform" if changed(names) => drop(names.transformers.pop()),
                "what_was_not_changed_names_no_transform" if !changed(names) => {
                    names.transformers.push("values".into())
                }
                "what_changed_an_item_before_stays_named" => {
                    names.transformers.retain(|name| *name == "values")
                }
                _ => {}
            }
        }
        after
    }

    fn wrong(&self, before: &Rendered, error: Error) -> Result<Rendered> {
        let several = error.problems().len() > 1;
        let bare = |error: &Error| Error::new(error.kind(), error.message());
        match (self.breaks, error.kind()) {
            ("wrong_input_gives_no_items", ErrorKind::Invalid) if error.problems().len() > 2 => {
                Ok(before.clone())
            }
            ("what_was_not_fetched_is_never_left_out", ErrorKind::Unfetched) => Ok(before.clone()),
            ("a_failure_to_read_is_an_error", ErrorKind::Unavailable) => Ok(before.clone()),
            ("every_problem_is_reported_at_once", ErrorKind::Invalid) => Err(error.problems()[0].clone()),
            ("each_problem_names_file_and_line", ErrorKind::Invalid) if several => {
                Err(Error::all(error.problems().iter().map(bare)).unwrap())
            }
            ("two_items_with_one_identity_name_both_places", ErrorKind::Invalid) if !several => {
                Err(bare(&error).with("first", error.context("first").unwrap_or_default()))
            }
            ("no_content_is_shown_in_an_error", _) => Err(error.with_help(format!("mend {SECRET}"))),
            ("what_is_missing_lists_its_needs", ErrorKind::NotFound) => Err(bare(&error)),
            _ => Err(error),
        }
    }
}

impl Transform for Saboteur {
    fn fingerprint(&self) -> Digest {
        match self.breaks {
            "the_fingerprint_stays_the_same" => {
                let call = self.calls.fetch_add(1, Ordering::SeqCst).to_be_bytes();
                Digest::of_parts([self.inner.fingerprint().to_string().as_bytes(), &call])
            }
            "every_option_changes_the_fingerprint" => Digest::of(b"values"),
            _ => self.inner.fingerprint(),
        }
    }

    fn transform(&self, cx: &Context, input: &RenderInput<'_>, rendered: Rendered) -> Result<Rendered> {
        // Only asked at the beginning.
        cx.check()?;
        let deaf = cx.clone().with_cancel(Cancel::new());
        let cx = if self.breaks == "a_cancelled_transform_ends" { &deaf } else { cx };
        match self.inner.transform(cx, input, rendered.clone()) {
            Ok(after) => Ok(self.good(after)),
            Err(error) => self.wrong(&rendered, error),
        }
    }
}
