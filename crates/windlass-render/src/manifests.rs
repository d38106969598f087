//! The renderer of plain manifests.

use std::collections::BTreeMap;

use windlass_core::{
    Context, Digest, Error, ErrorKind, Item, Need, ObjectId, RenderInput, Rendered, Renderer, Result, Text,
    TreePath, Value, Warning,
};
use windlass_yaml::{Format, Options, Reader};

use crate::objects::Objects;
use crate::problems::Problems;
use crate::walk::{Found, Walk, ends_render};

/// Renders plain manifests: every YAML and JSON file under a path, or one file.
///
/// - `kind: List`, and every kind that ends in `List` and has `items`, stands for its items.
/// - `.sourceignore` and `.windlassignore`, in the folder of the render, below it and above it up to the root, leave
///   files out; the deeper one decides, and `.windlassignore` over `.sourceignore`.
/// - The files of build services that Flux leaves out of every source are left out too: `appveyor.yml`, `cloudbuild.yaml`,
///   `codeship-services.yml`, `codeship-steps.yml`. An ignore file brings them back with `!`.
/// - Names that begin with a dot are left out.
/// - A name such as `web.yaml.j2` is a warning. So is a submodule, or a link that leads nowhere or out of the tree, unless
///   its name is that of a manifest: then it is an error.
/// - Two places with one object are an error that names both.
///
/// ```
/// use windlass_render::Manifests;
/// let renderer = Manifests::new().with_include(["/base", "/prod"]).with_exclude(["*.test.yaml"]);
/// ```
#[derive(Debug, Clone)]
pub struct Manifests {
    pub(crate) include: Vec<Text>,
    pub(crate) exclude: Vec<Text>,
    pub(crate) extensions: Vec<Text>,
    pub(crate) ignore_files: Vec<Text>,
    pub(crate) recursive: bool,
    pub(crate) hidden: bool,
}

impl Default for Manifests {
    fn default() -> Self {
        Self::new()
    }
}

impl Manifests {
    /// Makes a renderer of `.yaml`, `.yml` and `.json` files in all folders, in whatever case they are written.
    #[must_use]
    pub fn new() -> Self {
        Self {
            include: Vec::new(),
            exclude: Vec::new(),
            extensions: texts(["json", "yaml", "yml"]),
            ignore_files: texts([".sourceignore", ".windlassignore"]),
            recursive: true,
            hidden: false,
        }
    }

    /// Renders only files that match one of these gitignore patterns, seen from the path of the render.
    #[must_use]
    pub fn with_include<T: Into<Text>>(mut self, patterns: impl IntoIterator<Item = T>) -> Self {
        self.include = texts(patterns);
        self
    }

    /// Leaves out files that match one of these gitignore patterns, whatever an ignore file says.
    #[must_use]
    pub fn with_exclude<T: Into<Text>>(mut self, patterns: impl IntoIterator<Item = T>) -> Self {
        self.exclude = texts(patterns);
        self
    }

    /// Replaces the endings of manifests; those that are not `json` are read as YAML.
    #[must_use]
    pub fn with_extensions<T: Into<Text>>(mut self, extensions: impl IntoIterator<Item = T>) -> Self {
        self.extensions = texts(extensions);
        self
    }

    /// Replaces the names of ignore files, the least important first; none follows none.
    #[must_use]
    pub fn with_ignore_files<T: Into<Text>>(mut self, names: impl IntoIterator<Item = T>) -> Self {
        self.ignore_files = texts(names);
        self
    }

    /// Says whether folders below the path are rendered too.
    #[must_use]
    pub fn with_recursion(mut self, recursive: bool) -> Self {
        self.recursive = recursive;
        self
    }

    /// Says whether names that begin with a dot are rendered too.
    #[must_use]
    pub fn with_hidden(mut self, hidden: bool) -> Self {
        self.hidden = hidden;
        self
    }
}

fn texts<T: Into<Text>>(texts: impl IntoIterator<Item = T>) -> Vec<Text> {
    texts.into_iter().map(Into::into).collect()
}

impl Renderer for Manifests {
    fn fingerprint(&self) -> Digest {
        let list = |texts: &[Text]| Value::List(texts.iter().cloned().map(Value::Text).collect());
        Digest::of_value(&Value::from_iter([
            ("renderer", Value::from("windlass-render manifests")),
            ("version", env!("CARGO_PKG_VERSION").into()),
            ("include", list(&self.include)),
            ("exclude", list(&self.exclude)),
            ("extensions", list(&self.extensions)),
            ("ignoreFiles", list(&self.ignore_files)),
            ("recursive", self.recursive.into()),
            ("hidden", self.hidden.into()),
        ]))
    }

    fn render(&self, cx: &Context, input: &RenderInput<'_>) -> Result<Rendered> {
        let mut walk = Walk::new(cx, input, self);
        let found = walk.find()?;
        let mut render = Render::new(cx, walk.reads);
        render.warn_of(walk.near, &self.extensions);
        render.warn_of_left_out(walk.left_out, input);
        for (path, found) in found {
            cx.check()?;
            match found {
                Found::File => render.file(input, &path)?,
                Found::Wrong(error) => render.problems.push(&error.with_each("path", &path)),
            }
        }
        render.finish()
    }
}

