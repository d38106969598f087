//! Commands that stand for another tool: the same arguments in, the same bytes out. They need no runtime, no network and no
//! signals, and begin in a millisecond or two. A push alone makes a runtime for itself.

mod charts;
mod disk;
mod helm;
mod kustomize;
mod namespace;
mod push;

use std::io::{self, Write};

use windlass_core::{Context, Error, ErrorKind, Result};
use windlass_engine::TokioClock;

use crate::args::Tool;
use crate::command::Ending;
use crate::words::{explain, visible};
pub(crate) use charts::Charts;

/// What a tool writes.
#[derive(Default)]
struct Written {
    /// What goes to stdout.
    text: String,
    /// Lines for stderr.
    notes: Vec<String>,
}

/// Does what another tool would do. What went wrong is told already when this returns.
pub(crate) fn perform(tool: &Tool) -> Ending {
    let cx = Context::new(TokioClock::new());
    let done = match tool {
        Tool::Kustomize(asked) => kustomize::build(&cx, asked),
        Tool::Helm(asked) => helm::template(&cx, asked),
        Tool::Push(asked) => push::artifact(asked),
    };
    match done.and_then(tell) {
        Ok(()) => Ending::Good,
        Err(error) => {
            for problem in error.into_problems() {
                let problem = if problem.help().is_some() { problem } else { advised(tool, problem) };
                note(&format!("error: {}", explain(&problem).join("\n")));
            }
            Ending::Failed
        }
    }
}

/// Says what to do next where the part itself has no advice.
fn advised(tool: &Tool, problem: Error) -> Error {
    let command = match tool {
        Tool::Kustomize(_) => "kustomize build",
        Tool::Helm(_) => "helm template",
        Tool::Push(_) => "push artifact",
    };
    let help = match problem.kind() {
        ErrorKind::NotFound => "look at the name: paths are seen from the current folder".to_owned(),
        ErrorKind::Denied if matches!(tool, Tool::Kustomize(_)) => {
            "bring it below that folder, or say --load-restrictor LoadRestrictionsNone".to_owned()
        }
        ErrorKind::Unsupported => format!("`windlass help {command}` says what is taken"),
        ErrorKind::Invalid | ErrorKind::Conflict => {
            format!("correct what it names; `windlass help {command}` lists the flags")
        }
        _ => return problem,
    };
    problem.with_help(help)
}

fn tell(written: Written) -> Result<()> {
    written.notes.iter().for_each(|line| note(&visible(line)));
    let mut out = io::stdout().lock();
    out.write_all(written.text.as_bytes())
        .and_then(|()| out.flush())
        .map_err(|error| Error::new(ErrorKind::Unavailable, "the output cannot be written").caused_by(error))
}

/// Where stderr is gone there is nobody left to tell.
fn note(line: &str) {
    let _ = writeln!(io::stderr(), "{line}");
}
