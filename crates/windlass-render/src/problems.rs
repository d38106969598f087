//! The problems of a render.

use windlass_core::{Error, ErrorKind, Result, Text};

/// Problems in the order of the files, as many as are reported.
#[derive(Debug)]
pub(crate) struct Problems {
    found: Vec<Error>,
    more: usize,
    max: usize,
    /// What has to be fetched first, which is told before anything else.
    missing: Vec<Error>,
}

impl Problems {
    pub(crate) fn new(max: usize) -> Self {
        Self { found: Vec::new(), more: 0, max, missing: Vec::new() }
    }

    /// Adds an error with all its problems.
    pub(crate) fn push(&mut self, error: &Error) {
        for problem in error.problems() {
            if !problem.needs().is_empty() {
                self.missing.push(problem.clone());
            } else if self.found.len() < self.max {
                self.found.push(problem.clone());
            } else {
                self.more += 1;
            }
        }
    }

    /// Joins them. What is missing comes alone: a render that cannot see every file knows only half of what is wrong.
    pub(crate) fn finish(mut self) -> Result<()> {
        if !self.missing.is_empty() {
            return Error::all(self.missing).map_or(Ok(()), Err);
        }
        if self.more > 0 {
            self.found.push(Error::new(ErrorKind::Invalid, Text::count(self.more, "more problem")));
        }
        Error::all(self.found).map_or(Ok(()), Err)
    }
}
