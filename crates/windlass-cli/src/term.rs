//! Where words go: results to stdout, progress and errors to stderr.

use std::io::{self, IsTerminal, Write};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use serde::Serialize;
use windlass_core::{ApiVersion, Cancel, Error, ErrorKind, Result, UnitId};

use crate::args::{Colour, Format, Loudness, Request, Verb};
use crate::document::{self, Document, Failure, Lost};
use crate::scribe::Scribe;
use crate::words::{explain, visible};

/// So long the end of the command waits for somebody to read what is still to be written.
const FINISH: Duration = Duration::from_secs(1);

/// Where words go.
#[derive(Debug)]
pub(crate) struct Term {
    pub(crate) format: Format,
    pub(crate) loudness: Loudness,
    out_colour: bool,
    err_colour: bool,
    out_terminal: bool,
    err_terminal: bool,
    /// A command that goes on for ever tells it line by line, and waits for no reader.
    endless: Option<Endless>,
    /// How many documents were written to stdout; held while writing, so that two never mix.
    written: Mutex<usize>,
}

#[derive(Debug)]
struct Endless {
    out: Scribe,
    err: Scribe,
}

/// What a line is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Tone {
    Good,
    Odd,
    Bad,
    Faint,
}

impl Term {
    /// Looks at the terminal and the environment.
    ///
    /// # Errors
    /// Where the system gives no thread.
    pub(crate) fn new(request: &Request) -> io::Result<Self> {
        let no_color = std::env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty());
        let colour = |terminal: bool| match request.colour {
            Colour::Always => true,
            Colour::Never => false,
            Colour::Auto => terminal && !no_color,
        };
        Ok(Self {
            format: request.format,
            loudness: request.loudness,
            out_colour: colour(io::stdout().is_terminal()),
            err_colour: colour(io::stderr().is_terminal()),
            out_terminal: io::stdout().is_terminal(),
            err_terminal: io::stderr().is_terminal(),
            endless: if request.verb == Verb::Run { Some(Endless::new()?) } else { None },
            written: Mutex::new(0),
        })
    }

    /// Says whether results have colours.
    pub(crate) const fn out_colour(&self) -> bool {
        self.out_colour
    }

    /// Says whether what is told on stderr has colours.
    pub(crate) const fn err_colour(&self) -> bool {
        self.err_colour
    }

    /// Says whether progress is told: on a terminal, or where it was asked for.
    pub(crate) fn tells_progress(&self) -> bool {
        match self.loudness {
            Loudness::Quiet => false,
            Loudness::Usual => self.err_terminal,
            Loudness::Verbose => true,
        }
    }

    /// Says whether whoever reads the result has just seen the progress.
    pub(crate) fn shows_both(&self) -> bool {
        self.out_terminal && self.err_terminal && self.tells_progress()
    }

    /// Says whether somebody could answer a question.
    pub(crate) fn can_ask(&self) -> bool {
        self.err_terminal && io::stdin().is_terminal()
    }

    /// Asks a question that takes a yes. Whoever stops the command at the question has not said yes.
    pub(crate) async fn ask(&self, cancel: &Cancel, question: &str) -> bool {
        self.write_err(format!("{} [y/N] ", visible(question)));
        let answer = tokio::task::spawn_blocking(|| {
            let mut answer = String::new();
            io::stdin().read_line(&mut answer).is_ok().then_some(answer)
        });
        let answer = cancel.until(answer).await.and_then(std::result::Result::ok).flatten();
        answer.is_some_and(|answer| matches!(answer.trim(), "y" | "Y" | "yes"))
    }

    /// Writes a result in the form that was asked for: `text` as it is, else `form`, with the error where there is one
    /// beside the result. Several results of one command are several documents.
    ///
    /// # Errors
    /// [`ErrorKind::Unavailable`] where stdout cannot be written.
    pub(crate) fn result(
        &self,
        text: impl FnOnce() -> String,
        form: &impl Serialize,
        error: Option<&Error>,
    ) -> Result<()> {
        let document = Document::new(form, error);
        self.write_document(|format, first| match format {
            Format::Text => Ok(text()),
            format => document::written(format, &document, first),
        })
    }

    /// Writes an object of a stream of YAML, which brings the line of dashes before it.
    ///
    /// # Errors
    /// [`ErrorKind::Unavailable`] where stdout cannot be written.
    pub(crate) fn object(&self, text: &str) -> Result<()> {
        self.write_document(|_, _| Ok(text.to_owned()))
    }

    /// Writes what stands in the place of a result, for whoever does not read text.
    pub(crate) fn failure(&self, unit: Option<&UnitId>, error: &Error) {
        let form = Failure::new(unit, error);
        // The error itself is told on stderr in any case.
        let _ = match (self.format, &self.endless) {
            (Format::Text, _) => Ok(()),
            (_, Some(_)) => {
                self.line(&form);
                Ok(())
            }
            _ => self.write_document(|format, first| document::written(format, &form, first)),
        };
    }

    /// Writes one line of JSON.
    pub(crate) fn line(&self, form: &impl Serialize) {
        if let (Some(line), Some(endless)) = (document::line(form), &self.endless) {
            endless.out.say(line);
        }
    }

    /// Writes what is no result of its own, such as completions.
    ///
    /// # Errors
    /// [`ErrorKind::Unavailable`] where stdout cannot be written.
    pub(crate) fn raw(&self, text: &str) -> Result<()> {
        write_all(&mut io::stdout(), text)
    }

    /// Tells progress, in one line.
    pub(crate) fn progress(&self, tone: Tone, line: &str) {
        self.write_err(format!("{}\n", paint(self.err_colour, tone, &visible(line))));
    }

    /// Shows a text of several lines to whoever is asked about it.
    pub(crate) fn show(&self, text: &str) {
        self.write_err(text.to_owned());
    }

    /// Tells every problem of an error, with its causes and what to do next.
    pub(crate) fn error(&self, error: &Error) {
        for problem in error.clone().into_problems() {
            let head = paint(self.err_colour, Tone::Bad, "error:");
            self.write_err(format!("{head} {}\n", explain(&problem).join("\n")));
        }
    }

    /// Colours a line of a result.
    pub(crate) fn paint(&self, tone: Tone, text: &str) -> String {
        paint(self.out_colour, tone, text)
    }

    /// Waits until all is written that was said, if somebody reads it.
    pub(crate) fn finish(&self) {
        if let Some(endless) = &self.endless {
            endless.err.finish(FINISH);
            endless.out.finish(FINISH);
        }
    }

    fn write_document(&self, document: impl FnOnce(Format, bool) -> Result<String>) -> Result<()> {
        let mut written = self.written.lock().unwrap_or_else(PoisonError::into_inner);
        let text = document(self.format, *written == 0)?;
        *written += 1;
        self.raw(&text)
    }

    fn write_err(&self, text: String) {
        match &self.endless {
            Some(endless) => endless.err.say(text),
            // Where stderr is gone there is nobody left to tell.
            None => drop(write_all(&mut io::stderr(), &text)),
        }
    }
}

impl Endless {
    fn new() -> io::Result<Self> {
        let of_events = |lines| document::line(&Lost { api_version: ApiVersion, lines }).unwrap_or_default();
        let of_text = |lines| format!("{lines} lines were dropped: nobody read them in time\n");
        Ok(Self { out: Scribe::new(io::stdout(), of_events)?, err: Scribe::new(io::stderr(), of_text)? })
    }
}

fn paint(colour: bool, tone: Tone, text: &str) -> String {
    let code = match tone {
        Tone::Good => 32,
        Tone::Odd => 33,
        Tone::Bad => 31,
        Tone::Faint => 2,
    };
    if colour { format!("\u{1b}[{code}m{text}\u{1b}[0m") } else { text.to_owned() }
}

fn write_all(to: &mut impl Write, text: &str) -> Result<()> {
    let written = to.write_all(text.as_bytes()).and_then(|()| to.flush());
    written
        .map_err(|error| Error::new(ErrorKind::Unavailable, "the output cannot be written").caused_by(error))
}
