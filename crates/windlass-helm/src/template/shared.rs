//! What all templates of a render share: output, counters, caches, the name space.

use std::{collections::HashMap, fmt, ops::Deref, rc::Rc, sync::Arc};

use super::{
    Env, HelmVersion, Value,
    failure::{Failure, Run},
    node::{Source, Tree},
    parser,
    quote::quote,
    stack::Stack,
};
use crate::functions::Caches;

/// The name of the template that Helm makes all others from; texts of `tpl` run under it.
const ROOT_NAME: &str = "gotpl";

/// State of one session.
pub(crate) struct Shared<'e> {
    pub(crate) env: &'e Env<'e>,
    pub(crate) version: HelmVersion,
    pub(crate) out: Vec<u8>,
    pub(crate) caches: Caches,
    /// How often each name is included at this moment.
    pub(crate) included: HashMap<Vec<u8>, usize>,
    templates: &'e HashMap<String, Arc<Tree>>,
    scope: Option<Rc<Scope>>,
    parsed: HashMap<Vec<u8>, Arc<Parsed>>,
    steps: u64,
    written: usize,
    stack: Stack,
}

/// Templates that the text of a `tpl` defines, on top of those around it.
struct Scope {
    outer: Option<Rc<Scope>>,
    text: Arc<Parsed>,
}

/// A text of `tpl`, parsed: its own template and what it defines beside.
struct Parsed {
    main: Arc<Tree>,
    defined: HashMap<String, Arc<Tree>>,
}

/// A template that is borrowed from the engine or shared with a `tpl`.
pub(crate) enum TreeRef<'e> {
    Engine(&'e Tree),
    Own(Arc<Tree>),
}

impl Deref for TreeRef<'_> {
    type Target = Tree;
    fn deref(&self) -> &Tree {
        match self {
            Self::Engine(tree) => tree,
            Self::Own(tree) => tree,
        }
    }
}

impl fmt::Debug for Shared<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Shared")
            .field("version", &self.version)
            .field("steps", &self.steps)
            .finish_non_exhaustive()
    }
}

impl<'e> Shared<'e> {
    pub(crate) fn new(
        env: &'e Env<'e>,
        version: HelmVersion,
        templates: &'e HashMap<String, Arc<Tree>>,
    ) -> Self {
        Self {
            env,
            version,
            out: Vec::new(),
            caches: Caches::default(),
            included: HashMap::new(),
            templates,
            scope: None,
            parsed: HashMap::new(),
            steps: 0,
            written: 0,
            stack: Stack::here(env.limits.stack_bytes_max),
        }
    }

    /// Begins a file: nothing is included, nothing written, the stack is measured from here.
    pub(crate) fn begin(&mut self) {
        self.out.clear();
        self.included.clear();
        self.scope = None;
        self.stack = Stack::here(self.env.limits.stack_bytes_max);
    }

    /// Finds a template where the running text sees it.
    pub(crate) fn template(&self, name: &str) -> Option<TreeRef<'e>> {
        let (mut scope, mut blank) = (self.scope.as_deref(), None);
        while let Some(inner) = scope {
            match inner.text.defined.get(name) {
                // A blank definition does not replace one that is there already.
                Some(tree) if tree.is_blank() => blank = Some(tree),
                Some(tree) => return Some(TreeRef::Own(tree.clone())),
                None => {}
            }
            scope = inner.outer.as_deref();
        }
        let found = self.templates.get(name).map(|tree| TreeRef::Engine(tree));
        found.or_else(|| blank.map(|tree| TreeRef::Own(tree.clone())))
    }

    /// Counts an action against the limits.
    pub(crate) fn step(&mut self) -> Run<()> {
        self.steps += 1;
        if self.steps > self.env.limits.steps_max {
            return Err(Failure::limit(format!("more than {} steps", self.env.limits.steps_max)));
        }
        if self.out.len() > self.env.limits.output_bytes_max {
            return Err(Failure::limit(format!(
                "more than {} bytes of output",
                self.env.limits.output_bytes_max
            )));
        }
        Ok(())
    }

    /// Counts bytes that a function makes against the limits, before it makes them.
    pub(crate) fn reserve(&mut self, bytes: usize) -> Run<()> {
        self.written = self.written.saturating_add(bytes);
        let max = self.env.limits.output_bytes_max;
        let single = bytes > max;
        // Intermediate results are given back, so that their sum may be several times the output.
        if single || self.written > max.saturating_mul(16) {
            return Err(Failure::limit(format!("more than {max} bytes of output")));
        }
        Ok(())
    }

    /// Counts what a function made against the limits.
    pub(crate) fn counted(&mut self, value: Value) -> Run<Value> {
        let bytes = match &value {
            Value::Text(text) => text.len(),
            Value::List(list) => list.len() * size_of::<Value>(),
            _ => 0,
        };
        self.reserve(bytes).map(|()| value)
    }

    /// Whether the next template would go too deep.
    pub(crate) fn is_too_deep(&self) -> bool {
        self.stack.is_spent()
    }

    /// Runs the text of a `tpl`: what it defines is seen inside only.
    pub(crate) fn with_text<R>(
        &mut self,
        text: &[u8],
        run: impl FnOnce(&mut Self, &Tree) -> Run<R>,
    ) -> Run<R> {
        let parsed = self.parsed_text(text)?;
        let scope = Scope { outer: self.scope.clone(), text: Arc::clone(&parsed) };
        let outer = self.scope.replace(Rc::new(scope));
        let result = run(self, &parsed.main);
        self.scope = outer;
        result
    }

    fn parsed_text(&mut self, text: &[u8]) -> Run<Arc<Parsed>> {
        if let Some(parsed) = self.parsed.get(text) {
            return Ok(parsed.clone());
        }
        let source = Arc::new(Source { name: ROOT_NAME.into(), text: text.to_vec() });
        let trees =
            parser::parse(source, self.version).map_err(|error| Failure::message(error.to_string()))?;
        let defined: HashMap<_, _> =
            trees.into_iter().map(|tree| (tree.name.clone(), Arc::new(tree))).collect();
        let main = defined.get(ROOT_NAME).cloned();
        let main = main.ok_or_else(|| Failure::message("a text without a template"))?;
        let parsed = Arc::new(Parsed { main, defined });
        self.parsed.insert(text.to_vec(), parsed.clone());
        Ok(parsed)
    }
}

impl Failure {
    /// Go's text for an unknown template.
    pub(crate) fn no_template(name: &str) -> Box<Self> {
        Self::message(format!(
            "template: no template {} associated with template \"{ROOT_NAME}\"",
            quote(name.as_bytes())
        ))
    }
}

/// Takes `<no value>` out, as Helm does after each render.
pub(crate) fn without_no_value(text: Vec<u8>) -> Vec<u8> {
    const NO_VALUE: &[u8] = b"<no value>";
    let finder = memchr::memmem::Finder::new(NO_VALUE);
    if finder.find(&text).is_none() {
        return text;
    }
    let mut out = Vec::with_capacity(text.len());
    let mut rest = &text[..];
    while let Some(at) = finder.find(rest) {
        out.extend_from_slice(&rest[..at]);
        rest = &rest[at + NO_VALUE.len()..];
    }
    out.extend_from_slice(rest);
    out
}