/// A render under way.
struct Render<'c> {
    cx: &'c Context,
    rendered: Rendered,
    seen: BTreeMap<ObjectId, usize>,
    bytes: u64,
    problems: Problems,
}

impl<'c> Render<'c> {
    fn new(cx: &'c Context, reads: BTreeMap<Need, Digest>) -> Self {
        let rendered = Rendered { reads, ..Rendered::default() };
        let problems = Problems::new(cx.limits().problems_max);
        Self { cx, rendered, seen: BTreeMap::new(), bytes: 0, problems }
    }

    /// Says which files may have been meant as manifests and are none.
    fn warn_of(&mut self, mut near: Vec<TreePath>, extensions: &[Text]) {
        near.sort();
        let max = self.cx.limits().problems_max;
        let endings: Vec<String> = extensions.iter().map(|extension| format!(".{extension}")).collect();
        let endings = endings.join(", ");
        for path in near.iter().take(max) {
            let message = format!(
                "{path} is not rendered: its name does not end in {endings}; rename it, or leave it out with .windlassignore"
            );
            self.rendered.warnings.push(Warning::new(message));
        }
        if near.len() > max {
            let message = format!("{} more files are not rendered for their names", near.len() - max);
            self.rendered.warnings.push(Warning::new(message));
        }
    }

    /// Says what was passed over because nothing there can be read, and why. It may have been meant as a folder.
    fn warn_of_left_out(&mut self, mut paths: Vec<TreePath>, input: &RenderInput<'_>) {
        paths.sort();
        let max = self.cx.limits().problems_max;
        for path in paths.iter().take(max) {
            let why = match input.artifact.files().read(path) {
                Err(error) => error.message().to_owned(),
                Ok(_) => "neither a file nor a folder".to_owned(),
            };
            self.rendered.warnings.push(Warning::new(format!("{path} is left out: {why}")));
        }
        if paths.len() > max {
            let message = format!("{} more that cannot be read are left out", paths.len() - max);
            self.rendered.warnings.push(Warning::new(message));
        }
    }

    /// Reads a file. An error ends the render; what is wrong with the file is a problem.
    fn file(&mut self, input: &RenderInput<'_>, path: &TreePath) -> Result<()> {
        let bytes = match input.artifact.files().read(path) {
            Ok(bytes) => bytes,
            Err(error) if ends_render(&error) => return Err(error),
            Err(error) => {
                self.problems.push(&error.with_each("path", path));
                return Ok(());
            }
        };
        self.bytes = self.bytes.saturating_add(bytes.len() as u64);
        let max = self.cx.limits().artifact_bytes_max;
        if self.bytes > max {
            return Err(
                limit("the files are too large together", "artifact_bytes_max", max).with("path", path)
            );
        }
        self.rendered.reads.insert(Need::File(path.clone()), Digest::of(&bytes));
        self.documents(path, &bytes)
    }

    fn documents(&mut self, path: &TreePath, bytes: &[u8]) -> Result<()> {
        let extension = path.as_str().rsplit_once('.').map(|(_, extension)| extension);
        let json = extension.is_some_and(|extension| extension.eq_ignore_ascii_case("json"));
        let format = if json { Format::Json } else { Format::Auto };
        let reader = match Reader::new(bytes, &Options::from(self.cx.limits()).with_format(format)) {
            Ok(reader) => reader,
            Err(error) => {
                self.problems.push(&error.with_each("path", path));
                return Ok(());
            }
        };
        let mut objects = Objects::new(path, bytes, self.cx.limits());
        let mut documents = 0_usize;
        for document in reader {
            self.cx.check()?;
            documents += 1;
            match document.and_then(|document| objects.of(self.cx, document)) {
                Ok(items) => self.keep(items)?,
                Err(error) if ends_render(&error) => return Err(error),
                Err(error) => self.problems.push(&error.with_each("path", path)),
            }
        }
        if documents == 0 {
            self.rendered.warnings.push(Warning::new(format!("{path} holds no object")));
        }
        Ok(())
    }

    fn keep(&mut self, items: Vec<Item>) -> Result<()> {
        for item in items {
            if let Some(first) = self.seen.get(item.id()) {
                let error = twice(&self.rendered.items[*first], &item);
                self.problems.push(&error);
                continue;
            }
            let max = self.cx.limits().objects_max;
            if self.rendered.items.len() >= max {
                return Err(limit("too many objects", "objects_max", max).with("path", &item.origin.file));
            }
            self.seen.insert(item.id().clone(), self.rendered.items.len());
            self.rendered.items.push(item);
        }
        Ok(())
    }

    fn finish(self) -> Result<Rendered> {
        self.problems.finish()?;
        Ok(self.rendered)
    }
}

fn twice(first: &Item, again: &Item) -> Error {
    Error::new(ErrorKind::Invalid, "an object is written twice")
        .with("id", again.id())
        .with("first", &first.origin)
        .with("again", &again.origin)
        .with_help("delete one of them, or leave its file out with .windlassignore")
}

/// A limit was reached: which one, and what it is.
pub(crate) fn limit(message: &str, name: &str, max: impl ToString) -> Error {
    Error::new(ErrorKind::Limit, message).with("limit", name).with("max", max)
}
