//! Go's syntax of regular expressions, rewritten to that of the regex crate.

use crate::Invalid;

/// The largest count of a repetition.
const REPEAT_MAX: u32 = 1000;

/// Rewrites an expression of Go for the crate regex.
///
/// # Errors
/// [`Invalid`] for what Go does not take, with its text.
pub fn translate(pattern: &str) -> Result<String, Invalid> {
    let mut translator = Translator {
        pattern,
        at: 0,
        out: String::with_capacity(pattern.len() + 8),
        after_repeat: None,
        has_operand: false,
        open: 0,
    };
    translator.run().map_err(Invalid)?;
    Ok(translator.out)
}

struct Translator<'p> {
    pattern: &'p str,
    at: usize,
    out: String,
    /// Where the repetition began that ended just here.
    after_repeat: Option<usize>,
    /// Whether something stands before that may be repeated.
    has_operand: bool,
    open: usize,
}

type Done = Result<(), String>;

impl<'p> Translator<'p> {
    fn rest(&self) -> &'p str {
        &self.pattern[self.at..]
    }

    fn peek(&self) -> Option<char> {
        self.rest().chars().next()
    }

    fn run(&mut self) -> Done {
        while let Some(c) = self.peek() {
            let repeat = self.after_repeat.take();
            match c {
                '*' | '+' | '?' => self.repeat(1, repeat)?,
                '{' => match self.counted()? {
                    Some(length) => self.repeat(length, repeat)?,
                    None => self.literal('{'),
                },
                '(' => self.group()?,
                ')' => {
                    if self.open == 0 {
                        return Err(format!("unexpected ): `{}`", self.pattern));
                    }
                    self.open -= 1;
                    self.copy(1, true);
                }
                '|' => self.copy(1, false),
                '[' => self.class()?,
                '\\' => self.escape()?,
                '^' | '$' | '.' => self.copy(1, true),
                c => self.literal(c),
            }
        }
        if self.open > 0 {
            return Err(format!("missing closing ): `{}`", self.pattern));
        }
        Ok(())
    }

    fn copy(&mut self, length: usize, operand: bool) {
        self.out.push_str(&self.pattern[self.at..self.at + length]);
        self.at += length;
        self.has_operand = operand;
    }

    fn literal(&mut self, c: char) {
        push_literal(&mut self.out, c);
        self.at += c.len_utf8();
        self.has_operand = true;
    }

    fn repeat(&mut self, length: usize, before: Option<usize>) -> Done {
        let operator = &self.pattern[self.at..self.at + length];
        if !self.has_operand {
            return Err(format!("missing argument to repetition operator: `{operator}`"));
        }
        let start = self.at;
        let mut length = length;
        if self.pattern[self.at + length..].starts_with('?') {
            length += 1;
        }
        if let Some(before) = before {
            let both = &self.pattern[before..self.at + length];
            return Err(format!("invalid nested repetition operator: `{both}`"));
        }
        self.copy(length, true);
        self.after_repeat = Some(start);
        Ok(())
    }

    /// The length of `{2,3}`, or nothing where the brace is one itself.
    fn counted(&self) -> Result<Option<usize>, String> {
        let rest = self.rest();
        let Some(end) = rest.find('}') else {
            return Ok(None);
        };
        let (low, high) = match rest[1..end].split_once(',') {
            Some((low, high)) => (low, Some(high)),
            None => (&rest[1..end], None),
        };
        let is_number = |text: &str| {
            !text.is_empty()
                && text.bytes().all(|byte| byte.is_ascii_digit())
                && (text.len() == 1 || !text.starts_with('0'))
        };
        if !is_number(low) || high.is_some_and(|high| !high.is_empty() && !is_number(high)) {
            return Ok(None);
        }
        let number = |text: &str| text.parse::<u32>().unwrap_or(u32::MAX);
        let high = high.filter(|high| !high.is_empty()).map(number);
        if number(low) > REPEAT_MAX || high.is_some_and(|high| high > REPEAT_MAX || high < number(low)) {
            return Err(format!("invalid repeat count: `{}`", &rest[..=end]));
        }
        Ok(Some(end + 1))
    }

    fn group(&mut self) -> Done {
        self.open += 1;
        let rest = self.rest();
        if !rest.starts_with("(?") {
            self.copy(1, false);
            return Ok(());
        }
        if rest.starts_with("(?P<") || rest.starts_with("(?<") {
            return self.named_group();
        }
        let end = rest
            .find([':', ')'])
            .ok_or_else(|| format!("missing argument to repetition operator: `{}`", "?"))?;
        let flags = &rest[2..end];
        let known = flags.chars().all(|c| matches!(c, 'i' | 'm' | 's' | 'U' | '-'));
        if !known
            || flags.matches('-').count() > 1
            || flags.ends_with('-')
            || (flags.is_empty() && !rest[end..].starts_with(':'))
        {
            let shown: String = rest.chars().take(3).collect();
            return Err(format!("invalid or unsupported Perl syntax: `{shown}`"));
        }
        if rest[end..].starts_with(')') {
            self.open -= 1;
        }
        self.copy(end + 1, false);
        Ok(())
    }

    fn named_group(&mut self) -> Done {
        let rest = self.rest();
        let start = if rest.starts_with("(?P<") { 4 } else { 3 };
        let Some(end) = rest.find('>') else {
            return Err(format!("invalid named capture: `{rest}`"));
        };
        let name = &rest[start..end];
        let word = |c: char| c == '_' || c.is_ascii_alphanumeric();
        if name.is_empty() || !name.chars().all(word) {
            return Err(format!("invalid named capture: `{}`", &rest[..=end]));
        }
        // The regex crate does not take names that begin with a digit, which Go does.
        self.out.push_str("(?P<_");
        self.out.push_str(name);
        self.out.push('>');
        self.at += end + 1;
        self.has_operand = false;
        Ok(())
    }

    fn escape(&mut self) -> Done {
        self.has_operand = true;
        let rest = self.rest();
        let Some(c) = rest[1..].chars().next() else {
            return Err("trailing backslash at end of expression: ``".into());
        };
        if let Some(class) = perl_class(c) {
            self.out.push_str(class);
            self.at += 2;
            return Ok(());
        }
        let fixed = match c {
            'A' => Some(r"\A"),
            'z' => Some(r"\z"),
            'b' => Some(r"(?-u:\b)"),
            'B' => Some(r"(?-u:\B)"),
            'C' => Some(r"(?s-u:.)"),
            _ => None,
        };
        if let Some(text) = fixed {
            self.out.push_str(text);
            self.at += 2;
            return Ok(());
        }
        match c {
            'Q' => {
                let literal = &rest[2..];
                let end = literal.find(r"\E");
                let text = &literal[..end.unwrap_or(literal.len())];
                text.chars().for_each(|c| push_literal(&mut self.out, c));
                self.has_operand = !text.is_empty();
                self.at += 2 + end.map_or(literal.len(), |end| end + 2);
                Ok(())
            }
            'p' | 'P' => self.property(),
            _ => {
                let c = self.escaped_char()?;
                push_literal(&mut self.out, c);
                Ok(())
            }
        }
    }

    /// `\pL`, `\p{Greek}`, `\p{^Greek}`.
    fn property(&mut self) -> Done {
        let rest = self.rest();
        let mut negated = rest.as_bytes()[1] == b'P';
        let (name, length) = match rest[2..].chars().next() {
            Some('{') => match rest.find('}') {
                Some(end) => (&rest[3..end], end + 1),
                None => return Err(format!("invalid character class range: `{rest}`")),
            },
            Some(c) => (&rest[2..2 + c.len_utf8()], 2 + c.len_utf8()),
            None => return Err(format!("invalid character class range: `{rest}`")),
        };
        let name = match name.strip_prefix('^') {
            Some(name) => {
                negated = !negated;
                name
            }
            None => name,
        };
        let class = format!(r"\{}{{{name}}}", if negated { 'P' } else { 'p' });
        let is_word = name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_');
        if name.is_empty() || !is_word || (name != "Any" && regex_syntax::parse(&class).is_err()) {
            return Err(format!("invalid character class range: `{}`", &rest[..length]));
        }
        self.out.push_str(&class);
        self.at += length;
        Ok(())
    }

    /// The character of an escape that stands for one.
    fn escaped_char(&mut self) -> Result<char, String> {
        let rest = self.rest();
        let invalid = || {
            let length = 1 + rest[1..].chars().next().map_or(0, char::len_utf8);
            format!("invalid escape sequence: `{}`", &rest[..length])
        };
        let c = rest[1..].chars().next().ok_or("trailing backslash at end of expression: ``")?;
        let (value, length) = match c {
            '0'..='7' => {
                let digits =
                    rest[1..].bytes().take(3).take_while(|byte| (b'0'..=b'7').contains(byte)).count();
                if c != '0' && digits < 2 {
                    return Err(invalid());
                }
                (u32::from_str_radix(&rest[1..=digits], 8).ok(), 1 + digits)
            }
            'x' => match rest[2..].strip_prefix('{') {
                Some(braced) => {
                    let end = braced.find('}').filter(|end| *end > 0).ok_or_else(invalid)?;
                    (u32::from_str_radix(&braced[..end], 16).ok(), end + 4)
                }
                None => (rest.get(2..4).and_then(|digits| u32::from_str_radix(digits, 16).ok()), 4),
            },
            'a' => (Some(7), 2),
            'f' => (Some(12), 2),
            'n' => (Some(10), 2),
            'r' => (Some(13), 2),
            't' => (Some(9), 2),
            'v' => (Some(11), 2),
            c if c.is_ascii() && !c.is_ascii_alphanumeric() => (Some(c as u32), 2),
            _ => (None, 0),
        };
        let value = value.and_then(char::from_u32).ok_or_else(invalid)?;
        self.at += length;
        Ok(value)
    }

    fn class(&mut self) -> Done {
        let start = self.at;
        let missing = |pattern: &str| format!("missing closing ]: `{}`", &pattern[start..]);
        self.at += 1;
        self.out.push('[');
        if self.peek() == Some('^') {
            self.at += 1;
            self.out.push('^');
        }
        let mut first = true;
        loop {
            match self.peek() {
                None => return Err(missing(self.pattern)),
                Some(']') if !first => break,
                Some(_) => {
                    self.class_item().map_err(|error| error.unwrap_or_else(|| missing(self.pattern)))?
                }
            }
            first = false;
        }
        self.at += 1;
        self.out.push(']');
        self.has_operand = true;
        Ok(())
    }

    /// One item of a class; no text of an error means that the class does not end.
    fn class_item(&mut self) -> Result<(), Option<String>> {
        let rest = self.rest();
        if rest.starts_with("[:")
            && let Some(length) = rest[2..].find(":]")
        {
            return self.posix_class(length + 4).map_err(Some);
        }
        if let Some(escape) = rest.strip_prefix('\\') {
            match escape.chars().next() {
                Some('p' | 'P') => return self.property().map_err(Some),
                Some(c) if perl_class(c).is_some() => {
                    self.out.push_str(perl_class(c).unwrap_or_default());
                    self.at += 2;
                    return Ok(());
                }
                _ => {}
            }
        }
        let start = self.at;
        let low = self.class_char()?;
        let mut high = low;
        let rest = self.rest();
        if rest.starts_with('-') && !rest.starts_with("-]") && rest.len() > 1 {
            self.at += 1;
            high = self.class_char()?;
            if high < low {
                let range = &self.pattern[start..self.at];
                return Err(Some(format!("invalid character class range: `{range}`")));
            }
        }
        push_class_literal(&mut self.out, low);
        if high > low {
            self.out.push('-');
            push_class_literal(&mut self.out, high);
        }
        Ok(())
    }

    fn class_char(&mut self) -> Result<char, Option<String>> {
        match self.peek() {
            None => Err(None),
            Some('\\') => self.escaped_char().map_err(Some),
            Some(c) => {
                self.at += c.len_utf8();
                Ok(c)
            }
        }
    }

    fn posix_class(&mut self, length: usize) -> Done {
        let text = &self.rest()[..length];
        let name = text[2..length - 2].trim_start_matches('^');
        const NAMES: [&str; 14] = [
            "alnum", "alpha", "ascii", "blank", "cntrl", "digit", "graph", "lower", "print", "punct",
            "space", "upper", "word", "xdigit",
        ];
        if !NAMES.contains(&name) {
            return Err(format!("invalid character class range: `{text}`"));
        }
        self.out.push_str(text);
        self.at += length;
        Ok(())
    }
}

/// The classes of Perl, which are ASCII for Go.
fn perl_class(c: char) -> Option<&'static str> {
    Some(match c {
        'd' => "[0-9]",
        'D' => "[^0-9]",
        'w' => "[0-9A-Za-z_]",
        'W' => "[^0-9A-Za-z_]",
        's' => r"[\t\n\x0C\r ]",
        'S' => r"[^\t\n\x0C\r ]",
        _ => return None,
    })
}

fn push_literal(out: &mut String, c: char) {
    if c.is_alphanumeric() || c == '_' || c == ' ' {
        out.push(c);
    } else {
        push_class_literal(out, c);
    }
}

fn push_class_literal(out: &mut String, c: char) {
    if c.is_ascii_alphanumeric() {
        out.push(c);
    } else {
        out.push_str(&format!(r"\x{{{:X}}}", c as u32));
    }
}
