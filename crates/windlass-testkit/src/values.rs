//! A small transform that obeys every law.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use windlass_core::{
    Context, Digest, Error, ErrorKind, Item, Need, Object, ObjectId, Origin, RenderInput, Rendered, Result,
    Text, Transform, TreePath, Value,
};

/// The name that it adds to the origin of what it changed.
const NAME: &str = "values";

/// Replaces `${name}` in the texts of objects by what a file of the artifact says: an example to read, and a transform for
/// tests.
///
/// The file has a `name=value` on each line; what comes after `#` at the beginning of a line is a comment. A name has
/// letters, digits and `_`; what only looks like one is left as it is. A name without a value is an error.
///
/// ```
/// use windlass_core::{RenderInput, Renderer, Transform, TreePath};
/// use windlass_testkit::{LinesRenderer, TestClock, ValuesTransform, files};
/// let tree = files([("web.lines", "ConfigMap/shop/web color=${color}\n"), ("values", "color=red\n")]);
/// let (artifact, root, cx) = (tree.artifact(), TreePath::root(), TestClock::new().context());
/// let input = RenderInput::new(&artifact, &root);
/// let rendered = LinesRenderer::new().render(&cx, &input)?;
/// let rendered = ValuesTransform::new(TreePath::new("values")?).transform(&cx, &input, rendered)?;
/// assert_eq!(rendered.items[0].object.body().text_at(&["data", "color"]), Some("red"));
/// assert_eq!(rendered.items[0].origin.transformers, ["values"]);
/// # Ok::<(), windlass_core::Error>(())
/// ```
#[derive(Debug, Clone)]
pub struct ValuesTransform {
    file: TreePath,
    prefix: Text,
}

impl ValuesTransform {
    /// Makes a transform that takes its values from this file, by its path from the root of the artifact.
    #[must_use]
    pub fn new(file: TreePath) -> Self {
        Self { file, prefix: Text::default() }
    }

    /// Replaces only names that begin so, and leaves all others as they are.
    #[must_use]
    pub fn with_prefix(mut self, prefix: &str) -> Self {
        self.prefix = prefix.into();
        self
    }
}

impl Transform for ValuesTransform {
    fn fingerprint(&self) -> Digest {
        Digest::of_parts([b"values 1", self.file.as_str().as_bytes(), self.prefix.as_bytes()])
    }

    fn transform(&self, cx: &Context, input: &RenderInput<'_>, rendered: Rendered) -> Result<Rendered> {
        cx.check()?;
        let mut pass = Pass { options: self, cx, values: BTreeMap::new(), problems: Vec::new(), surplus: 0 };
        let digest = pass.read(input)?;
        let Rendered { items, mut reads, warnings } = rendered;
        reads.insert(Need::File(self.file.clone()), digest);
        let items = items.into_iter().map(|item| pass.item(item)).collect::<Result<Vec<Item>>>()?;
        pass.finish(&items)?;
        Ok(Rendered { items, reads, warnings })
    }
}

/// One call: the values, and what is wrong so far.
struct Pass<'a> {
    options: &'a ValuesTransform,
    cx: &'a Context,
    values: BTreeMap<String, String>,
    problems: Vec<Error>,
    surplus: usize,
}

