//! The transform that puts variables into objects, as Flux's `postBuild` does.

mod checks;
mod object;
mod variables;

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

use windlass_core::{
    Context, Digest, Error, ErrorKind, Item, ObjectId, RenderInput, Rendered, Result, Text, Transform, Value,
    Warning,
};

pub use variables::{VariablesFrom, VariablesKind};

use crate::problems::Problems;
use object::{Outcome, Substitution};

/// Replaces `${var}` in every text and key of the objects, as Flux's `spec.postBuild` does: the object is written as YAML,
/// the expressions are replaced, and the result is read again, so that `replicas: ${n}` becomes a number.
///
/// - The grammar is that of envsubst 1.9: `${v}`, `${v:-d}`, `${v:=d}`, `${v=d}`, `${v:+d}`, `${v:?d}`, which all give `d`
///   where the value is empty, `${#v}`, `${v:1:2}`, `${v^}`, `${v^^}`, `${v,}`, `${v,,}`, `${v#p}`, `${v##p}`, `${v%p}`,
///   `${v%%p}`, `${v/a/b}`, `${v//a/b}`, `${v/#a/b}`, `${v/%a/b}`; `$${v}` stands for `${v}`.
/// - An object with the annotation or the label `kustomize.toolkit.fluxcd.io/substitute: disabled` stays as it is.
/// - Without any variable nothing happens, unless [`Substitute::with_always`] says so.
/// - Line breaks in values fall away.
///
/// Values are in no `Debug` and in no error. What becomes no text where Kubernetes takes only texts, such as an annotation
/// that becomes a boolean, is a warning, and so is a variable without a value that makes a text empty, as it happens to
/// scripts; [`Substitute::with_checks`] makes errors of both.
///
/// ```
/// use windlass_core::{Context, Item, Object, Origin, Rendered, TreePath, Transform, Value};
/// # use std::sync::Arc;
/// # use windlass_core::*;
/// # #[derive(Debug)] struct Nothing;
/// # impl Files for Nothing {
/// #     fn list(&self, _: &TreePath) -> Result<Vec<Entry>> { Ok(Vec::new()) }
/// #     fn read(&self, _: &TreePath) -> Result<Bytes> { Err(Error::new(ErrorKind::NotFound, "no such file")) }
/// # }
/// # #[derive(Debug)] struct Never;
/// # #[async_trait] impl Clock for Never {
/// #     fn now(&self) -> Now { Now::default() }
/// #     async fn sleep(&self, _: std::time::Duration) {}
/// # }
/// # let cx = Context::new(Never);
/// # let artifact = Artifact::new(Revision::new("sha1:1"), Digest::of(b"1"), Arc::new(Nothing));
/// # let root = TreePath::root();
/// # let input = RenderInput::new(&artifact, &root);
/// use windlass_render::Substitute;
///
/// let body = Value::from_iter([
///     ("apiVersion", Value::from("v1")),
///     ("kind", "Namespace".into()),
///     ("metadata", Value::from_iter([("name", Value::from("${cluster:-test}-apps"))])),
/// ]);
/// let item = Item::new(Object::new(body)?, Origin::new(TreePath::new("ns.yaml")?, 1, 1));
/// let rendered = Rendered { items: vec![item], ..Rendered::default() };
/// let rendered = Substitute::new([("cluster", "prod")]).transform(&cx, &input, rendered)?;
/// assert_eq!(rendered.items[0].id().name, "prod-apps");
/// # Ok::<(), Error>(())
/// ```
#[derive(Clone)]
pub struct Substitute {
    variables: BTreeMap<Text, Text>,
    from: Vec<VariablesFrom>,
    strict: bool,
    always: bool,
    checks: bool,
}

impl Substitute {
    /// Makes a transform with these variables.
    #[must_use]
    pub fn new<K: Into<Text>, V: Into<Text>>(variables: impl IntoIterator<Item = (K, V)>) -> Self {
        let variables = variables.into_iter().map(|(name, value)| (name.into(), value.into())).collect();
        Self { variables, from: Vec::new(), strict: false, always: false, checks: false }
    }

    /// Takes the variables of an object too. Those of a later object win over those of an earlier one, and the transform's
    /// own over all.
    #[must_use]
    pub fn with_source(mut self, source: VariablesFrom) -> Self {
        self.from.push(source);
        self
    }

    /// Says whether a variable without a value is an error, where no operator gives one: what Flux does with its feature
    /// `StrictPostBuildSubstitutions`.
    #[must_use]
    pub fn with_strict(mut self, strict: bool) -> Self {
        self.strict = strict;
        self
    }

    /// Says whether expressions are replaced although there is no variable: Flux's `substituteStrategy: Always`.
    #[must_use]
    pub fn with_always(mut self, always: bool) -> Self {
        self.always = always;
        self
    }

    /// Says whether what Flux lets through is refused: variables without a value, and texts that become something else
    /// where Kubernetes takes only texts.
    #[must_use]
    pub fn with_checks(mut self, checks: bool) -> Self {
        self.checks = checks;
        self
    }
}

/// Shows the names of the variables, never their values.
impl fmt::Debug for Substitute {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Substitute")
            .field("variables", &self.variables.keys())
            .field("from", &self.from)
            .field("strict", &self.strict)
            .field("always", &self.always)
            .field("checks", &self.checks)
            .finish()
    }
}

impl Transform for Substitute {
    fn fingerprint(&self) -> Digest {
        let text = |(name, value): (&Text, &Text)| (name.clone(), Value::Text(value.clone()));
        Digest::of_value(&Value::from_iter([
            ("transform", Value::from("windlass-render substitute")),
            ("version", env!("CARGO_PKG_VERSION").into()),
            ("variables", self.variables.iter().map(text).collect()),
            ("from", self.from.iter().map(VariablesFrom::to_value).collect()),
            ("strict", self.strict.into()),
            ("always", self.always.into()),
            ("checks", self.checks.into()),
        ]))
    }

    fn transform(&self, cx: &Context, input: &RenderInput<'_>, mut rendered: Rendered) -> Result<Rendered> {
        let variables = variables::load(&self.from, &self.variables, input, &mut rendered.reads)?;
        if variables.is_empty() && !self.always {
            return Ok(rendered);
        }
        let substitution = Substitution { variables: &variables, strict: self.strict, limits: cx.limits() };
        let mut problems = Problems::new(cx.limits().problems_max);
        let mut seen = BTreeMap::new();
        for item in &mut rendered.items {
            cx.check()?;
            match substitution.of(&item.object) {
                Ok(Outcome::Same) => {}
                Ok(Outcome::Changed { object, doubts }) => {
                    let doubts = doubts.into_iter().map(|doubt| placed(doubt, item));
                    if self.checks {
                        doubts.for_each(|doubt| problems.push(&doubt));
                    } else {
                        rendered.warnings.extend(doubts.map(|doubt| Warning::new(doubt.to_string())));
                    }
                    item.object = object;
                    Arc::make_mut(&mut item.origin).transformers.push("substitute".into());
                }
                Err(error) => problems.push(&placed(error, item)),
            }
            if let Some(first) = seen.insert(item.id().clone(), item.origin.clone()) {
                let error = Error::new(ErrorKind::Invalid, "substitution gives two objects one identity");
                problems.push(&error.with("id", item.id()).with("first", first).with("again", &item.origin));
            }
        }
        problems.finish()?;
        Ok(rendered)
    }
}

/// Adds whose problem it is.
fn placed(error: Error, item: &Item) -> Error {
    let id: &ObjectId = item.id();
    error.with_each("object", id).with_each("origin", &item.origin)
}
