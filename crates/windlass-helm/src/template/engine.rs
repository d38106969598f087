//! Templates compiled once and rendered many times.

use super::{Env, HelmVersion, TemplateError, TemplateErrorKind, Value};

/// A set of templates under one name space, as Helm parses the files of a chart and its subcharts.
#[derive(Debug)]
pub struct Engine {}

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
        let _ = (templates.into_iter().count(), version);
        Ok(Self {})
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
        Session { engine: self, env }
    }
}

/// Renders of one engine with one [`Env`], such as all files of a chart.
#[derive(Debug)]
pub struct Session<'e> {
    engine: &'e Engine,
    env: &'e Env<'e>,
}

impl Session<'_> {
    /// Renders one template to the bytes that Helm writes for that file.
    ///
    /// # Errors
    ///
    /// [`TemplateErrorKind`] says which; the text is that of Helm.
    pub fn render(&self, name: &str, data: &Value) -> Result<Vec<u8>, TemplateError> {
        let _ = (data, self.env, self.engine);
        Err(TemplateError::new(TemplateErrorKind::Execute, format!("rendering {name} is not there yet"), None))
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
