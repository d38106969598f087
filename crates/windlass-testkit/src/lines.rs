//! The smallest renderer that obeys every law.

use std::collections::BTreeMap;
use std::sync::Arc;

use windlass_core::{
    Context, Digest, EntryKind, Error, ErrorKind, Item, Need, Object, ObjectId, Origin, RenderInput,
    Rendered, Renderer, Result, Text, TreePath, Value,
};

/// Renders lines of text: an example to read, and wanted objects for tests that need no YAML.
///
/// Each line of a `.lines` file is an object with its data, or takes in another file by its path from the root; what
/// comes after `#` at the beginning of a line is a comment.
///
/// ```
/// use windlass_core::{RenderInput, Renderer, TreePath};
/// use windlass_testkit::{LinesRenderer, TestClock, files};
/// let tree = files([
///     ("app/web.lines", "# the shop\nConfigMap/shop/web color=red size=2\ninclude base.lines\n"),
///     ("base.lines", "Deployment.apps/shop/web image=web:1\n"),
/// ]);
/// let (artifact, path) = (tree.artifact(), TreePath::new("app")?);
/// let rendered = LinesRenderer::new()
///     .render(&TestClock::new().context(), &RenderInput::new(&artifact, &path))?;
/// let made: Vec<String> =
///     rendered.items.iter().map(|item| format!("{} from {}", item.id(), item.origin)).collect();
/// assert_eq!(made, [
///     "ConfigMap/shop/web from app/web.lines:2",
///     "Deployment.apps/shop/web from base.lines:1",
/// ]);
/// # Ok::<(), windlass_core::Error>(())
/// ```
#[derive(Debug, Clone)]
pub struct LinesRenderer {
    namespace: Text,
    suffix: Text,
}

impl LinesRenderer {
    /// Makes a renderer of `.lines` files.
    #[must_use]
    pub fn new() -> Self {
        Self { namespace: Text::default(), suffix: ".lines".into() }
    }

    /// Sets the namespace of objects that name none.
    #[must_use]
    pub fn with_namespace(mut self, namespace: &str) -> Self {
        self.namespace = namespace.into();
        self
    }

    /// Renders the files whose names end so.
    #[must_use]
    pub fn with_suffix(mut self, suffix: &str) -> Self {
        self.suffix = suffix.into();
        self
    }
}

impl Default for LinesRenderer {
    fn default() -> Self {
        Self::new()
    }
}

impl Renderer for LinesRenderer {
    fn fingerprint(&self) -> Digest {
        Digest::of_parts([b"lines 1", self.namespace.as_bytes(), self.suffix.as_bytes()])
    }

    fn render(&self, cx: &Context, input: &RenderInput<'_>) -> Result<Rendered> {
        let mut pass = Pass {
            options: self,
            cx,
            input,
            rendered: Rendered::default(),
            places: BTreeMap::new(),
            problems: Vec::new(),
            surplus: 0,
            bytes: 0,
            open: Vec::new(),
        };
        pass.folder(input.path)?;
        pass.finish()
    }
}

/// One render: what was made so far, and what is wrong.
struct Pass<'a> {
    options: &'a LinesRenderer,
    cx: &'a Context,
    input: &'a RenderInput<'a>,
    rendered: Rendered,
    places: BTreeMap<ObjectId, Arc<Origin>>,
    problems: Vec<Error>,
    surplus: usize,
    bytes: u64,
    /// The files that are being read, each by the one before it.
    open: Vec<TreePath>,
}

