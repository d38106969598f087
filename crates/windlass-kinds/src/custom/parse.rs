//! Reading rules.

use std::collections::BTreeMap;

use super::language::{
    DEPTH_MAX, Expression, Field, Operand, Operator, Path, Piece, Root, Step, Template, Test,
};
use crate::argo::Status;

/// A rule with the kinds it is for, each as `group/Kind`.
pub(super) struct Rule {
    pub(super) kinds: Vec<Box<str>>,
    pub(super) steps: Vec<Step>,
}

/// Blocks of lines with a name, to be used with arguments.
pub(super) type Families = BTreeMap<String, Vec<String>>;

/// Reads rules and families; `families` are known before and grow.
///
/// # Errors
///
/// With the line, where one cannot be read.
pub(super) fn parse(text: &str, families: &mut Families) -> Result<Vec<Rule>, String> {
    let mut rules = Vec::new();
    for (head, lines) in sections(text)? {
        let mut words = words(head)?.into_iter();
        match words.next().as_deref() {
            Some("family") => {
                let name = words.next().ok_or_else(|| format!("a family without a name: {head}"))?;
                families.insert(name, lines.iter().map(|line| (*line).to_owned()).collect());
            }
            _ => {
                let lines: Vec<String> = lines.iter().map(|line| (*line).to_owned()).collect();
                let steps = Block { families, depth: 0 }.read(&lines)?;
                rules.push(Rule { kinds: words.map(String::into_boxed_str).collect(), steps });
            }
        }
    }
    Ok(rules)
}

type Section<'a> = (&'a str, Vec<&'a str>);

/// Splits at the lines that start a rule or a family.
fn sections(text: &str) -> Result<Vec<Section<'_>>, String> {
    let mut found: Vec<Section<'_>> = Vec::new();
    let lines = text.lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with("//"));
    for line in lines {
        if line.starts_with("rule ") || line.starts_with("family ") {
            found.push((line, Vec::new()));
        } else {
            found.last_mut().ok_or_else(|| format!("a step outside of rules: {line}"))?.1.push(line);
        }
    }
    Ok(found)
}

#[derive(Clone, Copy)]
struct Block<'a> {
    families: &'a Families,
    depth: usize,
}

impl Block<'_> {
    fn read(self, lines: &[String]) -> Result<Vec<Step>, String> {
        if self.depth > DEPTH_MAX {
            return Err(format!("nested deeper than {DEPTH_MAX}"));
        }
        let inner = Self { depth: self.depth + 1, ..self };
        let (mut steps, mut at) = (Vec::new(), 0);
        while let Some(line) = lines.get(at) {
            at += 1;
            let words = words(line)?;
            let (head, rest) = words.split_first().ok_or_else(|| "an empty step".to_owned())?;
            match head.as_str() {
                "use" => steps.extend(inner.family(rest)?),
                "when" | "each" => {
                    let end = end_of_block(lines, at).ok_or_else(|| format!("no end of: {line}"))?;
                    let block = inner.read(lines.get(at..end).unwrap_or_default())?;
                    at = end + 1;
                    steps.push(match head.as_str() {
                        "when" => Step::When(tests(rest)?, block),
                        _ => Step::Each(path(nth(rest, 0)?)?, block),
                    });
                }
                "let" => steps.push(named(rest)?),
                _ => steps.push(answer(head, rest)?),
            }
        }
        Ok(steps)
    }

    fn family(self, words: &[String]) -> Result<Vec<Step>, String> {
        let name = nth(words, 0)?;
        let lines = self.families.get(name).ok_or_else(|| format!("no family {name}"))?;
        let filled = lines.iter().map(|line| {
            let arguments = words.iter().enumerate().skip(1);
            arguments.fold(line.clone(), |line, (number, word)| line.replace(&format!("%{number}"), word))
        });
        self.read(&filled.collect::<Vec<_>>())
    }
}

