//! How a command ends.

use std::process::ExitCode;

/// How a command ends; the later one counts where there are several.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Ending {
    /// All is well.
    Good,
    /// There are differences.
    Differs,
    /// A plan waits for a person.
    Held,
    /// Something is wrong.
    Failed,
}

impl From<Ending> for ExitCode {
    fn from(ending: Ending) -> Self {
        match ending {
            Ending::Good => Self::SUCCESS,
            Ending::Failed => Self::from(1),
            Ending::Differs => Self::from(2),
            Ending::Held => Self::from(3),
        }
    }
}
