//! Where words go: results to stdout, progress and errors to stderr.

use std::io::{self, IsTerminal, Write};
use std::sync::Mutex;

use serde::Serialize;
use windlass_core::{Cancel, Error, ErrorForm, ErrorKind, Result, Value};

use crate::args::{Colour, Format, Loudness, Request};

/// Where words go.
#[derive(Debug)]
pub(crate) struct Term {
    pub(crate) format: Format,
    pub(crate) loudness: Loudness,
    out_colour: bool,
    err_colour: bool,
    out_terminal: bool,
    err_terminal: bool,
    /// How many documents were written to stdout; held while writing, so that two never mix.
    written: Mutex<usize>,
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
    pub(crate) fn new(request: &Request) -> Self {
        let no_color = std::env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty());
        let colour = |terminal: bool| match request.colour {
            Colour::Always => true,
            Colour::Never => false,
            Colour::Auto => terminal && !no_color,
        };
        Self {
            format: request.format,
            loudness: request.loudness,
            out_colour: colour(io::stdout().is_terminal()),
            err_colour: colour(io::stderr().is_terminal()),
            out_terminal: io::stdout().is_terminal(),
            err_terminal: io::stderr().is_terminal(),
            written: Mutex::new(0),
        }
    }

    /// Says whether results have colours.
    pub(crate) const fn out_colour(&self) -> bool {
        self.out_colour
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
        self.write_err(&format!("{question} [y/N] "));
        let answer = tokio::task::spawn_blocking(|| {
            let mut answer = String::new();
            io::stdin().read_line(&mut answer).is_ok().then_some(answer)
        });
        let answer = cancel.until(answer).await.and_then(std::result::Result::ok).flatten();
        answer.is_some_and(|answer| matches!(answer.trim(), "y" | "Y" | "yes"))
    }

    /// Writes a result in the form that was asked for: `text` as it is, else `form`. Several results of one command
    /// are several documents.
    ///
    /// # Errors
    /// [`ErrorKind::Unavailable`] where stdout cannot be written.
    pub(crate) fn result(&self, text: impl FnOnce() -> String, form: &impl Serialize) -> Result<()> {
        let mut written = self.written.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        let document = match self.format {
            Format::Text => text(),
            Format::Json => format!("{}\n", serde_json::to_string_pretty(form).map_err(unwritable)?),
            Format::Yaml => yaml(form, *written > 0)?,
        };
        *written += 1;
        write_all(&mut io::stdout(), &document)
    }

    /// Writes one line of JSON.
    pub(crate) fn line(&self, form: &impl Serialize) {
        let Ok(line) = serde_json::to_string(form) else { return };
        let _turn = self.written.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        let _ = write_all(&mut io::stdout(), &format!("{line}\n"));
    }

    /// Writes what is no result of its own, such as completions.
    ///
    /// # Errors
    /// [`ErrorKind::Unavailable`] where stdout cannot be written.
    pub(crate) fn raw(&self, text: &str) -> Result<()> {
        write_all(&mut io::stdout(), text)
    }

    /// Tells progress.
    pub(crate) fn progress(&self, tone: Tone, line: &str) {
        self.write_err(&format!("{}\n", paint(self.err_colour, tone, &visible(line))));
    }

    /// Tells every problem of an error, with its causes and what to do next.
    pub(crate) fn error(&self, error: &Error) {
        for problem in error.clone().into_problems() {
            let head = paint(self.err_colour, Tone::Bad, "error:");
            self.write_err(&format!("{head} {}\n", visible(&problem.explain())));
        }
    }

    fn write_err(&self, text: &str) {
        // Where stderr is gone there is nobody left to tell.
        let _ = write_all(&mut io::stderr(), text);
    }

    /// Colours a line of a result.
    pub(crate) fn paint(&self, tone: Tone, text: &str) -> String {
        paint(self.out_colour, tone, text)
    }
}

/// The form of a unit that could not be handled at all.
#[derive(Debug, Serialize)]
pub(crate) struct Failure<'a> {
    pub(crate) unit: &'a str,
    pub(crate) error: ErrorForm,
}

/// Replaces what a terminal would act on; line ends stay.
pub(crate) fn visible(text: &str) -> String {
    let odd = |c: char| {
        (c.is_control() && c != '\n') || matches!(c, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
    };
    text.chars().map(|c| if odd(c) { format!("\\u{:04x}", u32::from(c)) } else { c.into() }).collect()
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

/// Writes YAML by way of JSON, so that both forms say the same.
fn yaml(form: &impl Serialize, again: bool) -> Result<String> {
    let json = serde_json::to_string(form).map_err(unwritable)?;
    let value: Value = serde_json::from_str(&json).map_err(unwritable)?;
    Ok(format!("{}{}", if again { "---\n" } else { "" }, windlass_yaml::to_yaml(&value)))
}

fn unwritable(error: serde_json::Error) -> Error {
    Error::new(ErrorKind::Internal, "the result cannot be written in this form").caused_by(error)
}

fn write_all(to: &mut impl Write, text: &str) -> Result<()> {
    let written = to.write_all(text.as_bytes()).and_then(|()| to.flush());
    written
        .map_err(|error| Error::new(ErrorKind::Unavailable, "the output cannot be written").caused_by(error))
}