impl Pass<'_> {
    fn finish(mut self) -> Result<Rendered> {
        if self.surplus > 0 {
            let message = Text::count(self.surplus, "more problem");
            self.problems.push(
                Error::new(ErrorKind::Invalid, message).with("problems_max", self.cx.limits().problems_max),
            );
        }
        Error::all(self.problems).map_or(Ok(self.rendered), Err)
    }

    fn folder(&mut self, folder: &TreePath) -> Result<()> {
        self.cx.check()?;
        if folder.names().count() > self.cx.limits().folder_depth_max {
            return Err(over("folder_depth_max", self.cx.limits().folder_depth_max).with("path", folder));
        }
        let entries = self.input.artifact.files().list(folder)?;
        // A file more or less in the folder is another input too.
        let listing: Vec<String> =
            entries.iter().map(|entry| format!("{:?} {}", entry.kind, entry.name)).collect();
        let digest = Digest::of_parts(listing.iter().map(String::as_bytes));
        self.rendered.reads.insert(Need::File(folder.clone()), digest);
        for entry in entries {
            let path = folder.join(&entry.name)?;
            match entry.kind {
                EntryKind::Folder => self.folder(&path)?,
                EntryKind::File if entry.name.ends_with(self.options.suffix.as_str()) => self.file(&path)?,
                _ => {}
            }
        }
        Ok(())
    }

    fn file(&mut self, path: &TreePath) -> Result<()> {
        let content = match self.input.artifact.files().read(path) {
            Ok(content) => content,
            Err(error) if matches!(error.kind(), ErrorKind::NotFound | ErrorKind::Unfetched) => {
                let need = Need::File(path.clone());
                let known = error.needs().contains(&need);
                let error = error.with("path", path);
                self.problem(if known { error } else { error.needing([need]) });
                return Ok(());
            }
            Err(error) => return Err(error.with("path", path)),
        };
        self.bytes = self.bytes.saturating_add(content.len() as u64);
        if self.bytes > self.cx.limits().artifact_bytes_max {
            return Err(over("artifact_bytes_max", self.cx.limits().artifact_bytes_max).with("path", path));
        }
        self.rendered.reads.insert(Need::File(path.clone()), Digest::of(&content));
        let Ok(text) = std::str::from_utf8(&content) else {
            self.problem(Error::new(ErrorKind::Invalid, "not UTF-8").with("path", path));
            return Ok(());
        };
        self.open.push(path.clone());
        let read = (1u32..).zip(text.lines()).try_for_each(|(at, line)| self.line(path, at, line.trim()));
        self.open.pop();
        read
    }

    fn line(&mut self, path: &TreePath, at: u32, line: &str) -> Result<()> {
        self.cx.check()?;
        let origin = Origin::new(path.clone(), 1, at);
        match line.strip_prefix("include ") {
            _ if line.is_empty() || line.starts_with('#') => Ok(()),
            Some(other) => self.include(&origin, other.trim()),
            None => match self.object(line) {
                Ok(object) => self.item(object, origin),
                Err(why) => {
                    self.problem(Error::new(ErrorKind::Invalid, why).with("at", origin));
                    Ok(())
                }
            },
        }
    }

    fn include(&mut self, origin: &Origin, path: &str) -> Result<()> {
        let Ok(path) = TreePath::new(path) else {
            self.problem(Error::new(ErrorKind::Invalid, "not a path inside the artifact").with("at", origin));
            return Ok(());
        };
        if self.open.contains(&path) {
            self.problem(Error::new(ErrorKind::Invalid, "a file that includes itself").with("at", origin));
            return Ok(());
        }
        if self.open.len() >= self.cx.limits().folder_depth_max {
            return Err(over("folder_depth_max", self.cx.limits().folder_depth_max).with("at", origin));
        }
        self.file(&path)
    }

    /// Reads `Kind.group/namespace/name key=value …`. The error has nothing of the line in it.
    fn object(&self, line: &str) -> Result<Object, &'static str> {
        let mut words = line.split_whitespace();
        let id: Option<ObjectId> = words.next().and_then(|word| word.parse().ok());
        let mut id = id.ok_or("not Kind.group/namespace/name")?;
        if id.namespace.is_empty() {
            id.namespace = self.options.namespace.clone();
        }
        let pair =
            |word: &str| word.split_once('=').map(|(key, value)| (Text::from(key), Value::from(value)));
        let data: Option<Value> = words.map(pair).collect::<Option<Vec<_>>>().map(Value::from_iter);
        let data = data.ok_or("not key=value")?;
        let version = if id.group.is_empty() { "v1".to_owned() } else { format!("{}/v1", id.group) };
        let place = (!id.namespace.is_empty()).then(|| ("namespace", Value::from(id.namespace)));
        let metadata: Value = [("name", Value::from(id.name))].into_iter().chain(place).collect();
        let fields = [
            ("apiVersion", version.into()),
            ("kind", id.kind.into()),
            ("metadata", metadata),
            ("data", data),
        ];
        Object::new(Value::from_iter(fields)).map_err(|_| "not an object")
    }

    fn item(&mut self, object: Object, origin: Origin) -> Result<()> {
        if let Some(first) = self.places.get(object.id()) {
            let twice = Error::new(ErrorKind::Invalid, "the same object twice");
            self.problem(twice.with("object", object.id()).with("first", first).with("second", &origin));
            return Ok(());
        }
        if self.rendered.items.len() >= self.cx.limits().objects_max {
            return Err(over("objects_max", self.cx.limits().objects_max).with("at", &origin));
        }
        let item = Item::new(object, origin);
        self.places.insert(item.id().clone(), Arc::clone(&item.origin));
        self.rendered.items.push(item);
        Ok(())
    }

    fn problem(&mut self, problem: Error) {
        if self.problems.len() < self.cx.limits().problems_max {
            self.problems.push(problem);
        } else {
            self.surplus += 1;
        }
    }
}

