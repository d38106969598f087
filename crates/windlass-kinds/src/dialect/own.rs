//! Windlass' own annotations.

use std::time::Duration;

use windlass_core::{Dialect, Directives, Mode, Object, Result};

use super::{Said, add_after, all};

/// The longest time that an object may be waited for: a pass that never ends helps nobody.
const TIMEOUT_MAX: Duration = Duration::from_secs(24 * 60 * 60);

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
#[derive(Debug, Clone, Copy, Default)]
pub struct WindlassDialect;

impl Dialect for WindlassDialect {
    fn read(&self, object: &Object, into: &mut Directives) -> Result<()> {
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
        all([
            after.map(|found| add_after(&mut into.after, found.unwrap_or_default())),
            wave.map(|found| into.wave = found.unwrap_or(into.wave)),
            keep.map(|found| into.keep = found.unwrap_or(into.keep)),
            mode.map(|found| into.mode = found.or(into.mode)),
            limit.map(|found| into.time_limit = found.or(into.time_limit)),
        ])
    }
}

fn duration(said: Said<'_>) -> Result<Duration> {
    let found = humantime::parse_duration(said.value).ok().filter(|wait| !wait.is_zero());
    match found {
        Some(wait) if wait <= TIMEOUT_MAX => Ok(wait),
        Some(_) => Err(said.wrong("write a time of at most 24h")),
        None => Err(said.wrong("write a time such as 90s, 5m or 1h30m")),
    }
}
