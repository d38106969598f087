//! Templates compiled once and rendered many times.

use std::{collections::HashMap, sync::Arc};

use super::{
    Env, HelmVersion, TemplateError, TemplateErrorKind, Value,
    failure::Failure,
    frame::execute,
    node::{Source, Tree},
    parser,
    shared::{Shared, without_no_value},
};

/// A set of templates under one name space, as Helm parses the files of a chart and its subcharts.
///
/// It is compiled once and may be shared by threads; each render has values of its own.
#[derive(Debug)]
pub struct Engine {
    version: HelmVersion,
    templates: HashMap<String, Arc<Tree>>,
}

impl Engine {
    /// Compiles named texts in the given order: of two definitions of a name, the last that is not empty wins.
    ///
    /// # Errors
    ///
    /// [`TemplateErrorKind::Parse`] for the first text that is no template.
    pub fn compile<N: Into<String>, T: Into<Vec<u8>>>(
        version: HelmVersion,
        templates: impl IntoIterator<Item = (N, T)>,
    ) -> Result<Self, TemplateError> {
        let mut engine = Self { version, templates: HashMap::new() };
        for (name, text) in templates {
            let source = Arc::new(Source { name: name.into(), text: text.into() });
            let trees = parser::parse(source, version).map_err(TemplateError::of_parsed_file)?;
            trees.into_iter().for_each(|tree| install(&mut engine.templates, tree));
        }
        Ok(engine)
    }

    /// Renders one template. For many with the same `env`, a [`Session`] keeps what can be kept.
    ///
    /// # Errors
    ///
    /// [`TemplateErrorKind`] says which; the text is that of Helm.
    pub fn render(&self, name: &str, data: &Value, env: &Env<'_>) -> Result<Vec<u8>, TemplateError> {
        self.session(env).render(name, data)
    }

    /// Begins renders that share counters of the limits, and caches.
    #[must_use]
    pub fn session<'e>(&'e self, env: &'e Env<'e>) -> Session<'e> {
        Session { shared: Shared::new(env, self.version, &self.templates) }
    }
}

/// Adds a template; a blank one does not replace another.
pub(crate) fn install(templates: &mut HashMap<String, Arc<Tree>>, tree: Tree) {
    if tree.is_blank() && templates.contains_key(&tree.name) {
        return;
    }
    templates.insert(tree.name.clone(), Arc::new(tree));
}

/// Renders of one engine with one [`Env`], such as all files of a chart.
#[derive(Debug)]
pub struct Session<'e> {
    shared: Shared<'e>,
}

impl Session<'_> {
    /// Renders one template to the bytes that Helm writes for that file.
    ///
    /// # Errors
    ///
    /// [`TemplateErrorKind`] says which; the text is that of Helm.
    pub fn render(&mut self, name: &str, data: &Value) -> Result<Vec<u8>, TemplateError> {
        let shared = &mut self.shared;
        let Some(tree) = shared.template(name) else {
            let text = Failure::no_template(name).text;
            return Err(TemplateError::new(TemplateErrorKind::Execute, text, None));
        };
        shared.begin();
        match execute(shared, &tree, data) {
            Ok(()) => Ok(without_no_value(std::mem::take(&mut shared.out))),
            Err(failure) => Err(failure.to_error(shared.version)),
        }
    }
}

/// Runs `work` on a thread with `bytes` of stack: templates may nest as deep as [`Limits`](super::Limits) then allow.
/// Values are made inside, since they do not leave their thread.
pub fn with_stack<R: Send>(bytes: usize, work: impl FnOnce() -> R + Send) -> R {
    let mut result = None;
    let cell = std::sync::Mutex::new(Some(work));
    std::thread::scope(|scope| {
        let run = || cell.lock().ok().and_then(|mut work| work.take()).map(|work| work());
        match std::thread::Builder::new().stack_size(bytes).spawn_scoped(scope, run) {
            Ok(thread) => match thread.join() {
                Ok(value) => result = value,
                Err(panic) => std::panic::resume_unwind(panic),
            },
            Err(_) => result = run(),
        }
    });
    result.expect("the work is taken exactly once")
}