fn end_of_block(lines: &[String], from: usize) -> Option<usize> {
    let mut open = 1_usize;
    for (at, line) in lines.iter().enumerate().skip(from) {
        match line.split(' ').next() {
            Some("when" | "each") => open += 1,
            Some("end") => open -= 1,
            _ => {}
        }
        if open == 0 {
            return Some(at);
        }
    }
    None
}

fn answer(head: &str, rest: &[String]) -> Result<Step, String> {
    let status = match head {
        "healthy" => Status::Healthy,
        "suspended" => Status::Suspended,
        "progressing" => Status::Progressing,
        "degraded" | "lagging" => Status::Degraded,
        "missing" => Status::Missing,
        "unknown" => Status::Unknown,
        _ => return Err(format!("no such step: {head}")),
    };
    let (message, rest) = rest.split_first().ok_or_else(|| format!("{head} without a message"))?;
    let tests = match rest.split_first() {
        Some((word, rest)) if word == "if" => tests(rest)?,
        Some((word, _)) => return Err(format!("expected if, found {word}")),
        None => Vec::new(),
    };
    Ok(Step::Answer { status, may_pass: head == "lagging", message: template(message)?, tests })
}

fn named(words: &[String]) -> Result<Step, String> {
    let (name, what) = (nth(words, 0)?, nth(words, 1)?);
    let path_at = |at| nth(words, at).and_then(path);
    let tests_from = |at| tests(words.get(at..).unwrap_or_default());
    let expression = match what {
        "count" => Expression::Count(path_at(2)?, tests_from(3)?),
        "first" => Expression::First(path_at(2)?, tests_from(3)?),
        "last" => Expression::Last(path_at(2)?, tests_from(3)?),
        "least" => Expression::Least(path_at(2)?, path_at(3)?, tests_from(4)?),
        "sum" => Expression::Sum(path_at(2)?, path_at(3)?),
        "less" => Expression::Less(path_at(2)?, path_at(3)?),
        "join" => Expression::Join {
            list: path_at(2)?,
            each: template(nth(words, 3)?)?,
            between: unescaped(nth(words, 4)?).into(),
            tests: tests_from(5)?,
        },
        "before" => Expression::Before(path_at(2)?, nth(words, 3)?.into()),
        "after" => Expression::After(path_at(2)?, nth(words, 3)?.into()),
        "text" => Expression::Text(template(nth(words, 2)?)?),
        "value" => Expression::Value(path_at(2)?),
        _ => return Err(format!("no such expression: {what}")),
    };
    Ok(Step::Let(name.into(), expression))
}

fn nth(words: &[String], at: usize) -> Result<&str, String> {
    words.get(at).map(String::as_str).ok_or_else(|| format!("word {at} is missing: {}", words.join(" ")))
}

/// Splits at blanks; quotes hold a word together.
fn words(line: &str) -> Result<Vec<String>, String> {
    let (mut found, mut word, mut quoted, mut any) = (Vec::new(), String::new(), false, false);
    for letter in line.chars() {
        match letter {
            '"' => (quoted, any) = (!quoted, true),
            ' ' if !quoted => {
                if any {
                    found.push(std::mem::take(&mut word));
                }
                any = false;
            }
            _ => {
                word.push(letter);
                any = true;
            }
        }
    }
    if any {
        found.push(word);
    }
    if quoted { Err(format!("a quote is open: {line}")) } else { Ok(found) }
}

fn tests(words: &[String]) -> Result<Vec<Test>, String> {
    let mut found = Vec::new();
    for word in words {
        let name_of_condition = word.starts_with(|first: char| first.is_ascii_uppercase());
        match word.find(['=', '!']).filter(|_| name_of_condition) {
            Some(at) => {
                found.push(test(&format!(".type={}", &word[..at]))?);
                found.push(test(&format!(".status{}", &word[at..]))?);
            }
            None if name_of_condition => found.push(test(&format!(".type={word}"))?),
            None => found.push(test(word)?),
        }
    }
    Ok(found)
}

