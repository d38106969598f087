//! What is wrong with a JSON text, and where.

use std::borrow::Cow;

use windlass_core::{Error, ErrorKind, Text};

use crate::text::{Cursor, limit, with_template_help};

/// One mistake and the byte it is at. Its line is looked up at the end, once for all.
pub(super) struct Wrong {
    pub(super) at: usize,
    pub(super) what: What,
}

pub(super) enum What {
    Syntax {
        message: Cow<'static, str>,
        /// Empty where the message says it all.
        help: &'static str,
    },
    Twice {
        key: Text,
        /// The byte at which the key stands first.
        first: usize,
    },
    TooDeep {
        max: usize,
    },
}

/// Makes errors of the mistakes in the value that begins at `begin`, in their order in the text, which is gone through once.
pub(super) fn explained(text: &str, begin: Cursor, mut problems: Vec<Wrong>) -> Vec<Error> {
    problems.sort_by_key(|wrong| wrong.at);
    let firsts = problems.iter().filter_map(Wrong::first);
    let mut places: Vec<usize> = problems.iter().map(|wrong| wrong.at).chain(firsts).collect();
    places.sort_unstable();
    let mut cursor = begin;
    let places: Vec<Cursor> = places.into_iter().map(|at| cursor.forward(text, at)).collect();
    let place = |at: usize| {
        let found = places.binary_search_by_key(&at, Cursor::at);
        found.map_or(begin, |found| places[found])
    };
    problems.into_iter().map(|wrong| wrong.explained(text, &place)).collect()
}

impl Wrong {
    const fn first(&self) -> Option<usize> {
        match self.what {
            What::Twice { first, .. } => Some(first),
            _ => None,
        }
    }

    fn explained(self, text: &str, place: &dyn Fn(usize) -> Cursor) -> Error {
        let spot = place(self.at);
        let placed = |error: Error| error.with("line", spot.line()).with("column", spot.column());
        match self.what {
            What::Syntax { message, help } => {
                let error = placed(Error::new(ErrorKind::Invalid, &*message));
                let error = if help.is_empty() { error } else { error.with_help(help) };
                with_template_help(error, text, self.at)
            }
            What::Twice { key, first } => placed(Error::new(ErrorKind::Invalid, "a key appears twice"))
                .with("key", key)
                .with("first_line", place(first).line())
                .with_help("keep one of the two"),
            What::TooDeep { max } => {
                placed(limit("lists and maps are nested too deeply", "value_depth_max", max))
            }
        }
    }
}
