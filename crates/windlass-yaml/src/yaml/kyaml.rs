//! What kyaml makes of scalars on their way through its own text: it writes what it read and reads that again.

use std::borrow::Cow;

use super::time;
use crate::go::allows_block;

/// Gives a plain text in brackets another meaning: nothing is written `''` there, and what has a colon is put in quotes.
pub(super) fn in_brackets(text: &str) -> bool {
    text.is_empty() || (text.contains(':') && time::parse(text).is_some())
}

/// Writes a folded text as go-yaml v3 does, and reads it again. The writer puts a line break too many before a line that
/// begins with a blank, and one too few everywhere if the first line that is not empty begins with one.
pub(super) fn refolded(text: Cow<'_, str>) -> Cow<'_, str> {
    if !text.trim_end_matches('\n').contains('\n') && !text.ends_with("\n\n") || !allows_block(&text) {
        return text;
    }
    let is_blank = |line: &str| line.starts_with([' ', '\t']);
    let body = text.trim_start_matches('\n');
    let adds = !is_blank(body);
    let mut out = text[..text.len() - body.len()].to_owned();
    let mut rest = body;
    while !rest.is_empty() {
        let line = rest.find('\n').map_or(rest, |end| &rest[..end]);
        let after = rest[line.len()..].trim_start_matches('\n');
        let breaks = rest.len() - line.len() - after.len();
        let written = breaks + usize::from(adds && !is_blank(line) && breaks > 0);
        out.push_str(line);
        if after.is_empty() {
            out.extend(std::iter::repeat_n('\n', if breaks < 2 { breaks } else { written }));
        } else if is_blank(line) || is_blank(after) {
            out.extend(std::iter::repeat_n('\n', written));
        } else if written == 1 {
            out.push(' ');
        } else {
            out.extend(std::iter::repeat_n('\n', written - 1));
        }
        rest = after;
    }
    Cow::Owned(out)
}
