//! Windlass' own annotations.

use std::time::Duration;

use windlass_core::{Dialect, Directives, Hook, HookDeletion, Mode, Object, Phase, Result};

use super::{Said, add_after, all, is_silent};

/// The longest time that an object may be waited for: a pass that never ends helps nobody.
const TIMEOUT_MAX: Duration = Duration::from_secs(24 * 60 * 60);

const SUSPEND: &str = "windlass.dev/suspend";
const RECONCILE: &str = "windlass.dev/reconcile";

const PHASES: [(&str, Phase); 6] = [
    ("before", Phase::Before),
    ("main", Phase::Main),
    ("after", Phase::After),
    ("on-failure", Phase::OnFailure),
    ("before-delete", Phase::BeforeDelete),
    ("after-delete", Phase::AfterDelete),
];

const MODES: [(&str, Mode); 4] = [
    ("apply", Mode::Apply),
    ("replace", Mode::Replace),
    ("recreate", Mode::Recreate),
    ("create-only", Mode::CreateOnly),
];

/// The annotations of Windlass.
///
/// | annotation | value |
/// | --- | --- |
/// | `windlass.dev/depends-on` | `Kind.group/namespace/name`, several with commas; `Kind/namespace/name` without a group, `Kind//name` without a namespace |
/// | `windlass.dev/wave` | a whole number |
/// | `windlass.dev/prune` | `enabled`, `disabled` |
/// | `windlass.dev/mode` | `apply`, `replace`, `recreate`, `create-only` |
/// | `windlass.dev/timeout` | a time such as `90s`, `5m`, `1h30m`, at most `24h` |
/// | `windlass.dev/wait` | `"false"`: nothing waits for its health; `"true"` |
/// | `windlass.dev/suspend` | a reason: left alone, neither written nor deleted |
/// | `windlass.dev/reconcile` | `disabled`: as `suspend`; `enabled` |
/// | `windlass.dev/hook` | `before`, `main`, `after`, `on-failure`, `before-delete`, `after-delete`: it runs once for all that is wanted, at that moment |
/// | `windlass.dev/hook-weight` | a whole number: hooks of lower weight run first |
/// | `windlass.dev/hook-delete` | `before-next` (where none is said), `on-success`, `on-failure`; several with commas |
#[derive(Debug, Clone, Copy, Default)]
pub struct WindlassDialect;

impl Dialect for WindlassDialect {
    fn read(&self, object: &Object, into: &mut Directives) -> Result<()> {
        if is_silent(object) {
            return Ok(());
        }
        let after = Said::read(object, "windlass.dev/depends-on", |said| {
            said.objects(
                |text| text.parse().ok(),
                "Kind.group/namespace/name, such as Deployment.apps/shop/web",
            )
        });
        let wave = Said::read(object, "windlass.dev/wave", Said::int);
        let keep = Said::read(object, "windlass.dev/prune", |said| {
            said.one_of(&[("disabled", true), ("enabled", false)])
        });
        let mode = Said::read(object, "windlass.dev/mode", |said| said.one_of(&MODES));
        let limit = Said::read(object, "windlass.dev/timeout", duration);
        let wait =
            Said::read(object, "windlass.dev/wait", |said| said.one_of(&[("false", true), ("true", false)]));
        all([
            after.map(|found| add_after(&mut into.after, found.unwrap_or_default())),
            wave.map(|found| into.wave = found.unwrap_or(into.wave)),
            keep.map(|found| into.keep = found.unwrap_or(into.keep)),
            mode.map(|found| into.mode = found.or(into.mode)),
            limit.map(|found| into.time_limit = found.or(into.time_limit)),
            wait.map(|found| into.no_wait = found.unwrap_or(into.no_wait)),
            suspended(object, into),
            hook(object, into),
        ])
    }
}

fn suspended(object: &Object, into: &mut Directives) -> Result<()> {
    let reason = Said::read(object, SUSPEND, |said| Ok(said.value.to_owned()))?;
    let disabled =
        Said::read(object, RECONCILE, |said| said.one_of(&[("disabled", true), ("enabled", false)]))?;
    if let Some(reason) = reason {
        into.suspended = Some(format!("the annotation {SUSPEND} says: {reason}").into());
    } else if disabled == Some(true) {
        into.suspended = Some(format!("the annotation {RECONCILE} says disabled").into());
    }
    Ok(())
}

fn hook(object: &Object, into: &mut Directives) -> Result<()> {
    let phase = Said::read(object, "windlass.dev/hook", |said| said.one_of(&PHASES));
    let weight = Said::read(object, "windlass.dev/hook-weight", Said::int);
    let deletion = Said::read(object, "windlass.dev/hook-delete", deletion);
    let (phase, weight, deletion) = (phase?, weight?, deletion?);
    if let Some(phase) = phase {
        let hook = Hook::new(phase).with_weight(weight.unwrap_or_default());
        into.hook = Some(hook.with_deletion(deletion.unwrap_or(HookDeletion::BEFORE_NEXT)));
    }
    Ok(())
}

fn deletion(said: Said<'_>) -> Result<HookDeletion> {
    let mut deletion = HookDeletion::default();
    for word in said.value.split(',').map(str::trim) {
        match word {
            "before-next" => deletion.before_next = true,
            "on-success" => deletion.on_success = true,
            "on-failure" => deletion.on_failure = true,
            _ => return Err(said.wrong("write before-next, on-success, on-failure")),
        }
    }
    Ok(deletion)
}

fn duration(said: Said<'_>) -> Result<Duration> {
    let found = humantime::parse_duration(said.value).ok().filter(|wait| !wait.is_zero());
    match found {
        Some(wait) if wait <= TIMEOUT_MAX => Ok(wait),
        Some(_) => Err(said.wrong("write a time of at most 24h")),
        None => Err(said.wrong("write a time such as 90s, 5m or 1h30m")),
    }
}
