//! The `windlass` command: render, plan, apply and keep what a Git repository or a folder wants.

mod args;
mod command;
mod events;
mod parts;
mod spec;
mod stop;
mod term;

use std::io::Write;
use std::process::ExitCode;
use std::sync::Arc;

use command::Ending;
use term::Term;

fn main() -> ExitCode {
    let request = match args::read(std::env::args_os()) {
        Ok(request) => request,
        Err(usage) => return answer(&usage),
    };
    let term = Arc::new(Term::new(&request));
    let runtime = match tokio::runtime::Builder::new_multi_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => {
            let _ = writeln!(std::io::stderr(), "error: cannot start: {error}");
            return Ending::Failed.into();
        }
    };
    let ending = runtime.block_on(command::perform(&request, &term));
    // What is still being fetched on another thread is not waited for.
    runtime.shutdown_background();
    ending.into()
}

/// Help and version are results; a wrong usage is an error like any other, so that 2 means differences alone.
fn answer(usage: &clap::Error) -> ExitCode {
    // Where the stream is gone there is nobody left to tell.
    let _ = usage.print();
    if usage.use_stderr() { Ending::Failed.into() } else { Ending::Good.into() }
}
