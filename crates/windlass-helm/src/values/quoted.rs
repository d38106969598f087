//! Quoted text as go-yaml takes it and the YAML specification does not: one that goes on at the column of its key or left of
//! it, and one that a comment touches.

/// Gives a text in which quoted texts go on far enough to the right, which changes none of them: the white space there is
/// folded away. `None` where there is nothing to do.
pub(super) fn indented(text: &str) -> Option<String> {
    let mut scan = Scan { out: String::with_capacity(text.len()), quote: None, block: None, changed: false };
    for line in text.split_inclusive('\n') {
        scan.line(line);
    }
    scan.changed.then_some(scan.out)
}

struct Scan {
    out: String,
    /// The quote that is open, and the blanks that a line of it needs.
    quote: Option<(char, usize)>,
    /// The indentation of the key whose block of text is open.
    block: Option<usize>,
    changed: bool,
}

/// More than any key of a line is indented beside the line itself.
const ROOM: usize = 64;

impl Scan {
    fn line(&mut self, line: &str) {
        let content = line.trim_start_matches(' ');
        let indent = line.len() - content.len();
        if let Some((_, room)) = self.quote {
            if indent < room && !content.trim().is_empty() {
                self.changed = true;
                self.out.extend(std::iter::repeat_n(' ', room - indent));
            }
            return self.tokens(line, room - ROOM);
        }
        match self.block {
            Some(key) if indent > key || content.trim().is_empty() => return self.out.push_str(line),
            _ => self.block = None,
        }
        self.tokens(line, indent);
    }

    /// Goes through a line, from within a quoted text or from its start.
    fn tokens(&mut self, line: &str, indent: usize) {
        let mut chars = line.chars().peekable();
        let (mut begins, mut before) = (true, ' ');
        let mut last = ' ';
        while let Some(c) = chars.next() {
            self.out.push(c);
            if let Some((quote, _)) = self.quote {
                match c {
                    '\\' if quote == '"' => self.out.extend(chars.next()),
                    '\'' if quote == c && chars.peek() == Some(&'\'') => self.out.extend(chars.next()),
                    c if c == quote => {
                        self.quote = None;
                        begins = false;
                        if chars.peek() == Some(&'#') {
                            self.changed = true;
                            self.out.push(' ');
                        }
                    }
                    _ => {}
                }
                before = c;
                continue;
            }
            match c {
                '#' if before.is_whitespace() => {
                    self.out.extend(chars.by_ref());
                    break;
                }
                '"' | '\'' if begins => self.quote = Some((c, indent + ROOM)),
                ' ' | '\t' => begins |= matches!(before, ':' | '-' | '?' | ','),
                '[' | '{' | ',' => begins = true,
                c if c.is_whitespace() => {}
                _ => begins = false,
            }
            if !c.is_whitespace() {
                last = if matches!(c, '|' | '>') && before.is_whitespace() {
                    c
                } else if last == '|' || last == '>' {
                    if c.is_ascii_digit() || matches!(c, '+' | '-') { last } else { ' ' }
                } else {
                    ' '
                };
            }
            before = c;
        }
        if self.quote.is_none() && matches!(last, '|' | '>') {
            self.block = Some(indent);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quoted_texts_go_on_to_the_right() {
        let blanks = " ".repeat(ROOM);
        let text = "a: \"x\ny\n\"\nb: 'it''s\n  z'#c\nc: |\n  \"open\n d: \"no\nd: [\"e\nf\"]\n";
        let expected = format!(
            "a: \"x\n{blanks}y\n{blanks}\"\nb: 'it''s\n{blanks}z' #c\nc: |\n  \"open\n d: \"no\nd: [\"e\n{blanks}f\"]\n"
        );
        assert_eq!(indented(text).as_deref(), Some(expected.as_str()));
    }

    #[test]
    fn other_texts_stay() {
        for text in ["a: b\n", "a: \"b\"\n", "a: it's\nb: |\n 'x\ny: 1\n", "# don't\na: 1\n", ""] {
            assert_eq!(indented(text), None, "{text}");
        }
    }
}
