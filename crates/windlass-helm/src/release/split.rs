//! Rendered files, cut into documents as each version of Helm cuts them: at lines that begin with `---`, whatever follows.

use crate::template::HelmVersion;

/// Cuts a file into documents that hold more than white space. Each comes with the line on which it begins, from 1.
pub(super) fn documents(text: &str, version: HelmVersion) -> Vec<(&str, u32)> {
    let pieces = match version {
        HelmVersion::V3 => pieces_of_three(text.trim()),
        HelmVersion::V4 => pieces_of_four(text.trim_start()),
    };
    let mut lines = Lines { text, at: 0, line: 1 };
    let cut = |piece: &'_ &'_ str| !piece.trim().is_empty();
    let mut out = Vec::new();
    for piece in pieces.into_iter().filter(cut) {
        let piece = if version == HelmVersion::V3 { piece.trim() } else { piece.trim_start() };
        out.push((piece, lines.of(piece)));
    }
    out
}

/// Helm 3 takes the white space around a separator with it.
fn pieces_of_three(text: &str) -> Vec<&str> {
    let space = |c: char| matches!(c, ' ' | '\t' | '\n' | '\r' | '\x0c');
    let mut pieces = Vec::new();
    let mut begin = 0;
    let mut at = if text.starts_with("---") { Some((0, 3)) } else { separator(text, 0) };
    while let Some((from, to)) = at {
        pieces.push(text[begin..from].trim_end_matches(space));
        let rest = text[to..].trim_start_matches(space);
        begin = text.len() - rest.len();
        at = separator(text, begin);
    }
    pieces.push(&text[begin..]);
    pieces
}

/// Helm 4 takes the blanks behind a separator with it; the line break before it belongs to the document there.
fn pieces_of_four(text: &str) -> Vec<&str> {
    let next = |from| separator(text, from).map(|(from, to)| (from + 1, to));
    let mut pieces = Vec::new();
    let mut begin = 0;
    let mut at = if text.starts_with("---") { Some((0, 3)) } else { next(0) };
    while let Some((from, to)) = at {
        pieces.push(&text[begin..from]);
        begin = text.len() - text[to..].trim_start_matches([' ', '\t']).len();
        at = next(begin);
    }
    pieces.push(&text[begin..]);
    pieces
}

/// Finds a line break with `---` behind it.
fn separator(text: &str, from: usize) -> Option<(usize, usize)> {
    text[from..].find("\n---").map(|at| (from + at, from + at + 4))
}

/// Tells lines of pieces that come in the order of their text.
struct Lines<'t> {
    text: &'t str,
    at: usize,
    line: u32,
}

impl Lines<'_> {
    fn of(&mut self, piece: &str) -> u32 {
        let begin =
            (piece.as_ptr() as usize).saturating_sub(self.text.as_ptr() as usize).min(self.text.len());
        if begin > self.at {
            let breaks = self.text.as_bytes()[self.at..begin].iter().filter(|byte| **byte == b'\n').count();
            self.line += u32::try_from(breaks).unwrap_or(u32::MAX);
            self.at = begin;
        }
        self.line
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cut(text: &str, version: HelmVersion) -> Vec<(&str, u32)> {
        documents(text, version)
    }

    #[test]
    fn three_trims_documents_and_four_keeps_their_ends() {
        let text = "\n---\na: 1\n\n--- \nb: 2\n---c: 3\n";
        assert_eq!(cut(text, HelmVersion::V3), [("a: 1", 3), ("b: 2", 6), ("c: 3", 7)]);
        assert_eq!(cut(text, HelmVersion::V4), [("a: 1\n\n", 3), ("b: 2\n", 6), ("c: 3\n", 7)]);
    }

    #[test]
    fn a_separator_right_behind_a_separator_is_cut_by_four_alone() {
        assert_eq!(cut("---\n---\na: 1\n", HelmVersion::V3), [("---\na: 1", 2)]);
        assert_eq!(cut("---\n---\na: 1\n", HelmVersion::V4), [("a: 1\n", 3)]);
    }

    #[test]
    fn files_of_white_space_have_no_documents() {
        assert_eq!(cut(" \n---\n\t\n", HelmVersion::V4), []);
        assert_eq!(cut(" \n---\n\t\n", HelmVersion::V3), []);
    }

    #[test]
    fn a_separator_within_a_line_is_none() {
        assert_eq!(cut("a: x---y\nb: |\n  ---\n", HelmVersion::V4), [("a: x---y\nb: |\n  ---\n", 1)]);
    }
}
