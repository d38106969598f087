//! The laws of [`Renderer`].

pub(crate) mod inputs;
mod problems;
mod rendering;

use std::sync::Arc;

pub use problems::*;
pub use rendering::*;
use windlass_core::{Artifact, Context, Error, Need, RenderInput, Rendered, Renderer, Result, TreePath};

use crate::MemoryFiles;
use crate::suite::{Check, Findings, Harness, ensure, lacking, ok, run_all};

/// A renderer, and inputs in its own language: right ones, and wrong ones of each sort.
pub trait RendererHarness: Harness {
    /// Gives the renderer.
    fn renderer(&self) -> Arc<dyn Renderer>;

    /// Gives the renderer with each option that can change the output changed, one at a time.
    fn variants(&self) -> Vec<Arc<dyn Renderer>>;

    /// Gives the folder to render, of all inputs.
    fn path(&self) -> TreePath {
        TreePath::root()
    }

    /// Gives input that renders to two objects or more, from two files or more, each of which may end in one line
    /// end more without any other effect.
    fn good(&self) -> MemoryFiles;

    /// Gives input with several mistakes, and the places of all of them.
    fn wrong(&self) -> (MemoryFiles, Vec<Place>);

    /// Gives input in which one identity is written twice, and the two places.
    fn twice(&self) -> (MemoryFiles, [Place; 2]);

    /// Gives input that needs something that is not there, and what.
    ///
    /// # Errors
    /// [`Unmet::Lacking`](crate::suite::Unmet::Lacking) where no input can need anything.
    fn missing(&self) -> Check<(MemoryFiles, Vec<Need>)> {
        lacking("missing")
    }

    /// Gives wrong input with a secret on the wrong line, and the secret.
    fn indiscreet(&self) -> (MemoryFiles, String);
}

/// A line of a file of the input.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Place {
    /// The file.
    pub file: String,
    /// The line, from 1.
    pub line: u32,
}

impl Place {
    /// Makes a place.
    #[must_use]
    pub fn new(file: &str, line: u32) -> Self {
        Self { file: file.into(), line }
    }

    /// Says whether an error names the place: as `file:line`, or the file and a context `line`.
    pub(crate) fn is_named_by(&self, error: &Error) -> bool {
        let text = error.to_string();
        let whole = format!("{}:{}", self.file, self.line);
        let ends = |rest: &str| !rest.starts_with(|next: char| next.is_ascii_digit());
        let together = text.match_indices(&whole).any(|(at, _)| ends(&text[at + whole.len()..]));
        let line = error.context("line").is_some_and(|line| line == self.line.to_string());
        together || (line && text.contains(&self.file))
    }

    /// Checks that each problem names one of the places, and each place is named by a problem.
    pub(crate) fn all_named(places: &[Self], error: &Error) -> Check {
        for problem in error.problems() {
            let named = places.iter().any(|place| place.is_named_by(problem));
            ensure!(named, "a problem names none of the places where there is one: {problem}");
        }
        // Where fewer are reported than there are, another law is broken.
        if error.problems().len() < places.len() {
            return Ok(());
        }
        for place in places {
            let named = error.problems().iter().any(|problem| place.is_named_by(problem));
            ensure!(named, "no problem names {}:{}: {error}", place.file, place.line);
        }
        Ok(())
    }
}

crate::__renderer_laws!(__law_table(RendererHarness));

/// Checks every law, each on a harness of its own.
pub fn check_all<H: RendererHarness + 'static>(make: impl Fn() -> H) -> Findings {
    run_all::<dyn RendererHarness>(LAWS, || Box::new(make()))
}

fn render(harness: &dyn RendererHarness, artifact: &Artifact) -> Result<Rendered> {
    render_in(harness, &harness.context(), artifact)
}

fn render_in(harness: &dyn RendererHarness, cx: &Context, artifact: &Artifact) -> Result<Rendered> {
    harness.renderer().render(cx, &RenderInput::new(artifact, &harness.path()))
}

/// Renders what must render.
fn good(harness: &dyn RendererHarness) -> Check<Rendered> {
    ok(render(harness, &harness.good().artifact()), "rendering good input")
}
