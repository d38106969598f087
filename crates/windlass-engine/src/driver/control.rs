//! What people ask of a unit, and what happened to it.

use windlass_core::{Context, Control, ControlStore, Error, ErrorKind, Record, Result};

use super::Engine;
use super::guard::call;

/// How often a word is said again that somebody else's came in between of.
const TRIES_MAX: usize = 5;

impl Engine {
    /// Gives what is asked of the unit.
    ///
    /// # Errors
    /// What the control store says.
    pub async fn control(&self, cx: &Context) -> Result<Control> {
        let Some(store) = self.0.target.profile().control else { return Ok(Control::default()) };
        let found = store.control(cx, &self.0.unit);
        let found = call(cx, "control store", cx.limits().request_timeout, found).await?;
        Ok(found.map(|(_, control)| control).unwrap_or_default())
    }

    /// Gives what is asked of the unit; a moment old, and without a request, where the engine makes pass after pass and the
    /// store tells of changes.
    pub(super) async fn control_lately(&self, cx: &Context) -> Result<Control> {
        let (Some(store), Some(_)) = (self.0.target.profile().control, self.0.memo.settled()) else {
            return self.control(cx).await;
        };
        let followed = store.follow(cx, self.0.unit.installation(), None);
        match call(cx, "control store", cx.limits().request_timeout, followed).await? {
            None => self.control(cx).await,
            Some(mut followed) => match followed.controls.remove(&self.0.unit) {
                None => Ok(Control::default()),
                Some(found) => found.map(|(_, control)| control),
            },
        }
    }

    /// Changes what is asked of the unit, and gives what is asked then. It never stands in the way of a pass, and a pass
    /// never overwrites it. A fleet that runs hears of it at once where the
    /// store tells of changes, else within seconds.
    ///
    /// ```
    /// use windlass_core::Suspension;
    /// use windlass_engine::Engine;
    /// # use windlass_testkit::{LinesRenderer, MemorySource, MemoryStore, MemoryTarget, TestClock, files, unit};
    /// # let clock = TestClock::auto();
    /// # let cx = clock.context();
    /// # let source = MemorySource::of(files([("app.lines", "ConfigMap/shop/web greeting=hello")]));
    /// # let target = MemoryTarget::new("memory").with_state(MemoryStore::new());
    /// # let engine = Engine::new(unit("shop"), source, LinesRenderer::new(), target);
    /// let since = cx.now().wall;
    /// clock.block_on(engine.ask(&cx, |control| {
    ///     control.suspended = Some(Suspension::new("an upgrade", "ann", since));
    /// }))?;
    /// let error = clock.block_on(engine.reconcile(&cx)).unwrap_err();
    /// assert_eq!(error.message(), "the unit is suspended");
    /// # Ok::<(), windlass_core::Error>(())
    /// ```
    ///
    /// # Errors
    /// What the control store says; [`ErrorKind::Unsupported`] where the target keeps nothing of this kind.
    pub async fn ask(&self, cx: &Context, change: impl Fn(&mut Control)) -> Result<Control> {
        let store: &dyn ControlStore = self.0.target.profile().control.ok_or_else(|| {
            Error::new(ErrorKind::Unsupported, "the target keeps nothing of what is asked of a unit")
        })?;
        let limit = cx.limits().request_timeout;
        for tried in 1.. {
            let found = call(cx, "control store", limit, store.control(cx, &self.0.unit)).await?;
            let (version, mut control) =
                found.map_or((None, Control::default()), |(version, control)| (Some(version), control));
            change(&mut control);
            let saved = store.set_control(cx, &self.0.unit, version.as_ref(), &control);
            match call(cx, "control store", limit, saved).await {
                Ok(_) => return Ok(control),
                Err(error) if error.kind() == ErrorKind::Conflict && tried < TRIES_MAX => {}
                Err(error) => return Err(error),
            }
        }
        Err(Error::new(ErrorKind::Conflict, "others ask for something again and again"))
    }

    /// Gives the passes that are remembered, oldest first.
    ///
    /// # Errors
    /// What the state store says.
    pub async fn history(&self, cx: &Context) -> Result<Vec<Record>> {
        Ok(self.load(cx).await?.map(|saved| saved.history).unwrap_or_default())
    }
}
