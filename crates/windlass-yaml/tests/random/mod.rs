//! Values at random, of what is hard to write.

use windlass_core::Value;

/// Words that some reader takes for something else than text, and pieces of texts that are hard to write.
const PIECES: &[&str] = &[
    "a",
    "b",
    "word",
    "y",
    "yes",
    "No",
    "on",
    "OFF",
    "true",
    "null",
    "~",
    "<<",
    "=",
    "-",
    "--",
    "---",
    "...",
    "?",
    ":",
    ": ",
    " #",
    "#",
    "@",
    "`",
    "%",
    "&",
    "*",
    "!",
    "|",
    ">",
    "'",
    "\"",
    "\\",
    "{",
    "}",
    "[",
    "]",
    ",",
    " ",
    "  ",
    "\t",
    "\n",
    "\n\n",
    "\r",
    "\r\n",
    "\n ",
    " \n",
    "0",
    "1",
    "12",
    "007",
    "0x1f",
    "0o7",
    "0b1",
    "1e3",
    "1_000",
    "1.5",
    ".5",
    ".inf",
    ".nan",
    "+1",
    "-1",
    "1:20",
    "2001-01-01",
    "2001-1-1 1:2:3",
    "T12:00:00Z",
    "é",
    "日本",
    "😀",
    "\u{2028}",
    "\u{2029}",
    "\u{85}",
    "\u{a0}",
    "\u{feff}",
    "\u{fffd}",
    "\u{7f}",
    "\u{1}",
    "\u{0}",
    "<b>",
    "http://x/y?z=1&a=2",
    "a long text that is folded",
    "{{ .Values.x }}",
    "$(VAR)",
    "${A:-b}",
    "key: value",
    "- item",
    "0o-7",
    "0b-1",
    "_",
];

const KEYS: &[&str] = &[
    "a",
    "b",
    "c",
    "name",
    "spec",
    "a1",
    "a2",
    "a10",
    "a-b",
    "a.b",
    "a/b",
    "A",
    "aB",
    "10",
    "9",
    "y",
    "on",
    "null",
    "",
    "a b",
    "é",
    "x\ny",
    "app.kubernetes.io/name",
    "1.5",
    "true",
];

/// A generator with a seed: splitmix64.
pub(crate) struct Random(u64);

impl Random {
    pub(crate) fn new(seed: u64) -> Self {
        Self(seed)
    }

    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    fn below(&mut self, count: usize) -> usize {
        usize::try_from(self.next() % count as u64).expect("a small number")
    }

    fn of<'a>(&mut self, list: &[&'a str]) -> &'a str {
        list[self.below(list.len())]
    }

    /// Makes a document.
    pub(crate) fn document(&mut self) -> Value {
        self.value(4)
    }

    fn value(&mut self, depth: usize) -> Value {
        match self.below(if depth == 0 { 6 } else { 10 }) {
            0 => [Value::Null, true.into(), false.into()][self.below(3)].clone(),
            1 => self.number(),
            2..6 => self.text().into(),
            6 | 7 => (0..self.below(4)).map(|_| self.value(depth - 1)).collect(),
            _ => (0..self.below(5)).map(|_| (self.key(), self.value(depth - 1))).collect(),
        }
    }

    fn number(&mut self) -> Value {
        let bits = self.next();
        match self.below(6) {
            0 => Value::Int(bits as i64),
            1 => Value::Int((bits % 2000) as i64 - 1000),
            2 => Value::Float((bits % 100_000) as f64 / 8.0),
            3 => Value::Float((bits >> self.below(12)) as f64),
            4 => Value::Float([0.0, -0.0, 1e6, 1e-5, 1e20, 1e21, 1e-7, 1.0][self.below(8)]),
            _ => Value::float(f64::from_bits(bits)).unwrap_or(Value::Int(0)),
        }
    }

    fn key(&mut self) -> String {
        match self.below(12) {
            0 => self.text(),
            1 => format!("{}{}", self.of(KEYS), self.of(KEYS)),
            2 => "k".repeat(120 + self.below(20)),
            3 if self.below(20) == 0 => "k".repeat(1015 + self.below(12)),
            _ => self.of(KEYS).to_owned(),
        }
    }

    fn text(&mut self) -> String {
        let words = self.below(3) == 0;
        let count = match self.below(8) {
            0 => 30,
            1 => 8,
            2 | 3 => 1,
            _ => 3,
        };
        let pieces: Vec<&str> = (0..self.below(count + 1)).map(|_| self.of(PIECES)).collect();
        pieces.join(if words { " " } else { "" })
    }
}
