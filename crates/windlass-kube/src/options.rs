//! What a target does where there is a choice.

use std::time::Duration;

use windlass_core::{Error, ErrorKind, Result, Text};

use crate::conflict::ConflictRules;

/// What a [`KubeTarget`](crate::KubeTarget) does where there is a choice.
///
/// ```
/// use windlass_kube::KubeOptions;
/// let options = KubeOptions::default().with_default_namespace("shop")?.with_dry_run_of_creates();
/// # Ok::<(), windlass_core::Error>(())
/// ```
#[derive(Debug, Clone)]
#[must_use]
pub struct KubeOptions {
    pub(crate) manager: Text,
    pub(crate) default_namespace: Option<Text>,
    pub(crate) state_namespace: Text,
    pub(crate) rules: ConflictRules,
    pub(crate) formers: Vec<Text>,
    pub(crate) dry_run_creates: bool,
    pub(crate) recreate_wait: Duration,
    pub(crate) watch: bool,
}

impl Default for KubeOptions {
    fn default() -> Self {
        Self {
            manager: "windlass".into(),
            default_namespace: None,
            state_namespace: "windlass-system".into(),
            rules: ConflictRules::default(),
            formers: Vec::new(),
            dry_run_creates: false,
            recreate_wait: Duration::from_secs(60),
            watch: true,
        }
    }
}

impl KubeOptions {
    /// Applies as this field manager; `windlass` unless said. After a change of the name, the old one
    /// belongs to the [former managers](Self::with_former_managers), so that its fields become those of the new one;
    /// `windlass` is known there.
    ///
    /// # Errors
    /// [`ErrorKind::Invalid`] for a name that the server refuses: empty, longer than 128 bytes, not printable.
    pub fn with_field_manager(mut self, name: &str) -> Result<Self> {
        if name.is_empty() || name.len() > 128 || name.chars().any(char::is_control) {
            return Err(Error::new(ErrorKind::Invalid, "not the name of a field manager").with("name", name));
        }
        self.manager = name.into();
        Ok(self)
    }

    /// Puts objects that name no namespace here; unless said, in the namespace of the kubeconfig's context or of the
    /// pod, as `kubectl` does.
    ///
    /// # Errors
    /// [`ErrorKind::Invalid`] for what is not the name of a namespace.
    pub fn with_default_namespace(mut self, name: &str) -> Result<Self> {
        self.default_namespace = Some(namespace(name)?);
        Ok(self)
    }

    /// Keeps the state of units here; `windlass-system` unless said. It is made with the first save.
    ///
    /// # Errors
    /// [`ErrorKind::Invalid`] for what is not the name of a namespace.
    pub fn with_state_namespace(mut self, name: &str) -> Result<Self> {
        self.state_namespace = namespace(name)?;
        Ok(self)
    }

    /// Names field managers that wrote objects before and do so no more; `*` stands for any text. Their fields become ours
    /// when an object is written, and go where they are not wanted. Known without being named are `kubectl` by its commands
    /// that write objects, Helm, and the controllers of Flux, Argo CD and kapp.
    pub fn with_former_managers<T: Into<Text>>(mut self, names: impl IntoIterator<Item = T>) -> Self {
        self.formers.extend(names.into_iter().map(Into::into));
        self
    }

    /// Decides otherwise who gets a field that two want.
    pub fn with_conflict_rules(mut self, rules: ConflictRules) -> Self {
        self.rules = rules;
        self
    }

    /// Dry-runs creates as well: one request more for each new object, for defaults in the plan and for errors
    /// before the first write. What lies in a namespace that does not exist yet gets no dry run.
    pub fn with_dry_run_of_creates(mut self) -> Self {
        self.dry_run_creates = true;
        self
    }

    /// Asks the server at every look instead of watching: no task is started, and each look costs a list for each kind. For
    /// a single look, such as a plan, that is the cheaper way.
    pub fn with_polling(mut self) -> Self {
        self.watch = false;
        self
    }

    /// Waits this long for the old object to go before the new one is made, where an object is recreated.
    pub fn with_recreate_wait(mut self, wait: Duration) -> Self {
        self.recreate_wait = wait;
        self
    }
}

fn namespace(name: &str) -> Result<Text> {
    let plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit();
    let good = (1..=63).contains(&name.len())
        && name.chars().all(|c| plain(c) || c == '-')
        && name.starts_with(plain)
        && name.ends_with(plain);
    if good {
        Ok(name.into())
    } else {
        Err(Error::new(ErrorKind::Invalid, "not the name of a namespace").with("name", name))
    }
}
