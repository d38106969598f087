//! Renderers that break one law each.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use windlass_core::{
    Cancel, Context, Digest, Error, ErrorKind, Item, Limits, Need, RenderInput, Rendered, Renderer, Result,
    TreePath,
};
use windlass_testkit::renderer::{Place, RendererHarness};
use windlass_testkit::suite::{Check, Harness};
use windlass_testkit::{LinesRenderer, MemoryFiles, files};

const SECRET: &str = "canary-77aa";

/// The renderer of lines behind a wrapper that breaks the law named, if any.
pub(crate) struct Stage {
    breaks: &'static str,
    renderer: Arc<Saboteur>,
}

impl Stage {
    pub(crate) fn honest() -> Self {
        Self::breaking("nothing")
    }

    pub(crate) fn breaking(law: &'static str) -> Self {
        Self { breaks: law, renderer: Arc::new(Self::wrap(LinesRenderer::new(), law)) }
    }

    fn wrap(inner: LinesRenderer, breaks: &'static str) -> Saboteur {
        Saboteur { inner, breaks, calls: AtomicUsize::new(0) }
    }
}

impl Harness for Stage {}

impl RendererHarness for Stage {
    fn renderer(&self) -> Arc<dyn Renderer> {
        self.renderer.clone()
    }

    fn variants(&self) -> Vec<Arc<dyn Renderer>> {
        let new = LinesRenderer::new;
        [new().with_namespace("shop"), new().with_suffix(".txt")]
            .map(|inner| Arc::new(Self::wrap(inner, self.breaks)) as _)
            .into()
    }

    fn path(&self) -> TreePath {
        TreePath::new("app").unwrap()
    }

    fn good(&self) -> MemoryFiles {
        files([
            ("app/a.lines", "# first\nConfigMap/shop/a color=red\nConfigMap/shop/b color=blue\n"),
            ("app/deep/c.lines", "Deployment.apps/shop/c image=c:1\ninclude base.lines\n"),
            ("base.lines", "Namespace//shop\n"),
        ])
    }

    fn wrong(&self) -> (MemoryFiles, Vec<Place>) {
        let files = self.good().with("app/x.lines", "nonsense\nConfigMap/shop/x\nConfigMap/shop/y color\n");
        let files = files.with("app/y.lines", "\ninclude ../outside\n");
        (
            files,
            vec![Place::new("app/x.lines", 1), Place::new("app/x.lines", 3), Place::new("app/y.lines", 2)],
        )
    }

    fn twice(&self) -> (MemoryFiles, [Place; 2]) {
        let files = self.good().with("app/b.lines", "\n\nConfigMap/shop/b color=green\n");
        (files, [Place::new("app/a.lines", 3), Place::new("app/b.lines", 3)])
    }

    fn missing(&self) -> Check<(MemoryFiles, Vec<Need>)> {
        let needs = ["lib/one.lines", "lib/two.lines"];
        let files = self.good().with("app/z.lines", format!("include {}\ninclude {}\n", needs[0], needs[1]));
        Ok((files, needs.map(|path| Need::File(TreePath::new(path).unwrap())).into()))
    }

    fn indiscreet(&self) -> (MemoryFiles, String) {
        let files = self.good().with("app/s.lines", format!("Secret/shop/db {SECRET}\n{SECRET}\n"));
        (files, SECRET.into())
    }
}

#[derive(Debug)]
struct Saboteur {
    inner: LinesRenderer,
    breaks: &'static str,
    calls: AtomicUsize,
}

impl Saboteur {
    fn context(&self, cx: &Context) -> Context {
        let mut limits = cx.limits().clone();
        match self.breaks {
            "more_objects_than_the_limit_are_refused" => limits.objects_max = Limits::default().objects_max,
            "more_bytes_than_the_limit_are_refused" => {
                limits.artifact_bytes_max = Limits::default().artifact_bytes_max;
            }
            // Only asked at the beginning.
            "a_cancelled_render_ends" => return cx.clone().with_cancel(Cancel::new()),
            _ => {}
        }
        cx.clone().with_limits(limits)
    }

    fn good(&self, mut rendered: Rendered) -> Rendered {
        let call = self.calls.fetch_add(1, Ordering::SeqCst);
        match self.breaks {
            "rendering_twice_gives_the_same" => rendered.items.rotate_left(call % 2),
            "each_identity_is_rendered_once" => rendered.items.extend_from_within(..1),
            "each_item_says_where_it_was_written" => {
                for Item { origin, .. } in &mut rendered.items {
                    Arc::make_mut(origin).line = 0;
                }
            }
            "each_file_of_an_item_is_among_the_reads" => rendered.reads.clear(),
            "a_change_of_what_was_read_changes_the_reads" => {
                rendered.reads.values_mut().for_each(|digest| *digest = Digest::of(b""));
            }
            _ => {}
        }
        rendered
    }

    fn wrong(&self, error: Error) -> Result<Rendered> {
        let several = error.problems().len() > 1;
        let bare = |error: &Error| Error::new(error.kind(), error.message());
        let empty = Ok(Rendered::default());
        match (self.breaks, error.kind()) {
            ("wrong_input_gives_no_items", ErrorKind::Invalid) if several => empty,
            ("what_was_not_fetched_is_never_left_out", ErrorKind::Unfetched) => empty,
            ("a_failure_to_read_is_never_an_empty_render", ErrorKind::Unavailable) => empty,
            ("a_missing_folder_is_an_error", ErrorKind::NotFound) if error.needs().is_empty() => empty,
            ("every_problem_is_reported_at_once", ErrorKind::Invalid) => Err(error.problems()[0].clone()),
            ("each_problem_names_file_and_line", ErrorKind::Invalid) if several => {
                Err(Error::all(error.problems().iter().map(bare)).unwrap())
            }
            ("all problems in one place", ErrorKind::Invalid) if several => {
                Err(Error::all(error.problems().iter().map(|_| error.problems()[0].clone())).unwrap())
            }
            ("two_items_with_one_identity_name_both_places", ErrorKind::Invalid) if !several => {
                Err(bare(&error).with("first", error.context("first").unwrap()))
            }
            ("no_content_is_shown_in_an_error", _) => Err(error.with_help(format!("mend {SECRET}"))),
            ("what_is_missing_lists_its_needs", ErrorKind::NotFound) => Err(bare(&error)),
            _ => Err(error),
        }
    }
}

impl Renderer for Saboteur {
    fn fingerprint(&self) -> Digest {
        match self.breaks {
            "the_fingerprint_stays_the_same" => {
                let call = self.calls.fetch_add(1, Ordering::SeqCst).to_be_bytes();
                Digest::of_parts([self.inner.fingerprint().to_string().as_bytes(), &call])
            }
            "every_option_changes_the_fingerprint" => Digest::of(b"lines"),
            _ => self.inner.fingerprint(),
        }
    }

    fn render(&self, cx: &Context, input: &RenderInput<'_>) -> Result<Rendered> {
        cx.check()?;
        match self.inner.render(&self.context(cx), input) {
            Ok(rendered) => Ok(self.good(rendered)),
            Err(error) => self.wrong(error),
        }
    }
}
