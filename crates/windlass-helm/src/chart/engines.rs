//! Templates of a chart that were compiled already.

use std::sync::{Arc, Mutex, PoisonError};

use bytes::Bytes;

use crate::template::{Engine, HelmVersion, TemplateError};

/// Sets of templates that are kept: a chart has another one for each choice of charts inside it.
const ENGINES_MAX: usize = 4;

/// What was compiled of a chart. A render takes what fits, and compiles what is missing.
///
/// Invariant: the bytes of every key belong to the chart that has this cache, and live as long as it.
#[derive(Default)]
pub(crate) struct Engines(Mutex<Vec<(Key, Arc<Engine>)>>);

/// The version, and name and place in memory of each template.
#[derive(PartialEq, Eq)]
struct Key(HelmVersion, Vec<(String, usize, usize)>);

impl Engines {
    /// Gives the templates compiled, in this order.
    pub(crate) fn compiled(
        &self,
        version: HelmVersion,
        templates: &[(&str, &Bytes)],
    ) -> Result<Arc<Engine>, TemplateError> {
        let named =
            templates.iter().map(|(name, bytes)| ((*name).to_owned(), bytes.as_ptr() as usize, bytes.len()));
        let key = Key(version, named.collect());
        let found = self.lock().iter().find(|(have, _)| *have == key).map(|(_, engine)| Arc::clone(engine));
        if let Some(engine) = found {
            return Ok(engine);
        }
        let texts = templates.iter().map(|(name, bytes)| (*name, bytes.to_vec()));
        let engine = Arc::new(Engine::compile(version, texts)?);
        let mut kept = self.lock();
        if kept.len() >= ENGINES_MAX {
            kept.remove(0);
        }
        kept.push((key, Arc::clone(&engine)));
        Ok(engine)
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Vec<(Key, Arc<Engine>)>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Clone for Engines {
    /// A copy of a chart starts with nothing: it may lose files that this one has.
    fn clone(&self) -> Self {
        Self::default()
    }
}
