//! A renderer chosen by what lies in the folder.

use std::collections::BTreeMap;
use std::sync::Arc;

use windlass_core::{
    Context, Digest, EntryKind, Error, ErrorKind, Need, RenderInput, Rendered, Renderer, Result, Text,
};

/// Renders a folder by the renderer that one of its files asks for, and by another where none does.
///
/// ```
/// use windlass_render::{Auto, Manifests};
/// use windlass_testkit::LinesRenderer;
/// let renderer = Auto::otherwise(Manifests::new()).with_file(["app.lines"], LinesRenderer::new());
/// ```
///
/// Only the folder itself is looked at, not those below it. A path that is a file goes to the other renderer.
#[derive(Debug, Clone)]
pub struct Auto {
    choices: Vec<Choice>,
    otherwise: Arc<dyn Renderer>,
}

#[derive(Debug, Clone)]
struct Choice {
    files: Vec<Text>,
    renderer: Arc<dyn Renderer>,
}

impl Auto {
    /// Renders by `renderer` where no file asks for another.
    #[must_use]
    pub fn otherwise(renderer: impl Renderer) -> Self {
        Self { choices: Vec::new(), otherwise: Arc::new(renderer) }
    }

    /// Renders folders that hold a file of one of these names by `renderer`. A folder that asks for two renderers is
    /// an error.
    #[must_use]
    pub fn with_file<T: Into<Text>>(
        mut self,
        names: impl IntoIterator<Item = T>,
        renderer: impl Renderer,
    ) -> Self {
        let files = names.into_iter().map(Into::into).collect();
        self.choices.push(Choice { files, renderer: Arc::new(renderer) });
        self
    }

    fn choose(&self, files: &[(Text, &Choice)], input: &RenderInput<'_>) -> Result<Arc<dyn Renderer>> {
        match files {
            [] => Ok(Arc::clone(&self.otherwise)),
            [(_, choice)] => Ok(Arc::clone(&choice.renderer)),
            [(first, _), (second, _), ..] => {
                Err(Error::new(ErrorKind::Invalid, "the folder asks for two renderers")
                    .with("path", input.path)
                    .with("first", first)
                    .with("second", second)
                    .with_help("delete one of the two files, or give the engine the renderer that is meant"))
            }
        }
    }

    /// Finds the choices of which a file is there, each with that file. What cannot be listed is left to the other
    /// renderer, which says what is wrong with it.
    fn asking(&self, input: &RenderInput<'_>) -> Result<Vec<(Text, &Choice)>> {
        if self.choices.is_empty() {
            return Ok(Vec::new());
        }
        let entries = match input.artifact.files().list(input.path) {
            Ok(entries) => entries,
            Err(error) if matches!(error.kind(), ErrorKind::Invalid | ErrorKind::NotFound) => Vec::new(),
            Err(error) => return Err(error.with_each("path", input.path)),
        };
        let is_there =
            |name: &Text| entries.iter().any(|entry| entry.name == *name && entry.kind == EntryKind::File);
        let file_of = |choice: &Choice| choice.files.iter().find(|name| is_there(name)).cloned();
        Ok(self.choices.iter().filter_map(|choice| Some((file_of(choice)?, choice))).collect())
    }

    /// Writes down what decided: the files that were looked for, there or not.
    fn note(&self, input: &RenderInput<'_>, reads: &mut BTreeMap<Need, Digest>) -> Result<()> {
        for name in self.choices.iter().flat_map(|choice| &choice.files) {
            let path = input.path.join(name)?;
            if reads.contains_key(&Need::File(path.clone())) {
                continue;
            }
            let digest = match input.artifact.files().read(&path) {
                Ok(bytes) => Digest::of(&bytes),
                Err(error) if matches!(error.kind(), ErrorKind::Invalid | ErrorKind::NotFound) => {
                    Digest::of_parts([])
                }
                Err(error) => return Err(error.with_each("path", path)),
            };
            reads.insert(Need::File(path), digest);
        }
        Ok(())
    }
}

impl Renderer for Auto {
    fn fingerprint(&self) -> Digest {
        let mut parts = vec![self.otherwise.fingerprint().to_string()];
        for choice in &self.choices {
            parts.push(choice.renderer.fingerprint().to_string());
            parts.push(choice.files.len().to_string());
            parts.extend(choice.files.iter().map(ToString::to_string));
        }
        Digest::of_parts(parts.iter().map(String::as_bytes))
    }

    fn render(&self, cx: &Context, input: &RenderInput<'_>) -> Result<Rendered> {
        cx.check()?;
        let renderer = self.choose(&self.asking(input)?, input)?;
        let mut rendered = renderer.render(cx, input)?;
        self.note(input, &mut rendered.reads)?;
        Ok(rendered)
    }
}
