//! The values of JSON in their order.

use windlass_core::{Error, ErrorKind, FieldPath, Segment, Text};

use super::JsonReader;
use super::wrong::{Wrong, explained};
use crate::leaves::check_documents;
use crate::text::Cursor;
use crate::{Leaf, Place};

impl JsonReader<'_> {
    /// Gives every value that is no list and no map.
    pub(crate) fn leaves(mut self) -> Result<Vec<Leaf>, Error> {
        let mut leaves = Leaves { found: Vec::new(), path: Vec::new(), cursor: Cursor::default() };
        loop {
            self.skip_between();
            if self.at >= self.text.len() {
                return Ok(leaves.found);
            }
            self.index = self.index.saturating_add(1);
            check_documents(self.index, self.documents_max)?;
            if let Err(wrong) = self.leaves_of(None, 0, &mut leaves) {
                let problems = explained(self.text, Cursor::default(), vec![wrong]);
                let error = Error::all(problems);
                let error =
                    error.unwrap_or_else(|| Error::new(ErrorKind::Internal, "a mistake without words"));
                return Err(error.with("document", self.index));
            }
        }
    }

    /// `key`: where the key of the value begins. Recurses as deep as the limit allows.
    fn leaves_of(&mut self, key: Option<usize>, depth: usize, leaves: &mut Leaves) -> Result<(), Wrong> {
        self.skip_space();
        match self.peek() {
            Some(b'{') => self.leaves_of_map(depth, leaves),
            Some(b'[') => self.leaves_of_list(depth, leaves),
            _ => {
                let begin = self.at;
                let value = self.value(depth)?;
                let spot = leaves.cursor.forward(self.text, key.unwrap_or(begin));
                let place = Place { line: spot.line(), column: spot.column(), value: begin..self.at };
                let path = FieldPath::new(leaves.path.clone());
                leaves.found.push(Leaf { document: self.index, path, value, place });
                Ok(())
            }
        }
    }

    fn leaves_of_map(&mut self, depth: usize, leaves: &mut Leaves) -> Result<(), Wrong> {
        self.open(depth)?;
        let mut first = true;
        while !self.closes(b'}', !first)? {
            first = false;
            let begin = self.at;
            let name = self.key()?;
            leaves.path.push(Segment::Field(Text::from(&*name)));
            self.leaves_of(Some(begin), depth + 1, leaves)?;
            leaves.path.pop();
        }
        Ok(())
    }

    fn leaves_of_list(&mut self, depth: usize, leaves: &mut Leaves) -> Result<(), Wrong> {
        self.open(depth)?;
        let mut at = 0;
        while !self.closes(b']', at > 0)? {
            leaves.path.push(Segment::Index(at));
            self.leaves_of(None, depth + 1, leaves)?;
            leaves.path.pop();
            at += 1;
        }
        Ok(())
    }
}

struct Leaves {
    found: Vec<Leaf>,
    path: Vec<Segment>,
    cursor: Cursor,
}