const OPERATORS: [(&str, Operator); 9] = [
    ("!$=", Operator::EndsUnlike),
    ("!=", Operator::IsNot),
    ("<=", Operator::AtMost),
    (">=", Operator::AtLeast),
    ("^=", Operator::StartsWith),
    ("~=", Operator::Contains),
    ("=", Operator::Is),
    ("<", Operator::Below),
    (">", Operator::Above),
];

fn test(word: &str) -> Result<Test, String> {
    if let Some(absent) = word.strip_prefix('!') {
        return Ok(Test { left: path(absent)?, operator: Operator::Absent, right: Vec::new() });
    }
    let Some(at) = word.find(['=', '!', '<', '>', '^', '~']) else {
        return Ok(Test { left: path(word)?, operator: Operator::Exists, right: Vec::new() });
    };
    let (left, rest) = word.split_at(at);
    let known = OPERATORS.iter().find_map(|(sign, found)| Some((rest.strip_prefix(sign)?, *found)));
    let (right, operator) = known.ok_or_else(|| format!("no operator in {word}"))?;
    let operand = |text: &str| match text.strip_prefix('@') {
        Some(other) => path(other).map(Operand::Path),
        None => Ok(Operand::Literal(text.into())),
    };
    let right = right.split('|').map(operand).collect::<Result<_, _>>()?;
    Ok(Test { left: path(left)?, operator, right })
}

fn unescaped(text: &str) -> String {
    text.replace("\\n", "\n")
}

fn template(text: &str) -> Result<Template, String> {
    let (mut pieces, mut rest) = (Vec::new(), text);
    while let Some((before, after)) = rest.split_once('{') {
        let (inside, after) = after.split_once('}').ok_or_else(|| format!("a brace is open: {text}"))?;
        pieces.push(Piece::Text(unescaped(before).into()));
        pieces.push(Piece::Path(path(inside)?));
        rest = after;
    }
    pieces.push(Piece::Text(unescaped(rest).into()));
    Ok(Template(pieces))
}

/// `#status.list`, `.field`, `$name.field`, `a.b[key.with/dots]`, `a[1]`, `a[last]`, `sha:7`, `path?otherwise`.
fn path(text: &str) -> Result<Path, String> {
    let (text, otherwise) = match text.split_once('?') {
        Some((text, otherwise)) => (text, Some(otherwise.into())),
        None => (text, None),
    };
    let (text, cut) = match text.rsplit_once(':') {
        Some((text, cut)) => (text, Some(cut.parse().map_err(|_| format!("no number: {cut}"))?)),
        None => (text, None),
    };
    let (text, length) = text.strip_prefix('#').map_or((text, false), |text| (text, true));
    let mut fields = fields(text)?.into_iter().peekable();
    let root = match fields.peek() {
        Some(Field::Key(first)) if &**first == "$i" => Root::Index,
        Some(Field::Key(first)) if first.starts_with('$') => Root::Name(first.trim_start_matches('$').into()),
        Some(Field::Key(first)) if first.is_empty() => Root::Item,
        _ => return Ok(Path { root: Root::Body, fields: fields.collect(), length, cut, otherwise }),
    };
    let fields = fields.skip(1).filter(|field| !matches!(field, Field::Key(key) if key.is_empty()));
    Ok(Path { root, fields: fields.collect(), length, cut, otherwise })
}

fn fields(text: &str) -> Result<Vec<Field>, String> {
    let (mut found, mut rest) = (Vec::new(), text);
    loop {
        let end = rest.find(['.', '[']).unwrap_or(rest.len());
        let (key, after) = rest.split_at(end);
        found.push(Field::Key(key.into()));
        rest = after;
        while let Some(inside) = rest.strip_prefix('[') {
            let (key, after) = inside.split_once(']').ok_or_else(|| format!("a bracket is open: {text}"))?;
            found.push(match key {
                "1" => Field::First,
                "last" => Field::Last,
                key => Field::Key(key.into()),
            });
            rest = after;
        }
        match rest.strip_prefix('.') {
            Some(after) => rest = after,
            None => return Ok(found),
        }
    }
}