fn over(limit: &str, max: impl ToString) -> Error {
    Error::new(ErrorKind::Limit, "too much to render").with(limit, max)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{TestClock, files};

    /// Renders one file; gives the ids with their data, or what is wrong.
    fn check(text: &str, expected: &str) {
        let artifact = files([("a.lines", text)]).artifact();
        let rendered = LinesRenderer::new()
            .with_namespace("shop")
            .render(&TestClock::new().context(), &RenderInput::new(&artifact, &TreePath::root()));
        let found = match rendered {
            Ok(rendered) => {
                let line = |item: &Item| {
                    let data = item.object.body().get("data").map(Value::canonical).unwrap_or_default();
                    format!("{} {} {data}", item.object.api_version(), item.id())
                };
                rendered.items.iter().map(line).collect::<Vec<_>>().join("\n")
            }
            Err(error) => error.to_string(),
        };
        assert_eq!(found, expected, "{text}");
    }

    #[test]
    fn a_line_is_an_object_and_its_data() {
        check("", "");
        check("# nothing\n\n", "");
        check("ConfigMap//a x=1 y==", r#"v1 ConfigMap/shop/a {"x":"1","y":"="}"#);
        check("Deployment.apps/web/a", "apps/v1 Deployment.apps/web/a {}");
    }

    #[test]
    fn a_wrong_line_is_named_and_not_shown() {
        check("ConfigMap/a", "not Kind.group/namespace/name (at=a.lines:1)");
        check("\nConfigMap/a/b secret", "not key=value (at=a.lines:2)");
        check("include a.lines", "a file that includes itself (at=a.lines:1)");
        check("include /etc/passwd", "not a path inside the artifact (at=a.lines:1)");
    }

    #[test]
    fn problems_over_the_limit_are_counted() {
        let artifact = files([("a.lines", "x\nx\nx\n")]).artifact();
        let mut limits = windlass_core::Limits::default();
        limits.problems_max = 1;
        let cx = TestClock::new().context().with_limits(limits);
        let root = TreePath::root();
        let error = LinesRenderer::new().render(&cx, &RenderInput::new(&artifact, &root)).unwrap_err();
        assert!(error.to_string().ends_with("- 2 more problems (problems_max=1)"), "{error}");
    }

    #[test]
    fn a_new_file_in_the_folder_changes_the_reads() {
        let render = |tree: crate::MemoryFiles| {
            let (artifact, root) = (tree.artifact(), TreePath::root());
            LinesRenderer::new()
                .render(&TestClock::new().context(), &RenderInput::new(&artifact, &root))
                .unwrap()
                .reads
        };
        let (one, two) = (files([("a.lines", "")]), files([("a.lines", ""), ("b.lines", "")]));
        let root = Need::File(TreePath::root());
        assert_ne!(render(one).get(&root), render(two).get(&root));
    }

    proptest::proptest! {
        #[test]
        fn no_text_makes_it_panic_and_each_renders_the_same_twice(
            text in "[A-Za-z./= #\n-]{0,80}|(include )?\\PC{0,40}",
        ) {
            let (artifact, root) = (files([("a.lines", text.as_str())]).artifact(), TreePath::root());
            let render = || {
                LinesRenderer::new().render(&TestClock::new().context(), &RenderInput::new(&artifact, &root))
            };
            proptest::prop_assert_eq!(render(), render());
        }
    }
}