impl Pass<'_> {
    /// Reads the values; gives the digest of the file.
    fn read(&mut self, input: &RenderInput<'_>) -> Result<Digest> {
        let path = &self.options.file;
        let content = input.artifact.files().read(path).map_err(|error| {
            let need = Need::File(path.clone());
            let missing = matches!(error.kind(), ErrorKind::NotFound | ErrorKind::Unfetched);
            let error = error.with("path", path);
            if missing && !error.needs().contains(&need) { error.needing([need]) } else { error }
        })?;
        let text = std::str::from_utf8(&content)
            .map_err(|_| Error::new(ErrorKind::Invalid, "not UTF-8").with("path", path))?;
        for (number, line) in (1u32..).zip(text.lines()) {
            self.cx.check()?;
            match line.split_once('=') {
                _ if line.trim().is_empty() || line.starts_with('#') => {}
                Some((name, value)) if is_name(name) => drop(self.values.insert(name.into(), value.into())),
                _ => {
                    let at = Origin::new(path.clone(), 1, number);
                    self.problem(Error::new(ErrorKind::Invalid, "not name=value").with("at", at));
                }
            }
        }
        Ok(Digest::of(&content))
    }

    fn item(&mut self, item: Item) -> Result<Item> {
        self.cx.check()?;
        let (mut body, mut unknown) = ((**item.object.body()).clone(), BTreeSet::new());
        self.replace(&mut body, &mut unknown, 0);
        for name in &unknown {
            self.problem(wrong(&item, "a name without a value").with("name", name));
        }
        if body == **item.object.body() {
            return Ok(item);
        }
        match Object::new(body) {
            Ok(object) => Ok(named(item, object)),
            Err(_) => {
                self.problem(wrong(&item, "the values take the identity away"));
                Ok(item)
            }
        }
    }

    /// Replaces all names in a value; the depth of objects that were rendered is limited already, and here once more.
    fn replace(&self, value: &mut Value, unknown: &mut BTreeSet<String>, depth: usize) {
        if depth > self.cx.limits().value_depth_max {
            return;
        }
        match value {
            Value::Text(text) => {
                if let Some(replaced) = self.replaced(text, unknown) {
                    *text = replaced.into();
                }
            }
            Value::List(list) => list.iter_mut().for_each(|value| self.replace(value, unknown, depth + 1)),
            Value::Map(map) => map.iter_mut().for_each(|(_, value)| self.replace(value, unknown, depth + 1)),
            _ => {}
        }
    }

    /// Gives the text with all names replaced; `None` where it has none.
    fn replaced(&self, text: &str, unknown: &mut BTreeSet<String>) -> Option<String> {
        let (mut replaced, mut rest, mut found) = (String::new(), text, false);
        while let Some((before, after)) = rest.split_once("${") {
            replaced += before;
            rest = after;
            let name = after.split_once('}').filter(|(name, _)| self.is_ours(name));
            let Some((name, after)) = name else {
                replaced += "${";
                continue;
            };
            (rest, found) = (after, true);
            match self.values.get(name) {
                Some(value) => replaced += value,
                None => drop(unknown.insert(name.to_owned())),
            }
        }
        found.then(|| replaced + rest)
    }

    fn is_ours(&self, name: &str) -> bool {
        is_name(name) && name.starts_with(&*self.options.prefix)
    }

    fn problem(&mut self, problem: Error) {
        if self.problems.len() < self.cx.limits().problems_max {
            self.problems.push(problem);
        } else {
            self.surplus += 1;
        }
    }

    /// Looks for identities that the values made one, and ends with all that is wrong.
    fn finish(mut self, items: &[Item]) -> Result<()> {
        let mut first: BTreeMap<&ObjectId, &Origin> = BTreeMap::new();
        for item in items {
            if let Some(first) = first.insert(item.id(), &item.origin) {
                let twice = Error::new(ErrorKind::Invalid, "the same object twice").with("object", item.id());
                self.problem(twice.with("first", first).with("second", &item.origin));
            }
        }
        if self.surplus > 0 {
            let (message, max) = (Text::count(self.surplus, "more problem"), self.cx.limits().problems_max);
            self.problems.push(Error::new(ErrorKind::Invalid, message).with("problems_max", max));
        }
        Error::all(self.problems).map_or(Ok(()), Err)
    }
}

fn is_name(name: &str) -> bool {
    !name.is_empty() && name.chars().all(|letter| letter.is_ascii_alphanumeric() || letter == '_')
}

fn named(item: Item, object: Object) -> Item {
    let mut origin = item.origin;
    Arc::make_mut(&mut origin).transformers.push(NAME.into());
    Item { object, origin, directives: item.directives }
}

fn wrong(item: &Item, what: &str) -> Error {
    Error::new(ErrorKind::Invalid, what).with("object", item.id()).with("at", &item.origin)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{TestClock, config_map, files};

    /// Transforms one object with this content; gives the content, or what is wrong.
    #[track_caller]
    fn check(values: &str, content: &str, expected: &str) {
        let artifact = files([("values", values)]).artifact();
        let (root, file) = (TreePath::root(), TreePath::new("values").unwrap());
        let origin = Origin::new(TreePath::new("a.lines").unwrap(), 1, 7);
        let items = vec![Item::new(config_map("shop", "a", content), origin)];
        let transform = ValuesTransform::new(file).with_prefix("V_");
        let (cx, rendered) = (TestClock::new().context(), Rendered { items, ..Rendered::default() });
        let found = match transform.transform(&cx, &RenderInput::new(&artifact, &root), rendered) {
            Ok(rendered) => rendered.items[0].object.body().text_at(&["data", "content"]).unwrap().to_owned(),
            Err(error) => error.to_string(),
        };
        assert_eq!(found, expected);
    }

    #[test]
    fn names_become_values_and_all_else_stays() {
        check("V_a=1\n# x\n\nV_b==2", "${V_a}-${V_b}-${V_a}", "1-=2-1");
        check("V_a=${V_b}\nV_b=2", "${V_a}", "${V_b}");
        check("V_a=1", "${a} ${V_a ${} $V_a ${V_a}", "${a} ${V_a ${} $V_a 1");
        check("V_a=", "x${V_a}x", "xx");
    }

    #[test]
    fn a_wrong_line_and_a_missing_value_are_named_and_not_shown() {
        check("secret", "", "not name=value (at=values:1)");
        let missing = "a name without a value (object=ConfigMap/shop/a, at=a.lines:7, name=V_c)";
        check("", "secret ${V_c}${V_c}", missing);
    }
}
