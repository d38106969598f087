//! The `windlass` command: render, plan, apply and keep what a Git repository or a folder wants.

mod args;
mod bases;
mod bell;
mod chart;
mod command;
mod credentials;
mod document;
mod events;
mod following;
mod mirrors;
mod over;
mod parts;
mod private;
mod scribe;
mod serve;
mod shaping;
mod signing;
mod sources;
mod spec;
mod stop;
mod term;
mod tools;
mod words;

use std::ffi::OsString;
use std::io::Write;
use std::process::ExitCode;
use std::sync::Arc;

use args::Format;
use command::Ending;
use document::Failure;
use term::Term;
use windlass_core::{Error, ErrorKind};

/// Gives memory back that a pass has freed, which the C library keeps (decision 17).
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    let said: Vec<OsString> = std::env::args_os().collect();
    let request = match args::read(said.clone()) {
        Ok(request) => request,
        Err(usage) => return answer(&usage, args::format_of(&said)),
    };
    // Nothing is waited for on this way: no runtime, no signals.
    if let Some(tool) = &request.tool {
        return tools::perform(tool).into();
    }
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build();
    let (runtime, term) = match runtime.and_then(|runtime| Ok((runtime, Arc::new(Term::new(&request)?)))) {
        Ok(both) => both,
        Err(error) => {
            let _ = writeln!(std::io::stderr(), "error: cannot start: {error}");
            return Ending::Failed.into();
        }
    };
    let ending = runtime.block_on(command::perform(&request, &term));
    // What is still being fetched on another thread is not waited for.
    runtime.shutdown_background();
    term.finish();
    ending.into()
}

/// Help and version are results; a wrong usage is an error like any other, so that 2 means differences alone.
fn answer(usage: &clap::Error, format: Format) -> ExitCode {
    // Where a stream is gone there is nobody left to tell.
    if usage.use_stderr() && format != Format::Text {
        let text = usage.to_string();
        let first = text.lines().next().unwrap_or_default();
        let error = Error::new(ErrorKind::Invalid, first.trim_start_matches("error: "))
            .with_help("`windlass help` lists the commands, and `windlass help plan` the flags of one");
        let document = document::written(format, &Failure::new(None, &error), true).unwrap_or_default();
        let _ = std::io::stdout().write_all(document.as_bytes());
    }
    let _ = usage.print();
    if usage.use_stderr() { Ending::Failed.into() } else { Ending::Good.into() }
}
